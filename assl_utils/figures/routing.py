"""Figures of routing: which expert was asked, and how sure the router is."""

from collections.abc import Sequence

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure

from assl_utils.figures.palette import colors_of, expert_color
from assl_utils.figures.style import INK, NOISE, PALETTE, WIDTH, color_of, mark, pair
from assl_utils.figures.tables import matrix


def expert_choice(table: pd.DataFrame) -> Figure:
    """How often each task's questions went to each expert: counts in the cells, darkness = share of the task's row.

    No question is an empty cell. An expert that was never asked says so under its name, and its column is hatched.
    """
    total, asked = table.sum(axis=1), table.sum(axis=0) > 0
    shade = table.div(total.where(total > 0, 1), axis=0)
    heads = [str(name) if some else f"{name}\nnever asked" for name, some in asked.items()]
    text = table.map(lambda n: f"{n:,.0f}" if n else "")
    fig = matrix(table.set_axis(heads, axis=1), shade=shade.set_axis(heads, axis=1), xlabel="expert", ylabel="task",
                 text=text)  # fmt: skip
    for x in np.flatnonzero(~asked.to_numpy()):
        size = {"width": 1, "height": len(table), "linewidth": 0}
        fig.axes[0].add_patch(mpl.patches.Rectangle((x, 0), facecolor="none", edgecolor=NOISE, hatch="///", **size))
    return fig


def reliability(table: pd.DataFrame, xlabel: str, ylabel: str, overall: float | None = None) -> Figure:
    """Groups of items from unsure to sure: how many of each came out right, with interval; a dotted line for all.

    ``table`` is that of :func:`assl_utils.evaluation.routing_report.calibration`.
    """
    fig, ax = plt.subplots(figsize=(WIDTH, 3.0))
    ax.vlines(table["margin"], table["lo"], table["hi"], color=PALETTE[0], linewidth=2)
    ax.plot(table["margin"], table["right"], "o-", color=PALETTE[0], markersize=5, linewidth=1)
    box = {"facecolor": "white", "edgecolor": "none", "pad": 0.5}
    for row in table.itertuples():
        ax.annotate(f"{row.right:.0f}", (row.margin, row.hi), xytext=(0, 3), textcoords="offset points", fontsize=9,
                    ha="center", va="bottom", bbox=box)  # fmt: skip
    if overall is not None:
        ax.axhline(overall, color=INK, linewidth=0.9, linestyle=":", zorder=0)
    ax.set(xlabel=xlabel, ylabel=ylabel, ylim=(0, 115), yticks=range(0, 101, 20))
    return fig


def router_map(rows, labels, questions, chosen, centroids, names: Sequence[str], tasks=None,
               limit: int = 4000) -> Figure:  # fmt: skip
    """A panel for each expert: its training rows pale, the questions that it answers dark, its centroid a cross.

    All three are points of the same plane; ``labels`` and ``chosen`` number the experts. What the other experts hold is
    grey. With ``tasks``, one for each question, a panel's title names the commonest of its expert. Of more than
    ``limit`` rows every m-th is drawn.
    """
    rows, questions, centroids = (np.asarray(part, dtype=float) for part in (rows, questions, centroids))
    step = max(1, -(-len(rows) // limit))
    rows, labels, chosen = rows[::step], np.asarray(labels)[::step], np.asarray(chosen)
    across = min(3, len(names))
    down = -(-len(names) // across)
    fig, axes = plt.subplots(down, across, figsize=(WIDTH, 0.3 + 1.9 * down), sharex=True, sharey=True, squeeze=False)
    for i, (ax, name) in enumerate(zip(axes.flat, names, strict=False)):
        color = color_of(i)
        for xy, style in ((rows[labels != i], {"s": 2, "color": NOISE, "alpha": 0.25}),
                          (rows[labels == i], {"s": 4, "color": color, "alpha": 0.25}),
                          (questions[chosen == i], {"s": 8, "color": color, "alpha": 0.85})):  # fmt: skip
            ax.scatter(xy[:, 0], xy[:, 1], linewidths=0, rasterized=True, **style)
        ax.scatter(*centroids[i], marker="X", s=90, color=color, edgecolors="white")
        mine = chosen == i
        n = int(mine.sum())
        title = f"{name}: {n:,} question{'' if n == 1 else 's'}" if n else f"{name}: never asked"
        if tasks is not None and n:
            most = pd.Series(np.asarray(tasks)[mine]).value_counts()
            title += "\n" + ", ".join(map(str, most.index[:3])) + (" …" if len(most) > 3 else "")
        ax.set_title(title, fontsize=8.5)
    for ax in axes.flat:
        ax.set(xticks=[], yticks=[])
        sns.despine(ax=ax, left=True, bottom=True)
    return fig


def asked(answer) -> Figure:
    """Why an expert was chosen: how far a question is from each, and what the rows of the nearest one are.

    ``answer`` is an :class:`assl_utils.routing.answer.Answer`. The filled point answered; all are hollow where the
    nearest lies beyond the dotted limit and the base model answered. Points, not bars from zero: distances differ by
    little, and that little decides.
    """
    names, away, tasks = list(answer.distances), list(answer.distances.values()), answer.tasks
    rows = max(len(names), len(tasks))
    fig, (left, right) = pair(height=0.9 + 0.27 * rows, width_ratios=(3, 2))
    line = [expert_color(name, i) for i, name in enumerate(names)]
    fill = [color if name == answer.expert else "white" for name, color in zip(names, line, strict=True)]
    left.scatter(away, range(len(names)), s=42, c=fill, edgecolors=line, linewidths=1.3, zorder=3)
    for y, value in enumerate(away):
        left.annotate(f"{value:.3f}", (value, y), xytext=(7, 0), textcoords="offset points", va="center", fontsize=8)
    if answer.reject is not None:
        mark(left, answer.reject, "limit")
    left.set_yticks(range(len(names)), names)
    left.set(xlabel="distance")
    left.margins(x=0.2)
    left.grid(axis="y", linewidth=0.4, alpha=0.6)
    right.barh(range(len(tasks)), tasks, color=list(colors_of(tasks.index).values()), height=0.7)
    for y, share in enumerate(tasks):
        right.annotate(f"{share:.0f} %", (share, y), xytext=(4, 0), textcoords="offset points", va="center", fontsize=8)
    right.set_yticks(range(len(tasks)), [str(task) for task in tasks.index])
    right.set(xticks=[])
    right.margins(x=0.25)
    right.set_xlim(left=0)
    for ax, title in ((left, f"{answer.expert} answered"), (right, f"rows of {names[0]}")):
        ax.set_title(title, pad=6 if answer.reject is None else 17)  # above the limit's name
        ax.set_ylim(rows - 0.5, -0.5)  # the first on top, in both panels at one height
        ax.tick_params(axis="y", length=0)
    sns.despine(ax=right, bottom=True)
    return fig
