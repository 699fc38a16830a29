"""Calculations of the management of a firm: costs, break-even, leverage, risks."""

from assl_utils.corpus.exam.calc import calc, tenths

calc(
    "unit_cost",
    numbers={"material": range(10, 200), "labour": range(5, 100), "overhead": range(5, 80), "units": range(10, 200, 5)},
    value=lambda v: (v.material + v.labour + v.overhead) / v.units,
    slips=(
        lambda v: (v.material + v.labour) / v.units,
        lambda v: (v.material + v.overhead) / v.units,
        lambda v: v.material / v.units,
    ),
    unit="万元",
    why="单位成本=({material}+{labour}+{overhead})÷{units}={value}万元",
    stems="""
    本月直接材料{material}万元，直接人工{labour}万元，制造费用{overhead}万元，完工{units}件，单位成本为
    产品耗料{material}万元、人工{labour}万元、制造费用{overhead}万元，全部完工{units}台，每台成本[是|为]
    """,
    held="某批产品用料{material}万元、工资{labour}万元、分摊车间费用{overhead}万元，共{units}件，一件的成本等于",
)
calc(
    "equivalent_units",
    numbers={"done": range(100, 900, 10), "open": range(20, 400, 10), "degree": range(20, 90, 10)},
    value=lambda v: v.done + v.open * v.degree / 100,
    slips=(
        lambda v: v.done + v.open,
        lambda v: v.open * v.degree / 100,
        lambda v: v.done + v.open * (100 - v.degree) / 100,
    ),
    unit="件",
    why="约当总产量={done}+{open}×{degree}%={value}件",
    stems="""
    完工产品{done}件，月末在产品{open}件，完工程度{degree}%，约当总产量为
    本月完工{done}件，在产品{open}件（完工率{degree}%），[合计约当产量|约当产量总数]是
    """,
    held="成品{done}件，另有{open}件做到{degree}%，合起来相当于成品",
)
calc(
    "overhead_rate",
    numbers={"cost": range(100, 2000, 20), "hours": range(20, 800, 10)},
    value=lambda v: v.cost / v.hours,
    slips=(lambda v: v.hours / v.cost, lambda v: v.cost / v.hours * 2, lambda v: v.cost / v.hours + 5),
    unit="元",
    why="分配率={cost}÷{hours}={value}元/小时",
    stems="""
    车间制造费用{cost}元，生产工时合计{hours}小时，每小时分配率为
    [本月|当期]发生制造费用{cost}元，总工时{hours}小时，工时分配率[是|等于]
    """,
    held="按工时分摊{cost}元间接费用，全部工时{hours}小时，每个工时负担",
)
calc(
    "break_even",
    numbers={"fixed": range(100, 5000, 50), "price": range(20, 200, 5), "variable": range(5, 150, 5)},
    when=lambda v: v.price > v.variable and (v.fixed / (v.price - v.variable)).denominator == 1,
    value=lambda v: v.fixed / (v.price - v.variable),
    slips=(lambda v: v.fixed / v.price, lambda v: v.fixed / v.variable, lambda v: v.fixed / (v.price + v.variable)),
    unit="件",
    why="保本量={fixed}÷({price}-{variable})={value}件",
    stems="""
    固定成本{fixed}元，单价{price}元，单位变动成本{variable}元，保本销售量为
    [某产品|甲产品]固定成本{fixed}元、售价{price}元、单位变动成本{variable}元，盈亏平衡点[是|等于]
    """,
    held="每月固定开支{fixed}元，卖一件得{price}元、变动耗费{variable}元，不赔不赚时要卖",
)
calc(
    "contribution_margin",
    numbers={"price": range(10, 200, 2), "variable": range(4, 160, 2)},
    when=lambda v: v.price > v.variable,
    value=lambda v: (v.price - v.variable) / v.price * 100,
    slips=(
        lambda v: v.variable / v.price * 100,
        lambda v: (v.price - v.variable) / v.variable * 100,
        lambda v: v.price - v.variable,
    ),
    unit="%",
    why="边际贡献率=({price}-{variable})÷{price}={value}%",
    stems="""
    产品单价{price}元，单位变动成本{variable}元，边际贡献率为
    售价{price}元、单位变动成本{variable}元的[商品|产品]，其贡献毛益率[是|等于]
    """,
    held="一件卖{price}元而变动耗费{variable}元，边际贡献占售价的比重是",
)
calc(
    "target_profit",
    numbers={"fixed": range(100, 5000, 50), "profit": range(100, 3000, 50), "unit": range(5, 100, 5)},
    when=lambda v: ((v.fixed + v.profit) / v.unit).denominator == 1,
    value=lambda v: (v.fixed + v.profit) / v.unit,
    slips=(lambda v: v.fixed / v.unit, lambda v: v.profit / v.unit, lambda v: abs(v.fixed - v.profit) / v.unit),
    unit="件",
    why="目标销量=({fixed}+{profit})÷{unit}={value}件",
    stems="""
    固定成本{fixed}元，目标利润{profit}元，单位边际贡献{unit}元，目标销售量为
    要在固定成本{fixed}元之外[赚取|实现]利润{profit}元，每件贡献毛益{unit}元，应销售
    """,
    held="固定支出{fixed}元、计划盈利{profit}元，一件产品贡献{unit}元，需要卖出",
)
calc(
    "operating_leverage",
    numbers={"sales": range(100, 1000, 10), "variable": range(40, 700, 10), "fixed": range(10, 300, 10)},
    when=lambda v: v.sales > v.variable + v.fixed,
    value=lambda v: (v.sales - v.variable) / (v.sales - v.variable - v.fixed),
    slips=(
        lambda v: v.sales / (v.sales - v.variable),
        lambda v: v.sales / (v.sales - v.variable - v.fixed),
        lambda v: (v.sales - v.fixed) / (v.sales - v.variable - v.fixed),
    ),
    unit="",
    why="经营杠杆系数=({sales}-{variable})÷({sales}-{variable}-{fixed})={value}",
    stems="""
    销售额{sales}万元，变动成本{variable}万元，固定成本{fixed}万元，经营杠杆系数为
    [某公司|甲企业]收入{sales}万元、变动成本{variable}万元、固定成本{fixed}万元，其经营杠杆度[是|等于]
    """,
    held="已知营业收入{sales}万元，变动性支出{variable}万元，固定性支出{fixed}万元，求得的经营杠杆系数是",
)
calc(
    "variance",
    numbers={"units": range(100, 900, 10), "actual": tenths(30, 150), "standard": tenths(30, 150)},
    when=lambda v: v.actual > v.standard,
    value=lambda v: v.units * (v.actual - v.standard),
    slips=(
        lambda v: v.units * v.actual,
        lambda v: v.units * v.standard,
        lambda v: v.units * (v.actual - v.standard) / 2,
    ),
    unit="元",
    why="价格差异={units}×({actual}-{standard})={value}元",
    stems="""
    实际用料{units}千克，实际单价{actual}元，标准单价{standard}元，材料价格差异（不利）为
    耗用材料{units}千克，每千克实价{actual}元、标准价{standard}元，[超支|不利]的价格差异是
    """,
    held="买进并用掉{units}千克材料，单价{actual}元高过标准的{standard}元，因价格造成的超支为",
)
calc(
    "residual_income",
    numbers={"profit": range(50, 900, 10), "assets": range(200, 5000, 50), "rate": (5, 6, 8, 10, 12)},
    when=lambda v: v.profit > v.assets * v.rate / 100,
    value=lambda v: v.profit - v.assets * v.rate / 100,
    slips=(
        lambda v: v.assets * v.rate / 100,
        lambda v: v.profit / v.assets * 100,
        lambda v: v.profit * (100 - v.rate) / 100,
    ),
    unit="万元",
    why="剩余收益={profit}-{assets}×{rate}%={value}万元",
    stems="""
    部门利润{profit}万元，占用资产{assets}万元，最低报酬率{rate}%，剩余收益为
    投资中心经营利润{profit}万元、平均资产{assets}万元、要求报酬率{rate}%，剩余收益[是|等于]
    """,
    held="某分部赚得{profit}万元，动用资产{assets}万元且总部要求{rate}%回报，超出要求的收益是",
)
calc(
    "market_share",
    numbers={"own": range(4, 60), "rival": range(5, 60), "third": range(2, 40)},
    when=lambda v: v.rival > v.third and v.own + v.rival + v.third < 95,
    value=lambda v: v.own / v.rival,
    slips=(lambda v: v.rival / v.own, lambda v: v.own / v.third, lambda v: v.own / (v.rival + v.third)),
    unit="",
    why="相对市场份额={own}%÷{rival}%={value}",
    stems="""
    本企业市场份额{own}%，最大竞争者{rival}%，第三名{third}%，相对市场份额为
    [某产品|某业务]占有率{own}%，头号对手占{rival}%，另一对手占{third}%，其相对市场占有率[是|等于]
    """,
    held="在波士顿矩阵里，自己占{own}%而两家对手占{rival}%和{third}%，横轴坐标应为",
)
calc(
    "expected_loss",
    numbers={"chance": range(1, 30), "loss": range(100, 5000, 50)},
    value=lambda v: v.chance * v.loss / 100,
    slips=(lambda v: v.loss, lambda v: v.chance * v.loss / 10, lambda v: (100 - v.chance) * v.loss / 100),
    unit="万元",
    why="预期损失={loss}×{chance}%={value}万元",
    stems="""
    某风险发生概率{chance}%，一旦发生损失{loss}万元，其预期损失为
    评估[显示|认为]事故概率为{chance}%，损失额{loss}万元，期望损失[是|等于]
    """,
    held="风险矩阵中概率{chance}%、后果{loss}万元的一项，用期望值表示是",
)
