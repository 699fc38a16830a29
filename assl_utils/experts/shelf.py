"""Adapters by their content: whoever wants the same one finds it, and it is trained once.

An adapter's folder is named by what decides its weights: the base, the rows, the recipe, the adapter it begins with,
and the numbers it is computed in. Where any of them lies does not count, nor how many threads there are: on a CPU
these adapters are trained with one thread each, for the bytes depend on it. Two kinds of GPU or versions of PyTorch may
differ in the last bits; a shelf is one machine's.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

import pandas as pd
import torch

from assl_utils import pretrained, store
from assl_utils.errors import DataError
from assl_utils.experts import models, training
from assl_utils.experts.recipe import Recipe

DIGITS = 16  # of a key, in a folder's name
FILES = ("adapter_config.json", "losses.csv", "adapter_model.safetensors")  # and training.json, the last of all


def values(recipe: Recipe) -> dict:
    """The arguments of :func:`assl_utils.experts.training.train_lora` that a recipe means on this machine.

    What it leaves to the machine is said: ``dtype="auto"`` becomes ``float32`` or ``bfloat16``, and with it whether
    products are taken in bfloat16. So ``auto`` and its meaning are one adapter, and two meanings are two.
    """
    if isinstance(recipe.min_steps, Mapping):
        raise DataError(
            f"min_steps={recipe.min_steps!r} is for several adapters; give each its own recipe, with a number of steps"
        )
    return recipe.asdict() | _numbers(recipe.dtype) | {
        "accumulate": 1, "target_modules": sorted(training.TARGET_MODULES),
    }  # fmt: skip


def _numbers(dtype, bf16=None) -> dict:
    """In what numbers an adapter is computed here."""
    meant = pretrained.dtype_of(dtype, pretrained.device_of())
    return {"dtype": str(meant).removeprefix("torch."), "bf16": meant == torch.bfloat16 if bf16 is None else bf16}


def key(base, rows: pd.DataFrame, recipe: Recipe, start=None) -> str:
    """What decides an adapter's weights, as one digest.

    Parameters
    ----------
    base : str or path
        The base model.
    rows : DataFrame
        Questions with answers or raw text, as for :func:`assl_utils.experts.training.train_lora`; their order counts.
    recipe : Recipe
        With a number as ``min_steps``.
    start : path or None
        The adapter it begins with, finished.

    Returns
    -------
    str
        64 hexadecimal digits. A CPU and a GPU have different ones.
    """
    return _digest(training.describe(base, rows, start, **values(recipe)))


def _digest(described: dict) -> str:
    decides = described | {"device": pretrained.device_of().type}
    return hashlib.sha256(json.dumps(decides, sort_keys=True).encode()).hexdigest()


def place(root, base, rows: pd.DataFrame, recipe: Recipe, start=None) -> Path:
    """The folder of an adapter below ``root``, whether it is there or not: the first digits of its `key`."""
    return Path(root) / key(base, rows, recipe, start)[:DIGITS]


def stands(root, base, rows: pd.DataFrame, recipe: Recipe, start=None) -> bool:
    """Whether `trained` would return at once: the adapter is there, finished, its weights those it ended with."""
    described = training.describe(base, rows, start, **values(recipe))
    return training.is_trained(place(root, base, rows, recipe, start), described)


def trained(root, base, rows: pd.DataFrame, recipe: Recipe, start=None, label: str | None = None) -> Path:
    """The adapter of these rows and this recipe: found, or else trained.

    Of several processes that want the same one, the first trains it and the others wait for it; one that dies lets the
    next go on from its last checkpoint.

    Parameters
    ----------
    root : path
        The shelf, which all that want adapters share.
    base, rows, recipe, start
        As for `key`.
    label : str or None
        A name for the bar; it decides nothing.

    Returns
    -------
    Path
        As :func:`assl_utils.experts.training.train_lora` leaves it.
    """
    folder = place(root, base, rows, recipe, start)
    if stands(root, base, rows, recipe, start):
        return folder
    with store.locked(folder), one_thread():
        if stands(root, base, rows, recipe, start):  # another process trained it while this one waited
            return folder
        loaded = models.load_once(base, dtype=recipe.dtype, quantize=recipe.quantize)
        return training.train_lora(base, rows, folder, start=start, model=loaded, label=label, **values(recipe))


def take(root, folder, base, rows: pd.DataFrame, **values) -> bool:
    """Put the adapter that these arguments of `train_lora` would make into ``folder``; whether the shelf has it.

    Afterwards the folder is as if it had been trained there, with the seconds that the training took then. It is a
    copy: neither the shelf nor the folder feels what is done to the other.
    """
    here, kept = _described(base, rows, values)
    place = Path(root) / _digest(kept)[:DIGITS]
    if not (training.is_trained(place, kept) and _copy(place, Path(folder), here)):
        return False
    shutil.rmtree(Path(folder) / "checkpoints", ignore_errors=True)  # of a training that was cut off
    return True


def give(root, folder, base, rows: pd.DataFrame, **values) -> None:
    """Put a finished adapter on the shelf, where it is not there yet; the arguments are those of `take`.

    On a CPU it has to be trained with one thread, as all on the shelf are. One that an engine trained on another kind
    of device than this process has is left where it is.
    """
    here, kept = _described(base, rows, values)
    place = Path(root) / _digest(kept)[:DIGITS]
    if training.is_trained(place, kept) or not training.is_trained(folder, here):
        return
    if store.read_json(Path(folder) / "training.json")["device"].split(":")[0] != pretrained.device_of().type:
        return  # another machine trained it
    with store.locked(place):
        _copy(Path(folder), place, kept)


def _described(base, rows, values) -> tuple[dict, dict]:
    """What decides an adapter, as a chapter's folder says it, and as the shelf does: in the numbers of this machine."""
    here = training.identified(base, rows, **values)
    return here, here | _numbers(here["dtype"], here["bf16"])


def _copy(source: Path, target: Path, recipe: dict) -> bool:
    """The adapter ``source`` in ``target``, its account last; False where a file of it is gone."""
    if not all((source / name).is_file() for name in FILES):
        return False
    account = store.read_json(source / "training.json")
    (target / "training.json").unlink(missing_ok=True)
    for name in FILES:
        with store.atomic_path(target / name) as part:
            shutil.copyfile(source / name, part)
    store.write_json(account | {"recipe": recipe}, target / "training.json")
    return True


@contextlib.contextmanager
def one_thread() -> Iterator[None]:
    """On a CPU one thread for a while, so that the bytes of a result do not depend on the machine's cores."""
    before = torch.get_num_threads()
    if pretrained.device_of().type == "cpu":
        torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
