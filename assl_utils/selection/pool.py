"""The rows that a way to choose may take, and what is known of each."""

import dataclasses
from dataclasses import dataclass

import numpy as np
import pandas as pd

from assl_utils.tasks.forms import answer_form

OF_ROWS = ("rows", "part", "X", "first", "need", "feedback", "states", "subclusters")
MEANING = {
    "X": "the vectors of the rows", "centroids": "the centroid of each part", "first": "what stage 1 chose",
    "need": "the score (12) of each row, or feedback, from which it follows",
    "states": "of each row what `experts.states.weighted_mean_states` gives",
}  # fmt: skip


@dataclass(frozen=True)
class Pool:
    """Rows to choose from, and what is known of each.

    Attributes
    ----------
    rows : DataFrame
        ``id, source, task, subtask, instruction, input, output`` and where there is one ``form``.
    part : array of int
        Part of the partition; -1 is not in the pool.
    X : array of shape (n, d), optional
        Unit vectors.
    centroids : array of shape (parts, d), optional
    first : array of bool, optional
        What stage 1 chose.
    need : array, optional
        Score (12) of each row, 0 for rows of stage 1; see `stage2.need_of`. If absent, it follows from ``feedback``.
    feedback : DataFrame, optional
        ``raw`` and ``lora`` of each row, shares in [0, 1]; nan where nobody was asked.
    states : array of shape (n, hidden), optional
        From `assl_utils.experts.states.weighted_mean_states`.
    subclusters : DataFrame, optional
        ``subcluster`` and ``density`` of each row, as `stage1.thin` and chapter 4 give them; if absent, A-DBSCAN runs.
    weights : three floats
        λ1, λ2, λ3 of (13).
    k, minpts_rule, thinning
        See `adbscan.adbscan` and `budget.redistribute`.
    """

    rows: pd.DataFrame
    part: np.ndarray
    X: np.ndarray | None = None
    centroids: np.ndarray | None = None
    first: np.ndarray | None = None
    need: np.ndarray | None = None
    feedback: pd.DataFrame | None = None
    states: np.ndarray | None = None
    subclusters: pd.DataFrame | None = None
    weights: tuple = (0.2, 0.2, 0.6)
    k: int = 20
    minpts_rule: str = "algorithm1"
    thinning: str = "trimmed_medoids"

    @property
    def parts(self):
        """How many parts there are, empty ones counted."""
        return len(self.centroids) if self.centroids is not None else int(np.max(self.part, initial=-1)) + 1

    def sizes(self, of=None):
        """Rows of each part, all or those of a mask."""
        part = np.asarray(self.part) if of is None else np.asarray(self.part)[of]
        return np.bincount(part, minlength=self.parts)

    def inside(self):
        """Positions of the rows whose part is not -1, and the pool of them alone."""
        at = np.flatnonzero(np.asarray(self.part) >= 0)
        given = {name: getattr(self, name) for name in OF_ROWS if getattr(self, name) is not None}
        wrong = {name: len(value) for name, value in given.items() if len(value) != len(self.part)}
        if wrong:
            name, length = next(iter(wrong.items()))
            raise ValueError(f"the pool has {len(self.part)} rows, but {name} has {length}")
        if len(at) == len(self.part):
            return at, self
        cut = {
            name: value.iloc[at].reset_index(drop=True) if hasattr(value, "iloc") else np.asarray(value)[at]
            for name, value in given.items()
        }
        return at, dataclasses.replace(self, **cut)

    def of(self, name, way):
        """An array that a way needs; a ValueError that says what it is where it is missing or not finite."""
        value = getattr(self, name)
        if value is None:
            raise ValueError(f"select={way} needs {name}: {MEANING[name]}")
        if name in ("X", "states", "need") and not np.isfinite(value).all():
            at = int(np.flatnonzero(~np.isfinite(value).reshape(len(value), -1).all(axis=1))[0])
            raise ValueError(f"{name} of row {self.rows['id'].iloc[at]!r} is not finite")
        return np.asarray(value)

    def kinds(self, column, way):
        """The sub-task of each row or the form of its answer."""
        if column == "form":
            return answer_form(self.rows).to_numpy()
        if self.rows is None or self.rows["subtask"].isna().any():
            raise ValueError(f"select={way} needs the sub-task of each row")
        return self.rows["subtask"].to_numpy()
