"""Exam questions in the shape of FinEval, FinanceIQ and FinCorpus, composed from a fact base of our own words.

A question is a stem, a right option and wrong ones from sibling facts. Training and evaluation are kept apart by a hash
that no seed changes: a fact is defined on one side and recognised on the other, a set of options or numbers belongs to
one side only, and the two sides use different wordings.
"""

import zlib
from typing import NamedTuple

import numpy as np

from assl_utils.corpus.exam import calc, calculations  # noqa: F401  (the second registers them)
from assl_utils.corpus.exam.wordings import CLASSIFICATION, STEMS, TEXTBOOK, WORKED
from assl_utils.corpus.grammar import Draws
from assl_utils.tasks.subjects import subjects

STYLES = ("financeiq", "fineval", "fincorpus")
LETTERS = "ABCD"
MAX_INPUT = 150
_EVALUATION_SHARE = 4  # one set of options in so many is kept for the evaluation
_GAPS = ("（　）", "（ ）", "( )", "____")

_SINGLE = (("term", 0.35), ("match", 0.45), ("member", 0.6), ("non_member", 0.7), ("pair", 0.8), ("calc", 1.0))
_MULTIPLE = (("members", 0.5), ("non_members", 0.65), ("truths", 1.0))
_HELD = (("term", 0.4), ("member", 0.55), ("non_member", 0.65), ("pair", 0.75), ("calc", 1.0))


class Question(NamedTuple):
    """A question before its options are lettered: the first ``right`` options are the correct ones."""

    stem: str
    options: tuple
    right: int
    topic: str
    why: str
    key: str


def _hash(text):
    return zlib.crc32(text.encode())


def _is_held_out(key):
    return _hash(key) % _EVALUATION_SHARE == 0


def _ask(subject, form, held, draws, slots, options, right, topic, why):
    stem = draws.pick(STEMS[held][form]).render({"gap": draws.pick(_GAPS), "subject": subject.name, **slots}, draws)
    # an axis of two categories has only one set of options for its pairs: there the pair decides, in either order
    key = "|".join([subject.key, *sorted(topic.split("、") if form == "pair" else options)])
    return Question(stem, tuple(options), right, topic, why, key)


def _term(subject, held, draws):
    """Ask for the term of a meaning or the meaning of a term; a fact is asked in one direction per side."""
    terms = draws.sample(subject.terms, 4)
    meanings = [subject.terms[term] for term in terms]
    why = f"{terms[0]}是指{meanings[0]}。"
    form = "describe" if (_hash(f"{subject.key}|{terms[0]}") % 2 == 0) is held else "define"
    options = terms if form == "describe" else meanings
    return _ask(subject, form, held, draws, {"term": terms[0], "meaning": meanings[0]}, options, 1, terms[0], why)


def _statements(subject, draws, right):
    """Return four statements about four terms, the first ``right`` of them true, and the terms."""
    terms = draws.sample(subject.terms, 4)
    meanings = [subject.terms[term] for term in terms]
    false = 4 - right
    if false == 1:
        spare = [meaning for term, meaning in subject.terms.items() if term not in terms]
        meanings[3] = draws.pick(spare)
    else:  # the wrong ones exchange their meanings in a ring
        meanings[right:] = [*meanings[right + 1 :], meanings[right]]
    joint = draws.pick(("：", "是", "——"))
    return [term + joint + meaning for term, meaning in zip(terms, meanings, strict=True)], terms


def _match(subject, held, draws):
    options, terms = _statements(subject, draws, 1)
    return _ask(subject, "match", held, draws, {}, options, 1, terms[0], f"{terms[0]}是指{subject.terms[terms[0]]}。")


def _truths(subject, held, draws):
    right = draws.between(2, 4)
    options, terms = _statements(subject, draws, right) if right < 4 else _all_true(subject, draws)
    why = "全部解释都正确。" if right == 4 else f"{'、'.join(terms[right:])}的解释有误。"
    return _ask(subject, "truths", held, draws, {}, options, right, terms[0], why)


def _all_true(subject, draws):
    terms, joint = draws.sample(subject.terms, 4), draws.pick(("：", "是", "——"))
    return [term + joint + subject.terms[term] for term in terms], terms


def _split_axis(subject, draws, inside, outside):
    """Draw a category with ``inside`` of its members and ``outside`` members of its siblings, or None."""
    axis = draws.pick(subject.axes)
    category = draws.pick(tuple(axis))
    others = [member for name, row in axis.items() if name != category for member in row]
    if len(axis[category]) < inside or len(others) < outside:
        return None
    return category, draws.sample(axis[category], inside), draws.sample(others, outside)


def _category(subject, held, draws, form, right):
    """Ask which things belong to a category, or which of them do not; ``right`` options are correct."""
    negative = form.startswith("non_")
    inside, outside = (4 - right, right) if negative else (right, 4 - right)
    drawn = _split_axis(subject, draws, inside, outside)
    if drawn is None:
        return None
    category, members, others = drawn
    if form == "non_member":
        why = f"{others[0]}不属于{category}。"
    else:
        why = f"{'、'.join(members)}属于{category}" + ("，其余不是。" if negative else "。")
    options = others + members if negative else members + others
    return _ask(subject, form, held, draws, {"category": category}, options, right, category, why)


def _pair(subject, held, draws):
    """Ask for the categories of two things at once: with two categories there are just four answers."""
    axis = draws.pick(subject.axes)
    home = {member: category for category, row in axis.items() for member in row}
    first, second = draws.sample(home, 2)
    right = (home[first], home[second])
    wrong = [(a, b) for a in axis for b in axis if (a, b) != right]
    options = ["、".join(pair) for pair in [right, *draws.sample(wrong, 3)]]
    why = f"{first}属于{right[0]}，{second}属于{right[1]}。"
    return _ask(subject, "pair", held, draws, {"first": first, "second": second}, options, 1, f"{first}、{second}", why)


def _calc(subject, held, draws):
    name = draws.pick(subject.calcs)
    case = calc.draw(name, draws)
    kind = calc.CALCS[name]
    stem = draws.pick(kind.held if held else kind.stems).render(case.slots, draws) + draws.pick(_GAPS) + "。"
    return Question(stem, case.options, 1, name, case.why + "。", _numbers_key(name, case))


_FORMS = {
    "term": _term,
    "match": _match,
    "member": lambda subject, held, draws: _category(subject, held, draws, "member", 1),
    "non_member": lambda subject, held, draws: _category(subject, held, draws, "non_member", 1),
    "pair": _pair,
    "calc": _calc,
    "members": lambda subject, held, draws: _category(subject, held, draws, "members", draws.between(2, 4)),
    "non_members": lambda subject, held, draws: _category(subject, held, draws, "non_members", draws.between(2, 3)),
    "truths": _truths,
}


def _draw(subject, mix, held, draws):
    """Draw one question of the training or the evaluation side that is short enough, with its shuffled options."""
    while True:
        form = draws.weighted([name for name, _ in mix], [bound for _, bound in mix])
        question = _FORMS[form](subject, held, draws)
        if question is None or _is_held_out(question.key) is not held:
            continue
        order = draws.shuffle(range(len(question.options)))
        lines = [f"{letter}、{question.options[place]}" for letter, place in zip(LETTERS, order, strict=True)]
        text = "\n".join([question.stem, *lines])
        if len(text) > MAX_INPUT:
            continue
        letters = "".join(letter for letter, place in zip(LETTERS, order, strict=True) if place < question.right)
        return question, text, letters


def questions(rng, n, style, form=None):
    """Return ``n`` different training questions.

    Parameters
    ----------
    rng : numpy.random.Generator
        Fixes every question.
    n : int
        Number of questions.
    style : {"financeiq", "fineval", "fincorpus"}
        How the source words its answer: the letter; the letter and its text; single and multiple choice with a reason.
    form : str, optional
        Ask single-choice questions of this one form only, ``"calc"`` for calculations; by default a mix of all.

    Returns
    -------
    list of dict
        Rows with ``input`` (the question, then lines ``A、…`` to ``D、…``), ``output``, ``subject``, ``group`` and
        ``topic``: the term, category or calculation that is asked for.
    """
    if style not in STYLES:
        raise ValueError(f"unknown exam style {style!r}: choose one of {', '.join(STYLES)}")
    known = [name for name, _ in _SINGLE]
    if form not in (None, *known):
        raise ValueError(f"unknown form of exam question {form!r}: choose one of {', '.join(known)}")
    single = _SINGLE if form is None else ((form, 1.0),)
    draws, rows, seen = Draws(rng), [], set()
    names = tuple(subjects())
    while len(rows) < n:
        subject = subjects()[draws.pick(names)]
        multiple = form is None and style == "fincorpus" and draws.chance(0.6)
        question, text, letters = _draw(subject, _MULTIPLE if multiple else single, False, draws)
        if text in seen:
            continue
        seen.add(text)
        answer = letters
        if style == "fineval":
            answer = f"{letters}. {question.options[0]}"
        elif style == "fincorpus":
            answer = f"{letters}\n解析：{question.why}"
        row = {
            "input": text,
            "output": answer,
            "subject": subject.name,
            "group": subject.group,
            "topic": question.topic,
        }
        rows.append(row)
    return rows


def evaluation(rng, per_subject):
    """Return ``per_subject`` evaluation questions of each subject: single choice, the reference is a letter.

    None of them shares its stem, or its options or numbers, with a question that ``questions`` can give. A fact is
    asked again only when a subject has no other left.
    """
    draws, rows, keys = Draws(rng), [], set()  # keys of all subjects: some share a calculation
    for subject in subjects().values():
        topics, tries, wanted = set(), 0, len(rows) + per_subject
        while len(rows) < wanted:
            question, text, letters = _draw(subject, _HELD, True, draws)
            tries += 1
            again = question.topic in topics and question.topic not in subject.calcs
            if question.key in keys or (again and tries < 40 * per_subject):
                continue
            keys.add(question.key)
            topics.add(question.topic)
            row = {"input": text, "reference": letters, "subject": subject.name, "group": subject.group}
            rows.append(row | {"topic": question.topic})
    return rows


def textbook(n, seed):
    """Return ``n`` short passages of running text that state the facts, for pre-training; no question, no option."""
    draws, out = Draws(np.random.default_rng(seed)), []
    names = tuple(subjects())
    for _ in range(n):
        subject = subjects()[draws.pick(names)]
        out.append("".join(_sentence(subject, draws) for _ in range(draws.between(1, 3))))
    return out


def _sentence(subject, draws):
    kind = draws.u()
    if kind < 0.5:
        return definition(subject, draws)
    if kind < 0.8:
        return classification(subject, draws)
    return worked(subject, draws)


def definition(subject, draws, term=None):
    """Return a sentence that says what a term of the subject means: this one, or one at random."""
    term = draws.pick(tuple(subject.terms)) if term is None else term
    slots = {"term": term, "meaning": subject.terms[term], "subject": subject.name}
    return draws.pick(TEXTBOOK).render(slots, draws)


def classification(subject, draws):
    """Return a sentence that says what belongs to a category of the subject."""
    axis = draws.pick(subject.axes)
    category, other = draws.sample(axis, 2)
    many = draws.sample(axis[category], min(len(axis[category]), draws.between(2, 3)))
    slots = {"category": category, "other": other, "one": many[0], "two": draws.pick(axis[other])}
    return draws.pick(CLASSIFICATION).render({**slots, "many": "、".join(many), "subject": subject.name}, draws)


def worked(subject, draws):
    """Return a calculation of the subject with its result, as running text; never one of the evaluation's cases."""
    name, case = training_case(subject.calcs, draws)
    stem = draws.pick(calc.CALCS[name].stems).render(case.slots, draws)
    return draws.pick(WORKED).render({"stem": stem, "value": case.options[0], "why": case.why}, draws)


def training_case(names, draws):
    """Return the name of one of these calculations and a case of it whose numbers belong to the training side."""
    while True:
        name = draws.pick(names)
        case = calc.draw(name, draws)
        if not _is_held_out(_numbers_key(name, case)):
            return name, case


def _numbers_key(name, case):
    """Name the numbers alone: two subjects that share a calculation keep the same cases for the evaluation."""
    return f"{name}|" + "|".join(f"{slot}={number}" for slot, number in case.slots.items())
