"""The tasks: every maker draws latents, renders a text and reads the answer off the latents."""

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


def _sign(dice):
    return dice.weighted(_SIGNS, _SIGN_BOUNDS)


def sentiment(dice, want=None, posts=0.45):
    """Return (text, mood, topic): a forum post, a headline, a piece of news, or one with a clause against the grain."""
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
    second = another(dice, _COMPANY[other], [first])
    joint = dice.pick(("；", "，而", "，与此同时，", "；另外，"))
    text = sentence(first.head().replace(" ", "，") + joint + second.lead())
    return [(text, e.subject, SENTIMENT[s], e.kind.name) for e, s in ((first, sign), (second, other))]


def aspect_group(dice):
    """Return (text, the rows of ``aspects`` about it)."""
    group = aspects(dice)
    return group[0][0], group


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
    signs = (
        dice.shuffle([-1] + [dice.pick((-1, 0, 1)) for _ in range(n - 1)])
        if bad
        else [dice.pick((1, 0)) for _ in range(n)]
    )
    events = []
    for sign in signs:
        events.append(another(dice, _FIRM[sign], events))
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


def matching(dice, want=None):
    """Return (two questions joined by a newline, 是 or 否, topic); half the pairs mean the same."""
    intent, obj, condition = meaning(dice)
    first = question(dice, intent, obj, condition)
    if dice.chance(0.5) if want is None else want:
        while (second := question(dice, intent, obj, condition)) == first:
            pass
        return f"{first}\n{second}", "是", intent
    u = dice.u()
    group = bank_questions.near_intents(intent, obj)
    if u < 0.7 and group:
        other = (dice.pick(group), obj, condition)
    elif u < 0.9:
        other = (intent, dice.pick([o for o in bank_questions.INTENTS[intent].objects if o != obj]), condition)
    else:
        while (other := meaning(dice))[:2] == (intent, obj):
            pass
    return f"{first}\n{question(dice, *other)}", "否", intent


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
