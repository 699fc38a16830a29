"""The weighted mean of hidden states is its definition, text by text, without padding."""

import numpy as np
import pytest
import torch

from assl_utils.experts import models
from assl_utils.experts.states import weighted_mean_states
from tests import tiny_model

PROMPTS = ["公司发布年报", "股价", "两个句子的意思是否相同？是或否" * 3, "股价", ""]
ANSWERS = ["积极", "下跌，投资者情绪消极", "否", "下跌，投资者情绪消极", "无"]


@pytest.fixture(scope="module")
def tiny():
    tokenizer = tiny_model.tokenizer()
    return tiny_model.model(len(tokenizer)), tokenizer


def as_defined(model, tokenizer, prompt, answer):
    """Every token's last hidden state, times its place, summed and divided by the sum of the places."""
    ids, _ = models.encode_chat(tokenizer, prompt, answer)
    with torch.no_grad():
        states = model(input_ids=torch.tensor([ids]), output_hidden_states=True).hidden_states[-1][0]
    total = [0.0] * states.shape[1]
    for i, state in enumerate(states.tolist(), start=1):
        for t, value in enumerate(state):
            total[t] += i * value
    return [value / sum(range(1, len(ids) + 1)) for value in total]


@pytest.mark.parametrize("batch_size", [1, 2, 64])
def test_states_are_their_definition_in_any_batch(tiny, batch_size):
    expected = [as_defined(*tiny, p, a) for p, a in zip(PROMPTS, ANSWERS, strict=True)]
    found = weighted_mean_states(*tiny, PROMPTS, ANSWERS, batch_size)
    assert found.dtype == np.float32 and found.shape == (5, 32)
    np.testing.assert_allclose(found, expected, atol=2e-5)
    assert np.abs(found[0] - found[1]).max() > 0.01


def test_the_model_is_left_as_it_was_and_no_text_gives_no_state(tiny):
    model, _ = tiny
    model.train()
    assert weighted_mean_states(*tiny, [], []).shape == (0, 32)
    assert model.training
    model.eval()
    with pytest.raises(ValueError, match="2 prompts, but 1 answers"):
        weighted_mean_states(*tiny, ["a", "b"], ["c"])
    long = weighted_mean_states(*tiny, ["涨" * 3000], ["跌"])
    assert np.isfinite(long).all()
