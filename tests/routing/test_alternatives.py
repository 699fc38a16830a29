"""Other ways to choose: each against its words read aloud, on ordinary vectors and on copies, ties and constants."""

import math
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest

from assl_utils.routing import alternatives
from assl_utils.routing import router as routing_router
from assl_utils.routing.alternatives import limit, sample_mean, top, vote

RULER = np.array([[0.0], [1.0], [2.0], [10.0], [13.0], [16.0]])


def lists(array):
    return np.asarray(array, dtype=float).tolist()


# ---------------------------------------------------------------------------------------------------------- sample mean


@pytest.mark.parametrize("n", [1, 3, 12, 50])
def test_a_sample_mean_is_the_mean_of_n_rows_of_its_expert(n):
    rng = np.random.default_rng(n)
    vectors, labels = rng.normal(size=(12, 3)), np.array([0] * 5 + [1] * 7)
    found = sample_mean(vectors, labels, n=n, seed=3)
    for expert in (0, 1):
        own = lists(vectors[labels == expert])
        if n >= len(own):
            assert found[expert].tolist() == pytest.approx([sum(c) / len(own) for c in zip(*own, strict=True)])
        else:  # some n of the rows have this mean
            assert any(
                np.allclose(found[expert], [sum(own[i][t] for i in some) / n for t in range(3)], atol=1e-12)
                for some in subsets(len(own), n)
            )


def subsets(size, n):
    """Every choice of n of so many, by counting in binary."""
    for code in range(2**size):
        some = [i for i in range(size) if code >> i & 1]
        if len(some) == n:
            yield some


def test_a_sample_depends_on_the_seed_and_on_its_own_expert_alone():
    rng = np.random.default_rng(0)
    vectors, labels = rng.normal(size=(300, 4)).astype(np.float32), np.repeat([0, 1, 2], 100)
    found = sample_mean(vectors, labels)
    assert found.dtype == np.float64 and found.shape == (3, 4)
    np.testing.assert_array_equal(found, sample_mean(vectors, labels))
    assert not np.allclose(found, sample_mean(vectors, labels, seed=1))
    without_the_last = sample_mean(vectors[:200], labels[:200])
    np.testing.assert_array_equal(found[:2], without_the_last)
    assert not np.allclose(found[0], vectors[:100].mean(axis=0)), "twelve rows of a hundred"
    twins = sample_mean(np.tile(vectors[:100], (2, 1)), labels[:200])
    assert not np.allclose(twins[0], twins[1]), "each expert has a draw of its own"


def test_a_sample_needs_rows_of_each_expert():
    ones = np.ones((3, 2))
    np.testing.assert_array_equal(sample_mean(ones, [0, 1, 1]), np.ones((2, 2)))
    with pytest.raises(ValueError, match="no row has the label 1"):
        sample_mean(ones, [0, 2, 2])
    with pytest.raises(ValueError, match="belong to no expert"):
        sample_mean(ones, [0, -1, 0])
    with pytest.raises(ValueError, match="whole numbers"):
        sample_mean(ones, [0.0, 1.0, 1.0])
    with pytest.raises(ValueError, match="give one per row"):
        sample_mean(ones, [0, 1])
    with pytest.raises(ValueError, match="row 1 of vectors holds NaN"):
        sample_mean(np.array([[0.0], [np.nan], [1.0]]), [0, 0, 1])
    with pytest.raises(ValueError, match="n is 0"):
        sample_mean(ones, [0, 1, 1], n=0)
    with pytest.raises(ValueError, match="vectors are empty"):
        sample_mean(np.empty((0, 2)), np.array([], dtype=int))


# ----------------------------------------------------------------------------------------------------------------- vote


def vote_read_aloud(x, train, labels, k):
    """Every distance, a sort, a count."""
    near = sorted((math.sqrt(sum((a - b) ** 2 for a, b in zip(t, x, strict=True))), i) for i, t in enumerate(train))[:k]
    counts = {}
    for distance, i in near:
        count, away = counts.get(labels[i], (0, 0.0))
        counts[labels[i]] = (count + 1, away + distance)
    ranked = sorted((-count, away, expert) for expert, (count, away) in counts.items())
    count, away, expert = -ranked[0][0], *ranked[0][1:]
    second = -ranked[1][0] if len(ranked) > 1 else 0
    return expert, count / len(near), (count - second) / len(near), away / count


def nasty(kind, rng):
    """Questions, training rows, labels; small whole numbers have exact distances, so ties are ties in every order."""
    labels = rng.integers(0, 3, 40)
    labels[0] = 2
    train = {
        "random": rng.normal(size=(40, 8)),
        "lattice": rng.integers(-1, 2, (40, 3)).astype(float),
        "copies": np.repeat(rng.integers(-9, 9, (4, 3)), 10, axis=0).astype(float),
        "constant": np.full((40, 5), 0.1),
        "far away": rng.normal(size=(40, 4)) + 1e6,
        "float32": rng.normal(size=(40, 8)).astype(np.float32),
        "circle": np.array([[3, 4], [4, 3], [-3, 4], [0, 5], [5, 0]] * 8, dtype=float),
    }[kind]
    questions = np.concatenate([train[:5], np.zeros((1, train.shape[1]), train.dtype), train[5:9] * 0.5])
    return questions, train, labels


@pytest.mark.parametrize("kind", ["random", "lattice", "copies", "constant", "far away", "float32", "circle"])
@pytest.mark.parametrize("k", [1, 7, 20, 40, 100])
def test_a_vote_equals_its_words(kind, k, monkeypatch):
    monkeypatch.setattr(alternatives, "PAIRS", 120)  # three questions at a time
    questions, train, labels = nasty(kind, np.random.default_rng(k))
    found = vote(questions, train, labels, k=k)
    assert list(found.columns) == ["expert", "share", "margin", "distance"]
    expected = [vote_read_aloud(x, lists(train), labels.tolist(), k) for x in lists(questions)]
    assert found["expert"].tolist() == [row[0] for row in expected]
    np.testing.assert_allclose(found[["share", "margin", "distance"]], [row[1:] for row in expected], rtol=1e-9)


def test_a_vote_on_a_ruler_worked_by_hand():
    found = vote(np.array([[6.0], [1.0], [100.0]]), RULER, [0, 0, 1, 1, 1, 0], k=4, names=["left", "right"])
    # of 6: 2 and 10 (4 away), 1 (5), 0 (6) before 13 (7); two votes each, 8 in sum against 11
    assert found["expert"].tolist() == ["right", "left", "right"] and found["expert"].dtype == "str"
    assert found["share"].tolist() == [0.5, 0.5, 0.75]
    assert found["margin"].tolist() == [0, 0, 0.5]
    assert found["distance"].tolist() == [4, 0.5, (98 + 90 + 87) / 3]


def test_a_vote_tied_in_number_and_distance_goes_to_the_expert_that_comes_first():
    train = np.array([[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0], [0.0, -1.0]])
    assert vote(np.zeros((1, 2)), train, [1, 0, 1, 0], k=4)["expert"].tolist() == [0]
    assert vote(np.zeros((1, 2)), train, [1, 0, 1, 0], k=1)["expert"].tolist() == [1], "the first row is the nearest"


def test_rows_too_alike_for_a_product_are_told_apart():
    """Steps of 2e-9 vanish in a product of numbers of size 1, and differences keep them."""
    rng = np.random.default_rng(0)
    base = rng.normal(size=16)
    base /= np.linalg.norm(base)
    step = np.zeros(16)
    step[0] = 2e-9
    train = np.array([base + i * step for i in range(1, 31)] + [-base])
    labels = np.array([1] * 30 + [0])
    labels[:3] = 0
    found = vote(base[None], train, labels, k=3)
    assert found["expert"].tolist() == [0] and found["share"].tolist() == [1.0]


def test_one_row_wins_every_vote_and_no_question_gives_no_row():
    found = vote(np.array([[0.0], [5.0]]), np.array([[3.0]]), [0], k=20)
    assert found.to_dict("list") == {"expert": [0, 0], "share": [1, 1], "margin": [1, 1], "distance": [3, 2]}
    assert len(vote(np.empty((0, 1)), RULER, [0] * 6)) == 0


def test_a_vote_that_cannot_be_held_is_said():
    labels = [0, 0, 0, 1, 1, 1]
    with pytest.raises(ValueError, match="row 1 of vectors holds NaN"):
        vote(np.array([[1.0], [np.nan]]), RULER, labels)
    with pytest.raises(ValueError, match="row 0 of train_vectors holds NaN"):
        vote(RULER, RULER * np.nan, labels)
    with pytest.raises(ValueError, match="k is 0"):
        vote(RULER, RULER, labels, k=0)
    with pytest.raises(ValueError, match="2 dimensions, train_vectors 1"):
        vote(np.ones((1, 2)), RULER, labels)
    with pytest.raises(ValueError, match="label 1 has no name"):
        vote(RULER, RULER, labels, names=["only"])
    with pytest.raises(ValueError, match="train_vectors are empty"):
        vote(RULER, np.empty((0, 1)), np.array([], dtype=int))
    with pytest.raises(ValueError, match="one row per text"):
        vote(RULER[:, 0], RULER, labels)


# ---------------------------------------------------------------------------------------------------------------- limit


@pytest.mark.parametrize("quantile", [0, 0.07, 0.333, 0.5, 0.9, 0.99, 1])
@pytest.mark.parametrize("kind", ["random", "copies", "one row"])
def test_a_limit_keeps_its_share_of_the_rows(quantile, kind):
    rng = np.random.default_rng(0)
    distances = {
        "random": rng.random((100, 4)),
        "copies": rng.integers(0, 4, (100, 4)).astype(float),
        "one row": rng.random((1, 4)),
    }[kind]
    labels = rng.integers(0, 4, len(distances))
    own = sorted(row[e] for row, e in zip(distances.tolist(), labels, strict=True))
    enough = [d for d in own if sum(o <= d for o in own) >= Fraction(str(quantile)) * len(own)]
    assert limit(distances, labels, quantile) == enough[0]


def test_a_limit_that_cannot_be_found_is_said():
    with pytest.raises(ValueError, match="quantile is 99"):
        limit(np.ones((2, 2)), [0, 1], 99)
    with pytest.raises(ValueError, match="a row has the label 2"):
        limit(np.ones((2, 2)), [0, 2])
    with pytest.raises(ValueError, match="row 1 of distances holds NaN"):
        limit(np.array([[1.0], [np.nan]]), [0, 0])


# ------------------------------------------------------------------------------------------------------------------ top


def top_read_aloud(row, k, temperature):
    ranked = sorted((d, i) for i, d in enumerate(row))[:k]
    shares = [math.exp(-d / temperature) for d, _ in ranked]
    return [i for _, i in ranked], [s / sum(shares) for s in shares]


@pytest.mark.parametrize("temperature", [0.05, 1.0, 30.0, math.inf])
@pytest.mark.parametrize("k", [1, 2, 5])
def test_the_nearest_experts_count_by_their_distance(k, temperature):
    rng = np.random.default_rng(k)
    distances = np.concatenate([rng.random((20, 5)), rng.integers(0, 2, (20, 5)), np.ones((1, 5)), np.zeros((1, 5))])
    indices, weights = top(distances, k, temperature)
    for row, found, shares in zip(distances.tolist(), indices.tolist(), weights.tolist(), strict=True):
        expected = top_read_aloud(row, k, temperature)
        assert found == expected[0] and shares == pytest.approx(expected[1], abs=1e-12)
    np.testing.assert_allclose(weights.sum(axis=1), 1, rtol=1e-12)
    if k == 1:
        assert (weights == 1).all()


def test_a_small_temperature_lets_the_nearest_decide_and_overflows_nothing():
    with np.errstate(over="raise", invalid="raise"):
        indices, weights = top(np.array([[900.0, 1000.0, 800.0]]), 3, temperature=1e-3)
    assert indices.tolist() == [[2, 0, 1]] and weights.tolist() == [[1, 0, 0]]
    assert top(np.array([[3.0, 1.0, 2.0]]), 2)[1].tolist() == [[0.5, 0.5]], "by default all count alike"


def test_experts_that_are_not_there_cannot_be_chosen():
    with pytest.raises(ValueError, match="k is 4; choose 1 to 3"):
        top(np.ones((2, 3)), 4)
    with pytest.raises(ValueError, match="k is 0"):
        top(np.ones((2, 3)), 0)
    with pytest.raises(ValueError, match="temperature is 0"):
        top(np.ones((2, 3)), 2, 0)
    with pytest.raises(ValueError, match="temperature is nan"):
        top(np.ones((2, 3)), 2, math.nan)
    with pytest.raises(ValueError, match="row 1 of distances holds NaN"):
        top(np.array([[1.0], [np.nan]]), 1)


def test_inputs_are_left_alone():
    rng = np.random.default_rng(0)
    vectors, train, labels = rng.normal(size=(5, 3)), rng.normal(size=(9, 3)), np.arange(9) % 3
    kept = [a.copy() for a in (vectors, train, labels)]
    for call in (
        lambda: sample_mean(train, labels, n=2),
        lambda: vote(vectors, train, labels),
        lambda: limit(np.abs(train), labels),
        lambda: top(np.abs(train), 2),
    ):
        once, again = call(), call()
        assert once.equals(again) if isinstance(once, pd.DataFrame) else np.array_equal(once, again)
    for before, after in zip(kept, (vectors, train, labels), strict=True):
        np.testing.assert_array_equal(before, after)


@pytest.mark.parametrize("seed", range(4))
def test_the_ranks_of_a_vote_are_its_whole_order(seed):
    rng = np.random.default_rng(seed)
    train, labels = rng.integers(0, 3, (40, 2)).astype(float), rng.integers(0, 4, 40)
    questions = rng.integers(0, 3, (15, 2)) + rng.random((15, 2)).round(1)
    places = alternatives.vote_ranks(questions, train, labels, 7, experts=6)
    assert (np.sort(places, axis=1) == np.arange(6)).all(), "each expert has a place of its own"
    assert (places.argmin(axis=1) == alternatives.vote(questions, train, labels, 7)["expert"]).all()
    for question, row in zip(questions, places, strict=True):
        near = np.argsort(np.sqrt(((train - question) ** 2).sum(axis=1)), kind="stable")[:7]
        away = [np.sqrt(((train[near[labels[near] == e]] - question) ** 2).sum(axis=1)).sum() for e in range(6)]
        votes = [(labels[near] == e).sum() for e in range(6)]
        order = sorted(range(6), key=lambda e: (-votes[e], round(away[e], 9), e))
        assert [order.index(e) for e in range(6)] == row.tolist()


@pytest.fixture
def router(monkeypatch):
    """Two experts on a ruler; the encoder is not asked."""
    about = {"encoder": "none", "prompt": None, "dim": 1}
    monkeypatch.setattr(routing_router, "load_encoder", lambda encoder: encoder)
    monkeypatch.setattr(routing_router, "describe", lambda encoder, prompt: about)
    return routing_router.Router(np.array([[1.0], [13.0]]), object(), ["lora-0", "lora-1"])


def test_costs_of_every_way_to_choose_worked_by_hand(router):
    labels, questions = [0, 0, 0, 1, 1, 1], np.array([[3.0], [8.0]])
    found = alternatives.costs(router, questions, RULER, labels, few=9, voters=3)
    assert list(found) == [alternatives.PAPER, "centroid, cosine", "mean of 9 rows", "vote of 3 rows"]
    assert found[alternatives.PAPER].tolist() == found["mean of 9 rows"].tolist() == [[2, 10], [7, 5]]
    assert found["centroid, cosine"].tolist() == [[0, 0], [0, 0]]
    assert found["vote of 3 rows"].tolist() == [[0, 1], [1, 0]]  # rows 0, 1, 2; and 10, 13 against 2
    table = alternatives.cost_table(found, router.names, ["p", "q"])
    assert table.columns.tolist() == ["lora-0", "lora-1", "way", "id"] and len(table) == 8
    assert table.set_index(["way", "id"]).loc[("vote of 3 rows", "q")].tolist() == [1, 0]
    same = alternatives.agreement(found)
    assert same.at[alternatives.PAPER, "vote of 3 rows"] == 100  # 8 goes to 1 by both
    assert same.at[alternatives.PAPER, "centroid, cosine"] == 50  # where all are alike the first answers
    assert alternatives.agreement_of_samples(router, questions, RULER, labels, 9, range(3)) == [100, 100, 100]


def test_a_router_measures_the_few_rows_by_its_own_metric(router):
    found = alternatives.costs(router.changed(metric="cosine"), np.array([[3.0]]), RULER, [0, 0, 0, 1, 1, 1], 9, 3)
    assert found[alternatives.PAPER].tolist() == [[2, 10]] and found["mean of 9 rows"].tolist() == [[0, 0]]
