"""A mirror's rows as fewer or as more: a share of them, or all and beside them edited copies that pass for new ones.

Chapter 1 drops what repeats a row or a question. So a copy here has one letter in ten exchanged for another one of the
same text: of its 5-grams fewer than a half are left, far below the 0.8 from which two texts are one.
"""

import dataclasses
import re
import zlib

import numpy as np
import pandas as pd

from assl_utils.sources import collect

EVERY = 10  # letters of which one is exchanged
TRIES = 4  # letters of the text that are drawn until one is another
_HAN = re.compile(r"[\u4e00-\u9fff](?![^：:\n]{0,6}[：:])")  # not names of fields, 头实体：
_OTHERS = "新旧高低多少前后"  # for a text with one letter over and over


def resized(gathered, times, seed=0):
    """What chapter 1 gathered, with ``times`` as many training rows; the benchmarks stay as they are.

    Parameters
    ----------
    gathered : collect.Gathered
    times : float
        Up to 1 a random share of each source; above 1 all rows and as many edited copies as are missing, at most one of
        each row. Copies keep source and answer; their ids end in ``-b``.
    seed : int, default 0
        Of both choices, and of the edits.
    """
    rows = gathered.rows
    if (times := checked(times)) <= 1:
        return dataclasses.replace(gathered, rows=collect.sample(rows, times, 0, seed))
    copies = collect.sample(rows, times - 1, 0, seed)
    of_text = {text: edited(text, seed) for text in pd.concat([copies["input"], copies["clean_input"]]).unique()}
    columns = {name: copies[name].map(of_text) for name in ("input", "clean_input")}
    copies = copies.assign(id=copies["id"] + "-b", **columns)
    return dataclasses.replace(gathered, rows=pd.concat([rows, copies], ignore_index=True))


def checked(times):
    """The number of times that rows are taken, also from a command line's text; any other is a ValueError."""
    if not 0 < float(times) <= 2:
        raise ValueError(f"times is how many times the rows are taken, above 0 and at most 2, not {times}")
    return float(times)


def edited(text, seed=0):
    """The text with one Chinese letter in ten exchanged for another of its own; the same text gives the same edit."""
    places = [match.start() for match in _HAN.finditer(text)]
    if not places:
        return text
    rng = np.random.default_rng([seed, zlib.crc32(text.encode("utf-8", "surrogatepass"))])
    letters = list(text)
    for at in rng.choice(places, -(-len(places) // EVERY), replace=False):
        drawn = [text[places[i]] for i in rng.integers(len(places), size=TRIES)] + list(_OTHERS)
        letters[at] = next(letter for letter in drawn if letter != text[at])
    return "".join(letters)
