"""Several adapters on one model, and which of them answers."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import torch
from peft import PeftModel
from peft.tuners.lora import LoraLayer

from assl_utils.experts.identity import content_hash
from assl_utils.pretrained import quiet

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
