"""Differences and their certainty, against textbook values, brute force and simulation."""

import itertools
import math

import numpy as np
import pytest

from assl_utils.evaluation.statistics import (
    Difference,
    detectable_by_spread,
    interval,
    mcnemar,
    ratio,
    resample,
    smallest_detectable,
    two_sided,
    verdict,
)


def mcnemar_by_coins(first, second):
    """Every outcome of first + second fair coins that is no likelier than the one seen."""
    n = first + second
    weight = [math.comb(n, heads) for heads in range(n + 1)]
    return sum(w for w in weight if w <= weight[first]) / 2**n


@pytest.mark.parametrize(("first", "second"), [(0, 0), (1, 0), (5, 0), (3, 3), (2, 9), (40, 22), (0, 30)])
def test_mcnemar_counts_coins(first, second):
    a = [1] * first + [0] * second + [1, 0, 1]
    b = [0] * first + [1] * second + [1, 0, 1]
    result = mcnemar(a, b)
    assert (result.first_only, result.second_only) == (first, second)
    assert result.p == pytest.approx(mcnemar_by_coins(first, second), abs=1e-12)
    assert mcnemar(b, a).p == pytest.approx(result.p, abs=1e-12)


def test_mcnemar_worked_by_hand():
    # 6 items differ, all one way: 2 * (1 / 2) ** 6
    assert mcnemar(np.ones(6), np.zeros(6)).p == pytest.approx(1 / 32)


def test_a_resample_knows_every_draw_of_three_items():
    gain = np.array([1.0, 0.0, 1.0]) - np.array([0.0, 0.0, 0.5])
    means = [np.mean(gain[list(pick)]) for pick in itertools.product(range(3), repeat=3)]  # all 27, equally likely
    drawn = resample(3, 200_000, np.random.default_rng(0)) @ gain / 3
    assert drawn.mean() == pytest.approx(np.mean(means), abs=0.002)
    assert drawn.std() == pytest.approx(np.std(means), abs=0.002)


def test_the_interval_of_a_mean_has_the_textbook_width():
    gain = np.random.default_rng(1).normal(0.05, 0.2, size=400)
    drawn = resample(400, 5000, np.random.default_rng(0)) @ gain / 400
    error = gain.std() / math.sqrt(400)
    assert interval(drawn) == pytest.approx([gain.mean() - 1.96 * error, gain.mean() + 1.96 * error], abs=0.1 * error)
    assert interval(-drawn) == pytest.approx(-interval(drawn)[::-1])
    assert np.diff(interval(drawn, 0.5)) < np.diff(interval(drawn))


def test_p_values_are_two_sided():
    gain = np.random.default_rng(7).normal(size=400)
    gain = gain - gain.mean() + 1.5 * gain.std() / 20  # 1.5 standard errors above 0: p = 0.134
    drawn = resample(400, 20_000, np.random.default_rng(0)) @ gain / 400
    assert two_sided(drawn) == pytest.approx(0.134, abs=0.015) == two_sided(-drawn)
    assert two_sided(np.full(99, 0.3)) == 2 / 100  # never 0
    assert two_sided(np.zeros(99)) == 1


def test_ratio_of_sums_is_not_a_mean_of_ratios():
    hits, wanted = np.array([2.0, 0.0]), np.array([2.0, 6.0])  # item F1 of 1 and 0: their mean is 0.5, micro-F1 2 / 8
    assert ratio(hits.sum(), wanted.sum()) == 0.25
    assert ratio([0.0, 0.0, 3.0], [0.0, 2.0, 4.0]).tolist() == [1.0, 0.0, 0.75]


@pytest.mark.parametrize("kind", ["share", "micro-F1"])
def test_intervals_cover_the_truth_about_as_often_as_they_say(kind):
    rng = np.random.default_rng(3)
    n, trials, hits = 120, 250, 0
    for _ in range(trials):
        if kind == "share":
            numerator, denominator = rng.binomial(1, 0.7, size=n).astype(float), np.ones(n)
            truth = 0.7
        else:  # two gold labels an item, each found with 0.6; Poisson(0.5) false ones
            found, false = rng.binomial(2, 0.6, size=n), rng.poisson(0.5, size=n)
            numerator, denominator = 2.0 * found, 2.0 + found + false
            truth = 2 * 1.2 / (2 + 1.2 + 0.5)
        counts = resample(n, 400, rng)
        lo, hi = interval(ratio(counts @ numerator, counts @ denominator))
        hits += lo <= truth <= hi
    assert 0.90 <= hits / trials <= 0.985


def test_resamples_are_whole_and_repeatable():
    counts = resample(7, 50, np.random.default_rng(4))
    assert (counts.sum(axis=1) == 7).all() and (counts >= 0).all()
    assert (counts == resample(7, 50, np.random.default_rng(4))).all()


@pytest.mark.parametrize(("n", "p", "discordance"), [(150, 0.6, None), (500, 0.9, None), (200, 0.7, 0.2)])
def test_the_smallest_detectable_difference_is_found_in_four_of_five_simulated_studies(n, p, discordance):
    points = smallest_detectable(n, p, discordance=discordance)
    delta = points / 100
    psi = p * (1 - p - delta) + (1 - p) * (p + delta) if discordance is None else discordance
    drawn = np.random.default_rng(5).multinomial(n, [(psi + delta) / 2, (psi - delta) / 2, 1 - psi], size=20_000)
    better, worse = drawn[:, 0], drawn[:, 1]
    z = (better - worse) / np.sqrt(np.maximum(better + worse, 1))
    assert (z > 1.959964).mean() == pytest.approx(0.8, abs=0.035)


def test_smallest_detectable_worked_by_hand():
    # n = 100, psi = 0.2: delta * 10 = 1.959964 * sqrt(.2) + 0.841621 * sqrt(.2 - delta^2) holds at delta = 0.1238
    delta = smallest_detectable(100, 0.5, discordance=0.2) / 100
    assert delta == pytest.approx(0.1238, abs=5e-4)
    assert delta * 10 == pytest.approx(1.959964 * math.sqrt(0.2) + 0.841621 * math.sqrt(0.2 - delta**2), abs=1e-5)


def test_the_spread_of_resampled_differences_detects_what_the_plan_foresees():
    rng = np.random.default_rng(6)
    outcome = rng.choice([1, -1, 0], p=[0.1, 0.1, 0.8], size=2000)  # discordance 0.2, no difference
    replicates = resample(2000, 2000, rng) @ outcome / 2000
    foreseen = smallest_detectable(2000, 0.5, discordance=float(np.mean(outcome != 0)))
    assert detectable_by_spread(replicates) == pytest.approx(foreseen, rel=0.06)
    assert detectable_by_spread(np.zeros(9)) is None


def test_more_items_and_kindred_models_see_smaller_differences():
    sizes = [smallest_detectable(n, 0.6) for n in (50, 100, 400, 1600)]
    assert sizes == sorted(sizes, reverse=True)
    assert smallest_detectable(200, 0.6, discordance=0.1) < smallest_detectable(200, 0.6)
    assert smallest_detectable(3, 0.9) == smallest_detectable(10, 1.0) == math.inf


def test_the_sentence_says_what_the_interval_allows():
    assert verdict("X", "Y", Difference(3.14, 0.4, 5.88, 0.02, 150)) == "X is above Y by 3.1 points (95 % 0.4 to 5.9)"
    assert verdict("X", "Y", Difference(-3.1, -5.9, -0.4, 0.02, 150)) == "X is below Y by 3.1 points (95 % 0.4 to 5.9)"
    assert (
        verdict("X", "Y", Difference(1.2, -1.0, 3.4, 0.3, 150), detectable=9.44)
        == "not distinguishable: X minus Y is 1.2 points (95 % -1.0 to 3.4; 150 items show about 9.4 reliably)"
    )
    assert verdict("X", "Y", Difference(0, 0, 0, 1, 9)).startswith("not distinguishable: X minus Y is 0.0 points")
    assert "-0.0" not in verdict("X", "Y", Difference(-0.01, -0.04, 0.02, 1, 9))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: mcnemar([0.5, 1], [0, 1]), "right or wrong"),
        (lambda: mcnemar([1, 1], [0]), "same items"),
        (lambda: smallest_detectable(0, 0.5), "n >= 1"),
        (lambda: smallest_detectable(10, 0.5, discordance=0), "discordance"),
    ],
)
def test_what_cannot_be_compared_is_an_error(call, message):
    with pytest.raises(ValueError, match=message):
        call()
