"""The parts, done in a process that may be killed: what breaks one part's process, the next process does not have.

A child of `assl_utils.bench.pack.run`. It ends when its standard input is closed, so that it does not outlive a parent
that was killed.
"""

import argparse
import contextlib
import os
import sys
import threading
import time
from pathlib import Path

from assl_utils.bench import gpu_check
from assl_utils.bench.pack import journal, part_of_study, plan

TENTH = (22_000, 1024)  # points where the size is a tenth


def work(pack, out, device, tenth, parts, until):
    """Do parts one after the other; each is in the journal when it begins and when it ends."""
    setting = None
    for part in plan.PARTS:
        if part.name not in parts:
            continue
        if why := plan.reason_to_skip(part, until - time.time()):
            journal.add(out, "skip", part=part.name, why=why)
            continue
        journal.add(out, "begin", part=part.name)
        if part.name == "study":
            found = part_of_study.do(pack, out, until - plan.RESERVE, tenth)
        else:
            setting = setting or gpu_check.Setting(device, TENTH if tenth else None)
            found = gpu_check.attempt(part.name, setting)
            found["product_tflops"] = setting.bench.products / 1e12
        journal.add(out, "end", part=part.name, result=found)


def _end_with_parent():
    with contextlib.suppress(OSError):
        while os.read(0, 1):  # not sys.stdin, whose lock this thread would hold when the interpreter ends
            pass
    os._exit(1)


def main(arguments=None):
    """Command line."""
    parser = argparse.ArgumentParser(prog="python -m assl_utils.bench.pack.child", description=__doc__.splitlines()[0])
    for name in ("pack", "out"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--device", required=True)
    parser.add_argument("--tenth", action="store_true")
    parser.add_argument("--parts", nargs="+", choices=plan.NAMES, required=True)
    parser.add_argument("--until", type=float, required=True, help="seconds since 1970")
    options = parser.parse_args(arguments)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    work(options.pack, options.out, options.device, options.tenth, options.parts, options.until)
    return 0


if __name__ == "__main__":
    sys.exit(main())
