"""Many differences in one table, holes with their reason, and what was learned at all."""

import time

import numpy as np
import pandas as pd
import pytest
from made_up_arms import answered, as_items

from assl_utils.errors import DataError
from assl_utils.evaluation import arms, comparisons, two_way
from assl_utils.evaluation.gap import p_value, verdict

CELLS = [(s, s) for s in range(5)]


def test_every_pair_has_a_row_and_a_hole_says_why():
    items = answered(np.random.default_rng(0), ["a", "b", "c"], CELLS)
    items = items[(items["line"] != "c") | (items["task"] != "NL")]
    found = comparisons.compare_all(items, [("a", "b"), ("b", "a"), ("a", "c"), ("a", "d")])
    gap = two_way.difference(items, "a", "b")
    assert found.loc[0, "diff"] == gap.diff == -found.loc[1, "diff"]
    assert found.loc[0, "sentence"] == verdict("a", "b", gap) and found.loc[0, "p"] == p_value(gap)
    assert found["reason"].tolist()[:2] == ["", ""] and found["diff"].isna().tolist() == [False, False, True, True]
    assert "have 'AVG'" in found.loc[2, "reason"] and "no arm 'd'" in found.loc[3, "reason"]
    assert found["sentence"].str.startswith("no result").tolist() == [False, False, True, True]
    one = comparisons.compare_all(items, [("a", "c")], "FE")
    assert one["reason"].tolist() == [""] and one["what"].tolist() == ["FE"]


def test_learned_says_which_tasks_are_above_the_trivial():
    rng = np.random.default_rng(1)
    right = rng.random((1, 5, 7, 60)) < np.array([0.9, 0.5, 0.2, 0.5, 0.5, 0.5, 0.5])[:, None]
    items = as_items(right, np.ones(right.shape), ["a"], CELLS)
    found = comparisons.learned(items, "a", {"FE": {"majority": 40.0, "lookup": 52.0}, "QA": 50.0, "NA": 30.0})
    found = found.set_index("task")
    assert found["learned"].to_dict() == {"FE": True, "QA": False, "NA": False}
    assert found.loc["FE", "baseline"] == "lookup" and found.loc["FE", "diff"] == pytest.approx(38, abs=4)
    assert found.loc["NA", "hi"] < 0 and "a is below" in found.loc["NA", "sentence"]
    scores = arms.score_of(items)[["FE", "QA", "NA"]].mean()
    np.testing.assert_allclose(found["score"], scores[found.index])
    with pytest.raises(DataError, match="leave out a baseline"):
        comparisons.learned(items, "a", {"FE": np.nan})
    with pytest.raises(DataError, match="no arm 'b'"):
        comparisons.learned(items, "b", {"FE": 3.0})


def test_two_hundred_arms_take_seconds():
    lines = [f"arm {i}" for i in range(200)]
    items = answered(np.random.default_rng(2), lines, CELLS, n=900 // 7)
    before = time.process_time()
    found = comparisons.compare_all(items, [(line, "arm 0") for line in lines[1:]])
    assert time.process_time() - before < 10
    assert len(found) == 199 and found["diff"].notna().all() and isinstance(found, pd.DataFrame)
