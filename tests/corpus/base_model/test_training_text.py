"""What the base model reads: rows of tokens, and rounds that a stopped run can begin again."""

import numpy as np
import torch

from assl_utils.corpus.base_model import training_text
from assl_utils.corpus.base_model.pretrain import RECIPE
from assl_utils.corpus.base_model.tokenizer import TURN, TURN_END


def test_packing_masks_questions_and_keeps_examples_whole(tokenizer):
    chats = [{"instruction": f"抄写{i}", "input": "文字" * 5, "output": f"{i}{i}"} for i in range(40)]
    rows, labels = training_text.pack(tokenizer, ["短文。"] * 5, chats, 64, 0.2, np.random.default_rng(0))
    assert rows.shape == labels.shape and rows.shape[1] == 64
    kept = labels != -100
    assert (rows[kept] == labels[kept]).all()
    start, end = (tokenizer.convert_tokens_to_ids(mark) for mark in (TURN, TURN_END))
    for row, label in zip(rows.tolist(), labels.tolist(), strict=True):
        assert row.count(start) % 2 == 0, "an example straddles two rows"
        assert all(mark == -100 for token, mark in zip(row, label, strict=True) if token == start)
        assert sum(token == end for token in row) == 2 * sum(mark == end for mark in label)


def test_batches_resume_where_they_were(tokenizer, monkeypatch):
    for name, few in (("ROUND", 3), ("TEXTS", 60), ("EXAMPLES", 120)):
        monkeypatch.setattr(training_text, name, few)
    recipe = RECIPE | {"batch": 4}
    whole = training_text.batches(tokenizer, recipe)
    batches = [next(whole) for _ in range(6)]
    again = training_text.batches(tokenizer, recipe, first_round=1)
    for x, y in batches[3:]:
        x2, y2 = next(again)
        assert torch.equal(x, x2) and torch.equal(y, y2)
