"""One LoRA expert: low-rank matrices beside the frozen weights, trained on the answers of its rows or on raw text.

.. math:: W = W_0 + \\frac{\\alpha}{r} B A

The loop is transformers' Trainer and the layers are peft's; this module decides what they see. The rows of a batch lie
end to end without padding, and only places that predict an answer's token go through the output layer
(:mod:`assl_utils.experts.packing`). Checkpoints are one safetensors file each, renamed into place, and the dropout of a
step is drawn from (seed, step), so that a run killed anywhere ends with the weights it would have had.
"""

from __future__ import annotations

import contextlib
import inspect
import json
import math
import random
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from peft import LoraConfig, get_peft_model, get_peft_model_state_dict

from assl_utils import pretrained, shapes, store
from assl_utils.experts import account, identity, models, warm_start
from assl_utils.experts.loop import TrainingRun, write_tensors
from assl_utils.experts.shapes import Training
from assl_utils.experts.training_sets import learns, prepare, rows_hash

TARGET_MODULES = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")
UNDECIDING = ("gradient_checkpointing", "checkpoint_every", "model", "label", "start")  # no weights, or not by name


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
    start=None,
    model=None,
    label: str | None = None,
) -> Path:
    """Train one LoRA adapter, or return at once when it is up to date.

    Parameters
    ----------
    base : str or path
        The base model, see :func:`assl_utils.experts.models.load`.
    rows : DataFrame
        ``instruction``, ``input``, ``output``: the loss is taken on the output and the token that ends it. Or ``text``
        alone: continued pre-training, the loss on every token, see
        :func:`assl_utils.experts.training_sets.encode_text`.
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
        In what the base is loaded, see :func:`assl_utils.experts.models.load`.
    gradient_checkpointing : bool or None
        Compute the activations twice instead of keeping them. None does so where the longest batch would not fit into
        the GPU otherwise.
    checkpoint_every : int, default 100
        Steps between checkpoints. They lie in ``out_dir/checkpoints`` and go when the adapter is finished. SIGTERM and
        Ctrl-C write one more before they take effect; a second one, later than a second, does not wait for it.
    start : path or None
        An adapter of the same base, rank, alpha and target modules whose weights this one begins with (first text, then
        answers). None begins as LoRA does, with an update of zero.
    model : (model, tokenizer) or None
        ``base`` already loaded, to spare loading it for each expert; it is given back as it was.

    Returns
    -------
    Path
        ``out_dir``.
    """
    out_dir = Path(out_dir)
    if model is not None and pretrained.resolve(base) != pretrained.resolve(model[0].name_or_path):
        raise ValueError(f"base is {base!r}, but the model given was loaded from {model[0].name_or_path!r}")
    if start is not None and Path(start).resolve() == out_dir.resolve():
        raise ValueError(f"start={str(start)!r} is the folder to be written; give the new adapter one of its own")
    recipe = describe(
        base, rows, start, r=r, alpha=alpha, dropout=dropout, target_modules=sorted(target_modules), lr=lr,
        min_lr=min_lr, warmup=warmup, epochs=epochs, min_steps=min_steps, batch_size=batch_size, accumulate=accumulate,
        max_length=max_length, seed=seed, bf16=bf16, quantize=quantize, dtype=dtype,
    )  # fmt: skip
    if is_trained(out_dir, recipe):
        return out_dir
    (out_dir / "training.json").unlink(missing_ok=True)  # from here on the folder is unfinished

    network, tokenizer = models.load(base, dtype=dtype, quantize=quantize) if model is None else model
    if models.quantized(network) != quantize:
        raise ValueError(f"quantize is {quantize!r}, but the model given is {models.quantized(network)!r}")
    if dtype != "auto" and network.dtype != pretrained.dtype_of(dtype, network.device):
        raise ValueError(f"dtype is {dtype!r}, but the model given is in {network.dtype}")
    training_set = prepare(
        tokenizer, rows, epochs=epochs, min_steps=min_steps, batch_size=batch_size, accumulate=accumulate,
        max_length=max_length, seed=seed,
    )  # fmt: skip
    lora = {"r": r, "alpha": alpha, "dropout": dropout, "target_modules": target_modules}
    with attached(network, seed, **lora, start=start) as wrapped:
        if gradient_checkpointing is None:
            gradient_checkpointing = needs_checkpointing(network, max(training_set.tokens()))
        rise = math.ceil(warmup * training_set.steps)
        run = TrainingRun(wrapped, recipe, out_dir / "checkpoints", training_set.steps, lr, min_lr, rise)
        run.resume()
        with saving_memory(network, gradient_checkpointing):
            run.train(training_set.batches(), tokenizer, accumulate, checkpoint_every, label)
        _save_adapter(wrapped, out_dir)

    steps, counted = training_set.steps, account.tokens(training_set)
    table = pd.DataFrame(run.history, columns=["loss", "lr"])
    table.insert(0, "step", range(1, steps + 1))
    per_epoch = math.ceil(len(training_set.samples) / batch_size)
    table.insert(1, "epoch", (table["step"] * accumulate).clip(upper=len(training_set.plan)) / per_epoch)
    store.write_table(table, out_dir / "losses.csv")
    store.write_json(
        {
            "recipe": recipe,
            "adapter": store.sha256(out_dir / "adapter_model.safetensors"),
            "rows": len(rows),
            "shortened_rows": training_set.shortened,
            "epochs": training_set.epochs,
            "steps": steps,
            "samples": sum(map(len, training_set.plan)),
            "tokens": counted["tokens"],
            "answer_tokens": counted["answers"],
            "padded_tokens": counted["tokens" if run.packed else "padded"],
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


def describe(base, rows: pd.DataFrame, start=None, **values) -> dict:
    """What decides an adapter's weights, as ``training.json`` keeps it under ``recipe``.

    Parameters
    ----------
    base, rows, start
        As for `train_lora`; each is named by its content, wherever it lies.
    **values
        The other values of `train_lora` that decide the weights, by name, ``target_modules`` in order.

    Returns
    -------
    dict
        ``learns`` (``"text"``) and ``start`` are in it only where raw text is learned or another adapter is begun with,
        so that adapters from before there were such are still up to date.
    """
    recipe = {"base": identity.content_hash(base), "rows": rows_hash(rows)} | values
    if learns(rows) == "text":
        recipe["learns"] = "text"
    if start is not None:
        recipe["start"] = begins_with(base, start)
    return recipe


def begins_with(base, start) -> str:
    """The content hash of an adapter to begin with; one that is not whole, or of another base, is an error."""
    if not (Path(start) / "adapter_config.json").exists():
        raise FileNotFoundError(f"start={str(start)!r} holds no adapter_config.json, so no finished adapter; train it")
    digest = identity.content_hash(start)
    with contextlib.suppress(FileNotFoundError):  # an adapter made elsewhere has no account
        account_of_start = shapes.read(Path(start) / "training.json", Training)
        if not is_trained(start, account_of_start["recipe"]):
            raise ValueError(f"start={str(start)!r}: its weights are not those its training ended with; train it again")
        if account_of_start["recipe"]["base"] != identity.content_hash(base):
            raise ValueError(f"start={str(start)!r} was trained on another base than {str(base)!r}")
    return digest


DECIDING = {  # the values that decide an adapter's weights, as they usually are
    name: argument.default
    for name, argument in inspect.signature(train_lora).parameters.items()
    if argument.kind == argument.KEYWORD_ONLY and name not in UNDECIDING
}


def identified(base, rows: pd.DataFrame, **values) -> dict:
    """`describe` of arguments as for `train_lora`, with its usual values; what decides no weights is left out."""
    decide = {name: values.get(name, usual) for name, usual in DECIDING.items()}
    decide["target_modules"] = sorted(decide["target_modules"])
    return describe(base, rows, values.get("start"), **decide)


@contextlib.contextmanager
def attached(network, seed: int = 0, *, r: int, alpha: int, dropout: float, target_modules: Sequence[str], start=None):
    """``network`` with an adapter beside its frozen weights, a fresh one or with the weights of the adapter ``start``;
    afterwards it is as it was, and so are the caller's random numbers."""
    trainable = [p.requires_grad for p in network.parameters()]
    with _global_rng_kept():
        torch.manual_seed(seed)  # before get_peft_model, which draws A
        config = LoraConfig(
            r=r, lora_alpha=alpha, lora_dropout=dropout, target_modules=list(target_modules), task_type="CAUSAL_LM"
        )
        if start is not None:
            warm_start.check_alike(start, config)
        with pretrained.quiet():
            wrapped = get_peft_model(network, config)
        try:
            if start is not None:
                warm_start.take_weights(wrapped, start)
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
        written = shapes.read(out_dir / "training.json", Training)
        weights = store.sha256(out_dir / "adapter_model.safetensors")
    except (OSError, ValueError):
        return False
    return written.get("recipe") == recipe and written.get("adapter") == weights


def _save_adapter(wrapped, out_dir: Path) -> None:
    write_adapter(get_peft_model_state_dict(wrapped), wrapped.peft_config["default"], out_dir)


def write_adapter(weights: dict, config: LoraConfig, out_dir) -> None:
    """An adapter in PEFT's format, whole files only and the same bytes each time.

    PEFT itself keeps the target modules as a set, whose order differs from process to process.

    Parameters
    ----------
    weights : dict of str to Tensor
        As PEFT names them in a file.
    config : LoraConfig
        Its base model is the folder it was loaded from; the file names it without a path of this machine, see
        :func:`assl_utils.pretrained.reference`.
    out_dir : path
    """
    out_dir = Path(out_dir)
    weights = {name: tensor.detach().cpu().contiguous() for name, tensor in weights.items()}
    with store.atomic_path(out_dir / "adapter_model.safetensors") as part:
        write_tensors(dict(sorted(weights.items())), part, {"format": "pt"})
    values = config.to_dict() | {"inference_mode": True}
    if values.get("base_model_name_or_path"):
        values |= pretrained.reference(values["base_model_name_or_path"])
    values = {key: sorted(value) if isinstance(value, set) else value for key, value in values.items()}
    store.write_json(json.loads(json.dumps(values, default=str)), out_dir / "adapter_config.json")


@contextlib.contextmanager
def _global_rng_kept() -> Iterator[None]:
    """Trainer seeds every generator there is; the caller's go on afterwards as if it had not."""
    python, numpy = random.getstate(), np.random.get_state()
    with torch.random.fork_rng():
        yield
    random.setstate(python)
    np.random.set_state(numpy)
