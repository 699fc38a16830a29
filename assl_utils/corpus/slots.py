"""Values that fill a sentence: sums, shares, days, names, goods. Drawn when first asked for, then kept."""

from assl_utils.corpus.lexicon import names

COMPANY_NAMES = tuple(c.name for c in names.COMPANIES)
BY_INDUSTRY = {kind: tuple(c.name for c in names.COMPANIES if c.industry == kind) for kind in names.INDUSTRIES}
_OTHER_NAMES = {"证券": "券商", "有色": "有色金属", "电子": "消费电子", "食品": "食品饮料"}
SECTOR_OF = {industry: _OTHER_NAMES.get(industry, industry) for industry in names.INDUSTRIES}
INDUSTRY_OF = {sector: industry for industry, sector in SECTOR_OF.items()}
_HOLDERS = ("控股股东", "第二大股东", "持股5%以上股东", "实际控制人")
_FAULTS = ("信息披露违规", "垄断行为", "虚假宣传", "违规放贷", "环保违法", "偷逃税款", "内部控制缺失", "违规担保")
_FINES = (10, 15, 20, 30, 45, 50, 60, 80, 100, 120, 200, 350, 500, 800)


def _number(draws, low, high, digits):
    return f"{low + draws.u() * (high - low):.{digits}f}"


def amount(draws):
    """Return a sum of money, from some ten thousands to some ten billions of yuan."""
    u = draws.u()
    if u < 0.3:
        return f"{draws.between(2, 98) * 100 + draws.pick((0, 0, 50))}万元"
    if u < 0.65:
        return f"{_number(draws, 1, 30, draws.pick((1, 2)))}亿元"
    return f"{draws.between(1, 60)}亿元"


def percent(draws, low=2, high=80):
    """Return a percentage with none, one or two digits behind the point."""
    return _number(draws, low, high, draws.pick((0, 1, 2, 2))) + "%"


def person(draws):
    """Return an invented name."""
    return draws.pick(names.SURNAMES) + draws.pick(names.GIVEN)


def date(draws):
    """Return a day of the year, without the year."""
    return f"{draws.between(1, 12)}月{draws.between(1, 28)}日"


def _other_than(draws, items, taken):
    while (item := draws.pick(items)) in taken:
        pass
    return item


def _holder(s):
    d = s.draws
    if s.chinese and d.chance(0.5):
        return d.pick(_HOLDERS)
    return d.pick(names.FUNDS) if d.chance(0.6) else person(d)


def _shares(s):
    return f"{s.draws.between(2, 99) * 100}万股" if s.draws.chance(0.7) else f"{_number(s.draws, 1, 9, 2)}亿股"


def _office(s):
    if s.draws.chance(0.6):
        return s.draws.pick(names.CN_OFFICES[1:4] + names.CN_OFFICES[9:10])
    return s["place"] + "证监局"


def _raise(s):
    return f"{_number(s.draws, 0.5, 12, 1)}亿元" if s.draws.chance(0.5) else f"{s.draws.between(5, 98)}00万元"


def _usd(s):
    return _number(s.draws, 20, 990, 1) if s.draws.chance(0.5) else str(s.draws.between(11, 490) * 100)


def _counterparty(s):
    return _other_than(s.draws, names.UNLISTED if s.chinese and s.draws.chance(0.4) else s.firms, s.values())


_DRAW = {
    "amount": lambda s: amount(s.draws),
    "amount2": lambda s: amount(s.draws),
    "turnover": lambda s: f"{s.draws.between(5200, 14900)}亿元",
    "fine": lambda s: f"{s.draws.pick(_FINES)}万元",
    "pct": lambda s: percent(s.draws),
    "pct2": lambda s: percent(s.draws),
    "spct": lambda s: percent(s.draws, 0.2, 9),
    "spct2": lambda s: percent(s.draws, 0.2, 9),
    "pct3": lambda s: percent(s.draws, 8, 60),
    "gpct": lambda s: percent(s.draws, 1, 35),
    "hpct": lambda s: percent(s.draws, 55, 98),
    "ipct": lambda s: percent(s.draws, 0.2, 3.9),
    "hold": lambda s: percent(s.draws, 0.3, 9.5),
    "hold2": lambda s: percent(s.draws, 10, 45),
    "divid": lambda s: _number(s.draws, 0.5, 30, s.draws.pick((1, 2))) + "元",
    "oil": lambda s: _number(s.draws, 40, 130, 2),
    "big": lambda s: f"{s.draws.between(1, 90) * 100}亿元",
    "big2": lambda s: f"{s.draws.between(1, 90) * 100}亿元",
    "val": lambda s: f"{s.draws.between(30, 900)}亿元",
    "raise": _raise,
    "profit": lambda s: amount(s.draws),
    "hrate": lambda s: _number(s.draws, 3.5, 6, 2) + "%",
    "child": lambda s: _other_than(s.draws, names.UNLISTED, s.values()),
    "developer": lambda s: s.draws.pick(BY_INDUSTRY["房地产"]),
    "peer": lambda s: _other_than(s.draws, _peers(s), s.values()),
    "peer2": lambda s: _other_than(s.draws, _peers(s), s.values()),
    "sp": lambda s: _number(s.draws, 0.1, 3, 1),
    "int": lambda s: str(s.draws.between(1, 6)),
    "rate": lambda s: _number(s.draws, 1.5, 5.5, 2) + "%",
    "rate2": lambda s: _number(s.draws, 1.5, 5.5, 2) + "%",
    "shares": _shares,
    "price": lambda s: _number(s.draws, 1, 90, s.draws.pick((1, 2))) + "元",
    "fprice": lambda s: str(s.draws.between(180, 1700) * 5),
    "usd": _usd,
    "fx": lambda s: _number(s.draws, 6.2, 7.3, 4),
    "point": lambda s: _number(s.draws, 2100, 4900, 2),
    "points": lambda s: str(s.draws.between(12, 480)),
    "count": lambda s: str(s.draws.between(21, 9800)),
    "few": lambda s: str(s.draws.between(2, 20)),
    "period": lambda s: s.draws.pick(names.PERIODS),
    "date": lambda s: date(s.draws),
    "date2": lambda s: date(s.draws),
    "person": lambda s: person(s.draws),
    "person2": lambda s: person(s.draws),
    "title": lambda s: s.draws.pick(names.TITLES),
    "holder": _holder,
    "obj": _counterparty,
    "company": lambda s: _other_than(s.draws, COMPANY_NAMES, s.values()),
    "company2": lambda s: _other_than(s.draws, COMPANY_NAMES, s.values()),
    "foreign": lambda s: _other_than(s.draws, names.FOREIGN, s.values()),
    "broker": lambda s: s.draws.pick(names.BROKERS),
    "fund": lambda s: s.draws.pick(names.FUNDS),
    "product": lambda s: s.draws.pick(s.products),
    "material": lambda s: s.draws.pick(s.materials),
    "place": lambda s: s.draws.pick(names.PLACES if s.chinese else names.COUNTRIES),
    "country": lambda s: _other_than(s.draws, names.COUNTRIES, s.values()),
    "country2": lambda s: _other_than(s.draws, names.COUNTRIES, s.values()),
    "central": lambda s: s.draws.pick(tuple(names.CENTRAL_BANKS.values())),
    "office": _office,
    "fault": lambda s: s.draws.pick(_FAULTS),
    "bond": lambda s: s.draws.pick(names.BONDS[4:]),
    "up": lambda s: s.draws.pick(names.RATINGS_UP),
    "down": lambda s: s.draws.pick(names.RATINGS_DOWN),
    "board": lambda s: s.draws.pick(("科创板", "创业板", "主板", "港交所", "北交所", "纳斯达克")),
    "round": lambda s: s.draws.pick(names.ROUNDS),
    "project": lambda s: s.draws.pick(names.PROJECTS),
    "accident": lambda s: s.draws.pick(("火灾", "爆炸", "坍塌", "泄漏", "透水")),
    "sector": lambda s: s.draws.pick(names.CN_SECTORS) if not s.sector else s.sector,
    "sector2": lambda s: _other_than(s.draws, names.CN_SECTORS, s.values()),
    "macro": lambda s: s.draws.pick(names.MACRO),
    "fmacro": lambda s: s.draws.pick(names.FOREIGN_MACRO),
    "future2": lambda s: _other_than(s.draws, names.CN_FUTURES, s.values()),
    "currency": lambda s: _other_than(s.draws, names.CURRENCIES, s.values()),
    "coin2": lambda s: _other_than(s.draws, names.COINS, s.values()),
    "coinfirm": lambda s: s.draws.pick(names.COIN_FIRMS),
    "media": lambda s: s.draws.pick(names.MEDIA),
    "year": lambda s: str(s.draws.between(1985, 2016)),
    "egood": lambda s: s.draws.pick(names.ENERGY_GOODS[:5]),
}
_DEFAULT_PRODUCTS = ("软件", "平台", "贷款", "课程")


def _peers(s):
    return BY_INDUSTRY.get(INDUSTRY_OF.get(s["subj"]), COMPANY_NAMES)


class Slots(dict):
    """Values of one event, drawn when first asked for and kept: every text of the event has the same facts."""

    def __init__(self, draws):
        super().__init__()
        self.draws = draws
        self.chinese, self.sector = True, ""
        self.products, self.materials, self.firms = _DEFAULT_PRODUCTS, ("原料",), COMPANY_NAMES

    def __missing__(self, key):
        value = self[key] = _DRAW[key](self)
        return value
