"""Rows in one line give the loss, the gradients and the logits of rows alone, whatever lies beside them."""

import copy

import numpy as np
import pytest
import torch
from tiny_kinds import made

from assl_utils.experts import identity, packing
from assl_utils.experts.packing import Sample


def samples(lengths=(9, 4, 17, 4, 30), seed=0, size=97):
    rng = np.random.default_rng(seed)
    return [Sample(tuple(rng.integers(3, size, n).tolist()), int(rng.integers(1, n))) for n in lengths]


def alone(model, sample):
    """Logits at the places that predict the answer, the row by itself."""
    with torch.no_grad():
        return model(input_ids=torch.tensor([sample.ids]), use_cache=False).logits[0, sample.prompt_len - 1 : -1]


def together(model, batch):
    line = {key: value for key, value in packing.pack(batch).items() if "labels" not in key}
    with torch.no_grad(), packing.packed(model):
        return model(**line).logits[0]


def test_a_line_of_two_rows_written_out_by_hand():
    # questions of 3 and 2 tokens, answers of 2 and 1 tokens with their end token 9
    line = packing.pack([Sample((5, 6, 7, 1, 9), 3), Sample((5, 6, 9), 2)])
    assert line["input_ids"].tolist() == [[5, 6, 7, 1, 9, 5, 6, 9]]
    assert line["position_ids"].tolist() == [[0, 1, 2, 3, 4, 0, 1, 2]]
    assert line["segments"] == (5, 3) and line["cu_seq_lens_q"].tolist() == [0, 5, 8] and line["max_length_q"] == 5
    assert line["logits_to_keep"].tolist() == [2, 3, 6], "the places before each answer token"
    assert line["shift_labels"].tolist() == line["labels"].tolist() == [[1, 9, 9]]


def test_a_padded_batch_of_two_rows_written_out_by_hand():
    batch = packing.pad([Sample((5, 6, 7, 1, 9), 3), Sample((5, 6, 9), 2)], pad_id=0)
    assert batch["input_ids"].tolist() == [[5, 6, 7, 1, 9], [5, 6, 9, 0, 0]]
    # logits are kept from position 1 on, the one that predicts token 2, the earliest answer token
    assert batch["logits_to_keep"] == 4
    x = packing.IGNORED
    assert batch["labels"].tolist() == [[x, x, 1, 9], [x, 9, x, x]]


@pytest.mark.parametrize("kind", ["llama", "window of 8", "window of 8 in every other layer"])
def test_a_row_is_read_as_if_it_were_alone(kind):
    model, batch = made(kind), samples()
    assert packing.can_pack(model, batch)
    expected = torch.cat([alone(model, sample) for sample in batch])
    torch.testing.assert_close(together(model, batch), expected, rtol=1e-3, atol=1e-4)


def test_no_row_hears_its_neighbours():
    model, batch = made("llama"), samples()
    other = [batch[0], *samples(seed=1)[1:4], batch[4]]
    ends = [len(s.ids) - s.prompt_len for s in batch]
    one, two = together(model, batch), together(model, other)
    assert torch.equal(one[: ends[0]], two[: ends[0]]), "the first row"
    torch.testing.assert_close(one[-ends[4] :], two[-ends[4] :], rtol=1e-4, atol=1e-5)
    middle = slice(ends[0], ends[0] + ends[1])
    assert not torch.allclose(one[middle], two[middle], atol=0.1), "a test in which nothing changed shows nothing"


def test_loss_and_gradients_are_those_of_a_padded_batch(tiny):
    model, _ = tiny
    batch = samples(size=model.config.vocab_size)
    grads, losses = [], []
    for line in (True, False):
        twin = copy.deepcopy(model).train()
        if line:
            with packing.packed(twin):
                loss = twin(**packing.pack(batch)).loss
        else:
            loss = twin(**packing.pad(batch, 0)).loss
        loss.backward()
        losses.append(loss.item())
        grads.append([p.grad.clone() for p in twin.parameters()])
    assert losses[0] == pytest.approx(losses[1], rel=1e-5)
    for one, two in zip(*grads, strict=True):
        torch.testing.assert_close(one, two, rtol=1e-3, atol=1e-5)


def test_a_model_with_another_memory_is_not_packed():
    assert not packing.can_pack(made("mamba"), samples())


def test_a_model_whose_attention_ignores_the_cut_is_found_out(tiny, monkeypatch):
    whole = packing.attend

    def leaky(module, query, key, value, mask, segments=None, **rest):
        return whole(module, query, key, value, mask, segments=[sum(segments)], **rest)

    batch = samples(size=tiny[0].config.vocab_size)
    assert packing.can_pack(tiny[0], batch)
    monkeypatch.setitem(packing.AttentionInterface._global_mapping, packing.BY_SEGMENT, leaky)
    assert not packing.can_pack(tiny[0], batch)


def test_the_model_comes_back_with_its_own_attention_even_after_an_error(tiny):
    model, _ = tiny
    before, digest = model.config._attn_implementation, identity.weights_hash(model)
    with pytest.raises(ValueError, match="needs the lengths"), packing.packed(model):
        model(input_ids=torch.tensor([[3, 4, 5]]), use_cache=False)
    assert model.config._attn_implementation == before != packing.BY_SEGMENT
    assert identity.weights_hash(model) == digest and not model.training
