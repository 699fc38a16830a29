"""Generic skills of choosing and arranging: options, lists, dictionaries, rules stated in the instruction, examples."""

from assl_utils.corpus.base_model.material import skill

_YES_NO = (("是", "否"), ("有", "没有"), ("对", "错"), ("yes", "no"), ("√", "×"), ("在", "不在"), ("1", "0"))
_OPTION_STYLES = ("{}、{}", "{}. {}", "{}：{}", "({}){}", "{}）{}", "{} {}")
_NOTHING = ("缺", "查不到", "空", "没写", "未提及", "略", "零", "无此项", "NULL")
_ORDINALS = ("第一", "第二", "第三", "第四", "第五", "第六")


def _options(m, words, letters="ABCDEF"):
    """Write the words as lettered option lines in one of several layouts."""
    style = m.dice.pick(_OPTION_STYLES)
    joint = "\n" if m.dice.chance(0.7) else " "
    return joint.join(style.format(letter, word) for letter, word in zip(letters, words, strict=False))


def _one_occurs(m):
    """Draw a text and four words of which only one occurs in it: (text, words, its place), or None."""
    text = m.passage(50)
    word, others = m.span_of(text, 2, 5), m.words(3)
    if word is None or any(other in text for other in others):
        return None
    words = m.dice.shuffle([word, *others])
    return text, words, words.index(word)


def _split(m, words):
    """Put a list of words on one line, with a random separator."""
    return m.dice.pick(("、", "，", " ", "；", "\n", "/")).join(words)


@skill(
    """
    文中[有没有|是否有|出现过]“{word}”？[回答|答]“{yes}”或“{no}”
    “{word}”[在不在|是否在]下文里？在[就答|则回答]{yes}，不在[就答|则回答]{no}
    [判断|检查]下文[含不含|是否包含]“{word}”，[输出|写]{yes}或{no}
    [查一查|看看]有无“{word}”：有写{yes}，无写{no}
    下文[提到|写到]“{word}”了吗？只[答|写]{yes}／{no}
    [请|]用{yes}或{no}回答：“{word}”出现在下文吗？
    """,
    weight=1.5,
)
def contains(m):
    text = m.passage(70)
    yes, no = m.dice.pick(_YES_NO) if m.dice.chance(0.7) else m.labels(2)
    word = m.span_of(text, 2, 4) if m.dice.chance(0.5) else m.word()
    if word is None:
        return None
    return {"word": word, "yes": yes, "no": no}, text, yes if word in text else no


@skill(
    """
    [下面|以下]哪个选项的词在[第一行|原文]出现过？[只答|写出]字母
    [选出|选择][第一行|原文]里[有|出现]的词，[回答|写]字母
    [哪一项|哪个选项]来自[上面|第一行]的文字？[答字母|只要字母]
    [对照|根据]第一行选词，[给出|输出]选项字母
    选项中[唯一|只有一个]见于第一行，它的字母是？
    [请|]找出第一行含有的选项，[填|写]字母
    """,
    weight=1.5,
)
def option_letter(m):
    case = _one_occurs(m)
    if case is None:
        return None
    text, words, place = case
    return {}, text + "\n" + _options(m, words), "ABCD"[place]


@skill(
    """
    [选项中|下面]哪个词在第一行[出现过|有]？写出[这个词|词本身][，不写字母|]
    [选出|挑出]第一行含有的词，[照抄|写]这个词
    [哪一项|哪个词]见于第一行？[答词语|写词不写字母]
    根据第一行[选词|挑词]，[输出|给出]词语
    几个选项里，第一行[写到|提到]了谁？[写词|答出该词]
    [请|]把第一行里有的那个选项[抄出来|写出来]
    """
)
def option_text(m):
    case = _one_occurs(m)
    if case is None:
        return None
    text, words, place = case
    return {}, text + "\n" + _options(m, words), words[place]


@skill(
    """
    {letter}项[是什么|的内容是什么|写了什么]？
    [写出|抄下|给出]选项{letter}的[内容|文字]
    字母{letter}[对应|后面]的[词|内容]是？
    [选|我选]{letter}，[它|这一项]是什么？
    [查出|读出]{letter}那一项
    [请|]把{letter}[展开|换]成它的文字
    """,
    weight=1.5,
)
def letter_to_text(m):
    words = m.words(m.dice.between(3, 5))
    n = m.dice.below(len(words))
    return {"letter": "ABCDE"[n]}, _options(m, words), words[n]


@skill(
    """
    “{word}”是哪一项？[答字母|只写字母]
    [写出|给出]“{word}”[对应|前面]的字母
    [哪个|什么]字母后面[是|写着]“{word}”？
    “{word}”的[序号|字母]是什么？
    [找到|查找]“{word}”，[输出|回答]它的字母
    [请|]用字母代替“{word}”
    """,
    weight=1.5,
)
def text_to_letter(m):
    words = m.words(m.dice.between(3, 5))
    n = m.dice.below(len(words))
    return {"word": words[n]}, _options(m, words), "ABCDE"[n]


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
    words = [common] * m.dice.between(2, 4)
    words.insert(m.dice.below(len(words) + 1), odd)
    return {}, _split(m, words), odd


_PAIR_STYLES = ("{}：{}", "{}={}", "{} {}", "{}→{}", "{}是{}", "{}, {}", "{}|{}")


def _pairs(m, keys, values):
    style, joint = m.dice.pick(_PAIR_STYLES), m.dice.pick(("\n", "\n", "；"))
    return joint.join(style.format(key, value) for key, value in zip(keys, values, strict=True))


@skill(
    """
    {key}[对应|后面]的[值|内容]是什么？
    [查出|查一下|写出]{key}的值
    [下表|清单]里{key}[是多少|是什么]？
    [请|]在[表中|下面]查找{key}[并作答|，写出结果]
    {key}：____（[据下表填写|照表填]）
    [根据|依照][记录|下表]回答：{key}是？
    """,
    weight=2.0,
)
def look_up(m):
    n = m.dice.between(2, 5)
    words = m.words(2 * n)
    place = m.dice.below(n)
    return {"key": words[place]}, _pairs(m, words[:n], words[n:]), words[n + place]


@skill(
    """
    [哪一项|谁]的值是{value}？
    {value}[属于|归]哪一项？[写出名称|]
    [找出|查出]值为{value}的[名称|项目]
    [右边|后面]是{value}的，[左边|前面]是什么？
    [反查|倒查]：{value}[对应的名称|前面的词]
    [请|]根据{value}[反推|找回]它的名称
    """,
    weight=1.5,
)
def look_up_backwards(m):
    n = m.dice.between(2, 5)
    words = m.words(2 * n)
    place = m.dice.below(n)
    return {"value": words[n + place]}, _pairs(m, words[:n], words[n:]), words[place]


@skill(
    """
    {key}的值是什么？[表里没有|查不到]就[回答|写]“{nothing}”
    [查|查找]{key}，没有则[答|输出]“{nothing}”
    [写出|给出]{key}[对应|后面]的内容；[不存在|没有这一项]时写“{nothing}”
    [若|如果]表中有{key}就写它的值，否则[写|答]“{nothing}”
    {key}？（[缺失|无记录]记作“{nothing}”）
    [请|]读出{key}一栏，[没有|缺少]这一栏时[回答|填]“{nothing}”
    """,
    weight=1.5,
)
def look_up_or_nothing(m):
    n = m.dice.between(2, 4)
    words = m.words(2 * n + 1)
    place, nothing = m.dice.below(n), m.dice.pick(_NOTHING)
    there = m.dice.chance(0.6)
    slots = {"key": words[place] if there else words[2 * n], "nothing": nothing}
    return slots, _pairs(m, words[:n], words[n : 2 * n]), words[n + place] if there else nothing


@skill(
    """
    [把|将]每一对写成一行“{shape}”
    [改写|整理]成[每行一条|一行一条]的“{shape}”
    [提取|列出]各项，格式为“{shape}”，[一项一行|每项占一行]
    按“{shape}”的[样子|格式][输出|重写]，每对一行
    格式要求：{shape}，[逐行|分行]写
    [请|]用“{shape}”的[形式|写法]把内容分行列出
    """,
    weight=2.0,
)
def reshape_pairs(m):
    n = m.dice.between(1, 3)
    words = m.words(2 * n)
    joint = m.dice.pick((", ", ": ", "=", "|", "-", "，"))
    style = m.dice.pick(("{0}是{1}", "{0}的是{1}", "{0}（{1}）", "{0}：{1}", "{1}属于{0}"))
    said = "，".join(style.format(key, value) for key, value in zip(words[:n], words[n:], strict=True))
    left, right = ("名称", "值") if style != "{1}属于{0}" else ("类", "成员")
    answer = "\n".join(key + joint + value for key, value in zip(words[:n], words[n:], strict=True))
    return {"shape": left + joint + right}, said + "。", answer


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
    words = m.words(m.dice.between(3, 6))
    kind = m.dice.below(4)
    if kind == 0:
        return {"which": "最后"}, _split(m, words), words[-1]
    if kind == 1:
        sizes = sorted((len(word), word) for word in words)
        if sizes[-1][0] > sizes[-2][0] + 1:
            return {"which": "最长"}, _split(m, words), sizes[-1][1]
    n = m.dice.below(len(words))
    return {"which": _ORDINALS[n]}, _split(m, words), words[n]


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
    words, sep = m.words(m.dice.between(2, 5)), m.dice.pick(("、", "；", " ", "，", "+", "|", "和"))
    return {"sep": sep}, "\n".join(words), sep.join(words)


@skill(
    """
    [把|将]下面的数[从{way}排列|按从{way}的顺序排好]
    [按|照]从{way}[排序|排一排]
    数字[排序|排队]：从{way}
    [重新排列|整理]这些数，[次序|顺序]是从{way}
    从{way}[写出|列出]这些数
    [请|]由{way}[给它们|把数字]排个队
    """
)
def sort_numbers(m):
    top = m.dice.pick((9, 99, 99, 999))
    numbers = m.dice.sample(range(1, top + 1), m.dice.between(2, 5))
    down = m.dice.chance(0.5)
    out = sorted(numbers, reverse=down)
    return {"way": "大到小" if down else "小到大"}, "、".join(map(str, numbers)), "、".join(map(str, out))


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
    words = m.words(m.dice.between(2, 4))
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
    words, sign = m.words(m.dice.between(3, 5)), m.dice.pick("#*@&★●◆")
    marked = [m.dice.chance(0.5) for _ in words]
    marked[m.dice.below(len(words))] = True
    words = [m.insert(word, sign) if flag else word for word, flag in zip(words, marked, strict=True)]
    return {"sign": sign}, _split(m, words), "、".join(word for word in words if sign in word)


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
    words = m.words(m.dice.between(2, 4))
    extra = [m.dice.pick(words) for _ in range(m.dice.between(1, 2))]
    many = m.dice.shuffle(words + extra)
    return {}, _split(m, many), "、".join(dict.fromkeys(many))


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
    upper = m.dice.shuffle([words[0], words[1], words[2]])
    lower = m.dice.shuffle([words[0], words[3], words[4]])
    return {}, "、".join(upper) + "\n" + "、".join(lower), words[0]


@skill(
    """
    [按|照]对照表[{table}]给[下文|文字]选一个[标签|代号]
    对照[表|关系]：{table}。[下文|这段话]该[标|记|写]什么？
    {table}。[文中|下文]出现[哪个词|表中的词]，就[写|答]它[右边|对应]的字
    [已知|规定]{table}，[给出|写出]下文的代号
    [词典|约定]：{table}。[据此|照此]给下文[分类|归类]
    [用|根据]“{table}”[判断|决定]下文[属于|归]哪一类
    """.replace("[{table}]", "（{table}）"),
    weight=2.5,
)
def translate_one(m):
    n = m.dice.between(2, 4)
    labels, text = m.labels(n), m.passage(70)
    word = m.span_of(text, 2, 3)
    others = m.words(n - 1)
    if word is None or any(other in text for other in others):
        return None
    words = m.dice.shuffle([word, *others])
    table = m.dice.pick(("，", "；", "、")).join(f"{w}={label}" for w, label in zip(words, labels, strict=True))
    return {"table": table}, text, labels[words.index(word)]


@skill(
    """
    对照{table}，写出下文[所有|全部]的代号，[用空格隔开|中间空一格]
    {table}。[下文|文中]有哪些词就[写|列]哪些代号，[以空格分隔|空格分开]
    [按|照]“{table}”[标注|打标]下文，[可以多个|可能不止一个]，空格隔开
    [规定|约定]{table}，[依次|按表的顺序]写出出现的代号（空格分隔）
    [检查|看看]表里的词：{table}。[出现|用到]的，写代号，中间用空格
    [请|]用空格连接[文中|下文]各词的代号：{table}
    """,
    weight=2.5,
)
def translate_many(m):
    labels = m.labels(m.dice.between(3, 5))
    words = m.words(len(labels))
    present = [m.dice.chance(0.45) for _ in words]
    present[m.dice.below(len(words))] = True
    text = m.sentence(40).rstrip("。！？")
    if any(word in text for word in words):
        return None
    for n in m.dice.shuffle([n for n, flag in enumerate(present) if flag]):
        text += m.dice.pick("，、；") + words[n]
    table = "，".join(f"{w}={label}" for w, label in zip(words, labels, strict=True))
    answer = " ".join(label for label, word in zip(labels, words, strict=True) if word in text)
    return {"table": table}, text, answer


@skill(
    """
    [如果|若][文中|下文]出现“{word}”，回答“{yes}”，否则回答“{no}”
    [规则|约定]：有“{word}”写“{yes}”，没有写“{no}”
    [见到|遇到]“{word}”就[说|答]“{yes}”，[见不到|没有]就[说|答]“{no}”
    下文[含|带]“{word}”[归入|算作]“{yes}”，[其余|不含]归“{no}”
    [凡|只要]有“{word}”的[一律|都]标“{yes}”，[别的|其他]标“{no}”
    “{word}”→“{yes}”；[其他|没有它]→“{no}”。[请判断|下文该标什么]
    """,
    weight=2.0,
)
def rule(m):
    text, (yes, no) = m.passage(70), m.words(2) if m.dice.chance(0.4) else m.labels(2)
    word = m.span_of(text, 1, 3) if m.dice.chance(0.5) else m.span(2, 3)
    if word is None:
        return None
    return {"word": word, "yes": yes, "no": no}, text, yes if word in text else no


@skill(
    """
    两行[文字|内容]一样吗？一样[答|写]“{same}”，不一样[答|写]“{other}”
    [比较|对比]两行：完全相同为“{same}”，[有差别|不同]为“{other}”
    上下两行[逐字相同|一字不差]写{same}，否则写{other}
    [检查|核对]第二行是不是第一行的[副本|复制]（{same}／{other}）
    [判断|看看]两行是否[相同|一致]，[输出|回答]{same}或{other}
    两行[有没有|是否有]出入？[没有|相同]：{same}；[有|不同]：{other}
    """,
    weight=1.5,
)
def compare(m):
    text = m.sentence(35)
    same, other = m.labels(2) if m.dice.chance(0.5) else m.dice.pick((("同", "异"), ("一样", "不同")))
    if m.dice.chance(0.5):
        return {"same": same, "other": other}, text + "\n" + text, same
    piece = m.span_of(text, 2, 4)
    changed = None if piece is None else text.replace(piece, m.word())
    return None if changed in (None, text) else ({"same": same, "other": other}, text + "\n" + changed, other)


@skill(
    """
    第二行[改动了|换掉了]第一行的哪[个词|几个字]？[写出新词|答第二行里的]
    [找出|写出]第二行[不同于|有别于]第一行的[地方|字]
    [对比|比较]两行，第二行[新出现|换上]的是什么？
    [上下|两行]哪里不一样？[写第二行的字|以第二行为准]
    第二行中[哪些字|什么]与第一行不符？
    [请|]指出第二行被[改|换]成了什么
    """
)
def changed_word(m):
    text = m.sentence(35)
    piece, new = m.span_of(text, 2, 4), m.noise(2, 3)
    return None if piece is None else ({}, text + "\n" + text.replace(piece, new), new)


@skill(
    """
    哪一句[提到|写到|说到]“{word}”？[答|写]“第一句”“第二句”[或|还是]“都没有”
    “{word}”在第一句还是第二句？[都不在|两句都没有]写“都没有”
    [判断|找出]“{word}”[所在|出现]的句子：第一句、第二句或都没有
    两句[当中|里面]，谁[含有|提到]“{word}”？（第一句／第二句／都没有）
    [含|有]“{word}”的是？可选：第一句、第二句、都没有
    [请|]说明“{word}”出自第一句、第二句，还是都没有
    """
)
def which_sentence(m):
    first, second = m.sentences(2, 35)
    word = m.span_of(m.dice.pick((first, second)), 2, 4) if m.dice.chance(0.75) else m.noise(2, 3)
    if word is None or (word in first and word in second):
        return None
    answer = "第一句" if word in first else "第二句" if word in second else "都没有"
    return {"word": word}, first + "\n" + second, answer


@skill(
    """
    [下面|一共]有几[行|条]？[用阿拉伯数字回答|答数字]
    [数一数|数数]有多少[行|条]
    [行数|条数]是多少？
    [请|]输出[行数|条目的个数]
    [列表|清单]共[几|多少]行？
    [统计|清点][行数|有几行]
    """
)
def count_lines(m):
    n = m.dice.between(1, 6)
    return {}, "\n".join(m.words(n)), str(n)


@skill(
    """
    [有几个|有多少个]“{sign}”？
    “{sign}”[出现了|用了]几次？[写数字|]
    [数|数一数]“{sign}”的个数
    [统计|清点]符号“{sign}”
    [请|]回答“{sign}”[有|共]几个
    “{sign}”的[次数|数量]是？
    """,
    weight=0.7,
)
def count_signs(m):
    sign, n = m.dice.pick("#*@&★●◆"), m.dice.between(0, 5)
    text = m.span(2, 6)
    for _ in range(n):
        text += sign + m.span(1, 4)
    return {"sign": sign}, text, str(n)


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
    words = m.words(m.dice.between(2, 6))
    n = m.dice.below(len(words))
    return {"word": words[n]}, _split(m, words), str(n + 1)


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
    labels = m.labels(3) if m.dice.chance(0.5) else m.words(3)
    votes = [labels[0]] * 3 + [labels[1]] * m.dice.between(0, 2) + [labels[2]] * m.dice.between(0, 1)
    return {}, _split(m, m.dice.shuffle(votes)), labels[0]


@skill(
    """
    哪个[数|数字][更|最]{way}？
    [写出|挑出]最{way}的[数|一个]
    最{way}的是[多少|哪个]？
    [比较|比一比]大小，[写|给]出最{way}的
    [取|选]最{way}[值|的数]
    [请|]找出其中最{way}的数
    """
)
def extreme_number(m):
    numbers = m.dice.sample(range(1, m.dice.pick((20, 100, 1000))), m.dice.between(2, 4))
    way, choose = m.dice.pick((("大", max), ("小", min)))
    return {"way": way}, _split(m, [str(x) for x in numbers]), str(choose(numbers))


@skill(
    """
    [算一算|计算]
    [得数|结果]是多少？
    [写出|给出]得数
    [求|算出]结果
    [请|]口算
    [这道题|算式]等于[几|多少]？
    """
)
def sums(m):
    a, b = m.dice.between(1, 50), m.dice.between(1, 50)
    if m.dice.chance(0.5):
        return {}, f"{a}+{b}=", str(a + b)
    return {}, f"{max(a, b)}-{min(a, b)}=", str(abs(a - b))


@skill(
    """
    {who}的{what}是[什么|谁|哪个]？
    [写出|查出]{who}的{what}
    [根据|依据]下文，{who}的{what}[是|为]？
    [下文|文中]说{who}的{what}是什么
    [请|]回答：{who}，{what}
    [只答|直接写]{who}的{what}
    """,
    weight=2.0,
)
def facts(m):
    people = m.words(m.dice.between(2, 4))
    what = m.dice.pick(("颜色", "编号", "住处", "口令", "邻居", "食物", "绰号", "乐器", "伙伴"))
    values = m.words(len(people))
    style = m.dice.pick(("{}的{}是{}", "{}，{}：{}", "{}的{}叫{}", "在{}那里，{}是{}"))
    said = [style.format(who, what, value) for who, value in zip(people, values, strict=True)]
    n = m.dice.below(len(people))
    return {"who": people[n], "what": what}, m.dice.pick(("；", "，", "。", "\n")).join(said), values[n]


def _first_two(m):
    text = m.span(4, 8)
    return text, text[:2]


def _last_two(m):
    text = m.span(4, 8)
    return text, text[-2:]


def _bracketed(m):
    text = m.word()
    return text, f"【{text}】"


def _twice(m):
    text = m.word()
    return text, text + text


def _inside(m):
    left, word, right = m.words(3)
    return f"{left}「{word}」{right}", word


def _after_colon(m):
    left, right = m.words(2)
    return f"{left}：{right}", right


def _before_colon(m):
    left, right = m.words(2)
    return f"{left}：{right}", left


def _swapped(m):
    left, right = m.words(2)
    return f"{left}～{right}", f"{right}～{left}"


def _first_of_three(m):
    words = m.words(3)
    return "、".join(words), words[0]


def _last_of_three(m):
    words = m.words(3)
    return "、".join(words), words[2]


_MOVES = (
    _first_two, _last_two, _bracketed, _twice, _inside, _after_colon, _before_colon, _swapped, _first_of_three,
    _last_of_three,
)  # fmt: skip


@skill(
    """
    [看例子|仿照例子]，[写出|补上]最后一个结果
    [照样子|按前面的规律]做最后一题
    [例子|样例]在前，[请完成|做]最后一行
    [从例子中|由前两行]找规律，[填|写]出最后的答案
    [模仿|学着]前面的[做法|例子]
    规律[相同|不变]，最后一行[该填|应填]什么？
    """,
    weight=3.0,
)
def few_shot(m):
    move = m.dice.pick(_MOVES)
    shots = [move(m) for _ in range(m.dice.between(3, 4))]
    left, joint = m.dice.pick((("", "→"), ("输入：", " 输出："), ("问：", " 答："), ("", " => "), ("例：", "，得：")))
    lines = [f"{left}{source}{joint}{target}" for source, target in shots[:-1]]
    return {}, "\n".join([*lines, f"{left}{shots[-1][0]}{joint}"]), shots[-1][1]


@skill(
    """
    [仿照|看]前面的[例子|标法]，[给|为]最后一行标上[标签|记号]
    [由例子|从上面]看出标记的[规则|办法]，[标|写]最后一行
    最后一行[的标签|该标]是什么？
    [照|按]前几行的[标法|分法]，[写出|补出]缺的标签
    [前面|上面]是样例，[请给|写出]最后的标签
    [同样的|相同的]规则，末行[应标|得到]什么？
    """,
    weight=2.0,
)
def few_shot_labels(m):
    words, labels = m.words(2), m.labels(2)
    kinds = m.dice.shuffle([0, 1]) + [m.dice.below(2) for _ in range(m.dice.between(0, 1))]
    last = m.dice.below(2)
    lines = [m.insert(m.span(3, 8), words[kind]) + "→" + labels[kind] for kind in kinds]
    return {}, "\n".join([*lines, m.insert(m.span(3, 8), words[last]) + "→"]), labels[last]
