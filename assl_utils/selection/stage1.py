"""Stage 1 on a whole run: A-DBSCAN in each cluster and the thinning after it, for chapter 4 and the study alike."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from assl_utils.selection import adbscan, budget


class SubClusters(NamedTuple):
    """What A-DBSCAN found in one semantic cluster."""

    members: np.ndarray  # positions of the cluster's rows, copies left out
    result: adbscan.Result  # of these rows


def find_subclusters(X, cluster, k=20, minpts_rule="algorithm1"):
    """Algorithm 1 in each semantic cluster, copies of a vector counted once.

    Parameters
    ----------
    X : array of shape (n, d)
    cluster : sequence of int
        Of each row.
    k, minpts_rule
        See `adbscan.adbscan`.

    Returns
    -------
    dict of int to SubClusters
    """
    X = np.asarray(X)
    return {
        c: SubClusters(members, adbscan.adbscan(X[members], k, minpts_rule))
        for c, members in distinct_members(X, cluster)
    }


def distinct_members(X, cluster):
    """Yield each cluster and the positions of its rows, copies of a vector left out."""
    X, cluster = np.asarray(X), np.asarray(cluster)
    for c in np.unique(cluster).tolist():
        members = np.flatnonzero(cluster == c)
        yield c, members[adbscan.unique_points(X[members])[0]]


def thin(X, found, goal=None, method="trimmed_medoids", seed=0):
    """Stage 1: what is kept of each cluster's sub-clusters.

    Parameters
    ----------
    X : array of shape (n, d)
    found : dict of int to SubClusters
        From `find_subclusters` on the same rows.
    goal : int, dict of int to int, or None
        Rows to keep of a cluster, the same of all or of each its own; None is the paper's rule.
    method, seed
        See `budget.redistribute`.

    Returns
    -------
    DataFrame, a row per row of X
        ``subcluster`` (-1 for noise and for copies of another row), ``density`` (7, nan for copies) and ``chosen``.
    """
    X = np.asarray(X)
    table = pd.DataFrame({"subcluster": np.full(len(X), adbscan.NOISE), "density": np.nan, "chosen": False})
    for c, (members, result) in found.items():
        kept = budget.redistribute(X[members], result, goal[c] if isinstance(goal, dict) else goal, seed, method)
        table.loc[members, "subcluster"] = result.labels
        table.loc[members, "density"] = result.density
        table.loc[members[kept], "chosen"] = True
    return table
