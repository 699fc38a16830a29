"""An adapter that begins with the weights of another: whether the two are of one shape, and the copy itself."""

from __future__ import annotations

from pathlib import Path

from peft import LoraConfig, PeftConfig, get_peft_model_state_dict, set_peft_model_state_dict
from safetensors.torch import load_file

PLAIN = ("use_rslora", "use_dora", "bias", "modules_to_save", "rank_pattern", "alpha_pattern")  # LoRA's variants


def check_alike(start, config: LoraConfig) -> None:
    """An error unless the adapter in the folder ``start`` has the shape and scale of ``config``; dropout may differ."""
    other = PeftConfig.from_pretrained(str(start))
    for name in ("peft_type", "r", "lora_alpha", "target_modules", *PLAIN):
        wanted, found = getattr(config, name, None), getattr(other, name, None)
        if (wanted or None) != (found or None):
            wanted, found = (sorted(v) if isinstance(v, set) else v for v in (wanted, found))
            raise ValueError(
                f"start={str(start)!r} has {name}={found!r}, but the adapter to be trained has {wanted!r}: only one of "
                "the same shape can go on; train both with the same values"
            )


def take_weights(wrapped, start) -> None:
    """Give the one adapter of a PEFT model the weights of the adapter in the folder ``start``."""
    weights = load_file(Path(start) / "adapter_model.safetensors")
    lacking = get_peft_model_state_dict(wrapped).keys() ^ weights.keys()
    if lacking:
        raise ValueError(f"start={str(start)!r} and the base differ in {len(lacking)} matrices, {min(lacking)} is one")
    set_peft_model_state_dict(wrapped, weights)
