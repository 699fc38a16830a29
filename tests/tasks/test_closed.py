"""Kinds of questions with a fixed list of answers, and the labels that an answer gives."""

import pandas as pd
import pytest

from assl_utils.tasks import closed


def test_the_kind_of_a_row_is_its_subtask_unless_its_answer_is_no_label():
    rows = pd.DataFrame(
        [
            ("fe", "sentiment", "", "sentiment"),
            ("nsp", "negative_news", "judge", "negative_news"),
            ("nsp", "negative_news", "subject", ""),
            ("22ccks", "event_subject", "", "event_types"),
            ("19ccks", "event_subject", "", ""),
            ("finna", "summary", "", ""),
            ("financeiq", "single_choice", None, ""),
            ("afqmc", "matching", None, "matching"),
        ],
        columns=["source", "subtask", "form", "kind"],
    )
    assert closed.kinds(rows).tolist() == rows["kind"].tolist()


@pytest.mark.parametrize(
    ("kind", "output", "expected"),
    [
        ("sentiment", "积极", ("积极",)),
        ("sentiment", "好", ()),
        ("negative_news", "有", ("有",)),
        ("matching", "否", ("否",)),
        ("relation", "unknown", ("其他",)),
        ("news_classification", "公司 中国", ("中国", "公司")),
        ("event_types", "质押, 甲\n收购, 乙\n质押, 丙", ("收购", "质押")),
        ("event_types", "", ()),
    ],
)
def test_labels_are_read_as_answers_are(kind, output, expected):
    assert closed.labels(kind, [output]) == [expected]


def test_sets_and_pairs_are_kinds():
    assert {*closed.SETS, *closed.PAIRS} <= set(closed.KINDS)
