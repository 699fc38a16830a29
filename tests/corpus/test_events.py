"""Events of the small world: every sentence can be filled, and all texts of an event agree."""

import re

import pytest
from seeded import draws

from assl_utils.corpus.events import FIRMS, KINDS, Event
from assl_utils.corpus.lexicon import names as lexicon_names


def test_there_are_hundreds_of_companies_and_dozens_of_kinds():
    names = [c.name for c in lexicon_names.COMPANIES]
    assert len(names) == len(set(names)) > 300
    assert len(KINDS) > 60
    assert not set(names) & set(lexicon_names.UNLISTED + lexicon_names.FUNDS + lexicon_names.BROKERS)


@pytest.mark.parametrize("name", list(KINDS))
def test_every_sentence_of_a_kind_can_be_filled(name):
    d = draws()
    for _ in range(30):
        event = Event(d, KINDS[name])
        texts = [event.head(), event.lead(), event.detail(), event.because()]
        assert not any(re.search(r"[{}\[\]|]", text) for text in texts)
        assert event.kind.subject not in FIRMS or event.subject in event.lead()
        assert 2 <= len(event.topics()) <= 3


def test_an_event_tells_the_same_facts_in_every_text():
    d = draws()
    for _ in range(200):
        event = Event(d, KINDS["acquire"])
        head, lead = event.head(), event.lead()
        for slot in re.findall(r"[\d.]+(?:万|亿)元", head):
            assert slot in lead or slot == event.slots["amount"]
