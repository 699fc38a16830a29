"""FinEval's unanswered test questions: a letter for each, in the one JSON file that its makers score.

A run keeps the questions in chapter 1's ``held_out.parquet``, see :func:`assl_utils.evaluation.exam_modes.split`. The
embedded corpus has none.
"""

from pathlib import Path

from assl_utils import store
from assl_utils.errors import DataError
from assl_utils.evaluation.exam_modes import LETTERS, by_likelihood
from assl_utils.experts.adapters import adapters
from assl_utils.sources import registry
from assl_utils.tasks import wordings


def likeliest_letters(model, tokenizer, questions, folders, routed, batch_size=32):
    """A letter for each question by the likelihood of its expert, without solved examples: what a submission takes."""
    with adapters(model, folders) as (loaded, full):
        who = [full[expert] for expert in routed]
        return by_likelihood(loaded, tokenizer, wordings.prompts(questions), who, batch_size, "unanswered questions")


def write(questions, letters, path):
    """Write the file that FinEval's makers score: ``{subject's key: {question's id: letter}}``.

    Parameters
    ----------
    questions : DataFrame
        The unanswered questions, see :func:`assl_utils.evaluation.exam_modes.split`; their ``id`` says which subject
        and which record of its file.
    letters : sequence of str
        A letter for each question.
    path : path
        The file; FinEval calls it ``submission.json``.

    Returns
    -------
    Path
        The file. Nothing is written unless every question that the registry counts has a letter.

    Notes
    -----
    FinEval counts the questions of each of its files from 0, our ids count its records from 1.
    """
    letters, wanted = list(letters), _unanswered()
    if len(letters) != len(questions):
        without = questions["id"].iloc[len(letters) : len(letters) + 1]
        first = f"; the first without a letter is {without.iloc[0]}" if len(without) else ""
        raise DataError(f"{len(letters)} letters for {len(questions)} questions{first}")
    given = {}
    for identity, letter in zip(questions["id"], letters, strict=True):
        if identity not in wanted:
            raise DataError(f"{identity} is none of FinEval's unanswered questions; give the rows that split() returns")
        if identity in given:
            raise DataError(f"{identity} is answered twice; a submission has one letter for each question")
        if letter not in LETTERS:
            raise DataError(f"{identity}: {letter!r} is none of A, B, C, D; by_likelihood always gives one of them")
        given[identity] = letter
    out = {}
    for identity, (key, number) in wanted.items():
        if identity not in given:
            raise DataError(f"{identity} has no letter; a submission answers all {len(wanted):,} questions")
        out.setdefault(key, {})[str(number)] = given[identity]
    return store.write_json(out, path)


def _unanswered():
    """FinEval's unanswered questions by our ids: the key of the subject and the question's id in its file."""
    files = [file for file in registry.benchmarks()["fineval"].files if file.role == "unanswered"]
    found = {}
    for member in (member for file in files for member in file.each()):
        stem = Path(member.path).stem
        for number in range(member.rows):
            found[f"fineval-{stem}-unanswered-{number + 1:05d}"] = stem.removesuffix("_test"), number
    return found
