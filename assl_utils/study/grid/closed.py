"""The questions of the score `closed`: rows of the run itself, set aside before any line chooses.

Why rows and not the benchmarks' questions: two of the seven kinds (:mod:`assl_utils.tasks.closed`) are in no benchmark,
and a way to choose rows that was preferred on test questions could not be tested on them afterwards.

No line may choose a row that is, holds, is held by or nearly is a question (:func:`assl_utils.sources.leakage.find`,
what the protocol `clean` means everywhere): the same sentence with other entities and the same pair in another order
are gone too. The questions are the same for every line, seed and clustering.
"""

import numpy as np
import pandas as pd

from assl_utils import store
from assl_utils.sources import leakage
from assl_utils.tasks import closed
from assl_utils.text.normal import normalise

MOST, SHARE = 1000, 0.1  # questions of a kind: so many, but no more than this share of its texts
COLUMNS = [
    "benchmark", "task", "id", "subtask", "form", "source", "instruction", "input", "reference", "row",
]  # fmt: skip


def set_aside(rows, most=MOST, share=SHARE, seed=0):
    """Questions of every closed kind, and the rows that none of them may be answered from.

    Parameters
    ----------
    rows : DataFrame
        ``id, source, subtask, form, instruction, input, output``.
    most, share
        Of a kind's texts so many become questions, at most this share of them.
    seed : int

    Returns
    -------
    questions : DataFrame
        ``COLUMNS``. One question a text, for two questions about one sentence are hardly two; ``reference`` has a
        label a line: those of the row for a set, else every label that the run's rows give to this very input, each
        of which is right. ``row`` is the row's id.
    aside : ndarray of bool, shape (rows,)
        The questions' rows and all that are, hold, are held by or nearly are one.
    """
    kind, found = closed.kinds(rows), []
    for number, name in enumerate(closed.KINDS):
        mine = rows[kind == name]
        texts = [
            leakage.part_of(*row)[1] or normalise(row[1]) for row in zip(mine["subtask"], mine["input"], strict=True)
        ]
        mine = mine.assign(text=texts, labels=closed.labels(name, mine["output"]))
        mine = mine[(mine["text"] != "") & (mine["labels"].map(len) > 0)]
        ways = mine.groupby("input")["labels"].agg(lambda given: tuple(sorted({own[0] for own in given})))
        mine = mine.sort_values("id").drop_duplicates("text").sort_values("text", kind="stable")
        picks = np.random.default_rng([seed, number]).permutation(len(mine))[: min(most, int(share * len(mine)))]
        mine = mine.iloc[np.sort(picks)]
        right = mine["labels"] if name in closed.SETS else mine["input"].map(ways)
        found.append(mine.assign(task=name, reference=["\n".join(own) for own in right]))
    questions = pd.concat(found, ignore_index=True)
    questions = questions.assign(benchmark="closed", row=questions["id"], id="closed-" + questions["id"].astype(str))
    questions = questions[COLUMNS]
    near = leakage.find(rows, questions)["train_id"]
    return questions, rows["id"].isin({*near, *questions["row"]}).to_numpy()


def kept(folder, rows):
    """`set_aside`, found once and kept in a folder; the same two things."""
    with store.locked(folder):
        if not (folder / "questions.parquet").is_file():
            questions, aside = set_aside(rows)
            store.write_array(aside, folder / "aside.npy")
            store.write_table(questions, folder / "questions.parquet")
    return store.read_table(folder / "questions.parquet"), store.read_array(folder / "aside.npy")
