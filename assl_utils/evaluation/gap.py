"""What a difference with two sources of chance can say: its reach, what it could have shown, and a sentence.

:func:`assl_utils.evaluation.two_way.difference` makes a :class:`Gap` and explains its interval. Three findings have
three sentences: above or below, equal within a margin, and not distinguishable, which is not the same as equal.
"""

from typing import NamedTuple

import numpy as np
from scipy.optimize import brentq
from scipy.special import stdtrit

from assl_utils.evaluation.statistics import points

BOTH, QUESTIONS = "seeds and questions", "questions"
MARGIN = 2.0  # points that count as equal


class Gap(NamedTuple):
    """First minus second in points, and how sure it is.

    Attributes
    ----------
    diff, lo, hi : float
        Estimate and bounds of its interval.
    seeds, questions : int
        Shared trainings and questions behind it.
    sd_seeds : float
        Spread of the difference from one training to the next, on the same questions; NaN over questions only.
    sd_questions : float
        Standard error that the choice of questions alone leaves, however many seeds there are.
    detectable : float
        The smallest difference that four of five such comparisons would show; NaN if nothing varied.
    df_seeds : float
        Degrees of freedom of ``sd_seeds``: trainings less one, fewer where they share clusterings or starts.
    level : float
    over : str
        ``seeds and questions``; with fewer than three shared trainings ``questions``: then the interval is about these
        very trainings on new questions.
    """

    diff: float
    lo: float
    hi: float
    seeds: int
    questions: int
    sd_seeds: float
    sd_questions: float
    detectable: float = np.nan
    df_seeds: float = np.nan
    level: float = 0.95
    over: str = BOTH


class Equivalence(NamedTuple):
    """Whether two arms are equal within a margin, the p-value of it, and the interval that must lie inside."""

    equal: bool
    p: float
    lo: float
    hi: float


def reach(gap, tail):
    """Points on either side of a difference, so that each tail holds the share ``tail``; 0 where nothing varied."""
    over_seeds = np.nan_to_num(gap.sd_seeds) ** 2 / gap.seeds
    over_questions = gap.sd_questions**2
    whole = over_seeds + over_questions
    if whole == 0:
        return 0.0
    df = gap.df_seeds if over_seeds > 0 else 1.0
    quantiles = stdtrit(np.array([df, max(gap.questions - 1, 1)]), 1 - tail)
    return float(quantiles @ [over_seeds, over_questions] / np.sqrt(whole))


def smallest_shown(seeds, sd_seeds, sd_questions=0.0, power=0.8, level=0.95, questions=1000, df_seeds=None):
    r"""The smallest difference that a comparison shows with the given power, in points.

    .. math:: \delta = (t_{1-\alpha/2} + t_{power}) \, sd, \qquad sd^2 = sd_{seeds}^2 / m + sd_{questions}^2

    each :math:`t` weighted between seeds and questions like the interval's. It says before a study what it could find.

    Parameters
    ----------
    seeds : int
        Trainings of each arm, with shared seeds.
    sd_seeds : float
        Spread of the difference from training to training; 0 or NaN if it is left out of account.
    sd_questions : float, default 0.0
        Standard error from the questions alone.
    questions : int, default 1000
    df_seeds : float, optional
        ``seeds - 1`` without it.

    Returns
    -------
    float
        NaN where nothing varies, ``inf`` where a spread over seeds is to be judged by one seed.
    """
    if seeds < 1 or not 0 < power < 1 or not 0 < level < 1:
        raise ValueError(f"expected seeds >= 1, power and level inside (0, 1); got {seeds}, {power}, {level}")
    if np.nan_to_num(sd_seeds) < 0 or sd_questions < 0:
        raise ValueError(f"a spread is at least 0; got sd_seeds = {sd_seeds} and sd_questions = {sd_questions}")
    df = seeds - 1 if df_seeds is None or np.isnan(df_seeds) else df_seeds
    if df <= 0 and np.nan_to_num(sd_seeds) > 0:
        return np.inf
    gap = Gap(0.0, 0.0, 0.0, seeds, questions, sd_seeds, sd_questions, df_seeds=df)
    found = reach(gap, (1 - level) / 2) + reach(gap, 1 - power)
    return found if found > 0 else np.nan


def detectable(gap, power=0.8):
    """The smallest difference that a comparison like this one shows with the given power, from its measured spread."""
    spreads = gap.sd_seeds, gap.sd_questions
    return smallest_shown(gap.seeds, *spreads, power, gap.level, gap.questions, gap.df_seeds)


def seeds_needed(wanted, sd_seeds, sd_questions=0.0, power=0.8, level=0.95, questions=1000, most=1000):
    """How many shared seeds show a difference of ``wanted`` points.

    Returns
    -------
    int or float
        At least 3, for fewer have no interval over seeds; ``inf`` where even ``most`` seeds on these questions would
        not do: then more questions are needed.
    """
    if wanted <= 0:
        raise ValueError(f"wanted is a difference in points above 0, got {wanted}")
    for seeds in range(3, most + 1):
        if not smallest_shown(seeds, sd_seeds, sd_questions, power, level, questions) > wanted:  # NaN: nothing varies
            return seeds
    return np.inf


def equivalence(gap, margin=MARGIN, alpha=0.05):
    """Two one-sided tests: the difference is neither ``margin`` or more above 0 nor as far below.

    Returns
    -------
    Equivalence
        ``equal`` is true if the interval with ``alpha`` in each tail (90 % at 5 %) lies inside the margins; ``p`` is
        the larger of both tests' p-values, and ``equal`` means that it is below ``alpha``.
    """
    if margin <= 0:
        raise ValueError(f"margin is a difference in points above 0, got {margin}")
    side = reach(gap, alpha)
    room = margin - abs(gap.diff)
    return Equivalence(bool(side < room), _tail(gap, room), gap.diff - side, gap.diff + side)


def p_value(gap):
    """Two-sided p-value of no difference: below 5 % exactly where the 95 % interval leaves 0 out."""
    return min(1.0, 2 * _tail(gap, abs(gap.diff)))


def verdict(first, second, gap, margin=MARGIN):
    """One sentence from the numbers: above or below, equal within the margin, or not distinguishable.

    A difference that shows and is surely smaller than the margin is told as both.
    """
    share, behind = f"{100 * gap.level:g} %", _behind(gap)
    same = equivalence(gap, margin)
    small = f", but by less than {margin:g}" if same.equal else ""
    if gap.lo > 0 or gap.hi < 0:
        near, far = (gap.lo, gap.hi) if gap.lo > 0 else (-gap.hi, -gap.lo)
        text = f"{first} is {'above' if gap.lo > 0 else 'below'} {second} by {points(abs(gap.diff))} points"
        return f"{text} ({share} {points(near)} to {points(far)}; {behind}){small}"
    text = f"{first} minus {second} is {points(gap.diff)} points"
    if same.equal:
        return f"equal within {margin:g} points: {text} (90 % {points(same.lo)} to {points(same.hi)}; {behind})"
    text = f"not distinguishable: {text} ({share} {points(gap.lo)} to {points(gap.hi)}; {behind})"
    seen = f"about {points(gap.detectable)} points" if np.isfinite(gap.detectable) else "no difference"
    return f"{text}; this comparison could have shown {seen}"


def _behind(gap):
    seeds = f"{gap.seeds} seed{'s' if gap.seeds != 1 else ''}, {gap.questions} questions"
    return seeds if gap.over == BOTH else f"over questions only: {seeds}"


def _tail(gap, distance):
    """The share of a tail whose reach is ``distance``; a half at 0, more below."""
    if reach(gap, 0.25) == 0:
        return 0.0 if distance > 0 else 1.0
    if distance <= 0:
        return 1 - _tail(gap, -distance) if distance < 0 else 0.5
    low = np.log(1e-12)
    if reach(gap, np.exp(low)) <= distance:
        return float(np.exp(low))
    return float(np.exp(brentq(lambda x: reach(gap, np.exp(x)) - distance, low, np.log(0.5))))
