"""The embedded base model: how the small decoder that the `cpu` profile starts from is made.

``make base-model`` runs this recipe: a tokenizer and a Qwen2-shaped decoder, trained from nothing on the running text
of the corpus generator, on textbook sentences and on a generic instruction mix (copying, choosing, looking up; none of
the tasks that are evaluated). The result is shipped in ``assl_utils/data/base_model``: a first run needs no hours of
pre-training, and the model can be made again.

Hidden matrices learn by Muon, the rest by AdamW; the rate rises, stays, and falls to zero over the last fifth of the
steps. The loss counts running text whole and of an instruction example the answer only.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import time
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from transformers import Qwen2Config, Qwen2ForCausalLM, Qwen2Tokenizer

from assl_utils import store
from assl_utils.corpus.base_model import skills
from assl_utils.corpus.base_model.tokenizer import END, train_tokenizer
from assl_utils.corpus.base_model.training_text import (
    ROUND,
    batches,
    encode_chats,
    running_text,
    text_hash,
    vocabulary_texts,
)
from assl_utils.pretrained import EMBEDDED

RECIPE = {
    "seed": 20240404,
    "vocab_size": 4096,
    "longest_token": 12,  # two characters, as the trainer counts: short tokens cut a name the same way everywhere
    "hidden_size": 256,
    "layers": 4,
    "heads": 4,
    "kv_heads": 2,
    "intermediate_size": 704,
    "context": 256,
    "batch": 32,
    "steps": 2600,
    "warmup": 100,
    "decay_share": 0.2,
    "muon_lr": 2e-2,
    "adam_lr": 3e-3,
    "textbook_share": 0.12,  # of the running texts; the others are the generator's articles
    "text_share": 0.45,  # of the tokens; the rest are instruction examples
}
HELD_OUT = 999_331  # the seed stream of the held-out text, never used for training


def rate(step: int, recipe: dict) -> float:
    """Share of the full learning rate at ``step``: up, level, and linearly to zero over the last `decay_share`."""
    falling = recipe["steps"] * recipe["decay_share"]
    return min(1.0, (step + 1) / recipe["warmup"], max(0.0, (recipe["steps"] - step) / falling))


def build(recipe: dict, vocab_size: int) -> Qwen2ForCausalLM:
    """The untrained decoder."""
    torch.manual_seed(recipe["seed"])
    config = Qwen2Config(
        vocab_size=vocab_size,
        hidden_size=recipe["hidden_size"],
        intermediate_size=recipe["intermediate_size"],
        num_hidden_layers=recipe["layers"],
        num_attention_heads=recipe["heads"],
        num_key_value_heads=recipe["kv_heads"],
        max_position_embeddings=1024,
        tie_word_embeddings=True,
    )
    return Qwen2ForCausalLM(config)


def optimizers(model, recipe: dict):
    """Muon for the matrices inside the layers, AdamW for embeddings, biases and norms."""
    hidden = [p for n, p in model.named_parameters() if p.ndim == 2 and "embed" not in n]
    rest = [p for n, p in model.named_parameters() if p.ndim != 2 or "embed" in n]
    muon = torch.optim.Muon(hidden, lr=recipe["muon_lr"], weight_decay=0.01)
    adam = torch.optim.AdamW(rest, lr=recipe["adam_lr"], betas=(0.9, 0.95), weight_decay=0.01, fused=True)
    return muon, adam


@torch.no_grad()
def evaluate(model, tokenizer, recipe: dict, n: int = 400) -> dict:
    """Loss on held-out text, and the share of held-out instruction examples whose every answer token comes first."""
    texts = running_text(n, HELD_OUT, recipe["textbook_share"])
    stop = tokenizer.convert_tokens_to_ids(END)
    flat = [t for ids in tokenizer(texts, add_special_tokens=False)["input_ids"] for t in [*ids, stop]]
    rows = torch.tensor(flat[: len(flat) // recipe["context"] * recipe["context"]]).view(-1, recipe["context"])[:64]
    loss = model(rows, labels=rows).loss.item()
    right = 0
    for ids, begin in encode_chats(tokenizer, skills.instructions(n, HELD_OUT, texts)):
        if len(ids) <= 2 * recipe["context"]:
            guess = model(torch.tensor([ids])).logits[0, begin - 1 : -1].argmax(-1).tolist()
            right += guess == ids[begin:]
    return {"held_out_loss": round(loss, 4), "instructions_exact": round(right / n, 4)}


def pretrain(out: Path, recipe: dict, work: Path, new_tokenizer: bool = False) -> None:
    """Train by ``recipe`` and write the model's folder; an interrupted run goes on from its checkpoint in ``work``.

    The shipped tokenizer is kept unless a new one is asked for: a wording that is edited later must not change what the
    weights were made from.
    """
    work.mkdir(parents=True, exist_ok=True)
    if (work / "tokenizer.json").exists():
        tokenizer = Qwen2Tokenizer.from_pretrained(work)
    elif (EMBEDDED / "tokenizer.json").exists() and not new_tokenizer:
        tokenizer = Qwen2Tokenizer.from_pretrained(EMBEDDED)
        tokenizer.save_pretrained(work)
    else:
        tokenizer = train_tokenizer(vocabulary_texts(recipe), recipe["vocab_size"], recipe["longest_token"])
        tokenizer.save_pretrained(work)
    model = build(recipe, len(tokenizer))
    muon, adam = optimizers(model, recipe)
    step, log, spent = resume(work, model, (muon, adam))
    fast = torch.compile(model)
    stream = batches(tokenizer, recipe, step // ROUND)
    began, running = time.perf_counter(), []
    while step < recipe["steps"]:
        x, y = next(stream)
        for optimizer, top in ((muon, recipe["muon_lr"]), (adam, recipe["adam_lr"])):
            optimizer.param_groups[0]["lr"] = top * rate(step, recipe)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            loss = fast(x, labels=y).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for optimizer in (muon, adam):
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
        running.append(loss.item())
        step += 1
        if step % ROUND == 0 or step == recipe["steps"]:
            entry = {"step": step, "tokens": step * x.numel(), "loss": round(float(np.mean(running)), 4)}
            running = []
            if step % (5 * ROUND) == 0 or step == recipe["steps"]:
                entry |= evaluate(model.eval(), tokenizer, recipe)
                model.train()
            entry["seconds"] = round(spent + time.perf_counter() - began)
            log.append(entry)
            print(json.dumps(entry), flush=True)
            checkpoint(work, step, model, (muon, adam), log)
    finish(out, model, tokenizer, recipe, log)


def checkpoint(work: Path, step: int, model, both, log: list[dict]) -> None:
    """Weights and optimizer states in one safetensors file, renamed when whole."""
    tensors = {f"model.{n}": p.detach() for n, p in model.named_parameters()}
    for which, optimizer in enumerate(both):
        for index, state in optimizer.state_dict()["state"].items():
            tensors |= {f"optimizer.{which}.{index}.{key}": torch.as_tensor(value) for key, value in state.items()}
    with store.atomic_path(work / "state.safetensors") as part:
        save_file({k: t.contiguous() for k, t in tensors.items()}, part, {"step": str(step), "log": json.dumps(log)})


def resume(work: Path, model, both) -> tuple[int, list[dict], float]:
    """Put the last checkpoint back; step 0 and an empty log where there is none."""
    path = work / "state.safetensors"
    if not path.exists():
        return 0, [], 0.0
    from safetensors import safe_open

    with safe_open(path, "pt") as file:
        about = file.metadata()
    tensors = load_file(path)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            parameter.copy_(tensors[f"model.{name}"])
    for which, optimizer in enumerate(both):
        state = optimizer.state_dict()
        for name in (n for n in tensors if n.startswith(f"optimizer.{which}.")):
            _, _, index, key = name.split(".", 3)
            state["state"].setdefault(int(index), {})[key] = tensors[name]
        optimizer.load_state_dict(state)
    log = json.loads(about["log"])
    return int(about["step"]), log, float(log[-1]["seconds"]) if log else 0.0


def finish(out: Path, model, tokenizer, recipe: dict, log: list[dict]) -> None:
    """Write the model's folder: weights in bfloat16, tokenizer, recipe with versions, hashes and log."""
    out.mkdir(parents=True, exist_ok=True)
    model.to(torch.bfloat16).save_pretrained(out)
    tokenizer.save_pretrained(out)
    account = {
        "recipe": recipe,
        "parameters": sum(p.numel() for p in model.parameters()),
        "weights_sha256": store.sha256(out / "model.safetensors"),
        "text_sha256": text_hash(recipe),
        "versions": {"torch": torch.__version__, "python": platform.python_version()},
        "cores": os.cpu_count(),
        "log": log,
    }
    store.write_json(account, out / "recipe.json")


def main() -> None:
    """``python -m assl_utils.corpus.base_model.pretrain``: make the model, or go on where the last run was stopped."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--out", type=Path, default=EMBEDDED)
    parser.add_argument("--work", type=Path, default=store.root() / "runs" / "base_model")
    parser.add_argument("--new-tokenizer", action="store_true", help="fit the tokenizer again, too")
    for name, value in RECIPE.items():
        parser.add_argument(f"--{name.replace('_', '-')}", type=type(value), default=value)
    given = vars(parser.parse_args())
    out, work, new = given.pop("out"), given.pop("work"), given.pop("new_tokenizer")
    pretrain(out, {name: given[name] for name in RECIPE}, work, new)


if __name__ == "__main__":
    main()
