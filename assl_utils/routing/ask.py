"""Ask the system of a finished run, and read which expert answers and why.

    python -m assl_utils.ask "这条新闻是积极、中性还是消极？公司净利润同比增长三成" --run runs/cpu

Without a question, each line of the standard input is one (a \\n in it means a line break); in a terminal they are
answered one by one. A - reads all of it as one question.
"""

from __future__ import annotations

import argparse
import json
import os
import sys

BLOCK = 32  # lines answered together
PROMPT = "问> "


def main(arguments: list[str] | None = None) -> int:
    """The command line: 0, 1 where the run cannot answer, 2 for a request that makes no sense, 130 after Ctrl-C."""
    parser = _parser()
    options = parser.parse_args(arguments)
    question = sys.stdin.read() if options.question == "-" else options.question
    if question is not None and not question.strip():
        parser.error("there is nothing to answer in an empty question")
    try:
        from assl_utils.routing.system import SilverSight

        with SilverSight.from_dir(options.run, base=options.base, device=options.device) as system:
            if question is not None:
                _answer(system, [question], options)
            elif sys.stdin.isatty():
                _talk(system, options)
            else:
                _answer(system, [text for line in sys.stdin if (text := _unfolded(line))], options, titles=True)
    except KeyboardInterrupt:
        print(file=sys.stderr)
        return 130
    except BrokenPipeError:  # the reader, `head` say, has seen enough; without this, Python complains at its exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (OSError, ValueError) as error:
        print(f"cannot answer: {error}", file=sys.stderr)
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


def _answer(system, questions: list[str], options, titles: bool = False) -> None:
    """Answer and print, a block at a time; ``titles`` writes each question above its answer."""
    for start in range(0, len(questions), BLOCK):
        block = questions[start : start + BLOCK]
        for found in system.ask_many(block, options.max_new_tokens, options.nearest):
            if options.json:
                print(json.dumps(found.as_dict(), ensure_ascii=False, allow_nan=False))
            else:
                title = f"{PROMPT}{' '.join(found.question.split())}\n" if titles else ""
                print(f"{title}{found}" + ("\n" if titles else ""))
        sys.stdout.flush()


def _talk(system, options) -> None:
    """Question by question, until the input ends; what cannot be answered is said and the talk goes on."""
    prompt = PROMPT if sys.stdout.isatty() else ""
    while True:
        try:
            question = _unfolded(input(prompt))
        except EOFError:
            print(file=sys.stderr)
            return
        if question:
            try:
                _answer(system, [question], options)
            except ValueError as error:
                print(f"cannot answer: {error}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
