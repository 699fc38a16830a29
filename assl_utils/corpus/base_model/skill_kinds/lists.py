"""Generic skills of lists: picking, joining, ordering, filtering and comparing items."""

from assl_utils.corpus.base_model.material import skill

_ORDINALS = ("第一", "第二", "第三", "第四", "第五", "第六")


@skill(
    """
    哪一个[与众不同|和别的不一样]？
    [找出|挑出|写出]不同的那一个
    [其中|这些里面]只有一个不一样，是[哪个|谁]？
    [多数|其余]都相同，例外是？
    [挑|选]出[异类|例外]
    [下面|这一行]里哪个[不合群|是单独的]？
    """
)
def odd_one_out(m):
    common, odd = m.words(2)
    words = [common] * m.draws.between(2, 4)
    words.insert(m.draws.below(len(words) + 1), odd)
    return {}, m.in_one_line(words), odd


@skill(
    """
    [写出|给出|取]{which}[一项|一个|那个]
    {which}[一项|一个]是什么？
    [只要|保留]{which}[的一项|一个]，[其他|其余]不要
    [列表|清单]中{which}[的|一项]是？
    [请|]从[列表|下面]里[挑|取]出{which}的[词|项]
    {which}的[那个词|那一项]：
    """,
    weight=1.5,
)
def pick_by_place(m):
    words = m.words(m.draws.between(3, 6))
    kind = m.draws.below(4)
    if kind == 0:
        return {"which": "最后"}, m.in_one_line(words), words[-1]
    if kind == 1:
        sizes = sorted((len(word), word) for word in words)
        if sizes[-1][0] > sizes[-2][0] + 1:
            return {"which": "最长"}, m.in_one_line(words), sizes[-1][1]
    n = m.draws.below(len(words))
    return {"which": _ORDINALS[n]}, m.in_one_line(words), words[n]


@skill(
    """
    “{word}”[排|是]第几[个|项]？[答数字|]
    [写出|给出]“{word}”的[位置|序号]
    [从左数|按顺序]，“{word}”是第几？
    [列表|清单]中“{word}”[在|处于]第几位？
    [查|找]“{word}”的[次序|名次]（数字）
    [请|]数到“{word}”，是几？
    """
)
def position(m):
    words = m.words(m.draws.between(2, 6))
    n = m.draws.below(len(words))
    return {"word": words[n]}, m.in_one_line(words), str(n + 1)


@skill(
    """
    用“{sep}”[连接|串起]下面各[行|词]
    [把|将][各行|这些词]合成一行，[中间|之间][加|放]“{sep}”
    [写成|改成]一行，以“{sep}”[分隔|隔开]
    [每行|每个词]之间换成“{sep}”，[写在一行|合并输出]
    [合并|拼接]下面的词，分隔符是“{sep}”
    [请|]输出用“{sep}”[相连|连好]的一行
    """
)
def join(m):
    words, sep = m.words(m.draws.between(2, 5)), m.draws.pick(("、", "；", " ", "，", "+", "|", "和"))
    return {"sep": sep}, "\n".join(words), sep.join(words)


@skill(
    """
    [把|将]下面的词[倒过来排|按相反的顺序写]
    [倒序|逆序]输出[列表|各项]，[仍用|还用]顿号
    [最后一个|末项]放[最前|第一]，[依次|挨个]倒着写
    [反向|从后往前][列出|写出]这些词
    [颠倒|翻转]次序[后|再]输出
    [请|]从末尾[开始|起][往前|倒着]抄这些词
    """
)
def reverse_list(m):
    words = m.words(m.draws.between(2, 4))
    return {}, "、".join(words), "、".join(words[::-1])


@skill(
    """
    [写出|列出|挑出]含有“{sign}”的词，用顿号[隔开|分开]
    哪些词[里有|含有]“{sign}”？
    [只保留|筛出]带“{sign}”的[词|项]
    [去掉|除去]没有“{sign}”的词[，剩下什么|后输出]
    [过滤|筛选]：[留下|只要]有“{sign}”的
    [请|]把[带|有]“{sign}”的词都抄出来
    """
)
def filter_words(m):
    words, sign = m.words(m.draws.between(3, 5)), m.draws.pick("#*@&★●◆")
    marked = [m.draws.chance(0.5) for _ in words]
    marked[m.draws.below(len(words))] = True
    words = [m.insert(word, sign) if flag else word for word, flag in zip(words, marked, strict=True)]
    return {"sign": sign}, m.in_one_line(words), "、".join(word for word in words if sign in word)


@skill(
    """
    [去掉|删去]重复的[词|项]，用顿号[列出|输出]
    [每个词|同样的词]只[留|写]一次[，顺序不变|]
    [去重|清除重复]后[是什么|输出]
    [合并|压缩]相同的[词|项]
    重复[出现|写了]的[只算|只记]一个，[列出|写出]全部
    [请|]写出[不重复|各不相同]的词
    """
)
def unique_words(m):
    words = m.words(m.draws.between(2, 4))
    extra = [m.draws.pick(words) for _ in range(m.draws.between(1, 2))]
    many = m.draws.shuffle(words + extra)
    return {}, m.in_one_line(many), "、".join(dict.fromkeys(many))


@skill(
    """
    [写出|找出]两行都有的[词|项]
    哪个词在两行里[都出现|都有]？
    [共同|相同]的[词|项]是什么？
    两行的[交集|公共部分]
    上下两行[重合|共有]的是哪个词？
    [请|]找[上下|前后]两行[相同|一样]的词
    """
)
def common_word(m):
    words = m.words(5)
    upper = m.draws.shuffle([words[0], words[1], words[2]])
    lower = m.draws.shuffle([words[0], words[3], words[4]])
    return {}, "、".join(upper) + "\n" + "、".join(lower), words[0]


@skill(
    """
    [哪个|哪一个]词[最多|出现次数最多]？
    [出现|重复]最多的[词|是什么]？
    [多数|大多数]是什么？
    [投票|计票]结果：[谁|哪个]得票最多？
    [写出|给出]次数最多的[一个|词]
    [请|]找[占多数|数量最多]的那个词
    """
)
def majority(m):
    labels = m.labels(3) if m.draws.chance(0.5) else m.words(3)
    votes = [labels[0]] * 3 + [labels[1]] * m.draws.between(0, 2) + [labels[2]] * m.draws.between(0, 1)
    return {}, m.in_one_line(m.draws.shuffle(votes)), labels[0]
