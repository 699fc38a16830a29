"""A card claims nothing that the run and the registry of data do not say."""

import re
import shutil

import pandas as pd
import pytest
import trained_run
from huggingface_hub import ModelCard
from trained_run import ROWS, SOURCES, TRAINING_SETS, edit, folder_of, real

from assl_utils import pretrained, store
from assl_utils.experts import identity, training_sets
from assl_utils.share import provenance
from assl_utils.share.export import export
from assl_utils.share.model_card import card
from assl_utils.share.provenance import CardError, Run
from assl_utils.sources import registry


@pytest.fixture(scope="module")
def finished(tiny_folder, tmp_path_factory):
    return trained_run.build(tmp_path_factory.mktemp("repository") / "runs" / "toy", tiny_folder)


@pytest.fixture
def run(finished, tmp_path):
    """A copy of the run that a test may spoil."""
    return shutil.copytree(finished, tmp_path / "runs" / "toy")


def front(text):
    return ModelCard(text).data


def section(text, title):
    return re.search(rf"^## {title}\n\n(.*?)(?=^## |\Z)", text, re.M | re.S)[1]


def lines(text):
    """Cells of the table rows in a text."""
    return [[cell.strip() for cell in line.strip("| ").split(" | ")] for line in text.splitlines() if line[:1] == "|"]


# ---------------------------------------------------------------------------------------------------- data and licences


@pytest.mark.parametrize("name", TRAINING_SETS)
def test_the_rows_are_those_the_adapter_was_trained_on(run, name):
    expected = ROWS.iloc[TRAINING_SETS[name]]["source"].value_counts().to_dict()
    data = section(card(Run(run), name), "Data")
    listed = {cells[0].strip("`"): int(cells[2]) for cells in lines(data) if cells[0].strip("`") in SOURCES}
    assert listed == expected
    assert training_sets.rows_hash(ROWS.iloc[TRAINING_SETS[name]]) in data


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
    assert front(text).license == "other", "the base in a folder has terms that are not known"
    assert "generated like the rows" in section(text, "Scores")


def test_own_rows_beside_the_embedded_model_are_cc_by(run, tiny_folder, monkeypatch):
    monkeypatch.setattr(pretrained, "EMBEDDED", tiny_folder)
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
    entry = registry.sources()["fincorpus"]
    licences = {file.licence.name: file.licence.commercial for file in entry.files}
    assert licences == {"Apache-2.0": "yes", "CC BY-NC-SA 4.0": "no"}, "a source whose copies differ"
    rows = pd.DataFrame({"source": ["fincorpus"] * 3 + ["x"], "file": ["a", "b", "c", "d"]})
    files = pd.DataFrame({"source": "fincorpus", "file": ["a", "b"], "licence": ["Apache-2.0", "CC BY-NC-SA 4.0"]})
    found = {(source, licence.name, licence.commercial): count
             for (source, licence), (count, _) in provenance.terms(rows, None, files).items()}  # fmt: skip
    assert found == {
        ("fincorpus", "Apache-2.0", "yes"): 1,
        ("fincorpus", "CC BY-NC-SA 4.0", "no"): 2,  # one read as such, one of which nothing is known
        ("x", "none known: not in the registry of data", "unstated"): 1,
    }
    ours = pd.DataFrame({"source": ["fincorpus"], "licence": ["ours"]})
    assert all(licence != provenance.OURS for _, licence in provenance.terms(rows, ours)), "they were read from files"


def test_rows_without_a_value_are_counted_too():
    rows = pd.DataFrame({"source": ["fe", "fe"], "file": ["raw/x.json", None], "stand_in": [None, "y"]})
    assert [count for count, _ in provenance.terms(rows).values()] == [2]


# ----------------------------------------------------------------------------------------------------- base and recipe


def test_a_model_of_the_hub_is_named_with_the_revision_that_was_trained_on(run, tiny_folder, tmp_path, monkeypatch):
    commit, folder = "c0ffee" * 6 + "cafe", folder_of(run, "mix")
    digest = identity.content_hash(tiny_folder)
    edit(folder / "training.json", lambda account: account["recipe"].update(base=digest))
    edit(folder / "adapter_config.json", lambda config: config.update(base_model_name_or_path="owner/tiny"))
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.delenv("ASSL_CACHE", raising=False)
    text = card(Run(run), "mix")
    assert front(text).base_model == "owner/tiny" and "not known beyond" in section(text, "Base model")

    for revision in ("0" * 40, commit):
        snapshot = shutil.copytree(tiny_folder, tmp_path / "hub" / "models--owner--tiny" / "snapshots" / revision)
        if revision != commit:
            edit(snapshot / "config.json", lambda config: config.update(rms_norm_eps=1e-3))
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
