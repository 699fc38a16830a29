"""The recorded benchmark as a page of the book, in MyST, with a figure of how the cost grows."""

from pathlib import Path

import numpy as np
import pandas as pd

from assl_utils import store

RECORD = (
    "recorded/bench"  # below book/: record.json of `assl_utils.bench.kernels`, growth.json of `assl_utils.bench.growth`
)
GPU = "recorded/gpu/record.json"  # of `assl_utils.bench.gpu_check`
FIGURE = "benchmarks_growth.png"

_OPENING = """\
(benchmarks)=
# How fast it is

Every kernel of this book equals a slow and literal twin in the tests. Here it runs against what one would use instead,
in one process on the same arrays; times are medians. A *ratio* above 1 means that ours is faster. The *floor* is a time
that this way of computing cannot beat on the machine at hand: its arithmetic at the rate of a plain matrix product, or
its reading at the bandwidth of a plain copy, both measured in the same run; a kernel near 1 × floor has nothing left to
gain. *Agreement* says how far both results are the same. This page is written by `assl_utils.book.bench_page` from
`book/recorded/bench/record.json`."""

_NONE = "No run has been recorded yet: `python -m assl_utils.bench.kernels --record` makes one."

_GROWTH = """\
## How the cost grows

A-DBSCAN needs the distances of all pairs once, for the nearest neighbours, and looks at a part of them again: pairs of
crowded points of which one was reached and the other was not. So its time is bound by the square of the rows, {slopes}:
the products go with the square, choosing and measuring the candidates grows more slowly, and small sizes feel it most.
Memory is not: it holds the points, a float32 copy of them, the table of neighbours and one tile of products, and grows
with the rows alone. The silhouettes of 14 values of K together take the distances of all pairs once."""


_GPU = """\
## On a GPU

`make gpu-check` runs every path that has a GPU side on the CPU and on the GPU and compares them; then a model in the
shape of a 7B one, with random weights, is trained and answers, and 220,000 points are joined with their neighbours."""

_NO_GPU = "Not run on a GPU yet."


def page(record, growth, gpu=None):
    """The page's text.

    Parameters
    ----------
    record : dict or None
        What `bench --record` kept.
    growth : dict or None
        What `growth` wrote.
    gpu : dict or None
        What `gpu_check --record` kept.
    """
    blocks = [_OPENING]
    blocks += [_machine(record), _results(record), _notes(record)] if record else [_NONE]
    if growth:
        blocks += [_growth(growth), _figure(), _growth_table(growth)]
    blocks += [_GPU, *(_gpu(gpu) if gpu else [_NO_GPU])]
    return "\n\n".join(blocks) + "\n"


def write(book, out):
    """Write page and figure of the record below ``book`` into the folder ``out``."""
    folder = Path(book) / RECORD
    record, growth = (
        store.read_json(folder / name) if (folder / name).exists() else None for name in ("record.json", "growth.json")
    )
    gpu = store.read_json(Path(book) / GPU) if (Path(book) / GPU).exists() else None
    (Path(out) / "benchmarks.md").write_text(page(record, growth, gpu), encoding="utf-8")
    if growth:
        _draw(growth, Path(out) / FIGURE)


def _machine(record):
    machine = record["machine"]
    packages = ", ".join(f"{name} {version}" for name, version in machine["versions"].items())
    return (
        f"Recorded on {record['date']} with `{record['command']}` in {record['wall_s'] / 60:.0f} minutes, on "
        f"{machine['processor']}, {machine['threads']} threads, {machine['memory_gb']:.0f} GB. A matrix product ran "
        f"at {machine['gemm_gflops']:.0f} GFLOP/s, a copy at {machine['copy_gb_per_s']:.0f} GB/s; {packages}. The "
        "machine is shared, so seconds scatter from hour to hour; ratios less, though they, too, are a machine's own."
    )


def _results(record):
    lines = ["| kernel | n | d | ours, s | instead | its, s | ratio | × floor |", "|---|--:|--:|--:|---|--:|--:|--:|"]
    for row in record["results"]:
        cells = (f"`{row['name']}`", f"{row['n']:,}", str(row["d"]), _number(row["ours_s"]), row["peer"])
        cells += tuple(_number(row[name]) for name in ("peer_s", "ratio", "over_floor"))
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _number(value):
    """Three digits, without powers of ten."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _notes(record):
    items = []
    for row in record["results"]:
        note = f"; {row['note']}" if row["note"] else ""
        items.append(
            f"- `{row['name']}`: {row['agreement_is']}: {row['agreement']:.6g}. Floor: {row['floor']}. "
            f"Runs: {row['ours_runs']} of ours, {row['peer_runs']} of the other{note}."
        )
    return "\n".join(items)


def _gpu(gpu):
    """Where it ran, and a line for each part."""
    cards = ", ".join(card["name"] for card in gpu["machine"]["gpus"]) or gpu["device"]
    about = (
        f"Recorded on {gpu['date']} with `{gpu['command']}` on {cards}; a matrix product in bfloat16 ran at "
        f"{gpu['products_tflops']:.0f} TFLOP/s, a copy at {gpu['copies_gb_per_s']:,.0f} GB/s; torch "
        f"{gpu['versions']['torch']}."
    )
    lines = ["| part | passed | found |", "|---|---|---|"]
    for name, found in gpu["parts"].items():
        shown = {k: v for k, v in found.items() if k not in ("about", "passed", "took_s")}
        lines.append(f"| `{name}` | {'yes' if found['passed'] else 'no'} | {_shown(shown)} |")
    return [about, "\n".join(lines)]


def _shown(value):
    """A finding in a cell: names and numbers of three digits."""
    if isinstance(value, dict):
        return "; ".join(f"{name.replace('_', ' ')} {_shown(part)}" for name, part in value.items())
    return _number(value) if isinstance(value, float) else str(value).replace("|", "/")


def _table(growth, name):
    return pd.DataFrame([row for row in growth["rows"] if row["name"] == name]).sort_values("n")


def slope(table, column, least=10_000):
    """Power of n with which a column grows: the slope of a line through the logarithms, from ``least`` rows on."""
    large = table[table["n"] >= least]
    if len(large) < 2:
        return np.nan
    return float(np.polyfit(np.log(large["n"]), np.log(large[column]), 1)[0])


def _growth(growth):
    whole, near = (slope(_table(growth, "adbscan"), name) for name in ("adbscan_s", "knn_s"))
    powers = f"and from 10,000 rows on it grows with n to the {whole:.2f} (the neighbours alone: {near:.2f})"
    return _GROWTH.format(slopes=powers)


def _figure():
    alt = (
        "Seconds against rows on logarithmic axes: A-DBSCAN, its neighbours and the silhouettes, near a dotted square."
    )
    return "\n".join([
        f"```{{figure}} {FIGURE}", ":name: fig-growth", f":alt: {alt}", "",
        "Time nears the square of the rows (dotted), whatever is computed from the distances.", "```",
    ])  # fmt: skip


def _growth_table(growth):
    rows = _table(growth, "adbscan").merge(_table(growth, "sweep_k"), on="n", how="outer", suffixes=("", "_sweep"))
    rows["points_gb"] = rows["points_gb"].fillna(rows["points_gb_sweep"])
    lines = ["| n | neighbours, s | A-DBSCAN, s | peak, GB | silhouettes of 14 K, s | peak, GB | points, GB |",
             "|--:|--:|--:|--:|--:|--:|--:|"]  # fmt: skip
    for row in rows.to_dict("records"):
        cells = [
            f"{row[c]:.3g}" if pd.notna(row.get(c)) else ""
            for c in ("knn_s", "adbscan_s", "peak_gb", "silhouettes_s", "peak_gb_sweep", "points_gb")
        ]
        lines.append(f"| {row['n']:,} | " + " | ".join(cells) + " |")
    threads = growth["machine"]["threads"]
    about = f"`python -m assl_utils.bench.growth --record`: d = {growth['d']}, k = {growth['k']}, {threads} threads."
    peaks = "Peaks are of the whole process: Python with its libraries (0.8 GB) and the making of the points included."
    return "\n".join([*lines, "", about, peaks])


def _draw(growth, path):
    import matplotlib.pyplot as plt

    from assl_utils.figures import style, training

    style.use_style()
    table = _table(growth, "adbscan").merge(_table(growth, "sweep_k")[["n", "silhouettes_s"]], on="n", how="outer")
    names = {"adbscan_s": "A-DBSCAN", "knn_s": "neighbours", "silhouettes_s": "silhouettes"}
    figure = training.growth(table.rename(columns={"n": "rows"}), "rows", names, slope=2)
    figure.savefig(path, metadata={"Software": None})
    plt.close(figure)
