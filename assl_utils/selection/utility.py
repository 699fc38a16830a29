r"""Which rows to add, one at a time: the utility (13) and the choices it is compared with.

.. math:: U(d) = \lambda_1 \operatorname{sim}(\mu, d) - \lambda_2 \max_{s \in chosen} \operatorname{sim}(s, d)
          + \lambda_3 Score_{llm}(d)

A row's utility can only fall while others are chosen, because the largest similarity to the chosen can only grow. So a
utility computed a while ago is an upper bound on today's, and a row need not be looked at again before its old value
comes to the top of the heap (lazy evaluation: Minoux, 1978). The picks are those of the plain loop, to the last tie.
"""

import numpy as np
import pandas as pd
from numba import njit

from assl_utils.selection.budget import water_level
from assl_utils.space.neighbors import as_points

STEP = 16  # chosen rows compared before asking whether the row is still on top
# Standard deviations of the terms of (13) that are rounding alone; the second one is the root of a difference.
NO_SPREAD = (1e-9, 1e-6, 1e-12)


@njit(cache=True, nogil=True, fastmath={"reassoc", "contract", "nsz"})
def _product(X, i, Y, j):
    """Inner product of two rows in float64."""
    total = 0.0
    for t in range(X.shape[1]):
        total += np.float64(X[i, t]) * np.float64(Y[j, t])
    return total


@njit(cache=True, nogil=True)
def _cosine(X, i, Y, j, square_i, square_j):
    """Cosine of two rows; 0 where one of them is the null vector.

    One root of the product of both squares, not the product of two roots: a row's cosine with its copy is then 1 to
    the last bit, and rows that all have a copy among the chosen tie as they should.
    """
    both = square_i * square_j
    return _product(X, i, Y, j) / np.sqrt(both) if both > 0 else 0.0


@njit(cache=True, nogil=True)
def _squares(X):
    """Inner product of every row with itself, by the same function as every other."""
    out = np.empty(len(X))
    for i in range(len(X)):
        out[i] = _product(X, i, X, i)
    return out


@njit(cache=True, nogil=True)
def _above(bound, a, b):
    """Whether a comes before b in the heap: the larger bound, of equal ones the lower index."""
    return bound[a] > bound[b] or (bound[a] == bound[b] and a < b)


@njit(cache=True, nogil=True)
def _sink(heap, size, at, bound):
    """Let the entry at a place of the heap sink to where it belongs."""
    entry = heap[at]
    while 2 * at + 1 < size:
        child = 2 * at + 1
        if child + 1 < size and _above(bound, heap[child + 1], heap[child]):
            child += 1
        if not _above(bound, heap[child], entry):
            break
        heap[at] = heap[child]
        at = child
    heap[at] = entry


@njit(cache=True, nogil=True)
def _greedy(X, square, near, score, chosen, known, n, w_near, w_far, w_score, heap, picks):
    """Fill ``picks``; ``chosen`` holds ``known`` positions and has room for the picks behind them."""
    bound = np.empty(len(X))
    most = np.full(len(X), -1.0 - 1e-9)  # no cosine is smaller, whatever its rounding
    seen = np.zeros(len(X), dtype=np.int64)
    size = len(heap)
    for i in heap:  # with nothing chosen the maximum over the chosen counts as 0
        bound[i] = w_near * near[i] - w_far * (most[i] if known else 0.0) + w_score * score[i]
    for at in range(size // 2 - 1, -1, -1):
        _sink(heap, size, at, bound)
    first = known == 0
    for pick in range(n):
        while True:
            i = heap[0]
            if seen[i] == known:
                break
            rival = heap[0]
            if size > 1:
                rival = heap[1] if size == 2 or _above(bound, heap[1], heap[2]) else heap[2]
            while seen[i] < known:
                for c in range(seen[i], min(seen[i] + STEP, known)):
                    most[i] = max(most[i], _cosine(X, i, X, chosen[c], square[i], square[chosen[c]]))
                seen[i] = min(seen[i] + STEP, known)
                bound[i] = w_near * near[i] - w_far * most[i] + w_score * score[i]
                if rival != i and _above(bound, rival, i):
                    break
            _sink(heap, size, 0, bound)
        picks[pick] = i
        chosen[known] = i
        known += 1
        size -= 1
        heap[0] = heap[size]
        if first:  # that 0 was no bound: a cosine may be negative
            first = False
            for at in range(size):
                j = heap[at]
                bound[j] = w_near * near[j] - w_far * most[j] + w_score * score[j]
            for at in range(size // 2 - 1, -1, -1):
                _sink(heap, size, at, bound)
        elif size:
            _sink(heap, size, 0, bound)


@njit(cache=True, nogil=True)
def _similarity_to(X, square, centre, centre_square):
    """Cosine of every row with one point."""
    out = np.empty(len(X))
    for i in range(len(X)):
        out[i] = _cosine(X, i, centre, 0, square[i], centre_square)
    return out


def _arguments(X, centroid, score, chosen, weights):
    """The arguments of `mmr`, checked and in one form."""
    X = as_points(X)
    centroid = as_points(np.asarray(centroid, dtype=np.float64).reshape(1, -1))
    score = np.ascontiguousarray(score, dtype=np.float64)
    chosen = np.asarray(chosen, dtype=np.int64).ravel()
    if centroid.shape[1] != X.shape[1] or score.shape != (len(X),):
        raise ValueError(f"X is {X.shape}, the centroid {centroid.shape[1]} long, the score {score.shape}")
    if not np.isfinite(score).all():
        raise ValueError(f"the score of row {int((~np.isfinite(score)).argmax())} is not finite")
    if len(chosen) and not (0 <= chosen.min() and chosen.max() < len(X)):
        raise ValueError(f"chosen holds positions outside 0 … {len(X) - 1}")
    weights = tuple(float(w) for w in weights)
    if len(weights) != 3 or weights[1] < 0:
        raise ValueError(f"weights are {weights}; (13) has three, the second one, which is subtracted, not negative")
    return X, centroid, score, chosen, weights


def mmr(X, centroid, score, chosen, n, weights=(0.2, 0.2, 0.6)):
    """The n rows of highest utility (13), taken greedily.

    Parameters
    ----------
    X : array of shape (m, d)
        Vectors of one semantic cluster; similarity is their cosine.
    centroid : array of shape (d,)
        The cluster's centroid, µ.
    score : array of shape (m,)
        Model feedback (12).
    chosen : array of int
        Positions chosen already; they are not chosen again. May be empty: then the maximum in (13) counts as 0.
    n : int
        New picks; where fewer rows are left, all of them.
    weights : three floats, default (0.2, 0.2, 0.6)
        λ1, λ2, λ3; the paper's values.

    Returns
    -------
    ndarray of shape (min(n, rows left),)
        Positions in the order of choice; of equal utilities the lowest.
    """
    X, centroid, score, chosen, weights = _arguments(X, centroid, score, chosen, weights)
    if n < 0:
        raise ValueError(f"n is {n}; it cannot be negative")
    free = np.ones(len(X), dtype=bool)
    free[chosen] = False
    heap = np.flatnonzero(free)
    picks = np.empty(min(n, len(heap)), dtype=np.int64)
    square = _squares(X)
    near = _similarity_to(X, square, centroid, _squares(centroid)[0])
    room = np.concatenate([chosen, np.empty(len(picks), dtype=np.int64)])
    _greedy(X, square, near, score, room, len(chosen), len(picks), *weights, heap, picks)
    return picks


def mmr_terms(X, centroid, score, chosen, picks, weights=(0.2, 0.2, 0.6)):
    """What made each pick of `mmr` the best one at its turn.

    Returns
    -------
    DataFrame, a row per pick in order of choice
        ``position``, the three values of (13), ``similarity`` to the centroid, ``redundancy`` (largest similarity to
        what was chosen before) and ``score``, each without its weight, and their ``utility``.
    """
    X, centroid, score, chosen, weights = _arguments(X, centroid, score, chosen, weights)
    picks = np.asarray(picks, dtype=np.int64)
    length = np.sqrt(_squares(X))
    length[length == 0] = 1.0
    units = X[picks] / length[picks, None]
    before = np.full(len(picks), -np.inf)
    for start in range(0, len(chosen), 4096):
        part = chosen[start : start + 4096]
        before = np.maximum(before, (units @ (X[part] / length[part, None]).T).max(axis=1))
    among = np.where(np.tri(len(picks), k=-1, dtype=bool), units @ units.T, -np.inf)
    redundancy = np.maximum(before, among.max(axis=1, initial=-np.inf))
    redundancy[np.isneginf(redundancy)] = 0.0
    near = units @ centroid[0] / (np.sqrt(_squares(centroid)[0]) or 1.0)
    table = pd.DataFrame({"position": picks, "similarity": near, "redundancy": redundancy, "score": score[picks]})
    table["utility"] = table[["similarity", "redundancy", "score"]] @ np.array([weights[0], -weights[1], weights[2]])
    return table


def fill(X, cluster, centroids, score, chosen, n, weights=(0.2, 0.2, 0.6)):
    """Stage 2: every cluster's rows of stage 1, and by `mmr` as many more as make it n.

    Parameters
    ----------
    X, cluster, centroids, score
        A row's vector, its cluster, which is its row in ``centroids``, and its model feedback (12); the score of a row
        chosen already is not read.
    chosen : array of bool
        What stage 1 took.
    n : int, or one for each row of ``centroids``
        Rows wanted of each cluster; of a smaller one all are taken, and what stage 1 took stays.
    weights : three floats, or three for each row of ``centroids``
        λ1, λ2, λ3; see `standard_weights` for a reason to have others in each cluster.

    Returns
    -------
    DataFrame
        ``position, cluster, stage, order, utility``: clusters in turn, in each the rows of stage 1 and then the picks
        in order of choice with their utility (13).
    """
    cluster, chosen = np.asarray(cluster), np.asarray(chosen, dtype=bool)
    score, n = np.where(chosen, 0.0, score), np.broadcast_to(n, len(centroids))
    weights = np.broadcast_to(weights, (len(centroids), np.shape(weights)[-1]))
    pieces = []
    for c in np.unique(cluster):
        members = np.flatnonzero(cluster == c)
        first = np.flatnonzero(chosen[members])
        problem = X[members], centroids[c], score[members], first
        picks = mmr(*problem, max(0, min(n[c], len(members)) - len(first)), weights[c])
        utility = mmr_terms(*problem, picks, weights[c])["utility"].to_numpy()
        for stage, part, value in ((1, first, np.full(len(first), np.nan)), (2, picks, utility)):
            columns = {"position": members[part], "cluster": c, "stage": stage, "order": np.arange(len(part))}
            pieces.append(pd.DataFrame({**columns, "utility": value}))
    return pd.concat(pieces, ignore_index=True)


def standard_weights(X, cluster, centroids, score, chosen, weights=(0.2, 0.2, 0.6)):
    r"""Weights with which (13) chooses as if its three terms were z-scored in each cluster first.

    .. math:: z(t) = \frac{t - \bar t}{s_t}, \qquad
              \lambda_1 z(\mathrm{sim}(\mu, d)) - \lambda_2 z\bigl(\max_{s} \mathrm{sim}(s, d)\bigr)
              + \lambda_3 z(Score_{llm}(d))

    Mean and standard deviation (of all values, not of a sample) are taken once: of nearness and score over the
    candidates, the rows of the cluster that are not chosen yet; of redundancy, whose values change with every pick,
    over the similarities of all pairs of rows of the cluster. The means shift the utility of every row alike, so they
    decide nothing, and what is left are the weights :math:`\lambda_i / s_i`. A term without spread decides nothing
    either: its weight is 0.

    Parameters
    ----------
    X, cluster, centroids, score, chosen, weights
        As for `fill`.

    Returns
    -------
    ndarray of shape (len(centroids), 3)
        For `fill`; the utilities that it reports are then short of the same constant in all of a cluster.

    Notes
    -----
    The pairs are not counted one by one. With unit vectors u and n of them, all ordered pairs of two different rows
    have the sum :math:`\lVert \sum u \rVert^2 - n` and the sum of squares :math:`\lVert U^\top U \rVert_F^2 - n`.
    """
    X, cluster, chosen = np.asarray(X), np.asarray(cluster), np.asarray(chosen, dtype=bool)
    score, found = np.where(chosen, 0.0, score), np.zeros((len(centroids), 3))
    for c in np.unique(cluster):
        members, left = cluster == c, (cluster == c) & ~chosen
        units, centre = _units(X[members]), _units(np.asarray(centroids[c]).reshape(1, -1))[0]
        present, near = (units**2).sum(axis=1), units @ centre
        pairs = len(units) * (len(units) - 1)
        # a null vector has the cosine 0 with everything, itself included, so its pairs count and add nothing
        mean, square = (
            (total - (present**power).sum()) / max(1, pairs)
            for power, total in ((1, (units.sum(axis=0) ** 2).sum()), (2, ((units.T @ units) ** 2).sum()))
        )
        spread = [near[left[members]].std() if left.any() else 0, np.sqrt(max(0.0, square - mean**2))]
        spread.append(score[left].std() if left.any() else 0)
        found[c] = [w / s if s > least else 0.0 for w, s, least in zip(weights, spread, NO_SPREAD, strict=True)]
    return found


def _units(X):
    """Rows of length 1 in float64; a null vector stays one."""
    X = np.asarray(X, dtype=np.float64)
    length = np.linalg.norm(X, axis=1, keepdims=True)
    return X / np.where(length > 0, length, 1.0)


def fill_level(X, cluster, kind, score, chosen, total, weights=(0.2, 0.2, 0.6)):
    """Stage 2 under one budget: every *kind* of rows, such as a sub-task, is filled to one level.

    Each kind's picks are those of `mmr` about the mean of its own rows.

    Parameters
    ----------
    X, cluster, score, chosen, weights
        As for `fill`.
    kind : sequence
        Of each row, whatever its cluster.
    total : int
        Rows wanted in all. A kind that stage 1 took above the level keeps what it has, a small one gives all.

    Returns
    -------
    DataFrame
        As from `fill`, kinds in turn instead of clusters; ``cluster`` is the row's own.
    """
    codes, kinds = pd.factorize(np.asarray(kind), sort=True)
    chosen = np.asarray(chosen, dtype=bool)
    first, sizes = (np.bincount(codes[of], minlength=len(kinds)) for of in (chosen, slice(None)))
    quota, _ = water_level(sizes, total, first)
    centres = np.stack([np.asarray(X)[codes == c].mean(axis=0, dtype=np.float64) for c in range(len(kinds))])
    found = fill(X, codes, centres, score, chosen, quota, weights)
    return found.assign(cluster=np.asarray(cluster)[found["position"]])
