"""The trivial answers: what no training at all reaches, to compare every model with.

Each baseline sees training rows only and returns an answer per evaluation row, to be judged like a model's. All work
within a sub-task and form, for that is what an instruction gives away.
"""

import re

import pandas as pd

from assl_utils.sources.leakage import normalise
from assl_utils.tasks import parsing

_HEADLINE = re.compile(r"\s*【[^】]+】")
_SENTENCE = re.compile(r"[^。！？!?\n]+[。！？!?]?")


def majority(train, evaluation):
    """The most frequent training output of the same sub-task and form, for every row.

    Outputs that read the same count together (``D. 文字`` and ``D``, ``中国公司`` and ``中国 公司``); multiplicity
    counts; ties go to the first in code-point order. Without training rows of its kind a row stays without an answer.

    Returns
    -------
    Series of str
        On the index of ``evaluation``.
    """
    favourites = _favourites(train)
    kinds = zip(evaluation["subtask"], evaluation["form"], strict=True)
    return pd.Series([favourites.get(kind, "") for kind in kinds], index=evaluation.index, dtype=object)


def lookup(train, evaluation):
    """The output of the training row with exactly the same text after normalisation; else the majority.

    Where a text has several outputs, the most frequent is taken. What this table scores is what leaked.
    """
    texts = _favourites(train, by_text=True)
    rows = zip(evaluation["subtask"], evaluation["form"], evaluation["input"].map(normalise), strict=True)
    fallback = majority(train, evaluation)
    found = [texts.get(row, answer) for row, answer in zip(rows, fallback, strict=True)]
    return pd.Series(found, index=evaluation.index, dtype=object)


def lead1(train, evaluation):
    """The first sentence of the text for summaries and questions (there: of the context); else the majority."""
    found = majority(train, evaluation).tolist()
    for i, (subtask, text) in enumerate(zip(evaluation["subtask"], evaluation["input"], strict=True)):
        if subtask in ("summary", "qa", "causal_qa"):
            found[i] = first_sentence(text if subtask == "summary" else context(text))
    return pd.Series(found, index=evaluation.index, dtype=object)


ALL = {"majority": majority, "lookup": lookup, "lead-1": lead1}  # the names of their rows in the tables


def first_sentence(text):
    """Up to the first 。！？ or line end; a leading 【headline】 is a sentence and comes without its brackets."""
    if found := _HEADLINE.match(text):
        return found[0].strip(" 　\n【】")
    found = _SENTENCE.search(text)
    return found[0].strip() if found else text.strip()


def context(text):
    """What follows the question, which ends at the first ？ (true of all FinQA rows); else the text itself."""
    return re.split(r"[？?]", text, maxsplit=1)[-1].strip() or text


def _favourites(train, by_text=False):
    """Most frequent output for every (sub-task, form), or for every (sub-task, form, normalised text)."""
    keys = ["subtask", "form"]
    rows = train[["subtask", "form", "input", "output"]].copy()
    rows["weight"] = train["multiplicity"] if "multiplicity" in train else 1
    rows["output"] = [_canonical(*row) for row in rows[["subtask", "form", "output"]].itertuples(index=False)]
    if by_text:
        rows["text"] = rows["input"].map(normalise)
        rows = rows[rows["text"] != ""]
        keys = [*keys, "text"]
    counted = rows.groupby([*keys, "output"], as_index=False)["weight"].sum()
    counted = counted.sort_values(["weight", "output"], ascending=[False, True], kind="stable")
    best = counted.drop_duplicates(keys)
    return {tuple(row[:-2]): row[-2] for row in best[[*keys, "output", "weight"]].itertuples(index=False)}


def _canonical(subtask, form, output):
    """The output as it is read, so that one answer in two spellings is one; unchanged where it cannot be read."""
    parsed, ok = parsing.parse(subtask, output, form)
    return parsed if ok else output
