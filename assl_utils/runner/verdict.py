"""What a change did: a trial's tables beside those of the run that it began from, and what would follow."""

from assl_utils.runner import cost, diff


def sentence(usual, trial):
    """How a stage's tables differ from the run it began from, in a sentence.

    Results come first, the tables for people (CSV). Tables of rows (Parquet) hold names of clusters and places on a
    map, whose size says nothing: of these the cells that changed are counted.

    Parameters
    ----------
    usual, trial : Path
        The stage's folders.
    """
    name = f"runs/{usual.parent.name}"
    if not usual.is_dir():
        return f"{name} has no {usual.name} to compare with: `make {usual.name[:2]}` runs it."
    tables, rows = (diff.of_stage(usual, trial, (suffix,)) for suffix in (".csv", ".parquet"))
    parts = [*_of_tables(tables), *_of_rows(rows)]
    if not parts:
        return f"{usual.name} leaves no table that could be compared with {name}."
    return f"Against {name}: {'; '.join(parts)}."


def _of_tables(tables):
    if not any(tables):
        return []
    numbers, found, said = tables
    moved = [difference for difference in found if difference.by is not None]
    text = f"{len(moved):,} of {numbers:,} numbers in its tables moved"
    if moved:
        most = max(moved, key=lambda difference: difference.by)
        text += f", the most {most.name} in {most.table}: {most.what}"
    others = sum(difference.cell for difference in found) - len(moved)
    extra = [f"{others:,} other {'cell' if others == 1 else 'cells'} changed"] if others else []
    return [text, *extra, *diff.came_or_went(found), *said]


def _of_rows(tables):
    if not any(tables):
        return []
    return [f"in {line}" for line in diff.of_rows(tables)] + tables.said or ["its tables of rows are as they were"]


def follows(judge, name, command):
    """Which chapters would change after ``name``, how long they take, and the command that runs them."""
    after = {name}
    for step in judge.pipeline.steps:
        if after & set(step.upstream):
            after.add(step.name)
    downstream = cost.pending(judge.all([step for step in judge.pipeline.steps if step.name in after]))
    if not any(v.runs for v in downstream if v.step.name != name):
        return "No later chapter reads anything that changed."
    last = downstream[-1].step.name
    waiting = cost.pending(judge.all(judge.pipeline.upto(last)))  # also what has not run yet and is read on the way
    known = [c for c in cost.of_stages(judge, {v.step.name: v for v in waiting}).values() if c]
    took = f"in {cost.span(known)}" if known else "for how long is not known"
    if known and len(known) < len(waiting):
        took += f", and {cost.stages(len(waiting) - len(known))} of unknown time"
    return f"What follows: `{command.format(last[:2])}` runs {', '.join(v.step.name[:2] for v in waiting)} {took}."
