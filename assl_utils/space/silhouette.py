"""Exact silhouettes of many clusterings, from one pass over the distances, tile by tile."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numba import njit
from threadpoolctl import threadpool_limits

from assl_utils.machine import strips, threads
from assl_utils.space.neighbors import TWO, as_points, distance_between, screen, screening

BLOCK = 2048
STRIP = 512  # rows of a tile that one thread multiplies: fixed, for a product's last digits depend on its shape
CLOSE = np.float32(1e-3)  # below this share of the two squared norms, float32 is not trusted with a distance


@njit(cache=True, nogil=True, fastmath=screening)
def _sum_rows(X, tile, start, stop, a0, b0, order, square, scale, edges, sums):
    """Turn products into distances, in place, and add each row up over the groups of columns between ``edges``."""
    for r in range(start, stop):
        a = a0 + r
        row, square_b = tile[r], square[b0 : b0 + tile.shape[1]]
        doubtful = 0
        for c in range(len(row)):
            value = square[a] + square_b[c] - TWO * row[c]
            doubtful += np.int32(value < CLOSE * (square[a] + square_b[c]))
            row[c] = np.sqrt(value if value > 0 else np.float32(0))
        if doubtful:
            for c in range(len(row)):
                if row[c] * row[c] < np.float32(1.01) * CLOSE * (square[a] + square_b[c]):
                    row[c] = distance_between(X, order[a], X, order[b0 + c]) * scale
        for g in range(len(edges) - 1):
            group = row[edges[g] : edges[g + 1]]
            total = np.float32(0)
            for c in range(len(group)):
                total += group[c]
            sums[r, g] = total


@njit(cache=True, nogil=True)
def _sum_columns(tile, start, stop, edges, sums):
    """Add each column of a tile of distances up over the groups of rows between ``edges``."""
    for g in range(len(edges) - 1):
        total = sums[g, start:stop]
        for r in range(edges[g], edges[g + 1]):
            row = tile[r, start:stop]
            for c in range(len(row)):
                total[c] += row[c]


def _multiply(pool, rows, columns, tile):
    """The products of a tile, in strips of one height: the same bits for any number of threads."""
    starts = range(0, len(rows), STRIP)
    jobs = [pool.submit(np.matmul, rows[a : a + STRIP], columns.T, out=tile[a : a + STRIP]) for a in starts]
    for job in jobs:
        job.result()


def _distance_sums(X, table):
    """For each point and each cluster of each clustering the sum of distances to its points, up to a common factor.

    Points that no clustering separates form a group and lie side by side, so that a tile is added up over a few
    runs of columns first, and those sums over the clusters.
    """
    n = len(X)
    order = np.lexsort(table.T[::-1])
    changes = np.flatnonzero((np.diff(table[order], axis=0) != 0).any(axis=1)) + 1
    bounds = np.concatenate([[0], changes, [n]])
    offsets = np.concatenate([[0], np.cumsum(table.max(axis=0) + 1)])
    member = np.zeros((len(bounds) - 1, offsets[-1]))
    np.put_along_axis(member, table[order[bounds[:-1]]] + offsets[:-1], 1.0, axis=1)
    view = screen(X)
    z, square = view.z[order], (view.low + view.slack / 2)[order]
    totals = np.zeros((n, offsets[-1]))
    store = np.empty(min(BLOCK, n) ** 2, dtype=np.float32)

    def groups(start, stop):
        first, last = np.searchsorted(bounds, start, "right") - 1, np.searchsorted(bounds, stop, "left")
        return np.clip(bounds[first : last + 1], start, stop) - start, member[first:last]

    with threadpool_limits(1, user_api="blas"), ThreadPoolExecutor(threads()) as pool:
        for a0 in range(0, n, BLOCK):
            rows, member_a = groups(a0, min(a0 + BLOCK, n))
            for b0 in range(a0, n, BLOCK):
                columns, member_b = groups(b0, min(b0 + BLOCK, n))
                tile = store[: rows[-1] * columns[-1]].reshape(rows[-1], columns[-1])
                _multiply(pool, z[a0 : a0 + BLOCK], z[b0 : b0 + BLOCK], tile)
                sums = np.empty((len(tile), len(member_b)))
                job = (a0, b0, order, square, view.scale, columns, sums)
                strips(pool, len(tile), lambda a, b, t=tile, j=job: _sum_rows(X, t, a, b, *j))
                totals[a0 : a0 + BLOCK] += sums @ member_b
                if a0 != b0:
                    sums = np.zeros((len(member_a), tile.shape[1]), dtype=np.float32)
                    strips(pool, tile.shape[1], lambda a, b, t=tile, e=rows, s=sums: _sum_columns(t, a, b, e, s))
                    totals[b0 : b0 + BLOCK] += sums.T.astype(np.float64) @ member_a
    back = np.empty_like(order)
    back[order] = np.arange(n)
    return np.split(totals[back], offsets[1:-1], axis=1)


def silhouettes(X, labels_by_k):
    r"""Exact silhouettes of many clusterings of the same points from one pass over the distances.

    .. math:: s_i = \frac{b_i - a_i}{\max(a_i, b_i)}

    with a the mean distance of a point to the others of its cluster and b its smallest mean distance to another one.

    Parameters
    ----------
    X : array of shape (n, d)
    labels_by_k : dict of int to ndarray of shape (n,)
        Clusterings, labels counted from 0.

    Returns
    -------
    dict of int to ndarray of shape (n,)
        Silhouette of each point; 0 for a point alone in its cluster, nan where there is a single cluster.

    Notes
    -----
    Distances are float32 but for close pairs, which are measured in float64; means agree with scikit-learn's to 1e-6.
    """
    X = as_points(X)
    if not labels_by_k:
        return {}
    table = np.column_stack([np.asarray(labels) for labels in labels_by_k.values()]).astype(np.int64)
    if len(table) != len(X) or table.min(initial=0) < 0:
        raise ValueError(f"{len(X)} points need as many labels, counted from 0, in every clustering")
    result = {}
    for (k, labels), sums in zip(labels_by_k.items(), _distance_sums(X, table), strict=True):
        sizes = np.bincount(labels, minlength=sums.shape[1])
        own = np.arange(len(X)), labels
        with np.errstate(divide="ignore", invalid="ignore"):
            a = sums[own] / (sizes[labels] - 1)
            other = sums / sizes
            other[own] = np.inf
            other[:, sizes == 0] = np.inf
            b = other.min(axis=1)
            value = np.nan_to_num((b - a) / np.maximum(a, b))  # all distances 0: neither nearer nor farther
        value[sizes[labels] == 1] = 0.0
        result[k] = value if (sizes > 0).sum() > 1 else np.full(len(X), np.nan)
    return result
