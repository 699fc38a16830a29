"""What can happen in the small world: event kinds with their polarity, topics and several ways to say them.

The kinds themselves stand in ``lexicon_firms`` and ``lexicon_world``, a block each::

    = profit_up | 业绩增长 | + | 公司 | company      name, event type, polarity, topics, what the subject is
    h {subj}：{period}净利润同比增长{pct}            headline
    l {subj}公告，净利润[增长|上升]{pct}             first sentence
    r {product}价格上涨                              reason
    d 公司毛利率升至{pct3}                           further sentence
    ? 净利润=amount                                  what can be asked, and the slot that answers
"""

from typing import NamedTuple

from assl_utils.corpus.grammar import Pattern
from assl_utils.corpus.lexicon.firms import EVENTS as FIRM_EVENTS
from assl_utils.corpus.lexicon.world import EVENTS as WORLD_EVENTS
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


_SIGNS = {"+": 1, "0": 0, "-": -1}


def parse_kinds(text):
    """Return the kinds of a text in the notation above, by name; a line that fits nowhere raises ValueError."""
    kinds = {}
    for block in text.strip().removeprefix("= ").split("\n= "):
        header, *lines = block.splitlines()
        name, label, sign, topics, subject = (part.strip() for part in header.split("|"))
        said, asks = {"h": [], "l": [], "r": [], "d": []}, {}
        for line in lines:
            mark, rest = line[0], line[2:]
            if mark == "?":
                asks = dict(pair.split("=") for pair in rest.split())
            elif mark in said and line[1] == " ":
                said[mark].append(Pattern(rest))
            else:
                raise ValueError(f"kind {name!r}: cannot read the line {line!r}")
        label = "" if label == "-" else label
        kinds[name] = Kind(name, label, _SIGNS[sign], tuple(topics.split()), subject, *map(tuple, said.values()), asks)
    return kinds


KINDS = parse_kinds(FIRM_EVENTS) | parse_kinds(WORLD_EVENTS)

assert {k.label for k in KINDS.values() if k.label} <= set(EVENTS), (
    "the lexicon has a type of event that the task lacks"
)
