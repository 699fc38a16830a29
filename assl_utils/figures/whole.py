"""Figures of the whole chain: which rows become which expert and which questions it gets, and what a score costs."""

from collections.abc import Sequence

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.path import Path

from assl_utils.figures.palette import colors_of, expert_color, in_order
from assl_utils.figures.style import INK, PALETTE, WIDTH, apart

DPI = 110  # less than elsewhere: chapter 8 has most pictures, and its page a limit of bytes
GAP = 0.012  # between blocks, as a share of a column's height


def rows_to_questions(tasks, cluster, selected, asked, expert, experts: Sequence[str]) -> Figure:
    """The way of the data: rows by task, their clusters, the rows selected for each expert, the questions it is asked.

    Parameters
    ----------
    tasks, cluster : the task and the cluster's number of each row
    selected : the cluster's number of each selected row
    asked, expert : the task of each question, and the expert that it goes to
    experts : names, that of cluster 0 first
    """
    cluster, selected = (pd.Categorical(part, categories=range(len(experts))) for part in (cluster, selected))
    rows = pd.crosstab(np.asarray(tasks), cluster, dropna=False)
    rows = rows.loc[in_order(tasks)].set_axis([f"cluster {i}" for i in range(len(experts))], axis=1)
    tenth = pd.DataFrame(np.diag(selected.value_counts()), index=rows.columns, columns=experts)
    questions = pd.crosstab(np.asarray(expert), np.asarray(asked)).reindex(experts, fill_value=0)
    questions = questions[list(dict.fromkeys(asked))]
    own = [expert_color(name, i) for i, name in enumerate(experts)]
    colors = [colors_of(rows.index), dict(zip(rows.columns, own, strict=True)), dict(zip(experts, own, strict=True)),
              dict.fromkeys(questions.columns, "#777777")]  # fmt: skip
    return bands(["rows by task", "in clusters", "selected", "questions"], [rows, tenth, questions], colors)


def bands(titles: Sequence[str], links: Sequence[pd.DataFrame], colors: Sequence[dict]) -> Figure:
    """Columns of blocks, joined by bands: what of each block goes to which block of the next column.

    Parameters
    ----------
    titles : the name of each column
    links : one table fewer, of counts: the blocks of a column as index, those of the next one as columns
    colors : for each column the colour of its blocks; a band has that of the block it leaves

    Every column is drawn at one height, whatever it counts, so a band may widen or narrow on its way: its ends are
    shares of the two blocks. The blocks of an inner column have the shares of the table to their left; one from which
    the next table counts nothing has no band.
    """
    sizes = [links[0].sum(axis=1), *(link.sum(axis=0) for link in links)]
    spans = [_stacked(size) for size in sizes]
    fig, ax = plt.subplots(figsize=(WIDTH, 4.2), dpi=DPI)
    width = 0.09
    for x, link in enumerate(links):
        left = {name: span[0] for name, span in spans[x].items()}
        right = {name: span[0] for name, span in spans[x + 1].items()}
        for a in link.index:
            for b in link.columns[link.loc[a] > 0]:
                high = (spans[x][a][1] - spans[x][a][0]) * link.at[a, b] / link.loc[a].sum()
                low = (spans[x + 1][b][1] - spans[x + 1][b][0]) * link.at[a, b] / link[b].sum()
                ends = x + width / 2, left[a], left[a] + high, x + 1 - width / 2, right[b], right[b] + low
                shown = {"facecolor": pale(colors[x][a]), "linewidth": 0, "zorder": 1 - high}  # thin ones on top
                ax.add_patch(mpl.patches.PathPatch(_band(*ends), **shown))
                left[a], right[b] = left[a] + high, right[b] + low
    for x, (span, size) in enumerate(zip(spans, sizes, strict=True)):
        for name, (low, high) in span.items():
            ax.add_patch(plt.Rectangle((x - width / 2, low), width, high - low, color=colors[x][name], linewidth=0))
        heights = apart([sum(ends) / 2 for ends in span.values()], 0.035)
        last = x == len(links)
        for name, y in zip(span, heights, strict=True):
            box = {"facecolor": "white", "alpha": 0.7, "edgecolor": "none", "pad": 0.6}
            side = {"ha": "left" if last else "right", "bbox": box}
            ax.text(x + (width if last else -width) * 0.62, y, str(name), va="center", fontsize=8, **side)
        ax.text(x, -0.03, f"{titles[x]}\n{size.sum():,.0f}", ha="center", va="bottom", fontsize=8.5)
    ax.set(xlim=(-0.55, len(links) + 0.4), ylim=(1.02, -0.04))
    ax.axis("off")
    return fig


def pale(color: str) -> tuple[float, float, float]:
    """The colour of a band: solid, since bands that shine through each other have many colours and a large picture."""
    return tuple(1 - 0.45 * (1 - part) for part in mpl.colors.to_rgb(color))


def _stacked(size):
    """The lower and the upper end of each block, from the top of the column on."""
    gap = min(GAP, 0.3 / len(size))
    free = 1 - gap * (len(size) - 1)
    ends, at = {}, 0.0
    for name, count in size.items():
        ends[name] = (at, at + free * count / size.sum())
        at = ends[name][1] + gap
    return ends


def _band(x0, low0, high0, x1, low1, high1):
    middle = (x0 + x1) / 2
    corners = [(x0, low0), (middle, low0), (middle, low1), (x1, low1),
               (x1, high1), (middle, high1), (middle, high0), (x0, high0), (x0, low0)]  # fmt: skip
    codes = [Path.MOVETO, *[Path.CURVE4] * 3, Path.LINETO, *[Path.CURVE4] * 3, Path.CLOSEPOLY]
    return Path(corners, codes)


def cost_and_score(table: pd.DataFrame, xlabel: str, ylabel: str, marks: dict[str, float] | None = None) -> Figure:
    """What each model cost and what it scores: a filled point, its interval, and how much of the cost was training.

    Parameters
    ----------
    table : a row for each model: ``training`` (its cost alone), ``cost`` (all of it), ``score``, ``lo``, ``hi``
    marks : named horizontal lines

    A hollow point stands at the training alone, where that is not all; the line between the two is what the search for
    the rows cost.
    """
    fig, ax = plt.subplots(figsize=(WIDTH, 3.6), dpi=DPI)
    for name, row in table.iterrows():
        color = PALETTE[5] if name == "silversight" else PALETTE[0]
        if row["cost"] > row["training"]:
            ax.plot([row["training"], row["cost"]], [row["score"]] * 2, color=color, linewidth=1, linestyle="--")
            ax.plot(row["training"], row["score"], "o", color=color, markerfacecolor="white", markersize=5)
        ax.vlines(row["cost"], row["lo"], row["hi"], color=color, linewidth=2)
        ax.plot(row["cost"], row["score"], "o", color=color, markersize=6)
        ax.annotate(str(name), (row["cost"], row["score"]), xytext=(7, 0), textcoords="offset points", va="center",
                    fontsize=8.5, color=color if name == "silversight" else INK)  # fmt: skip
    for name, y in (marks or {}).items():
        ax.axhline(y, color=INK, linewidth=0.9, linestyle=":", zorder=0)
        ax.annotate(name, (0, y), xycoords=("axes fraction", "data"), xytext=(4, 2), textcoords="offset points",
                    fontsize=8)  # fmt: skip
    ax.set(xlabel=xlabel, ylabel=ylabel)
    ax.margins(x=0.2, y=0.08)
    ax.set_xlim(left=0)
    ax.set_ylim(bottom=0)
    return fig
