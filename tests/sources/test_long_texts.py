"""Texts of strangers may be long, and long in odd ways: what reads and compares them takes no square of their length.

A smaller length than the million characters that a measurement by hand takes; a square of it is seconds already.
"""

import pytest
from processor_time import within

from assl_utils.errors import DataError
from assl_utils.sources import leakage, records

LENGTH = 60_000
PIECES = (
    "涨",
    "\n",
    " ",
    " \n",
    "？",
    "A、",
    "\nA",
    "实体：",
    "实体 ",
    "答案",
    "答案：A ",
    "\n答案",
    "分析解释",
    ";",
    "1,",
    "\u3000",
)
SHAPES = {
    "fe": lambda text: [text, 1],
    "na": lambda text: [text, text],
    "question": lambda text: [text, "答"],
    "nsp": lambda text: ["1", text, text, "a;b", "1", "a"],
    "flare": lambda text: {"text": text, "answer": text},
    "fincorpus": lambda text: {"text": f"{text}\nA、甲\nB、乙\n答案：A\n分析解释：{text}"},
    "cflue": lambda text: {"question": text, "choices": "{'A': '甲'}", "answer": "A", "analysis": text},
}
SUBTASKS = ("sentiment", "qa", "single_choice", "matching", "relation", "negative_news", "summary")


def texts(piece):
    long = piece * (LENGTH // len(piece))
    return long, f"{long}完", f"净{long}完{long}"


@pytest.mark.parametrize("piece", PIECES)
def test_a_long_text_is_read_in_linear_time(piece):
    for text in texts(piece):
        for shape, record in SHAPES.items():
            with within(2, f"{shape} of {piece!r}"):
                try:
                    records.load(shape, [record(text)], "a file")
                except DataError as error:
                    assert len(str(error)) < 1500


@pytest.mark.parametrize("piece", PIECES)
def test_the_part_of_a_long_text_is_found_in_linear_time(piece):
    for text in texts(piece):
        for subtask in SUBTASKS:
            with within(2, f"{subtask} of {piece!r}"):
                leakage.part_of(subtask, text)


@pytest.mark.parametrize(
    ("subtask", "text", "part"),
    [
        ("single_choice", "\n\n \nA、甲\nB、乙", ("stem", "|乙|甲")),
        (
            "single_choice",
            "下列说法正确的是哪一个选项呢朋友们 \n\n  A、甲\n\n B、乙",
            ("stem", "下列说法正确的是哪一个选项呢朋友们"),
        ),
        ("relation", "甲收购乙 \n 头实体：甲，尾实体：乙", ("text", "甲收购乙")),
        ("negative_news", "甲被处罚\n实体：甲;乙", ("text", "甲被处罚")),
    ],
)
def test_blanks_before_options_and_entities_are_no_part_of_the_text(subtask, text, part):
    assert leakage.part_of(subtask, text) == part


def test_an_answer_behind_empty_lines_is_found():
    text = "问题\n\n  A、甲\n \n B、乙\n\n\n  答案：B\n\n 分析解释：因为"
    examples, _ = records.load("fincorpus", [{"text": text}], "a file")
    assert examples == [(1, ("", "问题\n\n  A、甲\n \n B、乙", "B\n解析：因为"))]
