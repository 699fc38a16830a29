"""A sentence has one name, and a word that there is not names the nearest."""

import pytest

from assl_utils.errors import DataError
from assl_utils.study.grid import sentences


def test_words_that_are_not_said_are_the_usual_ones():
    made = sentences.sentence({"select": "utility"})
    assert str(made) == "kmeans utility answers one centroid cfleb"
    assert made.partition["k"] == 0 and made.select["share"] == 0.1 and made.train["passes"] == 3


@pytest.mark.parametrize(
    "text", ["random", "random()", "random(share=0.1)", "random(share=10%)", " random( share = 0.10 )"]
)
def test_an_argument_that_is_the_default_leaves_no_trace(text):
    assert str(sentences.read_word("select", text)) == "random"


def test_arguments_have_one_order_and_their_own_type():
    one = sentences.read_word("select", "utility(scale=100, share=5%)")
    two = sentences.read_word("select", "utility(share=0.05, scale=100)")
    assert one == two and str(one) == "utility(scale=100, share=0.05)"
    assert sentences.read_word("partition", "kmeans(k=8)")["k"] == 8


@pytest.mark.parametrize(
    ("place", "text", "message"),
    [
        ("partition", "kmean", "nearest is 'kmeans'"),
        ("select", "utillity", "nearest is 'utility'"),
        ("select", "zzz", "(all: utility, utility_z"),
        ("partition", "kmeans(kk=3)", "nearest is 'k'"),
        ("partition", "kmeans(k=three)", "k=three is no int"),
        ("partition", "kmeans(k=2.5)", "k=2.5 is no int"),
        ("partition", "kmeans(k=True)", "k=True is no int"),
        ("select", "random(share=a lot)", "is no float"),
        ("route", "oracle(masked=1)", "masked=1 is no bool"),
    ],
)
def test_a_word_that_there_is_not_names_the_nearest_and_the_place(place, text, message):
    with pytest.raises(DataError, match=r"grid.yaml, line 7: ") as caught:
        sentences.read_word(place, text, "grid.yaml, line 7: ")
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ({"partition": "one", "route": "twelve"}, "nothing to choose from"),
        ({"partition": "one", "compose": "fused"}, "needs several experts"),
        ({"partition": "one", "compose": "vote"}, "needs several experts"),
        ({"compose": "merged_svd", "route": "twelve"}, "leaves one adapter"),
        ({"compose": "mix", "route": "by_label"}, "leaves one adapter"),
        ({"compose": "mixed", "route": "oracle"}, "ranks none"),
        ({"select": "all", "route": "validated"}, "leaves none"),
        ({"select": "random(share=0)"}, "above 0"),
        ({"select": "random(share=1.5)"}, "at most 1"),
        ({"train": "answers(passes=0)"}, "at least 1"),
        ({"partition": "kmeans(k=-1)"}, "at least 1"),
        ({"select": "random(cost_of=all)"}, "none of utility"),
        ({"select": "random(plus=general)"}, "with a share"),
        ({"select": "random(plus=poems:0.1)"}, "general, arithmetic or numeric"),
        ({"train": "text(of=books)"}, "none of rows, textbook"),
        ({"partition": "modules"}, "merged"),
        ({"train": "nothing"}, "trains on no row"),
        ({"partition": "modules(only=poems)"}, "merged"),
        ({"partition": "modules", "compose": "mix"}, "nothing routes to them"),
        ({"partition": "modules", "compose": "vote"}, "nothing routes to them"),
        ({"partition": "modules(only=numeric)", "route": "validated"}, "nothing routes to them"),
    ],
)
def test_words_that_contradict_each_other_are_refused(words, why):
    with pytest.raises(DataError, match=why):
        sentences.sentence(words)


def test_an_unknown_place_names_the_nearest():
    with pytest.raises(DataError, match="no place 'rout'; nearest is 'route'"):
        sentences.sentence({"rout": "oracle"})


def test_lines_are_the_same_if_sentence_and_seeds_are():
    made = sentences.sentence({})
    one = sentences.Line(made, 1, 2, (("Q1", "a"),), "here")
    two = sentences.Line(sentences.sentence({"select": "random(share=10%)"}), 1, 2, (("Q2", "b"),), "there")
    assert one == two and one.key == two.key and one.family == two.family
    every = sentences.sentence({"select": "all"})
    others = [sentences.Line(made, 2, 2), sentences.Line(made, 1, 1), sentences.Line(every, 1, 2)]
    assert len({one.key, *(line.key for line in others)}) == 4


def test_lines_that_only_route_otherwise_are_of_one_family():
    one, two = (sentences.Line(sentences.sentence({"route": route}), 0, 0) for route in ("centroid", "oracle"))
    assert one.key != two.key and one.family == two.family
    other = sentences.Line(sentences.sentence({"select": "random(share=20%)"}), 0, 0)
    assert other.family != one.family


def test_every_word_can_stand_in_some_sentence():
    """A word that every sentence refuses would be a feature without a door."""
    needs = {"modules": {"partition": "modules(only=numeric)"}, "nothing": {"partition": "one", "select": "all"}}
    needs |= {"linear": {"score": "closed"}, "closed": {"train": "linear"}}
    for place, words in sentences.WORDS.items():
        for word in words:
            assert sentences.sentence({place: word} | needs.get(word, {}))
