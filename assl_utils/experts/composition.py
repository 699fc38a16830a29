"""Several experts answer together: their updates added up, or what they would say next averaged.

`fused` is one model with a sum of updates, as cheap as one expert; `mixture` asks each expert at every token. The two
agree where one expert counts alone.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import math
from collections.abc import Iterator, Sequence

import torch
from peft.tuners.lora import LoraLayer

from assl_utils import progress
from assl_utils.experts import adapters, batches, decoding, generation, identity, models


@contextlib.contextmanager
def fused(model, names: Sequence[str], weights: Sequence[float]) -> Iterator[str]:
    r"""An adapter that is the weighted sum of experts, while the block lasts.

    .. math:: \Delta W = \sum_i w_i \, s_i \, B_i A_i, \qquad s_i = \frac{\alpha_i}{r_i}

    exactly: the matrices lie side by side, :math:`[B_1 \cdots B_k]` and the :math:`w_i s_i A_i` below each other, so
    that the rank is the sum of the experts' ranks. That is peft's ``cat``. Its ``linear`` adds the matrices first and
    multiplies then, :math:`(\sum_i \sqrt{w_i s_i} B_i)(\sum_i \sqrt{w_i s_i} A_i)`, which adds products of one expert's
    :math:`B` with another's :math:`A` that were never trained together.

    Parameters
    ----------
    model : PeftModel
        As from :func:`assl_utils.experts.adapters.adapters`.
    names : sequence of str
        Full names of the experts; their ranks and layers may differ.
    weights : sequence of float
        One per expert; negative ones take an expert away, those of 0 are left out.

    Yields
    ------
    str
        The name to give to :func:`assl_utils.experts.generation.generate`, ``fused-<8 digits that follow from names and
        weights>``.

    Notes
    -----
    In each layer this is also the weighted sum of the experts' outputs, which LoraRetriever calls a mixture.
    """
    with added(model, "fused", parts_of(model, names, weights), _exact_sum) as name:
        yield name


@contextlib.contextmanager
def added(model, kind: str, parts: list[tuple[str, float]], write) -> Iterator[str]:
    """An adapter made of others, while the block lasts; the model is afterwards what it was.

    Parameters
    ----------
    model : PeftModel
    kind : str
        The beginning of its name, ``kind-<8 digits that follow from parts>``.
    parts : list of (name, weight)
        As `parts_of` gave them.
    write : callable
        Given the model, the adapter's name and the parts, it fills in the matrices that peft laid out.

    Yields
    ------
    str
    """
    name = f"{kind}-" + hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:8]
    if name in adapters.adapter_names(model):  # inside a block that made the same, and will take it off
        yield name
        return
    active = model.active_adapter
    try:
        model.add_weighted_adapter([n for n, _ in parts], [w for _, w in parts], name, combination_type="cat")
        model.peft_config[name].use_rslora = False
        write(model, name, parts)
        yield name
    finally:
        if model.active_adapter != active:
            model.set_adapter(active)
        if name in adapters.adapter_names(model):
            model.delete_adapter(name)


def parts_of(model, names: Sequence[str], weights: Sequence[float]) -> list[tuple[str, float]]:
    """Experts and weights that can be added up, those of weight 0 left out."""
    if isinstance(names, str) or len(names) != len(weights):
        raise ValueError(f"names and weights are to be lists of one length, not {names!r} and {weights!r}")
    _check_attached(model, names)
    if not all(math.isfinite(weight) for weight in weights):
        raise ValueError(f"weights hold a value that is not finite: {list(weights)}")
    parts = [(name, float(weight)) for name, weight in zip(names, weights, strict=True) if weight != 0]
    if not parts:
        raise ValueError("no expert has a weight other than 0: that is the base model, adapters=None")
    for name, _ in parts:
        config = model.peft_config[name]
        layers = [layer for layer in _layers(model) if name in layer.lora_variant or layer.lora_bias.get(name)]
        if layers or config.bias != "none" or config.modules_to_save:
            raise ValueError(
                f"{name} holds more than LoRA's two matrices (DoRA, a bias, whole modules): no sum of those"
            )
    return parts


def _exact_sum(model, name: str, parts: list[tuple[str, float]]) -> None:
    """Write the sum anew where peft laid it out.

    peft rounds it to the base's 16 bits where the experts are kept in 32, scales it by the square root of its rank
    where the first expert is an rsLoRA, and leaves its dropout on.
    """
    for layer in layers_of(model, name).values():
        held = [(n, w * layer.scaling[n]) for n, w in parts if n in layer.lora_A]
        if held:
            above = [layer.lora_A[n].weight.detach() * scale for n, scale in held]
            layer.lora_A[name].weight.data = torch.cat(above, dim=0)
            layer.lora_B[name].weight.data = torch.cat([layer.lora_B[n].weight.detach() for n, _ in held], dim=1)


def layers_of(model, name: str) -> dict[str, LoraLayer]:
    """The layers in which an `added` adapter has matrices, by place; its scale is 1, its dropout as in the layer."""
    found = {}
    for place, layer in model.named_modules():
        if isinstance(layer, LoraLayer) and name in layer.scaling:
            layer.scaling[name] = 1.0
            layer.lora_dropout[name].train(layer.training)
            found[place] = layer
    return found


def _layers(model) -> Iterator[LoraLayer]:
    return (module for module in model.modules() if isinstance(module, LoraLayer))


def _check_attached(model, names: Sequence[str]) -> None:
    attached = adapters.adapter_names(model)
    unknown = sorted({str(name) for name in names if name not in attached})
    if unknown:
        raise ValueError(f"no adapter is called {', '.join(unknown)}; attached are {attached or 'none'}")


def fusion(
    model,
    tokenizer,
    prompts: Sequence[str],
    experts: Sequence[Sequence[str]],
    weights: Sequence[Sequence[float]],
    **how,
) -> list[str]:
    """Greedy answers of a sum of experts per prompt: `fused`, made once for all prompts that ask for the same sum.

    Parameters
    ----------
    model, tokenizer, prompts
        As for :func:`assl_utils.experts.generation.answer`.
    experts, weights
        As for `mixture`, without None. The order of a prompt's experts does not matter.
    **how
        As for :func:`assl_utils.experts.generation.answer`.

    Returns
    -------
    list of str
    """
    shares = _shares(model, prompts, experts, weights)
    groups: dict[tuple, list[int]] = {}
    for number, share in enumerate(shares):
        if None in share:
            raise ValueError(f"prompt {number} asks the base model, which has no update to add; leave it out")
        groups.setdefault(tuple(sorted(share.items())), []).append(number)
    answers = [""] * len(prompts)
    for parts in sorted(groups):
        members = groups[parts]
        with fused(model, [name for name, _ in parts], [weight for _, weight in parts]) as name:
            texts = generation.generate(model, tokenizer, [prompts[i] for i in members], name, **how)
        for i, text in zip(members, texts, strict=True):
            answers[i] = text
    return answers


def mixture(
    model,
    tokenizer,
    prompts: Sequence[str],
    experts: Sequence[Sequence[str | None]],
    weights: Sequence[Sequence[float]],
    max_new_tokens: int = 64,
    batch_size: int = 32,
    label: str | None = None,
    cache=None,
) -> list[str]:
    r"""Greedy answers of several experts per prompt, which agree on each token before the next.

    .. math:: y_t = \arg\max_v \sum_i w_i \, p_i(v \mid x, y_{<t})

    Probabilities are averaged, not logits: an expert that is sure outweighs one that has no opinion.

    Parameters
    ----------
    model, tokenizer
        As for :func:`assl_utils.experts.generation.answer`.
    prompts : sequence of str
        Questions as :func:`assl_utils.tasks.wordings.prompt` words them; the chat format is added here.
    experts : sequence of sequences of str or None
        Who answers each prompt; None is the base model. A name that is not attached is an error.
    weights : sequence of sequences of float
        What each of them counts, 0 or more; only their ratios matter.
    max_new_tokens : int, default 64
        Longest answer in tokens. A question too long for the model's window is shortened from its end.
    batch_size : int, default 32
        Prompts per batch; each takes a row per expert. The batches follow from prompts and size alone.
    cache : path or None
        A folder that the answers of each batch are kept in and taken from.

    Returns
    -------
    list of str
    """
    shares = _shares(model, prompts, experts, weights)
    room = getattr(model.config, "max_position_embeddings", 1 << 30) - max_new_tokens
    ids = [models.encode_chat(tokenizer, prompt, max_length=room)[0] for prompt in prompts]
    ends, marks = generation.end_tokens(model, tokenizer), set(tokenizer.all_special_ids)
    # of like length, to an octave, and what begins alike side by side, as in `generation.answer`
    order = sorted(range(len(ids)), key=lambda i: (len(ids[i]).bit_length(), ids[i]))
    answers = [""] * len(ids)
    names = {name for share in shares for name in share}
    known = {name: identity.weights_hash(model, name) for name in names} if cache else {}
    how = {
        "engine": generation.ENGINE, "max_new_tokens": max_new_tokens, "dtype": str(model.dtype),
        "device": model.device.type, "base": cache and identity.weights_hash(model),
    }  # fmt: skip
    with progress.bar(len(ids), label or "answers of several experts") as bar:
        for start in range(0, len(order), batch_size):
            batch = order[start : start + batch_size]
            rows = [(i, name, weight) for i in batch for name, weight in shares[i].items()]

            def agree(logits, left, rows=rows):
                return _agree(logits, [rows[row][0] for row in left], [rows[row][2] for row in left])

            def answered(batch=batch, rows=rows, agree=agree):
                asked = [ids[i] for i, _, _ in rows]
                new = decoding.greedy(model, asked, ends, max_new_tokens, _who(model, rows), agree)
                # the rows of a prompt all say the same
                said = {i: tokens for (i, _, _), tokens in zip(rows, new, strict=True)}
                return [tokenizer.decode([t for t in said[i] if t not in marks]).strip() for i in batch]

            key = [[ids[i], [[known.get(name), weight] for name, weight in shares[i].items()]] for i in batch]
            for i, text in zip(batch, batches.kept(cache, [key, how], answered), strict=True):
                answers[i] = text
            bar.update(len(batch))
    return answers


def _who(model, rows) -> list[str] | None:
    """The names that peft takes row by row; a plain model has none."""
    return [name or generation.BASE for _, name, _ in rows] if adapters.adapter_names(model) else None


def _shares(model, prompts, experts, weights) -> list[dict[str | None, float]]:
    """For each prompt the experts that count and by how much; one that is named twice counts twice."""
    if not len(prompts) == len(experts) == len(weights):
        raise ValueError(
            f"{len(prompts)} prompts, {len(experts)} lists of experts, {len(weights)} of weights; give one per prompt"
        )
    shares = []
    for number, (names, counts) in enumerate(zip(experts, weights, strict=True)):
        if isinstance(names, str) or len(names) != len(counts):
            raise ValueError(f"prompt {number} needs a list of experts and as many weights, not {names!r}, {counts!r}")
        if not all(0 <= count < math.inf for count in counts) or not sum(counts) > 0:
            raise ValueError(f"the weights of prompt {number} are to be 0 or more, one of them above 0: {list(counts)}")
        share: dict[str | None, float] = {}
        for name, count in zip(names, counts, strict=True):
            if count > 0:
                share[name] = share.get(name, 0.0) + float(count)
        shares.append(share)
    _check_attached(model, [name for names in experts for name in names if name is not None])
    return shares


def _agree(logits: torch.Tensor, prompts: Sequence[int], weights: Sequence[float]) -> torch.Tensor:
    """For each row the next token of its prompt, to which the prompt's rows together give the highest probability."""
    members: dict[int, list[int]] = {}
    for row, prompt in enumerate(prompts):
        members.setdefault(prompt, []).append(row)
    tokens = logits.new_empty(len(prompts), dtype=torch.long)
    for at in members.values():
        weight = torch.tensor([weights[row] for row in at], dtype=torch.float64, device=logits.device)
        # float64: in float32 two logits that differ can get the same probability
        tokens[at] = (weight[:, None] * logits[at].double().softmax(-1)).sum(0).argmax()
    return tokens
