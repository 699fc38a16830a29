"""Bank customers' questions: intents with several wordings, the things they ask about, and conditions."""

from typing import NamedTuple

from assl_utils.corpus.lexicon import blocks

_SYNONYMS = """
信用卡=贷记卡 储蓄卡=借记卡 消费贷=消费贷款 房贷=住房贷款 车贷=汽车贷款 信用贷=信用贷款 手机银行=手机银行客户端
网银=网上银行 理财=理财产品 基金=基金产品 零钱=零钱账户 小额贷=小额贷款 分期=分期业务 电子账户=线上账户
"""
OBJECTS = {pair.split("=")[0]: tuple(pair.split("=")) for pair in _SYNONYMS.split()}
_SETS = {
    "all": tuple(OBJECTS),
    "loans": ("消费贷", "房贷", "车贷", "信用贷", "小额贷", "信用卡", "分期"),
    "cards": ("信用卡", "储蓄卡", "电子账户"),
    "apps": ("手机银行", "网银", "电子账户", "零钱"),
    "invest": ("理财", "基金", "零钱"),
}
CONDITIONS = {
    "": ("", "请问", "您好，"),
    "境外": ("在国外的时候", "人在境外时"),
    "学生": ("我是学生，", "学生身份的话，"),
    "换手机": ("换了新手机后，", "手机换新以后，"),
    "网点": ("不去网点的话，", "不想去柜台，"),
    "夜间": ("半夜的时候，", "夜里"),
    "代办": ("替父母办理，", "帮家人办理，"),
}
TAILS = ("", "", "？", "？", "，谢谢", "呢", "啊")


class Intent(NamedTuple):
    """What a customer wants: the group of intents near it, the things it is asked of, and its wordings."""

    group: str
    objects: tuple
    wordings: tuple


def _intent(block):
    group, sets = block.fields
    with block.head.reading():
        if unknown := set(sets.split()) - set(_SETS):
            raise ValueError(f"unknown sets of things {sorted(unknown)}: take {', '.join(_SETS)}")
    return Intent(group, tuple(thing for name in sets.split() for thing in _SETS[name]), block.patterns())


INTENTS = {name: _intent(block) for name, block in blocks.read("bank_questions", 2).items()}


def near_intents(intent, obj):
    """Return the other intents of the same group that can be asked of the same thing."""
    group = INTENTS[intent].group
    return [name for name, other in INTENTS.items() if other.group == group and obj in other.objects and name != intent]
