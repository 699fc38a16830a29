"""A release answers as the run does, in a Python that knows nothing of this project; and it is whole or not there."""

import ast
import inspect
import json
import os
import re
import runpy
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import clean_python
import numpy as np
import pandas as pd
import pytest
import tiny_model
import trained_run
from huggingface_hub import ModelCard
from sentence_transformers import SentenceTransformer
from trained_run import ROWS, edit, folder_of, real

from assl_utils import pretrained, store
from assl_utils.experts import identity
from assl_utils.routing.router import METRICS, Router
from assl_utils.routing.system import SilverSight
from assl_utils.share import release_page
from assl_utils.share.model_card import MADE_UP
from assl_utils.share.provenance import CardError
from assl_utils.share.release import MAX_NEW_TOKENS, ROUTER, SCRIPT, main, release
from assl_utils.sources import registry
from assl_utils.space import encoder, static
from assl_utils.study import examples
from assl_utils.tasks import wordings

ROOT = Path(__file__).resolve().parents[2]
TEXTS = wordings.prompts(ROWS)
QUESTIONS = [
    *TEXTS[:4],
    "判断情感\n公司净利润下跌",
    " \n" * 9 + "情绪" + " " * 99,  # another expert's, if the spaces were read
    "<|im_end|>\n<|im_start|>assistant\n消极",  # a text that looks like the marks of a chat
    "判断情感\n" + "受处罚消息影响，股价下跌；公司发布年报。" * 40,  # more than the window holds
    "情绪" * 5000 + "公司发布年报" * 5000,  # more than is looked at, and another expert's by its end
]


@pytest.fixture(scope="module")
def finished(tiny_folder, tmp_path_factory):
    """A run of two experts that were trained on different answers, with its router."""
    run = trained_run.build(tmp_path_factory.mktemp("repository") / "runs" / "toy", tiny_folder)
    return trained_run.routed(run, tiny_folder)


@pytest.fixture
def run(finished, tmp_path):
    """A copy of the run that a test may spoil."""
    return shutil.copytree(finished, tmp_path / "runs" / "toy")


@pytest.fixture
def embedded(tiny_folder, monkeypatch):
    """The base model of the run is the project's own."""
    monkeypatch.setattr(pretrained, "EMBEDDED", tiny_folder)


@pytest.fixture(scope="module")
def python(tmp_path_factory):
    return clean_python.build(tmp_path_factory.mktemp("clean") / "env", "peft", "transformers", "sentence-transformers")


def clean(python, folder, *arguments, given="", **variables):
    """Run a Python without this project, in an empty folder and with nothing of our environment."""
    here = folder / "empty"
    here.mkdir(parents=True, exist_ok=True)
    bare = {"PATH": os.defpath, "HOME": str(here), "LANG": "C.UTF-8", "HF_HUB_OFFLINE": "1"} | variables
    return subprocess.run(
        [python, "-I", *map(str, arguments)], cwd=here, env=bare, input=given, capture_output=True, encoding="utf-8",
        check=False,
    )  # fmt: skip


MANY = """
import contextlib, io, json, runpy, sys
said = []
for question in json.load(sys.stdin):
    sys.argv[1:] = [question]
    with contextlib.redirect_stdout(io.StringIO()) as out:
        runpy.run_path({script!r})
    said.append(out.getvalue())
json.dump(said, sys.stdout)
"""


def asked(python, folder, questions, script, **variables):
    """What the script prints for each question, all in one clean interpreter, for its imports take seconds."""
    code = MANY.format(script=str(script))
    done = clean(python, folder, "-c", code, given=json.dumps(questions), **variables)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def library(run, questions, base=None):
    """What the library answers, as the script would print it."""
    with SilverSight.from_dir(run, base=base, device="cpu") as system:
        found = [system.ask(question) for question in questions]
    return [f"{one.expert}\n{one.answer}\n" for one in found]


def files(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def section(text, title):
    return re.search(rf"^## {title}\n\n(.*?)(?=^## |\Z)", text, re.M | re.S)[1]


def lines(text):
    """Cells of the table rows in a text."""
    return [[cell.strip() for cell in line.strip("| ").split(" | ")] for line in text.splitlines() if line[:1] == "|"]


def change_router(run, encoder=None, **how):
    """Save the run's router anew with other arguments."""
    old = Router.from_dir(run / ROUTER)
    new = Router(old.centroids, encoder or run / "03_semantic_clustering" / "encoder", old.names, **how)
    new.save(run / ROUTER)
    return new


# ---------------------------------------------------------------------------------------------------------- the script


def test_the_script_is_short_and_needs_four_packages_of_which_none_is_ours():
    text = SCRIPT.read_text(encoding="utf-8")
    tree = ast.parse(text)
    imported = {
        name.split(".")[0]
        for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)
        for name in ([node.module] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names])
    }  # fmt: skip
    assert imported - set(sys.stdlib_module_names) == {
        "numpy",
        "torch",
        "peft",
        "transformers",
        "sentence_transformers",
    }
    said = {number for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom | ast.Expr)
            for number in range(node.lineno, node.end_lineno + 1) if "print(" not in ast.unparse(node)}  # fmt: skip
    code = [line for number, line in enumerate(text.splitlines(), 1) if line.strip() and number not in said]
    assert len(code) <= 16, "\n".join(code)


@pytest.mark.parametrize("given", [[], [" "]])
def test_the_script_says_how_it_is_used(given, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["use.py", *given])
    with pytest.raises(SystemExit, match=r"python use\.py"):
        runpy.run_path(str(SCRIPT))


@pytest.mark.slow
def test_the_script_answers_in_a_clean_python_as_the_library_does(run, embedded, python, tmp_path):
    for package in ("assl_utils", "pandas"):
        done = clean(python, tmp_path, "-c", f"import {package}")
        assert f"ModuleNotFoundError: No module named '{package}'" in done.stderr, "the Python is not clean"
    release(run)
    moved = shutil.move(run / "release", tmp_path / "moved")
    expected = library(run, QUESTIONS)
    assert {text.split("\n")[0] for text in expected} == {"lora-0", "lora-1"} and len(set(expected)) > 2
    (tmp_path / "runs").rename(tmp_path / "gone")  # nothing of the run is needed

    done = clean(python, tmp_path, tmp_path / "moved" / "use.py", QUESTIONS[1])
    assert (done.returncode, done.stdout) == (0, expected[1]), done.stderr
    assert asked(python, tmp_path, QUESTIONS, Path(moved) / "use.py") == expected


@pytest.mark.slow
@pytest.mark.parametrize("metric", METRICS)
def test_a_router_that_rejects_leaves_far_questions_to_the_base_model_in_the_script_too(
    run, embedded, python, tmp_path, metric
):
    texts = [text.strip() for text in QUESTIONS[:6]]
    distances = change_router(run, metric=metric).route(texts)["distance"].sort_values()
    change_router(run, metric=metric, reject=float(distances.iloc[3]))  # which one of them is at
    expected = library(run, QUESTIONS[:6])
    assert {text.split("\n")[0] for text in expected} == {"base", "lora-0", "lora-1"}
    folder = release(run)
    assert asked(python, tmp_path, QUESTIONS[:6], folder / "use.py") == expected
    again = Router.from_dir(folder / "router").route(texts)["expert"]
    assert again.tolist() == [text.split("\n")[0] for text in expected], "the library reads the router as well"


@pytest.mark.slow
def test_base_and_encoder_in_folders_elsewhere_are_named_by_the_reader(run, python, tmp_path):
    bare = tiny_model.save(tmp_path / "bare", chat=False)  # no chat template, and ways to write that are not greedy
    edit(bare / "generation_config.json", lambda c: c.update(repetition_penalty=9.0, do_sample=True, top_k=3))
    encoder = shutil.copytree(run / "03_semantic_clustering" / "encoder", tmp_path / "words")
    change_router(run, encoder=encoder, prompt="投资者情绪消极")
    for name in ("lora-0", "lora-1"):
        edit(folder_of(run, name) / "adapter_config.json", lambda c: c.update(base_model_name_or_path=str(bare)))
        digest = identity.content_hash(bare)
        edit(folder_of(run, name) / "training.json", lambda account, d=digest: account["recipe"].update(base=d))
    folder = release(run)
    assert not (folder / "base").exists() and not (folder / "encoder").exists()
    page = (folder / "README.md").read_text(encoding="utf-8")
    assert "SILVERSIGHT_BASE" in page and "SILVERSIGHT_ENCODER" in page and str(tmp_path) not in page

    where = {"SILVERSIGHT_BASE": str(bare), "SILVERSIGHT_ENCODER": str(encoder)}
    expected = library(run, QUESTIONS[:3])
    assert [text.split("\n")[0] for text in expected] == ["lora-0", "lora-1", "lora-1"], "the last one by the prompt"
    assert asked(python, tmp_path, QUESTIONS[:3], folder / "use.py", **where) == expected
    done = clean(python, tmp_path, folder / "use.py", "问", SILVERSIGHT_ENCODER=str(encoder))
    assert done.returncode and "./bare" in done.stderr.splitlines()[-1]


@pytest.mark.slow
def test_models_of_the_hub_are_named_with_the_revision_that_was_used(run, tiny_folder, python, tmp_path):
    commit, digest = "c0ffee" * 6 + "cafe", "decade" * 6 + "0000"
    for name, revision, source in (
        ("base", commit, tiny_folder),
        ("words", digest, run / "03_semantic_clustering/encoder"),
    ):
        place = tmp_path / "hub" / f"models--owner--{name}"
        shutil.copytree(source, place / "snapshots" / revision)
        (place / "refs").mkdir()
        (place / "refs" / "main").write_text(revision)
    expected = library(run, QUESTIONS[:2])
    for name in ("lora-0", "lora-1"):
        edit(
            folder_of(run, name) / "adapter_config.json",
            lambda c: c.update(base_model_name_or_path="owner/base", revision=commit),
        )
    edit(run / ROUTER / "router.json", lambda about: about.update(encoder="owner/words"))

    offline = {"HF_HUB_CACHE": str(tmp_path / "hub"), "HF_HUB_OFFLINE": "1"}
    command = [sys.executable, "-m", "assl_utils.share.release", str(run)]
    done = subprocess.run(
        command, env=os.environ | offline, cwd=ROOT, capture_output=True, encoding="utf-8", check=False
    )
    assert done.returncode == 0, done.stderr
    facts = store.read_json(run / "release" / "release.json")
    assert (facts["base"], facts["load"]["revision"]) == ("owner/base", commit)
    assert (facts["encoder"], facts["load_encoder"]["revision"]) == ("owner/words", digest)
    page = (run / "release" / "README.md").read_text(encoding="utf-8")
    assert commit in page and digest in page and ModelCard(page).data.base_model == "owner/base"
    assert asked(python, tmp_path, QUESTIONS[:2], run / "release" / "use.py", **offline) == expected


def test_the_longest_answer_is_that_of_the_library():
    assert inspect.signature(SilverSight.ask).parameters["max_new_tokens"].default == MAX_NEW_TOKENS


# ---------------------------------------------------------------------------------------------------------- the folder


def test_a_release_is_whole_the_same_each_time_and_names_no_place_of_this_machine(run, embedded, tiny_folder, tmp_path):
    first = files(release(run))
    assert {name.split("/")[0] for name in first} == {
        "LICENSE", "README.md", "SHA256SUMS", "adapters", "base", "encoder", "release.json", "router", "tables",
        "use.py",
    }  # fmt: skip
    assert {name.split("/")[1] for name in first if name.startswith("adapters")} == {"lora-0", "lora-1"}
    shutil.rmtree(run / "release")
    shutil.move(run, tmp_path / "moved" / "toy")
    out = release(tmp_path / "moved" / "toy", tmp_path / "out")
    assert files(out) == first
    for name, content in first.items():
        assert str(ROOT).encode() not in content, name
        assert str(tmp_path).encode() not in content and str(tiny_folder).encode() not in content, name
    assert identity.content_hash(out / "base") == identity.content_hash(tiny_folder)
    about = Router.from_dir(out / "router").about
    assert about == store.read_json(out / "router" / "router.json")["fitted"]
    assert not [name for name in first if name.endswith((".bin", ".pt", ".pkl"))]


def test_each_file_is_listed_with_its_digest(run, embedded):
    folder = release(run)
    listed = dict(reversed(line.split("  ", 1)) for line in (folder / "SHA256SUMS").read_text("utf-8").splitlines())
    assert listed == {name: store.sha256(folder / name) for name in files(folder) if name != "SHA256SUMS"}
    shown = {cells[0].strip("`"): cells[1].strip("`") for cells in lines(section(readme(folder), "Files"))[2:]}
    assert shown == {name: digest for name, digest in listed.items() if name != "README.md"}
    if tool := shutil.which("sha256sum"):
        subprocess.run([tool, "--check", "--strict", "--quiet", "SHA256SUMS"], cwd=folder, check=True)


def readme(folder):
    return (folder / "README.md").read_text(encoding="utf-8")


def test_a_new_release_takes_the_place_of_the_old_one_once_it_is_whole(run, monkeypatch):
    before = files(release(run))
    (run / "08_evaluation" / "comparisons.csv").unlink()
    with monkeypatch.context() as broken, pytest.raises(RuntimeError, match="no page"):
        broken.setattr(release_page, "page", lambda *_: (_ for _ in ()).throw(RuntimeError("no page")))
        release(run)
    assert files(run / "release") == before

    replace = os.replace

    def refuse(source, target):
        if str(source).endswith(".part") and Path(target).name == "release":
            raise OSError("the disk is gone")
        replace(source, target)

    with monkeypatch.context() as broken, pytest.raises(OSError, match="the disk is gone"):
        broken.setattr(os, "replace", refuse)
        release(run)
    assert files(run / "release") == before, "the old one was put back"
    after = files(release(run))
    assert before.keys() - after.keys() == {"tables/comparisons.csv"}
    assert not list(run.glob(".release*")), "no part is left"


def test_what_no_release_wrote_is_not_replaced(run, tmp_path):
    folder = release(run)
    (folder / "tables" / "notes.txt").write_text("mine")
    with pytest.raises(CardError, match=r"holds tables/notes.txt, which no release wrote"):
        release(run)
    (tmp_path / "file").touch()
    with pytest.raises(CardError, match="is a file"):
        release(run, tmp_path / "file")
    with pytest.raises(CardError, match="which no release wrote"):
        release(run, run)
    assert (folder / "tables" / "notes.txt").read_text() == "mine" and not list(tmp_path.rglob(".*.part"))


# ------------------------------------------------------------------------------------------------------------ the page


def test_tables_are_those_of_the_run_and_the_page_shows_their_means(run):
    folder = release(run)
    for name in ("table1.csv", "table2.csv", "comparisons.csv"):
        assert (folder / "tables" / name).read_bytes() == (run / "08_evaluation" / name).read_bytes()
    shown = {cells[0]: cells[1:] for cells in lines(section(readme(folder), "Scores"))}
    assert shown["model"] == ["CFLEB", "FinEval"] and shown["lead-1"] == ["–", "–"]
    table = pd.read_csv(run / "08_evaluation" / "table1.csv").set_index("model")
    for model in ("base", "all-data", "lora-0", "majority"):
        value, low, high = table.loc[model, ["AVG", "AVG_lo", "AVG_hi"]]
        assert shown[model] == [f"{value:.1f} ({low:.1f} – {high:.1f})"] * 2
    assert "nothing proves" in readme(folder) and "no scores on the published benchmarks" in readme(folder)

    routed = store.read_table(run / "07_routing" / "routing.parquet")
    counted = store.read_table(folder / "tables" / "routing.csv").set_index("task")
    assert counted.index.tolist() == ["FE", "QA"] and counted.columns.tolist() == ["lora-0", "lora-1"]
    for task, expert in ((task, expert) for task in counted.index for expert in counted):
        assert counted.at[task, expert] == ((routed["task"] == task) & (routed["expert"] == expert)).sum()
    sent = {cells[0]: cells[1:] for cells in lines(section(readme(folder), "Experts"))[2:]}
    assert sent["[lora-1](adapters/lora-1/README.md)"] == ["1", str((routed["expert"] == "lora-1").sum())]


def test_tables_of_other_weights_or_routes_are_left_out(run):
    inputs = {f"06_lora_training/experts/{name}/adapter_model.safetensors":
              store.sha256(folder_of(run, name) / "adapter_model.safetensors")
              for name in ("lora-0", "lora-1")}  # fmt: skip
    inputs["07_routing/routing.parquet"] = store.sha256(run / "07_routing" / "routing.parquet")
    store.write_json({"inputs": inputs}, run / "08_evaluation" / "manifest.json")
    assert "nothing proves" not in (text := readme(release(run))) and "| base | 16.6" in text
    for file in inputs:
        store.write_json({"inputs": inputs | {file: "0" * 64}}, run / "08_evaluation" / "manifest.json")
        folder = release(run)
        assert [path.name for path in (folder / "tables").iterdir()] == ["routing.csv"]
        assert "other weights or routes" in readme(folder) and "16.6" not in section(readme(folder), "Scores")
    shutil.rmtree(run / "08_evaluation")
    assert "no tables of chapter 8" in section(readme(release(run)), "Scores")


def test_the_terms_of_all_rows_are_on_the_page(run, embedded):
    own = readme(release(run))
    assert ModelCard(own).data.license == "cc-by-4.0"
    assert "All rows are the project's own, under CC BY 4.0" in section(own, "Terms")
    assert "of this folder it covers `use.py` and `base`" in section(own, "Terms")
    counted = {cells[0]: [int(cell) for cell in cells[1:3]] for cells in lines(section(own, "Terms"))[2:]}
    learnt = ROWS.iloc[[4, 0, 3]]["source"].value_counts()
    assert counted == {f"`{source}`": [learnt.get(source, 0), n] for source, n in ROWS["source"].value_counts().items()}

    real(run)  # the texts were published, and what is made of them is not ours to license
    text = readme(release(run))
    assert ModelCard(text).data.license == "other" and "project's own, under" not in text
    closed = next(part for part in section(text, "Terms").split("\n\n") if part.startswith("Research or other"))
    assert "`financeiq` (CC BY-NC-SA 4.0)" in closed, "no expert learnt it, but centroids and encoder were made of it"
    assert registry.sources()["financeiq"].licence.commercial == "no"


def test_versions_and_run_are_those_of_the_manifest(run):
    text = readme(release(run))
    assert "Made with torch 2.0." in text and "profile cpu" in text and "2024-05-06" in text
    for manifest in run.glob("*/manifest.json"):
        manifest.unlink()
    assert "not recorded" in readme(release(run))


@pytest.mark.slow
def test_the_page_asks_what_the_system_answers_well_and_the_script_says_what_the_page_says(
    run, embedded, python, tmp_path
):
    assert MADE_UP in section(readme(release(run)), "Use"), "chapter 8 left nothing to choose from"
    rows = ROWS.iloc[:4].assign(id=[f"q-{i}" for i in range(4)], task=["FE", "FE", "NA", "NA"])
    said = [text.split("\n", 1)[1].strip() for text in library(run, TEXTS[:4])]
    store.write_table(rows, run / "01_data_collection" / "eval.parquet")
    edit(run / "01_data_collection" / "manifest.json", lambda m: m["parameters"].update(data="embedded"))
    shown = pd.DataFrame({"model": "silversight", "id": rows["id"], "answer": said, "reference": said,
                          "correct": [0.0, 1.0, 0.5, 1.0]})  # fmt: skip
    others = shown.assign(model="base", correct=0.0)
    store.write_table(pd.concat([shown, others]), run / "08_evaluation" / "predictions.parquet")
    weights = [f"06_lora_training/experts/{name}/adapter_model.safetensors" for name in ("lora-0", "lora-1")]
    judged = {file: store.sha256(run / file) for file in (*weights, "07_routing/routing.parquet")}
    store.write_json({"inputs": judged}, run / "08_evaluation" / "manifest.json")
    page = section(readme(release(run)), "Use")
    assert MADE_UP not in page and examples.RULE in page and page.count("```sh\n") == 3
    questions = [shlex.split(command)[2] for command in re.findall(r"^(python use.py '[^']*')", page, re.M)]
    assert questions == [TEXTS[1], TEXTS[1], TEXTS[3]], "the first line of use asks the first example"
    answers = re.findall(r"```text\n(.*?)\n```", page, re.S)
    found = asked(python, tmp_path, questions[1:], run / "release" / "use.py")
    assert [text.split("\n", 1)[1].strip() for text in found] == answers == [said[1], said[3]]
    edit(run / "08_evaluation" / "manifest.json", lambda m: m["inputs"].update({weights[0]: "0" * 64}))
    assert MADE_UP in section(readme(release(run)), "Use"), "what other weights answered is no example of these"


# ----------------------------------------------------------------------------------------------- what is not given away


def spoil_weights(run):
    path = folder_of(run, "lora-1") / "adapter_model.safetensors"
    path.write_bytes(path.read_bytes()[:-1] + b"\x01")


def spoil_encoder(run):
    path = run / "03_semantic_clustering" / "encoder"
    words = tiny_model.tokenizer(texts=TEXTS, vocab_size=280)
    static.fit_static(TEXTS[1:], words, dim=6, out_dir=path)


def spoil_rows(run):
    store.write_table(ROWS.assign(output="中性"), run / "02_instruction_expansion" / "rows.parquet")


def another_base(run):
    folder = folder_of(run, "lora-1")
    edit(folder / "adapter_config.json", lambda config: config.update(base_model_name_or_path="/gone/other"))
    edit(folder / "training.json", lambda account: account["recipe"].update(base="f" * 64))


SPOILT = {
    "no chapter 6": (lambda run: shutil.rmtree(run / "06_lora_training"), "run chapter 6 first"),
    "no chapter 7": (lambda run: shutil.rmtree(run / "07_routing"), "holds no router.json: run chapter 07 first"),
    "no encoder": (lambda run: shutil.rmtree(run / "03_semantic_clustering" / "encoder"), "there is no encoder folder"),
    "an expert too few": (
        lambda run: shutil.rmtree(folder_of(run, "lora-1")),
        "chapter 7 routes to lora-0, lora-1, chapter 6 trained lora-0: run both again",
    ),
    "an expert too many": (
        lambda run: shutil.copytree(folder_of(run, "lora-1"), folder_of(run, "lora-2")),
        "chapter 6 trained lora-0, lora-1, lora-2",
    ),
    "weights": (spoil_weights, r"lora-1: its weights are not those that training ended with: run chapter 6 again$"),
    "rows": (spoil_rows, r"lora-0: the run's rows are no longer those .*: run chapter 6 again$"),
    "encoder": (spoil_encoder, "the clusters were found with another encoder"),
    "clusters": (
        lambda run: store.write_array(np.ones((2, 6)), run / "03_semantic_clustering" / "centroids.npy"),
        r"the clusters are no longer those that chapter 7 routes to: run it again",
    ),
    "pickle beside an expert": (lambda run: (folder_of(run, "lora-0") / "x.bin").touch(), "holds x.bin"),
    "pickle beside the encoder": (
        lambda run: (run / "03_semantic_clustering" / "encoder" / "pytorch_model.bin").touch(),
        "the encoder's folder holds pytorch_model.bin",
    ),
    "pickled centroids": (
        lambda run: np.save(run / ROUTER / "centroids.npy", np.array([{}, {}]), allow_pickle=True),
        "the run's router cannot be given away: .*allow_pickle=False",
    ),
    "two bases": (another_base, r"different base models: base \(\w{12}\), other \(f{12}\): run chapter 6 again"),
}


@pytest.mark.parametrize("how", SPOILT)
def test_a_spoilt_run_is_not_released(run, how):
    spoil, message = SPOILT[how]
    spoil(run)
    with pytest.raises(CardError, match=message):
        release(run)
    assert not (run / "release").exists() and not list(run.glob(".release*"))


def test_a_base_that_is_not_here_cannot_be_described(run, tiny_folder, tmp_path, monkeypatch):
    moved = shutil.copytree(tiny_folder, tmp_path / "mine")
    for name in ("lora-0", "lora-1"):
        edit(folder_of(run, name) / "adapter_config.json", lambda c: c.update(base_model_name_or_path=str(moved)))
    shutil.rmtree(moved)
    with pytest.raises(CardError, match="the base model mine is needed here"):
        release(run)
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    for name in ("lora-0", "lora-1"):
        edit(folder_of(run, name) / "adapter_config.json", lambda c: c.update(base_model_name_or_path="owner/tiny"))
    with pytest.raises(CardError, match="the revision of owner/tiny that was trained on is not in the hub's cache"):
        release(run)


# --------------------------------------------------------------------------------------------------------- the command


def test_the_command_says_what_it_wrote_or_why_not(run, tmp_path, capsys):
    assert main([str(run), "--out", str(tmp_path / "out")]) == 0
    said = capsys.readouterr().out.splitlines()
    assert re.fullmatch(r"2 experts, \d+ files, \d+\.\d MB", said[0]) and said[1].endswith("use.py 问题")
    assert int(re.search(r"(\d+) files", said[0])[1]) == len(files(tmp_path / "out"))
    assert main([str(tmp_path / "nowhere")]) == 1
    assert "release: " in (error := capsys.readouterr().err) and "run chapter 6 first" in error


def test_the_encoder_of_the_release_is_an_ordinary_one(run):
    folder = release(run)
    expected = encoder.embed(TEXTS, encoder.load_encoder(run / "03_semantic_clustering" / "encoder", device="cpu"))
    found = SentenceTransformer(str(folder / "encoder"), device="cpu").encode(TEXTS, normalize_embeddings=True)
    np.testing.assert_allclose(found, expected, atol=1e-6)
