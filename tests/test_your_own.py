"""The page `your_own` is run as it stands, from an empty folder to evaluated experts."""

import json
from pathlib import Path

import page_code
import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGE = page_code.Page("your_own")
TOLD = """
import json
found = {"rows": len(rows), "questions": len(questions), "routed": sorted(set(routed)), "chosen": len(chosen)}
found |= {"shared": sorted(set(rows["input"]) & set(questions["input"]))}
found |= {"worded": sorted(set(rows["instruction"]) & set(questions["instruction"]))}
found |= {"folders": [str(folder) for folder in experts.values()], "result": result.set_index("model").to_dict("index")}
print("found", json.dumps(found))
"""


def run(folder, code):
    """The page's files and some code, in a folder and a Python of its own; what it found."""
    for caption, text in PAGE.blocks("yaml"):
        path = folder / caption
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return page_code.run(folder, code, TOLD)[0]


CODE = PAGE.code()


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    """What the page's code found in an empty folder, and the folder."""
    folder = tmp_path_factory.mktemp("empty")
    return run(folder, CODE), folder


def test_the_page_has_its_files_and_code():
    assert [caption for caption, _ in PAGE.blocks("yaml")] == ["own/policy_tone.yaml"]
    assert len(PAGE.blocks("python")) == 7 and PAGE.text.count("```") == 16, "every block is run"
    assert PAGE.words() < 900


def test_an_empty_folder_becomes_evaluated_experts(done):
    found, folder = done
    assert len((folder / "own/banks.policy_tone.jsonl").read_text(encoding="utf-8").splitlines()) == 60
    assert (found["rows"], found["questions"], found["chosen"]) == (45, 15, 36)
    assert found["routed"] == ["lora-0", "lora-1"] and len(set(found["folders"])) == 2
    assert all((folder / name / "adapter_model.safetensors").is_file() for name in found["folders"])
    base, experts = found["result"]["base"], found["result"]["experts"]
    assert base["task"] == experts["task"] == "policy_tone" and base["n"] == experts["n"] == 15
    assert base["score"] < 50 < experts["score"], "better than a coin, and the base model worse"
    assert experts["unparsed"] == 0


def test_no_question_is_trained_on_and_no_wording_is_asked_twice(done):
    assert done[0]["shared"] == done[0]["worded"] == []


def test_another_base_and_encoder_are_one_word_each(tmp_path, tiny_folder):
    code = CODE.replace('base = "embedded"', f"base = {str(tiny_folder)!r}")
    code = code.replace('fit_or_load("embedded", rows["input"], base, dim=32)', 'fit_or_load("encoder", rows, "none")')
    assert code.count(str(tiny_folder)) == code.count('fit_or_load("encoder"') == 1
    made = "from assl_utils.space.static import fit_or_load\n"
    made += "texts = ['收紧信贷额度', '投放流动性', '提高政策利率', '支持增长', '抑制通胀'] * 2\n"
    made += "fit_or_load('embedded', texts, 'embedded', dim=4, out_dir='encoder')\n"
    found = run(tmp_path, made + code.replace("epochs=12", "epochs=1"))
    about = [json.loads((tmp_path / name / "adapter_config.json").read_text()) for name in found["folders"]]
    bases = {(ROOT / one["base_model_name_or_path"]).resolve() for one in about}
    assert bases == {tiny_folder.resolve()}
    assert found["result"]["experts"]["n"] == 15
