"""Laws of the neighbour search: it equals every distance, sorted; ties, copies and bad numbers included."""

import math
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from assl_utils.space import neighbors
from assl_utils.space.neighbors import knn, screen

DEVICES = ["cpu", "cpu:0"]  # our own kernels, and what a GPU would run, here on torch's CPU


def knn_by_sorting(X, k):
    """Every distance of every point, sorted by (distance, index)."""
    rows = [[float(v) for v in row] for row in X]
    table = [sorted((math.dist(p, q), j) for j, q in enumerate(rows) if j != i)[:k] for i, p in enumerate(rows)]
    width = min(k, len(rows) - 1)
    distance = np.array([[d for d, _ in line] for line in table]).reshape(len(rows), width)
    return distance, np.array([[j for _, j in line] for line in table], dtype=int).reshape(len(rows), width)


def assert_is_knn(X, k, **options):
    distance, index = knn(X, k, **options)
    expected_distance, expected_index = knn_by_sorting(X, k)
    np.testing.assert_array_equal(index, expected_index)
    np.testing.assert_allclose(distance, expected_distance, rtol=1e-12, atol=0)


def nasty(name):
    """Small sets that break neighbour searches."""
    rng = np.random.default_rng(7)
    rays = rng.normal(size=(120, 64))
    return {
        "gaussian": rng.normal(size=(150, 17)),
        "float32": rng.normal(size=(150, 33)).astype(np.float32),
        "unit vectors": (rays / np.linalg.norm(rays, axis=1)[:, None]).astype(np.float32),
        "grid full of ties": rng.integers(0, 3, size=(160, 3)).astype(float),
        "copies": np.repeat(rng.normal(size=(12, 5)), 11, axis=0)[rng.permutation(132)],
        "all equal": np.ones((90, 4)),
        "zeros": np.zeros((70, 3)),
        "near copies": rng.normal(size=(1, 40)) + 1e-7 * rng.normal(size=(130, 40)),
        "far from zero": 1e7 + rng.normal(size=(100, 6)),
        "very far from zero": 1e12 + rng.normal(size=(100, 6)),
        "one outlier": np.vstack([1e-6 * rng.normal(size=(100, 6)), np.full((1, 6), 1e6)]),
        "huge and tiny": np.vstack([1e30 * rng.normal(size=(50, 4)), 1e-30 * rng.normal(size=(50, 4))]),
        "integers": rng.integers(-5, 6, size=(100, 4)),
        "one dimension": rng.normal(size=(100, 1)),
        "half precision": rng.normal(size=(80, 9)).astype(np.float16),
    }[name]


NASTY = [
    "gaussian", "float32", "unit vectors", "grid full of ties", "copies", "all equal", "zeros", "near copies",
    "far from zero", "very far from zero", "one outlier", "huge and tiny", "integers", "one dimension",
    "half precision",
]  # fmt: skip


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("name", NASTY)
def test_the_neighbours_are_all_distances_sorted(name, device):
    X = nasty(name)
    for k in (1, 7, 20):
        assert_is_knn(X, k, device=device)


@pytest.mark.parametrize("block", [1, 16, 37, 64])
def test_blocks_do_not_show(block):
    rng = np.random.default_rng(block)
    X = np.round(4 * rng.normal(size=(150, 3))) / 4  # quarters: exact ties across blocks
    assert_is_knn(X, 9, block=block)
    assert_is_knn(np.repeat(X[:5], 30, axis=0), 4, block=block)


def test_a_crowd_closer_than_float32_can_tell_is_still_sorted():
    rng = np.random.default_rng(1)
    crowd = rng.normal(size=(1, 24)) + 1e-6 * rng.normal(size=(400, 24))
    assert_is_knn(np.vstack([crowd, rng.normal(size=(50, 24))]), 5, block=128)


def test_no_more_neighbours_than_points():
    X = np.random.default_rng(0).normal(size=(6, 3))
    assert knn(X, 20)[0].shape == (6, 5)
    assert_is_knn(X, 20)


def test_one_point_has_no_neighbour():
    distance, index = knn(np.ones((1, 3)), 20)
    assert distance.shape == index.shape == (1, 0)
    assert knn(np.ones((0, 3)), 20)[0].shape == (0, 0)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_bad_number_is_named(bad):
    X = np.zeros((5000, 3))
    X[4321, 1] = bad
    with pytest.raises(ValueError, match="row 4321"):
        knn(X, 2)


def test_nonsense_is_refused():
    with pytest.raises(ValueError, match="neighbour"):
        knn(np.ones((4, 2)), 0)
    with pytest.raises(ValueError, match="one row per point"):
        knn(np.ones(4), 1)


def test_the_input_is_left_alone_and_shuffling_renames_only():
    rng = np.random.default_rng(3)
    X = rng.normal(size=(200, 12)).astype(np.float32)
    before, order = X.copy(), rng.permutation(200)
    distance, index = knn(X, 8)
    shuffled_distance, shuffled_index = knn(X[order], 8)
    np.testing.assert_array_equal(X, before)
    np.testing.assert_array_equal(shuffled_distance, distance[order])
    np.testing.assert_array_equal(order[shuffled_index], index[order])


def test_a_distance_is_the_same_bits_both_ways():
    X = np.random.default_rng(5).normal(size=(60, 769))
    distance, index = knn(X, 59)
    table = np.zeros((60, 60))
    np.put_along_axis(table, index, distance, axis=1)
    np.testing.assert_array_equal(table, table.T)


@pytest.mark.parametrize("name", NASTY)
def test_the_screen_keeps_its_promise(name):
    X = nasty(name).astype(np.float64)
    view = screen(X)
    low = view.low.astype(float)[:, None] + view.low - 2.0 * (view.z @ view.z.T)
    true = np.array([[math.dist(p, q) * view.scale for q in X] for p in X]) ** 2
    assert (low <= true).all()
    assert (true <= low + view.slack[:, None] + view.slack).all()


@pytest.mark.parametrize(("plugged", "driver", "available", "device"), [
    (True, False, True, "cuda"), (True, False, False, "cpu"), (False, True, True, "cuda"), (False, False, True, "cpu"),
])  # fmt: skip
def test_auto_takes_a_card_that_is_plugged_in_and_that_torch_can_use(monkeypatch, plugged, driver, available, device):
    place = SimpleNamespace(glob=lambda pattern: ["nvidia0"] * plugged, exists=lambda: driver)
    monkeypatch.setattr(neighbors, "Path", lambda name: place)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: available)
    assert neighbors._device("auto") == device and neighbors._device("cuda:1") == "cuda:1"


def test_products_on_a_card_are_not_rounded_and_the_callers_setting_comes_back(monkeypatch):
    seen, real, setting = [], torch.addmm, torch.backends.cuda.matmul
    before = setting.allow_tf32
    monkeypatch.setattr(torch, "addmm", lambda *a, **how: seen.append(setting.allow_tf32) or real(*a, **how))
    try:
        setting.allow_tf32 = True
        knn(np.eye(9), 2, device="cpu:0")
        assert set(seen) == {False} and setting.allow_tf32
    finally:
        setting.allow_tf32 = before
