"""Does a GPU give what the CPU gives, and how fast is it: `make gpu-check`, one script, one record.

    python -m assl_utils.bench.gpu_check [--device cuda] [--minutes 9] [--only NAME …] [--quick] [--record]

First every path that has a GPU side runs on something small, on the CPU and on the GPU, and the two are compared. Then
a model in the shape of a 7B one, with random weights, is trained and answers, and 220,000 points are joined with their
neighbours. Each part is written down as soon as it is there; one that fails is recorded with its error, and the others
go on; none begins once the minutes are used up. ``--quick`` is the paths alone, and no part begins after two minutes:
the runner asks for it before the first run on a GPU. With ``--device cpu`` the same script runs in a small size, as in
the tests: that shows that the script works, not how fast anything is.
"""

from __future__ import annotations

import argparse
import copy
import tempfile
import time
import traceback
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from assl_utils import machine, store
from assl_utils.bench.made_up import small_encoder, topics
from assl_utils.corpus import build
from assl_utils.experts import adapters, decoding, estimate, generation, models, packing, training, training_sets
from assl_utils.selection import adbscan
from assl_utils.space import neighbors
from assl_utils.space.encoder import ALIKE, EncodingMode, embed
from assl_utils.tasks import wordings

RECORD = "book/recorded/gpu"
QUICK = ("neighbours", "vectors", "attention", "training", "answers")  # what a run uses; what is only fast is left out
QUICK_MINUTES = 2.0
PARTS: dict[str, Callable] = {}
SEVEN_B = {
    "vocab_size": 151936, "hidden_size": 4096, "intermediate_size": 11008, "num_hidden_layers": 32,
    "num_attention_heads": 32, "num_key_value_heads": 32, "max_position_embeddings": 32768,
}  # fmt: skip
SMALL = {
    "vocab_size": 512, "hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 2, "num_attention_heads": 4,
    "num_key_value_heads": 2, "max_position_embeddings": 4096,
}  # fmt: skip
GOAL = 0.40  # of a plain bfloat16 product's rate, measured in the same run: what training is to reach
# Dense bfloat16 operations per second as their makers state them; MFU is measured against these.
PEAKS = {"H100": 989e12, "H200": 989e12, "A100": 312e12, "L40S": 362e12, "L4": 121e12, "4090": 165e12}


class Setting:
    """Where the check runs and in which size; ``points`` is another size of the part of that name."""

    def __init__(self, device, points=None):
        self.device = torch.device(device)
        self.whole = self.device.type == "cuda"
        self.points = points or ((220_000, 1024) if self.whole else (2000, 64))
        self.bench = estimate.measure(self.device, torch.bfloat16 if self.whole else torch.float32)
        name = torch.cuda.get_device_name(self.device) if self.whole else "CPU"
        self.peak = next((peak for card, peak in PEAKS.items() if card in name), self.bench.products)

    def wait(self):
        """Until the device has finished its work."""
        if self.whole:
            torch.cuda.synchronize(self.device)


def part(name):
    """Register a part under a name; the order of definition is the order of running."""

    def register(work):
        PARTS[name] = work
        return work

    return register


def _rows(n, seed=0):
    made = wordings.assign(build.build(seed=0)[0], 0)
    return made.sample(n, random_state=seed).reset_index(drop=True)


# ------------------------------------------------------------------------------------- the same as on the CPU


@part("neighbours")
def check_neighbours(setting):
    """20 neighbours of 3,000 points, a hundred of them doubles, and their sub-clusters."""
    X = topics(3000, 64)
    X[100:200] = X[:100]
    one, two = (neighbors.knn(X, 20, device=str(device)) for device in ("cpu", setting.device))
    labels = [adbscan.adbscan(X, 20, device=str(device)).labels for device in ("cpu", setting.device)]
    return {
        "same_neighbours": float((one[1] == two[1]).mean()), "largest_difference": float(np.abs(one[0] - two[0]).max()),
        "same_labels": float((labels[0] == labels[1]).mean()),
        "passed": bool((one[1] == two[1]).all() and (labels[0] == labels[1]).all()),
    }  # fmt: skip


@part("vectors")
def check_vectors(setting):
    """300 texts by a small encoder with random weights, in float32 and in bfloat16."""
    texts = wordings.prompts(_rows(300))
    encoder = small_encoder()
    plain = embed(texts, encoder)
    encoder.to(setting.device)
    cosines = {
        precision: float((embed(texts, encoder, mode=EncodingMode("torch", precision)) * plain).sum(1).min())
        for precision in ("float32", "bfloat16")
    }
    return cosines | {"passed": cosines["float32"] > 0.9999 and cosines["bfloat16"] > ALIKE}


@part("attention")
def check_attention(setting):
    """Rows in one line against rows alone, in the precision of a run; which attention was chosen."""
    model, tokenizer = models.load("embedded", device=str(setting.device))
    samples, _ = training_sets.encode_rows(tokenizer, _rows(16), 256)
    fits = packing.can_pack(model, samples)
    return {"attention": packing.attention(model), "dtype": str(model.dtype), "packs": fits, "passed": fits}


@part("training")
def check_training(setting):
    """An adapter from 64 rows on the CPU and on the device, in float32, in bfloat16, and with a base in 4 bits."""
    rows, how = _rows(64), {"epochs": 1, "lr": 3e-3, "dropout": 0.0, "max_length": 256, "bf16": False}
    losses = {}
    with tempfile.TemporaryDirectory() as folder:
        for name, device, dtype, more in (
            ("cpu", "cpu", "float32", {}), ("device", setting.device, "float32", {}),
            ("twice", setting.device, "float32", {"gradient_checkpointing": True}),
            ("bfloat16", setting.device, "bfloat16", {"bf16": True}),
        ):  # fmt: skip
            base = models.load("embedded", device=str(device), dtype=dtype)
            out = training.train_lora("embedded", rows, Path(folder) / name, model=base, **how | more)
            losses[name] = store.read_table(out / "losses.csv")["loss"].to_numpy()
        try:
            base = models.load("embedded", device=str(setting.device), quantize="4bit")
            out = training.train_lora("embedded", rows, Path(folder) / "4bit", model=base, quantize="4bit", **how)
            four = float(store.read_table(out / "losses.csv")["loss"].iloc[-1])
        except ImportError as error:
            four = str(error)
    apart = {n: float(np.abs(losses[n] / losses["cpu"] - 1).max()) for n in ("device", "twice", "bfloat16")}
    return {
        "loss_first": float(losses["cpu"][0]), "loss_last": float(losses["cpu"][-1]), "largest_relative": apart,
        "loss_last_4bit": four, "passed": apart["device"] < 0.01 and apart["twice"] < 0.01 and apart["bfloat16"] < 0.1,
    }  # fmt: skip


@part("answers")
def check_answers(setting):
    """200 answers on the CPU and on the device, in float32 and bfloat16, several adapters in one batch, likelihoods."""
    prompts = wordings.prompts(_rows(200, seed=1))
    plain = models.load("embedded", device="cpu", dtype="float32")
    expected = generation.generate(*plain, prompts, max_new_tokens=32)
    same, near = {}, None
    for dtype in ("float32", "bfloat16"):
        there = models.load("embedded", device=str(setting.device), dtype=dtype)
        given = generation.generate(*there, prompts, max_new_tokens=32)
        same[dtype] = float(np.mean([a == b for a, b in zip(given, expected, strict=True)]))
        if dtype == "float32":
            likely = [generation.log_likelihood(*one, prompts, expected) for one in (plain, there)]
            near = float(np.abs(likely[1] - likely[0]).max())
            mixed = _mixed(there, prompts[:30])
    return {
        "same_answers": same, "flips_in_bfloat16": 1 - same["bfloat16"], "likelihood_apart": near,
        "same_in_mixed_batches": mixed, "passed": same["float32"] > 0.98 and near < 0.01 and mixed > 0.95,
    }  # fmt: skip


def _mixed(base, prompts):
    """Share of answers that a batch of three models gives as each of them gives alone."""
    with tempfile.TemporaryDirectory() as folder:
        how = {"epochs": 1, "lr": 3e-3, "dropout": 0.0, "max_length": 256, "bf16": False, "model": base}
        made = {n: training.train_lora("embedded", _rows(32, s), Path(folder) / n, **how) for s, n in enumerate("ab")}
        with adapters.adapters(base[0], made) as (loaded, full):
            who = [[None, full["a"], full["b"]][i % 3] for i in range(len(prompts))]
            given = [
                generation.generate(loaded, base[1], prompts, who, max_new_tokens=24, merge=False, mixed=mixed)
                for mixed in (True, False)
            ]
    return float(np.mean([a == b for a, b in zip(*given, strict=True)]))


@part("continuous_batching")
def check_continuous(setting):
    """transformers' continuous batching against ours: same answers, and the time of either."""
    from transformers import ContinuousBatchingConfig, GenerationConfig

    model, tokenizer = models.load("embedded", device=str(setting.device))
    prompts = wordings.prompts(_rows(200 if setting.whole else 24, seed=2))
    ids = [models.encode_chat(tokenizer, prompt)[0] for prompt in prompts]
    ends = generation.end_tokens(model, tokenizer)
    config = GenerationConfig(
        max_new_tokens=32, do_sample=False, eos_token_id=min(ends), pad_token_id=tokenizer.pad_token_id or 0
    )
    began = time.perf_counter()
    ours = decoding.greedy(model, ids, ends, 32)
    setting.wait()
    own_s = time.perf_counter() - began
    began = time.perf_counter()
    room = (
        ContinuousBatchingConfig() if setting.whole else ContinuousBatchingConfig(num_blocks=16, max_batch_tokens=512)
    )
    answered = model.generate_batch(inputs=ids, generation_config=config, continuous_batching_config=room)
    theirs_s = time.perf_counter() - began
    got = {tuple(one.prompt_ids): [t for t in one.generated_tokens if t not in ends] for one in answered.values()}
    same = float(np.mean([got[tuple(i)] == answer for i, answer in zip(ids, ours, strict=True)]))
    return {"same_answers": same, "ours_s": own_s, "theirs_s": theirs_s, "ratio": theirs_s / own_s, "passed": True}


# --------------------------------------------------------------------------------------------------- how fast


def _seven_b(setting):
    """A model of the shape of Qwen1.5-7B with random weights, on the device."""
    from transformers import Qwen2Config, Qwen2ForCausalLM

    torch.manual_seed(0)
    with torch.device(setting.device):
        before, shape = torch.get_default_dtype(), SEVEN_B if setting.whole else SMALL
        torch.set_default_dtype(torch.bfloat16 if setting.whole else torch.float32)
        try:
            return Qwen2ForCausalLM(Qwen2Config(**shape, tie_word_embeddings=False)).eval()
        finally:
            torch.set_default_dtype(before)


@part("lora_7b")
def speed_training(setting):
    """LoRA on rows of 1,024 tokens, all of them learned: tokens a second and model FLOPs utilisation."""
    model = _seven_b(setting)
    length, found = (1024 if setting.whole else 64), {}
    rng = np.random.default_rng(0)
    config = {"r": 16, "alpha": 32, "dropout": 0.05, "target_modules": training.TARGET_MODULES}
    with training.attached(model, 0, **config) as wrapped:
        wrapped.train()
        for rows, again in ((4, False), (8, False), (8, True), (16, True)):
            ids = rng.integers(10, model.config.vocab_size, (rows, length)).tolist()
            samples = [packing.Sample(tuple(row), 1) for row in ids]
            try:
                seconds = _training_step(setting, wrapped, model, samples, again)
            except torch.OutOfMemoryError:
                found[f"{rows} rows{', activations twice' if again else ''}"] = "out of memory"
                torch.cuda.empty_cache()
                continue
            body, head = estimate.weights(model)
            rate = rows * length / seconds
            found[f"{rows} rows{', activations twice' if again else ''}"] = {
                "tokens_per_s": rate, "mfu": 4 * (body + head) * rate / setting.peak, "seconds": seconds,
                "of_product": 4 * (body + head) * rate / setting.bench.products,
                "memory_gb": estimate.peak(setting.device),
            }  # fmt: skip
    done = [one for one in found.values() if isinstance(one, dict)]
    best, of_product = (max((one[name] for one in done), default=0.0) for name in ("mfu", "of_product"))
    return {
        "tokens_a_row": length, "peak_tflops": setting.peak / 1e12, "mfu": best,
        "product_tflops": setting.bench.products / 1e12, "of_product": of_product, "target": GOAL, "batches": found,
        "attention": packing.attention(model), "passed": not setting.whole or of_product >= GOAL,
    }  # fmt: skip


def _training_step(setting, wrapped, model, samples, again):
    """Seconds of a step, forward and back, the median of three after one to warm up."""
    line = {k: v.to(setting.device) if torch.is_tensor(v) else v for k, v in packing.pack(samples).items()}
    if setting.whole:
        torch.cuda.reset_peak_memory_stats(setting.device)
    taken = []
    with packing.packed(wrapped), training.saving_memory(model, again):
        for _ in range(4):
            setting.wait()
            began = time.perf_counter()
            with torch.autocast(setting.device.type, torch.bfloat16, enabled=setting.whole):
                wrapped(**line).loss.backward()
            setting.wait()
            taken.append(time.perf_counter() - began)
            wrapped.zero_grad()
    return sorted(taken[1:])[1]


@part("answers_7b")
def speed_answers(setting):
    """64 tokens written after 256 read, in batches of 1, 32 and 128, beside a reading of the weights for each token."""
    model, found = _seven_b(setting), {}
    size = sum(p.numel() * p.element_size() for p in model.parameters())
    read, written = (256, 64) if setting.whole else (16, 8)
    rng = np.random.default_rng(0)
    for rows in (1, 32, 128) if setting.whole else (1, 4):
        prompts = rng.integers(10, model.config.vocab_size, (rows, read)).tolist()
        decoding.greedy(model, prompts, set(), 2)
        began = time.perf_counter()
        decoding.greedy(model, prompts, set(), written)
        setting.wait()
        seconds = time.perf_counter() - began
        floor = written * size / setting.bench.copies
        found[str(rows)] = {"tokens_per_s": rows * written / seconds, "seconds": seconds, "over_floor": seconds / floor}
    return {"read": read, "written": written, "weights_gb": size / 2**30, "batches": found, "passed": True}


@part("points")
def speed_points(setting):
    """Neighbours and sub-clusters of 220,000 points of 1,024 numbers."""
    n, d = setting.points
    X = topics(n, d)
    began = time.perf_counter()
    neighbors.knn(X, 20, device=str(setting.device))
    near = time.perf_counter() - began
    began = time.perf_counter()
    result = adbscan.adbscan(X, 20, device=str(setting.device))
    whole = time.perf_counter() - began
    floor = 2 * n * n * d / estimate.measure(setting.device, torch.float32).products
    return {"n": n, "d": d, "neighbours_s": near, "adbscan_s": whole, "floor_s": floor, "over_floor": near / floor,
            "noise": float((result.labels < 0).mean()), "passed": True}  # fmt: skip


# ------------------------------------------------------------------------------------------------------ all of it


def run(device="cuda", only=None, minutes=9.0, out=None, say=print):
    """Run the parts and return the record; ``out`` is written anew after each."""
    if torch.device(device).type == "cuda" and not torch.cuda.is_available():
        raise RuntimeError("no CUDA device here; --device cpu tries the script itself, in a small size")
    began = time.perf_counter()
    setting = Setting(device)
    record = {
        "date": time.strftime("%Y-%m-%d"), "device": str(device), "machine": machine.describe(),
        "versions": {"torch": torch.__version__, "cuda": torch.version.cuda},
        "products_tflops": setting.bench.products / 1e12, "copies_gb_per_s": setting.bench.copies / 1e9, "parts": {},
    }  # fmt: skip
    for name in only or PARTS:
        if time.perf_counter() - began > 60 * minutes:
            record["parts"][name] = {"passed": False, "skipped": f"the {minutes:g} minutes were used up"}
            say(f"{name}: skipped")
            continue
        record["parts"][name] = attempt(name, setting, say)
        if out is not None:
            store.write_json(copy.deepcopy(record), out)
    record["wall_s"] = time.perf_counter() - began
    if out is not None:
        store.write_json(record, out)
    return record


def attempt(name, setting, say=print):
    """Do one part; what it found, or the error that it ended with."""
    start = time.perf_counter()
    try:
        found = PARTS[name](setting)
    except Exception as error:  # one part's failure is a finding, not the end
        last = traceback.extract_tb(error.__traceback__)[-1]
        found = {"passed": False, "error": f"{type(error).__name__}: {error}"[:500],
                 "at": f"{Path(last.filename).name}:{last.lineno}"}  # fmt: skip
    if setting.whole:
        torch.cuda.empty_cache()
    say(f"{name}: {'passed' if found['passed'] else 'FAILED'}  {_short(found)}")
    return {"about": PARTS[name].__doc__, "took_s": time.perf_counter() - start, **found}


def _short(found):
    numbers = {k: round(v, 4) if isinstance(v, float) else v for k, v in found.items() if k != "passed"}
    return ", ".join(f"{name} {value}" for name, value in numbers.items())


def main(arguments=None):
    """Command line."""
    parser = argparse.ArgumentParser(prog="python -m assl_utils.bench.gpu_check", description=__doc__.splitlines()[0])
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--only", nargs="+", choices=list(PARTS), metavar="NAME", help=f"of {', '.join(PARTS)}")
    parser.add_argument("--minutes", type=float, help=f"no part begins after that; 9, with --quick {QUICK_MINUTES:g}")
    parser.add_argument("--quick", action="store_true", help=f"only {', '.join(QUICK)}")
    parser.add_argument("--out", type=Path, default=Path("runs/gpu_check.json"))
    parser.add_argument("--record", action="store_true", help=f"also keep the record in {RECORD}, for the book")
    options = parser.parse_args(arguments)
    try:
        only = options.only or (list(QUICK) if options.quick else None)
        usual = QUICK_MINUTES if options.quick else 9.0
        record = run(options.device, only, usual if options.minutes is None else options.minutes, options.out)
    except RuntimeError as error:
        parser.exit(1, f"gpu-check: {error}\n")
    if options.record:
        command = {"command": "python -m assl_utils.bench.gpu_check --record"}
        store.write_json(command | record, store.root() / RECORD / "record.json")
    parts = record["parts"]
    passed = [name for name, found in parts.items() if found["passed"]]
    skipped = [name for name, found in parts.items() if "skipped" in found]
    failed = set(parts) - {*passed, *(skipped if options.quick else ())}
    print(f"written: {options.out}; {len(passed)} of {len(parts)} passed")
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
