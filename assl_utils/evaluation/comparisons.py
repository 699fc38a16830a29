"""Many arms at once: all differences with their sentences, and whether an arm learned its tasks at all."""

import numpy as np
import pandas as pd

from assl_utils.errors import DataError, plain
from assl_utils.evaluation.arms import Measured, known, measured
from assl_utils.evaluation.gap import MARGIN, Gap, equivalence, p_value, verdict
from assl_utils.evaluation.statistics import points
from assl_utils.evaluation.two_way import beyond, difference

COLUMNS = ["first", "second", "what", *Gap._fields, "p", "equal", "sentence", "reason"]


def compare_all(items, pairs, what="AVG", margin=MARGIN, level=0.95):
    """Differences of many pairs of arms, a row each, as :func:`assl_utils.figures.arms.forest` draws them.

    Parameters
    ----------
    items : DataFrame or Measured
        See :func:`assl_utils.evaluation.arms.measured`.
    pairs : list of (str, str)
        Names of two arms.
    what : str, default "AVG"
    margin : float, default 2.0
        Points that count as equal.
    level : float, default 0.95

    Returns
    -------
    DataFrame
        ``first, second, what``, the fields of :class:`assl_utils.evaluation.gap.Gap`, ``p`` (two-sided, of no
        difference), ``equal``, ``sentence`` and ``reason``. A pair without a result, for an arm is not there or shares
        no training, has NaN in place of numbers and says why in ``reason``, which is empty elsewhere. The p-values are
        of single comparisons: who reads many of them will meet chance findings.
    """
    table = items if isinstance(items, Measured) else measured(items, what)
    rows = []
    for first, second in pairs:
        try:
            gap = difference(table, first, second, level=level)
        except DataError as error:
            why = plain(error).rstrip(".")
            rows.append(
                {"first": first, "second": second, "sentence": f"no result: {why}", "reason": why, "equal": False}
            )
            continue
        found = {"p": p_value(gap), "equal": equivalence(gap, margin).equal}
        sentence = verdict(first, second, gap, margin)
        rows.append({"first": first, "second": second, **gap._asdict(), **found, "sentence": sentence, "reason": ""})
    return pd.DataFrame(rows).assign(what=table.what).reindex(columns=COLUMNS)


def learned(items, arm, trivial, level=0.95):
    """Did an arm learn its tasks: its score beside the best that a trivial answer reaches, task by task.

    Parameters
    ----------
    items : DataFrame
        See :func:`assl_utils.evaluation.arms.measured`.
    arm : str
    trivial : dict of str to float, or to dict of str to float
        Points of the best trivial answer to each task, or of each by its name (``{"FE": {"majority": 40.1,
        "lookup": 52.0}}``); then the best counts. It is taken as a fixed number.
    level : float, default 0.95

    Returns
    -------
    DataFrame
        ``task, score, baseline, trivial, diff, lo, hi, seeds, questions, over, learned, sentence``; ``learned`` is
        true where the whole interval is above the trivial score.
    """
    known(arm, items["line"].unique(), "arm")
    rows = []
    for task, scores in trivial.items():
        scores = scores if isinstance(scores, dict) else {"the best trivial answer": scores}
        name, best = max(scores.items(), key=lambda pair: pair[1])
        if not np.isfinite(best):
            raise DataError(f"{task}: the score of {name} is {best}; leave out a baseline that has none.")
        gap = beyond(items, arm, float(best), task, level)
        against = f"{name} ({points(best)})"
        sentence = f"{task}: {verdict(arm, against, gap)}"
        rows.append((task, gap.diff + best, name, best, gap.diff, gap.lo, gap.hi, gap.seeds, gap.questions, gap.over,
                     gap.lo > 0, sentence))  # fmt: skip
    columns = ["task", "score", "baseline", "trivial", "diff", "lo", "hi", "seeds", "questions", "over", "learned"]
    return pd.DataFrame(rows, columns=[*columns, "sentence"])
