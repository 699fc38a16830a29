"""Records of grids as `make grid RECORD=1` leaves them, with answers drawn at random around known qualities."""

import json
import zlib
from pathlib import Path

import numpy as np
import pandas as pd

from assl_utils import store
from assl_utils.evaluation.tables import TABLE1
from assl_utils.study.grid import files, sentences

ROOT = Path(__file__).resolve().parents[1]
MACHINE = {
    "hardware": {"cpu": "a CPU", "cores": 2, "gpus": []}, "versions": {"torch": "2.0", "numpy": "2.1"},
}  # fmt: skip
TRIVIAL = {task: {"majority": 20.0, "lookup": 25.0} for task in (*TABLE1, "AVG", "fineval")}
SUBTASKS = {"sentiment": "fe", "summary": "na", "qa": "finqa"}


def record(folder, grid, quality=None, n=20, failed=(), run="cpu", corpus=1000, noise=0.1, trivial=TRIVIAL):
    """Write the record of a grid of this repository.

    Parameters
    ----------
    folder : Path
        Of all records.
    quality : dict of str to float, or callable
        Of an arm's name: log-odds of a right answer, else 0; a callable is asked for (line, arm, task).
    n : int
        Questions of each task.
    failed : collection of str
        Arms whose lines failed.
    noise : float
        Spread of an arm's log-odds over trainings.

    Returns
    -------
    Path
    """
    read = files.read(ROOT, grid)
    folder = Path(folder, f"{run}-{grid}")
    folder.mkdir(parents=True)
    hard = np.random.default_rng(1).normal(0, 0.8, (8, n))
    rows, items, mixtures = [], [], []
    for line in read.lines:
        arm = line.blocks[-1][1]  # its name in the first block that asks for it
        if isinstance(quality, dict):
            arm = next((name for _, name in line.blocks if name in quality), arm)
        rng = np.random.default_rng([zlib.crc32(str(line.sentence).encode()), line.seed, line.clustering_seed])
        words = {place: str(getattr(line.sentence, place)) for place in sentences.WORDS}
        row = {
            "key": line.key, "blocks": json.dumps(dict(line.blocks), ensure_ascii=False), **words, "seed": line.seed,
            "clustering_seed": line.clustering_seed, "finished": "2026-01-01T00:00:00+00:00", "error": "",
        }  # fmt: skip
        if any(name in failed for _, name in line.blocks):
            rows.append(row | {"error": "ValueError: a reason"})
            continue
        own, start = _items(line, arm, rng, quality or {}, hard, noise), line.sentence
        right = np.concatenate(list(own.values()))
        asked = [task for task in own if task in TABLE1] or list(own)
        share = dict(start.select.arguments).get("share", 1.0 if start.select.name == "all" else 0.1)
        merged = {"error": 0.25} if start.compose.name.startswith("merged") else {}
        rows.append(row | {
            "score": 100 * np.mean([own[task].mean() for task in asked]), "parts": 6, "adapters": 6,
            "rows": round(share * corpus), "steps": 30, "tokens": 1000.0, "operations": 1e6 * share,
            "trained_to_choose": 0, "read_to_choose": 0, "seconds": 36.0, "training_seconds": 30.0,
            "more": json.dumps(merged) if merged else "",
        })  # fmt: skip
        items.append((line.key, list(own), right))
        mixtures += [
            (line.key, f"lora-{part}", subtask, source, int(rng.integers(1, 50)))
            for part in range(3) for subtask, source in SUBTASKS.items()
        ]  # fmt: skip
    names = dict.fromkeys(("key", "task", "id", "expert", "benchmark", "group"), "category")
    store.write_table(_table(items, n).astype(names), folder / "items.parquet")
    columns = ["key", "part", "subtask", "source", "rows"]
    store.write_table(pd.DataFrame(mixtures, columns=columns), folder / "mixture.parquet")
    store.write_table(pd.DataFrame(rows), folder / "lines.csv")
    about = {
        "grid": grid, "about": read.about, "asks": read.asks, "run": run, "command": f"make grid GRID={grid}",
        "lines": len(rows), "failed": sum(row["error"] != "" for row in rows), "planned": len(read.lines),
        "finished": "2026-01-01T00:00:00+00:00", "digest": "0" * 16, "identity": {}, "seconds": 36.0 * len(rows),
        "machines": [MACHINE], "trivial": trivial, "values": {}, "words": sentences.WORDS,
    }  # fmt: skip
    store.write_json(about, folder / "record.json")
    return folder


def _items(line, arm, rng, quality, hard, noise):
    """Which questions of each task a line answers right: 0 or 1."""
    tasks = {"cfleb": [*TABLE1], "fineval": ["exam"], "all": [*TABLE1, "exam"]}[line.sentence.score.name]
    moved, found = rng.normal(0, noise), {}
    for number, task in enumerate(tasks):
        better = quality(line, arm, task) if callable(quality) else quality.get(arm, 0.0)
        chance = 1 / (1 + np.exp(-(hard[number if task in TABLE1 else 7] + better + moved)))
        found[task] = (rng.random(len(chance)) < chance).astype(np.float32)
    return found


def _table(items, n):
    """All lines' items in the columns of a record."""
    right = np.concatenate([right for _, _, right in items])
    tasks = [task for _, own, _ in items for task in own for _ in range(n)]
    return pd.DataFrame({
        "key": [key for key, own, _ in items for _ in range(n * len(own))], "task": tasks,
        "id": [f"{task}-{i % n:03d}" for i, task in enumerate(tasks)], "correct": right, "numerator": right,
        "denominator": np.float32(1), "unread": False, "expert": "lora-0",
        "benchmark": ["fineval" if task == "exam" else "cfleb" for task in tasks], "group": "",
    })  # fmt: skip
