"""Which questions are numeric: the rule by which answers to questions with numbers are told apart from others.

A question is numeric if numbers are given in it and an amount is asked for:

1. Numbers: its text without the options holds two numbers or more; one is enough where the options are amounts, for the
   answer must then be worked out from it. Dates and years, the number of a paragraph (第3条) and numbers in names
   (M2, A-3, T+1) do not count.
2. An amount: where there are options, more than half of them are amounts, that is a number and no more than
   ``LONGEST_UNIT`` other characters. Where there are none, a word of ``ASKS`` occurs in a sentence that ends with a
   question mark, be it of the instruction or the input, or in the last line of the input, or that ends with ``=``.
"""

import re

from assl_utils.tasks.parsing import nfkc

ASKS = ("多少", "得数", "口算", "计算", "算一算", "算出", "求出")
NOT_ASKS = ("计算机", "计算题", "计算过程")  # words that only look like one of ASKS
LETTERS = "ABCDEFGH"
LONGEST_UNIT = 8  # characters of an option besides its number: 净损失20万元 is an amount

_OPTION = re.compile(r"(?:^|(?<=\s))\(?([A-H])\s*[、.:)]")
_NOT_GIVEN = re.compile(
    r"第\s*\d+|(?:19|20)\d\d(?:[-./]\d{1,2}[-./]\d{1,2}|\s*[年—~-](?:\s*\d{1,2}月(?:\d{1,2}日)?)?)"
    r"|\d{1,2}月(?:\d{1,2}日)?|[A-Z]-?\d+|T\+\d"
)
_NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")


def is_numeric(instruction, input=""):
    """Say whether a question is numeric, by the rule on top of this file.

    Parameters
    ----------
    instruction : str
        What is asked; of an exam question it says only how to answer, and its numbers do not count.
    input : str, default ""
        The question or the text that is asked about. Without an input the instruction is the question.

    Returns
    -------
    bool
    """
    question, options = split_options(input or instruction)
    given = len(_numbers(question))
    if options:
        return given > 0 and 2 * sum(map(_is_amount, options)) > len(options)
    return given >= 2 and (question.endswith("=") or _asks(instruction, question))


def split_options(text):
    """Take an exam question apart.

    Parameters
    ----------
    text : str
        The options are lines, or parts after a blank, that begin with ``A、``, ``B、``, … (also ``A.`` ``A:`` ``(A)``).
        Letters that do not begin with A and go on in order are no options.

    Returns
    -------
    (str, list of str)
        The question without its options, and the options without their letters; width is folded (NFKC).
    """
    text = nfkc(text).strip()
    marks = list(_OPTION.finditer(text))
    starts = [i for i, mark in enumerate(marks) if mark[1] == "A"]
    for start in starts:
        run = marks[start:]
        if len(run) > 1 and "".join(mark[1] for mark in run) == LETTERS[: len(run)]:
            ends = [mark.start() for mark in run[1:]] + [len(text)]
            options = [text[mark.end() : end].strip() for mark, end in zip(run, ends, strict=True)]
            return text[: run[0].start()].strip(), options
    return text, []


def _numbers(text):
    return _NUMBER.findall(_NOT_GIVEN.sub(" ", text))


def _is_amount(option):
    return bool(_numbers(option)) and len(_NUMBER.sub("", option)) <= LONGEST_UNIT


def _asks(instruction, question):
    sentences = re.findall(r"[^。!?\n]*\?", f"{nfkc(instruction)}\n{question}")
    said = "\n".join([*sentences, question.rsplit("\n", 1)[-1]])
    for word in NOT_ASKS:
        said = said.replace(word, "")
    return any(word in said for word in ASKS)
