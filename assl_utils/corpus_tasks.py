"""The tasks: every maker draws latents, renders a text and reads the answer off the latents."""

import re

from . import lexicon as lx
from . import lexicon_matching as lm
from . import lexicon_relations as lr
from .corpus_events import (
    COMPANY_KINDS, FIRM_KINDS, MEDIA, WORLD_KINDS, attribution, by_polarity, draw,
)  # fmt: skip
from .corpus_text import (
    body, causal, hedged, meaning, post, question, relation_pair, relation_slots, sentence, two_firms,
)  # fmt: skip

SENTIMENT = {1: "积极", 0: "中性", -1: "消极"}
MOVEMENT = {1: "跑赢大盘", 0: "中性", -1: "表现不佳"}
_SIGNS, _SIGN_BOUNDS = (1, 0, -1), (0.37, 0.64, 1.0)
_FIRM = by_polarity(FIRM_KINDS)
_COMPANY = by_polarity(COMPANY_KINDS)
_WORLD = by_polarity(WORLD_KINDS)
_RISKS = tuple(k for k in FIRM_KINDS if k.label and k.polarity < 0)
_TYPED = tuple(k for k in FIRM_KINDS if k.label)
_ASKED = tuple(k for k in FIRM_KINDS if k.asks)
_REASONED = tuple(k for k in FIRM_KINDS + WORLD_KINDS if k.reasons)
_NAMED = tuple(
    k for k in FIRM_KINDS
    if k.name in "resign appoint meeting register rating_up arrest expand coop contract accident financing".split()
) + tuple(k for k in FIRM_KINDS if k.name in "register expand contract accident".split())  # fmt: skip
ABSENT, NO_CAUSE = "无相应参数", "无参数"


def _sign(dice):
    return dice.weighted(_SIGNS, _SIGN_BOUNDS)


def sentiment(dice, want=None, posts=0.45):
    """Return (text, mood, topic): a forum post, a headline, a sentence of news, or one with a clause against the grain."""
    sign = _sign(dice) if want is None else want
    if dice.chance(posts):
        return post(dice, sign), SENTIMENT[sign], "post"
    event = draw(dice, (_FIRM if dice.chance(0.75) else _WORLD)[sign], 0.1)
    u = dice.u()
    if u < 0.3:
        text = event.head()
    elif u < 0.5 and sign:
        text = sentence(hedged(event, dice))
    else:
        text = sentence(event.lead(), event.detail() if dice.chance(0.3) else "")
    return text, SENTIMENT[sign], event.kind.name


def posts(dice, want=None):
    """Return (text, mood, topic), mostly forum posts."""
    return sentiment(dice, want, posts=0.8)


def aspects(dice):
    """Return a list of (text, aspect, mood, topic): one sentence about one or two companies, a row for each of them."""
    sign = _sign(dice)
    first = draw(dice, _COMPANY[sign])
    if dice.chance(0.55):
        text = sentence(first.lead(), first.detail() if dice.chance(0.3) else "")
        return [(text, first.subject, SENTIMENT[sign], first.kind.name)]
    other = dice.pick([s for s in _SIGNS if s != sign])
    second = _another(dice, _COMPANY[other], [first])
    joint = dice.pick(("；", "，而", "，与此同时，", "；另外，"))
    text = sentence(first.head().replace(" ", "，") + joint + second.lead())
    return [(text, e.subject, SENTIMENT[s], e.kind.name) for e, s in ((first, sign), (second, other))]


def _another(dice, kinds, earlier):
    """Draw an event about a subject that none of the earlier texts can mention."""
    while True:
        event = draw(dice, kinds)
        if all(event.subject not in e.slots.values() for e in earlier):
            if not any(e.subject in event.slots.values() for e in earlier):
                return event


def prices(dice, sign):
    """Return five lines ``date open close`` that drift with the news."""
    day, month, price = dice.between(1, 22), dice.between(1, 12), 3 + 60 * dice.u() ** 2
    lines = []
    for i in range(5):
        start = price * (1 + (dice.u() - 0.5) * 0.02)
        price = start * (1 + (dice.u() - 0.5) * 0.04 + sign * 0.012)
        lines.append(f"{month:02d}-{day + i:02d} {start:.2f} {price:.2f}")
    return "\n".join(lines)


def stock_movement(dice, want=None):
    """Return (announcement and prices, movement, topic)."""
    sign = _sign(dice) if want is None else want
    event = draw(dice, _COMPANY[sign])
    text = sentence(event.lead(), event.detail() if dice.chance(0.3) else "")
    return f"{text}\n{prices(dice, sign)}", MOVEMENT[sign], event.kind.name


def news(dice):
    """Return (news, two or three labels joined by one space, topic)."""
    event = draw(dice, FIRM_KINDS if dice.chance(0.3) else WORLD_KINDS, 0.3)
    text = sentence(event.lead(), event.detail() if dice.chance(0.4) else "")
    layout = dice.u()
    if layout < 0.2:
        text = f"【{event.head()}】{text}"
    elif layout < 0.45:
        text = attribution(event.slots, dice) + text
    return text, " ".join(event.topics()), event.kind.name


def negative(dice, want=None):
    """Return (text with entities, 有 or 无, negatively reported entities, topic)."""
    n = dice.weighted((1, 2, 3), (0.35, 0.85, 1.0))
    bad = dice.chance(0.55) if want is None else want
    signs = dice.shuffle([-1] + [dice.pick((-1, 0, 1)) for _ in range(n - 1)]) if bad else [dice.pick((1, 0)) for _ in range(n)]
    events = []
    for sign in signs:
        events.append(_another(dice, _FIRM[sign], events))
    leads = [e.lead() for e in events]
    text = sentence(*leads)
    if dice.chance(0.25):
        text = attribution(events[0].slots, dice) + text
    names = [e.subject for e in events]
    for key in ("obj", "broker", "fund", "child"):  # bystanders, not reported negatively themselves
        for event, lead in zip(events, leads, strict=True):
            value = event.slots.get(key)
            if value and value in lead and value not in names and len(names) < 4 and dice.chance(0.6):
                names.append(value)
    culprits = [e.subject for e in events if e.kind.polarity < 0]
    order = dice.shuffle(names)
    text = f"{text}\n实体：{';'.join(order)}"
    subjects = "；".join(name for name in order if name in culprits) or "无"
    return text, "有" if culprits else "无", subjects, events[0].kind.name


def summary(dice):
    """Return (article, its headline, topic); the headline tells nothing that the article does not."""
    while True:
        event = draw(dice, FIRM_KINDS if dice.chance(0.7) else WORLD_KINDS, 0.2)
        text = body(event, dice, 0.7)
        title = event.headline_of(text)
        if title and len(text) <= 180:
            break
    if dice.chance(0.4) and len(text) < 160:
        text = attribution(event.slots, dice) + text
    return text, title, event.kind.name


def event_lines(events):
    """Return the lines ``type, subject`` of events."""
    return "\n".join(f"{e.kind.label}, {e.subject}" for e in events)


def event_subject(dice, kinds=_TYPED, bounds=(0.6, 1.0, 1.0)):
    """Return (text of one to three events, their lines in order, topic)."""
    events = []
    for _ in range(dice.weighted((1, 2, 3), bounds)):
        events.append(_another(dice, kinds, events))
    if len(events) == 1:
        event = events[0]
        text = sentence(event.lead(), event.detail() if dice.chance(0.4) else "")
        if dice.chance(0.3):
            text = attribution(event.slots, dice) + text
    else:
        text = sentence("；".join(e.head() if dice.chance(0.5) else e.lead() for e in events))
    return text, event_lines(events), events[0].kind.name


def event_19(dice):
    """Return a row in the manner of CCKS 2019: risks only."""
    return event_subject(dice, _RISKS, (0.65, 1.0, 1.0))


def event_20(dice):
    """Return a row in the manner of CCKS 2020: all types."""
    return event_subject(dice, _TYPED, (0.7, 1.0, 1.0))


def event_22(dice):
    """Return a row in the manner of CCKS 2022: up to three events."""
    return event_subject(dice, _TYPED, (0.45, 0.85, 1.0))


def event_21(dice):
    """Return (text, cause line and effect line, topic)."""
    c = causal(dice)
    lines = f"{c['cause_type']}, {c['cause_entity']}\n{c['effect_type']}, {c['effect_entity']}"
    return _with_media(dice, c), lines, c["cause_type"]


def _with_media(dice, c):
    text = sentence(c["text"])
    return f"据{dice.pick(MEDIA)}消息，{text}" if dice.chance(0.25) else text


def relation(dice):
    """Return (sentence with head and tail entity, relations joined by one space, topic)."""
    u = dice.u()
    if u < 0.1:
        a, b = two_firms(dice)
        text, found = dice.pick(lr.NONE_PATTERNS).render(relation_slots(dice, a, b), dice), ["其他"]
    elif u < 0.2:
        a, b = two_firms(dice)
        found, pattern = dice.pick(lr.DOUBLE_PATTERNS)
        text, found = pattern.render(relation_slots(dice, a, b), dice), list(found)
    else:
        name = dice.pick((*lr.ACTIVE, *lr.SYMMETRIC)) if u < 0.8 else dice.pick(tuple(lr.ACTIVE))
        a, b = relation_pair(dice, name)
        text, found = dice.pick(lr.RELATION_PATTERNS[name]).render(relation_slots(dice, a, b), dice), [name]
    if dice.chance(0.35):
        text = dice.pick(("据{m}报道，", "{m}消息，", "公开信息显示，", "记者了解到，")).format(m=dice.pick(MEDIA)) + text
    if dice.chance(0.5):
        a, b, found = b, a, [lr.INVERSE.get(name, name) for name in found]
    return f"{sentence(text)}头实体：{a}，尾实体：{b}。", " ".join(found), found[0]


_ORGS = tuple(
    sorted(
        {c.name for c in lx.COMPANIES} | set(lx.FOREIGN + lx.BROKERS + lx.FUNDS + lx.UNLISTED + lx.CN_OFFICES + MEDIA),
        key=lambda name: (-len(name), name),
    )
)
_ORG_AT = re.compile("|".join(map(re.escape, _ORGS)))
_LOC_AT = re.compile("|".join(map(re.escape, lx.PLACES + lx.COUNTRIES)))


def ner(dice):
    """Return (text, lines ``name, type`` in order of appearance, topic)."""
    event = draw(dice, _NAMED)
    text = sentence(event.lead(), event.detail() if dice.chance(0.5) else "")
    if dice.chance(0.25):
        text = attribution(event.slots, dice) + text
    spans = {m.start(): (m.end(), "ORG") for m in _ORG_AT.finditer(text)}
    inside = [(start, end) for start, (end, _) in spans.items()]
    for m in _LOC_AT.finditer(text):
        if not any(start <= m.start() < end for start, end in inside):
            spans[m.start()] = (m.end(), "LOC")
    for key in ("person", "person2"):
        if key in event.slots and event.slots[key] in text:
            start = text.index(event.slots[key])
            spans[start] = (start + len(event.slots[key]), "PER")
    lines = dict.fromkeys(f"{text[start:end]}, {label}" for start, (end, label) in sorted(spans.items()))
    return text, "\n".join(lines), event.kind.name


def matching(dice, want=None):
    """Return (two questions joined by a newline, 是 or 否, topic); half the pairs mean the same."""
    intent, obj, condition = meaning(dice)
    first = question(dice, intent, obj, condition)
    if dice.chance(0.5) if want is None else want:
        while (second := question(dice, intent, obj, condition)) == first:
            pass
        return f"{first}\n{second}", "是", intent
    u = dice.u()
    group = [i for i in lm.INTENTS if lm.INTENTS[i][2] == lm.INTENTS[intent][2] and obj in lm.INTENTS[i][0] and i != intent]
    if u < 0.7 and group:
        other = (dice.pick(group), obj, condition)
    elif u < 0.9:
        other = (intent, dice.pick([o for o in lm.INTENTS[intent][0] if o != obj]), condition)
    else:
        while (other := meaning(dice))[:2] == (intent, obj):
            pass
    return f"{first}\n{question(dice, *other)}", "否", intent


_QA_FORMS = (
    "{subj}{label}事件对应的{ask}是什么？", "{subj}{label}事件的{ask}是？", "下文中{subj}的{ask}是多少？", "根据下文，{subj}{label}的{ask}是什么？",
)  # fmt: skip
_COUNTED = ("金额", "增幅", "降幅", "数量", "比例", "规模", "利润", "目标价", "涨幅", "跌幅", "资本", "人数")


def _ask(dice, event, ask):
    counted = ask.endswith(_COUNTED)
    form = dice.pick(_QA_FORMS if counted else _QA_FORMS[:2] + _QA_FORMS[3:])
    return form.format(subj=event.subject, label=event.kind.label or "", ask=ask)


def qa(dice):
    """Return (question and context, span, topic); one in six asks for what the text does not say."""
    while True:
        event = draw(dice, _ASKED, 0.1)
        text = sentence(event.lead(), event.detail() if dice.chance(0.5) else "")
        if dice.chance(0.3):
            text = attribution(event.slots, dice) + text
        told = {ask: slot for ask, slot in event.kind.asks.items() if event.slots[slot] in text and slot != "subj"}
        if dice.chance(1 / 6):
            others = [ask for ask in event.kind.asks if ask not in told and event.kind.asks[ask] != "subj"]
            if not others:
                kind = dice.pick(_ASKED)
                others = [a for a, s in kind.asks.items() if a not in event.kind.asks and s not in event.slots]
            if others:
                return _ask(dice, event, dice.pick(others)) + text, ABSENT, event.kind.name
        elif told:
            ask = dice.pick(tuple(told))
            return _ask(dice, event, ask) + text, event.slots[told[ask]], event.kind.name


_WHY = ("下文中{effect}的原因是什么？", "为什么{effect}？", "{effect}的原因是？")
_THEN = ("下文中{cause}导致了什么结果？", "{cause}的结果是什么？", "{cause}带来了什么影响？")


def causal_qa(dice):
    """Return (question and context, span, topic): a cause or an effect; one in six is not told."""
    u = dice.u()
    if u < 1 / 6:
        c = causal(dice)
        plain = dice.pick(lr.EFFECT_ONLY).render(c["slots"], dice)
        return dice.pick(_WHY).format(effect=c["effect"]) + sentence(plain), NO_CAUSE, c["effect_type"]
    if u < 0.7:
        c = causal(dice)
        asked, answer = (_WHY, c["cause"]) if dice.chance(0.55) else (_THEN, c["effect"])
        return dice.pick(asked).format(**{k: c[k] for k in ("cause", "effect")}) + _with_media(dice, c), answer, c["cause_type"]
    while True:  # a company's event with its reason
        event = draw(dice, _REASONED, 0.1)
        head = event.head().replace("：", "").replace(" ", "，")
        lead, because = event.lead(), event.because()
        if event.reason in because:
            text = sentence(lead, because, event.detail() if dice.chance(0.3) else "")
            return f"{dice.pick(('下文中', ''))}“{head}”的原因是什么？{text}", event.reason, event.kind.name


QUOTAS = {  # makers whose label can be asked for, and how often each is
    sentiment: {1: 0.37, 0: 0.27, -1: 0.36},
    posts: {1: 0.37, 0: 0.27, -1: 0.36},
    stock_movement: {1: 0.37, 0: 0.27, -1: 0.36},
    matching: {True: 0.5, False: 0.5},
    negative: {True: 0.55, False: 0.45},
}
MAKERS = {
    "fe": sentiment, "stocka": stock_movement, "stockb": posts, "finnl": news, "nl": news, "finna": summary, "na": summary,
    "19ccks": event_19, "20ccks": event_20, "21ccks": event_21, "22ccks": event_22, "finre": relation, "ner": ner,
    "corpus": matching, "afqmc": matching, "finqa": qa, "fincqa": causal_qa,
}  # fmt: skip
