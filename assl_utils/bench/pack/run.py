"""Shares out the minutes of a machine that is lent: every part in a child that is stopped when its time is up.

    python -m assl_utils.bench.pack.run --pack FOLDER --out FOLDER [--device cpu --tenth] [--minutes 9.5]

``start`` calls it. Killed at any place and called again, it goes on with what is not done.
"""

import argparse
import contextlib
import importlib.metadata
import os
import subprocess
import sys
import time
from pathlib import Path

from assl_utils import machine, shapes
from assl_utils.bench.pack import journal, plan
from assl_utils.bench.pack.shapes import Pieces
from assl_utils.errors import DataError

MINUTES = 9.5  # of ten: what ends a command from outside comes after that
LOOK = 0.2  # seconds between two looks at the child
LOG = "log.txt"
VERSIONS = ("torch", "numpy", "numba", "transformers", "peft", "sentence-transformers")


def run(pack, out, device="cuda", minutes=MINUTES, tenth=False, only=None, began=None, say=print):
    """Do what is not done, as far as the minutes go; the record as it stands then.

    Parameters
    ----------
    began : float, optional
        Seconds since 1970 from which the minutes count; now, if absent.

    Raises
    ------
    DataError
        There is no CUDA device and another was not asked for, a child cannot start, or ``out`` holds another pack's
        work.
    """
    began = time.time() if began is None else began
    versions = _versions(device)
    out.mkdir(parents=True, exist_ok=True)
    name = _name(pack)
    lines = journal.read(out)
    for line in lines:
        if line["event"] == "start" and (line["pack"], line["device"], line["tenth"]) != (name, device, tenth):
            raise DataError("holds the work of another pack, device or size: take another --out", out)
    command = " ".join(["run.py", *(["--device", device] if device != "cuda" else []), *(["--tenth"] if tenth else [])])
    journal.add(
        out, "start", command=command, pack=name, device=device, tenth=tenth, minutes=minutes,
        machine=machine.describe(), versions=versions,
    )  # fmt: skip
    until = began + 60 * minutes
    while parts := plan.todo(journal.read(out), only):
        _one_child(pack, out, device, tenth, parts, until, say)
    return journal.keep(out)


def _versions(device):
    import torch  # slow to load, and not needed to say what is wrong with a command line

    if torch.device(device).type == "cuda" and not torch.cuda.is_available():
        raise DataError(
            "torch finds no CUDA device here, so nothing was begun; `--device cpu --tenth` rehearses without one"
        )
    found = {}
    for name in VERSIONS:
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            found[name] = importlib.metadata.version(name)
    return found | {"torch": torch.__version__, "cuda": torch.version.cuda}


def _name(pack):
    path = Path(pack, "pieces.json")
    return shapes.read(path, Pieces)["pack"] if path.is_file() else "unpacked"


def _one_child(pack, out, device, tenth, parts, until, say):
    """Let one process do the parts until it ends or one of them overruns; after it at least one more is settled."""
    before = len(journal.read(out))
    command = [
        sys.executable, "-m", "assl_utils.bench.pack.child", "--pack", str(pack), "--out", str(out), "--device", device,
        *(["--tenth"] if tenth else []), "--until", str(until), "--parts", *(part.name for part in parts),
    ]  # fmt: skip
    variables = os.environ | {"PYTHONUNBUFFERED": "1"} | ({"CUDA_VISIBLE_DEVICES": ""} if device == "cpu" else {})
    with (out / LOG).open("ab") as log:
        child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=log, stderr=log, env=variables)
    try:
        seen, why = before, None
        while child.poll() is None and why is None:
            time.sleep(LOOK)
            seen = _tell(journal.read(out), seen, say)
            why = _overrun(out, until, device != "cpu")
    finally:
        child.kill()
        child.wait()
        child.stdin.close()
    lines = journal.read(out)
    _tell(lines, seen, say)
    open_ = journal.begun(lines)
    if open_ is not None:
        ended = {"passed": False, "error": why or f"its process ended with status {child.returncode}"}
        if why and time.time() > until - plan.RESERVE - 2 * LOOK:  # the minutes were short, not the part too long
            ended = {"passed": False, "cut_off": True, "error": why}
        _tell([journal.add(out, "end", part=open_["part"], result=ended)], 0, say)
    elif why is not None:
        for part in plan.todo(lines, [part.name for part in parts]):
            journal.add(out, "skip", part=part.name, why=why)
    elif child.returncode or len(lines) == before:
        tail = (out / LOG).read_text(encoding="utf-8", errors="replace").strip().splitlines()[-1:]
        raise DataError(f"the parts cannot be begun: {' '.join(tail) or 'their process ended at once'}", out / LOG)
    journal.keep(out)


def _overrun(out, until, on_gpu):
    """Why the child has to be stopped now, or None."""
    open_ = journal.begun(journal.read(out))
    if open_ is None:
        return "the minutes were used up" if time.time() > until - plan.RESERVE / 3 else None
    began = journal.when(open_)
    part = next(part for part in plan.PARTS if part.name == open_["part"])
    allowed = plan.limit(part, until - began, on_gpu)
    grace = plan.RESERVE / 2 if not part.budget else 0  # the study looks at the clock itself, and keeps its record
    if time.time() - began <= allowed + grace:
        return None
    return f"stopped after {allowed + grace:.0f} s, its share of the time"


def _tell(lines, seen, say):
    """Say what is new, a line each."""
    for line in lines[seen:]:
        if line["event"] == "end":
            result = line["result"]
            word = "passed" if result["passed"] else "cut off" if result.get("cut_off") else "FAILED"
            say(f"{line['part']}: {word} {result.get('error', '')}".rstrip())
        elif line["event"] == "skip":
            say(f"{line['part']}: skipped, {line['why']}")
        elif line["event"] == "line":
            say(f"  {line['line']}, seed {line['seed']}: {line['error'] or line['score']}")
    return max(seen, len(lines))


def main(arguments=None):
    """Command line."""
    parser = argparse.ArgumentParser(prog="python -m assl_utils.bench.pack.run", description=__doc__.splitlines()[0])
    parser.add_argument("--pack", type=Path, required=True, help="the unpacked folder")
    parser.add_argument("--out", type=Path, required=True, help="where the record is kept")
    parser.add_argument("--device", default="cuda", help="cpu rehearses")
    parser.add_argument("--minutes", type=float, default=MINUTES, help=f"no part goes on after that; {MINUTES:g}")
    parser.add_argument("--tenth", action="store_true", help="a tenth of the size, for a rehearsal")
    parser.add_argument("--only", nargs="+", choices=plan.NAMES, metavar="PART", help=f"of {', '.join(plan.NAMES)}")
    parser.add_argument("--began", type=float, help="seconds since 1970 from which the minutes count")
    options = parser.parse_args(arguments)
    try:
        how = {name: getattr(options, name) for name in ("device", "minutes", "tenth", "only", "began")}
        record = run(options.pack.resolve(), options.out.resolve(), **how)
    except (DataError, OSError) as error:
        print(f"pack: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("stopped; the same command goes on from here", file=sys.stderr)
        return 130
    parts = record["parts"]
    passed = sum(part["passed"] for part in parts.values())
    print(f"{passed} of {len(parts)} parts passed; the record: {options.out / journal.RECORD}")
    return 0 if passed == len(parts) else 2


if __name__ == "__main__":
    sys.exit(main())
