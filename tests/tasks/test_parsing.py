"""Reading answers: a table of nasty ones, and the laws that every reader keeps."""

import itertools
import re
import time
import unicodedata

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from processor_time import within

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


LONG = 30_000  # characters, read in some 20 ms; the limits below are for what took minutes
LIMIT = 2.0
READERS = [*parsing.TASKS, *(":".join(key).rstrip(":") for key in parsing._READERS)]
CHARACTERS = "选答案是否有无没不与应该为项关系类被收购积极消一致公司AB1e \n\t:：;；,，、。.!\"“”‘'()（[【《*/|<>-_"
VOCABULARY = (
    *CHARACTERS, "答案", "正确选项", "选择", "选项", "应该", "只有", "不正确", "解析", "分析", "与否", "是否", "有没有",
    "有无", "没有", "无关系", "没有关系", "类别", "关系", "以及", "拟收购", "未", "错", "\n\n", "\n ", "C", "D",
)  # fmt: skip

ENDLESS = [
    # what was asked, what was repeated between what, the reading
    ("exam", "", "选", "", None),
    ("exam", "", "选", "A", "A"),
    ("exam", "", "答案是", "B", "B"),
    ("exam", "", "选应", "C", "C"),
    ("exam", "", "选 是", "D", "D"),
    ("exam", "", "(", "", None),
    ("exam", "", "(", "A)", "A"),
    ("exam", "答案", " ", "A", "A"),
    ("exam", "答案", " ", "甲", None),
    ("exam", "A", "、", "甲", "A"),
    ("exam", "甲", "\n", "解析：A", None),
    ("exam", "B", "\n ", "乙", "B"),
    ("multiple_choice", "选A", "、 ", "C", "AC"),
    ("NSP1", "", "有", "", None),
    ("NSP1", "", "国", "与否 有", "有"),
    ("matching", "", "是", "", None),
    ("matching", "", "语", "与否：一致", "是"),
    ("FE", "答案", " ", "积极", "积极"),
    ("RE", "", "无关系", "吗", None),
    ("RE", "", "无关系", "", "其他"),
    ("RE", "收购", "\n", "乙", "收购"),
    ("NL", "", "类别", "吗", None),
    ("NSP2", "甲；乙", "；", "丙", "甲；乙；丙"),
    ("NSP2", "答案", " ", "；乙；丙", "答案；乙；丙"),
]


@pytest.mark.parametrize(("task", "before", "again", "after", "expected"), ENDLESS)
def test_an_answer_that_repeats_itself_is_read_in_linear_time(task, before, again, after, expected):
    with within(LIMIT, f"{task}, {again!r} again and again"):
        read = parsing.parse(task, before + again * (4 * LONG // len(again)) + after)
    assert read == ((expected, True) if expected else ("", False))


@pytest.mark.parametrize("task", READERS)
def test_every_character_and_some_pairs_without_end_are_read_in_linear_time(task):
    rng = np.random.default_rng(READERS.index(task))
    pairs = ["".join(rng.choice(list(CHARACTERS), 2)) for _ in range(20)]
    for again in [*CHARACTERS, *pairs]:
        with within(LIMIT, f"{task}, {again!r} again and again"):
            parsed, _ = parsing.parse(task, again * (LONG // len(again)))
            parsing.as_set(task, parsed)


@pytest.mark.parametrize("task", READERS)
def test_a_text_32_times_as_long_takes_about_32_times_as_long(task):
    """A square would take 1024 times as long; the limit is ten times what is due, and 0.1 s for what is too short."""
    rng = np.random.default_rng(READERS.index(task))
    pairs = ["".join(rng.choice(VOCABULARY, 2)) for _ in range(20)]
    for again in [*VOCABULARY, *pairs]:
        for last in (False, False, True):  # a slow try may be the machine's: only the third one counts
            took = []
            for size in (2**9, 2**14):
                text = again * (size // len(again))
                before = time.process_time()
                parsed, _ = parsing.parse(task, text)
                parsing.as_set(task, parsed)
                took.append(time.process_time() - before)
            if took[1] < max(0.1, 320 * took[0]):
                break
            assert not last, f"{task}, {again!r}: {took}"


HIDDEN = "\r\x00\x1b\x1c\x85\u200b\u202e\ufeff\ud800"
BITS = (*VOCABULARY, *HIDDEN, *"＜|x|＞<>", "甲、乙；", "摘要：", "《", "</s>", "\r\n", "答:")
ANSWERS = st.lists(st.sampled_from(BITS) | st.text(max_size=4), max_size=24).map("".join)


@pytest.mark.parametrize("task", READERS)
@given(answer=ANSWERS)
@settings(max_examples=200, deadline=None, derandomize=True, database=None)
def test_whatever_was_written_reading_it_twice_changes_nothing(task, answer):
    parsed, ok = parsing.parse(task, answer)
    if ok:
        assert parsing.parse(task, parsed) == (parsed, True)
    assert not ok or task != "NSP2" or parsed == "无" or parsing.as_set(task, parsed), "an empty set is said, not found"
    assert not [c for c in parsed if unicodedata.category(c) in ("Cc", "Cs") and c not in "\t\n\r"]


def test_what_no_reader_sees_is_taken_out_before():
    hidden = ["\x00", "\x1b", "\x9b", "\u200b", "\u202e", "\u2066", "\ufeff", "\ud800", "\U000e0041"]
    for sign in hidden:
        assert parsing.parse("NSP2", f"甲{sign}公司；{sign}乙") == ("甲公司；乙", True), ascii(sign)
        assert parsing.parse("FE", f"积{sign}极") == ("积极", True), ascii(sign)
        assert parsing.parse("NA", f"央行{sign}操作") == ("央行操作", True), ascii(sign)
        assert parsing.as_set("NSP2", f"甲{sign}公司") == parsing.reference_set("NSP2", f"甲公司{sign}") == {"甲公司"}
    for sign in map(chr, range(0x110000)):
        if unicodedata.category(sign) in ("Cc", "Cs"):
            assert parsing.visible(sign) == (sign if sign in "\t\n\r" else " " if sign.isspace() else ""), ascii(sign)


@pytest.mark.parametrize("answer", [";", "；；", "、", "，；、", "\n;\n", "。；。", "“”；「」", "\x00;\u200b"])
def test_separators_alone_name_nobody(answer):
    assert parsing.parse("NSP2", answer) == ("", False)


RUN = r"[A-E](?:[\s、,和与及/]*[A-E])*(?![A-Za-z0-9])"
OPEN = r"[\s(\[【《\"'“‘*]*"
HEAD = r"(?:答案|正确(?:的)?选项|(?<![不未错])选(?:择)?)\s*(?:应该|应当|应|选|只有)*\s*(?:是|为|有|:|选)*"


def test_the_fast_patterns_find_what_their_literal_forms_find():
    """The patterns as one would write them first; on short texts their many ways back do not matter."""
    noun, closed, wrong = parsing._NOUN, parsing._CLOSED, parsing._WRONG
    verbs = r"(?:(?:是(?!否\w)|属于|分别|包括|存在|为|有(?![限无])|:)\s*)+"
    mark = re.compile(rf"{noun}\s*(?:应该|应当|应|选)?\s*{verbs}")
    whether = re.compile(r"(?:是否|是不是|有没有|有无|能否)(?=\w)\w*|有无|\w*与否")
    reasons = r"\n\s*(?:解析|分析|解释|理由|原因|说明)\s*[:：].*|(?:解析|解释|理由)\s*[:：].*"
    why = re.compile(reasons, re.DOTALL)
    lead = re.compile(rf"{OPEN}(?:选项?)?{OPEN}({RUN}){closed}(?!{wrong})")
    chosen = re.compile(rf"{HEAD}{OPEN}({RUN}){closed}")
    rng, found = np.random.default_rng(0), np.zeros(5, dtype=int)
    pools = [
        VOCABULARY,
        [*"选是应有不A, (:\n", "只有", "答案"],
        [*"选是ABC 、", "答案"],
        [*"与否是有无没 :"],
        [*"\n\t 甲:", "解析", "分析"],
    ]
    for i in range(20_000):
        text = "".join(rng.choice(pools[i % len(pools)], size=rng.integers(1, 14)))
        assert [m.span() for m in mark.finditer(text)] == [m.span() for m in parsing._MARK.finditer(text)], repr(text)
        assert whether.sub("_", text) == parsing._WHETHER.sub("_", text), repr(text)
        assert why.sub("", text) == parsing._WHY.sub(r"\1", text), repr(text)
        ours, theirs = parsing._LEAD.match(text), lead.match(text)
        assert (ours and ours[1]) == (theirs and theirs[1]), repr(text)
        assert chosen.findall(text) == parsing._CHOSEN.findall(text), repr(text)
        hits = mark.search(text), whether.search(text), why.search(text), theirs, chosen.search(text)
        found += [hit is not None for hit in hits]
    assert found.min() > 300, f"the random texts hold too little of a pattern: {found}"


@pytest.mark.parametrize("task", ["NL", "RE"])
def test_a_segment_of_labels_is_used_up_whichever_way_it_is_cut(task):
    names = LABELS["news_classification" if task == "NL" else "relation"]
    also = {} if task == "NL" else parsing.NONE_RELATION
    words = [*names, *also, "和", "与", "以及", "及", "类别", "类", "关系", "的"]
    label = re.compile("|".join(sorted(map(re.escape, [*names, *also]), key=len, reverse=True)))
    rng = np.random.default_rng(0)
    for _ in range(3_000):
        text = "".join(rng.choice([*words, "无", "没有", "别", "被"], size=rng.integers(1, 5)))
        ends = {0}  # every place that some cutting reaches
        for start in range(len(text)):
            ends |= {start + len(word) for word in words if start in ends and text.startswith(word, start)}
        cut = len(text) in ends and label.search(text)
        assert parsing.parse(task, text)[1] == bool(cut), text


def test_the_normal_form_is_that_of_python():
    marks = "\u0301\u0316\u0327\u0f73\u0f71\u3099\uff9e\u0345\u05b0\u0344"
    for text in map("".join, itertools.product(marks + "aéカ각Ａﷺ", repeat=3)):
        assert parsing.nfkc(text) == unicodedata.normalize("NFKC", text), ascii(text)
    with within(LIMIT, "accents in turn above and below"):
        parsing.nfkc("\u0f73" * 4 * LONG)
