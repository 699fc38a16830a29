"""Wordings of the exam: training and evaluation have none in common."""

from assl_utils.corpus.exam.wordings import STEMS


def test_the_two_sides_share_no_wording_and_the_evaluation_has_no_form_of_its_own():
    training, evaluation = ({p.source for patterns in forms.values() for p in patterns} for forms in STEMS.values())
    assert len(training) > 30 and len(evaluation) >= 10
    assert not training & evaluation
    assert set(STEMS[True]) < set(STEMS[False])


def test_every_wording_leaves_a_gap():
    assert all("gap" in p.slots for forms in STEMS.values() for patterns in forms.values() for p in patterns)
