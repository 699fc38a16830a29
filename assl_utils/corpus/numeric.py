"""Material with numbers: textbook text, questions that need a calculation, and arithmetic without any finance.

It is for the study of models that are trained to read numbers. Everything is made from a seed, and nothing of it is a
question of an evaluation: the exam's cases are on one of two sides, decided by a hash that no seed changes, and what is
made here is on the side of training.
"""

import re
from functools import cache

import numpy as np
import pandas as pd

from assl_utils.corpus import build
from assl_utils.corpus.exam.build import classification, definition, questions, training_case, worked
from assl_utils.corpus.exam.calc import CALCS
from assl_utils.corpus.exam.wordings import TEXTBOOK
from assl_utils.corpus.general import general, kinds_of
from assl_utils.corpus.grammar import Draws, patterns
from assl_utils.corpus.lexicon.terms import TERMS
from assl_utils.corpus.questions import evaluated, fingerprints, fragments
from assl_utils.tasks import wordings
from assl_utils.tasks.subjects import subjects

_TEXTBOOK, _QUESTIONS, _ITEMS = 11, 12, 13  # streams of their own beside those of the corpus (0, 1, 2)
LONGEST = 220  # characters of a piece of the textbook
BATCH = 256  # exam questions drawn at a time
FIELDS = {  # a field of the glossary: the subject whose calculations go with it
    "证券": "证券从业资格证",
    "会计": "会计",
    "审计": "审计学",
    "税务": "税法",
    "银行": "商业银行金融学",
    "保险": "保险学",
    "基金": "基金从业资格证",
    "经济": "宏观经济学",
    "金融": "金融学",
}
_HEADS = patterns(
    """
    第{n}章　{subject}
    【{subject}】
    {subject}：概念与计算
    """
)
_ARITHMETIC = patterns(
    """
    [算出|求出]下面算式的[得数|结果][，只写数|]。
    这个算式[等于|的得数是]多少？
    [计算|算一算]：[只写得数|写出得数]。
    [请|]写出等号后面的数。
    """
)
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
# the sum before the last equals sign of an explanation; what stands before it must not belong to it (5万×3%)
_SUM = re.compile(r"(?<![^=≈，])([\d(][-+×÷/^()\d.%]*)=(\d[\d.]*%?)[^\d=]*$")


def textbook(n, seed=0, exclude=()):
    """Return raw text in the manner of a finance textbook, each piece with at least one worked calculation.

    A piece is about one of the 34 subjects (or a field of the glossary): a heading or none, what one to three terms
    mean, which things belong together, and one or two calculations as running text. It states the facts that the exam
    is about, as a textbook does. It never holds an evaluation's question, nor one of its cases with numbers.

    Parameters
    ----------
    n : int
        Number of pieces.
    seed : int, default 0
        Fixes every piece. Asking for more changes none of those before.
    exclude : iterable of str, default ()
        Inputs of which no sentence may occur, besides those of the evaluations of seeds 0 to 4.

    Returns
    -------
    DataFrame
        ``id, text``; no text twice, none longer than 220 characters.
    """
    banned = evaluated(exam=True) | {key for text in exclude for key in fingerprints(text)}
    draws, texts = Draws(np.random.default_rng([seed, _TEXTBOOK])), {}
    while len(texts) < n:
        text = _piece(draws)
        if len(text) <= LONGEST and not fragments(text) & banned:
            texts[text] = None
    return pd.DataFrame({"id": [f"textbook-{i:05d}" for i in range(n)], "text": list(texts)})


def _piece(draws):
    if draws.chance(0.25):
        field = draws.pick(tuple(FIELDS))
        subject = subjects()[FIELDS[field]]
        known = [(term, meaning) for term, of, meaning in TERMS if of == field]
        said = [
            draws.pick(TEXTBOOK).render({"term": term, "meaning": meaning, "subject": field}, draws)
            for term, meaning in draws.sample(known, 2)
        ]
    else:
        subject = subjects()[draws.pick(tuple(subjects()))]
        said = [definition(subject, draws, term) for term in draws.sample(subject.terms, draws.between(1, 3))]
        if draws.chance(0.4):
            said.append(classification(subject, draws))
    said += [worked(subject, draws) for _ in range(draws.between(1, 2))]
    if draws.chance(0.5):
        head = draws.pick(_HEADS).render({"subject": subject.name, "n": draws.pick("一二三四五六七八九")}, draws)
        said.insert(0, head + "\n")
    return "".join(dict.fromkeys(said))


def numeric_questions(n, seed=0, exclude=None):
    """Return single-choice exam questions that need a calculation, as training rows.

    Parameters
    ----------
    n : int
        Number of rows.
    seed : int, default 0
        Fixes every question and its wording. Asking for more changes no question of those before, but some wordings:
        they are given out evenly.
    exclude : iterable of str, optional
        Inputs of exam questions that must not come again: no row has the numbers and the options of one of them, in
        whatever words and order. By default the training rows of the corpus that chapter 1 makes on the ``cpu``
        profile; give the rows at hand where they are others.

    Returns
    -------
    DataFrame
        ``id, source, task, subtask, form, input, output, multiplicity, subject, group, instruction, instruction_id``;
        the source is ``numeric``, the output a letter, the instruction one of the 30 of ``single_choice``.
    """
    taken = set(_trained_cases() if exclude is None else map(_case, exclude))
    banned, rng, found, rounds = evaluated(exam=True), np.random.default_rng([seed, _QUESTIONS]), [], 0
    while len(found) < n:
        if (rounds := rounds + 1) > 50 + n:
            raise RuntimeError(f"the calculations have run out after {len(found)} of {n} questions: ask for fewer")
        for row in questions(rng, BATCH, "financeiq", form="calc"):
            case = _case(row["input"])
            if case not in taken and not banned & set(fingerprints(row["input"])):
                taken.add(case)
                found.append(row)
    frame = pd.DataFrame(found[:n], columns=["input", "output", "subject", "group"])
    ids = [f"numeric-{i:05d}" for i in range(n)]
    about = {"id": ids, "source": "numeric", "task": "exam", "subtask": "single_choice", "form": "", "multiplicity": 1}
    rows = frame.assign(**about)
    first = ["id", "source", "task", "subtask", "form", "input", "output", "multiplicity", "subject", "group"]
    return wordings.assign(rows[first], seed)


def numeric_items(n, seed=0):
    """Return arithmetic as training rows: the mathematical part of a mixture, without a word of finance.

    Half of the rows are sums to work out, ``(500-320)×25%=``: the formulas of the exam's calculations with numbers of
    the training side. The others are the general instructions about numbers (adding, sorting, counting, the largest).

    Parameters
    ----------
    n : int
        Number of rows.
    seed : int, default 0
        Fixes every row.

    Returns
    -------
    DataFrame
        The columns of :func:`assl_utils.corpus.general.general`'s training rows; the source is ``arithmetic``, the
        sub-task ``formula`` or the general kind. Formulas and others take turns; no input comes twice.
    """
    draws, sums = Draws(np.random.default_rng([seed, _ITEMS])), {}
    while len(sums) < n - n // 2:
        _, case = training_case(tuple(CALCS), draws)
        if formula := _SUM.search(case.why):
            left, value = formula.groups()
            sums.setdefault(left + "=", (value, draws.pick(_ARITHMETIC).render({}, draws)))
    formulas = pd.DataFrame([(text, *rest) for text, rest in sums.items()], columns=["input", "output", "instruction"])
    formulas = formulas.assign(subtask="formula", form="", task="general", multiplicity=1)
    kinds = [kind for kind, family in kinds_of().items() if family == "numbers"]
    others = general(n // 2, seed, kinds=kinds)
    rows = pd.concat([formulas.set_axis(range(0, n, 2)), others.set_axis(range(1, n, 2))]).sort_index()
    ids = [f"arithmetic-{i:05d}" for i in range(n)]
    rows = rows.assign(id=ids, source="arithmetic", instruction_id="arithmetic." + rows["subtask"])
    return rows[others.columns]


def _case(text):
    """Return what makes a question the same whatever its words: the numbers of its stem, and its options."""
    stem, *options = text.splitlines()
    return tuple(sorted(_NUMBER.findall(stem))), tuple(sorted(option[2:] for option in options))


@cache
def _trained_cases():
    rows = build.build()[0]
    return frozenset(map(_case, rows.loc[rows["task"] == "exam", "input"]))
