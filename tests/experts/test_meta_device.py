"""A training step and an answer on the meta device: shapes, types and devices as on a GPU, and no number is computed.

A weight or an activation that stays on the CPU by mistake ends these tests as it would end a run on a GPU; an index
that does is let through, and so is an operation without a CUDA kernel. What the numbers are, and all the rest,
`make gpu-check` tries on a real one.
"""

import importlib

import numpy as np
import pytest
import torch
from torch.utils._foreach_utils import _get_fused_kernels_supported_devices
from transformers import Qwen2Config, Qwen2ForCausalLM

from assl_utils.bench.gpu_check import SEVEN_B, SMALL
from assl_utils.experts import lean_lora, loop, packing, training

META = torch.device("meta")
FEW = {"num_hidden_layers": 4}  # all layers are alike, and each takes its time to build
SHAPES = {"tiny": (SMALL, torch.float32), "seven_b": (SEVEN_B | FEW, torch.bfloat16)}
LENGTHS = (7, 19, 12)


@pytest.fixture(params=SHAPES)
def network(request):
    """A network of a shape without any memory behind it."""
    shape, dtype = SHAPES[request.param]
    with META:
        return Qwen2ForCausalLM(Qwen2Config(**shape, tie_word_embeddings=False)).to(dtype).eval()


@pytest.fixture(autouse=True)
def allowed(monkeypatch):
    """torch keeps lists of devices: where autocast can be on, where Adam can be fused. Meta is on neither."""
    asked, known = torch.is_autocast_enabled, _get_fused_kernels_supported_devices()
    monkeypatch.setattr(torch, "is_autocast_enabled", lambda kind: kind != "meta" and asked(kind))
    optimizer = importlib.import_module("torch.optim.optimizer")  # torch.optim hides it
    monkeypatch.setattr(optimizer, "_get_fused_kernels_supported_devices", lambda: [*known, "meta"])


def batch(network):
    """Rows in one line, moved as the trainer moves them."""
    rng = np.random.default_rng(0)
    rows = [tuple(rng.integers(10, network.config.vocab_size, n).tolist()) for n in LENGTHS]
    line = packing.pack([packing.Sample(row, 3) for row in rows])
    return {name: value.to(META) if torch.is_tensor(value) else value for name, value in line.items()}


def run_of(wrapped, tmp_path):
    return loop.TrainingRun(wrapped, {"seed": 0, "bf16": None}, tmp_path, 4, 1e-3, 1e-4, 1)


@pytest.mark.parametrize("dropout", [0.0, 0.05])
@pytest.mark.parametrize("again", [False, True])
def test_a_packed_step_runs_forward_backward_and_through_the_fused_optimizer(network, tmp_path, dropout, again):
    config = {"r": 16, "alpha": 32, "dropout": dropout, "target_modules": training.TARGET_MODULES}
    frozen = sum(1 for _ in network.parameters())
    with training.attached(network, 0, **config) as wrapped:
        run = run_of(wrapped, tmp_path)
        wrapped.train()
        with packing.packed(wrapped), lean_lora.lean(wrapped) as lean, training.saving_memory(network, again):
            loss = wrapped(**batch(network)).loss
            loss.backward()
        assert loss.device == META and loss.shape == () and bool(lean) == (dropout == 0)
        assert run.optimizer.defaults["fused"] and len(run.parameters) == 2 * 7 * network.config.num_hidden_layers
        for name, parameter in run.parameters.items():
            assert parameter.grad is not None and parameter.grad.device == META, name
            assert parameter.grad.dtype == parameter.dtype == torch.float32, name
        assert all(p.grad is None for p in network.parameters() if not p.requires_grad), "the base is frozen"
        run.optimizer.step()
        run.schedule.step()
        for parameter in run.parameters.values():
            state = run.optimizer.state[parameter]
            assert {state[key].device for key in ("step", "exp_avg", "exp_avg_sq")} == {META}
        run.optimizer.zero_grad()
    assert sum(1 for _ in network.parameters()) == frozen


def test_a_weight_left_on_the_cpu_is_found(network):
    network.model.norm.weight = torch.nn.Parameter(torch.ones(network.config.hidden_size, dtype=network.dtype))
    with packing.packed(network), pytest.raises(RuntimeError, match="device"):
        network(**batch(network))


def test_logits_and_memory_of_an_answer(network):
    with torch.inference_mode():
        read = network(input_ids=torch.zeros(2, 9, dtype=torch.long, device=META), use_cache=True)
        more = network(
            input_ids=torch.zeros(2, 1, dtype=torch.long, device=META), past_key_values=read.past_key_values,
            use_cache=True,
        )  # fmt: skip
    assert more.logits.shape == (2, 1, network.config.vocab_size) and more.logits.device == META
    assert more.past_key_values.get_seq_length() == 10
