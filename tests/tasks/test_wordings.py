"""The wordings as data (count, distinctness, form, exact labels and formats) and the laws of dealing them out."""

import re
from collections import Counter
from itertools import combinations

import numpy as np
import pandas as pd
import pytest
import yaml

from assl_utils.tasks import catalog, parsing, wordings

SUBTASKS = {
    "sentiment", "stock_movement", "news_classification", "negative_news", "summary", "event_subject", "relation",
    "ner", "matching", "qa", "causal_qa", "single_choice", "multiple_choice",
}  # fmt: skip
TABLE = wordings.load()
SETS = {key: group.instruction.tolist() for key, group in TABLE.groupby(["subtask", "form"])}
ANSWERS = {(a.subtask, a.form): a for a in wordings.answers().itertuples()}
EACH_SET = pytest.mark.parametrize("key", sorted(SETS), ids=lambda k: ".".join(filter(None, k)))


def rows_of(counts, shuffle=0):
    """Rows with the schema of chapter 01; counts: {(subtask, form, source): rows}."""
    rows = [
        (f"{source}{form}-{i:05d}", source, subtask, form, "文", "字")
        for (subtask, form, source), n in counts.items()
        for i in range(n)
    ]
    table = pd.DataFrame(rows, columns=["id", "source", "subtask", "form", "input", "output"])
    return table.sample(frac=1, random_state=shuffle, ignore_index=True)


# --- the wordings -----------------------------------------------------------------------------------------------------


def test_thirteen_subtasks_in_fourteen_sets_of_thirty_and_three():
    assert set(TABLE.subtask) == SUBTASKS == set(catalog.SUBTASKS)
    counts = Counter(zip(TABLE.subtask, TABLE.form, TABLE.use, strict=True))
    assert len(counts) == 28
    assert all(n == (30 if use == "training" else 3) for (_, _, use), n in counts.items())
    assert set(SETS) == {(name, form) for name in catalog.SUBTASKS for form in catalog.FORMS.get(name, ("",))}


def test_no_wording_and_no_id_occurs_twice_anywhere():
    assert TABLE.instruction.is_unique
    assert TABLE.instruction_id.is_unique
    bare = TABLE.instruction.str.replace(r"\W", "", regex=True)  # nor do two differ by punctuation alone
    assert bare.is_unique


# How alike two wordings are


def ratio_by_hand(a, b):
    """100 · 2 · (longest common subsequence) / (m + n), the table filled cell by cell."""
    longest = np.zeros((len(a) + 1, len(b) + 1), int)
    for i, x in enumerate(a):
        for j, y in enumerate(b):
            longest[i + 1, j + 1] = longest[i, j] + 1 if x == y else max(longest[i, j + 1], longest[i + 1, j])
    return 100 * 2 * longest[-1, -1] / (len(a) + len(b))


def test_no_two_wordings_of_a_set_are_more_alike_than_stated():
    pairs = wordings.similarities()  # the three evaluation wordings are among them
    assert len(pairs) == 14 * 33 * 32 / 2
    assert pairs.similarity.iloc[0] == pairs.similarity.max() <= wordings.MAX_SIMILARITY


def test_evaluation_wordings_keep_further_away_from_the_thirty():
    pairs = wordings.similarities()
    evaluation = pairs["second"].str.contains(r"-e\d$") & ~pairs["first"].str.contains(r"-e\d$")
    assert evaluation.sum() == 14 * 30 * 3
    worst = pairs[evaluation].iloc[0]
    assert worst.similarity <= 50, (worst["first"], worst["second"])


def test_similarity_equals_a_longest_common_subsequence_by_hand():
    text = dict(zip(TABLE.instruction_id, TABLE.instruction, strict=True))
    for pair in wordings.similarities("summary").sample(20, random_state=0).itertuples():  # nothing to cut out there
        assert pair.similarity == pytest.approx(ratio_by_hand(text[pair.first], text[pair.second]))


@EACH_SET
def test_character_pairs_are_shared_by_less_than_a_third(key):
    pairs_of = [{t[i : i + 2] for i in range(len(t) - 1)} for t in own_texts(key)]
    assert max(len(a & b) / len(a | b) for a, b in combinations(pairs_of, 2)) < 1 / 3


def own_texts(key):
    return [wordings.own_words(text, ANSWERS[key].labels) for text in SETS[key]]


def test_own_words_cut_out_what_must_be_quoted_and_nothing_else():
    assert wordings.own_words("类别：甲、乙、丙。选一", ["甲", "乙", "丙"]) == "类别：。选一"
    assert wordings.own_words("分类：甲 / 乙", ["甲", "乙"]) == "分类："
    assert wordings.own_words("写成“实体名称, 实体类型”", ["PER"]) == "写成“”"
    assert wordings.own_words("甲和乙", ["甲", "乙", "丙"]) == "甲和乙"


# Characters: Chinese text in full-width punctuation, and no ASCII but what the answers are made of

PAIRED = {("event_subject", ""), ("ner", "")}
JOINED = {("qa", ""), ("causal_qa", "")}
CHOICES = {("single_choice", ""), ("multiple_choice", "")}


def ascii_rests(key, text):
    """What stands in a wording outside Chinese, its punctuation and the pieces of the set's own answers."""
    text = text.replace(" / ".join(ANSWERS[key].labels) or "\0", "")
    if key in PAIRED:
        text = re.sub("“, ”|事件类型, 事件主体|实体名称, 实体类型", "", text)
    if key in JOINED:
        text = re.sub("“[,;]”", "", text)
    if key in CHOICES:
        text = re.sub(r"(?<![A-Za-z])(?:[A-E]|A?B?C?D?E?)(?![A-Za-z])", "", text)
    if key == ("ner", ""):
        text = re.sub(r"(?<![A-Z])(?:PER|ORG|LOC)(?![A-Z])", "", text)
    return re.sub(r"[\u4e00-\u9fff，。、？：；“”（）]|……", "", text)


@EACH_SET
def test_wordings_are_lines_of_chinese_without_placeholders_or_leftovers(key):
    for text in SETS[key]:
        assert ascii_rests(key, text) == "", (ascii_rests(key, text), text)
        assert re.search(r"[\u4e00-\u9fff]{2}", text)
        assert not re.search(
            "待补|待定|占位|此处|某某|上文|[，。、？：；][，。、？：；]|“”|（）|^[，。、？：；）”]", text
        ), text
        assert text[-1] in "。？）" or ("：" in text and "。" not in text.rsplit("：", 1)[1]), text
        assert not re.search("(.{2,})[，。]?\\1[，。]?\\1", text), text
        for a, b in ("“”", "（）"):
            assert re.sub(f"[^{a}{b}]", "", text) in {(a + b) * n for n in range(30)}, text


@pytest.mark.parametrize(
    ("key", "text"),
    [
        (("sentiment", ""), "判断{text}的情绪"),
        (("sentiment", ""), "判断情绪, 给出标签"),
        (("sentiment", ""), "TODO：判断情绪"),
        (("sentiment", ""), "判断 情绪"),
        (("news_classification", ""), "写出2到3个类别"),
        (("news_classification", ""), "写出类别:"),
        (("ner", ""), "NER任务"),
        (("ner", ""), "写成“实体名称,实体类型”"),
        (("qa", ""), "找出答案,写下来"),
        (("single_choice", ""), "写出A股的字母F"),
        (("multiple_choice", ""), "如DA这样连写"),
    ],
)
def test_the_check_of_characters_finds_leftovers(key, text):
    assert ascii_rests(key, text)


# Length, tone and order


@EACH_SET
def test_every_set_has_short_and_long_wordings(key):
    own = [len(text) for text in own_texts(key)[:30]]
    full = [len(text) for text in SETS[key][:30]]
    assert min(full) >= 6
    assert sum(n <= 15 for n in full) >= 2, "terse"
    assert sum(n >= 80 for n in full) >= 2 and max(own) >= 80, "long, and one of them in its own words"
    assert max(own) <= 125 and 18 <= np.median(own) <= 40, "a question, not a page"
    assert len(set(own)) >= 15


ROLE = "假设|假如你|如果你|如果是你|你是|你在|作为|身为|站在|充当|换作"
SCENE = f"{ROLE}|我|客户|老师|研究员|分析师|交易|编辑|部门|早会|投资者"


@EACH_SET
def test_a_set_speaks_in_many_forms(key):
    texts = SETS[key][:30]
    count = {
        name: sum(re.search(pattern, t) is not None for t in texts)
        for name, pattern in {
            "question": "？", "polite": "请|麻烦|劳驾|您", "lead": "^请", "plain": "^[^？请您]+$",
            "role": ROLE, "scene": SCENE,
        }.items()
    }  # fmt: skip
    assert 3 <= count["question"] <= 20
    assert 6 <= count["polite"] <= 20
    assert count["lead"] <= 8, "a leading 请 stays far from half of a set"
    assert count["role"] >= 1 and count["scene"] >= 3
    assert count["plain"] >= 5, "neither question nor request"
    assert max(Counter(t[:2] for t in texts).values()) <= 4, "openings of two characters"
    assert max(Counter(t[:4] for t in texts).values()) <= 2, "openings of four"


# Labels and formats

LABELLED = [key for key in sorted(SETS) if len(ANSWERS[key].labels) > 1]
BETWEEN = "[”“]*(?:、|，| / |或是|还是|或|和|”“)(?:还是|或是|或)?[”“]*"


def lists_labels(key, text):
    """Whether a wording prints the labels one after another, all of them in the registry's order."""
    labels = ANSWERS[key].labels
    if len(labels) > 4:
        return "、".join(labels) in text or " / ".join(labels) in text
    return re.search(BETWEEN.join(labels), text) is not None


def test_label_sets_are_those_of_the_registry():
    for key in SETS:
        if key[0] in (
            "negative_news",
            "sentiment",
            "stock_movement",
            "news_classification",
            "relation",
            "ner",
            "matching",
        ):
            want = [] if key[1] == "subject" else list(catalog.LABELS[key[0]])
            assert ANSWERS[key].labels == want, key
    assert [len(ANSWERS[key].labels) for key in LABELLED] == [2, 2, 3, 16, 44, 3, 4, 3]
    assert ANSWERS["single_choice", ""].labels == ["A", "B", "C", "D"]
    assert [ANSWERS[s, ""].none for s in ("qa", "causal_qa")] == [catalog.LABELS[s][0] for s in ("qa", "causal_qa")]
    assert ANSWERS["relation", ""].none in catalog.LABELS["relation"]
    assert ANSWERS["negative_news", "subject"].none == "无"


@pytest.mark.parametrize("key", LABELLED, ids=lambda k: ".".join(filter(None, k)))
def test_about_a_third_of_the_wordings_list_the_labels(key):
    assert 8 <= sum(lists_labels(key, text) for text in SETS[key][:30]) <= 12
    # some lists open the wording, some close it
    joined = [re.search(BETWEEN.join(ANSWERS[key].labels), text) for text in SETS[key][:30]]
    assert any(found and found.start() <= 10 for found in joined)
    assert any(found and len(found.string) - found.end() <= 3 for found in joined)


@pytest.mark.parametrize("key", LABELLED, ids=lambda k: ".".join(filter(None, k)))
def test_a_run_of_labels_is_the_whole_list_in_its_order(key):
    labels = ANSWERS[key].labels
    run = "(?:" + "|".join(sorted(labels, key=len, reverse=True)) + ")"
    few = 2 if len(labels) <= 4 else 4  # one wording names three of 44 as examples; four are a list
    for text in SETS[key]:
        for mark in ("、", " / "):
            found = re.search(f"{run}(?:{mark}{run}){{{few - 1},}}", text)
            if found and "依次" not in text:  # "in this order" answers to the order of the question
                assert found[0].split(mark) == labels[: found[0].count(mark) + 1], text
                assert lists_labels(key, text), text


@pytest.mark.parametrize("subtask", ["sentiment", "stock_movement"])
def test_three_labels_are_named_all_or_none(subtask):
    labels, texts = ANSWERS[subtask, ""].labels, SETS[subtask, ""]
    named = [sum(label in text for label in labels) for text in texts]
    assert set(named) == {0, 3}
    assert 8 <= named[:30].count(3) <= 22, "some wordings list the labels, some leave them to training"


ALSO = {
    ("negative_news", "judge"): {"材料对实体作了负面报道。"},
    ("negative_news", "subject"): {"；", "甲；乙"},
    ("event_subject", ""): {"事件类型, 事件主体", ", ", "无"},
    ("ner", ""): {"实体名称, 实体类型", ", "},
    ("qa", ""): {"无指定类型事件发生", ","},
    ("causal_qa", ""): {"因为……所以……", "……导致……", ",", ";"},
    ("multiple_choice", ""): {"ABD", "解析："},
}


def test_quoted_answers_are_labels_to_the_letter():
    """Whatever stands in “ ” is an answer, a separator or a line format of its set."""
    for key, texts in SETS.items():
        allowed = {*words_of(key), *ALSO.get(key, ())}
        for text in texts:
            assert set(re.findall("“(.*?)”", text)) <= allowed, text


@pytest.mark.parametrize("key", [("sentiment", ""), ("matching", ""), ("negative_news", "judge")], ids="-".join)
def test_what_a_wording_maps_to_a_label_is_not_turned_round(key):
    """Yes before no: “相同答是，不同答否”, never a question whose 是 means a difference."""
    if len(ANSWERS[key].labels) == 2:
        yes, no = ANSWERS[key].labels
        for text in SETS[key]:
            quoted = re.findall(f"“({yes}|{no})”", text)
            assert quoted in ([], [yes], [yes, no]), text
            assert not re.search(
                f"(?:不同|不一致|有区别|有差别|异义|没有)[^，。；]{{0,2}}“?{yes}”?", text.replace("没有出入", "")
            ), text
    else:
        for text in SETS[key]:
            assert not re.search(
                "(?:利好|正面|乐观|褒)[^，。；]{0,5}消极|(?:利空|负面|悲观|贬)[^，。；]{0,5}积极", text
            ), text


def test_separators_are_the_ones_of_the_answers():
    assert sum("空格" in t or "空一格" in t for t in SETS["news_classification", ""]) == 33
    assert sum("空格" in t for t in SETS["relation", ""]) >= 15
    assert sum("；" in t for t in SETS["negative_news", "subject"]) >= 22
    for key in PAIRED:
        assert sum(re.search("行|条", t) is not None for t in SETS[key]) >= 24
        assert sum("“, ”" in t or "英文逗号" in t or ", " in t for t in SETS[key]) >= 15
        assert not any(re.search("[型体称][，,](?! )(事件|实体)(类型|主体)|(?<!英文)逗号", t) for t in SETS[key])
    for key in JOINED:
        assert sum("“,”" in t for t in SETS[key]) >= 6
        assert not any(re.search("(?<!英文)(?:逗号|分号)|顿号", t) for t in SETS[key])
    for text in SETS["multiple_choice", ""]:
        assert not re.search("空格隔开|逗号隔开|顿号隔开|用[顿逗]号连接", text)


NONE = [("qa", "无相应参数", "无参数"), ("causal_qa", "无参数", "无相应参数")]


@pytest.mark.parametrize(("subtask", "none", "other"), NONE)
def test_the_two_words_for_no_answer_are_never_mixed_up(subtask, none, other):
    assert ANSWERS[subtask, ""].none == none
    assert not any(other in text for text in SETS[subtask, ""])
    assert 12 <= sum(none in text for text in SETS[subtask, ""][:30]) <= 24


PROMISED = {  # answers written as the wordings ask for them, and what the evaluation must read
    ("sentiment", ""): [(x, x) for x in ("积极", "中性", "消极")],
    ("stock_movement", ""): [(x, x) for x in ("跑赢大盘", "中性", "表现不佳")],
    ("news_classification", ""): [
        ("中国 公司", "中国 公司"), ("大盘", "大盘"), ("中国 公司 政策 房地产 能源", "中国 公司 政策 房地产 能源"),
        ("国际 虚拟货币 新冠", "国际 虚拟货币 新冠"),
    ],
    ("negative_news", "judge"): [("有", "有"), ("无", "无")],
    ("negative_news", "subject"): [("甲；乙", "甲；乙"), ("小资钱包", "小资钱包"), ("无", "无")],
    ("summary", ""): [("云岫新材定增结果：鼎屿资本获配近2.7亿元", "云岫新材定增结果：鼎屿资本获配近2.7亿元")],
    ("event_subject", ""): [
        ("股东减持, 星砚航空\n停牌, 信屿软件", "股东减持, 星砚航空\n停牌, 信屿软件"),
        ("暴雨洪涝, 长沙\n企业停产, 橡胶", "暴雨洪涝, 长沙\n企业停产, 橡胶"), ("需求减少, 无", "需求减少, 无"),
        ("市场价格下降, 山东,河北", "市场价格下降, 山东,河北"),
    ],
    ("relation", ""): [("收购", "收购"), ("增持 持股", "增持 持股"), ("被拟收购", "被拟收购"), ("其他", "其他")],
    ("ner", ""): [("苏杭, PER\n启澜石油, ORG\n河南, LOC", "苏杭, PER\n启澜石油, ORG\n河南, LOC")],
    ("matching", ""): [("是", "是"), ("否", "否")],
    ("qa", ""): [
        ("5,371,666.75元", "5,371,666.75元"), ("企业融资,公司上市", "企业融资,公司上市"),
        ("无相应参数", "无相应参数"), ("无指定类型事件发生", "无指定类型事件发生"),
    ],
    ("causal_qa", ""): [
        ("大豆,玉米", "大豆,玉米"), ("无参数", "无参数"),
        ("冰雹导致供给减少;干旱导致供给减少", "冰雹导致供给减少;干旱导致供给减少"),
    ],
    ("single_choice", ""): [(x, x) for x in "ABCD"],
    ("multiple_choice", ""): [("ABD", "ABD"), ("C", "C"), ("ABCDE", "ABCDE"), ("BC\n解析：见教材。", "BC")],
}  # fmt: skip


@EACH_SET
def test_an_answer_in_the_promised_format_is_read_to_the_letter(key):
    subtask, form = key
    assert all(parsing.parse(subtask, answer, form) == (read, True) for answer, read in PROMISED[key])
    for word in words_of(key) if key != ("ner", "") else ():  # of an entity its type is only half an answer
        assert parsing.parse(subtask, word, form) == (word, True), word


def words_of(key):
    """The labels of a set and its word for none."""
    none = ANSWERS[key].none
    return [*ANSWERS[key].labels, *([none] if isinstance(none, str) else [])]


QUOTED = {  # an answer that uses what a wording quotes, where the quoted piece is not the whole answer
    "事件类型, 事件主体": "事件类型, 事件主体\n停牌, 信屿软件",
    "实体名称, 实体类型": "实体名称, 实体类型\n河南, LOC",
    ", ": "河南, LOC",
    ",": "大豆,玉米",
    ";": "冰雹导致供给减少;干旱导致供给减少",
    "……导致……": "冰雹导致供给减少",
    "；": "小资钱包；小资钱包网",
}
NO_ANSWERS = {"材料对实体作了负面报道。", "因为……所以……"}  # a statement to be judged, and the words that mark a cause


@EACH_SET
def test_every_format_that_a_wording_quotes_is_one_the_evaluation_reads(key):
    subtask, form = key
    for quoted in set(re.findall("“(.*?)”", "".join(SETS[key]))) - NO_ANSWERS:
        answer = read = QUOTED.get(quoted, quoted)
        if quoted == "解析：":
            answer, read = f"ABD\n{quoted}三项均符合。", "ABD"
        elif (key, quoted) == (("event_subject", ""), "无"):
            answer = read = f"需求减少, {quoted}"
        assert parsing.parse(subtask, answer, form) == (read, True), quoted
    assert parsing.as_set("negative_news", "甲；乙", "subject") == {"甲", "乙"}


def test_letters_given_as_an_example_are_read():
    shown = re.findall("(?<![A-E])[A-E]{2,}(?![A-E])", "".join(SETS["multiple_choice", ""]))
    assert len(shown) >= 4
    assert all(parsing.parse("multiple_choice", run) == (run, True) for run in shown)


# What an evaluation wording must say by itself: a model that was never trained here is asked in it, too

STATED = {
    ("negative_news", "subject"): ["“；”", "“无”"],
    ("summary", ""): ["一句"],
    ("event_subject", ""): ["事件类型", "事件主体", "行"],
    ("relation", ""): ["空格", "其他"],
    ("ner", ""): ["PER、ORG、LOC", "行"],
    ("qa", ""): ["“,”", "“无相应参数”"],
    ("causal_qa", ""): ["“,”", "“无参数”"],
    ("single_choice", ""): ["字母"],
    ("multiple_choice", ""): ["字母"],
}


@EACH_SET
def test_an_evaluation_wording_states_the_whole_answer_format(key):
    labels = ANSWERS[key].labels
    for text in SETS[key][30:]:
        assert lists_labels(key, text) or (len(labels) <= 4 and all(label in text for label in labels)), text
        assert all(part in text for part in STATED.get(key, ())), text
        if key in PAIRED and ", " not in text:
            assert "英文逗号和空格" in text
        assert len(wordings.own_words(text, labels)) >= 15, text


# The wordings stand over real rows as well as over the embedded corpus; what would contradict one of them is kept out

FORBIDDEN = {
    "a post, a headline or a sentence with its aspect": (
        ("sentiment", ""),
        "帖子|发帖|股吧|作者|楼主|发言者|说话人",
    ),
    "prices may be absent": (("stock_movement", ""), "开盘|收盘|闭盘|五日|五天|过去几|根据(?:股价|价格|行情)"),
    "one to five labels": (
        ("news_classification", ""),
        "[两二][到至或]三|两个或三个|至少两|最多三|不超过三",
    ),
    "one or several letters": (("multiple_choice", ""), "多项选择|多选题|至少两|两个以上|哪几个字母"),
    "the analysis is free": (
        ("multiple_choice", ""),
        "(?:不要|不必|无需|不写|别写)(?:写|给出|附|做)?(?:解析|理由|说明)|只写字母|必须",
    ),
    "types and several spans are answers": (("qa", ""), "一个片段|一字不差|原样|原文片段|照抄|抄原文"),
    "causal events are answers": (("causal_qa", ""), "一个片段|一字不差|原样|原文片段|照抄|原话|不添一字"),
    "products and regions are subjects": (("event_subject", ""), "哪家公司|公司名称|对应的公司|企业名称|是谁"),
    "entities are not always firms": (("relation", ""), "公司|企业|两家"),
    "about the entities listed": (("negative_news", "judge"), "报警|只看正文|标题如何"),
    "several banks' clients, not one": (("matching", ""), "花呗|借呗|微众"),
}


@pytest.mark.parametrize(("key", "pattern"), FORBIDDEN.values(), ids=FORBIDDEN)
def test_no_wording_contradicts_the_real_rows(key, pattern):
    assert not [text for text in SETS[key] if re.search(pattern, text)]


def test_wordings_know_what_real_inputs_look_like():
    assert any("评价对象" in text for text in SETS["sentiment", ""])
    for text in SETS["sentiment", ""]:
        assert "评价对象" not in text or "若" in text, "only some rows name an aspect"
    for text in SETS["stock_movement", ""]:
        assert "行情数据" not in text or "有时" in text, "only published rows append prices"
    assert sum(re.search("实体|主体|机构|公司", t) is not None for t in SETS["negative_news", "judge"]) >= 31
    assert sum("所列实体" in t or "名单" in t or "末行" in t for t in SETS["negative_news", "subject"]) >= 5
    assert sum("因" in t for t in SETS["event_subject", ""]) >= 4, "causal pairs: the cause first"
    assert all(t.index("原因") < t.index("结果") for t in SETS["event_subject", ""] if "原因" in t)
    assert any("无指定类型事件发生" in t for t in SETS["qa", ""])
    for text in SETS["multiple_choice", ""]:
        offers = "可|需要时|若|如果|要是|视情况"
        assert not re.search("解析|理由|说明", text) or re.search(offers, text), text


# --- dealing them out -------------------------------------------------------------------------------------------------

MIX = {
    ("sentiment", "", "fe"): 67,
    ("sentiment", "", "stockb"): 95,
    ("sentiment", "", "cfsc_absa"): 301,
    ("negative_news", "judge", "nsp"): 61,
    ("negative_news", "subject", "nsp"): 29,
    ("ner", "", "ner"): 1,
}


def spread(names, of):
    used = Counter(names)
    counts = [used[n] for n in of]
    assert sum(counts) == len(names), "a wording of another set"
    return max(counts) - min(counts)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("m", [1, 2, 7, 30])
def test_wordings_are_used_equally_often_or_differ_by_one(seed, m):
    rows = wordings.assign(rows_of(MIX), seed, wordings_per_subtask=m)
    for (subtask, form), group in rows.groupby(["subtask", "form"]):
        stem = f"{subtask}.{form}" if form else subtask
        names = [f"{stem}-{i:02d}" for i in range(m)]
        assert spread(group.instruction_id, names) <= 1
        for _, part in group.groupby("source"):
            assert spread(part.instruction_id, names) <= 1, "a wording must not become the mark of a source"


def test_an_instruction_is_the_wording_its_id_names():
    rows = wordings.assign(rows_of(MIX), seed=3)
    text = dict(zip(TABLE.instruction_id, TABLE.instruction, strict=True))
    assert [text[i] for i in rows.instruction_id] == rows.instruction.tolist()


def test_the_order_of_rows_changes_nothing():
    one, other = (wordings.assign(rows_of(MIX, shuffle), seed=1).set_index(["subtask", "id"]) for shuffle in (0, 9))
    assert not one.index.equals(other.index)
    pd.testing.assert_frame_equal(one.sort_index(), other.sort_index())


def test_a_seed_gives_one_assignment_and_another_seed_another():
    rows = rows_of(MIX)
    first, again, other = (wordings.assign(rows, seed).instruction_id for seed in (4, 4, 5))
    assert first.equals(again)
    assert (first != other).mean() > 0.8


def test_the_assignment_of_a_known_seed_stays_what_it_is():
    """Written down once: a published run names its wordings, so a change here must be meant."""
    rows = wordings.assign(rows_of({("matching", "", "afqmc"): 6}, shuffle=2), seed=0).sort_values("id")
    assert rows.instruction_id.tolist() == KNOWN


KNOWN = ["matching-11", "matching-03", "matching-29", "matching-01", "matching-09", "matching-25"]


def test_rows_come_back_as_they_were_with_two_more_columns():
    rows = rows_of(MIX).sample(frac=0.5, random_state=0)  # an index with holes, out of order
    before = rows.copy()
    after = wordings.assign(rows, seed=0)
    pd.testing.assert_frame_equal(rows, before)
    pd.testing.assert_frame_equal(after[before.columns.tolist()], before)
    assert after.columns.tolist() == [*before.columns, "instruction", "instruction_id"]


def test_one_wording_for_all_is_the_first_whatever_the_seed():
    for seed in (0, 1):
        rows = wordings.assign(rows_of(MIX), seed, wordings_per_subtask=1)
        stems = {i.removesuffix("-00") for i in rows.instruction_id}
        assert stems == {"sentiment", "negative_news.judge", "negative_news.subject", "ner"}


def test_a_second_assignment_replaces_the_first():
    rows = wordings.assign(wordings.assign(rows_of(MIX), seed=0), seed=1)
    assert rows.columns.tolist().count("instruction") == 1
    assert rows.equals(wordings.assign(rows_of(MIX), seed=1))


def test_rows_without_form_or_source_are_dealt_too():
    rows = rows_of({("qa", "", "finqa"): 60}).drop(columns=["form", "source"])
    assert spread(wordings.assign(rows, seed=0).instruction_id, [f"qa-{i:02d}" for i in range(30)]) == 0
    rows["form"] = None
    assert set(wordings.assign(rows, seed=0).subtask) == {"qa"}


def test_no_rows_are_no_rows():
    empty = wordings.assign(rows_of(MIX).iloc[:0], seed=0)
    assert len(empty) == 0 and {"instruction", "instruction_id"} <= set(empty.columns)


def test_evaluation_rows_get_wordings_outside_the_thirty_evenly_within_each_subject():
    rows = rows_of({("single_choice", "", s): 10 for s in "甲乙丙"} | {("negative_news", "judge", "nsp"): 8})
    rows = rows.rename(columns={"source": "subject"})
    out = wordings.evaluation_instructions(rows, seed=0)
    assert not set(out.instruction) & set(TABLE.instruction[TABLE.use == "training"])
    exam = out[out.subtask == "single_choice"]
    for _, group in exam.groupby("subject"):
        assert spread(group.instruction_id, [f"single_choice-e{i}" for i in range(3)]) <= 1
    assert out.equals(wordings.evaluation_instructions(rows, seed=0))


# --- what goes wrong --------------------------------------------------------------------------------------------------


def test_an_unknown_subtask_is_named_with_its_nearest():
    with pytest.raises(ValueError, match=r"unknown sub-task 'sentimnt'; nearest is 'sentiment'"):
        wordings.load("sentimnt")
    with pytest.raises(ValueError, match=r"2 rows have the unknown sub-task 'finqa'.* 'qa'"):
        wordings.assign(rows_of({("finqa", "", "x"): 2, ("qa", "", "y"): 2}), seed=0)
    with pytest.raises(ValueError, match="unknown sub-task nan"):
        wordings.assign(pd.DataFrame({"id": ["a"], "subtask": [np.nan]}), seed=0)


def test_a_wrong_form_is_named_with_the_right_ones():
    with pytest.raises(ValueError, match=r"3 rows of sub-task 'negative_news' have form ''.* is 'judge' or 'subject'"):
        wordings.assign(rows_of({("negative_news", "", "nsp"): 3}), seed=0)


def test_ids_that_name_two_rows_are_refused():
    rows = pd.concat([rows_of({("qa", "", "finqa"): 2})] * 2)
    with pytest.raises(ValueError, match=r"id 'finqa-0000[01]' occurs twice in qa"):
        wordings.assign(rows, seed=0)


def test_missing_columns_are_named():
    with pytest.raises(ValueError, match="lack the column id; they have subtask"):
        wordings.assign(pd.DataFrame({"subtask": ["qa"]}), seed=0)


@pytest.mark.parametrize("m", [0, -1, 31])
def test_a_number_of_wordings_that_cannot_be_is_refused(m):
    with pytest.raises(ValueError, match="1 to 30"):
        wordings.assign(rows_of(MIX), seed=0, wordings_per_subtask=m)


@pytest.mark.parametrize("m", [1.0, "30", True, None])
def test_a_number_of_wordings_that_is_no_number_is_refused(m):
    with pytest.raises(TypeError, match="whole number"):
        wordings.assign(rows_of(MIX), seed=0, wordings_per_subtask=m)


def page(**changes):
    entry = {
        "subtask": "qa", "form": "", "labels": [], "format": "a span",
        "wordings": [f"问法{i}" for i in range(30)], "evaluation": ["考一", "考二", "考三"],
    }  # fmt: skip
    return {k: v for k, v in (entry | changes).items() if v is not None}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"wordings": ["问"] * 28}, r"28 wordings, needed are 30"),
        ({"wordings": [f"问{i % 29}" for i in range(30)]}, r"'问0' is listed twice"),
        ({"evaluation": ["考一", "考二", "问法3"]}, r"'问法3' is listed twice"),
        ({"evaluation": []}, r"0 evaluation, needed are 3"),
        ({"evaluation": None}, r"the key 'evaluation' is missing"),
        ({"labels": None}, r"the key 'labels' is missing"),
        ({"wordings": [*(f"问{i}" for i in range(29)), {"答": "甲"}]}, r"must be text.*not \{'答': '甲'\}"),
        ({"wordings": [*(f"问{i}" for i in range(29)), " "]}, r"must be text.*not ' '"),
        ({"subtask": "matching"}, r"must repeat the file's name, 'qa'"),
        ({"forms": {"judge": {"labels": []}}}, r"form 'judge': the key 'format' is missing"),
    ],
)
def test_a_faulty_file_is_named_with_its_fault(tmp_path, changes, message):
    (tmp_path / "qa.yaml").write_text(yaml.safe_dump(page(**changes), allow_unicode=True), encoding="utf-8")
    with pytest.raises(ValueError, match=message) as error:
        wordings.load(folder=tmp_path)
    assert "qa.yaml" in str(error.value)


def test_a_folder_without_files_is_an_error(tmp_path):
    with pytest.raises(FileNotFoundError, match="no instruction files"):
        wordings.load(folder=tmp_path)


def test_the_overview_counts_characters_and_names_the_highest_similarity():
    table = wordings.overview()
    assert len(table) == 14 and list(table) == ["min", "mean", "max", "similarity"]
    texts = [text for text in wordings.load("matching").query("use == 'training'")["instruction"]]
    at = table.loc["matching", ""]
    assert at.tolist()[:3] == [min(map(len, texts)), round(sum(map(len, texts)) / 30), max(map(len, texts))]
    assert at["similarity"] == round(wordings.similarities("matching")["similarity"].max())


def test_usage_counts_how_often_each_wording_is_used():
    rows = pd.DataFrame({"id": range(7), "subtask": "qa", "form": ""})
    table = wordings.usage(wordings.assign(rows, seed=0, wordings_per_subtask=3))
    assert table.loc["qa", ""].to_dict() == {"count": 3, "min": 2, "max": 3}


def test_the_prompts_of_rows_are_the_prompt_of_each():
    rows = pd.DataFrame({"instruction": ["判断", "回答"], "input": ["股价上涨", ""]})
    assert wordings.prompts(rows) == ["判断\n股价上涨", "回答"]
