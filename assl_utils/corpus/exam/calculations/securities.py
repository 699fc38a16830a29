"""Calculations of shares, bonds, funds and portfolios."""

from assl_utils.corpus.exam.calc import calc, tenths

calc(
    "fund_nav",
    numbers={"assets": range(100, 9000, 20), "debts": range(2, 90, 2), "units": range(100, 6000, 100)},
    when=lambda v: v.units / 2 < v.assets - v.debts < v.units * 3,
    value=lambda v: (v.assets - v.debts) / v.units,
    slips=(lambda v: v.assets / v.units, lambda v: (v.assets + v.debts) / v.units, lambda v: v.units / v.assets),
    unit="元",
    why="份额净值=({assets}-{debts})÷{units}={value}元",
    stems="""
    基金资产{assets}万元，负债{debts}万元，总份额{units}万份，份额净值为
    某基金总资产{assets}万元、应付费用等负债{debts}万元、{units}万份在外，每份净值[是|等于]
    """,
    held="把{assets}万元资产扣去{debts}万元债务再摊到{units}万份上，一份值",
)
calc(
    "fund_return",
    numbers={"start": (100, 120, 125, 150, 160, 200, 250), "end": range(102, 400), "paid": range(2, 30)},
    when=lambda v: v.start < v.end < v.start * 3 / 2,
    value=lambda v: (v.end + v.paid - v.start) / v.start * 100,
    slips=(
        lambda v: (v.end - v.start) / v.start * 100,
        lambda v: (v.end + v.paid - v.start) / v.end * 100,
        lambda v: v.paid / v.start * 100,
    ),
    unit="%",
    why="收益率=({end}+{paid}-{start})÷{start}={value}%",
    stems="""
    期初净值{start}元，期末净值{end}元，期间分红{paid}元，持有期收益率为
    以{start}元买入基金，{end}元赎回，其间[分红|派息]{paid}元，总收益率[是|等于]
    """,
    held="投资从{start}元涨到{end}元，又拿过{paid}元红利，这段时间的回报率应是",
)
calc(
    "fund_shares",
    numbers={"net": range(5000, 90000, 500), "rate": tenths(5, 20, 5), "nav": (1, 2, "1.25", "1.6", "0.8", "2.5")},
    value=lambda v: v.net / v.nav,
    slips=(
        lambda v: v.net * (100 + v.rate) / 100 / v.nav,
        lambda v: v.net * v.nav,
        lambda v: v.net * (100 - v.rate) / 100 / v.nav,
    ),
    unit="份",
    why="份额={net}÷{nav}={value}份",
    stems="""
    扣除申购费后净申购金额{net}元，申购费率{rate}%，份额净值{nav}元，确认份额为
    净申购额{net}元（费率{rate}%已扣），当日净值{nav}元，[得到|确认]的份额[是|等于]
    """,
    held="交过费后剩下{net}元（费率{rate}%），按每份{nav}元申购可得",
)
calc(
    "price_earnings",
    numbers={"price": tenths(20, 900, 2), "earnings": tenths(2, 60, 2), "book": tenths(10, 200, 2)},
    when=lambda v: v.price > v.earnings * 4 and v.book != v.earnings,
    value=lambda v: v.price / v.earnings,
    slips=(lambda v: v.price / v.book, lambda v: v.earnings / v.price, lambda v: v.book / v.earnings),
    unit="倍",
    why="市盈率={price}÷{earnings}={value}倍",
    stems="""
    股价{price}元，每股收益{earnings}元，每股净资产{book}元，市盈率为
    [某股票|甲股票]市价{price}元、每股盈利{earnings}元、每股净资产{book}元，其市盈率[是|等于]
    """,
    held="每股价{price}元、赚{earnings}元、账面值{book}元，价格是盈利的",
)
calc(
    "earnings_per_share",
    numbers={"profit": range(100, 9000, 20), "preferred": range(20, 600, 20), "shares": range(100, 5000, 100)},
    when=lambda v: v.profit > v.preferred,
    value=lambda v: (v.profit - v.preferred) / v.shares,
    slips=(
        lambda v: v.profit / v.shares,
        lambda v: (v.profit + v.preferred) / v.shares,
        lambda v: v.shares / (v.profit - v.preferred),
    ),
    unit="元",
    why="每股收益=({profit}-{preferred})÷{shares}={value}元",
    stems="""
    净利润{profit}万元，优先股股利{preferred}万元，普通股{shares}万股，每股收益为
    公司盈利{profit}万元、付优先股息{preferred}万元、普通股{shares}万股，基本每股收益[是|等于]
    """,
    held="税后赚{profit}万元，先付优先股东{preferred}万元，余下由{shares}万股分享，每股应得",
)
calc(
    "ex_dividend",
    numbers={"price": tenths(80, 900), "paid": tenths(1, 30), "bonus": (2, 5, 10, 6)},
    when=lambda v: v.paid < v.price / 5,
    value=lambda v: (v.price - v.paid) * 10 / (10 + v.bonus),
    slips=(
        lambda v: v.price * 10 / (10 + v.bonus),
        lambda v: v.price - v.paid,
        lambda v: (v.price + v.paid) * 10 / (10 + v.bonus),
    ),
    unit="元",
    why="除权除息价=({price}-{paid})÷(1+{bonus}/10)={value}元",
    stems="""
    登记日收盘价{price}元，每股派息{paid}元，每10股送{bonus}股，除权除息价为
    收盘{price}元的股票，每股分红{paid}元并10送{bonus}，除权除息参考价[是|等于]
    """,
    held="昨收{price}元，一股得现金{paid}元、十股添{bonus}股，次日开盘的基准价应是",
)
calc(
    "gordon",
    numbers={"dividend": tenths(2, 60, 2), "rate": range(6, 20), "growth": range(1, 8)},
    when=lambda v: v.rate - v.growth in (2, 4, 5, 8, 10),
    value=lambda v: v.dividend * 100 / (v.rate - v.growth),
    slips=(
        lambda v: v.dividend * 100 / v.rate,
        lambda v: v.dividend * 100 / (v.rate + v.growth),
        lambda v: v.dividend * (100 + v.growth) / (v.rate - v.growth),
    ),
    unit="元",
    why="股价={dividend}÷({rate}%-{growth}%)={value}元",
    stems="""
    预计下年每股股利{dividend}元，必要报酬率{rate}%，股利增长率{growth}%，股票价值为
    下一期股利{dividend}元、折现率{rate}%、永续增长{growth}%，按固定增长模型股价[是|等于]
    """,
    held="明年派{dividend}元，投资者要{rate}%的回报，股利年增{growth}%，合理价位应是",
)
calc(
    "wacc",
    numbers={"equity": range(20, 90, 10), "cost": range(8, 20), "debt": tenths(40, 100, 5), "tax": (20, 25)},
    value=lambda v: v.equity / 100 * v.cost + (100 - v.equity) / 100 * v.debt * (100 - v.tax) / 100,
    slips=(
        lambda v: v.equity / 100 * v.cost + (100 - v.equity) / 100 * v.debt,
        lambda v: (v.cost + v.debt) / 2,
        lambda v: (v.equity / 100 * v.cost + (100 - v.equity) / 100 * v.debt) * (100 - v.tax) / 100,
    ),
    unit="%",
    why="{equity}%×{cost}%+(1-{equity}%)×{debt}%×(1-{tax}%)={value}%",
    stems="""
    权益占{equity}%、成本{cost}%，其余为债务、利率{debt}%，所得税率{tax}%，加权平均资本成本为
    资本中股权比重{equity}%（成本{cost}%），债务税前成本{debt}%，税率{tax}%，WACC[是|等于]
    """,
    held="股东出{equity}%、要求{cost}%，余下举债付息{debt}%，税率{tax}%，综合融资代价应是",
)
calc(
    "current_yield",
    numbers={"face": (100,), "coupon": tenths(20, 90), "price": (75, 80, 90, 96, 98, 105, 110, 112, 120, 125)},
    when=lambda v: v.price != v.face,
    value=lambda v: v.coupon * v.face / v.price,
    slips=(lambda v: v.coupon, lambda v: v.coupon * v.price / 100, lambda v: v.coupon + v.face - v.price),
    unit="%",
    why="当期收益率={face}×{coupon}%÷{price}={value}%",
    stems="""
    债券面值{face}元，票面利率{coupon}%，市价{price}元，当期收益率为
    面值{face}元、息票率{coupon}%的债券以{price}元成交，即期收益率[是|等于]
    """,
    held="花钱买面额{face}元、年息{coupon}%、售价{price}元的债，当年利息回报应是",
)
calc(
    "treasury_discount",
    numbers={"price": tenths(9500, 9980, 5), "days": (90, 180, 120, 60)},
    value=lambda v: (1000 - v.price) / 1000 * 360 / v.days * 100,
    slips=(
        lambda v: (1000 - v.price) / v.price * 360 / v.days * 100,
        lambda v: (1000 - v.price) / 1000 * 100,
        lambda v: (1000 - v.price) / 1000 * 365 / v.days * 100,
    ),
    unit="%",
    why="贴现收益率=(1000-{price})÷1000×360÷{days}={value}%",
    stems="""
    面值1000元的国库券售价{price}元，期限{days}天，银行贴现收益率为
    国库券面值1000元、价格{price}元、{days}天到期（一年360天），贴现[率|收益率]是
    """,
    held="到期得1000元的短期国债卖{price}元，剩{days}天，按面值与360天折算的年率应是",
)
calc(
    "duration_change",
    numbers={"duration": tenths(10, 120), "move": tenths(1, 20)},
    when=lambda v: v.duration != v.move,
    value=lambda v: v.duration * v.move,
    slips=(lambda v: v.duration / v.move, lambda v: v.duration + v.move, lambda v: v.duration * v.move / 2),
    unit="%",
    why="价格变动≈{duration}×{move}%={value}%",
    stems="""
    修正久期{duration}，收益率下降{move}%，债券价格约上涨
    债券的修正久期为{duration}，到期收益率上升{move}%，价格[大约|约]下跌
    """,
    held="一只修正久期{duration}的债，市场利率变动{move}个百分点，价格变动的幅度近似",
)
calc(
    "capm",
    numbers={"free": tenths(20, 50, 5), "beta": tenths(5, 20), "market": tenths(70, 150, 5)},
    when=lambda v: v.beta != 1,
    value=lambda v: v.free + v.beta * (v.market - v.free),
    slips=(
        lambda v: v.beta * v.market,
        lambda v: v.free + v.beta * v.market,
        lambda v: v.beta * (v.market - v.free),
    ),
    unit="%",
    why="{free}%+{beta}×({market}%-{free}%)={value}%",
    stems="""
    无风险利率{free}%，贝塔{beta}，市场组合收益率{market}%，股票预期收益率为
    已知rf={free}%，β={beta}，rm={market}%，据CAPM必要收益率[是|等于]
    """,
    held="国债利率{free}%，某股对大盘的敏感度{beta}，大盘期望回报{market}%，它的均衡回报应是",
)
calc(
    "sharpe_ratio",
    numbers={"gain": tenths(50, 300, 5), "free": tenths(10, 45, 5), "sigma": range(5, 41)},
    value=lambda v: (v.gain - v.free) / v.sigma,
    slips=(lambda v: v.gain / v.sigma, lambda v: v.sigma / (v.gain - v.free), lambda v: (v.gain - v.free) / v.gain),
    unit="",
    why="夏普比率=({gain}-{free})÷{sigma}={value}",
    stems="""
    组合收益率{gain}%，无风险利率{free}%，标准差{sigma}%，夏普比率为
    基金年收益{gain}%、无风险利率{free}%、波动率{sigma}%，[其夏普|夏普]比率是
    """,
    held="回报{gain}%、国债{free}%、波动{sigma}%，每单位风险换来的超额回报应是",
)
calc(
    "portfolio_return",
    numbers={"weight": range(10, 100, 10), "first": tenths(20, 250, 5), "second": tenths(20, 250, 5)},
    when=lambda v: v.weight != 50 and v.first != v.second,
    value=lambda v: (v.weight * v.first + (100 - v.weight) * v.second) / 100,
    slips=(
        lambda v: (v.first + v.second) / 2,
        lambda v: (v.weight * v.second + (100 - v.weight) * v.first) / 100,
        lambda v: v.weight * v.first / 100,
    ),
    unit="%",
    why="{weight}%×{first}%+(1-{weight}%)×{second}%={value}%",
    stems="""
    {weight}%资金投甲，期望收益{first}%，其余投乙，期望收益{second}%，组合期望收益为
    组合中甲占{weight}%（收益率{first}%），余为乙（收益率{second}%），组合收益率[是|等于]
    """,
    held="把{weight}%的钱放在回报{first}%的甲、剩下放在回报{second}%的乙，整体回报应是",
)
