"""Figures of the choice of rows: density, MinPts, sizes, utility."""

from collections.abc import Mapping, Sequence

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure

from assl_utils.figures.space import groups
from assl_utils.figures.style import INK, NOISE, PALETTE, WIDTH, color_of, colors, name_ends


def density_profile(density, labels=None) -> Figure:
    """Densities from the densest row to the loosest, on a logarithmic axis; rows in no sub-cluster are grey.

    Copies have infinite density, which no axis can show: they are counted in the corner.
    """
    density = np.asarray(density, dtype=float)
    finite = np.isfinite(density)
    order = np.argsort(-density[finite], kind="stable")
    noise = np.zeros(len(order), bool) if labels is None else (np.asarray(labels)[finite][order] == -1)
    rank = np.arange(1, len(order) + 1)
    fig, ax = plt.subplots(figsize=(WIDTH, 2.9))
    ax.scatter(rank[~noise], density[finite][order][~noise], s=5, color=PALETTE[0], linewidths=0, rasterized=True)
    ax.scatter(rank[noise], density[finite][order][noise], s=5, color=NOISE, linewidths=0, rasterized=True)
    ax.set(yscale="log", xlabel="rank, densest first", ylabel="density ρ")
    ax.yaxis.set_major_locator(mpl.ticker.LogLocator(subs=(1, 2, 5)))  # densities may span less than one decade
    ax.yaxis.set_major_formatter("{x:g}")
    ax.yaxis.set_minor_locator(mpl.ticker.NullLocator())
    notes = [f"{noise.sum():,} noise"] if noise.any() else []
    notes += [f"{(~finite).sum():,} infinite"] if not finite.all() else []
    ax.text(1, 1, " · ".join(notes), transform=ax.transAxes, ha="right", va="bottom", fontsize=8)
    return fig


def minpts_trace(minpts: Sequence[float] | Mapping[str, Sequence[float]], floor: float = 2) -> Figure:
    """MinPts after each finished sub-cluster (one line a cluster if a mapping is given), with its floor dotted."""
    traces = minpts if isinstance(minpts, Mapping) else {"": minpts}
    fig, ax = plt.subplots(figsize=(WIDTH, 2.7))
    palette = colors(list(traces))
    for name, trace in traces.items():
        ax.step(range(len(trace)), trace, where="post", color=palette[name], label=str(name))
    ax.axhline(floor, color=INK, linewidth=0.9, linestyle=":")
    ax.set(xlabel="sub-clusters finished", ylabel="MinPts")
    ax.xaxis.get_major_locator().set_params(integer=True)
    if len(traces) > 1:
        fig.legend(loc="outside right upper", title=None)
    return fig


def size_histogram(before: Sequence[int], after: Sequence[int], names: tuple[str, str] = ("before", "after")) -> Figure:
    """How many sub-clusters there are of each size, in classes that double (1, 2, 3-4, 5-8, …), before and after.

    Both axes in powers: there may be hundreds of tiny sub-clusters and one that is large, and both must be seen.
    """
    classes = [np.ceil(np.log2(np.asarray(sizes, dtype=float))).astype(int) for sizes in (before, after)]
    top = max((int(c.max(initial=0)) for c in classes), default=0)
    fig, ax = plt.subplots(figsize=(WIDTH, 2.9))
    for shift, values, name, color in zip((-0.2, 0.2), classes, names, (NOISE, PALETTE[0]), strict=True):
        counts = np.bincount(values, minlength=top + 1)
        ax.bar(np.arange(top + 1) + shift, counts, width=0.38, color=color, label=name)
        for x, count in enumerate(counts):
            if count:
                ax.annotate(f"{count}", (x + shift, count), xytext=(0, 1), textcoords="offset points", ha="center",
                            va="bottom", fontsize=7.5)  # fmt: skip
    ends = [f"{2 ** (i - 1) + 1}–{2**i}" if i > 1 else f"{2**i}" for i in range(top + 1)]
    ax.set_xticks(range(top + 1), ends, rotation=40 if top > 7 else 0, ha="right" if top > 7 else "center")
    ax.set(yscale="symlog", xlabel="rows in a sub-cluster", ylabel="sub-clusters")
    ax.yaxis.set_major_locator(mpl.ticker.FixedLocator([0, 1, 10, 100, 1000, 10000]))
    ax.yaxis.set_major_formatter("{x:,.0f}")
    ax.yaxis.set_minor_locator(mpl.ticker.NullLocator())
    ax.set_ylim(bottom=0)
    fig.legend(loc="outside right upper")
    return fig


def utility_terms(table: pd.DataFrame, weights: Sequence[float]) -> Figure:
    """The three terms of (13), each with its weight and sign, and their sum, along the order of choice.

    ``table`` is that of `utility.mmr_terms`. The terms of single picks are dots, their running medians lines. Without
    picks (a run whose ``select`` adds nothing to stage 1) the axes stay empty.
    """
    signed = {
        "λ1 nearness": weights[0] * table["similarity"],
        "−λ2 redundancy": -weights[1] * table["redundancy"],
        "λ3 model": weights[2] * table["score"],
        "utility": table["utility"],
    }
    fig, ax = plt.subplots(figsize=(WIDTH, 3.1))
    order = np.arange(1, len(table) + 1)
    window = max(1, len(table) // 25)
    ends = []
    for i, (name, values) in enumerate(signed.items()):
        color = INK if name == "utility" else color_of(i)
        smooth = values.rolling(window, center=True, min_periods=1).median()
        ax.plot(order, values, ".", color=color, alpha=0.25, markersize=3, markeredgewidth=0, rasterized=True)
        ax.plot(order, smooth, color=color, linewidth=1.6)
        ends += [(float(last), name, color) for last in smooth.tail(1)]
    ax.axhline(0, color=NOISE, linewidth=0.8, zorder=0)
    ax.set(xlabel="order of choice", ylabel="part of the utility")
    ax.margins(x=0.02)
    if ends:
        name_ends(ax, ends)
    return fig


def moments(points, shown, eps: float) -> Figure:
    """Algorithm 1 at some moments, a panel each: the sub-clusters so far, and a circle of radius ε around one point.

    ``shown`` has a title, the labels at that moment and the position of the point for each panel.
    """
    points = np.asarray(points, dtype=float)
    fig, axes = plt.subplots(-(-len(shown) // 3), 3, figsize=(WIDTH, 2.3 * -(-len(shown) // 3)), sharex=True,
                             sharey=True, squeeze=False)  # fmt: skip
    for ax, (title, labels, point) in zip(axes.flat, shown, strict=False):
        groups(ax, points, labels, names={}, size=9)
        ax.set_title(title, fontsize=8.5)
        ax.add_patch(plt.Circle(points[point], eps, fill=False, color=INK, linewidth=1))
        ax.plot(*points[point], "o", color=INK, markersize=3)
        ax.set_aspect("equal")
    return fig


def trimmed_medoids(points, steps) -> Figure:
    """How rows are thinned by trimmed medoids, in three panels; ``steps`` as `selection.steps.trimmed` gives them."""
    points = np.asarray(points, dtype=float)
    aside = np.setdiff1d(np.arange(len(points)), steps.core)
    fig, axes = plt.subplots(1, 3, figsize=(WIDTH, 2.5), sharex=True, sharey=True)
    regions = [color_of(int(i)) for i in steps.owner]
    titles = ("sparse rows set aside", "far rows, their regions", "the central row of each")
    for ax, title, color, kept in zip(axes, titles, (INK, regions, regions), ([], steps.taken, steps.medoids),
                                      strict=True):  # fmt: skip
        ax.scatter(*points[aside].T, s=12, marker="x", color=NOISE, linewidths=0.8, rasterized=True)
        ax.scatter(*points[steps.core].T, s=9, c=color, alpha=0.6, linewidths=0, rasterized=True)
        ax.scatter(*points[kept].T, s=70, marker="*", color=INK, edgecolors="white", linewidths=0.6, zorder=3)
        ax.set(xticks=[], yticks=[], aspect="equal")
        ax.set_title(title, fontsize=8.5)
        sns.despine(ax=ax, left=True, bottom=True)
    return fig
