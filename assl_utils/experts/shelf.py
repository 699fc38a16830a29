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
from collections.abc import Iterator, Mapping
from pathlib import Path

import pandas as pd
import torch

from assl_utils import pretrained, store
from assl_utils.errors import DataError
from assl_utils.experts import models, training
from assl_utils.experts.recipe import Recipe

DIGITS = 16  # of a key, in a folder's name


def values(recipe: Recipe) -> dict:
    """The arguments of :func:`assl_utils.experts.training.train_lora` that a recipe means on this machine.

    What it leaves to the machine is said: ``dtype="auto"`` becomes ``float32`` or ``bfloat16``, and with it whether
    products are taken in bfloat16. So ``auto`` and its meaning are one adapter, and two meanings are two.
    """
    if isinstance(recipe.min_steps, Mapping):
        raise DataError(
            f"min_steps={recipe.min_steps!r} is for several adapters; give each its own recipe, with a number of steps"
        )
    dtype = pretrained.dtype_of(recipe.dtype, pretrained.device_of())
    numbers = {"dtype": str(dtype).removeprefix("torch."), "bf16": dtype == torch.bfloat16}
    return recipe.asdict() | numbers | {"accumulate": 1, "target_modules": sorted(training.TARGET_MODULES)}


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
    decides = training.describe(base, rows, start, **values(recipe)) | {"device": pretrained.device_of().type}
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
