"""One set of answers, told apart by what the questions have in common: scores by group, and whether two gaps differ."""

import numpy as np
import pandas as pd

from assl_utils import statistics


def table(items, n_boot=2000, seed=0):
    """Accuracy of each model in each group of questions, with intervals over the questions: a row each.

    Returns
    -------
    DataFrame
        ``group, model, n, score, lo, hi, unread``, scores from 0 to 100.
    """
    found = []
    for (group, model), part in items.groupby(["group", "model"], sort=False, observed=True):
        draws = statistics.resample(len(part), n_boot, np.random.default_rng(seed)) @ part["correct"].to_numpy()
        lo, hi = 100 * statistics.interval(draws / len(part))
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
            weights[group] = statistics.resample(len(part), n_boot, rng) / len(part)
        point += sign * part["correct"].mean()
        draws += sign * (weights[group] @ part["correct"].to_numpy())
    lo, hi = statistics.interval(draws)
    return 100 * point, 100 * lo, 100 * hi
