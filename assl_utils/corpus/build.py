"""The embedded corpus: 23 small sources and two benchmarks in the shape of the paper's, generated from a seed.

Three streams of random numbers hang on one seed: training rows, evaluation rows and running text.
"""

import numpy as np
import pandas as pd

from assl_utils.corpus import faults, tasks
from assl_utils.corpus.exam.build import questions
from assl_utils.corpus.grammar import Draws
from assl_utils.corpus.lexicon import names
from assl_utils.corpus.questions import evaluation_rows, fingerprints, fresh, fresh_rows
from assl_utils.tasks.catalog import SOURCES, counts
from assl_utils.tasks.published_forms import SWAPPED, without_prices
from assl_utils.text.normal import normalise

TRAIN = 0  # stream 1 is evaluation, stream 2 running text
LEAKS = 12  # per leaking source
SHARES = {"exact_copy": 0.03, "near_copy": 0.04, "outlier": 0.02}
_LEAKING = {"fe": "FE", "nl": "NL", "nl2": "NL", "nsp": "NSP", "na": "NA", "fineval": "exam"}
_FORMATS = {"financeiq": "financeiq", "fineval": "fineval", "fincorpus": "fincorpus"}


def build(scale=0.018, floor=60, seed=0, sizes=None, per_subject=6):
    """Generate the corpus.

    Parameters
    ----------
    scale : float, default 0.018
        Rows per row of the paper's Table 3.
    floor : int, default 60
        Fewest rows of a source.
    seed : int, default 0
        One seed for all: same seed, same corpus, byte for byte.
    sizes : dict, optional
        Sizes of the CFLEB-shaped sets, see ``evaluation_rows``.
    per_subject : int, default 6
        Exam questions per FinEval subject.

    Returns
    -------
    train : DataFrame
        id, source, task, subtask, form, input, output, multiplicity, clean_input, clean_output: texts and answers as
        published, and what they are once corrected (see ``cleaning.settle``).
    evaluation : DataFrame
        benchmark, task, id, subtask, form, input, reference, subject, group.
    truth : DataFrame
        id, kind (plain, exact_copy, near_copy, outlier, conflict or leaked), family (id of the row that is copied, or
        of the first row of a group that contradicts itself), eval_id (of leaked rows), topic.
    """
    evaluation = evaluation_rows(seed, sizes, per_subject)
    seen = {key for text in evaluation["input"] for key in fingerprints(text)}
    rng = np.random.default_rng([seed, TRAIN])
    draws = Draws(rng)
    rows = {}
    for slug, n in counts(scale, floor).items():
        leaks = _leaks(draws, slug, evaluation, min(LEAKS, n // 4), rows.get("nl"))
        n_copies = {kind: round(share * n) for kind, share in SHARES.items()} if slug not in ("nl2", "afqmc") else {}
        n_plain = n - len(leaks) - sum(n_copies.values())
        if slug == "nl2":
            plain = [_glued(row) for row in rows["nl"] if row["kind"] == "plain"][:n_plain]
            plain += [_glued(row) | {"original": None} for row in _plain("nl", n_plain - len(plain), draws, rng, seen)]
        else:
            plain = _plain(slug, n_plain, draws, rng, seen)
        source = plain + leaks
        for kind, count in n_copies.items():
            source += _spoiled(kind, count, plain, draws, rows)
        rows[slug] = _number(slug, source, draws)
    flat = [row for source in rows.values() for row in source]
    for row in flat:
        row["family"] = row["original"]["id"] if row["original"] else ""
        if row["source"] == "stocka":
            row["clean_input"] = without_prices(row["clean_input"])
    frame = pd.DataFrame(flat)
    train = frame[
        ["id", "source", "task", "subtask", "form", "input", "output", "multiplicity", "clean_input", "clean_output"]
    ].copy()
    return train, evaluation.drop(columns="topic"), frame[["id", "kind", "family", "eval_id", "topic"]].copy()


def _row(
    slug, text, output, topic, form="", kind="plain", original=None, eval_id="", clean_input=None, clean_output=None
):
    source = SOURCES[slug]
    return {
        "source": slug, "task": source.task, "subtask": source.subtask, "form": form, "input": text, "output": output,
        "multiplicity": 1, "clean_input": text if clean_input is None else clean_input,
        "clean_output": output if clean_output is None else clean_output,
        "kind": kind, "original": original, "eval_id": eval_id, "topic": topic,
    }  # fmt: skip


def _plain(slug, n, draws, rng, seen):
    """Return n rows of a source as published; afqmc and cfsc_absa carry their published faults."""
    if slug in _FORMATS:
        return _exam(slug, n, rng, seen)
    if slug == "cfsc_absa":
        rows = []
        while len(rows) < n:
            rows += _aspect_rows(fresh(draws, tasks.aspect_group, seen)[1])
        return rows[:n]
    if slug == "nsp":
        made = fresh_rows(draws, tasks.negative, n, seen)
        forms = draws.shuffle([("judge", "subject")[i % 2] for i in range(n)])
        return [
            _row(slug, r[0], r[1] if form == "judge" else r[2], r[3], form) for r, form in zip(made, forms, strict=True)
        ]
    made = fresh_rows(draws, tasks.MAKERS[slug], n, seen)
    if slug == "afqmc":
        return [_row(slug, x, SWAPPED[y], topic, kind="conflict", clean_output=y) for x, y, topic in made]
    return [_row(slug, *row) for row in made]


def _aspect_rows(group):
    """Return the rows of one sentence, the aspect lost as published; aspects of two moods contradict each other."""
    rows = []
    for text, aspect, mood, topic in group:
        clean = f"{text}评价对象：{aspect}"
        rows.append(_row("cfsc_absa", text, mood, topic, clean_input=clean))
    if len(rows) > 1:
        for row in rows:
            row["kind"], row["original"] = "conflict", rows[0]
    return rows


def _glued(row):
    """Return a row of nl in nl2's form: the same text, the labels joined by nothing."""
    output = row["clean_output"].replace(" ", faults.GLUE)
    return _row(
        "nl2", row["input"], output, row["topic"], kind="conflict", original=row, clean_output=row["clean_output"]
    )


def _exam(slug, n, rng, seen):
    rows, rounds = [], 0
    while len(rows) < n:
        if (rounds := rounds + 1) > 50:
            raise RuntimeError(f"{slug}: the exam questions have run out after {len(rows)} of {n} rows")
        for q in questions(rng, n - len(rows), _FORMATS[slug]):
            if (key := normalise(q["input"])) not in seen:
                seen.add(key)
                clean = q["output"][0] if slug == "fineval" else q["output"]
                rows.append(_row(slug, q["input"], q["output"], q["topic"], clean_output=clean))
    return rows


def _leaks(draws, slug, evaluation, n, nl):
    """Return planted evaluation rows: three of four word for word, the fourth with small edits."""
    if slug not in _LEAKING:
        return []
    if slug == "nl2":
        leaked = [row for row in nl if row["kind"] == "leaked"]
        return [_glued(row) | {"kind": "leaked", "eval_id": row["eval_id"]} for row in leaked]
    name = _LEAKING[slug]
    if name == "NSP":  # the two scores share their texts: no text twice
        one, two = (evaluation[evaluation["task"] == score] for score in ("NSP1", "NSP2"))
        pool = pd.concat([one.iloc[::2], two.iloc[1::2]])
    else:
        pool = evaluation[evaluation["task"] == name]
    chosen = pool.iloc[draws.sample(range(len(pool)), min(n, len(pool)))]
    rows = []
    for i, q in enumerate(chosen.to_dict("records")):
        text, answer = q["input"], q["reference"]
        if i % 4 == 3:
            text = faults.near_copy(draws, text, q["subtask"], answer)
        output = _option(text, answer) if slug == "fineval" else answer
        rows.append(_row(slug, text, output, q["topic"], q["form"], "leaked", None, q["id"], clean_output=answer))
    return rows


def _option(text, letter):
    """Return the published form of an exam answer: ``D. 社会总产品``."""
    line = next(line for line in text.splitlines() if line.startswith(f"{letter}、"))
    return f"{letter}. {line[2:]}"


def _spoiled(kind, n, plain, draws, rows):
    """Return n rows made from plain ones: copies or outliers."""
    good = [row for row in plain if row["kind"] == "plain"]
    made = []
    for row in draws.sample(good, n):
        copy = row | {"kind": kind, "original": row}
        if kind == "near_copy":
            text = faults.near_copy(draws, row["input"], row["subtask"], row["output"])
            copy |= {"input": text, "clean_input": text + row["clean_input"][len(row["input"]) :]}
        elif kind == "outlier":
            others = rows.get("fe") or plain
            text = faults.outlier(draws, row["input"], draws.pick(others)["input"], draws.pick(names.PLACES))
            copy |= {"input": text, "clean_input": text, "original": None}
        made.append(copy)
    return made


def _number(slug, source, draws):
    """Shuffle the rows of a source and give them their ids."""
    shuffled = draws.shuffle(source)
    for i, row in enumerate(shuffled):
        row["id"] = f"{slug}-{i:05d}"
    return shuffled
