"""The training loop: steps, checkpoints, what it took."""

from __future__ import annotations

import contextlib
import hashlib
import json
import math
import signal
import threading
import time
from pathlib import Path

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from transformers import Trainer, TrainerCallback, TrainingArguments
from transformers.optimization import get_cosine_with_min_lr_schedule_with_warmup
from transformers.trainer_callback import PrinterCallback

from assl_utils import pretrained, progress, store
from assl_utils.experts import lean_lora, live, models, packing
from assl_utils.experts.packing import Sample


def write_tensors(tensors: dict, path: Path, metadata: dict) -> None:
    save_file(tensors, path, metadata=metadata)
    path.chmod(0o644)  # safetensors leaves it to its owner alone


class TrainingRun:
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
        """One file per checkpoint with its own digest, renamed into place; the last two are kept."""
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
                write_tensors(tensors, part, {"about": json.dumps(about)})
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
        models.ready_to_train(self.wrapped)
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
            with pretrained.quiet():
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


SAME = 1.0  # seconds in which two signals are one wish: a group gets them at once, and a parent passes its own on


class _Patience:
    """Ctrl-C and SIGTERM wait until the step they fall into is over and saved; a later one waits for nothing."""

    def __init__(self):
        self.caught, self._since, self._before = None, 0.0, {}

    def __enter__(self):
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                if signal.getsignal(number) not in (signal.SIG_IGN, None):
                    self._before[number] = signal.signal(number, self._catch)
        return self

    def __exit__(self, *_):
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self._before = {}

    def _catch(self, number, _frame):
        if self.caught is None:
            self.caught, self._since = number, time.monotonic()
        elif time.monotonic() - self._since >= SAME:
            self.give_way()

    def give_way(self):
        """Let the signal do what it would have done."""
        number, self.caught = self.caught, None
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

    def __init__(self, run: TrainingRun, accumulate: int, checkpoint_every: int, bar, curve, patience: _Patience):
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
        if due or self.patience.caught:
            self.collect()
            self.run.save(done, self.run.seconds + time.perf_counter() - self.began)
        if self.patience.caught:
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
