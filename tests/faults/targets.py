"""What is killed: a piece of work that can be begun again, and the digests of what it leaves when it is done."""

import os
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

from assl_utils import store

ROOT = Path(__file__).resolve().parents[2]
TIMED = ("cost.csv", "training_cost.csv")  # what tells seconds differs from run to run
SMALLEST = (
    "scale=0.003 floor=12 per_subject=2 04.budget=8 n_selected=20 min_steps=2 feedback_sample=20 max_new_tokens=8"
)


def environment(root, places=(ROOT, ROOT / "tests")):
    """Variables for a process of its own that works in the repository ``root`` and imports from ``places``."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ASSL_")}
    path = os.pathsep.join(map(str, places))
    return kept | {"ASSL_ROOT": str(root), "PYTHONPATH": path, "OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""}


class Target:
    """A piece of work in a folder of its own."""

    def __init__(self, base):
        self.base = base  # a tiny model's folder

    def build(self, place):
        """Make the folder as it is before the work."""
        place.mkdir(parents=True)

    def words(self, place):
        """The command."""
        return [sys.executable, "-c", textwrap.dedent(self.code), str(place), str(self.base)]

    def environment(self, place):
        """Its variables."""
        return environment(place)

    def start(self, place, log):
        """The work as a process and group of its own, what it says in the file ``log``."""
        with open(log, "wb") as out:
            return subprocess.Popen(
                self.words(place), cwd=ROOT, env=self.environment(place), stdout=out, stderr=subprocess.STDOUT,
                start_new_session=True,
            )  # fmt: skip

    def left(self, place):
        """Name to digest of every file that the finished work leaves."""
        return {name: store.sha256(path) for name, path in sorted(self.files(place))}


class Files(Target):
    """Tables, arrays and JSON written by `assl_utils.store`, over and over: each is the old or the new one, whole."""

    name = "files"
    code = """
        import sys
        from pathlib import Path
        import numpy as np
        import pandas as pd
        from assl_utils import store
        place = Path(sys.argv[1])
        for turn in range(25):
            numbers = np.arange(20_000) * turn
            with store.locked(place / "all"):
                store.write_table(pd.DataFrame({"n": numbers}), place / "table.parquet")
                store.write_table(pd.DataFrame({"n": numbers[:500]}), place / "table.csv")
                store.write_array(numbers, place / "array.npy")
                store.write_json({"turn": turn, "numbers": numbers[:500]}, place / "value.json")
            store.read_table(place / "table.parquet"), store.read_json(place / "value.json")
    """

    def files(self, place):
        return [(name, place / name) for name in ("table.parquet", "table.csv", "array.npy", "value.json")]

    def torn(self, place):
        """Files that do not read between two runs: each must, for it is the old or the new one."""
        found = []
        for name, path in self.files(place):
            read = {".npy": store.read_array, ".json": store.read_json}.get(path.suffix, store.read_table)
            try:
                if path.exists():
                    read(path)
            except Exception as error:
                found.append(f"{name}: {error!r}")
        return found


class Runner(Target):
    """Four chapters of a second each, by the runner."""

    name = "runner"

    def build(self, place):
        import toy_repo

        toy_repo.build(place)

    def environment(self, place):
        return environment(place, ())  # its kernels take the package that lies in the small repository

    def words(self, place):
        return [sys.executable, "-m", "assl_utils.runner", "run", "--profile", "cpu"]

    def files(self, place):
        run = place / "runs" / "cpu"
        names = ["01_numbers/numbers.npy", "02_sums/sums.json", "03_report/table1.csv", "04_aside/aside.json"]
        return [(name, run / name) for name in [*names, "02_sums/parts/0.json", "02_sums/parts/1.json"]]


class Training(Target):
    """One LoRA adapter of a tiny model, a checkpoint every five steps."""

    name = "training"
    code = """
        import sys
        from pathlib import Path
        import torch
        torch.set_num_threads(1)
        import toy_run
        from assl_utils.experts import training
        training.train_lora(
            sys.argv[2], toy_run.rows(), Path(sys.argv[1], "expert"), r=4, alpha=8, lr=1e-2, epochs=1, min_steps=90,
            batch_size=2, dropout=0.1, checkpoint_every=5,
        )
    """

    def files(self, place):
        return [("adapter", place / "expert" / "adapter_model.safetensors")]


class Grid(Target):
    """A grid of two lines: trained, asked, recorded."""

    name = "grid"

    def build(self, place):
        import tiny_grid

        tiny_grid.build(self.base, place)

    def words(self, place):
        import tiny_grid

        script = "import sys\nfrom assl_utils.study.grid.__main__ import main\nsys.exit(main(sys.argv[1:]))"
        return [sys.executable, "-c", script, *tiny_grid.words(self.base, "--record")]

    def left(self, place):
        import tiny_grid

        from assl_utils.study.grid import record

        found = record.read(place, tiny_grid.NAME)
        items = found.items.to_csv(index=False) if found else ""
        return {"digest": found.about["digest"] if found else "", "items": items}


class Chain(Target):
    """The chapters 1 to ``upto`` on the embedded corpus, as small as they go."""

    name = "chain"
    upto = "10"

    def build(self, place):
        for name in ("notebooks", "book", "assl_utils"):
            shutil.copytree(ROOT / name, place / name, ignore=shutil.ignore_patterns("__pycache__", "_build"))

    def environment(self, place):
        return environment(place, (place,))

    def words(self, place):
        return [
            sys.executable,
            "-m",
            "assl_utils.runner",
            "run",
            "--upto",
            self.upto,
            "--profile",
            "cpu",
            "--set",
            SMALLEST,
        ]

    def files(self, place):
        from assl_utils.runner import pipeline

        for step in pipeline.load(place).steps:
            folder = place / "runs" / "cpu" / step.name
            for pattern in step.writes if step.name[:2] <= self.upto else ():
                for path in folder.glob(pattern):
                    if path.is_file() and path.name not in TIMED:
                        yield path.relative_to(folder.parent).as_posix(), path


TARGETS = {target.name: target for target in (Files, Runner, Training, Grid, Chain)}
