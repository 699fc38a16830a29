"""LoRA computed with fewer passes equals peft's own layer: answers, gradients, and what it leaves alone."""

import pytest
import torch
from peft import LoraConfig, get_peft_model
from tiny_kinds import made

from assl_utils.experts import lean_lora, packing, training
from assl_utils.experts.packing import Sample

LAYERS = ["q_proj", "v_proj", "gate_proj", "down_proj"]


def wrapped(kind="llama", seed=1, **how):
    torch.manual_seed(seed)
    model = get_peft_model(made(kind), LoraConfig(**{"r": 4, "lora_alpha": 6, "target_modules": LAYERS, **how}))
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if "lora_" in name:
                weight.copy_(0.3 * torch.randn_like(weight))
    return model.train()


def learned(model, ids, autocast=False):
    """Logits, and the gradient of every weight that learns."""
    model.zero_grad()
    with torch.autocast("cpu", torch.bfloat16, enabled=autocast):
        logits = model(input_ids=ids, use_cache=False).logits
    logits.float().square().mean().backward()
    return [logits.detach().double(), *(p.grad.double() for p in model.parameters() if p.requires_grad)]


@pytest.mark.parametrize("kind", ["llama", "window of 8 in every other layer"])
@pytest.mark.parametrize("rows", [1, 3])
def test_answers_and_gradients_are_those_of_peft(kind, rows):
    model = wrapped(kind).double()  # in float32 tiny random networks make much of the order of rounding
    ids = torch.randint(3, 97, (rows, 23), generator=torch.Generator().manual_seed(0))
    expected = learned(model, ids)
    with lean_lora.lean(model) as layers:
        assert layers == len(LAYERS) * len(model.get_base_model().model.layers)
        found = learned(model, ids)
    assert len(found) == len(expected) == 2 * layers + 1
    for mine, theirs in zip(found, expected, strict=True):
        torch.testing.assert_close(mine, theirs, rtol=1e-9, atol=1e-9 * float(theirs.abs().max()))
    assert all(float(grad.abs().max()) > 0 for grad in expected)


def test_gradients_are_the_derivatives_by_the_definition():
    generator = torch.Generator().manual_seed(3)

    def draw(*shape, learns):
        return torch.randn(*shape, generator=generator, dtype=torch.float64, requires_grad=learns)

    x, A, B = draw(2, 5, 7, learns=True), draw(3, 7, learns=True), draw(4, 3, learns=True)
    W, b = draw(4, 7, learns=False), draw(4, learns=False)
    assert torch.autograd.gradcheck(lambda x, A, B: lean_lora._Update.apply(x, W, b, A, B, 1.5), (x, A, B))


def test_a_base_in_16_bits_is_as_near_to_the_exact_as_peft_is():
    exact = learned(wrapped(), ids := torch.randint(3, 97, (2, 30), generator=torch.Generator().manual_seed(0)))
    model = wrapped()
    model.get_base_model().to(torch.bfloat16)
    for name, weight in model.named_parameters():
        if "lora_" in name:
            weight.data = weight.data.float()
    theirs = learned(model, ids, autocast=True)
    with lean_lora.lean(model) as layers:
        mine = learned(model, ids, autocast=True)
    assert layers and any(not torch.equal(a, b) for a, b in zip(mine, theirs, strict=True)), "it was not used"

    def off(found):
        return torch.stack([(a - b).norm() / b.norm() for a, b in zip(found, exact, strict=True)])

    assert off(mine).mean() <= 1.15 * off(theirs).mean() and (off(mine) <= 2 * off(theirs)).all()


@pytest.mark.parametrize("how", [{"lora_dropout": 0.5}, {"use_dora": True}, {"lora_bias": True}])
def test_what_is_more_than_two_matrices_is_left_to_peft(how):
    model = wrapped(**how)
    ids = torch.randint(3, 97, (1, 9))
    with lean_lora.lean(model) as layers:
        assert layers == 0
        learned(model, ids)


def test_the_model_is_as_it_was_afterwards_also_when_training_fails():
    model = wrapped()
    with pytest.raises(RuntimeError, match="stop"), lean_lora.lean(model):
        raise RuntimeError("stop")
    assert not any("forward" in vars(layer) for layer in model.modules())
    with lean_lora.lean(model), model.disable_adapter():
        plain = model(input_ids=torch.tensor([[5, 6, 7]])).logits
    assert torch.equal(plain, model.get_base_model()(input_ids=torch.tensor([[5, 6, 7]])).logits) is False
    with model.disable_adapter():
        assert torch.equal(plain, model(input_ids=torch.tensor([[5, 6, 7]])).logits)


def test_it_goes_with_rows_in_one_line_and_with_recomputed_activations():
    model = wrapped()
    batch = packing.pack([Sample((5, 6, 7, 8, 9), 3), Sample((4, 5, 6), 1)])

    def gradient():
        model.zero_grad()
        with packing.packed(model):
            model(**batch).loss.backward()
        return torch.cat([p.grad.flatten() for p in model.parameters() if p.requires_grad])

    expected = gradient()
    with lean_lora.lean(model), training.saving_memory(model.get_base_model(), True):
        torch.testing.assert_close(gradient(), expected, rtol=1e-4, atol=1e-6)
