"""The relations of the lexicon."""

from assl_utils.corpus.lexicon.relations import INVERSE, RELATIONS


def test_relations_come_in_inverse_pairs():
    assert all(name in RELATIONS and inverse in RELATIONS for name, inverse in INVERSE.items())
    assert {r for r in RELATIONS if r.startswith("被")} == set(INVERSE.values())
