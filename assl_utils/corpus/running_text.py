"""Running text of the small world: what a model reads before it is given any task."""

import numpy as np

from assl_utils.corpus.events import COMPANY_KINDS, FIRM_KINDS, WORLD_KINDS, Event, attribution, by_polarity, draw
from assl_utils.corpus.grammar import Draws
from assl_utils.corpus.lexicon import bank_questions, names, relations
from assl_utils.corpus.lexicon.terms import TERMS
from assl_utils.corpus.pieces import (
    body,
    causal,
    hedged,
    meaning,
    post,
    question,
    relation_pair,
    relation_slots,
    sentence,
    two_firms,
    verdict,
)
from assl_utils.corpus.questions import evaluated, fingerprints, fragments

_ASKED = tuple(k for k in FIRM_KINDS + WORLD_KINDS if k.asks)
_PEOPLE = tuple(k for k in COMPANY_KINDS if k.name in ("resign", "appoint", "meeting", "register", "rating_up"))
_SIGNED = by_polarity(COMPANY_KINDS)


def _article(draws):
    event = draw(draws, FIRM_KINDS if draws.chance(0.55) else WORLD_KINDS, foreign=0.25)
    layout = draws.below(6)
    if layout == 0:
        return f"{event.head()}\n{body(event, draws)}"
    if layout == 1:
        text = body(event, draws, 0.6)
        return f"【{event.head()}】{attribution(event.slots, draws)}{text}"
    if layout == 2:
        return f"标题：{event.head()}\n栏目：{' '.join(event.topics())}\n正文：{body(event, draws)}"
    if layout == 3:
        text = body(event, draws)
        return f"{attribution(event.slots, draws)}{text}{sentence(verdict(event, draws))}"
    if layout == 4 and event.kind.polarity:
        return sentence(hedged(event, draws), event.detail(), verdict(event, draws))
    text = body(event, draws)
    title = event.headline_of(text)
    return f"{text}\n关键词：{' '.join(event.topics())}" + (f"\n一句话：{title}" if title else "")


def _wrap_up(draws):
    events = [draw(draws, WORLD_KINDS if draws.chance(0.5) else FIRM_KINDS, 0.2) for _ in range(draws.between(2, 4))]
    title = draws.pick(("早间要闻", "晚间公告", "市场快讯", "盘后速览", "要闻汇总"))
    if draws.chance(0.5):
        return title + "\n" + "\n".join(f"[{e.topics()[-1]}] {e.head()}" for e in events)
    return title + "：" + "；".join(e.lead() for e in events[:3]) + "。"


def _announcement(draws):
    event = draw(draws, COMPANY_KINDS)
    label = f"事件类型：{event.kind.label}\n事件主体：{event.subject}" if event.kind.label else f"主体：{event.subject}"
    return f"{sentence(event.lead(), event.detail())}\n{label}"


def _facts(draws):
    event = draw(draws, _ASKED, 0.2)
    text = event.lead()
    lines = [f"{ask}：{event.slots[slot]}" for ask, slot in event.kind.asks.items() if str(event.slots[slot]) in text]
    return f"{sentence(text)}\n" + "\n".join(lines or [f"事件主体：{event.subject}"])


def _relation(draws):
    relation = draws.pick((*relations.ACTIVE, *relations.SYMMETRIC))
    a, b = relation_pair(draws, relation)
    slots = relation_slots(draws, a, b)
    text = draws.pick(relations.RELATION_PATTERNS[relation]).render(slots, draws)
    if draws.chance(0.12):
        a, b = two_firms(draws)
        plain = draws.pick(relations.NONE_PATTERNS).render(relation_slots(draws, a, b), draws)
        return sentence(plain, f"{a}与{b}之间没有直接的关系，属于其他")
    if relation in relations.SYMMETRIC:
        return sentence(
            text, draws.pick((f"{a}与{b}是{relation}关系", f"{b}与{a}也是{relation}关系", f"{a}对{b}：{relation}"))
        )
    inverse = relations.INVERSE[relation]
    if relation in relations.SAYS_PASSIVE and draws.chance(0.3):
        return sentence(text, f"即{b}被{a}{relation}")
    return sentence(text, draws.pick((
        f"{a}对{b}是{relation}，{b}对{a}是{inverse}", f"从{b}的角度看，是{inverse}",
        f"{a}与{b}的关系是{relation}", f"{b}与{a}的关系是{inverse}",
    )))  # fmt: skip


def _causal_text(draws):
    c = causal(draws)
    kind = draws.below(4)
    if kind == 0:
        return sentence(c["text"]) + f"\n原因：{c['cause']}\n结果：{c['effect']}"
    if kind == 1:
        return sentence(
            c["text"], f"这里的原因是{c['cause_entity']}{c['cause_type']}，结果是{c['effect_entity']}{c['effect_type']}"
        )
    if kind == 2:
        return sentence(c["text"]) + f"为什么{c['effect']}？因为{c['cause']}。"
    return sentence(c["text"], f"{c['cause_type']}导致{c['effect_type']}")


def _customers(draws):
    intent, obj, condition = meaning(draws)
    same = lambda: question(draws, intent, obj, condition)  # noqa: E731
    kind = draws.below(3)
    if kind == 0:
        return f"{same()}\n换句话说：{same()}\n也就是问：{same()}\n这是在问{obj}{intent}。"
    group = bank_questions.near_intents(intent, obj)
    other = draws.pick(group) if group and draws.chance(0.7) else intent
    other_obj = obj if other != intent else draws.pick([o for o in bank_questions.INTENTS[intent].objects if o != obj])
    if kind == 1:
        difference = f"前者问{obj}{intent}，后者问{other_obj}{other}，意思不同。"
        return f"{same()}\n{question(draws, other, other_obj, condition)}\n{difference}"
    return f"客户问：{same()}\n客户又问：{same()}\n两句问的都是{obj}{intent}，意思相同。"


def _forum(draws):
    polarity = draws.pick((1, 0, -1))
    name = draws.pick(names.COMPANIES).name
    lines = [post(draws, polarity, name) for _ in range(draws.between(2, 4))]
    mood = {1: "看多，情绪积极", 0: "观望，情绪中性", -1: "看空，情绪消极"}[polarity]
    return "\n".join(lines) + f"\n以上发言{mood}。"


def _names(draws):
    event = draw(draws, _PEOPLE)
    text = sentence(event.lead(), event.detail())
    found = [f"人物：{event.slots[k]}" for k in ("person", "person2") if k in event.slots and event.slots[k] in text]
    found += [f"机构：{event.slots[k]}" for k in ("subj", "broker") if k in event.slots and event.slots[k] in text]
    found += [f"地点：{event.slots[k]}" for k in ("place",) if k in event.slots and event.slots[k] in text]
    return text + "\n" + "\n".join(found)


def _who_is_bad(draws):
    """Two companies, one or none of them in trouble; then who it is."""
    signs = (draws.pick((1, 0, -1)), draws.pick((1, 0, -1)))
    events = [Event(draws, draws.pick(_SIGNED[sign])) for sign in signs]
    bad = [e.subject for e in events if e.kind.polarity < 0]
    reported = f"其中{'、'.join(bad)}出现负面消息" if bad else "以上公司均没有负面消息"
    return sentence(*(e.lead() for e in events), reported)


def _glossary(draws):
    """A term and its meaning, in one of several orders; sometimes a multiple choice among terms of one field."""
    term, field, meaning_ = draws.pick(TERMS)
    kind = draws.below(4)
    if kind == 0:
        return f"{term}是指{meaning_}，属于{field}知识。"
    if kind == 1:
        return f"名词解释\n{term}：{meaning_}。"
    if kind == 2:
        return f"什么是{term}？{term}就是{meaning_}。"
    options = draws.shuffle([term, *draws.sample([t for t, _, _ in TERMS if t != term], 3)])
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


def raw_text(n, seed=0, exclude=None):
    """Return n short texts of the small world, for pre-training.

    They show its words, facts, polarity, topics, relations and paraphrases in the layouts of a newsroom, and never a
    task's instruction. The stream of random numbers is its own; a text that holds a sentence of an evaluation row is
    dropped.

    Parameters
    ----------
    n : int
        How many texts.
    seed : int, default 0
        Seed of the generator.
    exclude : iterable of str, optional
        Inputs that must not occur; by default those of the CFLEB-shaped evaluation sets of seeds 0 to 4.

    Returns
    -------
    list of str
        Texts of roughly 20 to 220 characters, some of several lines.
    """
    banned = evaluated() if exclude is None else frozenset(key for text in exclude for key in fingerprints(text))
    draws = Draws(np.random.default_rng([seed, _STREAM]))
    texts = []
    while len(texts) < n:
        text = draws.weighted(_MAKERS, _BOUNDS)(draws)
        if not any(key in banned for key in fragments(text)):
            texts.append(text)
    return texts
