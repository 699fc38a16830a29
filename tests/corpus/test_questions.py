"""The evaluation sets, and rows that never repeat."""

import pytest
from seeded import draws

from assl_utils.corpus import build
from assl_utils.corpus.questions import fresh
from assl_utils.text.normal import normalise


def test_evaluation_has_the_shape_of_the_benchmarks(built):
    evaluation = built[1]
    assert evaluation["id"].is_unique
    sizes = evaluation["task"].value_counts().to_dict()
    expected = {"FE": 160, "QA": 120, "NA": 80, "RE": 120, "NSP1": 120, "NSP2": 120, "NL": 120, "exam": 34 * 6}
    assert sizes == expected
    exam = evaluation[evaluation["task"] == "exam"]
    assert exam["subject"].nunique() == 34 and set(exam["subject"].value_counts()) == {6}
    assert set(exam["group"]) == {"Accounting", "Certificate", "Economy", "Finance"}
    one, two = (evaluation[evaluation["task"] == name]["input"].tolist() for name in ("NSP1", "NSP2"))
    assert one == two, "each text is asked twice"


def test_an_unknown_score_is_named():
    with pytest.raises(ValueError, match=r"unknown scores \['FX'\]"):
        build.build(sizes={"FX": 3})


def test_named_negatives_are_listed_and_the_judge_agrees_with_the_subjects(built):
    evaluation = built[1]
    one, two = (evaluation[evaluation["task"] == name] for name in ("NSP1", "NSP2"))
    for text, judged, subjects in zip(one["input"], one["reference"], two["reference"], strict=True):
        listed = text.split("实体：")[1].split(";")
        assert (judged == "有") == (subjects != "无")
        assert subjects == "无" or set(subjects.split("；")) <= set(listed)


def test_fresh_rows_never_repeat_and_say_when_there_are_no_more():
    d, seen = draws(), set()
    few = lambda d: (d.pick(("甲公司净利润增长", "甲公司，净利润增长。", "乙公司净利润增长")), "积极", "")  # noqa: E731
    assert len({normalise(fresh(d, few, seen)[0]) for _ in range(2)}) == 2
    with pytest.raises(RuntimeError, match="run out of new texts"):
        fresh(d, few, seen)
