"""The trainer beside the literal loop: the same few rows trained twice, step by step."""

from __future__ import annotations

import tempfile
from dataclasses import replace

import numpy as np
import pandas as pd

from assl_utils import store
from assl_utils.experts import literal, training, training_sets
from assl_utils.experts.recipe import Recipe


def step_by_step(base, loaded, rows: pd.DataFrame, recipe: Recipe, steps: int = 8) -> pd.DataFrame:
    """Train on ``rows`` by :mod:`assl_utils.experts.literal` and by :func:`assl_utils.experts.training.train_lora`.

    Parameters
    ----------
    base, loaded
        The base model's name, and (model, tokenizer), given back as it was.
    rows : DataFrame
        A few; they are repeated until there are ``steps``.
    recipe : Recipe
        Its dropout is left out, as both draw their own.
    steps : int, default 8
        At the least.

    Returns
    -------
    DataFrame indexed by step
        ``rate`` and ``loss`` of the literal loop, ``trainer rate`` and ``trainer loss``.
    """
    model, tokenizer = loaded
    small = replace(recipe, dropout=0.0, epochs=1, min_steps=steps).asdict()
    shape = {key: small[key] for key in ("epochs", "min_steps", "batch_size", "max_length", "seed")}
    batches = training_sets.prepare(tokenizer, rows, **shape).batches()
    lora = {key: small[key] for key in ("r", "alpha", "dropout")}
    with training.attached(model, small["seed"], **lora, target_modules=training.TARGET_MODULES) as wrapped:
        losses, rates = literal.train(wrapped, batches, **{key: small[key] for key in ("warmup", "lr", "min_lr")})
    with tempfile.TemporaryDirectory() as folder:
        done = store.read_table(training.train_lora(base, rows, folder, model=loaded, **small) / "losses.csv")
    table = pd.DataFrame({"rate": rates, "trainer rate": done["lr"], "loss": losses, "trainer loss": done["loss"]})
    return table.set_index(done["step"])


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
