"""What a second task does to the first: the planted harm is found where it was planted."""

import numpy as np
import pandas as pd
import pytest
from made_up_grid import ROOT, record

from assl_utils.study import ablations, atlas
from assl_utils.study.grid import files
from assl_utils.tasks import suspects


def planted(line, arm, task):
    return -4.0 if "matching" in arm and task == "FE" else 4.0 if arm == "generation+qa" and task == "QA" else 0.0


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    folder = tmp_path_factory.mktemp("grids")
    record(folder, "atlas", planted, n=150, noise=0.0)
    return ablations.read(folder, "cpu", "atlas")


@pytest.fixture(scope="module")
def table(found):
    return atlas.pair_table(ablations.block(found, "alone"), ablations.block(found, "pairs"))


def test_each_score_has_each_other_class_once(table):
    assert len(table) == 8 * 6 and not table.duplicated(["task", "with"]).any() and (table["reason"] == "").all()
    assert table["with"].cat.categories.tolist()[0] == "sentiment"
    classes = table["task"].str.extract(r"\((.*)\)")[0]
    assert (classes != table["with"].astype(str)).all()


def test_a_cell_is_the_pair_minus_the_class_alone(found, table):
    alone, pairs = (ablations.block(found, name).means() for name in ("alone", "pairs"))
    cells = table.set_index(["task", "with"])["diff"]
    harm = cells[("FE (sentiment)", "matching")]
    assert harm == pytest.approx(pairs.loc["sentiment+matching", "FE"] - alone.loc["sentiment", "FE"])
    help_ = cells[("QA (qa)", "generation")]
    assert help_ == pytest.approx(pairs.loc["generation+qa", "QA"] - alone.loc["qa", "QA"])


def test_the_planted_harm_and_help_are_told(table):
    said = atlas.interference(table)
    assert "The largest harm: FE (sentiment) with matching." in said
    assert "The largest help: QA (qa) with generation." in said
    sure = table.assign(q=np.where(table["hi"] < 0, 0.01, 1.0))  # three seeds alone seldom outlast 48 comparisons
    row, harm = atlas.conflict(sure).iloc[0], (table["hi"] < 0).sum()
    assert harm and row["verdict"].startswith("holds for some pairs")
    assert row["measured"].startswith(f"{harm} of 48 cells show harm")


def test_nothing_found_is_told_as_chance(table):
    quiet = table.assign(lo=-50.0, hi=50.0, q=1.0)
    said = atlas.interference(quiet)
    assert said.count("the largest that may be chance") == 2 and "0 show harm and 0 help" in said
    assert atlas.conflict(quiet)["verdict"][0] == "open"
    assert atlas.interference(table.assign(diff=np.nan)) == "No pair has a result yet."


def test_without_a_record_the_claim_has_no_result():
    assert atlas.conflict(pd.DataFrame())["verdict"][0] == "no result yet"


def test_the_share_of_false_findings_grows_with_the_number_of_cells(table):
    assert (table["q"] >= table["p"]).all()


def test_suspected_pairs_are_asked_on_every_side_that_a_benchmark_asks(found):
    table = atlas.suspect_table(ablations.block(found, "suspects"))
    assert (table["reason"] == "").all() and len(table) == 8
    assert table["task"].tolist()[:2] == ["single_choice (fineval)", "negative_news:judge (NSP1)"]
    assert set(table["why"]) == {pair.why for pair in suspects.PAIRS} - {suspects.PAIRS[-1].why}


def test_the_grid_trains_both_on_the_same_rows_of_the_first():
    """A number of each form, whatever else is drawn; the pair's arm is named by both labels."""
    grid = files.read(ROOT, "atlas")
    for block, each in (("alone", "random_per_subtask(each=48)"), ("pairs", "random_per_subtask(each=48)"),
                        ("suspects", "random_per_form(each=48)")):  # fmt: skip
        assert {str(line.sentence.select) for line in grid.of(block)} == {each}
    arms = {dict(line.blocks)["suspects"] for line in grid.of("suspects")}
    for pair in suspects.PAIRS[:-1]:
        assert f"{pair.first} | {pair.second}" in arms
