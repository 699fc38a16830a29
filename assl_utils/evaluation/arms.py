r"""Arms that were trained several times: the score of every training, and how it hangs on the questions.

``items`` has a row per arm, training and question: ``line`` (the arm), ``seed`` (start of the training),
``clustering_seed`` (clustering and draw of rows), ``benchmark, task, id, group, numerator, denominator``. A training of
an arm is a *cell*, a pair (``seed``, ``clustering_seed``). ``UNTRAINED`` (-1) in a seed column says that the arm does
not depend on it: for the base model in both columns, for an adapter on all rows perhaps in the second. Columns may be
categorical and numbers small integers, as a record keeps them.
"""

from typing import NamedTuple

import numpy as np
import pandas as pd

from assl_utils.errors import DataError, nearest
from assl_utils.evaluation.statistics import ratio
from assl_utils.evaluation.tables import TABLE1

KEYS = ["line", "seed", "clustering_seed"]
COLUMNS = [*KEYS, "benchmark", "task", "id", "group", "numerator", "denominator"]
UNTRAINED = -1
CLOSED = "closed"  # a benchmark whose score is the mean of its tasks


class Measured(NamedTuple):
    """One score of every cell, and what each question adds to its error.

    Attributes
    ----------
    what : str
        Which score.
    line : ndarray of shape (c,)
        The cells' arms; the cells are in the order of arm, seed and clustering.
    seeds : integer ndarray of shape (c, 2)
        ``seed`` and ``clustering_seed`` of each.
    values : ndarray of shape (c,)
        Points (0 to 100); NaN where a cell lacks a part of the score.
    influence : ndarray of shape (c, u)
        Points that each unit (a question, or the two questions about one text) adds to the cell's value beyond what
        its kind adds on average. The covariance of the cells' values over new questions is ``influence @ influence.T``.
    questions : int
        Questions behind the score.
    """

    what: str
    line: np.ndarray
    seeds: np.ndarray
    values: np.ndarray
    influence: np.ndarray
    questions: int


class _Ratio(NamedTuple):
    """A ratio of two sums in every cell: its value 0 to 1, and its influence (cells, questions)."""

    value: np.ndarray
    influence: np.ndarray


def measured(items, what="AVG"):
    r"""A score of every cell, with the influence of each question.

    A score is :math:`r = \sum_i N_i / \sum_i D_i`, or CFLEB's mean of seven such ratios. Linear in the questions it is

    .. math:: \hat r - r \approx \sum_i u_i, \qquad u_i = \frac{N_i - \hat r D_i}{\sum_j D_j} \sqrt{\frac{n}{n - 1}}

    (the variance of a ratio estimator): as sure as a bootstrap, the same at each call, and cheap for many arms. Within
    each ``group`` of questions the :math:`u_i` are centred, for a group's size is no accident.

    Parameters
    ----------
    items : DataFrame
        ``COLUMNS``. All cells that were asked a task were asked the same questions.
    what : str, default "AVG"
        ``AVG`` (or ``cfleb``) is the mean of CFLEB's seven scores, ``closed`` that of the tasks of the benchmark of
        this name (:mod:`assl_utils.evaluation.closed`); else a task, a group of questions, or a benchmark
        (all its questions together). NSP1 and NSP2 ask about the same texts: in the order of the ids, question i of
        both is one unit.

    Returns
    -------
    Measured
    """
    items, cells, cell = _cells(items)
    if what in ("AVG", "cfleb"):
        rows = items["benchmark"] == "cfleb"
        if unknown := sorted(set(items.loc[rows, "task"]) - set(TABLE1)):
            raise DataError(f"cfleb: task {unknown[0]!r} is none of {', '.join(TABLE1)}.")
        parts = {task: rows & (items["task"] == task) for task in TABLE1}
    elif what == CLOSED:
        known(CLOSED, items["benchmark"].astype(str), "score")
        rows = items["benchmark"] == CLOSED
        parts = {task: rows & (items["task"] == task) for task in sorted(set(items.loc[rows, "task"]))}
    else:
        parts = {what: _rows_of(items, what)}
    found = {name: _ratios(items, rows, cell, cells, name) for name, rows in parts.items() if rows.any()}
    if missing := [name for name in parts if name not in found]:
        raise DataError(f"there are no questions of {missing[0]!r} in these items, so {what!r} has no value.")
    value = sum(part.value for part in found.values()) / len(found)
    questions = sum(part.influence.shape[1] for part in found.values())
    influence = {name: part.influence for name, part in found.items()}
    if {"NSP1", "NSP2"} <= set(influence) and influence["NSP1"].shape == influence["NSP2"].shape:
        influence["NSP1"] = influence["NSP1"] + influence.pop("NSP2")
    influence = np.concatenate(list(influence.values()), axis=1) / len(found)
    seeds = cells[KEYS[1:]].to_numpy(dtype=np.int64)
    return Measured(what, cells["line"].to_numpy(dtype=object), seeds, 100 * value, 100 * influence, questions)


def score_of(items):
    """All scores of every cell, as :func:`assl_utils.evaluation.tables.score` gives them for one model.

    Returns
    -------
    DataFrame
        ``line, seed, clustering_seed``, a column for each of CFLEB's tasks that was asked, and ``AVG`` if all seven
        were; points. A cell that lacks a task has NaN there and in ``AVG``.
    """
    items, cells, cell = _cells(items)
    out = cells.copy()
    for task in TABLE1:
        rows = (items["benchmark"] == "cfleb") & (items["task"] == task)
        if rows.any():
            out[task] = 100 * _ratios(items, rows, cell, cells, task).value
    if set(TABLE1) <= set(out):
        out["AVG"] = out[list(TABLE1)].sum(axis=1, skipna=False) / len(TABLE1)
    return out


def known(name, names, kind):
    """``name`` if it is one of ``names``; else an error that names the nearest of them."""
    names = list(dict.fromkeys(names))
    if name in names:
        return name
    raise DataError(f"there is no {kind} {name!r}; {nearest(name, names)}.")


def _cells(items):
    """The items with plain columns, the cells in order, and each item's cell as a number."""
    if missing := [name for name in COLUMNS if name not in items]:
        raise DataError(
            f"items lack the column {missing[0]!r}; needed are {', '.join(COLUMNS)}. "
            "assl_utils.evaluation.tables.counted makes numerator and denominator of predictions."
        )
    if items.empty:
        raise DataError("items have no rows: no arm has answered a question.")
    items = items[COLUMNS].reset_index(drop=True)
    if items[KEYS].isna().any(axis=None):
        raise DataError(
            f"line, seed or clustering_seed is missing in some rows; {UNTRAINED} is a seed that does not matter."
        )
    code = np.zeros(len(items), dtype=np.int64)
    for name in KEYS:
        number, values = pd.factorize(items[name])
        order = np.argsort(np.asarray(values), kind="stable")
        rank = np.empty(len(order), dtype=np.int64)
        rank[order] = np.arange(len(order))
        code = code * len(order) + rank[number]
    used, first, cell = np.unique(code, return_index=True, return_inverse=True)
    cells = pd.DataFrame({name: np.asarray(items[name].iloc[first]) for name in KEYS}, index=range(len(used)))
    return items, cells, cell


def _rows_of(items, what):
    """Which items a word means: a task, else a group, else a benchmark; a word that means none is an error."""
    for column in ("task", "group", "benchmark"):
        rows = items[column] == what
        if rows.any():
            return rows
    words = [word for column in ("task", "group", "benchmark") for word in items[column].dropna().unique() if word]
    known(what, ["AVG", *words], "score")


def _ratios(items, rows, cell, cells, name):
    """The ratio of two sums over the chosen rows, for all cells at once."""
    part, cell, n_cells = items[rows.to_numpy()], cell[rows.to_numpy()], len(cells)
    labels = part["task"].astype(str) + "\n" + part["id"].astype(str) if part["task"].nunique() > 1 else part["id"]
    number, ids = pd.factorize(labels)
    rank = np.empty(len(ids), dtype=np.int64)
    rank[np.argsort(np.asarray(ids), kind="stable")] = np.arange(len(ids))
    at = cell * len(ids) + rank[number]
    asked = np.bincount(cell, minlength=n_cells)
    if np.bincount(at).max() > 1:
        raise DataError(f"{name}: a training answers a question twice; items need one row per cell and question.")
    if len(odd := np.flatnonzero((asked > 0) & (asked < len(ids)))):
        raise DataError(
            f"{name}: {cells['line'].iloc[odd[0]]} answers {asked[odd[0]]} of {len(ids)} questions; arms must share "
            "all questions. Leave out the questions it lacks, or the arm."
        )
    sums = np.zeros((2, n_cells * len(ids)))
    sums[:, at] = part["numerator"], part["denominator"]
    numerator, denominator = sums.reshape(2, n_cells, len(ids))
    if not np.isfinite(sums).all():
        raise DataError(f"{name}: some questions have no numerator or denominator.")
    total = denominator.sum(axis=1)
    value = ratio(numerator.sum(axis=1), total)
    influence = (numerator - value[:, None] * denominator) / np.where(total > 0, total, np.inf)[:, None]
    stratum = np.zeros(len(ids), dtype=np.int64)
    stratum[rank[number]] = pd.factorize(part["group"])[0]
    for one in np.unique(stratum):
        mine = stratum == one
        n = int(mine.sum())
        centred = influence[:, mine] - influence[:, mine].mean(axis=1, keepdims=True)
        influence[:, mine] = centred * np.sqrt(n / max(n - 1, 1))
    value[asked == 0] = np.nan
    return _Ratio(value, influence)
