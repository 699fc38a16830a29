"""Pieces that texts and tasks share."""

import re

from seeded import draws

from assl_utils.corpus.events import KINDS, Event
from assl_utils.corpus.pieces import REACTION


def test_market_reactions_agree_with_the_polarity():
    words = {1: "上涨|高开|大涨|涨|跑赢|强于", 0: "不大|持平|平收|一致|很小", -1: "下跌|低开|大跌|跌|跑输|弱于"}
    d = draws()
    for sign, patterns in REACTION.items():
        slots = Event(d, KINDS["profit_up"]).slots
        assert all(re.search(words[sign], p.render(slots, d)) for p in patterns for _ in range(20))
