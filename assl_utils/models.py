"""Causal language models: where they come from, how a question is put to them, and how they are told apart.

Weights are read as safetensors only and no code is taken from a model's folder (``trust_remote_code`` stays off).
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import json
import os
import sys
import time
import warnings
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path

import torch
from peft import PeftModel
from peft.tuners.lora import LoraLayer
from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer, BitsAndBytesConfig
from transformers.utils import logging as transformers_logging

QUANTIZED = ("no", "4bit")
EMBEDDED = Path(__file__).parent / "data" / "base_model"

# For tokenizers that bring no chat template: one question, one answer, closed by the end-of-sequence token.
PLAIN_TEMPLATE = (
    "{{ bos_token or '' }}{% for message in messages %}"
    "{% if message['role'] == 'user' %}{{ '### 问题：\n' + message['content'] + '\n### 回答：\n' }}"
    "{% else %}{{ message['content'] + eos_token }}{% endif %}{% endfor %}"
)


def resolve(base: str | os.PathLike = "embedded") -> str:
    """The folder or hub name behind ``base``; a folder that holds no model is an error that says so."""
    if str(base) == "embedded":
        if not (EMBEDDED / "config.json").exists():
            raise FileNotFoundError(f"the embedded base model is missing from {EMBEDDED}; `make base-model` makes it")
        return str(EMBEDDED)
    folder = Path(base).expanduser()
    if folder.is_dir():
        if not (folder / "config.json").exists():
            raise FileNotFoundError(f"{folder} is a folder without config.json, so it holds no Hugging Face model")
        return str(folder)
    if folder.is_absolute() or str(base).startswith((".", "~")) or str(base).count("/") > 1:
        raise FileNotFoundError(f"{base} is no folder here (and no hub name, which reads owner/name)")
    return str(base)


def label(base: str | os.PathLike = "embedded") -> str:
    """A name for people: where a folder lies is left out."""
    return "the embedded model" if str(base) == "embedded" else Path(base).name


def account(base: str | os.PathLike = "embedded") -> dict:
    """How a model was made, if its folder says so (``recipe.json``, as the embedded model's does); else empty."""
    file = Path(resolve(base)) / "recipe.json"
    return json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}


def device_of(device: str = "auto") -> torch.device:
    """``auto`` is the first CUDA device where there is one, else the CPU."""
    if device == "auto":
        device = "cuda" if torch.cuda.is_available() else "cpu"
    return torch.device(device)


def dtype_of(dtype: str | torch.dtype, device: torch.device) -> torch.dtype:
    """``auto`` is float32 on a CPU, where results are to be bit-equal, and bfloat16 on a GPU that has it."""
    if isinstance(dtype, torch.dtype):
        return dtype
    if dtype == "auto":
        if device.type == "cuda":
            return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float16
        return torch.float32
    found = getattr(torch, dtype, None)
    if not isinstance(found, torch.dtype):
        raise ValueError(f"unknown dtype {dtype!r}; use auto, float32, bfloat16 or float16")
    return found


@lru_cache(maxsize=8)
def slowdown(dtype: torch.dtype) -> float:
    """How many times as long this CPU takes for a linear layer in ``dtype`` as in float32, measured once.

    Without units for 16-bit numbers each is widened on its own, and a whole run takes several times as long.
    """
    a = torch.ones(768, 768)

    def seconds(matrix):
        best = float("inf")
        for _ in range(4):  # the first pass of all is slow
            began = time.perf_counter()
            torch.nn.functional.linear(matrix, matrix)
            best = min(best, time.perf_counter() - began)
        return best

    return seconds(a.to(dtype)) / seconds(a)


def _warn_of_slow_numbers(dtype: torch.dtype, device: torch.device) -> None:
    if device.type == "cpu" and dtype in (torch.bfloat16, torch.float16) and (times := slowdown(dtype)) > 2:
        name = str(dtype).removeprefix("torch.")
        warnings.warn(
            f"this CPU multiplies {times:.0f} times as slowly in {name} as in float32: "
            'SET="dtype=float32" gives the same but for rounding, sooner',
            stacklevel=3,
        )


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Keep transformers' loading bars and advice out of the notebooks; errors still show."""
    verbosity, bars = transformers_logging.get_verbosity(), transformers_logging.is_progress_bar_enabled()
    transformers_logging.set_verbosity_error()
    transformers_logging.disable_progress_bar()
    try:
        with warnings.catch_warnings():
            # peft still asks transformers for an attribute by its old name
            warnings.filterwarnings("ignore", "`is_gradient_checkpointing` is deprecated", FutureWarning)
            yield
    finally:
        transformers_logging.set_verbosity(verbosity)
        if bars:
            transformers_logging.enable_progress_bar()


def load_tokenizer(base: str | os.PathLike = "embedded"):
    """The tokenizer of ``base``, without its weights."""
    name = resolve(base)
    try:
        with quiet():
            tokenizer = AutoTokenizer.from_pretrained(name, trust_remote_code=False)
    except OSError as error:
        raise _cannot_load(name, error) from error
    # transformers rebuilds a tokenizer in the form usual for its kind of model; a vocabulary of another form then loses
    # every character it cannot spell, without a word
    if not tokenizer.encode("股价", add_special_tokens=False):
        raise ValueError(f"the tokenizer of {name!r} drops Chinese text: its vocabulary does not fit its class")
    return tokenizer


def load(
    base: str | os.PathLike = "embedded",
    device: str = "auto",
    dtype: str | torch.dtype = "auto",
    quantize: str = "no",
):
    """A causal language model and its tokenizer.

    Parameters
    ----------
    base : str or path, default "embedded"
        ``embedded`` (the small model shipped with the project), a hub name, or a local folder.
    device : str, default "auto"
        ``auto`` takes the GPU where there is one.
    dtype : str or torch.dtype, default "auto"
        ``auto`` is float32 on a CPU and bfloat16 on a GPU.
    quantize : {"no", "4bit"}
        ``4bit`` keeps the weights in NF4 (Dettmers et al. 2023), a quarter of the memory, and multiplies in ``dtype``:
        for GPUs that the model would not fit on. Needs ``pip install "assl-utils[quantize]"``.

    Returns
    -------
    (PreTrainedModel, PreTrainedTokenizerBase)
        The model in evaluation mode, on its device, with gradients left as they come.
    """
    name, where = resolve(base), device_of(device)
    how = _four_bits(where, dtype_of(dtype, where)) if quantize != "no" else {}
    if quantize not in QUANTIZED:
        raise ValueError(f"quantize {quantize!r} is none of {', '.join(QUANTIZED)}")
    tokenizer = load_tokenizer(base)
    _warn_of_slow_numbers(dtype_of(dtype, where), where)
    try:
        with quiet():
            model = AutoModelForCausalLM.from_pretrained(
                name, dtype=dtype_of(dtype, where), use_safetensors=True, trust_remote_code=False, **how
            )
    except OSError as error:
        raise _cannot_load(name, error) from error
    # Decoding is set by `generation.generate` alone; a model's own sampling defaults would only add warnings.
    model.generation_config.do_sample = False
    model.generation_config.temperature = model.generation_config.top_p = model.generation_config.top_k = None
    return (model if how else model.to(where)).eval(), tokenizer


@lru_cache(maxsize=1)
def kept(base: str | os.PathLike = "embedded", quantize: str = "no", dtype: str = "auto"):
    """`load`, remembered: a process that does several jobs with one model loads it once."""
    return load(base, dtype=dtype, quantize=quantize)


def _four_bits(where: torch.device, dtype: torch.dtype) -> dict:
    if importlib.util.find_spec("bitsandbytes") is None:
        raise ImportError('quantize="4bit" needs bitsandbytes: pip install "assl-utils[quantize]"')
    config = BitsAndBytesConfig(
        load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_use_double_quant=True, bnb_4bit_compute_dtype=dtype
    )
    return {"quantization_config": config, "device_map": {"": where}}


def quantized(model) -> str:
    """``"4bit"`` for a model whose weights are kept so, else ``"no"``."""
    return "4bit" if getattr(model, "is_loaded_in_4bit", False) else "no"


def _cannot_load(name: str, error: OSError) -> OSError:
    where = "the folder is incomplete" if Path(name).is_dir() else "no folder of that name, and the hub did not give it"
    return OSError(f"cannot load {name!r}: {where}. Give base_model a local folder. ({str(error).splitlines()[0]})")


# ------------------------------------------------------------------------------------------------ questions and answers


def prompt(instruction: str, input: str = "") -> str:
    """Instruction and input as one question: the text that the encoder embeds and the model answers."""
    return f"{instruction}\n{input}" if input else instruction


def encode_chat(
    tokenizer, user: str, answer: str | None = None, max_length: int | None = None
) -> tuple[list[int], int]:
    """Token ids of a question, and of its answer where one is given, in the tokenizer's chat format.

    The answer is tokenised on its own, as the model will produce it, and closed by the token that ends a turn. Control
    tokens inside ``user`` or ``answer`` (a text that says ``<|im_end|>``) are encoded as ordinary text.

    Parameters
    ----------
    tokenizer : PreTrainedTokenizerBase
    user : str
        The question, see :func:`prompt`.
    answer : str or None
        The answer to learn; None leaves the place open for the model.
    max_length : int or None
        Longest sequence allowed. The question is shortened from its end, so that instruction, turn marks and answer
        stay; an answer that would take more than half of the room a long question leaves is cut first, and then
        carries no end token.

    Returns
    -------
    (ids, prompt_len)
        ``ids[:prompt_len]`` is the question with the opening of the answer's turn, the rest the answer.
    """
    tail = [] if answer is None else [*_plain_ids(tokenizer, answer), end_of_answer(tokenizer)]
    ids = _question_ids(tokenizer, user)
    if max_length is not None and len(ids) + len(tail) > max_length:
        frame = len(_question_ids(tokenizer, ""))
        if frame >= max_length:
            raise ValueError(f"max_length={max_length} leaves no room: the chat format alone takes {frame} tokens")
        room = max_length - frame
        tail = tail[: max(room // 2, room - (len(ids) - frame))]
        low, high = 0, len(user)  # the longest beginning of the question that still fits
        while low < high:
            middle = (low + high + 1) // 2
            if len(_question_ids(tokenizer, user[:middle])) + len(tail) <= max_length:
                low = middle
            else:
                high = middle - 1
        ids = _question_ids(tokenizer, user[:low])
    return ids + tail, len(ids)


def end_of_answer(tokenizer) -> int:
    """The token that ends an answer: the first control token after it in the chat template, else end-of-sequence."""
    known = getattr(tokenizer, "_assl_end_of_answer", None)
    if known is not None:
        return known
    end = tokenizer.eos_token_id
    if tokenizer.chat_template:
        mark = "答案"
        turns = [{"role": "user", "content": "问"}, {"role": "assistant", "content": mark}]
        text = tokenizer.apply_chat_template(turns, tokenize=False)
        after = tokenizer.encode(text[text.rindex(mark) + len(mark) :], add_special_tokens=False)
        end = next((token for token in after if token in tokenizer.added_tokens_decoder), end)
    if end is None:
        raise ValueError("the tokenizer has neither an end-of-turn token in its chat template nor an eos_token")
    tokenizer._assl_end_of_answer = end
    return end


def _question_ids(tokenizer, user: str) -> list[int]:
    template = None if tokenizer.chat_template else PLAIN_TEMPLATE
    return tokenizer.apply_chat_template(
        [{"role": "user", "content": user}],
        chat_template=template,
        add_generation_prompt=True,
        sanitize_control_tokens=True,
    )["input_ids"]


def _plain_ids(tokenizer, text: str) -> list[int]:
    return tokenizer.encode(text, add_special_tokens=False, split_special_tokens=True)


# ----------------------------------------------------------------------------------------------------------- identities


def content_hash(base: str | os.PathLike) -> str:
    """Identity of a model or adapter on disk: sha256 over the names and bytes of its weights, configuration, tokenizer.

    A hub name that is no local folder is identified by the revision the hub reports.
    """
    name = resolve(base) if not (Path(base) / "adapter_config.json").exists() else str(base)
    folder = Path(name)
    if not folder.is_dir():
        try:
            with quiet():
                revision = AutoConfig.from_pretrained(name, trust_remote_code=False)._commit_hash
        except OSError as error:
            raise _cannot_load(name, error) from error
        return hashlib.sha256(f"{name}@{revision}".encode()).hexdigest()
    if (folder / "adapter_config.json").exists():
        return _adapter_hash(folder)
    kinds = (".safetensors", ".json", ".jinja", ".model", ".txt")
    files = [f for f in sorted(folder.iterdir()) if f.suffix in kinds]
    return _hash_files(tuple((str(f), f.stat().st_size, f.stat().st_mtime_ns) for f in files))


def _adapter_hash(folder: Path) -> str:
    """An adapter's weights and configuration, but for where its base happened to lie on the machine that trained it."""
    config = json.loads((folder / "adapter_config.json").read_text(encoding="utf-8"))
    config = {key: sorted(value) if key == "target_modules" else value for key, value in config.items()}
    for key in ("base_model_name_or_path", "revision"):
        config.pop(key, None)
    weights = folder / "adapter_model.safetensors"
    if not weights.exists():
        raise FileNotFoundError(f"{folder} has no adapter_model.safetensors: its training did not end")
    about = (str(weights), weights.stat().st_size, weights.stat().st_mtime_ns)
    return hashlib.sha256((json.dumps(config, sort_keys=True) + _hash_files((about,))).encode()).hexdigest()


@lru_cache(maxsize=64)
def _hash_files(files: tuple[tuple[str, int, int], ...]) -> str:
    digest = hashlib.sha256()
    for name, size, _ in files:
        digest.update(json.dumps([Path(name).name, size]).encode())
        with open(name, "rb") as stream:
            while block := stream.read(1 << 22):
                digest.update(block)
    return digest.hexdigest()


def weights_hash(model, adapter: str | None = None) -> str:
    """Identity of a model in memory: sha256 over its weights and their dtypes.

    Without ``adapter`` the adapters are left out, so that a model is the same with and without them and one raw answer
    serves every expert; with it, only that adapter's matrices and scaling count.
    """
    digest = hashlib.sha256()
    if adapter is None and quantized(model) != "no":
        # a CPU repacks such weights when it first multiplies by them; where they come from stays
        return hashlib.sha256(f"{content_hash(model.name_or_path)} {quantized(model)}".encode()).hexdigest()
    if adapter is None:
        tensors = ((_base_name(n), t) for n, t in model.state_dict().items() if ".lora_" not in n)
    else:
        config = model.peft_config[adapter]
        digest.update(json.dumps([config.r, config.lora_alpha, config.use_rslora]).encode())
        mark = f".{adapter}."
        tensors = ((n.replace(mark, "."), t) for n, t in model.state_dict().items() if ".lora_" in n and mark in n)
    for name, tensor in sorted(tensors, key=lambda pair: pair[0]):
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}".encode())
        flat = tensor.detach().cpu().contiguous().reshape(-1)
        digest.update(flat.view(torch.uint8).numpy().data if flat.numel() else b"")
    return digest.hexdigest()


def _base_name(name: str) -> str:
    return name.removeprefix("base_model.model.").replace(".base_layer.", ".")


# ------------------------------------------------------------------------------------------------------------- adapters


@contextlib.contextmanager
def adapters(model, folders: Mapping[str, str | os.PathLike]) -> Iterator[tuple[object, dict[str, str]]]:
    """Several LoRA adapters over one base model, without loading the base again.

    Parameters
    ----------
    model : PreTrainedModel
        The base; adapters are attached to it in place and taken off again at the end, which leaves it bit for bit as
        it was.
    folders : mapping of name to folder
        PEFT adapter folders.

    Yields
    ------
    (PeftModel, dict)
        The model to generate with, and for each name the adapter's full name, ``name-<first 8 of its content hash>``.
    """
    if not folders:
        raise ValueError("no adapters given")
    full, wrapped = {}, None
    try:
        for name, folder in folders.items():
            if not (Path(folder) / "adapter_config.json").exists():
                raise FileNotFoundError(f"{folder} holds no adapter_config.json, so it is no PEFT adapter")
            full[name] = f"{str(name).replace('.', '_')}-{content_hash(folder)[:8]}"
            with quiet():
                if wrapped is None:
                    wrapped = PeftModel.from_pretrained(model, str(folder), adapter_name=full[name])
                elif full[name] not in wrapped.peft_config:
                    wrapped.load_adapter(str(folder), adapter_name=full[name])
        yield wrapped.eval(), full
    finally:
        if wrapped is not None and not sys.is_finalizing():  # peft shows a bar, and at exit no thread can begin
            wrapped.unload()


@contextlib.contextmanager
def answering_as(model, adapter: str | None, merge: bool = False) -> Iterator[None]:
    """``model`` with one of its adapters on, or with none (None: the base model answers).

    ``merge`` adds the adapter to the weights while it lasts, which spares the small products beside every layer; the
    weights are then put back from a copy, for adding and subtracting in floating point does not give the same bits.
    """
    attached = adapter_names(model)
    if adapter is None:
        with model.disable_adapter() if attached else contextlib.nullcontext():
            yield
        return
    if adapter not in attached:
        raise ValueError(f"no adapter is called {adapter!r}; attached are {attached or 'none'}")
    active = model.active_adapter
    model.set_adapter(adapter)
    kept = []
    try:
        if merge:
            for module in model.modules():
                if isinstance(module, LoraLayer):
                    weight = module.get_base_layer().weight
                    kept.append((module, weight, weight.detach().clone()))
                    module.merge(adapter_names=[adapter])
        yield
    finally:
        with torch.no_grad():
            for module, weight, before in kept:
                weight.copy_(before)
                module.merged_adapters.clear()
        model.set_adapter(active)


def adapter_names(model) -> Sequence[str]:
    """Names of the adapters attached to ``model``; empty for a plain model."""
    return list(getattr(model, "peft_config", {}) or {})
