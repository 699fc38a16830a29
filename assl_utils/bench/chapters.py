"""A chapter's own notebook, run by the runner's executor in any folder: for measuring, with no manifest at the end."""

from assl_utils import store
from assl_utils.runner import execute, notebook, params, pipeline
from assl_utils.runner.state import JOURNAL

FAILURES = (pipeline.RunnerError, notebook.NotebookError, execute.StageFailed)  # each says in a sentence what is wrong


def steps(upto):
    """The chapters up to one, ``"05"``, as steps of the runner's pipeline."""
    return pipeline.load(store.root()).upto(upto)


def values(profile, settings=()):
    """What a profile and single values such as ``k=5`` give each chapter, as `params.Resolved`."""
    return params.resolve(pipeline.load(store.root()), profile, " ".join(settings))


def execute_in(run, step, given, change=None, environment=None):
    """Run one chapter in the folder ``run``.

    Parameters
    ----------
    run : Path
        What earlier chapters left is there; absolute.
    step : pipeline.Step
    given : params.Resolved
    change : callable, optional
        Takes the notebook and returns the one to run.
    environment : dict, optional
        More variables for the kernel.

    Returns
    -------
    execute.Outcome
    """
    content = notebook.read(store.root() / "notebooks" / f"{step.name}.ipynb")
    path = run / f"{step.name}.ipynb"
    store.write_json(change(content) if change else content, path)
    folder = run / step.name
    folder.mkdir(parents=True, exist_ok=True)
    (folder / JOURNAL).write_text("")
    variables = {
        "ASSL_ROOT": str(store.root()), "ASSL_JOURNAL": str(folder / JOURNAL), "ASSL_INPUTS": "\n".join(step.reads),
        "PYTHONHASHSEED": "0",
    }  # fmt: skip
    found = given.injected(step.name) | {"run_dir": str(run)}
    return execute.execute(path, found, store.root(), variables | (environment or {}))
