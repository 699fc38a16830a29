"""The tables of chapter 4: what A-DBSCAN found, what was kept, and which tasks and sources gained or lost."""

import numpy as np
import pandas as pd

from assl_utils.selection import adbscan, stage1
from assl_utils.space import neighbors


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
    """Sub-clusters, noise, ε and MinPts of each cluster; ``found`` as from `stage1.find_subclusters`."""
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
    """Sub-clusters and share of noise of each cluster, by the readings of MinPts; neighbours are looked for once."""
    found = {rule: {} for rule in adbscan.RULES}
    for c, members in stage1.distinct_members(X, cluster):
        near = neighbors.knn(X[members], k)
        for rule in adbscan.RULES:
            found[rule][c] = stage1.SubClusters(members, adbscan.adbscan(X[members], k, rule, near=near))
    tables = {rule: subclusters(of_rule) for rule, of_rule in found.items()}
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
        From `stage1.thin`.
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


def sizes(thinned, cluster):
    """Rows of each sub-cluster, and chosen rows of each that has one; arguments as for `small_kept`."""
    inside = thinned["subcluster"] >= 0
    groups = thinned[inside].groupby([np.asarray(cluster)[inside], "subcluster"])["chosen"]
    before, after = groups.size(), groups.sum()
    return before, after[after > 0]


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
