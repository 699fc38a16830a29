"""The tables of the page on scaling out: how time and memory grow, and whether threads change results."""

from pathlib import Path

import numpy as np
from pydantic import Field

from assl_utils import shapes, store
from assl_utils.book.bench_page import RECORD as BENCH

LOAD, THREADS = "recorded/load/record.json", "recorded/load/threads.json"  # below book/
PAGE = "scaling_out.md"
MARK = "% measured\n"  # a comment of MyST: where the tables come
FAR, CLUSTERS, JOINS = 22_000_000, 6, 4  # a hundred times the paper's rows; its K; how often chapter 4 joins a cluster
STAGES = {
    "01_data_collection": "1, rows, leaks, copies",
    "02_instruction_expansion": "2, wordings, two encoders",
    "03_semantic_clustering": "3, vectors, sweep of K",
    "04_adbscan": "4, A-DBSCAN",
    "05_scoring_mmr": "MMR on given scores",
}


class Stage(shapes.Shape):
    """What one chapter took."""

    seconds: shapes.Amount
    processor_s: shapes.Amount
    peak_gb: shapes.Amount
    steps: dict[str, shapes.Amount]
    load_before: shapes.Amount


class Size(shapes.Shape):
    """What the chapters took at one number of rows."""

    times: shapes.Amount
    published: shapes.Count
    rows: int = Field(ge=1)
    stages: dict[str, Stage]


class Load(shapes.Shape):
    """``record.json`` of `assl_utils.bench.load`."""

    date: str
    command: str
    set: list[str]
    threads: shapes.Count
    machine: dict
    sizes: list[Size] = Field(min_length=1)


class Threads(shapes.Shape):
    """``threads.json`` of `assl_utils.bench.threads`."""

    date: str
    profile: str
    upto: str
    set: list[str]
    threads: list[shapes.Count]
    files: shapes.Count
    different: list[str]
    seconds: dict[str, dict[str, shapes.Amount]]


def page(load, threads, growth):
    """The tables and what follows from them; each argument is a record or None."""
    blocks = [*_threads(threads), "## How far one machine goes"]
    blocks += _load(load) if load else ["No load was recorded yet: `python -m assl_utils.bench.load --record` does it."]
    blocks += _far(load, growth)
    return "\n\n".join(blocks) + "\n"


def write(book, out):
    """Put the tables of the records below ``book`` into the page in the folder ``out``."""
    found = [
        shapes.read(Path(book) / name, shape) if (Path(book) / name).exists() else None
        for name, shape in ((LOAD, Load), (THREADS, Threads))
    ]
    growth = Path(book) / BENCH / "growth.json"
    path = Path(out) / PAGE
    before, mark, after = path.read_text(encoding="utf-8").partition(MARK)
    if not mark:
        raise ValueError(f"book/{PAGE} has no line `{MARK.strip()}`, where its tables belong")
    tables = page(*found, store.read_json(growth) if growth.exists() else None)
    path.write_text(before + tables + after, encoding="utf-8")


def power(rows, values):
    """The power of the rows with which values grow: the slope of a line through the logarithms; nan for one size."""
    if len(rows) < 2:
        return float("nan")
    return float(np.polyfit(np.log(rows), np.log(np.maximum(values, 1e-9)), 1)[0])


def line(rows, values):
    """Base and slope of the straight line through values: memory that stands, and memory of a row."""
    slope, base = np.polyfit(rows, values, 1) if len(rows) > 1 else (float("nan"), values[0])
    return float(base), float(slope)


def _threads(found):
    title = "## One thread or two"
    if not found:
        return [title, "Not recorded yet: `python -m assl_utils.bench.threads --record` does it, in minutes."]
    words = " and ".join(map(str, found["threads"]))
    settings = f", with `{' '.join(found['set'])}`," if found["set"] else ""
    same = found["files"] - len(found["different"])
    text = (
        f"Chapters 1 to {int(found['upto'])} of the profile `{found['profile']}`{settings} were run with {words} "
        f"threads on {found['date']} (`python -m assl_utils.bench.threads --record`). Of {found['files']} files, all "
        f"tables, vectors, encoders and adapters that tell no seconds, {same} are the same, byte for byte."
    )
    return [title, text, *(["\n".join(f"- `{name}`" for name in found["different"])] if found["different"] else [])]


def _load(found):
    sizes = sorted(found["sizes"], key=lambda size: size["rows"])
    machine = found["machine"]
    about = (
        f"Recorded on {found['date']} with `{found['command']}` on {machine['processor']}, {found['threads']} threads, "
        f"{machine['memory_gb']:.0f} GB. The rows are those of a mirror of the real sources: a share of them, or all "
        "and beside them edited copies that pass the filter for copies. The vectors have 128 numbers, from the "
        "embedded encoder. The machine is shared, so the seconds are those of processors, all threads together. Memory "
        "is the most that all processes of a chapter held together."
    )
    head = ["chapter", *(f"{size['rows']:,} rows" for size in sizes), "grows with n to the"]
    lines = [f"| {' | '.join(head)} |", f"|---|{'--:|' * (len(head) - 1)}"]
    for name, title in STAGES.items():
        there = [(size["rows"], size["stages"][name]) for size in sizes if name in size["stages"]]
        cells = [
            f"{size['stages'][name]['processor_s']:,.0f} s, {size['stages'][name]['peak_gb']:.1f} GB"
            if name in size["stages"] else "" for size in sizes
        ]  # fmt: skip
        slope = power([rows for rows, _ in there], [stage["processor_s"] for _, stage in there])
        lines.append(f"| {' | '.join([title, *cells, f'{slope:.2f}' if np.isfinite(slope) else ''])} |")
    return [about, "\n".join(lines), *_steps(sizes[-1])]


def _steps(size):
    """Where the time of the largest size went, in shares of a chapter's time."""
    parts = []
    for name, title in STAGES.items():
        stage = size["stages"].get(name)
        if stage and stage["seconds"]:
            shares = sorted(stage["steps"].items(), key=lambda step: -step[1])
            told = ", ".join(f"{step} {100 * took / stage['seconds']:.0f} %" for step, took in shares)
            parts.append(f"- {title}: {told}")
    return [f"At {size['rows']:,} rows, of each chapter's time:", "\n".join(parts)] if parts else []


def _far(load, growth):
    """A hundred times the paper's rows, by the arithmetic of what was measured."""
    blocks = [f"### {FAR:,} rows"]
    if load and len(load["sizes"]) > 1:
        lines = ["| chapter | memory at first, GB | of a row, kB | at the end, GB | hours of a processor |",
                 "|---|--:|--:|--:|--:|"]  # fmt: skip
        for name, title in STAGES.items():
            there = [(size["rows"], size["stages"][name]) for size in load["sizes"] if name in size["stages"]]
            if len(there) < 2:
                continue
            rows, stages = zip(*sorted(there, key=lambda pair: pair[0]), strict=True)
            base, slope = line(rows, [stage["peak_gb"] for stage in stages])
            grows = power(rows, [stage["processor_s"] for stage in stages])
            hours = stages[-1]["processor_s"] * (FAR / rows[-1]) ** grows / 3600
            lines.append(f"| {title} | {base:.1f} | {slope * 2**20:.1f} | {base + slope * FAR:,.0f} | {hours:,.0f} |")
        blocks += ["A line through the memory, and the power above through the time, go on to", "\n".join(lines)]
        blocks.append(
            "The power is a mean over steps: what is square weighs more with more rows, so the hours are too few."
        )
    if growth:
        blocks.append(_squares(growth))
    return blocks


def _squares(growth):
    """The two square steps, from the largest size of the growth record."""
    sweep, dense = (
        max((row for row in growth["rows"] if row["name"] == name), key=lambda row: row["n"])
        for name in ("sweep_k", "adbscan")
    )
    days = sweep["silhouettes_s"] * (FAR / sweep["n"]) ** 2 / 86400
    join = CLUSTERS * dense["knn_s"] * (FAR / CLUSTERS / dense["n"]) ** 2 / 86400
    took, near, inside = sweep["silhouettes_s"], dense["knn_s"], FAR / CLUSTERS / 1e6
    return (
        f"Two steps take the distances of all pairs. The silhouettes of 14 values of K took {took:.0f} s at "
        f"{sweep['n']:,} rows of {growth['d']} numbers ({{ref}}`benchmarks`), which is {took:.0f} s × "
        f"({FAR / 1e6:.0f} million / {sweep['n']:,})² = **{days:,.0f} days**. The nearest neighbours took {near:.0f} s "
        f"at {dense['n']:,}; in {CLUSTERS} equal clusters that is {CLUSTERS} × {near:.0f} s × ({inside:.2f} million / "
        f"{dense['n']:,})² = **{join:,.1f} days**, and chapter 4 asks for them {JOINS} times: for its rule, for the "
        "other readings of MinPts, and for smaller radii at two values of k."
    )
