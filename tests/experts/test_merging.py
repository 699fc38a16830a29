"""Adapters made into one: the products beside numpy's and peft's, the error beside dense matrices, the same bytes."""

import json
import math
import shutil

import numpy as np
import pytest
import torch
import untrained
from few_rows import QUICK, ROWS
from safetensors.torch import load_file

from assl_utils import store
from assl_utils.experts import adapters, composition, generation, identity, merging, models, training

SHAPES = {
    "one": {"r": 4, "lora_alpha": 8, "target_modules": ["q_proj", "v_proj"]},
    "two": {"r": 4, "lora_alpha": 8, "target_modules": ["q_proj", "v_proj"], "lora_dropout": 0.5},
    "wide": {"r": 8, "lora_alpha": 4, "target_modules": ["q_proj", "gate_proj"]},
    "root": {"r": 2, "lora_alpha": 3, "target_modules": ["q_proj"], "use_rslora": True},
    "uneven": {
        "r": 2, "lora_alpha": 6, "target_modules": ["q_proj", "v_proj"],
        "rank_pattern": {"v_proj": 5}, "alpha_pattern": {"v_proj": 1},
    },
    "dora": {"r": 4, "lora_alpha": 8, "target_modules": ["q_proj"], "use_dora": True},
    "head": {"r": 4, "lora_alpha": 8, "target_modules": ["q_proj"], "modules_to_save": ["norm"]},
}  # fmt: skip
SUMS = [
    (["one", "two"], None),
    (["one", "two"], [0.3, 0.7]),
    (["two", "one"], [-0.5, 1.5]),
    (["one"], [2.0]),
    (["one", "one", "two"], [1.0, 0.0, 0.5]),
]
MIXED = [(["wide", "one", "two"], None), (["uneven", "root", "wide"], [0.5, -2.0, 1.0]), (["root", "wide"], None)]
PROMPTS = ["判断情感\n股价上涨", "判断情感\n受处罚消息影响", "两个句子的意思"]


@pytest.fixture(scope="module")
def folders(tiny_folder, tmp_path_factory):
    """Untrained experts of all shapes, with random matrices."""
    return untrained.save(tiny_folder, SHAPES, tmp_path_factory.mktemp("shapes"))


@pytest.fixture
def together(tiny, folders):
    plain = {name: folders[name] for name in ("one", "two", "wide", "root", "uneven")}
    with adapters.adapters(tiny[0], plain) as (wrapped, full):
        yield wrapped, tiny[1], full


def dense(model, names, weights):
    """The exact updates in numpy, by layer, from rank and alpha as they were chosen."""
    weights = [1 / len(names)] * len(names) if weights is None else weights
    found = {}
    for place, layer in model.named_modules():
        if not hasattr(layer, "lora_A"):
            continue
        last, total = place.rsplit(".", 1)[-1], np.zeros(tuple(layer.weight.shape))
        held = False
        for name, weight in zip(names, weights, strict=True):
            shape = SHAPES[name.rsplit("-", 1)[0]]
            if last in shape["target_modules"] and weight:
                r = shape.get("rank_pattern", {}).get(last, shape["r"])
                alpha = shape.get("alpha_pattern", {}).get(last, shape["lora_alpha"])
                scale = alpha / (math.sqrt(r) if shape.get("use_rslora") else r)
                a, b = (m[name].weight.detach().double().numpy() for m in (layer.lora_A, layer.lora_B))
                total, held = total + weight * scale * b @ a, True
        if held:
            found[place] = total
    return found


def best(matrix, rank):
    u, s, vh = np.linalg.svd(matrix, full_matrices=False)
    return (u[:, :rank] * s[:rank]) @ vh[:rank]


def product(layer, name):
    a, b = layer.lora_A[name].weight.detach().double(), layer.lora_B[name].weight.detach().double()
    return (b @ a).numpy() * layer.scaling[name]


@pytest.mark.parametrize("rank", [None, 1, 3, 40])
@pytest.mark.parametrize("names, weights", SUMS + MIXED)
def test_svd_is_the_nearest_of_its_rank_and_the_error_that_of_dense_matrices(together, names, weights, rank):
    model, _, full = together
    names = [full[n] for n in names]
    exact = dense(model, names, weights)
    largest = rank or max(
        max(SHAPES[n.rsplit("-", 1)[0]]["r"], *SHAPES[n.rsplit("-", 1)[0]].get("rank_pattern", {"": 0}).values())
        for n in names
    )
    off = 0.0
    with merging.merged(model, names, weights, "svd", rank) as name:
        for place, wanted in exact.items():
            layer = model.get_submodule(place)
            assert layer.lora_A[name].weight.shape[0] == largest
            np.testing.assert_allclose(product(layer, name), best(wanted, largest), atol=1e-6)
            off += ((wanted - best(wanted, largest)) ** 2).sum()
    share = math.sqrt(off / sum((m**2).sum() for m in exact.values()))
    assert merging.reconstruction_error(model, names, weights, "svd", rank) == pytest.approx(share, abs=1e-6)


@pytest.mark.parametrize("how", ["svd", "linear", "cat"])
@pytest.mark.parametrize("names, weights", SUMS)
def test_the_products_are_pefts(together, names, weights, how):
    model, _, full = together
    names = [full[n] for n in names]
    counts = merging.shares(weights, len(names))
    kept = [(n, w) for n, w in zip(names, counts, strict=True) if w]
    model.add_weighted_adapter([n for n, _ in kept], [w for _, w in kept], "theirs", combination_type=how)
    exact, off = dense(model, names, weights), 0.0
    with merging.merged(model, names, weights, how) as name:
        for place in exact:
            layer = model.get_submodule(place)
            theirs = layer.get_delta_weight("theirs").detach()
            torch.testing.assert_close(layer.get_delta_weight(name).detach(), theirs, rtol=1e-5, atol=2e-6)
            off += ((theirs.double().numpy() - exact[place]) ** 2).sum()
    share = math.sqrt(off / sum((m**2).sum() for m in exact.values()))
    found = merging.reconstruction_error(model, names, weights, how)
    assert found == pytest.approx(share, rel=1e-4, abs=2e-6)
    assert (found < 1e-6) == (how == "cat" or len(kept) == 1)


def test_an_error_of_a_7b_layer_takes_thin_matrices_only():
    torch.manual_seed(0)
    parts = [(torch.randn(16, 11008), torch.randn(4096, 16), 1.0) for _ in range(2)]
    table = merging.errors({"layer": parts}, "svd")
    assert 0.5 < table["share"].iloc[0] < 0.8, "of two random updates of equal size about half of the square is lost"
    assert merging.errors({"layer": parts}, "cat")["share"].iloc[0] < 1e-6


def test_degenerate_updates():
    a, b = torch.randn(3, 7), torch.randn(5, 3)
    nothing = {"layer": [(a, torch.zeros(5, 3), 1.0), (a, torch.zeros(5, 3), 2.0)]}
    for how in merging.HOWS:
        table = merging.errors(nothing, how)
        assert table["exact"].iloc[0] == table["off"].iloc[0] == table["share"].iloc[0] == merging.share_off(table) == 0
    opposite = {"layer": [(a, b, 1.0), (a, b, -1.0)]}
    assert merging.errors(opposite, "cat")["exact"].iloc[0] < 1e-12
    low = [(a, b, 1.0), (a, b, 1.0)]  # rank 3 in all
    found, beside = merging.factors(low, "svd", rank=9)
    assert found.shape == (9, 7) and beside.shape == (5, 9)
    torch.testing.assert_close(beside @ found, 2 * b @ a, rtol=1e-5, atol=1e-5)
    assert merging.share_off(merging.errors({"layer": low}, "svd", 3)) < 1e-6


def test_the_model_is_afterwards_what_it_was(together):
    model, _, full = together
    names = [full["one"], full["two"]]

    def state():
        return (
            model.active_adapter, adapters.adapter_names(model), identity.weights_hash(model),
            [identity.weights_hash(model, n) for n in adapters.adapter_names(model)],
            [(n, p.requires_grad) for n, p in model.named_parameters()],
            [(n, m.training) for n, m in model.named_modules()],
        )  # fmt: skip

    before = state()
    for how in merging.HOWS:
        with merging.merged(model, names, None, how) as name, merging.merged(model, names, None, how) as again:
            assert name == again and name in adapters.adapter_names(model)
        assert state() == before
    with merging.merged(model, names, rank=2) as two, merging.merged(model, names, rank=3) as three:
        assert two != three


@pytest.mark.parametrize("how", merging.HOWS)
@pytest.mark.parametrize("names, weights", [SUMS[0], SUMS[2], MIXED[1]])
def test_a_saved_one_answers_as_the_one_in_memory(tiny, tiny_folder, folders, together, tmp_path, names, weights, how):
    if how == "linear" and "uneven" in names:
        return
    model, tokenizer, full = together
    out = merging.save_merged(tiny_folder, [folders[n] for n in names], weights, how, tmp_path)
    with merging.merged(model, [full[n] for n in names], weights, how) as name:
        expected = generation.generate(model, tokenizer, PROMPTS, name, max_new_tokens=8)
        in_memory = {place: product(layer, name) for place, layer in composition.layers_of(model, name).items()}
    fresh, _ = models.load(tiny_folder, device="cpu")
    with adapters.adapters(fresh, {"merged": out}) as (wrapped, called):
        for place, wanted in in_memory.items():
            found = product(wrapped.get_submodule(place), called["merged"])
            np.testing.assert_allclose(found, wanted, atol=1e-6)
        assert generation.generate(wrapped, tokenizer, PROMPTS, called["merged"], max_new_tokens=8) == expected
    error = merging.reconstruction_error(model, [full[n] for n in names], weights, how)
    assert store.read_json(out / "merged.json")["error"] == pytest.approx(error, rel=1e-6, abs=1e-9)


def test_the_folder_follows_from_the_contents(tiny_folder, folders, tmp_path, monkeypatch):
    one, two = folders["one"], folders["two"]
    out = merging.save_merged(tiny_folder, [one, two], None, "svd", tmp_path)
    content = {f.name: f.read_bytes() for f in out.iterdir()}
    made, real = [], merging.factors
    monkeypatch.setattr(merging, "factors", lambda *a: (made.append(a), real(*a))[1])
    moved = shutil.copytree(two, tmp_path / "moved")
    assert merging.save_merged(tiny_folder, [moved, one], [0.5, 0.5], "svd", tmp_path) == out and not made
    assert merging.save_merged(tiny_folder, [one, two, one], [0.5, 0.5, 0], "svd", tmp_path, rank=4) == out and not made
    others = [
        merging.save_merged(tiny_folder, parts, weights, how, tmp_path, rank)
        for parts, weights, how, rank in (
            ([one, two], [0.4, 0.6], "svd", None), ([one, two], [0.6, 0.4], "svd", None),
            ([one, two], None, "cat", None), ([one, two], None, "linear", None),
            ([one, folders["wide"]], None, "svd", None), ([one, two], None, "svd", 2),
        )
    ]  # fmt: skip
    assert len({out, *others}) == 7
    again = merging.save_merged(tiny_folder, [two, one], None, "svd", tmp_path / "elsewhere")
    assert {f.name: f.read_bytes() for f in again.iterdir()} == content, "the same bytes"
    made.clear()
    (out / "adapter_model.safetensors").write_bytes(b"torn")
    assert merging.save_merged(tiny_folder, [one, two], None, "svd", tmp_path) == out and made
    assert {f.name: f.read_bytes() for f in out.iterdir()} == content


def test_trained_experts_merge_and_remain_what_they_are(tiny_folder, tmp_path):
    how = QUICK | {"epochs": 1}
    parts = [training.train_lora(tiny_folder, ROWS, tmp_path / str(s), seed=s, **how) for s in (0, 1)]
    before = [identity.content_hash(part) for part in parts]
    out = merging.save_merged(tiny_folder, parts, None, "svd", tmp_path / "merged")
    assert [identity.content_hash(part) for part in parts] == before
    config = json.loads((out / "adapter_config.json").read_text())
    assert config["r"] == config["lora_alpha"] == 4 and config["target_modules"] == sorted(training.TARGET_MODULES)
    assert {t.dtype for t in load_file(out / "adapter_model.safetensors").values()} == {torch.float32}
    other = shutil.copytree(tiny_folder, tmp_path / "other")
    (other / "note.txt").write_text("another base")
    with pytest.raises(ValueError, match="was trained on another base"):
        merging.save_merged(other, parts, None, "svd", tmp_path / "merged")


def test_what_cannot_be_merged_is_said(together, tiny_folder, folders, tmp_path):
    model, _, full = together
    one, wide = full["one"], full["wide"]
    for names, weights, how, rank, message in (
        ([one, wide], None, "sdv", None, "how='sdv' is no way to merge; nearest is 'svd'"),
        ([one, wide], None, "linear", None, "linear adds matrices of one rank"),
        ([one], [1, 1], "svd", None, "1 experts, but 2 weights"),
        ([one], [0], "svd", None, "one of them other than 0"),
        ([one], [math.nan], "svd", None, "finite"),
        ([one, "lora-9"], None, "svd", None, "no adapter is called lora-9"),
        ([one, wide], None, "svd", 0, "rank=0 is to be at least 1"),
    ):
        before = adapters.adapter_names(model)
        with pytest.raises(ValueError, match=message), merging.merged(model, names, weights, how, rank):
            pass
        assert adapters.adapter_names(model) == before
    for parts, message in (
        (["dora", "one"], "more than LoRA's two matrices"), (["head", "one"], "more than LoRA's two matrices"),
        ([], "one at the least"),
    ):  # fmt: skip
        with pytest.raises(ValueError, match=message):
            merging.save_merged(tiny_folder, [folders[p] for p in parts], None, "svd", tmp_path)
