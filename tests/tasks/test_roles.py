"""The rule of the roles against its sentence, and on texts whose role a reader would give."""

import math

import numpy as np
import pandas as pd
import pytest

from assl_utils.errors import DataError
from assl_utils.tasks.catalog import SUBTASKS
from assl_utils.tasks.roles import OWN, ROLES, WORDS, calculates, evidence, roles


def rows(*entries):
    return pd.DataFrame(entries, columns=["subtask", "instruction", "input"])


def role_by_hand(subtask, instruction, text):
    """Count the words of each role, half a word for the sub-task's own; the first of the highest wins."""
    text = text if text else instruction
    if subtask in ("single_choice", "multiple_choice") and calculates(text):
        return "quant"
    counts = {}
    for role in ("macro", "micro", "quant"):
        counts[role] = len([word for word in WORDS[role] if text.find(word) >= 0]) + (
            0.5 if OWN[subtask] == role else 0
        )
    return next(role for role in counts if counts[role] == max(counts.values()))


@pytest.mark.parametrize("seed", range(5))
def test_the_rule_is_its_sentence(seed):
    rng = np.random.default_rng(seed)
    words = [word for role in ROLES for word in WORDS[role]] + ["，", "\nA、3\nB、4", "5万元", "今天"]
    entries = [
        (rng.choice(list(SUBTASKS)), "分析经济", "".join(rng.choice(words, rng.integers(0, 5)))) for _ in range(200)
    ]
    found = roles(rows(*entries))
    assert found.tolist() == [role_by_hand(*entry) for entry in entries]
    assert set(found) == set(ROLES)


@pytest.mark.parametrize(
    ("role", "subtask", "text"),
    [
        ("macro", "news_classification", "央行宣布降息，货币政策转向宽松。"),
        ("macro", "summary", "国务院：全国进出口总额同比增长7%。"),
        ("macro", "causal_qa", "为什么大豆价格上涨？大豆库存降至低位。"),
        ("micro", "summary", "某公司公告，股东拟减持股份。"),
        ("micro", "relation", "甲与乙。头实体：甲，尾实体：乙。"),
        ("micro", "matching", "怎么还款\n还款方式"),
        ("quant", "news_classification", "铁矿石期货主力合约日内涨幅达3%。"),
        ("quant", "sentiment", "股价涨停，成交放大"),
        ("quant", "single_choice", "面值100元，票面利率5%，年利息为（ ）。\nA、5元\nB、10元\nC、15元\nD、20元"),
        ("micro", "single_choice", "会计凭证中属于原始凭证的是（ ）。\nA、购货发票\nB、记账凭证"),
    ],
)
def test_a_text_has_the_role_a_reader_gives_it(role, subtask, text):
    assert roles(rows((subtask, "", text))).tolist() == [role]


@pytest.mark.parametrize(
    ("expected", "text"),
    [
        (True, "本金100万元，利息为\nA、1\nB、-2.5%\nC. 3万元"),
        (False, "本金100万元，利息为\nA、1\nB、没有利息"),
        (False, "规定的年限是\nA、3年\nB、5年"),
        (False, "本金100万元，利息多少？"),
        (False, ""),
    ],
)
def test_a_calculation_has_an_amount_in_its_stem_and_a_number_in_each_option(expected, text):
    assert calculates(text) is expected


def test_the_instruction_is_read_only_where_the_input_is_empty():
    found = evidence(
        rows(("sentiment", "央行 利率", "股东"), ("sentiment", "央行 利率", ""), ("sentiment", "央行", None))
    )
    assert found.tolist() == [[0, 1.5, 0], [2, 0.5, 0], [1, 0.5, 0]]


def test_every_list_is_short_and_no_word_speaks_for_two_roles():
    every = [word for role in ROLES for word in WORDS[role]]
    assert len(every) == len(set(every)) and max(len(WORDS[role]) for role in ROLES) <= 40
    assert set(OWN) == set(SUBTASKS) and set(OWN.values()) <= set(ROLES)


def test_a_calculation_outweighs_any_number_of_words():
    found = evidence(rows(("single_choice", "", "央行 利率 通胀，5万元\nA、1\nB、2")))
    assert math.isinf(found[0, ROLES.index("quant")])


def test_rows_without_what_the_rule_reads_are_refused():
    with pytest.raises(DataError, match="column input, by which"):
        roles(rows(("ner", "", "")).drop(columns="input"))
    with pytest.raises(DataError, match="sub-task 'poem'"):
        roles(rows(("poem", "", "")))
    assert roles(rows()).tolist() == []
