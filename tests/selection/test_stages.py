"""Both stages on a whole run are, cluster by cluster, what the kernels do; chapters 4 and 5 computed it so by hand."""

import numpy as np
import pandas as pd
import pytest

from assl_utils.selection import stages
from assl_utils.selection.adbscan import adbscan, unique_points
from assl_utils.selection.budget import redistribute
from assl_utils.selection.controls import random_per_cluster, random_per_subtask
from assl_utils.selection.utility import fill, fill_level


def run(seed=0):
    """Three clusters on a plane, some rows twice; the rows of a cluster lie apart in the table."""
    rng = np.random.default_rng(seed)
    cluster = rng.integers(0, 3, 150)
    X = rng.normal(size=(150, 2)) * (0.3 + cluster[:, None]) + 9 * cluster[:, None]
    X[140:] = X[:10]
    cluster[140:] = cluster[:10]
    return X, cluster


@pytest.mark.parametrize("method", ["trimmed_medoids", "inverse_density"])
@pytest.mark.parametrize("goal", [None, 12])
@pytest.mark.parametrize("radius", [1.0, 0.7])
def test_stage_one_is_what_the_cells_of_chapter_4_computed(goal, method, radius):
    X, cluster = run()
    chosen = pd.DataFrame({"subcluster": -1, "density": np.nan, "chosen": False}, index=range(len(X)))
    for _, members in pd.DataFrame({"cluster": cluster}).groupby("cluster").indices.items():
        distinct = members[unique_points(X[members])[0]]
        result = adbscan(X[distinct], 5, "equation9")
        if radius != 1:
            result = adbscan(X[distinct], 5, "equation9", eps=radius * result.eps)
        chosen.loc[distinct, "subcluster"] = result.labels
        chosen.loc[distinct, "density"] = result.density
        chosen.loc[distinct[redistribute(X[distinct], result, goal, 3, method)], "chosen"] = True
    table, found = stages.thin_clusters(X, cluster, 5, "equation9", goal, method, 3, radius)
    pd.testing.assert_frame_equal(table, chosen)
    assert list(found) == [0, 1, 2] and sum(len(f.members) for f in found.values()) == 140
    assert table["density"].isna().sum() == 10 and not table.loc[table["density"].isna(), "chosen"].any()
    if goal:
        assert table.groupby(cluster)["chosen"].sum().tolist() == [goal] * 3


def test_stage_one_leaves_what_it_is_given_alone():
    X, cluster = run()
    before = X.copy(), cluster.copy()
    stages.thin_clusters(X, cluster, 5)
    assert np.array_equal(X, before[0]) and np.array_equal(cluster, before[1])


def test_rows_without_a_score_need_nothing():
    rows = pd.DataFrame({"id": ["c", "a", "b"]}, index=[7, 8, 9])
    scores = pd.DataFrame({"id": ["b", "c"], "score": [-0.5, 0.25]})
    assert stages.need_of(rows, scores).tolist() == [0.25, 0.0, -0.5]
    assert stages.need_of(rows, scores[:0]).tolist() == [0.0, 0.0, 0.0]
    with pytest.raises(ValueError, match="1 scores are of rows that are not here, such as 'c'"):
        stages.need_of(rows[1:], scores)


def test_each_choice_is_the_function_of_its_name():
    X, cluster = run()
    rng = np.random.default_rng(1)
    need, first = rng.random(150), rng.random(150) < 0.1
    subtask, centroids = rng.choice(list("abcd"), 150), rng.normal(size=(3, 2))
    expected = {
        "utility": fill(X, cluster, centroids, need, first, 20, (0.1, 0.2, 0.7)),
        "level": fill_level(X, cluster, subtask, need, first, 60, (0.1, 0.2, 0.7)),
        "random": random_per_cluster(cluster, 20, 4),
        "random_even": random_per_cluster(cluster, 20, 4, subtask),
        "random_per_subtask": random_per_subtask(cluster, subtask, 60, 4),
    }
    assert list(stages.CHOICES) == list(expected)
    for choice, table in expected.items():
        how = (X, cluster, centroids, need, first, 20, (0.1, 0.2, 0.7), subtask, 4)
        pd.testing.assert_frame_equal(stages.choose(choice, *how), table)
    assert len({tuple(table["position"]) for table in expected.values()}) == 5


def test_a_former_or_unknown_choice_is_an_error_that_says_the_way_out():
    with pytest.raises(ValueError, match="choice=lot_level is called choice=random_per_subtask now"):
        stages.check_choice("lot_level")
    with pytest.raises(ValueError, match="choice=best is none of utility, level, random,"):
        stages.choose("best", *run(), None, None, None, 3)
    with pytest.raises(ValueError, match="choice=level needs the sub-task"):
        stages.choose("level", *run(), np.eye(3, 2), np.zeros(150), np.zeros(150), 3)
    assert set(stages.FORMER.values()) <= set(stages.CHOICES) and not set(stages.FORMER) & set(stages.CHOICES)
