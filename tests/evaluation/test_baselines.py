"""Trivial answers, learned from training rows only."""

import pandas as pd
import pytest

from assl_utils.evaluation import baselines

TRAIN = pd.DataFrame(
    [
        ("sentiment", "", "股价大涨", "积极", 1),
        ("sentiment", "", "股价大跌", "消极", 3),
        ("sentiment", "", "股价大涨！", "中性", 1),
        ("sentiment", "", "股价大涨。", "中性", 1),
        ("sentiment", "", "。。", "积极", 1),
        ("news_classification", "", "甲", "中国 公司", 1),
        ("news_classification", "", "乙", "中国公司", 1),
        ("news_classification", "", "丙", "中国 政策", 1),
        ("negative_news", "judge", "丁", "有", 1),
        ("negative_news", "subject", "丁", "无", 1),
        ("single_choice", "", "戊", "B. 国债", 1),
        ("single_choice", "", "己", "B. 股票", 1),
        ("single_choice", "", "庚", "A", 1),
        ("single_choice", "", "辛", "C", 1),
        ("qa", "", "问？答", "无相应参数", 1),
        ("summary", "", "文", "题", 1),
    ],
    columns=["subtask", "form", "input", "output", "multiplicity"],
)
EVALUATION = pd.DataFrame(
    [
        ("sentiment", "", "新消息"),
        ("sentiment", "", "股价 大涨"),
        ("sentiment", "", "！！"),
        ("news_classification", "", "新消息"),
        ("negative_news", "judge", "新消息"),
        ("negative_news", "subject", "丁。"),
        ("single_choice", "", "新题"),
        ("qa", "", "谁减持？恒岭银行公告。股东减持3.5%！完"),
        ("summary", "", "  【恒岭银行分红】恒岭银行公告。"),
        ("summary", "", "净利增长3.5%，超出预期。后市看好。"),
        ("relation", "", "没有训练行"),
    ],
    columns=["subtask", "form", "input"],
    index=range(100, 111),
)


def test_majority_weighs_copies_and_reads_formats_together():
    found = baselines.majority(TRAIN, EVALUATION)
    assert found.index.tolist() == EVALUATION.index.tolist()
    expected = ["消极"] * 3 + ["中国 公司", "有", "无", "B", "无相应参数", "题", "题", ""]
    assert found.tolist() == expected
    unweighted = baselines.majority(TRAIN.drop(columns="multiplicity"), EVALUATION)
    assert unweighted.iloc[0] == "中性"  # 中性 and 积极 stand 2 : 2, the first in code-point order


def test_lookup_takes_the_most_frequent_answer_of_the_same_text_else_the_majority():
    found = baselines.lookup(TRAIN, EVALUATION)
    assert found.tolist() == ["消极", "中性", "消极", "中国 公司", "有", "无", "B", "无相应参数", "题", "题", ""]


def test_lead1_is_the_first_sentence_of_the_text_or_the_context():
    found = baselines.lead1(TRAIN, EVALUATION)
    assert found.tolist()[7:10] == ["恒岭银行公告。", "恒岭银行分红", "净利增长3.5%，超出预期。"]
    assert found.tolist()[:7] == baselines.majority(TRAIN, EVALUATION).tolist()[:7]


@pytest.mark.parametrize("name", list(baselines.ALL))
def test_order_of_training_rows_and_evaluation_references_play_no_part(name):
    answer = baselines.ALL[name]
    expected = answer(TRAIN, EVALUATION)
    pd.testing.assert_series_equal(answer(TRAIN.iloc[::-1], EVALUATION), expected)
    pd.testing.assert_series_equal(answer(TRAIN, EVALUATION.assign(reference="积极")), expected)
    pd.testing.assert_series_equal(answer(TRAIN, EVALUATION.iloc[::-1]), expected.iloc[::-1])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("甲。乙。", "甲。"),
        ("甲\n乙", "甲"),
        ("没有标点", "没有标点"),
        ("", ""),
        ("。甲", "甲"),
        ("涨3.5%？跌", "涨3.5%？"),
    ],
)
def test_first_sentences(text, expected):
    assert baselines.first_sentence(text) == expected


def test_context_follows_the_first_question_mark():
    assert baselines.context("谁？甲？乙") == "甲？乙"
    assert baselines.context("没有问号") == "没有问号"
    assert baselines.context("只有问题？") == "只有问题？"
