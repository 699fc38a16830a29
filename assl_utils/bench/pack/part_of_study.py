"""The pack's part of the real study: lines of a grid on the largest run it carries for which the time suffices.

The grid's own engine estimates, trains, asks and records; here is only the choice of the size, and a look at the clock
before each family of lines. The first seed comes first and whole, its shortest lines before its longest.
"""

import shutil
import time
from pathlib import Path

from assl_utils import shapes, store
from assl_utils.bench.pack import journal
from assl_utils.bench.pack.shapes import Pack
from assl_utils.errors import DataError
from assl_utils.progress import seconds as in_words
from assl_utils.study.grid import files, plan, record
from assl_utils.study.grid import lines as grid_lines
from assl_utils.study.grid.data import Data

SLACK = 1.2  # an estimate is taken to be this much too small
KEPT = "grid-"  # before the names of the grid's own record, beside the pack's


def do(pack, out, until, smallest=False, say=print):
    """Do what the time suffices for, one family of lines after the other.

    Parameters
    ----------
    pack : Path
        The unpacked folder.
    out : Path
        Where the journal lies; the grid's record is kept there too.
    until : float
        Seconds since 1970 after which no family begins that would end later.
    smallest : bool
        Take the smallest run and choose none.

    Returns
    -------
    dict
    """
    about = shapes.read(Path(pack, "pack.json"), Pack)
    grid = files.read(pack, str(Path(pack, about["grid"])))
    size, seconds = _chosen(pack, out, about, grid, until, smallest, say)
    data = _open(pack, size)
    done, failed, left_out = 0, 0, []
    for group in _order(grid.lines, seconds):
        needed, left = SLACK * seconds[group[0].family], until - time.time()
        stands = all(grid_lines.stands(data, line) for line in group)
        if not stands and needed > left:
            left_out += [f"{line}: about {in_words(needed)} needed, {in_words(max(left, 0))} left" for line in group]
            continue
        for line, found in zip(group, grid_lines.family(data, group, say), strict=True):
            done, failed = done + (not found.get("error")), failed + bool(found.get("error"))
            journal.add(
                out, "line", line=str(line.sentence), seed=line.seed, score=found.get("score"),
                seconds=found.get("seconds", {}).get("line"), error=found.get("error", ""),
            )  # fmt: skip
        _keep(pack, out, data, grid)
    return {
        "size": size["run"], "rows": size["rows"], "questions": size["questions"], "done": done, "failed": failed,
        "of": len(grid.lines), "left_out": left_out, "cut_off": bool(left_out), "passed": done > 0 and not failed,
    }  # fmt: skip


def _chosen(pack, out, about, grid, until, smallest, say):
    """The largest size whose first seed is estimated to end in time, and the seconds of each family at that size.

    The size is chosen once: a run that goes on keeps it.
    """
    before = [line["size"] for line in journal.read(out) if line["event"] == "size"]
    sizes = sorted(about["sizes"], key=lambda size: -size["rows"])
    sizes = [size for size in sizes if size["run"] == before[0]] if before else sizes[-1:] if smallest else sizes
    if not sizes:
        raise DataError(f"the run {before[0]} that was begun is not in this pack: take another --out")
    for size in sizes:
        data = _open(pack, size)
        groups = plan.families(grid.lines)
        each = plan.estimate_seconds(data, groups)[0]
        seconds = {group[0].family: took for group, took in zip(groups, each, strict=True)}
        first = min(group[0].seed for group in groups)
        whole = SLACK * sum(seconds[group[0].family] for group in groups if group[0].seed == first)
        left = until - time.time()
        say(
            f"{size['run']}: {size['rows']:,} rows, the first seed takes about {in_words(whole)}, {in_words(left)} left"
        )
        if whole <= left or size is sizes[-1]:
            break
    if not before:
        journal.add(out, "size", size=size["run"], first_seed_s=whole, left_s=left)
    return size, seconds


def _order(lines, seconds):
    return sorted(plan.families(lines), key=lambda group: (group[0].seed, seconds[group[0].family]))


def _open(pack, size):
    """The run as it lies in the pack; the values' models are folders of the pack.

    Raises
    ------
    DataError
        What lies there is not what was packed.
    """
    values = {
        stage: {name: _there(pack, value) for name, value in own.items()} for stage, own in size["values"].items()
    }
    data = Data(Path(pack, "runs", size["run"]).resolve(), values)
    if data.digest != size["digest"]:
        raise DataError(f"{size['run']} is not what was packed (its digest is {data.digest}, not {size['digest']})")
    return data


def _there(pack, value):
    return str(Path(pack, value).resolve()) if isinstance(value, str) and value.startswith("models/") else value


def _keep(pack, out, data, grid):
    """The grid's record as it stands, its files beside the journal."""
    folder = record.keep(pack, data, grid, "run.py")
    for path in folder.iterdir():
        with store.atomic_path(Path(out, KEPT + path.name)) as part:
            shutil.copyfile(path, part)
