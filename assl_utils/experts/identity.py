"""Who a model or an adapter is: digests of weights, whatever folder they lie in."""

from __future__ import annotations

import hashlib
import json
import os
from functools import lru_cache
from pathlib import Path

import torch

from assl_utils.experts.models import quantized
from assl_utils.hub.snapshots import KINDS
from assl_utils.pretrained import resolve

# ----------------------------------------------------------------------------------------------------------- identities


def content_hash(base: str | os.PathLike) -> str:
    """Identity of a model or adapter on disk: sha256 over the names and bytes of its weights, configuration, tokenizer.

    A model of the hub is its files: the same bytes give the same digest by name, from a cache and from a folder.
    """
    folder = Path(resolve(base) if not (Path(base) / "adapter_config.json").exists() else base)
    if (folder / "adapter_config.json").exists():
        return _adapter_hash(folder)
    files = [f for f in sorted(folder.iterdir()) if f.suffix in KINDS and not f.name.startswith(".")]
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
