"""What a machine with GPUs gets beyond any other: one quick check before hours are spent, and all of its cards.

The check is `assl_utils.bench.gpu_check --quick` in a process of its own, so that nothing of it stays in the card's
memory. Its record in ``runs/`` is the stamp: with the same cards and the same torch it is not run again.
"""

import importlib.metadata
import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

from assl_utils.runner.pipeline import RunnerError

RECORD = "gpu_check_quick.json"  # in runs/
PROGRAM = "import sys; from assl_utils.bench import gpu_check; sys.exit(gpu_check.main())"  # of another process
SKIP = "ASSL_GPU_CHECK"  # "no" leaves the check out


def check(root, cards, say=print):
    """Run the quick check once on these cards; what fails stops the run before it begins.

    Raises
    ------
    RunnerError
        A part failed, or torch finds no card: which, where more stands, and the ways out.
    """
    path = Path(root) / "runs" / RECORD
    if not cards or os.environ.get(SKIP, "").lower() in ("no", "0", "false"):
        return
    if (known := _record(path)) and known.get("of") == _now(cards) and not _failed(known):
        return
    say(f"first run on {cards[0][0]}: gpu-check --quick tries each path against the CPU; none begins after two minutes")
    path.unlink(missing_ok=True)
    status, record = _try_it(root, path), _record(path)
    if status or record is None or _failed(record):
        why = _failed(record) if record else "it ended without a record: see the lines above"
        raise RunnerError(
            f"the GPU check did not pass ({why}); no chapter was started. If torch finds no GPU, its packages "
            "are a CPU's (`make env KIND=cuda`) or the driver is too old for them. `CUDA_VISIBLE_DEVICES= make "
            f"reproduce PROFILE=cpu` runs without the GPU, `{SKIP}=no make …` without the check; `make gpu-check` tries"
            " all again"
        )
    record["of"] = _now(cards)
    path.write_text(json.dumps(record), encoding="utf-8")


def products(root):
    """Operations per second of a plain bfloat16 product, as the check measured it here; ``None`` before it did."""
    record = _record(Path(root) / "runs" / RECORD)
    return record["products_tflops"] * 1e12 if record and record["device"] != "cpu" else None


def _try_it(root, path):
    command = [sys.executable, "-c", PROGRAM, "--quick", "--out", str(path)]
    return subprocess.run(command, cwd=root, check=False).returncode


def _record(path):
    """What the check wrote, ``None`` where it wrote nothing, or half of it."""
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        float(record["products_tflops"])
        return record if record["parts"] and record["device"] else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _failed(record):
    """The parts that failed, in words; one that the time did not reach did not fail."""
    found = {name: part for name, part in record["parts"].items() if not part["passed"] and "skipped" not in part}
    return "; ".join(f"{name}: {part.get('error', 'other results than on the CPU')}" for name, part in found.items())


def _now(cards):
    return [[name for name, _ in cards], importlib.metadata.version("torch")]


def use_all(resolved, cards):
    """With two cards or more experts are trained side by side: ``engine=dask`` where nobody chose an engine."""
    if len(cards) < 2:
        return
    stages = [s for s, p in resolved.declared.items() if "engine" in p and "engine" not in resolved.given[s]]
    if not stages:
        return
    if importlib.util.find_spec("distributed") is None:
        resolved.notes.append(
            f'{len(cards)} GPUs, and one is used: `pip install -e ".[scale]"` lets each train an expert of its own'
        )
        return
    for stage in stages:
        resolved.values[stage]["engine"] = "dask"
        resolved.given[stage]["engine"] = f"{len(cards)} GPUs"
    resolved.notes.append(
        f'{len(cards)} GPUs: engine=dask, experts side by side, a process to a card; SET="engine=local" takes one card'
    )
