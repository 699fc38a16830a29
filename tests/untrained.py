"""Adapters that were never trained, with random matrices: enough to test sums and merges of any shape."""

import torch
from peft import LoraConfig, get_peft_model

from assl_utils.experts import models


def save(base, shapes, root):
    """An adapter for each entry of ``shapes``, arguments of peft's LoraConfig by name; their folders by name."""
    folders = {}
    for seed, (name, shape) in enumerate(shapes.items()):
        model, _ = models.load(base, device="cpu")
        torch.manual_seed(seed)
        wrapped = get_peft_model(model, LoraConfig(task_type="CAUSAL_LM", **shape))
        for parameter, value in wrapped.named_parameters():
            if ".lora_B." in parameter:
                torch.nn.init.normal_(value, std=0.2)
        folders[name] = root / name
        wrapped.save_pretrained(folders[name])
    return folders
