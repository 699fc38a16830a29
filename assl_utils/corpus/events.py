"""Events of the small world and the texts that report them."""

from assl_utils.corpus.lexicon import names
from assl_utils.corpus.lexicon.event_kinds import KINDS
from assl_utils.corpus.lexicon.phrases import PHRASES
from assl_utils.corpus.slots import SECTOR_OF, Slots
from assl_utils.tasks.catalog import TOPICS

_TOPIC_OF = {name: spec.topic for name, spec in names.INDUSTRIES.items()}
LISTED = ("company", "maker", "brand")
FIRMS = (*LISTED, "unlisted")
_SERVICES = ("银行", "证券", "保险", "房地产", "传媒", "软件", "航运", "航空", "零售", "建筑")
_GOODS = ("光伏", "半导体", "电子", "汽车", "医药", "白酒", "食品", "家电")
_POOLS = {
    "company": names.COMPANIES,
    "maker": tuple(c for c in names.COMPANIES if c.industry not in _SERVICES),
    "brand": tuple(c for c in names.COMPANIES if c.industry in _GOODS),
}
_BY_NAME = {c.name: c for c in names.COMPANIES}
_SUBJECTS = {
    "unlisted": names.UNLISTED,
    "cn_index": names.CN_INDICES,
    "foreign_index": tuple(names.FOREIGN_INDICES),
    "sector": names.CN_SECTORS,
    "cn_office": names.CN_OFFICES,
    "pboc": ("央行",),
    "stats": ("国家统计局",),
    "country": names.COUNTRIES,
    "central_bank": tuple(names.CENTRAL_BANKS.values()),
    "world_bank": names.ECONOMISTS,
    "cn_future": names.CN_FUTURES,
    "energy_future": names.ENERGY_FUTURES,
    "metal_future": names.METAL_FUTURES,
    "bond": names.BONDS[:3],
    "place": names.PLACES,
    "rmb": ("人民币",),
    "currency": names.CURRENCIES,
    "coin": names.COINS,
    "energy_good": names.ENERGY_GOODS,
}


def _shared(title, text):
    """Share of the title's pairs of neighbouring characters that occur in the text."""
    pairs = [title[i : i + 2] for i in range(len(title) - 1)]
    return sum(pair in text for pair in pairs) / max(1, len(pairs))


class Event:
    """One thing that happened: its kind and its slots. Everything said of it is rendered from here."""

    __slots__ = ("draws", "foreign", "industry", "kind", "reason", "slots")

    def __init__(self, draws, kind, subject=None, foreign=False):
        self.draws, self.kind, self.foreign, self.industry, self.reason = draws, kind, foreign, "", ""
        slots = self.slots = Slots(draws)
        if kind.subject in LISTED:
            if foreign:
                slots["subj"] = subject or draws.pick(names.FOREIGN)
                slots.products, slots.firms, slots.chinese = names.FOREIGN_PRODUCTS, names.FOREIGN, False
                slots.materials = ("原材料", "能源")
            else:
                company = _BY_NAME[subject] if subject else draws.pick(_POOLS[kind.subject])
                slots["subj"], self.industry, slots.products = company.name, company.industry, company.products
                slots.materials = names.INDUSTRIES[company.industry].materials
                slots.sector = SECTOR_OF.get(company.industry, "")
        else:
            slots["subj"] = subject or draws.pick(_SUBJECTS[kind.subject])
            if kind.subject == "foreign_index":
                slots["country"] = names.FOREIGN_INDICES[slots["subj"]]
            if kind.subject == "place":
                slots["place"] = slots["subj"]
        if kind.reasons:
            self.reason = draws.pick(kind.reasons).render(slots, draws)

    @property
    def subject(self):
        """Name the event is about."""
        return self.slots["subj"]

    def topics(self):
        """Two or three of the 16 news labels, in their fixed order."""
        kind, wanted = self.kind, list(self.kind.topics)
        if kind.subject in FIRMS:
            wanted[:0] = ["外国" if self.foreign else "中国"]
            wanted.append(_TOPIC_OF.get(self.industry, ""))
        elif kind.subject == "sector":
            wanted.append(names.SECTOR_TOPIC.get(self.subject, ""))
        elif kind.subject == "cn_office" and "sector" in self.slots:
            wanted.append(names.SECTOR_TOPIC.get(self.slots["sector"], ""))
        kept = [t for t in wanted if t][:3]
        return [t for t in TOPICS if t in kept]

    def head(self):
        """Headline, without a full stop."""
        return self.draws.pick(self.kind.heads).render(self.slots, self.draws)

    def lead(self):
        """First sentence, without its full stop."""
        return self.draws.pick(self.kind.leads).render(self.slots, self.draws)

    def headline_of(self, text):
        """Headline of which every fact occurs in the text, the nearest in wording; "" where none fits."""
        fit = [p for p in self.kind.heads if all(key in self.slots and self.slots[key] in text for key in p.slots)]
        titles = [p.render(self.slots, self.draws) for p in fit]
        return max(titles, key=lambda title: _shared(title, text), default="")

    def detail(self):
        """A following sentence on the same facts; "" where the kind has none."""
        return self.draws.pick(self.kind.details).render(self.slots, self.draws) if self.kind.details else ""

    def because(self):
        """A following sentence that gives the reason; "" where the event has none."""
        if not self.reason:
            return ""
        return self.draws.pick(_BECAUSE).render({"reason": self.reason}, self.draws)


COMPANY_KINDS = tuple(k for k in KINDS.values() if k.subject in LISTED)
FIRM_KINDS = tuple(k for k in KINDS.values() if k.subject in FIRMS)
WORLD_KINDS = tuple(k for k in KINDS.values() if k.subject not in FIRMS)
FOREIGN_OK = frozenset(
    "profit_up profit_down loss buyback acquire contract coop lawsuit launch approve expand layoff recall "
    "rating_up rating_down resign appoint accident halt bankrupt turnaround".split()
)


def by_polarity(kinds):
    """Group kinds by polarity."""
    return {sign: tuple(k for k in kinds if k.polarity == sign) for sign in (1, 0, -1)}


def draw(draws, kinds, foreign=0.0):
    """Draw an event of one of the kinds; with the given probability a foreign company's, where the kind allows it."""
    kind = draws.pick(kinds)
    return Event(draws, kind, foreign=kind.name in FOREIGN_OK and draws.chance(foreign))


def another(draws, kinds, earlier):
    """Draw an event about a subject that none of the earlier texts can mention."""
    while True:
        event = draw(draws, kinds)
        if all(event.subject not in e.slots.values() for e in earlier):
            if not any(e.subject in event.slots.values() for e in earlier):
                return event


ATTRIBUTIONS = PHRASES["attributions"].patterns()
_BECAUSE = PHRASES["because"].patterns()


def attribution(slots, draws):
    """Return an opening such as ``据…报道，``; one with a date only if the event has named none yet."""
    return draws.pick(ATTRIBUTIONS[:3] if "date" in slots else ATTRIBUTIONS).render(slots, draws)
