"""Generic skills of locating: the answer is a piece of the input, found by a mark, a neighbour or its kind."""

import re

from assl_utils.corpus.base_model.material import MARKS, STOP, skill

_FIGURES = {
    "百分比": re.compile(r"\d+(?:\.\d+)?%"),
    "日期": re.compile(r"(?:\d{4}年)?\d{1,2}月\d{1,2}日"),
    "金额": re.compile(r"\d+(?:\.\d+)?(?:万亿|亿|万)?(?:美元|港元|欧元|元)"),
    "年份": re.compile(r"\d{4}年"),
    "数字": re.compile(r"\d+(?:\.\d+)?"),
}


def _figure(m, kind):
    """An invented figure of a kind, for texts that hold none."""
    d = m.draws
    return {
        "百分比": f"{d.between(1, 99)}.{d.between(1, 99)}%",
        "日期": f"{d.between(1, 12)}月{d.between(1, 28)}日",
        "金额": f"{d.between(1, 999)}.{d.between(1, 9)}{d.pick(('亿元', '万元', '元', '亿美元'))}",
        "年份": f"{d.between(1950, 2049)}年",
        "数字": str(d.between(1, 99999)),
    }[kind]


@skill(
    """
    [写出|抄下|取出|找出]{left}和{right}之间的[文字|内容|字]
    {left}与{right}[里面|中间|之间]是什么？
    [提取|摘出]被{left}{right}[括起来|包住|围住]的部分
    只[输出|返回]{left}{right}[中的内容|里的字]
    文中{left}{right}里写的是什么？
    [请|]看{left}和{right}，把夹在[中间|当中]的字写下来
    """,
    weight=2.0,
)
def between_marks(m):
    text, piece = m.passage(70), m.word()
    left, right = m.draws.pick(MARKS)
    if left in text or right in text:
        return None
    return {"left": left, "right": right}, m.insert(text, left + piece + right), piece


@skill(
    """
    [列出|写出|找出]文中{left}{right}里的[所有|全部]词，用“{sep}”[隔开|连接]
    把{left}{right}[括起来|标出]的词[都|全都]抄下来，词与词之间[写|加|放]“{sep}”
    [所有|全部]被{left}{right}[标记|标出|括住]的词是哪些？用“{sep}”分开
    [请|]依次[输出|给出]{left}{right}中的词（以“{sep}”分隔）
    收集{left}{right}里的词，按出现的[顺序|先后]用“{sep}”连起来
    哪些词[带有|带着]{left}{right}？写成用“{sep}”隔开的一行
    """,
    weight=1.5,
)
def marked_words(m):
    left, right = m.draws.pick(MARKS[:4])
    words = m.words(m.draws.between(1, 4))
    text = m.draws.pick(("", m.span(2, 8)))
    for word in words:
        text += left + word + right + m.span(2, 10)
    sep = m.draws.pick(("、", "；", "，", "|", "/"))
    return {"left": left, "right": right, "sep": sep}, text + m.draws.pick(("", "。")), sep.join(words)


@skill(
    """
    “{word}”后面[到下一个标点为止|直到标点]是什么？
    [写出|抄下|找出]紧跟在“{word}”之后的[文字|内容]，到[标点|句读]为止
    文中“{word}”[之后|后面]接的是什么？[写到标点为止|]
    [找到|定位]“{word}”，把它[后面|右边]的字抄到[标点|停顿]处
    从“{word}”往后[读|看]，第一个标点之前是什么？
    [接在|跟在]“{word}”后面的字是什么？
    """,
    weight=2.0,
)
def after_word(m):
    text = m.passage(80)
    word = m.span_of(text, 2, 4)
    if word is None:
        return None
    rest = STOP.split(text[text.index(word) + len(word) :], maxsplit=1)[0]
    return ({"word": word}, text, rest) if rest else None


@skill(
    """
    “{word}”前面[从上一个标点起|同一分句里]是什么？
    [写出|抄下|找出]“{word}”之前、[上一个|前一个]标点之后的[文字|内容]
    文中“{word}”[之前|前面]的字是什么？[从标点算起|]
    [找到|定位]“{word}”，把它[前面|左边]到标点的字抄下来
    在“{word}”前面[紧挨着|写着]什么？
    哪些字[排在|出现在]“{word}”的前面（同一分句）？
    """,
    weight=1.5,
)
def before_word(m):
    text = m.passage(80)
    word = m.span_of(text, 2, 4)
    if word is None:
        return None
    rest = STOP.split(text[: text.index(word)])[-1]
    return ({"word": word}, text, rest) if rest else None


@skill(
    """
    文中“{left}”和“{right}”之间是什么[字|文字|]？
    [写出|抄下]“{left}”之后、“{right}”之前的[字|内容]
    从“{left}”到“{right}”，中间[夹着|隔着|写着]什么？
    [把|将]“{left}”与“{right}”[当中|中间]的字[找出来|抄出来]
    [提取|截取]夹在“{left}”“{right}”之间的片段
    “{left}”……“{right}”，省略号处是什么？
    """,
    weight=1.5,
)
def between_words(m):
    text = m.sentence(70)
    if len(text) < 12:
        return None
    start = m.draws.below(len(text) - 10)
    left = text[start : start + m.draws.between(2, 3)]
    body = start + len(left) + m.draws.between(1, 6)
    right = text[body : body + 2]
    if text.count(left) != 1 or text.count(right) != 1 or len(right) < 2:
        return None
    return {"left": left, "right": right}, text, text[start + len(left) : body]


@skill(
    """
    [找出|写出|抄下]文中[第一个|首个]{kind}
    [下文|文章|这段话]里[最先|最早]出现的{kind}是[什么|多少]？
    第一个{kind}[是|为][什么|多少]？
    [请|]从[左|头]开始找{kind}，[找到第一个|遇到一个]就写下来
    [提取|摘出][首个|第一个]{kind}[，不写别的|]
    文里的{kind}，只要第一个
    """,
    weight=1.5,
)
def first_figure(m):
    kind = m.draws.pick(tuple(_FIGURES))
    text = m.passage(80)
    if not _FIGURES[kind].search(text):
        text = m.insert(text, _figure(m, kind))
    return {"kind": kind}, text, _FIGURES[kind].search(text).group()


@skill(
    """
    [列出|写出|找出]文中[所有|全部]的{kind}，用“{sep}”[隔开|分开]
    [下文|这段话]有哪些{kind}？以“{sep}”相连
    [逐个|依次][抄下|写出]{kind}，中间用“{sep}”
    [提取|摘出]每一个{kind}（分隔符“{sep}”）
    [收集|汇总]{kind}，写成一行，用“{sep}”隔开
    {kind}[都有哪些|有哪几个]？用“{sep}”连接
    """
)
def all_figures(m):
    kind = m.draws.pick(tuple(_FIGURES))
    text = m.passage(60).rstrip("。！？")
    for _ in range(m.draws.between(1, 2)):
        text += "，" + m.span(2, 5) + _figure(m, kind)
    sep = m.draws.pick(("、", "；", "，", "/"))
    return {"kind": kind, "sep": sep}, text, sep.join(_FIGURES[kind].findall(text))
