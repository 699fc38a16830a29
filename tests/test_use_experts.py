"""The page `use_experts` is run as it stands, on a small run; every make target is named on a how-to page."""

import json
import re
from pathlib import Path

import page_code
import pytest
import trained_run
from test_makefile import environment

from assl_utils import store
from assl_utils.share import export, release
from assl_utils.sources import collect
from assl_utils.tasks import wordings

ROOT = Path(__file__).resolve().parents[1]
PAGE = page_code.Page("use_experts")
SERVER = "vllm serve "
TOLD = """
import json
from pathlib import Path
before, after = said.distances, next_best.distances
with SilverSight.from_dir("runs/more") as system:
    of_policy = system.ask("这句话的货币政策基调是偏紧还是偏松？\\n西原国央行决定提高政策利率")
    of_before, others = system.ask(question), system.router.route(["判断情感\\n股价上涨", "判断情感\\n投资者情绪消极"])
found = {"first": said.expert, "second": list(before)[1], "next": next_best.expert, "before": before, "after": after}
found |= {"policy": [of_policy.expert, of_policy.answer], "others": others["expert"].tolist()}
found |= {"more": of_before.expert, "more_distances": of_before.distances}
found |= {"said": said.answer, "by_peft": by_peft, "request": request, "names": router.names}
print("found", json.dumps(found, ensure_ascii=False))
"""


@pytest.fixture(scope="module")
def repository(tmp_path_factory):
    """A folder that looks like the repository, with an environment, and a small run in ``runs/cpu``."""
    root = tmp_path_factory.mktemp("repository")
    for name in ("Makefile", "assl_utils", "notebooks", "pyproject.toml", "LICENSE"):
        (root / name).symlink_to(ROOT / name)
    (root / "requirements").mkdir()
    (root / "requirements/install.sh").write_text("true\n")
    environment(root, "venv")
    run = trained_run.routed(trained_run.build(root / "runs/cpu", "embedded"), "embedded")
    rows = collect.embedded(0.001, 1, per_subject=1).evaluation
    few = rows[rows.groupby(["task", "group"]).cumcount() < 1].reset_index(drop=True)
    store.write_table(wordings.evaluation_instructions(few, 0), run / "01_data_collection/eval.parquet")
    return root


def variables(root):
    """The environment that a reader has: a virtual environment, no value for make, and no hub."""
    given = dict.fromkeys(("PROFILE", "SET", "PROTOCOL", "SEED", "TRIAL", "Q", "RUN", "MAKEFLAGS"), "")
    return given | {"VIRTUAL_ENV": str(root / "venv"), "KIND": "cpu", "HF_HUB_OFFLINE": "1", "ASSL_ROOT": str(root)}


@pytest.fixture(scope="module")
def done(repository):
    """What the page's code found, and what it printed."""
    return page_code.run(repository, PAGE.code(), TOLD, **variables(repository))


def test_every_block_but_the_server_is_run():
    languages = [(language, caption) for language, caption, _ in PAGE.found]
    assert len(languages) == PAGE.text.count("```") / 2
    assert [caption for _, caption in languages if caption] == ["not run"]
    assert languages.count(("bash", "")) == 5 and languages.count(("python", "")) == 5
    assert "**vLLM was not run here:**" in PAGE.text


def test_an_expert_is_dropped_and_its_question_goes_to_the_next(done):
    found, _ = done
    assert found["next"] == found["second"] != found["first"]
    assert found["after"] == {name: away for name, away in found["before"].items() if name != found["first"]}


def test_an_expert_is_added_and_the_others_stay_what_they_were(done, repository):
    found, printed = done
    assert found["policy"] == ["policy", "偏紧"] and "answered   by policy" in printed
    assert found["more"] == next(iter(found["more_distances"])), "the nearest, whoever that is"
    assert found["others"] == ["lora-0", "lora-1"]
    assert {name: away for name, away in found["more_distances"].items() if name != "policy"} == found["before"]
    for name in ("lora-0", "lora-1"):
        one, other = (trained_run.folder_of(repository / "runs" / run, name) for run in ("cpu", "more"))
        assert store.sha256(one / "adapter_model.safetensors") == store.sha256(other / "adapter_model.safetensors")


def test_plain_peft_answers_what_the_system_answers(done):
    found, _ = done
    assert found["first"] == "lora-0", "the expert that the page loads"
    assert found["by_peft"] == found["said"] != ""
    assert found["request"]["model"] in found["names"]


def test_what_is_given_away_is_there(done, repository):
    _, printed = done
    run = repository / "runs/cpu"
    assert (run / "export/base/model.safetensors").is_file() and (run / "export/lora-1/README.md").is_file()
    assert (run / "release/use.py").is_file() and (run / "harness/cfleb.yaml").is_file()
    assert "lm_eval run" in printed and "the row of mix" in printed


@pytest.mark.parametrize(("main", "arguments", "says"), [
    (export.main, "runs/more", "policy"),
    (export.main, "runs/more --only lora-0", ""),
    (release.main, "runs/more", "chapter 7 routes to lora-0, lora-1, policy"),
    (release.main, "runs/fewer", "chapter 6 trained lora-0, lora-1"),
])  # fmt: skip
def test_the_limits_are_the_pages(done, repository, monkeypatch, capsys, main, arguments, says):
    monkeypatch.setenv("ASSL_ROOT", str(repository))
    assert main(arguments.split()) == (1 if says else 0)
    assert says in capsys.readouterr().err


def test_the_server_is_given_folders_that_the_export_made(done, repository):
    [(_, code)] = [block for block in PAGE.blocks("bash") if block[0]]
    assert code.count(SERVER) == 1 and code.startswith("cd runs/cpu/export\n")
    named = dict(re.findall(r"(lora-\d)=(\S+)", code))
    for folder in [*named.values(), "./base"]:
        assert (repository / "runs/cpu/export" / folder).is_dir()
    config = json.loads((repository / "runs/cpu/export/lora-0/adapter_config.json").read_text())
    assert config["r"] <= int(re.search(r"--max-lora-rank (\d+)", code)[1])


# ------------------------------------------------------------------------------------------------------- all commands

HOW_TO = ("your_own", "use_experts", "gpu_box")
CHAPTERS = {f"{number:02}" for number in range(1, 13)}


def targets():
    """Every target of the Makefile that a reader may call, the chapters as one."""
    declared = re.findall(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    return set(" ".join(declared).split()) - {"asking"} - CHAPTERS | {"01", "12"}


def test_every_target_has_a_line_on_a_how_to_page():
    pages = "\n".join(page_code.Page(name).text for name in HOW_TO)
    named = re.findall(r"^\| `make .*\|.*\w.*\|$", pages, re.MULTILINE)
    found = [name for line in named for name in re.findall(r"`make ([\w-]+)`", line.split("|")[1])]
    assert sorted(found) == sorted(targets())
