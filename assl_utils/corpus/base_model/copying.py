"""Generic skills of copying and locating: the answer is a piece of the input, found by place, mark or neighbour."""

import re

from assl_utils.corpus.base_model.material import skill

_STOP = re.compile(r"[，。！？；：、“”「」《》（）()【】\s,]")
_MARKS = tuple(tuple(pair.split()) for pair in "「 」|《 》|【 】|< >|## ##|『 』|( )|** **|“ ”".split("|"))
_FIGURES = {
    "百分比": re.compile(r"\d+(?:\.\d+)?%"),
    "日期": re.compile(r"(?:\d{4}年)?\d{1,2}月\d{1,2}日"),
    "金额": re.compile(r"\d+(?:\.\d+)?(?:万亿|亿|万)?(?:美元|港元|欧元|元)"),
    "年份": re.compile(r"\d{4}年"),
    "数字": re.compile(r"\d+(?:\.\d+)?"),
}


@skill(
    """
    [请|]把[下面|以下|给出]的[文字|内容|这段话|文本]原样[抄写|重复|复制|写]一遍
    [照抄|原样输出|复述]下面[这段|的]文字[，一个字也不要改|，不增不减|]
    一字不差地[重复|抄下|写出]输入
    [输入|文字]是什么就[输出|回答]什么
    不做任何[修改|改动]，[返回|输出]原文
    请[做一次|当一次]复读机，把[下文|原文]再说一遍
    """,
    weight=2.0,
)
def echo(m):
    text = m.passage(m.dice.between(12, 80))
    return {}, text, text


@skill(
    """
    [抄写|复制|照抄]这串[字符|符号]
    把[下面的|这串]编号[原样|完整]写出来
    [重复|再写一遍]下面的字符串
    逐字[输出|抄下]下面这一行
    [请|]原样返回[乱码|字符串]
    下面的[代号|字串]是什么，照着写
    """,
    weight=2.0,
)
def echo_noise(m):
    parts = [m.noise(1, 8) if m.dice.chance(0.5) else m.code() for _ in range(m.dice.between(1, 5))]
    text = m.dice.pick(("", " ", "-", "、")).join(parts)
    return {}, text, text


@skill(
    """
    [写出|抄下|找出][文中|这段文字|下文]的{nth}[，不要改动|]
    {nth}[是什么|写了什么|怎么说的]？
    只[输出|保留|返回]{nth}
    [请|]从[文章|文段]中[取出|摘出]{nth}
    把{nth}[原样|照样]抄出来
    [这段话|原文]的{nth}是哪一句？
    """,
    weight=1.5,
)
def nth_sentence(m):
    sentences = m.sentences(m.dice.between(2, 4), 30)
    if not all(sentence[-1] in "。！？" for sentence in sentences):
        sentences = [sentence.rstrip("。！？") + "。" for sentence in sentences]
    n = m.dice.below(len(sentences))
    names = ["第一句", "第二句", "第三句", "第四句"]
    name = m.dice.pick(("最后一句", "末句", "结尾那句")) if n == len(sentences) - 1 and m.dice.chance(0.6) else names[n]
    return {"nth": name}, m.dice.pick(("", "", "\n")).join(sentences), sentences[n]


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
    left, right = m.dice.pick(_MARKS)
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
    left, right = m.dice.pick(_MARKS[:4])
    words = m.words(m.dice.between(1, 4))
    text = m.dice.pick(("", m.span(2, 8)))
    for word in words:
        text += left + word + right + m.span(2, 10)
    sep = m.dice.pick(("、", "；", "，", "|", "/"))
    return {"left": left, "right": right, "sep": sep}, text + m.dice.pick(("", "。")), sep.join(words)


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
    rest = _STOP.split(text[text.index(word) + len(word) :], maxsplit=1)[0]
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
    rest = _STOP.split(text[: text.index(word)])[-1]
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
    start = m.dice.below(len(text) - 10)
    left = text[start : start + m.dice.between(2, 3)]
    body = start + len(left) + m.dice.between(1, 6)
    right = text[body : body + 2]
    if text.count(left) != 1 or text.count(right) != 1 or len(right) < 2:
        return None
    return {"left": left, "right": right}, text, text[start + len(left) : body]


@skill(
    """
    [按照原文|根据原文|依照文中]把“{start}”这句话[补全|续完|写完]
    文中以“{start}”开头的[句子|那句]，后半句是什么？
    [接着|续写]“{start}”，[只能用原文|以原文为准]
    原文里“{start}”[下面|之后]一直到句末是什么？
    [补出|写出]“{start}”这句[剩下|余下|后面]的部分
    [请|]从“{start}”[接下去|往下]抄到句号
    """,
    weight=2.0,
)
def complete_sentence(m):
    sentences = m.sentences(m.dice.between(1, 3), 40)
    target = m.dice.pick(sentences)
    if len(target) < 10:
        return None
    cut = m.dice.between(4, min(10, len(target) - 4))
    text = "\n".join(sentences)
    if text.count(target[:cut]) != 1:
        return None
    return {"start": target[:cut]}, text, target[cut:]


@skill(
    """
    第二行有一处[空白|空缺]，对照第一行[填上|补上]
    [对照|比照]原文，[填出|写出]横线上的[字|内容]
    横线处[应填|该填|缺]什么？原文在[上面|第一行]
    [请|]根据上一行[补全|填写]下一行的空
    下一行比上一行少了什么[字|]？
    上下两行相比，____ [代表|盖住]的是什么？
    """,
    weight=1.5,
)
def fill_blank(m):
    text = m.sentence(50)
    piece = m.span_of(text, 2, 6)
    if piece is None:
        return None
    return {}, text + "\n" + text.replace(piece, "____"), piece


@skill(
    """
    [写出|给出|取]下文的{side}{n}个字
    {side}{n}个字是什么？
    只[保留|输出|抄]{side}{n}个字
    [截取|摘取]文字的{side}{n}个字符
    [这段话|这行字]{side}{n}个字[是|为]：
    [请|]把{side}{n}个字抄下来
    """
)
def edge_characters(m):
    text, n = m.sentence(40).rstrip("。！？"), m.dice.between(1, 5)
    front = m.dice.chance(0.6)
    digits = "零一二三四五"
    slots = {"side": "前" if front else "最后", "n": m.dice.pick((digits[n].replace("二", "两"), str(n)))}
    return slots, text, text[:n] if front else text[-n:]


@skill(
    """
    用[开头|第一个]分句给[下文|这段话]起个[标题|题目]
    [写出|取出]第一个逗号之前的话
    [标题|题目]就是[开头|文首]到第一个标点，写出来
    [把|将]这段话缩成它的第一个分句
    [开头|文首]那半句[是什么|写了什么]？
    只要[文首|最前面]的一个分句，其余[删去|不要]
    """
)
def head_clause(m):
    text = m.passage(110)
    head = _STOP.split(text, maxsplit=1)[0]
    return ({}, text, head) if 3 <= len(head) <= 40 and len(head) < len(text) else None


@skill(
    """
    [把|将]文中的“{old}”[换成|改成|替换为]“{new}”[，其余不动|]
    用“{new}”[代替|替换]“{old}”[后|，]重写[原句|下文]
    下文中“{old}”写错了，应为“{new}”，[改正|更正]后输出
    [改写|重写]：“{old}”→“{new}”
    [凡是|每逢]“{old}”都写作“{new}”，[其他照抄|其余照旧]
    [请|]做替换：旧词“{old}”，新词“{new}”
    """
)
def replace_word(m):
    text = m.sentence(45)
    old, new = m.span_of(text, 2, 4), m.word()
    if old is None:
        return None
    return {"old": old, "new": new}, text, text.replace(old, new)


@skill(
    """
    [删去|删掉|去掉]文中的“{word}”[，其余照抄|]
    [把|将]“{word}”从[下文|这句话]里[删除|拿掉]
    不要“{word}”，[写出|抄出][剩下|余下]的文字
    [下文|句中]多了“{word}”，[改正后|删去后]输出
    除“{word}”外[全部|一律]照抄
    [抄写|重复]下文，但[跳过|略去]“{word}”
    """
)
def delete_word(m):
    text = m.sentence(45)
    word = m.span_of(text, 2, 4)
    return None if word is None else ({"word": word}, text, text.replace(word, ""))


@skill(
    """
    [用|拿]{left}{right}[标出|括住|圈出]文中的“{word}”
    [抄写|重复]下文，并给“{word}”[加上|套上]{left}{right}
    [把|将]“{word}”[写成|改成]{left}{word}{right}，[别的|其余]不变
    在[原文|下文]中[标记|突出]“{word}”，记号是{left}{right}
    给“{word}”两边加{left}和{right}，[再|然后]输出全文
    [找到|看到]“{word}”就[用|放进]{left}{right}
    """
)
def mark_word(m):
    text = m.sentence(45)
    word, (left, right) = m.span_of(text, 2, 4), m.dice.pick(_MARKS[:6])
    if word is None:
        return None
    return {"word": word, "left": left, "right": right}, text, text.replace(word, left + word + right)


def _figure(m, kind):
    """An invented figure of a kind, for texts that hold none."""
    d = m.dice
    return {
        "百分比": f"{d.between(1, 99)}.{d.between(1, 99)}%",
        "日期": f"{d.between(1, 12)}月{d.between(1, 28)}日",
        "金额": f"{d.between(1, 999)}.{d.between(1, 9)}{d.pick(('亿元', '万元', '元', '亿美元'))}",
        "年份": f"{d.between(1950, 2049)}年",
        "数字": str(d.between(1, 99999)),
    }[kind]


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
    kind = m.dice.pick(tuple(_FIGURES))
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
    kind = m.dice.pick(tuple(_FIGURES))
    text = m.passage(60).rstrip("。！？")
    for _ in range(m.dice.between(1, 2)):
        text += "，" + m.span(2, 5) + _figure(m, kind)
    sep = m.dice.pick(("、", "；", "，", "/"))
    return {"kind": kind, "sep": sep}, text, sep.join(_FIGURES[kind].findall(text))


@skill(
    """
    哪一行[提到|写到|含有]“{word}”？[抄下来|写出这一行]
    [找出|写出|抄下][含有|带有|包含]“{word}”的那一行
    [只保留|返回|输出]有“{word}”的行
    “{word}”[在|出现在]哪一行？把整行写出来
    [按|用]关键词“{word}”[查找|检索]，给出整行
    [请|]把[写着|出现]“{word}”的一行抄出来
    """,
    weight=1.5,
)
def line_with(m):
    lines = m.sentences(m.dice.between(2, 4), 28)
    line = m.dice.pick(lines)
    word = m.span_of(line, 2, 4)
    if word is None or sum(word in other for other in lines) != 1:
        return None
    return {"word": word}, "\n".join(lines), line


@skill(
    """
    {who}[说了什么|怎么说|的话是什么]？
    [写出|抄下|找出]{who}[的话|说的内容|后面的文字]
    [只要|只看]{who}[的部分|那一条]
    [标着|写着]{who}的那一行，[冒号后|后面]是什么？
    [请|]取出{who}一栏的[内容|文字]
    {who}：____（[照原文填|按上文填]）
    """,
    weight=2.0,
)
def tagged_line(m):
    lines = m.sentences(m.dice.between(2, 4), 26)
    tags = m.labels(len(lines)) if m.dice.chance(0.5) else m.words(len(lines))
    n = m.dice.below(len(lines))
    text = "\n".join(f"{tag}：{line}" for tag, line in zip(tags, lines, strict=True))
    return {"who": tags[n]}, text, lines[n]


@skill(
    """
    [只保留|留下|写出]文中的[阿拉伯数字|数字][，按原来的顺序连写|，连在一起]
    [去掉|删去]所有不是数字的[字符|字]
    [把|将]字串里的数字[依次|顺次]连起来
    [抽出|挑出]每一位数字[，写成一串|]
    不是数字的都[不要|扔掉]，剩下什么？
    数字[部分|字符]连写是什么？
    """
)
def keep_digits(m):
    text = "".join(m.noise(1, 3) + m.code() for _ in range(m.dice.between(1, 3))) + m.noise(0, 2)
    return {}, text, "".join(c for c in text if c.isdigit())
