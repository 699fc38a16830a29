"""Several adapters at once: those that are known by their content are taken, the others trained side by side."""

from __future__ import annotations

from pathlib import Path

from assl_utils import jobs as assl_jobs
from assl_utils import pretrained, processes
from assl_utils.experts import models, shelf, training
from assl_utils.experts.training_sets import epochs_needed, for_adapter

COPIES, PROCESS_GB = 3, 1.0  # memory of a training on a CPU: the base so many times over, and so much besides


def train_experts(base, sets: dict, folders: dict, engine: str = "local", adapters=None, **recipe) -> dict[str, Path]:
    """An adapter for each training set, as jobs that any engine of :func:`assl_utils.jobs.run` does.

    Parameters
    ----------
    base : str or path
    sets : dict of str to DataFrame
        The rows of each adapter, by its name.
    folders : dict of str to path
        Where each goes; those that are up to date are left alone, and no process is started for them.
    engine : str, default "local"
        On a CPU ``"local"`` trains `how_many` side by side, the longest training first; on a GPU one after the other.
    adapters : path or None
        A shelf that all runs share, see :mod:`assl_utils.experts.shelf`. What is on it is not trained again, whatever
        it is called there or here; what is trained is put on it.
    **recipe
        As for :func:`assl_utils.experts.training.train_lora`; a dict in a value's place gives each adapter its own.

    Returns
    -------
    dict of str to Path
        The folders, in the order of ``sets``.

    Notes
    -----
    On a CPU a training has one thread, whoever does it: a sum that two threads share has other last digits, and with
    one thread each the cores do more trainings in the same time.
    """
    places = {name: Path(folders[name]).resolve() for name in sets}
    own = {name: for_adapter(recipe, name) for name in sets}
    lacking = [
        name for name, rows in sets.items()
        if not training.is_trained(places[name], training.identified(base, rows, **own[name]))
        and not (adapters and shelf.take(adapters, places[name], base, rows, **own[name]))
    ]  # fmt: skip
    jobs = [
        {"base": str(base), "rows": sets[name], "out_dir": places[name], "label": name, **own[name]} for name in lacking
    ]
    how = {"threads": 1 if pretrained.device_of().type == "cpu" else None}
    if engine == "local":
        workers = how_many(base, len(jobs), dtype=recipe.get("dtype", "auto"))
        how |= {"workers": workers, "weights": [_length(**job) for job in jobs]}
    assl_jobs.run(_one_expert, jobs, engine, label="experts", **how)
    for name in sets if adapters else ():
        shelf.give(adapters, places[name], base, sets[name], **own[name])
    return places


def how_many(base, n: int, engine: str = "local", dtype: str = "auto") -> int:
    """How many of ``n`` trainings `train_experts` does at once.

    Parameters
    ----------
    base : str or path
    n : int
        Trainings that are to be done.
    engine : str, default "local"
        Of any other it is not known here, and one is assumed.
    dtype : str, default "auto"
        In what the base is loaded.

    Returns
    -------
    int
        On a CPU a process for each core, fewer where memory is short: each loads the base, and the interpreter and the
        activations of a batch take as much again. On a GPU 1.
    """
    if engine != "local" or n < 2 or pretrained.device_of().type != "cpu":
        return 1
    return processes.room(n, PROCESS_GB + COPIES * models.gigabytes(base, dtype))


def _length(rows, epochs: int = 3, min_steps: int = 0, batch_size: int = 8, accumulate: int = 1, **_) -> int:
    """How long a training takes, about: characters in all its epochs. A character is about a token."""
    texts = [name for name in ("instruction", "input", "output", "text") if name in rows]
    characters = sum(int(rows[name].astype(str).str.len().sum()) for name in texts)
    return characters * epochs_needed(len(rows), epochs, min_steps, batch_size, accumulate)


def _one_expert(base, rows, out_dir, *, dtype: str = "auto", quantize: str = "no", **recipe) -> Path:
    loaded = models.load_once(base, dtype=dtype, quantize=quantize)
    return training.train_lora(base, rows, out_dir, model=loaded, dtype=dtype, quantize=quantize, **recipe)
