"""The embedded base model: its recipe's parts, and that the shipped weights are what the recipe says."""

import json

import numpy as np
import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from assl_utils import store
from assl_utils.corpus.base_model import pretrain
from assl_utils.pretrained import EMBEDDED


@pytest.fixture(scope="module")
def account():
    return store.read_json(EMBEDDED / "recipe.json")


@pytest.fixture(scope="module")
def tokenizer():
    return AutoTokenizer.from_pretrained(EMBEDDED)


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
    assert account["text_sha256"] == pretrain.text_hash(pretrain.RECIPE), "the generators changed: `make base-model`"
    assert account["log"][-1]["step"] == pretrain.RECIPE["steps"]


def test_the_model_learned_what_its_log_says(account, tokenizer):
    model = AutoModelForCausalLM.from_pretrained(EMBEDDED, dtype=torch.float32)
    seen = pretrain.evaluate(model, tokenizer, pretrain.RECIPE, n=60)
    last = account["log"][-1]
    assert seen["held_out_loss"] == pytest.approx(last["held_out_loss"], abs=0.15)
    assert seen["instructions_exact"] == pytest.approx(last["instructions_exact"], abs=0.2)
    assert account["log"][0]["loss"] > 2 * last["loss"]


def test_every_text_survives_the_tokenizer_and_a_name_is_cut_alike_wherever_it_stands(tokenizer):
    texts = [*pretrain.running_text(60, 11, 0.1), "罕见字：𠮷、龘。\n\t空白  与 English 12.5%"]
    for text in texts:
        assert tokenizer.decode(tokenizer(text, add_special_tokens=False)["input_ids"]) == text
    alone = tokenizer("泽屿动力", add_special_tokens=False)["input_ids"]
    for text in ("，泽屿动力。", "“泽屿动力”", " 泽屿动力\n", "2泽屿动力3"):
        ids = tokenizer(text, add_special_tokens=False)["input_ids"]
        assert any(ids[i : i + len(alone)] == alone for i in range(len(ids))), text


def test_packing_masks_questions_and_keeps_examples_whole(tokenizer):
    chats = [{"instruction": f"抄写{i}", "input": "文字" * 5, "output": f"{i}{i}"} for i in range(40)]
    rows, labels = pretrain.pack(tokenizer, ["短文。"] * 5, chats, 64, 0.2, np.random.default_rng(0))
    assert rows.shape == labels.shape and rows.shape[1] == 64
    kept = labels != -100
    assert (rows[kept] == labels[kept]).all()
    start, end = (tokenizer.convert_tokens_to_ids(mark) for mark in (pretrain.TURN, pretrain.TURN_END))
    for row, label in zip(rows.tolist(), labels.tolist(), strict=True):
        assert row.count(start) % 2 == 0, "an example straddles two rows"
        assert all(mark == -100 for token, mark in zip(row, label, strict=True) if token == start)
        assert sum(token == end for token in row) == 2 * sum(mark == end for mark in label)


def test_the_rate_rises_stays_and_falls_to_zero():
    recipe = pretrain.RECIPE | {"steps": 1000, "warmup": 100, "decay_share": 0.2}
    assert [round(pretrain.rate(step, recipe), 3) for step in (0, 49, 99, 500, 800, 900, 1000)] == [
        0.01, 0.5, 1.0, 1.0, 1.0, 0.5, 0.0,
    ]  # fmt: skip


def test_batches_resume_where_they_were(tokenizer, monkeypatch):
    monkeypatch.setattr(pretrain, "ROUND", 3)
    recipe = pretrain.RECIPE | {"batch": 4}
    whole = pretrain.batches(tokenizer, recipe)
    batches = [next(whole) for _ in range(6)]
    again = pretrain.batches(tokenizer, recipe, first_round=1)
    for x, y in batches[3:]:
        x2, y2 = next(again)
        assert torch.equal(x, x2) and torch.equal(y, y2)


def test_the_account_is_plain_json():
    assert json.loads((EMBEDDED / "recipe.json").read_text(encoding="utf-8"))["recipe"]["hidden_size"] == 256
