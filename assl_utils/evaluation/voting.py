"""Several experts answer a question, and the answer that most of them give counts.

What an answer means is compared, not how it is written: letters, labels and entities in any order are one answer. Free
texts are hardly ever the same, so there the winner is the one that is most like the others: the highest mean ROUGE-L F1
to them, over characters. That is our rule; FinTeamExperts' abstract, all of it that this project has, does not say.
"""

import math
from collections import Counter
from itertools import combinations

import numpy as np
import pandas as pd

from assl_utils.tasks import parsing
from assl_utils.text.rouge import rouge_l, tokens

FREE = ("qa", "summary", "causal_qa")  # sub-tasks that are answered in sentences


def vote(task, parsed, order=None, form=""):
    """Whose answer counts, question by question.

    Parameters
    ----------
    task : str
        As for :func:`assl_utils.tasks.parsing.parse`.
    parsed : DataFrame of str, or list of lists, of shape (n, m)
        What ``m`` models answered to ``n`` questions, read by ``parse``; ``""`` is an unread answer.
    order : array of int or of column names, of shape (n, k) or (k,), or None
        Who votes on each question, the most trusted first; with names for a DataFrame only. None is all, in the order
        of the columns.
    form : str, default ""

    Returns
    -------
    ndarray of int of shape (n,)
        The column of the chosen model: of those that gave the winning answer the first in ``order``.

    Notes
    -----
    An unread answer is no vote. If all are unread the first in ``order`` is chosen, so that a question always has one.
    Of answers with as many votes, or texts with the same mean, the one wins whose first giver comes earlier in
    ``order``.
    """
    columns = list(parsed.columns) if isinstance(parsed, pd.DataFrame) else None
    answers = parsed.to_numpy().tolist() if columns is not None else [list(row) for row in parsed]
    if wide := {len(row) for row in answers} - {len(answers[0])} if answers else ():
        raise ValueError(f"the questions have different numbers of answers, {len(answers[0])} and {min(wide)}")
    voters = _voters(order, len(answers), len(answers[0]) if answers else 0, columns)
    parsing.as_set(task, "", form)  # an unknown task is an error here, also without questions
    for number, row in enumerate(answers):
        if not all(isinstance(answer, str) for answer in row):
            raise ValueError(f"question {number} has an answer that is no text: {row!r:.200}; an unread one is ''")
    subtask = parsing.TASKS.get(task, (task.partition(":")[0], ""))[0]
    if subtask in FREE:
        return _most_like_the_others(answers, voters)
    found = np.zeros(len(answers), dtype=np.int64)
    for number, (row, who) in enumerate(zip(answers, voters, strict=True)):
        readings = [(parsing.as_set(task, row[model], form), model) for model in who if row[model]]
        votes = Counter(reading for reading, _ in readings)
        # max keeps the first of equals, and the readings are in the voters' order
        found[number] = max(readings, key=lambda pair: votes[pair[0]])[1] if readings else who[0]
    return found


def _most_like_the_others(answers, voters):
    readers = [[model for model in who if row[model]] for row, who in zip(answers, voters, strict=True)]
    pairs = [(n, one, other) for n, read in enumerate(readers) for one, other in combinations(range(len(read)), 2)]
    said = [[tokens(row[model]) for model in read] for row, read in zip(answers, readers, strict=True)]
    like = [[[] for _ in read] for read in readers]
    scores = rouge_l([said[n][one] for n, one, _ in pairs], [said[n][other] for n, _, other in pairs])["f"]
    for (n, one, other), score in zip(pairs, scores.tolist(), strict=True):
        like[n][one].append(score)
        like[n][other].append(score)
    found = np.zeros(len(answers), dtype=np.int64)
    for number, (read, who) in enumerate(zip(readers, voters, strict=True)):
        # each has as many others, so the sums decide; fsum, for the order of adding must not
        sums = [math.fsum(scores) for scores in like[number]]
        found[number] = read[sums.index(max(sums))] if read else who[0]
    return found


def _voters(order, n, m, columns):
    """For each question the columns that vote, in order."""
    if n and not m:
        raise ValueError("no model answered: give one column of answers at the least")
    if order is None:
        return [list(range(m))] * n
    try:
        order = order.to_numpy() if isinstance(order, pd.DataFrame | pd.Series) else np.asarray(order)
    except ValueError:
        raise ValueError("order has rows of different lengths; as many models vote on each question") from None
    order = np.broadcast_to(order, (n, len(order))) if order.ndim == 1 else order
    if order.ndim != 2 or len(order) != n or (n and not order.shape[1]):
        raise ValueError(f"order has the shape {order.shape}, but there are {n} questions; give a row for each")
    if columns is not None and order.dtype.kind not in "iu":
        unknown = sorted({str(name) for name in order.flat} - set(map(str, columns)))
        if unknown:
            raise ValueError(f"order names {', '.join(unknown)}, but the columns are {', '.join(map(str, columns))}")
        order = np.array([[columns.index(name) for name in row] for row in order.tolist()])
    if order.dtype.kind not in "iu" or (n and not (0 <= order.min() and order.max() < m)):
        raise ValueError(f"order is to hold columns, 0 to {m - 1}, or the names of a DataFrame's")
    voters = order.tolist()
    for number, who in enumerate(voters):
        if len(set(who)) < len(who):
            raise ValueError(f"question {number}: order names a model twice, {who}; each has one vote")
    return voters
