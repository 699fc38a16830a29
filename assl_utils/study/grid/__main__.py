"""Grids of experiments: each line is trained and asked once, and what stands is taken.

    python -m assl_utils.study.grid ablations --profile cpu --jobs 2 --record

It says first which lines are new and what they cost. ``--count`` only counts the rows that each line would be trained
on, ``--plan`` only plans. A grid that was stopped goes on where it was. A line that fails is named, and the others go
on.
"""

import argparse
import shlex
import sys
import time

from assl_utils import jobs as assl_jobs
from assl_utils.errors import DataError
from assl_utils.progress import seconds as in_words
from assl_utils.study.grid import data as grid_data
from assl_utils.study.grid import files, plan, record
from assl_utils.study.grid import lines as grid_lines
from assl_utils.study.record import bare
from assl_utils.study.train_and_ask import command

KEEP_EVERY = 120  # seconds between two writings of the record


def run(data, grid, workers=1, engine="local", recorded=(), done=None):
    """Do the lines of a grid that neither stand nor are recorded; lines with the same adapters go together.

    Parameters
    ----------
    data : grid_data.Data
    grid : files.Grid
    workers : int
        Processes side by side on this machine, a thread each.
    engine : str
        See :func:`assl_utils.jobs.run`.
    recorded : collection of str
        Keys of lines that are not done again.
    done : callable, optional
        Called when a family is done, with its number and what its lines are about.

    Returns
    -------
    list of dict
        What each line that was begun is about; a failed one has an ``error``.
    """
    todo = [line for line in grid.lines if line.key not in recorded and not grid_lines.stands(data, line)]
    groups = sorted(plan.families(todo), key=lambda group: (group[0].seed, -plan.size(data, group[0])[0]))
    work = [
        {"folder": data.folder.resolve(), "values": data.values, "lines": [grid_lines.plain(line) for line in group]}
        for group in groups
    ]
    found = assl_jobs.run(grid_lines.job, work, engine, label="lines", workers=workers, threads=1, done=done)
    return [about for group in found for about in group]


def _main(root, resolved, options):
    data, grid = grid_data.open_data(root, resolved), files.read(root, options.grid)
    name = f"{data.folder.name}-{grid.name}"
    before = record.read(root, name)
    stands = before.keys() if before is not None and before.about["digest"] == data.digest else set()
    if options.count:
        print(plan.count(data, grid.lines).to_string())
        return
    states = plan.table(data, grid, stands)
    if options.verbose:
        print(states.drop(columns="key").to_string(index=False))
    new = [line for line, state in zip(grid.lines, states["state"], strict=True) if state in ("new", "failed")]
    workers = max(1, min(options.jobs, len(new)))
    total = plan.estimate_seconds(data, plan.families(new), workers)[1] if new else 0.0
    print(f"{grid.name}: {plan.in_short(states, total, workers)}", flush=True)
    if options.plan:
        return
    last = [time.monotonic()]

    def kept(_number=None, _abouts=None, every=KEEP_EVERY):
        if options.record and time.monotonic() - last[0] >= every:
            record.keep(root, data, grid, _command(resolved, options))
            last[0] = time.monotonic()

    began = time.monotonic()
    try:
        found = run(data, grid, workers, options.engine, stands, kept)
    finally:
        if options.record and any(grid_lines.stands(data, line) for line in grid.lines):
            folder = record.keep(root, data, grid, _command(resolved, options))
            print(f"recorded in {folder.relative_to(root)}")
    failed = [about for about in found if about.get("error")]
    took = time.monotonic() - began
    if found:
        print(f"{len(found)} lines in {in_words(took)}, {in_words(total)} were estimated")
    for about in failed:
        print(f"failed: {about['line']}, seed {about['seed']}: {about['error']}", file=sys.stderr)
    if failed:
        raise DataError(f"{len(failed)} of {len(grid.lines)} lines failed; the same command tries them again")


def _command(resolved, options):
    """The line that makes the record; of folders only the last name: they are elsewhere on another machine."""
    words = ["make grid", f"GRID={options.grid}", f"PROFILE={resolved.profile}"]
    words += [f"SEED={resolved.seed}"] if resolved.seed else []
    words += [f"PROTOCOL={resolved.protocol}"] if resolved.protocol != "clean" else []
    words += [f"TRIAL={resolved.trial}"] if resolved.trial else []
    settings = [f"{name}={bare(value)}" for name, _, value in (one.partition("=") for one in shlex.split(options.set))]
    words += [f'SET="{" ".join(settings)}"'] if settings else []
    return " ".join([*words, "RECORD=1"])


def main(arguments=None):
    """Plan, count or do a grid."""
    parser = argparse.ArgumentParser(prog="python -m assl_utils.study.grid", description=__doc__.split("\n")[0])
    parser.add_argument("grid", help="a file in notebooks/grids, by its name")
    parser.add_argument("--count", action="store_true", help="train nothing, count the rows of each line")
    parser.add_argument("--plan", action="store_true", help="train nothing, say what is new and what it costs")
    parser.add_argument("--verbose", action="store_true", help="name every line")
    parser.add_argument("--jobs", type=int, default=1, help="lines at a time, a process and a thread each")
    parser.add_argument("--engine", default="local", help="or dask, or a scheduler: who does the lines")
    return command("grid", parser, _main, arguments)


if __name__ == "__main__":
    sys.exit(main())
