"""General instructions: what the embedded base model was pre-trained on besides running text, as rows to train and ask.

Copying, choosing, looking up, rewriting, comparing: the kinds of :mod:`assl_utils.corpus.base_model.skills`. Training
rows serve as a part of a mixture; the held-out questions show what an adapter has forgotten. The two never share an
input, whatever the seeds: a hash of the input decides on which side it is.
"""

import zlib
from functools import cache
from math import inf

import pandas as pd

from assl_utils.corpus.base_model import skills
from assl_utils.corpus.base_model.material import SKILLS
from assl_utils.corpus.base_model.pretrain import HELD_OUT, RECIPE
from assl_utils.corpus.base_model.training_text import running_text
from assl_utils.corpus.questions import evaluated, fragments
from assl_utils.text.normal import normalise

TEXTS = 2000  # running texts that the inputs are cut from
ACCOUNT = 400  # held-out instructions that the base model's account counts
_HELD_SHARE = 4  # one input in so many belongs to the held-out side
_SEED = 7_000_000  # of the running texts: away from those of the pre-training


def general(n, seed=0, held_out=False, kinds=None):
    """Return general instructions with one right answer each.

    Parameters
    ----------
    n : int
        Number of rows.
    seed : int, default 0
        Fixes every row. Asking for more changes none of those before.
    held_out : bool, default False
        Questions for a test instead of training rows.
    kinds : collection of str, optional
        Only these kinds (see :func:`kinds_of`); by default all, as often as in the pre-training.

    Returns
    -------
    DataFrame
        Training rows: ``id, source, task, subtask, form, input, output, multiplicity, instruction, instruction_id``,
        where source and task are ``general`` and the sub-task is the kind. Held-out: the columns of evaluation rows,
        ``benchmark, task, id, subtask, form, input, reference, subject, group, instruction, instruction_id``, where
        benchmark is ``general``, the task the kind and the group its family (``copying``, ``options``, …).

    Notes
    -----
    No input occurs twice, none is a question of the benchmarks of seeds 0 to 4, none is among the instructions on which
    the base model's account was measured. The pre-training drew from the same endless generator, so that a short input
    such as ``12+30=`` may have been seen there, with its answer, on either side.
    """
    if kinds is not None and (unknown := sorted(set(kinds) - set(SKILLS))):
        raise ValueError(f"unknown kind of general instruction {unknown[0]!r}: choose of {', '.join(sorted(SKILLS))}")
    texts = running_text(TEXTS, _SEED + 2 * seed + held_out, RECIPE["textbook_share"])
    found, seen, banned = [], set(_of_the_account()), evaluated(exam=True)
    for row in skills.rows(inf, [seed, int(held_out), _SEED], texts):
        if len(found) == n:
            break
        key = _key(row["input"])
        if key in seen or (kinds is not None and row["skill"] not in kinds) or _is_held_out(key) is not held_out:
            continue
        if not fragments(row["input"]) & banned:
            seen.add(key)
            found.append(row)
    return _questions(found) if held_out else _rows(found)


def kinds_of():
    """Return every kind of general instruction and its family, the file that makes it: ``{"echo": "copying", …}``."""
    return {name: SKILLS[name].make.__module__.rsplit(".", 1)[-1] for name in sorted(SKILLS)}


def _rows(found):
    frame = pd.DataFrame(found, columns=["skill", "instruction", "input", "output"])
    return pd.DataFrame({
        "id": [f"general-{i:05d}" for i in range(len(frame))], "source": "general", "task": "general",
        "subtask": frame["skill"], "form": "", "input": frame["input"], "output": frame["output"], "multiplicity": 1,
        "instruction": frame["instruction"], "instruction_id": "general." + frame["skill"],
    })  # fmt: skip


def _questions(found):
    frame = pd.DataFrame(found, columns=["skill", "instruction", "input", "output"])
    return pd.DataFrame({
        "benchmark": "general", "task": frame["skill"], "id": [f"general-held-{i:05d}" for i in range(len(frame))],
        "subtask": frame["skill"], "form": "", "input": frame["input"], "reference": frame["output"], "subject": "",
        "group": frame["skill"].map(kinds_of()), "instruction": frame["instruction"],
        "instruction_id": "general." + frame["skill"],
    })  # fmt: skip


def _key(text):
    return normalise(text) or text  # of marks alone nothing would be left


def _is_held_out(key):
    return zlib.crc32(key.encode()) % _HELD_SHARE == 0


@cache
def _of_the_account():
    """Return the keys of the inputs on which the base model's account counts right instructions."""
    texts = running_text(ACCOUNT, HELD_OUT, RECIPE["textbook_share"])
    return frozenset(_key(row["input"]) for row in skills.instructions(ACCOUNT, HELD_OUT, texts))
