"""Where a way closes the gap, and whether a tenth comes nearer to all rows as the corpus grows."""

import numpy as np
import pandas as pd
import pytest
from made_up_grid import record

from assl_utils.study import ablations, frontiers


def test_a_curve_has_each_way_and_share_as_points_against_all_rows(tmp_path):
    record(tmp_path, "frontier", lambda line, arm, task: 2.0 if arm == "all" else 0.0, n=40)
    found = ablations.read(tmp_path, "cpu", "frontier")
    curve = frontiers.curve(found)
    shares = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5]
    ways = ("random", "random_per_subtask", "budget", "utility")
    assert list(zip(curve["way"], curve["share"], strict=True)) == [(way, s) for way in ways for s in shares]
    scores = ablations.block(found, "frontier").scores().set_index(["line", "seed"])["AVG"]
    at = curve.set_index(["way", "share"]).loc[("budget", 0.05)]
    assert at["diff"] == pytest.approx((scores["budget, 5 %"] - scores["all"]).mean()) and at["diff"] < 0
    assert at["score"] == pytest.approx(scores["budget, 5 %"].mean())
    assert at["cost"] == pytest.approx(0.05) and at["rows"] == 50 and at["label"] == "5 %"


def test_a_gap_is_closed_only_where_it_stays_closed():
    table = pd.DataFrame({
        "way": ["a"] * 4 + ["b"] * 2, "share": [0.2, 0.01, 0.05, 0.1, 0.01, 0.02],
        "equal": [True, True, False, True, False, False], "hi": [1, 1, -2, 1, -1, 3.0],
    })  # fmt: skip
    first, second = frontiers.closes(table).split("\n")
    assert first == "a: equal to all rows within 2 points from 10 % on; surely below at 5 %."
    assert second == "b: equal to all rows within 2 points at no share; surely below at 1 %; open at 2 %."


def test_the_sizes_that_were_recorded_are_there_and_the_others_are_named(tmp_path):
    record(tmp_path, "tenth", {"all": 2.0}, n=40)
    record(tmp_path, "tenth", {"all": 0.0}, n=40, run="cpu-n40000", corpus=40_000)
    said = []
    table = frontiers.tenths(tmp_path, "cpu", say=said.append)
    assert len(said) == 1 and "TRIAL=n13000" in said[0] and "scale=0.06" in said[0]
    assert table["group"].unique().tolist() == ["1,000 rows", "40,000 rows"]
    labels = ["random – all", "budget – all", "utility – all", "budget – random", "utility – random"]
    assert table["label"].tolist() == 2 * labels
    lines = frontiers.trend(table).split("\n")
    assert len(lines) == 5 and lines[0].startswith("random – all: -") and " it rises (" in lines[0]


def test_a_trend_is_as_sure_as_both_gaps_together():
    def sized(rows, diff, side):
        return {"label": "x", "rows": rows, "diff": diff, "lo": diff - side, "hi": diff + side}

    def said(*rows):
        return frontiers.trend(pd.DataFrame(rows))

    assert "it rises (5.1, 95 % 0.1 to 10.1)" in said(sized(10, -6, 3), sized(100, -0.9, 4))
    assert "it shows no change (4.9, 95 % -0.1 to 9.9)" in said(sized(10, -6, 3), sized(100, -1.1, 4))
    assert "it falls" in said(sized(10, 0, 3), sized(100, -6, 4))
    assert "a single size" in said(sized(10, -6, 3))
    assert said(sized(10, np.nan, 1)) == ""


def test_no_size_at_all_is_an_empty_table(tmp_path):
    assert frontiers.tenths(tmp_path, "cpu", say=lambda text: None).empty
