"""What a language model makes of a text, as one vector: the weighted mean of its last hidden states (RDS+)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from assl_utils import progress
from assl_utils.experts import models


@torch.inference_mode()
def weighted_mean_states(
    model,
    tokenizer,
    prompts: Sequence[str],
    answers: Sequence[str],
    batch_size: int = 32,
    label: str | None = None,
) -> np.ndarray:
    r"""One vector for each prompt with its answer, later tokens weighing more.

    .. math:: h(x) = \sum_{i=1}^{L} w_i h_i, \qquad w_i = \frac{i}{\sum_{j=1}^{L} j}

    with :math:`h_i` the last hidden state of the i-th of all L tokens of prompt and answer in the chat format, the
    token that ends the answer included. Under a causal model later tokens have seen more, so they weigh more
    (Ivison et al., 2025, arXiv 2503.01807).

    Parameters
    ----------
    model, tokenizer
        The base model, see `models.load`.
    prompts, answers : sequences of str
        A text too long for the model's window is shortened as `models.encode_chat` does it.
    batch_size : int, default 32
        Texts of like length at a time, padded on the right: under a causal mask padding there reaches no real token,
        and it has no weight.

    Returns
    -------
    ndarray of shape (n, hidden), float32
        In the order of ``prompts``.
    """
    if len(prompts) != len(answers):
        raise ValueError(f"{len(prompts)} prompts, but {len(answers)} answers")
    core = model.get_base_model() if hasattr(model, "get_base_model") else model
    limit = getattr(core.config, "max_position_embeddings", None)
    texts = [models.encode_chat(tokenizer, p, a, limit)[0] for p, a in zip(prompts, answers, strict=True)]
    order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
    found = np.empty((len(texts), core.config.get_text_config().hidden_size), dtype=np.float32)
    was_training = core.training
    core.eval()
    try:
        with progress.bar(len(texts), label or "hidden states") as bar:
            for start in range(0, len(order), batch_size):
                batch = order[start : start + batch_size]
                found[batch] = _of_batch(core, [texts[i] for i in batch])
                bar.update(len(batch))
    finally:
        core.train(was_training)
    return found


def _of_batch(core, texts: list[list[int]]) -> np.ndarray:
    lengths = torch.tensor([len(ids) for ids in texts])
    ids = torch.zeros((len(texts), int(lengths.max())), dtype=torch.long)
    for row, tokens in enumerate(texts):
        ids[row, : len(tokens)] = torch.tensor(tokens)
    states = core.base_model(input_ids=ids.to(core.device), use_cache=False).last_hidden_state.float()
    place = torch.arange(1, ids.shape[1] + 1, dtype=torch.float32)
    weights = place * (place <= lengths[:, None])
    weights = weights / weights.sum(dim=1, keepdim=True)
    return torch.einsum("bt,bth->bh", weights.to(states.device), states).cpu().numpy()
