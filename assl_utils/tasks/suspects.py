"""Six pairs of answer forms that may disturb each other when one adapter is trained on both.

A label names rows by what is asked: a sub-task (``single_choice``), one form of it (``negative_news:judge``), or all
other rows (``not negative_news``).
"""

from typing import NamedTuple

import numpy as np

from assl_utils.errors import nearest
from assl_utils.tasks.catalog import FORMS, SUBTASKS

OTHERS = "not "


class Pair(NamedTuple):
    """Two labels and the reason why their forms may disturb each other."""

    first: str
    second: str
    why: str


PAIRS = (
    Pair("single_choice", "multiple_choice", "The questions look alike; one wants one letter, the other several."),
    Pair("negative_news:judge", "negative_news:subject", "The texts are the same; one wants a word, the other names."),
    Pair("negative_news", "not negative_news", "A small source, asked for a verdict or for names, as no other is."),
    Pair("sentiment", "summary", "Both read a piece of news; one wants a label of two characters, the other a text."),
    Pair("sentiment", "stock_movement", "Both judge the news and share the label 中性; their other labels differ."),
    Pair("event_subject", "ner", "Both write pairs in lines; in one the type comes first, in the other the name."),
)


def rows_of(rows, label):
    """Say which rows a label names.

    Parameters
    ----------
    rows : DataFrame
        Columns subtask and form.
    label : str
        ``subtask``, ``subtask:form``, or one of them after ``not ``.

    Returns
    -------
    ndarray of bool, one per row
    """
    if label.startswith(OTHERS):
        return ~rows_of(rows, label.removeprefix(OTHERS))
    known = labels()
    if label not in known:
        raise ValueError(f"unknown label {label!r}; {nearest(label, known)}")
    subtask, _, form = label.partition(":")
    found = rows["subtask"].to_numpy() == subtask
    return found & (rows["form"].to_numpy() == form) if form else np.asarray(found)


def labels():
    """Return the labels of all sub-tasks and, where one has several forms, of these."""
    return [label for name in SUBTASKS for label in (name, *(f"{name}:{form}" for form in FORMS.get(name, ())))]
