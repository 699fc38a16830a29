"""The evaluation sets: seven scores in the shape of CFLEB, 34 subjects in the shape of FinEval."""

import re
from functools import cache

import numpy as np
import pandas as pd

from assl_utils.corpus import tasks
from assl_utils.corpus.exam.build import evaluation as exam_questions
from assl_utils.corpus.grammar import Draws
from assl_utils.text.normal import normalise

_SEEDS = range(5)  # corpora whose evaluation sets a model must not have read
EVALUATION = 1  # stream 0 is training, stream 2 running text
CFLEB = {"FE": 160, "QA": 120, "NA": 80, "RE": 120, "NSP": 120, "NL": 120}
_EVAL_MAKERS = {
    "FE": ("sentiment", tasks.sentiment), "QA": ("qa", tasks.qa), "NA": ("summary", tasks.summary),
    "RE": ("relation", tasks.relation), "NSP": ("negative_news", tasks.negative),
    "NL": ("news_classification", tasks.news),
}  # fmt: skip


def evaluation_rows(seed=0, sizes=None, per_subject=6, exam=True):
    """Return the evaluation rows: CFLEB-shaped, then FinEval-shaped.

    Parameters
    ----------
    seed : int, default 0
        Seed; the stream is another than that of the training rows.
    sizes : dict, optional
        Number of rows per score, over the defaults of ``CFLEB``. A text of NSP gives one row of NSP1 and one of NSP2.
    per_subject : int, default 6
        Exam questions per subject, 34 subjects.
    exam : bool, default True
        Whether to add the exam questions.

    Returns
    -------
    DataFrame
        benchmark, task, id, subtask, form, input, reference, subject, group, topic. No text occurs twice.
    """
    sizes = CFLEB | (sizes or {})
    if unknown := set(sizes) - set(CFLEB):
        raise ValueError(f"unknown scores {sorted(unknown)}; known: {', '.join(CFLEB)}")
    draws = Draws(np.random.default_rng([seed, EVALUATION]))
    rows, seen = [], set()
    for task, size in sizes.items():
        subtask, make = _EVAL_MAKERS[task]
        for i, row in enumerate(fresh_rows(draws, make, size, seen)):
            if task == "NSP":
                text, judged, subjects, topic = row
                rows.append(_eval_row("cfleb", "NSP1", i, "negative_news", "judge", text, judged, topic=topic))
                rows.append(_eval_row("cfleb", "NSP2", i, "negative_news", "subject", text, subjects, topic=topic))
            else:
                text, answer, topic = row
                rows.append(_eval_row("cfleb", task, i, subtask, "", text, answer, topic=topic))
    if exam:
        for i, q in enumerate(exam_questions(np.random.default_rng([seed, EVALUATION, 1]), per_subject)):
            about = (q["subject"], q["group"], q["topic"])
            rows.append(_eval_row("fineval", "exam", i, "single_choice", "", q["input"], q["reference"], *about))
    frame = pd.DataFrame(rows)
    return frame.sort_values("task", key=lambda s: s.map(_TASK_ORDER), kind="stable").reset_index(drop=True)


_TASK_ORDER = {name: i for i, name in enumerate(("FE", "QA", "NA", "RE", "NSP1", "NSP2", "NL", "exam"))}


def _eval_row(benchmark, task, i, subtask, form, text, reference, subject="", group="", topic=""):
    return {
        "benchmark": benchmark, "task": task, "id": f"{benchmark}-{task.lower()}-{i:05d}",
        "subtask": subtask, "form": form, "input": text, "reference": reference,
        "subject": subject, "group": group, "topic": topic,
    }  # fmt: skip


def fresh(draws, make, seen):
    """Draw until the text is new, read without punctuation and as a whole or by its longest sentence."""
    for _ in range(1000):
        row = make(draws)
        keys = fingerprints(row[0])
        if not any(key in seen for key in keys):
            seen.update(keys)
            return row
    raise RuntimeError("the generator has run out of new texts: ask for fewer rows")


def fresh_rows(draws, make, n, seen):
    """Return n new rows; where the maker takes a label, the labels come in their quotas, in random order."""
    shares = tasks.QUOTAS.get(make)
    if not shares:
        return [fresh(draws, make, seen) for _ in range(n)]
    bounds = np.cumsum(list(shares.values())) * n
    places = [min(int((bounds <= i + 0.5).sum()), len(shares) - 1) for i in range(n)]
    labels = draws.shuffle([list(shares)[place] for place in places])
    return [fresh(draws, lambda d, label=label: make(d, label), seen) for label in labels]


_SENTENCES = re.compile(r"[。？！…\n]")
OWN = 14  # a shorter sentence is common to many texts


def fingerprints(text):
    """Return the keys of a text: all of it, and its longest sentence if that is long enough to be of this text alone.

    Of a question with options the stem counts as its sentence: a right answer to one is a wrong one to many others.
    """
    stem = text.split("\nA、")[0]
    longest = stem if stem != text else max(_SENTENCES.split(text), key=len)
    return [normalise(text)] + ([normalise(longest)] if len(longest) >= OWN else [])


def fragments(text):
    """Return the keys of a text, of each of its lines and of each of its longer sentences."""
    pieces = [text, *text.splitlines(), *(piece for piece in _SENTENCES.split(text) if len(piece) >= OWN)]
    return {normalise(piece) for piece in pieces}


@cache
def evaluated(exam=False):
    """Return the keys of all evaluation texts of the corpora of seeds 0 to 4, with or without the exam questions."""
    tables = [evaluation_rows(seed, exam=exam) for seed in _SEEDS]
    return frozenset(key for table in tables for text in table["input"] for key in fingerprints(text))
