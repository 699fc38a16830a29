"""Laws of the generic instruction mix: answers are re-derived here from instruction and input alone."""

import collections
import re

import numpy as np
import pytest

from assl_utils.corpus.base_model import skills
from assl_utils.corpus.base_model.material import SKILLS

TEXTS = [
    "远岚科技3月12日公告，拟以2.5亿元收购锦沧电子60%股权。公司表示，交易完成后产能将提升35.5%。此举有助于完善布局。",
    "受台风影响，沿海多地港口停工，橡胶到货减少。贸易商称，库存已降至2019年以来低位，价格上调300元。",
    "周二盘中，白酒板块走强，半导体回落！成交额较前一日放大12%，北向资金净流入4.6亿元。分析人士提示风险。",
    "某市住房公积金中心调整贷款额度，家庭最高可贷120万元，自7月1日起执行。市民可在网上申请。",
]


@pytest.fixture(scope="module")
def mix():
    return list(skills.rows(6000, 3, TEXTS))


def of(mix, *skills):
    found = [row for row in mix if row["skill"] in skills]
    assert len(found) > 20, f"too few rows of {skills} to test anything"
    return found


def test_same_seed_same_rows_and_another_seed_others():
    assert skills.instructions(200, 5, TEXTS) == skills.instructions(200, 5, TEXTS)
    assert skills.instructions(200, 5, TEXTS) != skills.instructions(200, 6, TEXTS)


def test_rows_have_the_three_fields_and_stay_short():
    rows = skills.instructions(500, 1, TEXTS)
    assert len(rows) == 500
    assert all(set(row) == {"instruction", "input", "output"} and all(row.values()) for row in rows)
    assert np.mean([len(row["input"]) <= 120 for row in rows]) > 0.95


def test_the_mix_is_wide():
    assert len(SKILLS) >= 25
    for name, skill in SKILLS.items():
        assert len(skill.wordings) >= 6, name
        assert sum(wording.size() for wording in skill.wordings) >= 12, name


def test_every_skill_is_drawn_and_wordings_vary(mix):
    counts = collections.Counter(row["skill"] for row in mix)
    assert set(counts) == set(SKILLS)
    assert min(counts.values()) >= 20
    assert len({row["instruction"] for row in mix}) > len(mix) / 2


def test_no_text_to_draw_from_is_said_clearly():
    with pytest.raises(ValueError, match="raw texts"):
        skills.instructions(3, 0, ["短"])


def test_echo_returns_its_input(mix):
    assert all(row["output"] == row["input"] for row in of(mix, "echo", "echo_noise"))


def test_copied_spans_occur_in_the_input(mix):
    names = """
        between_marks after_word before_word between_words complete_sentence fill_blank nth_sentence head_clause
        line_with tagged_line first_figure look_up letter_to_text facts odd_one_out majority option_text
        look_up_backwards
    """.split()
    spans = of(mix, *names)
    assert all(row["output"] in row["input"] for row in spans)


def test_quoted_neighbours_are_neighbours(mix):
    for row in of(mix, "after_word"):
        word = re.search("“(.+?)”", row["instruction"]).group(1)
        assert word + row["output"] in row["input"]
    for row in of(mix, "before_word"):
        word = re.search("“(.+?)”", row["instruction"]).group(1)
        assert row["output"] + word in row["input"]


def test_contains_answers_by_membership(mix):
    yes, no = {"是", "有", "对", "yes", "√", "在", "1"}, {"否", "没有", "错", "no", "×", "不在", "0"}
    for row in of(mix, "contains"):
        word = next(quoted for quoted in re.findall("“(.+?)”", row["instruction"]) if quoted not in yes | no)
        if row["output"] in yes | no:
            assert row["output"] in (yes if word in row["input"] else no)


def test_exactly_one_option_occurs_and_it_is_the_answer(mix):
    for row in of(mix, "option_letter"):
        text, _, options = row["input"].partition("\n")
        found = re.findall(r"\(?([ABCD])[、.：）) ]+(.+?)(?=\n|$| \(?[ABCD][、.：）) ])", options)
        assert [letter for letter, word in found if word in text] == [row["output"]]


def test_dictionary_labels_are_those_whose_word_occurs(mix):
    for row in of(mix, "translate_many"):
        table = re.findall(r"(?:对照|约定|规定)?([^，：“”。]+?)=([^，：“”。（]+)", row["instruction"])
        assert len(table) >= 3
        assert row["output"].split(" ") == [label for word, label in table if word in row["input"]]


def test_numbers_are_sorted_and_summed(mix):
    for row in of(mix, "sort_numbers"):
        numbers = [int(x) for x in row["output"].split("、")]
        assert sorted(numbers) == sorted(int(x) for x in row["input"].split("、"))
        assert numbers == sorted(numbers, reverse="大到小" in row["instruction"])
    for row in of(mix, "sums"):
        a, sign, b = re.fullmatch(r"(\d+)([+-])(\d+)=", row["input"]).groups()
        assert int(row["output"]) == (int(a) + int(b) if sign == "+" else int(a) - int(b))


def test_figures_are_found_from_the_left(mix):
    for row in of(mix, "first_figure"):
        if "百分比" in row["instruction"]:
            before = row["input"][: row["input"].index(row["output"])]
            assert row["output"].endswith("%") and "%" not in before
