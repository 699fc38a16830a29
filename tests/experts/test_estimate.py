"""A trial of seconds tells the order of what follows, leaves the model alone, and floors are plain arithmetic."""

import numpy as np
import pandas as pd
import pytest
import torch
from few_rows import QUICK, ROWS

from assl_utils.experts import decoding, estimate, generation, identity, training_sets
from assl_utils.space import encoder, forecast

DEVICE = estimate.Device(products=1e9, copies=1e8)


@pytest.mark.parametrize(
    ("tokens", "seconds", "expected"),
    [
        ([10, 20, 40], [2.0, 3.0, 5.0], (1.0, 0.1)),  # exactly on a line
        ([10, 10, 10], [1.0, 2.0, 3.0], (0.0, 0.2)),  # one size: time per token
        ([10, 20], [2.0, 1.0], (1.5, 0.0)),  # noise that falls: a constant
        ([10, 20], [0.5, 2.0], (0.0, 0.09)),  # noise that would begin below zero: through the origin
    ],
)
def test_the_line_through_a_trial_worked_by_hand(tokens, seconds, expected):
    assert estimate.line(tokens, seconds) == pytest.approx(expected)


def test_weights_are_counted_once_with_and_without_an_adapter(tiny):
    model, _ = tiny
    shape = model.config
    kv = shape.hidden_size // shape.num_attention_heads * shape.num_key_value_heads
    layer = shape.hidden_size * (2 * shape.hidden_size + 2 * kv + 3 * shape.intermediate_size)
    expected = shape.num_hidden_layers * layer, shape.hidden_size * shape.vocab_size
    assert estimate.weights(model) == expected
    body, head = expected
    assert estimate.training_floor(model, 100, 7, DEVICE) == pytest.approx(4 * (100 * body + 7 * head) / 1e9)


def test_writing_is_bound_by_arithmetic_in_large_batches_and_by_memory_in_small_ones(tiny):
    model, _ = tiny
    body, head = estimate.weights(model)
    size = sum(p.numel() * p.element_size() for p in model.parameters())
    reading = 2 * body * 1000 / 1e9
    small = estimate.answering_floor(model, 1000, 50, 1, DEVICE)
    assert small == pytest.approx(reading + 50 * size / 1e8)
    large = estimate.answering_floor(model, 1000, 50, 10**9, DEVICE)
    assert large == pytest.approx(reading + 2 * (body + head) * 50 / 1e9)


def test_training_is_estimated_from_its_own_batches_and_the_model_stays(tiny, monkeypatch):
    model, _ = tiny
    digest, flags = identity.weights_hash(model), [p.requires_grad for p in model.parameters()]
    lessons = {"few": ROWS[:8], "many": pd.concat([ROWS] * 5)}
    monkeypatch.setattr(estimate, "_timed", lambda work, device: work() or 0.5)  # every step takes half a second
    table = estimate.train(tiny, lessons, DEVICE, epochs=2, seed=3, **QUICK)
    assert table["steps"].tolist() == [4, 30]
    told = {n: training_sets.prepare(tiny[1], rows, epochs=2, batch_size=4, seed=3) for n, rows in lessons.items()}
    assert table["tokens"].tolist() == [sum(lesson.tokens()) for lesson in told.values()]
    np.testing.assert_allclose(table["seconds"], [2.0, 15.0], rtol=1e-6)
    assert (table["memory_gb"] > 0).all()
    assert identity.weights_hash(model) == digest and [p.requires_grad for p in model.parameters()] == flags


def test_each_expert_may_have_a_value_of_its_own(tiny):
    recipe = {"epochs": 1, "min_steps": {"few": 5, "many": 0}, **QUICK}
    table = estimate.train(tiny, {"few": ROWS[:8], "many": ROWS}, DEVICE, **recipe)
    assert table["steps"].tolist() == [6, -(-len(ROWS) // 4)]  # three passes of two batches reach five steps
    assert training_sets.for_adapter({"min_steps": {"a": 1, "b": 2}, "r": 4}, "b") == {"min_steps": 2, "r": 4}
    with pytest.raises(KeyError, match="c"):
        training_sets.for_adapter({"min_steps": {"a": 1}}, "c")


def test_answers_are_estimated_by_the_rule_of_three(tiny, monkeypatch):
    prompts = [f"判断情感\n{'股价上涨' * (1 + i % 5)}" for i in range(40)]
    asked, real = [], decoding.greedy
    monkeypatch.setattr(decoding, "greedy", lambda m, ids, *a: (asked.append(len(ids)), real(m, ids, *a))[1])
    told = estimate.answer(*tiny, prompts, max_new_tokens=6, batch_size=4, rows=10)
    assert sum(asked) == 10 + 2, "ten of forty, after two that warm up"
    whole = generation.answer(*tiny, prompts, max_new_tokens=6)
    tokens = whole["prompt_tokens"].sum() + whole["answer_tokens"].sum()
    assert told["answers"] == 40 and told["tokens"] == pytest.approx(tokens, rel=0.35) and told["seconds"] > 0
    assert estimate.answer(*tiny, prompts[:3], max_new_tokens=6)["answers"] == 3


@pytest.mark.parametrize("n", [0, 1, 40])
def test_vectors_are_estimated_by_their_tokens(n, monkeypatch):
    clock = iter(range(100))
    monkeypatch.setattr(estimate.time, "perf_counter", lambda: float(next(clock)))  # a trial takes one second
    lengths = {f"text {i}": 1 + i % 7 for i in range(n)}
    monkeypatch.setattr(
        encoder, "token_counts", lambda texts, *_: np.array([lengths[t] for t in texts], dtype=np.int64)
    )
    tried = []
    monkeypatch.setattr(encoder, "embed", lambda texts, *_, **__: tried.append(list(texts)))
    told = forecast.embed([*lengths, *lengths], encoder=None, rows=10)
    assert len(tried[1]) == len(set(tried[1])) == min(n, 10), "the second call is the trial"
    assert told["texts"] == n and told["tokens"] == sum(lengths.values())
    of_trial = sum(lengths[text] for text in tried[1])
    assert told["seconds"] == pytest.approx(told["tokens"] / max(1, of_trial))


def test_a_bill_shares_out_the_time():
    works = [
        {"work": "train", "rows": 1, "tokens": 5, "estimated_s": 2.0, "seconds": 3.0, "floor_s": 1.0},
        {"work": "ask", "rows": 9, "tokens": 50, "estimated_s": 8.0, "seconds": 9.0, "floor_s": 3.0},
    ]
    bill = estimate.bill(works, hourly_rate=1200)
    assert bill["share"].tolist() == [25.0, 75.0] and bill["over_floor"].tolist() == [3.0, 3.0]
    assert bill["money"].tolist() == [1.0, 3.0]
    assert "money" not in estimate.bill(works)


def test_a_device_is_measured():
    device = estimate.measure("cpu", torch.float32)
    assert 1e8 < device.products < 1e14 and 1e7 < device.copies < 1e13
