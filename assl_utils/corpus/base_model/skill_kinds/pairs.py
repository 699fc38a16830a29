"""Generic skills of pairs: looking values up in a table, and writing pairs in another form."""

from assl_utils.corpus.base_model.material import skill

_NOTHING = ("缺", "查不到", "空", "没写", "未提及", "略", "零", "无此项", "NULL")
_PAIR_STYLES = ("{}：{}", "{}={}", "{} {}", "{}→{}", "{}是{}", "{}, {}", "{}|{}")


def _pairs(m, keys, values):
    style, joint = m.draws.pick(_PAIR_STYLES), m.draws.pick(("\n", "\n", "；"))
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
    n = m.draws.between(2, 5)
    words = m.words(2 * n)
    place = m.draws.below(n)
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
    n = m.draws.between(2, 5)
    words = m.words(2 * n)
    place = m.draws.below(n)
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
    n = m.draws.between(2, 4)
    words = m.words(2 * n + 1)
    place, nothing = m.draws.below(n), m.draws.pick(_NOTHING)
    there = m.draws.chance(0.6)
    slots = {"key": words[place] if there else words[2 * n], "nothing": nothing}
    return slots, _pairs(m, words[:n], words[n : 2 * n]), words[n + place] if there else nothing


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
    people = m.words(m.draws.between(2, 4))
    what = m.draws.pick(("颜色", "编号", "住处", "口令", "邻居", "食物", "绰号", "乐器", "伙伴"))
    values = m.words(len(people))
    style = m.draws.pick(("{}的{}是{}", "{}，{}：{}", "{}的{}叫{}", "在{}那里，{}是{}"))
    said = [style.format(who, what, value) for who, value in zip(people, values, strict=True)]
    n = m.draws.below(len(people))
    return {"who": people[n], "what": what}, m.draws.pick(("；", "，", "。", "\n")).join(said), values[n]


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
    n = m.draws.between(1, 3)
    words = m.words(2 * n)
    joint = m.draws.pick((", ", ": ", "=", "|", "-", "，"))
    style = m.draws.pick(("{0}是{1}", "{0}的是{1}", "{0}（{1}）", "{0}：{1}", "{1}属于{0}"))
    said = "，".join(style.format(key, value) for key, value in zip(words[:n], words[n:], strict=True))
    left, right = ("名称", "值") if style != "{1}属于{0}" else ("类", "成员")
    answer = "\n".join(key + joint + value for key, value in zip(words[:n], words[n:], strict=True))
    return {"shape": left + joint + right}, said + "。", answer
