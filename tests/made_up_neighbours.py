"""Records of the grids of the neighbours as the engine leaves them, every answer drawn: their truth is known."""

import json
import zlib
from pathlib import Path

import numpy as np
import pandas as pd

from assl_utils import store
from assl_utils.evaluation.tables import TABLE1
from assl_utils.study.grid import files, sentences

ROOT = Path(__file__).resolve().parents[1]
FAMILIES = ("copying", "options", "numbers")


def questions(score, n):
    """``benchmark, task, id, group, numeric``, n of each task."""
    tasks = {"cfleb": TABLE1, "fineval": ["exam"], "all": [*TABLE1, "exam"], "general": ["echo", "sums"]}[score]
    rows = []
    for task in tasks:
        for i in range(n):
            benchmark = "general" if score == "general" else "fineval" if task == "exam" else "cfleb"
            group = FAMILIES[i % 3] if score == "general" else ("Finance", "Economy")[i % 2] if task == "exam" else ""
            rows.append((benchmark, task, f"{task}-{i:03d}", group))
    found = pd.DataFrame(rows, columns=["benchmark", "task", "id", "group"])
    return found.assign(numeric=pd.array([i % 4 == 0 for i in range(len(found))])) if score == "fineval" else found


def build(folder, chance=lambda block, arm, question: 0.5, n=24, run="cpu", leave_out=(), digest="d", blocks=None):
    """Write ``<run>-neighbours`` and ``<run>-atlas`` below ``folder``.

    Parameters
    ----------
    chance : callable
        The chance of a right answer by block, arm and question (a row of `questions`).
    leave_out : collection of (str, str, int)
        Block, arm and seed of lines that failed.
    blocks : collection of str or None
        Only these blocks of the grid of the neighbours.
    """
    for name in ("neighbours", "atlas"):
        grid = files.read(ROOT, name)
        wanted = None if blocks is None or name == "atlas" else set(blocks)
        lines = [line for line in grid.lines if wanted is None or wanted & set(dict(line.blocks))]
        _write(Path(folder, f"{run}-{name}"), grid, lines, chance, n, leave_out, digest)
    return Path(folder)


def _write(place, grid, lines, chance, n, leave_out, digest):
    rows, items, mixtures = [], [], []
    for line in lines:
        block, arm = next(iter(line.blocks))
        words = {name: str(getattr(line.sentence, name)) for name in sentences.WORDS}
        kept = {"key": line.key, "blocks": json.dumps(dict(line.blocks)), **words, "seed": line.seed,
                "clustering_seed": line.clustering_seed, "error": ""}  # fmt: skip
        if (block, arm, line.seed) in leave_out:
            rows.append(kept | {"error": "MemoryError: no room"})
            continue
        asked = questions(line.sentence.score.name, n)
        rng = np.random.default_rng([zlib.crc32(line.key.encode()), 5])
        right = rng.random(len(asked)) < [chance(block, arm, question) for question in asked.itertuples()]
        own = asked.assign(key=line.key, correct=right.astype(float), numerator=right.astype(float), denominator=1.0)
        items.append(own.assign(unread=False, expert="x"))
        mixtures.append(pd.DataFrame({"key": line.key, "part": ["macro", "micro"], "subtask": ["qa", "ner"],
                                      "source": "s", "rows": [30, 18]}))  # fmt: skip
        more = {"error": 0.2} if line.sentence.compose.name in ("merged_svd", "merged_linear") else {}
        more = more or ({"error": 0.0} if line.sentence.compose.name == "merged_cat" else {})
        rows.append(kept | {
            "score": 100 * right.mean(), "rows": 0 if words["train"] == "nothing" else 48, "steps": 72,
            "operations": 4e6, "parts": 1, "adapters": 1, "more": json.dumps(more) if more else "",
        })  # fmt: skip
    store.write_table(pd.concat(items, ignore_index=True), place / "items.parquet")
    store.write_table(pd.concat(mixtures, ignore_index=True), place / "mixture.parquet")
    store.write_table(pd.DataFrame(rows), place / "lines.csv")
    about = {"grid": grid.name, "command": "make grid", "lines": len(rows), "failed": 0, "planned": len(grid.lines)}
    about |= {"finished": "2026-01-01T00:00:00+00:00", "identity": {}, "machines": [], "seconds": 0.0}
    about |= {"asks": grid.asks, "about": grid.about, "digest": digest, "run": "cpu"}
    store.write_json(about, place / "record.json")
