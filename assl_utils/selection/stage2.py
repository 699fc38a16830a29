"""Stage 2: which rows are added to those of stage 1, by (13) or in another of the `ways`."""

import numpy as np
import pandas as pd

from assl_utils.selection import utility, ways

WORDS = tuple(way for way in ways.WAYS if way != "rds")  # all that chapter 5 can do with what it has at hand
LISTED = ("utility", "utility_z", "level", "random", "random_even", "random_per_subtask", "random_per_form")  # cheap
FORMER = {"lot": "random", "even": "random_even", "lot_level": "random_per_subtask"}


def need_of(rows, scores):
    """Model feedback (12) of every row; a row that stage 1 chose has no score and needs none: 0.

    Parameters
    ----------
    rows, scores : DataFrame
        Both with an ``id``, the second with the ``score`` of some of the rows.

    Returns
    -------
    ndarray of shape (len(rows),)
    """
    of_row = pd.Series(np.asarray(scores["score"], dtype=np.float64), index=scores["id"])
    unknown = of_row.index.difference(rows["id"])
    if len(unknown):
        raise ValueError(f"{len(unknown)} scores are of rows that are not here, such as {unknown[0]!r}")
    return of_row.reindex(rows["id"]).fillna(0.0).to_numpy()


def check_select(select):
    """Refuse a word that there is not, before an hour is spent on its scores."""
    ways.check(select, WORDS, FORMER)


def feedback_for(select, feedback):
    """The kind of feedback that a way takes: ``nll`` is `utility` by likelihood, the others take what is asked for."""
    return "nll" if select == "nll" else feedback


def choose(select, pool, n, seed=0):
    """Stage 2 of the selection, or what it is compared with.

    Parameters
    ----------
    select : str
        One of `WORDS`.
    pool : ways.Pool
        The random ways read its rows and its parts alone.
    n : int
        Rows of each part, of a smaller one all; a way without shares takes n times the parts in all.
    seed : int
        Of the random ways.

    Returns
    -------
    DataFrame
        ``position, cluster, stage, order, utility``, see `utility.fill`.
    """
    check_select(select)
    return ways.draw(select, pool, np.full(pool.parts, n), seed)


def terms(pool, choice, part):
    """The terms of (13) along the order of choice in one part, as from `utility.mmr_terms`.

    Parameters
    ----------
    pool : ways.Pool
        With ``X``, ``centroids`` and ``need``.
    choice : DataFrame
        From `choose` of the same pool.
    part : int
    """
    members = np.flatnonzero(np.asarray(pool.part) == part)
    place = pd.Series(range(len(members)), index=members)
    mine = choice[choice["cluster"] == part]
    first, picks = (place[mine.loc[mine["stage"] == stage, "position"]].to_numpy() for stage in (1, 2))
    return utility.mmr_terms(pool.X[members], pool.centroids[part], pool.need[members], first, picks, pool.weights)
