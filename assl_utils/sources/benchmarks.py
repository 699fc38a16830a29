"""The questions of CFLEB and FinEval, out of their published lists."""

import hashlib
from pathlib import Path

from assl_utils.errors import DataError
from assl_utils.sources import cleaning, exam_records, fields, leakage, records
from assl_utils.tasks import parsing, subjects
from assl_utils.tasks.catalog import LABELS

QUESTIONS = ["benchmark", "task", "id", "subtask", "form", "input", "reference", "subject", "group"]
LENT = 80  # of 100 documents of FinNA's and FinQA's evaluation lists may be trained on, the others alone are scored


def questions(slug, parts):
    """The questions of one benchmark.

    Parameters
    ----------
    slug : str
        ``FE`` … ``NL``, or ``fineval``.
    parts : list of Part
        Its files; how many rows each gave is written into them.

    Returns
    -------
    list of list
        ``QUESTIONS`` and the use: ``scored``, ``shots`` (for few-shot prompts) or ``unanswered``. FinRE has one
        question for all relations of one (head, tail, text); of FinQA and FinNA only what is not lent is scored.
    """
    subtask, form = parsing.TASKS["exam" if slug == "fineval" else slug]
    out = []
    for part in parts:
        use = part.file.role
        loader = _unanswered(slug) if part.file.shape == "questions" else part.file.shape
        examples, part.skipped = records.load(loader, part.records, part.name)
        stem = _about(slug, part) if use == "scored" else [*_about(slug, part)[:2], f"{_about(slug, part)[2]}-{use}"]
        rows = []
        for number, (its_form, text, answer) in examples:
            if its_form not in (form, "") or (use == "scored" and slug in ("QA", "NA") and lent(subtask, text)):
                continue
            if slug == "NL" and answer:
                answer = " ".join(cleaning.split_labels(answer) or ())
                if not answer:
                    reason = "a label that is none of the 16"
                    part.skipped[reason] = part.skipped.get(reason, 0) + 1
                    continue
            head, subject = stem[:2], _subject(slug, part)
            identity = f"{stem[2]}-{number:05d}"
            rows.append([*head, identity, subtask, form, cleaning.tidy(text), cleaning.tidy(answer), *subject, use])
        if slug == "RE" and use == "scored":
            rows = _together(rows)
        part.rows = len(rows)
        out += rows
    return out


def lent(subtask, text):
    """Whether a document of FinNA or FinQA may be trained on; by the hash of the document, not of the question."""
    document = leakage.part_of(subtask, text)[1] or leakage.normalise(text)
    return int(hashlib.sha256(document.encode()).hexdigest()[:8], 16) % 100 < LENT


def _about(slug, part):
    if slug == "fineval":
        return ["fineval", "exam", f"fineval-{Path(part.name).stem}"]
    return ["cfleb", slug, f"cfleb-{slug.lower()}"]


def _subject(slug, part):
    """Chinese name and group of FinEval's subject, which the file's name holds."""
    if slug != "fineval":
        return ["", ""]
    key = Path(part.name).stem.rpartition("_")[0]
    for subject in subjects.subjects().values():
        if subject.key == key:
            return [subject.name, subject.group]
    raise DataError(f"{key!r} is none of FinEval's 34 subjects", part.name)


def _together(rows):
    """One row a question, its relations in the registry's order."""
    same = {}
    for row in rows:
        same.setdefault(row[5], []).append(row)
    relations = LABELS["relation"]
    return [
        [*first[:6], " ".join(name for name in relations if name in {row[6] for row in (first, *others)}), *first[7:]]
        for first, *others in same.values()
    ]


def _unanswered(slug):
    """The loader of questions without answers: an object with ``input``, of FinEval a row without ``answer``."""

    def load(record):
        if slug == "fineval":
            options = {letter: record[letter] for letter in "ABCD"}
            text, _ = exam_records.exam(record["question"], options, "A")
        elif slug in ("NSP1", "NSP2"):
            title, text, entities = record["input"]
            text = records.news(title, text, fields.names(entities))
        elif slug == "RE":
            text = records.relation_input(*record["input"])
        elif slug == "QA":
            text = records.question_input(record["input"])
        else:
            text = record["input"]
        if not text.strip():
            raise fields.Skip("empty input")
        return [("", text, "")]

    return load
