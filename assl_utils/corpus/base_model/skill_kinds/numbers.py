"""Generic skills of numbers: sorting, counting, adding."""

from assl_utils.corpus.base_model.material import skill


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
    top = m.draws.pick((9, 99, 99, 999))
    numbers = m.draws.sample(range(1, top + 1), m.draws.between(2, 5))
    down = m.draws.chance(0.5)
    out = sorted(numbers, reverse=down)
    return {"way": "大到小" if down else "小到大"}, "、".join(map(str, numbers)), "、".join(map(str, out))


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
    numbers = m.draws.sample(range(1, m.draws.pick((20, 100, 1000))), m.draws.between(2, 4))
    way, choose = m.draws.pick((("大", max), ("小", min)))
    return {"way": way}, m.in_one_line([str(x) for x in numbers]), str(choose(numbers))


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
    a, b = m.draws.between(1, 50), m.draws.between(1, 50)
    if m.draws.chance(0.5):
        return {}, f"{a}+{b}=", str(a + b)
    return {}, f"{max(a, b)}-{min(a, b)}=", str(abs(a - b))


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
    n = m.draws.between(1, 6)
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
    sign, n = m.draws.pick("#*@&★●◆"), m.draws.between(0, 5)
    text = m.span(2, 6)
    for _ in range(n):
        text += sign + m.span(1, 4)
    return {"sign": sign}, text, str(n)
