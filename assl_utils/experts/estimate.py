"""What a long step will take, from a short trial, and what it took, beside the least it could take.

A trial does a little of the very work: a few training steps on batches of different size, or some of the answers. Time
grows with the tokens of a batch,

.. math:: t(\\text{batch}) = a + b \\cdot \\text{tokens},

so two sizes give both. A machine that is busy for a moment must not count tenfold: a trial is made several times, after
a first pass that does not count. The median is the estimate; the fastest and the slowest say how far to trust it.

The least is arithmetic: every weight is multiplied once per token read, twice in training (the frozen weights pass
gradients on and need none of their own), at the rate of a plain matrix product on this device; and when answers are
written, the weights have to be read once per step of a batch.
"""

from __future__ import annotations

import contextlib
import resource
import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch

from assl_utils import processes
from assl_utils.experts import account, decoding, generation, lean_lora, models, packing, training, training_sets
from assl_utils.progress import probes, ranged, span

SIZES = (0.1, 0.5, 0.9, 1.0)  # quantiles of the batches' tokens that a trial trains on


@dataclass(frozen=True)
class Device:
    """What a device does at best, measured."""

    products: float  # operations per second in a matrix product, in the model's precision
    copies: float  # bytes per second, read and written


def measure(device, dtype=torch.float32) -> Device:
    """The best of several products of 2048 × 2048 × 2048 (on a GPU 8192) and copies of 256 MB (2 GB)."""
    device = torch.device(device)
    n = 8192 if device.type == "cuda" else 2048
    a = torch.randn(n, n, device=device).to(dtype)
    products = 2 * n**3 / min(_timed(lambda: a @ a, device) for _ in range(5))
    source = torch.ones(1 << (29 if device.type == "cuda" else 26), device=device)
    target = torch.empty_like(source)
    copies = 2 * source.nbytes / min(_timed(lambda: target.copy_(source), device) for _ in range(5))
    return Device(products, copies)


def _timed(work, device) -> float:
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    began = time.perf_counter()
    work()
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    return time.perf_counter() - began


def weights(model) -> tuple[int, int]:
    """Weights in the products of the layers, and those of the output layer, which few places go through."""
    head = model.get_output_embeddings()
    body = sum(
        m.in_features * m.out_features
        for m in model.modules()
        if isinstance(m, torch.nn.Linear) and m is not head and not hasattr(m, "base_layer")
    )
    return body, head.in_features * head.out_features


def training_floor(model, tokens: int, answer_tokens: int, device: Device) -> float:
    """Seconds that training on so many tokens takes at the least: 4 operations per weight and token."""
    body, head = weights(model)
    return 4 * (body * tokens + head * answer_tokens) / device.products


def answering_floor(model, read: int, written: int, batch_size: int, device: Device) -> float:
    """Seconds that reading and writing so many tokens takes at the least.

    Reading is arithmetic. Writing is arithmetic or, in small batches, a reading of all weights for each token of a
    batch, whichever takes longer.
    """
    body, head = weights(model)
    size = sum(p.numel() * p.element_size() for p in model.parameters())
    steps = 2 * (body + head) * written / device.products, written / batch_size * size / device.copies
    return 2 * body * read / device.products + max(steps)


def bill(works: list[dict] | pd.DataFrame, hourly_rate: float = 0.0, workers: int | Sequence[int] = 1) -> pd.DataFrame:
    """What was spent where, a row a work.

    Parameters
    ----------
    works : list of dict, or DataFrame
        ``work``, ``rows``, ``tokens``, ``estimated_s``, ``seconds`` and ``floor_s``. What was done side by side counts
        the seconds of each.
    hourly_rate : float
        Price of an hour of this machine, in any currency; 0 leaves the column out.
    workers : int or sequence of int
        How many pieces of a work were done side by side, of all works or of each: they share the hour.

    Returns
    -------
    DataFrame indexed by work
        With ``share`` of all seconds in percent and ``over_floor``.
    """
    table = pd.DataFrame(works).set_index("work")
    table["share"] = 100 * table["seconds"] / table["seconds"].sum()
    table["over_floor"] = table["seconds"] / table["floor_s"]
    if hourly_rate:
        table["money"] = table["seconds"] / np.asarray(workers) / 3600 * hourly_rate
    return table


def train(base_model, sets: dict, device: Device | None = None, **recipe) -> pd.DataFrame:
    """What training on each of ``sets`` will take, after a trial of a few seconds.

    Parameters
    ----------
    base_model : (model, tokenizer)
        It is given back as it was.
    sets : dict of str to DataFrame
        The rows of each adapter.
    device : Device or None
        As `measure` gave it; None measures, on a CPU with the one thread that a training has.
    **recipe
        As for :func:`assl_utils.experts.side_by_side.train_experts`.

    Returns
    -------
    DataFrame indexed by expert
        ``steps``, ``tokens``, ``seconds``, ``low_s`` and ``high_s`` (by the median, the fastest and the slowest probe),
        ``floor_s`` and ``memory_gb``, the peak with the largest batch of all. Each adapter is counted as if it were
        trained alone; `wall` says what they take together.
    """
    model, tokenizer = base_model
    plan = ("epochs", "min_steps", "batch_size", "accumulate", "max_length", "seed")
    prepared = {
        name: training_sets.prepare(
            tokenizer, rows, **training_sets.for_adapter({k: recipe[k] for k in plan if k in recipe}, name)
        )
        for name, rows in sets.items()
    }
    batches = [batch for one in prepared.values() for batch in one.batches()]
    sizes = np.array([sum(len(s.ids) for s in batch) for batch in batches])
    order = np.argsort(sizes, kind="stable")
    tried = [batches[order[round(q * (len(order) - 1))]] for q in SIZES]
    with processes.torch_threads(1 if model.device.type == "cpu" else None):  # as `train_experts` trains
        seconds, memory_gb = _steps(model, tokenizer, tried, recipe)
        device = device or measure(model.device, model.dtype)
    read = [sum(len(s.ids) for s in batch) for batch in tried]
    fixed, per_token = np.array([line(read, of_round) for of_round in np.array(seconds)]).T
    rows = []
    for one in prepared.values():
        tokens = np.array(one.tokens())
        floor = training_floor(model, int(tokens.sum()), account.tokens(one)["answers"], device)
        rows.append({
            "steps": one.steps, "tokens": int(tokens.sum()),
            **span(fixed * len(tokens) + per_token * tokens.sum()),
            "floor_s": floor, "memory_gb": memory_gb,
        })  # fmt: skip
    return pd.DataFrame(rows, index=pd.Index(prepared, name="expert"))


def wall(ahead: pd.DataFrame, workers: int = 1) -> dict[str, float]:
    """How long one waits for all of `train`'s table.

    Parameters
    ----------
    ahead : DataFrame
    workers : int, default 1
        Adapters that are trained side by side, see :func:`assl_utils.experts.side_by_side.how_many`.

    Returns
    -------
    dict
        ``seconds``, ``low_s`` and ``high_s``: the sum shared out, but no less than the longest adapter.
    """
    columns = ("seconds", "low_s", "high_s")
    return {name: float(max(ahead[name].max(), ahead[name].sum() / workers)) for name in columns}


def memory(ahead: pd.DataFrame, workers: int = 1) -> str:
    """``"at most 2.0 GB"``, of all of `train`'s table, and of how many processes."""
    return f"at most {ahead['memory_gb'].max():.1f} GB" + (f" in each of {workers} processes" if workers > 1 else "")


def in_words(ahead: pd.DataFrame, hourly_rate: float = 0.0, workers: int = 1) -> str:
    """What all of `train`'s table takes: time by the clock, memory, and money where an hour has a price."""
    waiting = wall(ahead, workers)
    words = f"{ranged(waiting)}, {memory(ahead, workers)}"
    if hourly_rate:
        words += f"; at {hourly_rate:g} an hour: {waiting['seconds'] / 3600 * hourly_rate:.2f}"
    return words


def line(tokens, seconds) -> tuple[float, float]:
    """``a`` and ``b`` of the best line through the trial, neither below zero."""
    tokens, seconds = np.asarray(tokens, dtype=float), np.asarray(seconds, dtype=float)
    if np.ptp(tokens) == 0:
        return 0.0, float(seconds.mean() / tokens.mean())
    slope, start = np.polyfit(tokens, seconds, 1)
    if slope < 0:
        return float(seconds.mean()), 0.0
    if start < 0:
        return 0.0, float((tokens * seconds).sum() / (tokens**2).sum())
    return float(start), float(slope)


def _steps(model, tokenizer, batches, recipe) -> tuple[np.ndarray, float]:
    """Seconds of a training step on each batch, a row a round, and the peak of memory in GB."""
    keys = {"r": 16, "alpha": 32, "dropout": 0.05, "target_modules": training.TARGET_MODULES}
    with training.attached(model, 0, **{key: recipe.get(key, value) for key, value in keys.items()}) as wrapped:
        packs = packing.can_pack(wrapped, [sample for batch in batches for sample in batch])
        collate = packing.collator(packs, tokenizer)
        parameters = [p for p in wrapped.parameters() if p.requires_grad]
        optimizer = torch.optim.AdamW(parameters, lr=0.0, fused=True)
        bf16 = recipe.get("bf16")
        bf16 = model.dtype == torch.bfloat16 if bf16 is None else bf16
        models.ready_to_train(wrapped)
        wrapped.train()

        def step(batch):
            moved = {k: v.to(model.device) if torch.is_tensor(v) else v for k, v in collate(batch).items()}
            with torch.autocast(model.device.type, torch.bfloat16, enabled=bf16):
                loss = wrapped(**moved).loss
            loss.backward()
            optimizer.step()
            optimizer.zero_grad()

        if model.device.type == "cuda":
            torch.cuda.reset_peak_memory_stats(model.device)
        with packing.packed(wrapped) if packs else contextlib.nullcontext(), lean_lora.lean(wrapped):
            step(batches[0])  # the first step of all is slow
            taken = probes(lambda: batches, lambda batch: _timed(lambda: step(batch), model.device))
        return taken, peak(model.device)


def peak(device) -> float:
    """Most memory in GB that this process has had on a device so far."""
    if torch.device(device).type == "cuda":
        return torch.cuda.max_memory_allocated(device) / 2**30
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def answer(model, tokenizer, prompts, max_new_tokens=64, batch_size=32, rows=32, seed=0) -> dict:
    """What answering ``prompts`` will take, from answers to ``rows`` random ones in each probe; they are not kept.

    Returns
    -------
    dict
        ``answers``, ``tokens`` (read and written), ``seconds``, ``low_s`` and ``high_s``, for all prompts.
    """
    room = getattr(model.config, "max_position_embeddings", 1 << 30) - max_new_tokens
    ends = generation.end_tokens(model, tokenizer)
    rng, done = np.random.default_rng(seed), []

    def drawn():
        some = rng.permutation(len(prompts))[:rows]
        ids = [models.encode_chat(tokenizer, prompts[i], max_length=room)[0] for i in some]
        return [sorted(ids, key=lambda one: (len(one).bit_length(), one))]

    def work(ids):
        answers = [
            answer
            for start in range(0, len(ids), batch_size)
            for answer in decoding.greedy(model, ids[start : start + batch_size], ends, max_new_tokens)
        ]
        done.append(sum(map(len, ids)) + sum(map(len, answers)))

    decoding.greedy(model, drawn()[0][:2], ends, 2)  # the first pass of all is slow
    seconds = probes(drawn, lambda ids: _timed(lambda: work(ids), model.device))
    times = len(prompts) / max(1, min(rows, len(prompts)))
    return {"answers": len(prompts), "tokens": round(np.mean(done) * times)} | span(times * np.array(seconds).ravel())
