"""Tables of chapters 4 and 5: what was found, what was kept, and which tasks and sources gained or lost."""

import numpy as np
import pandas as pd

from assl_utils import progress
from assl_utils.selection import adbscan, stages


def copies(points, numbers, k):
    """What becomes of A-DBSCAN when the first of the points is copied so many times; a row per number."""
    table = []
    for n in numbers:
        found = adbscan.adbscan(np.concatenate([points, np.repeat(points[:1], n, axis=0)]), k)
        table.append({
            "copies": n, "rows": len(found.labels), "largest density": found.density.max(),
            "MinPts at first": found.minpts[0], "sub-clusters": found.labels.max() + 1,
            "noise": (found.labels < 0).sum(),
        })  # fmt: skip
    return pd.DataFrame(table).set_index("copies")


def subclusters(found):
    """Sub-clusters, noise, ε and MinPts of each cluster; ``found`` as from `stages.find_subclusters`."""
    table = pd.DataFrame(
        {
            "cluster": cluster,
            "rows": len(members),
            "sub-clusters": int(result.labels.max() + 1),
            "largest": int(np.bincount(result.labels[result.labels >= 0], minlength=1).max()),
            "noise": int((result.labels < 0).sum()),
            "ε": round(result.eps, 3),
            "MinPts at first": round(result.minpts[0], 2),
            "at last": round(result.minpts[-1], 2),
        }
        for cluster, (members, result) in found.items()
    ).set_index("cluster")
    table["share of largest"] = (table["largest"] / table["rows"]).round(2)
    return table


def readings(X, cluster, k=20):
    """Sub-clusters and share of noise of each cluster, by the readings of MinPts."""
    tables = {rule: subclusters(stages.find_subclusters(X, cluster, k, rule)) for rule in adbscan.RULES}
    columns = {("sub-clusters", rule): table["sub-clusters"] for rule, table in tables.items()}
    columns |= {("noise", rule): table["noise"] / table["rows"] for rule, table in tables.items()}
    return pd.DataFrame(columns)


def shrunken(X, found, ks, minpts_rule="algorithm1"):
    """`adbscan.shrink_eps` of each cluster for each k, as means over clusters, indexed by ``k`` and ``factor``."""
    rows = [
        {"k": k} | row
        for k in ks
        for members, _ in found.values()
        for row in adbscan.shrink_eps(X[members], k=k, minpts_rule=minpts_rule)
    ]
    return pd.DataFrame(rows).groupby(["k", "factor"]).mean().drop(columns="eps").sort_index(ascending=[True, False])


def small_kept(thinned, cluster, most=4):
    """How many rows of small sub-clusters stage 1 kept, beside those of larger ones.

    Parameters
    ----------
    thinned : DataFrame
        From `stages.thin`.
    cluster : sequence of int
        Of each row.
    most : int
        Rows of the largest sub-cluster that counts as small.

    Returns
    -------
    DataFrame indexed by size
        ``rows``, ``kept`` and ``share``.
    """
    inside = thinned["subcluster"] >= 0
    groups = thinned[inside].groupby([np.asarray(cluster)[inside], "subcluster"])["chosen"]
    sizes = groups.transform("size").to_numpy()
    name = [f"of {size} rows" if size <= most else "larger" for size in sizes]
    table = thinned.loc[inside, "chosen"].groupby(name).agg(rows="size", kept="sum")
    table["share"] = table["kept"] / table["rows"]
    return table.rename_axis("sub-clusters")


def shares(kind, chosen):
    """In percent, what share each kind has of all rows and of the chosen ones.

    Parameters
    ----------
    kind : Series
        Of each row: its source, its task.
    chosen : array of bool

    Returns
    -------
    DataFrame indexed by kind
    """
    table = pd.DataFrame({
        "share of all rows, %": kind.value_counts(normalize=True),
        "share of the chosen, %": kind[np.asarray(chosen, dtype=bool)].value_counts(normalize=True),
    })  # fmt: skip
    return 100 * table.fillna(0)


def commonest(before, after):
    """In percent, the share of each cluster's commonest task in two tables of counts (clusters by tasks).

    Returns
    -------
    DataFrame indexed by cluster
        ``task`` (the commonest before), its share ``before`` and ``after``.
    """
    first, second = (100 * table.div(table.sum(axis=1), axis=0) for table in (before, after))
    task = first.idxmax(axis=1)
    second = second.reindex(index=first.index, columns=first.columns).fillna(0)
    now = [second.at[cluster, name] for cluster, name in task.items()]
    return pd.DataFrame({"task": task, "before": first.max(axis=1), "after": now})


def by_subtask(choices, subtask):
    """Rows of each sub-task: in all, and as each choice takes them; ``choices`` as from `stages.choose`, by name."""
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


def outlook(ahead, answering, hourly_rate=0.0):
    """One line: what training and answering twice will take, and what that costs.

    Parameters
    ----------
    ahead, answering
        From `estimate.train` and `estimate.answer`.
    hourly_rate : float
        Price of an hour; 0 says nothing of money.
    """
    line = f"training {progress.ranged(ahead)} with at most {ahead['memory_gb'].max():.1f} GB"
    line += f", answering twice {progress.ranged(answering, 2)}"
    if not hourly_rate:
        return line
    hours = (ahead["seconds"].sum() + 2 * answering["seconds"]) / 3600
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
