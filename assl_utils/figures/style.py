"""The figures of the book: one style, one palette, noise always grey, Chinese always shown as Chinese.

Arrays and tables go in, a figure comes out; no function reads a file or changes what it was given. Every figure is
drawn at about the width of the book's text column, so that its characters keep their size on the page.
"""

import contextlib
import importlib.util
import warnings
from collections.abc import Hashable, Iterator, Sequence
from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
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
WIDTH = 6.4  # inches; a column of the book shows the characters about as large as its text
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
    "text.hinting": "no_autohint",  # the automatic one makes the i of the ligature fi a hair
}


def colors(labels: Sequence[Hashable]) -> dict:
    """A colour for each distinct label, in the order given; noise (``-1`` or ``"noise"``) is grey.

    Integer labels keep their colour whatever other labels are there: cluster 3 looks the same in every chapter.
    More labels than the palette has start it again, lighter.
    """
    distinct = [x for x in dict.fromkeys(labels) if x not in NOISE_NAMES]
    numeric = all(isinstance(x, int | np.integer) for x in distinct)
    result = {x: color_of(int(x) if numeric else i) for i, x in enumerate(distinct)}
    return result | {x: NOISE for x in labels if x in NOISE_NAMES}


def color_of(i: int) -> str:
    lap, position = divmod(i, len(PALETTE))
    if lap == 0:
        return PALETTE[i]
    tint = 1 - 0.45 ** min(lap, 3)
    rgb = np.array(mpl.colors.to_rgb(PALETTE[position]))
    return mpl.colors.to_hex(rgb + (1 - rgb) * tint)


def pair(height: float = 3.2, **subplots) -> tuple[Figure, np.ndarray]:
    """Two panels side by side; keywords go to ``plt.subplots``."""
    return plt.subplots(1, 2, figsize=(WIDTH, height), **subplots)


def mark(ax: Axes, x: float, name: str) -> None:
    """A dotted vertical line with its name above the panel, where no curve can cross it."""
    ax.axvline(x, color=INK, linewidth=0.9, linestyle=":", zorder=0)
    ax.annotate(name, (x, 1), xycoords=("data", "axes fraction"), xytext=(0, 3), textcoords="offset points",
                ha="center", va="bottom", fontsize=8)  # fmt: skip


def name_ends(ax: Axes, ends: Sequence[tuple[float, str, str]]) -> None:
    """Write each line's name beside the panel, at the height (value, name, colour) of its end, none over another."""
    flat, back = (np.log10, lambda v: 10**v) if ax.get_yscale() == "log" else (np.asarray, lambda v: v)
    low, high = (float(flat(v)) for v in ax.get_ylim())
    ax.set_ylim(back(low), back(high))
    heights = apart([float(flat(end)) for end, _, _ in ends], 0.07 * (high - low))
    for (_, name, color), height in zip(ends, heights, strict=True):
        ax.annotate(name, (1, back(height)), xycoords=("axes fraction", "data"), xytext=(4, 0), va="center",
                    textcoords="offset points", color=color, fontsize=8.5, annotation_clip=False)  # fmt: skip


def apart(values: Sequence[float], gap: float) -> list[float]:
    """The values moved as little as it takes, order kept, until neighbours are ``gap`` apart: positions for labels.

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
