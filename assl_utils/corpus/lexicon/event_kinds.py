"""What can happen in the small world: event kinds with their polarity, topics and several ways to say them.

The kinds themselves are in the files ``firms`` and ``world``, whose first lines say the notation.
"""

from typing import NamedTuple

from assl_utils.corpus.lexicon import blocks
from assl_utils.tasks.catalog import EVENTS


class Kind(NamedTuple):
    """A kind of event: everything that is said about it derives from one record of slots."""

    name: str
    label: str  # event type as the extraction tasks name it; "" where they have none
    polarity: int
    topics: tuple
    subject: str  # company, maker (with a factory), brand (with goods to show), unlisted, or a list of the lexicon
    heads: tuple
    leads: tuple
    reasons: tuple
    details: tuple
    asks: dict  # what can be asked -> slot that answers


def kinds(name, folder=blocks.FOLDER):
    """Read the kinds of events of a file, by name."""
    return {key: _kind(key, block) for key, block in blocks.read(name, 4, folder).items()}


def _kind(name, block):
    label, polarity, topics, subject = block.fields
    texts, asks = {"h": [], "l": [], "r": [], "d": []}, {}
    with block.head.reading():
        polarity = blocks.sign(polarity)
        if label != "-" and label not in EVENTS:
            raise ValueError(f"the tasks have no type of event {label!r}: take one of theirs, or -")
    for line in block.lines:
        mark, _, rest = line.text.partition(" ")
        if mark in texts:
            texts[mark].append(blocks.pattern(line._replace(text=rest)))
        elif mark == "?":
            with line.reading():
                asks = _asks(rest)
        else:
            with line.reading():
                raise ValueError(f"event kind {name!r} has the line {line.text!r}: begin it with h, l, r, d or ?")
    label = "" if label == "-" else label
    return Kind(name, label, polarity, tuple(topics.split()), subject, *map(tuple, texts.values()), asks)


def _asks(text):
    pairs = [pair.split("=") for pair in text.split()]
    if bad := ["=".join(pair) for pair in pairs if len(pair) != 2 or not all(pair)]:
        raise ValueError(f"write {bad[0]!r} as what can be asked, =, and the slot that answers")
    return dict(pairs)


KINDS = kinds("firms") | kinds("world")
