"""Scores of answers from lists, worked by hand."""

import pandas as pd
import pytest

from assl_utils.evaluation import arms, closed

QUESTIONS = pd.DataFrame(
    [
        ("closed", "relation", "r1", "合作"),
        ("closed", "relation", "r2", "合作\n竞争"),
        ("closed", "relation", "r3", "收购"),
        ("closed", "news_classification", "n1", "中国\n公司"),
        ("closed", "news_classification", "n2", "外国"),
    ],
    columns=["benchmark", "task", "id", "reference"],
)
GIVEN = [("合作",), ("竞争",), None, ("中国", "政策", "公司"), ()]


def test_accuracy_takes_any_right_label_and_sets_count_hits():
    items = closed.judge("m", QUESTIONS, GIVEN)
    assert items["correct"].tolist() == [1, 1, 0, 2 * 2 / 5, 0]
    assert items["unread"].tolist() == [False, False, True, False, True]
    points = closed.score(items)
    assert points["relation"] == pytest.approx(200 / 3)
    assert points["news_classification"] == pytest.approx(100 * 4 / (5 + 2)), "no answer is one wrong label"
    assert points["AVG"] == pytest.approx((200 / 3 + 400 / 7) / 2)


def test_two_labels_where_one_is_wanted_are_right_only_if_both_are():
    one = closed.judge("m", QUESTIONS[:2], [("合作", "收购"), ("合作", "竞争")])
    assert one["correct"].tolist() == [0, 1]


def test_intervals_are_about_the_same_mean():
    items = closed.judge("m", QUESTIONS, GIVEN).assign(line="a", seed=0, clustering_seed=0)
    found = arms.measured(items, "closed")
    assert found.values == pytest.approx([closed.score(items)["AVG"]]) and found.questions == 5


def test_a_record_without_such_questions_says_what_there_is():
    items = closed.judge("m", QUESTIONS, GIVEN).assign(line="a", seed=0, clustering_seed=0, benchmark="cfleb")
    with pytest.raises(arms.DataError, match="there is no score 'closed'; nearest is 'cfleb'"):
        arms.measured(items, "closed")
