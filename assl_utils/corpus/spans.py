"""Tasks whose answers are read off the text: events and their subjects, relations, names, questions."""

import re

from assl_utils.corpus.events import FIRM_KINDS, WORLD_KINDS, another, attribution, draw
from assl_utils.corpus.lexicon import causes, names, relations
from assl_utils.corpus.pieces import causal, relation_pair, relation_slots, sentence, two_firms

ABSENT, NO_CAUSE = "无相应参数", "无参数"
_RISKS = tuple(k for k in FIRM_KINDS if k.label and k.polarity < 0)
_TYPED = tuple(k for k in FIRM_KINDS if k.label)
_ASKED = tuple(k for k in FIRM_KINDS if k.asks)
_REASONED = tuple(k for k in FIRM_KINDS + WORLD_KINDS if k.reasons)
_NAMED = tuple(
    k for k in FIRM_KINDS
    if k.name in "resign appoint meeting register rating_up arrest expand coop contract accident financing".split()
) + tuple(k for k in FIRM_KINDS if k.name in "register expand contract accident".split())  # fmt: skip


def event_lines(events):
    """Return the lines ``type, subject`` of events."""
    return "\n".join(f"{e.kind.label}, {e.subject}" for e in events)


def event_subject(draws, kinds=_TYPED, bounds=(0.6, 1.0, 1.0)):
    """Return (text of one to three events, their lines in order, topic)."""
    events = []
    for _ in range(draws.weighted((1, 2, 3), bounds)):
        events.append(another(draws, kinds, events))
    if len(events) == 1:
        event = events[0]
        text = sentence(event.lead(), event.detail() if draws.chance(0.4) else "")
        if draws.chance(0.3):
            text = attribution(event.slots, draws) + text
    else:
        text = sentence("；".join(e.head() if draws.chance(0.5) else e.lead() for e in events))
    return text, event_lines(events), events[0].kind.name


def event_19(draws):
    """Return a row in the manner of CCKS 2019: risks only."""
    return event_subject(draws, _RISKS, (0.65, 1.0, 1.0))


def event_20(draws):
    """Return a row in the manner of CCKS 2020: all types."""
    return event_subject(draws, _TYPED, (0.7, 1.0, 1.0))


def event_22(draws):
    """Return a row in the manner of CCKS 2022: up to three events."""
    return event_subject(draws, _TYPED, (0.45, 0.85, 1.0))


def event_21(draws):
    """Return (text, cause line and effect line, topic)."""
    c = causal(draws)
    lines = f"{c['cause_type']}, {c['cause_entity']}\n{c['effect_type']}, {c['effect_entity']}"
    return _with_media(draws, c), lines, c["cause_type"]


def _with_media(draws, c):
    text = sentence(c["text"])
    return f"据{draws.pick(names.MEDIA)}消息，{text}" if draws.chance(0.25) else text


def relation(draws):
    """Return (sentence with head and tail entity, relations joined by one space, topic)."""
    u = draws.u()
    if u < 0.1:
        a, b = two_firms(draws)
        text, found = draws.pick(relations.NONE_PATTERNS).render(relation_slots(draws, a, b), draws), ["其他"]
    elif u < 0.2:
        a, b = two_firms(draws)
        found, pattern = draws.pick(relations.DOUBLE_PATTERNS)
        text, found = pattern.render(relation_slots(draws, a, b), draws), list(found)
    else:
        name = draws.pick((*relations.ACTIVE, *relations.SYMMETRIC)) if u < 0.8 else draws.pick(relations.ACTIVE)
        a, b = relation_pair(draws, name)
        text, found = draws.pick(relations.RELATION_PATTERNS[name]).render(relation_slots(draws, a, b), draws), [name]
    if draws.chance(0.35):
        text = (
            draws.pick(("据{m}报道，", "{m}消息，", "公开信息显示，", "记者了解到，")).format(m=draws.pick(names.MEDIA))
            + text
        )
    if draws.chance(0.5):
        a, b, found = b, a, [relations.INVERSE.get(name, name) for name in found]
    return f"{sentence(text)}头实体：{a}，尾实体：{b}。", " ".join(found), found[0]


_ORGS = tuple(
    sorted(
        {c.name for c in names.COMPANIES}
        | set(names.FOREIGN + names.BROKERS + names.FUNDS + names.UNLISTED + names.CN_OFFICES + names.MEDIA),
        key=lambda name: (-len(name), name),
    )
)
_ORG_AT = re.compile("|".join(map(re.escape, _ORGS)))
_LOC_AT = re.compile("|".join(map(re.escape, names.PLACES + names.COUNTRIES)))


def ner(draws):
    """Return (text, lines ``name, type`` in order of appearance, topic)."""
    event = draw(draws, _NAMED)
    text = sentence(event.lead(), event.detail() if draws.chance(0.5) else "")
    if draws.chance(0.25):
        text = attribution(event.slots, draws) + text
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


_QA_FORMS = (
    "{subj}{label}事件对应的{ask}是什么？",
    "{subj}{label}事件的{ask}是？",
    "下文中{subj}的{ask}是多少？",
    "根据下文，{subj}{label}的{ask}是什么？",
)
_COUNTED = ("金额", "增幅", "降幅", "数量", "比例", "规模", "利润", "目标价", "涨幅", "跌幅", "资本", "人数")


def _ask(draws, event, ask):
    counted = ask.endswith(_COUNTED)
    form = draws.pick(_QA_FORMS if counted else _QA_FORMS[:2] + _QA_FORMS[3:])
    return form.format(subj=event.subject, label=event.kind.label or "", ask=ask)


def qa(draws):
    """Return (question and context, span, topic); one in six asks for what the text does not say."""
    while True:
        event = draw(draws, _ASKED, 0.1)
        text = sentence(event.lead(), event.detail() if draws.chance(0.5) else "")
        if draws.chance(0.3):
            text = attribution(event.slots, draws) + text
        said = {ask: slot for ask, slot in event.kind.asks.items() if event.slots[slot] in text and slot != "subj"}
        if draws.chance(1 / 6):
            others = [ask for ask in event.kind.asks if ask not in said and event.kind.asks[ask] != "subj"]
            if not others:
                kind = draws.pick(_ASKED)
                others = [a for a, s in kind.asks.items() if a not in event.kind.asks and s not in event.slots]
            if others:
                return _ask(draws, event, draws.pick(others)) + text, ABSENT, event.kind.name
        elif said:
            ask = draws.pick(tuple(said))
            return _ask(draws, event, ask) + text, event.slots[said[ask]], event.kind.name


_WHY = ("下文中{effect}的原因是什么？", "为什么{effect}？", "{effect}的原因是？")
_THEN = ("下文中{cause}导致了什么结果？", "{cause}的结果是什么？", "{cause}带来了什么影响？")


def causal_qa(draws):
    """Return (question and context, span, topic): a cause or an effect; one in six is not in the text."""
    u = draws.u()
    if u < 1 / 6:
        c = causal(draws)
        plain = draws.pick(causes.EFFECT_ONLY).render(c["slots"], draws)
        return draws.pick(_WHY).format(effect=c["effect"]) + sentence(plain), NO_CAUSE, c["effect_type"]
    if u < 0.7:
        c = causal(draws)
        asked, answer = (_WHY, c["cause"]) if draws.chance(0.55) else (_THEN, c["effect"])
        return (
            draws.pick(asked).format(**{k: c[k] for k in ("cause", "effect")}) + _with_media(draws, c),
            answer,
            c["cause_type"],
        )
    while True:  # a company's event with its reason
        event = draw(draws, _REASONED, 0.1)
        head = event.head().replace("：", "").replace(" ", "，")
        lead, because = event.lead(), event.because()
        if event.reason in because:
            text = sentence(lead, because, event.detail() if draws.chance(0.3) else "")
            return f"{draws.pick(('下文中', ''))}“{head}”的原因是什么？{text}", event.reason, event.kind.name
