"""One batch answered together equals each prompt answered alone by transformers, whatever is shared or leaves early."""

import numpy as np
import pytest
import torch
from peft import LoraConfig, PeftModel, get_peft_model
from tiny_kinds import made

from assl_utils.experts import decoding

KINDS = ["llama", "window of 8", "window of 8 in every other layer", "mamba"]
ENDS = {2}


def prompts(seed, n=12, size=97):
    """Prompts of very different length, most of them with one of two long beginnings; one of a single token."""
    rng = np.random.default_rng(seed)
    heads = [rng.integers(3, size, 40).tolist(), rng.integers(3, size, 25).tolist(), []]
    made = [heads[rng.integers(3)] + rng.integers(3, size, rng.integers(1, 30)).tolist() for _ in range(n)]
    return [*made, made[0], [5]]


def alone(model, prompt, new):
    """What transformers' own greedy search adds to one prompt."""
    with torch.no_grad():
        out = model.generate(
            input_ids=torch.tensor([prompt]), attention_mask=torch.ones(1, len(prompt), dtype=torch.long),
            max_new_tokens=new, do_sample=False, eos_token_id=list(ENDS), pad_token_id=0,
        )[0, len(prompt) :].tolist()  # fmt: skip
    return [token for token in out if token not in ENDS]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", [0, 1])
def test_a_batch_answers_as_each_alone(kind, seed, monkeypatch):
    monkeypatch.setattr(decoding, "PASS", 4)
    monkeypatch.setattr(decoding, "READ_TOKENS", {"cpu": 40})
    model, asked = made(kind), prompts(seed)
    expected = [alone(model, prompt, 20) for prompt in asked]
    assert len({tuple(answer) for answer in expected}) > 5, "a test of one answer would show nothing"
    assert decoding.greedy(model, asked, ENDS, 20) == expected
    assert not model.training


def test_answers_that_end_leave_and_the_others_go_on(monkeypatch):
    """The token most often chosen is declared the end: answers stop at every length."""
    model, asked = made("llama"), prompts(3, n=20)
    free = [alone(model, prompt, 24) for prompt in asked]
    counted = np.bincount([t for answer in free for t in answer[1:]])
    monkeypatch.setitem(globals(), "ENDS", {int(counted.argmax())})
    expected = [alone(model, prompt, 24) for prompt in asked]
    assert len({len(answer) for answer in expected}) > 3
    sizes, real = [], model.forward
    monkeypatch.setattr(model, "forward", lambda *a, **k: (sizes.append(k["input_ids"].shape), real(*a, **k))[1])
    assert decoding.greedy(model, asked, ENDS, 24) == expected
    rows = [shape[0] for shape in sizes if shape[1] == 1]
    assert rows[0] == len(asked) and rows[-1] <= len(asked) // 2


def test_what_is_shared_is_read_once(monkeypatch):
    model = made("llama")
    head = list(range(3, 83))
    asked = [[*head, 3 + i, 4 + i] for i in range(10)]
    read, real = [], model.forward
    monkeypatch.setattr(model, "forward", lambda *a, **k: (read.append(k["input_ids"].numel()), real(*a, **k))[1])
    decoding.greedy(model, asked, ENDS, 1)
    assert read == [80, 10, 10], "the beginning, the rest of ten, and their last tokens"


def tokens_read(groups, asked):
    return sum(shared + sum(len(asked[i]) - shared for i in rows) for shared, rows in groups)


@pytest.mark.parametrize("seed", range(20))
def test_groups_hold_everybody_once_share_what_they_say_and_spare_tokens(seed, monkeypatch):
    monkeypatch.setattr(decoding, "PASS", 6)
    rng = np.random.default_rng(seed)
    heads = [rng.integers(0, 3, rng.integers(0, 20)).tolist() for _ in range(4)]
    asked = [heads[rng.integers(4)] + rng.integers(0, 3, rng.integers(0, 12)).tolist() for _ in range(30)]
    who = [["one", "two"][rng.integers(2)] for _ in asked] if seed % 2 else None
    groups = decoding._alike(asked, who)
    assert sorted(i for _, rows in groups for i in rows) == list(range(30))
    for shared, rows in groups:
        assert len({tuple(asked[i][:shared]) for i in rows}) == 1
        assert shared == 0 or who is None or len({who[i] for i in rows}) == 1
    cost = tokens_read(groups, asked) + 6 * sum(shared > 0 for shared, _ in groups)
    assert cost <= sum(map(len, asked))
    once = decoding._alike([[7] * 30 + [i] for i in range(3)])
    assert once == [(30, [0, 1, 2])]


def test_a_part_with_a_longer_beginning_of_its_own_stays_out_and_the_rest_still_share(monkeypatch):
    monkeypatch.setattr(decoding, "PASS", 2)
    asked = [[1] * 5 + [2] * 40 + [i] for i in range(2)] + [[1] * 5 + [3 + i] for i in range(6)]
    groups = decoding._alike(asked)
    assert {(shared, tuple(sorted(rows))) for shared, rows in groups} == {(45, (0, 1)), (5, (2, 3, 4, 5, 6, 7))}


def with_adapters(model, names):
    """Adapters with weights that change every answer."""
    config = LoraConfig(r=4, target_modules=["q_proj", "v_proj", "down_proj"], task_type="CAUSAL_LM")
    wrapped = get_peft_model(model, config, adapter_name=names[0])
    for name in names[1:]:
        wrapped.add_adapter(name, config)
    torch.manual_seed(1)
    for name, parameter in wrapped.named_parameters():
        if ".lora_B." in name:
            torch.nn.init.normal_(parameter, std=0.3)
    return wrapped.eval()


def test_several_adapters_answer_in_one_batch_as_each_does_alone(monkeypatch):
    monkeypatch.setattr(decoding, "PASS", 4)
    asked, names = prompts(5), ["a", "b", "__base__"]
    who = [names[i % 3] for i in range(len(asked))]
    model = with_adapters(made("llama"), ["a", "b"])
    assert isinstance(model, PeftModel)
    expected = []
    for prompt, name in zip(asked, who, strict=True):
        if name == "__base__":
            with model.disable_adapter():
                expected.append(alone(model, prompt, 16))
        else:
            model.set_adapter(name)
            expected.append(alone(model, prompt, 16))
    assert decoding.greedy(model, asked, ENDS, 16, adapters=who) == expected
    model.set_adapter("a")
    assert [alone(model, prompt, 16) for prompt in asked] != expected


def test_nothing_asked_is_nothing_answered():
    assert decoding.greedy(made("llama"), [], ENDS, 5) == []
    assert decoding.greedy(made("llama"), [[4, 5]], ENDS, 0) == [[]]
