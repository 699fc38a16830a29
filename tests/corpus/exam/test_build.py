"""Laws of the exam questions: one right answer, exact arithmetic, uniform letters, an evaluation kept apart."""

import re
from collections import Counter
from fractions import Fraction

import numpy as np
import pytest

from assl_utils.corpus.exam import build
from assl_utils.corpus.exam.calc import CALCS
from assl_utils.tasks.subjects import GROUPS, subjects

FINEVAL = {
    "Accounting": (
        "会计 高级财务会计 审计学 公司战略与风险管理 成本会计学 经济法 财务管理学 中级财务会计 管理会计学 税法"
    ),
    "Certificate": "银行从业资格证 管理会计师 注册会计师 中国精算师 基金从业资格证 期货从业资格证 证券从业资格证",
    "Economy": "计量经济学 国际经济学 宏观经济学 微观经济学 政治经济学 财政学 统计学",
    "Finance": (
        "中央银行学 商业银行金融学 公司金融学 金融学 金融工程学 金融市场学 保险学 国际金融学 投资学 货币金融学"
    ),
}


def rng(seed):
    return np.random.default_rng(seed)


@pytest.fixture(scope="module")
def single():
    return build.questions(rng(11), 4000, "financeiq")


@pytest.fixture(scope="module")
def many():
    return build.questions(rng(12), 3000, "fincorpus")


@pytest.fixture(scope="module")
def held():
    return build.evaluation(rng(13), 30)


def split(text):
    """Take an input apart: its stem and its four options."""
    stem, *lines = text.split("\n")
    assert [line[:2] for line in lines] == ["A、", "B、", "C、", "D、"]
    return stem, [line[2:] for line in lines]


def numbers(text):
    return [Fraction(x) for x in re.findall(r"-?\d+(?:\.\d+)?", text)]


def test_the_34_subjects_of_fineval_in_their_4_groups():
    found = {group: " ".join(s.name for s in subjects().values() if s.group == group) for group in GROUPS}
    assert found == FINEVAL
    assert len(subjects()) == 34 and len({s.key for s in subjects().values()}) == 34


def test_every_subject_has_facts_enough():
    for subject in subjects().values():
        assert len(subject.terms) >= 12, subject.name
        assert sum(len(row) for axis in subject.axes for row in axis.values()) >= 12, subject.name
        assert len(subject.axes) >= 2 and len(subject.calcs) >= 2, subject.name
        assert all(calc in CALCS for calc in subject.calcs), subject.name


def test_meanings_are_short_distinct_and_do_not_hold_their_term():
    for subject in subjects().values():
        meanings = list(subject.terms.values())
        assert len(set(meanings)) == len(meanings), subject.name
        assert all(len(meaning) <= 26 for meaning in meanings), subject.name
        assert not [term for term, meaning in subject.terms.items() if len(term) > 2 and term in meaning]


def test_inputs_are_short_and_options_distinct(single, many, held):
    for row in [*single, *many, *held]:
        stem, options = split(row["input"])
        assert len(set(options)) == 4 and all(options) and stem
        assert len(row["input"]) <= 150


def test_letters_are_uniform(single, held):
    for answers in ([row["output"] for row in single], [row["reference"] for row in held]):
        counts = Counter(answers)
        assert set(counts) == set("ABCD")
        expected = len(answers) / 4
        assert (
            sum((count - expected) ** 2 / expected for count in counts.values()) < 16.3
        )  # chi-square, 3 df, p = 0.001


def test_letters_of_multiple_choice_are_uniform_too(many):
    letters = Counter("".join(answer for row in many if len(answer := row["output"].split("\n")[0]) == 2))
    expected = sum(letters.values()) / 4
    assert sum((count - expected) ** 2 / expected for count in letters.values()) < 16.3


def true_of_terms(subject, stem, option):
    """Is the option true, read off the fact base only? None where the stem is not about terms."""
    terms = subject.terms
    for term, meaning in terms.items():
        if meaning in stem:
            return option == term
    for term in sorted(terms, key=len, reverse=True):
        if option in terms.values() and term in stem.replace(subject.name, ""):
            return option == terms[term]
    for joint in ("：", "是", "——"):
        term, _, meaning = option.partition(joint)
        if term in terms and meaning in terms.values():
            return terms[term] == meaning
    return None


def true_of_categories(subject, stem, option):
    """Is the option true, read off the axes only? None where the stem names no category."""
    for axis in subject.axes:
        home = {member: category for category, row in axis.items() for member in row}
        if option in home:
            for category in sorted(axis, key=len, reverse=True):
                if category in stem:
                    inside = home[option] == category
                    negative = re.search("不属于|不能|不应|不算|不该|除.{1,4}外", stem.replace(category, ""))
                    return not inside if negative else inside
        first_second = option.split("、")
        if len(first_second) == 2 and all(name in axis for name in first_second):
            named = [m for m in home if m in stem]
            pairs = [
                (a, b) for a in named for b in named for joint in ("、", "和", "与", "以及") if a + joint + b in stem
            ]
            # the longest pair: 保险人 also stands inside 被保险人
            return [home[m] for m in max(pairs, key=lambda pair: len("".join(pair)))] == first_second
    return None


def check_answers(rows, answer):
    judged = 0
    for row in rows:
        subject, (stem, options) = subjects()[row["subject"]], split(row["input"])
        truth = [true_of_categories(subject, stem, option) for option in options]
        if None in truth:
            truth = [true_of_terms(subject, stem, option) for option in options]
        if None in truth:
            continue
        judged += 1
        assert "".join(letter for letter, true in zip("ABCD", truth, strict=True) if true) == answer(row), row["input"]
    assert judged > len(rows) / 2


def test_exactly_the_true_options_are_the_answer(single, many, held):
    check_answers(single, lambda row: row["output"])
    check_answers(many, lambda row: row["output"].split("\n")[0])
    check_answers(held, lambda row: row["reference"])


ARITHMETIC = {  # each formula once more, on the numbers as they stand in the stem
    "balance_equation": lambda a, d: a - d,
    "current_ratio": lambda a, s, d: a / d,
    "straight_line": lambda c, r, y: (c - c * r / 100) / y,
    "double_declining": lambda c, r, y: 2 * c / y,
    "goodwill": lambda price, share, fair: price - share * fair / 100,
    "deferred_tax": lambda book, base, rate: rate * (book - base) / 100,
    "unit_cost": lambda m, w, o, n: (m + w + o) / n,
    "equivalent_units": lambda done, open_, degree: done + open_ * degree / 100,
    "break_even": lambda f, p, v: f / (p - v),
    "contribution_margin": lambda p, v: 100 - 100 * v / p,
    "income_tax": lambda i, c, r: (i - c) / 4,
    "vat": lambda s, b, r: s * r / 100 - b * r / 100,
    "simple_interest": lambda p, r, y: p * r * y / 100,
    "npl_ratio": lambda n, a, b, c: 100 * (a + b + c) / n,
    "capital_adequacy": lambda c, m, a: 100 * (c - m) / a,
    "bill_discount": lambda face, rate, *rest: face * rate / 100 * rest[-1] / 360,
    "unemployment_rate": lambda w, u, o: 100 * u / (w + u),
    "price_elasticity": lambda p, q: q / p,
    "surplus_value_rate": lambda c, v, m: 100 * m / v,
    "profit_rate": lambda c, v, m: 100 * m / (c + v),
    "money_multiplier": lambda c, r, e: (1 + c / 100) / ((c + r + e) / 100),
    "deposit_multiplier": lambda d, r: d / (r / 100),
    "real_rate": lambda n, i: n - i,
    "futures_profit": lambda low, high, lots, unit: (high - low) * lots * unit,
    "futures_margin": lambda price, lots, unit, rate: price * lots * unit * rate / 100,
    "price_earnings": lambda p, e, b: p / e,
    "capm": lambda f, b, m: f + b * (m - f),
    "sharpe_ratio": lambda g, f, s: (g - f) / s,
    "portfolio_return": lambda w, a, b: w * a / 100 + (1 - w / 100) * b,
    "duration_change": lambda d, m: d * m,
    "perpetuity": lambda c, r: c / (r / 100),
    "proportional_claim": lambda insured, worth, loss: loss * insured / worth,
    "cross_rate": lambda one, cny, other_one, other: cny * other,
}


def test_arithmetic_computed_once_more_from_the_stem(single):
    checked = Counter()
    for row in single:
        if row["topic"] not in ARITHMETIC:
            continue
        stem, options = split(row["input"])
        given = numbers(stem)
        if row["topic"] == "cross_rate" and len(given) == 3:  # the other wording says "1" once
            given = [Fraction(1), *given[:2], given[2]]
            given = [given[0], given[1], Fraction(1), given[2]]
        wanted = ARITHMETIC[row["topic"]](*given)
        values = [numbers(option)[0] for option in options]
        assert values["ABCD".index(row["output"])] == wanted, row["input"]
        assert values.count(wanted) == 1
        checked[row["topic"]] += 1
    assert len(checked) >= 25 and sum(checked.values()) > 200


def shapes(rows):
    """The sets of options of each subject, with the numbers given; a question about two things counts with the two."""
    found = set()
    for row in rows:
        subject, (stem, options) = subjects()[row["subject"]], split(row["input"])
        members = {member for axis in subject.axes for category in axis.values() for member in category}
        pair = all("、" in option for option in options) and frozenset(m for m in members if m in stem)
        found.add((subject.name, pair, frozenset(options), tuple(sorted(numbers(stem)))))
    return found


def test_no_question_of_the_evaluation_can_be_trained_on(held):
    asked, stems, taken = {row["input"] for row in held}, {split(row["input"])[0] for row in held}, shapes(held)
    assert len(asked) == len(held)
    for seed, style in enumerate(build.STYLES):
        rows = build.questions(rng(100 + seed), 4000, style)
        assert not asked & {row["input"] for row in rows}
        assert not stems & {split(row["input"])[0] for row in rows}
        assert not taken & shapes(rows)


def test_a_meaning_is_asked_about_on_one_side_only(single, many, held):
    def in_stems(rows):
        return {
            (row["subject"], meaning)
            for row in rows
            for meaning in subjects()[row["subject"]].terms.values()
            if meaning in split(row["input"])[0]
        }

    trained, tested = in_stems([*single, *many]), in_stems(held)
    assert len(trained) > 150 and len(tested) > 150
    assert not trained & tested


def test_the_answer_follows_the_style():
    letter = build.questions(rng(1), 200, "financeiq")
    text = build.questions(rng(1), 200, "fineval")
    both = build.questions(rng(1), 400, "fincorpus")
    assert [row["input"] for row in letter] == [row["input"] for row in text]
    for row, other in zip(letter, text, strict=True):
        assert other["output"] == f"{row['output']}. {split(row['input'])[1]['ABCD'.index(row['output'])]}"
    assert all(re.fullmatch(r"A?B?C?D?\n解析：.{4,80}", row["output"]) for row in both)
    lengths = Counter(len(row["output"].split("\n")[0]) for row in both)
    assert set(lengths) == {1, 2, 3, 4} and lengths[1] > 100
    with pytest.raises(ValueError, match="financeiq"):
        build.questions(rng(1), 1, "other")


def test_same_seed_same_questions():
    assert build.questions(rng(4), 150, "fincorpus") == build.questions(rng(4), 150, "fincorpus")
    assert build.evaluation(rng(4), 3) == build.evaluation(rng(4), 3)
    assert build.textbook(100, 4) == build.textbook(100, 4) != build.textbook(100, 5)


def test_evaluation_has_every_subject_as_often_and_many_topics(held):
    assert Counter(row["subject"] for row in held) == dict.fromkeys(subjects(), 30)
    assert all(subjects()[row["subject"]].group == row["group"] for row in held)


def test_questions_are_distinct_and_varied(single):
    assert len({row["input"] for row in single}) == len(single)
    assert {row["subject"] for row in single} == set(subjects())
    assert len({row["topic"] for row in single}) > 700


def test_textbook_states_facts_and_asks_nothing():
    passages = build.textbook(2000, 1)
    assert len(set(passages)) > 1900
    assert not [passage for passage in passages if re.search(r"[ABCD]、|（\s*）|_{2}|\{", passage)]
    meanings = {meaning for subject in subjects().values() for meaning in subject.terms.values()}
    assert sum(any(meaning in passage for passage in passages) for meaning in meanings) > 0.9 * len(meanings)


def test_no_evaluation_question_comes_twice_even_across_subjects():
    for seed in range(3):
        rows = build.evaluation(rng(seed), 40)  # enough for two subjects with one calculation to meet in its numbers
        keys = [(split(row["input"])[0].strip("（　）( )_。"), *sorted(split(row["input"])[1])) for row in rows]
        assert len(set(keys)) == len(keys)
