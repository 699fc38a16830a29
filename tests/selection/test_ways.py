"""Every way to choose takes exactly the rows asked for, and the rows that its sentence says."""

import dataclasses
import math

import numpy as np
import pandas as pd
import pytest

from assl_utils.selection import budget, peers, stage1, ways
from assl_utils.selection.controls import random_per_cluster, random_per_subtask
from assl_utils.selection.scores import score_llm
from assl_utils.selection.utility import standard_weights

SUBTASKS = ("qa", "single_choice", "ner", "relation")
NUMBERED = [word for word, way in ways.WAYS.items() if way.takes_n]


def pool_of(seed=0, n=160, parts=4, outside=10, **other):
    """Parts of unequal size, a few rows of no part, copies, some rows of stage 1."""
    rng = np.random.default_rng(seed)
    part = np.sort(rng.choice(parts, n, p=np.arange(parts, 0, -1) / sum(range(parts + 1))))[rng.permutation(n)]
    X = rng.normal(size=(n, 4)) + 3 * np.eye(parts, 4)[part]
    X[-8:], part[-8:] = X[:8], part[:8]
    X /= np.linalg.norm(X, axis=1, keepdims=True)
    centroids = np.stack([X[part == c].mean(axis=0) for c in range(parts)])
    part[rng.choice(n, outside, replace=False)] = -1
    subtask = rng.choice(SUBTASKS, n, p=[0.5, 0.3, 0.15, 0.05])
    output = np.where(rng.random(n) < 0.5, "A", "AB\n解析：略")
    rows = pd.DataFrame({"id": [f"r{i:03d}" for i in range(n)], "subtask": subtask, "output": output})
    first = rng.random(n) < 0.08
    feedback = pd.DataFrame({"raw": rng.random(n), "lora": rng.random(n)})
    need = np.where(first, 0, score_llm(feedback["raw"], feedback["lora"]))
    given = {"first": first, "need": need, "feedback": feedback, "states": rng.normal(size=(n, 6)), "k": 5}
    return ways.Pool(rows, part, X, centroids, **given | other)


def arguments(word):
    return {"query_states": np.eye(3, 6)} if word == "rds" else {}


@pytest.mark.parametrize("word", NUMBERED)
@pytest.mark.parametrize("total", [30, 61, 100, 149, 150, 9999])
def test_a_way_takes_exactly_as_many_rows_as_asked_or_all(word, total):
    pool = pool_of()
    found = ways.choose(word, pool, total, 3, **arguments(word))
    assert list(found) == ["position", "part"] and len(found) == min(total, 150)
    assert found["position"].is_unique
    assert (found["part"].to_numpy() == pool.part[found["position"]]).all() and (found["part"] >= 0).all()
    again = ways.choose(word, pool, total, 3, **arguments(word))
    pd.testing.assert_frame_equal(found, again)
    if ways.WAYS[word].per_part:
        inside = pool.part >= 0
        least = pool.sizes(inside & pool.first) if "first" in ways.WAYS[word].needs else 0
        shares = budget.water_level(pool.sizes(inside), total, least)[0]
        assert found["part"].value_counts().reindex(range(4), fill_value=0).tolist() == shares.tolist()


@pytest.mark.parametrize("word", ways.WAYS)
def test_rows_outside_the_pool_change_nothing(word):
    pool = pool_of()
    at = np.flatnonzero(pool.part >= 0)
    inner = pool.inside()[1]
    assert len(inner.part) == len(inner.rows) == 150
    with_them, without = (ways.choose(word, each, 60, 3, **arguments(word)) for each in (pool, inner))
    assert with_them["position"].tolist() == at[without["position"]].tolist()


@pytest.mark.parametrize("word", ways.WAYS)
def test_a_pool_without_rows_gives_none(word):
    pool = dataclasses.replace(pool_of(), part=np.full(160, -1))
    assert len(ways.choose(word, pool, 5, **arguments(word))) == 0


@pytest.mark.parametrize("word", NUMBERED)
def test_no_rows_are_none(word):
    pool = dataclasses.replace(pool_of(), first=np.zeros(160, dtype=bool))
    assert len(ways.choose(word, pool, 0, **arguments(word))) == 0


def test_the_draws_there_were_are_the_same_where_parts_have_enough_rows():
    pool = pool_of().inside()[1]
    n = int(np.bincount(pool.part).min())
    subtask = pool.rows["subtask"]
    for word, table in {
        "random": random_per_cluster(pool.part, n, 7),
        "random_even": random_per_cluster(pool.part, n, 7, subtask),
        "random_per_subtask": random_per_subtask(pool.part, subtask, 4 * n, 7),
    }.items():
        assert ways.choose(word, pool, 4 * n, 7)["position"].tolist() == table["position"].tolist()


def test_ways_with_a_number_of_their_own():
    pool = pool_of()
    inside = pool.part >= 0
    assert set(ways.choose("all", pool)["position"]) == set(np.flatnonzero(inside))
    first = ways.choose("stage1", pool, 5)
    assert set(first["position"]) == set(np.flatnonzero(inside & pool.first)) and first["part"].is_monotonic_increasing
    _, inner = pool.inside()
    table = stage1.thin(inner.X, stage1.find_subclusters(inner.X, inner.part, 5), None, seed=2)
    assert set(ways.choose("paper_rule", inner, seed=2)["position"]) == set(np.flatnonzero(table["chosen"]))


@pytest.mark.parametrize("thinning", budget.METHODS)
def test_budget_is_stage_1_and_takes_noise_and_copies_last(thinning):
    pool = pool_of(outside=0, thinning=thinning)
    table = stage1.thin(pool.X, stage1.find_subclusters(pool.X, pool.part, 5), 6, thinning, 2)
    assert table.groupby(pool.part)["chosen"].sum().tolist() == [6] * 4
    found = ways.choose("budget", pool, 24, 2)
    assert set(found["position"]) == set(np.flatnonzero(table["chosen"]))
    kept = dataclasses.replace(pool, subclusters=table)  # as chapter 4 left it, A-DBSCAN need not run again
    for word in ("budget", "paper_rule"):
        pd.testing.assert_frame_equal(ways.choose(word, kept, 90, 2), ways.choose(word, pool, 90, 2))
    every = ways.choose("budget", pool, 160, 2)
    for c, part in every.groupby("part"):
        noise = table.iloc[part["position"].to_numpy()]
        kind = np.where(noise["subcluster"] >= 0, 0, np.where(noise["density"].notna(), 1, 2))
        assert (np.diff(kind) >= 0).all(), c
        density = noise["density"][kind == 1]
        assert density.is_monotonic_decreasing


def test_k_center_is_farthest_first_in_each_part():
    pool = pool_of(outside=0)
    found = ways.choose("k_center", pool, 20, 1)
    for _, part in found.groupby("part"):
        members = np.flatnonzero(pool.part == part["part"].iloc[0])
        taken = part["position"].tolist()[:1]
        for position in part["position"].tolist()[1:]:
            apart = {i: min(math.dist(pool.X[i], pool.X[t]) for t in taken) for i in members if i not in taken}
            assert apart[position] == pytest.approx(max(apart.values()))
            taken.append(position)


@pytest.mark.parametrize("word", ["random_per_subtask", "random_per_form"])
def test_each_kind_gives_as_many_and_a_small_one_all(word):
    pool = pool_of(outside=0)
    kind = pool.kinds(word.removeprefix("random_per_"), word)
    found = pd.Series(kind[ways.choose(word, pool, 70, 1)["position"]]).value_counts()
    sizes = pd.Series(kind).value_counts().sort_index()
    # the level is that of water filling; which kind gets a left-over is decided by the draw
    assert (np.abs(found.reindex(sizes.index) - budget.water_level(sizes, 70)[0]) <= 1).all() and found.sum() == 70
    if word == "random_per_form":
        assert {"single_choice.letter", "single_choice.letters_why"} <= set(sizes.index)


@pytest.mark.parametrize("word", ["random_per_subtask", "random_per_form"])
def test_the_rows_of_a_kind_do_not_depend_on_what_else_is_in_the_pool(word):
    pool = pool_of(outside=0)
    ids = pool.rows["id"].to_numpy()

    def chosen(part, seed=5):
        found = ways.choose(word, dataclasses.replace(pool, part=part), seed=seed, each=9)
        return set(ids[found["position"]])

    subtask = pool.rows["subtask"].to_numpy()
    both = chosen(np.where(np.isin(subtask, ["qa", "ner"]), pool.part, -1))
    alone = {name: chosen(np.where(subtask == name, pool.part, -1)) for name in ("qa", "ner")}
    assert both == alone["qa"] | alone["ner"] and len(alone["qa"]) == 9
    assert chosen(pool.part) >= both and chosen(pool.part, 6) != chosen(pool.part)
    order = np.random.default_rng(0).permutation(160)
    mixed = ways.Pool(pool.rows.iloc[order].reset_index(drop=True), pool.part[order])
    found = ways.choose(word, mixed, seed=5, each=9)
    assert set(mixed.rows["id"].to_numpy()[found["position"]]) == chosen(pool.part)


def z_loop(X, centroid, need, first, n, weights):
    """The z-scored (13) read aloud: each term less its mean, by its standard deviation; one row at a time."""

    def cosine(a, b):
        return sum(x * y for x, y in zip(a, b, strict=True)) / math.dist(a, [0] * len(a)) / math.dist(b, [0] * len(b))

    def moments(values):
        mean = sum(values) / len(values)
        return mean, math.sqrt(sum((v - mean) ** 2 for v in values) / len(values))

    def z(value, mean, spread):
        return (value - mean) / spread if spread > 1e-6 else 0.0

    left = [i for i in range(len(X)) if i not in first]
    near, of_need = (moments([f(i) for i in left]) for f in (lambda i: cosine(X[i], centroid), lambda i: need[i]))
    pairs = moments([cosine(X[i], X[j]) for i in range(len(X)) for j in range(i)])
    taken, picks = list(first), []
    while left and len(picks) < n:

        def worth(i):
            most = max((cosine(X[i], X[s]) for s in taken), default=0.0)
            return (weights[0] * z(cosine(X[i], centroid), *near) - weights[1] * z(most, *pairs)
                    + weights[2] * z(need[i], *of_need))  # fmt: skip

        best = max(left, key=lambda i: (round(worth(i), 9), -i))
        picks.append(best)
        taken.append(best)
        left.remove(best)
    return picks


@pytest.mark.parametrize("weights", [(0.2, 0.2, 0.6), (1, 1, 0), (0, 1, 0.3)])
@pytest.mark.parametrize("seed", range(3))
def test_z_scored_utility_is_its_loop(weights, seed):
    pool = pool_of(seed, n=80, outside=0, weights=weights)
    found = ways.choose("utility_z", pool, 48)
    for c, part in found.groupby("part"):
        members = np.flatnonzero(pool.part == c)
        first = np.flatnonzero(pool.first[members]).tolist()
        expected = first + z_loop(pool.X[members].tolist(), pool.centroids[c].tolist(), pool.need[members].tolist(),
                                  first, len(part) - len(first), weights)  # fmt: skip
        assert part["position"].tolist() == members[expected].tolist()


def test_a_term_without_spread_decides_nothing():
    pool = pool_of(outside=0)
    flat = standard_weights(pool.X, pool.part, pool.centroids, np.full(160, 0.3), np.zeros(160, dtype=bool))
    assert (flat[:, 2] == 0).all() and (flat[:, :2] > 0).all()
    same = standard_weights(np.tile([0.6, 0.8], (9, 1)), np.zeros(9, int), np.array([[0.6, 0.8]]), np.arange(9.0),
                            np.zeros(9, dtype=bool))  # fmt: skip
    assert same[0, :2].tolist() == [0, 0] and same[0, 2] == pytest.approx(0.6 / np.arange(9).std())
    one = standard_weights(np.eye(2), np.arange(2), np.eye(2), np.ones(2), np.array([True, False]))
    assert one.tolist() == [[0, 0, 0], [0, 0, 0]]


def test_need_follows_from_the_feedback_where_it_is_not_given():
    pool = pool_of()
    feedback = pool.feedback.where(~np.c_[pool.first, pool.first])  # nobody asked the rows of stage 1
    other = dataclasses.replace(pool, need=None, feedback=feedback)
    for word in ("utility", "nll", "utility_z", "level"):
        pd.testing.assert_frame_equal(ways.choose(word, other, 80), ways.choose(word, pool, 80))


def test_rds_is_a_round_robin_over_the_whole_pool():
    pool = pool_of(outside=0)
    queries = np.random.default_rng(1).normal(size=(5, 6))
    found = ways.choose("rds", pool, 33, query_states=queries)
    assert found["position"].tolist() == peers.round_robin(pool.states, queries, 33).tolist()
    with pytest.raises(ValueError, match="select=rds needs query_states"):
        ways.choose("rds", pool, 33)


def test_the_quality_is_the_raw_models_unless_another_is_given():
    pool = pool_of(outside=0)
    raw = ways.choose("kmeans_quality", pool, 40, 1, groups=5)
    given = ways.choose("kmeans_quality", pool, 40, 1, groups=5, quality=pool.feedback["raw"].to_numpy())
    uniform = ways.choose("kmeans_quality", pool, 40, 1, groups=5, quality="uniform")
    none = ways.choose("kmeans_quality", dataclasses.replace(pool, feedback=None), 40, 1, groups=5)
    assert raw.equals(given) and uniform.equals(none) and not raw.equals(uniform)
    holes = dataclasses.replace(pool, feedback=pool.feedback.where(~np.c_[pool.first, pool.first]))
    with pytest.raises(ValueError, match=r'quality is a number .* of stage 1 too; or quality="uniform"'):
        ways.choose("kmeans_quality", holes, 40)


@pytest.mark.parametrize(("word", "total", "given", "message"), [
    ("utilty", 30, {}, r"select=utilty is none of utility, .*; nearest is `utility`"),
    ("qqqqqq", 30, {}, r"select=qqqqqq is none of utility, .*kmeans_quality$"),
    ("random", None, {}, "select=random needs the number of rows: total"),
    ("random", -1, {}, "total is -1"), ("random", 1.5, {}, "total is 1.5"), ("random", True, {}, "total is True"),
    ("random", 3, {"each": 2}, "select=random takes"), ("random_per_form", 3, {"each": 2}, "total or each, not both"),
    ("random_per_subtask", None, {"each": -2}, "each is -2"),
    ("k_center", 3, {"groups": 2}, "select=k_center takes no argument 'groups'; it takes none"),
    ("kmeans_quality", 3, {"group": 2}, "takes no argument 'group'; it takes groups, quality"),
    ("utility", 3, {}, r"stage 1 holds \d+ rows, more than the total of 3"),
    ("level", 3, {}, r"stage 1 holds \d+ rows, more than the total of 3"),
])  # fmt: skip
def test_words_and_numbers_that_cannot_be_are_refused(word, total, given, message):
    with pytest.raises(ValueError, match=message):
        ways.choose(word, pool_of(), total, **given)


@pytest.mark.parametrize(("word", "lacking"), [
    ("utility", "first"), ("utility", "X"), ("utility", "centroids"), ("stage1", "first"), ("k_center", "X"),
    ("budget", "X"), ("kmeans_quality", "X"), ("rds", "states"),
])  # fmt: skip
def test_what_a_way_needs_is_asked_for_by_name(word, lacking):
    pool = dataclasses.replace(pool_of(), **{lacking: None})
    with pytest.raises(ValueError, match=f"select={word} needs {lacking}: "):
        ways.choose(word, pool, 60, **arguments(word))


def test_a_score_is_asked_for_too():
    with pytest.raises(ValueError, match="select=utility needs need: the score"):
        ways.choose("utility", dataclasses.replace(pool_of(), need=None, feedback=None), 60)


@pytest.mark.parametrize(("word", "name"), [("k_center", "X"), ("utility", "need"), ("rds", "states")])
def test_a_number_that_is_none_is_named_with_its_row(word, name):
    pool = pool_of(outside=0)
    values = np.array(getattr(pool, name), dtype=float)
    values[7] = np.nan
    with pytest.raises(ValueError, match=f"{name} of row 'r007' is not finite"):
        ways.choose(word, dataclasses.replace(pool, **{name: values}), 60, **arguments(word))


def test_a_missing_sub_task_and_a_wrong_length_are_told():
    pool = pool_of()
    rows = pool.rows.assign(subtask=pool.rows["subtask"].where(pool.rows.index != 3))
    with pytest.raises(ValueError, match="select=random_even needs the sub-task of each row"):
        ways.choose("random_even", dataclasses.replace(pool, rows=rows, part=np.abs(pool.part)), 60)
    with pytest.raises(ValueError, match="the pool has 160 rows, but need has 3"):
        ways.choose("random", dataclasses.replace(pool, need=np.zeros(3)), 60)


def test_every_word_says_what_it_is_and_what_it_needs():
    known = {"first", "feedback_rouge", "feedback_nll", "states"}
    for word, way in ways.WAYS.items():
        assert way.what and not way.what.endswith(".") and way.needs <= known, word
    assert {word for word, way in ways.WAYS.items() if not way.takes_n} == {"all", "paper_rule", "stage1"}


def test_nothing_given_is_changed():
    pool = pool_of()
    before = {name: np.array(getattr(pool, name)) for name in ("X", "part", "first", "need", "states")}
    for word in ways.WAYS:
        ways.choose(word, pool, 60, **arguments(word))
    assert all(np.array_equal(getattr(pool, name), value) for name, value in before.items())


def test_a_way_of_ones_own_is_chosen_by_its_word(forgets):
    rows = pd.DataFrame({"id": list("abcdef")})
    last = ways.Way("the last of each part", lambda way, pool, shares, seed: ways.in_turn(
        pool, lambda c, members: members[::-1][: shares[c]]))  # fmt: skip
    ways.add("last", last)
    found = ways.choose("last", ways.Pool(rows, np.array([0, 0, 0, 1, 1, 1])), total=4)
    assert found["position"].tolist() == [2, 1, 5, 4] and found["part"].tolist() == [0, 0, 1, 1]
    with pytest.raises(ValueError, match="select=random exists already"):
        ways.add("random", last)
    with pytest.raises(TypeError, match="select=first is to be a Way, not function"):
        ways.add("first", lambda: None)
    assert "first" not in ways.WAYS
