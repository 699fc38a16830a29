"""The tasks: every maker draws events, renders a text and takes the answer from the events, not from the text."""

from assl_utils.corpus.events import COMPANY_KINDS, FIRM_KINDS, WORLD_KINDS, another, attribution, by_polarity, draw
from assl_utils.corpus.lexicon import bank_questions
from assl_utils.corpus.pieces import body, hedged, meaning, post, question, sentence
from assl_utils.corpus.spans import causal_qa, event_19, event_20, event_21, event_22, ner, qa, relation

SENTIMENT = {1: "积极", 0: "中性", -1: "消极"}
MOVEMENT = {1: "跑赢大盘", 0: "中性", -1: "表现不佳"}
_SIGNS, _SIGN_BOUNDS = (1, 0, -1), (0.37, 0.64, 1.0)
_FIRM = by_polarity(FIRM_KINDS)
_COMPANY = by_polarity(COMPANY_KINDS)
_WORLD = by_polarity(WORLD_KINDS)


def _sign(draws):
    return draws.weighted(_SIGNS, _SIGN_BOUNDS)


def sentiment(draws, want=None, posts=0.45):
    """Return (text, mood, topic): a forum post, a headline, a piece of news, or one with a clause of the other mood."""
    sign = _sign(draws) if want is None else want
    if draws.chance(posts):
        return post(draws, sign), SENTIMENT[sign], "post"
    event = draw(draws, (_FIRM if draws.chance(0.75) else _WORLD)[sign], 0.1)
    u = draws.u()
    if u < 0.3:
        text = event.head()
    elif u < 0.5 and sign:
        text = sentence(hedged(event, draws))
    else:
        text = sentence(event.lead(), event.detail() if draws.chance(0.3) else "")
    return text, SENTIMENT[sign], event.kind.name


def posts(draws, want=None):
    """Return (text, mood, topic), mostly forum posts."""
    return sentiment(draws, want, posts=0.8)


def aspects(draws):
    """Return a list of (text, aspect, mood, topic): one sentence about one or two companies, a row for each of them."""
    sign = _sign(draws)
    first = draw(draws, _COMPANY[sign])
    if draws.chance(0.55):
        text = sentence(first.lead(), first.detail() if draws.chance(0.3) else "")
        return [(text, first.subject, SENTIMENT[sign], first.kind.name)]
    other = draws.pick([s for s in _SIGNS if s != sign])
    second = another(draws, _COMPANY[other], [first])
    joint = draws.pick(("；", "，而", "，与此同时，", "；另外，"))
    text = sentence(first.head().replace(" ", "，") + joint + second.lead())
    return [(text, e.subject, SENTIMENT[s], e.kind.name) for e, s in ((first, sign), (second, other))]


def aspect_group(draws):
    """Return (text, the rows of ``aspects`` about it)."""
    group = aspects(draws)
    return group[0][0], group


def prices(draws, sign):
    """Return five lines ``date open close`` that drift with the news."""
    day, month, price = draws.between(1, 22), draws.between(1, 12), 3 + 60 * draws.u() ** 2
    lines = []
    for i in range(5):
        start = price * (1 + (draws.u() - 0.5) * 0.02)
        price = start * (1 + (draws.u() - 0.5) * 0.04 + sign * 0.012)
        lines.append(f"{month:02d}-{day + i:02d} {start:.2f} {price:.2f}")
    return "\n".join(lines)


def stock_movement(draws, want=None):
    """Return (announcement and prices, movement, topic)."""
    sign = _sign(draws) if want is None else want
    event = draw(draws, _COMPANY[sign])
    text = sentence(event.lead(), event.detail() if draws.chance(0.3) else "")
    return f"{text}\n{prices(draws, sign)}", MOVEMENT[sign], event.kind.name


def news(draws):
    """Return (news, two or three labels joined by one space, topic)."""
    event = draw(draws, FIRM_KINDS if draws.chance(0.3) else WORLD_KINDS, 0.3)
    text = sentence(event.lead(), event.detail() if draws.chance(0.4) else "")
    layout = draws.u()
    if layout < 0.2:
        text = f"【{event.head()}】{text}"
    elif layout < 0.45:
        text = attribution(event.slots, draws) + text
    return text, " ".join(event.topics()), event.kind.name


def negative(draws, want=None):
    """Return (text with entities, 有 or 无, negatively reported entities, topic)."""
    n = draws.weighted((1, 2, 3), (0.35, 0.85, 1.0))
    bad = draws.chance(0.55) if want is None else want
    signs = (
        draws.shuffle([-1] + [draws.pick((-1, 0, 1)) for _ in range(n - 1)])
        if bad
        else [draws.pick((1, 0)) for _ in range(n)]
    )
    events = []
    for sign in signs:
        events.append(another(draws, _FIRM[sign], events))
    leads = [e.lead() for e in events]
    text = sentence(*leads)
    if draws.chance(0.25):
        text = attribution(events[0].slots, draws) + text
    names = [e.subject for e in events]
    for key in ("obj", "broker", "fund", "child"):  # named in the text, but not reported negatively
        for event, lead in zip(events, leads, strict=True):
            value = event.slots.get(key)
            if value and value in lead and value not in names and len(names) < 4 and draws.chance(0.6):
                names.append(value)
    reported = [e.subject for e in events if e.kind.polarity < 0]
    order = draws.shuffle(names)
    text = f"{text}\n实体：{';'.join(order)}"
    subjects = "；".join(name for name in order if name in reported) or "无"
    return text, "有" if reported else "无", subjects, events[0].kind.name


def summary(draws):
    """Return (article, its headline, topic); the headline says nothing that the article does not."""
    while True:
        event = draw(draws, FIRM_KINDS if draws.chance(0.7) else WORLD_KINDS, 0.2)
        text = body(event, draws, 0.7)
        title = event.headline_of(text)
        if title and len(text) <= 180:
            break
    if draws.chance(0.4) and len(text) < 160:
        text = attribution(event.slots, draws) + text
    return text, title, event.kind.name


def matching(draws, want=None):
    """Return (two questions joined by a newline, 是 or 否, topic); half the pairs mean the same."""
    intent, obj, condition = meaning(draws)
    first = question(draws, intent, obj, condition)
    if draws.chance(0.5) if want is None else want:
        while (second := question(draws, intent, obj, condition)) == first:
            pass
        return f"{first}\n{second}", "是", intent
    u = draws.u()
    group = bank_questions.near_intents(intent, obj)
    if u < 0.7 and group:
        other = (draws.pick(group), obj, condition)
    elif u < 0.9:
        other = (intent, draws.pick([o for o in bank_questions.INTENTS[intent].objects if o != obj]), condition)
    else:
        while (other := meaning(draws))[:2] == (intent, obj):
            pass
    return f"{first}\n{question(draws, *other)}", "否", intent


QUOTAS = {  # makers whose label can be asked for, and how often each is
    sentiment: {1: 0.37, 0: 0.27, -1: 0.36},
    posts: {1: 0.37, 0: 0.27, -1: 0.36},
    stock_movement: {1: 0.37, 0: 0.27, -1: 0.36},
    matching: {True: 0.5, False: 0.5},
    negative: {True: 0.55, False: 0.45},
}
MAKERS = {
    "fe": sentiment, "stocka": stock_movement, "stockb": posts, "finnl": news, "nl": news,
    "finna": summary, "na": summary, "19ccks": event_19, "20ccks": event_20, "21ccks": event_21, "22ccks": event_22,
    "finre": relation, "ner": ner, "corpus": matching, "afqmc": matching, "finqa": qa, "fincqa": causal_qa,
}  # fmt: skip
