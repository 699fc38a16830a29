"""The scores of the tables once more, by code not written here: scikit-learn, rouge-chinese and numpy.

What is theirs is the arithmetic: counting hits, precision and recall, the longest common subsequence, the mean. What
was *read* out of an answer is ours on both sides (:mod:`assl_utils.tasks.parsing`, and for QA
:func:`assl_utils.evaluation.metrics.plain_characters`): no library knows it. The column ``by`` of :func:`check` says
both.
"""

from collections import Counter

import numpy as np
import pandas as pd
from rouge_chinese import Rouge
from sklearn.metrics import accuracy_score, f1_score
from sklearn.preprocessing import MultiLabelBinarizer

from assl_utils.evaluation import tables
from assl_utils.evaluation.metrics import SETS, plain_characters
from assl_utils.tasks import parsing

COLUMNS = ["model", "benchmark", "task", "ours", "theirs", "by", "difference"]
ACCURACY = "scikit-learn's accuracy_score; answers read by assl_utils.tasks.parsing"
MICRO_F1 = (
    "scikit-learn's f1_score (micro); sets read by assl_utils.tasks.parsing, an unread answer is a label of its own"
)
ITEM_F1 = (
    "scikit-learn's f1_score (samples); characters kept by assl_utils.evaluation.metrics, repeated ones numbered here"
)
ROUGE = "rouge-chinese's rouge-l, averaged by numpy; characters parted here, an empty side scores 0 here"
LARGEST = 4_000_000  # pairs of characters in rouge-chinese's table; a larger one is not made, see `_common`
LONG = "; the subsequence of long texts by a row of bits here"
AVERAGES = {"cfleb": "numpy's mean of the seven scores beside it", "fineval": f"{ACCURACY}, over all questions"}


def check(predictions):
    """Every score of :func:`assl_utils.evaluation.tables.score` beside what libraries give the same predictions.

    Parameters
    ----------
    predictions : DataFrame
        As :func:`assl_utils.evaluation.tables.judge` makes them. The libraries are given ``parsed`` and ``reference``
        alone, so that a wrong ``correct`` shows too.

    Returns
    -------
    DataFrame
        ``COLUMNS``, a row per row of ``score``, in its order: scores from 0 to 100, ``by`` names the library and what
        is ours, ``difference`` is ours minus theirs. Nothing is raised where they differ.

    Notes
    -----
    For ROUGE-L rouge-chinese keeps a table of all pairs of characters, a microsecond and 150 bytes each: two texts of
    2,000 characters take four seconds and half a gigabyte. A summary by a stranger may have a million characters, and
    the first sentence of a text too, so where the table would be larger than that, the subsequence is found without one
    and ``by`` says so. The same pair of texts is compared once, whichever model gave it.
    """
    rows, seen = [], {}
    for line in tables.score(predictions).itertuples():
        mine = predictions[(predictions["model"] == line.model) & (predictions["benchmark"] == line.benchmark)]
        if line.task == "AVG":
            beside = [row[4] for row in rows if row[:2] == (line.model, line.benchmark)]
            theirs = np.mean(beside) if line.benchmark == "cfleb" else _accuracy("exam", mine)
            by = AVERAGES[line.benchmark]
        elif line.benchmark == "fineval":
            theirs, by = _accuracy("exam", mine[mine["group"] == line.task]), ACCURACY
        else:
            theirs, by = _score(line.task, mine[mine["task"] == line.task], seen)
        rows.append((line.model, line.benchmark, line.task, line.score, float(theirs), by, line.score - float(theirs)))
    return pd.DataFrame(rows, columns=COLUMNS)


def by_task(found):
    """The largest difference of each task over all models, and whose arithmetic it was: from :func:`check`."""
    groups = found.assign(difference=found["difference"].abs()).groupby("task", sort=False)
    return groups.agg(largest=("difference", "max"), by=("by", "first"))


def _score(task, rows, seen):
    """A task's score by a library, 0 to 100, and by whom."""
    parsed, references = rows["parsed"].fillna("").tolist(), rows["reference"].tolist()
    if task in SETS:
        gold = [parsing.reference_set(task, reference) for reference in references]
        return _f1(gold, [parsing.as_set(task, answer) for answer in parsed], "micro", 1.0), MICRO_F1
    if task == "QA":
        return _f1(list(map(_numbered, references)), list(map(_numbered, parsed)), "samples", 0.0), ITEM_F1
    if task == "NA":
        found = [_rouge(*pair, seen) for pair in zip(parsed, references, strict=True)]
        return 100 * np.mean([score for score, _ in found]), ROUGE + LONG * any(long for _, long in found)
    return _accuracy(task, rows), ACCURACY


def _accuracy(task, rows):
    gold = [parsing.parse(task, reference)[0] for reference in rows["reference"]]
    return 100 * accuracy_score(gold, rows["parsed"].fillna("").tolist())


def _f1(gold, said, average, empty):
    """F1 of sets; ``empty`` where nothing was asked for and nothing said.

    "" is a label that no set has: scikit-learn takes a table of a single column for something else than labels.
    """
    classes = sorted({"", parsing.UNPARSED}.union(*gold, *said))
    binary = MultiLabelBinarizer(classes=classes, sparse_output=True).fit([])
    return 100 * f1_score(binary.transform(gold), binary.transform(said), average=average, zero_division=empty)


def _numbered(text):
    """A multiset as a set: the characters that QA compares, the second 股 distinct from the first."""
    count = Counter()
    items = set()
    for character in plain_characters(text):
        count[character] += 1
        items.add(f"{character}{count[character]}")
    return items


def _rouge(answer, reference, seen):
    """ROUGE-L of two texts, and whether they were too long for the library."""
    pair = tuple("".join(text.split()) for text in (answer, reference))
    long = len(pair[0]) * len(pair[1]) > LARGEST
    if pair not in seen:
        seen[pair] = _without_a_table(*pair) if long else _by_library(*pair)
    return seen[pair], long


def _by_library(answer, reference):
    if not answer or not reference:
        return 0.0
    found = Rouge(metrics=["rouge-l"], stats=["f"]).get_scores(" ".join(answer), " ".join(reference))
    return found[0]["rouge-l"]["f"]


def _without_a_table(answer, reference):
    """ROUGE-L as rouge-chinese defines it, from `_common`."""
    common = _common(answer, reference)
    precision, recall = common / len(answer), common / len(reference)
    return 2 * precision * recall / (precision + recall + 1e-8)


def _common(one, other):
    """Length of the longest common subsequence, by one long number as a row of bits (Hyyrö, 2004).

    A step for each character of the shorter text, in each of which every character of the longer one is a bit: two
    texts of a million characters would take a million steps of a million bits, a minute and next to no memory.
    """
    short, long = sorted((one, other), key=len)
    codes = np.frombuffer(long.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    places = {}
    for character in set(short):
        bits = np.packbits(codes == ord(character), bitorder="little")
        places[character] = int.from_bytes(bits.tobytes(), "little")
    every = (1 << len(long)) - 1
    row = every
    for character in short:
        hit = row & places[character]
        row = ((row + hit) | (row - hit)) & every
    return len(long) - row.bit_count()
