"""Exam records (FinanceIQ, FinEval, CFLUE, FinCorpus) as a stem, a line for each option, and the letters."""

import ast
import re

from assl_utils.sources.fields import Malformed, Skip, columns, text_of

# What begins a line is looked for behind the last line end: `\n\s*` takes a square of time on a run of line ends.
_ANSWER = re.compile(r"(?:^|\n)[^\S\n]*答案\s*[:：]\s*(\[[^\]\n]*\]|[A-H][A-H、,，\s]*(?=\n|$))")
_ANALYSIS = re.compile(r"(?:^|\n)[^\S\n]*分析解释\s*[:：]\s*(.*)", re.DOTALL)


def financeiq(record):
    """FinanceIQ: ``Question, A, B, C, D, Answer``."""
    stem, answer = columns(record, "Question", "Answer")
    return [("", *exam(stem, dict(zip("ABCD", columns(record, *"ABCD"), strict=True)), answer))]


def fineval(record):
    """FinEval: ``question, A, B, C, D, answer``."""
    stem, answer = columns(record, "question", "answer")
    return [("", *exam(stem, dict(zip("ABCD", columns(record, *"ABCD"), strict=True)), answer))]


def cflue(record):
    """CFLUE: the options are a Python literal in a text; the answer is letters, an analysis may follow."""
    stem, choices, answer, analysis = columns(record, "question", "choices", "answer", "analysis")
    try:
        options = ast.literal_eval(choices)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):  # all that a crooked literal raises
        options = None
    if not isinstance(options, dict) or not options:
        raise Malformed(f"the choices {str(choices)[:40]!r} are no Python dictionary in a text")
    text, letters = exam(stem, options, answer)
    analysis = text_of(analysis or "", "the analysis", empty=True).strip()
    return [("", text, f"{letters}\n解析：{analysis}" if analysis else letters)]


def fincorpus(record):
    """FinCorpus: question, options, ``答案：`` and often ``分析解释：`` in one ``text``."""
    (text,) = columns(record, "text")
    text = text_of(text, "the text")
    answer = _ANSWER.search(text)
    letters = "".join(sorted(set(re.findall("[A-H]", answer[1])))) if answer else ""
    if not letters:
        raise Skip("no letter after 答案：")
    if not all(re.search(rf"(?:^|\n)[^\S\n]*{letter}\s*[、.．:：]", text[: answer.start()]) for letter in letters):
        raise Skip("no lettered options")
    analysis = _ANALYSIS.search(text, answer.end())
    reason = analysis[1].strip() if analysis else ""
    return [("", text[: answer.start()].strip(), f"{letters}\n解析：{reason}" if reason else letters)]


def exam(stem, options, answer):
    """An exam question as (input, letters): the stem, then a line ``A、…`` for each option."""
    stem, answer = text_of(stem, "the question").strip(), text_of(answer, "the answer").strip()
    if not answer or set(answer) - set(options) or list(answer) != sorted(set(answer)):
        raise Malformed(f"the answer {answer!r} is not made of the letters {''.join(map(str, options))} in order")
    lines = [
        f"{letter}、{text_of(str(text), f'option {letter}', empty=True).strip()}" for letter, text in options.items()
    ]
    return "\n".join([stem, *lines]), answer
