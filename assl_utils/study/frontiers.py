"""Score against the share of the rows, and whether a fixed tenth comes nearer to all rows as the corpus grows.

Both are told as points against all rows: the questions and the starts that both share cancel in the difference, and
what is left has an honest interval.
"""

import re

import numpy as np
import pandas as pd

from assl_utils.evaluation.statistics import points
from assl_utils.study import ablations

ALL = "all"
SIZES = {"": "", "-n13000": "scale=0.06", "-n40000": "scale=0.18"}  # the run, and trials with a larger corpus


def curve(record, margin=ablations.MARGIN):
    """Every way to choose at every share, as points against all rows.

    Returns
    -------
    DataFrame
        ``way, share`` (0 to 1; as ``label`` in percent), the columns of
        :func:`assl_utils.evaluation.comparisons.compare_all`, and of the arm its ``score``, ``rows`` and ``cost``
        (millions of operations for each weight of the model, the choosing included).
    """
    found, words = ablations.block(record, "frontier"), {}
    for arm, text in record.of("frontier")[["arm", "select"]].drop_duplicates("arm").itertuples(index=False):
        words[arm] = _way_and_share(text)
    arms = [arm for arm, (way, _) in words.items() if way != ALL]
    table = found.pairs([(arm, ALL) for arm in arms], margin=margin)
    own = found.arms.loc[arms].reset_index(drop=True)
    return table.assign(
        way=[words[arm][0] for arm in arms], share=[words[arm][1] for arm in arms],
        label=[f"{100 * words[arm][1]:g} %" for arm in arms],
        score=own["score"], rows=own["rows"], cost=own["operations"],
    )  # fmt: skip


def _way_and_share(text):
    """``("random", 0.05)`` of a record's ``random(share=0.05)``; a share that is not said is a tenth, as in a grid."""
    share = re.search(r"share=([\d.e-]+)", text)
    return text.split("(")[0], float(share[1]) if share else 0.1


def closes(table, margin=ablations.MARGIN):
    """From which share on each way is equal to all rows within the margin, a sentence each.

    It counts only where all larger shares are equal, too: one lucky point closes no gap.
    """
    found = []
    for way, part in table.groupby("way", sort=False):
        part = part.sort_values("share")
        equal, below = part["equal"].astype(bool).to_numpy(), (part["hi"] < 0).to_numpy()
        first = len(part) - int(np.logical_and.accumulate(equal[::-1]).sum())
        text = f"from {100 * part['share'].iloc[first]:g} % on" if first < len(part) else "at no share"
        surely = ", ".join(f"{100 * share:g}" for share in part.loc[below, "share"])
        open_ = ", ".join(f"{100 * share:g}" for share in part.loc[~below & ~equal, "share"])
        text = f"{way}: equal to all rows within {margin:g} points {text}"
        text += f"; surely below at {surely} %" if surely else ""
        found.append(text + (f"; open at {open_} %." if open_ else "."))
    return "\n".join(found)


def tenths(folder, run, margin=ablations.MARGIN, say=print):
    """A tenth against all rows, and a choice against a random tenth, for every size of the corpus that was recorded.

    Parameters
    ----------
    folder : Path
        Of all grids' records.
    run : str
        The run without a trial, ``cpu``.
    say : callable
        Told which sizes are there and which are not.

    Returns
    -------
    DataFrame
        ``rows`` (of the whole corpus), the columns of :func:`assl_utils.evaluation.comparisons.compare_all`, ``label``
        and ``group`` for the figure.
    """
    tables = []
    for size, settings in SIZES.items():
        record = ablations.find(folder, run + size, "tenth", settings, say)
        if record is None:
            continue
        found = ablations.block(record, "tenth")
        n = found.arms["rows"].get(ALL, np.nan)
        arms = [arm for arm in found.arms.index if arm != ALL]
        pairs = [(arm, ALL) for arm in arms] + [(arm, "random") for arm in arms if arm != "random"]
        table = found.pairs(pairs, margin=margin)
        tables.append(table.assign(rows=n, label=table["first"] + " – " + table["second"], group=f"{n:,.0f} rows"))
    if not tables:
        return pd.DataFrame(columns=["rows", "first", "second", "diff", "lo", "hi", "label", "group", "sentence"])
    return pd.concat(tables, ignore_index=True)


def trend(table):
    """Does a gap shrink from the smallest corpus to the largest: a sentence for each pair of arms.

    The two gaps come from two corpora with trainings of their own, so their intervals are added in squares.
    """
    found = []
    for label, part in table.dropna(subset=["diff"]).groupby("label", sort=False):
        if part["rows"].nunique() < 2:
            found.append(f"{label}: a single size of the corpus, so nothing can be said of a trend.")
            continue
        small, large = part.loc[part["rows"].idxmin()], part.loc[part["rows"].idxmax()]
        change = large["diff"] - small["diff"]
        side = np.hypot(*(row["diff"] - row["lo"] for row in (small, large)))
        word = "rises" if change > side else "falls" if change < -side else "shows no change"
        found.append(
            f"{label}: {points(small['diff'])} points at {small['rows']:,.0f} rows, {points(large['diff'])} at "
            f"{large['rows']:,.0f}; it {word} ({points(change)}, 95 % {points(change - side)} to "
            f"{points(change + side)})."
        )
    return "\n".join(found)
