"""Chapter 3's panel: another K, or another way to divide the rows."""

import functools

import pandas as pd

from assl_utils.figures import space
from assl_utils.panels.controls import Panel, Range, View
from assl_utils.space import partitions


def panel(rows, X, sweep, drawn, xy, values):
    """The map and the clusters by ``n_clusters`` and ``partition``.

    Parameters
    ----------
    rows : DataFrame
    X : array of shape (n, d)
    sweep : DataFrame
        From `choosing_k.sweep`.
    drawn, xy
        From `look.flatten`.
    values : mapping
        The chapter's parameters by name.
    """
    by_k, seed, task = sweep.set_index("k"), values["seed"], rows["task"].to_numpy()[drawn]

    @functools.cache
    def divided(word, k):
        return partitions.partition(word, rows, X, k=k, seed=seed)

    def follow(n_clusters, partition):
        parts = divided(partition, n_clusters)
        says = partitions.WORDS[partition]
        if partition == "kmeans" and n_clusters in by_k.index:
            at = by_k.loc[n_clusters]
            says = f"K = {n_clusters}: silhouette {at['silhouette']:.3f}, stability {at['stability']:.2f}"
        return View(says, table(parts, rows["task"]), lambda: space.semantic_map(xy, parts.labels[drawn], tasks=task))

    controls = {"n_clusters": Range(2, int(by_k.index.max())), "partition": tuple(partitions.WORDS)}
    return Panel(controls, values, follow)


def table(parts, tasks):
    """`Partition.table` with the commonest task of each part and its share."""
    counts = pd.crosstab(parts.labels, tasks)
    share = counts.max(axis=1) / counts.sum(axis=1)
    return parts.table().assign(**{"commonest task": counts.idxmax(axis=1), "share": share.round(2)})
