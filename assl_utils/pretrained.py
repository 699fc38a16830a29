"""Pretrained models and tokenizers: where they come from, on which device, in which precision."""

from __future__ import annotations

import contextlib
import json
import os
import warnings
from collections.abc import Iterator
from pathlib import Path

import torch
from transformers import AutoTokenizer
from transformers.utils import logging as transformers_logging

from assl_utils import store
from assl_utils.hub import snapshots

EMBEDDED = Path(__file__).parent / "data" / "base_model"


def resolve(base: str | os.PathLike = "embedded") -> str:
    """The folder behind ``base``; one that holds no model is an error that says so.

    A name of the hub, ``owner/name`` or ``owner/name@revision``, is fetched where it is not here, see
    :func:`assl_utils.hub.snapshots.folder`.
    """
    if str(base) == "embedded":
        if not (EMBEDDED / "config.json").exists():
            raise FileNotFoundError(f"the embedded base model is missing from {EMBEDDED}; `make base-model` makes it")
        return str(EMBEDDED)
    folder = Path(base).expanduser()
    if folder.is_dir():
        if not (folder / "config.json").exists():
            raise FileNotFoundError(f"{folder} is a folder without config.json, so it holds no Hugging Face model")
        return str(folder)
    if snapshots.parse(base) is None:
        raise FileNotFoundError(f"{base} is no folder here (and no hub name, which reads owner/name)")
    return str(snapshots.folder(str(base)))


def label(base: str | os.PathLike = "embedded") -> str:
    """A name for people: where a folder lies is left out, and so is the revision of a name."""
    return "the embedded model" if str(base) == "embedded" else Path(snapshots.without_revision(base)).name


def reference(place: str | os.PathLike) -> dict:
    """How a file that is kept names a base model: without a path of this machine.

    Parameters
    ----------
    place : str or path
        What `resolve` gave.

    Returns
    -------
    dict
        ``base_model_name_or_path`` and ``revision``, as PEFT's ``adapter_config.json`` has them: name and commit of a
        model of the hub; of a folder the way to it from the repository's folder, and no revision.
    """
    if named := snapshots.named_by(place):
        return {"base_model_name_or_path": named.repo, "revision": named.revision}
    way = os.path.relpath(Path(place).resolve(), store.root().resolve())
    return {"base_model_name_or_path": Path(way).as_posix(), "revision": None}


def referred(config: dict) -> str:
    """The base model that `reference` named, as `resolve` takes it; folders are seen from the repository's folder."""
    place = config["base_model_name_or_path"]
    if config.get("revision"):
        return str(snapshots.Named(place, config["revision"]))
    return str(store.root() / place) if (store.root() / place).is_dir() else place


def account(base: str | os.PathLike = "embedded") -> dict:
    """How a model was made, if its folder says so (``recipe.json``, as the embedded model's does); else empty."""
    file = Path(resolve(base)) / "recipe.json"
    return json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}


def device_of(device: str = "auto") -> torch.device:
    """``auto`` is the first CUDA device where there is one, else the CPU; one that is not here is a ValueError."""
    if device == "auto":
        device = "cuda" if torch.cuda.is_available() else "cpu"
    kind, colon, number = str(device).partition(":")
    if kind not in ("cpu", "cuda") or (colon and not (number.isascii() and number.isdecimal() and len(number) < 4)):
        raise ValueError(f"device {str(device)[:40]!r} is none of auto, cpu, cuda, cuda:0, cuda:1, …")
    count = torch.cuda.device_count() if kind == "cuda" and torch.cuda.is_available() else 0
    if kind == "cuda" and int(number or 0) >= count:
        raise ValueError(f"device {str(device)!r} is not here: torch finds {count or 'no'} GPU; take cpu or auto")
    return torch.device(kind, int(number)) if colon else torch.device(kind)


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
        raise cannot_load(name, error) from error
    # transformers rebuilds a tokenizer in the form usual for its kind of model; a vocabulary of another form then loses
    # every character it cannot spell, and says nothing
    if not set(tokenizer.encode("股价", add_special_tokens=False)) - {tokenizer.unk_token_id}:
        raise ValueError(f"the tokenizer of {name!r} drops Chinese text: its vocabulary does not fit its class")
    return tokenizer


def cannot_load(name: str, error: OSError) -> OSError:
    where = "the folder is incomplete" if Path(name).is_dir() else "no folder of that name, and the hub did not give it"
    return OSError(f"cannot load {name!r}: {where}. Give base_model a local folder. ({str(error).splitlines()[0]})")
