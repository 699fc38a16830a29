"""Calculations of interest and present values."""

from assl_utils.corpus.exam.calc import calc, tenths

calc(
    "simple_interest",
    numbers={"principal": range(10, 900, 5), "rate": tenths(10, 90, 5), "years": range(2, 8)},
    value=lambda v: v.principal * v.rate * v.years / 100,
    slips=(
        lambda v: v.principal * v.rate / 100,
        lambda v: v.principal * (1 + v.rate * v.years / 100),
        lambda v: v.principal * v.rate * (v.years + 1) / 100,
    ),
    unit="万元",
    why="利息={principal}×{rate}%×{years}={value}万元",
    stems="""
    本金{principal}万元，年利率{rate}%，期限{years}年，单利利息为
    [存入银行|借出]{principal}万元，按年利率{rate}%单利计算，{years}年的利息[是|等于]
    """,
    held="不计复利，{principal}万元以{rate}%的年利率放{years}年可得利息",
)
calc(
    "compound_interest",
    numbers={"principal": range(10, 500, 10), "rate": (2, 3, 4, 5, 6, 8, 10, 20), "years": (2, 3)},
    value=lambda v: v.principal * (1 + v.rate / 100) ** int(v.years),
    slips=(
        lambda v: v.principal * (1 + v.rate * v.years / 100),
        lambda v: v.principal * (1 + v.rate / 100),
        lambda v: v.principal * v.rate * v.years / 100,
    ),
    unit="万元",
    why="终值={principal}×(1+{rate}%)^{years}={value}万元",
    stems="""
    [存入|投入]{principal}万元，年利率{rate}%，按复利计息，{years}年后本利和为
    本金{principal}万元，利率{rate}%，期限{years}年，[每年复利一次|复利计算]的终值[是|等于]
    """,
    held="一笔{principal}万元的款项按{rate}%利滚利滚上{years}年，到期共有",
)
calc(
    "present_value",
    numbers={"future": range(11, 2000, 11), "rate": (10, 25), "years": (1, 2)},
    value=lambda v: v.future / (1 + v.rate / 100) ** int(v.years),
    slips=(
        lambda v: v.future * (1 - v.rate / 100) ** int(v.years),
        lambda v: v.future * (1 + v.rate / 100) ** int(v.years),
        lambda v: v.future / (1 + v.rate * (v.years + 1) / 100),
    ),
    unit="万元",
    why="现值={future}÷(1+{rate}%)^{years}={value}万元",
    stems="""
    终值{future}万元，年利率{rate}%，{years}年后收到，其现值为
    想得到{future}万元，利率{rate}%复利，{years}年后到账，[现在|今天]应存
    """,
    held="一笔{future}万元的款项，折现率{rate}%，{years}年以后才到手，折到今天是",
)
calc(
    "discount_rate",
    numbers={"amount": range(10, 900, 5), "rate": range(2, 21)},
    value=lambda v: v.amount * (100 - v.rate) / 100,
    slips=(
        lambda v: v.amount * 100 / (100 + v.rate),
        lambda v: v.amount * (100 + v.rate) / 100,
        lambda v: v.amount * v.rate / 100,
    ),
    unit="万元",
    why="现值={amount}×(1-{rate}%)={value}万元",
    stems="""
    一年后到期{amount}万元，年实际贴现率{rate}%，其现值为
    年实际贴现率d={rate}%，一年后的{amount}万元[现在|今天]值
    """,
    held="一年后收到{amount}万元，按每年{rate}%的贴现率（不是利率）折算，眼下相当于",
)
calc(
    "perpetuity",
    numbers={"payment": range(2, 900, 2), "rate": (4, 5, 8, 10, 12, 16)},
    value=lambda v: v.payment * 100 / v.rate,
    slips=(
        lambda v: v.payment * v.rate,
        lambda v: v.payment * 100 / (v.rate + 100),
        lambda v: v.payment * (100 + v.rate) / v.rate,
    ),
    unit="万元",
    why="现值={payment}÷{rate}%={value}万元",
    stems="""
    每年末收取{payment}万元直到永远，利率{rate}%，其现值为
    永续年金每期{payment}万元，折现率{rate}%，现值[是|等于]
    """,
    held="想设立一项每年支付{payment}万元、利率{rate}%的永久奖学金，今天要存",
)
calc(
    "npv",
    numbers={"cost": range(100, 900, 10), "first": range(110, 900, 110), "second": range(121, 1100, 121)},
    when=lambda v: v.first / 11 * 10 + v.second / 121 * 100 > v.cost,
    value=lambda v: v.first * 10 / 11 + v.second * 100 / 121 - v.cost,
    slips=(
        lambda v: v.first + v.second - v.cost,
        lambda v: v.first * 10 / 11 + v.second * 100 / 121,
        lambda v: v.first * 10 / 11 + v.second * 10 / 11 - v.cost,
    ),
    unit="万元",
    why="净现值={first}÷1.1+{second}÷1.21-{cost}={value}万元",
    stems="""
    项目投资{cost}万元，第一、二年末流入{first}万元和{second}万元，折现率10%，净现值为
    初始投资{cost}万元，两年现金流入依次为{first}万元、{second}万元，按10%折现的净现值[是|等于]
    """,
    held="以10%为资本成本，先投{cost}万元、其后两年年末收回{first}万元与{second}万元的方案净现值是",
)
calc(
    "real_rate",
    numbers={"nominal": tenths(10, 150), "inflation": tenths(5, 90)},
    when=lambda v: v.nominal > v.inflation and v.nominal != 2 * v.inflation,
    value=lambda v: v.nominal - v.inflation,
    slips=(lambda v: v.nominal + v.inflation, lambda v: v.inflation, lambda v: v.nominal / 2),
    unit="%",
    why="实际利率≈{nominal}%-{inflation}%={value}%",
    stems="""
    名义利率{nominal}%，通货膨胀率{inflation}%，实际利率约为
    存款年利率{nominal}%，物价上涨{inflation}%，[近似的|大致的]实际利率[是|等于]
    """,
    held="票面利息{nominal}%被{inflation}%的物价涨幅侵蚀后，真实回报近似于",
)
