"""What the embedded base model reads: running text and instruction examples, packed into rows of tokens.

The running text is the corpus generator's, with textbook sentences among it; the instruction examples are the generic
mix. Both are generated anew for every round of steps.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator

import numpy as np
import torch

from assl_utils.corpus.base_model import skills
from assl_utils.corpus.base_model.tokenizer import END, TURN, TURN_END
from assl_utils.corpus.exam.build import textbook
from assl_utils.corpus.running_text import raw_text
from assl_utils.pretrained import EMBEDDED

TEXTS, EXAMPLES = 3000, 6000  # generated at a time: running texts, instruction examples
ROUND = 100  # steps trained on one round of generated text


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
            texts = running_text(TEXTS, seed + part, recipe["textbook_share"])
            chats = skills.instructions(EXAMPLES, seed + part, texts)
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
