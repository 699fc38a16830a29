"""Chapter 8's tables beside each other: ranks beside the paper's, unseen questions beside all, what was learned."""

import pandas as pd

from assl_utils.evaluation import statistics, tables


def ranks(beside_paper):
    """The mean of CFLEB's scores beside the paper's, and the rank of each model in both."""
    average = beside_paper["AVG"]
    places = {"paper_rank": "paper", "our_rank": "ours"}
    return average.assign(**{name: average[c].rank(ascending=False).astype(int) for name, c in places.items()})


def unseen(predictions, known, table1, n_boot=1000, seed=0):
    """CFLEB's mean over all questions beside that over the questions whose text is not known from training.

    Parameters
    ----------
    predictions : DataFrame
    known : DataFrame
        From :func:`assl_utils.evaluation.answers.known`; the questions that are, are left out.
    table1 : DataFrame
        From :func:`assl_utils.evaluation.tables.table1`, over all questions.
    """
    left_out = predictions["id"].isin(known.loc[known["known"], "id"])
    rest = tables.table1(predictions[~left_out], n_boot, seed)
    columns = {"all questions": table1, "unseen questions": rest}
    return pd.DataFrame({name: table.set_index("model")["AVG"] for name, table in columns.items()}, table1["model"])


def smallest_differences(questions, accuracy=0.5):
    """What each task's questions can show: the smallest difference of two accuracies, in points, four times in five.

    Computed before there are answers (:func:`assl_utils.evaluation.statistics.smallest_detectable`): the weaker model
    is taken to have this ``accuracy``, and the two to err independently. Models that err on the same questions show
    smaller ones.
    """
    sizes = questions.groupby("task", sort=False).size()
    points = [statistics.smallest_detectable(n, accuracy) for n in sizes]
    return pd.DataFrame({"questions": sizes, "smallest difference": points})


def learned(table1, experts):
    """Task by task: the commonest answer, the base model, the best expert alone, SilverSight, and two that saw all."""
    wide = table1.set_index("model")[list(tables.TABLE1)]
    best = {"best expert alone": wide.loc[list(experts)].max()}
    rows = {name: wide.loc[name] for name in ("silversight", "all-data", "cluster-data")}
    return pd.DataFrame({name: wide.loc[name] for name in ("majority", "base")} | best | rows)


def not_learned(found):
    """One sentence: in which tasks of `learned` no trained model is above the commonest answer."""
    trained = found.drop(columns=["majority", "base"]).max(axis=1)
    tasks = [task for task in found.index if trained[task] <= found.at[task, "majority"]]
    return f"not above the commonest answer: {', '.join(tasks) or 'no task'}"


def unread(predictions):
    """Percent of the answers that cannot be read, a row per model and a column per task."""
    shares = predictions.assign(unread=100 * (predictions["parsed"].fillna("") == ""))
    found = shares.pivot_table(index="model", columns="task", values="unread", sort=False)
    return found.round().astype(int).rename_axis(columns=None)
