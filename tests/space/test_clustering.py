"""Laws of K-Means and the sweep over K: labels have one canonical numbering, centroids are means."""

import math

import numpy as np
import pandas as pd
import pytest
from sklearn.cluster import KMeans

from assl_utils.space.clustering import (
    canonical,
    centroids,
    kmeans,
    knee,
    members,
    spread,
    spreads,
    sse,
    stability,
    sweep_k,
    without_groups,
)


def random_labels(rng, n, k):
    return canonical(np.concatenate([np.arange(k), rng.integers(0, k, size=n - k)])[rng.permutation(n)])


def test_clusters_are_numbered_by_size_then_by_first_member():
    assert canonical([7, 3, 3, 9, 7, 3, 9, 1]).tolist() == [1, 0, 0, 2, 1, 0, 2, 3]
    assert canonical([5]).tolist() == [0]


def test_k_means_is_scikit_learns_and_repeats():
    X = np.random.default_rng(0).normal(size=(300, 5))
    labels = kmeans(X, 4, seed=3)
    plain = KMeans(n_clusters=4, n_init=10, random_state=3).fit(X)
    assert (np.diff(np.bincount(labels)) <= 0).all()
    assert sse(X, labels) == pytest.approx(plain.inertia_, rel=1e-6)
    np.testing.assert_array_equal(labels, kmeans(X, 4, seed=3))
    np.testing.assert_array_equal(labels, sweep_k(X, ks=[4], seed=3)[1][4])


def test_a_centroid_is_the_mean_of_its_cluster():
    X = np.random.default_rng(0).normal(size=(50, 3)).astype(np.float32)
    labels = random_labels(np.random.default_rng(1), 50, 4)
    groups = [X[labels == c].tolist() for c in range(4)]
    by_hand = [[math.fsum(column) / len(g) for column in zip(*g, strict=True)] for g in groups]
    np.testing.assert_allclose(centroids(X, labels), by_hand, rtol=1e-12)
    expected = math.fsum(math.dist(x, by_hand[c]) ** 2 for x, c in zip(X.tolist(), labels, strict=True))
    assert sse(X, labels) == pytest.approx(expected, rel=1e-12)


def test_stability_is_one_for_clear_groups_and_low_for_none():
    rng = np.random.default_rng(0)
    clear = np.repeat(np.eye(3) * 50, 30, axis=0) + rng.normal(size=(90, 3))
    assert stability(clear, 3, seeds=range(3)) == 1.0
    assert stability(rng.normal(size=(200, 8)), 9, seeds=range(3)) < 0.8
    with pytest.raises(ValueError, match="two seeds"):
        stability(clear, 3, seeds=[0])


def test_points_without_groups_have_the_spread_of_the_others_and_nothing_else():
    rng = np.random.default_rng(0)
    X = np.repeat(rng.normal(size=(4, 6)) * 5, 2000, axis=0) + rng.normal(size=(8000, 6))
    Y = without_groups(X, seed=1)
    np.testing.assert_allclose(Y.mean(axis=0), X.mean(axis=0), atol=0.3)
    np.testing.assert_allclose(np.cov(Y, rowvar=False), np.cov(X, rowvar=False), atol=1.5)
    found, nothing = (sweep_k(Z[::20], ks=[4])[0].silhouette[0] for Z in (X, Y))
    assert found > 0.5 > 0.35 > nothing
    unit = (X / np.linalg.norm(X, axis=1, keepdims=True)).astype(np.float32)
    again = without_groups(unit, seed=1)
    assert again.dtype == np.float32 and np.linalg.norm(again, axis=1) == pytest.approx(1, abs=1e-5)
    np.testing.assert_array_equal(again, without_groups(unit, seed=1))
    assert without_groups(np.ones((5, 3))).shape == (5, 3), "no spread at all"
    assert without_groups(np.arange(4.0)[:, None]).shape == (4, 1)


def test_the_knee_is_where_a_curve_bends():
    assert knee([2, 3, 4, 5, 6], [100, 60, 20, 18, 16]) == 4
    assert knee(range(2, 12), [1 / k for k in range(2, 12)]) == 5  # 1 - (k-2)/9 - (1/k - 1/11)/(1/2 - 1/11) at its top
    with pytest.raises(ValueError, match="falling"):
        knee([1, 2, 3], [1, 2, 3])
    with pytest.raises(ValueError, match="three points"):
        knee([1, 2], [2, 1])


def test_impossible_numbers_of_clusters_are_refused():
    for k in (0, 6):
        with pytest.raises(ValueError, match=f"{k} clusters of 5 points"):
            kmeans(np.ones((5, 2)), k)
    with pytest.raises(ValueError, match="row 1"):
        kmeans(np.array([[0.0], [np.nan]]), 2)


def test_a_member_knows_its_cluster_and_its_distance():
    X, labels = np.array([[0.0, 0.0], [0.0, 2.0], [5.0, 5.0]]), np.array([0, 0, 1])
    table = members(pd.Series(["a", "b", "c"]), X, labels, centroids(X, labels))
    assert table["id"].tolist() == ["a", "b", "c"] and table["cluster"].tolist() == [0, 0, 1]
    assert table["distance"].tolist() == [1.0, 1.0, 0.0]


def test_spreads_are_those_of_each_group_in_order_of_appearance():
    X, groups = np.array([[0.0], [4.0], [1.0], [1.0]]), pd.Series(["b", "b", "a", "a"])
    assert spreads(X, groups) == {"b": 2.0, "a": 0.0}
    assert spread(X) == 1.25  # mean 1.5: 1.5, 2.5, 0.5, 0.5
