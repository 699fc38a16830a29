r"""How sure a difference of two arms is, from seeds and questions together.

Two arms trained with the same seeds answer the same questions. With :math:`d_s` the difference of their scores in
training :math:`s` of :math:`m`, what else could have come out has three parts:

.. math:: d_s - \delta = a_s + \sum_i (b_i + e_{si}), \qquad
          \operatorname{Var}(\bar d) = \frac{\sigma_a^2}{m} + Q + \frac{E}{m}

the training, the questions (:math:`Q`: some suit one arm better, whatever the seed), and questions that one training
happens to get right (:math:`E`). What both arms share, a hard question or a bad start, cancels in :math:`d_s`.

**The spread over seeds already holds E, and so does the spread over questions**; their sum counts it twice. With
:math:`B` the covariance of the :math:`d_s` over new questions (:func:`assl_utils.evaluation.arms.measured`):

.. math:: V_s = \frac{1}{m(m-1)} \sum_s (d_s - \bar d)^2, \qquad
          V_q = \Bigl(\frac{1}{m^2}\mathbf 1' B \mathbf 1
          - \frac{\operatorname{tr} B - \mathbf 1' B \mathbf 1 / m}{m(m-1)}\Bigr)_+

:math:`V_s` estimates :math:`(\sigma_a^2 + E)/m` and :math:`V_q` estimates :math:`Q` alone. The interval is

.. math:: \bar d \pm \frac{t_{m-1} V_s + t_{n-1} V_q}{V_s + V_q} \sqrt{V_s + V_q}

with Student's quantiles for seeds and for questions, weighted by the variances (Cochran 1964). With three to eight
seeds and any mix of the parts it covers 95 to 97 %. The narrower interval with Satterthwaite's degrees of freedom falls
to 92 % with three seeds, and a percentile bootstrap over three seeds to 75 %.

Where all trainings found exactly the same difference, :math:`V_s` is 0 and nothing is taken off for it: the interval is
that of the questions, never one of no width.

Trainings that share a clustering or a start are not independent: see :func:`spread`. There the interval errs on the
wide side, up to 98 % where neither clustering nor start matters.
"""

from typing import NamedTuple

import numpy as np
import pandas as pd

from assl_utils.errors import DataError
from assl_utils.evaluation.arms import UNTRAINED, Measured, known, measured
from assl_utils.evaluation.gap import BOTH, QUESTIONS, Gap, detectable, reach

FEWEST_SEEDS = 3  # fewer give no spread worth a sentence
SAME = 1e-12  # squared points; a smaller variance is rounding: all trainings found the same


class Spread(NamedTuple):
    """Variance of a mean over trainings, its degrees of freedom, and what of it the questions explain."""

    variance: float
    df: float
    twice: float


def difference(items, first, second, what="AVG", level=0.95):
    """Difference of two arms over the trainings they share, with its interval.

    Parameters
    ----------
    items : DataFrame or Measured
        As :func:`assl_utils.evaluation.arms.measured` takes them, or what it gave (then ``what`` is its own).
    first, second : str
        Names of the arms.
    what : str, default "AVG"
    level : float, default 0.95

    Returns
    -------
    Gap
        Over questions alone where fewer than three trainings are shared.
    """
    table = items if isinstance(items, Measured) else measured(items, what)
    one, other = _shared(table, first, second)
    keys = np.maximum(table.seeds[one], table.seeds[other])  # UNTRAINED gives way to the other's seed
    if len(set(map(tuple, keys.tolist()))) < len(keys):
        raise DataError(f"{first} and {second} pair twice in one training; give each training its own seeds.")
    values = table.values[one] - table.values[other]
    if not np.isfinite(values).any():
        raise DataError(f"{first} and {second} share no training in which both have {table.what!r}.")
    return _gap(values, table.influence[one] - table.influence[other], keys, table.questions, level)


def beyond(items, arm, score, what="AVG", level=0.95):
    """An arm's score minus a fixed number of points, such as what a trivial baseline reaches: a :class:`Gap`."""
    table = items if isinstance(items, Measured) else measured(items, what)
    mine = _cells_of(table, arm)
    return _gap(table.values[mine] - score, table.influence[mine], table.seeds[mine], table.questions, level)


def _gap(values, influence, keys, questions, level):
    there = np.isfinite(values)
    values, keys, cov = values[there], keys[there], influence[there] @ influence[there].T
    seeds, diff, over_questions = len(values), float(values.mean()), float(cov.mean())
    gap = Gap(diff, diff, diff, seeds, questions, np.nan, np.sqrt(over_questions), level=level, over=QUESTIONS)
    if seeds >= FEWEST_SEEDS:
        found = spread(values, keys[:, 0], keys[:, 1], cov)
        twice = found.twice if found.variance > SAME else 0.0
        pure = np.sqrt(max(over_questions - twice, 0.0))
        over_seeds = np.sqrt(found.variance * seeds)
        gap = gap._replace(sd_seeds=over_seeds, sd_questions=pure, df_seeds=found.df, over=BOTH)
    side = reach(gap, (1 - level) / 2)
    return gap._replace(lo=diff - side, hi=diff + side, detectable=detectable(gap))


def spread(values, seed, clustering_seed, cov=None):
    r"""Variance of a mean over trainings, some of which may share their start or their clustering.

    Half the mean squared difference of two trainings that share nothing estimates the whole variance :math:`T` of one;
    of two with the same clustering, :math:`T - \sigma_c^2`; of two with the same start, :math:`T - \sigma_s^2`. So

    .. math:: \operatorname{Var}(\bar x) = \frac{1}{m^2} \bigl(m T + n_c \sigma_c^2 + n_s \sigma_s^2\bigr)

    with :math:`n_c, n_s` the ordered pairs that share one; negative components count as 0. Where all trainings differ
    in both seeds it is the usual :math:`s^2 / m` with :math:`m - 1` degrees of freedom; on a complete crossed design
    the components are those of the analysis of variance. Where all share one seed, it is about the other alone.

    Parameters
    ----------
    values : array of shape (m,)
    seed, clustering_seed : integer arrays of shape (m,)
    cov : array of shape (m, m), optional
        Covariance of the values over new questions.

    Returns
    -------
    Spread
        ``variance``; ``df`` (Satterthwaite, from the components); ``twice``: the part of the variance that ``cov``
        explains and that the variance over questions counts a second time, 0 without ``cov``.
    """
    halves, masks = _halves(values, seed, clustering_seed)
    m, cov = len(values), np.zeros((len(values), len(values))) if cov is None else np.asarray(cov)
    weight, found = _components(halves, masks, m)
    variance = sum(weight[kind] * halves[kind] for kind in weight)
    over_questions = (np.diag(cov)[:, None] + np.diag(cov)[None]) / 2 - cov
    twice = sum(weight[kind] * over_questions[masks[kind]].mean() for kind in weight)
    form = np.zeros((m, m))  # variance = values @ form @ values
    for kind in weight:
        pairs = masks[kind].astype(np.float64)
        form += weight[kind] * (np.diag(pairs.sum(axis=1)) - pairs) / pairs.sum()
    truth = found["rest"] * np.eye(m)
    truth += sum(found[kind] * same for kind, same in (("start", _same(seed)), ("clustering", _same(clustering_seed))))
    product = form @ (truth if truth.any() else np.eye(m))
    df = np.trace(product) ** 2 / max(np.trace(product @ product), 1e-300)
    return Spread(float(variance), float(np.clip(df, 1.0, m - 1)), float(twice))


def components(items, arm, what="AVG"):
    """Where the spread of an arm's score comes from: the clustering, the start of the training, and the rest.

    Parameters
    ----------
    items : DataFrame or Measured
    arm : str
        An arm that was trained in a crossed design: several starts for each of several clusterings, one score each.
        Cells may be missing as long as some share a clustering, some a start, and some neither.
    what : str, default "AVG"

    Returns
    -------
    DataFrame
        ``part`` (clustering, start, rest: how both act together, and noise), ``levels``, ``variance`` and ``sd`` in
        points, ``share`` of their sum, and ``note``. The estimates are those of the two-way analysis of variance by
        the method of moments; a negative one is set to 0 and the note says so. The questions are the same in all cells:
        what they add is not here.
    """
    table = items if isinstance(items, Measured) else measured(items, what)
    mine = _cells_of(table, arm)
    seed, clustering = table.seeds[mine].T
    halves, _ = _halves(table.values[mine], seed, clustering)
    if missing := [kind for kind in ("clustering", "start", "both") if kind not in halves]:
        other = {"clustering": "share a start alone", "start": "share a clustering alone", "both": "differ in both"}
        raise DataError(
            f"{arm}: no two trainings {other[missing[0]]}; components need clusterings crossed with starts."
        )
    raw = {
        "clustering": halves["both"] - halves["start"],
        "start": halves["both"] - halves["clustering"],
        "rest": halves["start"] + halves["clustering"] - halves["both"],
    }
    levels = {"clustering": len(set(clustering)), "start": len(set(seed)), "rest": len(mine)}
    total = sum(max(value, 0.0) for value in raw.values())
    rows = []
    for part, value in raw.items():
        kept = max(value, 0.0)
        note = "" if value >= 0 else f"the estimate was {value:.2f}, below 0, and is set to 0"
        rows.append((part, levels[part], kept, np.sqrt(kept), kept / total if total else np.nan, note))
    return pd.DataFrame(rows, columns=["part", "levels", "variance", "sd", "share", "note"])


def _cells_of(table, arm):
    """Where an arm's trainings are that have the score; at least one, else an error."""
    mine = np.flatnonzero(table.line == known(arm, table.line, "arm"))
    there = mine[np.isfinite(table.values[mine])]
    if not len(there):
        raise DataError(f"{arm} has no {table.what!r}: it lacks some of the questions.")
    return there


def _shared(table, first, second):
    """Where the trainings are that two arms share: two arrays of positions of one length."""
    mine, theirs = (np.flatnonzero(table.line == known(arm, table.line, "arm")) for arm in (first, second))
    a, b = table.seeds[mine][:, None], table.seeds[theirs][None]
    i, j = np.nonzero(((a == b) | (a == UNTRAINED) | (b == UNTRAINED)).all(axis=2))
    if not len(i):
        raise DataError(f"{first} and {second} share no training: no seed and clustering_seed occur in both.")
    return mine[i], theirs[j]


def _same(labels):
    labels = np.asarray(labels)
    return (labels[:, None] == labels[None]).astype(np.float64)


def _halves(values, seed, clustering_seed):
    """Half the mean squared difference of two trainings by what they differ in, and the pairs of each kind."""
    values = np.asarray(values, dtype=np.float64)
    start, clustering = _same(seed) > 0, _same(clustering_seed) > 0
    masks = {"clustering": start & ~clustering, "start": clustering & ~start, "both": ~start & ~clustering}
    masks = {kind: mask for kind, mask in masks.items() if mask.any()}
    squares = (values[:, None] - values[None]) ** 2 / 2
    return {kind: squares[mask].mean() for kind, mask in masks.items()}, masks


def _components(halves, masks, m):
    """Weights of the halves in the variance of the mean of ``m`` trainings, and the components, none below 0."""
    kind = "both" if "both" in halves else next(iter(halves))
    whole = halves[kind]
    weight, found = {kind: 1 / m}, {"clustering": 0.0, "start": 0.0}
    for shared, other in (("clustering", "start"), ("start", "clustering")):  # sharing one they differ in the other
        if other != kind and other in halves and whole > halves[other]:
            found[shared] = whole - halves[other]
            weight[kind] += masks[other].sum() / m**2
            weight[other] = -masks[other].sum() / m**2
    found["rest"] = max(whole - found["clustering"] - found["start"], 0.0)
    return weight, found
