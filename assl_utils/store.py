"""Where results live: whole files or none, in a folder per stage.

A chapter opens its stage, reads what earlier stages left and writes in its own folder only::

    stage = store.open_stage(run_dir, "04_adbscan")
    clusters = stage.load_table("03_semantic_clustering/clusters.parquet")
    stage.save_table(chosen, "chosen.parquet")

Every file is written under a temporary name, flushed to the disk and renamed, so a reader meets the old file or the
new one and never a part of it. Rows are Parquet (or CSV, where people read them), vectors ``.npy``, the rest JSON;
nothing is ever pickled. Three variables, set by the runner and absent when a notebook is run by hand, tighten the
rules: ``ASSL_ROOT`` (the repository), ``ASSL_JOURNAL`` (a file that collects the names a stage writes) and
``ASSL_INPUTS`` (the files it declared to read).
"""

import contextlib
import fcntl
import fnmatch
import hashlib
import importlib.metadata
import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path

# numpy and pandas are imported where they are used: the runner imports this module to find out, in well under a second,
# that nothing has to run.

CHUNK = 1 << 20
OPENED = "assl.opened"  # entry points that say in which run a notebook works that opens its stage without the runner
DATA_NOTE = "01_data_collection/data.json"  # one sentence: which data, what is missing, what replaces it


def root():
    """Folder of the repository: ``ASSL_ROOT``, else the first folder upwards from here with ``notebooks/profiles``.

    A notebook opened in ``notebooks/`` and one run from the top therefore mean the same ``runs/cpu``.
    """
    if os.environ.get("ASSL_ROOT"):
        return Path(os.environ["ASSL_ROOT"])
    here = Path.cwd().resolve()
    for folder in (here, *here.parents):
        if (folder / "notebooks" / "profiles").is_dir():
            return folder
    return Path(__file__).resolve().parent.parent


@contextlib.contextmanager
def atomic_path(path):
    """A temporary neighbour of ``path`` to write to; renamed to ``path`` on success, removed on failure.

    The neighbour keeps the suffix, for some writers choose the format by it or append it.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.stem}.{os.getpid()}.part{path.suffix}")
    try:
        yield part
        _flush(part)
        os.replace(part, path)
        _flush(path.parent)
    finally:
        with contextlib.suppress(OSError):  # on a disk that fails, the first error says more than a second one
            part.unlink(missing_ok=True)


@contextlib.contextmanager
def locked(path):
    """Hold ``path`` for this process while the block lasts; another process that wants it waits.

    The lock is the system's (`flock`) on a file beside ``path``, so it ends with its holder however that dies.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path.with_name(f".{path.name}.lock"), "a") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        yield


def _flush(path):
    """Push a file, or a folder's list of names, to the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sha256(path, of_file=None):
    """Hex digest of a file's bytes; of a folder, the digest of its sorted relative names and their digests.

    ``of_file`` digests the files of a folder, for a caller that remembers their digests.
    """
    path = Path(path)
    digest = hashlib.sha256()
    if path.is_dir():
        for file in sorted(p for p in path.rglob("*") if p.is_file() and "__pycache__" not in p.parts):
            digest.update(f"{file.relative_to(path).as_posix()}\0{(of_file or sha256)(file)}\n".encode())
        return digest.hexdigest()
    with path.open("rb") as stream:
        while chunk := stream.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def write_table(table, path):
    """Write a DataFrame as Parquet or CSV, by the suffix of ``path``; the row numbers are not kept."""
    path = Path(path)
    named = [name for name in table.index.names if name is not None]
    if named:
        raise ValueError(f"{path.name}: the index {named} would be lost; call reset_index() first")
    with atomic_path(path) as part:
        if path.suffix == ".parquet":
            table.to_parquet(part, index=False)
        elif path.suffix == ".csv":
            table.to_csv(part, index=False, lineterminator="\n")
        else:
            raise ValueError(f"{path.name}: a table is stored as .parquet or .csv")
    return path


def read_table(path):
    """Read a table written by `write_table`.

    In a CSV only the empty cell is missing: CFLEB has a score called NA, which pandas would read as "not available".
    """
    import pandas as pd

    path = Path(path)
    if path.suffix == ".csv":
        return pd.read_csv(path, keep_default_na=False, na_values=[""])
    return pd.read_parquet(path)


def write_array(array, path):
    """Write one array as ``.npy``; arrays of Python objects are refused, for they would be pickled."""
    import numpy as np

    path = Path(path)
    if path.suffix != ".npy":
        raise ValueError(f"{path.name}: an array is stored as .npy")
    with atomic_path(path) as part:
        np.save(part, array, allow_pickle=False)
    return path


def read_array(path, mmap_mode=None):
    """Read an array; ``mmap_mode="r"`` leaves it on the disk until it is touched."""
    import numpy as np

    return np.load(path, mmap_mode=mmap_mode, allow_pickle=False)


def _plain(value):
    """What JSON lacks: numpy's scalars and arrays as numbers and lists, paths as text, sets in order."""
    if hasattr(value, "tolist"):
        return value.tolist()
    if isinstance(value, Path):
        return value.as_posix()
    if isinstance(value, set | frozenset):
        return sorted(value)
    raise TypeError(f"{type(value).__name__} has no form in JSON")


def write_json(value, path):
    """Write JSON for people too: indented, Chinese as it is. NaN and infinity are refused: JSON has no such numbers."""
    text = json.dumps(value, ensure_ascii=False, indent=2, allow_nan=False, default=_plain)
    with atomic_path(path) as part:
        part.write_text(text + "\n", encoding="utf-8")
    return Path(path)


def read_json(path):
    """Read a JSON file."""
    return json.loads(Path(path).read_text(encoding="utf-8"))


def allowed(name, patterns):
    """Whether a file or folder is among the declared ones; ``a/b/*`` allows the folder ``a/b`` and all below it."""
    return any(fnmatch.fnmatchcase(candidate, p) for p in patterns for candidate in (name, name + "/"))


@dataclass(frozen=True)
class Stage:
    """One chapter's folder inside a run, and its window on the folders of earlier chapters."""

    run: Path
    name: str

    @property
    def folder(self):
        """The stage's own folder."""
        return self.run / self.name

    def path(self, name):
        """Path of a file or folder that this stage writes; its parent exists afterwards.

        Name every expert's folder through here, not their common parent: what a run did not name is, after a rerun with
        fewer experts, recognised as a left-over. A name that leads elsewhere, also by a link, is an error.
        """
        relative = Path(name)
        if relative.is_absolute() or ".." in relative.parts or not _inside(self.folder / relative, self.folder):
            raise ValueError(f"{name}: a stage writes inside its own folder, {self.folder}")
        if os.environ.get("ASSL_JOURNAL"):
            with open(os.environ["ASSL_JOURNAL"], "a", encoding="utf-8") as journal:
                journal.write(relative.as_posix() + "\n")
        path = self.folder / relative
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def shared(self, name):
        """Path of a folder that all runs share, for what is known by its content, such as a model's answers."""
        return self.run.parent / name

    def input(self, name):
        """Path of an earlier stage's file or folder, e.g. ``"03_semantic_clustering/clusters.parquet"``, or of one that
        the repository keeps in ``book/``."""
        name = Path(name).as_posix()
        stage = name.split("/")[0]
        if stage >= self.name and stage != "book":
            raise ValueError(f"{self.name} asks for {name}: data flows one way, a chapter reads earlier ones only")
        declared = os.environ.get("ASSL_INPUTS")
        if declared is not None and not allowed(name, declared.splitlines()):
            raise ValueError(f"{self.name} reads {name} undeclared; add it to its inputs in notebooks/stages.yaml")
        path = (root() if stage == "book" else self.run) / name
        if not path.exists() and stage == "book":
            raise FileNotFoundError(f"the repository has no {name}")
        if not path.exists():
            raise FileNotFoundError(f"{path} is missing: run chapter {stage[:2]} first (make {stage[:2]})")
        return path

    def about_data(self):
        """One sentence below a table: which data the run is made of, what is missing, what replaces it."""
        return self.load_json(DATA_NOTE)["summary"]

    def save_table(self, table, name):
        """`write_table` into this stage's folder; returns nothing, so that a cell may end with it."""
        write_table(table, self.path(name))

    def save_array(self, array, name):
        """`write_array` into this stage's folder; returns nothing, so that a cell may end with it."""
        write_array(array, self.path(name))

    def save_json(self, value, name):
        """`write_json` into this stage's folder; returns nothing, so that a cell may end with it."""
        write_json(value, self.path(name))

    def load_table(self, name):
        """`read_table` of an earlier stage's file."""
        return read_table(self.input(name))

    def load_array(self, name, mmap_mode=None):
        """`read_array` of an earlier stage's file."""
        return read_array(self.input(name), mmap_mode)

    def load_json(self, name):
        """`read_json` of an earlier stage's file."""
        return read_json(self.input(name))


def _inside(path, folder):
    """Whether a path that may hold links lies in a folder, the end of all links looked at."""
    return path.resolve().is_relative_to(folder.resolve())


def _check_own(folder):
    """Refuse a stage's folder that is another stage's: by its name, under the runner, or by a link."""
    journal = os.environ.get("ASSL_JOURNAL")
    if journal and folder.resolve() != Path(journal).parent.resolve():
        raise ValueError(f"{Path(journal).parent.name} is running and opens {folder}: a chapter opens its own stage")
    real, run = folder.resolve(), folder.parent.resolve()
    if real != run / folder.name and real.is_relative_to(run):
        raise ValueError(f"{folder} is a link to {real}, where another chapter writes: remove the link")


def _shell():
    """The IPython that this is run in, or None (asked without importing it)."""
    return sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None


NO_CELL = (
    "No cell has set `run_dir`: the cell of parameters, the first one with code, was not run or is gone. Run it first; "
    "one that was deleted comes back with Edit, Undo Cell Operation, and the chapter in notebooks/ has it too."
)


def explain_missing_cell(shell):
    """Let IPython say `NO_CELL` in place of a traceback, where a chapter is run without its cell of parameters.

    `open_stage` cannot say it: its first argument is what is missing, so it is not called.
    """

    def show(shell, kind, error, trace, tb_offset=None):
        if error.name == "run_dir":
            error._render_traceback_ = lambda: [NO_CELL]
        shell.showtraceback((kind, error, trace), tb_offset=tb_offset)

    if "ASSL_INPUTS" not in os.environ and not getattr(shell, "custom_exceptions", True):  # nobody else's stands there
        shell.set_custom_exc((NameError,), show)


def open_stage(run_dir, name, about_data=True):
    """The stage ``name`` of the run in ``run_dir`` (absolute, or relative to the repository); its folder is made.

    Under the runner a chapter can open its own stage only. Without it a notebook works where the entry points of
    ``assl.opened`` say.

    In a notebook it prints which data the run is made of; ``about_data=False`` is for a chapter about other data.
    """
    shell = _shell()
    if shell is not None and "ASSL_INPUTS" not in os.environ:
        for plugin in importlib.metadata.entry_points(group=OPENED):
            run_dir = plugin.load()(root(), run_dir, name, shell)
    stage = Stage(root() / run_dir, name)
    _check_own(stage.folder)
    stage.folder.mkdir(parents=True, exist_ok=True)
    if shell is not None and about_data and (stage.run / DATA_NOTE).exists() and not DATA_NOTE.startswith(name):
        print(stage.about_data())  # every chapter says what its rows are
    return stage


explain_missing_cell(_shell())
