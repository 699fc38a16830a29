"""Calculations of exchange rates."""

from assl_utils.corpus.exam.calc import calc, hundredths, tenths

calc(
    "cross_rate",
    numbers={"cny": tenths(60, 75), "other": tenths(5, 19)},
    value=lambda v: v.cny * v.other,
    slips=(lambda v: v.cny / v.other, lambda v: v.other / v.cny, lambda v: v.cny + v.other),
    unit="元人民币",
    why="1单位该货币={cny}×{other}={value}元人民币",
    stems="""
    1美元={cny}元人民币，1单位某外币={other}美元，该外币兑人民币套算汇率为
    已知美元兑人民币{cny}，某货币兑美元{other}，则1单位该货币[等于|合]
    """,
    held="由美元价{cny}元和一单位外币值{other}美元交叉推算，一单位该外币值",
)
calc(
    "fx_convert",
    numbers={"amount": range(10, 900, 10), "bid": hundredths(640, 720), "spread": hundredths(2, 6)},
    value=lambda v: v.amount * v.bid,
    slips=(
        lambda v: v.amount * (v.bid + v.spread),
        lambda v: v.amount * (v.bid + v.spread / 2),
        lambda v: v.amount / v.bid,
    ),
    unit="万元",
    why="客户卖美元用买入价，{amount}×{bid}={value}万元",
    stems="""
    银行美元买入价{bid}，买卖差价{spread}，客户卖出{amount}万美元可得人民币
    美元买入价{bid}元、卖出价比它高{spread}元，出口商[结汇|兑出]{amount}万美元得到
    """,
    held="牌价买入{bid}、买卖相差{spread}，公司把{amount}万美元换成人民币共得",
)
calc(
    "interest_parity",
    numbers={"home": tenths(20, 120), "abroad": tenths(5, 100)},
    when=lambda v: v.home > v.abroad and v.home != 2 * v.abroad,
    value=lambda v: v.home - v.abroad,
    slips=(lambda v: v.home + v.abroad, lambda v: v.home / v.abroad, lambda v: v.abroad),
    unit="%",
    why="外币升水≈{home}%-{abroad}%={value}%",
    stems="""
    本国年利率{home}%，外国年利率{abroad}%，据利率平价外币一年远期升水约
    国内利率{home}%、国外利率{abroad}%，抛补平价下[外币|外汇]远期升水率[是|等于]
    """,
    held="本币存款{home}%、外币存款{abroad}%，套利均衡时外币的一年远期溢价应近",
)
calc(
    "purchasing_power",
    numbers={"home": range(10, 900, 2), "abroad": range(2, 120)},
    when=lambda v: v.home > v.abroad * 2,
    value=lambda v: v.home / v.abroad,
    slips=(lambda v: v.abroad / v.home, lambda v: (v.home - v.abroad) / v.abroad, lambda v: v.home / v.abroad * 2),
    unit="",
    why="汇率={home}÷{abroad}={value}",
    stems="""
    同一商品国内卖{home}元，国外卖{abroad}美元，绝对购买力平价下1美元合人民币
    一篮子货物本国价{home}元、外国价{abroad}美元，按购买力平价美元汇率[是|等于]
    """,
    held="一件衣服这边{home}元、那边{abroad}美元，若一价定律成立，一美元兑",
)
