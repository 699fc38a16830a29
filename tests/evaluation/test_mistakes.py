"""Every wrong answer has one kind, every right one none, and every label an English word."""

import pandas as pd
import pytest

from assl_utils.evaluation import metrics, mistakes, tables
from assl_utils.tasks import parsing
from assl_utils.tasks.catalog import LABELS

CASES = [
    ("FE", "积极", "积极", ""),
    ("FE", "", "积极", "cannot be read"),
    ("FE", "消极", "积极", "消极 for 积极"),
    ("NSP1", "有", "无", "有 for 无"),
    ("exam", "A", "D", "A for D"),
    ("NL", "中国 公司", "公司 中国", ""),
    ("NL", "中国", "中国 公司", "part of it is missing"),
    ("NL", "中国 公司", "公司", "more than there is"),
    ("NL", "中国 公司", "公司 政策", "partly other ones"),
    ("NL", "外国", "公司", "altogether other ones"),
    ("NSP2", "无", "甲公司", "nothing where there is something"),
    ("NSP2", "甲公司", "无", "something where there is nothing"),
    ("NSP2", "无", "无", ""),
    ("QA", "18亿元", "18亿元。", ""),
    ("QA", "19亿元", "18亿元", "a figure that is not the wanted one"),
    ("QA", "亿元", "18亿元", "part of it is missing"),
    ("QA", "甲公司和乙公司", "甲公司", "more than was asked"),
    ("NA", "甲公司净利润增长", "甲公司净利润下降", "nearly the same words"),
    ("NA", "甲公司净利润增长", "央行宣布降息", "other words"),
]


@pytest.mark.parametrize(("task", "parsed", "reference", "expected"), CASES)
def test_the_kind_of_a_mistake(task, parsed, reference, expected):
    assert mistakes.kind(task, parsed, reference) == expected


@pytest.mark.parametrize(("task", "parsed", "reference", "expected"), CASES)
def test_only_what_scores_below_one_is_a_mistake(task, parsed, reference, expected):
    score = metrics.item_scores(task, [parsed], [reference])[0]
    assert (score < 1) == (expected != "")


@pytest.mark.parametrize(("task", "subtask"), [("FE", "sentiment"), ("NL", "news_classification"), ("RE", "relation")])
def test_every_label_has_an_english_word(task, subtask):
    words = [mistakes.gloss(task, label) for label in LABELS[subtask]]
    assert all(words) and len(set(words)) == len(words)


def test_what_is_no_label_has_no_gloss():
    assert mistakes.gloss("QA", "18亿元") == "" and mistakes.gloss("exam", "A") == "" and mistakes.gloss("FE", "") == ""
    assert mistakes.gloss("RE", "收购 不知道") == "", "half a gloss would mislead"
    assert mistakes.gloss("NL", parsing.parse("NL", "公司、中国")[0]) == "China, company"


@pytest.fixture
def answered():
    rows = pd.DataFrame({"benchmark": "cfleb", "task": "FE", "id": list("abcde"), "reference": ["积极"] * 5})
    questions = rows[["id"]].assign(input=["很长的一段文字", "长文字", "短", "中等", "好"])
    return tables.judge("one", rows, ["消极", "消极", "不知道", "中性", "积极"]), questions


def test_the_most_frequent_kinds_with_the_shortest_example(answered):
    table = mistakes.typical(*answered, per_task=2)
    assert table["kind"].tolist() == ["消极 for 积极", "cannot be read"], "of two equal ones the first that occurs"
    assert table["n"].tolist() == [2, 1] and table["share"].tolist() == [40, 20]
    assert table["id"].tolist() == ["b", "c"] and table["gloss"].tolist() == ["negative → positive", ""]


def test_counts_add_up(answered):
    predictions, questions = answered
    table = mistakes.typical(predictions, questions, per_task=9)
    assert table["n"].sum() == (predictions["correct"] < 1).sum() == 4


def test_what_does_not_belong_together_is_refused(answered):
    predictions, questions = answered
    with pytest.raises(ValueError, match="of 2 models; give those of one"):
        mistakes.typical(pd.concat([predictions, predictions.assign(model="two")]), questions)
    with pytest.raises(ValueError, match="question a is not among the questions"):
        mistakes.typical(predictions, questions.iloc[1:])
    right = predictions.assign(parsed="积极", correct=1.0)
    assert len(mistakes.typical(right, questions)) == 0


def test_typical_mistakes_are_shown_short_and_others_texts_not_at_all():
    row = ("FE", "消极 for 积极", 2, 40.4, "a", "甲\n乙" * 40, "消极" * 40, "积极", "x → y")
    columns = ["task", "kind", "n", "share", "id", "input", "answer", "reference", "gloss"]
    found = pd.DataFrame([row], columns=columns)
    shown = mistakes.shown(found).loc[("FE", "消极 for 积极")]
    assert shown["input"] == ("甲 乙" * 40)[:60] and len(shown["answer"]) == 30 and shown["share"] == 40
    hidden = mistakes.shown(found, quotable=False).loc[("FE", "消极 for 积极")]
    assert (hidden[["input", "answer", "reference"]] == "not quoted").all() and hidden["gloss"] == "x → y"
