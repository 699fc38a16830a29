"""A-DBSCAN stepped through: the steps of Algorithm 1 on the clouds of chapter 4 and on one real cluster."""

from pathlib import Path

import numpy as np

from assl_utils import store
from assl_utils.book.explore import files, scripts
from assl_utils.selection import adbscan, steps

MOST = 400  # rows of the real cluster that are walked through
TEXT = 90  # characters of a row that are shown
CLOUDS_K = 8
RULES = {"algorithm1": "MinPts follows the density", "as_printed": "MinPts as printed, never updated"}


def clouds():
    """The two clouds of chapter 4, with a few points scattered around them."""
    rng = np.random.default_rng(0)
    tight, wide, scattered = rng.normal(0, 0.15, (60, 2)), rng.normal(4, 0.9, (60, 2)), rng.uniform(-3, 8, (8, 2))
    return np.concatenate([tight, wide, scattered])


def of_clouds():
    """The walks over the clouds, one for each reading of MinPts that the chapter shows."""
    X = clouds()
    return [_walk(f"two clouds: {said}", X, X, CLOUDS_K, rule, in_plane=True) for rule, said in RULES.items()]


def of_cluster(run, show_texts):
    """The walk over the cluster of a run that has most sub-clusters, of several the one with most rows.

    Parameters
    ----------
    run : path
        A run that has finished chapter 4.
    show_texts : bool
        Whether the rows' texts may be shown: those of published sources may not.

    Returns
    -------
    dict
        At most 400 rows, the first ones, copies counted once, as chapter 4 takes them; those the map leaves out are
        left out here too, before the walk.
    """
    run = Path(run)
    chosen = store.read_table(run / files.STAGE1 / "chosen.parquet")
    asked = files.parameters(run, files.STAGE1)
    found = chosen["subcluster"].where(chosen["subcluster"] >= 0).groupby(chosen["cluster"]).agg(["nunique", "size"])
    cluster = int(found.sort_values(["nunique", "size"], ascending=False, kind="stable").index[0])
    places = store.read_table(run / files.CLUSTERING / "map.parquet").set_index("id")[["x", "y"]]
    X = store.read_array(run / files.CLUSTERING / "vectors.npy", mmap_mode="r")
    members = np.flatnonzero((chosen["cluster"] == cluster) & chosen["id"].isin(places.index))
    members = members[adbscan.unique_points(X[members])[0]][:MOST]
    xy = places.loc[chosen["id"].iloc[members]].to_numpy()
    k, rule = asked["k"], asked["minpts_rule"]
    shown = _walk(f"{len(members)} rows of cluster {cluster} of this run", X[members], xy, k, rule, in_plane=False)
    if show_texts:
        inputs = store.read_table(run / files.WORDINGS / "rows.parquet")["input"].iloc[members]
        shown["texts"] = [text[:TEXT] + "…" * (len(text) > TEXT) for text in inputs]
    return shown


def _walk(title, X, xy, k, rule, in_plane):
    """A walk as the page reads it; ``in_plane`` says that the ε-ball is a circle of the picture."""
    walk = steps.walk(X, k, rule)
    n = len(X)
    joined, label = [-1] * n, [-1] * n
    for at, step in enumerate(walk.steps):
        for q in step.joined:
            joined[q], label[q] = at, step.found
    return {
        "title": title, "k": int(k), "rule": rule, "in_plane": in_plane, "eps": walk.result.eps,
        "x": scripts.numbers(xy[:, 0]), "y": scripts.numbers(xy[:, 1]),
        "density": scripts.numbers(walk.result.density), "queue": walk.queue, "near": walk.near,
        "point": [step.point for step in walk.steps], "kind": [step.kind for step in walk.steps],
        "minpts": scripts.numbers([step.minpts for step in walk.steps]),
        "joined": joined, "label": label,
    }  # fmt: skip


def draw(path):
    """The still picture for a page without scripts: the clouds at four moments of the walk."""
    import matplotlib.pyplot as plt

    from assl_utils.figures import space, style

    style.use_style()
    X = clouds()
    walk = steps.walk(X, CLOUDS_K)
    figure, axes = plt.subplots(2, 2, figsize=(style.WIDTH, 5.2), sharex=True, sharey=True)
    for ax, done in zip(axes.flat, (1, 70, 90, len(walk.steps)), strict=True):
        space.groups(ax, X, steps.labels_at(walk.steps, len(X), done), title=f"after step {done}")
        p = walk.steps[done - 1].point
        ax.add_patch(plt.Circle(X[p], walk.result.eps, fill=False, color=style.INK, linewidth=1))
        ax.set_aspect("equal")
    figure.savefig(path, metadata={"Software": None})
    plt.close(figure)
