"""Material with numbers: repeatable, right, and nothing of it is a question that is trained on or asked."""

import hashlib
import re
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest

from assl_utils.corpus import build, numeric
from assl_utils.corpus.exam.calc import CALCS, draw
from assl_utils.corpus.grammar import Draws
from assl_utils.corpus.questions import evaluation_rows
from assl_utils.tasks import wordings
from assl_utils.tasks.numeric import is_numeric
from assl_utils.tasks.subjects import subjects
from assl_utils.text.normal import normalise

MAKERS = {"textbook": numeric.textbook, "questions": numeric.numeric_questions, "items": numeric.numeric_items}
DIGESTS = {  # of 200 rows of seed 0: who changes a generator sees here that recorded runs no longer fit
    "textbook": "795bb3337b5ca139",
    "questions": "7f1d1052df61b38b",
    "items": "636fc9655fad7cc7",
}


@pytest.fixture(scope="module")
def asked():
    return pd.concat([evaluation_rows(seed, per_subject=12 if seed else 6) for seed in range(5)])


@pytest.fixture(scope="module")
def questions():
    return numeric.numeric_questions(1500, 1)


def stem_and_options(text):
    stem, *lines = text.split("\n")
    assert [line[:2] for line in lines] == ["A、", "B、", "C、", "D、"]
    return stem, [line[2:] for line in lines]


def figures(text):
    return re.findall(r"\d+(?:\.\d+)?", text)


def value(expression):
    """The exact value of a printed sum."""
    python = expression.replace("×", "*").replace("÷", "/").replace("^", "**").replace("%", "/100")
    # a percentage binds more closely than the division before it
    python = re.sub(r"(\d+(?:\.\d+)?)/100", r"(\1/100)", python) if "%" in expression else python
    return eval(re.sub(r"\d+(?:\.\d+)?", r"Fraction('\g<0>')", python), {"Fraction": Fraction})


@pytest.mark.parametrize("name", MAKERS)
def test_one_seed_one_set_and_its_digest(name):
    rows = MAKERS[name](200, 0)
    found = hashlib.sha256(rows.to_csv(index=False).encode()).hexdigest()[:16]
    assert found == DIGESTS[name]
    assert rows.equals(MAKERS[name](200, 0)) and not rows.equals(MAKERS[name](200, 1))
    assert rows["id"].is_unique and len(rows) == 200 and len(MAKERS[name](0)) == 0


@pytest.mark.parametrize(("name", "column"), [("textbook", "text"), ("questions", "input"), ("items", "input")])
def test_asking_for_more_changes_nothing_before(name, column):
    few, many = MAKERS[name](60, 2), MAKERS[name](300, 2)
    assert few[column].tolist() == many[column].tolist()[:60]
    assert many[column].is_unique


def test_the_textbook_is_running_text_with_worked_numbers():
    texts = numeric.textbook(1500, 3)["text"]
    assert texts.str.len().between(40, numeric.LONGEST).all()
    assert texts.str.count(r"\d+(?:\.\d+)?").min() >= 2
    assert not texts.str.contains(r"[ABCD]、|（\s*）|_{2}|\{").any()
    assert set(numeric.FIELDS.values()) <= set(subjects())
    for text in texts:
        sentences = re.split(r"[。\n]", text)
        assert len(set(sentences) - {""}) == len([s for s in sentences if s]), f"a sentence comes twice: {text}"


def test_the_textbook_holds_no_evaluation_question(asked):
    banned = {normalise(text.split("\nA、")[0]) for text in asked["input"]} | {normalise(t) for t in asked["input"]}
    cases = set()  # what is given and the answer; cases of few or short numbers meet others by chance
    for row in asked[asked["benchmark"] == "fineval"].itertuples():
        stem, options = stem_and_options(row.input)
        given, answer = figures(stem), figures(options["ABCD".index(row.reference)])
        if row.topic in CALCS and sum(len(number) > 2 for number in {*given, *answer}) > 2:
            cases.add((frozenset(given), answer[0]))
    assert len(cases) > 100
    for text in numeric.textbook(2000, 4)["text"]:
        pieces = [text, *text.splitlines(), *re.split(r"[。？！…\n]", text)]
        assert not banned & {normalise(piece) for piece in pieces if piece}
        for sentence in text.split("。"):
            shown = figures(sentence)
            assert not any(given <= set(shown) and answer == shown[-1] for given, answer in cases if shown), sentence


def test_the_textbook_leaves_out_what_is_excluded():
    text = numeric.textbook(1, 5)["text"][0]
    sentence = max(text.split("。"), key=len) + "。"
    assert not numeric.textbook(40, 5, exclude=[sentence])["text"].str.contains(sentence, regex=False).any()


def test_questions_are_fresh(questions, asked, built):
    exam = asked.loc[asked["benchmark"] == "fineval", "input"]
    trained = built[0].loc[built[0]["task"] == "exam", "input"]
    for others in (exam, trained):
        cases = set()
        for text in others:
            if re.fullmatch(r"(?:[A-D]、.*\n?){4}", "\n".join(text.split("\n")[1:])):
                stem, options = stem_and_options(text)
                cases.add((frozenset(options), frozenset(re.findall(r"[\d.]+", stem))))
        for text in questions["input"]:
            stem, options = stem_and_options(text)
            assert (frozenset(options), frozenset(re.findall(r"[\d.]+", stem))) not in cases
    assert not set(map(normalise, questions["input"])) & set(map(normalise, [*exam, *trained]))


def test_questions_are_calculations_in_the_shape_of_training_rows(questions):
    expected = {"source": "numeric", "task": "exam", "subtask": "single_choice", "form": "", "multiplicity": 1}
    for column, only in expected.items():
        assert set(questions[column]) == {only}
    assert questions["output"].value_counts(normalize=True).between(0.2, 0.3).all()
    assert set(questions["subject"]) == set(subjects())
    known = wordings.load("single_choice").query("use == 'training'")["instruction"]
    assert set(questions["instruction"]) == set(known)
    assert all(map(is_numeric, questions["instruction"], questions["input"]))


def test_the_rows_at_hand_are_excluded():
    first = numeric.numeric_questions(50, 6, exclude=())
    again = numeric.numeric_questions(50, 6, exclude=first["input"])
    assert not set(first["input"]) & set(again["input"])
    stem, *options = first["input"][0].split("\n")
    other = "\n".join([f"换一种说法：{stem}", *options[::-1]])  # other words, another order, the same case
    assert first["input"][0] not in set(numeric.numeric_questions(50, 6, exclude=[other])["input"])


def test_the_default_excludes_the_corpus_of_the_cpu_profile(built):
    assert numeric._trained_cases() == {numeric._case(t) for t in built[0].query("task == 'exam'")["input"]}
    assert build.build()[0].equals(built[0])


def test_arithmetic_is_right():
    rows = numeric.numeric_items(3000, 7)
    formulas = rows[rows["subtask"] == "formula"]
    assert len(formulas) == 1500 and set(rows["source"]) == {"arithmetic"}
    for text, answer in zip(formulas["input"], formulas["output"], strict=True):
        assert text.endswith("=") and value(text[:-1]) == value(answer), (text, answer)


def test_every_formula_that_is_read_from_an_explanation_is_right():
    """All calculations, on both sides: the part before the last equals sign is the whole sum or none at all."""
    draws, read = Draws(np.random.default_rng(8)), set()
    for name in CALCS:
        for _ in range(20):
            found = numeric._SUM.search(draw(name, draws).why)
            if found:
                assert value(found[1]) == value(found[2]), (name, found.groups())
                read.add(name)
    assert len(read) > 0.85 * len(CALCS)
