"""The silhouette of every point is its definition, and scikit-learn's."""

import math
import os
import subprocess
import sys

import numpy as np
import pytest
from sklearn.metrics import silhouette_samples

from assl_utils.space.clustering import canonical, sweep_k
from assl_utils.space.silhouette import silhouettes


def random_labels(rng, n, k):
    return canonical(np.concatenate([np.arange(k), rng.integers(0, k, size=n - k)])[rng.permutation(n)])


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


def test_silhouettes_are_the_same_bits_for_any_number_of_threads():
    """A product by two threads of BLAS has other last digits than one by one thread."""
    code = (
        "import numpy as np\n"
        "from assl_utils.space.silhouette import silhouettes\n"
        "rng = np.random.default_rng(0)\n"
        "for n in (347, 2600):\n"
        "    X = rng.normal(size=(n, 128)).astype(np.float32)\n"
        "    X /= np.linalg.norm(X, axis=1, keepdims=True)\n"
        "    found = silhouettes(X, {3: np.arange(n) % 3, 5: np.arange(n) % 5})\n"
        "    print(*(value.tobytes().hex() for value in found.values()))\n"
    )
    found = set()
    for threads in ("1", "2"):
        limits = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), threads)
        paths = {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
        words = [sys.executable, "-c", code]
        found.add(subprocess.run(words, env=os.environ | limits | paths, check=True, capture_output=True).stdout)
    assert len(found) == 1
