"""Is a chapter done, and if not, why not: its manifest held against what it would be run with now.

Everything is compared by content. The reasons are sentences for people: ``parameter k 20 → 5``.
"""

import csv
import fnmatch
import io
import json
import struct
from dataclasses import dataclass, field
from pathlib import Path

from assl_utils.runner import fingerprint

MANIFEST, EXECUTED, FAILED, FAILURE = "manifest.json", "notebook.ipynb", "notebook.failed.ipynb", "failure.json"
PREVIOUS = ".manifest.previous.json"  # what the last whole run took, while a new one is under way or has failed
JOURNAL = ".journal"  # what the run under way, or the last one that was cut off, has written
EARLIER = ".journal.earlier"  # what runs before it had written
HOW = ("engine", "hourly_rate")  # parameters that decide no result: who does the work, what an hour of it costs


@dataclass
class Verdict:
    """What is known about one stage.

    ``state`` is ``done``, ``stale`` (it ran, but with something else), ``waits`` (it holds, but a stage before it will
    run), ``missing`` (it never ran to its end) or ``failed``.
    """

    step: object
    state: str
    reasons: list = field(default_factory=list)
    manifest: dict = None
    last: dict = None  # the last whole run's manifest, which may be gone since: what it cost

    @property
    def runs(self):
        """Whether it has to run, whatever the stages before it give."""
        return self.state in ("stale", "missing", "failed")


class Judge:
    """Compares the stages of one run with what they would be run with now."""

    def __init__(self, pipeline, resolved, hashes):
        self.pipeline, self.resolved, self.hashes = pipeline, resolved, hashes
        self.run = pipeline.root / "runs" / resolved.run
        self.sources = fingerprint.Sources(pipeline.root, hashes)
        self._wanted = {}

    def wanted(self, step):
        """Parameters, code and modules that ``step`` would be run with."""
        if step.name not in self._wanted:
            digests = fingerprint.of_notebook(self.pipeline.notebook(step.name), self.sources)
            self._wanted[step.name] = {"parameters": as_json(self.resolved.values[step.name]), **digests}
        return self._wanted[step.name]

    def inputs(self, step):
        """``{"03_…/vectors.npy": digest}``: the files ``step`` reads, as they lie there now, the book's own first."""
        found = {name: self.hashes.of(path) for name, path in step.kept(self.pipeline.root).items()}
        for upstream in step.upstream:
            manifest = read_manifest(self.run / upstream / MANIFEST) or {"outputs": {}}
            for name in step.selects(upstream, [n for n in manifest["outputs"] if n != EXECUTED]):
                found[f"{upstream}/{name}"] = self.hashes.of(self.run / upstream / name)
        return found

    def judge(self, step):
        """The verdict on ``step``, stages before it taken as they lie there."""
        folder = self.run / step.name
        manifest = read_manifest(folder / MANIFEST)
        if manifest is None:
            last = read_manifest(folder / PREVIOUS)
            failure = read_manifest(folder / FAILURE)
            if failure:
                return Verdict(step, "failed", [failure["message"].splitlines()[0]], None, last)
            why = "its last run was cut off" if (folder / JOURNAL).exists() else "it has not run yet"
            return Verdict(step, "missing", [why], None, last)
        wanted = self.wanted(step)
        reasons = [
            *changed_parameters(deciding(manifest["parameters"]), deciding(wanted["parameters"])),
            *(["the notebook's code changed"] if manifest["code"] != wanted["code"] else []),
            *changed_files("module", manifest["modules"], wanted["modules"], module_name),
            *changed_files("input", manifest["inputs"], self.inputs(step)),
            *self._changed_outputs(folder, manifest["outputs"]),
        ]
        return Verdict(step, "stale" if reasons else "done", reasons, manifest, manifest)

    def _changed_outputs(self, folder, outputs):
        now = {name: self.hashes.of(folder / name) for name in outputs}
        gone = [name for name, digest in now.items() if digest is None]
        other = [name for name, digest in now.items() if digest not in (None, outputs[name]["sha256"])]
        reasons = [f"{_few(gone)} {'is' if len(gone) == 1 else 'are'} gone"] if gone else []
        if other:
            reasons.append(f"outputs were changed by hand (in a notebook?): {_few(other)}")
        return reasons

    def all(self, steps):
        """Verdicts in order; a stage that holds while one before it will run ``waits`` for what that gives."""
        verdicts = {}
        for step in steps:
            verdict = self.judge(step)
            before = [u for u in step.upstream if u in verdicts and verdicts[u].state != "done"]
            if verdict.state == "done" and before:
                verdict.state = "waits"
                verdict.reasons = [f"runs if {' or '.join(before)} gives something else"]
            verdicts[step.name] = verdict
        return verdicts


def read_manifest(path):
    """A JSON file of the runner's, ``None`` where there is none or only part of one."""
    try:
        return json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def as_json(value):
    """``value`` as it would come back from a manifest: tuples are lists."""
    return json.loads(json.dumps(value, ensure_ascii=False))


def deciding(parameters):
    """The parameters that decide results; who does the work and what an hour of it costs do not."""
    return {name: value for name, value in parameters.items() if name not in HOW}


def changed_parameters(old, new):
    """``parameter k 20 → 5``, one for each value that differs."""
    both = [name for name in new if name in old and old[name] != new[name]]
    reasons = [f"parameter {name} {_show(old[name])} → {_show(new[name])}" for name in both]
    reasons += [f"new parameter {name} = {_show(new[name])}" for name in new if name not in old]
    return reasons + [f"parameter {name} is gone" for name in old if name not in new]


def changed_files(kind, old, new, name=str):
    """``input 03_…/vectors.npy changed``; more than three of one kind are counted."""
    changed = [name(path) for path in new if path in old and new[path] != old[path]]
    added = [name(path) for path in new if path not in old]
    gone = [name(path) for path in old if path not in new]
    words = ((changed, "changed"), (added, "is new" if len(added) == 1 else "are new"), (gone, "no longer read"))
    return [f"{kind}{'s' if len(names) > 1 else ''} {_few(names)} {word}" for names, word in words if names]


def module_name(path):
    """``adbscan`` for ``assl_utils/selection/adbscan.py``, ``data/base_model`` for data."""
    return path.removeprefix(fingerprint.PACKAGE + "/").removesuffix(".py")


def _few(names):
    return ", ".join(names) if len(names) <= 3 else f"{names[0]}, {names[1]} and {len(names) - 2} more"


def _show(value):
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


BOOKKEEPING = {MANIFEST, EXECUTED, FAILED, FAILURE, PREVIOUS}
BOOKKEEPING |= {JOURNAL, EARLIER}


def files(folder):
    """Names of the files in a stage's folder, relative to it, in order; the runner's own are left out."""
    found = (p.relative_to(folder).as_posix() for p in Path(folder).rglob("*") if p.is_file())
    return sorted(name for name in found if name not in BOOKKEEPING)


def named(journal):
    """The names in a stage's journal."""
    try:
        return set(Path(journal).read_text(encoding="utf-8").splitlines())
    except FileNotFoundError:
        return set()


def belongs(name, names):
    """Whether a file is one of ``names`` or lies below one."""
    return any(name == n or name.startswith(n.rstrip("/") + "/") for n in names)


def own(folder, names, since):
    """Files that are a run's: those it named through the store, and those written since it began (``since``, in ns)."""
    return [n for n in files(folder) if belongs(n, names) or (Path(folder) / n).stat().st_mtime_ns >= since]


def left_over(folder, mine, earlier):
    """Files that an earlier run is known to have written and that are not ``mine``, say an expert too many.

    A file that no run is known to have written is a person's, and left alone.
    """
    return [name for name in files(folder) if belongs(name, earlier) and name not in mine]


def complaint(folder, step, mine):
    """Why a run's outputs cannot stand, in words; empty when every declared one is there and each can be read."""
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
