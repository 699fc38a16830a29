"""FinEval in each of its modes: without and with solved examples, by a written answer and by the likeliest letter.

FinEval's own evaluation puts five questions of the subject's ``dev`` file, solved, before a question. A run keeps them
in chapter 1's ``held_out.parquet``: ``use`` is ``shots``, ``unanswered`` (for `assl_utils.evaluation.submission`) or
``not asked``, answered questions that a run leaves out. The embedded corpus has none; :func:`composed_shots` stands in
for the examples.
"""

import numpy as np
import pandas as pd

from assl_utils.corpus.exam import build
from assl_utils.evaluation import tables
from assl_utils.experts import generation, models
from assl_utils.experts.adapters import adapters as attached
from assl_utils.tasks import subjects, wordings

LETTERS = tuple(build.LETTERS)
WAYS = ("generation", "likelihood")
ANSWER = "\n答案："  # FinEval's own words after a question


def split(held_out, seed=0):
    """The solved examples, and the unanswered questions with their instructions.

    Parameters
    ----------
    held_out : DataFrame
        Chapter 1's ``held_out.parquet``; empty for the embedded corpus.
    seed : int, default 0
        Deals the evaluation's wordings to the questions, as chapter 1 deals them to those that are scored.

    Returns
    -------
    (DataFrame, DataFrame)
        FinEval's rows alone; shots need no instruction, for a prompt has one, that of its question.
    """
    exams = held_out[held_out["benchmark"] == "fineval"]
    shots, unanswered = (exams[exams["use"] == use].reset_index(drop=True) for use in ("shots", "unanswered"))
    return shots, wordings.evaluation_instructions(unanswered, seed) if len(unanswered) else unanswered


def composed_shots(n=5, seed=0):
    """``n`` solved examples a subject from the embedded exam's training side, which shares no question with the other.

    They stand in for FinEval's ``dev`` files where the run is made of the embedded corpus: ``input, reference, subject,
    group``.
    """
    if n < 1:
        raise ValueError(f"n is {n}; a subject has one solved example or more")
    rows, wanted = pd.DataFrame(), len(subjects.subjects()) * n
    rng = np.random.default_rng(seed)
    while len(rows) < wanted:  # the subjects come in random order
        drawn = build.questions(rng, 4 * wanted, "financeiq")
        rows = pd.concat([rows, pd.DataFrame(drawn)]).drop_duplicates("input").groupby("subject").head(n)
    return rows.rename(columns={"output": "reference"}).drop(columns="topic").reset_index(drop=True)


def few_shot(questions, shots, n=5, fits=None):
    """Prompts with solved examples of the same subject before each question.

    Parameters
    ----------
    questions : DataFrame
        ``instruction, input, subject``.
    shots : DataFrame
        Solved examples, ``input, reference, subject``; a subject's are taken from the first on.
    n : int, default 5
        How many come before a question.
    fits : callable, optional
        Whether a prompt is short enough, see :func:`room`. The last examples are left out until it is, for a model
        shortens what is too long from its end, and there the question is.

    Returns
    -------
    DataFrame
        ``prompt`` and ``examples``, how many it holds, in the questions' order. Where it is 0 (a subject without
        shots, no room, ``n=0``) the prompt is exactly the zero-shot one. A question is never its own example.
    """
    if n < 0:
        raise ValueError(f"n is {n}; a prompt has 0 solved examples or more")
    solved = {subject: list(zip(rows["input"], rows["reference"], strict=True)) for subject, rows in _by_subject(shots)}
    out = []
    for row in questions.itertuples():
        own = [pair for pair in solved.get(row.subject, []) if pair[0] != row.input][:n]
        while own and fits is not None and not fits(_prompt(row, own)):
            own = own[:-1]
        out.append((_prompt(row, own), len(own)))
    return pd.DataFrame(out, columns=["prompt", "examples"])


def room(model, tokenizer, max_new_tokens=0):
    """Whether a prompt leaves ``max_new_tokens`` of the model's window free, as a function of the prompt."""
    limit = getattr(model.config, "max_position_embeddings", 1 << 30) - max_new_tokens
    return lambda prompt: len(models.encode_chat(tokenizer, prompt)[0]) <= limit


def by_likelihood(model, tokenizer, prompts, adapters=None, batch_size=32, label=None, cache=None):
    """For each prompt the letter that the model finds likeliest as the beginning of its answer; of equals the first."""
    found = generation.option_likelihood(model, tokenizer, prompts, LETTERS, adapters, batch_size, label, cache)
    return [LETTERS[i] for i in found.argmin(axis=1)]


def examine(
    name, model, tokenizer, questions, shots, adapters=None, n=5, max_new_tokens=128, batch_size=32, cache=None
):
    """One model's exam in every mode.

    Parameters
    ----------
    name : str
        Name of the row in the tables.
    model, tokenizer, adapters, max_new_tokens, batch_size, cache
        As :func:`assl_utils.experts.generation.answer` takes them. With what chapter 8 gave, its zero-shot answers are
        taken from the cache.
    questions : DataFrame
        FinEval's rows of ``eval.parquet``.
    shots : DataFrame
        Solved examples, see :func:`split` and :func:`composed_shots`; if there are none for any question, the modes
        with examples are left out, for they would repeat the others.
    n : int, default 5
        Examples before a question; FinEval's own number.

    Returns
    -------
    DataFrame
        What :func:`assl_utils.evaluation.tables.judge` returns, with ``shots`` (0 or ``n``), ``way`` (``WAYS``) and
        ``examples`` (how many the prompt really had) before it; a row per question and mode.
    """
    fits, found = room(model, tokenizer, max_new_tokens), []
    for wanted in sorted({0, n}):
        asked = few_shot(questions, shots, wanted, fits)
        if wanted and not asked["examples"].any():
            continue
        prompts, label = asked["prompt"].tolist(), f"{name}, {wanted} shots"
        how = {"adapters": adapters, "batch_size": batch_size, "label": label, "cache": cache}
        written = generation.generate(model, tokenizer, prompts, max_new_tokens=max_new_tokens, **how)
        for way, answers in zip(WAYS, (written, by_likelihood(model, tokenizer, prompts, **how)), strict=True):
            judged = tables.judge(name, questions, answers)
            judged.insert(0, "shots", wanted)
            judged.insert(1, "way", way)
            judged.insert(2, "examples", asked["examples"].to_numpy())
            found.append(judged)
    return pd.concat(found, ignore_index=True)


def examine_system(model, tokenizer, questions, shots, folders, routed, **how):
    """The exam in every mode of the base model and of the routed experts, ``silversight``: two `examine` in one table.

    Parameters
    ----------
    model, tokenizer
        The base model.
    folders : mapping of name to folder
        The experts' adapters.
    routed : sequence of str
        The expert of each question.
    **how
        ``n, max_new_tokens, batch_size, cache`` of :func:`examine`.
    """
    found = [examine("base", model, tokenizer, questions, shots, **how)]
    with attached(model, folders) as (loaded, full):
        who = [full[expert] for expert in routed]
        found.append(examine("silversight", loaded, tokenizer, questions, shots, who, **how))
    return pd.concat(found, ignore_index=True)


def table(examined, n_boot=1000, seed=0, level=0.95):
    """Table 2 for every mode: ``shots, way, examples, without`` before the columns of ``evaluation.table2``.

    ``examples`` is the mean number of examples in a prompt, ``without`` how many questions had none. All modes share
    the draws of questions.
    """
    rows = []
    for (shots, way), part in examined.groupby(["shots", "way"], sort=False):
        found = tables.table2(part, n_boot, seed, level)
        examples = part.groupby("model")["examples"]
        counts = {"examples": examples.mean(), "without": examples.agg(lambda own: int((own == 0).sum()))}
        for place, (column, values) in enumerate(counts.items()):
            found.insert(place, column, found["model"].map(values))
        found.insert(0, "shots", shots)
        found.insert(1, "way", way)
        rows.append(found)
    return pd.concat(rows, ignore_index=True)


def _by_subject(shots):
    return shots.groupby("subject", sort=False) if len(shots) else ()


def _prompt(row, own):
    """The instruction, the solved examples, the question; ``ANSWER`` only where examples show what follows it."""
    if not own:
        return wordings.prompt(row.instruction, row.input)
    solved = [f"{text}{ANSWER}{letter}" for text, letter in own]
    return wordings.prompt(row.instruction, "\n\n".join([*solved, row.input + ANSWER]))
