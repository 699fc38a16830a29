"""Is a chapter done, and if not, why not: its manifest held against what it would be run with now.

Everything is compared by content. The reasons are sentences for people: ``parameter k 20 → 5``.
"""

import fnmatch
import json
from dataclasses import dataclass, field
from pathlib import Path

from assl_utils.runner import fingerprint, named_models, shapes

MANIFEST, EXECUTED, FAILED, FAILURE = "manifest.json", "notebook.ipynb", "notebook.failed.ipynb", "failure.json"
PREVIOUS = ".manifest.previous.json"  # what the last whole run took, while a new one is under way or has failed
JOURNAL = ".journal"  # what the run under way, or the last one that was cut off, has written
EARLIER = ".journal.earlier"  # what runs before it had written
CELL = ".cell.json"  # where the run under way is, and when it last gave a sign: for `status` in another terminal
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
        self.models = named_models.Commits()

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
            manifest = read_manifest(self.run / upstream / MANIFEST, ("outputs",)) or {"outputs": {}}
            for name in step.selects(upstream, [n for n in manifest["outputs"] if n != EXECUTED]):
                found[f"{upstream}/{name}"] = self.hashes.of(self.run / upstream / name)
        return found

    def judge(self, step):
        """The verdict on ``step``, stages before it taken as they lie there."""
        folder = self.run / step.name
        try:
            manifest = signed(folder, step)
        except shapes.Damaged as damage:
            return Verdict(step, "missing", [f"its manifest is none: {damage}"])
        if manifest is None:
            last = read_manifest(folder / PREVIOUS, ("seconds", "peak_bytes"))
            try:
                failure = shapes.read(folder / FAILURE, shapes.FAILURE)
            except shapes.Damaged as damage:
                return Verdict(step, "failed", [f"it failed, and why is lost: {damage}"], None, last)
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
            *self.models.moved(manifest),
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


def signed(folder, step):
    """The manifest in a stage's folder, None where there is none.

    Raises
    ------
    shapes.Damaged
        If it has not its shape, is another stage's, or its outputs are not all that the stage writes: a stage with such
        a manifest was never done.
    """
    manifest = shapes.read(Path(folder) / MANIFEST, shapes.MANIFEST)
    if manifest is None:
        return None
    if manifest["stage"] != step.name:
        raise shapes.Damaged(f"{MANIFEST} is that of {manifest['stage'][:60]}")
    for pattern in (EXECUTED, *step.writes):
        if not any(fnmatch.fnmatchcase(name, pattern) for name in manifest["outputs"]):
            raise shapes.Damaged(f"{MANIFEST} lists no {pattern} among the outputs")
    return manifest


def read_manifest(path, need=None):
    """A stage's manifest, ``None`` where there is none, only part of one, or one without its shape.

    ``need`` names the entries that the caller uses, all by default: a manifest by an earlier version may lack others.
    """
    try:
        return shapes.read(path, shapes.MANIFEST, need)
    except shapes.Damaged:
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
