"""Greedy K-center: a first point, the point farthest from it, the point farthest from both, and so on."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numba import njit

from assl_utils.machine import strips, threads
from assl_utils.space.neighbors import as_points, distance_between


@njit(cache=True, nogil=True)
def _assign(X, start, stop, centre, apart, number, distance, owner):
    """Give the points ``start`` to ``stop`` to the newest centre where it is nearer.

    ``apart`` holds the distances of the newest centre to the earlier ones.

    A point whose own centre is at least twice as far from the new one as from the point cannot be nearer to the new
    one (triangle inequality); most points are passed over that way.
    """
    for i in range(start, stop):
        if apart[owner[i]] * (1 - 1e-9) < 2 * distance[i]:
            d = distance_between(X, i, X, centre)
            if d < distance[i]:
                distance[i] = d
                owner[i] = number


@njit(cache=True, nogil=True)
def _to_earlier(X, taken, number, apart):
    """Distances of the newest centre to all the earlier ones."""
    for other in range(number):
        apart[other] = distance_between(X, taken[other], X, taken[number])


def farthest_first(X, n, first):
    """Greedy K-center: from ``first`` on, always the point farthest from those already taken.

    Parameters
    ----------
    X : array of shape (m, d)
    n : int
        Points to take; more than there are means all.
    first : int
        Position of the first one.

    Returns
    -------
    ndarray of shape (min(n, m),)
        Positions in the order of choice. Of equally far points the lowest comes first; copies of points already taken
        come last of all.

    Notes
    -----
    The largest distance left over is at most twice the best possible one (Gonzalez, 1985).
    """
    return farthest_first_cells(X, n, first)[0]


def farthest_first_cells(X, n, first):
    """As `farthest_first`, and for each point the number of the taken one nearest to it, of equally near the earliest.

    A taken point is its own, also where it is the copy of an earlier one.
    """
    X = as_points(X)
    m = len(X)
    taken = np.empty(min(n, m), dtype=np.int64)
    distance = np.full(m, np.inf)
    owner = np.zeros(m, dtype=np.int64)
    apart = np.zeros(max(len(taken), 1))
    with ThreadPoolExecutor(threads()) as pool:
        for number in range(len(taken)):
            centre = first if number == 0 else int(distance.argmax())
            taken[number] = centre
            _to_earlier(X, taken, number, apart)
            strips(pool, m, lambda a, b, c=centre, k=number: _assign(X, a, b, c, apart, k, distance, owner))
            distance[centre] = -1.0  # never again, not even among copies
    owner[taken] = np.arange(len(taken))
    return taken, owner
