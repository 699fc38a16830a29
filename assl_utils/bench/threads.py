"""The chapters 1 to 5 with one thread and with two: are ids, tables, vectors and adapters the same, byte for byte?

    python -m assl_utils.bench.threads [--profile cpu] [--upto 05] [--set scale=0.01] [--record]

Each number of threads has a folder of its own, ``runs/threads/<n>``, also for the answers that runs share otherwise. A
chapter that has run there is not run again, so an interrupted call goes on; ``--fresh`` begins anew.
"""

import argparse
import shutil
import sys
import time
from pathlib import Path

import numpy as np

from assl_utils import machine, store
from assl_utils.bench import chapters
from assl_utils.runner import diff
from assl_utils.runner.cost import WORK
from assl_utils.runner.run import versions

RECORD = "book/recorded/load/threads.json"
COMPARED = (".parquet", ".csv", ".npy", ".safetensors", ".json")
DONE = "done.json"
TIMED = (*diff.NOT_COMPARED, "training.json", "measured.json", WORK, DONE)  # they tell seconds


def compared(run):
    """Path below the run to digest, of every file that a chapter left and that tells no seconds."""
    files = sorted(path for path in Path(run).glob("*/**/*") if path.is_file() and path.suffix in COMPARED)
    return {path.relative_to(run).as_posix(): store.sha256(path) for path in files if path.name not in TIMED}


def differences(one, other):
    """A line for each file that only one of two runs has, or that differs: by how much, where that is a number."""
    first, second = compared(one), compared(other)
    lines = []
    for name in sorted(first | second):
        if name not in first or name not in second:
            lines.append(f"{name}: only in {Path(one if name in first else other).parent.name}")
        elif first[name] != second[name]:
            lines.append(f"{name}: {_how(Path(one, name), Path(other, name))}")
    return lines


def _how(one, other):
    """In what two files of one name differ."""
    if one.suffix == ".npy":
        a, b = store.read_array(one), store.read_array(other)
        if a.shape != b.shape:
            return f"shape {a.shape} and {b.shape}"
        return f"{int((a != b).sum()):,} of {a.size:,} numbers, by at most {float(np.abs(a - b).max()):.3g}"
    if one.suffix in (".csv", ".parquet"):
        found = diff.differences(store.read_table(one), store.read_table(other))
        return diff.summary(found, "the other") if found else "its numbers agree to 1e-9, not to the last digit"
    return "other bytes"


def run_all(threads, out, profile, upto, settings, say=print):
    """The chapters with so many threads, those that have run left alone; returns the run's folder and its seconds."""
    run = Path(out) / str(threads) / profile
    given, done = chapters.values(profile, settings), run / DONE
    took = store.read_json(done) if done.exists() else {}
    for step in chapters.steps(upto):
        if step.name not in took:
            outcome = chapters.execute_in(run, step, given, environment={"OMP_NUM_THREADS": str(threads)})
            took[step.name] = outcome.seconds
            store.write_json(took, done)
            say(f"{threads} threads, {step.name}: {outcome.seconds:.0f} s", flush=True)
    return run, took


def main(arguments=None):
    """Command line; the exit status is 1 where something differs, 2 where a value is wrong or a chapter fails."""
    parser = argparse.ArgumentParser(prog="python -m assl_utils.bench.threads", description=__doc__.splitlines()[0])
    parser.add_argument("--profile", default="cpu")
    parser.add_argument("--upto", default="05", metavar="05", help="the last chapter")
    parser.add_argument("--threads", nargs=2, type=int, default=(1, 2), metavar="N")
    parser.add_argument("--set", nargs="*", default=[], metavar="NAME=VALUE", help="single values, such as scale=0.01")
    parser.add_argument("--out", type=Path, default=Path("runs/threads"))
    parser.add_argument("--fresh", action="store_true", help="forget what has run")
    parser.add_argument("--record", action="store_true", help=f"keep what was found in {RECORD}, for the book")
    options = parser.parse_args(arguments)
    out = options.out.resolve()
    if options.fresh:
        shutil.rmtree(out, ignore_errors=True)
    try:
        runs = [run_all(n, out, options.profile, options.upto, options.set) for n in options.threads]
    except chapters.FAILURES as error:
        print(f"threads: {error}", file=sys.stderr)
        return 2
    (one, _), (other, _) = runs
    found = differences(one, other)
    report = {
        "date": time.strftime("%Y-%m-%d"), "profile": options.profile, "upto": options.upto, "set": options.set,
        "threads": list(options.threads), "files": len(compared(one)), "different": found,
        "seconds": {str(n): took for n, (_, took) in zip(options.threads, runs, strict=True)},
        "hardware": machine.describe(), "versions": versions(),
    }  # fmt: skip
    store.write_json(report, out / "report.json")
    if options.record:
        store.write_json(report, store.root() / RECORD)
    for line in found:
        print(line)
    words = " and ".join(map(str, options.threads))
    print(f"{report['files']} files with {words} threads, {len(found)} of them differ")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
