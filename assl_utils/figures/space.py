"""Figures of the semantic space: points, groups, the sweep over K."""

from collections.abc import Mapping

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from assl_utils.figures.palette import in_order
from assl_utils.figures.style import INK, NOISE, NOISE_NAMES, PALETTE, WIDTH, colors, mark, pair


def groups(ax: Axes, xy, labels, title: str = "", names: Mapping | None = None, size: float | None = None) -> Axes:
    """Points in the plane, one colour a group, noise grey and underneath, small groups on top of large ones.

    Each group is named where most of it lies.

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
    count = pd.Series(labels).value_counts()
    for label in sorted(found, key=lambda x: (x not in NOISE_NAMES, -count[x])):
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


def semantic_map(xy, labels, names: Mapping | None = None, title: str = "", limit: int = 6000, tasks=None,
                 facets: bool = False) -> Figure:  # fmt: skip
    """The rows as points of a plane (a projection made elsewhere), coloured by cluster.

    Of more than ``limit`` points every m-th is drawn, which keeps the picture's size bounded and the same on every run.

    Parameters
    ----------
    tasks : n names, optional
        The task of each row. A cluster's label then names its commonest one.
    facets : bool
        Below the map a small one for each of ``tasks``: its rows in the colours of their clusters, all others grey.
    """
    step = max(1, -(-len(xy) // limit))
    xy, labels = np.asarray(xy, dtype=float)[::step], np.asarray(labels)[::step]
    if tasks is not None:
        tasks = np.asarray(tasks)[::step]
        counts = pd.crosstab(labels, tasks)
        names = names or {label: f"{label} {counts.loc[label].idxmax()}" for label in counts.index}
    shown = in_order(tasks) if facets else []
    down = -(-len(shown) // 4)
    fig = plt.figure(figsize=(WIDTH, 4.4 + 1.35 * down))
    grid = fig.add_gridspec(1 + down, 4, height_ratios=[4.4, *[1.35] * down])
    groups(fig.add_subplot(grid[0, :]), xy, labels, title, names)
    palette = colors(list(pd.unique(pd.Series(labels).sort_values())))
    for i, task in enumerate(shown):
        ax = fig.add_subplot(grid[1 + i // 4, i % 4])
        mine = tasks == task
        ax.scatter(xy[~mine, 0], xy[~mine, 1], s=1, color=NOISE, alpha=0.4, linewidths=0, rasterized=True)
        ax.scatter(xy[mine, 0], xy[mine, 1], s=4, c=[palette[x] for x in labels[mine]], linewidths=0, rasterized=True)
        ax.set_title(str(task), fontsize=8.5)
        ax.set(xticks=[], yticks=[])
        sns.despine(ax=ax, left=True, bottom=True)
    return fig


def k_sweep(sweep: pd.DataFrame, chosen_k: int | None = None, against: pd.DataFrame | None = None) -> Figure:
    """SSE and silhouette against K, side by side, both axes from zero, with the K that was taken marked.

    Parameters
    ----------
    sweep : DataFrame
        ``k``, ``sse`` and ``silhouette``.
    chosen_k : int, optional
        A K that the sweep lacks is marked by its line alone.
    against : DataFrame, optional
        From `assl_utils.space.choosing_k.against_no_groups`. Points without groups are then a grey line in both panels;
        their SSE is that of the rows times the quotient of the two on the sample.
    """
    fig, axes = pair(height=2.9)
    without = {}
    if against is not None:
        gap, silhouette = (against[name].reindex(sweep["k"]).to_numpy() for name in ("gap", "of points without groups"))
        without = {"sse": sweep["sse"].to_numpy() * np.exp(gap), "silhouette": silhouette}
    for ax, column, color in zip(axes, ("sse", "silhouette"), PALETTE, strict=False):
        ax.plot(sweep["k"], sweep[column], color=color, marker="o", markersize=4, label="rows")
        if without:
            ax.plot(sweep["k"], without[column], color="#777777", linestyle="--", label="points without groups")
        ax.set(xlabel="K", title={"sse": "SSE", "silhouette": "silhouette"}[column])
        if min(line.get_ydata().min() for line in ax.lines) >= 0:
            ax.set_ylim(bottom=0)
        ax.set_xticks(sweep["k"].to_numpy()[::2])
        if chosen_k is not None:
            for at in sweep.loc[sweep["k"] == chosen_k, column]:
                ax.plot(chosen_k, at, "o", color=INK, markersize=6)
            mark(ax, chosen_k, f"K = {chosen_k}")
    if without:
        axes[0].legend(loc="lower left", frameon=True, facecolor="white", framealpha=1, edgecolor="none")
    return fig
