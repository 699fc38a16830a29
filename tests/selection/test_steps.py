"""The steps that the book's page shows are those of Algorithm 1."""

import numpy as np
import pytest

from assl_utils.selection import adbscan, budget, literal, steps


def points(seed):
    rng = np.random.default_rng(seed)
    n, wide = int(rng.integers(2, 40)), rng.uniform(0.2, 2)
    return np.concatenate([rng.normal(0, 0.2, (n, 2)), rng.normal(3, wide, (n, 2)), rng.uniform(-2, 6, (5, 2))])


@pytest.mark.parametrize("rule", adbscan.RULES)
@pytest.mark.parametrize("seed", range(12))
def test_the_steps_end_at_the_labels_of_algorithm_1(seed, rule):
    X, k = points(seed), 1 + seed
    walk = steps.walk(X, k, rule)
    labels, eps, trace = literal.algorithm_1(X.tolist(), k, rule)
    assert steps.labels_at(walk.steps, len(X)).tolist() == labels == walk.result.labels.tolist()
    assert walk.result.eps == pytest.approx(eps)
    assert sorted(step.point for step in walk.steps) == list(range(len(X))), "each point once"
    for step in walk.steps:
        assert step.minpts == pytest.approx(trace[step.found])
        enough = len(walk.near[step.point]) >= step.minpts
        assert enough == (step.kind in (steps.STARTS, steps.GROWS))
        assert enough or not step.joined


def test_a_point_from_the_queue_is_the_densest_that_nobody_visited():
    X = points(3)
    walk = steps.walk(X, 4)
    seen = set()
    for step in walk.steps:
        if step.kind in (steps.STARTS, steps.TOO_FEW):
            assert step.point == next(p for p in walk.queue if p not in seen)
        seen.add(step.point)


def test_a_ball_holds_its_point_and_what_lies_at_just_the_radius():
    assert steps.balls(np.array([[0.0], [1.0], [2.0], [4.0]]), 1.0) == [[0, 1], [0, 1, 2], [1, 2], [3]]


def test_on_a_ruler_the_walk_is_known_by_hand():
    """0, 1, 2 and 10 with k = 1: ε = 1, MinPts = 1/2 · 1; the first three are one sub-cluster, 10 alone the next."""
    walk = steps.walk(np.array([[0.0], [1.0], [2.0], [10.0]]), k=1, minpts_rule="as_printed")
    found = [(step.point, step.kind, step.found, step.joined) for step in walk.steps]
    assert found == [
        (0, steps.STARTS, 0, [0, 1]),
        (1, steps.GROWS, 0, [2]),
        (2, steps.GROWS, 0, []),
        (3, steps.STARTS, 1, [3]),
    ]


def test_copies_make_the_threshold_infinite_and_every_step_finds_too_few():
    walk = steps.walk(np.zeros((5, 2)), k=3)
    assert {step.kind for step in walk.steps} == {steps.TOO_FEW}


def test_one_point_has_no_walk():
    with pytest.raises(ValueError, match="at least two"):
        steps.walk([[1.0, 2.0]])


def test_six_moments_are_beginnings_and_ends_of_the_first_two_sub_clusters():
    X = np.array([[0.0], [1], [2], [10], [11], [12], [50]])
    walk = steps.walk(X, k=2)
    first, half, done, second, second_done, last = steps.moments(walk)
    assert last == len(walk.steps) == 7 and first <= half <= done < second < second_done <= last
    assert [walk.steps[n - 1].kind for n in (first, second)] == [steps.STARTS] * 2
    final = steps.labels_at(walk.steps, len(X))
    for n, found in ((done, 0), (second_done, 1)):
        now = steps.labels_at(walk.steps, len(X), n)
        assert ((now == found) == (final == found)).all(), "it is whole"
    assert (steps.labels_at(walk.steps, len(X), second) == 1).any() and not (
        steps.labels_at(walk.steps, len(X), second - 1) == 1
    ).any()


@pytest.mark.parametrize("wanted", [3, 12])
def test_the_steps_of_trimmed_medoids_end_at_what_is_kept(wanted):
    X = np.random.default_rng(1).normal(size=(90, 2))
    result = adbscan.adbscan(X, k=6)
    found = steps.trimmed(X, result, wanted)
    assert found.medoids.tolist() == budget.redistribute(X, result, wanted, method="trimmed_medoids").tolist()
    spread = budget.redistribute(X, result, wanted, method="trimmed_k_center")
    assert sorted(found.taken) == spread.tolist()
    assert (result.labels[found.core] >= 0).all() and len(found.core) < (result.labels >= 0).sum()
    nearest = ((X[found.core][:, None] - X[found.taken]) ** 2).sum(axis=2).argmin(axis=1)
    assert found.owner.tolist() == nearest.tolist()
    assert len(set(found.owner[np.searchsorted(found.core, found.medoids)])) == wanted, "one of each region"
