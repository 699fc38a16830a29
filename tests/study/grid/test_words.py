"""The engine's words are the wings' words: what one knows, the other can do, under the same name."""

import inspect

import pytest

from assl_utils.experts import composition, merging
from assl_utils.routing import choosing
from assl_utils.selection import stage2, ways
from assl_utils.space import partitions
from assl_utils.study.grid import rows, sentences, work

OUTSIDE = {"modules"}  # a partition whose rows are not the run's, so it is no partition of them
TOGETHER = {"fused": "fusion", "mixed": "mixture"}  # function of `composition`


def test_every_partition_select_and_route_of_a_wing_is_a_word_of_the_engine_and_the_other_way_round():
    assert set(sentences.PARTITIONS) == set(partitions.WORDS) | OUTSIDE and not OUTSIDE & set(partitions.WORDS)
    assert set(sentences.SELECTIONS) == set(ways.WAYS)
    assert set(sentences.ROUTES) == set(choosing.WORDS)


def test_every_kind_of_merging_is_a_composition_and_the_others_have_their_function():
    merged = {word.removeprefix("merged_") for word in sentences.COMPOSITIONS if word.startswith("merged_")}
    assert merged == set(merging.HOWS)
    others = {word for word in sentences.COMPOSITIONS if not word.startswith("merged_")}
    assert others == {"one", "mix", "vote", *TOGETHER}
    assert all(hasattr(composition, name) for name in TOGETHER.values())


def test_a_word_is_described_in_one_place_in_one_sentence():
    assert all(sentences.PARTITIONS[word] is partitions.WORDS[word] for word in partitions.WORDS)
    assert all(sentences.ROUTES[word] is choosing.WORDS[word] for word in choosing.WORDS)
    assert all(sentences.SELECTIONS[word][1:-1] == way.what[1:] for word, way in ways.WAYS.items())
    for words in sentences.WORDS.values():
        for word, what in words.items():
            assert what.endswith(".") and what[0].isupper() and 8 < len(what) <= 120, f"{word}: {what}"


def test_what_a_word_needs_is_what_the_engine_makes_for_it():
    needs = {word: way.needs for word, way in ways.WAYS.items()}
    assert set(sentences.NEEDS_FIRST) == {word for word, what in needs.items() if "first" in what}
    asked = {word for word, what in needs.items() if any(name.startswith("feedback") for name in what)}
    assert set(sentences.NEEDS_FEEDBACK) == asked
    made = inspect.getsource(rows.choose)
    assert all(f'"{word}"' in made for word, what in needs.items() if "states" in what)


def test_words_without_a_number_of_rows_take_no_share():
    own = {word for word, way in ways.WAYS.items() if not way.takes_n}
    takes = set(sentences.ARGUMENTS["share"][0])
    assert set(sentences.SELECTIONS) - takes == own - {"stage1"}, "stage1 takes half of a share's rows"


def test_routes_that_look_at_scores_are_asked_afterwards():
    read = {word for word, what in choosing.WORDS.items() if "reads the scores" in what or "held-out" in what}
    assert set(work.AFTERWARDS) == read


@pytest.mark.parametrize("word", stage2.WORDS)
def test_chapter_five_has_no_word_that_grids_lack(word):
    assert sentences.sentence({"select": word})
