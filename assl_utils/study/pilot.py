"""The first study with a language model on real rows, and all that was tried beside it: what is compared with what.

It has one training for each arm, and for three arms a second seed. So it is a pilot: its intervals are those of the
questions alone, and no sentence made from it says more than that.
"""

from typing import NamedTuple

import pandas as pd

from assl_utils.evaluation.gap import QUESTIONS
from assl_utils.study import claims, recorded
from assl_utils.study.ablations import MARGIN

STUDY = "small_cpu"
PAIRS = {  # what each section of its page compares
    "models": (
        *(("silversight", other) for other in ("mix", "all-data", "cluster-data", "base", "lead-1", "majority")),
        ("cluster-data", "all-data"),
    ),
    "choices": (
        ("random", "silversight"), ("random_at_cost", "silversight"), ("random_per_subtask", "random"),
        ("random_per_subtask", "silversight"), ("level", "silversight"), ("level", "random_per_subtask"),
        ("spread", "random_per_subtask"), ("random_even", "random"), ("paper_rule", "cluster-data"),
        ("random_per_subtask", "random_per_subtask_mix"),
    ),
    "trials": (
        ("random_per_subtask, static", "random_per_subtask"),
        ("random_per_subtask, one_wording", "random_per_subtask"),
        ("chosen, one_wording", "silversight"), ("level, one_wording", "level"),
        ("level, one_wording", "chosen, one_wording"),
        ("level, one_wording", "random_per_subtask, one_wording"),
    ),
    "seeds": (
        ("random", "silversight"), ("random, clean-s1", "chosen, clean-s1"), ("random_per_subtask", "random"),
        ("random_per_subtask, clean-s1", "random, clean-s1"), ("random_per_subtask", "silversight"),
        ("random_per_subtask, clean-s1", "chosen, clean-s1"),
    ),
    "protocols": (("all_data, paper-s0", "all-data"), ("chosen, paper-s0", "silversight")),
}  # fmt: skip


class Asked(NamedTuple):
    """One claim of the paper, and the pairs that were measured for it, one for each seed."""

    source: str
    says: str
    pairs: tuple
    expects: str = claims.ABOVE


CLAIMS = (
    Asked("Table 1", "experts of clusters are better than one model", (("cluster-data", "all-data"),)),
    Asked("Table 1", "routed experts are better than one model on the same tenth", (("silversight", "mix"),)),
    Asked("Figure 8", "model feedback (stage 2) chooses better than a random sample of that size",
          (("silversight", "random"), ("chosen, clean-s1", "random, clean-s1"))),
    Asked("Section 4.4", "the chosen tenth does as well as all rows", (("silversight", "all-data"),), claims.EQUAL),
)  # fmt: skip


def differences(who, name, n_boot=2000, seed=0):
    """The pairs of one section task by task, as :func:`recorded.paired_differences` gives them.

    Parameters
    ----------
    who : dict
        From :func:`recorded.respondents`.
    name : str
        A key of `PAIRS`.
    """
    return recorded.paired_differences(who, PAIRS[name], n_boot, seed)


def means(table):
    """Of such a table the mean of the seven scores: ``pair, one, other, diff, lo, hi``, the pair as index."""
    return table[table["task"] == "AVG"].drop(columns="task").set_index("pair")


def by_task(table):
    """The same task by task as texts, with a star where the interval leaves out 0, the mean's interval behind."""
    wide = table.assign(text=recorded.mark_significant(table)).pivot(index="pair", columns="task", values="text")
    ends = means(table)[["lo", "hi"]].round(1).rename(columns={"lo": "from", "hi": "to"})
    tasks = [task for task in dict.fromkeys(table["task"]) if task != "AVG"]
    return wide.reindex(ends.index, columns=[*tasks, "AVG"]).join(ends)


def judged(who, n_boot=2000, seed=0, margin=MARGIN):
    """The paper's claims beside what the pilot measured: the columns of :func:`claims.judge`, ``seeds`` and ``rows``.

    Where two seeds were run and say different things, the verdict is that they disagree.
    """
    rows = []
    for asked in CLAIMS:
        gaps = means(recorded.paired_differences(who, asked.pairs, n_boot, seed))
        words = [_verdict(asked.expects, gap, margin) for _, gap in gaps.iterrows()]
        rows.append({
            "source": asked.source, "claim": asked.says, "seeds": len(gaps), "verdict": _together(words),
            "measured": "; ".join(interval(gap) for _, gap in gaps.iterrows()),
        })  # fmt: skip
    return pd.DataFrame(rows)


def interval(gap):
    """``-5.5 points (95 % -7.1 to -3.9)``, of anything with ``diff``, ``lo`` and ``hi``."""
    return f"{gap['diff']:+.1f} points (95 % {gap['lo']:.1f} to {gap['hi']:.1f})"


def _verdict(expects, gap, margin):
    inside = -margin < gap["lo"] and gap["hi"] < margin
    return claims.verdict(
        expects, gap.to_dict() | {"reason": "", "seeds": 1, "over": QUESTIONS, "equal": inside}, margin
    )


def _together(words):
    if not words:
        return "no result yet"
    if len(set(words)) > 1:
        return f"open: {len(words)} seeds disagree"
    return words[0] if len(words) == 1 else words[0].replace("one training says", f"{len(words)} trainings say")
