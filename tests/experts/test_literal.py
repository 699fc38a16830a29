"""The loop that chapter 6 prints is the loop that trains."""

import math
from dataclasses import replace

import pandas as pd
import pytest
import tiny_model
import torch
from few_rows import ROWS
from transformers.optimization import get_cosine_with_min_lr_schedule_with_warmup

from assl_utils.experts import comparison, identity, lean_lora, literal, models, packing, training_sets
from assl_utils.experts.recipe import Recipe

RECIPE = Recipe(r=4, alpha=8, lr=1e-2, min_lr=1e-3, batch_size=4, warmup=0.3, seed=2)


@pytest.mark.parametrize(("steps", "warmup"), [(1, 0.0), (10, 0.1), (37, 0.25), (100, 0.1), (5, 0.0)])
def test_the_rate_is_that_of_transformers(steps, warmup):
    optimizer = torch.optim.AdamW([torch.zeros(1, requires_grad=True)], lr=3e-3)
    other = get_cosine_with_min_lr_schedule_with_warmup(optimizer, math.ceil(warmup * steps), steps, min_lr=3e-4)
    for step in range(steps):
        expected = other.get_last_lr()[0]
        assert literal.learning_rate(step, steps, warmup, 3e-3, 3e-4) == pytest.approx(expected, rel=1e-12)
        optimizer.step()
        other.step()


def test_the_rate_by_hand():
    rates = [literal.learning_rate(step, 8, 0.5, 2.0, 1.0) for step in range(8)]
    assert rates == pytest.approx([0, 0.5, 1, 1.5, 2, 1.5 + math.sqrt(0.125), 1.5, 1.5 - math.sqrt(0.125)])


def test_a_rise_that_takes_every_step_never_falls():
    assert [literal.learning_rate(step, 2, 1.0, 2.0, 1.0) for step in range(2)] == [0, 1]


def test_the_loss_is_that_of_the_packed_batch(tiny):
    model, tokenizer = tiny
    samples, _ = training_sets.encode_rows(tokenizer, ROWS)
    with torch.no_grad():
        loss = literal.answer_loss(model, samples).item()
        with packing.packed(model):
            assert loss == pytest.approx(model(**packing.pack(samples)).loss.item(), rel=1e-5)


def test_a_step_moves_the_trainable_weights_and_leaves_no_gradient(tiny):
    model, tokenizer = tiny
    frozen = model.model.layers[0].mlp.up_proj.weight.requires_grad_(False)
    free = model.model.norm.weight
    before = frozen.clone(), free.detach().clone()
    samples, _ = training_sets.encode_rows(tokenizer, ROWS)
    optimizer = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], weight_decay=0.0)
    literal.training_step(model, samples, optimizer, 0.01)
    assert torch.equal(frozen, before[0]) and free.grad is None
    assert (free - before[1]).abs().max().item() == pytest.approx(0.01, rel=1e-3), "AdamW's first step is the rate"


@pytest.mark.parametrize(("dtype", "quantize"), [("float32", "no"), ("bfloat16", "no"), ("float32", "4bit")])
def test_the_trainer_takes_the_steps_of_the_literal_loop(tmp_path, dtype, quantize):
    if quantize != "no":
        pytest.importorskip("bitsandbytes")
    base = tiny_model.save(tmp_path / "base", hidden=128)  # a block of four-bit weights holds 64
    loaded = models.load(base, device="cpu", dtype=dtype, quantize=quantize)
    digest, recipe = identity.weights_hash(loaded[0]), replace(RECIPE, dtype=dtype, quantize=quantize)
    table = comparison.step_by_step(base, loaded, ROWS, recipe, few=12, steps=9)
    assert len(table) == 9 and table["loss"].iloc[-1] < 0.8 * table["loss"].iloc[0]
    assert comparison.alike(table, comparison.rounding(loaded[0]))
    assert identity.weights_hash(loaded[0]) == digest


def test_another_loss_or_rate_is_not_alike():
    columns = {"rate": [1.0, 2.0], "trainer rate": [1.0, 2.0], "loss": [3.0, 1.0], "trainer loss": [3.0, 1.0]}
    table = pd.DataFrame(columns)
    assert comparison.alike(table)
    assert not comparison.alike(table.assign(**{"trainer loss": [3.0, 1.002]}))
    assert comparison.alike(table.assign(**{"trainer loss": [3.0, 1.002]}), comparison.ROUGH)
    assert not comparison.alike(table.assign(rate=[1.0, 2.001]), comparison.ROUGH)


def test_rates_that_are_not_of_the_recipe_are_measured():
    rates = [literal.learning_rate(step, 6, 0.3, 1e-2, 1e-3) for step in range(6)]
    losses = pd.DataFrame({"expert": ["a"] * 6 + ["b"] * 6, "lr": rates * 2})
    assert comparison.rates_differ(losses, RECIPE) == 0
    losses.loc[8, "lr"] += 2e-3
    assert comparison.rates_differ(losses, RECIPE) == pytest.approx(0.2)


def test_the_lora_layer_is_its_equation():
    rng = torch.Generator().manual_seed(0)
    W, B, A, x = (torch.randn(*s, generator=rng, dtype=torch.float64) for s in ((5, 3), (2, 3), (5, 2), (4, 3)))
    torch.testing.assert_close(lean_lora.layer(x, W, None, B, A, 0.5), x @ (W + 0.5 * A @ B).T)
