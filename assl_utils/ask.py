"""Ask the system a question: ``python -m assl_utils.ask "这条新闻的情感……" --run runs/cpu``."""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys


def main(arguments: list[str] | None = None) -> int:
    """Print answer, expert and the training rows behind it; 1 where the run cannot answer, with the reason."""
    parser = argparse.ArgumentParser(prog="python -m assl_utils.ask", description=__doc__.split(":")[0])
    parser.add_argument("question", help="instruction and input, as one text; - reads it from standard input")
    parser.add_argument("--run", default="runs/cpu", help="folder of a finished run (default: runs/cpu)")
    parser.add_argument("--base", help="base model, where it is not found by itself: a name or a folder")
    parser.add_argument("--device", default="auto", help="cpu, cuda or auto")
    parser.add_argument("--max-new-tokens", type=int, default=128, metavar="N")
    parser.add_argument("--nearest", type=int, default=3, metavar="N", help="training rows to show")
    parser.add_argument("--json", action="store_true", help="print one JSON object instead")
    options = parser.parse_args(arguments)
    question = sys.stdin.read() if options.question == "-" else options.question

    from assl_utils.routing import SilverSight  # after the arguments: --help need not wait for torch

    try:
        system = SilverSight.from_dir(options.run, base=options.base, device=options.device)
        found = system.ask(question.strip(), options.max_new_tokens, options.nearest)
    except (OSError, ValueError) as error:
        print(f"cannot answer: {error}", file=sys.stderr)
        return 1
    if options.json:
        about = dataclasses.asdict(found) | {"nearest": found.nearest.to_dict("records")}
        print(json.dumps(about, ensure_ascii=False, indent=2))
        return 0
    print(found.answer)
    ranked = sorted(found.distances.items(), key=lambda pair: pair[1])
    print(f"\n{found.expert}: " + ", ".join(f"{name} {distance:.3f}" for name, distance in ranked))
    for row in found.nearest.itertuples():
        shown = " ".join(f"{row.instruction} {row.input}".split())
        print(f"  {row.distance:.3f}  {shown[:90]} → {' '.join(row.output.split())[:40]}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
