"""Several experts at once: the sum of their updates is that sum, the mixture of their words is that mixture."""

import math
import warnings

import pytest
import torch
import untrained

from assl_utils.experts import adapters, batches, composition, generation, identity, models
from assl_utils.experts.composition import fused, mixture

TEXTS = ["股价上涨", "公司发布年报，净利润同比增长三成", "受处罚消息影响", "两个句子的意思", "单项选择题：A、B、C、D"]
PROMPTS = [f"判断情感\n{a}{b}" for a in TEXTS for b in ("", "，投资者情绪消极", "，公司名称")]

SHAPES = {
    "narrow": {"r": 4, "lora_alpha": 8, "target_modules": ["q_proj", "v_proj"]},
    "wide": {"r": 8, "lora_alpha": 4, "target_modules": ["q_proj", "gate_proj"], "lora_dropout": 0.5},
    "alike": {"r": 4, "lora_alpha": 8, "target_modules": ["q_proj", "v_proj"]},
    "root": {"r": 2, "lora_alpha": 3, "target_modules": ["q_proj"], "use_rslora": True, "lora_dropout": 0.5},
    "uneven": {
        "r": 2, "lora_alpha": 6, "target_modules": ["q_proj", "v_proj"],
        "rank_pattern": {"v_proj": 5}, "alpha_pattern": {"v_proj": 1},
    },
    "dora": {"r": 4, "lora_alpha": 8, "target_modules": ["q_proj"], "use_dora": True},
    "head": {"r": 4, "lora_alpha": 8, "target_modules": ["q_proj"], "modules_to_save": ["norm"]},
}  # fmt: skip


@pytest.fixture(scope="module")
def shapes(tiny_folder, tmp_path_factory):
    """Untrained experts of all shapes, with random matrices."""
    return untrained.save(tiny_folder, SHAPES, tmp_path_factory.mktemp("shapes"))


@pytest.fixture
def together(tiny, shapes):
    plain = {name: shapes[name] for name in ("narrow", "wide", "alike", "root", "uneven")}
    with adapters.adapters(tiny[0], plain) as (wrapped, full):
        yield wrapped, tiny[1], full


@pytest.fixture
def talkers(together, monkeypatch):
    """The same, where one token of sixteen ends an answer: random answers then end, and at different lengths."""
    ends = set(range(0, len(together[1]), 16))
    monkeypatch.setattr(generation, "end_tokens", lambda model, tokenizer: ends)
    return together


def kind(full_name):
    return full_name.rsplit("-", 1)[0]


# --------------------------------------------------------------------------------------------------- the sum of updates


def update_by_hand(layer, place, name, weight):
    """w · alpha / r · B A, with rank and alpha as they were chosen, and 0 where the expert has no matrices."""
    shape, last = SHAPES[kind(name)], place.rsplit(".", 1)[-1]
    if last not in shape["target_modules"]:
        return torch.zeros_like(layer.weight, dtype=torch.float64)
    r = shape.get("rank_pattern", {}).get(last, shape["r"])
    alpha = shape.get("alpha_pattern", {}).get(last, shape["lora_alpha"])
    scale = weight * alpha / (math.sqrt(r) if shape.get("use_rslora") else r)
    a, b = layer.lora_A[name].weight.detach().double(), layer.lora_B[name].weight.detach().double()
    assert a.shape[0] == r
    return scale * b @ a


def layers(model):
    return {place: module for place, module in model.named_modules() if hasattr(module, "lora_A")}


CASES = [
    (["narrow", "wide"], [0.3, 0.7]),
    (["wide", "narrow", "alike"], [0.5, -2.0, 1.25]),
    (["root", "wide"], [0.5, 0.5]),
    (["narrow", "root", "root"], [1.0, -0.25, 3.0]),
    (["uneven", "wide", "narrow"], [0.2, 0.0, 1.5]),
    (["narrow"], [1.0]),
    (["root"], [-0.7]),
    (["uneven", "narrow"], [2.0, 0.0]),
]


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
@pytest.mark.parametrize("names, weights", CASES)
def test_a_fused_update_is_the_weighted_sum_of_updates(tiny_folder, shapes, names, weights, dtype):
    model, _ = models.load(tiny_folder, device="cpu", dtype=dtype)
    with adapters.adapters(model, {name: shapes[name] for name in dict.fromkeys(names)}) as (wrapped, full):
        with fused(wrapped, [full[n] for n in names], weights) as name:
            seen = 0
            for place, layer in layers(wrapped).items():
                expected = sum(update_by_hand(layer, place, full[n], w) for n, w in zip(names, weights, strict=True))
                if name not in layer.lora_A:
                    assert not expected.any()
                    continue
                found = layer.lora_B[name].weight.double() @ layer.lora_A[name].weight.double() * layer.scaling[name]
                torch.testing.assert_close(found.detach(), expected, rtol=1e-6, atol=1e-6)
                if dtype == "float32":
                    torch.testing.assert_close(layer.get_delta_weight(name).double(), expected, rtol=1e-6, atol=1e-6)
                seen += 1
            assert seen == 2 * len({m for n, w in zip(names, weights, strict=True) if w for m in targets(n)})


def targets(name):
    return SHAPES[name]["target_modules"]


@pytest.mark.parametrize("merge", [False, True])
@pytest.mark.parametrize("names, weights", CASES[:4])
def test_fused_experts_answer_as_a_model_with_the_sum_in_its_weights(together, tiny_folder, names, weights, merge):
    wrapped, tokenizer, full = together
    other, _ = models.load(tiny_folder, device="cpu")
    for place, layer in layers(wrapped).items():
        total = sum(update_by_hand(layer, place, full[n], w) for n, w in zip(names, weights, strict=True))
        with torch.no_grad():
            other.get_submodule(place.removeprefix("base_model.model.")).weight += total.float()
    expected = generation.generate(other, tokenizer, PROMPTS, max_new_tokens=8)
    with fused(wrapped, [full[n] for n in names], weights) as name:
        assert generation.generate(wrapped, tokenizer, PROMPTS, name, max_new_tokens=8, merge=merge) == expected
    assert expected != generation.generate(wrapped, tokenizer, PROMPTS, full[names[0]], max_new_tokens=8)


def test_a_fused_adapter_is_as_steady_as_its_experts(together):
    """Without `generation`, which puts everything into evaluation mode itself."""
    wrapped, tokenizer, full = together
    ids = torch.tensor([models.encode_chat(tokenizer, PROMPTS[0])[0]])
    with fused(wrapped, [full["wide"], full["narrow"]], [1, 1]) as name, adapters.answering_as(wrapped, name):
        with torch.no_grad():
            assert torch.equal(wrapped(input_ids=ids).logits, wrapped(input_ids=ids).logits), "no dropout is left on"


def test_one_expert_of_weight_1_answers_as_itself(talkers):
    wrapped, tokenizer, full = talkers
    for who in full.values():
        expected = generation.generate(wrapped, tokenizer, PROMPTS, who, max_new_tokens=8)
        with fused(wrapped, [who], [1]) as name:
            assert generation.generate(wrapped, tokenizer, PROMPTS, name, max_new_tokens=8) == expected


def test_pefts_linear_is_another_thing_than_the_sum(together):
    wrapped, _, full = together
    names = [full["narrow"], full["alike"]]
    wrapped.add_weighted_adapter(names, [0.5, 0.5], "linear", combination_type="linear")
    with fused(wrapped, names, [0.5, 0.5]) as name:
        for place, layer in layers(wrapped).items():
            if name not in layer.lora_A:
                continue
            total = sum(update_by_hand(layer, place, n, 0.5) for n in names)
            # alpha / r is 2, so each matrix of `linear` is the plain sum of two, and their product has cross terms
            a, b = (sum(m[n].weight.double() for n in names) for m in (layer.lora_A, layer.lora_B))
            torch.testing.assert_close(layer.get_delta_weight("linear").double(), b @ a, rtol=1e-5, atol=1e-5)
            assert (b @ a - total).norm() > 0.5 * total.norm(), "by no rounding"
            torch.testing.assert_close(layer.get_delta_weight(name).double(), total, rtol=1e-6, atol=1e-6)


def state(model):
    return (
        model.active_adapter,
        list(model.base_model.active_adapters),
        adapters.adapter_names(model),
        [(n, p.requires_grad) for n, p in model.named_parameters()],
        [(n, m.training) for n, m in model.named_modules()],
        identity.weights_hash(model),
        [identity.weights_hash(model, n) for n in adapters.adapter_names(model)],
    )


def test_the_model_is_afterwards_what_it_was(together):
    wrapped, _, full = together
    names = [full["narrow"], full["wide"]]
    before = state(wrapped)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with fused(wrapped, names, [0.5, 0.5]) as name:
            assert name in adapters.adapter_names(wrapped) and wrapped.active_adapter == before[0]
        assert state(wrapped) == before
        with pytest.raises(RuntimeError, match="by the way"), fused(wrapped, names, [0.5, 0.5]) as name:
            raise RuntimeError("by the way")
        assert state(wrapped) == before
        wrapped.set_adapter(full["wide"])
        with fused(wrapped, names, [0.5, 0.5]) as name:
            wrapped.set_adapter(name)
        assert wrapped.active_adapter == full["wide"] and name not in adapters.adapter_names(wrapped)


def test_equal_sums_share_a_name_and_the_outer_block_takes_it_off(together):
    wrapped, _, full = together
    names = [full["narrow"], full["wide"]]
    with fused(wrapped, names, [0.5, 0.5]) as outer:
        with fused(wrapped, [*names, full["root"]], [0.5, 0.5, 0]) as inner:
            assert inner == outer
        assert outer in adapters.adapter_names(wrapped)
        with fused(wrapped, names, [0.5, 0.25]) as other:
            assert other != outer
        assert adapters.adapter_names(wrapped)[-1] == outer
    assert outer not in adapters.adapter_names(wrapped)


def test_a_sum_that_is_none_is_said(together, tiny):
    wrapped, _, full = together
    narrow = full["narrow"]
    with pytest.raises(ValueError, match="no adapter is called lora-9; attached are"), fused(wrapped, ["lora-9"], [1]):
        pass
    with pytest.raises(ValueError, match="no adapter is called None"), fused(wrapped, [None, narrow], [1, 1]):
        pass
    with pytest.raises(ValueError, match="lists of one length"), fused(wrapped, [narrow], [1, 1]):
        pass
    with pytest.raises(ValueError, match="lists of one length"), fused(wrapped, narrow, [1] * len(narrow)):
        pass
    with pytest.raises(ValueError, match="not finite"), fused(wrapped, [narrow], [math.nan]):
        pass
    with pytest.raises(ValueError, match="that is the base model"), fused(wrapped, [narrow], [0]):
        pass


@pytest.mark.parametrize("special", ["dora", "head"])
def test_an_expert_that_is_more_than_two_matrices_is_not_added_up(tiny, shapes, special):
    with adapters.adapters(tiny[0], {name: shapes[name] for name in ("narrow", special)}) as (wrapped, full):
        before = adapters.adapter_names(wrapped)
        with pytest.raises(ValueError, match=f"{special}-.* holds more than LoRA's two matrices"):
            with fused(wrapped, list(full.values()), [0.5, 0.5]):
                pass
        assert adapters.adapter_names(wrapped) == before


# ------------------------------------------------------------------------------------------------- the mixture of words


def mixture_read_aloud(model, tokenizer, prompt, names, weights, max_new_tokens):
    """One prompt, no cache: the whole text anew for each expert and each token."""
    ids, _ = models.encode_chat(tokenizer, prompt)
    ends, answer = generation.end_tokens(model, tokenizer), []
    while len(answer) < max_new_tokens:
        total = [0.0] * len(tokenizer)
        for name, weight in zip(names, weights, strict=True):
            with adapters.answering_as(model, name), torch.no_grad():
                logits = model(input_ids=torch.tensor([ids + answer])).logits[0, -1].tolist()
            largest = max(logits)
            odds = [math.exp(x - largest) for x in logits]
            total = [t + weight * o / sum_of for sum_of in [sum(odds)] for t, o in zip(total, odds, strict=True)]
        token = total.index(max(total))
        if token in ends:
            break
        answer.append(token)
    return tokenizer.decode([t for t in answer if t not in tokenizer.all_special_ids]).strip()


def who_answers(full):
    """For each prompt some experts and weights, of different numbers."""
    narrow, wide, root = full["narrow"], full["wide"], full["root"]
    pattern = [
        ([narrow, wide], [0.5, 0.5]),
        ([wide], [1.0]),
        ([narrow, None, wide], [0.2, 0.5, 0.3]),
        ([wide, None], [0.45, 0.55]),
        ([None], [0.3]),
        ([narrow, wide, root, None], [1, 1, 1, 1]),
        ([wide, narrow, wide], [1.0, 2.0, 1.5]),
    ]
    chosen = [pattern[i % len(pattern)] for i in range(len(PROMPTS))]
    return [names for names, _ in chosen], [weights for _, weights in chosen]


def test_a_mixture_equals_its_words(talkers):
    wrapped, tokenizer, full = talkers
    names, weights = who_answers(full)
    rows = list(zip(PROMPTS, names, weights, strict=True))
    expected = [mixture_read_aloud(wrapped, tokenizer, *row, 8) for row in rows]
    for batch_size in (1, 4, 32):
        how = {"max_new_tokens": 8, "batch_size": batch_size}
        assert mixture(wrapped, tokenizer, PROMPTS, names, weights, **how) == expected
    assert len({len(text) for text in expected}) > 4, "answers end, and not together"
    for place, (prompt, who, _) in enumerate(rows[:6]):
        if len(who) > 1:
            alone = [generation.generate(wrapped, tokenizer, [prompt], n, max_new_tokens=8)[0] for n in who]
            assert expected[place] not in alone, "else the test would show nothing"


@pytest.mark.parametrize("batch_size", [1, 6])
def test_a_mixture_of_one_is_that_expert(talkers, batch_size):
    wrapped, tokenizer, full = talkers
    how, n = {"max_new_tokens": 8, "batch_size": batch_size}, len(PROMPTS)
    for name in (full["wide"], None):
        expected = generation.generate(wrapped, tokenizer, PROMPTS, name, **how)
        assert mixture(wrapped, tokenizer, PROMPTS, [[name]] * n, [[1.0]] * n, **how) == expected
        others = [[full["root"], name, full["alike"]]] * n
        assert mixture(wrapped, tokenizer, PROMPTS, others, [[0, 2.0, 0]] * n, **how) == expected


def test_a_model_without_adapters_mixes_itself(tiny):
    model, tokenizer = tiny
    n = len(PROMPTS)
    expected = generation.generate(model, tokenizer, PROMPTS, max_new_tokens=6)
    assert mixture(model, tokenizer, PROMPTS, [[None]] * n, [[1]] * n, max_new_tokens=6) == expected
    assert mixture(model, tokenizer, [], [], []) == []


def test_a_mixture_is_kept_batch_by_batch_for_who_answers_and_what_is_asked(talkers, tmp_path, monkeypatch):
    wrapped, tokenizer, full = talkers
    names, weights = who_answers(full)
    how = {"max_new_tokens": 8, "batch_size": 4, "cache": tmp_path}
    with batches.watched() as spent:
        expected = mixture(wrapped, tokenizer, PROMPTS, names, weights, **how)
    assert expected == mixture(wrapped, tokenizer, PROMPTS, names, weights, **how | {"cache": None})
    asked = []
    greedy = composition.decoding.greedy
    monkeypatch.setattr(composition.decoding, "greedy", lambda *a: asked.append(1) or greedy(*a))
    with batches.watched() as again:
        assert mixture(wrapped, tokenizer, PROMPTS, names, weights, **how) == expected and not asked
    assert len(spent) == math.ceil(len(PROMPTS) / 4) and sorted(spent) == pytest.approx(sorted(again), abs=1e-5)
    for other in ({"max_new_tokens": 7}, {"batch_size": 5}):
        mixture(wrapped, tokenizer, PROMPTS, names, weights, **how | other)
        assert asked, other
        asked.clear()
    swapped = [[{full["narrow"]: full["alike"]}.get(name, name) for name in who] for who in names]
    theirs = mixture(wrapped, tokenizer, PROMPTS, swapped, weights, **how)
    assert asked and theirs == mixture(wrapped, tokenizer, PROMPTS, swapped, weights, **how | {"cache": None})
    heavier = [[weight + i for i, weight in enumerate(own)] for own in weights]
    asked.clear()
    mixture(wrapped, tokenizer, PROMPTS, names, heavier, **how)
    assert asked
    damaged = list(tmp_path.rglob("*.json"))
    for path in damaged:
        path.write_text('{"values": [1')
    assert mixture(wrapped, tokenizer, PROMPTS, names, weights, **how) == expected
    assert sum('"seconds"' in path.read_text() for path in damaged) == len(spent), "written anew"


def test_an_expert_named_twice_counts_twice(talkers):
    wrapped, tokenizer, full = talkers
    narrow, wide, n = full["narrow"], full["wide"], len(PROMPTS)
    twice = mixture(wrapped, tokenizer, PROMPTS, [[narrow, wide, narrow]] * n, [[1, 3, 1]] * n, max_new_tokens=8)
    once = mixture(wrapped, tokenizer, PROMPTS, [[narrow, wide]] * n, [[0.4, 0.6]] * n, max_new_tokens=8)
    assert twice == once


def test_a_prompt_takes_a_row_per_expert_that_counts(talkers, monkeypatch):
    wrapped, tokenizer, full = talkers
    narrow, wide = full["narrow"], full["wide"]
    seen, real = [], composition.decoding._read

    def read(model, prompts, room, who):
        seen.append(sorted(who))
        return real(model, prompts, room, who)

    monkeypatch.setattr(composition.decoding, "_read", read)
    names = [[narrow, wide], [narrow, wide], [narrow, wide, None]]
    mixture(wrapped, tokenizer, PROMPTS[:3], names, [[1, 1], [1, 0], [1, 1, 1]], max_new_tokens=1, batch_size=2)
    rows = [name for batch in seen for name in batch]
    assert len(seen) == 2 and sorted(rows) == sorted([narrow, wide, narrow, narrow, wide, generation.BASE])


def test_prompts_that_are_answered_leave_the_batch(talkers, monkeypatch):
    wrapped, tokenizer, full = talkers
    rows, real = [], composition._agree
    monkeypatch.setattr(composition, "_agree", lambda logits, *who: (rows.append(len(logits)), real(logits, *who))[1])
    names, weights = who_answers(full)
    mixture(wrapped, tokenizer, PROMPTS, names, weights, max_new_tokens=40)
    assert rows == sorted(rows, reverse=True) and rows[0] == sum(len(set(who)) for who in names) > 4 * rows[-1]


def test_a_mixture_leaves_the_model_as_it_was(talkers):
    wrapped, tokenizer, full = talkers
    wrapped.train()
    before = state(wrapped)
    names, weights = who_answers(full)
    mixture(wrapped, tokenizer, PROMPTS, names, weights, max_new_tokens=3)
    assert state(wrapped) == before


def test_a_mixture_takes_a_fused_adapter_and_a_question_longer_than_the_window(talkers):
    wrapped, tokenizer, full = talkers
    with fused(wrapped, [full["narrow"], full["wide"]], [0.5, 0.5]) as name:
        asked = [*PROMPTS[:3], "判断情感\n" + "囧" * 2000]
        expected = generation.generate(wrapped, tokenizer, asked, name, max_new_tokens=5)
        assert mixture(wrapped, tokenizer, asked, [[name]] * 4, [[1]] * 4, max_new_tokens=5) == expected


def test_a_mixture_that_cannot_be_made_is_said(talkers):
    wrapped, tokenizer, full = talkers
    narrow = full["narrow"]
    for names, weights, message in (
        ([[narrow, "lora-9"]], [[1, 0]], "no adapter is called lora-9; attached are"),
        ([[narrow]], [[1, 1]], "prompt 0 needs a list of experts and as many weights"),
        ([narrow], [[1] * len(narrow)], "prompt 0 needs a list of experts"),
        ([[narrow]], [[0]], "the weights of prompt 0"),
        ([[]], [[]], "the weights of prompt 0"),
        ([[narrow, None]], [[2, -1]], "the weights of prompt 0"),
        ([[narrow, None]], [[math.nan, 1]], "the weights of prompt 0"),
        ([[narrow, None]], [[math.inf, 1]], "the weights of prompt 0"),
        ([[narrow], [narrow]], [[1]], "give one per prompt"),
    ):
        with pytest.raises(ValueError, match=message):
            mixture(wrapped, tokenizer, PROMPTS[:1], names, weights)


def test_a_fusion_answers_each_prompt_by_its_own_sum_and_makes_each_sum_once(talkers, monkeypatch):
    model, tokenizer, full = talkers
    pairs = [["narrow", "alike"], ["alike", "narrow"], ["narrow", "wide"]]
    experts = [[full[name] for name in pairs[i % 3]] for i in range(len(PROMPTS))]
    weights = [[0.25, 0.75] if i % 3 == 1 else [0.75, 0.25] for i in range(len(PROMPTS))]
    made, real = [], composition.fused
    monkeypatch.setattr(composition, "fused", lambda *a: (made.append(a[1:]), real(*a))[1])
    answers = composition.fusion(model, tokenizer, PROMPTS, experts, weights, max_new_tokens=5)
    assert len(made) == 2, "narrow and alike is one sum, in whichever order"
    for i in (0, 1, 2, 5):
        with real(model, experts[i], weights[i]) as name:
            alone = [j for j in range(len(PROMPTS)) if (j % 3 == 2) == (i % 3 == 2)]
            expected = generation.generate(model, tokenizer, [PROMPTS[j] for j in alone], name, max_new_tokens=5)
        assert answers[i] == expected[alone.index(i)]
    with pytest.raises(ValueError, match="prompt 1 asks the base model"):
        composition.fusion(model, tokenizer, PROMPTS[:2], [[full["wide"]], [None]], [[1], [1]])
