"""What a run would still cost: which chapters, how long, how much memory, from what they took before."""

from assl_utils.progress import seconds
from assl_utils.runner import diff


def stages(n):
    """``1 stage``, ``2 stages``."""
    return f"{n} stage{'' if n == 1 else 's'}"


def pending(verdicts):
    """What is not done, and may therefore run."""
    return [verdict for verdict in verdicts.values() if verdict.state != "done"]


def of_stage(judge, verdict):
    """What the stage took when it last ran here, or in the published run: ``(seconds, bytes, where)``."""
    published = diff.published_costs(judge.pipeline.root, judge.resolved)
    for record, where in ((verdict.last, "last run"), (published.get(verdict.step.name), "published run")):
        if record:
            return record["seconds"], record["peak_bytes"], where
    return None


def words(judge, verdict):
    """The cost of one stage, ``2 min 3 s, 1.1 GB (last run)``."""
    cost = of_stage(judge, verdict)
    return f"{seconds(cost[0])}, {cost[1] / 1e9:.1f} GB ({cost[2]})" if cost else "unknown"


def estimate(judge, verdicts):
    """One line before a run: which stages, how long, how much."""
    waiting = pending(verdicts)
    costs = [of_stage(judge, v) for v in waiting]
    known = [c for c in costs if c]
    text = f"runs/{judge.resolved.run}: {stages(sum(v.runs for v in waiting))} to run"
    if more := sum(not v.runs for v in waiting):
        text += f", {more} more if the results before differ"
    if not known:
        return text + "; cost unknown, nothing like it has run here"
    text += f"; at most about {seconds(sum(c[0] for c in known))} and {max(c[1] for c in known) / 1e9:.1f} GB"
    return text + (f", and {len(costs) - len(known)} of unknown cost" if len(known) < len(costs) else "")
