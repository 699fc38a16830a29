"""What an adapter is trained on, by the word ``train`` of the sentence: answers, raw text, or text and then answers."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from assl_utils.errors import DataError, nearest
from assl_utils.experts import side_by_side

WORDS = {
    "answers": "The loss is taken on the answers.",
    "text": "Raw text: the loss is taken on every token.",
    "text_then_answers": "Raw text first, then the answers, in one adapter.",
}
TEXT = "text"  # the folder beside `experts` for adapters that others begin with


def check(word: str) -> None:
    """Refuse a word that there is not."""
    if word not in WORDS:
        raise DataError(f"train={word!r} is no way to train; {nearest(word, WORDS)}")


def as_text(rows: pd.DataFrame) -> pd.DataFrame:
    """The inputs of rows as raw text, each once, in order; what has none is left out."""
    texts = rows["input"].astype(str).str.strip()
    found = pd.DataFrame({"text": texts[texts != ""].drop_duplicates()}).reset_index(drop=True)
    if found.empty:
        raise DataError("no row has an input, so there is no raw text to train on; take train=answers")
    return found


def sets_of(word: str, sets: Mapping[str, pd.DataFrame]) -> list[dict[str, pd.DataFrame]]:
    """The training sets of each phase, in order, by the adapter's name."""
    check(word)
    answers = dict(sets)
    if word == "answers":
        return [answers]
    text = {name: as_text(rows) for name, rows in sets.items()}
    return [text] if word == "text" else [text, answers]


def train(word: str, base, sets: dict, folders: Mapping, engine: str = "local", **recipe) -> dict[str, Path]:
    """An adapter for each training set, in one phase or two; see :func:`assl_utils.experts.side_by_side.train_experts`.

    Parameters
    ----------
    word : str
        One of `WORDS`.
    base, sets, folders, engine, **recipe
        As for `train_experts`. The adapters of raw text that others begin with go to a folder ``text`` beside that of
        ``folders``, by the same names.

    Returns
    -------
    dict of str to Path
        The adapters of the last phase.
    """
    *before, last = sets_of(word, sets)
    for phase in before:
        started = {name: Path(folders[name]).parent.with_name(TEXT) / name for name in phase}
        recipe["start"] = side_by_side.train_experts(base, phase, started, engine, **recipe)
    return side_by_side.train_experts(base, last, folders, engine, **recipe)
