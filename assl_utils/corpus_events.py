"""Latent events of the small world and the texts they give rise to."""

from bisect import bisect

from . import lexicon as lx
from .corpus_grammar import patterns
from .lexicon_events import KINDS

TOPICS = tuple("中国 外国 国际 公司 行业 大盘 经济 政策 政治 期货 债券 房地产 外汇 虚拟货币 新冠 能源".split())
_CN_BY_INDUSTRY = {name: spec.topic for name, spec in lx.INDUSTRIES.items()}
_COMPANY_NAMES = tuple(c.name for c in lx.COMPANIES)
FIRMS = ("company", "maker", "unlisted")
_SERVICES = ("银行", "证券", "保险", "房地产", "传媒", "软件", "航运", "航空", "零售", "建筑")
MAKERS = tuple(c for c in lx.COMPANIES if c.industry not in _SERVICES)
_BY_INDUSTRY = {kind: tuple(c.name for c in lx.COMPANIES if c.industry == kind) for kind in lx.INDUSTRIES}
_HOLDERS = ("控股股东", "第二大股东", "持股5%以上股东", "实际控制人")


def _number(dice, low, high, digits):
    text = f"{low + dice.u() * (high - low):.{digits}f}"
    return text


def amount(dice):
    """Return a sum of money, from some ten thousands to some ten billions of yuan."""
    u = dice.u()
    if u < 0.3:
        return f"{dice.between(2, 98) * 100 + dice.pick((0, 0, 50))}万元"
    if u < 0.65:
        return f"{_number(dice, 1, 30, dice.pick((1, 2)))}亿元"
    return f"{dice.between(1, 60)}亿元"


def percent(dice, low=2, high=80):
    """Return a percentage with none, one or two digits behind the point."""
    return _number(dice, low, high, dice.pick((0, 1, 2, 2))) + "%"


def person(dice):
    """Return an invented name."""
    return dice.pick(lx.SURNAMES) + dice.pick(lx.GIVEN)


def date(dice):
    """Return a day of the year, without the year."""
    return f"{dice.between(1, 12)}月{dice.between(1, 28)}日"


def _other_than(dice, items, taken):
    while (item := dice.pick(items)) in taken:
        pass
    return item


def _holder(s):
    d = s.dice
    if s.chinese and d.chance(0.5):
        return d.pick(_HOLDERS)
    return d.pick(lx.FUNDS) if d.chance(0.6) else person(d)


_DRAW = {
    "amount": lambda s: amount(s.dice),
    "amount2": lambda s: amount(s.dice),
    "turnover": lambda s: f"{s.dice.between(5200, 14900)}亿元",
    "fine": lambda s: f"{s.dice.pick((10, 15, 20, 30, 45, 50, 60, 80, 100, 120, 200, 350, 500, 800))}万元",
    "pct": lambda s: percent(s.dice),
    "pct2": lambda s: percent(s.dice),
    "spct": lambda s: percent(s.dice, 0.2, 9),
    "spct2": lambda s: percent(s.dice, 0.2, 9),
    "pct3": lambda s: percent(s.dice, 8, 60),
    "gpct": lambda s: percent(s.dice, 1, 35),
    "hpct": lambda s: percent(s.dice, 55, 98),
    "ipct": lambda s: percent(s.dice, 0.2, 3.9),
    "hold": lambda s: percent(s.dice, 0.3, 9.5),
    "hold2": lambda s: percent(s.dice, 10, 45),
    "divid": lambda s: _number(s.dice, 0.5, 30, s.dice.pick((1, 2))) + "元",
    "oil": lambda s: _number(s.dice, 40, 130, 2),
    "big": lambda s: f"{s.dice.between(1, 90) * 100}亿元",
    "big2": lambda s: f"{s.dice.between(1, 90) * 100}亿元",
    "val": lambda s: f"{s.dice.between(30, 900)}亿元",
    "raise": lambda s: f"{_number(s.dice, 0.5, 12, 1)}亿元" if s.dice.chance(0.5) else f"{s.dice.between(5, 98)}00万元",
    "profit": lambda s: amount(s.dice),
    "hrate": lambda s: _number(s.dice, 3.5, 6, 2) + "%",
    "child": lambda s: _other_than(s.dice, lx.UNLISTED, s.values()),
    "developer": lambda s: s.dice.pick(_BY_INDUSTRY["房地产"]),
    "peer": lambda s: _other_than(s.dice, _peers(s), s.values()),
    "peer2": lambda s: _other_than(s.dice, _peers(s), s.values()),
    "sp": lambda s: _number(s.dice, 0.1, 3, 1),
    "int": lambda s: str(s.dice.between(1, 6)),
    "rate": lambda s: _number(s.dice, 1.5, 5.5, 2) + "%",
    "rate2": lambda s: _number(s.dice, 1.5, 5.5, 2) + "%",
    "shares": lambda s: f"{s.dice.between(2, 99) * 100}万股" if s.dice.chance(0.7) else f"{_number(s.dice, 1, 9, 2)}亿股",
    "price": lambda s: _number(s.dice, 1, 90, s.dice.pick((1, 2))) + "元",
    "fprice": lambda s: str(s.dice.between(180, 1700) * 5),
    "usd": lambda s: _number(s.dice, 20, 990, 1) if s.dice.chance(0.5) else str(s.dice.between(11, 490) * 100),
    "fx": lambda s: _number(s.dice, 6.2, 7.3, 4),
    "point": lambda s: _number(s.dice, 2100, 4900, 2),
    "points": lambda s: str(s.dice.between(12, 480)),
    "count": lambda s: str(s.dice.between(21, 9800)),
    "few": lambda s: str(s.dice.between(2, 20)),
    "period": lambda s: s.dice.pick(lx.PERIODS),
    "date": lambda s: date(s.dice),
    "date2": lambda s: date(s.dice),
    "person": lambda s: person(s.dice),
    "person2": lambda s: person(s.dice),
    "title": lambda s: s.dice.pick(lx.TITLES),
    "holder": _holder,
    "obj": lambda s: _other_than(s.dice, lx.UNLISTED if s.dice.chance(0.4) else s.firms, s.values()),
    "company": lambda s: _other_than(s.dice, _COMPANY_NAMES, s.values()),
    "company2": lambda s: _other_than(s.dice, _COMPANY_NAMES, s.values()),
    "foreign": lambda s: _other_than(s.dice, lx.FOREIGN, s.values()),
    "broker": lambda s: s.dice.pick(lx.BROKERS),
    "fund": lambda s: s.dice.pick(lx.FUNDS),
    "product": lambda s: s.dice.pick(s.products),
    "material": lambda s: s.dice.pick(s.materials),
    "place": lambda s: s.dice.pick(lx.PLACES),
    "country": lambda s: _other_than(s.dice, lx.COUNTRIES, s.values()),
    "country2": lambda s: _other_than(s.dice, lx.COUNTRIES, s.values()),
    "central": lambda s: s.dice.pick(tuple(lx.CENTRAL_BANKS.values())),
    "office": lambda s: s.dice.pick(lx.CN_OFFICES[1:4] + lx.CN_OFFICES[9:10]) if s.dice.chance(0.6) else s["place"] + "证监局",
    "fault": lambda s: s.dice.pick(
        ("信息披露违规", "垄断行为", "虚假宣传", "违规放贷", "环保违法", "偷逃税款", "内部控制缺失", "违规担保")
    ),
    "bond": lambda s: s.dice.pick(lx.BONDS[4:]),
    "up": lambda s: s.dice.pick(lx.RATINGS_UP),
    "down": lambda s: s.dice.pick(lx.RATINGS_DOWN),
    "board": lambda s: s.dice.pick(("科创板", "创业板", "主板", "港交所", "北交所", "纳斯达克")),
    "round": lambda s: s.dice.pick(lx.ROUNDS),
    "project": lambda s: s.dice.pick(lx.PROJECTS),
    "accident": lambda s: s.dice.pick(("火灾", "爆炸", "坍塌", "泄漏", "透水")),
    "sector": lambda s: s.dice.pick(lx.CN_SECTORS) if not s.sector else s.sector,
    "sector2": lambda s: _other_than(s.dice, lx.CN_SECTORS, s.values()),
    "macro": lambda s: s.dice.pick(lx.MACRO),
    "fmacro": lambda s: s.dice.pick(lx.FOREIGN_MACRO),
    "future2": lambda s: _other_than(s.dice, lx.CN_FUTURES, s.values()),
    "currency": lambda s: _other_than(s.dice, lx.CURRENCIES, s.values()),
    "coin2": lambda s: _other_than(s.dice, lx.COINS, s.values()),
    "coinfirm": lambda s: s.dice.pick(lx.COIN_FIRMS),
    "egood": lambda s: s.dice.pick(lx.ENERGY_GOODS[:5]),
}
_SUBJECTS = {
    "unlisted": lx.UNLISTED, "cn_index": lx.CN_INDICES, "foreign_index": tuple(lx.FOREIGN_INDICES), "sector": lx.CN_SECTORS,
    "cn_office": lx.CN_OFFICES, "pboc": ("央行",), "stats": ("国家统计局",), "country": lx.COUNTRIES,
    "central_bank": tuple(lx.CENTRAL_BANKS.values()), "world_bank": ("国际货币基金组织", "世界银行", "世贸组织", "联合国", "二十国集团"), "cn_future": lx.CN_FUTURES,
    "energy_future": lx.ENERGY_FUTURES, "metal_future": lx.METAL_FUTURES, "bond": lx.BONDS[:3], "place": lx.PLACES,
    "rmb": ("人民币",), "currency": lx.CURRENCIES, "coin": lx.COINS, "energy_good": lx.ENERGY_GOODS,
}  # fmt: skip
_DEFAULT_PRODUCTS = ("软件", "平台", "贷款", "课程")


def _peers(s):
    return _BY_INDUSTRY.get(_INDUSTRY_OF.get(s["subj"]), _COMPANY_NAMES)


class Slots(dict):
    """Values of one event, drawn when first asked for and kept: every text of the event tells the same facts."""

    def __init__(self, dice):
        super().__init__()
        self.dice = dice
        self.chinese, self.sector = True, ""
        self.products, self.materials, self.firms = _DEFAULT_PRODUCTS, ("原料",), _COMPANY_NAMES

    def __missing__(self, key):
        value = self[key] = _DRAW[key](self)
        return value


def _shared(title, text):
    """Share of the title's pairs of neighbouring characters that stand in the text."""
    pairs = [title[i : i + 2] for i in range(len(title) - 1)]
    return sum(pair in text for pair in pairs) / max(1, len(pairs))


class Event:
    """One thing that happened: its kind and its slots. Everything said of it is rendered from here."""

    __slots__ = ("dice", "foreign", "industry", "kind", "reason", "slots")

    def __init__(self, dice, kind, subject=None, foreign=False):
        self.dice, self.kind, self.foreign, self.industry, self.reason = dice, kind, foreign, "", ""
        slots = self.slots = Slots(dice)
        if kind.subject in ("company", "maker"):
            if foreign:
                slots["subj"] = subject or dice.pick(lx.FOREIGN)
                slots.products, slots.firms, slots.chinese = lx.FOREIGN_PRODUCTS, lx.FOREIGN, False
                slots.materials = ("原材料", "能源")
            else:
                company = (
                    _BY_NAME[subject] if subject else dice.pick(lx.COMPANIES if kind.subject == "company" else MAKERS)
                )
                slots["subj"], self.industry, slots.products = company.name, company.industry, company.products
                slots.materials = lx.INDUSTRIES[company.industry].materials
                slots.sector = _SECTOR_OF.get(company.industry, "")
        else:
            slots["subj"] = subject or dice.pick(_SUBJECTS[kind.subject])
            if kind.subject == "foreign_index":
                slots["country"] = lx.FOREIGN_INDICES[slots["subj"]]
            if kind.subject == "place":
                slots["place"] = slots["subj"]
        if kind.reasons:
            self.reason = dice.pick(kind.reasons).render(slots, dice)

    @property
    def subject(self):
        """Name the event is about."""
        return self.slots["subj"]

    def topics(self):
        """Two or three of the 16 news labels, in their fixed order."""
        kind, wanted = self.kind, list(self.kind.topics)
        if kind.subject in FIRMS:
            wanted[:0] = ["外国" if self.foreign else "中国"]
            wanted.append(_CN_BY_INDUSTRY.get(self.industry, ""))
        elif kind.subject == "sector":
            wanted.append(lx.SECTOR_TOPIC.get(self.subject, ""))
        elif kind.subject == "cn_office" and "sector" in self.slots:
            wanted.append(lx.SECTOR_TOPIC.get(self.slots["sector"], ""))
        kept = [t for t in wanted if t][:3]
        return [t for t in TOPICS if t in kept]

    def head(self):
        """Headline, without a full stop."""
        return self.dice.pick(self.kind.heads).render(self.slots, self.dice)

    def lead(self):
        """First sentence, without its full stop."""
        return self.dice.pick(self.kind.leads).render(self.slots, self.dice)

    def headline_of(self, text):
        """Headline of which every fact stands in the text, the nearest in wording; "" where none fits."""
        fit = [p for p in self.kind.heads if all(key in self.slots and self.slots[key] in text for key in p.slots)]
        titles = [p.render(self.slots, self.dice) for p in fit]
        return max(titles, key=lambda title: _shared(title, text), default="")

    def detail(self):
        """A following sentence on the same facts; "" where the kind has none."""
        return self.dice.pick(self.kind.details).render(self.slots, self.dice) if self.kind.details else ""

    def because(self):
        """A following sentence that gives the reason; "" where the event has none."""
        if not self.reason:
            return ""
        return self.dice.pick(_BECAUSE).render({"reason": self.reason}, self.dice)


_BECAUSE = patterns("""
主要原因是{reason}
[主要由于|系因|主要系]{reason}
[业内人士|分析人士]认为，这[与|和]{reason}有关
背后的原因在于{reason}
""")
_BY_NAME = {c.name: c for c in lx.COMPANIES}
_SECTOR_OF = {
    "银行": "银行", "证券": "券商", "保险": "保险", "房地产": "房地产", "煤炭": "煤炭", "石油": "石油", "光伏": "光伏", "电力": "电力",
    "钢铁": "钢铁", "有色": "有色金属", "化工": "化工", "半导体": "半导体", "电子": "消费电子", "汽车": "汽车", "医药": "医药", "白酒": "白酒",
    "食品": "食品饮料", "农业": "农业", "家电": "家电", "传媒": "传媒", "软件": "软件", "航运": "航运", "航空": "航空", "零售": "零售",
    "建筑": "建筑",
}  # fmt: skip
_INDUSTRY_OF = {sector: industry for industry, sector in _SECTOR_OF.items()}
COMPANY_KINDS = tuple(k for k in KINDS.values() if k.subject in FIRMS[:2])
FIRM_KINDS = tuple(k for k in KINDS.values() if k.subject in FIRMS)
WORLD_KINDS = tuple(k for k in KINDS.values() if k.subject not in FIRMS)
FOREIGN_OK = frozenset(
    "profit_up profit_down loss buyback acquire contract coop lawsuit launch approve expand layoff recall rating_up rating_down "
    "resign appoint accident halt bankrupt turnaround".split()
)


def by_polarity(kinds, weights=None):
    """Group kinds by polarity."""
    return {sign: tuple(k for k in kinds if k.polarity == sign) for sign in (1, 0, -1)}


def draw(dice, kinds, foreign=0.0):
    """Draw an event of one of the kinds; where the kind allows it, about a foreign company with the given probability."""
    kind = dice.pick(kinds)
    return Event(dice, kind, foreign=kind.name in FOREIGN_OK and dice.chance(foreign))


# what surrounds an event: attributions, background, market reaction, forum talk
MEDIA = ("财经快讯", "证券时讯社", "金融早报", "第一市场", "资本周刊", "长江财讯", "市场观察网", "产业日报")
ATTRIBUTIONS = patterns("""
据{media}[报道|消息]，
[记者获悉|记者了解到|有消息称]，
【{media}】
{media}{date}[讯|电]，
{date}[，|晚间，|盘后，]
""")
BACKGROUND = patterns("""
[公开资料显示|资料显示]，{subj}[主要从事|主营业务为]{product}业务
{subj}[成立于{year}年|总部位于{place}]，[主要产品包括|主要产品为]{product}
[截至{date}|截至目前]，公司股东户数为{count}户
""")
REACTION = {
    1: patterns("""
[受此消息影响|消息公布后|公告发布后]，{subj}股价[上涨|高开|大涨]{spct}
[截至收盘|当日]，{subj}涨{spct}，报{price}
[市场对此反应积极|投资者信心提振]，{subj}[跑赢大盘|强于大盘]
"""),
    0: patterns("""
[消息公布后|公告发布后]，{subj}股价[变动不大|基本持平]
[截至收盘|当日]，{subj}平收，报{price}
[市场对此反应平淡|投资者反应不大]，{subj}[走势与大盘一致|股价波动很小]
"""),
    -1: patterns("""
[受此消息影响|消息公布后|公告发布后]，{subj}股价[下跌|低开|大跌]{spct}
[截至收盘|当日]，{subj}跌{spct}，报{price}
[市场对此反应负面|投资者信心受挫]，{subj}[跑输大盘|弱于大盘]
"""),
}
JUDGE = {
    1: ("这是利好消息", "市场情绪积极", "对公司是好事", "前景向好", "属于积极信号"),
    0: ("消息影响中性", "市场情绪平稳", "对公司影响不大", "属于正常事项", "信号不明显"),
    -1: ("这是利空消息", "市场情绪消极", "对公司是坏事", "前景堪忧", "属于消极信号"),
}
_DRAW["media"] = lambda s: s.dice.pick(MEDIA)
_DRAW["year"] = lambda s: str(s.dice.between(1985, 2016))


def attribution(slots, dice):
    """Return an opening such as ``据…报道，``; one with a date only if the event has named none yet."""
    return dice.pick(ATTRIBUTIONS[:3] if "date" in slots else ATTRIBUTIONS).render(slots, dice)


def pick_cumulative(dice, items, bounds):
    """Return one of the items by cumulative bounds."""
    return items[min(bisect(bounds, dice.u()), len(items) - 1)]
