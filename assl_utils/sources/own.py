"""Rows of one's own: a folder with a JSONL file for each source and a YAML file for each new sub-task.

``<source>.<sub-task>.jsonl`` holds a row a line, ``{"instruction": …, "input": …, "output": …}``. Where the sub-task is
none of the catalog, ``<sub-task>.yaml`` beside it says what it asks, see :mod:`assl_utils.tasks.own`. The rows' own
instruction is kept as ``own_instruction``: chapter 2's rule gives every row one of its sub-task's wordings.
"""

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from assl_utils.errors import DataError, near
from assl_utils.sources import formats, leakage
from assl_utils.tasks import catalog, own, parsing

ROW = ("instruction", "input", "output")  # what a line holds; `form` too where the sub-task has several
BENCHMARK = "own"  # of the questions
NAME = re.compile(r"[a-z][a-z0-9_]*")


@dataclass(frozen=True)
class Own:
    """What a folder holds.

    Attributes
    ----------
    rows : DataFrame
        For training: ``id, source, task, subtask, form, input, output, own_instruction``.
    questions : DataFrame
        Set aside to be asked: ``id, benchmark, task, subtask, form, input, reference``. The task is what CFLEB calls
        the sub-task (FE for sentiment), so that it is scored as there, and else the sub-task itself.
    leaking : int
        Rows that are in neither, for they are or nearly are a question.
    """

    rows: pd.DataFrame
    questions: pd.DataFrame
    leaking: int


def read(folder, share=0.25, seed=0, near_duplicate=0.8):
    """Read a folder of one's own, and part its rows into those to train on and those to ask.

    Parameters
    ----------
    folder : path
    share : float, default 0.25
        Of the different inputs of each source, so many are asked; at least one.
    seed : int, default 0
        Of that draw.
    near_duplicate : float, default 0.8
        As in chapter 1: a row whose input is so like that of a question is not trained on.

    Returns
    -------
    Own

    Raises
    ------
    DataError
        One sentence that names file and row. Sub-tasks are then known or not, rows are not returned.
    """
    if not 0 < share < 1:
        raise DataError(f"share is the part of the rows that is asked, above 0 and below 1, not {share}")
    folder = Path(folder)
    files = sorted(folder.glob("*.jsonl"))
    if not files:
        raise DataError("there is no <source>.<sub-task>.jsonl in this folder", folder)
    for path in sorted(folder.glob("*.yaml")):
        own.add(path)
    tables = [_rows(path) for path in files]
    if twice := next((t["source"][0] for i, t in enumerate(tables) if t["source"][0] in _names(tables[:i])), None):
        raise DataError(f"two files are called {twice!r} before the first dot; a source has one file", folder)
    rows = pd.concat(tables, ignore_index=True)
    asked = np.concatenate([_drawn(table["input"], share, seed, table["source"][0]) for table in tables])
    questions = rows[asked].rename(columns={"output": "reference"}).assign(benchmark=BENCHMARK)
    questions["task"] = [_task(*of) for of in zip(questions["subtask"], questions["form"], strict=True)]
    questions = questions[["id", "benchmark", "task", "subtask", "form", "input", "reference"]].reset_index(drop=True)
    rest = rows[~asked]
    leaks = leakage.find(rest, questions, near_duplicate)["train_id"].unique()
    kept = rest[~rest["id"].isin(leaks)].reset_index(drop=True)
    if gone := sorted(set(_names(tables)) - set(kept["source"])):
        raise DataError(
            f"no row of {gone[0]!r} is left to train on: all are, or nearly are, a question; bring rows that differ "
            "more, or a higher near_duplicate",
            folder,
        )
    return Own(kept, questions, len(leaks))


def _names(tables):
    return [table["source"][0] for table in tables]


def _rows(path):
    """The rows of one file, checked one by one."""
    source, dot, subtask = path.stem.partition(".")
    if not dot or not NAME.fullmatch(source):
        raise DataError("the name is to be <source>.<sub-task>.jsonl, in small letters, digits and _", path)
    if source in catalog.SOURCES:
        raise DataError(f"a source {source!r} exists already; give yours another name", path)
    if subtask not in catalog.SUBTASKS:
        hint = near(subtask, catalog.SUBTASKS)
        raise DataError(
            f"the sub-task {subtask!r} has no wordings: write them into {path.parent / subtask}.yaml{hint}", path
        )
    rows = [_row(record, subtask, path, n) for n, record in enumerate(formats.records(path, "json_lines"), 1)]
    if len({row["input"] for row in rows}) < 2:
        raise DataError("it needs two rows with different inputs: one to train on and one to ask", path)
    table = pd.DataFrame(rows)
    task = catalog.SUBTASKS[subtask][0]
    ids = [f"{source}-{n:06d}" for n in range(len(rows))]
    about = {"id": ids, "source": source, "task": task, "subtask": subtask}
    return pd.DataFrame(about)[list(about)].join(table)


def _row(record, subtask, path, number):
    if not isinstance(record, dict):
        raise DataError('a row is to be an object, {"instruction": …, "input": …, "output": …}', path, number)
    form = record.get("form", "")
    for key in ROW:
        if key not in record:
            raise DataError(f"the key {key!r} is missing; a row has {', '.join(ROW)}", path, number)
        if not isinstance(record[key], str):
            raise DataError(f"{key!r} is {record[key]!r:.60}; it is to be a text", path, number)
    for key in ("input", "output"):
        if not record[key].strip():
            raise DataError(f"{key!r} is empty; fill it in or take the row out", path, number)
    forms = catalog.FORMS.get(subtask, ("",))
    if form not in forms:
        wanted = " or ".join(map(repr, forms))
        raise DataError(f"'form' is {form!r}; of the sub-task {subtask!r} it is {wanted}", path, number)
    if not parsing.parse(subtask, record["output"], form)[1]:
        labels = ", ".join(catalog.LABELS.get(subtask, ())[:20])
        known = f"one of {labels}" if labels else f"an answer of {subtask}"
        raise DataError(f"'output' is {record['output']!r:.60}; it is to be {known}", path, number)
    return {"form": form, "input": record["input"], "output": record["output"], "own_instruction": record[ROW[0]]}


def _task(subtask, form):
    """The name under which a question is read and scored."""
    named = {of: task for task, of in parsing.TASKS.items()}
    return named.get((subtask, form), subtask)


def _drawn(inputs, share, seed, source):
    """Which rows are asked: all rows of an input or none, and never all inputs."""
    distinct = sorted(set(inputs))
    rng = np.random.default_rng([seed, *source.encode()])
    n = min(max(1, round(share * len(distinct))), len(distinct) - 1)
    return inputs.isin([distinct[i] for i in rng.permutation(len(distinct))[:n]]).to_numpy()
