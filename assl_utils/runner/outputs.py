"""What a stage wrote: which files are this run's, which an earlier run left, and whether each is whole."""

import csv
import fnmatch
import io
import json
import struct
from pathlib import Path

from assl_utils.runner import state

# The runner's own files in a stage's folder.
BOOKKEEPING = {state.MANIFEST, state.EXECUTED, state.FAILED, state.FAILURE}
BOOKKEEPING |= {state.PREVIOUS, state.JOURNAL, state.EARLIER, state.CELL}


def files(folder):
    """Names of the files in a stage's folder, relative to it, in order; the runner's own are left out."""
    found = (p.relative_to(folder).as_posix() for p in Path(folder).rglob("*") if p.is_file())
    return sorted(name for name in found if name not in BOOKKEEPING)


def named(journal):
    """The names in a stage's journal."""
    try:
        return set(Path(journal).read_text(encoding="utf-8", errors="replace").splitlines())
    except (FileNotFoundError, IsADirectoryError):
        return set()


def belongs(name, names):
    """Whether a file is one of ``names`` or lies below one."""
    return any(name == n or name.startswith(n.rstrip("/") + "/") for n in names)


def marks(folder):
    """What each file of a stage's folder is now, for `own`: name to inode, size and time of its last change."""
    found = {name: (Path(folder) / name).stat() for name in files(folder)}
    return {name: (about.st_ino, about.st_size, about.st_mtime_ns) for name, about in found.items()}


def own(folder, names, before):
    """Files that are a run's: those it named through the store, and those that are not as `marks` found them before.

    No clock is asked: a person's file whose time lies in the future stays a person's.
    """
    return [name for name, mark in marks(folder).items() if belongs(name, names) or before.get(name) != mark]


def left_over(folder, mine, earlier):
    """Files that an earlier run is known to have written and that are not ``mine``, say an expert too many.

    A file that no run is known to have written belongs to a person and is left alone.
    """
    return [name for name in files(folder) if belongs(name, earlier) and name not in mine]


def complaint(folder, step, mine):
    """What is wrong with a run's outputs, in words; empty when every declared one is there and each can be read."""
    for pattern in step.writes:
        if not any(fnmatch.fnmatchcase(name, pattern) for name in mine):
            return f"it did not write {pattern}, which notebooks/stages.yaml declares as its output"
    for name in mine:
        try:
            read(Path(folder) / name)
        except Exception as error:  # whatever a reader raises on half a file
            return f"its output {name} cannot be read: {type(error).__name__}: {error}"
    return ""


def sweep(folder):
    """Remove half-written files, which only a killed writer leaves."""
    for path in Path(folder).rglob(".*.part*"):
        path.unlink(missing_ok=True)


def read(path):
    """Read as much of a file as proves it whole; raises on half a file. Other kinds of file only have to be there."""
    reader = _READERS.get(path.suffix)
    if reader is not None:
        reader(path)


def _parquet(path):
    import pyarrow.parquet as pq

    pq.read_metadata(path)  # the footer is written last


def _npy(path):
    import numpy as np

    np.load(path, mmap_mode="r", allow_pickle=False)  # maps the whole array, so it must be there to its end


def _json(path):
    json.loads(path.read_text(encoding="utf-8"))


def _csv(path):
    """A cut inside a row shows; one between two rows would not, but `store` leaves no such file."""
    text = path.read_text(encoding="utf-8")
    if not text.endswith("\n"):
        raise ValueError("its last line has no end")
    if len({len(row) for row in csv.reader(io.StringIO(text, newline=""), strict=True)}) != 1:
        raise ValueError("its rows have different lengths")


def _safetensors(path):
    """The header says where the last tensor ends, which must be where the file ends."""
    with path.open("rb") as stream:
        (length,) = struct.unpack("<Q", stream.read(8))
        header = json.loads(stream.read(length))
    end = max((t["data_offsets"][1] for name, t in header.items() if name != "__metadata__"), default=0)
    if path.stat().st_size != 8 + length + end:
        raise ValueError("it does not end where its header says")


_READERS = {".parquet": _parquet, ".npy": _npy, ".json": _json, ".csv": _csv, ".safetensors": _safetensors}
