"""Looks at the space: the nearest other row, and a map that draws what it says."""

import numpy as np
import pandas as pd
import pytest
from threadpoolctl import threadpool_limits

from assl_utils.space import look


def test_the_nearest_other_row_is_never_the_row_itself():
    X = np.array([[1.0, 0.0], [0.8, 0.6], [0.0, 1.0], [0.6, 0.8]])
    table = look.nearest(pd.Series(list("abcd")), X, [0, 2])
    assert table["row"].tolist() == ["a", "c"] and table["nearest"].tolist() == ["b", "d"]
    assert table["cosine"].tolist() == [0.8, 0.8]


def test_a_map_shows_the_same_points_on_every_run():
    X = np.random.default_rng(0).normal(size=(90, 4)).astype(np.float32)
    drawn, xy = look.flatten(X, n=60, seed=1)
    assert len(drawn) == 60 and (np.diff(drawn) > 0).all() and xy.shape == (60, 2) and xy.dtype == np.float32
    np.testing.assert_array_equal(look.flatten(X, n=60, seed=1)[1], xy)
    assert len(look.flatten(X, n=1000)[0]) == 90, "fewer points than asked for: all of them"


@pytest.mark.parametrize("threads", (1, 3))
def test_a_map_does_not_depend_on_the_number_of_threads(threads):
    X = np.random.default_rng(0).normal(size=(740, 128)).astype(np.float32)
    with threadpool_limits(threads):
        here = look.flatten(X, seed=1)[1]
    with threadpool_limits(2):
        np.testing.assert_array_equal(here, look.flatten(X, seed=1)[1])


def test_the_plane_of_the_centroids_keeps_their_distances_and_one_centroid_takes_that_of_the_points():
    X = np.random.default_rng(0).normal(size=(90, 4))
    three = X[:3]
    flat = look.plane(three, X).transform(three)
    for i, j in ((0, 1), (0, 2), (1, 2)):  # three points lie in a plane
        np.testing.assert_allclose(np.linalg.norm(flat[i] - flat[j]), np.linalg.norm(three[i] - three[j]))
    for few in (1, 2):
        assert look.plane(X[:few], X).transform(X).shape == (90, 2)
