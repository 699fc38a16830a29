"""What a run would still cost: which chapters, how long, how much memory, from what they took before.

Adapters and answers are kept by their content, so a chapter that runs again need not make them again. It leaves in
`WORK` what each of them took and what decides it, and tags the cells that make them with `KEPT`. What the other cells
took is spent each time. Whether the rows of an adapter are other ones shows only when the chapters before have run:
the cost is a range then.
"""

import fnmatch
from typing import NamedTuple

from assl_utils.progress import seconds
from assl_utils.runner import diff, shapes

WORK = "work.json"  # in a stage's folder
KEPT = "kept-by-content"  # the tag of a cell whose work is taken, not done again, where it was done before
PART = {"name": str, "seconds": shapes.amount, "reads": [str], "parameters": [str], "writes": [str]}


class Cost(NamedTuple):
    """Seconds at the least and at the most, bytes, by which run; ``exact``: it tells what of it is kept by content."""

    low: float
    high: float
    peak_bytes: float
    where: str
    exact: bool


def stages(n):
    """``1 stage``, ``2 stages``."""
    return f"{n} stage{'' if n == 1 else 's'}"


def pending(verdicts):
    """What is not done, and may therefore run."""
    return [verdict for verdict in verdicts.values() if verdict.state != "done"]


def of_stages(judge, verdicts):
    """``{stage: Cost}`` of what is not done, by its last run here or the published one; None where neither tells.

    Parameters
    ----------
    judge : state.Judge
    verdicts : dict of str to state.Verdict
        In the order of the chapters.
    """
    published = diff.published_costs(judge.pipeline.root, judge.resolved)
    found, settled = {}, {}  # settled: of a stage that may run, what it writes that stays as it is
    for verdict in pending(verdicts):
        name, last = verdict.step.name, verdict.last
        parts = _parts(judge, name) if last else []
        new = [part for part in parts if _may_be_new(judge, verdict, part, settled)]
        settled[name] = [pattern for part in parts if part not in new for pattern in part["writes"]]
        if last:
            found[name] = _from_last(last, parts, new)
        elif record := published.get(name):
            took = record["seconds"]
            found[name] = Cost(took, took, record["peak_bytes"], "published run", False)
        else:
            found[name] = None
    return found


def _parts(judge, name):
    """What a stage wrote of its work that is kept by content; nothing where that cannot be read."""
    try:
        return shapes.read(judge.run / name / WORK, [PART]) or []
    except shapes.Damaged:
        return []


def _from_last(last, parts, new):
    kept = last.get("kept_seconds")
    known = not shapes.amount(kept) and (parts or not kept)
    if not known:
        return Cost(last["seconds"], last["seconds"], last["peak_bytes"], "last run", False)
    always = max(0.0, last["seconds"] - kept)
    most = always + sum(part["seconds"] for part in new)
    return Cost(always, most, last["peak_bytes"], "last run", True)


def _may_be_new(judge, verdict, part, settled):
    """Whether a part of a stage's work may be another one than it was when the stage last ran."""
    last, wanted = verdict.last, judge.wanted(verdict.step)["parameters"]
    old, now = last.get("parameters", {}), judge.inputs(verdict.step)
    if any(old.get(name) != wanted.get(name) for name in part["parameters"]):
        return True
    for pattern in part["reads"]:
        names = fnmatch.filter({*now, *last.get("inputs", {})}, pattern)
        if not names or any(_may_move(name, settled) for name in names):
            return True
        if any(now.get(name) != last.get("inputs", {}).get(name) for name in names):
            return True
    return False


def _may_move(name, settled):
    stage, _, file = name.partition("/")
    return stage in settled and not any(fnmatch.fnmatchcase(file, pattern) for pattern in settled[stage])


def kept_seconds(executed):
    """How long the cells of an executed notebook took whose work is kept by content."""
    cells = (cell["metadata"] for cell in executed["cells"] if KEPT in cell["metadata"].get("tags", []))
    return round(sum(metadata.get("papermill", {}).get("duration") or 0.0 for metadata in cells), 2)


def words(cost):
    """The cost of one stage, ``2 min 3 s, 1.1 GB (last run)``."""
    return f"{_span([cost])}, {cost.peak_bytes / 1e9:.1f} GB ({cost.where})" if cost else "unknown"


def span(costs):
    """How long several stages take together: ``about 40 s``, ``at most about 3 min 20 s``, ``1 min to 4 min 10 s``."""
    text = _span(costs)
    return text if " to " in text else f"{'' if all(cost.exact for cost in costs) else 'at most '}about {text}"


def _span(costs):
    low, high = (seconds(sum(cost[i] for cost in costs)) for i in (0, 1))
    return low if low == high else f"{low} to {high}"


def estimate(judge, verdicts):
    """One line before a run: which stages, how long, how much."""
    waiting, found = pending(verdicts), of_stages(judge, verdicts)
    sure = [found[v.step.name] for v in waiting if v.runs]
    perhaps = [found[v.step.name] for v in waiting if not v.runs]
    text = f"runs/{judge.resolved.run}: {stages(len(sure))} to run"
    if perhaps:
        text += f", {len(perhaps)} more if the results before differ"
    known = [[cost for cost in costs if cost] for costs in (sure, perhaps)]
    if not any(known):
        return text + "; cost unknown, nothing like it has run here"
    times = [span(costs) + more for costs, more in zip(known, ("", " for those"), strict=True) if costs]
    text += f"; {' and '.join(times)}; {max(cost.peak_bytes for costs in known for cost in costs) / 1e9:.1f} GB"
    if lacking := len(waiting) - sum(map(len, known)):
        text += f"; {lacking} of unknown cost"
    if any(" to " in time for time in times):
        text += "; how many adapters and answers are kept already, their rows will tell"
    return text
