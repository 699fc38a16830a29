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


def verdict(event, draws):
    """Return a sentence that says in words which way the news points."""
    phrases = _VERDICTS[event.kind.polarity]
    # the third verdict speaks of the company
    phrase = draws.pick(phrases if event.kind.subject in FIRMS else phrases[:2] + phrases[3:]).source
    return draws.pick(_VERDICT_FRAMES).render({"verdict": phrase}, draws)


def body(event, draws, extra=0.5):
    """Return the running text of an event: lead, then some of reason, detail, background and reaction."""
    parts = [event.lead()]
    if event.reason and draws.chance(extra):
        parts.append(event.because())
    if draws.chance(extra):
        parts.append(event.detail())
    if event.kind.subject in LISTED and not event.foreign:
        if draws.chance(extra * 0.5):
            parts.append(draws.pick(BACKGROUND).render(event.slots, draws))
        if draws.chance(extra * 0.6):
            parts.append(draws.pick(REACTION[event.kind.polarity]).render(event.slots, draws))
    return sentence(*parts)


def post(draws, polarity, subject=None):
    """Return what a small investor writes in a forum."""
    slots = Slots(draws)
    slots["subj"] = subject or draws.pick(names.COMPANIES).name
    if draws.chance(0.35):
        return draws.pick(POSTS[polarity]).render(slots, draws)
    first, second = draws.sample(POSTS[polarity], 2)
    rest = second.render(slots, draws).replace(slots["subj"], draws.pick(("它", "这票", "这股")))
    return first.render(slots, draws) + draws.pick(("，", "！" if polarity else "，", "。", "…")) + rest


def hedged(event, draws):
    """Return the lead behind a clause that points the other way; the main clause decides."""
    return draws.pick(HEDGES[event.kind.polarity]).render({"core": event.lead()}, draws)


def two_firms(draws):
    """Return two different company names."""
    pool = draws.u()
    first = draws.pick(names.COMPANIES).name if pool < 0.85 else draws.pick(names.FOREIGN)
    while (second := _second(draws, pool)) == first:
        pass
    return first, second


def _second(draws, pool):
    if pool >= 0.85:
        return draws.pick(names.FOREIGN)
    return draws.pick(names.COMPANIES).name if draws.chance(0.6) else draws.pick(names.UNLISTED)


def relation_slots(draws, a, b):
    """Return slots for a sentence about two companies."""
    slots = Slots(draws)
    slots["a"], slots["b"] = a, b
    company = _COMPANY.get(a) or _COMPANY.get(b)
    slots.products = company.products if company else names.FOREIGN_PRODUCTS
    return slots


_COMPANY = {c.name: c for c in names.COMPANIES}


def alias(name, draws):
    """Return a short or former name of a company, for the relation 自己."""
    return name[:2] if draws.chance(0.6) else name[:2] + draws.pick(("股份", "集团", "控股"))


def product_name(name, draws):
    """Return the name of a security a company issues, for the relations 发行 and 被发行."""
    return name[:2] + draws.pick(("稳健一号", "成长基金", "转债", "精选混合", "信托计划", "中票"))


def relation_pair(draws, relation):
    """Return a fitting pair (a, b) for an active or symmetric relation: usually two companies."""
    a, b = two_firms(draws)
    if relation == "自己":
        b = alias(a, draws)
    elif relation == "发行":
        b = product_name(a, draws)
    return a, b


def causal(draws):
    """Return a cause and effect: their types, entities, wordings and the sentence that joins them."""
    cause = draws.pick(causes.CAUSES)
    if cause.label[:2] == "成本":
        entity, product = draws.pick(causes.CHAINS)
    elif cause.kind == "place":
        goods = causes.FARM_GOODS if cause.label == "干旱" else causes.FIELD_GOODS
        entity, product = draws.pick(names.PLACES), draws.pick(goods)
    elif draws.chance(0.35):
        entity, product = draws.pick(causes.CHAINS)
    else:
        entity = product = draws.pick(names.GOODS)
    effect = draws.pick([effect for effect in causes.EFFECTS[cause.sign] if _fits(cause.label, effect.label)])
    slots = Slots(draws)
    slots["c"], slots["e"] = entity, product
    slots["cause"] = draws.pick(cause.says).render(slots, draws)
    slots["effect"] = draws.pick(effect.says).render(slots, draws)
    slots["lead"] = draws.pick(("", "", "近期", "本周", "目前", slots["period"]))
    text = draws.pick(causes.CAUSAL_FRAMES).render(slots, draws)
    return {
        "cause_type": cause.label, "cause_entity": entity, "effect_type": effect.label, "effect_entity": product,
        "cause": slots["cause"], "effect": slots["effect"], "text": text, "slots": slots,
    }  # fmt: skip


def _fits(cause, effect):
    if effect == "企业停产":
        return cause in ("台风", "暴雨洪涝", "环保限产", "成本上升", "供给减少", "运输受阻")
    if effect in ("产品利润增加", "产品利润下降"):
        return cause in ("需求增加", "需求减少", "库存减少", "供给增加", "进口减少", "进口增加")
    if effect == "销量减少":
        return cause in ("需求减少", "疫情")
    return True


def question(draws, intent, obj, condition):
    """Return one wording of a customer's question."""
    wording = draws.pick(bank_questions.INTENTS[intent].wordings)
    text = wording.render({"o": draws.pick(bank_questions.OBJECTS[obj])}, draws)
    tail = draws.pick(bank_questions.TAILS)
    if text[-1] in "吗呢" and tail in ("呢", "啊"):
        tail = ""
    return draws.pick(bank_questions.CONDITIONS[condition]) + text + tail


def meaning(draws):
    """Return a random meaning of a customer's question: intent, object and condition."""
    intent = draws.pick(tuple(bank_questions.INTENTS))
    return (
        intent,
        draws.pick(bank_questions.INTENTS[intent].objects),
        draws.pick(tuple(bank_questions.CONDITIONS)) if draws.chance(0.25) else "",
    )
