"""Running text of the small world: what a model reads before it is ever given a task."""

import numpy as np

from . import lexicon as lx
from . import lexicon_matching as lm
from . import lexicon_relations as lr
from .corpus_events import (
    BACKGROUND, COMPANY_KINDS, FIRM_KINDS, JUDGE, REACTION, WORLD_KINDS, Event, Slots, attribution, draw,
)  # fmt: skip
from .corpus_grammar import Dice, patterns
from .lexicon_terms import TERMS

ALL_KINDS = FIRM_KINDS + WORLD_KINDS
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
_TAGS = ("公司", "要闻", "快讯", "行业", "宏观", "市场", "国际")
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
    return dice.pick(_JUDGE_FRAMES).render({"judge": dice.pick(JUDGE[event.kind.polarity])}, dice)


def body(event, dice, extra=0.5):
    """Return the running text of an event: lead, then some of reason, detail, background and reaction."""
    parts = [event.lead()]
    if event.reason and dice.chance(extra):
        parts.append(event.because())
    if dice.chance(extra):
        parts.append(event.detail())
    if event.kind.subject in ("company", "maker") and not event.foreign:
        if dice.chance(extra * 0.5):
            parts.append(dice.pick(BACKGROUND).render(event.slots, dice))
        if dice.chance(extra * 0.6):
            parts.append(dice.pick(REACTION[event.kind.polarity]).render(event.slots, dice))
    return sentence(*parts)


def post(dice, polarity, subject=None):
    """Return what a small investor writes in a forum."""
    slots = Slots(dice)
    slots["subj"] = subject or dice.pick(lx.COMPANIES).name
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
    first = dice.pick(lx.COMPANIES).name if pool < 0.85 else dice.pick(lx.FOREIGN)
    while (second := _second(dice, pool)) == first:
        pass
    return first, second


def _second(dice, pool):
    if pool >= 0.85:
        return dice.pick(lx.FOREIGN)
    return dice.pick(lx.COMPANIES).name if dice.chance(0.6) else dice.pick(lx.UNLISTED)


def relation_slots(dice, a, b):
    """Return slots for a sentence about two companies."""
    slots = Slots(dice)
    slots["a"], slots["b"] = a, b
    company = _COMPANY.get(a) or _COMPANY.get(b)
    slots.products = company.products if company else lx.FOREIGN_PRODUCTS
    return slots


_COMPANY = {c.name: c for c in lx.COMPANIES}


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
        cause = dice.pick(lr.CAUSES)
        if sign is None or cause.sign == sign:
            break
    if cause.label[:2] == "成本":
        entity, product = dice.pick(lr.CHAINS)
    elif cause.kind == "place":
        entity, product = dice.pick(lx.PLACES), dice.pick(lr.FIELD_GOODS)
    elif dice.chance(0.35):
        entity, product = dice.pick(lr.CHAINS)
    else:
        entity = product = dice.pick(lx.GOODS)
    options = [e for e in lr.EFFECTS[cause.sign] if _fits(cause.label, e[0])]
    effect_label, says = dice.pick(options)
    slots = Slots(dice)
    slots["c"], slots["e"] = entity, product
    slots["cause"] = dice.pick(cause.says).render(slots, dice)
    slots["effect"] = dice.pick(says).render(slots, dice)
    slots["lead"] = dice.pick(("", "", "近期", "本周", "目前", slots["period"]))
    text = dice.pick(lr.CAUSAL_FRAMES).render(slots, dice)
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
    text = dice.pick(lm.WORDINGS[intent]).render({"o": dice.pick(lm.OBJECTS[obj])}, dice)
    tail = dice.pick(lm.TAILS)
    if text[-1] in "吗呢" and tail in ("呢", "啊"):
        tail = ""
    return dice.pick(lm.CONDITIONS[condition]) + text + tail


def meaning(dice):
    """Return a random meaning of a customer's question: intent, object and condition."""
    intent = dice.pick(tuple(lm.INTENTS))
    return intent, dice.pick(lm.INTENTS[intent][0]), dice.pick(tuple(lm.CONDITIONS)) if dice.chance(0.25) else ""


def _article(dice):
    event = draw(dice, FIRM_KINDS if dice.chance(0.55) else WORLD_KINDS, foreign=0.25)
    layout = dice.below(6)
    if layout == 0:
        return f"{event.head()}\n{body(event, dice)}"
    if layout == 1:
        text = body(event, dice, 0.6)
        return f"【{event.head()}】{attribution(event.slots, dice)}{text}"
    if layout == 2:
        return f"标题：{event.head()}\n栏目：{' '.join(event.topics())}\n正文：{body(event, dice)}"
    if layout == 3:
        text = body(event, dice)
        return f"{attribution(event.slots, dice)}{text}{sentence(judgement(event, dice))}"
    if layout == 4 and event.kind.polarity:
        return sentence(hedged(event, dice), event.detail(), judgement(event, dice))
    text = body(event, dice)
    title = event.headline_of(text)
    return f"{text}\n关键词：{' '.join(event.topics())}" + (f"\n一句话：{title}" if title else "")


def _wrap_up(dice):
    events = [draw(dice, WORLD_KINDS if dice.chance(0.5) else FIRM_KINDS, 0.2) for _ in range(dice.between(2, 4))]
    title = dice.pick(("早间要闻", "晚间公告", "市场快讯", "盘后速览", "要闻汇总"))
    if dice.chance(0.5):
        return title + "\n" + "\n".join(f"[{e.topics()[-1]}] {e.head()}" for e in events)
    return title + "：" + "；".join(e.lead() for e in events[:3]) + "。"


def _announcement(dice):
    event = draw(dice, COMPANY_KINDS)
    label = f"事件类型：{event.kind.label}\n事件主体：{event.subject}" if event.kind.label else f"主体：{event.subject}"
    return f"{sentence(event.lead(), event.detail())}\n{label}"


def _facts(dice):
    event = draw(dice, [k for k in ALL_KINDS if k.asks], 0.2)
    text = event.lead()
    lines = [f"{ask}：{event.slots[slot]}" for ask, slot in event.kind.asks.items() if str(event.slots[slot]) in text]
    return f"{sentence(text)}\n" + "\n".join(lines or [f"事件主体：{event.subject}"])


def _relation(dice):
    relation = dice.pick((*lr.ACTIVE, *lr.SYMMETRIC))
    a, b = relation_pair(dice, relation)
    slots = relation_slots(dice, a, b)
    text = dice.pick(lr.RELATION_PATTERNS[relation]).render(slots, dice)
    if dice.chance(0.12):
        plain = dice.pick(lr.NONE_PATTERNS).render(slots, dice)
        return sentence(plain, f"{a}与{b}之间没有直接的关系，属于其他")
    if relation in lr.SYMMETRIC:
        return sentence(text, dice.pick((f"{a}与{b}是{relation}关系", f"{b}与{a}也是{relation}关系", f"{a}对{b}：{relation}")))
    inverse = lr.INVERSE[relation]
    if relation in lr.SAYS_PASSIVE and dice.chance(0.3):
        return sentence(text, f"即{b}被{a}{relation}")
    return sentence(text, dice.pick((
        f"{a}对{b}是{relation}，{b}对{a}是{inverse}", f"从{b}的角度看，是{inverse}",
        f"{a}与{b}的关系是{relation}", f"{b}与{a}的关系是{inverse}",
    )))  # fmt: skip


def _causal_text(dice):
    c = causal(dice)
    kind = dice.below(4)
    if kind == 0:
        return sentence(c["text"]) + f"\n原因：{c['cause']}\n结果：{c['effect']}"
    if kind == 1:
        return sentence(
            c["text"], f"这里的原因是{c['cause_entity']}{c['cause_type']}，结果是{c['effect_entity']}{c['effect_type']}"
        )
    if kind == 2:
        return sentence(c["text"]) + f"为什么{c['effect']}？因为{c['cause']}。"
    return sentence(c["text"], f"{c['cause_type']}导致{c['effect_type']}")


def _customers(dice):
    intent, obj, condition = meaning(dice)
    same = lambda: question(dice, intent, obj, condition)  # noqa: E731
    kind = dice.below(3)
    if kind == 0:
        return f"{same()}\n换句话说：{same()}\n也就是问：{same()}\n这是在问{obj}{intent}。"
    group = [i for i in lm.INTENTS if lm.INTENTS[i][2] == lm.INTENTS[intent][2] and obj in lm.INTENTS[i][0] and i != intent]
    other = dice.pick(group) if group and dice.chance(0.7) else intent
    other_obj = obj if other != intent else dice.pick([o for o in lm.INTENTS[intent][0] if o != obj])
    if kind == 1:
        return f"{same()}\n{question(dice, other, other_obj, condition)}\n前者问{obj}{intent}，后者问{other_obj}{other}，意思不同。"
    return f"客户问：{same()}\n客户又问：{same()}\n两句问的都是{obj}{intent}，意思相同。"


def _forum(dice):
    polarity = dice.pick((1, 0, -1))
    name = dice.pick(lx.COMPANIES).name
    lines = [post(dice, polarity, name) for _ in range(dice.between(2, 4))]
    mood = {1: "看多，情绪积极", 0: "观望，情绪中性", -1: "看空，情绪消极"}[polarity]
    return "\n".join(lines) + f"\n以上发言{mood}。"


def _names(dice):
    event = draw(dice, [k for k in COMPANY_KINDS if k.name in ("resign", "appoint", "meeting", "register", "rating_up")])
    text = sentence(event.lead(), event.detail())
    found = [f"人物：{event.slots[k]}" for k in ("person", "person2") if k in event.slots and event.slots[k] in text]
    found += [f"机构：{event.slots[k]}" for k in ("subj", "broker") if k in event.slots and event.slots[k] in text]
    found += [f"地点：{event.slots[k]}" for k in ("place",) if k in event.slots and event.slots[k] in text]
    return text + "\n" + "\n".join(found)


def _who_is_bad(dice):
    """Two companies, one or none of them in trouble; then who it is."""
    signs = (dice.pick((1, 0, -1)), dice.pick((1, 0, -1)))
    events = [Event(dice, dice.pick([k for k in COMPANY_KINDS if k.polarity == sign])) for sign in signs]
    bad = [e.subject for e in events if e.kind.polarity < 0]
    told = f"其中{'、'.join(bad)}出现负面消息" if bad else "以上公司均没有负面消息"
    return sentence(*(e.lead() for e in events), told)


def _glossary(dice):
    """A term and its meaning, in one of several orders; sometimes a multiple choice among terms of one field."""
    term, field, meaning_ = dice.pick(TERMS)
    kind = dice.below(4)
    if kind == 0:
        return f"{term}是指{meaning_}，属于{field}知识。"
    if kind == 1:
        return f"名词解释\n{term}：{meaning_}。"
    if kind == 2:
        return f"什么是{term}？{term}就是{meaning_}。"
    options = dice.shuffle([term, *dice.sample([t for t, _, _ in TERMS if t != term], 3)])
    lines = "\n".join(f"{letter}、{option}" for letter, option in zip("ABCD", options, strict=True))
    letter = "ABCD"[options.index(term)]
    return f"{meaning_}，称为（ ）。\n{lines}\n正确的是{letter}、{term}。"


_LAYOUTS = (
    (_article, 0.34), (_wrap_up, 0.08), (_announcement, 0.09), (_facts, 0.08), (_relation, 0.12), (_causal_text, 0.07),
    (_customers, 0.08), (_forum, 0.04), (_names, 0.03), (_who_is_bad, 0.03), (_glossary, 0.04),
)  # fmt: skip
_MAKERS = tuple(make for make, _ in _LAYOUTS)
_BOUNDS = tuple(np.cumsum([weight for _, weight in _LAYOUTS]).tolist())
_STREAM = 2  # training rows are drawn from stream 0, evaluation rows from stream 1


def raw_text(n, seed=0):
    """Return n short texts of the small world, for pre-training.

    They show its words, facts, polarity, topics, relations and paraphrases in the layouts of a newsroom, and never an
    instruction or an evaluation row: the stream of random numbers is its own.

    Parameters
    ----------
    n : int
        How many texts.
    seed : int, default 0
        Seed of the generator.

    Returns
    -------
    list of str
        Texts of roughly 30 to 220 characters, some of several lines.
    """
    dice = Dice(np.random.default_rng([seed, _STREAM]))
    return [dice.weighted(_MAKERS, _BOUNDS)(dice) for _ in range(n)]


