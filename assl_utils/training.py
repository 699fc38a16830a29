"""One LoRA expert: low-rank matrices beside the frozen weights, trained on the answers of its rows.

.. math:: W = W_0 + \\frac{\\alpha}{r} B A

The loop is transformers' Trainer and the layers are peft's; this module decides what they see. Sequences are padded on
the right and given without an attention mask: under a causal mask padding at the end reaches no real token, and the
fast attention kernels need no mask. Only the positions from the first answer on go through the output layer, which on
short answers is most of its work saved. Checkpoints are one safetensors file each, renamed into place, and the dropout
of a step is drawn from (seed, step), so that a run killed anywhere ends with the weights it would have had.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import math
import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from peft import LoraConfig, get_peft_model, get_peft_model_state_dict
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from transformers import Trainer, TrainerCallback, TrainingArguments
from transformers.optimization import get_cosine_with_min_lr_schedule_with_warmup
from transformers.trainer_callback import PrinterCallback

from assl_utils import models, progress, store

TARGET_MODULES = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")
IGNORED = -100  # the label that the loss of transformers leaves out


@dataclass(frozen=True)
class Sample:
    """One row as the model reads it: token ids, of which the first ``prompt_len`` carry no loss."""

    ids: tuple[int, ...]
    prompt_len: int


def encode_rows(tokenizer, rows: pd.DataFrame, max_length: int = 512) -> tuple[list[Sample], int]:
    """Rows (instruction, input, output) as samples, and how many had to be shortened to ``max_length``.

    A row whose answer is empty still teaches the token that ends an answer; a row with nothing to learn is an error.
    """
    missing = {"instruction", "input", "output"} - set(rows.columns)
    if missing:
        raise ValueError(f"rows lack the columns {sorted(missing)}; they have {list(rows.columns)}")
    if not len(rows):
        raise ValueError("no rows to train on")
    samples, shortened = [], 0
    for number, (instruction, input, output) in enumerate(
        zip(rows["instruction"], rows["input"], rows["output"], strict=True)
    ):
        if not all(isinstance(text, str) for text in (instruction, input, output)):
            raise ValueError(f"row {number} is not text throughout: {(instruction, input, output)!r:.200}")
        question = models.prompt(instruction, input)
        ids, prompt_len = models.encode_chat(tokenizer, question, output)
        if len(ids) > max_length:
            ids, prompt_len = models.encode_chat(tokenizer, question, output, max_length)
            shortened += 1
        if prompt_len >= len(ids):
            raise ValueError(f"row {number} has no answer token to learn from within max_length={max_length}")
        samples.append(Sample(tuple(ids), prompt_len))
    return samples, shortened


def collate(samples: Sequence[Sample], pad_id: int) -> dict:
    """A batch for a causal model: right-padded ids, and labels for the last ``logits_to_keep`` positions alone."""
    length = max(len(s.ids) for s in samples)
    first = min(s.prompt_len for s in samples) - 1  # the position whose logits predict the earliest answer token
    ids = torch.full((len(samples), length), pad_id, dtype=torch.long)
    labels = torch.full((len(samples), length), IGNORED, dtype=torch.long)
    for row, sample in enumerate(samples):
        tokens = torch.tensor(sample.ids)
        ids[row, : len(tokens)] = tokens
        labels[row, sample.prompt_len : len(tokens)] = tokens[sample.prompt_len :]
    return {"input_ids": ids, "labels": labels[:, first:], "logits_to_keep": length - first, "use_cache": False}


def plan_batches(lengths: Sequence[int], batch_size: int, epochs: int, seed: int = 0) -> list[list[int]]:
    """Row numbers of every batch of every epoch, rows of like length together, everything else in random order.

    Rows are shuffled, sorted by length inside groups of at most 50 batches (a quarter of the rows where there are
    few), cut into batches, and the batches shuffled: a batch is nearly free of padding and its place in the epoch says
    nothing about its length. Each epoch holds each row once.
    """
    rng = np.random.default_rng([seed, len(lengths)])
    lengths = np.asarray(lengths)
    group = max(batch_size, min(50 * batch_size, len(lengths) // 4 // batch_size * batch_size))
    plan = []
    for _ in range(epochs):
        order = rng.permutation(len(lengths))
        groups = [order[i : i + group] for i in range(0, len(order), group)]
        order = np.concatenate([g[np.argsort(lengths[g], kind="stable")] for g in groups])
        batches = [order[i : i + batch_size].tolist() for i in range(0, len(order), batch_size)]
        plan += [batches[i] for i in rng.permutation(len(batches))]
    return plan


def rows_hash(rows: pd.DataFrame) -> str:
    """Identity of the training rows: their three texts, in order."""
    digest = hashlib.sha256()
    for texts in zip(rows["instruction"], rows["input"], rows["output"], strict=True):
        digest.update(json.dumps(texts, ensure_ascii=False).encode() + b"\n")
    return digest.hexdigest()


def train_lora(
    base,
    rows: pd.DataFrame,
    out_dir,
    *,
    r: int = 16,
    alpha: int = 32,
    dropout: float = 0.05,
    target_modules: Sequence[str] = TARGET_MODULES,
    lr: float = 1e-4,
    min_lr: float = 1e-5,
    warmup: float = 0.1,
    epochs: int = 3,
    min_steps: int = 0,
    batch_size: int = 8,
    accumulate: int = 1,
    max_length: int = 512,
    seed: int = 0,
    bf16: bool | None = None,
    checkpoint_every: int = 100,
    model=None,
    label: str | None = None,
) -> Path:
    """Train one LoRA adapter, or return at once when it stands.

    Parameters
    ----------
    base : str or path
        The base model, see :func:`assl_utils.models.load`.
    rows : DataFrame
        ``instruction``, ``input``, ``output``; the loss is taken on the output and the token that ends it.
    out_dir : path
        The adapter's folder, in PEFT's own format, with ``losses.csv`` (step, epoch, loss, lr) and, written last,
        ``training.json`` (recipe, hashes, cost). A folder whose ``training.json`` fits rows and recipe is done.
    r, alpha, lr, min_lr, warmup, epochs
        The paper's recipe: 16, 32, 1e-4 with 10 % of the steps as warm-up, then a cosine down to 1e-5, 3 epochs.
    dropout, target_modules, batch_size, max_length
        The paper names none of them.
    min_steps : int, default 0
        Repeat the rows for more epochs until there are at least so many steps; 0 keeps ``epochs``.
    accumulate : int, default 1
        Batches per optimizer step.
    bf16 : bool or None
        Multiply in bfloat16 (autocast; the adapter itself stays in float32). None does so where the base is in
        bfloat16, which it is on a GPU.
    checkpoint_every : int, default 100
        Steps between checkpoints. They live in ``out_dir/checkpoints`` and go when the adapter stands.
    model : (model, tokenizer) or None
        ``base`` already loaded, to spare loading it for each expert; it is given back as it was.

    Returns
    -------
    Path
        ``out_dir``.
    """
    out_dir = Path(out_dir)
    if model is not None and models.resolve(base) != models.resolve(model[0].name_or_path):
        raise ValueError(f"base is {base!r}, but the model given was loaded from {model[0].name_or_path!r}")
    recipe = {
        "base": models.content_hash(base), "rows": rows_hash(rows), "r": r, "alpha": alpha, "dropout": dropout,
        "target_modules": sorted(target_modules), "lr": lr, "min_lr": min_lr, "warmup": warmup, "epochs": epochs,
        "min_steps": min_steps, "batch_size": batch_size, "accumulate": accumulate, "max_length": max_length,
        "seed": seed, "bf16": bf16,
    }  # fmt: skip
    if is_trained(out_dir, recipe):
        return out_dir
    (out_dir / "training.json").unlink(missing_ok=True)  # from here on the folder is unfinished

    network, tokenizer = models.load(base) if model is None else model
    samples, shortened = encode_rows(tokenizer, rows, max_length)
    per_epoch = math.ceil(len(samples) / batch_size)
    epochs = max(epochs, math.ceil(min_steps * accumulate / per_epoch))
    plan = plan_batches([len(s.ids) for s in samples], batch_size, epochs, seed)
    steps = math.ceil(len(plan) / accumulate)
    pad_id = tokenizer.pad_token_id if tokenizer.pad_token_id is not None else models.end_of_answer(tokenizer)

    trainable = [p.requires_grad for p in network.parameters()]
    with _global_rng_kept():
        torch.manual_seed(seed)  # before get_peft_model, which draws A
        config = LoraConfig(
            r=r, lora_alpha=alpha, lora_dropout=dropout, target_modules=list(target_modules), task_type="CAUSAL_LM"
        )
        with models.quiet():
            wrapped = get_peft_model(network, config)
        try:
            run = _Run(wrapped, recipe, out_dir / "checkpoints", steps, lr, min_lr, math.ceil(warmup * steps))
            run.resume()
            run.train([[samples[i] for i in batch] for batch in plan], pad_id, accumulate, checkpoint_every, label)
            _save_adapter(wrapped, out_dir)
        finally:
            wrapped.unload()
            for parameter, flag in zip(network.parameters(), trainable, strict=True):
                parameter.requires_grad_(flag)
            network.eval()

    table = pd.DataFrame(run.history, columns=["loss", "lr"])
    table.insert(0, "step", range(1, steps + 1))
    table.insert(1, "epoch", (table["step"] * accumulate).clip(upper=len(plan)) / per_epoch)
    store.write_table(table, out_dir / "losses.csv")
    store.write_json(
        {
            "recipe": recipe,
            "adapter": store.sha256(out_dir / "adapter_model.safetensors"),
            "rows": len(rows),
            "shortened_rows": shortened,
            "epochs": epochs,
            "steps": steps,
            "samples": sum(map(len, plan)),
            "tokens": sum(len(samples[i].ids) for batch in plan for i in batch),
            "answer_tokens": sum(len(samples[i].ids) - samples[i].prompt_len for batch in plan for i in batch),
            "padded_tokens": sum(len(batch) * max(len(samples[i].ids) for i in batch) for batch in plan),
            "seconds": round(run.seconds, 3),
            "device": str(network.device),
            "dtype": str(network.dtype),
        },
        out_dir / "training.json",
    )
    run.forget()
    return out_dir


def is_trained(out_dir, recipe: dict) -> bool:
    """Whether ``out_dir`` holds a finished adapter of this recipe whose weights are those it was finished with."""
    out_dir = Path(out_dir)
    try:
        account = store.read_json(out_dir / "training.json")
        weights = store.sha256(out_dir / "adapter_model.safetensors")
    except (OSError, ValueError):
        return False
    return account.get("recipe") == recipe and account.get("adapter") == weights


def _save_adapter(wrapped, out_dir: Path) -> None:
    """The adapter in PEFT's format, whole files only and the same bytes each time.

    PEFT itself keeps the target modules as a set, whose order differs from process to process.
    """
    weights = {name: tensor.detach().cpu().contiguous() for name, tensor in get_peft_model_state_dict(wrapped).items()}
    with store.atomic_path(out_dir / "adapter_model.safetensors") as part:
        _write(dict(sorted(weights.items())), part, {"format": "pt"})
    config = wrapped.peft_config["default"].to_dict() | {"inference_mode": True}
    config = {key: sorted(value) if isinstance(value, set) else value for key, value in config.items()}
    store.write_json(json.loads(json.dumps(config, default=str)), out_dir / "adapter_config.json")


def _write(tensors: dict, path: Path, metadata: dict) -> None:
    save_file(tensors, path, metadata=metadata)
    path.chmod(0o644)  # safetensors leaves it to its owner alone


@contextlib.contextmanager
def _global_rng_kept() -> Iterator[None]:
    """Trainer seeds every generator there is; the caller's go on afterwards as if it had not."""
    python, numpy = random.getstate(), np.random.get_state()
    with torch.random.fork_rng():
        yield
    random.setstate(python)
    np.random.set_state(numpy)


class _Run:
    """One training run: the optimizer's life, its checkpoints, its account."""

    def __init__(self, wrapped, recipe, folder: Path, steps: int, lr: float, min_lr: float, warmup_steps: int):
        self.wrapped, self.folder, self.steps, self.seed = wrapped, folder, steps, recipe["seed"]
        self.recipe = json.dumps(recipe, sort_keys=True)
        self.bf16 = wrapped.dtype == torch.bfloat16 if recipe["bf16"] is None else recipe["bf16"]
        self.parameters = {n: p for n, p in wrapped.named_parameters() if p.requires_grad}
        self.optimizer = torch.optim.AdamW(self.parameters.values(), lr=lr, weight_decay=0.0, fused=True)
        self.schedule = get_cosine_with_min_lr_schedule_with_warmup(
            self.optimizer, warmup_steps, steps, min_lr=min_lr
        )  # what Trainer calls cosine_with_min_lr
        self.start, self.seconds = 0, 0.0
        self.history: list[list[float]] = []

    def resume(self) -> None:
        """Take up the newest checkpoint that is whole and belongs to this recipe; drop the others."""
        for path in sorted(self.folder.glob("step-*.safetensors"), reverse=True):
            try:
                with safe_open(path, "pt") as stream:
                    about = json.loads(stream.metadata()["about"])
                    tensors = {name: stream.get_tensor(name) for name in stream.keys()}
            except (SafetensorError, OSError, KeyError, TypeError, ValueError):
                path.unlink()  # torn
                continue
            if about["recipe"] != self.recipe:
                path.unlink()  # another run's
                continue
            self._restore(about, tensors)
            return

    def _restore(self, about: dict, tensors: dict) -> None:
        self.start, self.seconds, self.history = about["step"], about["seconds"], about["history"]
        state = {}
        for number, (name, parameter) in enumerate(self.parameters.items()):
            with torch.no_grad():
                parameter.copy_(tensors[f"weight/{name}"])
            state[number] = {
                key: tensors[f"{key}/{name}"].to(parameter.device) for key in ("step", "exp_avg", "exp_avg_sq")
            }
        groups = self.optimizer.state_dict()["param_groups"]
        self.optimizer.load_state_dict({"state": state, "param_groups": groups})
        rates = [base * f(self.start) for base, f in zip(self.schedule.base_lrs, self.schedule.lr_lambdas, strict=True)]
        self.schedule.load_state_dict(
            self.schedule.state_dict() | {"last_epoch": self.start, "_step_count": self.start + 1, "_last_lr": rates}
        )
        for group, rate in zip(self.optimizer.param_groups, rates, strict=True):
            group["lr"] = rate

    def save(self, step: int, seconds: float) -> None:
        """One file per checkpoint, renamed into place; the last two stay."""
        tensors = {}
        for name, parameter in self.parameters.items():
            state = self.optimizer.state[parameter]
            tensors[f"weight/{name}"] = parameter.detach().cpu().contiguous()
            for key in ("step", "exp_avg", "exp_avg_sq"):
                tensors[f"{key}/{name}"] = state[key].detach().cpu().contiguous()
        about = {"step": step, "recipe": self.recipe, "seconds": seconds, "history": self.history}
        with store.atomic_path(self.folder / f"step-{step:08d}.safetensors") as part:
            _write(tensors, part, {"about": json.dumps(about)})
        for old in sorted(self.folder.glob("step-*.safetensors"))[:-2]:
            old.unlink()

    def forget(self) -> None:
        """Remove the checkpoints of a finished run."""
        if self.folder.is_dir():
            for path in self.folder.glob("*.safetensors"):
                path.unlink()
            with contextlib.suppress(OSError):
                self.folder.rmdir()

    def train(self, batches: list[list[Sample]], pad_id: int, accumulate: int, checkpoint_every: int, label) -> None:
        """The steps that are still to do, through Trainer."""
        if self.start >= self.steps:
            return
        device = self.wrapped.device
        arguments = TrainingArguments(
            output_dir=str(self.folder),
            max_steps=self.steps - self.start,
            gradient_accumulation_steps=accumulate,
            max_grad_norm=1.0,
            seed=self.seed,
            use_cpu=device.type == "cpu",
            bf16=self.bf16,
            # everything Trainer would do beside the steps is done here, once
            save_strategy="no", logging_strategy="no", eval_strategy="no", report_to="none", disable_tqdm=True,
            logging_nan_inf_filter=False, remove_unused_columns=False, dataloader_pin_memory=False,
            dataloader_num_workers=0,
        )  # fmt: skip
        arguments._n_gpu = min(arguments.n_gpu, 1)  # one expert, one device: no silent DataParallel
        batches = _Batches(batches[self.start * accumulate :], pad_id)
        with progress.bar(self.steps, label or "LoRA") as bar:
            bar.update(self.start)
            callback = _Account(self, accumulate, checkpoint_every, bar)
            trainer = _Trainer(
                model=self.wrapped, args=arguments, train_dataset=batches,
                optimizers=(self.optimizer, self.schedule), callbacks=[callback],
            )  # fmt: skip
            trainer.remove_callback(PrinterCallback)
            trainer.losses = callback.losses
            with models.quiet():
                trainer.train()
            callback.collect()
        self.seconds += time.perf_counter() - callback.began


class _Batches(torch.utils.data.Dataset):
    """Batches in their planned order, put together when they are asked for."""

    def __init__(self, batches, pad_id):
        self.batches, self.pad_id = batches, pad_id

    def __len__(self):
        return len(self.batches)

    def __getitem__(self, number):
        return collate(self.batches[number], self.pad_id)


class _Trainer(Trainer):
    """Trainer on batches that are already planned, with its losses kept and its counting of FLOPs left out."""

    losses: list

    def get_train_dataloader(self):
        return torch.utils.data.DataLoader(self.train_dataset, batch_size=None, shuffle=False)

    def training_step(self, model, inputs, num_items_in_batch=None):
        loss = super().training_step(model, inputs, num_items_in_batch)
        self.losses.append(loss)
        return loss

    def floating_point_ops(self, inputs):
        return 0  # it walks over all modules at every step


class _Account(TrainerCallback):
    """What happens around a step: its dropout's seed, its loss and rate, checkpoints, the bar."""

    def __init__(self, run: _Run, accumulate: int, checkpoint_every: int, bar):
        self.run, self.accumulate, self.every, self.bar = run, accumulate, checkpoint_every, bar
        self.losses, self.rates, self.began = [], [], time.perf_counter()

    def on_step_begin(self, args, state, control, **_):
        step = self.run.start + state.global_step
        torch.manual_seed(int(np.random.SeedSequence([self.run.seed, step]).generate_state(1, np.uint64)[0] >> 1))
        self.rates.append(self.run.schedule.get_last_lr()[0])

    def on_step_end(self, args, state, control, **_):
        self.bar.update()
        done = self.run.start + state.global_step
        if self.every and done % self.every == 0 and done < self.run.steps:
            self.collect()
            self.run.save(done, self.run.seconds + time.perf_counter() - self.began)

    def collect(self):
        """Move the losses since the last call into the run's history; on a GPU this is the only wait for them."""
        losses = torch.stack(self.losses).tolist() if self.losses else []
        for number, rate in enumerate(self.rates):
            loss = sum(losses[number * self.accumulate : (number + 1) * self.accumulate])
            if not math.isfinite(loss):
                raise FloatingPointError(f"the loss of step {len(self.run.history) + 1} is {loss}; lower the rate")
            self.run.history.append([loss, rate])
        self.losses.clear()
        self.rates.clear()
