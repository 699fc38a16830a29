"""Laws of the radius kernels: counted and reached as every pair measured says, ε exactly met included."""

import math

import numpy as np
import pytest

from assl_utils.space.neighbors import knn, screen
from assl_utils.space.reach import Reach, count_within


def all_pairs(X):
    return [[math.dist(p, q) for q in X.tolist()] for p in X.tolist()]


def sets():
    rng = np.random.default_rng(2)
    yield np.round(4 * rng.normal(size=(120, 2))) / 4  # quarters: many distances exactly equal
    yield rng.integers(0, 4, size=(150, 3)).astype(float)
    yield rng.normal(size=(130, 40)) * 1e-3 + 5
    yield np.repeat(rng.normal(size=(20, 6)), 5, axis=0)


def radii(X):
    """Radii that are somebody's distance, in the arithmetic of the module, and zero."""
    distance = knn(X, 12)[0]
    return [0.0, distance[0, 0], distance[3, 5], float(np.median(distance[:, -1]))]


@pytest.mark.parametrize("X", list(sets()), ids=["quarters", "grid", "offset", "copies"])
def test_counts_are_those_of_all_pairs(X, monkeypatch):
    monkeypatch.setattr("assl_utils.space.reach.BLOCK", 32)
    table = all_pairs(X)
    who = np.random.default_rng(0).permutation(len(X))[:101]
    for eps in radii(X):
        # math.dist may differ in the last bit, which only matters where eps is met: allow it exactly there
        expected = [sum(table[i][j] <= eps * (1 + 1e-14) for j in who if j != i) for i in who]
        assert count_within(X, screen(X), who, eps).tolist() == expected


@pytest.mark.parametrize("X", list(sets()), ids=["quarters", "grid", "offset", "copies"])
def test_a_frontier_reaches_what_lies_within_eps(X, monkeypatch):
    monkeypatch.setattr("assl_utils.space.reach.BLOCK", 32)
    table, rng = all_pairs(X), np.random.default_rng(1)
    who = np.sort(rng.permutation(len(X))[:90])
    for eps in radii(X):
        reach, is_open = Reach(X, screen(X), who, eps), np.ones(len(X), dtype=bool)
        for _ in range(4):
            frontier = rng.permutation(len(X))[:9]
            expected = [j for j in who if is_open[j] and min(table[i][j] for i in frontier) <= eps * (1 + 1e-14)]
            assert reach.within(frontier, is_open).tolist() == expected
            is_open[rng.random(len(X)) < 0.3] = False
        assert len(reach.who) < 90, "the store shrinks as points are reached"
        assert reach.within(frontier, np.zeros(len(X), dtype=bool)).size == 0
