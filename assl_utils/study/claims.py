"""What the paper's ablations claim, and what a grid's numbers say of it: every verdict follows from one interval.

No sentence is stronger than its interval: "holds" and "does not hold" need an interval that leaves 0 out, "equal" one
that lies inside the margin; all else is open.
"""

import textwrap
from typing import NamedTuple

import numpy as np
import pandas as pd

from assl_utils.evaluation.gap import BOTH
from assl_utils.study import ablations
from assl_utils.study.ablations import MARGIN

COLUMNS = ["first", "second", "what", "diff", "lo", "hi", "seeds", "questions", "over", "p", "equal", "reason"]
ABOVE, EQUAL = "above", "equal"
EXAM = "fineval"
WIDTH = 84  # characters of a line that a page shows whole


class Claim(NamedTuple):
    """One claim as a difference of two arms.

    Attributes
    ----------
    block : str
        Which question it belongs to.
    source, says : str
        Where the paper says it, and what, in English.
    first, second : str
        The arms that are compared.
    what : str
        The score: ``AVG`` or a task.
    expects : str
        ``above``: the first is better; ``equal``: the two are as good as each other.
    """

    block: str
    source: str
    says: str
    first: str
    second: str
    what: str = "AVG"
    expects: str = ABOVE


CLAIMS = (
    Claim("Q1", "Figure 6", "six clusters make better experts than seven task classes, on average",
          "kmeans, all rows", "task, all rows"),
    Claim("Q1", "Figure 6", "experts of clusters are clearly better on QA",
          "kmeans, all rows", "task, all rows", "QA"),
    Claim("Q1", "Figure 6", "experts of clusters are clearly better on NSP1",
          "kmeans, all rows", "task, all rows", "NSP1"),
    Claim("Q1", "Table 1", "experts of whole clusters are better than one adapter on all rows",
          "kmeans, all rows", "one, all rows"),
    Claim("Q1", "Table 1", "routed experts are better than one adapter on the same tenth",
          "kmeans, a tenth", "mix of the clusters' rows, a tenth"),
    Claim("Q2", "Figure 7", "on CFLEB, A-DBSCAN and a random sample are as good as each other",
          "budget", "random", expects=EQUAL),
    Claim("Q2", "Figure 7", "on CFLEB, A-DBSCAN is better than K-center", "budget", "k_center"),
    Claim("exam", "Figure 7", "on FinEval, A-DBSCAN is better than a random sample", "budget", "random", EXAM),
    Claim("exam", "Figure 7", "on FinEval, K-center is better than a random sample", "k_center", "random", EXAM),
    Claim("Q3", "Figure 8", "stage 2 gains over stage 1 alone", "utility", "stage 1 alone"),
    Claim("Q3", "Figure 8", "stage 2 is better than as many random rows", "utility", "random"),
    Claim("Q3", "Section 4.4", "the chosen tenth comes near all rows", "utility", "all rows, two passes",
          expects=EQUAL),
    Claim("routers", "Section 4.4", "routing answers each task about as well as the expert that is best at it",
          "centroid", "oracle_task", expects=EQUAL),
)  # fmt: skip
MIX, TAGGED = "mix of the clusters' rows, a tenth", "one with the task's name, a tenth"
PAIRS = {  # what each question compares, in the order of its figure
    "Q1": (
        ("kmeans, all rows", "task, all rows"), ("kmeans, all rows", "one, all rows"),
        ("kmeans, a tenth", "task, a tenth"), ("kmeans, a tenth", "one, a tenth"), ("kmeans, a tenth", MIX),
        ("kmeans, a tenth", "subtask, a tenth"), ("kmeans, a tenth", "role, a tenth"), ("kmeans, a tenth", TAGGED),
        (TAGGED, "one, a tenth"),
    ),
    "Q2": (
        ("budget", "random"), ("budget", "k_center"), ("random", "k_center"), ("random_per_subtask", "random"),
        ("random_per_form", "random"), ("kmeans_quality", "random"), ("random", "all rows, two passes"),
        ("the paper's rule, two passes", "all rows, two passes"),
    ),
    "exam": (("budget", "random"), ("k_center", "random"), ("budget", "k_center")),
    "Q3": (
        ("utility", "stage 1 alone"), ("utility", "random"), ("utility", "random at equal cost"),
        ("stage 1 alone", "random"), ("utility_z", "utility"), ("nll", "utility"), ("level", "utility"),
        ("level", "random_per_subtask"), ("rds", "random"), ("utility", "all rows, two passes"),
    ),
    "routers": tuple(
        (route, "centroid") for route in ("twelve", "nearest_rows", "by_label", "validated", "oracle_task", "oracle")
    ),
    "together": tuple(
        (word, "one") for word in ("mix", "fused", "mixed", "vote", "merged_svd", "merged_cat", "merged_linear")
    ),
}  # fmt: skip


MEANS = {"exam": EXAM}  # the score that a question is about, where it is not CFLEB's mean


class Question(NamedTuple):
    """A block with what it compares and what that says of the paper's claims.

    Attributes
    ----------
    asks : str
    block : Block
    differences : DataFrame
        Of each pair task by task and on the mean, as :meth:`Block.by_task` gives them, with the column ``block``.
    judged : DataFrame
        See :func:`judge`.
    """

    asks: str
    block: ablations.Block
    differences: pd.DataFrame
    judged: pd.DataFrame

    @property
    def means(self):
        """The differences of the mean of the seven scores, or of the exam where that is what was asked."""
        return self.differences[self.differences["what"].isin(["AVG", EXAM])].reset_index(drop=True)


def ask(record, name, margin=MARGIN):
    """One question of the grid ``ablations``; Q3 has arms of Q2 beside its own.

    Parameters
    ----------
    record : reading.Record
    name : str
        ``Q1``, ``Q2``, ``exam``, ``Q3``, ``routers`` or ``together``.
    margin : float, default 2.0
        Points that count as equal.

    Returns
    -------
    Question
    """
    found = ablations.block(record, name)
    wide = ablations.join(found, ablations.block(record, "Q2")) if name == "Q3" else found
    if name in MEANS:
        differences = wide.pairs(PAIRS[name], MEANS[name], margin)
    else:
        differences = wide.by_task(PAIRS[name], margin)
    differences = differences.assign(block=name)
    return Question(found.asks, found, differences, judge(name, wide, margin))


def judge(name, found, margin=MARGIN, claims=CLAIMS):
    """The claims of one question beside what was measured.

    Parameters
    ----------
    name : str
        The block, ``Q1``.
    found : Block
        Which holds the arms.
    margin : float, default 2.0
        Points that count as equal.

    Returns
    -------
    DataFrame
        ``block, source, claim, verdict, what, diff, lo, hi, measured``.
    """
    rows = []
    for claim in (claim for claim in claims if claim.block == name):
        gap = found.pairs([(claim.first, claim.second)], claim.what, margin).iloc[0]
        rows.append((claim.block, claim.source, claim.says, verdict(claim.expects, gap, margin), claim.what,
                     gap["diff"], gap["lo"], gap["hi"], gap["sentence"]))  # fmt: skip
    columns = ["block", "source", "claim", "verdict", "what", "diff", "lo", "hi", "measured"]
    return pd.DataFrame(rows, columns=columns)


def verdict(expects, gap, margin=MARGIN):
    """What an interval says of a claim, in a few words.

    Parameters
    ----------
    expects : str
        ``above`` or ``equal``.
    gap : Series
        A row of :func:`assl_utils.evaluation.comparisons.compare_all`.
    """
    if gap["reason"]:
        return "no result yet"
    say = "one training says" if gap["seeds"] == 1 else f"{gap['seeds']:.0f} trainings say"
    few = f", as far as {say}" if gap["over"] != BOTH else ""
    return _in_words(expects, gap, f"by less than {margin:g} points", f"equal within {margin:g} points") + few


def _in_words(expects, gap, small, same):
    if expects == EQUAL:
        if gap["equal"]:
            return "holds"
        return "more than that: better" if gap["lo"] > 0 else "does not hold: worse" if gap["hi"] < 0 else "open"
    if gap["lo"] > 0:
        return f"holds, but {small}" if gap["equal"] else "holds"
    if gap["hi"] < 0:
        return f"the opposite holds, but {small}" if gap["equal"] else "the opposite holds"
    return f"does not hold: {same}" if gap["equal"] else "open"


def said(judged):
    """The verdicts as lines for the reader: claim, verdict, and the numbers behind it."""
    lines = []
    for row in judged.itertuples():
        lines += [f"{row.source} says that {row.claim}.", f"    Verdict: {row.verdict}.", f"    {row.measured}."]
    return wrapped("\n".join(lines))


def wrapped(text, width=WIDTH):
    """A text whose long lines go on in the next one, indented: a page would cut them."""
    broken = []
    for line in text.split("\n"):
        inside = line[: len(line) - len(line.lstrip())]
        more = textwrap.wrap(line.strip(), width - len(inside), subsequent_indent="    ", break_on_hyphens=False)
        broken += [inside + part for part in more] or [""]
    return "\n".join(broken)


def grouped(table):
    """The same with what both arms of a pair end in, ``, all rows``, as ``group``, and ``label`` without it."""
    ends = [first.rpartition(", ")[2] if ", " in first else "" for first in table["first"]]
    ends = [end if second.endswith(f", {end}") else "" for end, second in zip(ends, table["second"], strict=True)]
    names = [
        [arm.removesuffix(f", {end}") if end else arm for arm, end in zip(table[side], ends, strict=True)]
        for side in ("first", "second")
    ]
    return table.assign(group=ends, label=[f"{first} – {second}" for first, second in zip(*names, strict=True)])


def could_show(table):
    """What the comparisons of a table could have shown, as a sentence."""
    seen = table["detectable"].replace([np.inf, -np.inf], np.nan).dropna()
    if seen.empty:
        return "No comparison here varies, so nothing can be said about what it could have shown."
    seeds = table.loc[seen.index, "seeds"].astype(int)
    span, of = _span(seen.min(), seen.max(), ".1f"), _span(seeds.min(), seeds.max(), "d")
    text = (
        f"Four times in five, a difference of {span} points would have shown with {of} seeds and these questions; a "
        "smaller one would more often have been missed."
    )
    few = seen.index[table.loc[seen.index, "over"] != BOTH]
    rest = " Of those with fewer than three seeds only the questions are counted, not the spread over seeds."
    return wrapped(text + (rest if len(few) else ""))


def _span(low, high, form):
    low, high = format(low, form), format(high, form)
    return low if low == high else f"{low} to {high}"


def largest(table):
    """Of many comparisons the one that moves most, and how many leave 0 out, as a sentence."""
    there = table[table["diff"].notna()]
    if there.empty:
        return "None of these comparisons has a result yet."
    sure = there[(there["lo"] > 0) | (there["hi"] < 0)]
    most = there.loc[there["diff"].abs().idxmax()]
    return (
        f"{len(sure)} of {len(there)} intervals leave 0 out (about {0.05 * len(there):.1f} would by chance alone if "
        f"nothing differed). The largest change: {most['sentence']}."
    )


def stars(table, index="first"):
    """Differences as a table of texts, a task a column: ``+3.1 *`` where the interval leaves 0 out."""
    sure = (table["lo"] > 0) | (table["hi"] < 0)
    text = table["diff"].map(lambda v: "" if np.isnan(v) else f"{round(v, 1) + 0.0:+.1f}")
    named = table.assign(text=text + sure.map({True: " *", False: ""}))
    if index == "pair":
        named["pair"] = table["first"] + " – " + table["second"]
    order = list(dict.fromkeys(named[index]))
    wide = named.pivot(index=index, columns="what", values="text").reindex(order)
    return wide[list(dict.fromkeys(named["what"]))].rename_axis(columns=None)
