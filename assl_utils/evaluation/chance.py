"""FinEval beside chance: how many letters the answers name, and which models lie below one letter at random.

A single-choice question has one right letter of four. A model that knows nothing but names one letter is right in 25
percent; one that names several letters, or none, is not, and so can lie below.
"""

import pandas as pd

from assl_utils.evaluation import tables

CHANCE = 25.0  # percent right for one letter of four at random
LETTERS = ["no letter", "one letter", "several letters"]


def letters_named(predictions):
    """How many letters the answers to FinEval's questions name.

    Parameters
    ----------
    predictions : DataFrame
        As :func:`assl_utils.evaluation.tables.judge` makes them; rows of other benchmarks are left out.

    Returns
    -------
    DataFrame indexed by model, in the tables' order
        ``questions``, and in percent of them the answers in which ``no letter`` can be read, ``one letter`` and
        ``several letters``, which are never right.
    """
    exams = predictions[predictions["benchmark"] == "fineval"]
    kind = exams["parsed"].fillna("").str.len().clip(upper=2).map(dict(enumerate(LETTERS)))
    found = pd.crosstab(exams["model"], kind, normalize="index").mul(100)
    found = found.reindex(index=tables.ordered(set(exams["model"])), columns=LETTERS, fill_value=0.0)
    found.insert(0, "questions", exams.groupby("model").size())
    return found.rename_axis(columns=None)


def below(table2):
    """The rows of Table 2 whose whole interval lies below one letter at random."""
    return table2[table2["AVG_hi"] < CHANCE]


def below_by_run(runs):
    """Of several runs' Tables 2, ``{run: table}``: the number of ``models``, how many are ``below``, and ``which``."""
    rows = {
        run: {"models": len(table), "below": len(below(table)), "which": ", ".join(below(table)["model"])}
        for run, table in runs.items()
    }
    return pd.DataFrame.from_dict(rows, orient="index", columns=["models", "below", "which"])


def sentences(table2, named):
    """What can be said of a Table 2 and chance, made from its numbers and from :func:`letters_named`."""
    found = below(table2)
    if found.empty:
        return [f"No model lies below {CHANCE:g} with an interval that excludes it."]
    scores = [f"{row.model} {row.AVG:.1f} (95 % {row.AVG_lo:.1f} to {row.AVG_hi:.1f})" for row in found.itertuples()]
    count = f"{len(found)} of {len(table2)} models lie below {CHANCE:g} with an interval that excludes it"
    said = [f"{count}: {', '.join(scores)}."]
    shares = named.reindex(found["model"]).dropna()
    if len(shares):
        several, none = (_range(shares[kind]) for kind in ("several letters", "no letter"))
        said.append(f"Of their answers {several} name several letters and {none} none; neither is ever right.")
    return said


def _range(percent):
    low, high = f"{percent.min():.0f}", f"{percent.max():.0f}"
    return f"{low} %" if low == high else f"{low} to {high} %"
