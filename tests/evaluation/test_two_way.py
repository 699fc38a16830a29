"""Intervals over seeds and questions: coverage on simulated data, parts against the analysis of variance."""

import numpy as np
import pandas as pd
import pytest
from made_up_arms import answered
from scipy import stats

from assl_utils.errors import DataError
from assl_utils.evaluation import arms, two_way
from assl_utils.evaluation.arms import UNTRAINED, Measured
from assl_utils.evaluation.gap import BOTH, QUESTIONS

MIXES = {"starts": (1, 0.1, 0.2), "questions": (0, 1, 0.4), "both at once": (0, 0, 1), "all": (1, 1, 1)}
DIAGONAL = {m: [(s, s) for s in range(m)] for m in (3, 5, 8)}
CROSSED = [(s, c) for s in range(4) for c in range(3)]


def table_of(values, influence, keys):
    """One arm's differences as arm a beside an arm b that is always at 0."""
    line = np.array(["a"] * len(keys) + ["b"] * len(keys), dtype=object)
    nothing = np.zeros_like(influence)
    parts = np.append(values, np.zeros(len(keys))), np.concatenate([influence, nothing])
    return Measured("AVG", line, np.array([*keys, *keys]), *parts, influence.shape[1])


def gaussian(rng, keys, mix, sims, n=40, clustering=0.0):
    """Differences around 0 in each cell and the influence of n questions; ``mix``: the sizes of the parts."""
    start, question, both = mix
    seeds, clusterings = np.array(keys).T
    root, m = np.sqrt(n), len(set(seeds))
    each = rng.normal(0, root * question, (sims, 1, n)) + rng.normal(0, root * both * np.sqrt(m), (sims, len(keys), n))
    each += rng.normal(0, start * np.sqrt(m), (sims, m, 1))[:, seeds]
    each += rng.normal(0, clustering * np.sqrt(m), (sims, m, 1))[:, clusterings]
    values = each.mean(axis=2)
    return values, (each - values[..., None]) / n * np.sqrt(n / (n - 1))


def coverage(tables, names=None):
    pairs = names or [("a", "b")] * len(tables)
    gaps = [two_way.difference(table, *pair) for table, pair in zip(tables, pairs, strict=True)]
    assert {gap.over for gap in gaps} == {BOTH}
    return np.mean([gap.lo <= 0 <= gap.hi for gap in gaps])


@pytest.mark.parametrize("m", DIAGONAL)
@pytest.mark.parametrize("mix", MIXES)
def test_the_interval_covers_95_percent_whatever_the_mix(mix, m):
    rng = np.random.default_rng([m, *map(ord, mix)])
    found = gaussian(rng, DIAGONAL[m], MIXES[mix], sims=2000)
    share = coverage([table_of(*one, DIAGONAL[m]) for one in zip(*found, strict=True)])
    assert 0.935 <= share <= 0.975  # 0.95 to 0.971 by quadrature, and what 2000 draws add


@pytest.mark.parametrize("mix", [(1, 0.3, 0.5), (0, 0.3, 1), (1, 1, 0.2)])
@pytest.mark.parametrize("clustering", [0.0, 1.0])
def test_trainings_that_share_a_clustering_or_a_start_are_not_counted_as_independent(clustering, mix):
    rng = np.random.default_rng([int(clustering), *(int(10 * x) for x in mix)])
    found = gaussian(rng, CROSSED, mix, sims=1500, clustering=clustering)
    assert 0.93 <= coverage([table_of(*one, CROSSED) for one in zip(*found, strict=True)]) <= 0.985


@pytest.mark.parametrize("m", DIAGONAL)
@pytest.mark.parametrize("kind", ["binary", "ratio"])
def test_the_interval_covers_95_percent_of_answers_right_or_wrong_and_of_ratios(kind, m):
    rng, sims = np.random.default_rng([m, len(kind)]), 1000
    items = answered(rng, ["a", "b"], DIAGONAL[m], n=15, kind=kind, sims=sims)
    table = arms.measured(items)
    by_study = [np.flatnonzero(table.line % sims == i) for i in range(sims)]
    tables = [table._replace(line=table.line[at] // sims, seeds=table.seeds[at], values=table.values[at],
                             influence=table.influence[at]) for at in by_study]  # fmt: skip
    assert 0.93 <= coverage(tables, [(0, 1)] * sims) <= 0.975


def interval_as_printed(d, B, n, level=0.95):
    """The module's formulas read aloud, for trainings that share nothing."""
    m, mean = len(d), sum(d) / len(d)
    over_seeds = sum((x - mean) ** 2 for x in d) / (m * (m - 1))
    whole, trace = sum(sum(row) for row in B), sum(B[i][i] for i in range(m))
    over_questions = max(whole / m**2 - (trace - whole / m) / (m * (m - 1)), 0)
    t = [stats.t.ppf((1 + level) / 2, df) for df in (m - 1, n - 1)]
    both = over_seeds + over_questions
    side = (t[0] * over_seeds + t[1] * over_questions) / both * both**0.5
    return mean - side, mean + side


@pytest.mark.parametrize("m", [3, 4, 9])
@pytest.mark.parametrize("level", [0.9, 0.95])
def test_the_interval_is_the_printed_formula(m, level):
    keys = [(s, m - 1 - s) for s in range(m)]
    values, influence = (x[0] for x in gaussian(np.random.default_rng(m), keys, (1, 1, 1), 1))
    gap = two_way.difference(table_of(values, influence, keys), "a", "b", level=level)
    expected = interval_as_printed(values.tolist(), (influence @ influence.T).tolist(), 40, level)
    assert (gap.lo, gap.hi) == pytest.approx(expected, rel=1e-9)
    assert gap.df_seeds == pytest.approx(m - 1) and gap.seeds == m and gap.questions == 40
    assert gap.sd_seeds == pytest.approx(np.std(values, ddof=1))


def test_what_both_arms_share_cancels():
    rng = np.random.default_rng(0)
    items = answered(rng, ["a"], DIAGONAL[5], shared=3.0)
    copy = pd.concat([items, items.assign(line="b")])
    gap = two_way.difference(copy, "a", "b", what="FE")
    assert (gap.diff, gap.lo, gap.hi) == (0, 0, 0) and np.isnan(gap.detectable)


def test_trainings_that_agree_exactly_still_have_the_interval_of_their_questions():
    rng = np.random.default_rng(7)
    influence = rng.normal(0, 1, (3, 40))
    influence -= influence.mean(axis=1, keepdims=True)
    gap = two_way.difference(table_of(np.full(3, 4.0), influence, DIAGONAL[3]), "a", "b")
    side = stats.t.ppf(0.975, 39) * np.sqrt((influence @ influence.T).mean())
    assert gap.hi - gap.diff == pytest.approx(side) and side > 0 and gap.over == BOTH


def test_fewer_than_three_shared_trainings_have_no_interval_over_seeds():
    rng = np.random.default_rng(2)
    items = answered(rng, ["a", "b"], DIAGONAL[5], n=30)
    few = items[(items["line"] == "a") | (items["seed"] < 2)]
    gap = two_way.difference(few, "a", "b")
    assert (gap.over, gap.seeds) == (QUESTIONS, 2) and np.isnan(gap.sd_seeds) and gap.lo < gap.diff < gap.hi
    table = arms.measured(items[items["seed"] < 2])
    influence = (table.influence[:2] - table.influence[2:]).mean(axis=0)
    side = stats.t.ppf(0.975, gap.questions - 1) * np.sqrt(influence @ influence)
    assert gap.hi - gap.diff == pytest.approx(side)


def test_an_untrained_arm_pairs_with_every_training():
    items = answered(np.random.default_rng(3), ["a", "b"], CROSSED)
    base = items[(items["line"] == "b") & (items["seed"] == 0) & (items["clustering_seed"] == 0)]
    base = base.assign(seed=UNTRAINED, clustering_seed=UNTRAINED)
    both = pd.concat([items[items["line"] == "a"], base])
    gap = two_way.difference(both, "a", "b")
    scores = arms.score_of(both)
    mean = scores.loc[scores["line"] == "a", "AVG"].mean()
    assert gap.seeds == len(CROSSED) and gap.diff == pytest.approx(mean - scores["AVG"].iloc[-1])
    no_clustering = items[(items["line"] == "b") & (items["clustering_seed"] == 0)].assign(clustering_seed=UNTRAINED)
    gap = two_way.difference(pd.concat([items[items["line"] == "a"], no_clustering]), "a", "b")
    assert gap.seeds == len(CROSSED) and gap.df_seeds < len(CROSSED) - 1
    fixed = two_way.beyond(both, "a", 50.0)
    assert fixed.diff == pytest.approx(mean - 50) and fixed.over == BOTH


def anova(y):
    """Two-way analysis of variance of a table (clusterings, starts), one value a cell, by the method of moments."""
    c, s = y.shape
    rows, columns, mean = y.mean(axis=1), y.mean(axis=0), y.mean()
    between_rows = s * ((rows - mean) ** 2).sum() / (c - 1)
    between_columns = c * ((columns - mean) ** 2).sum() / (s - 1)
    rest = ((y - rows[:, None] - columns[None] + mean) ** 2).sum() / ((c - 1) * (s - 1))
    return (between_rows - rest) / s, (between_columns - rest) / c, rest


def crossed(y):
    clusterings, starts = (axis.ravel() for axis in np.indices(y.shape))
    keys = list(zip(starts, clusterings, strict=True))
    return table_of(y.ravel(), np.zeros((y.size, 10)), keys)


@pytest.mark.parametrize("seed", range(6))
def test_components_are_those_of_the_analysis_of_variance(seed):
    rng = np.random.default_rng(seed)
    y = 50 + rng.normal(0, 2, (3, 1)) + rng.normal(0, 1, (1, 4)) + rng.normal(0, 1, (3, 4))
    raw = anova(y)
    found = two_way.components(crossed(y), "a")
    assert found["variance"].tolist() == pytest.approx([max(value, 0) for value in raw])
    assert found["levels"].tolist() == [3, 4, 12]
    for note, value in zip(found["note"], raw, strict=True):
        assert (f"{value:.2f}" in note) if value < 0 else not note
    spread = two_way.spread(y.ravel(), *np.indices(y.shape)[::-1].reshape(2, -1))
    kept = [max(value, 0) for value in raw]
    if min(raw) >= 0:
        assert spread.variance == pytest.approx(kept[0] / 3 + kept[1] / 4 + kept[2] / 12)


def test_components_find_what_was_put_in():
    rng = np.random.default_rng(1)
    y = rng.normal(0, 2, (400, 5, 1)) + rng.normal(0, 1, (400, 1, 5)) + rng.normal(0, 0.5, (400, 5, 5))
    found = np.array([two_way.components(crossed(one), "a")["variance"] for one in y])
    assert found.mean(axis=0) == pytest.approx([4, 1, 0.25], rel=0.1)
    negative = two_way.components(crossed(np.array([[1.0, 2.0], [2.0, 1.0]])), "a")
    assert (
        negative["variance"].tolist() == [0, 0, 1]
        and negative["note"].str.contains("below 0").tolist()[:2] == [True] * 2
    )


def test_bad_input_is_named():
    items = answered(np.random.default_rng(2), ["a", "bravo"], DIAGONAL[3])
    with pytest.raises(DataError, match="there is no arm 'brave'; nearest is 'bravo'"):
        two_way.difference(items, "a", "brave")
    with pytest.raises(DataError, match="share no training"):
        apart = items.assign(seed=items["seed"] + 10 * (items["line"] == "a").astype(int))
        two_way.difference(apart, "a", "bravo")
    with pytest.raises(DataError, match="no two trainings share a start alone"):
        two_way.components(items, "a")
    with pytest.raises(DataError, match="a has no 'AVG'"):
        lacking = items[(items["line"] == "bravo") | (items["task"] != "QA")]
        two_way.beyond(lacking, "a", 3.0)
