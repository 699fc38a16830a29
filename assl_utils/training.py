"""One LoRA expert: low-rank matrices beside the frozen weights, trained on the answers of its rows.

.. math:: W = W_0 + \\frac{\\alpha}{r} B A

The loop is transformers' Trainer and the layers are peft's; this module decides what they see. The rows of a batch lie
end to end without padding, and only places that predict an answer's token go through the output layer
(:mod:`assl_utils.packing`). Checkpoints are one safetensors file each, renamed into place, and the dropout of a step is
drawn from (seed, step), so that a run killed anywhere ends with the weights it would have had.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import math
import random
import signal
import threading
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

from assl_utils import lean_lora, live, models, packing, progress, shards, store
from assl_utils.packing import Sample

TARGET_MODULES = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")


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


def plan_batches(n: int, batch_size: int, epochs: int, seed: int = 0) -> list[list[int]]:
    """Row numbers of every batch of every epoch, in random order; each epoch holds each row once."""
    rng = np.random.default_rng([seed, n])
    plan = []
    for _ in range(epochs):
        order = rng.permutation(n).tolist()
        plan += [order[i : i + batch_size] for i in range(0, n, batch_size)]
    return plan


def rows_hash(rows: pd.DataFrame) -> str:
    """Identity of the training rows: their three texts, in order."""
    digest = hashlib.sha256()
    for texts in zip(rows["instruction"], rows["input"], rows["output"], strict=True):
        digest.update(json.dumps(texts, ensure_ascii=False).encode() + b"\n")
    return digest.hexdigest()


@dataclass(frozen=True)
class Lesson:
    """What one adapter reads: its rows as the model sees them, and the batches in the order of training."""

    samples: list[Sample]
    plan: list[list[int]]
    epochs: int
    accumulate: int
    shortened: int

    @property
    def steps(self) -> int:
        return math.ceil(len(self.plan) / self.accumulate)

    def batches(self) -> list[list[Sample]]:
        return [[self.samples[i] for i in batch] for batch in self.plan]

    def tokens(self) -> list[int]:
        """Tokens of each batch."""
        lengths = [len(sample.ids) for sample in self.samples]
        return [sum(lengths[i] for i in batch) for batch in self.plan]


def prepare(
    tokenizer,
    rows: pd.DataFrame,
    *,
    epochs: int = 3,
    min_steps: int = 0,
    batch_size: int = 8,
    accumulate: int = 1,
    max_length: int = 512,
    seed: int = 0,
) -> Lesson:
    """The lesson that `train_lora` would give with these values."""
    samples, shortened = encode_rows(tokenizer, rows, max_length)
    epochs = max(epochs, math.ceil(min_steps * accumulate / math.ceil(len(samples) / batch_size)))
    plan = plan_batches(len(samples), batch_size, epochs, seed)
    return Lesson(samples, plan, epochs, accumulate, shortened)


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
    quantize: str = "no",
    dtype: str = "auto",
    gradient_checkpointing: bool | None = None,
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
    quantize : {"no", "4bit"}
        How the base is loaded; ``"4bit"`` is for small GPUs. Needs ``bitsandbytes``.
    dtype : str, default "auto"
        In what the base is loaded, see :func:`assl_utils.models.load`.
    gradient_checkpointing : bool or None
        Compute the activations twice instead of keeping them. None does so where the longest batch would not fit into
        the GPU otherwise.
    checkpoint_every : int, default 100
        Steps between checkpoints. They live in ``out_dir/checkpoints`` and go when the adapter stands. SIGTERM and
        Ctrl-C write one more before they take effect; a second signal does not wait for it.
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
        "seed": seed, "bf16": bf16, "quantize": quantize, "dtype": dtype,
    }  # fmt: skip
    if is_trained(out_dir, recipe):
        return out_dir
    (out_dir / "training.json").unlink(missing_ok=True)  # from here on the folder is unfinished

    network, tokenizer = models.load(base, dtype=dtype, quantize=quantize) if model is None else model
    if models.quantized(network) != quantize:
        raise ValueError(f"quantize is {quantize!r}, but the model given is {models.quantized(network)!r}")
    if dtype != "auto" and network.dtype != models.dtype_of(dtype, network.device):
        raise ValueError(f"dtype is {dtype!r}, but the model given is in {network.dtype}")
    lesson = prepare(
        tokenizer, rows, epochs=epochs, min_steps=min_steps, batch_size=batch_size, accumulate=accumulate,
        max_length=max_length, seed=seed,
    )  # fmt: skip
    with attached(network, seed, r=r, alpha=alpha, dropout=dropout, target_modules=target_modules) as wrapped:
        if gradient_checkpointing is None:
            gradient_checkpointing = needs_checkpointing(network, max(lesson.tokens()))
        run = _Run(wrapped, recipe, out_dir / "checkpoints", lesson.steps, lr, min_lr, math.ceil(warmup * lesson.steps))
        run.resume()
        with saving_memory(network, gradient_checkpointing):
            run.train(lesson.batches(), tokenizer, accumulate, checkpoint_every, label)
        _save_adapter(wrapped, out_dir)

    steps, tokens = lesson.steps, lesson.tokens()
    table = pd.DataFrame(run.history, columns=["loss", "lr"])
    table.insert(0, "step", range(1, steps + 1))
    per_epoch = math.ceil(len(lesson.samples) / batch_size)
    table.insert(1, "epoch", (table["step"] * accumulate).clip(upper=len(lesson.plan)) / per_epoch)
    store.write_table(table, out_dir / "losses.csv")
    store.write_json(
        {
            "recipe": recipe,
            "adapter": store.sha256(out_dir / "adapter_model.safetensors"),
            "rows": len(rows),
            "shortened_rows": lesson.shortened,
            "epochs": lesson.epochs,
            "steps": steps,
            "samples": sum(map(len, lesson.plan)),
            "tokens": sum(tokens),
            "answer_tokens": sum(len(s.ids) - s.prompt_len for batch in lesson.batches() for s in batch),
            "padded_tokens": sum(tokens) if run.packed else sum(
                len(batch) * max(len(s.ids) for s in batch) for batch in lesson.batches()
            ),
            "packed": run.packed,
            "gradient_checkpointing": gradient_checkpointing,
            "seconds": round(run.seconds, 3),
            "device": str(network.device),
            "dtype": str(network.dtype),
        },
        out_dir / "training.json",
    )  # fmt: skip
    run.forget()
    return out_dir


def train_experts(base, lessons: dict, folders: dict, engine: str = "local", **recipe) -> dict[str, Path]:
    """An adapter for each of ``lessons``, as jobs that any engine of :func:`assl_utils.shards.run` does.

    Parameters
    ----------
    base : str or path
    lessons : dict of str to DataFrame
        The rows of each adapter, by its name.
    folders : dict of str to path
        Where each goes; those that stand are left alone.
    engine : str, default "local"
    **recipe
        As for `train_lora`; a dict in a value's place gives each adapter its own.

    Returns
    -------
    dict of str to Path
    """
    jobs = [
        {"base": str(base), "rows": rows, "out_dir": Path(folders[name]).resolve(), "label": name, **own(recipe, name)}
        for name, rows in lessons.items()
    ]
    return dict(zip(lessons, shards.run(_one_expert, jobs, engine, label="experts"), strict=True))


def own(recipe: dict, name: str) -> dict:
    """The recipe of one adapter: of a value that is a dict, that which it holds for ``name``."""
    return {key: value[name] if isinstance(value, dict) else value for key, value in recipe.items()}


def _one_expert(base, rows, out_dir, **recipe) -> Path:
    loaded = models.kept(base, recipe.get("quantize", "no"), recipe.get("dtype", "auto"))
    return train_lora(base, rows, out_dir, model=loaded, **recipe)


@contextlib.contextmanager
def attached(network, seed: int = 0, *, r: int, alpha: int, dropout: float, target_modules: Sequence[str]):
    """``network`` with a fresh adapter beside its frozen weights; afterwards it is as it was, and so are the caller's
    random numbers."""
    trainable = [p.requires_grad for p in network.parameters()]
    with _global_rng_kept():
        torch.manual_seed(seed)  # before get_peft_model, which draws A
        config = LoraConfig(
            r=r, lora_alpha=alpha, lora_dropout=dropout, target_modules=list(target_modules), task_type="CAUSAL_LM"
        )
        with models.quiet():
            wrapped = get_peft_model(network, config)
        try:
            yield wrapped
        finally:
            wrapped.unload()
            for parameter, flag in zip(network.parameters(), trainable, strict=True):
                parameter.requires_grad_(flag)
            network.eval()


def needs_checkpointing(network, tokens: int) -> bool:
    """Whether a batch of so many tokens would overflow the GPU with its activations kept.

    A layer keeps about 34 bytes per token and hidden unit in 16 bits (Korthikanti et al. 2022, attention not counted,
    which flash attention does not keep), twice as many in 32.
    """
    if network.device.type != "cuda":
        return False
    config = network.config.get_text_config()
    kept = 34 * tokens * config.hidden_size * config.num_hidden_layers * (2 if network.dtype == torch.float32 else 1)
    free, _ = torch.cuda.mem_get_info(network.device)
    return kept > 0.8 * free


@contextlib.contextmanager
def saving_memory(network, wanted: bool) -> Iterator[None]:
    """Gradient checkpointing, for the time being."""
    if not wanted:
        yield
        return
    network.gradient_checkpointing_enable({"use_reentrant": False})
    try:
        yield
    finally:
        network.gradient_checkpointing_disable()


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
        self.start, self.saved, self.seconds, self.packed = 0, 0, 0.0, False
        self.history: list[list[float]] = []

    def resume(self) -> None:
        """Take up the newest checkpoint that is whole and belongs to this recipe; drop the others."""
        for path in sorted(self.folder.glob("step-*.safetensors"), reverse=True):
            try:
                with safe_open(path, "pt") as stream:
                    about = json.loads(stream.metadata()["about"])
                    tensors = {name: stream.get_tensor(name) for name in stream.keys()}
                whole = about["sha256"] == _digest(tensors)
            except (SafetensorError, OSError, KeyError, TypeError, ValueError):
                whole = False
            if not whole or about["recipe"] != self.recipe:
                path.unlink()  # torn, or another run's
                continue
            self._restore(about, tensors)
            return

    def _restore(self, about: dict, tensors: dict) -> None:
        self.start = self.saved = about["step"]
        self.seconds, self.history = about["seconds"], about["history"]
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
        """One file per checkpoint with its own digest, renamed into place; the last two stay."""
        tensors = {}
        for name, parameter in self.parameters.items():
            state = self.optimizer.state[parameter]
            tensors[f"weight/{name}"] = parameter.detach().cpu().contiguous()
            for key in ("step", "exp_avg", "exp_avg_sq"):
                tensors[f"{key}/{name}"] = state[key].detach().cpu().contiguous()
        about = {
            "step": step, "recipe": self.recipe, "seconds": seconds, "history": self.history,
            "sha256": _digest(tensors),
        }  # fmt: skip
        try:
            with store.atomic_path(self.folder / f"step-{step:08d}.safetensors") as part:
                _write(tensors, part, {"about": json.dumps(about)})
        except (OSError, SafetensorError) as error:
            raise OSError(
                f"the checkpoint of step {step} could not be written to {self.folder} ({error}); make room and start "
                f"again: the run goes on from step {self.saved}"
            ) from error
        self.saved = step
        for old in sorted(self.folder.glob("step-*.safetensors"))[:-2]:
            old.unlink()

    def forget(self) -> None:
        """Remove the checkpoints of a finished run."""
        if self.folder.is_dir():
            for path in self.folder.glob("*.safetensors"):
                path.unlink()
            with contextlib.suppress(OSError):
                self.folder.rmdir()

    def train(self, batches: list[list[Sample]], tokenizer, accumulate: int, checkpoint_every: int, label) -> None:
        """The steps that are still to do, through Trainer."""
        self.packed = packing.can_pack(self.wrapped, [sample for batch in batches[:4] for sample in batch])
        if self.start >= self.steps:
            return
        device = self.wrapped.device
        if models.quantized(self.wrapped) != "no" and device.type == "cpu":
            # bitsandbytes lays four-bit weights out anew where a CPU only reads them, and knows no backward for that;
            # asking for the state puts them back
            self.wrapped.state_dict()
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
        todo = _Batches(batches[self.start * accumulate :], packing.collator(self.packed, tokenizer))
        label = label or "LoRA"
        with contextlib.ExitStack() as during:
            bar, curve = during.enter_context(progress.bar(self.steps, label)), during.enter_context(live.curve(label))
            patience = during.enter_context(_Patience())
            if self.packed:
                during.enter_context(packing.packed(self.wrapped))
            during.enter_context(lean_lora.lean(self.wrapped))
            bar.resume(self.start)
            callback = _Account(self, accumulate, checkpoint_every, bar, curve, patience)
            trainer = _Trainer(
                model=self.wrapped, args=arguments, train_dataset=todo,
                optimizers=(self.optimizer, self.schedule), callbacks=[callback],
            )  # fmt: skip
            trainer.remove_callback(PrinterCallback)
            trainer.losses = callback.losses
            with models.quiet():
                trainer.train()
            callback.collect()
        self.seconds += time.perf_counter() - callback.began


def _digest(tensors: dict) -> str:
    """sha256 over names and bytes."""
    digest = hashlib.sha256()
    for name, tensor in sorted(tensors.items()):
        digest.update(name.encode())
        digest.update(tensor.contiguous().reshape(-1).view(torch.uint8).numpy().data)
    return digest.hexdigest()


class _Patience:
    """Ctrl-C and SIGTERM wait until the step they fall into is over and saved; a second one waits for nothing."""

    def __init__(self):
        self.heard, self._before = None, {}

    def __enter__(self):
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                if signal.getsignal(number) not in (signal.SIG_IGN, None):
                    self._before[number] = signal.signal(number, self._hear)
        return self

    def __exit__(self, *_):
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self._before = {}

    def _hear(self, number, _frame):
        if self.heard is not None:
            self.give_way()
        self.heard = number

    def give_way(self):
        """Let the signal do what it would have done."""
        number, self.heard = self.heard, None
        self.__exit__()
        signal.raise_signal(number)


class _Batches(torch.utils.data.Dataset):
    """Batches in their planned order, put together when they are asked for."""

    def __init__(self, batches, collate):
        self.batches, self.collate = batches, collate

    def __len__(self):
        return len(self.batches)

    def __getitem__(self, number):
        return self.collate(self.batches[number])


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
    """What happens around a step: its dropout's seed, its loss and rate, checkpoints, signals, bar and curve."""

    def __init__(self, run: _Run, accumulate: int, checkpoint_every: int, bar, curve, patience: _Patience):
        self.run, self.accumulate, self.every, self.bar = run, accumulate, checkpoint_every, bar
        self.curve, self.patience = curve, patience
        self.losses, self.rates, self.began = [], [], time.perf_counter()

    def on_step_begin(self, args, state, control, **_):
        step = self.run.start + state.global_step
        torch.manual_seed(int(np.random.SeedSequence([self.run.seed, step]).generate_state(1, np.uint64)[0] >> 1))
        self.rates.append(self.run.schedule.get_last_lr()[0])

    def on_step_end(self, args, state, control, **_):
        self.bar.update()
        done = self.run.start + state.global_step
        due = self.every and done % self.every == 0 and done < self.run.steps
        if due or self.patience.heard:
            self.collect()
            self.run.save(done, self.run.seconds + time.perf_counter() - self.began)
        if self.patience.heard:
            self.patience.give_way()
        if self.curve.due():
            self.collect()
            self.curve.draw([loss for loss, _ in self.run.history])

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
