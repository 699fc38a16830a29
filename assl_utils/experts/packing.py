"""Rows of a batch laid end to end, so that nothing is padding, and no row sees another.

A plain batch pads every row to the longest one and asks the output layer for a guess at every place. Here the rows
lie in one line, attention is taken row by row, positions start anew with each, and only places that predict a token
of an answer go through the output layer. The loss is the same number: the batch holds the same rows, only the padding
is gone. (Sorting by length spares padding too, but fills a batch with rows of one kind, which learn worse.)
"""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import torch
from torch.nn.functional import scaled_dot_product_attention
from transformers import AttentionInterface
from transformers.utils import is_flash_attn_2_available

IGNORED = -100  # the label that the loss of transformers leaves out
BY_SEGMENT = "by_segment"  # the name of `attend` among transformers' attentions
FULL_LAYERS = {"full_attention", "sliding_attention"}  # layers whose memory is attention alone, which can be cut


@dataclass(frozen=True)
class Sample:
    """One row as the model reads it: token ids, of which the first ``prompt_len`` carry no loss."""

    ids: tuple[int, ...]
    prompt_len: int


def pack(samples: Sequence[Sample]) -> dict:
    """A batch in one line, for a model inside `packed`.

    ``logits_to_keep`` holds the places whose logits predict an answer's token, ``labels`` those tokens, already
    shifted; ``segments`` are the rows' lengths, and the ``cu_seq_lens`` say the same to flash attention.
    """
    lengths = [len(sample.ids) for sample in samples]
    starts = [0, *itertools.accumulate(lengths)]
    kept = [start + place - 1 for start, s in zip(starts, samples, strict=False) for place in _answered(s)]
    targets = torch.tensor([s.ids[place] for s in samples for place in _answered(s)])
    bounds = torch.tensor(starts, dtype=torch.int32)
    return {
        "input_ids": torch.tensor([[token for s in samples for token in s.ids]]),
        "position_ids": torch.cat([torch.arange(length) for length in lengths])[None],
        "logits_to_keep": torch.tensor(kept),
        "labels": targets[None],
        "shift_labels": targets[None],
        "segments": tuple(lengths),
        "cu_seq_lens_q": bounds, "cu_seq_lens_k": bounds,
        "max_length_q": max(lengths), "max_length_k": max(lengths),
        "use_cache": False,
    }  # fmt: skip


def _answered(sample: Sample) -> range:
    return range(sample.prompt_len, len(sample.ids))


def pad(samples: Sequence[Sample], pad_id: int) -> dict:
    """The same batch padded on the right, for models that cannot be cut into segments.

    It needs no mask: under a causal mask padding at the end reaches no real token. Logits are kept from the first
    answer on.
    """
    length = max(len(s.ids) for s in samples)
    first = min(s.prompt_len for s in samples) - 1  # the place whose logits predict the earliest answer token
    ids = torch.full((len(samples), length), pad_id, dtype=torch.long)
    labels = torch.full((len(samples), length), IGNORED, dtype=torch.long)
    for row, sample in enumerate(samples):
        tokens = torch.tensor(sample.ids)
        ids[row, : len(tokens)] = tokens
        labels[row, sample.prompt_len : len(tokens)] = tokens[sample.prompt_len :]
    return {"input_ids": ids, "labels": labels[:, first:], "logits_to_keep": length - first, "use_cache": False}


def collator(packs: bool, tokenizer) -> Callable[[Sequence[Sample]], dict]:
    """`pack`, or `pad` with the tokenizer's padding token."""
    if packs:
        return pack
    pad_id = tokenizer.pad_token_id if tokenizer.pad_token_id is not None else tokenizer.eos_token_id
    return partial(pad, pad_id=pad_id or 0)


def attend(
    module, query, key, value, attention_mask, scaling=None, dropout=0.0, segments=None, sliding_window=None, **_
):
    """Causal attention inside each segment of a line, in the form of transformers' attention functions."""
    if segments is None:
        raise ValueError("packed attention needs the lengths of the rows")
    pieces = [tensor.split(segments, dim=2) for tensor in (query, key, value)]
    done = []
    for q, k, v in zip(*pieces, strict=True):
        mask = _window(q.shape[2], sliding_window, q.device)
        done.append(
            scaled_dot_product_attention(
                q, k, v, attn_mask=mask, is_causal=mask is None, dropout_p=dropout, scale=scaling,
                enable_gqa=query.shape[1] != key.shape[1],
            )
        )  # fmt: skip
    return torch.cat(done, dim=2).transpose(1, 2).contiguous(), None


def _window(length: int, width: int | None, device) -> torch.Tensor | None:
    """What a place may look at where a layer has a window: itself and the ``width - 1`` before it."""
    if width is None or length <= width:
        return None
    place = torch.arange(length, device=device)
    back = place[:, None] - place
    return (back >= 0) & (back < width)


AttentionInterface.register(BY_SEGMENT, attend)


def attention(model) -> str:
    """The attention that `packed` uses: flash attention where it is installed and the model is on a GPU in 16 bits,
    else PyTorch's own, segment by segment."""
    core = _core(model)
    flash = core.device.type == "cuda" and core.dtype != torch.float32 and is_flash_attn_2_available()
    return "flash_attention_2" if flash and core._supports_flash_attn else BY_SEGMENT


def _core(model):
    """The transformers model inside a PEFT model, or the model itself."""
    return model.get_base_model() if hasattr(model, "get_base_model") else model


@contextlib.contextmanager
def packed(model) -> Iterator[None]:
    """For the time being ``model`` reads batches of `pack`."""
    core = _core(model)
    before = core.config._attn_implementation
    core.set_attn_implementation(attention(model))
    try:
        yield
    finally:
        core.set_attn_implementation(before)


@torch.no_grad()
def can_pack(model, samples: Sequence[Sample]) -> bool:
    """Whether ``model`` gives rows in one line the logits it gives each alone, tried on two of ``samples``.

    Attention can be cut; a layer with another memory (a recurrence, a convolution over places) cannot, and would hand
    one row's words to the next.
    """
    core = _core(model)
    layers = set(getattr(core.config.get_text_config(), "layer_types", None) or FULL_LAYERS)
    if not (layers <= FULL_LAYERS and core._supports_sdpa and core._can_set_attn_implementation()):
        return False
    two = sorted(samples, key=lambda s: len(s.ids))[:2]
    training = model.training
    model.eval()
    try:
        alone = [model(input_ids=_on(model, [s.ids]), use_cache=False).logits[0, _kept(s)] for s in two]
        line = {
            key: value.to(core.device) if torch.is_tensor(value) else value
            for key, value in pack(two).items()
            if "labels" not in key
        }
        with packed(model):
            together = model(**line).logits[0]
    except (TypeError, ValueError, RuntimeError, NotImplementedError):
        return False  # a model that takes no such batch
    finally:
        model.train(training)
    alone = torch.cat(alone).float()
    near = 1e-3 if core.dtype == torch.float32 else 5e-2
    return bool((together.float() - alone).abs().max() <= near * alone.abs().max())


def _on(model, rows) -> torch.Tensor:
    return torch.tensor([list(ids) for ids in rows], device=_core(model).device)


def _kept(sample: Sample) -> list[int]:
    return [place - 1 for place in _answered(sample)]
