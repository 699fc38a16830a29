"""Reading answers: a table of nasty ones, and the laws that every reader keeps."""

import pytest

from assl_utils.tasks import parsing
from assl_utils.tasks.catalog import LABELS

NASTY = [
    # what the model was asked, what it wrote, what it answered (None: cannot be read)
    ("FE", "积极", "积极"),
    ("FE", "  “消极”。\n", "消极"),
    ("FE", "积极<|im_end|>\n消极", "积极"),
    ("FE", "情绪：消极", "消极"),
    ("FE", "这段话的情绪倾向是积极的，因为股价上涨。", "积极"),
    ("FE", "是积极、消极还是中性？答案：中性", "中性"),
    ("FE", "积极、中性或消极", None),
    ("FE", "积极 消极", None),
    ("FE", "积极。公司业绩增长，没有负面因素", "积极"),
    ("FE", "并非积极，而是消极", "消极"),
    ("FE", "不积极", None),
    ("FE", "中立态度", "中性"),
    ("FE", "Positive", "积极"),
    ("FE", "答案中只需包含积极、中性或消极", None),
    ("FE", "", None),
    ("FE", "   \n", None),
    ("FE", None, None),
    ("FE", float("nan"), None),
    ("FE", "<|im_end|>", None),
    ("FE", "我不知道", None),
    ("stock_movement", "跑赢大盘", "跑赢大盘"),
    ("stock_movement", "该股走势为表现不佳。", "表现不佳"),
    ("stock_movement", "预计跑输大盘", "表现不佳"),
    ("stock_movement", "不会跑赢大盘，但也不会表现不佳", None),
    ("matching", "是", "是"),
    ("matching", "是的，两句话语义一致。", "是"),
    ("matching", "否", "否"),
    ("matching", "两个语句的意思不一致", "否"),
    ("matching", "是否一致：是", "是"),
    ("matching", "答案是否", "否"),
    ("matching", "答案是否定的", "否"),
    ("matching", "是否一致", None),
    ("matching", "是或否", None),
    ("NSP1", "有", "有"),
    ("NSP1", "无。", "无"),
    ("NSP1", "没有", "无"),
    ("NSP1", "有无负面消息：无", "无"),
    ("NSP1", "该实体存在负面消息", "有"),
    ("NSP1", "恒昌有限公司未发现任何负面消息", "无"),
    ("NSP1", "国有银行拥有三家子公司", None),
    ("NSP1", "是", "有"),
    ("NSP1", "否，没有", "无"),
    ("NSP1", "不涉及负面", "无"),
    ("NSP1", "有、无", None),
    ("NSP2", "恒昌汇财；纳觅财务", "恒昌汇财；纳觅财务"),
    ("NSP2", "恒昌汇财;纳觅财务;恒昌汇财", "恒昌汇财；纳觅财务"),
    ("NSP2", "恒昌汇财、纳觅财务。", "恒昌汇财；纳觅财务"),
    ("NSP2", "负面主体：\n- 恒昌汇财\n- 纳觅财务", "恒昌汇财；纳觅财务"),
    ("NSP2", "GF Financial Markets（UK） Limited", "GF Financial Markets(UK) Limited"),
    ("NSP2", "无", "无"),
    ("NSP2", "没有被负面报道的实体", "无"),
    ("NSP2", "有", None),
    ("NSP2", "该新闻报道了江东省云岫市鼎屿区防范和处理非法集资工作领导小组办公室发布风险提示并点名八家网贷机构", None),
    ("NL", "中国 公司", "中国 公司"),
    ("NL", "公司 中国", "中国 公司"),
    ("NL", "中国公司", "中国 公司"),
    ("NL", "外国房地产虚拟货币", "外国 房地产 虚拟货币"),
    ("NL", "类别：中国、政策。", "中国 政策"),
    ("NL", "中国，中国， 公司", "中国 公司"),
    ("NL", "中国和公司类", "中国 公司"),
    ("NL", "中国 上个 公司", "中国 公司"),
    ("NL", "最相关的类别是\n中国 外汇", "中国 外汇"),
    ("NL", "中国人民银行发布了新的货币政策", None),
    ("NL", "体育", None),
    ("RE", "收购", "收购"),
    ("RE", "被拟收购", "被拟收购"),
    ("RE", "拟收购收购", "拟收购 收购"),
    ("RE", "持股、拥有", "拥有 持股"),
    ("RE", "两者之间的关系是：被收购。", "被收购"),
    ("RE", "拜耳与滇虹药业之间是收购关系", "收购"),
    ("RE", "分析", "分析"),
    ("RE", "unknown", "其他"),
    ("RE", "收购\n解析：拜耳宣布合作", "收购"),
    ("RE", "双方展开合作谈判", None),
    ("exam", "D", "D"),
    ("exam", "Ｄ", "D"),
    ("exam", "d", "D"),
    ("exam", "D. 社会总产品", "D"),
    ("exam", "D、A股市场", "D"),
    ("exam", "（C）", "C"),
    ("exam", "**B**", "B"),
    ("exam", "答案是D", "D"),
    ("exam", "正确答案为：B。A选项错误，C选项也错误。", "B"),
    ("exam", "先看A，不对；再看C。因此选C", "C"),
    ("exam", "B\n解析：A、C、D均不正确", "B"),
    ("exam", "D选项正确", "D"),
    ("exam", "A股市场上涨", None),
    ("exam", "CPI上升", None),
    ("exam", "货币供给增加", None),
    ("exam", "B和C都有可能", None),
    ("exam", "A选项错误，B不对，应为C", "C"),
    ("exam", "应该是B", "B"),
    ("exam", "不选A", None),
    ("multiple_choice", "ACD", "ACD"),
    ("multiple_choice", "A、C、D", "ACD"),
    ("multiple_choice", "DCA", "ACD"),
    ("multiple_choice", "ACD\n解析：B项属于负债，因此不选B。", "ACD"),
    ("multiple_choice", "A. 现金\nC. 房产", "AC"),
    ("multiple_choice", "A. 现金；C. 房产", "AC"),
    ("multiple_choice", "AA", None),
    ("NA", "摘要：央行开展逆回购操作", "央行开展逆回购操作"),
    ("NA", "“央行开展逆回购操作”", "央行开展逆回购操作"),
    ("NA", "“十四五”规划与“双碳”", "“十四五”规划与“双碳”"),
    ("NA", "。", "。"),
    ("QA", " 5842万股-1.17亿股 ", "5842万股-1.17亿股"),
    ("QA", "无相应参数", "无相应参数"),
    ("causal_qa", "答案：柴油机", "柴油机"),
    ("event_subject", "股东减持，恒岭银行\n乱写一行", "股东减持, 恒岭银行"),
    ("ner", "A, B Holdings，ORG", "A, B Holdings, ORG"),
    ("ner", "没有实体", None),
]


@pytest.mark.parametrize(("task", "answer", "expected"), NASTY)
def test_nasty_answers_are_read_as_a_person_reads_them(task, answer, expected):
    if task == "RE" and expected and " " in expected:
        expected = " ".join(name for name in LABELS["relation"] if name in expected.split())
    assert parsing.parse(task, answer) == ((expected, True) if expected else ("", False))


CANONICAL = [
    *[("sentiment", "", name) for name in LABELS["sentiment"]],
    *[("stock_movement", "", name) for name in LABELS["stock_movement"]],
    *[("news_classification", "", name) for name in LABELS["news_classification"]],
    *[("relation", "", name) for name in LABELS["relation"]],
    *[("matching", "", name) for name in ("是", "否")],
    *[("negative_news", "judge", name) for name in ("有", "无")],
    *[("single_choice", "", name) for name in "ABCD"],
    ("negative_news", "subject", "甲公司；乙公司"),
    ("event_subject", "", "高管变动, 甲公司\n股价下跌, 甲公司"),
    ("ner", "", "张三, PER\n甲公司, ORG"),
]


@pytest.mark.parametrize(("task", "form", "name"), CANONICAL)
@pytest.mark.parametrize("frame", ["{}", "{}\n", " {} ", "{}<|im_end|>", "{}<|endoftext|>{}"])
def test_a_canonical_answer_reads_as_itself_in_every_frame(task, form, name, frame):
    assert parsing.parse(task, frame.format(name, name), form) == (name, True)


@pytest.mark.parametrize(("task", "answer", "expected"), NASTY)
def test_reading_twice_changes_nothing(task, answer, expected):
    parsed, ok = parsing.parse(task, answer)
    if ok:
        assert parsing.parse(task, parsed) == (parsed, True)


def test_every_pair_of_glued_news_labels_comes_apart():
    for first in LABELS["news_classification"]:
        for second in LABELS["news_classification"]:
            parsed, ok = parsing.parse("NL", first + second)
            assert ok and set(parsed.split()) == {first, second}


def test_every_relation_is_kept_whole():
    for name in LABELS["relation"]:
        assert parsing.parse("RE", f"关系：{name}。") == (name, True)


def test_sets_are_compared_in_one_spelling():
    assert parsing.as_set("NSP2", "ＡＢ 公司；乙") == {"ab 公司", "乙"}
    assert parsing.as_set("NSP2", "无") == frozenset()
    assert parsing.as_set("NL", "中国 公司") == {"中国", "公司"}
    assert parsing.as_set("NL", "") == {parsing.UNPARSED}
    assert parsing.reference_set("NSP2", "甲、乙公司;丙") == {"甲、乙公司", "丙"}
    assert parsing.reference_set("RE", "unknown") == {"其他"}


def test_an_unknown_task_and_a_missing_form_are_errors_that_name_the_choices():
    with pytest.raises(ValueError, match=r"'sentimint'.*sentiment"):
        parsing.parse("sentimint", "积极")
    with pytest.raises(ValueError, match="'judge' or 'subject'"):
        parsing.parse("negative_news", "有")
    assert parsing.parse("negative_news:judge", "有") == parsing.parse("negative_news", "有", "judge") == ("有", True)
    with pytest.raises(ValueError, match="no known label"):
        parsing.reference_set("NL", "体育")
