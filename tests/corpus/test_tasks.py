"""Answers of the tasks: valid labels, spans of their texts, none that wins by being common."""

import re

import pandas as pd
import pytest
from seeded import draws

from assl_utils.corpus import faults, tasks
from assl_utils.tasks import catalog


def asked(built):
    return built[1].rename(columns={"reference": "answer"})


def test_answers_are_valid_labels(built, clean):
    for row in pd.concat([clean, asked(built)]).itertuples():
        allowed = catalog.LABELS.get(row.subtask, ())
        if row.subtask in ("sentiment", "stock_movement", "matching"):
            assert row.answer in allowed
        elif row.subtask == "negative_news" and row.form == "judge":
            assert row.answer in allowed
        elif row.subtask == "news_classification":
            names = row.answer.split(" ")
            assert 2 <= len(names) <= 3 and names == [label for label in allowed if label in names]
        elif row.subtask == "relation":
            assert set(row.answer.split(" ")) <= set(allowed)
        elif row.subtask == "event_subject":
            assert all(line.split(", ")[0] in allowed for line in row.answer.splitlines())
        elif row.subtask == "ner":
            assert all(line.split(", ")[1] in allowed for line in row.answer.splitlines())
        elif row.subtask == "single_choice":
            assert row.answer in tuple("ABCD")
        elif row.subtask == "multiple_choice":
            assert re.fullmatch(r"A?B?C?D?E?(\n解析：.+)?", row.answer, re.S) and row.answer[0] in "ABCDE"


def test_extracted_answers_stand_in_the_text(built, clean):
    found = 0
    for row in pd.concat([clean, asked(built)]).itertuples():
        spans = [] if row.form == "judge" else faults.answer_spans(row.subtask, row.answer)
        found += len(spans)
        assert all(span in row.input for span in spans), (row.id, spans)
    assert found > 1000


def test_headlines_tell_no_number_that_the_article_does_not(clean):
    for row in clean[clean["subtask"] == "summary"].itertuples():
        text = re.sub(r"[^\d.]+", " ", row.input.replace("％", "%").replace("-", " ")).split()
        given = re.findall(r"\d[\d.]*", row.answer)
        assert all(any(float(n) == float(m.strip(".") or 0) for m in text) for n in given), row.id


def test_no_answer_wins_by_being_common(built, clean):
    def most_common(values):
        return values.value_counts(normalize=True).iloc[0]

    evaluation = built[1]
    by_task = {name: group["reference"] for name, group in evaluation.groupby("task")}
    assert most_common(by_task["FE"]) <= 0.45 and most_common(by_task["NSP1"]) <= 0.60
    assert most_common(by_task["RE"]) <= 0.20 and most_common(by_task["NL"]) <= 0.30
    assert most_common(by_task["QA"]) <= 0.30 and most_common(by_task["exam"]) <= 0.40
    pairs = clean[clean["subtask"] == "matching"]["answer"]
    assert 0.45 <= (pairs == "是").mean() <= 0.55
    assert most_common(clean[clean["subtask"] == "sentiment"]["answer"]) <= 0.45
    assert most_common(clean[clean["subtask"] == "relation"]["answer"]) <= 0.20


@pytest.mark.parametrize(("make", "answers"), [
    (tasks.sentiment, {1: "积极", 0: "中性", -1: "消极"}),
    (tasks.stock_movement, {1: "跑赢大盘", 0: "中性", -1: "表现不佳"}),
    (tasks.matching, {True: "是", False: "否"}),
    (tasks.negative, {True: "有", False: "无"}),
])  # fmt: skip
def test_a_label_that_is_asked_for_is_the_label_that_comes(make, answers):
    d = draws()
    assert all(make(d, label)[1] == answer for label, answer in answers.items() for _ in range(50))


def test_pairs_of_equal_meaning_are_worded_differently():
    d = draws()
    for _ in range(300):
        text, answer, _ = tasks.matching(d, want=True)
        assert answer == "是" and len(set(text.split("\n"))) == 2
