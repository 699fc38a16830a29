"""Arms with known truth: items of several trainings as the engine leaves them, and crossed effects drawn at random."""

import numpy as np
import pandas as pd

from assl_utils.evaluation.tables import TABLE1

SETS = ("RE", "NSP2", "NL")


def as_items(numerator, denominator, lines, cells, tasks=TABLE1):
    """Items of arrays (lines, cells, tasks, questions), columns as a record keeps them."""
    sizes = numerator.shape
    at = [axis.ravel() for axis in np.indices(sizes)]
    seeds, clusterings = np.array(cells).T
    ids = [f"q-{i:03d}" for i in range(sizes[3])]
    return pd.DataFrame(
        {
            "line": pd.Categorical.from_codes(at[0], [str(line) for line in lines]),
            "seed": seeds[at[1]].astype(np.int8),
            "clustering_seed": clusterings[at[1]].astype(np.int8),
            "benchmark": pd.Categorical(["cfleb"] * numerator.size),
            "task": pd.Categorical.from_codes(at[2], list(tasks)),
            "id": pd.Categorical.from_codes(at[3], ids),
            "group": pd.Categorical([""] * numerator.size),
            "numerator": numerator.ravel().astype(np.float32),
            "denominator": denominator.ravel().astype(np.int8),
        }
    )


def answered(rng, lines, cells, n=12, kind="binary", start=0.3, question=0.8, both=0.8, shared=1.0):
    """Items of ``lines`` arms that are equally good: all effects are drawn anew, on the scale of log-odds.

    A start effect of each training and one that both arms share, a difficulty that all share, a liking of each arm for
    each question, and one of each training for each question. ``kind`` "ratio": counts of one to four labels.
    """
    tasks, normal = len(TABLE1), rng.normal
    arms, m = len(lines), len(cells)
    logit = normal(0, shared, (1, 1, tasks, n)) + normal(0, start, (1, m, 1, 1)) + normal(0, start, (arms, m, 1, 1))
    logit = logit + normal(0, question, (arms, 1, tasks, n)) + normal(0, both, (arms, m, tasks, n))
    chance = 1 / (1 + np.exp(-logit))
    if kind == "ratio":
        denominator = rng.integers(1, 5, size=(1, 1, tasks, n)) + rng.integers(0, 2, size=chance.shape)
        return as_items(rng.binomial(denominator, chance), denominator, lines, cells)
    return as_items((rng.random(chance.shape) < chance) * 1.0, np.ones(chance.shape), lines, cells)
