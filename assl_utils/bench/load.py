"""Chapters 1 to 4 and the choice by MMR on ever more rows of a mirror: seconds and memory, step by step.

    python -m assl_utils.bench.load --data-root /mirror [--times 0.1 0.5 1 1.9] [--out runs/load] [--record]

The chapters are the book's own notebooks, run by the runner's own executor with the values of the profile `mirror`. One
cell more, in chapter 1, takes a share of the rows or adds edited copies, see `assl_utils.bench.more_rows`. Chapter 5
needs a language model; of it `utility.fill` alone is measured, on scores that are drawn at random, and on equal ones.

Every chapter is a process of its own, and so is MMR. What is measured already is left alone, so an interrupted run goes
on. Wall times on a shared machine are what it left us; processor seconds are nearer to the work.
"""

import argparse
import multiprocessing
import os
import re
import resource
import sys
import time
from pathlib import Path

import numpy as np

from assl_utils import store
from assl_utils.bench import chapters, more_rows
from assl_utils.bench.rates import describe_machine, measure_machine
from assl_utils.machine import threads

RECORD = "book/recorded/load/record.json"
TIMES = (0.1, 0.5, 1.0, 1.9)
FIRST, LAST = "01_data_collection", "05_scoring_mmr"  # the first gets another cell; of the last only MMR is run
SELECTED = 4000  # rows of a cluster after stage 2; paper: 4000
STEPS = {  # a step is the cell of a chapter in which this is called
    "leakage.find_readings": "leaks are sought",
    "leakage.near_duplicates": "near duplicates are sought",
    "static.fit_or_load": "the encoder is fitted",
    "space_encoder.embed": "vectors",
    "choosing_k.sweep": "K from 2 to 15",
    "partitions.partition": "K-Means",
    "look.flatten": "the map",
    "stage1.find_subclusters": "A-DBSCAN",
    "stage1_tables.readings": "the readings of MinPts",
    "stage1_tables.shrunken": "smaller radii",
    "stage1.thin": "thinning",
}
GATHER = re.compile(r"^\s*gathered = collect\.gather\(", re.M)
RESIZE = "from assl_utils.bench import more_rows\n\ngathered = more_rows.resized(gathered, {times!r})\n"
RESIZE += "published, account = gathered.rows, gathered.account"


def with_resizing(notebook, times):
    """The notebook of chapter 1 with one cell more, behind the one that gathers the rows."""
    cells = notebook["cells"]
    at = [i for i, cell in enumerate(cells) if cell["cell_type"] == "code" and GATHER.search("".join(cell["source"]))]
    if len(at) != 1:
        raise ValueError(f"{len(at)} cells of chapter 1 gather rows; one is to be followed by what resizes them")
    more = {"cell_type": "code", "id": "resized", "metadata": {}, "execution_count": None, "outputs": []}
    more["source"] = RESIZE.format(times=times)
    return {**notebook, "cells": [*cells[: at[0] + 1], more, *cells[at[0] + 1 :]]}


def chapter(run, step, given, times):
    """Run one chapter in the folder ``run``, with ``times`` as many rows.

    Returns
    -------
    dict
        ``seconds``, ``processor_s`` (of all its processes, user and system), ``peak_gb`` (of all of them together) and
        ``steps``: seconds of the cells that are named in `STEPS`.
    """
    resize = (lambda content: with_resizing(content, times)) if step.name == FIRST else None
    before = _processor_seconds()
    outcome = chapters.execute_in(run, step, given, resize)
    took = {}
    for cell in outcome.notebook.cells:
        named = [words for call, words in STEPS.items() if cell.cell_type == "code" and f"{call}(" in cell.source]
        if named:
            took[named[0]] = took.get(named[0], 0.0) + cell.metadata.papermill["duration"]
    return {
        "seconds": outcome.seconds,
        "processor_s": _processor_seconds() - before,
        "peak_gb": outcome.peak_bytes / 2**30,
        "steps": took,
    }


def _processor_seconds():
    """Of the processes that were started from here and have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def mmr(run):
    """Stage 2 on given scores, from what chapters 3 and 4 left; as `chapter`, for a process that does nothing else."""
    from assl_utils.selection import utility

    first = store.read_table(run / "04_adbscan" / "chosen.parquet")
    X = store.read_array(run / "03_semantic_clustering" / "vectors.npy")
    centroids = store.read_array(run / "03_semantic_clustering" / "centroids.npy")
    drawn = np.random.default_rng(0).uniform(-1, 1, len(X))
    small = first["cluster"].to_numpy()[:500]
    utility.fill(X[:500], small, centroids, drawn[:500], first["chosen"].to_numpy()[:500], 50)  # compiles
    steps, began = {}, time.process_time()
    for name, scores in (("scores at random", drawn), ("equal scores", np.zeros(len(X)))):
        started = time.perf_counter()
        utility.fill(X, first["cluster"], centroids, scores, first["chosen"], SELECTED)
        steps[name] = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**30 if sys.platform == "darwin" else 2**20)
    return {"seconds": sum(steps.values()), "processor_s": time.process_time() - began, "peak_gb": peak, "steps": steps}


def _apart(work, *given):
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(work, given)


def measure(times, out, values, profile="mirror", say=print):
    """All stages at one size, those that ``out`` has already left out; returns the line of the report.

    Parameters
    ----------
    times : float
        How many times the rows of the mirror, see `more_rows.resized`.
    out : Path
        Folder for runs and reports.
    values : sequence of str
        Single values such as ``k_max=6``, as of SET.
    profile : str, default "mirror"
    """
    given = chapters.values(profile, values)
    run, kept = out / f"x{times:g}", out / f"x{times:g}.json"
    run.mkdir(parents=True, exist_ok=True)
    row = store.read_json(kept) if kept.exists() else {"times": times, "stages": {}}
    for step in chapters.steps("05"):
        if step.name in row["stages"]:
            continue
        load = os.getloadavg()[0]
        found = _apart(mmr, run) if step.name == LAST else chapter(run, step, given, times)
        row["stages"][step.name] = found | {"load_before": load}
        row |= _counted(run)
        store.write_json(row, kept)
        say(f"×{times:g} {step.name}: {found['seconds']:.0f} s, {found['processor_s']:.0f} s of processors, "
            f"{found['peak_gb']:.1f} GB", flush=True)  # fmt: skip
    return row


def _counted(run):
    """Rows as published and as chapter 1 left them."""
    flow = store.read_table(run / FIRST / "flow.csv")
    return {"published": int(flow["published"].sum()), "rows": int(flow["kept"].sum())}


def main(arguments=None):
    """Command line; the exit status is 2 where a value is wrong or a chapter fails."""
    parser = argparse.ArgumentParser(prog="python -m assl_utils.bench.load", description=__doc__.splitlines()[0])
    parser.add_argument("--data-root", required=True, metavar="FOLDER", help="the mirror, the folder that holds raw/")
    parser.add_argument("--times", nargs="+", type=more_rows.checked, default=TIMES, metavar="T", help="0.5: the half")
    parser.add_argument("--set", nargs="*", default=[], metavar="NAME=VALUE", help="single values, such as k_max=6")
    parser.add_argument("--out", type=Path, default=Path("runs/load"), metavar="FOLDER", help="for runs and reports")
    parser.add_argument("--record", action="store_true", help=f"also keep the report in {RECORD}, for the book")
    options = parser.parse_args(arguments)
    out, values = options.out.resolve(), [f"data_root={options.data_root}", *options.set]
    try:
        sizes = [measure(times, out, values) for times in options.times]
    except chapters.FAILURES as error:
        print(f"load: {error}", file=sys.stderr)
        return 2
    words = ["python -m assl_utils.bench.load --times", *(f"{times:g}" for times in options.times)]
    report = {
        "date": time.strftime("%Y-%m-%d"),
        "command": " ".join(words + (["--set", *options.set] if options.set else [])),
        "set": options.set,
        "threads": threads(),
        "machine": describe_machine(measure_machine()),
        "sizes": sizes,
    }
    print(f"written: {store.write_json(report, out / 'report.json')}")
    if options.record:
        print(f"kept: {store.write_json(report, store.root() / RECORD)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
