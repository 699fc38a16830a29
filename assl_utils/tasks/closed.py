"""Sub-tasks whose answers come from a fixed list, so that a classifier can give them.

A *kind* is such a sub-task by its name. Left out are texts (summary, both kinds of questions), names cut from a text
(ner, the subject of negative news), and exams: a letter means another thing in each question.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from assl_utils.tasks import parsing

EVENTS = "22ccks"  # the source of events whose types are asked; each source has a list of its own
KINDS = {
    "sentiment": "One of three sentiments.",
    "stock_movement": "One of three movements.",
    "news_classification": "A set of sixteen topics.",
    "negative_news": "Whether there is negative news about the entities.",
    "event_types": "The set of types of a text's events, of the source 22ccks; their subjects are not asked.",
    "relation": "One of 44 relations.",
    "matching": "Whether two questions mean the same.",
}
SETS = ("news_classification", "event_types")
PAIRS = ("matching",)  # two texts, a line each


def kinds(rows: pd.DataFrame) -> np.ndarray:
    """The kind of each row, ``""`` for rows whose answer is not from a list.

    Parameters
    ----------
    rows : DataFrame
        ``source, subtask, form``.
    """
    subtask, form = rows["subtask"].astype(str).to_numpy(), rows["form"].fillna("").astype(str).to_numpy()
    events = (subtask == "event_subject") & (rows["source"].astype(str).to_numpy() == EVENTS)
    plain = np.isin(subtask, list(KINDS)) & ~((subtask == "negative_news") & (form != "judge"))
    return np.where(events, "event_types", np.where(plain, subtask, "")).astype(object)


def labels(kind: str, outputs: Sequence[str]) -> list[tuple[str, ...]]:
    """The labels that each answer gives: one, or for `SETS` several in one order; none where it cannot be read."""
    if kind == "event_types":
        return [tuple(sorted({line.split(",", 1)[0].strip() for line in _read("event_subject", o)})) for o in outputs]
    task = "negative_news:judge" if kind == "negative_news" else kind
    if kind in SETS:
        return [tuple(parsing.parse(task, output)[0].split()) for output in outputs]
    return [tuple(_read(task, output)) for output in outputs]


def _read(task, output):
    parsed, ok = parsing.parse(task, output)
    return parsed.split("\n") if ok else []
