"""Causes and effects: each direction has its own, and goods that the small world knows."""

from assl_utils.corpus.lexicon import causes, names


def test_a_cause_of_each_direction_has_effects():
    assert {cause.sign for cause in causes.CAUSES} == set(causes.EFFECTS) == {1, -1}
    assert {effect.label for effect in causes.EFFECTS[1]}.isdisjoint({effect.label for effect in causes.EFFECTS[-1]})
    assert {cause.kind for cause in causes.CAUSES} == {"good", "place"}


def test_weather_moves_goods_of_the_field_only():
    assert set(causes.FARM_GOODS) <= set(causes.FIELD_GOODS) <= set(names.GOODS) | {"铁矿石", "水泥"}
    assert all(len(chain) == 2 and chain[0] != chain[1] for chain in causes.CHAINS)
