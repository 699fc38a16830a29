"""Another encoder, another number of wordings: each setting against the usual one, question by question."""

import pytest
from made_up_grid import ROOT, record

from assl_utils.study import ablations, settings
from assl_utils.study.grid import files


@pytest.fixture
def grids(tmp_path):
    record(tmp_path, "ablations", {"budget": 0.5}, n=40)
    record(tmp_path, "settings", {"random": 2.0, "utility": -2.0}, n=40, run="cpu-onewording")
    return tmp_path


def test_a_setting_is_compared_with_the_usual_one_and_those_not_recorded_are_named(grids):
    said = []
    table = settings.compared(grids, "cpu", say=said.append)
    assert table["label"].tolist() == ["random, onewording", "utility, onewording"]
    assert set(table["second"]) == {"random, usual", "utility, usual"} and (table["reason"] == "").all()
    other = ablations.block(ablations.read(grids, "cpu-onewording", "settings"), "settings")
    usual = ablations.block(ablations.read(grids, "cpu", "ablations"), "Q2")
    scores = [block.scores().set_index(["line", "seed"])["AVG"]["random"] for block in (other, usual)]
    both = sorted(set(scores[0].index) & set(scores[1].index))
    assert table["diff"].iloc[0] == pytest.approx((scores[0][both] - scores[1][both]).mean())
    assert table["lo"].iloc[0] > 0 > table["hi"].iloc[1] and "one wording" in table["group"].iloc[0]
    assert len(said) == len(settings.SETTINGS) - 1
    assert any("TRIAL=e5" in text and 'SET="encoder=multilingual-e5-small' in text for text in said)


def test_nothing_recorded_is_an_empty_table(tmp_path):
    record(tmp_path, "ablations", n=10)
    said = []
    assert settings.compared(tmp_path, "cpu", say=said.append).empty and len(said) == len(settings.SETTINGS)


def test_a_failed_arm_says_why(tmp_path):
    record(tmp_path, "ablations", n=10)
    record(tmp_path, "settings", n=10, run="cpu-wide", failed=("utility",))
    table = settings.compared(tmp_path, "cpu", say=lambda text: None).set_index("first")
    assert table.loc["utility, wide", "reason"].endswith("a reason") and table.loc["random, wide", "reason"] == ""


def test_the_grid_asks_the_arms_that_are_compared():
    arms = {dict(line.blocks)["settings"] for line in files.read(ROOT, "settings").lines}
    assert arms == set(settings.ARMS)
    usual = {(str(line.sentence), line.seed) for line in files.read(ROOT, "ablations").lines}
    assert {(str(line.sentence), line.seed) for line in files.read(ROOT, "settings").lines} <= usual
