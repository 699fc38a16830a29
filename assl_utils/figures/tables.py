"""Figures of tables: shares, matrices, bars with intervals."""

from collections.abc import Mapping

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure

from assl_utils.figures.palette import colors_of, in_order
from assl_utils.figures.style import INK, NOISE, PALETTE, WIDTH, color_of, mark


def mixture(tables: pd.DataFrame | Mapping[str, pd.DataFrame], share: bool = True, unit: str = "rows") -> Figure:
    """What each cluster is made of: stacked bars, a row a cluster, a colour a task (or source); a panel a stage.

    Parameters
    ----------
    tables : one table of counts (index = clusters, columns = tasks or sources), or one by panel title; the panels
        share their colours and their rows, so that a stage can be compared with the one before
    share : lengths are shares of the row, its total written beside it; False: lengths are counts
    unit : what is counted, for the axis
    """
    if isinstance(tables, pd.DataFrame):
        tables = {"": tables}
    columns = in_order(c for table in tables.values() for c in table.columns)
    rows = list(dict.fromkeys(r for table in tables.values() for r in table.index))
    palette = colors_of(str(c) for c in columns)
    legend_rows = -(-len(columns) // 4)
    fig, axes = plt.subplots(1, len(tables), figsize=(WIDTH, 0.9 + 0.3 * len(rows) + 0.2 * legend_rows),
                             sharey=True, sharex=share, squeeze=False)  # fmt: skip
    for ax, (title, table) in zip(axes.flat, tables.items(), strict=True):
        counts = table.reindex(index=rows, columns=columns).fillna(0)
        total = counts.sum(axis=1)
        lengths = counts.div(total.where(total > 0, 1), axis=0) if share else counts
        left = np.zeros(len(rows))
        for column in columns:
            ax.barh(range(len(rows)), lengths[column], left=left, color=palette[str(column)], height=0.75,
                    edgecolor="white", linewidth=0.4)  # fmt: skip
            left = left + lengths[column].to_numpy()
        for y, (end, n) in enumerate(zip(left, total, strict=True)):
            ax.annotate(f"{n:,.0f}", (end, y), xytext=(3, 0), textcoords="offset points", va="center", fontsize=7.5)
        ax.set(title=title, yticks=range(len(rows)), yticklabels=[str(r) for r in rows])
        ax.margins(x=0.16)
        ax.set_xlim(left=0)
        if share:
            ax.set_xticks([0, 0.5, 1], ["0", "50 %", "100 %"])
        else:
            ax.set_xlabel(unit)
        ax.tick_params(axis="y", length=0)
    axes[0, 0].invert_yaxis()
    handles = [mpl.patches.Patch(color=palette[str(c)], label=str(c)) for c in columns]
    fig.legend(handles=handles, loc="outside lower left", ncols=4, fontsize=8, handlelength=1, columnspacing=1)
    return fig


def matrix(table: pd.DataFrame, fmt: str = ",.0f", shade=None, xlabel: str = "", ylabel: str = "", text=None,
           signed: bool = False) -> Figure:  # fmt: skip
    """A table of numbers as a heat map with each number written in its cell; NaN stays white.

    ``shade`` gives the darkness where it should not follow the number itself (a row's share, a logarithm). ``text``, a
    table of the same shape, is written in place of the numbers. ``signed`` gives numbers above and below 0 a colour
    each, 0 white.
    """
    shade = (table if shade is None else shade).astype(float)
    height = 1.0 + (0.3 if text is None else 0.42) * len(table)
    fig, ax = plt.subplots(figsize=(WIDTH, height))
    text = table.map(lambda v: "" if pd.isna(v) else format(v, fmt)) if text is None else text
    cmap, most = sns.light_palette(PALETTE[0], as_cmap=True), None
    if signed:
        cmap = mpl.colors.LinearSegmentedColormap.from_list("signed", [PALETTE[1], "white", PALETTE[0]])
        most = max(float(np.abs(shade).max().max()), 1e-9) * 1.3  # the darkest cell still lets its number be read
        most = most if np.isfinite(most) else 1.0  # no cell has a number
    sns.heatmap(shade, annot=text, fmt="", cmap=cmap, cbar=False, linewidths=0.6, linecolor="white", ax=ax,
                annot_kws={"fontsize": 8}, mask=table.isna(), vmin=-most if signed else None, vmax=most)  # fmt: skip
    ax.set(xlabel=xlabel, ylabel=ylabel)
    ax.tick_params(length=0)
    ax.set_yticklabels(ax.get_yticklabels(), rotation=0)
    widest = max((len(line) for c in table.columns for line in str(c).split("\n")), default=0)
    long = widest * len(table.columns) > 90
    ax.set_xticklabels(ax.get_xticklabels(), rotation=40 if long else 0, ha="right" if long else "center")
    return fig


def flow(table: pd.DataFrame, xlabel: str = "to", ylabel: str = "from") -> Figure:
    """Counts from row to column (rows leaked into a benchmark, tasks into clusters); darkness = logarithm, 0 blank."""
    counts = table.where(table > 0)
    return matrix(counts, shade=np.log1p(counts), xlabel=xlabel, ylabel=ylabel)


def histogram(values, by=None, bins: int = 40, xlabel: str = "", marks: Mapping[str, float] | None = None,
              log: bool = False) -> Figure:  # fmt: skip
    """Distribution of a number, by group if ``by`` gives one a value; ``marks`` are named vertical lines.

    Two or three groups lie over one another; more have a row each, for their colours would mix. Values that the
    axis cannot show (not finite; not above 0 on a logarithmic one) are counted in the corner, not dropped in silence.
    """
    values = np.asarray(values, dtype=float)
    finite = np.isfinite(values) & ((values > 0) | (not log))
    shown = values[finite]
    group = np.full(len(shown), "", dtype=object) if by is None else np.asarray(by)[finite]
    names = list(dict.fromkeys(group))
    if all(isinstance(name, int | float | np.number) for name in names):
        names = sorted(names)  # clusters by number, words as they come
    edges = np.histogram_bin_edges(np.log10(shown) if log else shown, bins)
    if log and len(shown):  # the ends as they are: rounding would push the largest value out of the last bin
        edges = np.concatenate([[shown.min()], 10 ** edges[1:-1], [shown.max()]])
    rows = len(names) if len(names) > 3 else 1
    height = 2.8 if rows == 1 else 0.7 + 0.55 * rows
    fig, axes = plt.subplots(rows, 1, figsize=(WIDTH, height), sharex=True, squeeze=False)
    palette = colors_of(names)
    for i, name in enumerate(names):
        ax = axes[min(i, rows - 1), 0]
        alone = rows > 1 or len(names) == 1
        ax.hist(shown[group == name], bins=edges, histtype="stepfilled", color=palette[name], label=str(name),
                alpha=0.85 if alone else 0.4)  # fmt: skip
        if rows > 1:
            ax.set_ylabel(str(name), rotation=0, ha="right", va="center")
            ax.set_yticks([])
            ax.tick_params(bottom=i == rows - 1)
            sns.despine(ax=ax, left=True)
    top, bottom = axes[0, 0], axes[-1, 0]
    for name, x in (marks or {}).items():
        mark(top, x, name)
        for ax in axes[1:, 0]:
            ax.axvline(x, color=INK, linewidth=0.9, linestyle=":", zorder=0)
    if rows == 1:
        top.set_ylabel("count")
        if len(names) > 1:
            fig.legend(loc="outside upper left", ncols=len(names))  # inside, it would cover bars
    if log:
        bottom.set_xscale("log")
    if not finite.all():
        top.text(1, 1, f"{(~finite).sum():,} left out", transform=top.transAxes, ha="right", va="bottom", fontsize=8)
    bottom.set_xlabel(xlabel)
    return fig


def amounts(table: pd.DataFrame, xlabel: str) -> Figure:
    """What each row of ``table`` adds up to: bars from the longest to the shortest, its columns stacked in them."""
    table = table.fillna(0).loc[table.sum(axis=1).sort_values(kind="stable").index]
    total, parts = table.sum(axis=1), [c for c in table.columns if table[c].any()]
    fig, ax = plt.subplots(figsize=(WIDTH, 0.9 + 0.32 * len(table)))
    left = np.zeros(len(table))
    for i, part in enumerate(parts):
        ax.barh(range(len(table)), table[part], left=left, color=color_of(i), height=0.7, edgecolor="white",
                linewidth=0.4, label=str(part))  # fmt: skip
        left = left + table[part].to_numpy()
    for y, value in enumerate(total):
        ax.annotate(f"{value:,.0f}", (value, y), xytext=(4, 0), textcoords="offset points", va="center", fontsize=8)
    ax.set(yticks=range(len(table)), yticklabels=[str(name) for name in table.index], xlabel=xlabel)
    ax.tick_params(axis="y", length=0)
    ax.margins(x=0.16)
    ax.set_xlim(left=0)
    fig.legend(loc="outside upper left", ncols=2, handlelength=1, columnspacing=1)
    return fig


def bars_with_ci(table: pd.DataFrame, value: str = "AVG", marks: Mapping[str, float] | None = None,
                 xlabel: str | None = None, of: str = "silversight") -> Figure:  # fmt: skip
    """A point and its interval for each row of a results table, best on top, beside named vertical lines.

    ``table`` is indexed by model and has the columns ``value``, ``value_lo`` and ``value_hi``. The row ``of`` which the
    book is stands out in its own colour, if it is there. Points, not bars from zero: what matters is whether the
    intervals part, and a bar hides the lower half of its own.
    """
    order = table.sort_values(value, kind="stable")
    fig, ax = plt.subplots(figsize=(WIDTH, 0.9 + 0.27 * len(order)))
    places = np.arange(len(order))
    fill = [PALETTE[5] if name == of else PALETTE[0] for name in order.index]
    ax.hlines(places, order[f"{value}_lo"], order[f"{value}_hi"], color=fill, linewidth=2)
    ax.scatter(order[value], places, color=fill, s=25, zorder=3)
    box = {"facecolor": "white", "edgecolor": "none", "pad": 0.5}  # a marked line may cross the number
    for y, (v, hi) in enumerate(zip(order[value], order[f"{value}_hi"], strict=True)):
        ax.annotate(f"{v:.1f}", (hi, y), xytext=(5, 0), textcoords="offset points", va="center", fontsize=8, bbox=box)
    for name, x in (marks or {}).items():
        mark(ax, x, name)
    ax.set_yticks(places, [str(name) for name in order.index])
    for tick in (tick for tick in ax.get_yticklabels() if tick.get_text() == of):
        tick.set_color(PALETTE[5])
    ax.set(xlabel=value if xlabel is None else xlabel)
    ax.margins(x=0.12)
    ax.grid(axis="y", linewidth=0.4, alpha=0.6)
    ax.tick_params(axis="y", length=0)
    return fig


def dumbbell(table: pd.DataFrame, xlabel: str = "") -> Figure:
    """Two numbers for each row, joined by a line: ``table`` has two columns, its index names the rows."""
    table = table.sort_values(table.columns[1], kind="stable")
    first, second = table.columns
    fig, ax = plt.subplots(figsize=(WIDTH, 0.9 + 0.27 * len(table)))
    places = np.arange(len(table))
    ax.hlines(places, table.min(axis=1), table.max(axis=1), color=NOISE, linewidth=2)
    for name, color in ((first, INK), (second, PALETTE[0])):
        ax.plot(table[name], places, "o", color=color, markersize=5, label=str(name))
    ax.set_yticks(places, [str(name) for name in table.index])
    ax.set(xlabel=xlabel)
    ax.tick_params(axis="y", length=0)
    fig.legend(loc="outside upper left", ncols=2)
    return fig


def by_seed(table: pd.DataFrame, value: str = "AVG", xlabel: str = "") -> Figure:
    """Every run's score of every model, a colour for each protocol, the mean as a stroke; best on top.

    ``table`` has the columns ``protocol, seed, model`` and ``value``, as :func:`assl_utils.study.seeds.scores` gives
    it.
    """
    table = table.dropna(subset=[value])
    order = table.groupby("model")[value].mean().sort_values(kind="stable").index
    protocols = list(dict.fromkeys(table["protocol"]))
    fig, ax = plt.subplots(figsize=(WIDTH, 0.9 + 0.3 * len(order)))
    for number, protocol in enumerate(protocols):
        off = 0.16 * (number - (len(protocols) - 1) / 2)
        part = table[table["protocol"] == protocol]
        places = part["model"].map({model: i for i, model in enumerate(order)}) - 2 * off
        means = part.groupby("model")[value].mean()
        at = [list(order).index(model) - 2 * off for model in means.index]
        ax.plot(means, at, "|", color=color_of(number), markersize=11, markeredgewidth=1.5)
        ax.plot(part[value], places, "o", color=color_of(number), markersize=4, alpha=0.75, label=str(protocol))
    ax.set_yticks(range(len(order)), [str(name) for name in order])
    ax.set(xlabel=xlabel or value)
    ax.grid(axis="y", linewidth=0.4, alpha=0.6)
    ax.tick_params(axis="y", length=0)
    fig.legend(loc="outside upper left", ncols=len(protocols))
    return fig
