"""Lazy greedy picks what the plain loop picks, to the last tie."""

import math
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from assl_utils.selection.controls import k_center_greedy, random_choice, random_per_cluster, random_per_subtask
from assl_utils.selection.literal import cosine, greedy_13
from assl_utils.selection.utility import fill, fill_level, mmr, mmr_terms


def draw(name):
    rng = np.random.default_rng(sum(map(ord, name)))
    gaussian = rng.normal(size=(90, 6))
    return {
        "gaussian": (gaussian, rng.normal(size=90)),
        "one side": (np.abs(gaussian), rng.normal(size=90)),
        "float32": (gaussian.astype(np.float32), rng.random(90)),
        "score says nothing": (gaussian, np.zeros(90)),
        "only score differs": (np.ones((60, 3)), rng.integers(0, 5, size=60) / 4),
        "all equal": (np.ones((40, 3)), np.zeros(40)),
        "copies": (np.repeat(rng.normal(size=(9, 4)), 8, axis=0)[rng.permutation(72)], np.zeros(72)),
        "copies with score": (np.repeat(rng.normal(size=(9, 4)), 8, axis=0), np.tile(rng.random(8), 9)),
        "axes": (np.vstack([np.eye(4), -np.eye(4), np.eye(4)]), np.zeros(12)),
        "null vectors": (np.vstack([gaussian[:30], np.zeros((10, 6))]), rng.random(40)),
    }[name]


NAMES = [
    "gaussian", "one side", "float32", "score says nothing", "only score differs", "all equal", "copies",
    "copies with score", "axes", "null vectors",
]  # fmt: skip


@pytest.mark.parametrize("weights", [(0.2, 0.2, 0.6), (0.0, 1.0, 0.0), (1.0, 0.0, 0.0), (0.5, 2.0, -0.3)])
@pytest.mark.parametrize("taken", [0, 1, 7, 40])
@pytest.mark.parametrize("name", NAMES)
def test_lazy_picks_are_the_plain_loops(name, taken, weights):
    X, score = draw(name)
    chosen = np.random.default_rng(taken).permutation(len(X))[:taken]
    centroid = X.mean(axis=0)
    for n in (1, 25, len(X)):
        expected = greedy_13(X, centroid, score, chosen, n, weights)
        assert mmr(X, centroid, score, chosen, n, weights).tolist() == expected


def test_worked_by_hand():
    X = np.array([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    assert mmr(X, [1.0, 0.0], np.zeros(3), [], 3, (0.5, 1.0, 0.0)).tolist() == [0, 2, 1]
    assert mmr(X, [1.0, 0.0], np.zeros(3), [], 3, (0.5, 0.1, 0.0)).tolist() == [0, 1, 2]


def test_a_shuffle_renames_only():
    rng = np.random.default_rng(0)
    X, score, order = rng.normal(size=(200, 16)), rng.random(200), rng.permutation(200)
    picks = mmr(X, X.mean(axis=0), score, [3, 5], 50)
    places = np.argsort(order)
    again = mmr(X[order], X.mean(axis=0), score[order], places[[3, 5]], 50)
    assert order[again].tolist() == picks.tolist()


def test_the_terms_add_up_along_the_order():
    rng = np.random.default_rng(0)
    X, score = rng.normal(size=(80, 5)), rng.normal(size=80)
    for chosen in ([], [1, 2, 3]):
        picks = mmr(X, X[0], score, chosen, 20)
        table = mmr_terms(X, X[0], score, chosen, picks)
        for turn, row in enumerate(table.itertuples()):
            before = [*chosen, *picks[:turn]]
            far = max((cosine(X[row.position], X[s]) for s in before), default=0.0)
            assert row.similarity == pytest.approx(cosine(X[row.position], X[0]), abs=1e-12)
            assert row.redundancy == pytest.approx(far, abs=1e-12)
            assert row.utility == pytest.approx(0.2 * row.similarity - 0.2 * far + 0.6 * row.score, abs=1e-12)
        if chosen:
            assert table.utility.is_monotonic_decreasing, "utilities only fall"
    assert isinstance(table, pd.DataFrame) and len(mmr_terms(X, X[0], score, [], [])) == 0


def test_nothing_is_picked_from_nothing():
    X = np.ones((3, 2))
    assert mmr(X, [1, 1], np.zeros(3), [0, 1, 2], 4).tolist() == []
    assert mmr(X, [1, 1], np.zeros(3), [], 0).tolist() == []
    assert mmr(X, [1, 1], np.zeros(3), [2, 2, 0], 9).tolist() == [1]


def test_bad_arguments_are_named():
    X, score = np.ones((4, 2)), np.zeros(4)
    with pytest.raises(ValueError, match="score of row 2"):
        mmr(X, [1, 1], [0, 0, np.nan, 0], [], 1)
    with pytest.raises(ValueError, match="row 1 holds"):
        mmr(np.array([[1.0], [np.nan]]), [1], [0, 0], [], 1)
    with pytest.raises(ValueError, match="outside 0 … 3"):
        mmr(X, [1, 1], score, [4], 1)
    with pytest.raises(ValueError, match="not negative"):
        mmr(X, [1, 1], score, [], 1, weights=(0.2, -0.2, 0.6))
    with pytest.raises(ValueError, match="centroid 3 long"):
        mmr(X, [1, 1, 1], score, [], 1)


def test_k_center_starts_at_random_and_spreads():
    X = np.random.default_rng(0).normal(size=(60, 4))
    firsts = {int(k_center_greedy(X, 1, seed)[0]) for seed in range(20)}
    assert len(firsts) > 5
    picks = k_center_greedy(X, 30, seed=1)
    left = [min(math.dist(X[i], X[j]) for j in picks[:turn]) for turn, i in enumerate(picks) if turn]
    assert all(a >= b for a, b in pairwise(left)), "each next point is less far"
    assert len(k_center_greedy(X, 99)) == 60 and len(k_center_greedy(X[:0], 3)) == 0


def test_random_choice_repeats_and_grows():
    assert random_choice(100, 10, seed=4).tolist() == random_choice(100, 30, seed=4)[:10].tolist()
    assert len(set(random_choice(100, 100, seed=0).tolist())) == 100
    assert random_choice(100, 10, seed=0).tolist() != random_choice(100, 10, seed=1).tolist()
    assert len(random_choice(5, 9)) == 5


def test_the_control_draws_as_many_rows_of_every_cluster():
    cluster = np.repeat([0, 1, 2], [30, 4, 25])
    found = random_per_cluster(cluster, 10, seed=1)
    assert found.groupby("cluster").size().to_dict() == {0: 10, 1: 4, 2: 10}
    assert (cluster[found["position"]] == found["cluster"]).all() and found["position"].is_unique
    assert list(found.columns) == list(fill(np.eye(59), cluster, np.eye(3, 59), np.zeros(59), np.zeros(59), 1).columns)
    assert found.equals(random_per_cluster(cluster, 10, seed=1)) and not found.equals(
        random_per_cluster(cluster, 10, seed=2)
    )
    inside = [part["position"].to_numpy() % 25 for _, part in found.groupby("cluster")]
    assert not np.array_equal(inside[0], inside[2]), "clusters are drawn apart"


@pytest.mark.parametrize("n", [0, 1, 7, 20, 99])
@pytest.mark.parametrize("seed", range(4))
def test_kinds_take_turns_while_they_last(seed, n):
    """The plain way: go round the kinds, each gives the next row in random order, until n are taken."""
    rng = np.random.default_rng(seed)
    cluster, kind = rng.integers(0, 3, 50), rng.choice(list("aaaaabbc"), 50)
    found = random_per_cluster(cluster, n, seed, pd.Series(kind, index=range(100, 150)))
    orders = random_per_cluster(cluster, 50, seed)
    for c in np.unique(cluster):
        drawn = orders.loc[orders["cluster"] == c, "position"].tolist()
        queues, wanted = {}, []
        for position in drawn:
            queues.setdefault(kind[position], []).append(position)
        while len(wanted) < min(n, len(drawn)):
            turn = sorted((queue.pop(0) for queue in queues.values() if queue), key=drawn.index)
            wanted += turn[: n - len(wanted)]
        assert found.loc[found["cluster"] == c, "position"].tolist() == wanted
    if n == 7:
        sizes = pd.crosstab(cluster, kind)
        taken = pd.crosstab(cluster[found["position"]], kind[found["position"]]).reindex_like(sizes).fillna(0)
        for c, row in taken.iterrows():  # none has two more than another that has rows left
            assert all(row[a] <= row[b] + 1 for a in row.index for b in row.index if row[b] < sizes.at[c, b])


def test_stage_two_fills_every_cluster_by_equation_13():
    """Cluster 0 has room, 1 is smaller than n, 2 got more than n from stage 1, 3 got nothing from it."""
    rng = np.random.default_rng(3)
    cluster = rng.permutation(np.repeat([0, 1, 2, 3], [30, 6, 25, 12]))
    X, score, centroids = rng.normal(size=(73, 5)), rng.random(73), rng.normal(size=(4, 5))
    chosen = np.zeros(73, dtype=bool)
    for c, first in ((0, 4), (1, 2), (2, 15)):
        chosen[np.flatnonzero(cluster == c)[:first]] = True
    unread = np.where(chosen, np.nan, score)
    found = fill(X, pd.Series(cluster), centroids, unread, pd.Series(chosen), 10)
    assert found.columns.tolist() == ["position", "cluster", "stage", "order", "utility"]
    assert found["position"].is_unique and (found["cluster"] == cluster[found["position"]]).all()
    sizes = found.groupby(["cluster", "stage"]).size().to_dict()
    assert sizes == {(0, 1): 4, (0, 2): 6, (1, 1): 2, (1, 2): 4, (2, 1): 15, (3, 2): 10}
    assert set(found.loc[found["stage"] == 1, "position"]) == set(np.flatnonzero(chosen))
    assert found["utility"].isna().equals(found["stage"] == 1)
    for c in (0, 1, 3):
        members = np.flatnonzero(cluster == c)
        first = np.flatnonzero(chosen[members])
        n = min(10, len(members)) - len(first)
        picks = greedy_13(X[members], centroids[c], score[members], first, n, (0.2, 0.2, 0.6))
        own = found[(found["cluster"] == c) & (found["stage"] == 2)]
        assert own["position"].tolist() == members[picks].tolist() and own["order"].tolist() == list(range(n))


def test_sub_tasks_are_filled_to_one_level_by_equation_13_about_their_own_mean():
    """Kind c is small, d got more than its share from stage 1, the others share what is left."""
    rng = np.random.default_rng(5)
    kind = rng.permutation(list("a" * 30 + "b" * 20 + "c" * 3 + "d" * 12))
    cluster, X, score = rng.integers(0, 4, 65), rng.normal(size=(65, 5)), rng.random(65)
    chosen = np.zeros(65, dtype=bool)
    for name, first in (("a", 2), ("d", 9)):
        chosen[np.flatnonzero(kind == name)[:first]] = True
    found = fill_level(X, cluster, pd.Series(kind, index=range(7, 72)), np.where(chosen, np.nan, score), chosen, 25)
    assert pd.Series(kind[found["position"]]).value_counts().to_dict() == {"a": 7, "b": 6, "c": 3, "d": 9}
    assert found["position"].is_unique and (cluster[found["position"]] == found["cluster"]).all()
    assert set(np.flatnonzero(chosen)) == set(found.query("stage == 1")["position"])
    for name, n in (("a", 5), ("b", 6), ("c", 3), ("d", 0)):
        members = np.flatnonzero(kind == name)
        first = np.flatnonzero(chosen[members])
        picks = greedy_13(X[members], X[members].mean(axis=0), score[members], first, n, (0.2, 0.2, 0.6))
        at = found.query("stage == 2 and position in @members").sort_values("order")["position"]
        assert at.tolist() == members[picks].tolist()


def test_a_random_choice_by_kind_knows_no_cluster():
    kind, cluster = np.repeat(list("abc"), [20, 3, 20]), np.tile([0, 1], 22)[:43]
    found = random_per_subtask(cluster, kind, 15, seed=4)
    assert pd.Series(kind[found["position"]]).value_counts().to_dict() == {"a": 6, "b": 3, "c": 6}
    assert (cluster[found["position"]] == found["cluster"]).all()
    assert not found.equals(random_per_subtask(cluster, kind, 15, seed=5))
