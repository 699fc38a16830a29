"""Both stages of the selection on a whole run, cluster by cluster: what chapters 4 and 5 do, and the study code too."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from assl_utils.selection import adbscan, budget, controls, utility

CHOICES = {
    "utility": "the same number of rows of each cluster, by (13): the paper's way",
    "level": "as many rows in all by (13), but the same number of each sub-task",
    "random": "the same number of rows of each cluster, at random",
    "random_even": "the same at random, the sub-tasks of a cluster taking turns",
    "random_per_subtask": "as many rows in all at random, the same number of each sub-task",
}
FORMER = {"lot": "random", "even": "random_even", "lot_level": "random_per_subtask"}


class SubClusters(NamedTuple):
    """What A-DBSCAN found in one semantic cluster."""

    members: np.ndarray  # positions of the cluster's rows, copies left out
    result: adbscan.Result  # of these rows


def find_subclusters(X, cluster, k=20, minpts_rule="algorithm1", radius=1.0):
    """Algorithm 1 in each semantic cluster, copies of a vector counted once.

    Parameters
    ----------
    X : array of shape (n, d)
    cluster : sequence of int
        Of each row.
    k, minpts_rule
        See `adbscan.adbscan`.
    radius : float, default 1
        Times the paper's ε.

    Returns
    -------
    dict of int to SubClusters
    """
    X, cluster, found = np.asarray(X), np.asarray(cluster), {}
    for c in np.unique(cluster).tolist():
        members = np.flatnonzero(cluster == c)
        members = members[adbscan.unique_points(X[members])[0]]
        result = adbscan.adbscan(X[members], k, minpts_rule)
        if radius != 1:
            result = adbscan.adbscan(X[members], k, minpts_rule, eps=radius * result.eps)
        found[c] = SubClusters(members, result)
    return found


def thin(X, found, goal=None, method="trimmed_medoids", seed=0):
    """Stage 1: what is kept of each cluster's sub-clusters.

    Parameters
    ----------
    X : array of shape (n, d)
    found : dict of int to SubClusters
        From `find_subclusters` on the same rows.
    goal : int or None
        Rows to keep of a cluster; None is the paper's rule.
    method, seed
        See `budget.redistribute`.

    Returns
    -------
    DataFrame, a row per row of X
        ``subcluster`` (-1 for noise and for copies of another row), ``density`` (7, nan for copies) and ``chosen``.
    """
    X = np.asarray(X)
    table = pd.DataFrame({"subcluster": np.full(len(X), adbscan.NOISE), "density": np.nan, "chosen": False})
    for members, result in found.values():
        kept = budget.redistribute(X[members], result, goal, seed, method)
        table.loc[members, "subcluster"] = result.labels
        table.loc[members, "density"] = result.density
        table.loc[members[kept], "chosen"] = True
    return table


def thin_clusters(X, cluster, k=20, minpts_rule="algorithm1", budget=None, method="trimmed_medoids", seed=0,
                  radius=1.0):  # fmt: skip
    """Stage 1 of the selection: `find_subclusters`, then `thin` with ``budget`` as its goal.

    Returns
    -------
    DataFrame, dict of int to SubClusters
    """
    found = find_subclusters(X, cluster, k, minpts_rule, radius)
    return thin(X, found, budget, method, seed), found


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


def check_choice(choice):
    """Refuse a choice of rows that there is not, before an hour is spent on its scores."""
    if choice in FORMER:
        raise ValueError(f"choice={choice} is called choice={FORMER[choice]} now")
    if choice not in CHOICES:
        raise ValueError(f"choice={choice} is none of {', '.join(CHOICES)}")


def choose(choice, X, cluster, centroids, need, first, n, weights=(0.2, 0.2, 0.6), subtask=None, seed=0):
    """Stage 2 of the selection, or what it is compared with.

    Parameters
    ----------
    choice : str
        One of `CHOICES`.
    X, cluster, centroids
        Of each row its vector and its cluster; of each cluster its centroid.
    need : array
        Of each row, see `need_of`.
    first : array of bool
        What stage 1 chose; the random choices do not read it.
    n : int
        Rows of each cluster; a choice by sub-task takes n times the clusters in all.
    weights
        λ1, λ2, λ3 of (13).
    subtask : sequence
        Of each row; only ``utility`` and ``random`` do without.
    seed : int
        Of the random choices.

    Returns
    -------
    DataFrame
        ``position, cluster, stage, order, utility``, see `utility.fill`.
    """
    check_choice(choice)
    if choice == "utility":
        return utility.fill(X, cluster, centroids, need, first, n, weights)
    if choice == "random":
        return controls.random_per_cluster(cluster, n, seed)
    if subtask is None:
        raise ValueError(f"choice={choice} needs the sub-task of each row")
    if choice == "random_even":
        return controls.random_per_cluster(cluster, n, seed, subtask)
    total = n * len(centroids)
    if choice == "level":
        return utility.fill_level(X, cluster, subtask, need, first, total, weights)
    return controls.random_per_subtask(cluster, subtask, total, seed)
