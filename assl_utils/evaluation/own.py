"""The scores of questions of one's own: a row per model and task, with an interval."""

import numpy as np
import pandas as pd

from assl_utils.evaluation import tables
from assl_utils.evaluation.metrics import TEXTS
from assl_utils.evaluation.statistics import interval, ratio, resample
from assl_utils.tasks import catalog


def score(predictions, n_boot=1000, seed=0, level=0.95):
    """The score, 0 to 100, of every model on every task, whatever benchmark the task belongs to.

    Parameters
    ----------
    predictions : DataFrame
        As `assl_utils.evaluation.tables.judge_all` gives them.
    n_boot, seed, level
        Of the percentile interval over resampled items; models share the draws of a task.

    Returns
    -------
    DataFrame
        ``model, task, metric, score, lo, hi, n, unparsed``; ``unparsed`` is the percentage of unread answers.
    """
    rows = []
    for (task, model), found in tables.counted(predictions).groupby(["task", "model"], sort=False):
        parts, n = found[["numerator", "denominator"]].to_numpy(), len(found)
        point = ratio(*parts.sum(axis=0))
        draws = ratio(*(resample(n, n_boot, np.random.default_rng(seed)) @ parts).T)
        bounds = 100 * interval(draws, level)
        rows.append((model, task, _metric(task), 100 * float(point), *bounds, n, 100 * found["unread"].mean()))
    return pd.DataFrame(rows, columns=["model", "task", "metric", "score", "lo", "hi", "n", "unparsed"])


def _metric(task):
    text = task in TEXTS or catalog.OWN.get(task) == "text"
    return tables.METRICS.get(task, tables.METRICS["QA"] if text else "accuracy")
