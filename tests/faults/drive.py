"""``make test-faults``: kills, bad inputs, broken artifacts, hostile rows, until there were enough or time is over.

    python tests/faults/drive.py --kills 200 --minutes 38      # begun again, it goes on where it was stopped
    python tests/faults/drive.py --kills 20 --minutes 5 --only files runner

What was found so far is in ``runs/faults/progress.json``; ``--fresh`` forgets it.
"""

import argparse
import contextlib
import datetime
import os
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent import futures
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = PLACES = [str(ROOT), str(ROOT / "tests"), str(Path(__file__).resolve().parent)]
os.environ |= {"PYTHONPATH": os.pathsep.join(PLACES), "OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""}  # for `warm`

import bad_inputs  # noqa: E402
import damage  # noqa: E402
import hostile  # noqa: E402
import killing  # noqa: E402
import targets  # noqa: E402
import very_long  # noqa: E402
import warm  # noqa: E402

from assl_utils import machine, store  # noqa: E402
from assl_utils.book import faults_page  # noqa: E402
from assl_utils.runner import run as runner  # noqa: E402

SEED = 7
SUITE_SECONDS = 900
SUITES = {  # tests that stand on their own: what they are about, and their files
    "disk": ["tests/runner/test_disk.py"],
    "lock": ["tests/test_store.py", "tests/runner/test_main.py", "-k", "lock"],
    "browser": ["tests/browser", "-k", "text_from_data_is_text"],
}


def main(words=None):
    """Do what the command line asks for; the exit status is 0 where nothing was lost and nothing crashed."""
    options = _options(words)
    deadline = time.monotonic() + 60 * options.minutes
    targets.Chain.upto = options.upto
    folder = ROOT / "runs" / "faults"
    if options.fresh:
        shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True)
    found = _begun(folder)
    began = time.monotonic()
    if not found["inputs"]:
        with tempfile.TemporaryDirectory() as place:
            found["inputs"] = bad_inputs.tried(place)
        _keep(found, folder, began)
    if not found["artifacts"]:
        with tempfile.TemporaryDirectory() as place:
            found["artifacts"] = damage.tried(Path(place), SEED)
        _keep(found, folder, began)
    _kill(found, folder, options, deadline, began)
    if not found["hostile"] and not options.only:
        with tempfile.TemporaryDirectory() as place:
            found["hostile"] = hostile.tried(Path(place, "repository"))
        _keep(found, folder, began)
    if not found.get("long") and not options.only:
        with tempfile.TemporaryDirectory() as place:
            found["long"] = very_long.tried(place)
        _keep(found, folder, began)
    for name, words in SUITES.items():
        if name not in found["suites"] and not options.only:
            found["suites"][name] = _suite(words)
            _keep(found, folder, began)
    record = _record(found, options)
    if not options.no_record:
        store.write_json(record, ROOT / "book" / faults_page.RECORD)
    print(faults_page.summary(record))
    return int(record["crashes"] + record["lost"] + record["tracebacks"] + record["ran"] > 0)


def _options(words):
    parser = argparse.ArgumentParser(description="Kill, damage and mislead the project on purpose, and keep a record.")
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--minutes", type=float, default=38)
    parser.add_argument("--jobs", type=int, default=2, help="campaigns side by side")
    parser.add_argument("--only", nargs="+", choices=targets.TARGETS, default=())
    parser.add_argument("--upto", default="10", help="the chapter that the real chain ends with")
    parser.add_argument("--fresh", action="store_true")
    parser.add_argument("--no-record", action="store_true")
    return parser.parse_args(words)


def _begun(folder):
    """What an earlier call found, else nothing yet."""
    if (folder / "progress.json").exists():
        return store.read_json(folder / "progress.json")
    nothing = {"campaigns": 0, "kills": 0, "crashes": 0, "lost": [], "tracebacks": 0}
    kills = {name: dict(nothing, lost=[]) for name in targets.TARGETS}
    return {"seconds": 0.0, "inputs": None, "artifacts": None, "hostile": None, "suites": {}, "kills": kills}


def _keep(found, folder, began):
    """Write down what was found, so that the next call goes on from here."""
    store.write_json(found | {"seconds": found["seconds"] + time.monotonic() - began}, folder / "progress.json")


def _model(folder):
    import tiny_model

    if not (folder / "base" / "config.json").exists():
        tiny_model.save(folder / "base")
    return folder / "base"


def _kill(found, folder, options, deadline, began):
    """Campaigns side by side, one of each target at a time, until there were enough kills or the time is over."""
    warm.preload()
    base, free = _model(folder), set(options.only or targets.TARGETS)
    with futures.ThreadPoolExecutor(options.jobs) as lanes:
        running = {}
        while True:
            for target in _next(found, free, options.kills, options.jobs - len(running)):
                if time.monotonic() < deadline:
                    free.remove(target.name)
                    mine = found["kills"][target.name]
                    rng = killing.seeded(SEED, target.name, mine["campaigns"])
                    left = _share(target, options.kills) - mine["kills"]
                    work = lanes.submit(killing.campaign, target(base), folder, rng, min(target.kills, left), deadline)
                    running[work] = target.name
            if not running:
                return
            for work in futures.wait(running, return_when=futures.FIRST_COMPLETED).done:
                free.add(name := running.pop(work))
                _add(found["kills"][name], name, work.result())
                _keep(found, folder, began)


def _next(found, names, kills, many):
    """The targets that have most to do still."""
    done = {name: found["kills"][name]["kills"] / _share(targets.TARGETS[name], kills) for name in names}
    most = sorted((name for name in names if done[name] < 1), key=lambda name: (done[name], name))
    return [targets.TARGETS[name] for name in most[:many]]


def _share(target, kills):
    """How many of all kills are a target's."""
    return max(1, round(kills * target.share))


def _add(mine, name, result):
    """Add a campaign's result to what was found of its target, and say so."""
    mine["campaigns"] += 1
    for key, value in result.items():
        mine[key] = mine[key] + value
    said = f"{name}: {mine['kills']} kills in {mine['campaigns']} campaigns"
    print(f"{said}, lost {len(mine['lost'])}, crashes {mine['crashes']}", flush=True)


def _suite(words):
    """How many of the tests passed, failed, were skipped."""
    with tempfile.TemporaryDirectory() as place:
        report = Path(place) / "report.xml"
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--junitxml={report}", *words]
        # Without PYTHONPATH: the kernels of a small repository take the package that lies in it.
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("ASSL_", "PYTHONPATH"))}
        with contextlib.suppress(subprocess.TimeoutExpired):
            subprocess.run(command, cwd=ROOT, env=kept, capture_output=True, timeout=SUITE_SECONDS)
        return faults_page.counts(report)


def _record(found, options):
    kills = found["kills"].values()
    record = {
        "date": datetime.date.today().isoformat(),
        "command": f"make test-faults KILLS={options.kills} MINUTES={options.minutes:g} UPTO={options.upto}",
        "upto": options.upto,
        "minutes": round(store.read_json(ROOT / "runs" / "faults" / "progress.json")["seconds"] / 60, 1),
        "versions": runner.versions(),
        "hardware": machine.describe(),
        "kills": {name: mine["kills"] for name, mine in found["kills"].items()},
        "campaigns": {name: mine["campaigns"] for name, mine in found["kills"].items()},
        "crashes": sum(mine["crashes"] for mine in kills),
        "lost": sum(len(mine["lost"]) for mine in kills) + len(found["artifacts"]["missed"]),
        "bad_inputs": found["inputs"]["tried"],
        "refused": found["inputs"]["refused"],
        "tracebacks": sum(mine["tracebacks"] for mine in kills) + len(found["inputs"]["wrong"]),
        "artifacts": found["artifacts"]["tried"],
        "missed": len(found["artifacts"]["missed"]),
        "hostile": {key: found["hostile"][key] for key in faults_page.SEEN} if found["hostile"] else None,
        "ran": len(found["hostile"]["wrong"]) if found["hostile"] else 0,
        "long": found.get("long"),
        "suites": found["suites"],
        "remarks": [*found["inputs"]["wrong"], *found["artifacts"]["missed"]]
        + (found["hostile"] or {"wrong": []})["wrong"]
        + [f"{name}: {lost}" for name, mine in found["kills"].items() for lost in mine["lost"]],
    }
    faults_page.Record.model_validate(record)
    return record


if __name__ == "__main__":
    sys.exit(main())
