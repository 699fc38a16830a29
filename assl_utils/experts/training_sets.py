"""Training sets: which rows an adapter is trained on, and in which batches."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from assl_utils.errors import DataError
from assl_utils.experts import models
from assl_utils.experts.packing import Sample
from assl_utils.tasks import wordings

ANSWERS = ("instruction", "input", "output")


def of_clusters(
    rows: pd.DataFrame, cluster: Sequence[int], selected: pd.DataFrame, min_steps: int = 0
) -> tuple[dict[str, pd.DataFrame], dict[str, int]]:
    """The training sets that chapter 6 compares, and how many steps each is trained at the least.

    ``all-data`` holds every row, ``mix`` all selected ones, ``cluster-N`` every row of a cluster and ``lora-N`` its
    selected ones: the experts of the paper. ``mix`` gets as many steps as the experts together; with fewer it would
    lose for want of training, and that would read as a finding about experts.

    Parameters
    ----------
    rows : DataFrame
        Every row, with ``id``.
    cluster : sequence of int
        The cluster of each row.
    selected : DataFrame
        ``id`` and ``cluster`` of the selected rows, in the order of training.
    min_steps : int, default 0
        Steps of an expert at the least; 0 leaves it to the epochs.

    Returns
    -------
    (dict of str to DataFrame, dict of str to int)
        Rows and least steps, by name.
    """
    cluster = np.asarray(cluster)
    if len(cluster) != len(rows):
        raise DataError(f"{len(rows)} rows, but the clusters of {len(cluster)}; chapter 3 has to run on the same rows")
    unknown = set(selected["id"]) - set(rows["id"])
    if unknown:
        raise DataError(
            f"{len(unknown)} selected rows are not among the rows, the first is {min(unknown)}; run chapter 5 again"
        )
    if rows["id"].duplicated().any():
        twice = rows["id"][rows["id"].duplicated()].iloc[0]
        raise DataError(f"two rows have the id {twice}; ids are to be unique, see chapter 2's rows.parquet")
    by_id = rows.set_index("id", drop=False)
    tenth = by_id.loc[selected["id"]]
    sets = {"all-data": rows, "mix": tenth}
    sets |= by_cluster(rows, cluster, "cluster") | by_cluster(tenth, selected["cluster"], "lora")
    steps = dict.fromkeys(sets, min_steps)
    steps["mix"] = min_steps * len(np.unique(cluster))
    return sets, steps


def by_cluster(rows: pd.DataFrame, cluster: Sequence[int], name: str) -> dict[str, pd.DataFrame]:
    """The rows of each cluster as ``name-N``, in order of N, each in the order of ``rows``."""
    return {f"{name}-{c}": part for c, part in rows.groupby(np.asarray(cluster))}


def learns(rows: pd.DataFrame) -> str:
    """What is learned from such rows: ``"answers"`` of instruction, input and output, or ``"text"``.

    Rows that have any of the three columns are questions with answers, whatever else they hold; raw text has a column
    ``text`` and none of the three.
    """
    missing = [column for column in ANSWERS if column not in rows.columns]
    if not missing:
        return "answers"
    if len(missing) == len(ANSWERS) and "text" in rows.columns:
        return "text"
    raise ValueError(
        f"rows lack the columns {sorted(missing)}; they have {list(rows.columns)}. Raw text has a column text and none "
        "of the three"
    )


def encode_rows(tokenizer, rows: pd.DataFrame, max_length: int = 512) -> tuple[list[Sample], int]:
    """Rows as samples, and how many had to be shortened to ``max_length``.

    Of ``instruction, input, output`` the output is learned, and the token that ends it; a row whose answer is empty
    still trains that token, and a row with nothing to learn is an error. Of ``text`` every token is learned: nothing is
    shortened, a long text gives several samples, see `encode_text`.
    """
    kind = learns(rows)
    if not len(rows):
        raise ValueError("no rows to train on")
    if kind == "text":
        pieces = [encode_text(tokenizer, text, max_length, row) for row, text in enumerate(rows["text"])]
        return [piece for of_text in pieces for piece in of_text], 0
    samples, shortened = [], 0
    for number, (instruction, input, output) in enumerate(
        zip(rows["instruction"], rows["input"], rows["output"], strict=True)
    ):
        if not all(isinstance(text, str) for text in (instruction, input, output)):
            raise ValueError(f"row {number} is not text throughout: {(instruction, input, output)!r:.200}")
        question = wordings.prompt(instruction, input)
        ids, prompt_len = models.encode_chat(tokenizer, question, output)
        if len(ids) > max_length:
            ids, prompt_len = models.encode_chat(tokenizer, question, output, max_length)
            shortened += 1
        if prompt_len >= len(ids):
            raise ValueError(f"row {number} has no answer token to learn from within max_length={max_length}")
        samples.append(Sample(tuple(ids), prompt_len))
    return samples, shortened


def encode_text(tokenizer, text: str, max_length: int = 512, row: int = 0) -> list[Sample]:
    """A raw text in pieces of at most ``max_length`` tokens, closed by the token that ends a text.

    Every token of the text and its end is learned once. What a piece begins with is not learned in it, for nothing
    stands before it: the first piece begins with the token that opens a text (where the tokenizer has none, with that
    which ends one, as between two texts in pre-training), each later one with the last token of the piece before.

    Parameters
    ----------
    tokenizer : PreTrainedTokenizerBase
    text : str
        One that is empty but for white space is an error.
    max_length : int, default 512
        2 at the least: one token to learn and one before it.
    row : int, default 0
        Its number, for the error's sake.

    Returns
    -------
    list of Sample
        Each with a ``prompt_len`` of 1.
    """
    if not isinstance(text, str) or not text.strip():
        raise ValueError(f"row {row} holds no text to learn: {text!r:.200}; leave it out")
    if max_length < 2:
        raise ValueError(f"max_length={max_length} leaves a text no token to learn; at least 2")
    ids = models.text_ids(tokenizer, text)
    return [Sample(tuple(ids[at : at + max_length]), 1) for at in range(0, len(ids) - 1, max_length - 1)]


def plan_batches(n: int, batch_size: int, epochs: int, seed: int = 0) -> list[list[int]]:
    """Row numbers of every batch of every epoch, in random order; each epoch holds each row once."""
    rng = np.random.default_rng([seed, n])
    plan = []
    for _ in range(epochs):
        order = rng.permutation(n).tolist()
        plan += [order[i : i + batch_size] for i in range(0, n, batch_size)]
    return plan


def rows_hash(rows: pd.DataFrame) -> str:
    """Identity of the training rows: their three texts, or their one, in order."""
    digest = hashlib.sha256()
    columns = ANSWERS if learns(rows) == "answers" else ("text",)
    for texts in zip(*(rows[column] for column in columns), strict=True):
        digest.update(json.dumps(texts, ensure_ascii=False).encode() + b"\n")
    return digest.hexdigest()


@dataclass(frozen=True)
class TrainingSet:
    """What one adapter reads: its rows as the model sees them, and the batches in the order of training."""

    samples: list[Sample]
    plan: list[list[int]]
    epochs: int
    accumulate: int
    shortened: int

    @property
    def steps(self) -> int:
        return math.ceil(len(self.plan) / self.accumulate)

    def batches(self) -> list[list[Sample]]:
        return [[self.samples[i] for i in batch] for batch in self.plan]

    def tokens(self) -> list[int]:
        """Tokens of each batch."""
        lengths = [len(sample.ids) for sample in self.samples]
        return [sum(lengths[i] for i in batch) for batch in self.plan]


def epochs_needed(n: int, epochs: int, min_steps: int, batch_size: int, accumulate: int) -> int:
    """Epochs over ``n`` rows: ``epochs``, or as many more as ``min_steps`` optimizer steps need."""
    return max(epochs, math.ceil(min_steps * accumulate / math.ceil(max(n, 1) / batch_size)))


def prepare(
    tokenizer,
    rows: pd.DataFrame,
    *,
    epochs: int = 3,
    min_steps: int = 0,
    batch_size: int = 8,
    accumulate: int = 1,
    max_length: int = 512,
    seed: int = 0,
) -> TrainingSet:
    """The training set that `train_lora` would take from ``rows`` with these values."""
    samples, shortened = encode_rows(tokenizer, rows, max_length)
    epochs = epochs_needed(len(samples), epochs, min_steps, batch_size, accumulate)
    plan = plan_batches(len(samples), batch_size, epochs, seed)
    return TrainingSet(samples, plan, epochs, accumulate, shortened)


def for_adapter(recipe: dict, name: str) -> dict:
    """The recipe of one adapter: of a value that is a dict, that which it holds for ``name``."""
    return {key: value[name] if isinstance(value, dict) else value for key, value in recipe.items()}
