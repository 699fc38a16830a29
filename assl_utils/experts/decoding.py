"""Greedy answers of one batch: what prompts share is read once, and who has finished leaves.

The same answers as transformers' ``generate``. Reading costs arithmetic and writing costs passes over the weights, so
each is done its own way: prompts that begin alike (one instruction, many texts) have their common beginning read once
and the rest in small groups that stay in the processor's cache; then all write together, a token of each at a time.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence

import torch
from transformers import DynamicCache
from transformers.cache_utils import DynamicLayer

from assl_utils.experts.packing import FULL_LAYERS

READ_TOKENS = {"cpu": 2048, "cuda": 32768}  # read at a time
PASS = 64  # tokens that cost about as much to read as a pass of the model costs by itself


@torch.inference_mode()
def greedy(
    model,
    prompts: Sequence[Sequence[int]],
    ends: set[int],
    max_new_tokens: int,
    adapters: Sequence[str] | None = None,
    choose: Callable[[torch.Tensor, list[int]], torch.Tensor] | None = None,
) -> list[list[int]]:
    """Greedy continuations of token ids, the ending token left out.

    Parameters
    ----------
    model : PreTrainedModel or PeftModel
        As it is to answer: the adapter, if it is one for all, is set.
    prompts : sequence of sequences of int
    ends : set of int
        Tokens that end an answer.
    max_new_tokens : int
    adapters : sequence of str or None
        One adapter per prompt, in one batch; ``"__base__"`` is the base model. The model is a PEFT model then.
    choose : callable, optional
        The next tokens from the logits (rows x vocabulary) and the numbers of the prompts they belong to; the most
        likely of each row by default. Prompts it gives one and the same answer stay in the batch together.

    Returns
    -------
    list of list of int
    """
    if not prompts or max_new_tokens < 1:
        return [[] for _ in prompts]
    was_training = model.training
    model.eval()
    who = list(adapters) if adapters is not None else None
    past, mask = _read(model, [list(p[:-1]) for p in prompts], max_new_tokens, who)
    ids = torch.tensor([[p[-1]] for p in prompts], device=mask.device)
    positions = mask.sum(1, keepdim=True)
    answers: list[list[int]] = [[] for _ in prompts]
    rows, waiting = list(range(len(prompts))), set(range(len(prompts)))
    for step in range(max_new_tokens):
        mask = torch.cat([mask, mask.new_ones(len(rows), 1)], dim=1)
        logits = model(
            input_ids=ids, attention_mask=mask, position_ids=positions, past_key_values=past, use_cache=True,
            logits_to_keep=1, **_by(who),
        ).logits[:, -1]  # fmt: skip
        tokens = logits.argmax(-1) if choose is None else choose(logits, rows)
        for row, token in zip(rows, tokens.tolist(), strict=True):
            if row in waiting:
                if token in ends:
                    waiting.discard(row)
                else:
                    answers[row].append(token)
        if not waiting or step == max_new_tokens - 1:
            break
        ids, positions = tokens[:, None], positions + 1
        if 2 * len(waiting) <= len(rows):  # answers of two tokens need not wait for one of sixty
            keep = [i for i, row in enumerate(rows) if row in waiting]
            index = torch.tensor(keep, device=mask.device)
            past.batch_select_indices(index)
            ids, mask, positions = ids[index], mask[index], positions[index]
            rows, who = [rows[i] for i in keep], who and [who[i] for i in keep]
    model.train(was_training)
    return answers


def _by(who) -> dict:
    return {} if who is None else {"adapter_names": who}


def _read(model, prompts: list[list[int]], room: int, who):
    """Keys and values of all prompts, aligned at their ends, and the mask of what is there."""
    width, device = max(map(len, prompts)), model.device
    columns = torch.arange(width, device=device)
    lengths = torch.tensor([len(p) for p in prompts], device=device)
    mask = (columns >= width - lengths[:, None]).long()
    if width == 0:
        return DynamicCache(config=model.config), mask
    if not _attention_alone(model):  # a layer with another memory is read in one go
        past = DynamicCache(config=model.config)
        ids = torch.tensor([[0] * (width - len(p)) + p for p in prompts], device=device)
        positions = (mask.cumsum(1) - 1).clamp(min=0)
        model(
            input_ids=ids, attention_mask=mask, position_ids=positions, past_key_values=past, use_cache=True,
            logits_to_keep=1, **_by(who),
        )  # fmt: skip
        return past, mask
    buffers = None
    for shared, members in _alike(prompts, who):
        beginning = None
        if shared:
            beginning = _pass(model, [prompts[members[0]][:shared]], None, _by(who and [who[members[0]]]))
        for part in _parts(prompts, members, shared, READ_TOKENS.get(device.type, 8192)):
            rests = [prompts[i][shared:] for i in part]
            layers = _pass(model, rests, beginning, _by(who and [who[i] for i in part]))
            if buffers is None:
                buffers = [
                    tuple(t.new_zeros(len(prompts), t.shape[1], width + room, t.shape[3]) for t in layer)
                    for layer in layers
                ]
            # row i's tokens, which begin at the left, move to end at column `width`
            at = torch.tensor(part, device=device)
            place = columns - (width - lengths[at])[:, None]
            here = place >= 0
            row = torch.arange(len(part), device=device)[:, None].expand_as(place)[here]
            for buffer, layer in zip(buffers, layers, strict=True):
                for target, source in zip(buffer, layer, strict=True):
                    target[at[row], :, columns.expand_as(place)[here]] = source[row, :, place[here]]
    cache = DynamicCache()
    cache.layers = [_Roomy(*buffer, width) for buffer in buffers]
    return cache, mask


def _pass(model, rows: list[list[int]], beginning, by: dict):
    """Keys and values of rows that follow ``beginning`` (of one row, or none), padded on the right."""
    width = max(map(len, rows))
    device, start, past = model.device, 0, DynamicCache()
    if beginning is not None:
        start = beginning[0][0].shape[2]
        past = DynamicCache([tuple(t.expand(len(rows), -1, -1, -1) for t in layer) for layer in beginning])
    if width:
        ids = torch.tensor([row + [0] * (width - len(row)) for row in rows], device=device)
        positions = torch.arange(start, start + width, device=device).expand(len(rows), -1)
        model(
            input_ids=ids, position_ids=positions, past_key_values=past, use_cache=True, logits_to_keep=1, **by
        )  # fmt: skip
    return [(layer.keys, layer.values) for layer in past.layers]


def _parts(prompts, members, shared, tokens):
    """Members in order of length, in parts of so many tokens, padding counted."""
    order = sorted(members, key=lambda i: len(prompts[i]))
    part: list[int] = []
    for i in order:
        if part and (len(part) + 1) * max(1, len(prompts[i]) - shared) > tokens:
            yield part
            part = []
        part.append(i)
    if part:
        yield part


def _alike(prompts: list[list[int]], who=None) -> list[tuple[int, list[int]]]:
    """Prompts in groups, each with the length of the beginning that is read once for all of them.

    In the order of a dictionary those that begin alike are neighbours, so a tree falls out of what neighbours have in
    common; a group is made where it spares more tokens than the pass it costs, `PASS`. The others form one group of
    length 0.
    """
    groups, alone = [], set(range(len(prompts)))
    for name in sorted(set(who), key=str) if who is not None else [None]:
        mine = [i for i in range(len(prompts)) if who is None or who[i] == name]
        order = sorted(mine, key=lambda i: prompts[i])
        common = [_common(prompts[a], prompts[b]) for a, b in itertools.pairwise(order)]
        groups += [(shared, [order[i] for i in rows]) for shared, rows in _shared(common, 0, len(order))[1]]
    for _, rows in groups:
        alone.difference_update(rows)
    return groups + ([(0, sorted(alone))] if alone else [])


def _shared(common: list[int], low: int, high: int) -> tuple[int, list[tuple[int, list[int]]]]:
    """Tokens spared by grouping ``low`` to ``high`` of the order, and the groups (length, places)."""
    if high - low < 2:
        return 0, []
    least = min(common[low : high - 1])
    edges = [low, *(i + 1 for i in range(low, high - 1) if common[i] == least), high]
    parts = [(a, b, *_shared(common, a, b)) for a, b in itertools.pairwise(edges)]
    apart = sum(spared for _, _, spared, _ in parts)
    # a part that spares more by a longer beginning of its own stays out
    joined = [least * (b - a) > spared for a, b, spared, _ in parts]
    rows = [i for (a, b, _, _), joins in zip(parts, joined, strict=True) if joins for i in range(a, b)]
    others = [part for part, joins in zip(parts, joined, strict=True) if not joins]
    together = least * (len(rows) - 1) - PASS + sum(spared for _, _, spared, _ in others)
    if together <= apart:
        return apart, [group for *_, some in parts for group in some]
    return together, [(least, rows)] + [group for *_, some in others for group in some]


def _common(one: list[int], two: list[int]) -> int:
    n = 0
    for a, b in zip(one, two, strict=False):
        if a != b:
            break
        n += 1
    return n


def _attention_alone(model) -> bool:
    layers = getattr(model.config.get_text_config(), "layer_types", None) or FULL_LAYERS
    return set(layers) <= FULL_LAYERS


class _Roomy(DynamicLayer):
    """A layer's keys and values with room for the answers, so that adding a token copies nothing else."""

    def __init__(self, keys, values, length):
        super().__init__()
        self._all, self._length = [keys, values], length
        self.dtype, self.device, self.is_initialized = keys.dtype, keys.device, True
        self._show()

    def _show(self):
        self.keys, self.values = (t[:, :, : self._length] for t in self._all)

    def update(self, key_states, value_states, *args, **kwargs):
        until = self._length + key_states.shape[2]
        for buffer, new in zip(self._all, (key_states, value_states), strict=True):
            buffer[:, :, self._length : until] = new
        self._length = until
        self._show()
        return self.keys, self.values

    def batch_select_indices(self, indices):
        self._all = [t[indices] for t in self._all]
        self._show()
