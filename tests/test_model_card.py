"""Adapters to give away: plain peft loads them in five lines, and a card claims nothing that the run does not say."""

import ast
import contextlib
import hashlib
import io
import json
import os
import re
import shutil
import subprocess
import sys

import pandas as pd
import pytest
import tiny_model
from huggingface_hub import ModelCard

from assl_utils import generation, model_card, models, registry, store, training
from assl_utils.model_card import CardError, Run, card, export

SOURCES = ["fe", "financeiq", "stocka", "corpus"]  # unstated, CC BY-NC-SA, unstated, research use
TEXTS = ["公司发布年报，净利润同比增长三成", "受处罚消息影响，股价下跌", "股价上涨", "投资者情绪消极"]
ROWS = pd.DataFrame(
    {
        "id": [f"{source}-{i}" for i in range(3) for source in SOURCES],
        "source": SOURCES * 3,
        "instruction": "判断情感",
        "input": [f"{text}{'了' * i}" for i in range(3) for text in TEXTS],
        "output": ["积极", "消极", "积极，公司股价上涨", "消极"] * 3,
        "stand_in": "",
        "file": "",
    }
)
CLUSTER = [0, 1] * 6
LESSONS = {  # written out by hand: positions in ROWS, in the order of training
    "all-data": list(range(12)),
    "cluster-1": [1, 3, 5, 7, 9, 11],
    "lora-0": [4, 0],
    "mix": [4, 0, 3],
    "stage1-1": [3, 9],
}
SCORES = {"model": ["base", "all-data", "lora-0", "majority", "lead-1"], "FE": [10.04, 73.75, 38.75, 36.26, 50.0],
          "FE_lo": [8.0, 66.875, 31.25, 30.0, 45.0], "FE_hi": [12.0, 80.06, 46.24, 40.0, 55.0],
          "AVG": [16.65, 62.84, 18.96, 23.2, float("nan")], "AVG_lo": [14.8, 60.04, 16.83, 21.0, float("nan")],
          "AVG_hi": [18.5, 65.59, 21.18, 25.5, float("nan")], "n": 840,
          "unparsed": [24.9, 5.95, 28.81, 0.0, 0.0]}  # fmt: skip


@pytest.fixture(scope="module")
def finished(tiny_folder, tmp_path_factory):
    """A made-up run on the embedded corpus, its adapters trained for a few steps."""
    run = tmp_path_factory.mktemp("repository") / "runs" / "toy"
    store.write_table(ROWS, run / "02_instruction_expansion" / "rows.parquet")
    ids = ROWS["id"]
    clusters = pd.DataFrame({"id": ids, "cluster": CLUSTER})
    store.write_table(clusters, run / "03_semantic_clustering" / "clusters.parquet")
    chosen = clusters.assign(chosen=[i in LESSONS["stage1-1"] for i in range(12)])
    store.write_table(chosen, run / "04_adbscan" / "chosen.parquet")
    selected = pd.DataFrame({"id": ids[LESSONS["mix"]], "cluster": [0, 0, 1]})
    store.write_table(selected, run / "05_scoring_mmr" / "selected.parquet")
    how = {"r": 4, "alpha": 8, "lr": 1e-2, "epochs": 1, "min_steps": 40, "batch_size": 2}
    trained = training.train_lora(tiny_folder, ROWS.iloc[LESSONS["lora-0"]], folder_of(run, "lora-0"), **how)
    for name, places in LESSONS.items():  # one was trained; the others are it by other names
        if name != "lora-0":
            account = store.read_json(shutil.copytree(trained, folder_of(run, name)) / "training.json")
            account["recipe"]["rows"] = training.rows_hash(ROWS.iloc[places])
            store.write_json(account | {"rows": len(places)}, folder_of(run, name) / "training.json")
    for number in (1, 2):
        store.write_table(pd.DataFrame(SCORES), run / "08_evaluation" / f"table{number}.csv")
    account = pd.DataFrame({"source": SOURCES, "licence": "ours"})
    store.write_table(account, run / "01_data_collection" / "account.csv")
    manifests = {"01_data_collection": {"parameters": {"protocol": "clean", "data_root": "/somewhere/else"}},
                 "06_lora_training": {"run": "toy", "profile": "cpu", "finished": "2024-05-06T07:08:09+00:00",
                                      "inputs": {"05_scoring_mmr/selected.parquet": "ab" * 32},
                                      "versions": {"torch": "2.0", "nbclient": "9"}}}  # fmt: skip
    for stage, manifest in manifests.items():
        store.write_json(manifest, run / stage / "manifest.json")
    return run


@pytest.fixture
def run(finished, tmp_path):
    """A copy of the run that a test may spoil."""
    return shutil.copytree(finished, tmp_path / "runs" / "toy")


def folder_of(run, name):
    return run / ("05_scoring_mmr" if name.startswith("stage1") else "06_lora_training") / "experts" / name


def edit(path, change):
    value = store.read_json(path)
    change(value)
    store.write_json(value, path)


def real(run, files=None):
    """Make the run one on published files: the same texts, read elsewhere."""
    files = files or [("fe", "raw/fe.json", "none stated"), ("financeiq", "raw/f.csv", "CC BY-NC-SA 4.0"),
                      ("stocka", "raw/test.csv", "none stated"),
                      ("corpus", "raw/BQ", "research use, on application (BQ Corpus)")]  # fmt: skip
    files = pd.DataFrame(files, columns=["source", "file", "licence"])
    account = pd.DataFrame({"source": SOURCES, "licence": "as the registry says"})
    store.write_table(account, run / "01_data_collection" / "account.csv")
    store.write_table(files, run / "01_data_collection" / "files.csv")
    named = ROWS["source"].map(files.set_index("source")["file"])
    table = ROWS.assign(
        file=named, stand_in=["fincuge-finfe/train_list.json" if s == "fe" else "" for s in ROWS.source]
    )
    store.write_table(table, run / "02_instruction_expansion" / "rows.parquet")


def front(text):
    return ModelCard(text).data


def section(text, title):
    return re.search(rf"^## {title}\n\n(.*?)(?=^## |\Z)", text, re.M | re.S)[1]


def lines(text):
    """Cells of the table rows in a text."""
    return [[cell.strip() for cell in line.strip("| ").split(" | ")] for line in text.splitlines() if line[:1] == "|"]


def snippet(readme):
    return re.findall(r"```python\n(.*?)```", readme.read_text(encoding="utf-8"), re.S)


# ------------------------------------------------------------------------------------------------------------- the use


def test_five_lines_of_plain_peft_load_an_adapter_and_it_answers_as_it_does_here(run, tiny, tiny_folder, tmp_path):
    [folder] = export(run, tmp_path / "out", ["lora-0"])
    load, ask = snippet(folder / "README.md")
    assert len(ast.parse(load).body) <= 5 and len(load.splitlines()) <= 5
    imported = {
        node.module.split(".")[0] for node in ast.walk(ast.parse(load + ask)) if isinstance(node, ast.ImportFrom)
    }
    assert imported == {"peft", "transformers"} and "import assl" not in load + ask
    assert 'dtype="float32", use_safetensors=True' in load, "as in training, whatever the base is stored in"

    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "base").symlink_to(tiny_folder)  # the places that the third line names
    shutil.copytree(folder, tmp_path / "elsewhere" / "lora-0")
    alone = "\nimport sys\nassert not [name for name in sys.modules if name.startswith('assl_utils')]\n"
    done = subprocess.run(
        [sys.executable, "-I", "-X", "utf8", "-c", load + ask + alone], cwd=tmp_path / "elsewhere", text=True,
        env=os.environ | {"HF_HUB_OFFLINE": "1"}, capture_output=True, encoding="utf-8", check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr

    question = re.search(r'"content": (".*?")}', ask)[1]
    with models.adapters(tiny[0], {"lora-0": folder_of(run, "lora-0")}) as (loaded, full):
        expected, raw = (
            generation.generate(loaded, tiny[1], [json.loads(question)], adapters=who)[0]
            for who in (full["lora-0"], None)
        )
    assert expected and expected != raw and len(tiny[1].encode(expected)) < 40, "an answer that ends by itself"
    assert done.stdout.strip() == expected


def test_a_tokenizer_without_chat_template_gets_ours(run, tmp_path, monkeypatch):
    bare = tiny_model.save(tmp_path / "bare", chat=False)
    edit(folder_of(run, "lora-0") / "adapter_config.json", lambda c: c.update(base_model_name_or_path=str(bare)))
    digest = models.content_hash(bare)
    edit(folder_of(run, "lora-0") / "training.json", lambda account: account["recipe"].update(base=digest))
    [folder] = export(run, tmp_path, ["lora-0"])
    assert "### 问题：" in (folder / "README.md").read_text(encoding="utf-8")
    monkeypatch.chdir(tmp_path)  # here lie bare and lora-0
    with contextlib.redirect_stdout(io.StringIO()) as said:
        exec("\n".join(snippet(folder / "README.md")), {})
    model, tokenizer = models.load(bare, device="cpu")
    with models.adapters(model, {"x": folder}) as (loaded, full):
        [expected] = generation.generate(loaded, tokenizer, [model_card.QUESTION], adapters=full["x"])
    assert expected and said.getvalue().strip() == expected


def test_an_exported_adapter_is_whole_the_same_each_time_and_names_no_place_of_this_machine(run, tmp_path):
    first = {path: path.read_bytes() for folder in export(run) for path in folder.iterdir()}
    assert {path.parent.name for path in first} == set(LESSONS)
    assert {path.parents[1] for path in first} == {run / "export"}
    files = {"README.md", "adapter_config.json", "adapter_model.safetensors", "training.json"}
    assert {path.name for path in first} == files and len(first) == len(files) * len(LESSONS)
    shutil.move(run, tmp_path / "moved" / "toy")
    again = {path: path.read_bytes() for folder in export(tmp_path / "moved" / "toy", tmp_path / "b")
             for path in folder.iterdir()}  # fmt: skip
    for path, content in first.items():
        assert again[tmp_path / "b" / path.parent.name / path.name] == content, path.name
        if path.suffix != ".safetensors":
            text = content.decode()
            assert not re.search(r"""["'`( ](/|~|[A-Z]:\\)\w""", text) and str(tmp_path) not in text
    config = store.read_json(tmp_path / "b" / "mix" / "adapter_config.json")
    assert config["base_model_name_or_path"] == "base"
    assert models.content_hash(tmp_path / "b" / "mix") == models.content_hash(folder_of(tmp_path / "moved/toy", "mix"))


# ---------------------------------------------------------------------------------------------------- data and licences


@pytest.mark.parametrize("name", LESSONS)
def test_the_rows_are_those_the_adapter_was_trained_on(run, name):
    expected = ROWS.iloc[LESSONS[name]]["source"].value_counts().to_dict()
    data = section(card(Run(run), name), "Data")
    listed = {cells[0].strip("`"): int(cells[2]) for cells in lines(data) if cells[0].strip("`") in SOURCES}
    assert listed == expected
    assert training.rows_hash(ROWS.iloc[LESSONS[name]]) in data


def test_terms_of_published_data_are_named_and_no_licence_is_made_up(run):
    real(run)
    text = card(Run(run), "all-data")
    about = front(text)
    assert (about.license, about.library_name, about.language) == ("other", "peft", "zh")
    said = section(text, "Terms")
    closed, unstated = (next(part for part in said.split("\n\n") if part.startswith(start))
                        for start in ("Research or other non-commercial use only", "No licence stated"))  # fmt: skip
    assert "`financeiq` (CC BY-NC-SA 4.0)" in closed and "`corpus` (research use, on application" in closed
    assert "`fe`, `stocka` (none stated)" in unstated and "inherits the terms of all its rows" in said
    assert "the project's own, under" not in text and "Commercial use allowed" not in said and "MIT" not in said
    table = {cells[0]: cells for cells in lines(section(text, "Data"))}
    assert table["`financeiq`"][1:5] == ["Duxiaoman/FinanceIQ", "3", "CC BY-NC-SA 4.0", "no"]
    assert table["`fe`"][3:] == ["none stated", "unstated", "fincuge-finfe/train_list.json"]


def test_rows_of_the_embedded_corpus_are_the_projects_own(run):
    text = card(Run(run), "lora-0")
    assert "All rows are the project's own, under CC BY 4.0" in section(text, "Terms")
    assert front(text).license == "other", "the base in a folder has terms that nobody told us"
    assert "generated like the rows" in section(text, "Scores")


def test_own_rows_beside_the_embedded_model_are_cc_by(run, tiny_folder, monkeypatch):
    monkeypatch.setattr(models, "EMBEDDED", tiny_folder)
    text = card(Run(run), "lora-0")
    assert front(text).license == "cc-by-4.0" and front(text).base_model is None
    assert 'base, adapter = "assl_utils/data/base_model", "lora-0"' in text
    real(run)
    assert front(card(Run(run), "lora-0")).license == "other"


def test_without_the_runs_own_account_the_strictest_licence_counts(run):
    (run / "01_data_collection" / "account.csv").unlink()
    text = card(Run(run), "all-data")
    assert "project's own, under" not in text and "`financeiq` (CC BY-NC-SA 4.0)" in section(text, "Terms")


def test_the_licence_is_that_of_the_file_read(monkeypatch):
    entry = registry.get("fincorpus", "source")
    licences = {file.licence.name: file.licence.commercial for file in entry.files}
    assert licences == {"Apache-2.0": "yes", "CC BY-NC-SA 4.0": "no"}, "a source whose copies differ"
    rows = pd.DataFrame({"source": ["fincorpus"] * 3 + ["x"], "file": ["a", "b", "c", "d"]})
    files = pd.DataFrame({"source": "fincorpus", "file": ["a", "b"], "licence": ["Apache-2.0", "CC BY-NC-SA 4.0"]})
    found = {(source, licence.name, licence.commercial): count
             for (source, licence), (count, _) in model_card.terms(rows, None, files).items()}  # fmt: skip
    assert found == {
        ("fincorpus", "Apache-2.0", "yes"): 1,
        ("fincorpus", "CC BY-NC-SA 4.0", "no"): 2,  # one read as such, one of which nothing is known
        ("x", "none known: not in the registry of data", "unstated"): 1,
    }
    ours = pd.DataFrame({"source": ["fincorpus"], "licence": ["ours"]})
    assert all(licence != model_card.OURS for _, licence in model_card.terms(rows, ours)), "they were read from files"


def test_rows_without_a_value_are_counted_too():
    rows = pd.DataFrame({"source": ["fe", "fe"], "file": ["raw/x.json", None], "stand_in": [None, "y"]})
    assert [count for count, _ in model_card.terms(rows).values()] == [2]


# ----------------------------------------------------------------------------------------------------- base and recipe


def test_a_model_of_the_hub_is_named_with_the_revision_that_was_trained_on(run, tmp_path, monkeypatch):
    commit, folder = "c0ffee" * 6 + "cafe", folder_of(run, "mix")
    digest = hashlib.sha256(f"owner/tiny@{commit}".encode()).hexdigest()
    edit(folder / "training.json", lambda account: account["recipe"].update(base=digest))
    edit(folder / "adapter_config.json", lambda config: config.update(base_model_name_or_path="owner/tiny"))
    monkeypatch.setattr(model_card.constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    text = card(Run(run), "mix")
    assert front(text).base_model == "owner/tiny" and "not known beyond" in section(text, "Base model")

    for revision in ("0" * 40, commit):
        (tmp_path / "hub" / "models--owner--tiny" / "snapshots" / revision).mkdir(parents=True)
    text = card(Run(run), "mix")
    assert f"`{commit}`" in section(text, "Base model") and digest in text and "0" * 40 not in text
    assert text.count(f', revision="{commit}"') == 2 and 'base, adapter = "owner/tiny", "mix"' in text
    assert front(text).license == "other"
    [out] = export(run, names=["mix"])
    config = store.read_json(out / "adapter_config.json")
    assert (config["base_model_name_or_path"], config["revision"]) == ("owner/tiny", commit)


def test_a_base_that_is_gone_is_named_and_one_that_changed_is_an_error(run, tmp_path, tiny_folder):
    moved = shutil.copytree(tiny_folder, tmp_path / "mine")
    edit(folder_of(run, "mix") / "adapter_config.json", lambda c: c.update(base_model_name_or_path=str(moved)))
    before = card(Run(run), "mix")
    assert 'base, adapter = "mine", "mix"' in before
    edit(moved / "config.json", lambda config: config.update(rms_norm_eps=1e-3))
    with pytest.raises(CardError, match="base model mine has changed"):
        card(Run(run), "mix")
    shutil.rmtree(moved)
    assert "tokenizer.eos_token_id" in card(Run(run), "mix")
    assert front(before).base_model is None and str(tmp_path) not in before


def test_whatever_the_recipe_holds_is_shown(run):
    edit(folder_of(run, "mix") / "training.json", lambda account: (
        account["recipe"].update(lr=0.1 + 0.2, new={"a": [1]}, odd="x|y", target_modules=["q", "k"]),
        account.update(energy=7)))  # fmt: skip
    recipe = section(card(Run(run), "mix"), "Recipe")
    shown = dict(cells for cells in lines(recipe) if len(cells) == 2)
    assert {key: shown[f"`{key}`"] for key in ("lr", "new", "odd", "target_modules", "energy")} == {
        "lr": "0.3", "new": '{"a": [1]}', "odd": "x\\|y", "target_modules": "q, k", "energy": "7"
    }  # fmt: skip
    assert "torch 2.0" in recipe and "nbclient" not in recipe


def test_what_the_manifests_say_is_repeated_and_their_absence_too(run):
    text = card(Run(run), "mix")
    assert "profile cpu" in text and "2024-05-06" in text and "clean, so that rows" in text and "ab" * 32 in text
    for manifest in run.glob("*/manifest.json"):
        manifest.unlink()
    text = card(Run(run), "mix")
    assert text.count("not recorded") >= 2 and "2024" not in text.replace("2404", "")


# -------------------------------------------------------------------------------------------------------------- scores


def test_scores_and_intervals_are_those_of_the_table(run):
    said = section(card(Run(run), "lora-0"), "Scores")
    assert lines(said)[2:4] == [
        ["FE", "38.8", "31.2 – 46.2", "10.0", "50.0"],  # the base, and the best of the rules
        ["AVG", "19.0", "16.8 – 21.2", "16.6", "23.2"],
    ]
    table = pd.read_csv(run / "08_evaluation" / "table1.csv").set_index("model").loc["lora-0"]
    for value, low, high in ((table[c], table[f"{c}_lo"], table[f"{c}_hi"]) for c in ("FE", "AVG")):
        assert f"| {value:.1f} | {low:.1f} – {high:.1f} |" in said
    assert "840 questions; 28.8 % of the answers could not be read" in said
    assert "no manifest" in said, "nothing ties the tables to the weights"


def test_scores_of_other_weights_are_not_shown(run):
    place = "06_lora_training/experts/lora-0/adapter_model.safetensors"
    digest = store.sha256(run / place)
    store.write_json({"inputs": {place: digest}}, run / "08_evaluation" / "manifest.json")
    assert "no manifest" not in (said := section(card(Run(run), "lora-0"), "Scores")) and "38.8" in said
    store.write_json({"inputs": {place: "0" * 64}}, run / "08_evaluation" / "manifest.json")
    assert "other weights" in (said := section(card(Run(run), "lora-0"), "Scores")) and "38.8" not in said


def test_a_card_without_scores_says_why(run):
    assert "not evaluated on its own" in section(card(Run(run), "cluster-1"), "Scores")
    shutil.rmtree(run / "08_evaluation")
    assert "no tables of chapter 8" in section(card(Run(run), "lora-0"), "Scores")


# ----------------------------------------------------------------------------------------------- what is not given away


def spoil_weights(folder):
    path = folder / "adapter_model.safetensors"
    path.write_bytes(path.read_bytes()[:-1] + b"\x01")


SPOILT = {
    "changed": (spoil_weights, r"06_lora_training/experts/mix: its weights are not those .* run chapter 6 again"),
    "unfinished": (lambda folder: (folder / "training.json").unlink(), r"mix is unfinished \(training.json\)"),
    "half": (lambda folder: (folder / "training.json").write_text("{"), r"mix is unfinished"),
    "no configuration": (
        lambda folder: (folder / "adapter_config.json").unlink(),
        r"unfinished \(adapter_config.json\)",
    ),
    "pickle": (lambda folder: (folder / "adapter_model.bin").touch(), r"mix holds adapter_model.bin.* remove it"),
    "pickle below": (lambda folder: ((folder / "x").mkdir(), (folder / "x" / "state.pt").touch()), "state.pt"),
}


@pytest.mark.parametrize("how", SPOILT)
def test_a_spoilt_adapter_stops_the_export_before_anything_is_written(run, how):
    spoil, message = SPOILT[how]
    spoil(folder_of(run, "mix"))
    with pytest.raises(CardError, match=message):
        export(run)
    assert not (run / "export").exists()
    assert [folder.name for folder in export(run, names=["lora-0"])] == ["lora-0"]


def test_a_pickle_in_the_folder_to_write_to_is_refused(run):
    [folder] = export(run, names=["mix"])
    (folder / "pytorch_model.bin").touch()
    with pytest.raises(CardError, match=r"pickle"):
        export(run, names=["lora-0", "mix"])
    assert not (run / "export" / "lora-0").exists()


def test_rows_that_are_no_longer_those_of_the_training_are_an_error(run):
    place = run / "02_instruction_expansion" / "rows.parquet"
    store.write_table(ROWS.assign(output=["中性", *ROWS["output"][1:]]), place)
    with pytest.raises(CardError, match="lora-0: the run's rows are no longer those it was trained on"):
        card(Run(run), "lora-0")
    card(Run(run), "cluster-1")  # it did not learn the changed row
    store.write_table(ROWS[1:], place)
    with pytest.raises(CardError, match="no longer those"):
        card(Run(run), "lora-0")
    (run / "05_scoring_mmr" / "selected.parquet").unlink()
    with pytest.raises(CardError, match=r"selected.parquet, which names its rows, is missing: run chapter 5"):
        card(Run(run), "mix")


def test_what_is_asked_for_wrongly_is_explained(run, tmp_path, capsys):
    with pytest.raises(CardError, match="no adapter 'lora-9' in this run; there are all-data, cluster-1, lora-0, mix"):
        export(run, names=["lora-9"])
    shutil.copytree(folder_of(run, "mix"), folder_of(run, "other"))
    with pytest.raises(CardError, match=r"other: which rows .* --only"):
        export(run)
    with pytest.raises(CardError, match="run chapter 6 first"):
        Run(tmp_path / "empty")
    assert model_card.main([str(tmp_path / "empty")]) == 1
    assert "model_card: " in capsys.readouterr().err


def test_the_command_names_each_adapter_and_where_the_cards_lie(run, tmp_path, capsys):
    assert model_card.main([str(run), "--out", str(tmp_path / "out"), "--only", "mix", "lora-0"]) == 0
    said = capsys.readouterr().out.splitlines()
    assert [line.split(":")[0] for line in said] == ["mix", "lora-0", "written"] and "3 rows" in said[0]
    assert (tmp_path / "out" / "mix" / "README.md").exists() and "README.md" in said[-1]
