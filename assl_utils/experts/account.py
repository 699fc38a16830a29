"""What the adapters of a chapter wrote down while they were trained, in one table: losses and costs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from assl_utils import shapes, store
from assl_utils.experts.shapes import Training


def losses(folders: Mapping[str, Path]) -> pd.DataFrame:
    """``step, epoch, loss, lr`` of every adapter, and its name as ``expert``, in the order of ``folders``."""
    tables = [store.read_table(Path(folder) / "losses.csv").assign(expert=name) for name, folder in folders.items()]
    return pd.concat(tables, ignore_index=True)


def smooth(losses: pd.DataFrame) -> pd.DataFrame:
    """Losses with the running mean of each expert in their place; it reaches back over a twelfth of the steps."""
    means = losses.groupby("expert")["loss"].transform(lambda loss: loss.ewm(span=max(2, len(loss) // 12)).mean())
    return losses.assign(loss=means)


def progress(smoothed: pd.DataFrame) -> pd.DataFrame:
    """How far each loss fell, and how much of that in the first quarter of the steps.

    Parameters
    ----------
    smoothed : DataFrame
        As `smooth` gave it.

    Returns
    -------
    DataFrame indexed by expert
        ``steps``, ``first``, ``last``, and ``early``: the part of the fall in the first quarter, in percent; it is NaN
        where the loss did not fall.
    """
    rows = {}
    for name, loss in smoothed.groupby("expert", sort=False)["loss"]:
        first, quarter, last = loss.iloc[0], loss.iloc[(len(loss) - 1) // 4], loss.iloc[-1]
        early = 100 * (first - quarter) / (first - last) if last < first else float("nan")
        rows[name] = {"steps": len(loss), "first": first, "last": last, "early": early}
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("expert").astype({"steps": int})


def costs(folders: Mapping[str, Path], ahead: pd.DataFrame) -> pd.DataFrame:
    """What each adapter took, beside what was expected.

    Parameters
    ----------
    folders : mapping of str to path
        As :func:`assl_utils.experts.side_by_side.train_experts` gave them.
    ahead : DataFrame
        As :func:`assl_utils.experts.estimate.train` gave it.

    Returns
    -------
    DataFrame indexed by work
        ``rows, steps, samples, tokens, seconds, estimated_s, floor_s``.
    """
    written = [shapes.read(Path(folder) / "training.json", Training) for folder in folders.values()]
    taken = pd.DataFrame(written, index=list(folders))[["rows", "steps", "samples", "tokens", "seconds"]]
    return taken.rename_axis("work").join(ahead.rename(columns={"seconds": "estimated_s"})[["estimated_s", "floor_s"]])


def by_family(costs: pd.DataFrame) -> pd.DataFrame:
    """Costs added up over ``lora-0``, ``lora-1``, … as ``lora-N``, in the order in which families first occur."""
    family = costs.index.str.replace(r"-\d+$", "-N", regex=True)
    return costs.groupby(family, sort=False).sum().rename_axis("work")


def tokens(training_set) -> dict[str, int]:
    """Of a training set: ``batches``, ``tokens``, tokens ``padded`` to the longest row of each batch, and ``answers``.

    Parameters
    ----------
    training_set : TrainingSet
        As :func:`assl_utils.experts.training_sets.prepare` gave it; a row counts once in each epoch.
    """
    batches = training_set.batches()
    return {
        "batches": len(batches),
        "tokens": sum(training_set.tokens()),
        "padded": sum(len(batch) * max(len(sample.ids) for sample in batch) for batch in batches),
        "answers": sum(len(sample.ids) - sample.prompt_len for batch in batches for sample in batch),
    }
