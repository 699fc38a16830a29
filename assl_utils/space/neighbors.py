"""Exact nearest neighbours without ever holding an n × n matrix.

One rule runs through the module: *screen in float32, decide in float64*. A matrix product gives all distances of a
tile at once but loses digits near zero (squared distances of unit vectors are off by some 1e-6, so two copies seem
1e-3 apart). So the product is only used with a bound on its error, to throw out pairs that certainly do not matter;
the pairs that may matter are measured again, coordinate by coordinate, by `_distance`. Every distance that leaves this
module, and every test against a radius (`assl_utils.space.reach`), comes from that one function: a radius that *is*
somebody's distance is met exactly.
"""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numba import njit

from assl_utils.machine import strips, threads

UNIT = 2.0**-24  # rounding unit of float32
TINY = 1e-30  # absolute slack, far above what float32 loses by underflow once the largest norm is 1
TWO = np.float32(2)
CHUNK = 64  # columns looked at together before any of them is looked at alone

# Screening may reassociate sums (its bound covers any order); nothing that decides may.
screening = {"nnan", "nsz", "reassoc", "contract"}


class Screen(NamedTuple):
    """What screening needs: points in float32 and, for each, how far a product of them can be off.

    With ``S = z @ z.T`` in float32, the scaled squared distance of i and j lies between
    ``low[i] + low[j] - 2 S[i, j]`` and that plus ``slack[i] + slack[j]``.
    """

    z: np.ndarray  # (n, d) float32, centred, largest norm 1
    low: np.ndarray  # (n,) float32
    slack: np.ndarray  # (n,) float32
    scale: float  # distance in z over distance in X


def as_points(X):
    """The array as float32 or float64 rows in one piece of memory; a value that is not finite is an error."""
    X = np.asarray(X)
    if X.ndim != 2:
        raise ValueError(f"expected one row per point, got an array of shape {X.shape}")
    X = np.ascontiguousarray(X, dtype=X.dtype if X.dtype in (np.float32, np.float64) else np.float64)
    for start in range(0, len(X), 4096):
        bad = ~np.isfinite(X[start : start + 4096]).all(axis=1)
        if bad.any():
            raise ValueError(f"row {start + int(bad.argmax())} holds a value that is not finite")
    return X


def screen(X):
    """Centre, scale and round the points to float32, with rigorous bounds on what that and a product may lose.

    The bound is the textbook one, ``d`` rounding units per inner product whatever the order of summation, plus the
    rounding of the input; centring first makes the norms, and so the bound, small.
    """
    n, d = X.shape
    mean = X.mean(axis=0, dtype=np.float64)
    far = np.sqrt(np.einsum("ij,ij->i", X, X, dtype=np.float64)) + np.sqrt(mean @ mean)
    z = np.empty((n, d), dtype=np.float32)
    norm = np.empty(n)
    for start in range(0, n, 4096):
        rows = X[start : start + 4096] - mean
        norm[start : start + 4096] = np.sqrt(np.einsum("ij,ij->i", rows, rows))
    largest = norm.max(initial=0.0)
    scale = 1.0 / largest if largest > 0 else 1.0
    for start in range(0, n, 4096):
        z[start : start + 4096] = (X[start : start + 4096] - mean) * scale
    square = np.einsum("ij,ij->i", z, z, dtype=np.float64)
    reach = norm * scale + 2.0**-28 * far * scale  # the second term: digits lost by centring points far from 0
    error = 1.05 * (d + 32) * UNIT * reach**2 + TINY
    return Screen(z, (square - error).astype(np.float32), (2 * error).astype(np.float32), scale)


@njit(cache=True, nogil=True)
def distance_between(X, i, Y, j):
    """Euclidean distance in float64, summed in one fixed order: the same bits from every caller, and for (j, i).

    Compiled kernels in other modules hold a copy of it: change it, and delete ``assl_utils/__pycache__``.
    """
    d = X.shape[1]
    a = b = c = e = f = g = h = m = 0.0
    whole = d - d % 8
    for t in range(0, whole, 8):  # eight sums side by side, so that the processor need not wait for each addition
        u0 = np.float64(X[i, t]) - np.float64(Y[j, t])
        u1 = np.float64(X[i, t + 1]) - np.float64(Y[j, t + 1])
        u2 = np.float64(X[i, t + 2]) - np.float64(Y[j, t + 2])
        u3 = np.float64(X[i, t + 3]) - np.float64(Y[j, t + 3])
        u4 = np.float64(X[i, t + 4]) - np.float64(Y[j, t + 4])
        u5 = np.float64(X[i, t + 5]) - np.float64(Y[j, t + 5])
        u6 = np.float64(X[i, t + 6]) - np.float64(Y[j, t + 6])
        u7 = np.float64(X[i, t + 7]) - np.float64(Y[j, t + 7])
        a += u0 * u0
        b += u1 * u1
        c += u2 * u2
        e += u3 * u3
        f += u4 * u4
        g += u5 * u5
        h += u6 * u6
        m += u7 * u7
    for t in range(whole, d):
        u = np.float64(X[i, t]) - np.float64(Y[j, t])
        a += u * u
    return np.sqrt(((a + b) + (c + e)) + ((f + g) + (h + m)))


@njit(cache=True, nogil=True)
def _nearest(X, i, among, count, k, distance, index):
    """The k nearest to i among the given points, by (distance, index), into the two output rows."""
    kept = 0
    for c in range(count):
        j = among[c]
        far = distance_between(X, i, X, j)
        if kept == k and (far > distance[k - 1] or (far == distance[k - 1] and j > index[k - 1])):
            continue
        at = kept if kept < k else k - 1
        while at > 0 and (far < distance[at - 1] or (far == distance[at - 1] and j < index[at - 1])):
            distance[at] = distance[at - 1]
            index[at] = index[at - 1]
            at -= 1
        distance[at] = far
        index[at] = j
        kept = min(kept + 1, k)


@njit(cache=True, nogil=True)
def _prune(X, i, k, slack, scale, found, bound, count, limit):
    """Make room in the list of candidates of point i, which is full: lower its limit and drop what exceeds it.

    k candidates certainly lie within the k-th smallest upper bound, so nothing above it can be a neighbour. Where that
    frees little (a crowd closer together than float32 can distinguish) the candidates are measured and k of them stay.
    """
    full = found.shape[1]
    upper = np.empty(full, dtype=np.float32)
    for c in range(full):
        upper[c] = bound[i, c] + slack[i] + slack[found[i, c]]
    limit[i] = min(limit[i], np.partition(upper, k - 1)[k - 1])
    kept = 0
    for c in range(full):
        if bound[i, c] <= limit[i]:
            found[i, kept] = found[i, c]
            bound[i, kept] = bound[i, c]
            kept += 1
    if kept > full - full // 4:
        distance = np.empty(k)
        index = np.empty(k, dtype=np.int64)
        _nearest(X, i, found[i], kept, k, distance, index)
        for c in range(k):
            found[i, c] = index[c]
            bound[i, c] = (distance[c] * scale) ** 2 * (1 - 1e-6) - TINY
        # Candidates come in the order of their index, so a later one at distance 0 would lose the tie.
        limit[i] = (distance[k - 1] * scale) ** 2 * (1 + 1e-6) + TINY if distance[k - 1] > 0 else -np.inf
        kept = k
    count[i] = kept


@njit(cache=True, nogil=True)
def _offer(X, i, j, low_ij, k, slack, scale, found, bound, count, limit):
    """Add j to the candidates of i if its lower bound is within the limit of i."""
    if low_ij > limit[i]:
        return
    if count[i] == found.shape[1]:
        _prune(X, i, k, slack, scale, found, bound, count, limit)
        if low_ij > limit[i]:
            return
    found[i, count[i]] = j
    bound[i, count[i]] = low_ij
    count[i] += 1


# The scans count, chunk by chunk, how many entries pass and look at single entries only where some do: a count over a
# slice is what the compiler turns into vector instructions (a running minimum it does not).


@njit(cache=True, nogil=True, fastmath=screening)
def _scan_rows(X, tile, start, stop, i0, j0, k, low, slack, scale, found, bound, count, limit):
    """Offer the columns of a tile of products to its rows ``start`` to ``stop``."""
    low_j = low[j0 : j0 + tile.shape[1]]
    for r in range(start, stop):
        i = i0 + r
        for first in range(0, tile.shape[1], CHUNK):
            product, low_c = tile[r, first : first + CHUNK], low_j[first : first + CHUNK]
            room = limit[i] - low[i]
            passing = 0
            for c in range(product.shape[0]):
                passing += np.int32(low_c[c] - TWO * product[c] <= room)
            if passing:
                for c in range(product.shape[0]):
                    partial = low_c[c] - TWO * product[c]
                    j = j0 + first + c
                    if partial <= room and i != j:
                        _offer(X, i, j, partial + low[i], k, slack, scale, found, bound, count, limit)
                        room = limit[i] - low[i]


@njit(cache=True, nogil=True, fastmath=screening)
def _scan_columns(X, tile, start, stop, i0, j0, k, low, slack, scale, found, bound, count, limit):
    """Offer the rows of a tile of products to its columns ``start`` to ``stop``."""
    for r in range(tile.shape[0]):
        i = i0 + r
        for first in range(start, stop, CHUNK):
            last = min(first + CHUNK, stop)
            product, low_c, limit_c = tile[r, first:last], low[j0 + first : j0 + last], limit[j0 + first : j0 + last]
            passing = 0
            for c in range(product.shape[0]):
                passing += np.int32(low_c[c] - limit_c[c] - TWO * product[c] <= -low[i])
            if passing:
                for c in range(product.shape[0]):
                    partial = low_c[c] - TWO * product[c]
                    if partial - limit_c[c] <= -low[i]:
                        j = j0 + first + c
                        _offer(X, j, i, partial + low[i], k, slack, scale, found, bound, count, limit)


@njit(cache=True, nogil=True)
def _settle(X, start, stop, k, found, count, distance, index):
    """Measure the candidates of the points ``start`` to ``stop`` and keep the k nearest."""
    for i in range(start, stop):
        _nearest(X, i, found[i], count[i], k, distance[i], index[i])


def _candidates(X, k, block, pool):
    """For each point a short list that contains its k nearest; every pair of blocks is multiplied once, not twice."""
    n = len(X)
    z, low, slack, scale = screen(X)
    found = np.empty((n, 2 * k + 48), dtype=np.int32)
    bound = np.empty(found.shape, dtype=np.float32)
    count = np.zeros(n, dtype=np.int64)
    limit = np.full(n, np.inf, dtype=np.float32)
    store = np.empty(min(block, n) ** 2, dtype=np.float32)
    state = (k, low, slack, scale, found, bound, count, limit)
    for i0 in range(0, n, block):
        for j0 in range(i0, n, block):
            rows, columns = z[i0 : i0 + block], z[j0 : j0 + block]
            tile = np.matmul(rows, columns.T, out=store[: len(rows) * len(columns)].reshape(len(rows), len(columns)))
            strips(pool, len(rows), lambda a, b, t=tile, i=i0, j=j0: _scan_rows(X, t, a, b, i, j, *state))
            if i0 != j0:
                strips(pool, len(columns), lambda a, b, t=tile, i=i0, j=j0: _scan_columns(X, t, a, b, i, j, *state))
    return found, count


def _candidates_torch(X, k, block, device):
    """The same short lists from a GPU; rows whose list may be incomplete get every other point."""
    import torch

    n = len(X)
    kept = min(n - 1, 2 * k + 48)
    view = screen(X)
    z, low, slack = (torch.from_numpy(part).to(device) for part in view[:3])
    found = np.empty((n, kept), dtype=np.int32)
    complete = np.empty(n, dtype=bool)
    tf32 = torch.backends.cuda.matmul.allow_tf32
    torch.backends.cuda.matmul.allow_tf32 = False  # 10 bits of mantissa would break the bound
    try:
        for i0 in range(0, n, block):
            bound = torch.addmm(low, z[i0 : i0 + block], z.T, alpha=-2).add_(low[i0 : i0 + block, None])
            own = torch.arange(len(bound), device=device)
            bound[own, own + i0] = torch.inf
            least, near = torch.topk(bound, kept, largest=False)
            upper = least + slack[near] + slack[i0 : i0 + block, None]
            enough = (least[:, -1] > torch.kthvalue(upper, k).values) | (kept == n - 1)
            found[i0 : i0 + block] = near.to(torch.int32).cpu().numpy()
            complete[i0 : i0 + block] = enough.cpu().numpy()
    finally:
        torch.backends.cuda.matmul.allow_tf32 = tf32
    return found, np.full(n, kept), np.flatnonzero(~complete)


def knn(X, k, device="auto", block=2048):
    r"""The k nearest neighbours of every point, exactly.

    .. math:: d(x_i, x_j) = \Bigl( \sum_t (x_{it} - x_{jt})^2 \Bigr)^{1/2}

    Eq. (7) of the paper averages these distances; the radius of Algorithm 1 is the median of the last column.

    Parameters
    ----------
    X : array of shape (n, d)
        One point per row; float32 and float64 are taken as they are, the rest becomes float64.
    k : int
        Neighbours per point, the point itself left out. With n ≤ k points there are n − 1.
    device : str, default "auto"
        ``"cpu"``, ``"cuda"`` or another torch device; "auto" takes a GPU where torch finds one. The answer is the same.
    block : int, default 2048
        Points multiplied at a time. Memory grows with n · k + block² (on a GPU, with n · block).

    Returns
    -------
    distances : ndarray of shape (n, min(k, n − 1)), float64
        Ascending.
    indices : ndarray of the same shape, int64
        Of equal distances the lower index comes first.

    Notes
    -----
    Copies are at distance 0 of each other, and a point with more than k copies is a neighbour only of copies.
    """
    if k < 1:
        raise ValueError(f"k is {k}; a point needs at least one neighbour")
    X = as_points(X)
    n = len(X)
    k = min(k, n - 1)
    if k < 1:
        return np.empty((n, 0)), np.empty((n, 0), dtype=np.int64)
    distance = np.empty((n, k))
    index = np.empty((n, k), dtype=np.int64)
    with ThreadPoolExecutor(threads()) as pool:
        if _device(device) == "cpu":
            found, count = _candidates(X, k, block, pool)
            unsure = []
        else:
            found, count, unsure = _candidates_torch(X, k, block, _device(device))
        strips(pool, n, lambda a, b: _settle(X, a, b, k, found, count, distance, index))
    for i in unsure:
        others = np.delete(np.arange(n, dtype=np.int32), i)
        _nearest(X, i, others, n - 1, k, distance[i], index[i])
    return distance, index


def _device(device):
    """The device to use; "auto" does not spend seconds on importing torch where no GPU is plugged in."""
    if device != "auto":
        return device
    if not (any(Path("/dev").glob("nvidia[0-9]*")) or Path("/dev/dxg").exists()):
        return "cpu"
    import torch

    return "cuda" if torch.cuda.is_available() else "cpu"
