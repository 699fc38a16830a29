"""Causal language models: where they come from, how a question is put to them, and how their precision is known.

Weights are read as safetensors only and no code is taken from a model's folder (``trust_remote_code`` stays off).
"""

from __future__ import annotations

import importlib.util
import math
import os
import time
import warnings
from functools import lru_cache
from pathlib import Path

import torch
from safetensors import safe_open
from transformers import AutoModelForCausalLM, BitsAndBytesConfig

from assl_utils.pretrained import cannot_load, device_of, dtype_of, label, load_tokenizer, quiet, resolve

QUANTIZED = ("no", "4bit")
TEXT_ENDS = ("<|endoftext|>", "<|end_of_text|>", "<eos>", "</s>")  # Qwen and GPT, Llama 3, Gemma, Llama 2

# For tokenizers that bring no chat template: one question, one answer, closed by the end-of-sequence token.
PLAIN_TEMPLATE = (
    "{{ bos_token or '' }}{% for message in messages %}"
    "{% if message['role'] == 'user' %}{{ '### 问题：\n' + message['content'] + '\n### 回答：\n' }}"
    "{% else %}{{ message['content'] + eos_token }}{% endif %}{% endfor %}"
)


@lru_cache(maxsize=8)
def slowdown(dtype: torch.dtype) -> float:
    """How many times as long this CPU takes for a linear layer in ``dtype`` as in float32, measured once.

    Without units for 16-bit numbers each is widened singly, and a whole run takes several times as long.
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


def _warn_of_a_missing_template(tokenizer, base) -> None:
    if not tokenizer.chat_template:
        warnings.warn(
            f"{label(base)} brings no chat template: questions are put to it in a plain form of our own, which it was "
            "not trained with; if there is a chat or instruct version of it, that one answers better",
            stacklevel=3,
        )


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
        ``embedded`` (the small model shipped with the project), a local folder, or a name of the hub: ``owner/name``,
        pinned ``owner/name@revision``.
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
    _warn_of_a_missing_template(tokenizer, base)
    _warn_of_slow_numbers(dtype_of(dtype, where), where)
    try:
        with quiet():
            model = AutoModelForCausalLM.from_pretrained(
                name, dtype=dtype_of(dtype, where), use_safetensors=True, trust_remote_code=False, **how
            )
    except OSError as error:
        raise cannot_load(name, error) from error
    # Decoding is set by `generation.generate` alone; a model's own sampling defaults would only add warnings.
    model.generation_config.do_sample = False
    model.generation_config.temperature = model.generation_config.top_p = model.generation_config.top_k = None
    return (model if how else model.to(where)).eval(), tokenizer


def load_once(base: str | os.PathLike = "embedded", quantize: str = "no", dtype: str = "auto"):
    """`load`, remembered: a process that does several jobs with one model loads it once, however it asks."""
    return _loaded(str(base), dtype, quantize)  # one spelling, as `lru_cache` compares arguments as they are written


@lru_cache(maxsize=1)
def _loaded(base: str, dtype: str, quantize: str):
    return load(base, dtype=dtype, quantize=quantize)


def gigabytes(base: str | os.PathLike = "embedded", dtype: str = "auto") -> float:
    """Memory that the weights of ``base`` take on a CPU, by its files' heads."""
    weights = 0
    for file in Path(resolve(base)).glob("*.safetensors"):
        with safe_open(file, "pt") as stream:
            weights += sum(math.prod(stream.get_slice(name).get_shape()) for name in stream.keys())
    return weights * dtype_of(dtype, torch.device("cpu")).itemsize / 2**30


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


def ready_to_train(model) -> None:
    """Lay four-bit weights out for a backward pass.

    bitsandbytes lays them out anew where a CPU only reads them, and knows no backward for that; asking for the state
    puts them back.
    """
    if quantized(model) != "no" and model.device.type == "cpu":
        model.state_dict()


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


def text_ids(tokenizer, text: str) -> list[int]:
    """Token ids of a raw text between the token that opens a text and the one that ends it.

    Where the tokenizer has no token that opens a text, the one that ends it stands there too, as it does in
    pre-training, where texts follow each other. Control tokens inside ``text`` are encoded as ordinary text.
    """
    end = end_of_text(tokenizer)
    start = end if tokenizer.bos_token_id is None else tokenizer.bos_token_id
    return [start, *_plain_ids(tokenizer, text), end]


def end_of_text(tokenizer) -> int:
    """The token that ends a document: the one of a usual name, for a chat model's eos_token often ends a turn."""
    known = {str(token): number for number, token in tokenizer.added_tokens_decoder.items()}
    end = next((known[name] for name in TEXT_ENDS if name in known), tokenizer.eos_token_id)
    if end is None:
        raise ValueError(f"the tokenizer has neither one of {', '.join(TEXT_ENDS)} nor an eos_token")
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
