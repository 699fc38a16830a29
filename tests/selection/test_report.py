"""The tables of chapters 4 and 5, each on a few rows counted by hand."""

import numpy as np
import pandas as pd
import pytest

from assl_utils.experts import estimate
from assl_utils.selection import adbscan, stage1, stage1_tables, stage2_tables, utility


def run():
    rng = np.random.default_rng(0)
    cluster = np.repeat([0, 1], [60, 40])
    return rng.normal(size=(100, 2)) + 20 * cluster[:, None], cluster


def test_copies_end_in_noise():
    X, _ = run()
    table = stage1_tables.copies(X[:30], (0, 6), k=5)
    assert table.index.tolist() == [0, 6] and table["rows"].tolist() == [30, 36]
    assert np.isinf(table.at[6, "largest density"]) and table.at[6, "noise"] == 36 and table.at[0, "noise"] < 30


def test_sub_clusters_are_counted():
    X, cluster = run()
    found = stage1.find_subclusters(X, cluster, 5)
    table = stage1_tables.subclusters(found)
    for c, (members, result) in found.items():
        sizes = [int((result.labels == label).sum()) for label in set(result.labels.tolist()) - {-1}]
        row = table.loc[c]
        assert row["rows"] == len(members) and row["sub-clusters"] == len(sizes) and row["largest"] == max(sizes)
        assert row["noise"] == len(members) - sum(sizes)
        assert row["share of largest"] == pytest.approx(max(sizes) / len(members), abs=0.00501)
    noise = {0: stage1.SubClusters(np.arange(3), adbscan.adbscan(np.ones((3, 2)), 2))}
    assert stage1_tables.subclusters(noise)["largest"].tolist() == [0]


def test_readings_are_those_of_each_rule():
    X, cluster = run()
    table = stage1_tables.readings(X, cluster, 5)
    for rule in adbscan.RULES:
        for c in (0, 1):
            labels = adbscan.adbscan(X[cluster == c], 5, rule).labels
            assert table.at[c, ("sub-clusters", rule)] == labels.max() + 1
            assert table.at[c, ("noise", rule)] == pytest.approx((labels < 0).mean())


def test_shrinking_is_averaged_over_clusters():
    X, cluster = run()
    table = stage1_tables.shrunken(X, stage1.find_subclusters(X, cluster, 5), (5, 3))
    rows = [adbscan.shrink_eps(X[cluster == c], k=3)[2] for c in (0, 1)]
    assert table.at[(3, 0.8), "noise"] == pytest.approx(np.mean([row["noise"] for row in rows]))
    assert table.index.tolist()[0] == (3, 1.0) and table.index.tolist()[-1] == (5, 0.6) and "eps" not in table


def test_neighbours_are_looked_for_once_whatever_is_asked_of_them(monkeypatch):
    """They take most of A-DBSCAN's time, a square of the rows: one join for all rules, and one for all radii of a k."""
    X, cluster = run()
    found, joins = stage1.find_subclusters(X, cluster, 5), []
    for module in (adbscan, stage1_tables.neighbors):
        monkeypatch.setattr(module, "knn", lambda X, k, knn=module.knn, **how: joins.append(k) or knn(X, k, **how))
    stage1_tables.readings(X, cluster, 5)
    assert joins == [5, 5]
    joins.clear()
    stage1_tables.shrunken(X, found, (5, 3))
    assert joins == [5, 5, 3, 3]


def test_rows_of_small_sub_clusters_are_counted():
    thinned = pd.DataFrame({"subcluster": [0, 0, 1, 1, -1, 0, 0, 0, 0, 0], "chosen": [1, 0, 0, 0, 0, 1, 1, 0, 0, 0]})
    table = stage1_tables.small_kept(thinned.astype({"chosen": bool}), [0] * 5 + [1] * 5)
    assert table.loc["of 2 rows", ["rows", "kept"]].tolist() == [4, 1]
    assert table.loc["larger", ["rows", "kept", "share"]].tolist() == [5, 2, 0.4] and len(table) == 2


def test_shares_are_percent_of_all_and_of_the_chosen():
    kind = pd.Series([*"aabb", "c"])
    table = stage1_tables.shares(kind, [True, False, True, True, False])
    assert table.loc["a"].tolist() == pytest.approx([40, 100 / 3])
    assert table.loc["c"].tolist() == pytest.approx([20, 0])


def test_the_commonest_task_is_that_of_before():
    before = pd.DataFrame({"a": [6, 1], "b": [4, 3]}, index=[0, 1])
    after = pd.DataFrame({"a": [1], "b": [3]}, index=[0])
    table = stage1_tables.commonest(before, after)
    assert table["task"].tolist() == ["a", "b"] and table["before"].tolist() == [60, 75]
    assert table["after"].tolist() == [25, 0], "a cluster that keeps nothing has no share"


def test_rows_of_each_choice_by_sub_task():
    subtask = pd.Series(list("aabbb"), index=range(5, 10))
    table = stage2_tables.by_subtask(
        {"x": pd.DataFrame({"position": [0, 4]}), "y": pd.DataFrame({"position": [0]})}, subtask
    )
    assert table.loc["a"].tolist() == [2, 1, 1] and table.loc["b"].tolist() == [3, 1, 0]


def test_the_lift_is_a_share_of_what_was_left():
    rows = pd.DataFrame({"id": list("abcdefgh"), "source": list("xxxxyyyy")})
    chosen = np.array([True, True, False, False, False, False, False, False])
    selected = pd.DataFrame({"id": ["a", "b", "c", "e"], "stage": [1, 1, 2, 2]})
    scores = pd.DataFrame({"id": list("cdefgh"), "score": [1.0, 0.0, -1.0, -1.0, 0.0, 0.0]})
    table = stage2_tables.by_source(rows, chosen, selected, scores)
    assert table.index.tolist() == ["x", "y"], "x first: half of what was added by a third of what was left"
    assert table.loc["x"].tolist() == pytest.approx([4, 2, 1, 0.5, 1.5])
    assert table.loc["y"].tolist() == pytest.approx([4, 0, 1, -0.5, 0.75])


def test_scores_are_counted_by_their_sign():
    scores = pd.DataFrame({"raw": [0.0, 1.0, 0.5], "lora": [0.0, 0.0, 1.0], "score": [0.0, 1.0, -1.2]})
    table = stage2_tables.signs(scores)
    assert table.index.tolist() == ["below 0", "0", "above 0"] and table["rows"].tolist() == [1, 1, 1]
    assert table.loc["above 0", ["raw", "lora"]].tolist() == [1, 0]
    assert stage2_tables.signs(scores[:1]).index.tolist() == ["0"]


def test_what_is_ahead_is_said_in_one_line():
    ahead = pd.DataFrame(
        {"seconds": [40.0, 50.0], "low_s": [40.0, 50.0], "high_s": [40.0, 50.0], "memory_gb": [1.0, 2.04]}
    )
    answering = {"seconds": 30.0, "low_s": 30.0, "high_s": 30.0}
    line = stage2_tables.outlook(ahead, answering)
    assert "at most 2.0 GB" in line and "an hour" not in line
    assert stage2_tables.outlook(ahead, answering, 24).endswith("at 24 an hour: 1.00")
    line = stage2_tables.outlook(ahead, answering, 24, workers=2)
    assert line.startswith("training 50 s (50 s to 50 s by the probes) with at most 2.0 GB in each of 2 processes")
    assert line.endswith("at 24 an hour: 0.73")


def test_the_rows_of_highest_score_are_cut():
    scored = pd.DataFrame({"input": ["问" * 50, "甲", "乙"], "output": ["答" * 30, "是", "否"]})
    answers = pd.DataFrame({"raw_answer": ["", "否", "是"], "lora_answer": ["长" * 30, "是", "否"]})
    table = stage2_tables.top_rows(scored, answers, pd.Series([1.0, 0.333, 1.0]), 2)
    assert table["input"].tolist() == ["问" * 40, "乙"] and table["output"].tolist() == ["答" * 20, "否"]
    assert table["lora_answer"].tolist() == ["长" * 20, "否"] and table["score"].tolist() == [1.0, 1.0]


def test_the_terms_are_weighted():
    X = np.random.default_rng(0).normal(size=(30, 3))
    score = np.linspace(0, 1, 30)
    terms = utility.mmr_terms(X, X[0], score, [0], [5, 6, 7], (0.1, 0.2, 0.7))
    table = stage2_tables.weighted(terms, (0.1, 0.2, 0.7))
    assert table["mean"].sum() == pytest.approx(terms["utility"].mean())
    assert table.at["model", "standard deviation"] == pytest.approx(0.7 * np.std(score[5:8], ddof=1))


def test_training_has_a_row_of_the_bill():
    ahead = pd.DataFrame({"seconds": [1.0, 2.0], "floor_s": [0.5, 0.5]})
    trained = [{"tokens": 10, "seconds": 2.0, "rows": 1}, {"tokens": 20, "seconds": 2.5, "rows": 2}]
    row = stage2_tables.training_cost(trained, ahead, 3)
    assert row == {"work": "first experts", "rows": 3, "tokens": 30, "estimated_s": 3, "seconds": 4.5, "floor_s": 1}
    assert estimate.bill([row]).at["first experts", "over_floor"] == 4.5
