"""Most votes win: beside a slow count, with ties, unread answers and sets in any order."""

import itertools

import numpy as np
import pandas as pd
import pytest

from assl_utils.evaluation.voting import vote
from assl_utils.tasks import parsing
from assl_utils.text.rouge import rouge_l, tokens


def slow(task, row, order):
    """Every voter in turn: how many say the same (or, of free texts, how like they are on average); the first best."""
    best, chosen = None, order[0]
    for model in order:
        if not row[model]:
            continue
        others = [other for other in order if other != model and row[other]]
        if task in ("QA", "NA"):
            scores = [rouge_l([tokens(row[model])], [tokens(row[o])])["f"].iloc[0] for o in others]
            score = float(np.mean(sorted(scores))) if scores else 0.0
        else:
            score = sum(parsing.as_set(task, row[o]) == parsing.as_set(task, row[model]) for o in others)
        if best is None or score > best + 1e-12:
            best, chosen = score, model
    return chosen


ANSWERS = {
    "FE": ["积极", "消极", "中性", ""],
    "exam": ["A", "B", "AC", "ACD", ""],
    "NL": ["中国 公司", "公司 中国", "公司", "", "行业"],
    "NSP2": ["甲；乙", "乙;甲", "甲", "无", ""],
    "RE": ["其他", "收购", "收购 其他", ""],
    "QA": ["净利润同比增长三成", "净利润增长", "股价上涨", "利润 增长", "", "三成"],
    "NA": ["公司发布年报", "年报发布", "公司股价上涨", "", "公司发布年报"],
}


@pytest.mark.parametrize("task", ANSWERS)
@pytest.mark.parametrize("m", [1, 2, 3, 5])
def test_votes_are_those_of_a_slow_count(task, m):
    rng = np.random.default_rng(m)
    rows = [[ANSWERS[task][i] for i in rng.integers(len(ANSWERS[task]), size=m)] for _ in range(60)]
    some = rng.integers(1, m + 1)
    order = [rng.permutation(m)[:some].tolist() for _ in rows]
    assert vote(task, rows, order).tolist() == [slow(task, row, who) for row, who in zip(rows, order, strict=True)]
    assert vote(task, rows).tolist() == [slow(task, row, list(range(m))) for row in rows]


@pytest.mark.parametrize(("task", "row", "order", "winner"), [
    ("FE", ["消极", "积极", "积极"], None, 1),
    ("FE", ["消极", "积极", "积极"], [2, 1, 0], 2),  # of the winners the first in the order
    ("FE", ["消极", "积极", "中性"], [1, 0, 2], 1),  # all different: the first in the order
    ("FE", ["消极", "积极", "积极", "消极"], [1, 3, 0, 2], 1),  # two against two
    ("FE", ["", "", "积极", ""], [3, 1, 0, 2], 2),  # one that can be read against three that cannot
    ("FE", ["", "", ""], [2, 0, 1], 2),  # nothing to count
    ("FE", ["积极", "积极", "消极"], [2], 2),  # who is not named has no vote
    ("NSP2", ["甲", "乙；丙", "丙；乙"], None, 1),  # sets in another order are the same
    ("NSP2", ["甲", "无", "无"], None, 1),  # the empty set is an answer
    ("NSP2", ["甲", "ＡＢ公司", "ab公司"], None, 1),  # width and case are no difference
    ("NL", ["中国", "公司 中国", "中国 公司"], None, 1),
    ("exam", ["A", "AC", "AC"], None, 1),
    ("NA", ["公司发布年报", "完全不同", "公司发布新年报"], [1, 2, 0], 2),
    ("NA", ["公司发布年报", "公司发布年报", "别的"], [1, 0, 2], 1),
    ("QA", ["", "无", ""], [0, 1, 2], 1),  # alone among free texts
    ("QA", ["", ""], [1, 0], 1),
    ("qa", ["甲", "乙"], [1, 0], 1),  # two texts are as like each other
    ("negative_news:subject", ["甲；乙", "乙；甲", "丙"], [2, 1, 0], 1),
])  # fmt: skip
def test_nasty_votes(task, row, order, winner):
    assert vote(task, [row], None if order is None else [order]).tolist() == [winner]


@pytest.mark.parametrize("order", itertools.permutations(range(4)))
def test_equal_texts_are_a_tie_in_every_order_of_adding(order):
    row = ["公司年报净利润", "公司年报净利润", "净利润", "公司年报净利润"]
    first = next(model for model in order if model != 2)
    assert vote("NA", [row], [order]).tolist() == [first]


def test_a_table_with_names():
    table = pd.DataFrame(
        {"lora-0": ["积极", "消极"], "lora-1": ["消极", "消极"], "lora-2": ["消极", "积极"]}, index=[7, 9]
    )
    assert vote("FE", table).tolist() == [1, 0]
    near = pd.DataFrame([["lora-2", "lora-0"], ["lora-1", "lora-2"]])
    assert vote("FE", table, near).tolist() == [2, 1]
    assert vote("FE", table, ["lora-2", "lora-1", "lora-0"]).tolist() == [2, 1]
    assert vote("FE", table[:0]).tolist() == vote("QA", []).tolist() == []
    assert vote("FE", table[:0], np.empty((0, 2), dtype=int)).tolist() == []


@pytest.mark.parametrize(("task", "rows", "order", "message"), [
    ("FF", [["积极"]], None, "No task or sub-task is called 'FF'"),
    ("negative_news", [["有"]], None, "read by form"),
    ("FE", [["积极", "消极"], ["积极"]], None, "different numbers of answers, 2 and 1"),
    ("FE", [[None, "消极"]], None, "question 0 has an answer that is no text"),
    ("FE", [[], []], None, "no model answered"),
    ("FE", [["积极", "消极"]], [[0, 0]], "question 0: order names a model twice"),
    ("FE", [["积极", "消极"]], [[0, 2]], "order is to hold columns, 0 to 1"),
    ("FE", [["积极", "消极"]], [[-1, 0]], "order is to hold columns"),
    ("FE", [["积极", "消极"]], [[0.0, 1.0]], "order is to hold columns"),
    ("FE", [["积极", "消极"]], [["lora-0"]], "order is to hold columns"),
    ("FE", [["积极", "消极"]] * 2, [[0], [1, 0]], "order has rows of different lengths"),
    ("FE", [["积极", "消极"]], [[0], [1]], "there are 1 questions"),
    ("FE", pd.DataFrame({"a": ["积极"]}), [["b"]], "order names b, but the columns are a"),
])  # fmt: skip
def test_votes_that_cannot_be_counted_are_said(task, rows, order, message):
    with pytest.raises(ValueError, match=message):
        vote(task, rows, order)
