"""Customers' questions: near intents, and wordings that can be filled."""

from seeded import draws

from assl_utils.corpus.lexicon.bank_questions import INTENTS, OBJECTS, near_intents


def test_near_intents_share_the_group_and_the_thing():
    assert near_intents("如何开通", "信用卡") == ["如何注销", "开通条件", "为何不能开通"]
    assert "年费减免" not in near_intents("利率多少", "房贷"), "a mortgage has no yearly fee"
    assert all(intent not in near_intents(intent, thing) for intent in INTENTS for thing in INTENTS[intent].objects)


def test_every_question_asks_of_a_known_thing():
    d = draws()
    for name, intent in INTENTS.items():
        assert set(intent.objects) <= set(OBJECTS) and intent.wordings, name
        assert all("信用卡" in wording.render({"o": "信用卡"}, d) for wording in intent.wordings), name
