"""RDS+ and k-means-quality equal their papers read aloud; ties, copies and too few rows included."""

import math

import numpy as np
import pandas as pd
import pytest

from assl_utils.selection import peers
from assl_utils.space.clustering import kmeans


def turn_by_turn(states, queries, n):
    """RDS+ read aloud."""

    def similarity(a, b):
        length = math.sqrt(sum(x * x for x in a)) * math.sqrt(sum(y * y for y in b))
        return round(sum(x * y for x, y in zip(a, b, strict=True)) / length, 12) if length else 0.0

    picks = []
    while len(picks) < min(n, len(states)):
        for query in queries:
            left = [i for i in range(len(states)) if i not in picks]
            if left and len(picks) < n:
                picks.append(max(left, key=lambda i: (similarity(states[i], query), -i)))
    return picks


@pytest.mark.parametrize("n", [0, 1, 7, 40, 99])
def test_round_robin_is_its_loop(n):
    rng = np.random.default_rng(n)
    states, queries = rng.normal(size=(40, 5)), rng.normal(size=(6, 5))
    states[30:] = states[:10]  # copies tie
    states[3] = 0
    queries[5] = queries[0]  # two examples that want the same rows
    found = peers.round_robin(states, queries, n)
    assert found.tolist() == turn_by_turn(states.tolist(), queries.tolist(), n)
    assert len(set(found.tolist())) == min(n, 40)


def test_round_robin_worked_by_hand():
    states = np.array([[1.0, 0], [0.9, 0.1], [0, 1], [0, 2]])
    assert peers.round_robin(states, np.array([[1.0, 0], [0, 1]]), 4).tolist() == [0, 2, 1, 3]


def test_round_robin_refuses_what_it_cannot_compare():
    with pytest.raises(ValueError, match="states are 3 long, query_states 2"):
        peers.round_robin(np.ones((2, 3)), np.ones((2, 2)), 1)
    with pytest.raises(ValueError, match="query_states is empty"):
        peers.round_robin(np.ones((2, 3)), np.ones((0, 3)), 1)
    with pytest.raises(ValueError, match="states has the shape"):
        peers.round_robin(np.full((2, 3), np.nan), np.ones((1, 3)), 1)


def as_told(X, n, groups, quality, seed):
    """k-means-quality, a weight at a time: the groups' shares, then draws without replacement by Gumbel keys."""
    label = kmeans(X, groups, seed).tolist()
    sizes = [label.count(g) for g in range(groups)]
    exact = [n * size / len(X) for size in sizes]
    share = [math.floor(e) for e in exact]
    while sum(share) < n:
        g = max(range(groups), key=lambda g: (exact[g] - share[g], -g))
        share[g] += 1
    picks = []
    for g in range(groups):
        members = [i for i in range(len(X)) if label[i] == g]
        noise = np.random.default_rng([seed, g]).gumbel(size=len(members))
        key = {i: (quality[i] > 0, (math.log(quality[i]) if quality[i] else 0) + z)
               for i, z in zip(members, noise, strict=True)}  # fmt: skip
        picks += sorted(members, key=key.get, reverse=True)[: share[g]]
    return picks


@pytest.mark.parametrize("n", [0, 1, 13, 60])
def test_kmeans_quality_is_what_it_tells(n):
    rng = np.random.default_rng(1)
    X, quality = rng.normal(size=(60, 3)), rng.random(60)
    quality[:20] = 0
    found = peers.kmeans_quality(X, n, 4, quality, seed=2)
    assert found.tolist() == as_told(X, n, 4, quality.tolist(), 2)
    assert len(set(found.tolist())) == n


def test_kmeans_quality_prefers_quality_and_keeps_to_the_sizes():
    X = np.repeat([[0.0, 0], [9, 9]], [60, 30], axis=0) + np.random.default_rng(0).normal(size=(90, 2)) * 0.1
    quality = np.tile([0.01, 1.0], 45)
    found = np.concatenate([peers.kmeans_quality(X, 30, 2, quality, seed) for seed in range(20)])
    assert (found < 60).sum() == 20 * 20
    assert (found % 2).mean() > 0.9
    even = np.concatenate([peers.kmeans_quality(X, 30, 2, None, seed) for seed in range(20)])
    assert 0.4 < (even % 2).mean() < 0.6


def test_kmeans_quality_on_few_rows_and_bad_ones():
    X = np.eye(3)
    assert sorted(peers.kmeans_quality(X, 99, 32)) == [0, 1, 2]
    for bad in ([1, 2], [1, np.nan, 1], [1, -1, 1]):
        with pytest.raises(ValueError, match="quality is a number of at least 0 for every row"):
            peers.kmeans_quality(X, 2, 2, bad)
    with pytest.raises(ValueError, match="groups is 0"):
        peers.kmeans_quality(X, 2, 0)


def rows_of(*subtasks):
    return pd.DataFrame({"id": [f"r{i:02d}" for i in range(len(subtasks))], "subtask": subtasks})


def test_queries_are_few_rows_of_each_sub_task_whatever_else_is_there():
    rows = rows_of(*["qa"] * 20, *["ner"] * 5, "summary")
    found = peers.queries(rows, 4, seed=1)
    assert rows["subtask"].iloc[found].value_counts().to_dict() == {"qa": 4, "ner": 2}  # never more than half
    alone = peers.queries(rows[:20], 4, seed=1)
    assert set(rows["id"].iloc[alone]) <= set(rows["id"].iloc[found])
    turned = rows[::-1].reset_index(drop=True)
    assert set(turned["id"].iloc[peers.queries(turned, 4, 1)]) == set(rows["id"].iloc[found])
    assert set(peers.queries(rows, 4, seed=2)) != set(found)
    assert peers.queries(rows[:0], 4).tolist() == []
    with pytest.raises(ValueError, match="per_subtask is 0"):
        peers.queries(rows, 0)
