"""The tables that were published, and how a run's differ from them, cell by cell."""

import math
from pathlib import Path

from assl_utils import store
from assl_utils.runner import state
from assl_utils.runner.pipeline import RunnerError

COSTS = "costs.json"


def folder(root, resolved):
    """Where the published tables for a run are: under its own name, or else under its profile's."""
    published = Path(root) / "book" / "published"
    own = published / resolved.run
    return own if own.is_dir() else published / resolved.profile


def published_costs(root, resolved):
    """``{stage: {"seconds", "peak_bytes"}}`` of the published run; empty where none was published."""
    return state.read_manifest(folder(root, resolved) / COSTS) or {}


def against_published(judge):
    """Lines that say where the run's tables differ from the published ones; none where they are identical."""
    published = folder(judge.pipeline.root, judge.resolved)
    tables = sorted(published.glob("*.csv"))
    if not tables:
        raise RunnerError(f"nothing is published in book/published/{judge.resolved.profile}; `make publish` does it")
    lines = []
    for path in tables:
        mine = _counterpart(judge, path.name)
        if mine is None or not mine.exists():
            lines.append(f"{path.name}: this run has no such table")
        else:
            lines += [f"{path.name}  {line}" for line in differences(store.read_table(path), store.read_table(mine))]
    return lines


def _counterpart(judge, name):
    """The run's file that is published as ``name``."""
    for step in judge.pipeline.steps:
        for published in step.publish:
            if Path(published).name == name:
                return judge.run / step.name / published
    return None


def differences(old, new):
    """Cells in which two tables differ, as lines ``silversight · FE  66.6 → 67.1  (+0.5)``.

    Rows are matched by the first column where its values are unique, by position otherwise.

    Parameters
    ----------
    old, new : DataFrame
        The published table and the run's.

    Returns
    -------
    list of str
    """
    old, new = _by_first_column(old), _by_first_column(new)
    if old.index.name != new.index.name:
        return [f"the rows are named by {new.index.name}, published by {old.index.name}"]
    lines = [f"row {name} is new" for name in new.index if name not in old.index]
    lines += [f"row {name} is gone" for name in old.index if name not in new.index]
    lines += [f"column {name} is new" for name in new.columns if name not in old.columns]
    lines += [f"column {name} is gone" for name in old.columns if name not in new.columns]
    for row in old.index.intersection(new.index, sort=False):
        for column in old.columns.intersection(new.columns, sort=False):
            before, after = old.at[row, column], new.at[row, column]
            if not _same(before, after):
                lines.append(f"{row} · {column}  {_show(before)} → {_show(after)}{_change(before, after)}")
    return lines


def _by_first_column(table):
    first = table.columns[0]
    if table[first].is_unique and not table[first].isna().any():
        return table.set_index(first)
    table = table.copy()
    table.index = [f"row {i}" for i in range(1, len(table) + 1)]
    return table


def _number(value):
    return isinstance(value, int | float) or hasattr(value, "dtype")


def _missing(value):
    return value is None or (_number(value) and math.isnan(value))


def _same(before, after):
    return (_missing(before) and _missing(after)) or before == after


def _show(value):
    if _missing(value):
        return "empty"
    return f"{value:.6g}" if _number(value) else str(value)


def _change(before, after):
    """``  (+0.5)`` where both are numbers."""
    if _missing(before) or _missing(after) or not (_number(before) and _number(after)):
        return ""
    return f"  ({after - before:+.3g})"
