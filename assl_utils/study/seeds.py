"""One run is one draw: the published runs of other seeds, and of the paper's protocol, side by side.

The bootstrap of a table says how much the questions weigh; what the seed weighs (wordings, start of the clusters, order
of the rows, first weights of the adapters) only other runs can say.
"""

import re
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import stats

from assl_utils import store
from assl_utils.evaluation import statistics

PAIRS = [("silversight", "mix"), ("silversight", "all-data"), ("silversight", "cluster-data"), ("silversight", "base")]


def runs(folder, profile="cpu"):
    """``{(protocol, seed): folder}`` of what was published for a profile, ``clean`` first."""
    found = {}
    for path in Path(folder).glob(f"{profile}*"):
        name = re.fullmatch(rf"{profile}(?:-(clean|paper)-s(\d+))?", path.name)
        if name and (path / "table1.csv").is_file():
            found[name[1] or "clean", int(name[2] or 0)] = path
    return dict(sorted(found.items()))


def scores(folder, profile="cpu", table="table1.csv"):
    """The published tables below each other: ``protocol, seed, model`` and the scores, without their bounds."""
    frames = []
    for (protocol, seed), path in runs(folder, profile).items():
        frame = store.read_table(path / table)
        frame = frame[[c for c in frame if not c.endswith(("_lo", "_hi"))]]
        frames.append(frame.assign(protocol=protocol, seed=seed))
    if not frames:
        raise FileNotFoundError(f"no run of {profile} is published in {folder}; make publish does it")
    both = pd.concat(frames, ignore_index=True)
    return both[["protocol", "seed", *(c for c in both if c not in ("protocol", "seed"))]]


def spread(scores, column="AVG"):
    """Per protocol and model ``mean, sd, lowest, highest`` over ``seeds`` runs; the sd of one run is NaN."""
    found = scores.dropna(subset=[column]).groupby(["protocol", "model"], sort=False)[column]
    return found.agg(mean="mean", sd="std", lowest="min", highest="max", seeds="size").reset_index()


def gaps(scores, pairs=PAIRS, column="AVG", level=0.95):
    """Differences of two models run by run, and whether they outlast the seed.

    Returns
    -------
    DataFrame
        ``protocol, first, second``, a column ``seed 0`` … with each run's difference, ``diff`` (their mean), ``lo, hi``
        (Student's interval over the runs; NaN with one run) and ``sentence``.
    """
    rows = []
    for protocol, part in scores.groupby("protocol", sort=False):
        wide = part.pivot(index="seed", columns="model", values=column)
        for first, second in (pair for pair in pairs if set(pair) <= set(wide)):
            gap = (wide[first] - wide[second]).dropna()
            if gap.empty:
                continue
            mean, lo, hi, p = float(gap.mean()), np.nan, np.nan, np.nan
            if len(gap) > 1:
                error = float(gap.std(ddof=1)) / np.sqrt(len(gap))
                reach = stats.t.ppf((1 + level) / 2, len(gap) - 1) * error
                lo, hi = mean - reach, mean + reach
                p = float(2 * stats.t.sf(abs(mean) / error, len(gap) - 1)) if error else float(mean == 0)
            sentence = f"one run: {first} minus {second} is {mean:.1f} points"
            if len(gap) > 1:
                sentence = statistics.verdict(first, second, statistics.Difference(mean, lo, hi, p, len(gap), level))
            by_seed = {f"seed {seed}": value for seed, value in gap.items()}
            rows.append({"protocol": protocol, "first": first, "second": second, **by_seed,
                         "diff": mean, "lo": lo, "hi": hi, "sentence": sentence})  # fmt: skip
    return pd.DataFrame(rows)
