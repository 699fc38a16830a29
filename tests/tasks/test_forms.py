"""The form of an answer is what the printed rules say, and what no rule can say is an error."""

import pandas as pd
import pytest

from assl_utils.corpus.build import build
from assl_utils.errors import DataError
from assl_utils.tasks import catalog, forms, wordings


def table(*rows):
    return pd.DataFrame(rows, columns=["subtask", "output"])


@pytest.mark.parametrize(("subtask", "output", "form"), [
    ("single_choice", "D", "letter"), ("single_choice", "B. 103.5%", "letter_option"),
    ("single_choice", "C\n解析：略", "letter_why"), ("multiple_choice", "ACD", "letters"),
    ("multiple_choice", "AC\n解析：有误。", "letters_why"), ("multiple_choice", "A\n解析：有误。", "letter_why"),
    ("multiple_choice", "AB 解释: 略", "letters_why"), ("multiple_choice", "AB、甲乙", "letters_option"),
    ("sentiment", "积极", "label"), ("news_classification", "中国 公司", "labels"), ("ner", "甲, ORG", "pairs"),
    ("qa", "无相应参数", "text"), ("qa", "", "text"),
])  # fmt: skip
def test_the_form_of_an_answer(subtask, output, form):
    assert forms.answer_form(table((subtask, output))).tolist() == [f"{subtask}.{form}"]


def test_every_sub_task_has_a_rule_and_every_row_of_the_corpus_a_form():
    named = {name for key in forms.RULES for name in key.split(", ")} | set(forms.TASK_FORMS)
    assert named == set(catalog.SUBTASKS)
    train, _, _ = build(scale=0.002, floor=6)
    found = forms.answer_form(train)
    assert found.notna().all() and found.index.equals(train.index)
    ends = found.str.split(".").str[1]
    assert set(ends[train["subtask"].isin(("single_choice", "multiple_choice"))]) <= set(forms.EXAM_FORMS)
    news = train["subtask"] == "negative_news"
    assert (ends[news] == train.loc[news, "form"]).all()


def test_negative_news_is_told_by_its_form_its_wording_id_or_its_wording():
    words = wordings.load("negative_news")
    rows = words.assign(output="无")[["subtask", "output", "form", "instruction_id", "instruction"]]
    expected = ("negative_news." + rows["form"]).tolist()
    for kept in (["form"], ["instruction_id"], ["instruction"]):
        assert forms.answer_form(rows[["subtask", "output", *kept]]).tolist() == expected
    mixed = rows.assign(form=[form if i % 2 else "" for i, form in enumerate(rows["form"])])
    assert forms.answer_form(mixed).tolist() == expected
    with pytest.raises(DataError, match="66 rows of negative news do not say"):
        forms.answer_form(rows[["subtask", "output"]])
    with pytest.raises(DataError, match="1 rows of negative news"):
        forms.answer_form(rows[:1][["subtask", "output"]].assign(instruction="另一句", instruction_id=None, form=None))


def test_what_no_rule_covers_is_an_error():
    with pytest.raises(DataError, match="answer of 'poem' looks like"):
        forms.answer_form(table(("poem", "x")))
    for bad in ("答案是A", "", None):
        with pytest.raises(DataError, match="begins with its letters"):
            forms.answer_form(table(("single_choice", bad)))
    assert forms.answer_form(table()).tolist() == []
