"""Calculations of futures, forwards and options."""

from assl_utils.corpus.exam.calc import calc, tenths

calc(
    "futures_margin",
    numbers={"price": range(1000, 6000, 50), "lots": range(2, 40), "unit": (5, 10), "rate": range(5, 16)},
    value=lambda v: v.price * v.lots * v.unit * v.rate / 100,
    slips=(
        lambda v: v.price * v.lots * v.unit,
        lambda v: v.price * v.lots * v.rate / 100,
        lambda v: v.price * v.unit * v.rate / 100,
    ),
    unit="元",
    why="保证金={price}×{lots}×{unit}×{rate}%={value}元",
    stems="""
    期货价格{price}元/吨，买入{lots}手，每手{unit}吨，保证金率{rate}%，应缴保证金
    以{price}元/吨[开仓|卖出]{lots}手（每手{unit}吨），保证金比例{rate}%，占用资金[是|等于]
    """,
    held="每吨{price}元的合约做{lots}手、一手{unit}吨，按{rate}%交押金共需",
)
calc(
    "futures_profit",
    numbers={"open": range(1000, 6000, 10), "close": range(1000, 6400, 10), "lots": range(2, 40), "unit": (5, 10)},
    when=lambda v: 0 < v.close - v.open < 400,
    value=lambda v: (v.close - v.open) * v.lots * v.unit,
    slips=(
        lambda v: (v.close - v.open) * v.lots,
        lambda v: (v.close - v.open) * v.unit,
        lambda v: (v.close - v.open) * (v.lots + v.unit),
    ),
    unit="元",
    why="盈利=({close}-{open})×{lots}×{unit}={value}元",
    stems="""
    {open}元/吨买入开仓，{close}元/吨平仓，共{lots}手，每手{unit}吨，盈利为
    投资者做多，{open}元/吨进、{close}元/吨出，{lots}手，每手{unit}吨，[获利|赚得]
    """,
    held="多单成本{open}元/吨，了结价{close}元/吨，数量{lots}手，一手{unit}吨，合计收益",
)
calc(
    "basis",
    numbers={"spot": range(1000, 6000, 10), "futures": range(900, 6000, 10)},
    when=lambda v: 0 < v.spot - v.futures < 500,
    value=lambda v: v.spot - v.futures,
    slips=(lambda v: (v.spot + v.futures) / 2, lambda v: (v.spot - v.futures) / 2, lambda v: (v.spot - v.futures) * 2),
    unit="元/吨",
    why="基差={spot}-{futures}={value}元/吨",
    stems="""
    现货价格{spot}元/吨，期货价格{futures}元/吨，基差为
    某商品现货[报价|报]{spot}元/吨、主力合约{futures}元/吨，其基差[是|等于]
    """,
    held="仓库交货价{spot}元/吨，盘面价{futures}元/吨，两者之差（基差）应是",
)
calc(
    "forward_price",
    numbers={"spot": range(20, 900, 10), "rate": (4, 5, 6, 8, 10), "months": (3, 6, 12)},
    value=lambda v: v.spot * (1 + v.rate * v.months / 1200),
    slips=(
        lambda v: v.spot * (1 - v.rate * v.months / 1200),
        lambda v: v.spot * (1 + v.rate * 2 / 100),
        lambda v: v.spot,
    ),
    unit="元",
    why="远期价格={spot}×(1+{rate}%×{months}/12)={value}元",
    stems="""
    无收益资产现价{spot}元，年利率{rate}%（单利），{months}个月远期价格为
    现货{spot}元、不付红利，单利{rate}%，{months}个月期远期的[理论|无套利]价格是
    """,
    held="不派息的股票今价{spot}元，借钱年息{rate}%按单利，约定{months}个月后交割的公平价应是",
)
calc(
    "call_payoff",
    numbers={"strike": range(20, 200), "price": range(22, 260), "premium": range(1, 12)},
    when=lambda v: v.premium < v.price - v.strike < 40 and v.price - v.strike != 2 * v.premium,
    value=lambda v: v.price - v.strike - v.premium,
    slips=(lambda v: v.price - v.strike, lambda v: v.price - v.strike + v.premium, lambda v: v.premium),
    unit="元",
    why="净盈利={price}-{strike}-{premium}={value}元",
    stems="""
    看涨期权执行价{strike}元，到期标的价{price}元，期权费{premium}元，买方净盈利为
    看涨期权行权价{strike}元，到期股价{price}元，权利金{premium}元，买入者[净收益|净赚]
    """,
    held="有权以{strike}元买股，届时市价{price}元，当初付{premium}元，每股净赚",
)
calc(
    "put_payoff",
    numbers={"strike": range(30, 260), "price": range(10, 250), "premium": range(1, 12)},
    when=lambda v: v.premium < v.strike - v.price < 40 and v.strike - v.price != 2 * v.premium,
    value=lambda v: v.strike - v.price - v.premium,
    slips=(lambda v: v.strike - v.price, lambda v: v.strike - v.price + v.premium, lambda v: v.premium),
    unit="元",
    why="净盈利={strike}-{price}-{premium}={value}元",
    stems="""
    看跌期权执行价{strike}元，到期标的价{price}元，期权费{premium}元，买方净盈利为
    看跌期权行权价{strike}元，到期股价{price}元，权利金{premium}元，买入者[净收益|净赚]
    """,
    held="有权以{strike}元卖股，届时市价{price}元，当初付{premium}元，每股净得",
)
calc(
    "hedge_contracts",
    numbers={
        "stocks": range(500, 9000, 50),
        "beta": tenths(5, 18),
        "index": range(3000, 5200, 100),
        "point": (200, 300),
    },
    value=lambda v: v.stocks * 10000 * v.beta / (v.index * v.point),
    when=lambda v: (v.stocks * 10000 * v.beta / (v.index * v.point)).denominator == 1,
    slips=(
        lambda v: v.stocks * 10000 / (v.index * v.point),
        lambda v: v.stocks * 10000 * v.beta / (v.index * v.point) * 2,
        lambda v: v.stocks * 10000 * v.beta / (v.index * v.point) + 5,
    ),
    unit="张",
    why="合约数={stocks}万×{beta}÷({index}×{point})={value}张",
    stems="""
    股票组合{stocks}万元，贝塔{beta}，股指期货{index}点，每点{point}元，对冲需卖出
    持有{stocks}万元、贝塔{beta}的组合，期指{index}点、乘数{point}元，[应|需]卖空合约
    """,
    held="要锁定市值{stocks}万元、敏感度{beta}的股票，指数合约报{index}点且每点{point}元，卖出数目应是",
)
