"""The tables of chapter 5: what the feedback says, what each choice takes, what it costs."""

import numpy as np
import pandas as pd

from assl_utils import progress
from assl_utils.experts import estimate


def by_subtask(choices, subtask):
    """Rows of each sub-task: in all, and as each choice takes them; ``choices`` as from `stage2.choose`, by name."""
    taken = {name: subtask.iloc[choice["position"]].value_counts() for name, choice in choices.items()}
    return pd.DataFrame({"rows": subtask.value_counts(), **taken}).fillna(0).astype(int)


def by_source(rows, chosen, selected, scores):
    """What each source gives to both stages.

    Parameters
    ----------
    rows : DataFrame
        ``id`` and ``source`` of every row.
    chosen : array of bool
        What stage 1 took.
    selected : DataFrame
        ``id`` and ``stage``.
    scores : DataFrame
        ``id`` and ``score`` of the rows that stage 1 left out.

    Returns
    -------
    DataFrame indexed by source, highest lift first
        ``rows``, ``stage 1``, ``stage 2``, ``mean score``, and ``lift``: its share of what stage 2 added by its share
        of what was left out.
    """
    source = rows.set_index("id")["source"]
    table = pd.DataFrame({
        "rows": source.value_counts(),
        "stage 1": source[np.asarray(chosen, dtype=bool)].value_counts(),
        "stage 2": selected.loc[selected["stage"] == 2, "id"].map(source).value_counts(),
        "mean score": scores["score"].groupby(scores["id"].map(source)).mean(),
    })  # fmt: skip
    table[["stage 1", "stage 2"]] = table[["stage 1", "stage 2"]].fillna(0).astype(int)
    left = table["rows"] - table["stage 1"]
    table["lift"] = table["stage 2"] / table["stage 2"].sum() / (left / left.sum())
    return table.sort_values("lift", ascending=False)


def signs(scores):
    """How many rows (12) puts left of zero, at zero and right of it, and their mean ROUGE before and after."""
    side = np.sign(scores["score"]).map({-1.0: "below 0", 0.0: "0", 1.0: "above 0"})
    table = scores.groupby(side)[["raw", "lora"]].mean()
    table.insert(0, "rows", side.value_counts())
    return table.reindex([name for name in ("below 0", "0", "above 0") if name in table.index])


def outlook(ahead, answering, hourly_rate=0.0, workers=1):
    """One line: what training and answering twice will take by the clock, and what that costs.

    Parameters
    ----------
    ahead, answering
        From `estimate.train` and `estimate.answer`.
    hourly_rate : float
        Price of an hour; 0 says nothing of money.
    workers : int
        Adapters that are trained side by side, see `side_by_side.how_many`.
    """
    training = estimate.wall(ahead, workers)
    line = f"training {progress.ranged(training)} with {estimate.memory(ahead, workers)}"
    line += f", answering twice {progress.ranged(answering, 2)}"
    if not hourly_rate:
        return line
    hours = (training["seconds"] + 2 * answering["seconds"]) / 3600
    return f"{line}; at {hourly_rate:g} an hour: {hours * hourly_rate:.2f}"


def top_rows(scored, feedback_scores, score, n, most=(40, 20)):
    """The n rows of highest score with both answers, questions and answers cut to so many characters."""
    best = score.nlargest(n, keep="first").index
    table = scored[["input", "output"]].join(feedback_scores[["raw_answer", "lora_answer"]]).loc[best]
    table = table.apply(lambda column: column.str.slice(0, most[column.name != "input"]))
    return table.assign(score=score[best].round(2)).reset_index(drop=True)


def weighted(terms, weights):
    """Mean and standard deviation of the three terms of (13) with their weights; ``terms`` from `utility.mmr_terms`."""
    names = ["similarity", "redundancy", "score"]
    values = terms[names] * np.array([weights[0], -weights[1], weights[2]])
    values.columns = ["nearness", "redundancy", "model"]
    return pd.DataFrame({"mean": values.mean(), "standard deviation": values.std()})


def training_cost(trained, ahead, rows):
    """The first experts as a row of `estimate.bill`: their ``training.json``, the estimate, and how many rows."""
    spent = pd.DataFrame(trained)[["tokens", "seconds"]].sum()
    return {
        "work": "first experts", "rows": rows, "tokens": int(spent["tokens"]),
        "estimated_s": ahead["seconds"].sum(), "seconds": spent["seconds"], "floor_s": ahead["floor_s"].sum(),
    }  # fmt: skip
