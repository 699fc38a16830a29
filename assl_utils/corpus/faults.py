"""Planted faults: near copies, outliers and the published label formats, all known by construction."""

import re

from assl_utils.tasks.catalog import LABELS, SUBTASKS

_OFF_TOPIC = (
    "把{a}洗净切块，和{b}一起下锅翻炒，加少许盐，小火焖{n}分钟即可出锅。",
    "周末去{p}爬山，走了{n}公里，路边的{a}开得正好，晚上吃了一碗{b}。",
    "{p}明天多云转小雨，气温{n}度，出门请带伞，注意添加衣物。",
    "昨晚的球赛踢了{n}分钟，双方互交白卷，门将扑出了两个点球。",
    "我家的猫今年{n}岁，最喜欢睡在{b}上，一听到开门声就跑过来。",
)
_A = ("土豆", "白菜", "桃花", "豆角", "萝卜", "桂花")
_B = ("牛肉面", "沙发", "鸡汤", "红烧肉", "小板凳", "米饭")
GLUE = ""  # flare-zh-nl2 joins its labels by nothing


def _half_width(text):
    return text.replace("，", ",").replace("：", ":").replace("；", ";")


def _no_stop(text):
    return text[:-1] if text.endswith(("。", "？")) else text + "。"


def _percent(text):
    return re.sub(r"(\d)%", r"\1％", text)


def _zeros(text):
    return re.sub(r"(?<![\d.])(\d+)亿元", r"\1.0亿元", text, count=1)


def _date(text):
    return re.sub(r"(\d+)月(\d+)日", r"\1-\2", text, count=1)


_PREFIXES = {"exam": ("【真题】", "（模拟题）"), "matching": ("想问下，", "你好，")}
_EDITS = (_half_width, _percent, _zeros, _date, _no_stop)


def near_copy(draws, text, subtask, output):
    """Return the text with one or two small edits that keep its answer right (a span stays a span).

    Parameters
    ----------
    draws : Draws
        Source of randomness.
    text, output : str
        The row that is copied.
    subtask : str
        Its sub-task; spans and names of extraction answers must survive the edit.
    """
    spans = answer_spans(subtask, output)
    changed = text
    for edit in draws.sample(_EDITS, 2):
        candidate = edit(changed)
        if candidate != changed and all(span in candidate for span in spans) and not _breaks(subtask, edit):
            changed = candidate
    if changed == text or (draws.chance(0.3) and SUBTASKS[subtask][0] not in _PREFIXES):
        changed = draws.pick(_PREFIXES.get(SUBTASKS[subtask][0], ("（快讯）", "[转载]", "【更新】"))) + changed
    return changed


def _breaks(subtask, edit):
    """Return whether the edit could touch the layout that a task's input relies on."""
    if edit in (_half_width, _no_stop):
        return subtask in ("negative_news", "relation", "single_choice", "multiple_choice", "stock_movement")
    return edit is _date and subtask == "stock_movement"


def answer_spans(subtask, output):
    """Return the pieces of an answer that must occur word for word in the input."""
    if subtask in ("qa", "causal_qa"):
        return [] if output in LABELS[subtask] else [output]
    if subtask == "event_subject":
        return [line.split(", ", 1)[1] for line in output.splitlines()]
    if subtask == "ner":
        return [line.rsplit(", ", 1)[0] for line in output.splitlines()]
    if subtask == "negative_news":
        return [] if output in LABELS["negative_news"] else output.split("；")
    return []


def outlier(draws, text, other, place):
    """Return a text that is out of place: garbled, spliced with another task's text, or about something else."""
    u = draws.u()
    if u < 0.34:
        characters = list(text)
        for start in range(0, len(characters) - 6, 6):
            characters[start : start + 6] = draws.shuffle(characters[start : start + 6])
        return "".join(characters)
    if u < 0.67:
        return text[: len(text) // 2] + other[len(other) // 2 :]
    return draws.pick(_OFF_TOPIC).format(a=draws.pick(_A), b=draws.pick(_B), n=draws.between(3, 90), p=place)
