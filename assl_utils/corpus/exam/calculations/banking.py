"""Calculations of banks and money."""

from assl_utils.corpus.exam.calc import calc, tenths

calc(
    "required_reserve",
    numbers={"deposits": range(100, 9000, 20), "rate": range(5, 21), "excess": range(1, 10)},
    value=lambda v: v.deposits * v.rate / 100,
    slips=(
        lambda v: v.deposits * (v.rate + v.excess) / 100,
        lambda v: v.deposits * v.excess / 100,
        lambda v: v.deposits * (100 - v.rate) / 100,
    ),
    unit="亿元",
    why="法定准备金={deposits}×{rate}%={value}亿元",
    stems="""
    银行存款{deposits}亿元，法定准备率{rate}%，超额准备率{excess}%，应缴法定准备金
    存款余额{deposits}亿元，法定与超额准备金率分别为{rate}%和{excess}%，法定[部分|准备金]为
    """,
    held="吸收{deposits}亿元存款的银行，规定缴存{rate}%、自愿多存{excess}%，其中规定部分为",
)
calc(
    "money_multiplier",
    numbers={"cash": range(2, 40), "reserve": range(5, 21), "excess": range(1, 10)},
    value=lambda v: (100 + v.cash) / (v.cash + v.reserve + v.excess),
    slips=(
        lambda v: 100 / (v.cash + v.reserve + v.excess),
        lambda v: 100 / v.reserve,
        lambda v: (100 + v.cash) / (v.reserve + v.excess),
    ),
    unit="",
    why="货币乘数=(1+{cash}%)÷({cash}%+{reserve}%+{excess}%)={value}",
    stems="""
    现金漏损率{cash}%，法定准备率{reserve}%，超额准备率{excess}%，货币乘数为
    通货比率{cash}%、法定存款准备金率{reserve}%、超额准备率{excess}%，货币乘数[是|等于]
    """,
    held="若公众持现比{cash}%、银行缴存{reserve}%并多留{excess}%，M与B的倍数应是",
)
calc(
    "deposit_multiplier",
    numbers={"first": range(10, 900, 10), "rate": (4, 5, 8, 10, 16, 20, 25)},
    value=lambda v: v.first * 100 / v.rate,
    slips=(
        lambda v: v.first * 100 / v.rate - v.first,
        lambda v: v.first * 100 / (100 - v.rate),
        lambda v: v.first * (100 - v.rate) / 100,
    ),
    unit="万元",
    why="存款总额={first}÷{rate}%={value}万元",
    stems="""
    原始存款{first}万元，法定准备率{rate}%，无其他漏出，存款总额最多扩张为
    [客户|企业]存入现金{first}万元，准备金率{rate}%，银行体系存款总额[可达|最大为]
    """,
    held="不计现金漏损，{first}万元的新存款在{rate}%的准备率下经多轮放款后合计",
)
calc(
    "fisher_velocity",
    numbers={"money": range(100, 4000, 50), "price": range(2, 30), "trade": range(100, 4000, 50)},
    value=lambda v: v.price * v.trade / v.money,
    slips=(lambda v: v.money * v.price / v.trade, lambda v: v.trade / v.money, lambda v: v.money / (v.price * v.trade)),
    unit="次",
    why="V=PT÷M={price}×{trade}÷{money}={value}次",
    stems="""
    交易方程式中M={money}，P={price}，T={trade}，货币流通速度为
    货币量{money}亿元，平均价格{price}元，交易量{trade}亿件，[流通|周转]速度[是|等于]
    """,
    held="{money}亿元货币完成了单价{price}元、数量{trade}亿件的买卖，每元平均用了",
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
