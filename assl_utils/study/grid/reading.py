"""Reads what a grid left in the repository; who only reads it needs neither a model nor the engine.

See :mod:`assl_utils.study.grid.record` for what lies in a record.
"""

import functools
import json
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from assl_utils import shapes, store
from assl_utils.study.shapes import GridRecord

FOLDER = "book/recorded/grids"
NUMBERS = (
    "score", "parts", "adapters", "rows", "steps", "tokens", "operations", "trained_to_choose", "read_to_choose",
    "seconds", "training_seconds",
)  # fmt: skip
NAMES = ("key", "task", "id", "expert", "benchmark", "group")


@dataclass(frozen=True)
class Record:
    """One grid's record as chapters read it."""

    folder: Path

    @functools.cached_property
    def about(self):
        """``record.json``."""
        return shapes.read(self.folder / "record.json", GridRecord)

    @functools.cached_property
    def lines(self):
        """A row a line, failed ones included: they have no numbers."""
        found = store.read_table(self.folder / "lines.csv")
        numbers = {name: pd.to_numeric(found[name], errors="coerce") for name in NUMBERS if name in found}
        return found.assign(error=found["error"].astype(object).fillna(""), **numbers)

    @functools.cached_property
    def items(self):
        """A row a line and question, with the line's ``seed`` and ``clustering_seed``."""
        parts = [store.read_table(path) for path in sorted(self.folder.glob("items*.parquet"))]
        items = pd.concat([part.astype({c: str for c in NAMES if c in part}) for part in parts], ignore_index=True)
        return items.join(self.lines.set_index("key")[["seed", "clustering_seed"]], on="key")

    @functools.cached_property
    def mixture(self):
        """Rows of each part, sub-task and source, by line."""
        return store.read_table(self.folder / "mixture.parquet")

    def of(self, block):
        """Lines of one block, with ``arm``, what they are called there."""
        arms = [json.loads(blocks).get(block) for blocks in self.lines["blocks"]]
        return self.lines.assign(arm=arms)[[arm is not None for arm in arms]]

    def items_of(self, block):
        """Items of one block, the arm's name as ``line`` and as ``model``."""
        arm = self.of(block).set_index("key")["arm"]
        found = self.items[self.items["key"].isin(arm.index)]
        return found.assign(line=found["key"].map(arm), model=found["key"].map(arm))

    def keys(self):
        """Keys of the lines that were done."""
        return set(self.lines.loc[self.lines["error"] == "", "key"])


def read(root, name):
    """The record ``<run>-<grid>`` of a repository, or None where there is none."""
    return open_folder(Path(root, FOLDER), name)


def open_folder(folder, name):
    """The record ``<run>-<grid>`` in the folder of all records of grids, or None where there is none."""
    folder = Path(folder, name)
    return Record(folder) if (folder / "record.json").is_file() else None
