"""The score of general instructions: exact match, after what does not make two answers different.

==========  =========================================================================================
letters     of kinds that ask for an option's letter: ``B``, also as ``B、…`` or ``答案是B``
numbers     of kinds that ask for a number: ``12``, also as ``12。`` or ``12个``
all others  the text itself: width (NFKC), white space at the ends, quotes around and a stop after it do not count
==========  =========================================================================================

An answer in which no letter, number or text is left is unread: wrong, and counted.
"""

import re

import pandas as pd

from assl_utils.tasks.parsing import nfkc, parse

LETTERS = ("option_letter", "text_to_letter")
NUMBERS = ("sums", "formula", "count_lines", "count_signs", "position", "extreme_number")
COLUMNS = [
    "model", "benchmark", "task", "id", "subject", "group", "correct", "numerator", "denominator", "unread",
]  # fmt: skip
_NUMBER = re.compile(r"(-?\d+(?:\.\d+)?%?)[^\d]{0,2}")
_QUOTES = ("“”", "「」", '""', "''")


def score_general(answers, references, kinds, model="base", ids=None, groups=None):
    """Score answers to general instructions, item by item.

    Parameters
    ----------
    answers : sequence of str or None
        None is an answer that was never given.
    references, kinds : sequence of str
        The right answer and the kind of each instruction: columns ``reference`` and ``task`` of the questions.
    model : str, default "base"
        Who answered.
    ids : sequence of str, optional
        Column ``id`` of the questions; numbers from 0 when left out.
    groups : sequence of str, optional
        Column ``group`` of the questions; empty when left out.

    Returns
    -------
    DataFrame
        ``COLUMNS``, those of :func:`assl_utils.evaluation.tables.counted`; ``task`` is the kind, ``correct`` and
        ``numerator`` are 1.0 or 0.0, ``denominator`` is 1.0.

    Raises
    ------
    ValueError
        If the lists differ in length, or a reference cannot be read by its kind's rule.
    """
    answers, references, kinds = list(answers), list(references), list(kinds)
    ids = [f"{i}" for i in range(len(answers))] if ids is None else list(ids)
    groups = [""] * len(answers) if groups is None else list(groups)
    sizes = {"answers": answers, "references": references, "kinds": kinds, "ids": ids, "groups": groups}
    for name, values in sizes.items():
        if len(values) != len(answers):
            raise ValueError(f"{model}: {len(answers)} answers but {len(values)} {name}; give one for each.")
    said = [read(kind, answer) for kind, answer in zip(kinds, answers, strict=True)]
    gold = [read(kind, reference) for kind, reference in zip(kinds, references, strict=True)]
    if "" in gold:
        place = gold.index("")
        raise ValueError(f"{kinds[place]}: the reference {references[place]!r} is no answer of this kind.")
    correct = [float(answer == wanted) for answer, wanted in zip(said, gold, strict=True)]
    out = pd.DataFrame({"task": kinds, "id": ids, "group": groups, "correct": correct, "numerator": correct})
    out = out.assign(model=model, benchmark="general", subject="", denominator=1.0, unread=[not text for text in said])
    return out.reindex(columns=COLUMNS)


def read(kind, answer):
    """Return an answer in the form in which two are compared, ``""`` where it cannot be read."""
    text = nfkc(answer).strip() if isinstance(answer, str) else ""
    if kind in LETTERS:
        return parse("exam", text)[0]
    if kind in NUMBERS:
        found = _NUMBER.fullmatch(text)
        return found[1] if found else ""
    text = text.removesuffix("。").strip() or text
    for left, right in _QUOTES:
        if len(text) > 2 and text[0] == left and text[-1] == right:
            text = text[1:-1]
    return "\n".join(line.strip() for line in text.splitlines())
