"""A trial of seconds tells the order of what follows, leaves the model alone, and floors are plain arithmetic."""

import itertools

import numpy as np
import pandas as pd
import pytest
import torch
from few_rows import QUICK, ROWS

from assl_utils import progress
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
    sets = {"few": ROWS[:8], "many": pd.concat([ROWS] * 5)}
    monkeypatch.setattr(estimate, "_timed", lambda work, device: work() or 0.5)  # every step takes half a second
    table = estimate.train(tiny, sets, DEVICE, epochs=2, seed=3, **QUICK)
    assert table["steps"].tolist() == [4, 30]
    prepared = {n: training_sets.prepare(tiny[1], rows, epochs=2, batch_size=4, seed=3) for n, rows in sets.items()}
    assert table["tokens"].tolist() == [sum(one.tokens()) for one in prepared.values()]
    for column in ("seconds", "low_s", "high_s"):
        np.testing.assert_allclose(table[column], [2.0, 15.0], rtol=1e-6)
    assert (table["memory_gb"] > 0).all()
    assert identity.weights_hash(model) == digest and [p.requires_grad for p in model.parameters()] == flags


def test_training_is_tried_with_the_one_thread_that_it_will_have(tiny, monkeypatch):
    before, seen = torch.get_num_threads(), set()
    torch.set_num_threads(2)
    monkeypatch.setattr(estimate, "_timed", lambda work, device: (seen.add(torch.get_num_threads()), work(), 0.5)[2])
    estimate.train(tiny, {"few": ROWS[:8]}, epochs=1, **QUICK)
    assert seen == {1} and torch.get_num_threads() == 2
    torch.set_num_threads(before)


def busy(slow, seconds=0.5):
    """A clock for `estimate._timed`: a piece of work takes ``seconds``, those numbered in ``slow`` ten times that."""
    pieces = itertools.count()
    return lambda work, device: (work(), seconds * (10 if next(pieces) in slow else 1))[1]


def test_a_slow_moment_does_not_reach_the_estimate_of_training(tiny, monkeypatch):
    sizes = len(estimate.SIZES)
    sets = {"few": ROWS[:8], "many": pd.concat([ROWS] * 5)}
    for slow in ({0}, {sizes + 1}, set(range(sizes, 2 * sizes))):  # one step, and all steps of one round
        monkeypatch.setattr(estimate, "_timed", busy(slow))
        table = estimate.train(tiny, sets, DEVICE, epochs=2, seed=3, **QUICK)
        np.testing.assert_allclose(table["seconds"], [2.0, 15.0], rtol=1e-6)
        assert (table["low_s"] <= table["seconds"]).all() and (table["high_s"] > 1.5 * table["seconds"]).all()


def test_a_slow_moment_does_not_reach_the_estimate_of_answering(tiny, monkeypatch):
    prompts = [f"判断情感\n{'股价上涨' * (1 + i % 5)}" for i in range(40)]
    monkeypatch.setattr(estimate, "_timed", busy({1}))
    ahead = estimate.answer(*tiny, prompts, max_new_tokens=2, rows=10)
    assert (ahead["seconds"], ahead["low_s"], ahead["high_s"]) == (2.0, 2.0, 20.0)
    assert progress.ranged(ahead, 2) == "4 s (4 s to 40 s by the probes)"


def test_a_slow_moment_does_not_reach_the_estimate_of_vectors(monkeypatch):
    ticks = iter([0, 1, 10, 20, 30, 31, 40, 41, 50, 51])  # five probes, the second takes ten seconds
    monkeypatch.setattr(estimate.time, "perf_counter", lambda: float(next(ticks)))
    monkeypatch.setattr(encoder, "token_counts", lambda texts, *_: np.ones(len(texts), dtype=np.int64))
    monkeypatch.setattr(encoder, "embed", lambda *_, **__: None)
    ahead = forecast.embed([f"text {i}" for i in range(100)], encoder=None, rows=50)
    assert (ahead["seconds"], ahead["low_s"], ahead["high_s"]) == (10.0, 10.0, 100.0)


def test_the_first_pass_is_left_out_and_quick_trials_are_made_more_often(tiny, monkeypatch):
    timed, calls = [], []
    real = decoding.greedy
    monkeypatch.setattr(decoding, "greedy", lambda *a: (calls.append(len(timed)), real(*a))[1])
    monkeypatch.setattr(estimate, "_timed", lambda work, device: (timed.append(1), work(), 0.01)[2])
    estimate.answer(*tiny, ["股价上涨"] * 4, max_new_tokens=2)
    assert calls[0] == 0 and len(timed) == progress.PROBES, "one pass before the first that is timed"
    assert len(progress.probes(lambda: ["a trial"], lambda _: 60.0)) == progress.FEWEST


def test_a_range_is_of_the_sum():
    table = pd.DataFrame({"seconds": [60.0, 140.0], "low_s": [61.0, 120.0], "high_s": [100.0, 150.0]})
    assert progress.ranged(table) == "3 min 20 s (3 min 1 s to 4 min 10 s by the probes)"


def test_each_expert_may_have_a_value_of_its_own(tiny):
    recipe = {"epochs": 1, "min_steps": {"few": 5, "many": 0}, **QUICK}
    table = estimate.train(tiny, {"few": ROWS[:8], "many": ROWS}, DEVICE, **recipe)
    assert table["steps"].tolist() == [6, -(-len(ROWS) // 4)]  # three passes of two batches reach five steps
    assert training_sets.for_adapter({"min_steps": {"a": 1, "b": 2}, "r": 4}, "b") == {"min_steps": 2, "r": 4}
    with pytest.raises(KeyError, match="c"):
        training_sets.for_adapter({"min_steps": {"a": 1}}, "c")


def test_answers_are_estimated_by_the_rule_of_three(tiny, monkeypatch):
    prompts = [f"判断情感\n{'股价上涨' * (1 + i % 5)}" for i in range(40)]
    monkeypatch.setattr(progress, "ENOUGH", np.inf)  # on a busy machine, too
    asked, real = [], decoding.greedy
    monkeypatch.setattr(decoding, "greedy", lambda m, ids, *a: (asked.append(len(ids)), real(m, ids, *a))[1])
    ahead = estimate.answer(*tiny, prompts, max_new_tokens=6, batch_size=4, rows=10)
    assert asked[0] == 2 and sum(asked[1:]) == progress.PROBES * 10, "ten of forty each time, after two that warm up"
    whole = generation.answer(*tiny, prompts, max_new_tokens=6)
    tokens = whole["prompt_tokens"].sum() + whole["answer_tokens"].sum()
    assert ahead["answers"] == 40 and ahead["tokens"] == pytest.approx(tokens, rel=0.35) and ahead["seconds"] > 0
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
    ahead = forecast.embed([*lengths, *lengths], encoder=None, rows=10)
    probed = [text for some in tried[1:] for text in some]
    assert len(probed) == len(set(probed)) == min(n, 10), "all calls but the first are probes, of other texts each"
    assert ahead["texts"] == n and ahead["tokens"] == sum(lengths.values())
    said = [ahead["tokens"] / sum(lengths[text] for text in some) for some in tried[1:]] or [0.0]
    assert ahead["seconds"] == pytest.approx(np.median(said))
    assert (ahead["low_s"], ahead["high_s"]) == pytest.approx((min(said), max(said)))


def test_a_bill_shares_out_the_time():
    works = [
        {"work": "train", "rows": 1, "tokens": 5, "estimated_s": 2.0, "seconds": 3.0, "floor_s": 1.0},
        {"work": "ask", "rows": 9, "tokens": 50, "estimated_s": 8.0, "seconds": 9.0, "floor_s": 3.0},
    ]
    bill = estimate.bill(works, hourly_rate=1200)
    assert bill["share"].tolist() == [25.0, 75.0] and bill["over_floor"].tolist() == [3.0, 3.0]
    assert bill["money"].tolist() == [1.0, 3.0]
    assert "money" not in estimate.bill(works)
    assert estimate.bill(works, 1200, [2, 1])["money"].tolist() == [0.5, 3.0], "two at once share the hour"
    assert estimate.bill(works, 1200, 2)["money"].tolist() == [0.5, 1.5]


def test_a_device_is_measured():
    device = estimate.measure("cpu", torch.float32)
    assert 1e8 < device.products < 1e14 and 1e7 < device.copies < 1e13
