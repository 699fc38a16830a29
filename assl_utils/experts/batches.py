"""What a batch gave, kept on disk by its content, so that a call that comes again takes what it shares with another."""

from __future__ import annotations

import contextlib
import hashlib
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from assl_utils import shapes, store
from assl_utils.errors import DataError

_watched: list[list[float]] = []


class Batch(shapes.Shape):
    """The file of a batch: an answer or a row of numbers for each of its questions, and how long these took."""

    values: list[str] | list[list[float]]
    seconds: shapes.Amount


@contextlib.contextmanager
def watched() -> Iterator[list[float]]:
    """A list to which everything that is answered in the block adds its seconds: what is kept, those it once took."""
    spent: list[float] = []
    _watched.append(spent)
    try:
        yield spent
    finally:
        _watched[:] = [other for other in _watched if other is not spent]


def spend(seconds: float) -> None:
    """Add seconds to the lists of those who watch."""
    for spent in _watched:
        spent.append(seconds)


def kept(cache, key: list, compute: Callable[[], list]) -> list:
    """The values of a batch, from the folder ``cache`` or else computed, and kept there.

    Parameters
    ----------
    cache : path or None
        One folder may serve all calls, runs and processes; with None nothing is kept.
    key : list
        All that decides the values, as JSON has it: who answers, what is asked, how.
    compute : callable
        Gives the values, one for each question of the batch, as JSON has them.
    """
    if cache is None:
        return compute()
    if Path(cache).is_file():
        raise NotADirectoryError(f"{cache} is a file; answers are kept in a folder")
    digest = hashlib.sha256(json.dumps(key, ensure_ascii=False, sort_keys=True).encode()).hexdigest()
    path = Path(cache) / "batches" / digest[:2] / f"{digest}.json"
    try:
        found = shapes.read(path, Batch)
    except (FileNotFoundError, DataError):  # a file that is damaged is written anew
        began = time.perf_counter()
        found = {"values": compute(), "seconds": round(time.perf_counter() - began, 6)}
        store.write_json(found, path)
    spend(found["seconds"])
    return found["values"]
