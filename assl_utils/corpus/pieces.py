"""Pieces that running text and tasks share: bodies, forum talk, pairs of companies, causes and effects, questions."""

from assl_utils.corpus.events import FIRMS, LISTED
from assl_utils.corpus.lexicon import bank_questions, causes, names
from assl_utils.corpus.lexicon.phrases import PHRASES, by_polarity
from assl_utils.corpus.slots import Slots

BACKGROUND = PHRASES["background"].patterns()
REACTION = by_polarity("reaction")
POSTS = by_polarity("posts")
HEDGES = by_polarity("hedges", (1, -1))
_VERDICTS = by_polarity("verdict")
_VERDICT_FRAMES = PHRASES["verdict frames"].patterns()


def sentence(*parts):
    """Join sentences, each closed by one full stop; empty parts are left out."""
    return "".join(part.rstrip("。") + "。" for part in parts if part)


def verdict(event, dice):
    """Return a sentence that says in words which way the news points."""
    phrases = _VERDICTS[event.kind.polarity]
    # the third verdict speaks of the company
    phrase = dice.pick(phrases if event.kind.subject in FIRMS else phrases[:2] + phrases[3:]).source
    return dice.pick(_VERDICT_FRAMES).render({"verdict": phrase}, dice)


def body(event, dice, extra=0.5):
    """Return the running text of an event: lead, then some of reason, detail, background and reaction."""
    parts = [event.lead()]
    if event.reason and dice.chance(extra):
        parts.append(event.because())
    if dice.chance(extra):
        parts.append(event.detail())
    if event.kind.subject in LISTED and not event.foreign:
        if dice.chance(extra * 0.5):
            parts.append(dice.pick(BACKGROUND).render(event.slots, dice))
        if dice.chance(extra * 0.6):
            parts.append(dice.pick(REACTION[event.kind.polarity]).render(event.slots, dice))
    return sentence(*parts)


def post(dice, polarity, subject=None):
    """Return what a small investor writes in a forum."""
    slots = Slots(dice)
    slots["subj"] = subject or dice.pick(names.COMPANIES).name
    if dice.chance(0.35):
        return dice.pick(POSTS[polarity]).render(slots, dice)
    first, second = dice.sample(POSTS[polarity], 2)
    rest = second.render(slots, dice).replace(slots["subj"], dice.pick(("它", "这票", "这股")))
    return first.render(slots, dice) + dice.pick(("，", "！" if polarity else "，", "。", "…")) + rest


def hedged(event, dice):
    """Return the lead behind a clause that points the other way; the main clause decides."""
    return dice.pick(HEDGES[event.kind.polarity]).render({"core": event.lead()}, dice)


def two_firms(dice):
    """Return two different company names."""
    pool = dice.u()
    first = dice.pick(names.COMPANIES).name if pool < 0.85 else dice.pick(names.FOREIGN)
    while (second := _second(dice, pool)) == first:
        pass
    return first, second


def _second(dice, pool):
    if pool >= 0.85:
        return dice.pick(names.FOREIGN)
    return dice.pick(names.COMPANIES).name if dice.chance(0.6) else dice.pick(names.UNLISTED)


def relation_slots(dice, a, b):
    """Return slots for a sentence about two companies."""
    slots = Slots(dice)
    slots["a"], slots["b"] = a, b
    company = _COMPANY.get(a) or _COMPANY.get(b)
    slots.products = company.products if company else names.FOREIGN_PRODUCTS
    return slots


_COMPANY = {c.name: c for c in names.COMPANIES}


def alias(name, dice):
    """Return a short or former name of a company, for the relation 自己."""
    return name[:2] if dice.chance(0.6) else name[:2] + dice.pick(("股份", "集团", "控股"))


def product_name(name, dice):
    """Return the name of a security a company issues, for the relations 发行 and 被发行."""
    return name[:2] + dice.pick(("稳健一号", "成长基金", "转债", "精选混合", "信托计划", "中票"))


def relation_pair(dice, relation):
    """Return a fitting pair (a, b) for an active or symmetric relation: usually two companies."""
    a, b = two_firms(dice)
    if relation == "自己":
        b = alias(a, dice)
    elif relation == "发行":
        b = product_name(a, dice)
    return a, b


def causal(dice, sign=None):
    """Return a cause and effect: their types, entities, wordings and the sentence that joins them."""
    while True:
        cause = dice.pick(causes.CAUSES)
        if sign is None or cause.sign == sign:
            break
    if cause.label[:2] == "成本":
        entity, product = dice.pick(causes.CHAINS)
    elif cause.kind == "place":
        goods = causes.FARM_GOODS if cause.label == "干旱" else causes.FIELD_GOODS
        entity, product = dice.pick(names.PLACES), dice.pick(goods)
    elif dice.chance(0.35):
        entity, product = dice.pick(causes.CHAINS)
    else:
        entity = product = dice.pick(names.GOODS)
    effect = dice.pick([effect for effect in causes.EFFECTS[cause.sign] if _fits(cause.label, effect.label)])
    slots = Slots(dice)
    slots["c"], slots["e"] = entity, product
    slots["cause"] = dice.pick(cause.says).render(slots, dice)
    slots["effect"] = dice.pick(effect.says).render(slots, dice)
    slots["lead"] = dice.pick(("", "", "近期", "本周", "目前", slots["period"]))
    text = dice.pick(causes.CAUSAL_FRAMES).render(slots, dice)
    return {
        "cause_type": cause.label, "cause_entity": entity, "effect_type": effect.label, "effect_entity": product,
        "cause": slots["cause"], "effect": slots["effect"], "text": text, "slots": slots, "sign": cause.sign,
    }  # fmt: skip


def _fits(cause, effect):
    if effect == "企业停产":
        return cause in ("台风", "暴雨洪涝", "环保限产", "成本上升", "供给减少", "运输受阻")
    if effect in ("产品利润增加", "产品利润下降"):
        return cause in ("需求增加", "需求减少", "库存减少", "供给增加", "进口减少", "进口增加")
    if effect == "销量减少":
        return cause in ("需求减少", "疫情")
    return True


def question(dice, intent, obj, condition):
    """Return one wording of a customer's question."""
    wording = dice.pick(bank_questions.INTENTS[intent].wordings)
    text = wording.render({"o": dice.pick(bank_questions.OBJECTS[obj])}, dice)
    tail = dice.pick(bank_questions.TAILS)
    if text[-1] in "吗呢" and tail in ("呢", "啊"):
        tail = ""
    return dice.pick(bank_questions.CONDITIONS[condition]) + text + tail


def meaning(dice):
    """Return a random meaning of a customer's question: intent, object and condition."""
    intent = dice.pick(tuple(bank_questions.INTENTS))
    return (
        intent,
        dice.pick(bank_questions.INTENTS[intent].objects),
        dice.pick(tuple(bank_questions.CONDITIONS)) if dice.chance(0.25) else "",
    )
