"""Both stages on a whole run are, cluster by cluster, what the kernels do; chapters 4 and 5 computed it so by hand."""

import numpy as np
import pandas as pd
import pytest

from assl_utils.selection import stage1, stage2, ways
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
def test_stage_one_is_what_the_cells_of_chapter_4_computed(goal, method):
    X, cluster = run()
    chosen = pd.DataFrame({"subcluster": -1, "density": np.nan, "chosen": False}, index=range(len(X)))
    for _, members in pd.DataFrame({"cluster": cluster}).groupby("cluster").indices.items():
        distinct = members[unique_points(X[members])[0]]
        result = adbscan(X[distinct], 5, "equation9")
        chosen.loc[distinct, "subcluster"] = result.labels
        chosen.loc[distinct, "density"] = result.density
        chosen.loc[distinct[redistribute(X[distinct], result, goal, 3, method)], "chosen"] = True
    found = stage1.find_subclusters(X, cluster, 5, "equation9")
    table = stage1.thin(X, found, goal, method, 3)
    pd.testing.assert_frame_equal(table, chosen)
    assert list(found) == [0, 1, 2] and sum(len(f.members) for f in found.values()) == 140
    assert table["density"].isna().sum() == 10 and not table.loc[table["density"].isna(), "chosen"].any()
    if goal:
        assert table.groupby(cluster)["chosen"].sum().tolist() == [goal] * 3


def test_stage_one_leaves_what_it_is_given_alone():
    X, cluster = run()
    before = X.copy(), cluster.copy()
    stage1.thin(X, stage1.find_subclusters(X, cluster, 5))
    assert np.array_equal(X, before[0]) and np.array_equal(cluster, before[1])


def test_rows_without_a_score_need_nothing():
    rows = pd.DataFrame({"id": ["c", "a", "b"]}, index=[7, 8, 9])
    scores = pd.DataFrame({"id": ["b", "c"], "score": [-0.5, 0.25]})
    assert stage2.need_of(rows, scores).tolist() == [0.25, 0.0, -0.5]
    assert stage2.need_of(rows, scores[:0]).tolist() == [0.0, 0.0, 0.0]
    with pytest.raises(ValueError, match="1 scores are of rows that are not here, such as 'c'"):
        stage2.need_of(rows[1:], scores)


def pool_of(seed=1):
    X, cluster = run()
    rng = np.random.default_rng(seed)
    need, first = rng.random(150), rng.random(150) < 0.1
    rows = pd.DataFrame({"id": [f"r{i:03d}" for i in range(150)], "subtask": rng.choice(SUBTASKS, 150), "output": "A"})
    centroids = rng.normal(size=(3, 2))
    return ways.Pool(rows, cluster, X, centroids, first=first, need=need, weights=(0.1, 0.2, 0.7), k=5)


SUBTASKS = ["qa", "single_choice", "ner", "relation"]


def test_each_word_of_chapter_5_is_the_function_of_its_name_as_it_was():
    pool = pool_of()
    given = pool.X, pool.part, pool.centroids, pool.need, pool.first
    subtask = pool.rows["subtask"]
    expected = {
        "utility": fill(*given, 20, (0.1, 0.2, 0.7)),
        "nll": fill(*given, 20, (0.1, 0.2, 0.7)),
        "level": fill_level(pool.X, pool.part, subtask, pool.need, pool.first, 60, (0.1, 0.2, 0.7)),
        "random": random_per_cluster(pool.part, 20, 4),
        "random_even": random_per_cluster(pool.part, 20, 4, subtask),
        "random_per_subtask": random_per_subtask(pool.part, subtask, 60, 4),
    }
    assert set(expected) <= set(stage2.WORDS) and set(stage2.LISTED) <= set(stage2.WORDS)
    for word, table in expected.items():
        pd.testing.assert_frame_equal(stage2.choose(word, pool, 20, 4), table)
    assert len({tuple(table["position"]) for table in expected.values()}) == 5


def test_every_word_of_chapter_5_gives_a_table_for_it():
    pool = pool_of()
    for word in stage2.WORDS:
        table = stage2.choose(word, pool, 20, 4)
        assert list(table) == ["position", "cluster", "stage", "order", "utility"] and table["position"].is_unique
        assert (table["cluster"].to_numpy() == pool.part[table["position"]]).all()
        if word not in ("all", "stage1", "paper_rule"):
            assert len(table) == 60, word


def test_the_random_words_read_neither_vectors_nor_stage_1():
    pool = pool_of()
    bare = ways.Pool(pool.rows, pool.part, centroids=pool.centroids)
    for word in ("random", "random_even", "random_per_subtask", "random_per_form"):
        pd.testing.assert_frame_equal(stage2.choose(word, bare, 20, 4), stage2.choose(word, pool, 20, 4))


def test_a_former_or_unknown_word_is_an_error_that_says_the_way_out():
    with pytest.raises(ValueError, match="select=lot_level is called select=random_per_subtask now"):
        stage2.check_select("lot_level")
    with pytest.raises(ValueError, match=r"select=utilty is none of utility, .*; nearest is `utility`"):
        stage2.choose("utilty", pool_of(), 3)
    with pytest.raises(ValueError, match="select=rds is none of"):
        stage2.check_select("rds")
    assert set(stage2.FORMER.values()) <= set(stage2.WORDS) and not set(stage2.FORMER) & set(stage2.WORDS)
    assert stage2.feedback_for("nll", "rouge") == "nll" and stage2.feedback_for("utility", "rouge") == "rouge"
