"""Intervals over seeds and questions: their coverage on simulated data, their parts against the analysis of variance."""

import numpy as np
import pandas as pd
import pytest
from made_up_arms import answered

from assl_utils.errors import DataError
from assl_utils.evaluation import arms, two_way
from assl_utils.evaluation.arms import UNTRAINED, Measured
from assl_utils.evaluation.gap import BOTH, QUESTIONS

MIXES = {"starts": (1, 0.1, 0.2), "questions": (0, 1, 0.4), "both at once": (0, 0, 1), "all": (1, 1, 1)}


def cells_of(keys, lines=("a", "b")):
    return pd.DataFrame([(line, *key) for line in lines for key in keys], columns=arms.KEYS)


def gaussian(rng, m, mix, sims, n=40):
    """Differences (sims, m) around 0 and the influence of n questions; ``mix``: the parts' sizes in the mean."""
    start, question, both = mix
    root = np.sqrt(n)
    each = rng.normal(0, root * question, (sims, 1, n)) + rng.normal(0, root * both * np.sqrt(m), (sims, m, n))
    each = each + rng.normal(0, start * np.sqrt(m), (sims, m, 1))
    values = each.mean(axis=2)
    return values, (each - values[..., None]) / n * np.sqrt(n / (n - 1))


def share_of_intervals_with_truth(tables):
    gaps = [two_way.difference(table, "a", "b") for table in tables]
    return np.mean([gap.lo <= 0 <= gap.hi for gap in gaps])


@pytest.mark.parametrize("m", [3, 5, 8])
@pytest.mark.parametrize("mix", MIXES)
def test_the_interval_covers_95_percent_whatever_the_mix(mix, m):
    values, influence = gaussian(np.random.default_rng([m, *map(ord, mix)]), m, MIXES[mix], sims=1500)
    cells, zero = cells_of([(s, s) for s in range(m)]), np.zeros(m)
    tables = (
        Measured("AVG", cells, np.append(value, zero), np.concatenate([part, 0 * part]), part.shape[1])
        for value, part in zip(values, influence, strict=True)
    )
    assert share_of_intervals_with_truth(tables) == pytest.approx(0.96, abs=0.016)  # 95 %: more where parts mix


@pytest.mark.parametrize("m", [3, 5, 8])
@pytest.mark.parametrize("kind", ["binary", "ratio"])
def test_the_interval_covers_95_percent_of_answers_right_or_wrong_and_of_ratios(kind, m):
    rng, sims, cells = np.random.default_rng([m, len(kind)]), 800, [(s, s) for s in range(m)]
    both = [answered_many(rng, sims, cells, kind)]
    assert share_of_intervals_with_truth(both[0]) == pytest.approx(0.955, abs=0.021)


def answered_many(rng, sims, cells, kind):
    """Pairs of equally good arms, each pair with its own questions."""
    for _ in range(sims):
        yield arms.measured(answered(rng, ["a", "b"], cells, n=12, kind=kind))
