"""Figures of routing: which expert was asked, and how sure the router is."""

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure

from assl_utils.figures.style import INK, PALETTE, WIDTH, colors, mark, pair
from assl_utils.figures.tables import matrix


def expert_choice(table: pd.DataFrame) -> Figure:
    """How often each task's questions went to each expert: counts in the cells, darkness = share of the task's row."""
    total = table.sum(axis=1)
    return matrix(table, shade=table.div(total.where(total > 0, 1), axis=0), xlabel="expert", ylabel="task")


def reliability(table: pd.DataFrame, xlabel: str, ylabel: str, overall: float | None = None) -> Figure:
    """Groups of items from unsure to sure: how many of each came out right, with interval; a dotted line for all.

    ``table`` is that of :func:`assl_utils.evaluation.routing_report.calibration`.
    """
    fig, ax = plt.subplots(figsize=(WIDTH, 3.0))
    ax.vlines(table["margin"], table["lo"], table["hi"], color=PALETTE[0], linewidth=2)
    ax.plot(table["margin"], table["right"], "o-", color=PALETTE[0], markersize=5, linewidth=1)
    for row in table.itertuples():
        ax.annotate(f"{row.right:.0f}", (row.margin, row.right), xytext=(6, 4), textcoords="offset points", fontsize=8)
    if overall is not None:
        ax.axhline(overall, color=INK, linewidth=0.9, linestyle=":", zorder=0)
    ax.set(xlabel=xlabel, ylabel=ylabel, ylim=(0, 105))
    return fig


def router_map(rows, labels, questions, chosen, centroids, names: Sequence[str], limit: int = 4000) -> Figure:
    """Training rows pale behind, questions in the colour of the expert that answers, centroids as named crosses.

    All three are points of the same plane; ``labels`` and ``chosen`` number the experts. Of more than ``limit`` rows
    every m-th is drawn.
    """
    rows, questions, centroids = (np.asarray(part, dtype=float) for part in (rows, questions, centroids))
    palette = colors(range(len(centroids)))
    step = max(1, -(-len(rows) // limit))
    fig, ax = plt.subplots(figsize=(WIDTH, 4.6))
    for xy, whose, style in ((rows[::step], np.asarray(labels)[::step], {"s": 5, "alpha": 0.18}),
                             (questions, np.asarray(chosen), {"s": 9, "alpha": 0.85})):  # fmt: skip
        ax.scatter(xy[:, 0], xy[:, 1], c=[palette[int(i)] for i in whose], linewidths=0, rasterized=True, **style)
    ax.scatter(centroids[:, 0], centroids[:, 1], marker="X", s=110, c=list(palette.values()), edgecolors="white")
    for (x, y), name in zip(centroids, names, strict=True):
        box = {"boxstyle": "round,pad=0.2", "facecolor": "white", "alpha": 0.8, "linewidth": 0}
        ax.annotate(name, (x, y), xytext=(0, 9), textcoords="offset points", ha="center", fontsize=8.5, bbox=box)
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
    fill = [PALETTE[0] if name == answer.expert else "white" for name in names]
    left.scatter(away, range(len(names)), s=42, c=fill, edgecolors=PALETTE[0], linewidths=1.3, zorder=3)
    for y, value in enumerate(away):
        left.annotate(f"{value:.3f}", (value, y), xytext=(7, 0), textcoords="offset points", va="center", fontsize=8)
    if answer.reject is not None:
        mark(left, answer.reject, "limit")
    left.set_yticks(range(len(names)), names)
    left.set(xlabel="distance")
    left.margins(x=0.2)
    left.grid(axis="y", linewidth=0.4, alpha=0.6)
    right.barh(range(len(tasks)), tasks, color=PALETTE[0], height=0.7)
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
