"""More rows are other rows: what chapter 1 would take for copies is none of them."""

import numpy as np
import pandas as pd
import pytest

from assl_utils.bench import more_rows
from assl_utils.sources import collect, leakage
from assl_utils.text import near


@pytest.fixture(scope="module")
def gathered():
    return collect.embedded(0.004, 20, 0, 2)


def test_all_rows_and_copies_that_no_filter_takes_for_copies(gathered):
    found = more_rows.resized(gathered, 2.0).rows
    n = len(gathered.rows)
    assert len(found) == 2 * n and found["id"].is_unique
    pd.testing.assert_frame_equal(found[:n], gathered.rows)
    copies = found[n:].reset_index(drop=True)
    assert copies["output"].tolist() == gathered.rows["output"].tolist()
    pairs = zip(gathered.rows["input"].map(leakage.normalise), copies["input"].map(leakage.normalise), strict=True)
    likeness = np.array([near.jaccard(near.shingles(a), near.shingles(b)) for a, b in pairs])
    assert (likeness < 0.8).mean() > 0.99 and np.median(likeness) < 0.6


def test_the_parts_by_which_rows_are_compared_stay(gathered):
    copies = more_rows.resized(gathered, 2.0).rows[len(gathered.rows) :]
    kinds = [
        [leakage.part_of(*row)[0] for row in zip(rows["subtask"], rows["input"], strict=True)]
        for rows in (gathered.rows, copies)
    ]
    assert len(set(kinds[0])) > 3
    assert np.mean([a == b for a, b in zip(*kinds, strict=True)]) > 0.99


@pytest.mark.parametrize("times", [0.25, 1.5])
def test_a_share_is_a_share_of_each_source(gathered, times):
    found = more_rows.resized(gathered, times).rows["source"].value_counts()
    whole = gathered.rows["source"].value_counts()
    assert all(abs(found[source] - times * whole[source]) <= 1 for source in whole.index)
    assert more_rows.resized(gathered, 1.0).rows.equals(gathered.rows)


def test_the_same_text_gives_the_same_edit_and_another_seed_another():
    text = "央行今日下调存款准备金率，银行股全线上涨。" * 3
    assert more_rows.edited(text) == more_rows.edited(text) != text
    assert more_rows.edited(text, 1) != more_rows.edited(text)
    assert sum(a != b for a, b in zip(text, more_rows.edited(text), strict=True)) == 6, "one letter in ten of 57"


@pytest.mark.parametrize("text", ["", "12.8", "IBM & Co", "涨" * 30, "涨", "头实体：甲\n尾实体：乙"])
def test_odd_texts_keep_their_form(text):
    found = more_rows.edited(text)
    assert len(found) == len(text) and found.count("实体：") == text.count("实体：")
    assert (found == text) == (not any("\u4e00" <= c <= "\u9fff" for c in text))


@pytest.mark.parametrize("times", [0, -1, 2.1, float("nan")])
def test_a_number_that_is_no_size_is_refused(gathered, times):
    with pytest.raises(ValueError, match="times"):
        more_rows.resized(gathered, times)
