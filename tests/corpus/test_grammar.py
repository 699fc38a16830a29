"""The grammar against its literal reading, and random choices against the generator's own."""

import re

import numpy as np
import pytest
from seeded import draws

from assl_utils.corpus.grammar import Draws, Pattern


def every_wording(source):
    """All wordings of a pattern, by splitting at brackets: the literal twin of compiling it."""
    wordings = [""]
    for piece in re.split(r"(\[[^\]]*\])", source):
        options = piece[1:-1].split("|") if piece.startswith("[") else [piece]
        wordings = [head + option for head in wordings for option in options]
    return wordings


@pytest.mark.parametrize("source", ["{a}收购{b}", "[甲|乙|]方[涨|跌]{a}", "{a}[与{b}|]签约"])
def test_pattern_says_what_its_literal_reading_says(source):
    slots, d = {"a": "东", "b": "西"}, draws()
    expected = {w.format(**slots) for w in every_wording(source)}
    assert {Pattern(source).render(slots, d) for _ in range(300)} == expected
    assert Pattern(source).size() == len(every_wording(source))


def test_pattern_with_a_slot_left_empty_says_which():
    with pytest.raises(KeyError, match="pct"):
        Pattern("涨{pct}").render({}, draws())


def test_draws_in_blocks_are_the_generators_own_stream():
    one_by_one = np.random.default_rng(5)
    d = Draws(np.random.default_rng(5), block=7)
    assert [d.u() for _ in range(50)] == [one_by_one.random() for _ in range(50)]


def test_draws_cannot_give_more_than_there_is():
    with pytest.raises(ValueError, match="3 different items out of 2"):
        draws().sample("ab", 3)
