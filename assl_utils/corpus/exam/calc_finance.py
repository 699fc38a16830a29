"""Calculations of the subjects about banks, markets, insurance and exchange rates."""

from assl_utils.corpus.exam.calc import calc, hundredths, tenths

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
    "npl_ratio",
    numbers={"loans": range(100, 9000, 100), "sub": range(1, 60), "doubt": range(1, 40), "loss": range(1, 20)},
    when=lambda v: (v.sub + v.doubt + v.loss) * 10 < v.loans,
    value=lambda v: (v.sub + v.doubt + v.loss) / v.loans * 100,
    slips=(
        lambda v: (v.doubt + v.loss) / v.loans * 100,
        lambda v: v.sub / v.loans * 100,
        lambda v: v.loss / v.loans * 100,
    ),
    unit="%",
    why="不良贷款率=({sub}+{doubt}+{loss})÷{loans}={value}%",
    stems="""
    贷款余额{loans}亿元，次级{sub}亿元，可疑{doubt}亿元，损失{loss}亿元，不良贷款率为
    银行贷款共{loans}亿元，其中次级、可疑、损失类各{sub}、{doubt}、{loss}亿元，不良率[是|等于]
    """,
    held="在{loans}亿元放款中，后三类依次有{sub}亿元、{doubt}亿元和{loss}亿元，坏账性质的比重应是",
)
calc(
    "capital_adequacy",
    numbers={"capital": range(20, 900, 2), "minus": range(2, 40, 2), "assets": range(200, 8000, 100)},
    when=lambda v: v.assets / 20 < v.capital - v.minus < v.assets / 5,
    value=lambda v: (v.capital - v.minus) / v.assets * 100,
    slips=(
        lambda v: v.capital / v.assets * 100,
        lambda v: (v.capital + v.minus) / v.assets * 100,
        lambda v: v.assets / v.capital,
    ),
    unit="%",
    why="资本充足率=({capital}-{minus})÷{assets}={value}%",
    stems="""
    总资本{capital}亿元，扣减项{minus}亿元，风险加权资产{assets}亿元，资本充足率为
    某银行资本{capital}亿元、对应扣减{minus}亿元、风险加权资产{assets}亿元，充足率[是|等于]
    """,
    held="合格资本由{capital}亿元减去{minus}亿元得到，加权风险资产{assets}亿元，两者之比应是",
)
calc(
    "provision_coverage",
    numbers={"provision": range(20, 900, 5), "bad": range(10, 500, 5), "loans": range(1000, 9000, 500)},
    when=lambda v: v.provision != v.bad,
    value=lambda v: v.provision / v.bad * 100,
    slips=(
        lambda v: v.provision / v.loans * 100,
        lambda v: v.bad / v.provision * 100,
        lambda v: v.bad / v.loans * 100,
    ),
    unit="%",
    why="拨备覆盖率={provision}÷{bad}={value}%",
    stems="""
    贷款损失准备{provision}亿元，不良贷款{bad}亿元，贷款总额{loans}亿元，拨备覆盖率为
    某行计提准备{provision}亿元、不良余额{bad}亿元、贷款{loans}亿元，[其覆盖率|拨备覆盖率]是
    """,
    held="用{provision}亿元准备去抵{bad}亿元不良（全部贷款{loans}亿元），抵补的程度应是",
)
calc(
    "loan_deposit_ratio",
    numbers={"loans": range(100, 5000, 20), "deposits": range(200, 7000, 100)},
    when=lambda v: v.deposits / 2 < v.loans < v.deposits,
    value=lambda v: v.loans / v.deposits * 100,
    slips=(
        lambda v: v.deposits / v.loans * 100,
        lambda v: (v.deposits - v.loans) / v.deposits * 100,
        lambda v: v.loans / (v.loans + v.deposits) * 100,
    ),
    unit="%",
    why="存贷比={loans}÷{deposits}={value}%",
    stems="""
    各项贷款{loans}亿元，各项存款{deposits}亿元，存贷比为
    [某行|该银行]贷款余额{loans}亿元、存款余额{deposits}亿元，存贷款比例[是|等于]
    """,
    held="放出{loans}亿元而吸收{deposits}亿元，放款占存款的比率应是",
)
calc(
    "bill_discount",
    numbers={"face": range(20, 2000, 20), "rate": tenths(18, 90, 3), "days": (30, 60, 90, 120, 180)},
    value=lambda v: v.face * v.rate * v.days / 36000,
    slips=(
        lambda v: v.face * v.rate / 100,
        lambda v: v.face * (1 - v.rate * v.days / 36000),
        lambda v: v.face * v.rate * v.days / 30000,
    ),
    unit="万元",
    why="贴现利息={face}×{rate}%×{days}÷360={value}万元",
    stems="""
    票面{face}万元的汇票，年贴现率{rate}%，剩余{days}天，贴现利息为
    持{face}万元票据贴现，贴现率{rate}%（一年按360天），离到期{days}天，[扣除|应付]的利息是
    """,
    held="把面额{face}万元、以{rate}%折让、还有{days}天到期的承兑汇票卖给银行，被扣",
)
calc(
    "survival_probability",
    numbers={"young": (8000, 8500, 9000, 9500, 9600, 10000), "old": range(4000, 9900, 10)},
    when=lambda v: v.old < v.young,
    value=lambda v: v.old / v.young * 100,
    slips=(
        lambda v: (v.young - v.old) / v.young * 100,
        lambda v: v.young / v.old * 100,
        lambda v: (v.young - v.old) / v.old * 100,
    ),
    unit="%",
    why="生存概率={old}÷{young}={value}%",
    stems="""
    生命表中40岁生存{young}人，60岁生存{old}人，40岁的人活到60岁的概率为
    若l40={young}，l60={old}，则40岁者[再活|生存]20年的概率[是|等于]
    """,
    held="{young}名40岁的人到60岁时尚有{old}名在世，存活比例应为",
)
calc(
    "single_premium",
    numbers={"amount": range(10, 900, 5), "chance": tenths(2, 60, 2), "rate": (25,)},
    value=lambda v: v.amount * v.chance / 100 * 100 / (100 + v.rate) * 10000,
    slips=(
        lambda v: v.amount * v.chance * 100,
        lambda v: v.amount * v.chance * 100 * (100 + v.rate) / 100,
        lambda v: v.amount * v.chance * 100 * (100 - v.rate) / 100,
    ),
    unit="元",
    why="净保费={amount}万×{chance}%÷(1+{rate}%)={value}元",
    stems="""
    一年期寿险保额{amount}万元，死亡率{chance}%，年末赔付，利率{rate}%，趸缴纯保费为
    保额{amount}万元，一年内死亡概率{chance}%，折现利率{rate}%，年末给付，净[保费|趸缴保费]是
    """,
    held="一年后给付{amount}万元（可能性{chance}%），以利率{rate}%贴现的精算现值等于",
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
    "proportional_claim",
    numbers={"insured": range(20, 900, 10), "worth": range(50, 1000, 50), "loss": range(5, 400, 5)},
    when=lambda v: v.insured < v.worth and v.loss <= v.worth / 2,
    value=lambda v: v.loss * v.insured / v.worth,
    slips=(lambda v: v.loss, lambda v: v.insured - v.loss, lambda v: v.loss * (v.worth - v.insured) / v.worth),
    unit="万元",
    why="赔款={loss}×{insured}÷{worth}={value}万元",
    stems="""
    保险金额{insured}万元，出险时价值{worth}万元，损失{loss}万元，比例赔偿下赔款为
    不足额投保{insured}万元，财产实值{worth}万元，受损{loss}万元，按比例[应赔|赔付]
    """,
    held="房屋投保{insured}万元而实际值{worth}万元，火灾烧去{loss}万元，公司按比例承担",
)
calc(
    "deductible_claim",
    numbers={"loss": range(20, 900, 5), "deductible": range(2, 60, 2), "rate": (70, 80, 90)},
    when=lambda v: v.loss > v.deductible * 2,
    value=lambda v: (v.loss - v.deductible) * v.rate / 100,
    slips=(
        lambda v: v.loss - v.deductible,
        lambda v: v.loss * v.rate / 100,
        lambda v: v.loss * v.rate / 100 - v.deductible,
    ),
    unit="万元",
    why="赔款=({loss}-{deductible})×{rate}%={value}万元",
    stems="""
    损失{loss}万元，绝对免赔额{deductible}万元，超出部分赔付{rate}%，赔款为
    出险损失{loss}万元，绝对免赔{deductible}万元，其余按{rate}%赔付，[保险人|公司]应赔
    """,
    held="医疗费{loss}万元，先自负{deductible}万元，再报销余额的{rate}%，可领",
)
calc(
    "contribution_claim",
    numbers={"first": range(20, 900, 10), "second": range(20, 900, 10), "loss": range(10, 300, 10)},
    when=lambda v: v.first != v.second and v.loss <= min(v.first, v.second),
    value=lambda v: v.loss * v.first / (v.first + v.second),
    slips=(lambda v: v.loss / 2, lambda v: v.loss, lambda v: v.loss * v.second / (v.first + v.second)),
    unit="万元",
    why="甲分摊={loss}×{first}÷({first}+{second})={value}万元",
    stems="""
    重复保险，甲公司保额{first}万元，乙公司{second}万元，损失{loss}万元，按保额比例甲应赔
    向甲投保{first}万元、向乙投保{second}万元，损失{loss}万元，比例责任下甲[承担|分摊]
    """,
    held="同一仓库在甲处保{first}万元、乙处保{second}万元，烧损{loss}万元，甲按所保比重付",
)
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
