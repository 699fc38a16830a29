"""Untrained models of several kinds."""

import torch
from transformers import (
    Gemma3ForCausalLM,
    Gemma3TextConfig,
    LlamaConfig,
    LlamaForCausalLM,
    MambaConfig,
    MambaForCausalLM,
    MistralConfig,
    MistralForCausalLM,
)

SHAPE = {
    "vocab_size": 97, "hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 3, "num_attention_heads": 4,
    "num_key_value_heads": 2, "initializer_range": 0.2, "pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2,
}  # fmt: skip


def made(kind):
    torch.manual_seed(0)
    if kind == "llama":
        return LlamaForCausalLM(LlamaConfig(**SHAPE)).eval()
    if kind == "window of 8":
        return MistralForCausalLM(MistralConfig(**SHAPE, sliding_window=8, head_dim=8)).eval()
    if kind == "window of 8 in every other layer":
        every = ["sliding_attention", "full_attention", "sliding_attention"]
        return Gemma3ForCausalLM(Gemma3TextConfig(**SHAPE, sliding_window=8, head_dim=8, layer_types=every)).eval()
    return MambaForCausalLM(MambaConfig(vocab_size=97, hidden_size=32, num_hidden_layers=2, state_size=4)).eval()
