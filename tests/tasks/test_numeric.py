"""The rule of numeric questions, on the corpus's questions and on questions in the shapes of the published sets."""

import pytest

from assl_utils.corpus.exam.calc import CALCS
from assl_utils.corpus.questions import evaluation_rows
from assl_utils.tasks import wordings
from assl_utils.tasks.numeric import is_numeric, split_options

CHOOSE = "请选出正确答案，只写选项字母。"
NUMERIC = [
    (CHOOSE, "甲公司2021年末应收账款800万元，按5%计提坏账准备，应计提（ ）万元。\nA、40\nB、35\nC、80\nD、20"),
    (CHOOSE, "某债券面值1,000元，票面利率６％，每年付息一次，每年利息为（　）\nA．60元\nB．600元\nC．6元\nD．30元"),
    (CHOOSE, "若存款准备金率由8%提高到10%，其他不变，货币乘数将变为\nA. 12.5\nB. 10\nC. 8\nD. 以上都不对"),
    (CHOOSE, "某人买入看涨期权，期权费3元，执行价50元，到期股价58元，每股净收益是 A、8元 B、5元 C、3元 D、11元"),
    (CHOOSE, "企业注册资本900万元，三分之二表决权对应的出资额是\nA、600万元\nB、450万元\nC、300万元\nD、675万元"),
    ("某商品价格从20元降到18元，需求量从100件升到130件，需求价格弹性是多少？", ""),
    ("请口算", "12+30="),
    ("根据材料，净利率是多少？只答数字。", "公司营收12.4亿元，净利润1.2亿元。"),
    ("根据材料回答问题。", "公司营收12.4亿元，同比增长8%。\n问题：营收同比增长多少？"),
    (CHOOSE, "甲以30万元投保，保险价值40万元，损失8万元，应赔\nA、赔偿6万元\nB、赔偿8万元\nC、不予赔偿\nD、赔偿4万元"),
]
OTHERS = [
    (CHOOSE, "下列各项中，属于货币政策工具的是（ ）。\nA、存款准备金率\nB、税率\nC、关税\nD、国债"),
    (CHOOSE, "根据2019年修订的证券法第63条，下列说法正确的是\nA、应当公告\nB、可以不公告\nC、无需报告\nD、由股东决定"),
    (CHOOSE, "我国分税制改革开始于（ ）。\nA、1992年\nB、1993年\nC、1994年\nD、1995年"),
    (CHOOSE, "存货成本500万元，可变现净值450万元，应当\nA、计提跌价准备\nB、不作处理\nC、转入资产\nD、调增资本公积"),
    (CHOOSE, "M1与M2的差别在于（ ）。\nA、准货币\nB、现金\nC、活期存款\nD、外汇"),
    (CHOOSE, "巴塞尔协议的三大支柱不包括\nA、最低资本要求\nB、监管检查\nC、市场约束\nD、利率管制"),
    (CHOOSE, "存货成本500万元，可变现净值450万元，应当\nA、计提50万元\nB、不作处理\nC、转入资产\nD、调增资本公积"),
    (CHOOSE, "按2019年修订的办法第12条，罚款最高为\nA、10万元\nB、20万元\nC、30万元\nD、50万元"),
    (CHOOSE, "下列年份中，M2增速超过13%的是\nA、2012年\nB、2015年\nC、2017年\nD、2019年"),
    ("2019年3月5日和2020年，哪一年的利率较高，高多少？", ""),
    ("判断下面这段新闻的情绪。", "计算机板块上涨3.5%，成交额达120亿元，多只个股涨停。"),
    ("为下面的新闻写一句标题。", "公司拟以2.5亿元收购锦沧电子60%股权，预计3月12日完成交割。"),
    ("两句话意思相同吗？", "花呗还款日是几号\n花呗哪天还款"),
    ("", ""),
]


@pytest.mark.parametrize(("instruction", "text"), NUMERIC)
def test_numeric_questions(instruction, text):
    assert is_numeric(instruction, text)


@pytest.mark.parametrize(("instruction", "text"), OTHERS)
def test_other_questions(instruction, text):
    assert not is_numeric(instruction, text)


def test_the_rule_finds_the_corpus_calculations_and_nothing_else():
    for seed in (0, 3):
        exam = evaluation_rows(seed, per_subject=10).query("benchmark == 'fineval'")
        found = [is_numeric(CHOOSE, text) for text in exam["input"]]
        assert found == exam["topic"].isin(CALCS).tolist()
        assert 0.15 < sum(found) / len(found) < 0.4


def test_no_wording_makes_a_question_numeric():
    for instruction in wordings.load()["instruction"]:
        assert not is_numeric(instruction, "下列属于负债的是\nA、存货\nB、应付账款\nC、商誉\nD、专利权")
        assert not is_numeric(instruction, "公司股价上涨3%，成交额2亿元。"), instruction


def test_options_are_split():
    assert split_options("题干\nA、甲\nB、乙\nC、丙") == ("题干", ["甲", "乙", "丙"])
    assert split_options("题干（ ）A．1 B．2") == ("题干( )A.1 B.2", []), "A without a blank before it is no option"
    assert split_options("题干 (A)1 (B) 2") == ("题干", ["1", "2"])
    assert split_options("股东有 A、B 两家\nA、甲\nB、乙") == ("股东有 A、B 两家", ["甲", "乙"])
    assert split_options("B、乙\nC、丙") == ("B、乙\nC、丙", [])
    assert split_options("") == ("", [])


def test_an_option_with_a_long_text_is_no_amount():
    stem, said = "某企业银行存款80万元，现金3万元，做法正确的是", "现金超过{}万元的部分应当于次日存入开户银行"
    lines = [f"{letter}、" + said.format(n) for letter, n in zip("ABCD", (1, 2, 3, 5), strict=True)]
    assert not is_numeric(CHOOSE, "\n".join([stem, *lines]))
    assert is_numeric(
        CHOOSE, "\n".join([stem, *(f"{letter}、应存入{n}万元" for letter, n in zip("ABCD", "1235", strict=True))])
    )
