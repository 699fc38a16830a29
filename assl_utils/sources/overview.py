"""Tables that chapter 1 shows: an example of each kind, what is asked, what is left after each step."""

import pandas as pd

from assl_utils.sources import cleaning, collect
from assl_utils.tasks.catalog import SOURCES

LOST = {  # step: what a row is that it takes away
    "mended": "cannot be mended",
    "without leaks": "leaked",
    "distinct": "repeated",
    "kept": "near copy or not drawn",
}


def one_of_each(gathered):
    """The first row of each sub-task that may be quoted: ``input, output``."""
    rows = gathered.rows[collect.quotable(gathered.rows, gathered.files)].drop_duplicates("subtask")
    return rows.assign(input=rows["input"].map(cleaning.quoted)).set_index("subtask")[["input", "output"]]


def benchmarks(evaluation, questions):
    """How many questions each benchmark has and how many this run asks: ``benchmark, task, group, questions, asked``.

    Parameters
    ----------
    evaluation, questions : DataFrame
        All questions with an answer, and those that the run asks.
    """
    marked = evaluation.assign(asked=evaluation["id"].isin(questions["id"]))
    groups = marked.groupby(["benchmark", "task", "group"], sort=False)["asked"]
    return groups.agg(questions="size", asked="sum").reset_index()


def likeness(rows):
    """:func:`cleaning.likeness` of each source of pairs."""
    pairs = rows[rows["subtask"] == "matching"].groupby("source", sort=False)
    return pd.Series({name: cleaning.likeness(group) for name, group in pairs}, name="likeness", dtype=float)


def matches(pairs, gathered):
    """Matches with both texts as a page may show them: what no licence lets us quote appears as a piece of its hash.

    Parameters
    ----------
    pairs : DataFrame
        From :func:`leakage.pairs`.
    gathered : Gathered
        Where they come from; questions of the embedded corpus are ours, of the published benchmarks FinEval's may be
        quoted.
    """
    ours = gathered.rows[collect.quotable(gathered.rows, gathered.files)]["id"]
    allowed = pairs["train_id"].isin(ours) & ((gathered.truth is not None) | (pairs["benchmark"] == "fineval"))
    for side in ("train_input", "eval_input"):
        texts = [cleaning.quoted(*pair) for pair in zip(pairs[side], allowed, strict=True)]
        pairs = pairs.assign(**{side: texts})
    columns = ["kind", "source", "task", "compared", "similarity", "same_output", "train_input", "eval_input"]
    return pairs[columns].round(2)


def detection(rows, matches, truth):
    """What the search for leaks missed of those that were planted, and what it took besides: ``id, input, error``.

    Returns
    -------
    DataFrame
        The errors.
    dict
        How many leaks were ``planted``, how many of them were ``found``, how many rows were taken ``besides``.
    """
    planted, found = set(truth.loc[truth["kind"] == "leaked", "id"]), set(matches["train_id"])
    wrong = rows.loc[rows["id"].isin(found ^ planted), ["id", "input"]]
    errors = wrong.assign(error=["missed" if i in planted else "besides" for i in wrong["id"]])
    return errors, {"planted": len(planted), "found": len(found & planted), "besides": len(found - planted)}


def flow(records, steps):
    """How many rows of each source are there after each step, the sources in the order of Table 3.

    Parameters
    ----------
    records : Series
        Records read, by source.
    steps : dict of str to DataFrame
        The rows after each step; the last one is what is trained on.
    """
    table = pd.DataFrame({name: rows["source"].value_counts() for name, rows in steps.items()})
    table.insert(0, "records", records)
    return table.reindex(SOURCES).fillna(0).astype(int).rename_axis("source")


def losses(flow):
    """The published rows of each source, parted into those kept and those lost, by the step that lost them."""
    lost = -flow.drop(columns="records").diff(axis=1).iloc[:, 1:].rename(columns=LOST)
    lost = lost.loc[:, lost.any()]
    return lost.assign(kept=flow["kept"])[["kept", *lost.columns]].loc[flow["published"] > 0]
