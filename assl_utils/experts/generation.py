"""Answers: greedy, in fixed batches, kept on disk as they come.

Which prompts share a batch changes the last bits of the logits and now and then a greedy choice, so the batches follow
from the request alone (prompts, adapters, batch size) and never from how far an interrupted run had come.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from assl_utils import progress
from assl_utils.experts import batches, decoding, models, packing
from assl_utils.experts.adapters import adapter_names, answering_as
from assl_utils.experts.identity import weights_hash

ENGINE = 2  # part of every cache key; raised when the decoding changes an answer
BASE = "__base__"  # peft's name for the base model among the adapters of a mixed batch


def generate(model, tokenizer, prompts: Sequence[str], adapters=None, **how) -> list[str]:
    """Greedy answers to ``prompts``, in their order: the texts of `answer`, which takes the same arguments."""
    return answer(model, tokenizer, prompts, adapters, **how)["answer"].tolist()


def answer(
    model,
    tokenizer,
    prompts: Sequence[str],
    adapters: str | Sequence[str | None] | None = None,
    max_new_tokens: int = 64,
    batch_size: int = 32,
    cache=None,
    label: str | None = None,
    merge: bool | None = None,
    mixed: bool | None = None,
) -> pd.DataFrame:
    """Greedy answers to ``prompts`` and what each of them took.

    Parameters
    ----------
    model, tokenizer
        As from :func:`assl_utils.experts.models.load`, or the PEFT model of
        :func:`assl_utils.experts.adapters.adapters`.
    prompts : sequence of str
        Questions as :func:`assl_utils.tasks.wordings.prompt` words them; the chat format is added here.
    adapters : None, str or one name (or None) per prompt
        Who answers; None is the base model. A name that is not attached is an error.
    max_new_tokens : int, default 64
        Longest answer in tokens. A question too long for the model's window is shortened from its end.
    batch_size : int, default 32
        Prompts are grouped by adapter, sorted by length (to a factor of two) and by beginning, and cut into batches.
    cache : path or None
        A folder that answers are appended to, batch by batch, and taken from: the key covers weights, adapter, prompt
        and decoding. One folder may serve all calls, runs and processes; each request writes a file of its own.
    merge : bool or None
        Add an adapter to the weights while it answers. None does so in float32; in 16 or 4 bits small updates would be
        lost.
    mixed : bool or None
        Whether what is left of each adapter after its full batches is answered in common batches, row by row with its
        own adapter. None does so where it makes fewer batches and adapters are not merged anyway.

    Returns
    -------
    DataFrame, a row per prompt
        ``answer``, ``prompt_tokens``, ``answer_tokens``, ``seconds`` (its share of its batch when it was written).

    Notes
    -----
    A call that was interrupted goes on with the batches it lacks and returns what an uninterrupted call returns.
    Answers that another call left in the cache are reused as they are.
    """
    names = _one_per_prompt(adapters, len(prompts))
    attached = adapter_names(model)
    unknown = sorted({n for n in names if n is not None} - set(attached))
    if unknown:
        raise ValueError(f"no adapter is called {', '.join(unknown)}; attached are {list(attached) or 'none'}")
    if merge is None:
        merge = model.dtype == torch.float32 and models.quantized(model) == "no"
    how = {
        "engine": ENGINE, "max_new_tokens": max_new_tokens, "batch_size": batch_size,
        "dtype": str(model.dtype), "device": model.device.type,
    }  # fmt: skip
    # without a cache no later call asks which weights these were, and to hash those of 7B takes longer than an answer
    known = weights_hash if cache is not None else lambda model, adapter=None: adapter
    identity = {name: [known(model), name and known(model, name)] for name in set(names)}
    keys = [_key(identity[n], prompt, how) for n, prompt in zip(names, prompts, strict=True)]
    request = hashlib.sha256("".join(keys).encode()).hexdigest()[:16]

    store = {name: _Kept(cache, _key(identity[name], "", how)[:16], request) for name in set(names)}
    kept: dict[str, dict] = {}
    for part in store.values():
        kept |= part.rows
    answers = {key: kept[key] for key in keys if key in kept}
    ids, todo = {}, {}
    room = getattr(model.config, "max_position_embeddings", 1 << 30) - max_new_tokens
    for key, name, prompt in zip(keys, names, prompts, strict=True):
        # What an earlier start of this same request left is planned for again, so that the batches stay the same.
        if key not in ids and (key not in kept or kept[key]["request"] == request):
            ids[key] = models.encode_chat(tokenizer, prompt, max_length=room)[0]
            todo.setdefault(name, []).append(key)

    if mixed is None:
        mixed = not merge
    ends, marks = end_tokens(model, tokenizer), set(tokenizer.all_special_ids)
    with progress.bar(len(ids), label or "answers") as bar:
        for who, batch in _batches(todo, ids, batch_size, mixed):
            if not all(key in answers for key in batch):
                began = time.perf_counter()
                with _as(model, who, merge) as each:
                    new = decoding.greedy(model, [ids[k] for k in batch], ends, max_new_tokens, each)
                share = (time.perf_counter() - began) / len(batch)
                for key, name, tokens in zip(batch, who, new, strict=True):
                    # not skip_special_tokens: a tokenizer may keep its bytes as special tokens
                    text = tokenizer.decode([t for t in tokens if t not in marks]).strip()
                    row = {
                        "key": key, "request": request, "answer": text, "prompt_tokens": len(ids[key]),
                        "answer_tokens": len(tokens), "seconds": round(share, 6),
                    }  # fmt: skip
                    store[name].add(answers.setdefault(key, row))
                for name in set(who):
                    store[name].flush()
            bar.update(len(batch))
    batches.spend(sum(answers[key]["seconds"] for key in keys))
    columns = ["answer", "prompt_tokens", "answer_tokens", "seconds"]
    return pd.DataFrame([[answers[key][c] for c in columns] for key in keys], columns=columns)


def _batches(todo: dict, ids: dict, batch_size: int, mixed: bool) -> list[tuple[list, list[str]]]:
    """Who answers and which keys, batch by batch."""
    whole, rest = [], []
    for name in sorted(todo, key=lambda n: (n is not None, n)):
        # of like length, to an octave, and what begins alike side by side
        order = sorted(todo[name], key=lambda k: (len(ids[k]).bit_length(), ids[k]))
        batches = [order[i : i + batch_size] for i in range(0, len(order), batch_size)]
        whole += [([name] * len(batch), batch) for batch in batches]
        if len(batches[-1]) < batch_size:
            rest.append(whole.pop())
    left = sorted(
        ((name, key) for who, batch in rest for name, key in zip(who, batch, strict=True)),
        key=lambda pair: (len(ids[pair[1]]).bit_length(), str(pair[0]), ids[pair[1]]),
    )
    common = [left[i : i + batch_size] for i in range(0, len(left), batch_size)]
    if not mixed or len(common) >= len(rest):
        return whole + rest
    return whole + [([name for name, _ in batch], [key for _, key in batch]) for batch in common]


@contextlib.contextmanager
def _as(model, who: list, merge: bool):
    """``model`` answering as one adapter; for several, the names that peft takes row by row."""
    if len(set(who)) > 1:
        yield [name or BASE for name in who]
        return
    with answering_as(model, who[0], merge=merge and who[0] is not None):
        yield None


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
    answered = [packing.Sample(tuple(ids), n) for ids, n in encoded if len(ids) > n]
    score = partial(_mean_nll, model, bool(answered) and packing.can_pack(model, answered))
    return _in_batches(model, encoded, names, batch_size, score, np.empty(len(prompts)), label)


def option_likelihood(
    model,
    tokenizer,
    prompts: Sequence[str],
    options: Sequence[str] = ("A", "B", "C", "D"),
    adapters: str | Sequence[str | None] | None = None,
    batch_size: int = 32,
    label: str | None = None,
    cache=None,
) -> np.ndarray:
    """Negative log-likelihood per token of each option as the beginning of the answer, shape (n, options).

    The smallest of a row is the model's choice in an exam; the token that ends an answer is left out. Options of one
    token each, as A to D are, share a single pass over the question.
    """
    one = [tokenizer.encode(option, add_special_tokens=False, split_special_tokens=True) for option in options]
    if any(len(tokens) != 1 for tokens in one):
        questions, answers = [p for p in prompts for _ in options], list(options) * len(prompts)
        who = [name for name in _one_per_prompt(adapters, len(prompts)) for _ in options]
        values = log_likelihood(model, tokenizer, questions, answers, who, batch_size, end=False, label=label)
        return values.reshape(len(prompts), len(options))
    columns = [tokens[0] for tokens in one]

    def score(encoded):
        found = []

        def keep(logits, _):
            found.append(-logits.float().log_softmax(-1)[:, columns].double().cpu().numpy())
            return logits.argmax(-1)

        decoding.greedy(model, [ids for ids, _ in encoded], set(), 1, choose=keep)
        return found[0]

    limit = getattr(model.config, "max_position_embeddings", None)
    encoded = [models.encode_chat(tokenizer, prompt, max_length=limit) for prompt in prompts]
    result = np.empty((len(prompts), len(columns)))
    return _in_batches(model, encoded, adapters, batch_size, score, result, label, cache, columns)


def _in_batches(model, encoded, adapters, batch_size, score, result, label, cache=None, about=None) -> np.ndarray:
    """Fill ``result`` by ``score``, adapter by adapter, in batches of like length, each kept in ``cache``."""
    how = {"engine": ENGINE, "about": about, "dtype": str(model.dtype), "device": model.device.type}
    names = _one_per_prompt(adapters, len(encoded))
    was_training = model.training
    model.eval()
    with progress.bar(len(encoded), label or "likelihoods") as bar:
        for name in sorted(set(names), key=lambda n: (n is not None, n)):
            order = sorted((i for i in range(len(names)) if names[i] == name), key=lambda i: len(encoded[i][0]))
            who = cache and [weights_hash(model), name and weights_hash(model, name)]
            with answering_as(model, name):
                for start in range(0, len(order), batch_size):
                    batch = order[start : start + batch_size]
                    asked = [encoded[i] for i in batch]
                    key = [who, [ids for ids, _ in asked], how]
                    result[batch] = batches.kept(cache, key, lambda asked=asked: score(asked).tolist())
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
def _mean_nll(model, packs: bool, encoded: list[tuple[list[int], int]]) -> np.ndarray:
    counts = [len(tokens) - n for tokens, n in encoded]
    if packs:  # end to end, and only the answers' places through the output layer
        line = packing.pack([packing.Sample(tuple(tokens), n) for tokens, n in encoded])
        targets = line.pop("shift_labels")[0].to(model.device)
        del line["labels"]
        with packing.packed(model):
            line = {name: value.to(model.device) if torch.is_tensor(value) else value for name, value in line.items()}
            logits = model(**line).logits[0].float()
        nll = torch.nn.functional.cross_entropy(logits, targets, reduction="none").double().split(counts)
        return np.array([float(part.mean()) for part in nll])
    ids, first = _right_padded(model, encoded)
    logits = model(input_ids=ids, logits_to_keep=ids.shape[1] - first, use_cache=False).logits[:, :-1].float()
    nll = torch.nn.functional.cross_entropy(logits.transpose(1, 2), ids[:, first + 1 :], reduction="none")
    place = torch.arange(first + 1, ids.shape[1])
    counted = torch.stack([(place >= n) & (place < len(tokens)) for tokens, n in encoded]).to(nll.device)
    return ((nll * counted).sum(1) / counted.sum(1)).double().cpu().numpy()


def _one_per_prompt(adapters, n: int) -> list[str | None]:
    if adapters is None or isinstance(adapters, str):
        return [adapters] * n
    names = [None if name is None else str(name) for name in adapters]
    if len(names) != n:
        raise ValueError(f"{n} prompts, but {len(names)} adapter names; give one name per prompt")
    return names


def end_tokens(model, tokenizer) -> set[int]:
    """Tokens that end an answer."""
    ends = {models.end_of_answer(tokenizer)}
    for more in (tokenizer.eos_token_id, model.generation_config.eos_token_id):
        ends.update([] if more is None else [more] if isinstance(more, int) else more)
    return ends


def _key(identity: list, prompt: str, how: dict) -> str:
    text = json.dumps([identity, prompt, how], ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


class _Kept:
    """The answers of one model on disk: a folder, in it a file of lines for each request that wrote some."""

    def __init__(self, cache, identity: str, request: str):
        self.rows: dict[str, dict] = {}
        self.path = None if cache is None else Path(cache) / identity / f"{request}.jsonl"
        self._new: list[dict] = []
        if cache is None:
            return
        if Path(cache).is_file():
            raise NotADirectoryError(f"{cache} is a file; answers are kept in a folder")
        files = sorted(self.path.parent.glob("*.jsonl"), key=lambda file: (file != self.path, file.name))
        for file in files:  # this request's own first, so that what it wrote counts
            for row in _lines(file):
                self.rows.setdefault(row["key"], row)

    def add(self, row: dict) -> None:
        if row["key"] not in self.rows:
            self.rows[row["key"]] = row
            self._new.append(row)

    def flush(self) -> None:
        """Push the new lines to the disk."""
        lines, self._new = self._new, []
        if self.path is None or not lines:
            return
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with open(self.path, "ab") as stream:
            if stream.tell():
                with open(self.path, "rb") as tail:
                    tail.seek(-1, os.SEEK_END)
                    if tail.read(1) != b"\n":  # the last writer was killed inside a line
                        stream.write(b"\n")
            stream.write("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines).encode())
            stream.flush()
            os.fsync(stream.fileno())


def _lines(path: Path) -> list[dict]:
    """Whole lines of a file of answers; a line torn by a kill is passed over."""
    rows = []
    with open(path, encoding="utf-8", errors="replace") as stream:
        for line in stream:
            try:
                row = json.loads(line)
                if {"key", "request", "answer", "prompt_tokens", "answer_tokens", "seconds"} <= row.keys():
                    rows.append(row)
            except (ValueError, AttributeError):
                continue
    return rows
