"""Which points lie within a radius: counted, or reached from a frontier.

The rule of `assl_utils.space.neighbors` holds here too: a float32 product decides only what its error bound leaves no
doubt about, every other pair is measured in float64 by the function that also gave the radius. ``d ≤ ε`` is then exact,
also where ε is itself the distance of a pair.
"""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numba import njit

from assl_utils.machine import strips, threads
from assl_utils.space.neighbors import CHUNK, TINY, TWO, distance_between, screening

BLOCK = 2048


def _limits(eps, scale):
    """Scaled squared distances below which a pair is certainly inside, above which it is certainly outside."""
    square = (eps * scale) ** 2
    return np.float32(square * (1 - 1e-6)), np.float32(square * (1 + 1e-6) + TINY)


@njit(cache=True, nogil=True, fastmath=screening)
def _count_tile(X, tile, start, stop, a0, b0, who, low, slack, inside, outside, eps, by_row, by_column):
    """Add to the counts the pairs of a tile that lie within eps."""
    for r in range(start, stop):
        a = a0 + r
        for first in range(0, tile.shape[1], CHUNK):
            product, column = tile[r, first : first + CHUNK], by_column[first : first + CHUNK]
            b = b0 + first
            low_b, slack_b, who_b = low[b : b + len(product)], slack[b : b + len(product)], who[b : b + len(product)]
            sure = 0
            maybe = 0
            for c in range(len(product)):
                least = low_b[c] - TWO * product[c] + low[a]
                certain = np.int32(least + slack[a] + slack_b[c] <= inside)
                sure += certain
                maybe += np.int32(least <= outside)
                column[c] += certain
            by_row[a] += sure
            if maybe > sure:
                for c in range(len(product)):
                    least = low_b[c] - TWO * product[c] + low[a]
                    if least <= outside and not least + slack[a] + slack_b[c] <= inside:
                        if distance_between(X, who[a], X, who_b[c]) <= eps:
                            by_row[a] += 1
                            column[c] += 1


def count_within(X, view, who, eps):
    """For each point of ``who`` the number of other points of ``who`` within eps; ``view`` is the screen of X."""
    n = len(who)
    z, low, slack = view.z[who], view.low[who], view.slack[who]
    inside, outside = _limits(eps, view.scale)
    counts = np.zeros(n, dtype=np.int64)

    def work(start, stop):
        by_column = np.zeros(tile.shape[1], dtype=np.int32)
        _count_tile(X, tile, start, stop, a0, b0, who, low, slack, inside, outside, eps, counts, by_column)
        return by_column

    with ThreadPoolExecutor(threads()) as pool:
        for a0 in range(0, n, BLOCK):
            for b0 in range(a0, n, BLOCK):
                tile = z[a0 : a0 + BLOCK] @ z[b0 : b0 + BLOCK].T
                columns = sum(strips(pool, len(tile), work))
                if a0 != b0:  # a tile on the diagonal already holds both (i, j) and (j, i)
                    counts[b0 : b0 + BLOCK] += columns
    return counts - 1  # every point was within eps of itself


@njit(cache=True, nogil=True, fastmath=screening)
def _mark_tile(X, tile, start, stop, rows, row_low, row_slack, who, low, slack, inside, outside, eps, hit):
    """Mark the columns of a tile that lie within eps of a row; a marked column is not looked at again."""
    for r in range(tile.shape[0]):
        for first in range(start, stop, CHUNK):
            last = min(first + CHUNK, stop)
            product, low_c = tile[r, first:last], low[first:last]
            passing = 0
            for c in range(len(product)):
                passing += np.int32(low_c[c] - TWO * product[c] + row_low[r] <= outside)
            if passing:
                for c in range(len(product)):
                    least = low_c[c] - TWO * product[c] + row_low[r]
                    if least <= outside:
                        at = first + c
                        if (
                            least + row_slack[r] + slack[at] <= inside
                            or distance_between(X, rows[r], X, who[at]) <= eps
                        ):
                            hit[at] = True
                            low_c[c] = np.inf


class Reach:
    """Points not yet reached, and which of them a frontier reaches. The store shrinks as they are."""

    def __init__(self, X, view, who, eps):
        self.X, self.view, self.who, self.eps = X, view, who, eps
        self.z, self.low, self.slack = view.z[who], view.low[who], view.slack[who]

    def within(self, frontier, is_open):
        """Stored points that are open (a mask over all points) and within eps of any point of the frontier."""
        alive = is_open[self.who]
        if not alive.any():
            return self.who[:0]
        if alive.sum() < 0.75 * len(alive):  # copying is worth it when a quarter is gone
            self.who, self.z = self.who[alive], self.z[alive]
            self.low, self.slack = self.low[alive], self.slack[alive]
            alive = alive[alive]
        low = np.where(alive, self.low, np.float32(np.inf))
        hit = np.zeros(len(low), dtype=bool)
        inside, outside = _limits(self.eps, self.view.scale)

        def work(start, stop):
            _mark_tile(
                self.X, tile, start, stop, rows, self.view.low[rows], self.view.slack[rows],
                self.who[columns], low[columns], self.slack[columns], inside, outside, self.eps, hit[columns],
            )  # fmt: skip

        with ThreadPoolExecutor(threads()) as pool:
            for b0 in range(0, len(low), BLOCK):
                columns = slice(b0, b0 + BLOCK)
                for a0 in range(0, len(frontier), BLOCK):
                    rows = frontier[a0 : a0 + BLOCK]
                    tile = self.view.z[rows] @ self.z[columns].T
                    strips(pool, tile.shape[1], work)
                    if hit[columns].all():
                        break
        return self.who[hit]
