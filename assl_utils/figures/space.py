"""Figures of the semantic space: points, groups, the sweep over K."""

from collections.abc import Mapping

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from assl_utils.figures.style import INK, NOISE_NAMES, PALETTE, WIDTH, colors, mark, pair


def groups(ax: Axes, xy, labels, title: str = "", names: Mapping | None = None, size: float | None = None) -> Axes:
    """Points in the plane, one colour a group, noise grey and underneath, each group named where most of it lies.

    Parameters
    ----------
    xy : array of shape (n, 2)
    labels : n labels; -1 is noise
    names : label -> text, for those that get one; by default every group of up to 12 gets its label
    size : area of a point; by default smaller the more there are
    """
    xy, labels = np.asarray(xy, dtype=float), np.asarray(labels)
    size = size or float(np.clip(4000 / max(len(xy), 1), 3, 30))
    found = list(pd.unique(pd.Series(labels).sort_values()))
    palette = colors(found)
    for label in sorted(found, key=lambda x: x not in NOISE_NAMES):  # noise first, so that groups lie on top of it
        mine = xy[labels == label]
        alpha = 0.5 if label in NOISE_NAMES else 0.75
        ax.scatter(mine[:, 0], mine[:, 1], s=size, color=palette[label], alpha=alpha, linewidths=0, rasterized=True)
    real = [x for x in found if x not in NOISE_NAMES]
    named = real if names is None and len(real) <= 12 else [label for label in real if label in (names or {})]
    for label in named:
        mine = xy[labels == label]
        middle = np.median(mine, axis=0)
        x, y = mine[((mine - middle) ** 2).sum(axis=1).argmin()]  # a point of the group, never the void between two
        text = str((names or {}).get(label, label))
        box = {"boxstyle": "round,pad=0.2", "facecolor": "white", "alpha": 0.8, "linewidth": 0}
        ax.text(x, y, text, ha="center", va="center", fontsize=8.5, bbox=box)
    ax.set(title=title, xticks=[], yticks=[])
    sns.despine(ax=ax, left=True, bottom=True)
    return ax


def semantic_map(xy, labels, names: Mapping | None = None, title: str = "", limit: int = 6000) -> Figure:
    """The rows as points of a plane (a projection made elsewhere), coloured by cluster.

    Of more than ``limit`` points every m-th is drawn, which keeps the picture's size bounded and the same on every run.
    """
    step = max(1, -(-len(xy) // limit))
    fig, ax = plt.subplots(figsize=(WIDTH, 4.8))
    groups(ax, np.asarray(xy)[::step], np.asarray(labels)[::step], title, names)
    return fig


def k_sweep(sweep: pd.DataFrame, chosen_k: int | None = None) -> Figure:
    """SSE and silhouette against K, side by side, with the K that was taken marked.

    ``sweep`` has the columns ``k``, ``sse`` and ``silhouette``.
    """
    fig, axes = pair(height=2.7)
    for ax, column, color in zip(axes, ("sse", "silhouette"), PALETTE, strict=False):
        ax.plot(sweep["k"], sweep[column], color=color, marker="o", markersize=4)
        ax.set(xlabel="K", title={"sse": "SSE", "silhouette": "silhouette"}[column])
        ax.set_xticks(sweep["k"].to_numpy()[::2])
        if chosen_k is not None:
            at = sweep.loc[sweep["k"] == chosen_k, column]
            ax.plot([chosen_k], at[:1], "o", color=INK, markersize=6)
            mark(ax, chosen_k, f"K = {chosen_k}")
    return fig
