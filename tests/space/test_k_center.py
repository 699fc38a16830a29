"""Greedy K-center: always the point farthest from those already taken."""

import math

import numpy as np
import pytest

from assl_utils.space.k_center import farthest_first, farthest_first_cells


def all_pairs(X):
    return [[math.dist(p, q) for q in X.tolist()] for p in X.tolist()]


def farthest_by_hand(X, n, first):
    """Gonzalez read aloud."""
    table, taken = all_pairs(X), [first]
    while len(taken) < min(n, len(X)):
        left = [i for i in range(len(X)) if i not in taken]
        taken.append(max(left, key=lambda i: (min(table[i][j] for j in taken), -i)))
    return taken


@pytest.mark.parametrize("seed", range(6))
def test_centres_are_the_farthest_points_in_turn(seed):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(70, 3)) if seed % 2 else rng.integers(0, 4, size=(70, 2)).astype(float)
    first = int(rng.integers(70))
    assert farthest_first(X, 40, first).tolist() == farthest_by_hand(X, 40, first)


def test_copies_come_last_and_all_is_the_most_there_is():
    X = np.repeat(np.arange(4.0)[:, None], 3, axis=0)
    taken = farthest_first(X, 99, 0)
    assert sorted(taken.tolist()) == list(range(12))
    assert sorted(X[taken[:4], 0].tolist()) == [0, 1, 2, 3]


def test_each_point_belongs_to_the_nearest_one_taken():
    X = np.array([[0.0], [1.0], [10.0], [9.0], [10.0]])
    taken, owner = farthest_first_cells(X, 2, 0)
    assert taken.tolist() == [0, 2] and owner.tolist() == [0, 0, 1, 1, 1]
