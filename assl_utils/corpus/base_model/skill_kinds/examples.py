"""Generic skills of examples: the rule is shown, not said."""

from assl_utils.corpus.base_model.material import skill


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
    move = m.draws.pick(_MOVES)
    shots = [move(m) for _ in range(m.draws.between(3, 4))]
    left, joint = m.draws.pick((("", "→"), ("输入：", " 输出："), ("问：", " 答："), ("", " => "), ("例：", "，得：")))
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
    kinds = m.draws.shuffle([0, 1]) + [m.draws.below(2) for _ in range(m.draws.between(0, 1))]
    last = m.draws.below(2)
    lines = [m.insert(m.span(3, 8), words[kind]) + "→" + labels[kind] for kind in kinds]
    return {}, "\n".join([*lines, m.insert(m.span(3, 8), words[last]) + "→"]), labels[last]
