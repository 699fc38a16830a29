"""What the experts' code does only on a GPU, played without one: a device that says it is CUDA, torch.cuda replaced."""

import contextlib
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from few_rows import ROWS

from assl_utils import pretrained
from assl_utils.experts import decoding, estimate, loop, models, packing, shelf, training

CUDA = torch.device("cuda")


@pytest.fixture
def card(monkeypatch):
    """``torch.cuda`` as on a machine with two cards; what was asked of it, in order."""
    asked = []
    answers = {
        "is_available": True, "device_count": 2, "is_bf16_supported": True, "mem_get_info": (1000, 2000),
        "max_memory_allocated": 3 * 2**30, "synchronize": None, "reset_peak_memory_stats": None,
    }  # fmt: skip
    for name in answers:
        monkeypatch.setattr(torch.cuda, name, lambda *_, _name=name, **__: asked.append(_name) or answers[_name])
    return SimpleNamespace(asked=asked, answers=answers)


def test_auto_is_the_first_card_and_one_that_is_not_here_is_refused(card):
    assert pretrained.device_of() == CUDA and pretrained.device_of("cuda:1") == torch.device("cuda", 1)
    assert pretrained.device_of("cpu") == torch.device("cpu")
    with pytest.raises(ValueError, match="'cuda:2' is not here: torch finds 2 GPU"):
        pretrained.device_of("cuda:2")
    card.answers |= {"is_available": False}
    assert pretrained.device_of() == torch.device("cpu")
    with pytest.raises(ValueError, match="'cuda' is not here: torch finds no GPU"):
        pretrained.device_of("cuda")


def test_auto_is_bfloat16_where_the_card_has_it_else_float16(card):
    assert pretrained.dtype_of("auto", CUDA) == torch.bfloat16
    card.answers |= {"is_bf16_supported": False}
    assert pretrained.dtype_of("auto", CUDA) == torch.float16
    assert pretrained.dtype_of("float32", CUDA) == torch.float32


def test_time_is_taken_when_the_card_has_finished(card):
    estimate._timed(lambda: card.asked.append("work"), CUDA)
    assert card.asked == ["synchronize", "work", "synchronize"]
    card.asked.clear()
    estimate._timed(lambda: None, torch.device("cpu"))
    assert card.asked == []


def test_memory_is_the_cards(card):
    assert estimate.peak("cuda:1") == 3.0 and card.asked == ["max_memory_allocated"]
    assert estimate.peak("cpu") > 0 and card.asked == ["max_memory_allocated"]


def test_a_card_is_measured_on_more(card, monkeypatch):
    made = []
    meta = {name: getattr(torch, name) for name in ("randn", "ones")}
    monkeypatch.setattr(torch, "randn", lambda *size, device: made.append(size) or meta["randn"](*size, device="meta"))
    monkeypatch.setattr(torch, "ones", lambda *size, device: made.append(size) or meta["ones"](*size, device="meta"))
    monkeypatch.setattr(estimate, "_timed", lambda work, device: (work(), 1.0)[1])
    device = estimate.measure("cuda", torch.bfloat16)
    assert made == [(8192, 8192), (1 << 29,)]
    assert device.products == 2 * 8192**3 and device.copies == 2 * 4 * (1 << 29)


def on(device, dtype=torch.bfloat16, hidden=64, layers=2):
    """What `training` and `packing` ask a network, on a device that need not be here."""
    config = SimpleNamespace(hidden_size=hidden, num_hidden_layers=layers)
    config.get_text_config = lambda: config
    return SimpleNamespace(device=device, dtype=dtype, config=config, _supports_flash_attn=True)


def test_activations_that_do_not_fit_are_computed_twice(card):
    kept = 34 * 10 * 64 * 2
    card.answers |= {"mem_get_info": (kept / 0.8 + 9, None)}
    assert not training.needs_checkpointing(on(CUDA), 10)
    assert training.needs_checkpointing(on(CUDA, torch.float32), 10), "twice as many bytes"
    card.answers |= {"mem_get_info": (kept / 0.8 - 9, None)}
    assert training.needs_checkpointing(on(CUDA), 10)
    assert not training.needs_checkpointing(on(torch.device("cpu")), 10**9)


@pytest.mark.parametrize(("device", "dtype", "installed", "name"), [
    ("cuda", torch.bfloat16, True, "flash_attention_2"), ("cuda", torch.float32, True, packing.BY_SEGMENT),
    ("cuda", torch.bfloat16, False, packing.BY_SEGMENT), ("cpu", torch.bfloat16, True, packing.BY_SEGMENT),
])  # fmt: skip
def test_flash_attention_is_for_a_card_in_16_bits_that_has_it(monkeypatch, device, dtype, installed, name):
    monkeypatch.setattr(packing, "is_flash_attn_2_available", lambda: installed)
    assert packing.attention(on(torch.device(device), dtype)) == name


def test_a_card_is_never_called_slow_in_16_bits_nor_its_weights_laid_out_anew(monkeypatch, recwarn):
    monkeypatch.setattr(models, "slowdown", lambda dtype: 99)
    models._warn_of_slow_numbers(torch.bfloat16, CUDA)
    assert not list(recwarn)
    network = on(CUDA)
    network.is_loaded_in_4bit, network.state_dict = True, lambda: pytest.fail("asked for its state")
    models.ready_to_train(network)


def test_a_card_reads_more_tokens_at_a_time():
    assert decoding.READ_TOKENS["cuda"] > decoding.READ_TOKENS["cpu"]


class Seen(Exception):
    """What a stub was given."""


@pytest.mark.parametrize(("device", "use_cpu"), [("cpu", True), ("meta", False)])
def test_the_trainer_is_kept_on_the_cpu_only_for_a_model_that_is_there(monkeypatch, tmp_path, device, use_cpu):
    def arguments(**values):
        raise Seen(values["use_cpu"])

    monkeypatch.setattr(loop, "TrainingArguments", arguments)
    weight = torch.nn.Linear(2, 2, device=device)
    wrapped = SimpleNamespace(
        device=torch.device(device), dtype=torch.float32, named_parameters=weight.named_parameters
    )
    run = loop.TrainingRun(wrapped, {"seed": 0, "bf16": None}, tmp_path, 2, 1e-3, 1e-4, 1)
    monkeypatch.setattr(loop.packing, "can_pack", lambda *_: True)
    monkeypatch.setattr(loop.models, "ready_to_train", lambda wrapped: None)
    with pytest.raises(Seen) as caught:
        run.train([[]], None, 1, 0, None)
    assert caught.value.args == (use_cpu,)


def test_one_thread_is_for_a_cpu(monkeypatch):
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        for device, threads in (("cuda", 2), ("cpu", 1)):
            monkeypatch.setattr(shelf.pretrained, "device_of", lambda device=device: torch.device(device))
            with shelf.one_thread():
                assert torch.get_num_threads() == threads
    finally:
        torch.set_num_threads(before)


def test_training_is_tried_with_all_threads_on_a_card(tiny, monkeypatch):
    asked = []
    monkeypatch.setattr(type(tiny[0]), "device", property(lambda model: CUDA))
    monkeypatch.setattr(estimate.processes, "torch_threads", lambda n: asked.append(n) or contextlib.nullcontext())
    monkeypatch.setattr(estimate, "_steps", lambda *_: (np.ones((3, len(estimate.SIZES))), 1.0))
    estimate.train(tiny, {"few": ROWS[:8]}, estimate.Device(1e12, 1e11), epochs=1, batch_size=4, max_length=64)
    assert asked == [None]


def test_the_peak_of_memory_is_that_of_the_steps(card, monkeypatch):
    weight = torch.ones(2, requires_grad=True)
    calls = []

    class Wrapped:
        parameters, train = staticmethod(lambda: [weight]), staticmethod(lambda: None)

        def __call__(self, **batch):
            calls.append(list(card.asked))
            return SimpleNamespace(loss=weight.sum())

    monkeypatch.setattr(estimate.training, "attached", lambda *_, **__: contextlib.nullcontext(Wrapped()))
    monkeypatch.setattr(estimate.packing, "can_pack", lambda *_: False)
    monkeypatch.setattr(estimate.packing, "collator", lambda *_: lambda batch: {})
    monkeypatch.setattr(estimate.lean_lora, "lean", lambda wrapped: contextlib.nullcontext())
    monkeypatch.setattr(estimate.models, "ready_to_train", lambda wrapped: None)
    monkeypatch.setattr(estimate, "probes", lambda batches, timed: "taken")
    assert estimate._steps(on(CUDA, torch.float32), None, [[]], {}) == ("taken", 3.0)
    assert calls == [["reset_peak_memory_stats"]]
