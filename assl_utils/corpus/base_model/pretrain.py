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
import hashlib
import json
import os
import platform
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from tokenizers import Regex, Tokenizer, models, pre_tokenizers, trainers
from transformers import Qwen2Config, Qwen2ForCausalLM, Qwen2Tokenizer

from assl_utils import store
from assl_utils.corpus.base_model import skills
from assl_utils.corpus.exam.build import textbook
from assl_utils.corpus.running_text import raw_text
from assl_utils.pretrained import EMBEDDED

END, TURN, TURN_END = "<|endoftext|>", "<|im_start|>", "<|im_end|>"
CHAT_TEMPLATE = (
    "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>\n' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
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
ROUND = 100  # steps trained on one round of generated text
HELD_OUT = 999_331  # the seed stream of the held-out text, never used for training


# ------------------------------------------------------------------------------------------------------ the tokenizer


def train_tokenizer(texts, vocab_size: int, longest_token: int) -> Qwen2Tokenizer:
    """A byte-level BPE over ``texts`` in the form that transformers gives every Qwen2 model.

    Digits, punctuation and spaces are kept apart while the merges are learned, so no merge crosses them afterwards, and
    only short words become tokens.
    """
    core = Tokenizer(models.BPE())
    alone = pre_tokenizers.Split(Regex(r"\p{N}|[^\p{L}]"), "isolated")
    core.pre_tokenizer = pre_tokenizers.Sequence([alone, pre_tokenizers.ByteLevel(False, use_regex=False)])
    trainer = trainers.BpeTrainer(
        vocab_size=vocab_size,
        max_token_length=longest_token,
        special_tokens=[END, TURN, TURN_END],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    core.train_from_iterator(texts, trainer)
    learned = json.loads(core.to_str())["model"]
    tokenizer = Qwen2Tokenizer(
        vocab=learned["vocab"],
        merges=[tuple(pair) for pair in learned["merges"]],
        unk_token=None,
        eos_token=TURN_END,
        pad_token=END,
        additional_special_tokens=[TURN],
        model_max_length=1024,
        padding_side="left",
    )
    tokenizer.chat_template = CHAT_TEMPLATE
    return tokenizer


# ----------------------------------------------------------------------------------------------------------- the text


def running_text(n: int, seed: int, textbook_share: float) -> list[str]:
    """``n`` texts in random order: articles of the corpus generator and, for a share of them, textbook sentences.

    The generator leaves out every text that holds a sentence of an evaluation set.
    """
    books = int(n * textbook_share)
    texts = raw_text(n - books, seed) + textbook(books, seed)
    return [texts[i] for i in np.random.default_rng(seed).permutation(n)]


def vocabulary_texts(recipe: dict) -> list[str]:
    """What the tokenizer is fitted on: running text, instruction examples, and the project's own wordings and facts."""
    texts = running_text(40_000, recipe["seed"], recipe["textbook_share"])
    chats = skills.instructions(10_000, recipe["seed"], texts)
    files = sorted(file for folder in ("exam", "instructions") for file in (EMBEDDED.parent / folder).glob("*.yaml"))
    own = [line for file in files for line in file.read_text(encoding="utf-8").splitlines()]
    return texts + [f"{chat['instruction']}\n{chat['output']}" for chat in chats] + 20 * own


def encode_chats(tokenizer, chats: list[dict]) -> list[tuple[list[int], int]]:
    """Token ids of instruction examples in the chat format, with the length of the question."""
    newline = tokenizer.encode("\n", add_special_tokens=False)
    start, end = (tokenizer.convert_tokens_to_ids(mark) for mark in (TURN, TURN_END))
    user, assistant = (
        [start, *tokenizer.encode(f"{role}\n", add_special_tokens=False)] for role in ("user", "assistant")
    )
    ask = [f"{c['instruction']}\n{c['input']}" if c["input"] else c["instruction"] for c in chats]
    questions = tokenizer(ask, add_special_tokens=False)["input_ids"]
    answers = tokenizer([c["output"] for c in chats], add_special_tokens=False)["input_ids"]
    encoded = []
    for question, answer in zip(questions, answers, strict=True):
        head = [*user, *question, end, *newline, *assistant]
        encoded.append(([*head, *answer, end], len(head)))
    return encoded


def pack(tokenizer, texts: list[str], chats: list[dict], context: int, text_share: float, rng):
    """Rows of ``context`` tokens and their labels, texts taking ``text_share`` of the tokens.

    Documents follow each other across row borders; instruction examples that would straddle one start a new row, so
    that each question is seen whole. Labels of questions are masked.
    """
    stop = tokenizer.convert_tokens_to_ids(END)
    documents = [([*ids, stop], 0) for ids in tokenizer(texts, add_special_tokens=False)["input_ids"]]
    examples = encode_chats(tokenizer, chats)
    rows, ids, labels, spent, whole = [], [], [], 0, 0
    documents, examples = iter(documents), iter(examples)
    while True:
        source = documents if spent <= text_share * whole else examples
        item = next(source, None)
        if item is None:
            break
        tokens, masked = item
        if source is examples and len(tokens) > context:
            continue
        if source is examples and len(ids) + len(tokens) > context:
            ids, labels = ids + [stop] * (context - len(ids)), labels + [-100] * (context - len(labels))
        ids, labels = ids + tokens, labels + [-100] * masked + tokens[masked:]
        whole += len(tokens)
        spent += len(tokens) if source is documents else 0
        while len(ids) >= context:
            rows.append((ids[:context], labels[:context]))
            ids, labels = ids[context:], labels[context:]
    order = rng.permutation(len(rows))
    return tuple(torch.tensor([rows[i][part] for i in order]) for part in (0, 1))


def batches(tokenizer, recipe: dict, first_round: int = 0) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    """Batches without end; every round of `ROUND` steps is generated afresh from its own seed, so a run can resume."""
    need, number = ROUND * recipe["batch"], first_round
    while True:
        seed, have = recipe["seed"] + 1 + number * 1000, 0
        part = 0
        while have < need:
            texts = running_text(3000, seed + part, recipe["textbook_share"])
            chats = skills.instructions(6000, seed + part, texts)
            rng = np.random.default_rng(seed + part)
            x, y = pack(tokenizer, texts, chats, recipe["context"], recipe["text_share"], rng)
            for begin in range(0, min(len(x), need - have) - recipe["batch"] + 1, recipe["batch"]):
                have += recipe["batch"]
                yield x[begin : begin + recipe["batch"]], y[begin : begin + recipe["batch"]]
            part += 1
        number += 1


def text_hash(recipe: dict, n: int = 500) -> str:
    """Identity of what the recipe reads: a digest of the first texts and instruction examples of its first round.

    It is kept beside the weights, so that a test can see whether today's generators would give the same text.
    """
    texts = running_text(n, recipe["seed"] + 1, recipe["textbook_share"])
    chats = skills.instructions(n, recipe["seed"] + 1, texts)
    return hashlib.sha256(json.dumps([texts, chats], ensure_ascii=False).encode()).hexdigest()


# ------------------------------------------------------------------------------------------------------------ training


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
