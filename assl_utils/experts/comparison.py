"""The trainer beside the literal loop: the same few rows trained twice, step by step."""

from __future__ import annotations

import tempfile
from dataclasses import replace

import numpy as np
import pandas as pd
import torch

from assl_utils import store
from assl_utils.experts import literal, models, training, training_sets
from assl_utils.experts.recipe import Recipe

NEAR, ROUGH = 1e-3, 0.05  # how far two ways to the same loss may be apart, as a share: in 32 bits, in fewer


def step_by_step(base, loaded, rows: pd.DataFrame, recipe: Recipe, few: int = 16, steps: int = 8) -> pd.DataFrame:
    """Train on ``rows`` by :mod:`assl_utils.experts.literal` and by :func:`assl_utils.experts.training.train_lora`.

    Parameters
    ----------
    base, loaded
        The base model's name, and (model, tokenizer), given back as it was.
    rows : DataFrame
        The shortest ``few`` of them are trained on, for the literal loop keeps all activations of a batch; they are
        repeated until there are ``steps``.
    recipe : Recipe
        Its dropout is left out, as both draw their own.
    few, steps : int

    Returns
    -------
    DataFrame indexed by step
        ``rate`` and ``loss`` of the literal loop, ``trainer rate`` and ``trainer loss``.
    """
    model, tokenizer = loaded
    length = sum(rows[column].str.len() for column in ("instruction", "input", "output"))
    rows = rows.iloc[np.argsort(length.to_numpy(), kind="stable")[:few]]
    small = replace(recipe, dropout=0.0, epochs=1, min_steps=steps).asdict()
    shape = {key: small[key] for key in ("epochs", "min_steps", "batch_size", "max_length", "seed")}
    batches = training_sets.prepare(tokenizer, rows, **shape).batches()
    lora = {key: small[key] for key in ("r", "alpha", "dropout")}
    with training.attached(model, small["seed"], **lora, target_modules=training.TARGET_MODULES) as wrapped:
        models.ready_to_train(wrapped)
        losses, rates = literal.train(wrapped, batches, **{key: small[key] for key in ("warmup", "lr", "min_lr")})
    with tempfile.TemporaryDirectory() as folder:
        out = training.train_lora(base, rows, folder, model=loaded, label="a few rows", **small)
        done = store.read_table(out / "losses.csv")
    table = pd.DataFrame({"rate": rates, "trainer rate": done["lr"], "loss": losses, "trainer loss": done["loss"]})
    return table.set_index(done["step"])


def rounding(model) -> float:
    """How far two ways to the same loss may be apart in a model, as a share."""
    return NEAR if model.dtype == torch.float32 and models.quantized(model) == "no" else ROUGH


def alike(table: pd.DataFrame, near: float = NEAR) -> bool:
    """Whether the two columns of losses and the two of rates in `step_by_step`'s table are equal but for rounding."""
    return bool(
        np.allclose(table["trainer rate"], table["rate"], rtol=1e-6, atol=0)
        and np.allclose(table["trainer loss"], table["loss"], rtol=near, atol=0)
    )


def rates_differ(losses: pd.DataFrame, recipe: Recipe) -> float:
    """How far the rates of adapters lie from :func:`~assl_utils.experts.literal.learning_rate`, as a share of the top.

    Parameters
    ----------
    losses : DataFrame
        ``expert`` and ``lr``, a row a step, as chapter 6 writes them.
    """
    how = {key: getattr(recipe, key) for key in ("warmup", "lr", "min_lr")}
    most = 0.0
    for _, rates in losses.groupby("expert")["lr"]:
        expected = [literal.learning_rate(step, len(rates), **how) for step in range(len(rates))]
        most = max(most, float(np.abs(rates.to_numpy() - expected).max()))
    return most / recipe.lr
