"""What is killed: a piece of work that can be begun again, and the digests of what it leaves when it is done."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import clock
import pieces
import warm

from assl_utils import store
from assl_utils.book import stale

ROOT = Path(__file__).resolve().parents[2]
TIMED = ("cost.csv", "training_cost.csv")  # what tells seconds differs from run to run
SMALLEST = (
    "scale=0.001 floor=5 per_subject=1 04.budget=8 n_selected=12 min_steps=2 feedback_sample=8 max_new_tokens=4 "
    "epochs=1 batch_size=16 max_length=96 n_clusters=2 k_max=4 stability_seeds=2 truth_seeds=1 n_boot=20 held_out=4"
)


def environment(root, places=(ROOT, ROOT / "tests")):
    """Variables for a process of its own that works in the repository ``root`` and imports from ``places``."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ASSL_")}
    path = os.pathsep.join(map(str, places))
    return kept | {"ASSL_ROOT": str(root), "PYTHONPATH": path, "OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""}


class Target:
    """A piece of work in a folder of its own.

    Attributes
    ----------
    share : float
        Of all kills.
    kills : int
        Of one piece of work, before it may finish.
    window : float
        A kill comes after at most this share of what the undisturbed work takes.
    """

    kills, window = 10, 1.0

    def __init__(self, base):
        self.base = base  # a tiny model's folder

    def build(self, place):
        """Make the folder as it is before the work."""
        place.mkdir(parents=True)

    def disturb(self, place, rng):
        """Done before each start."""

    def meanwhile(self, rng):
        """Done again and again while the work goes on."""

    def torn(self, place):
        """Files that do not read between two runs, and must."""
        return []

    def left(self, place):
        """Name to digest of every file that the finished work leaves."""
        return {name: store.sha256(path) for name, path in sorted(self.files(place))}


class Piece(Target):
    """A function of `pieces`, in a process that is forked from one that has imported all it needs."""

    def start(self, place, log):
        """The work as a process and group of its own, what it says in the file ``log``."""
        return warm.Forked(pieces.run, (self.name, str(place), str(self.base)), log)


class Command(Target):
    """A command line in a Python of its own."""

    def start(self, place, log):
        """The work as a process and group of its own, what it says in the file ``log``."""
        with open(log, "wb") as out:
            return subprocess.Popen(
                [sys.executable, *self.words(place)], cwd=ROOT, env=self.environment(place), stdout=out,
                stderr=subprocess.STDOUT, start_new_session=True,
            )  # fmt: skip


class Files(Piece):
    """Tables, arrays and JSON written by `assl_utils.store`, over and over: each is the old or the new one, whole."""

    name, share, kills, window = "files", 0.36, 36, 0.4

    def files(self, place):
        return [(name, place / name) for name in ("table.parquet", "table.csv", "array.npy", "value.json")]

    def torn(self, place):
        found = []
        for name, path in self.files(place):
            read = {".npy": store.read_array, ".json": store.read_json}.get(path.suffix, store.read_table)
            try:
                if path.exists():
                    read(path)
            except Exception as error:
                found.append(f"{name}: {error!r}")
        return found


class Training(Piece):
    """One LoRA adapter of a tiny model, a checkpoint every five steps."""

    name, share, kills, window = "training", 0.16, 16, 0.5

    def files(self, place):
        return [("adapter", place / "expert" / "adapter_model.safetensors")]


class Grid(Piece):
    """A grid of two lines: trained, asked, recorded."""

    name, share, kills, window = "grid", 0.12, 12, 0.5

    def build(self, place):
        import tiny_grid

        tiny_grid.build(self.base, place)

    def left(self, place):
        import tiny_grid

        from assl_utils.study.grid import record

        found = record.read(place, tiny_grid.NAME)
        items = found.items.to_csv(index=False) if found else ""
        return {"digest": found.about["digest"] if found else "", "items": items}


class Runner(Command):
    """Four chapters of a second each, by the runner."""

    name, share, kills, window = "runner", 0.18, 12, 0.4

    def build(self, place):
        import toy_repo

        toy_repo.build(place)

    def environment(self, place):
        return environment(place, ())  # its kernels take the package that lies in the small repository

    def words(self, place):
        return ["-m", "assl_utils.runner", "run", "--profile", "cpu"]

    def files(self, place):
        run = place / "runs" / "cpu"
        names = ["01_numbers/numbers.npy", "02_sums/sums.json", "03_report/table1.csv", "04_aside/aside.json"]
        return [(name, run / name) for name in [*names, "02_sums/parts/0.json", "02_sums/parts/1.json"]]


class Clock(Runner):
    """The same while the clock jumps, by seconds and by years, and files come from the future and the past."""

    name, share = "clock", 0.1

    def build(self, place):
        super().build(place)
        clock.set_to(place, 0)

    def environment(self, place):
        return clock.shifted(super().environment(place), place)

    def disturb(self, place, rng):
        self.place = place
        clock.set_to(place, rng.choice(clock.JUMPS))
        clock.misdate(place / "runs", rng)
        clock.turn_times(place / "runs", rng)

    def meanwhile(self, rng):
        if rng.random() < 0.05:
            clock.set_to(self.place, rng.choice(clock.JUMPS))


class Chain(Command):
    """The chapters 1 to ``upto`` on the embedded corpus, as small as they go."""

    name, share, kills, window = "chain", 0.08, 16, 0.15
    upto = "10"

    def build(self, place):
        for name in ("notebooks", "book", "assl_utils"):
            shutil.copytree(ROOT / name, place / name, ignore=shutil.ignore_patterns("__pycache__", "_build"))
        for name in stale.OF_ROOT.values():  # pages of the book, too
            shutil.copy(ROOT / name, place)

    def environment(self, place):
        # What numba compiles is kept by a file's path and time, and both are the same in the next copy.
        return environment(place, (place,)) | {"NUMBA_CACHE_DIR": str(place.with_name("numba"))}

    def words(self, place):
        return ["-c", RUN_ALL, ",".join(ends(place, self.upto)), "--profile", "cpu", "--set", SMALLEST]

    def files(self, place):
        from assl_utils.runner import pipeline

        for step in pipeline.load(place).steps:
            folder = place / "runs" / "cpu" / step.name
            for pattern in step.writes if step.name[:2] <= self.upto else ():
                for path in folder.glob(pattern):
                    if path.is_file() and path.name not in TIMED:
                        yield path.relative_to(folder.parent).as_posix(), path


RUN_ALL = """
import sys
from assl_utils.runner import __main__ as command
codes = (command.main(["run", "--upto", name, *sys.argv[2:]]) for name in sys.argv[1].split(","))
sys.exit(next(filter(None, codes), 0))
"""


def ends(root, upto):
    """Chapters up to a number that none of these reads: to run them is to run all."""
    from assl_utils.runner import pipeline

    steps = [step for step in pipeline.load(root).steps if step.name[:2] <= upto]
    read = {name for step in steps for name in step.upstream}
    return [step.name[:2] for step in steps if step.name not in read]


TARGETS = {target.name: target for target in (Files, Runner, Clock, Training, Grid, Chain)}
