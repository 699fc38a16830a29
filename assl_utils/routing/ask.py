"""Ask the system of a finished run, and read which expert answers and why.

    python -m assl_utils.ask "这条新闻是积极、中性还是消极？公司净利润同比增长三成" --run runs/cpu

Without a question, each line of the standard input is one (a \\n in it means a line break); in a terminal they are
answered one by one. A - reads all of it as one question. A line that is no text, or that fails, gets its own error in
its place, and the rest goes on; the exit code is then 1.
"""

from __future__ import annotations

import argparse
import itertools
import os
import sys

from assl_utils.errors import plain
from assl_utils.routing.visible import as_json, visible

BLOCK = 32  # lines answered together
PROMPT = "问> "


def main(arguments: list[str] | None = None) -> int:
    """The command line: 0, 1 where the run or one of several lines cannot be answered, 2 for a request that makes no
    sense, 130 after Ctrl-C."""
    parser = _parser()
    options = parser.parse_args(arguments)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")  # a terminal that lacks a character must not end a batch
    try:
        question = _decoded(_bytes().read(), "the question") if options.question == "-" else options.question
        if question is not None and not question.strip():
            parser.error("there is nothing to answer in an empty question")
        from assl_utils import pretrained
        from assl_utils.routing.system import SilverSight

        pretrained.device_of(options.device)  # before anything large is loaded
        with SilverSight.from_dir(options.run, base=options.base, device=options.device) as system:
            if question is not None:
                _answer(system, [question], options)
            elif sys.stdin.isatty():
                _talk(system, options)
            else:
                return _batch(system, options)
    except KeyboardInterrupt:
        print(file=sys.stderr)
        return 130
    except BrokenPipeError:  # the reader, `head` say, has seen enough; without this, Python complains at its exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (OSError, ValueError) as error:
        _complain(error)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m assl_utils.ask",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("question", nargs="?", help="instruction and text; left out: lines of the standard input")
    parser.add_argument("--run", default="runs/cpu", help="folder of a finished run (default: runs/cpu)")
    parser.add_argument("--base", help="base model, where it is not found by itself: a name or a folder")
    parser.add_argument("--device", default="auto", help="cpu, cuda or auto")
    parser.add_argument("--max-new-tokens", type=_at_least(1), default=128, metavar="N", help="longest answer")
    parser.add_argument("--nearest", type=_at_least(0), default=3, metavar="N", help="training rows to show")
    parser.add_argument("--json", action="store_true", help="print a JSON object for each question, in a line")
    return parser


def _at_least(least: int):
    def number(text: str) -> int:
        if not text.isdecimal() or int(text) < least:
            raise argparse.ArgumentTypeError(f"{text!r} is no whole number from {least} on")
        return int(text)

    return number


def _unfolded(line: str) -> str:
    return line.replace("\\n", "\n").strip()


def _bytes():
    """The standard input as bytes, so that a line that is no text costs no other; as text where it has no bytes."""
    return getattr(sys.stdin, "buffer", sys.stdin)


def _decoded(line: bytes | str, what: str) -> str:
    try:
        return line if isinstance(line, str) else line.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        bad = f"{error.object[error.start : error.start + 1].hex()} at byte {error.start + 1}"
        raise ValueError(f"{what} is no UTF-8 text ({bad})") from None


def _complain(error: Exception) -> None:
    print(f"cannot answer: {visible(plain(error))}", file=sys.stderr)


def _answer(system, questions: list[str], options) -> None:
    for found in system.ask_many(questions, options.max_new_tokens, options.nearest):
        print(as_json(found.as_dict()) if options.json else found)
    sys.stdout.flush()


def _batch(system, options) -> int:
    """Answer the lines of the standard input, a block at a time and each in its place; 1 where one has an error."""
    lines, failed = enumerate(_bytes(), 1), False
    while block := list(itertools.islice(lines, BLOCK)):
        asked = [(_shown(line), _question(line, number)) for number, line in block]
        asked = [(text, found) for text, found in asked if found != ""]
        answers = iter(_answered(system, [found for _, found in asked if isinstance(found, str)], options))
        for text, found in asked:
            found = next(answers) if isinstance(found, str) else found
            failed |= isinstance(found, Exception)
            _print(text, found, options)
        sys.stdout.flush()
    return int(failed)


def _shown(line: bytes | str) -> str:
    """A line as its answer repeats it, whatever its bytes are."""
    return _unfolded(line.decode("utf-8", "backslashreplace") if isinstance(line, bytes) else line)


def _question(line: bytes | str, number: int) -> str | ValueError:
    """The question of a line, empty for an empty one; an error for one that is no text."""
    try:
        return _unfolded(_decoded(line, f"line {number}"))
    except ValueError as error:
        return error


def _answered(system, questions: list[str], options) -> list:
    """An answer for each question, or the error that it alone has; together where that works, for it is quicker."""
    try:
        return system.ask_many(questions, options.max_new_tokens, options.nearest)
    except Exception as error:  # whatever one question makes of it, the others are answered
        if len(questions) == 1:
            return [error]
    return [found for question in questions for found in _answered(system, [question], options)]


def _print(text: str, found, options) -> None:
    """An answer or an error with its question."""
    if isinstance(found, Exception):
        if options.json:
            print(as_json({"question": text, "error": plain(found)}))
        else:
            print(visible(f"{PROMPT}{' '.join(text.split())}\ncannot answer: {plain(found)}\n"))
    elif options.json:
        print(as_json(found.as_dict()))
    else:
        print(f"{PROMPT}{visible(' '.join(found.question.split()))}\n{found}\n")


def _talk(system, options) -> None:
    """Question by question, until the input ends; what cannot be answered is said and the talk goes on."""
    prompt = PROMPT if sys.stdout.isatty() else ""
    while True:
        try:
            question = _unfolded(input(prompt))
            if question:
                _answer(system, [question], options)
        except EOFError:
            print(file=sys.stderr)
            return
        except BrokenPipeError:
            raise
        except Exception as error:
            _complain(error)


if __name__ == "__main__":
    sys.exit(main())
