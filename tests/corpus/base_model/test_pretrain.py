"""The embedded base model: the shipped weights are what the recipe says."""

import pytest
import torch
from transformers import AutoModelForCausalLM

from assl_utils import store
from assl_utils.corpus.base_model import pretrain, training_text
from assl_utils.pretrained import EMBEDDED


@pytest.fixture(scope="module")
def account():
    return store.read_json(EMBEDDED / "recipe.json")


def test_the_shipped_folder_is_safetensors_of_at_most_ten_megabytes_and_loads_plainly(account):
    files = {file.name: file.stat().st_size for file in EMBEDDED.iterdir()}
    assert sum(files.values()) <= 10_000_000
    assert not [name for name in files if name.endswith((".bin", ".pt", ".pkl"))]
    assert store.sha256(EMBEDDED / "model.safetensors") == account["weights_sha256"]
    model = AutoModelForCausalLM.from_pretrained(EMBEDDED)
    assert model.config.architectures == ["Qwen2ForCausalLM"]
    assert sum(p.numel() for p in model.parameters()) == account["parameters"]


def test_the_recipe_is_the_one_in_the_code_and_its_text_the_one_that_is_generated_today(account):
    assert account["recipe"] == pretrain.RECIPE, "the recipe changed: `make base-model`"
    assert account["text_sha256"] == training_text.text_hash(pretrain.RECIPE), (
        "the generators changed: `make base-model`"
    )
    assert account["log"][-1]["step"] == pretrain.RECIPE["steps"]


def test_the_model_learned_what_its_log_says(account, tokenizer):
    model = AutoModelForCausalLM.from_pretrained(EMBEDDED, dtype=torch.float32)
    seen = pretrain.evaluate(model, tokenizer, pretrain.RECIPE, n=60)
    last = account["log"][-1]
    assert seen["held_out_loss"] == pytest.approx(last["held_out_loss"], abs=0.15)
    assert seen["instructions_exact"] == pytest.approx(last["instructions_exact"], abs=0.2)
    assert account["log"][0]["loss"] > 2 * last["loss"]


def test_the_rate_rises_stays_and_falls_to_zero():
    recipe = pretrain.RECIPE | {"steps": 1000, "warmup": 100, "decay_share": 0.2}
    assert [round(pretrain.rate(step, recipe), 3) for step in (0, 49, 99, 500, 800, 900, 1000)] == [
        0.01, 0.5, 1.0, 1.0, 1.0, 0.5, 0.0,
    ]  # fmt: skip
