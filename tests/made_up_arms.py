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
            "line": np.array(lines)[at[0]] if isinstance(lines, range) else pd.Categorical.from_codes(at[0], lines),
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


def answered(rng, lines, cells, n=12, kind="binary", start=0.3, question=0.8, both=0.8, shared=1.0, sims=None):
    """Items of ``lines`` arms that are equally good: all effects are drawn anew, on the scale of log-odds.

    A start effect of each training and one that the arms share, a difficulty that all share, a liking of each arm for
    each question, and one of each training for each question. ``kind`` "ratio": counts of one to five labels.
    ``sims`` gives that many independent studies at once: study s of arm a is the line a * sims + s, a number.
    """
    tasks, arms, m, times = len(TABLE1), len(lines), len(cells), sims or 1

    def effect(sd, *shape):
        return rng.normal(0, sd, shape).astype(np.float32)

    logit = (
        effect(shared, 1, times, 1, tasks, n) + effect(start, 1, times, m, 1, 1) + effect(start, arms, times, m, 1, 1)
    )
    logit = logit + effect(question, arms, times, 1, tasks, n) + effect(both, arms, times, m, tasks, n)
    chance = (1 / (1 + np.exp(-logit))).reshape(arms * times, m, tasks, n)
    names = lines if sims is None else range(arms * times)
    if kind == "ratio":
        denominator = rng.integers(1, 5, size=(1, 1, tasks, n)) + rng.integers(0, 2, size=chance.shape)
        return as_items(rng.binomial(denominator, chance), denominator, names, cells)
    return as_items(rng.random(chance.shape) < chance, np.ones(chance.shape, dtype=np.int8), names, cells)
