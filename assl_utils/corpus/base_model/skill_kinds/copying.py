"""Generic skills of copying: the answer is the input, a part of it by place, or one line of it."""

from assl_utils.corpus.base_model.material import STOP, skill


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
    text = m.passage(m.draws.between(12, 80))
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
    parts = [m.noise(1, 8) if m.draws.chance(0.5) else m.code() for _ in range(m.draws.between(1, 5))]
    text = m.draws.pick(("", " ", "-", "、")).join(parts)
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
    sentences = m.sentences(m.draws.between(2, 4), 30)
    if not all(sentence[-1] in "。！？" for sentence in sentences):
        sentences = [sentence.rstrip("。！？") + "。" for sentence in sentences]
    n = m.draws.below(len(sentences))
    name = ("第一句", "第二句", "第三句", "第四句")[n]
    if n == len(sentences) - 1 and m.draws.chance(0.6):
        name = m.draws.pick(("最后一句", "末句", "结尾那句"))
    return {"nth": name}, m.draws.pick(("", "", "\n")).join(sentences), sentences[n]


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
    text, n = m.sentence(40).rstrip("。！？"), m.draws.between(1, 5)
    front = m.draws.chance(0.6)
    digits = "零一二三四五"
    slots = {"side": "前" if front else "最后", "n": m.draws.pick((digits[n].replace("二", "两"), str(n)))}
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
    head = STOP.split(text, maxsplit=1)[0]
    return ({}, text, head) if 3 <= len(head) <= 40 and len(head) < len(text) else None


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
    sentences = m.sentences(m.draws.between(1, 3), 40)
    target = m.draws.pick(sentences)
    if len(target) < 10:
        return None
    cut = m.draws.between(4, min(10, len(target) - 4))
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
    lines = m.sentences(m.draws.between(2, 4), 28)
    line = m.draws.pick(lines)
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
    lines = m.sentences(m.draws.between(2, 4), 26)
    tags = m.labels(len(lines)) if m.draws.chance(0.5) else m.words(len(lines))
    n = m.draws.below(len(lines))
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
    text = "".join(m.noise(1, 3) + m.code() for _ in range(m.draws.between(1, 3))) + m.noise(0, 2)
    return {}, text, "".join(c for c in text if c.isdigit())
