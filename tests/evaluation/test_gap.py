"""What a difference can say: its smallest difference, its three sentences, two one-sided tests."""

import numpy as np
import pytest
from scipy import stats

from assl_utils.evaluation.gap import (
    QUESTIONS,
    Gap,
    detectable,
    equivalence,
    p_value,
    reach,
    seeds_needed,
    smallest_shown,
    verdict,
)


def gap_of(diff, seeds=5, sd_seeds=1.0, sd_questions=0.0, questions=900, **more):
    gap = Gap(diff, 0, 0, seeds, questions, sd_seeds, sd_questions, df_seeds=seeds - 1, **more)
    side = reach(gap, 0.025)
    return gap._replace(lo=diff - side, hi=diff + side, detectable=detectable(gap))


def test_reach_worked_by_hand():
    assert reach(gap_of(0, 4, 2.0), 0.025) == pytest.approx(stats.t.ppf(0.975, 3) * 2 / 2)
    assert reach(gap_of(0, 4, 0.0, 3.0, 10**9), 0.05) == pytest.approx(1.6449 * 3, rel=1e-4)
    mixed = gap_of(0, 4, 2.0, 1.0, 901)  # both parts are 1
    half = (stats.t.ppf(0.975, 3) + stats.t.ppf(0.975, 900)) / 2
    assert reach(mixed, 0.025) == pytest.approx(half * 2**0.5)


@pytest.mark.parametrize("diff", [0.0, 0.4, 1.0, -1.3, 3.0])
def test_p_values_agree_with_students_test_and_with_the_intervals(diff):
    gap = gap_of(diff)
    expected = 2 * stats.t.sf(abs(diff) / (1 / 5**0.5), 4)
    assert p_value(gap) == pytest.approx(expected, rel=1e-6)
    assert (p_value(gap) < 0.05) == (gap.lo > 0 or gap.hi < 0)
    same = equivalence(gap, margin=2.0)
    assert same.p == pytest.approx(stats.t.sf((2 - abs(diff)) * 5**0.5, 4), rel=1e-6)
    assert same.equal == (same.p < 0.05) == (-2 < same.lo and same.hi < 2)


@pytest.mark.parametrize(("seeds", "sd_questions"), [(3, 0.0), (5, 0.0), (5, 0.6), (8, 1.0)])
def test_the_smallest_difference_shown_is_shown_four_times_in_five(seeds, sd_questions):
    delta = smallest_shown(seeds, 1.0, sd_questions)
    rng = np.random.default_rng(seeds)
    d = delta + rng.normal(0, 1, (20_000, seeds)) + rng.normal(0, sd_questions, (20_000, 1))
    gaps = [Gap(0, 0, 0, seeds, 1000, sd, sd_questions, df_seeds=seeds - 1) for sd in d.std(axis=1, ddof=1)[:4000]]
    shown = np.mean([abs(mean) > reach(gap, 0.025) for mean, gap in zip(d.mean(axis=1)[:4000], gaps, strict=True)])
    assert shown == pytest.approx(0.8, abs=0.06)


def test_planning():
    for wanted in (0.8, 1.5, 4.0):
        seeds = seeds_needed(wanted, 1.0, 0.2)
        assert smallest_shown(seeds, 1.0, 0.2) <= wanted and (
            seeds == 3 or smallest_shown(seeds - 1, 1.0, 0.2) > wanted
        )
    assert seeds_needed(1.0, 1.0, 0.5) == np.inf  # the questions alone hide it
    assert seeds_needed(1.0, 0.0) == 3
    assert smallest_shown(1, 1.0) == np.inf and np.isnan(smallest_shown(3, 0.0))
    assert smallest_shown(2, np.nan, 1.0) == pytest.approx(2.80, abs=0.01)
    for bad in (dict(seeds=0, sd_seeds=1), dict(seeds=3, sd_seeds=-1), dict(seeds=3, sd_seeds=1, power=1)):
        with pytest.raises(ValueError, match=r"expected seeds|at least 0"):
            smallest_shown(**bad)
    with pytest.raises(ValueError, match="wanted"):
        seeds_needed(0, 1.0)
    with pytest.raises(ValueError, match="margin"):
        equivalence(gap_of(0), margin=0)


def test_three_findings_have_three_sentences():
    above = verdict("k-means", "one adapter", gap_of(5.0))
    assert above == "k-means is above one adapter by 5.0 points (95 % 3.8 to 6.2; 5 seeds, 900 questions)"
    assert verdict("k", "one", gap_of(-5.0)) == "k is below one by 5.0 points (95 % 3.8 to 6.2; 5 seeds, 900 questions)"
    equal = verdict("k", "one", gap_of(0.5))
    assert equal == "equal within 2 points: k minus one is 0.5 points (90 % -0.5 to 1.5; 5 seeds, 900 questions)"
    open_ = verdict("k", "one", gap_of(1.0, sd_seeds=3.0))
    assert open_ == (
        "not distinguishable: k minus one is 1.0 points (95 % -2.7 to 4.7; 5 seeds, 900 questions); "
        "this comparison could have shown about 5.0 points"
    )
    small = verdict("k", "one", gap_of(0.5, sd_seeds=0.1))
    assert small.startswith("k is above one by 0.5") and small.endswith("but by less than 2")
    few = gap_of(0.0, seeds=1, sd_seeds=np.nan, sd_questions=2.0, over=QUESTIONS)
    assert "over questions only: 1 seed, 900 questions" in verdict("k", "one", few)


def test_what_does_not_vary():
    same = gap_of(0.0, sd_seeds=0.0)
    assert (same.lo, same.hi) == (0, 0) and p_value(same) == 1 and equivalence(same) == (True, 0.0, 0.0, 0.0)
    assert p_value(gap_of(1.0, sd_seeds=0.0)) == 0
