"""The figures of the book: one style, one palette, noise always grey, Chinese always shown as Chinese.

Arrays and tables go in, a figure comes out; no function reads a file or changes what it was given. Every figure is
drawn at about the width of the book's text column, so that its letters keep their size on the page.
"""

import contextlib
import importlib.util
import warnings
from collections.abc import Hashable, Iterator, Mapping, Sequence
from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.figure import Figure

# Paul Tol's "bright" six, one for each of the paper's clusters, then darker and lighter ones that stay apart from them
# for colour-blind readers too. No grey among them: grey is taken.
PALETTE = (
    "#4477AA", "#EE6677", "#228833", "#CCBB44", "#66CCEE", "#AA3377", "#EE8866", "#332288",
    "#44AA99", "#999933", "#882255", "#88CCEE", "#DDCC77", "#117733", "#FFAABB", "#77AADD",
)  # fmt: skip
NOISE = "#B4B4B4"
INK = "#333333"
NOISE_NAMES = (-1, "-1", "noise")
WIDTH = 6.4  # inches; a column of the book shows the letters about as large as its text
CJK_FONT = "Noto Sans SC"


def cjk_font_file() -> Path:
    """The Chinese font that the package ``zhplot`` carries.

    The package is looked up, not imported: importing it changes matplotlib's settings behind our back.
    """
    spec = importlib.util.find_spec("zhplot")
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError(
            "figures need the Chinese font of the package zhplot, which is not installed: pip install zhplot"
        )
    return Path(next(iter(spec.submodule_search_locations))) / "fonts" / "NotoSansSC-Regular.ttf"


def use_style() -> None:
    """Set the book's style for all figures that follow; safe to call again.

    The font is added to the running process, so neither the system nor matplotlib's font cache has to know it, and a
    glyph that no font has raises ``UserWarning`` as an error when the figure is drawn, instead of leaving an empty box.
    """
    path = str(cjk_font_file())
    if not any(entry.fname == path for entry in font_manager.fontManager.ttflist):
        font_manager.fontManager.addfont(path)
    sns.set_theme(style="ticks", palette=list(PALETTE), rc=_RC)
    warnings.filterwarnings("error", message=r".*Glyph .* missing from", category=UserWarning)


@contextlib.contextmanager
def styled() -> Iterator[None]:
    """The book's style while a figure is drawn; what the caller's own figures look like stays as it is."""
    with plt.rc_context(), warnings.catch_warnings():
        use_style()
        yield


_RC = {
    "font.family": [CJK_FONT, "DejaVu Sans"],  # the second has the mathematical signs that the first may lack
    "font.size": 9.5,
    "axes.labelsize": 9.5,
    "axes.titlesize": 10,
    "axes.titlelocation": "left",
    "axes.labelcolor": INK,
    "axes.edgecolor": "#888888",
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "xtick.labelsize": 8.5,
    "ytick.labelsize": 8.5,
    "legend.fontsize": 8.5,
    "legend.frameon": False,
    "lines.linewidth": 1.6,
    "figure.figsize": (WIDTH, 3.4),
    "figure.dpi": 160,  # sharp on a phone's dense screen; the page scales the picture to its column
    "savefig.dpi": 160,
    "figure.constrained_layout.use": True,
    "mathtext.fontset": "stixsans",
}


def colors(labels: Sequence[Hashable]) -> dict:
    """A colour for each distinct label, in the order given; noise (``-1`` or ``"noise"``) is grey.

    Integer labels keep their colour whatever other labels are there: cluster 3 looks the same in every chapter.
    More labels than the palette has start it again, lighter.
    """
    distinct = [x for x in dict.fromkeys(labels) if x not in NOISE_NAMES]
    numeric = all(isinstance(x, int | np.integer) for x in distinct)
    result = {x: _color(int(x) if numeric else i) for i, x in enumerate(distinct)}
    return result | {x: NOISE for x in labels if x in NOISE_NAMES}


def _color(i: int) -> str:
    lap, position = divmod(i, len(PALETTE))
    if lap == 0:
        return PALETTE[i]
    tint = 1 - 0.45 ** min(lap, 3)
    rgb = np.array(mpl.colors.to_rgb(PALETTE[position]))
    return mpl.colors.to_hex(rgb + (1 - rgb) * tint)


def pair(height: float = 3.2, **subplots) -> tuple[Figure, np.ndarray]:
    """Two panels side by side; keywords go to ``plt.subplots``."""
    return plt.subplots(1, 2, figsize=(WIDTH, height), **subplots)


def panels(n: int, columns: int = 3, height: float = 2.3, **subplots) -> tuple[Figure, list[Axes]]:
    """``n`` panels in rows of ``columns``; the places left over in the last row stay empty."""
    columns = min(columns, n)
    rows = -(-n // columns)
    fig, axes = plt.subplots(rows, columns, figsize=(WIDTH, height * rows), squeeze=False, **subplots)
    for ax in axes.flat[n:]:
        ax.remove()
    return fig, list(axes.flat[:n])


def _mark(ax: Axes, x: float, name: str) -> None:
    """A dotted vertical line with its name above the panel, where no curve can cross it."""
    ax.axvline(x, color=INK, linewidth=0.9, linestyle=":", zorder=0)
    ax.annotate(name, (x, 1), xycoords=("data", "axes fraction"), xytext=(0, 3), textcoords="offset points",
                ha="center", va="bottom", fontsize=8)  # fmt: skip


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
            _mark(ax, chosen_k, f"K = {chosen_k}")
    return fig


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
    columns = list(dict.fromkeys(c for table in tables.values() for c in table.columns))
    rows = list(dict.fromkeys(r for table in tables.values() for r in table.index))
    palette = {c: _color(i) for i, c in enumerate(columns)}
    legend_rows = -(-len(columns) // 4)
    fig, axes = plt.subplots(1, len(tables), figsize=(WIDTH, 0.9 + 0.3 * len(rows) + 0.2 * legend_rows),
                             sharey=True, sharex=share, squeeze=False)  # fmt: skip
    for ax, (title, table) in zip(axes.flat, tables.items(), strict=True):
        counts = table.reindex(index=rows, columns=columns).fillna(0)
        total = counts.sum(axis=1)
        lengths = counts.div(total.where(total > 0, 1), axis=0) if share else counts
        left = np.zeros(len(rows))
        for column in columns:
            ax.barh(range(len(rows)), lengths[column], left=left, color=palette[column], height=0.75,
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
    handles = [mpl.patches.Patch(color=palette[c], label=str(c)) for c in columns]
    fig.legend(handles=handles, loc="outside lower left", ncols=4, fontsize=8, handlelength=1, columnspacing=1)
    return fig


def matrix(table: pd.DataFrame, fmt: str = ",.0f", shade=None, xlabel: str = "", ylabel: str = "") -> Figure:
    """A table of numbers as a heat map with each number written in its cell; NaN stays white.

    ``shade`` gives the darkness where it should not follow the number itself (a row's share, a logarithm).
    """
    shade = table if shade is None else shade
    height = 1.0 + 0.3 * len(table)
    fig, ax = plt.subplots(figsize=(WIDTH, height))
    text = table.map(lambda v: "" if pd.isna(v) else format(v, fmt))
    sns.heatmap(shade.astype(float), annot=text, fmt="", cmap=sns.light_palette(PALETTE[0], as_cmap=True), cbar=False,
                linewidths=0.6, linecolor="white", ax=ax, annot_kws={"fontsize": 8}, mask=table.isna())  # fmt: skip
    ax.set(xlabel=xlabel, ylabel=ylabel)
    ax.tick_params(length=0)
    ax.set_yticklabels(ax.get_yticklabels(), rotation=0)
    long = max((len(str(c)) for c in table.columns), default=0) * len(table.columns) > 90
    ax.set_xticklabels(ax.get_xticklabels(), rotation=40 if long else 0, ha="right" if long else "center")
    return fig


def expert_choice(table: pd.DataFrame) -> Figure:
    """How often each task's questions went to each expert: counts in the cells, darkness = share of the task's row."""
    total = table.sum(axis=1)
    return matrix(table, shade=table.div(total.where(total > 0, 1), axis=0), xlabel="expert", ylabel="task")


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
    palette = colors(names)
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
        _mark(top, x, name)
        for ax in axes[1:, 0]:
            ax.axvline(x, color=INK, linewidth=0.9, linestyle=":", zorder=0)
    if rows == 1:
        top.set_ylabel("count")
        if len(names) > 1:
            top.legend()
    if log:
        bottom.set_xscale("log")
    if not finite.all():
        top.text(1, 1, f"{(~finite).sum():,} left out", transform=top.transAxes, ha="right", va="bottom", fontsize=8)
    bottom.set_xlabel(xlabel)
    return fig


def losses(table: pd.DataFrame, by: str = "expert", x: str = "step", y: str = "loss") -> Figure:
    """Training loss against the step, a line a model, each named at its end."""
    fig, ax = plt.subplots(figsize=(WIDTH, 3.2))
    names = list(dict.fromkeys(table[by]))
    ends = []
    for i, name in enumerate(names):
        mine = table[table[by] == name].sort_values(x)
        ax.plot(mine[x], mine[y], color=_color(i), linewidth=1.2)
        ends.append((float(mine[y].iloc[-1]), str(name), _color(i)))
    ax.set(xlabel=x, ylabel=y)
    ax.margins(x=0.02)
    _name_ends(ax, ends)
    return fig


def amounts(values: pd.Series, xlabel: str) -> Figure:
    """A number for each name: bars from the longest to the shortest, the number at their ends."""
    values = values.sort_values()
    fig, ax = plt.subplots(figsize=(WIDTH, 0.6 + 0.3 * len(values)))
    ax.barh(range(len(values)), values, color=_color(0), height=0.7)
    for y, value in enumerate(values):
        ax.annotate(f"{value:,.0f}", (value, y), xytext=(4, 0), textcoords="offset points", va="center", fontsize=8)
    ax.set(yticks=range(len(values)), yticklabels=[str(name) for name in values.index], xlabel=xlabel)
    ax.tick_params(axis="y", length=0)
    ax.margins(x=0.16)
    ax.set_xlim(left=0)
    return fig


def _name_ends(ax: Axes, ends: Sequence[tuple[float, str, str]]) -> None:
    """Write each line's name beside the panel, at the height (value, name, colour) of its end, none over another."""
    flat, back = (np.log10, lambda v: 10**v) if ax.get_yscale() == "log" else (np.asarray, lambda v: v)
    low, high = (float(flat(v)) for v in ax.get_ylim())
    ax.set_ylim(back(low), back(high))
    places = _apart([float(flat(end)) for end, _, _ in ends], 0.07 * (high - low))
    for (_, name, color), place in zip(ends, places, strict=True):
        ax.annotate(name, (1, back(place)), xycoords=("axes fraction", "data"), xytext=(4, 0), va="center",
                    textcoords="offset points", color=color, fontsize=8.5, annotation_clip=False)  # fmt: skip


def _apart(values: Sequence[float], gap: float) -> list[float]:
    """The values moved as little as it takes, order kept, until neighbours are ``gap`` apart: places for labels.

    Least squares under order constraints: taking i·gap off the i-th smallest turns "a gap apart" into "not falling",
    which pooling adjacent violators solves.
    """
    order = np.argsort(values, kind="stable")
    pools: list[list[float]] = []
    for i, j in enumerate(order):
        pools.append([values[j] - i * gap, 1])
        while len(pools) > 1 and pools[-2][0] >= pools[-1][0]:
            mean, n = pools.pop()
            last = pools[-1]
            last[0], last[1] = (last[0] * last[1] + mean * n) / (last[1] + n), last[1] + n
    flat = [mean for mean, n in pools for _ in range(int(n))]
    placed = [0.0] * len(values)
    for i, j in enumerate(order):
        placed[j] = flat[i] + i * gap
    return placed


def bars_with_ci(table: pd.DataFrame, value: str = "AVG", marks: Mapping[str, float] | None = None,
                 xlabel: str | None = None) -> Figure:  # fmt: skip
    """A point and its interval for each row of a results table, best on top, beside named vertical lines.

    ``table`` is indexed by model and has the columns ``value``, ``value_lo`` and ``value_hi``. Points, not bars from
    zero: what matters is whether the intervals part, and a bar hides the lower half of its own.
    """
    order = table.sort_values(value, kind="stable")
    fig, ax = plt.subplots(figsize=(WIDTH, 0.9 + 0.27 * len(order)))
    places = np.arange(len(order))
    ax.hlines(places, order[f"{value}_lo"], order[f"{value}_hi"], color=PALETTE[0], linewidth=2)
    ax.plot(order[value], places, "o", color=PALETTE[0], markersize=5)
    for y, (v, hi) in enumerate(zip(order[value], order[f"{value}_hi"], strict=True)):
        ax.annotate(f"{v:.1f}", (hi, y), xytext=(5, 0), textcoords="offset points", va="center", fontsize=8)
    for name, x in (marks or {}).items():
        _mark(ax, x, name)
    ax.set_yticks(places, [str(name) for name in order.index])
    ax.set(xlabel=value if xlabel is None else xlabel)
    ax.margins(x=0.12)
    ax.grid(axis="y", linewidth=0.4, alpha=0.6)
    ax.tick_params(axis="y", length=0)
    return fig


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

    Both axes in powers: there are hundreds of crumbs and one giant, and both must be seen.
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

    ``table`` is that of `selection.mmr_terms`. The terms of single picks are dots, their running medians lines.
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
        color = INK if name == "utility" else _color(i)
        smooth = values.rolling(window, center=True, min_periods=1).median()
        ax.plot(order, values, ".", color=color, alpha=0.25, markersize=3, markeredgewidth=0, rasterized=True)
        ax.plot(order, smooth, color=color, linewidth=1.6)
        ends.append((float(smooth.iloc[-1]), name, color))
    ax.axhline(0, color=NOISE, linewidth=0.8, zorder=0)
    ax.set(xlabel="order of choice", ylabel="part of the utility")
    ax.margins(x=0.02)
    _name_ends(ax, ends)
    return fig


def growth(table: pd.DataFrame, x: str, ys: Mapping[str, str], slope: float | None = None) -> Figure:
    """Lines on two logarithmic axes, named at their ends; ``slope`` draws a dotted line of that power for the eye.

    A column may lack values: its line joins those it has.
    """
    fig, ax = plt.subplots(figsize=(WIDTH, 3.2))
    ends = []
    for i, (column, name) in enumerate(ys.items()):
        mine = table[[x, column]].dropna()
        ax.plot(mine[x], mine[column], color=_color(i), marker="o", markersize=4)
        ends.append((float(mine[column].iloc[-1]), name, _color(i)))
    if slope is not None:
        mine = table[[x, next(iter(ys))]].dropna()
        ax.plot(mine[x], mine.iloc[-1, 1] * (mine[x] / mine.iloc[-1, 0]) ** slope, color=INK, linewidth=0.9,
                linestyle=":", zorder=0)  # fmt: skip
    ax.set(xscale="log", yscale="log", xlabel=x, ylabel="seconds")
    ax.margins(x=0.05)
    _name_ends(ax, ends)
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

    ``table`` has the columns ``protocol, seed, model`` and ``value``, as :func:`assl_utils.repeats.scores` gives it.
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
        ax.plot(means, at, "|", color=_color(number), markersize=11, markeredgewidth=1.5)
        ax.plot(part[value], places, "o", color=_color(number), markersize=4, alpha=0.75, label=str(protocol))
    ax.set_yticks(range(len(order)), [str(name) for name in order])
    ax.set(xlabel=xlabel or value)
    ax.grid(axis="y", linewidth=0.4, alpha=0.6)
    ax.tick_params(axis="y", length=0)
    fig.legend(loc="outside upper left", ncols=len(protocols))
    return fig


def reliability(table: pd.DataFrame, xlabel: str, ylabel: str, overall: float | None = None) -> Figure:
    """Groups of items from unsure to sure: how many of each came out right, with interval; a dotted line for all.

    ``table`` is that of :func:`assl_utils.router_report.calibration`.
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

    ``answer`` is an :class:`assl_utils.silversight.Answer`. The filled point answered; all are hollow where the nearest
    lies beyond the dotted limit and the base model answered. Points, not bars from zero: distances differ by little,
    and that little decides.
    """
    names, away, tasks = list(answer.distances), list(answer.distances.values()), answer.tasks
    rows = max(len(names), len(tasks))
    fig, (left, right) = pair(height=0.9 + 0.27 * rows, width_ratios=(3, 2))
    fill = [PALETTE[0] if name == answer.expert else "white" for name in names]
    left.scatter(away, range(len(names)), s=42, c=fill, edgecolors=PALETTE[0], linewidths=1.3, zorder=3)
    for y, value in enumerate(away):
        left.annotate(f"{value:.3f}", (value, y), xytext=(7, 0), textcoords="offset points", va="center", fontsize=8)
    if answer.reject is not None:
        _mark(left, answer.reject, "limit")
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
