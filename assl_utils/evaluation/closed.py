"""The score `closed`: answers from fixed lists, compared label by label.

Where one label is wanted, an answer is right if it is one of those that the text has (accuracy); of a set, the score is
micro-F1, twice the hits over labels given and wanted. The whole is the mean of the kinds' scores.
"""

import pandas as pd

from assl_utils.evaluation.statistics import ratio
from assl_utils.tasks import closed


def judge(name, questions, answers):
    """What a score is computed from, a row per question, without a text: columns as of ``tables.counted``.

    Parameters
    ----------
    name : str
        Of the one who answers.
    questions : DataFrame
        ``benchmark, task, id, reference``; a label a line.
    answers : sequence of tuple of str, or None
        The labels given; None and an empty one are no answer, which is wrong and counts as unread.
    """
    rows = []
    for task, reference, given in zip(questions["task"], questions["reference"], answers, strict=True):
        wanted, said = set(reference.split("\n")), set(given or ())
        if task in closed.SETS:
            hits, size = len(wanted & said), len(wanted) + max(len(said), 1)  # no answer is one wrong label
            rows.append((2.0 * hits / size, 2.0 * hits, float(size), not said))
        else:
            right = float(bool(said) and said <= wanted)
            rows.append((right, right, 1.0, not said))
    out = pd.DataFrame(rows, columns=["correct", "numerator", "denominator", "unread"])
    names = questions[["benchmark", "task", "id"]].reset_index(drop=True)
    return pd.concat([names.assign(model=name, subject="", group=""), out], axis=1)


def score(items):
    """Points of each kind, and ``AVG``, their mean: a Series by task."""
    sums = items.groupby("task", observed=True)[["numerator", "denominator"]].sum()
    found = pd.Series(100 * ratio(sums["numerator"], sums["denominator"]), index=sums.index)
    return pd.concat([found, pd.Series({"AVG": found.mean()})])
