"""Runs what has to run, in order, and signs each finished stage with a manifest, last of all.

The order of events in one stage: the old manifest is put aside, the notebook is run elsewhere, its outputs are read
back, left-overs of an earlier run go, the executed notebook moves in, the manifest is written. Killed anywhere in
between, the stage has no manifest and runs again; long steps inside it go on from what they had finished.
"""

import contextlib
import fcntl
import fnmatch
import importlib.metadata
import json
import os
import platform
from datetime import datetime

from assl_utils import machine, store
from assl_utils.progress import seconds
from assl_utils.runner import cost, disk, execute, links, outputs, state
from assl_utils.runner.pipeline import KEPT, RunnerError
from assl_utils.runner.progress_line import Line

PACKAGES = (
    "numpy", "pandas", "pyarrow", "scikit-learn", "faiss-cpu", "numba", "torch", "transformers", "peft",
    "sentence-transformers", "rapidfuzz", "papermill", "nbclient", "ipykernel",
)  # fmt: skip


@contextlib.contextmanager
def lock(run):
    """Hold the run's folder for this process, or say who does."""
    run.mkdir(parents=True, exist_ok=True)
    with hold(run / ".lock", f"runs/{run.name} is being worked on by {{}}; wait or stop it") as stream:
        yield
        stream.truncate(0)


def hold(path, refusal):
    """Take a lock and return the open file that holds it until it is closed; `RunnerError` where another has it.

    The lock is the system's (`flock`), so it ends with its holder however that dies; the file's text only names it.
    ``refusal`` is a sentence with ``{}`` for the holder.
    """
    stream = path.open("a+", encoding="utf-8")
    try:
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        with stream:
            raise RunnerError(refusal.format(_holder(stream))) from None
    stream.truncate(0)
    json.dump({"pid": os.getpid(), "since": datetime.now().isoformat(timespec="seconds")}, stream)
    stream.flush()
    return stream


def busy(run):
    """Who works on the run's folder now, in words; empty when no process does."""
    try:
        with (run / ".lock").open("r", encoding="utf-8") as stream:
            try:
                fcntl.flock(stream, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return _holder(stream)
    except (FileNotFoundError, NotADirectoryError):
        pass
    return ""


def _holder(stream):
    try:
        stream.seek(0)
        holder = json.load(stream)
        return f"process {holder['pid']} (since {holder['since'].replace('T', ' ')})"
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return "another process"


def run(judge, steps, say=print):
    """Run those of ``steps`` that have to run; returns how many did.

    Raises
    ------
    execute.StageFailed
        When a stage failed; the ones before it are done.
    """
    ran = 0
    total = len(judge.pipeline.steps)
    numbers = {step.name: i for i, step in enumerate(judge.pipeline.steps, 1)}
    for step in steps:
        verdict = judge.judge(step)
        if verdict.state == "done":
            continue
        title = f"stage {numbers[step.name]} of {total} · {step.name}"
        say(f"{title} runs: {'; '.join(verdict.reasons)}")
        run_step(judge, step, Line(title))
        judge.hashes.save()
        ran += 1
    return ran


def run_step(judge, step, line):
    """Run one stage from its notebook to its manifest."""
    folder = judge.run / step.name
    inputs, parameters = _inputs(judge, step), judge.wanted(step)["parameters"]
    others = _of_others(judge, step)
    links.make_own(folder)
    earlier = _step_aside(folder)
    line.sign = folder / state.CELL
    environment = {
        "ASSL_ROOT": str(judge.pipeline.root),
        "ASSL_INPUTS": "\n".join(step.reads),
        "ASSL_JOURNAL": str(folder / state.JOURNAL),
        "PYTHONHASHSEED": "0",
    }
    before = outputs.marks(folder)
    try:
        outcome = execute.execute(
            judge.pipeline.notebook(step.name),
            judge.resolved.injected(step.name) | judge.models.injected(parameters),
            judge.pipeline.root,
            environment,
            line,
            execute.cell_timeout(),
        )
        if touched := _changed(others):
            raise execute.StageFailed(
                f"while it ran, {', '.join(touched)} changed: a chapter writes in its own folder only", outcome.notebook
            )
        mine = outputs.own(folder, outputs.named(folder / state.JOURNAL), before)
        if complaint := outputs.complaint(folder, step, mine):
            raise execute.StageFailed(complaint, outcome.notebook)
    except execute.StageFailed as failure:
        lines = [f"✗ {step.name} failed: {failure}", disk.hint(str(failure), judge.pipeline.root)]
        if _keep(folder, failure):
            lines.append(f"what it had done: runs/{judge.run.name}/{step.name}/{state.FAILED}")
        line.end("\n  ".join(filter(None, lines)))
        raise
    except KeyboardInterrupt:
        line.end(f"{step.name} was stopped: it has no manifest and runs again, going on from its finished parts")
        raise
    for name in outputs.left_over(folder, mine, earlier):
        (folder / name).unlink()
    _write_notebook(outcome.notebook, folder / state.EXECUTED)
    manifest = _manifest(judge, step, inputs, mine, outcome)
    for name in (state.PREVIOUS, state.JOURNAL, state.EARLIER, state.CELL):
        (folder / name).unlink(missing_ok=True)
    store.write_json(manifest, folder / state.MANIFEST)
    line.end(f"✓ {step.name} · {seconds(outcome.seconds)} · at most {outcome.peak_bytes / 1e9:.1f} GB")


def _inputs(judge, step):
    """Digests of what the stage reads; something declared and absent is the earlier stage's fault, and said here."""
    inputs = judge.inputs(step)
    for pattern in step.reads:
        if pattern.endswith("/") and (judge.pipeline.root / pattern).is_dir():
            continue  # the folder itself: what is read in it, other patterns say
        if not any(fnmatch.fnmatchcase(name, pattern) for name in inputs):
            upstream = pattern.split("/")[0]
            if upstream == KEPT:
                raise RunnerError(f"{step.name} declares that it reads {pattern}, and the repository has none")
            raise RunnerError(f"{step.name} declares that it reads {pattern}, and {upstream} has left nothing like it")
    return inputs


def _of_others(judge, step):
    """``{path: (size, time)}`` of what the other chapters of this run have written."""
    found = {}
    for other in judge.pipeline.steps:
        manifest = state.read_manifest(judge.run / other.name / state.MANIFEST) if other != step else None
        for name in (manifest or {}).get("outputs", ()):
            found[judge.run / other.name / name] = _mark(judge.run / other.name / name)
    return found


def _changed(marks):
    """The first few of the files that are not as `_of_others` found them, ``03_…/clusters.parquet``."""
    return [f"{path.parent.name}/{path.name}" for path, mark in marks.items() if _mark(path) != mark][:3]


def _mark(path):
    try:
        about = path.stat()
    except OSError:
        return None
    return about.st_size, about.st_mtime_ns


def _step_aside(folder):
    """Take the stage's manifest away, for it no longer holds; returns the names that earlier runs wrote."""
    folder.mkdir(parents=True, exist_ok=True)
    earlier = outputs.named(folder / state.EARLIER) | outputs.named(folder / state.JOURNAL)
    if (manifest := state.read_manifest(folder / state.MANIFEST, ("outputs", "seconds", "peak_bytes"))) is not None:
        earlier |= set(manifest["outputs"])
        os.replace(folder / state.MANIFEST, folder / state.PREVIOUS)
    for name in (state.MANIFEST, state.EXECUTED, state.FAILED, state.FAILURE, state.CELL):
        if (folder / name).is_dir() and not (folder / name).is_symlink():
            raise RunnerError(f"{folder / name} is a folder; the runner writes a file there: move it away")
        (folder / name).unlink(missing_ok=True)
    with store.atomic_path(folder / state.EARLIER) as part:
        part.write_text("".join(f"{name}\n" for name in sorted(earlier)), encoding="utf-8")
    (folder / state.JOURNAL).write_text("")
    outputs.sweep(folder)
    return earlier


def _keep(folder, failure):
    """What a failed stage leaves for people: the sentence that says why, and its notebook as far as it came.

    Returns whether the notebook was kept: a full disk, perhaps why the stage failed, has no room for it.
    """
    (folder / state.CELL).unlink(missing_ok=True)
    try:
        store.write_json({"message": str(failure), "time": now()}, folder / state.FAILURE)
        if failure.notebook is not None:
            _write_notebook(failure.notebook, folder / state.FAILED)
    except OSError:
        return False
    return failure.notebook is not None


def _write_notebook(executed, path):
    import nbformat

    with store.atomic_path(path) as part:
        nbformat.write(executed, part)


def _manifest(judge, step, inputs, mine, outcome):
    """The signature under a stage: what it was made from, with what, what it gave and what it took."""
    folder = judge.run / step.name
    parameters = judge.wanted(step)["parameters"]
    names = [state.EXECUTED, *mine]
    return {
        "stage": step.name,
        "run": judge.resolved.run,
        "profile": judge.resolved.profile,
        **judge.wanted(step),
        "given": judge.resolved.given[step.name],
        "seeds": {name: value for name, value in parameters.items() if "seed" in name},
        **judge.models.signed(parameters),
        "inputs": inputs,
        "outputs": {n: {"sha256": judge.hashes.of(folder / n), "bytes": (folder / n).stat().st_size} for n in names},
        "versions": versions(),
        "hardware": machine.describe(),
        "finished": now(),
        "seconds": round(outcome.seconds, 2),
        "peak_bytes": outcome.peak_bytes,
        "kept_seconds": cost.kept_seconds(outcome.notebook),
    }


def versions():
    """Of Python and of the packages that results depend on."""
    found = {"python": platform.python_version()}
    for package in PACKAGES:
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            found[package] = importlib.metadata.version(package)
    return found


def now():
    """Local time to the second, with its offset."""
    return datetime.now().astimezone().isoformat(timespec="seconds")
