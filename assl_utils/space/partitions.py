"""Which rows share an expert: the first word of the sentence partition, select, train, compose, route, score.

The paper divides the rows by K-Means. Its ablation divides them by task, its neighbours by role or not at all. Each is
a word here, and all of them give the same thing: a part for each row.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from assl_utils.errors import DataError, nearest
from assl_utils.space import clustering
from assl_utils.tasks.catalog import FORMS, SUBTASKS, TASKS
from assl_utils.tasks.roles import ROLES, roles

WORDS = {
    "kmeans": "Clusters of vectors that lie close together, Eq. (4), numbered by decreasing size; the paper's way.",
    "task": "The paper's seven task classes, in the order of Table 3.",
    "subtask": "The thirteen sub-tasks.",
    "role": "FinTeamExperts' three analysts, macro, micro and quant, by the rule of assl_utils.tasks.roles.",
    "one": "A single part with all rows: one expert.",
}


@dataclass(frozen=True, eq=False)
class Partition:
    """Rows divided into parts; each part is for one expert.

    Attributes
    ----------
    labels : ndarray of shape (n,), int64
        The part of each row, 0, 1, …; -1: the row belongs to none.
    names : tuple of str
        What each part holds: a task, sub-task or role; ``lora-0``, … for clusters. No part is empty. The *experts* are
        ``lora-0``, ``lora-1``, … in this order, whatever the word.
    word : str
        One of `WORDS`.
    """

    labels: np.ndarray
    names: tuple[str, ...]
    word: str

    def centroids(self, X: np.ndarray) -> np.ndarray:
        """Mean of the vectors of each part, Eq. (5): the embedding of its expert, shape (parts, d), float64."""
        if len(X) != len(self.labels):
            raise ValueError(
                f"X has {len(X)} rows, the partition {len(self.labels)}; give the vectors of the same rows"
            )
        return clustering.centroids(X, self.labels)

    def table(self) -> pd.DataFrame:
        """A row for each part, in order: ``expert``, the part's ``name``, its number of ``rows``."""
        experts = [f"lora-{part}" for part in range(len(self.names))]
        rows = np.bincount(self.labels[self.labels >= 0], minlength=len(self.names))
        return pd.DataFrame({"expert": experts, "name": list(self.names), "rows": rows})


def partition(
    word: str,
    rows: pd.DataFrame,
    X: np.ndarray | None = None,
    *,
    k: int = 6,
    seed: int = 0,
    only: Sequence[str] | str | None = None,
) -> Partition:
    """Divide the rows into parts.

    Parameters
    ----------
    word : str
        One of `WORDS`.
    rows : DataFrame
        ``task`` for the word task, ``subtask`` for subtask; ``subtask, instruction, input`` for role.
    X : ndarray of shape (n, d) or None
        The rows' vectors; only K-Means needs them.
    k, seed : int
        For K-Means alone: the number of parts (paper: 6), and its start.
    only : sequence of str or None
        Leave all other rows out (their label is -1): tasks, sub-tasks, or one of several kinds, as in
        ``negative_news:judge``. Where a name is a task and a sub-task, it is the task; ``sentiment:sentiment`` is the
        sub-task alone. K-Means then clusters the rows that are left.

    Returns
    -------
    Partition
        A task, sub-task or role without rows makes no part, so the parts are numbered without a gap.
    """
    if word not in WORDS:
        raise ValueError(f"unknown partition {word!r}; {nearest(word, WORDS)}")
    inside = np.ones(len(rows), dtype=bool) if only is None else chosen_rows(rows, only)
    if not inside.any():
        raise DataError(f"a partition needs rows, and there are none{'' if only is None else f' of only={only!r}'}")
    labels = np.full(len(rows), -1, dtype=np.int64)
    if word == "kmeans":
        if X is None or len(X) != len(rows):
            raise ValueError(f"kmeans needs X, a vector for each of the {len(rows)} rows")
        labels[inside] = clustering.kmeans(X if inside.all() else X[inside], k, seed)
        return Partition(labels, tuple(f"lora-{part}" for part in range(k)), word)
    keys, order = _keys(word, rows.loc[inside])
    present = set(keys)
    names = tuple(name for name in order if name in present)
    labels[inside] = pd.Index(names).get_indexer(keys)
    return Partition(labels, names, word)


def _keys(word, rows):
    """What each row is, and all it could be, in order."""
    if word == "one":
        return ["one"] * len(rows), ("one",)
    if word == "role":
        return roles(rows), ROLES
    order = {"task": TASKS, "subtask": SUBTASKS}[word]
    if word not in rows:
        raise DataError(f"rows lack the column {word}, by which they are to be divided")
    if unknown := sorted(set(rows[word]) - set(order)):
        raise DataError(f"a row has the {word} {unknown[0]!r}; {nearest(unknown[0], order)}")
    return rows[word].to_numpy(), tuple(order)


def chosen_rows(rows: pd.DataFrame, only: Sequence[str] | str) -> np.ndarray:
    """Which rows are of one of the kinds in ``only`` (see `partition`), shape (n,), bool."""
    wanted = [only] if isinstance(only, str) else list(only)
    if missing := [name for name in ("task", "subtask") if name not in rows]:
        raise DataError(f"rows lack the column {missing[0]}, which only={wanted!r} reads")
    kinds = _kinds(rows)
    inside = np.zeros(len(rows), dtype=bool)
    for name in wanted:
        if name not in kinds:
            raise ValueError(f"only names {name!r}, no kind of row; {nearest(name, kinds)}")
        inside |= kinds[name]
    return inside


def _kinds(rows):
    """Every name that ``only`` may hold, and the rows that it means; a task takes its name before a sub-task."""
    form = rows["form"].fillna("") if "form" in rows else pd.Series("", index=rows.index)
    kinds = {name: (rows["subtask"] == name).to_numpy() for name in SUBTASKS}
    kinds |= {f"{task}:{name}": kinds[name] for name, (task, _) in SUBTASKS.items()}
    kinds |= {f"{s}:{f}": kinds[s] & (form == f).to_numpy() for s, forms in FORMS.items() for f in forms}
    return kinds | {name: (rows["task"] == name).to_numpy() for name in TASKS}
