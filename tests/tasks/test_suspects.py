"""The suspected pairs name forms that exist, and each label names its rows."""

import pandas as pd
import pytest

from assl_utils.tasks import suspects
from assl_utils.tasks.catalog import FORMS, SUBTASKS

ROWS = pd.DataFrame(
    {
        "subtask": ["single_choice", "negative_news", "negative_news", "ner", "multiple_choice"],
        "form": ["", "judge", "subject", "", ""],
    },
    index=[7, 3, 3, 1, 0],
)


def test_six_pairs_of_known_labels_single_and_multiple_choice_first():
    assert len(suspects.PAIRS) == 6 == len({frozenset(pair[:2]) for pair in suspects.PAIRS})
    assert suspects.PAIRS[0][:2] == ("single_choice", "multiple_choice")
    for pair in suspects.PAIRS:
        assert pair.first != pair.second and pair.why.endswith(".") and len(pair.why.split()) > 8
        for label in pair[:2]:
            assert suspects.rows_of(ROWS, label).dtype == bool


@pytest.mark.parametrize("label", [f"{sub}" for sub in SUBTASKS] + ["negative_news:judge", "negative_news:subject"])
def test_a_label_names_its_rows_as_said(label):
    subtask, _, form = label.partition(":")
    expected = [s == subtask and form in ("", f) for s, f in zip(ROWS["subtask"], ROWS["form"], strict=True)]
    assert suspects.rows_of(ROWS, label).tolist() == expected
    assert suspects.rows_of(ROWS, f"not {label}").tolist() == [not found for found in expected]


def test_labels_are_all_sub_tasks_and_their_forms():
    assert len(suspects.labels()) == len(SUBTASKS) + sum(map(len, FORMS.values()))


@pytest.mark.parametrize(
    ("label", "near"), [("single_choise", "single_choice"), ("negative_news:judged", "negative_news:judge"), ("", "")]
)
def test_an_unknown_label_names_the_nearest(label, near):
    with pytest.raises(ValueError, match=f"nearest is '{near}"):
        suspects.rows_of(ROWS, label)
