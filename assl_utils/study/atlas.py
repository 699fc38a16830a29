"""The atlas of interference: what an adapter of tasks A and B loses or gains on A against an adapter of A alone."""

import pandas as pd
from scipy.stats import false_discovery_control

from assl_utils.study import ablations
from assl_utils.tasks import suspects

SCORES = {  # the score that is examined: the task class whose rows bring it
    "FE": "sentiment", "NL": "classification", "NSP1": "classification", "NSP2": "classification",
    "NA": "generation", "RE": "extraction", "QA": "qa", "fineval": "exam",
}  # fmt: skip
SUSPECTED = {  # the same for the labels of suspected pairs; the other labels are not asked in a benchmark
    "single_choice": ("fineval",), "negative_news:judge": ("NSP1",), "negative_news:subject": ("NSP2",),
    "negative_news": ("NSP1", "NSP2"), "sentiment": ("FE",), "summary": ("NA",),
}  # fmt: skip
ALPHA = 0.05


def pair_table(alone, pairs, margin=ablations.MARGIN):
    """What a second task class does to each score of the first.

    Parameters
    ----------
    alone, pairs : Block
        Arms named ``A`` and ``A+B``.

    Returns
    -------
    DataFrame
        ``task`` (the score, its class in brackets), ``with`` (the other class), the columns of
        :func:`assl_utils.evaluation.comparisons.compare_all`, and ``q``.
    """
    found, classes = ablations.join(alone, pairs), list(alone.arms.index)
    tables = []
    for score, task in SCORES.items():
        others = [other for other in classes if other != task]
        named = [(_pair(task, other, pairs.arms.index), task) for other in others]
        table = found.pairs(named, score, margin)
        tables.append(table.assign(task=f"{score} ({task})" if score != "fineval" else "FinEval (exam)", other=others))
    return _with_q(pd.concat(tables, ignore_index=True)).rename(columns={"other": "with"})


def suspect_table(found, margin=ablations.MARGIN):
    """The same for the pairs that are suspected, each side that is asked in a benchmark, with the reason of suspicion.

    Parameters
    ----------
    found : Block
        Arms named as the labels, and ``A | B`` for a pair.
    """
    tables = []
    for pair in suspects.PAIRS:
        for own, other in ((pair.first, pair.second), (pair.second, pair.first)):
            for score in SUSPECTED.get(own, ()):
                table = found.pairs([(f"{pair.first} | {pair.second}", own)], score, margin)
                tables.append(table.assign(task=f"{own} ({score})", other=other, why=pair.why))
    return _with_q(pd.concat(tables, ignore_index=True)).rename(columns={"other": "with"})


def _with_q(table):
    """The p-values' share of false findings, after Benjamini and Hochberg, among all that the table asks."""
    there = table["p"].notna()
    table["q"] = float("nan")
    if there.any():
        table.loc[there, "q"] = false_discovery_control(table.loc[there, "p"].astype(float))
    return table


def interference(table):
    """The largest harm and the largest help, and how many findings outlast the number of comparisons, as sentences."""
    there = table[table["diff"].notna()]
    if there.empty:
        return "No pair has a result yet."
    harm, helps, kept = there["hi"] < 0, there["lo"] > 0, there["q"] < ALPHA
    return "\n".join([
        f"Of {len(there)} cells {harm.sum()} show harm and {helps.sum()} help with an interval of their own; "
        f"{(harm & kept).sum()} and {(helps & kept).sum()} still do where one finding in twenty may be false.",
        _extreme(there, harm, "harm", there["diff"]),
        _extreme(there, helps, "help", -there["diff"]),
    ])  # fmt: skip


def _extreme(there, shown, word, order):
    """The largest harm or help that shows, else the largest that does not."""
    row = there.loc[(order[shown] if shown.any() else order).idxmin()]
    lead = f"The largest {word}" if shown.any() else f"No cell shows {word}; the largest that may be chance"
    return f"{lead}: {row['task']} with {row['with']}. {row['sentence']}."


def conflict(table):
    """The paper's claim that tasks in one model disturb each other, as a row of :func:`claims.judge`'s table."""
    there = table[table["diff"].notna()]
    kept = there["q"] < ALPHA
    harm, helps = int(((there["hi"] < 0) & kept).sum()), int(((there["lo"] > 0) & kept).sum())
    verdict = "holds for some pairs" if harm else "open"
    if harm and helps > harm:
        verdict = "holds for some pairs; more pairs help each other"
    if there.empty:
        verdict = "no result yet"
    measured = f"{harm} of {len(there)} cells show harm and {helps} help, one finding in twenty may be false"
    return pd.DataFrame([{
        "block": "atlas", "source": "Section 1", "claim": "tasks that are trained together disturb each other",
        "verdict": verdict, "what": "each task", "measured": measured,
    }])  # fmt: skip


def _pair(one, two, arms):
    return next((arm for arm in arms if set(arm.split("+")) == {one, two}), f"{one}+{two}")
