"""Figures of arms: differences with intervals, score against share of the data, gains of one task from another."""

from collections.abc import Mapping

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from assl_utils.figures.style import INK, NOISE, PALETTE, WIDTH, color_of, name_ends
from assl_utils.figures.tables import matrix


def forest(table: pd.DataFrame, xlabel: str = "difference in points", label: str = "label", group: str | None = None,
           margin: float | None = 2.0) -> Figure:  # fmt: skip
    """A difference and its interval in each row, beside a line at 0; what has no result is a gap with its reason.

    Parameters
    ----------
    table : as :func:`assl_utils.evaluation.comparisons.compare_all` gives it: ``diff, lo, hi``, and where they are NaN
        ``reason``; from top to bottom
    label : the column that names the rows; without it ``first – second``
    group : a column whose values (a question each) become headings; rows of one group stand together
    margin : a grey band this far on both sides of 0: differences inside it count as equal; None: no band

    An interval that leaves out 0 is coloured, the others are dark; an open point is an interval over questions only.
    """
    names = table[label] if label in table else table["first"].astype(str) + " – " + table["second"].astype(str)
    groups = dict.fromkeys(table[group]) if group else [None]
    lines = []  # from top to bottom: a heading, or the position of a row
    for heading in groups:
        lines += [heading] if group else []
        lines += np.flatnonzero(table[group] == heading).tolist() if group else list(range(len(table)))
        lines += [""] if group else []
    lines = lines[:-1] if group else lines
    fig, ax = plt.subplots(figsize=(WIDTH, 0.8 + 0.27 * len(lines)))
    if margin:
        ax.axvspan(-margin, margin, color=NOISE, alpha=0.22, linewidth=0, zorder=0)
    ax.axvline(0, color=INK, linewidth=0.9, zorder=1)
    ticks, holes = {}, {}
    for y, line in enumerate(lines):
        if isinstance(line, str):
            ax.annotate(line, (0, y), xycoords=("axes fraction", "data"), va="center", fontsize=9,
                        bbox={"facecolor": "white", "edgecolor": "none", "pad": 1})  # fmt: skip
            continue
        row = table.iloc[line]
        ticks[y] = str(names.iloc[line])
        if not np.isfinite(row["diff"]):
            holes[y] = _shortened(str(row.get("reason", "") or "no result"))
            continue
        color = PALETTE[0] if row["lo"] > 0 else PALETTE[1] if row["hi"] < 0 else INK
        ax.hlines(y, row["lo"], row["hi"], color=color, linewidth=2, zorder=2)
        full = row.get("over", "") != "questions"
        ax.plot(row["diff"], y, "o", color=color, markersize=5, markerfacecolor=color if full else "white", zorder=3)
        number, at = f"{round(row['diff'], 1) + 0.0:+.1f}", {"xycoords": ("axes fraction", "data"), "va": "center"}
        ax.annotate(number, (1, y), xytext=(4, 0), textcoords="offset points", fontsize=8, color=color,
                    annotation_clip=False, **at)  # fmt: skip
    for y, reason in holes.items():
        ax.annotate(f"no result: {reason}", (0.02, y), xycoords=("axes fraction", "data"), va="center", fontsize=7.5,
                    color="#777777", bbox={"facecolor": "white", "edgecolor": "none", "pad": 1})  # fmt: skip
    ax.set(xlabel=xlabel, ylim=(len(lines) - 0.4, -0.6))
    ax.set_yticks(list(ticks), list(ticks.values()))
    ax.tick_params(axis="y", length=0)
    ax.margins(x=0.06)
    return fig


def frontier(table: pd.DataFrame, by: str = "way", share: str = "share", value: str = "score",
             cost: str | None = "cost", ylabel: str = "score", cost_label: str = "cost",
             marks: Mapping[str, float] | None = None) -> Figure:  # fmt: skip
    """Score against the share of the data, a line for each way to choose; below it what each costs.

    Parameters
    ----------
    table : a row for each way and share: ``by``, ``share`` (0 to 1), ``value`` and, for bands, ``lo`` and ``hi``;
        ``cost`` if it is there. A row without ``value`` is a gap in its line, marked with a cross at the foot.
    cost : the column of the lower panel, whose logarithmic axis shares the x-axis; None, or not there: no panel
    marks : named horizontal lines, such as the score of all data
    """
    with_cost = cost is not None and cost in table and table[cost].notna().any()
    ratios = {"height_ratios": [3, 1.4]} if with_cost else None
    fig, axes = plt.subplots(2 if with_cost else 1, 1, sharex=True, squeeze=False, gridspec_kw=ratios,
                             figsize=(WIDTH, 4.6 if with_cost else 3.3))  # fmt: skip
    top, bottom = axes[0, 0], axes[-1, 0]
    ends, costs = [], []
    for i, (name, part) in enumerate(table.groupby(by, sort=False, observed=True)):
        part, color = part.sort_values(share), color_of(i)
        if {"lo", "hi"} <= set(part):
            top.fill_between(part[share], part["lo"], part["hi"], color=color, alpha=0.15, linewidth=0)
        top.plot(part[share], part[value], "o-", color=color, markersize=4)
        missing = part[part[value].isna()]
        if len(missing):
            foot = np.full(len(missing), 0.03 + 0.03 * i)
            top.plot(missing[share], foot, "x", color=color, markersize=5, transform=top.get_xaxis_transform())
        if part[value].notna().any():
            ends.append((float(part[value].dropna().iloc[-1]), str(name), color))
        if with_cost and part[cost].notna().any():
            bottom.plot(part[share], part[cost], "o-", color=color, markersize=3, linewidth=1.2)
            costs.append(part[cost])
    for name, y in (marks or {}).items():
        top.axhline(y, color=INK, linewidth=0.9, linestyle=":", zorder=0)
        top.annotate(
            name, (0, y), xycoords=("axes fraction", "data"), xytext=(4, 2), textcoords="offset points", fontsize=8
        )
    shares = np.sort(table[share].unique())
    bottom.set_xscale("log")
    bottom.set_xticks(shares, [f"{100 * x:g} %" for x in shares])
    bottom.minorticks_off()
    bottom.set_xlabel("share of the rows")
    top.set_ylabel(ylabel)
    if with_cost:
        bottom.set(yscale="log", ylabel=cost_label)
        bottom.yaxis.set_minor_locator(mpl.ticker.NullLocator())
        bottom.yaxis.set_major_formatter(mpl.ticker.FuncFormatter(lambda value, _: f"{value:,g}"))
    name_ends(top, ends)
    return fig


def atlas(table: pd.DataFrame, of: str = "task", beside: str = "with", value: str = "diff",
          xlabel: str = "trained with", ylabel: str = "examined") -> Figure:  # fmt: skip
    """What a task gains or loses when another is trained with it: a cell for each pair, its interval below the number.

    Parameters
    ----------
    table : a row for each pair: ``of`` (the task examined), ``beside`` (the task trained with it), ``value``, and for
        intervals ``lo`` and ``hi``. Names stand in the order of their categories, if they have such, else as they
        come. A number whose interval leaves out 0 has a star; a pair that is not there is white.
    """
    rows, columns = (_in_order(table[name]) for name in (of, beside))
    columns = rows if set(columns) == set(rows) else columns  # the same order both ways: pairs mirror at the diagonal
    kept = [name for name in (value, "lo", "hi") if name in table]
    wide = {name: table.pivot(index=of, columns=beside, values=name).reindex(rows, columns=columns) for name in kept}
    numbers = wide[value].astype(float)
    text = numbers.map(lambda v: "" if np.isnan(v) else f"{round(v, 1) + 0.0:+.1f}")
    if {"lo", "hi"} <= set(wide):
        sure = (wide["lo"] > 0) | (wide["hi"] < 0)
        bounds = wide["lo"].map("{:.1f}".format) + " to " + wide["hi"].map("{:.1f}".format)
        text = (text + sure.map({True: " *", False: ""}.get) + "\n" + bounds).where(numbers.notna(), "")
    return matrix(numbers, text=text, signed=True, xlabel=xlabel, ylabel=ylabel)


def _in_order(names):
    there = set(names)
    known = names.cat.categories if isinstance(names.dtype, pd.CategoricalDtype) else names
    return [name for name in dict.fromkeys(known) if name in there]


def _shortened(text, most=70):
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"
