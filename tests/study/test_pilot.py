"""The pilot's comparisons: every pair is recorded, and seeds that disagree are said to disagree."""

from pathlib import Path

import pandas as pd
import pytest

from assl_utils.study import pilot, recorded

KEPT = Path(__file__).resolve().parents[2] / "book/recorded"


@pytest.fixture(scope="module")
def who():
    return recorded.respondents(KEPT, pilot.STUDY)


def test_every_pair_is_recorded(who):
    pairs = [pair for pairs in pilot.PAIRS.values() for pair in pairs]
    pairs += [pair for asked in pilot.CLAIMS for pair in asked.pairs]
    assert {name for pair in pairs for name in pair} <= set(who)


def test_a_difference_is_that_of_the_two_scores(who):
    table = pilot.means(pilot.differences(who, "protocols", 50))
    assert list(table.index) == [" – ".join(pair) for pair in pilot.PAIRS["protocols"]]
    assert (table["one"] - table["other"]).tolist() == pytest.approx(table["diff"].tolist())
    assert (table["lo"] < table["diff"]).all() and (table["diff"] < table["hi"]).all()


def test_stars_stand_where_an_interval_leaves_0_out():
    table = pd.DataFrame({
        "pair": "a – b", "task": ["FE", "AVG"], "one": 2.0, "other": 1.0, "diff": [1.0, 1.0], "lo": [-1.0, 0.5],
        "hi": [3.0, 1.5],
    })  # fmt: skip
    assert pilot.by_task(table).loc["a – b"].tolist() == ["+1.0", "+1.0*", 0.5, 1.5]


def gaps(*ends):
    return lambda who, pairs, n_boot, seed: pd.DataFrame({
        "pair": [f"{one} – {other}" for one, other in pairs], "task": "AVG",
        "diff": [(lo + hi) / 2 for lo, hi in ends[: len(pairs)]], "lo": [lo for lo, _ in ends[: len(pairs)]],
        "hi": [hi for _, hi in ends[: len(pairs)]],
    })  # fmt: skip


@pytest.mark.parametrize(("ends", "words"), [
    (((1, 3), (2, 4)), "holds, as far as 2 trainings say"), (((1, 3), (-4, -2)), "open: 2 seeds disagree"),
    (((-1, 3), (2, 4)), "open: 2 seeds disagree"), (((-9, 9), (-9, 9)), "open, as far as 2 trainings say"),
])  # fmt: skip
def test_two_seeds_are_judged_together(monkeypatch, ends, words):
    monkeypatch.setattr(recorded, "paired_differences", gaps(*ends))
    found = pilot.judged({}).set_index("claim")
    claim = next(asked.says for asked in pilot.CLAIMS if len(asked.pairs) == 2)
    assert found.at[claim, "verdict"] == words and found.at[claim, "measured"].count("points") == 2


def test_what_is_not_recorded_has_no_result():
    assert set(pilot.judged({})["verdict"]) == {"no result yet"}


def test_as_good_as_needs_an_interval_inside_the_margin(monkeypatch):
    claim = next(asked.says for asked in pilot.CLAIMS if asked.expects == "equal")
    for ends, words in (((-1.5, 1.5), "holds"), ((-9, -3), "does not hold: worse"), ((-3, 3), "open")):
        monkeypatch.setattr(recorded, "paired_differences", gaps(ends, ends))
        assert pilot.judged({}).set_index("claim").at[claim, "verdict"] == f"{words}, as far as one training says"
