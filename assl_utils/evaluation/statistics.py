r"""How sure a score or a difference is: the bootstrap's parts, exact McNemar, and what a test set can show at all.

Two models answer the same items, so their difference is judged item by item: easy and hard items cancel. Scores per
item are shares (0 to 1); what comes back is in points (0 to 100), as the tables are. A score is a ratio of two sums
over items (micro-F1 is :math:`\sum 2\,tp \,/\, \sum (2\,tp + fp + fn)`, an accuracy has the sum of ones below), so
a resample of the items is a row of weights. :func:`table` and :func:`contrast` are about groups of questions.
"""

from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.stats import binomtest, norm


class Difference(NamedTuple):
    """First minus second, in points: estimate, interval bounds, two-sided p-value, items, level of the interval."""

    diff: float
    lo: float
    hi: float
    p: float
    n: int
    level: float = 0.95


class McNemar(NamedTuple):
    """Items that only the first answered right, only the second, and the exact two-sided p-value."""

    first_only: int
    second_only: int
    p: float


def resample(n, n_boot, rng):
    """How often each of ``n`` items is drawn in each of ``n_boot`` resamples: (n_boot, n), rows adding up to n.

    A resample is a row of weights, so a statistic made of sums is one matrix product for all resamples and models.
    """
    picks = rng.integers(0, n, size=(n_boot, n))
    picks += n * np.arange(n_boot)[:, None]
    return np.bincount(picks.ravel(), minlength=n_boot * n).reshape(n_boot, n).astype(np.float64)


def ratio(numerator, denominator):
    """Numerator by denominator; 1 where both are 0: nothing to find and nothing claimed is right."""
    numerator, denominator = np.asarray(numerator, dtype=np.float64), np.asarray(denominator, dtype=np.float64)
    return np.divide(numerator, denominator, out=np.ones_like(numerator), where=denominator != 0)


def interval(replicates, level=0.95):
    """Percentile interval over the first axis.

    A score of exactly 0 or 100 has no spread to resample: its interval is a point, and says nothing about new items.
    """
    tail = (1 - level) / 2
    return np.quantile(replicates, [tail, 1 - tail], axis=0)


def two_sided(replicates):
    """Twice the smaller share of resampled differences on either side of 0, never below 2 / (B + 1)."""
    size = len(replicates) + 1
    return min(1.0, 2 * min((replicates <= 0).sum() + 1, (replicates >= 0).sum() + 1) / size)


def mcnemar(a, b):
    """Exact test that two models are right equally often: a fair coin over the items on which they differ.

    ``a`` and ``b`` are right (1, True) or wrong (0, False) per item; graded scores are compared by resampling.
    """
    a, b = np.asarray(a), np.asarray(b)
    if a.shape != b.shape or a.ndim != 1:
        raise ValueError(f"McNemar compares the same items: got shapes {a.shape} and {b.shape}.")
    if not (np.isin(a, (0, 1)).all() and np.isin(b, (0, 1)).all()):
        raise ValueError("McNemar needs answers that are right or wrong; for graded scores resample.")
    first = int(((a == 1) & (b == 0)).sum())
    second = int(((a == 0) & (b == 1)).sum())
    p = float(binomtest(first, first + second, 0.5).pvalue) if first + second else 1.0
    return McNemar(first, second, p)


def smallest_detectable(n, p, power=0.8, alpha=0.05, discordance=None):
    r"""Smallest difference of two accuracies, in points, that ``n`` shared items show with the given power.

    .. math:: \delta\sqrt{n} = z_{1-\alpha/2}\sqrt{\psi} + z_{power}\sqrt{\psi - \delta^2}

    (Connor 1987, for McNemar's test), :math:`\psi` the share of items that exactly one of the two models gets right.

    Parameters
    ----------
    n : int
        Items both models answer.
    p : float
        Accuracy of the weaker model, 0 to 1.
    discordance : float, optional
        :math:`\psi`. Without it the models' mistakes are taken as independent,
        :math:`\psi = p(1-p-\delta) + (1-p)(p+\delta)`: cautious, for kin models err on the same items.

    Returns
    -------
    float
        Points; ``inf`` where even the largest possible difference would be missed.
    """
    if n < 1 or not 0 <= p <= 1 or not 0 < power < 1 or not 0 < alpha < 1:
        raise ValueError(f"Expected n >= 1, p in [0, 1], power and alpha in (0, 1); got {n}, {p}, {power}, {alpha}.")
    if discordance is not None and not 0 < discordance <= 1:
        raise ValueError(f"discordance is a share of the items inside (0, 1], got {discordance}.")
    z_alpha, z_power = norm.ppf(1 - alpha / 2), norm.ppf(power)

    def surplus(delta):
        psi = p * (1 - p - delta) + (1 - p) * (p + delta) if discordance is None else discordance
        return delta * np.sqrt(n) - z_alpha * np.sqrt(psi) - z_power * np.sqrt(max(psi - delta**2, 0.0))

    low, high = 0.0, 1 - p if discordance is None else min(1 - p, discordance)
    if high <= 0 or surplus(high) < 0:
        return float("inf")
    for _ in range(60):  # surplus is below 0 at 0 and changes sign once
        middle = (low + high) / 2
        low, high = (middle, high) if surplus(middle) < 0 else (low, middle)
    return 100 * high


def detectable_by_spread(replicates, power=0.8, alpha=0.05):
    r"""Smallest difference, in points, that would show given how much the resampled differences of two models vary.

    .. math:: \delta = (z_{1-\alpha/2} + z_{power}) \cdot sd

    For scores of any kind; :func:`smallest_detectable` plans for accuracies before there are answers. None where the
    differences do not vary at all, for then nothing is known about their spread.
    """
    spread = float(np.std(replicates))
    return 100 * float(norm.ppf(1 - alpha / 2) + norm.ppf(power)) * spread if spread > 0 else None


def verdict(first, second, difference, detectable=None):
    """One sentence from the numbers, so that no text claims more than its interval.

    ``detectable`` (points, see :func:`detectable_by_spread`) is added where the models cannot be told apart.
    """
    diff, lo, hi = difference.diff, difference.lo, difference.hi
    share = f"{100 * difference.level:g} %"
    if lo > 0:
        return f"{first} is above {second} by {points(diff)} points ({share} {points(lo)} to {points(hi)})"
    if hi < 0:
        return f"{first} is below {second} by {points(-diff)} points ({share} {points(-hi)} to {points(-lo)})"
    text = f"not distinguishable: {first} minus {second} is {points(diff)} points"
    text += f" ({share} {points(lo)} to {points(hi)}"
    if detectable is not None:
        seen = f"about {points(detectable)}" if np.isfinite(detectable) else "no difference"
        text += f"; {difference.n} items show {seen} reliably"
    return text + ")"


def points(value):
    """A number of points as every sentence writes it: one decimal, never -0.0."""
    return f"{round(value, 1) + 0.0:.1f}"  # + 0.0 turns -0.0 into 0.0


def table(items, n_boot=2000, seed=0):
    """Accuracy of each model in each group of questions, with intervals over the questions: a row each.

    Returns
    -------
    DataFrame
        ``group, model, n, score, lo, hi, unread``, scores from 0 to 100.
    """
    found = []
    for (group, model), part in items.groupby(["group", "model"], sort=False, observed=True):
        draws = resample(len(part), n_boot, np.random.default_rng(seed)) @ part["correct"].to_numpy()
        lo, hi = 100 * interval(draws / len(part))
        found.append((group, model, len(part), 100 * part["correct"].mean(), lo, hi, 100 * part["unread"].mean()))
    return pd.DataFrame(found, columns=["group", "model", "n", "score", "lo", "hi", "unread"])


def contrast(items, terms, n_boot=2000, seed=0):
    """A sum of accuracies with signs, such as one model's gap between two groups less another's.

    Parameters
    ----------
    items : DataFrame
        ``model, group, id, correct``.
    terms : list of (int, str, str)
        Sign, model and group.

    Returns
    -------
    (float, float, float)
        Points and the bounds of their interval. Questions are resampled group by group; two models' answers to one
        question are drawn together.
    """
    point, draws, weights = 0.0, np.zeros(n_boot), {}
    for sign, model, group in terms:
        part = items[(items["model"] == model) & (items["group"] == group)].sort_values("id")
        if part.empty:
            raise ValueError(f"there are no answers of {model!r} in the group {group!r}")
        if group not in weights:
            rng = np.random.default_rng([seed, len(weights)])
            weights[group] = resample(len(part), n_boot, rng) / len(part)
        point += sign * part["correct"].mean()
        draws += sign * (weights[group] @ part["correct"].to_numpy())
    lo, hi = interval(draws)
    return 100 * point, 100 * lo, 100 * hi
