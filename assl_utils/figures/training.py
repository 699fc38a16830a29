"""Figures of training: losses, growth."""

from collections.abc import Mapping

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.figure import Figure

from assl_utils.figures.palette import expert_color
from assl_utils.figures.style import INK, WIDTH, color_of, name_ends


def losses(table: pd.DataFrame, by: str = "expert", x: str = "step", y: str = "loss") -> Figure:
    """Training loss against the step, a line a model, each named at its end."""
    fig, ax = plt.subplots(figsize=(WIDTH, 3.2))
    names = list(dict.fromkeys(table[by]))
    ends = []
    for i, name in enumerate(names):
        mine = table[table[by] == name].sort_values(x)
        color = expert_color(str(name), i)
        ax.plot(mine[x], mine[y], color=color, linewidth=1.2)
        ends.append((float(mine[y].iloc[-1]), str(name), color))
    ax.set(xlabel=x, ylabel=y)
    ax.margins(x=0.02)
    name_ends(ax, ends)
    return fig


def growth(table: pd.DataFrame, x: str, ys: Mapping[str, str], slope: float | None = None) -> Figure:
    """Lines on two logarithmic axes, named at their ends; ``slope`` draws a dotted line of that power for the eye.

    A column may lack values: its line joins those it has.
    """
    fig, ax = plt.subplots(figsize=(WIDTH, 3.2))
    ends = []
    for i, (column, name) in enumerate(ys.items()):
        mine = table[[x, column]].dropna()
        ax.plot(mine[x], mine[column], color=color_of(i), marker="o", markersize=4)
        ends.append((float(mine[column].iloc[-1]), name, color_of(i)))
    if slope is not None:
        mine = table[[x, next(iter(ys))]].dropna()
        ax.plot(mine[x], mine.iloc[-1, 1] * (mine[x] / mine.iloc[-1, 0]) ** slope, color=INK, linewidth=0.9,
                linestyle=":", zorder=0)  # fmt: skip
    ax.set(xscale="log", yscale="log", xlabel=x, ylabel="seconds")
    ax.margins(x=0.05)
    name_ends(ax, ends)
    return fig
