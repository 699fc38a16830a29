"""How a run's tables differ, cell by cell, from those that were published or from those of another run."""

import math
from numbers import Integral, Real
from pathlib import Path
from typing import NamedTuple

from assl_utils import store
from assl_utils.runner import shapes
from assl_utils.runner.pipeline import RunnerError

COSTS = "costs.json"
NOT_COMPARED = ("cost.csv",)  # of two runs: how long the work took, which is another time each time
EQUAL = 1e-9  # numbers as near as this, absolutely or relatively, are equal: sums of another order differ by 1e-14


class Difference(NamedTuple):
    """A cell that moved, or a row, column or table that came or went."""

    name: str  # ``silversight · FE``
    what: str
    cell: bool = False
    by: float | None = None  # how far a number moved; None where one side is empty or a text
    table: str = ""  # its file name

    @property
    def line(self):
        text = f"{self.name}  {self.what}" if self.cell else f"{self.name} {self.what}"
        return f"{self.table}  {text}" if self.table else text


def folder(root, resolved):
    """Where the published tables for a run are: under its own name, or else under its profile's."""
    published = Path(root) / "book" / "published"
    own = published / resolved.run
    return own if own.is_dir() else published / resolved.profile


def published_costs(root, resolved):
    """``{stage: {"seconds", "peak_bytes"}}`` of the published run; empty where none was published, or nothing whole."""
    try:
        return shapes.read(folder(root, resolved) / COSTS, shapes.COSTS) or {}
    except shapes.Damaged:
        return {}


def against_published(judge):
    """Where the run's tables differ from the published ones, as a list of `Difference`; empty where nowhere."""
    published = folder(judge.pipeline.root, judge.resolved)
    tables = sorted(published.glob("*.csv"))
    if not tables:
        raise RunnerError(f"nothing is published in book/published/{judge.resolved.profile}; `make publish` does it")
    found = []
    for path in tables:
        mine = _counterpart(judge, path.name)
        if mine is None or not mine.exists():
            found.append(Difference(f"{path.name}:", "this run has no such table"))
        else:
            between = differences(store.read_table(path), store.read_table(mine))
            found += [difference._replace(table=path.name) for difference in between]
    return found


class Tables(NamedTuple):
    """The tables of one stage in two runs: numbers in both, differences, and sentences on tables that only one has."""

    numbers: int
    found: list
    said: list


def of_stage(usual, trial, suffixes=(".csv", ".parquet")):
    """The tables of the stage's folder ``trial`` against those in the folder ``usual``, as `Tables`.

    Tables of what the work took (`NOT_COMPARED`) are left out.
    """
    numbers, found, said = 0, [], []
    mine, theirs = _tables(trial, suffixes), _tables(usual, suffixes)
    for name in sorted(mine | theirs):
        if not (name in mine and name in theirs):
            said.append(f"{name} is {'new' if name in mine else 'gone'}")
        elif store.sha256(usual / name) == store.sha256(trial / name):
            numbers += count_numbers(store.read_table(usual / name))
        else:
            old, new = store.read_table(usual / name), store.read_table(trial / name)
            numbers += count_numbers(old)
            found += [difference._replace(table=name) for difference in differences(old, new)]
    return Tables(numbers, found, said)


def _tables(folder, suffixes):
    paths = (path for path in folder.glob("*") if path.suffix in suffixes and path.name[0] != ".")
    return {path.name for path in paths if path.name not in NOT_COMPARED}


def of_runs(usual, trial, stages):
    """Where a trial's tables for people (CSV) differ from those of the run it began from, the largest change first.

    A list of `Difference`, whose tables are named with their stage. Stages that only one of the two has are left out.
    """
    found = []
    for name in stages:
        if (usual / name).is_dir() and (trial / name).is_dir():
            tables = of_stage(usual / name, trial / name, (".csv",))
            found += [Difference(f"{name}/{said}", "") for said in tables.said]
            found += [difference._replace(table=f"{name}/{difference.table}") for difference in tables.found]
    return sorted(found, key=lambda difference: -(difference.by or 0.0))


def of_rows(tables):
    """For each table of rows that differs, how many of its cells changed: ``clusters.parquet 4,395 cells changed``.

    Parameters
    ----------
    tables : Tables
    """
    said = []
    for name in sorted({difference.table for difference in tables.found}):
        found = [difference for difference in tables.found if difference.table == name]
        cells = sum(difference.cell for difference in found)
        changed = [f"{_count(cells, 'cell')} changed"] if cells else []
        said.append(f"{name} {' and '.join([*changed, *came_or_went(found)])}")
    return said


def came_or_went(found):
    """``["2 rows or columns came or went"]``; empty where none did."""
    count = sum(not difference.cell for difference in found)
    return [f"{_count(count, 'row or column', 'rows or columns')} came or went"] if count else []


def rows_of_runs(usual, trial, stages):
    """A line for each table of rows (Parquet) in which a trial differs from the run it began from."""
    lines = []
    for name in stages:
        if (usual / name).is_dir() and (trial / name).is_dir():
            tables = of_stage(usual / name, trial / name, (".parquet",))
            lines += [f"{name}/{line}" for line in (*of_rows(tables), *tables.said)]
    return lines


def summary(found, against="what was published"):
    """``identical to what was published``, or how many cells moved, by how much at most, and where."""
    if not found:
        return f"identical to {against}"
    cells = [difference for difference in found if difference.cell]
    numbers = [difference for difference in cells if difference.by is not None]
    text = f"{_count(len(cells), 'cell')} moved"
    if numbers:
        most = max(numbers, key=lambda difference: difference.by)
        text += f", by at most {most.by:.3g} ({' · '.join(filter(None, [most.table, most.name]))})"
    if others := len(cells) - len(numbers):
        text += f"; {others} of them {'is' if others == 1 else 'are'} no number before or after"
    if gone := len(found) - len(cells):
        text += f"; {_count(gone, 'row, column or table', 'rows, columns or tables')} came or went"
    return text


def _count(n, one, many=""):
    return f"{n:,} {one if n == 1 else many or one + 's'}"


def _counterpart(judge, name):
    """The run's file that is published as ``name``."""
    for step in judge.pipeline.steps:
        for published in step.publish:
            if Path(published).name == name:
                return judge.run / step.name / published
    return None


def differences(old, new):
    """Cells in which two tables differ, whose lines read ``silversight · FE  66.6 → 67.1  (+0.5)``.

    Rows are matched by the first column where it names them, each by another name, and by position otherwise. Numbers
    are equal where they agree to 1e-9 (`EQUAL`), counts and texts where they are the same.

    Parameters
    ----------
    old, new : DataFrame
        The published table and the run's.

    Returns
    -------
    list of Difference
    """
    old, new = _by_first_column(old), _by_first_column(new)
    if old.index.name != new.index.name:
        return [Difference("the rows", f"are named by {new.index.name}, published by {old.index.name}")]
    found = [Difference(f"row {name}", "is new") for name in new.index if name not in old.index]
    found += [Difference(f"row {name}", "is gone") for name in old.index if name not in new.index]
    found += [Difference(f"column {name}", "is new") for name in new.columns if name not in old.columns]
    found += [Difference(f"column {name}", "is gone") for name in old.columns if name not in new.columns]
    rows = old.index.intersection(new.index, sort=False)
    before, after = old.loc[rows], new.loc[rows]
    moved = []
    for place, column in enumerate(old.columns.intersection(new.columns, sort=False)):
        pairs = zip(before[column], after[column], strict=True)
        moved += [(row, place, column, a, b) for row, (a, b) in enumerate(pairs) if not _same(a, b)]
    for row, _, column, a, b in sorted(moved, key=lambda cell: cell[:2]):
        what = f"{_show(a)} → {_show(b)}{_change(a, b)}"
        by = abs(b - a) if _numbers(a, b) else None
        found.append(Difference(f"{rows[row]} · {column}", what, True, by))
    return found


def count_numbers(table):
    """How many cells of a table are numbers."""
    return int(_by_first_column(table).select_dtypes("number").notna().to_numpy().sum())


def _by_first_column(table):
    first = table.columns[0]
    if table[first].dtype.kind != "f" and table[first].is_unique and not table[first].isna().any():
        return table.set_index(first)
    table = table.copy()
    table.index = [f"row {i}" for i in range(1, len(table) + 1)]
    return table


def _number(value):
    return isinstance(value, Real) and not isinstance(value, bool)


def _numbers(before, after):
    return _number(before) and _number(after) and not (math.isnan(before) or math.isnan(after))


def _missing(value):
    return value is None or (_number(value) and math.isnan(value))


def _same(before, after):
    if hasattr(before, "tolist") or hasattr(after, "tolist"):  # a list of a Parquet table, or numpy's scalar
        before, after = (value.tolist() if hasattr(value, "tolist") else value for value in (before, after))
    if _missing(before) or _missing(after):
        return _missing(before) and _missing(after)
    if not _numbers(before, after) or (isinstance(before, Integral) and isinstance(after, Integral)):
        return bool(before == after)
    return math.isclose(before, after, rel_tol=EQUAL, abs_tol=EQUAL)


def _show(value):
    if _missing(value):
        return "empty"
    return f"{value:.6g}" if _number(value) else str(value)


def _change(before, after):
    """``  (+0.5)`` where both are numbers."""
    return f"  ({after - before:+.3g})" if _numbers(before, after) else ""
