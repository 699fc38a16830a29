"""Choices of rows that ask no model: at random, and K-center."""

import numpy as np
import pandas as pd

from assl_utils.space.k_center import farthest_first


def random_per_cluster(cluster, n, seed=0, kind=None):
    """Instead of stages 1 and 2, as a control: n rows of every cluster at random, all of a smaller one.

    Parameters
    ----------
    n : int, or one for each cluster
    kind : sequence, optional
        Of each row, such as its sub-task: the kinds of a cluster then give one row each, turn after turn, while they
        last, so that small ones are not crowded out.

    Returns
    -------
    DataFrame
        As from `fill`, all in stage 2 and without a utility.
    """
    cluster = np.asarray(cluster)
    n, pieces = np.broadcast_to(n, cluster.max() + 1), []
    for c in np.unique(cluster):
        members = np.flatnonzero(cluster == c)
        drawn = members[random_choice(len(members), len(members), [seed, c])]
        if kind is not None:
            turn = pd.Series(np.asarray(kind)[drawn]).groupby(np.asarray(kind)[drawn]).cumcount()
            drawn = drawn[np.argsort(turn.to_numpy(), kind="stable")]
        picks = drawn[: n[c]]
        columns = {"position": picks, "cluster": c, "stage": 2, "order": np.arange(len(picks)), "utility": np.nan}
        pieces.append(pd.DataFrame(columns))
    return pd.concat(pieces, ignore_index=True)


def random_per_subtask(cluster, kind, total, seed=0):
    """The control of `fill_level`: so many rows at random, of every kind as many as of the next while they last."""
    cluster = np.asarray(cluster)
    found = random_per_cluster(np.zeros(len(cluster), dtype=int), total, seed, kind)
    return found.assign(cluster=cluster[found["position"]])


def k_center_greedy(X, n, seed=0):
    """n rows spread out as widely as possible: a first one at random, then always the farthest from those taken.

    Returns
    -------
    ndarray of shape (min(n, len(X)),)
        Positions in the order of choice. It also spreads into outliers; see `k_center.farthest_first`.
    """
    if len(X) == 0 or n <= 0:
        return np.empty(0, dtype=np.int64)
    return farthest_first(X, n, int(np.random.default_rng(seed).integers(len(X))))


def random_choice(n_total, n, seed=0):
    """n positions of ``range(n_total)`` at random, without repetition; a larger n keeps the smaller one's picks."""
    return np.random.default_rng(seed).permutation(n_total)[:n]
