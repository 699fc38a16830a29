"""General instructions: what counts as the same answer, and items that the tables' functions could take."""

import pytest

from assl_utils.corpus.general import general
from assl_utils.evaluation import general as scoring
from assl_utils.evaluation import tables
from assl_utils.evaluation.general import read, score_general

CASES = [  # kind, answer, reference, right?, unread?
    ("echo", "远岚科技公告。", "远岚科技公告。", True, False),
    ("echo", "远岚科技公告", "远岚科技公告。", True, False),
    ("echo", "远岚科技公吿。", "远岚科技公告。", False, False),
    ("echo", " 远岚\n 科技 ", "远岚\n科技", True, False),
    ("echo", "远岚科技", "远岚\n科技", False, False),
    ("replace_word", "涨５%，", "涨5%,", True, False),
    ("look_up", "“甲”", "甲", True, False),
    ("look_up", "", "甲", False, True),
    ("look_up", None, "甲", False, True),
    ("look_up", "。", "甲", False, False),
    ("join", "甲、乙", "乙、甲", False, False),
    ("option_letter", "B、存货", "B", True, False),
    ("option_letter", "答案是B", "B", True, False),
    ("option_letter", "AB", "B", False, False),
    ("text_to_letter", "存货", "B", False, True),
    ("count_lines", "3行", "3", True, False),
    ("count_lines", "三", "3", False, True),
    ("sums", "42。", "42", True, False),
    ("sums", "4 2", "42", False, True),
    ("sums", "1.50", "1.5", False, False),
    ("formula", "5%", "5%", True, False),
    ("keep_digits", "007", "007", True, False),
    ("keep_digits", "7", "007", False, False),
]


@pytest.mark.parametrize(("kind", "answer", "reference", "right", "unread"), CASES)
def test_one_answer(kind, answer, reference, right, unread):
    item = score_general([answer], [reference], [kind]).iloc[0]
    assert (item["correct"], item["unread"]) == (float(right), unread)


def test_items_are_in_the_columns_of_the_tables():
    kinds, answers, references = ([case[i] for case in CASES] for i in range(3))
    items = score_general(answers, references, kinds, "mix", [f"g-{i}" for i in range(len(CASES))], ["g"] * len(CASES))
    rows = general(0, held_out=True)
    counted = tables.counted(tables.judge("base", rows[rows["task"] == "FE"], []))
    assert set(items.columns) == set(counted.columns)
    assert items["task"].tolist() == kinds and set(items["model"]) == {"mix"} and set(items["benchmark"]) == {"general"}
    assert (items["numerator"] == items["correct"]).all() and (items["denominator"] == 1).all()
    assert items["correct"].sum() == sum(case[3] for case in CASES) and items["id"].is_unique


def test_every_held_out_reference_can_be_read_and_is_right():
    questions = general(3000, 9, held_out=True)
    items = score_general(questions["reference"], questions["reference"], questions["task"], ids=questions["id"])
    assert (items["correct"] == 1).all() and not items["unread"].any()
    assert {*scoring.LETTERS, *scoring.NUMBERS} - {"formula"} <= set(questions["task"])


def test_two_references_of_one_kind_are_rarely_read_alike():
    """What is forgiven must not make different answers the same: references differ after reading where they differ."""
    questions = general(3000, 9, held_out=True)
    for kind, group in questions.groupby("task"):
        plain, as_read = set(group["reference"]), {read(kind, text) for text in group["reference"]}
        assert len(as_read) > 0.97 * len(plain), kind


def test_bad_input_is_said():
    with pytest.raises(ValueError, match="2 answers but 1 references"):
        score_general(["a", "b"], ["a"], ["echo", "echo"])
    with pytest.raises(ValueError, match="sums: the reference '甲' is no answer"):
        score_general(["1"], ["甲"], ["sums"])
    assert len(score_general([], [], [])) == 0
