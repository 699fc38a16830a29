"""Which seed moves a score more, and whether an arm learned its tasks at all: the questions before all comparisons."""

import numpy as np
import pandas as pd

from assl_utils.errors import DataError, plain
from assl_utils.evaluation import comparisons, two_way
from assl_utils.evaluation.statistics import points
from assl_utils.evaluation.tables import TABLE1


def learned(found, arms, trivial):
    """Each arm's score of each task minus the best that an answer without a model reaches there.

    Parameters
    ----------
    found : Block
    arms : list of str
        Those that are not there are left out.
    trivial : dict of str to dict of str to float
        Points by task and name, as ``record.json`` keeps them; only CFLEB's tasks count.

    Returns
    -------
    DataFrame
        ``first`` (the arm), ``what`` (the task), and the columns of
        :func:`assl_utils.evaluation.comparisons.learned`.
    """
    trivial = {task: trivial[task] for task in (*TABLE1, "AVG") if task in trivial}
    there = set(found.items["line"])
    tables = [
        comparisons.learned(found.items, arm, trivial).assign(first=arm) for arm in arms if arm in there
    ]  # fmt: skip
    if not tables:
        raise DataError(f"none of {', '.join(arms)} has a result yet")
    return pd.concat(tables, ignore_index=True).assign(what=lambda table: table["task"])


def learned_sentences(table):
    """For each arm how many tasks lie surely above the best trivial answer, and which do not."""
    found = []
    for arm, part in table[table["task"] != "AVG"].groupby("first", sort=False):
        missing = part.loc[~part["learned"].astype(bool), "task"].tolist()
        rest = f"; not on {', '.join(missing)}" if missing else ""
        found.append(f"{arm}: above the best trivial answer on {len(part) - len(missing)} of {len(part)} tasks{rest}.")
    return "\n".join(found)


def components(found, what="AVG"):
    """Standard deviations that the clustering, the start of the training and the rest give each arm, in points.

    Parameters
    ----------
    found : Block
        Of a crossed grid.

    Returns
    -------
    DataFrame indexed by arm
        ``trainings``, ``score``, ``clustering``, ``start``, ``rest``, and ``note`` where an estimate was set to 0 or
        the arm lacks trainings.
    """
    measured, rows = found.measured(what), {}
    for arm in found.arms.index:
        row = {"trainings": found.arms.at[arm, "seeds"], "score": found.arms.at[arm, "score"]}
        try:
            table = two_way.components(measured, arm)
        except DataError as error:
            rows[arm] = row | {"note": plain(error)}
            continue
        notes = [f"{part}: {note}" for part, note in zip(table["part"], table["note"], strict=True) if note]
        rows[arm] = row | dict(zip(table["part"], table["sd"], strict=True)) | {"note": "; ".join(notes)}
    columns = ["trainings", "score", "clustering", "start", "rest", "note"]
    return pd.DataFrame.from_dict(rows, orient="index").reindex(columns=columns).rename_axis("arm")


def moves_more(table):
    """Which seed moves each arm more, in a sentence each; the clustering's seed draws the rows, too."""
    found = []
    for arm, row in table.iterrows():
        if np.isnan(row["start"]):
            found.append(f"{arm}: no result ({row['note']}).")
            continue
        more = "the clusters and the draw of rows move it more" if row["clustering"] > row["start"] else (
            "the start of the training moves it more" if row["start"] > row["clustering"] else "neither moves it more"
        )  # fmt: skip
        found.append(
            f"{arm}: {more} (standard deviations {points(row['clustering'])} and {points(row['start'])} points, "
            f"{points(row['rest'])} for the rest)."
        )
    return "\n".join(found)
