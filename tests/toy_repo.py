"""A repository in miniature: four chapters that run in a second each, for tests of the runner."""

import json
import shutil
from pathlib import Path

PLUMBING = Path(__file__).resolve().parent.parent / "assl_utils"

STAGES = """
01_numbers:
  writes: [numbers.npy]
02_sums:
  reads: [01_numbers/numbers.npy]
  writes: [sums.json, parts/*]
03_report:
  reads: [02_sums/sums.json]
  writes: [table1.csv]
  publish: [table1.csv]
04_aside:
  reads: [01_numbers/*]
  writes: [aside.json]
"""

NUMBERS = [
    (
        "parameters",
        "run_dir: str = 'runs/cpu'\nn: int = 4  # how many; paper: 7\nseed: int = 0\nprotocol: str = 'clean'",
    ),
    "import numpy as np\nfrom assl_utils import store, toy\nstage = store.open_stage(run_dir, '01_numbers')",
    "stage.save_array(toy.scaled(np.arange(n)), 'numbers.npy')",
]

# `ill` makes the chapter fall ill in the ways that a test asks for
SUMS = [
    (
        "parameters",
        "run_dir: str = 'runs/cpu'\nk: int = 2  # neighbours\nparts: int = 3\nill: str = ''\n"
        "words: str = 'any'\nlr: float = 1e-4\nquick: bool = True\nlimit: int | None = None",
    ),
    "import os, sys, time\nfrom assl_utils import progress, store\nstage = store.open_stage(run_dir, '02_sums')",
    "total = float(stage.load_array('01_numbers/numbers.npy')[:k].sum())\nstage.save_json({'sum': total}, 'sums.json')",
    "for i in progress.track(range(parts), 'parts'):\n    stage.save_json(i, f'parts/{i}.json')",
    "if ill == 'kill':\n    os.kill(os.getpid(), 9)\n"
    "if ill == 'exit':\n    sys.exit(0)\n"
    "if ill == 'raise':\n    raise ValueError('no such luck')\n"
    "if ill == 'slow':\n    open('pid', 'w').write(str(os.getpid()))\n    time.sleep(600)\n"
    "if ill == 'torn':\n    stage.path('sums.json').write_text('{')\n"
    "if ill == 'forgets':\n    stage.path('sums.json').unlink()",
    "total",
]

REPORT = [
    ("parameters", "run_dir: str = 'runs/cpu'\nk: int = 9  # another chapter's k"),
    "from assl_utils import store\nstage = store.open_stage(run_dir, '03_report')",
    "sums = stage.load_json('02_sums/sums.json')",
    "with store.atomic_path(stage.path('table1.csv')) as part:\n"
    "    part.write_text(f\"model,FE,NA\\nbase,1,{k}\\nmix,{sums['sum']},2\\n\")",
]

ASIDE = [
    ("parameters", "run_dir: str = 'runs/cpu'\nengine: str = 'local'"),
    "from assl_utils import store\nstage = store.open_stage(run_dir, '04_aside')",
    "stage.save_json(len(stage.load_array('01_numbers/numbers.npy')), 'aside.json')",
]


def cell(kind, text, number, tags=()):
    metadata = {"tags": list(tags)} if tags else {}
    extra = {"outputs": [], "execution_count": None} if kind == "code" else {}
    return {"cell_type": kind, "id": f"cell-{number}", "metadata": metadata, "source": text, **extra}


def notebook(cells, prose="# A chapter"):
    """A notebook of code cells; a pair is (tag, code)."""
    made = [cell("markdown", prose, 0)]
    for number, entry in enumerate(cells, 1):
        tag, text = (None, entry) if isinstance(entry, str) else entry
        made.append(cell("code", text, number, [tag] if tag else []))
    return {"cells": made, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}


def write(root, name, cells, prose="# A chapter"):
    (root / "notebooks" / f"{name}.ipynb").write_text(json.dumps(notebook(cells, prose)), encoding="utf-8")


def build(root):
    """Write the miniature into the empty folder ``root``."""
    package = root / "assl_utils"
    package.mkdir(parents=True)
    for name in ("__init__", "store", "progress"):
        shutil.copy(PLUMBING / f"{name}.py", package)
    (package / "toy.py").write_text(
        "from assl_utils.toy_deep import factor\n\n\ndef scaled(x):\n    return factor() * x\n"
    )
    (package / "toy_deep.py").write_text(
        "from pathlib import Path\n\n\ndef factor():\n"
        "    return float((Path(__file__).parent / 'data' / 'toy' / 'factor.txt').read_text())\n"
    )
    (package / "data" / "toy").mkdir(parents=True)
    (package / "data" / "toy" / "factor.txt").write_text("2")
    profiles = root / "notebooks" / "profiles"
    profiles.mkdir(parents=True)
    (root / "notebooks" / "stages.yaml").write_text(STAGES)
    (profiles / "cpu.yaml").write_text("about: a miniature\n02_sums:\n  parts: 2\n")
    for name, cells in (("01_numbers", NUMBERS), ("02_sums", SUMS), ("03_report", REPORT), ("04_aside", ASIDE)):
        write(root, name, cells)
    return root


def sign(root):
    """Give each stage a manifest as if it had run with what lies there, without a kernel; ``ASSL_ROOT`` is ``root``."""
    from assl_utils.runner import fingerprint, params, pipeline, state

    chapters = pipeline.load(root)
    judge = state.Judge(chapters, params.resolve(chapters, "cpu"), fingerprint.Hashes(root))
    left = {"01_numbers": ["numbers.npy"], "02_sums": ["sums.json", "parts/0.json"], "03_report": ["table1.csv"]}
    for step in chapters.steps:
        folder = judge.run / step.name
        for name in [state.EXECUTED, *left.get(step.name, ["aside.json"])]:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text("{}")
        names = [p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()]
        outputs = {n: {"sha256": judge.hashes.of(folder / n), "bytes": 2} for n in names}
        manifest = {
            "stage": step.name, "run": "cpu", "profile": "cpu", **judge.wanted(step), "given": {}, "seeds": {},
            "inputs": judge.inputs(step), "outputs": outputs, "versions": {}, "hardware": {},
            "finished": "2026-01-01T00:00:00+00:00", "seconds": 1.5, "peak_bytes": 10,
        }  # fmt: skip
        (folder / state.MANIFEST).write_text(json.dumps(manifest))
