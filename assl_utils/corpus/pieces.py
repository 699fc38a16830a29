"""Pieces that running text and tasks share: bodies, forum talk, pairs of companies, causes and effects, questions."""

from assl_utils.corpus.events import BACKGROUND, FIRMS, JUDGE, LISTED, REACTION
from assl_utils.corpus.grammar import patterns
from assl_utils.corpus.lexicon import bank_questions, names, relations
from assl_utils.corpus.slots import Slots

POSTS = {
    1: patterns("""
[这票|{subj}]终于[涨停|起飞]了，[牛|太强了|爽]
{subj}[量价齐升|放量突破]，[明天继续看涨|目标价{price}]
{subj}[业绩这么好|利好不断]，[拿住不动|坚定持有|必须加仓]
[今天|昨天]买的{subj}[赚了{spct}|大赚]，[开心|爽歪歪]
[主力在{subj}里疯狂抢筹|机构大举买入{subj}]，[后市可期|上涨空间很大]
{subj}[跌不动了，该反弹了|底部已现，可以进场]，[看好|加油]
[龙头|好公司]就是{subj}，[越跌越买|长期看多]
""", ),
    0: patterns("""
{subj}[今天几点|什么时候]公布{period}报告
[有人知道|请问]{subj}的[股东户数|主营业务]是多少吗
{subj}[今天成交量|换手率]和昨天[差不多|一样]
[先观望|看看再说]，{subj}[方向不明|等消息]
{subj}[横盘|盘整]了{few}天，[等方向|不好判断]
[我在{price}有|持仓]{subj}{few}00股，[先拿着看看|再等等]
{subj}[{date}开股东大会|下周开会]，[有谁去|大家怎么看]
""", ),
    -1: patterns("""
[这票|{subj}]又跌停了，[亏惨了|没救了|垃圾]
{subj}[放量下跌|跌破支撑]，[赶紧跑|明天还要跌|快割肉]
{subj}[业绩这么差|利空不断]，[再也不碰了|早点清仓|必须走人]
[今天|昨天]买的{subj}[亏了{spct}|大亏]，[难受|心态崩了]
[主力在{subj}里疯狂出货|机构大举卖出{subj}]，[后市堪忧|下跌空间很大]
{subj}[涨不动了，该回调了|高位见顶，可以离场]，[看空|小心]
[骗子|烂公司]就是{subj}，[套牢半年了|长期看空]
""", ),
}  # fmt: skip
HEDGES = {
    1: patterns("""
尽管[市场低迷|此前股价下跌|行业竞争加剧]，但{core}
虽然[短期有压力|大盘走弱|成本上升]，不过{core}
"""),
    -1: patterns("""
尽管[市场回暖|此前股价上涨|行业前景良好]，但{core}
虽然[大盘走强|收入略有增长|订单充足]，不过{core}
"""),
}
_JUDGE_FRAMES = patterns("""
[分析人士认为|业内人士表示]，{judge}
[总体来看|整体而言]，{judge}
[对投资者来说|对市场而言]，{judge}
""")


def sentence(*parts):
    """Join sentences, each closed by one full stop; empty parts are left out."""
    return "".join(part.rstrip("。") + "。" for part in parts if part)


def judgement(event, dice):
    """Return a sentence that says in words which way the news points."""
    phrases = JUDGE[event.kind.polarity]
    said = dice.pick(phrases if event.kind.subject in FIRMS else phrases[:2] + phrases[3:])
    return dice.pick(_JUDGE_FRAMES).render({"judge": said}, dice)


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
        cause = dice.pick(relations.CAUSES)
        if sign is None or cause.sign == sign:
            break
    if cause.label[:2] == "成本":
        entity, product = dice.pick(relations.CHAINS)
    elif cause.kind == "place":
        goods = relations.FARM_GOODS if cause.label == "干旱" else relations.FIELD_GOODS
        entity, product = dice.pick(names.PLACES), dice.pick(goods)
    elif dice.chance(0.35):
        entity, product = dice.pick(relations.CHAINS)
    else:
        entity = product = dice.pick(names.GOODS)
    options = [e for e in relations.EFFECTS[cause.sign] if _fits(cause.label, e[0])]
    effect_label, says = dice.pick(options)
    slots = Slots(dice)
    slots["c"], slots["e"] = entity, product
    slots["cause"] = dice.pick(cause.says).render(slots, dice)
    slots["effect"] = dice.pick(says).render(slots, dice)
    slots["lead"] = dice.pick(("", "", "近期", "本周", "目前", slots["period"]))
    text = dice.pick(relations.CAUSAL_FRAMES).render(slots, dice)
    return {
        "cause_type": cause.label, "cause_entity": entity, "effect_type": effect_label, "effect_entity": product,
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
    text = dice.pick(bank_questions.WORDINGS[intent]).render({"o": dice.pick(bank_questions.OBJECTS[obj])}, dice)
    tail = dice.pick(bank_questions.TAILS)
    if text[-1] in "吗呢" and tail in ("呢", "啊"):
        tail = ""
    return dice.pick(bank_questions.CONDITIONS[condition]) + text + tail


def meaning(dice):
    """Return a random meaning of a customer's question: intent, object and condition."""
    intent = dice.pick(tuple(bank_questions.INTENTS))
    return (
        intent,
        dice.pick(bank_questions.INTENTS[intent][0]),
        dice.pick(tuple(bank_questions.CONDITIONS)) if dice.chance(0.25) else "",
    )


def near_intents(intent, obj):
    """Return the other intents of the same group that can be asked of the same thing."""
    group = bank_questions.INTENTS[intent][2]
    return [
        name
        for name, (objects, _, g) in bank_questions.INTENTS.items()
        if g == group and obj in objects and name != intent
    ]
