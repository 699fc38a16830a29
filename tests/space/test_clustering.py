"""Laws of the K sweep: the silhouette is everybody's, by definition; labels have one canonical numbering."""

import math

import numpy as np
import pytest
from sklearn.cluster import KMeans
from sklearn.metrics import silhouette_samples

from assl_utils.space.clustering import canonical, centroids, kmeans, knee, sse, stability, sweep_k, without_groups
from assl_utils.space.silhouette import silhouettes


def silhouette_by_definition(X, labels):
    """Rousseeuw read aloud, point by point."""
    points, groups = X.tolist(), {c: [i for i, label in enumerate(labels) if label == c] for c in set(labels)}
    values = []
    for i, p in enumerate(points):
        if len(groups[labels[i]]) == 1:
            values.append(0.0)
            continue
        mean = {c: sum(math.dist(p, points[j]) for j in g) / len(g) for c, g in groups.items() if c != labels[i]}
        own = groups[labels[i]]
        a, b = sum(math.dist(p, points[j]) for j in own) / (len(own) - 1), min(mean.values())
        values.append((b - a) / max(a, b) if max(a, b) > 0 else 0.0)
    return values


def random_labels(rng, n, k):
    return canonical(np.concatenate([np.arange(k), rng.integers(0, k, size=n - k)])[rng.permutation(n)])


def nasty(name):
    rng = np.random.default_rng(5)
    return {
        "gaussian": rng.normal(size=(140, 9)),
        "float32": rng.normal(size=(140, 33)).astype(np.float32),
        "far from zero": 1e6 + rng.normal(size=(90, 4)),
        "copies": np.repeat(rng.normal(size=(14, 6)), 9, axis=0),
        "near copies": np.repeat(rng.normal(size=(14, 6)), 9, axis=0) + 1e-7 * rng.normal(size=(126, 6)),
        "all equal": np.ones((60, 3)),
        "one outlier": np.vstack([rng.normal(size=(80, 5)), np.full((1, 5), 300.0)]),
    }[name]


NASTY = ["gaussian", "float32", "far from zero", "copies", "near copies", "all equal", "one outlier"]


@pytest.mark.parametrize("block", [16, 2048])
@pytest.mark.parametrize("name", NASTY)
def test_the_silhouette_of_every_point_is_its_definition(name, block, monkeypatch):
    monkeypatch.setattr("assl_utils.space.silhouette.BLOCK", block)
    X, rng = nasty(name), np.random.default_rng(0)
    labels = {k: random_labels(rng, len(X), k) for k in (2, 3, 7, 15)}
    found = silhouettes(X, labels)
    for k in labels:
        np.testing.assert_allclose(found[k], silhouette_by_definition(X, labels[k].tolist()), atol=2e-6)


def test_good_clusters_score_as_scikit_learn_says():
    rng = np.random.default_rng(1)
    X = (rng.normal(size=(6, 48))[rng.integers(0, 6, size=900)] + 0.4 * rng.normal(size=(900, 48))).astype(np.float32)
    sweep, labels = sweep_k(X, ks=range(2, 9))
    assert sweep.k.tolist() == list(range(2, 9)) == list(labels)
    for row in sweep.itertuples():
        values = silhouette_samples(X.astype(np.float64), labels[row.k])
        np.testing.assert_allclose(silhouettes(X, {row.k: labels[row.k]})[row.k], values, atol=1e-5)
        assert row.silhouette == pytest.approx(values.mean(), abs=1e-6)
    assert sweep.silhouette.idxmax() == 4, "six groups were made"
    assert (np.diff(sweep.sse) < 0).all()


def test_a_point_alone_counts_zero_and_one_cluster_has_no_silhouette():
    X = np.array([[0.0], [1.0], [10.0]])
    values = silhouettes(X, {2: np.array([0, 0, 1]), 1: np.zeros(3, dtype=int)})
    np.testing.assert_allclose(values[2], [1 - 1 / 10, 1 - 1 / 9, 0.0], atol=1e-6)
    assert np.isnan(values[1]).all()


def test_an_empty_cluster_is_nobodys_neighbour():
    X = np.random.default_rng(0).normal(size=(30, 3))
    labels = np.repeat([0, 1, 2], 10)
    gap = np.repeat([0, 2, 4], 10)
    np.testing.assert_allclose(silhouettes(X, {5: gap})[5], silhouettes(X, {3: labels})[3], atol=1e-7)


def test_wrong_labels_are_refused():
    with pytest.raises(ValueError, match="labels"):
        silhouettes(np.ones((4, 2)), {2: np.zeros(3, dtype=int)})
    with pytest.raises(ValueError, match="labels"):
        silhouettes(np.ones((4, 2)), {2: np.array([0, 1, -1, 0])})
    assert silhouettes(np.ones((4, 2)), {}) == {}


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
