"""Pieces of work that a process does from start to end, each in the folder ``place``."""

import os
import sys
from pathlib import Path


def run(name, place, base):
    """Do the piece ``name``; its exit status is that of this process."""
    os.environ["ASSL_ROOT"] = place
    sys.exit(PIECES[name](Path(place), base))


def files(place, base):
    """Tables, arrays and JSON, over and over under one lock."""
    import numpy as np
    import pandas as pd

    from assl_utils import store

    for turn in range(25):
        numbers = np.arange(20_000) * turn
        with store.locked(place / "all"):
            store.write_table(pd.DataFrame({"n": numbers}), place / "table.parquet")
            store.write_table(pd.DataFrame({"n": numbers[:500]}), place / "table.csv")
            store.write_array(numbers, place / "array.npy")
            store.write_json({"turn": turn, "numbers": numbers[:500]}, place / "value.json")
        store.read_table(place / "table.parquet"), store.read_json(place / "value.json")


def half(place, base):
    """Writes in place, as nothing here should."""
    import time

    for turn in range(40):
        with open(place / "value.json", "w") as out:
            out.write('{"turn": [')
            out.flush()
            end = time.process_time() + 0.02
            while time.process_time() < end:
                pass
            out.write(f"{turn * 0}]}}")


def training(place, base):
    """An adapter, a checkpoint every five steps."""
    import torch

    torch.set_num_threads(1)
    import toy_run

    from assl_utils.experts import training

    training.train_lora(
        base, toy_run.rows(), place / "expert", r=4, alpha=8, lr=1e-2, epochs=1, min_steps=90, batch_size=2,
        dropout=0.1, checkpoint_every=5,
    )  # fmt: skip


def grid(place, base):
    """A grid of two lines, trained, asked and recorded."""
    import tiny_grid
    import torch

    torch.set_num_threads(1)
    from assl_utils.study.grid.__main__ import main

    return main(tiny_grid.words(base, "--record"))


def nothing(place, base):
    """Leaves nothing behind."""


PIECES = {work.__name__: work for work in (files, half, training, grid, nothing)}
