"""Trials: runs beside the usual one, each a copy of it at first, in which something is changed and looked at.

A trial remembers in ``trial.json`` what was changed: ``set`` came from SET at the command line, ``edited`` from the
cells of a notebook that was run by hand. So whoever runs a later chapter of it need not say it again. The run that it
began from is never written to.
"""

import contextlib
import re
import shutil
from datetime import datetime
from pathlib import Path

from assl_utils import store
from assl_utils.runner import links, shapes, state
from assl_utils.runner.pipeline import RunnerError

USUAL = "lab"  # the trial of those who give it no name: notebooks run by hand work in it
RECORD = "trial.json"
LAB = ".lab"  # held by `make lab` while JupyterLab runs on the trial
WORD = "[a-z][a-z0-9_]*"
KINDS = ("set", "edited")  # the later over the earlier
SHAPE = {"from": str, "began": str, "set": {shapes.Each: dict}, "edited": {shapes.Each: dict}}


def read(run):
    """What the trial in the folder ``run`` remembers; nothing where nothing was changed."""
    empty = {"from": "", "began": "", "set": {}, "edited": {}}
    try:
        return shapes.read(Path(run) / RECORD, SHAPE) or empty
    except shapes.Damaged as damage:
        way = f"put it right, or `make drop TRIAL={run.name.rpartition('-')[2]}`"
        raise RunnerError(f"what runs/{run.name} remembers cannot be read: {damage}; {way}") from None


def remember(run, kind, stage, values):
    """Keep ``values`` as all that is ``set`` or ``edited`` in one stage; what was kept for it before is forgotten."""
    record = read(run)
    if record[kind].get(stage, {}) == state.as_json(values):
        return
    record[kind].pop(stage, None)
    if values:
        record[kind][stage] = values
    store.write_json(record, Path(run) / RECORD)


def begin(run, usual, stages):
    """Make the trial's folder ``run``, or complete it by ``stages`` that the run ``usual`` has got since.

    Raises
    ------
    RunnerError
        While another process works on the usual run: a copy of what changes is none.
    """
    from assl_utils.runner.run import lock

    if not links.lacking(usual, run, stages):
        if not run.exists():
            run.mkdir(parents=True)
            _write_first(run, usual.name)
        return
    with lock(usual):
        if run.exists():
            links.copy_stages(usual, run, stages)
            return
        part = run.with_name(f".{run.name}.part")
        shutil.rmtree(part, ignore_errors=True)
        try:
            links.copy_stages(usual, part, stages)
            _write_first(part, usual.name)
            part.rename(run)
        finally:
            shutil.rmtree(part, ignore_errors=True)
    print(f"runs/{run.name} begins as a copy of runs/{usual.name}", flush=True)


def _write_first(folder, usual):
    began = datetime.now().astimezone().isoformat(timespec="seconds")
    store.write_json({"from": usual, "began": began, "set": {}, "edited": {}}, folder / RECORD)


def of_run(runs, usual):
    """Folders of the trials of the run named ``usual``, by name."""
    found = [path for path in sorted(Path(runs).glob(f"{usual}-*")) if path.is_dir()]
    return [path for path in found if re.fullmatch(WORD, path.name[len(usual) + 1 :])]


def changed(run, usual):
    """What was changed in a trial, in words: ``04_adbscan k 20 → 5``; by what it remembers and by its manifests."""
    found = {}
    for folder in sorted(path.parent for path in Path(run).glob(f"*/{state.MANIFEST}")):
        mine, theirs = (
            state.read_manifest(at / state.MANIFEST, ("parameters",)) for at in (folder, usual / folder.name)
        )
        if mine and theirs:
            old, new = (state.deciding(manifest["parameters"]) for manifest in (theirs, mine))
            found[folder.name] = {name: new[name] for name in new if old.get(name, new[name]) != new[name]}
    try:
        record = read(run)
    except RunnerError as error:
        return str(error)
    for kind in KINDS:
        for stage, values in record[kind].items():
            found[stage] = found.get(stage, {}) | values
    return "; ".join(_stage_words(stage, values, usual) for stage, values in sorted(found.items()) if values)


def _stage_words(stage, values, usual):
    manifest = state.read_manifest(usual / stage / state.MANIFEST, ("parameters",)) or {"parameters": {}}
    old = {name: value for name, value in manifest["parameters"].items() if name in values}
    known = {name: value for name, value in values.items() if name in old}
    words = [text.removeprefix("parameter ") for text in state.changed_parameters(old, known)]
    return f"{stage} " + ", ".join([*words, *(f"{n} = {v!r}" for n, v in values.items() if n not in old)])


def drop(run):
    """Remove a trial; killed in between, what is left of it is in nobody's way."""
    with _nobody_in(run):
        gone = run.with_name(f".{run.name}.part")
        shutil.rmtree(gone, ignore_errors=True)
        run.rename(gone)
    shutil.rmtree(gone)


def keep(run, usual, name):
    """Give a trial a name of its own, so that the next one begins afresh; returns its new folder.

    Without a name it gets one made from what was changed, ``k5``.
    """
    name = name or _name_of(run)
    if not re.fullmatch(WORD, name) or name in ("clean", "paper", USUAL):
        raise RunnerError(f"AS is the trial's new name, a word of small letters, digits and _, not `{name[:60]}`")
    target = run.with_name(f"{usual}-{name}")
    if target.exists():
        raise RunnerError(f"runs/{target.name} is there already: give another name, AS=…, or `make drop TRIAL={name}`")
    with _nobody_in(run):
        run.rename(target)
    return target


def _name_of(run):
    record = read(run)
    values = {name: value for kind in KINDS for stage in record[kind].values() for name, value in stage.items()}
    words = "_".join(f"{name}{value}" for name, value in sorted(values.items()))
    name = re.sub("[^a-z0-9]+", "_", words.lower()).strip("_")[:40]
    if not name:
        raise RunnerError(f"nothing was changed in runs/{run.name}; to keep it all the same, give it a name: AS=…")
    return name


@contextlib.contextmanager
def _nobody_in(run):
    """Hold a trial's folder, where neither a run nor a JupyterLab nor a notebook works in it."""
    from assl_utils.runner.run import hold, lock

    with contextlib.ExitStack() as stack:
        stack.enter_context(lock(run))
        for path in [run / LAB, *run.glob(".open-*")]:
            stack.enter_context(hold(path, f"runs/{run.name} is open in {{}}: close it (shut its kernel down) first"))
        yield
