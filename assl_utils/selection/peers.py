r"""Two ways to choose rows from the literature, written from their papers.

*RDS+* (Ivison et al., 2025, arXiv 2503.01807) describes a text by a weighted mean of a language model's hidden states
and takes the rows that are most like a few examples of the tasks that are wanted. *K-means-quality* (Yu et al., 2024,
arXiv 2409.11378) cuts the rows into groups by K-Means and draws from each in proportion to its size, inside a group by
a quality score.
"""

import zlib

import numpy as np

from assl_utils.space.clustering import kmeans


def queries(rows, per_subtask=4, seed=0):
    """A few training rows of each sub-task, set aside as the examples that `round_robin` is asked for.

    They must not be questions of the evaluation, so they are taken from the rows to choose from, and then they cannot
    be chosen: give them the part -1 in `ways.Pool`, for every way that is compared.

    Parameters
    ----------
    rows : DataFrame
        ``id`` and ``subtask``.
    per_subtask : int
        Of each sub-task, but never more than half of its rows.
    seed : int
        With the name of the sub-task it decides which, so other sub-tasks do not change them.

    Returns
    -------
    ndarray of int
        Positions, sub-tasks in the order of their names.
    """
    if per_subtask < 1:
        raise ValueError(f"per_subtask is {per_subtask}; one example is the least")
    found = [members[:per_subtask][: len(members) // 2] for members in shuffled(rows, rows["subtask"], seed).values()]
    return np.concatenate([np.empty(0, dtype=np.int64), *found])


def shuffled(rows, kind, seed=0):
    """Positions of each kind of rows in an order that depends on the seed, the kind's name and its own rows' ids alone.

    Returns
    -------
    dict of str to ndarray
        Kinds in the order of their names. Neither other kinds nor the order of the rows change a kind's own order.
    """
    ids, kind = rows["id"].astype(str).to_numpy(), np.asarray(kind).astype(str)
    found = {}
    for name in np.unique(kind):
        members = np.flatnonzero(kind == name)
        members = members[np.argsort(ids[members], kind="stable")]
        stream = np.random.default_rng([seed, zlib.crc32(name.encode())])
        found[str(name)] = members[stream.permutation(len(members))]
    return found


def round_robin(states, query_states, n):
    r"""RDS+: the query examples take turns; each takes the row most like it that nobody has taken.

    .. math:: \operatorname{sim}(q, d) = \frac{h_q \cdot h_d}{\lVert h_q \rVert \, \lVert h_d \rVert}

    Parameters
    ----------
    states : array of shape (m, hidden)
        Of the rows, from `assl_utils.experts.states.weighted_mean_states`.
    query_states : array of shape (q, hidden)
        Of the examples, in the order of their turns.
    n : int
        Rows to take; more than there are means all.

    Returns
    -------
    ndarray of shape (min(n, m),)
        Positions in the order of choice; of equally similar rows the lowest. A null vector is like nothing (0).
    """
    states, query_states = _unit("states", states), _unit("query_states", query_states)
    if states.shape[1] != query_states.shape[1]:
        raise ValueError(
            f"states are {states.shape[1]} long, query_states {query_states.shape[1]}: one model makes both"
        )
    if not len(query_states):
        raise ValueError("query_states is empty: `queries` sets examples aside")
    # float32 products of one row differ by its place in a block, so copies would not tie; float64 rounded to 12 places
    order = [np.argsort(-np.round(states @ query, 12), kind="stable") for query in query_states]
    at, taken, picks = [0] * len(order), np.zeros(len(states), dtype=bool), []
    while len(picks) < min(n, len(states)):
        turn = len(picks) % len(order)
        while taken[order[turn][at[turn]]]:
            at[turn] += 1
        picks.append(int(order[turn][at[turn]]))
        taken[picks[-1]] = True
    return np.array(picks, dtype=np.int64)


def _unit(name, values):
    values = np.asarray(values, dtype=np.float64)
    if values.ndim != 2 or not np.isfinite(values).all():
        raise ValueError(f"{name} has the shape {values.shape}; it is a table of finite numbers, a row for each text")
    length = np.linalg.norm(values, axis=1, keepdims=True)
    return values / np.where(length > 0, length, 1.0)


def kmeans_quality(X, n, groups=32, quality=None, seed=0):
    r"""K-Means groups, from each as many rows as its size asks, drawn inside with probability proportional to quality.

    .. math:: n_j = n \, |G_j| / \textstyle\sum_i |G_i|, \qquad P(d) = q_d / \textstyle\sum_{e \in G_j} q_e

    The static version of the paper: one draw, no rounds.

    Parameters
    ----------
    X : array of shape (m, d)
    n : int
        Rows to take; more than there are means all. What is left by rounding down goes, one each, to the groups with
        the largest fractions, of equal ones the first.
    groups : int
        As many as there are rows where that is less.
    quality : array of shape (m,), optional
        Not negative; None is the same for all. A row of quality 0 is drawn after all others of its group.
    seed : int
        Of the groups and of the draws; each group draws from a stream of its own.

    Returns
    -------
    ndarray of shape (min(n, m),)
        Positions, groups in turn (the largest first), in each in the order drawn.
    """
    X, n = np.asarray(X), min(n, len(X))
    quality = np.ones(len(X)) if quality is None else np.asarray(quality, dtype=np.float64)
    if quality.shape != (len(X),) or not (np.isfinite(quality) & (quality >= 0)).all():
        raise ValueError('quality is a number of at least 0 for every row, of stage 1 too; or quality="uniform"')
    if groups < 1:
        raise ValueError(f"groups is {groups}; one is the least")
    if n <= 0:
        return np.empty(0, dtype=np.int64)
    label = kmeans(X, min(groups, len(X)), seed)
    sizes = np.bincount(label)
    exact = n * sizes / len(X)
    share = np.floor(exact).astype(np.int64)
    share[np.argsort(share - exact, kind="stable")[: n - share.sum()]] += 1
    picks = []
    for group, wanted in enumerate(share):
        members, stream = np.flatnonzero(label == group), np.random.default_rng([seed, group])
        with np.errstate(divide="ignore"):  # the largest of log q + Gumbel noise, as in `budget.redistribute`
            noise = stream.gumbel(size=len(members))
            key = np.log(quality[members]) + noise
        picks.append(members[np.lexsort((-noise, -key))[:wanted]])
    return np.concatenate(picks)
