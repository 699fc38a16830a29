"""Answers: greedy, in fixed batches, kept on disk as they come.

Which prompts share a batch changes the last bits of the logits and now and then a greedy choice, so the batches follow
from the request alone (prompts, adapters, batch size) and never from how far an interrupted run had come.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np
import torch
from transformers import DynamicCache

from assl_utils import models, progress

ENGINE = 1  # part of every cache key; raised when the decoding below changes an answer


def generate(
    model,
    tokenizer,
    prompts: Sequence[str],
    adapters: str | Sequence[str | None] | None = None,
    max_new_tokens: int = 64,
    batch_size: int = 32,
    cache=None,
    label: str | None = None,
    merge: bool | None = None,
) -> list[str]:
    """Greedy answers to ``prompts``, in their order.

    Parameters
    ----------
    model, tokenizer
        As from :func:`assl_utils.models.load`, or the PEFT model of :func:`assl_utils.models.adapters`.
    prompts : sequence of str
        Questions as :func:`assl_utils.models.prompt` words them; the chat format is added here.
    adapters : None, str or one name (or None) per prompt
        Who answers; None is the base model. A name that is not attached is an error.
    max_new_tokens : int, default 64
        Longest answer in tokens. A question too long for the model's window is shortened from its end.
    batch_size : int, default 32
        Prompts are grouped by adapter, sorted by length and cut into batches of this size.
    cache : path or None
        A JSONL file that answers are appended to, batch by batch, and taken from: the key covers weights, adapter,
        prompt and decoding. One file may serve many calls.
    merge : bool or None
        Add an adapter to the weights while it answers. None does so in float32; in 16 bits small updates would be lost.

    Returns
    -------
    list of str

    Notes
    -----
    A call that was interrupted goes on with the batches it lacks and returns what an uninterrupted call returns.
    Answers that another call left in the cache are reused as they are.
    """
    names = _one_per_prompt(adapters, len(prompts))
    attached = models.adapter_names(model)
    unknown = sorted({n for n in names if n is not None} - set(attached))
    if unknown:
        raise ValueError(f"no adapter is called {', '.join(unknown)}; attached are {list(attached) or 'none'}")
    if merge is None:
        merge = model.dtype == torch.float32
    decoding = {
        "engine": ENGINE, "max_new_tokens": max_new_tokens, "batch_size": batch_size,
        "dtype": str(model.dtype), "device": model.device.type,
    }  # fmt: skip
    base = models.weights_hash(model)
    identity = {name: [base, name and models.weights_hash(model, name), bool(name) and merge] for name in set(names)}
    keys = [_key(identity[n], prompt, decoding) for n, prompt in zip(names, prompts, strict=True)]
    request = hashlib.sha256("".join(keys).encode()).hexdigest()[:16]

    kept = _read(cache)
    answers = {key: kept[key]["answer"] for key in keys if key in kept}
    ids, todo = {}, {}
    marks = set(tokenizer.all_special_ids)  # not skip_special_tokens: a tokenizer may keep its bytes as special tokens
    room = getattr(model.config, "max_position_embeddings", 1 << 30) - max_new_tokens
    for key, name, prompt in zip(keys, names, prompts, strict=True):
        # What an earlier start of this same request left is planned for again, so that the batches stay the same.
        if key not in ids and (key not in kept or kept[key]["request"] == request):
            ids[key] = models.encode_chat(tokenizer, prompt, max_length=room)[0]
            todo.setdefault(name, []).append(key)

    with progress.bar(len(ids), label or "answers") as bar:
        for name in sorted(todo, key=lambda n: (n is not None, n)):
            order = sorted(todo[name], key=lambda k: len(ids[k]))  # stable: ties stay in the order of the prompts
            batches = [order[i : i + batch_size] for i in range(0, len(order), batch_size)]
            with models.answering_as(model, name, merge=merge and name is not None):
                for batch in batches:
                    if not all(key in answers for key in batch):
                        began = time.perf_counter()
                        new = _greedy(model, tokenizer, [ids[k] for k in batch], max_new_tokens)
                        share = (time.perf_counter() - began) / len(batch)
                        lines = []
                        for key, tokens in zip(batch, new, strict=True):
                            text = tokenizer.decode([t for t in tokens if t not in marks]).strip()
                            answers.setdefault(key, text)
                            lines.append({
                                "key": key, "request": request, "answer": answers[key], "prompt_tokens": len(ids[key]),
                                "answer_tokens": len(tokens), "seconds": round(share, 6),
                            })  # fmt: skip
                        _append(cache, lines)
                    bar.update(len(batch))
    return [answers[key] for key in keys]


@torch.inference_mode()
def _greedy(model, tokenizer, prompts: list[list[int]], max_new_tokens: int) -> list[list[int]]:
    """Greedy continuations of one batch, the ending token left out.

    The same answers as ``model.generate``, but rows that have ended leave the batch once half of it has: answers of
    two tokens need not wait for one of sixty.
    """
    ends = _end_tokens(model, tokenizer)
    device, width = model.device, max(map(len, prompts))
    ids = torch.zeros((len(prompts), width), dtype=torch.long)
    mask = torch.zeros_like(ids)
    for row, prompt in enumerate(prompts):
        ids[row, width - len(prompt) :] = torch.tensor(prompt)
        mask[row, width - len(prompt) :] = 1
    ids, mask = ids.to(device), mask.to(device)
    positions = (mask.cumsum(1) - 1).clamp(min=0)
    past = DynamicCache(config=model.config)
    answers: list[list[int]] = [[] for _ in prompts]
    rows, open_rows = list(range(len(prompts))), set(range(len(prompts)))
    was_training = model.training
    model.eval()
    for step in range(max_new_tokens):
        logits = model(
            input_ids=ids, attention_mask=mask, position_ids=positions, past_key_values=past, use_cache=True,
            logits_to_keep=1,
        ).logits  # fmt: skip
        ids = logits[:, -1:].argmax(-1)
        for row, token in zip(rows, ids[:, 0].tolist(), strict=True):
            if row in open_rows:
                if token in ends:
                    open_rows.discard(row)
                else:
                    answers[row].append(token)
        if not open_rows or step == max_new_tokens - 1:
            break
        mask = torch.cat([mask, mask.new_ones(len(rows), 1)], dim=1)
        positions = positions[:, -1:] + 1
        if 2 * len(open_rows) <= len(rows):
            keep = torch.tensor([i for i, row in enumerate(rows) if row in open_rows], device=device)
            past.batch_select_indices(keep)
            ids, mask, positions = ids[keep], mask[keep], positions[keep]
            rows = [rows[i] for i in keep.tolist()]
    model.train(was_training)
    return answers


def log_likelihood(
    model,
    tokenizer,
    prompts: Sequence[str],
    answers: Sequence[str],
    adapters: str | Sequence[str | None] | None = None,
    batch_size: int = 32,
    end: bool = True,
    label: str | None = None,
) -> np.ndarray:
    r"""Mean negative log-likelihood of each answer, given its prompt.

    .. math:: \mathrm{NLL}(y \mid x) = -\frac{1}{|y|} \sum_{t=1}^{|y|} \log p(y_t \mid x, y_{<t})

    One forward pass instead of one per token: the cheap relative of generating and scoring.

    Parameters
    ----------
    end : bool, default True
        Count the token that ends the answer.

    Returns
    -------
    ndarray of shape (n,)
        In nats per token; smaller is likelier. An empty answer with ``end=False`` has no tokens and gives ``nan``.
    """
    if len(prompts) != len(answers):
        raise ValueError(f"{len(prompts)} prompts, but {len(answers)} answers")
    names = _one_per_prompt(adapters, len(prompts))
    limit = getattr(model.config, "max_position_embeddings", None)
    encoded = [models.encode_chat(tokenizer, p, a, limit) for p, a in zip(prompts, answers, strict=True)]
    if not end:
        stop = models.end_of_answer(tokenizer)
        encoded = [(ids[:-1] if len(ids) > n and ids[-1] == stop else ids, n) for ids, n in encoded]
    return _in_batches(model, encoded, names, batch_size, partial(_mean_nll, model), np.empty(len(prompts)), label)


def option_likelihood(
    model,
    tokenizer,
    prompts: Sequence[str],
    options: Sequence[str] = ("A", "B", "C", "D"),
    adapters: str | Sequence[str | None] | None = None,
    batch_size: int = 32,
    label: str | None = None,
) -> np.ndarray:
    """Negative log-likelihood per token of each option as the beginning of the answer, shape (n, options).

    The smallest of a row is the model's choice in an exam; the token that ends an answer is left out. Options of one
    token each, as letters are, share a single pass over the question.
    """
    one = [tokenizer.encode(option, add_special_tokens=False, split_special_tokens=True) for option in options]
    if any(len(tokens) != 1 for tokens in one):
        asked, answers = [p for p in prompts for _ in options], list(options) * len(prompts)
        who = [name for name in _one_per_prompt(adapters, len(prompts)) for _ in options]
        values = log_likelihood(model, tokenizer, asked, answers, who, batch_size, end=False, label=label)
        return values.reshape(len(prompts), len(options))
    columns = torch.tensor([tokens[0] for tokens in one])

    @torch.inference_mode()
    def score(encoded):
        ids, first = _right_padded(model, encoded)
        logits = model(input_ids=ids, logits_to_keep=ids.shape[1] - first, use_cache=False).logits
        last = torch.tensor([n - 1 - first for _, n in encoded], device=logits.device)
        chosen = logits[torch.arange(len(encoded), device=logits.device), last].float()
        return -chosen.log_softmax(-1)[:, columns.to(chosen.device)].double().cpu().numpy()

    limit = getattr(model.config, "max_position_embeddings", None)
    encoded = [models.encode_chat(tokenizer, prompt, max_length=limit) for prompt in prompts]
    return _in_batches(model, encoded, adapters, batch_size, score, np.empty((len(prompts), len(columns))), label)


def _in_batches(model, encoded, adapters, batch_size, score, result, label) -> np.ndarray:
    """Fill ``result`` by ``score``, adapter by adapter, in batches of like length."""
    names = _one_per_prompt(adapters, len(encoded))
    was_training = model.training
    model.eval()
    with progress.bar(len(encoded), label or "likelihoods") as bar:
        for name in sorted(set(names), key=lambda n: (n is not None, n)):
            order = sorted((i for i in range(len(names)) if names[i] == name), key=lambda i: len(encoded[i][0]))
            with models.answering_as(model, name):
                for start in range(0, len(order), batch_size):
                    batch = order[start : start + batch_size]
                    result[batch] = score([encoded[i] for i in batch])
                    bar.update(len(batch))
    model.train(was_training)
    return result


def _right_padded(model, encoded: list[tuple[list[int], int]]) -> tuple[torch.Tensor, int]:
    """Ids padded on the right, which needs no mask (under a causal mask nothing real sees the padding), and the first
    position whose logits predict an answer's token."""
    ids = torch.zeros((len(encoded), max(len(tokens) for tokens, _ in encoded)), dtype=torch.long)
    for row, (tokens, _) in enumerate(encoded):
        ids[row, : len(tokens)] = torch.tensor(tokens)
    return ids.to(model.device), min(n for _, n in encoded) - 1


@torch.inference_mode()
def _mean_nll(model, encoded: list[tuple[list[int], int]]) -> np.ndarray:
    ids, first = _right_padded(model, encoded)
    logits = model(input_ids=ids, logits_to_keep=ids.shape[1] - first, use_cache=False).logits[:, :-1].float()
    nll = torch.nn.functional.cross_entropy(logits.transpose(1, 2), ids[:, first + 1 :], reduction="none")
    place = torch.arange(first + 1, ids.shape[1])
    counted = torch.stack([(place >= n) & (place < len(tokens)) for tokens, n in encoded]).to(nll.device)
    return ((nll * counted).sum(1) / counted.sum(1)).double().cpu().numpy()


def cost(cache) -> dict:
    """What the answers in a cache took: how many, prompt and answer tokens, seconds."""
    rows = list(_read(cache).values())
    sums = {name: sum(row[name] for row in rows) for name in ("prompt_tokens", "answer_tokens", "seconds")}
    return {"answers": len(rows), **sums}


def _one_per_prompt(adapters, n: int) -> list[str | None]:
    if adapters is None or isinstance(adapters, str):
        return [adapters] * n
    names = [None if name is None else str(name) for name in adapters]
    if len(names) != n:
        raise ValueError(f"{n} prompts, but {len(names)} adapter names; give one name per prompt")
    return names


def _end_tokens(model, tokenizer) -> set[int]:
    ends = {models.end_of_answer(tokenizer)}
    for more in (tokenizer.eos_token_id, model.generation_config.eos_token_id):
        ends.update([] if more is None else [more] if isinstance(more, int) else more)
    return ends


def _key(identity: list, prompt: str, decoding: dict) -> str:
    text = json.dumps([identity, prompt, decoding], ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _read(cache) -> dict[str, dict]:
    """Whole lines of the cache by key, the first of a key counting; a line torn by a kill is passed over."""
    rows: dict[str, dict] = {}
    if cache is None or not Path(cache).exists():
        return rows
    with open(cache, encoding="utf-8", errors="replace") as stream:
        for line in stream:
            try:
                row = json.loads(line)
                rows.setdefault(row["key"], row)
            except (ValueError, TypeError, KeyError):
                continue
    return rows


def _append(cache, lines: list[dict]) -> None:
    if cache is None:
        return
    path = Path(cache)
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "ab") as stream:
        if stream.tell():
            with open(path, "rb") as tail:
                tail.seek(-1, os.SEEK_END)
                if tail.read(1) != b"\n":  # the last writer was killed inside a line
                    stream.write(b"\n")
        stream.write("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines).encode())
        stream.flush()
        os.fsync(stream.fileno())
