"""`make lab`: copies of the notebooks that show a trial's values, and JupyterLab on them.

The notebooks of the repository stay as they are. A copy has two cells more, below the paper's parameters: a heading,
and this run's values, to be edited. A copy that a reader has worked in is never written over.
"""

import hashlib
import os
import shlex
import sys
from pathlib import Path

from assl_utils import store
from assl_utils.runner import edits, notebook, trials
from assl_utils.runner.pipeline import RunnerError
from assl_utils.runner.run import hold

FOLDER = "notebooks"  # in the trial's folder
TAG = "injected-parameters"  # as papermill calls it; `edits` and the book know it
NEWS = "@jupyterlab/apputils-extension:announcements"  # asks whether it may fetch news, and looks for updates
PANELS = ("--LabApp.expose_app_in_browser=True",)  # so that a panel's button can change a cell of the open notebook
KERNEL = {"kernelspec": {"name": "python3", "display_name": "Python 3 (ipykernel)"}}  # without one JupyterLab asks
HEAD = """## This run's values
Change them in the cell below, then choose *Run*, *Run All Cells*. The cell above holds the notebook's own values, most
of them the paper's; leave it as it is. What your change did stands below the last code cell. You work in a copy of the
run: the run itself stays as it was."""
MADE = "assl"  # in the metadata of a copy: of which notebook it was made; of its cell: which text was written


def copies(pipeline, resolved, folder):
    """Write the copies of all notebooks into ``folder``; returns a sentence for each that was made anew.

    Parameters
    ----------
    pipeline : Pipeline
    resolved : params.Resolved
        The trial's values, with all that it remembers.
    folder : Path
    """
    said = []
    for stage in pipeline.names:
        source, path = pipeline.notebook(stage), Path(folder) / f"{stage}.ipynb"
        text = edits.cell_text(stage, resolved.declared[stage], resolved.values[stage], resolved.run)
        fresh = _with_values(notebook.read(source), text, store.sha256(source))
        if path.exists():
            old = _read(path)
            if old is not None and old.get("metadata", {}).get(MADE) == fresh["metadata"][MADE]:
                if not _renew(old, text):
                    continue
                fresh = old
            else:
                aside = _free_name(path)
                path.rename(aside)
                said.append(f"{stage} has changed in the repository; your copy of it is {aside.name} now")
        store.write_json(fresh, path)
    return said


def _with_values(written, text, digest):
    cell = {"cell_type": "code", "id": "values-of-this-run", "metadata": {"tags": [TAG], MADE: _digest(text)},
            "source": text, "outputs": [], "execution_count": None}  # fmt: skip
    head = {"cell_type": "markdown", "id": "about-these-values", "metadata": {}, "source": HEAD}
    at = next(i for i, c in enumerate(written["cells"]) if "parameters" in notebook.tags(c))
    cells = [*written["cells"][: at + 1], head, cell, *written["cells"][at + 1 :]]
    return {**written, "cells": cells, "metadata": {**KERNEL, **written.get("metadata", {}), MADE: digest}}


def _read(path):
    try:
        return notebook.read(path)
    except notebook.NotebookError:
        return None


def _renew(copy, text):
    """Give a copy the values of now, where its reader has not touched that cell; returns whether anything changed."""
    for cell in copy["cells"]:
        written = cell.get("metadata", {}).get(MADE)
        if written and written == _digest(notebook.source(cell)) and written != _digest(text):
            cell["source"], cell["metadata"] = text, {**cell["metadata"], MADE: _digest(text)}
            return True
    return False


def rename(folder, old, new):
    """Let the copies in ``folder`` work in the trial ``new`` that was ``old``; what its reader edited stays."""
    for path in sorted(Path(folder).glob("*.ipynb")):
        copy = _read(path)
        for cell in (copy or {"cells": []})["cells"]:
            if written := cell.get("metadata", {}).get(MADE):
                text, line = notebook.source(cell), f"{edits.OURS} = 'runs/{{}}'\n"
                fresh = text.replace(line.format(old), line.format(new))
                cell["source"] = fresh
                cell["metadata"][MADE] = _digest(fresh) if written == _digest(text) else written
                store.write_json(copy, path)


def _digest(text):
    return hashlib.sha256(text.encode()).hexdigest()


def _free_name(path):
    return next(p for n in range(1, 1000) if not (p := path.with_name(f"{path.stem}.before{n}.ipynb")).exists())


def _settings(run):
    """Write what JupyterLab is to leave out into the trial's folder; returns the folder where it looks for that."""
    folder = run / ".jupyter"
    store.write_json({"disabledExtensions": {NEWS: True}}, folder / "labconfig" / "page_config.json")
    return folder


def start(pipeline, resolved, begin=os.execvpe):
    """Become JupyterLab on the trial's notebooks; ``LAB`` in the environment holds more options for it.

    The trial is held until JupyterLab ends, however it ends: a second one on it is refused.

    Parameters
    ----------
    begin : callable
        Takes the program, its arguments and its environment; for tests.
    """
    root, run = pipeline.root, pipeline.root / "runs" / resolved.run
    try:
        more = shlex.split(os.environ.get("LAB", ""))
    except ValueError as error:
        raise RunnerError(f"LAB cannot be read: {error}") from None
    refusal = f"runs/{resolved.run} is open in another JupyterLab, {{}}: use that one, or give this one a TRIAL=name"
    stream = hold(run / trials.LAB, refusal)
    os.set_inheritable(stream.fileno(), True)  # JupyterLab takes the lock over; its kernels do not inherit it
    for line in copies(pipeline, resolved, run / FOLDER):
        print(line)
    print(f"runs/{resolved.run}/{FOLDER}: this run's values stand below the paper's; runs/{resolved.beside} stays")
    sys.stdout.flush()
    named = {
        "PROFILE": resolved.profile,
        "PROTOCOL": resolved.protocol,
        "SEED": str(resolved.seed),
        "TRIAL": resolved.trial,
    }
    environment = {**os.environ, **named, "ASSL_ROOT": str(root), "JUPYTER_PREFER_ENV_PATH": "1"}
    environment.pop("SET", None)
    environment["JUPYTER_CONFIG_PATH"] = os.pathsep.join(
        filter(None, (str(_settings(run)), os.environ.get("JUPYTER_CONFIG_PATH")))
    )
    place = f"/lab/tree/runs/{resolved.run}/{FOLDER}"
    options = [f"--ServerApp.root_dir={root}", f"--LabApp.default_url={place}", *PANELS, *more]
    begin(sys.executable, [sys.executable, "-m", "jupyterlab", *options], environment)
