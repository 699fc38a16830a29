r"""The score of one answer: the paper names "ACC", "F1" and "Rouge"; here is what they mean.

======  ============================================================================================
FE      accuracy
QA      character F1 per item, averaged: shared characters with multiplicity, after :func:`plain_characters`
NA      ROUGE-L F1 per item over characters, averaged
RE      micro-F1 over sets of relations; 其他 is one of the 44, so it counts like any other
NSP1    accuracy
NSP2    micro-F1 over sets of entities; 无 is the empty set
NL      micro-F1 over sets of the 16 labels
exam    accuracy
others  a sub-task by its name: accuracy of the whole answer; causal_qa and free texts of one's own as QA
======  ============================================================================================

Micro-F1 is :math:`\sum 2\,tp \,/\, \sum (2\,tp + fp + fn)` over items. An unread answer is one wrong item in the set:
it costs a false positive beside all that it missed, also where the gold set is empty.
"""

import unicodedata
from collections import Counter

import numpy as np

from assl_utils.evaluation.statistics import ratio
from assl_utils.tasks import catalog, parsing
from assl_utils.text.rouge import rouge_l, tokens

SETS = ("RE", "NSP2", "NL")
TEXTS = ("QA", "causal_qa")


def plain_characters(text):
    """Characters that QA compares: NFKC, lower case, no white space and no punctuation but the ``. % -`` of numbers."""
    text = parsing.nfkc(text).lower()
    kept = (c for c in text if c in ".%-" or unicodedata.category(c)[0] not in "PZC")
    return "".join(kept).strip(".")


def character_f1(answer, reference):
    """Harmonic mean of precision and recall over characters, repeated characters counted; 0 without a shared one."""
    answer, reference = Counter(plain_characters(answer)), Counter(plain_characters(reference))
    shared = (answer & reference).total()
    return 2 * shared / (answer.total() + reference.total()) if shared else 0.0


def set_counts(task, parsed, references):
    """True positives, false positives, false negatives per item: an integer array (n, 3)."""
    counts = np.zeros((len(parsed), 3), dtype=np.int64)
    for i, (answer, reference) in enumerate(zip(parsed, references, strict=True)):
        said, gold = parsing.as_set(task, answer), parsing.reference_set(task, reference)
        hits = len(said & gold)
        counts[i] = hits, len(said) - hits, len(gold) - hits
    return counts


def set_f1(counts):
    """F1 of every item from its counts; 1 where nothing was asked for and nothing said."""
    hits, false, missed = counts.T
    return ratio(2 * hits, 2 * hits + false + missed)


def item_scores(task, parsed, references):
    """Score between 0 and 1 of every item; for sets its own F1, of which micro-F1 is *not* the mean."""
    if task in SETS:
        return set_f1(set_counts(task, parsed, references))
    if task in TEXTS or catalog.OWN.get(task) == "text":
        return [character_f1(a, b) for a, b in zip(parsed, references, strict=True)]
    if task == "NA":
        said, gold = ([tokens(text) for text in texts] for texts in (parsed, references))
        return rouge_l(said, gold)["f"].to_numpy()
    gold = [parsing.parse(task, reference) for reference in references]
    unclear = [reference for reference, (_, ok) in zip(references, gold, strict=True) if not ok]
    if unclear:
        raise ValueError(f"{task}: the reference {unclear[0]!r} is none of the answers this task knows.")
    return [float(answer == value) for answer, (value, _) in zip(parsed, gold, strict=True)]
