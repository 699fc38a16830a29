"""Calculations of the subjects about accounting, taxes and the management of a firm."""

from assl_utils.corpus.exam.calc import calc, hundredths, tenths

calc(
    "balance_equation",
    numbers={"assets": range(200, 3000, 10), "debts": range(50, 1500, 10)},
    when=lambda v: v.assets > v.debts,
    value=lambda v: v.assets - v.debts,
    slips=(lambda v: v.assets + v.debts, lambda v: (v.assets - v.debts) / 2, lambda v: v.debts),
    unit="万元",
    why="所有者权益={assets}-{debts}={value}万元",
    stems="""
    [某公司|甲企业]期末[资产总额|总资产]为{assets}万元，[负债总额|负债合计]为{debts}万元，则所有者权益为
    [年末|月末]账上资产共{assets}万元、负债共{debts}万元，[净资产|所有者权益]等于
    """,
    held="若[一家工厂|乙公司]拥有资产{assets}万元而欠债{debts}万元，归所有者的部分是",
)
calc(
    "current_ratio",
    numbers={"assets": range(100, 2000, 10), "stock": range(20, 500, 10), "debts": range(50, 1000, 10)},
    when=lambda v: v.stock < v.assets,
    value=lambda v: v.assets / v.debts,
    slips=(lambda v: (v.assets - v.stock) / v.debts, lambda v: v.debts / v.assets, lambda v: v.stock / v.debts),
    unit="",
    why="流动比率={assets}÷{debts}={value}",
    stems="""
    [某企业|甲公司]流动资产{assets}万元，其中存货{stock}万元，流动负债{debts}万元，其流动比率为
    已知流动资产为{assets}万元、存货为{stock}万元、流动负债为{debts}万元，流动比率[等于|是]
    """,
    held="报表显示流动资产{assets}万元（含存货{stock}万元），短期内要还{debts}万元，据此算出的流动比率是",
)
calc(
    "straight_line",
    numbers={"cost": range(20, 900, 4), "rate": (4, 5, 10), "years": (4, 5, 8, 10, 20)},
    value=lambda v: v.cost * (1 - v.rate / 100) / v.years,
    slips=(lambda v: v.cost / v.years, lambda v: v.cost * 2 / v.years, lambda v: v.cost * v.rate / 100 / v.years),
    unit="万元",
    why="年折旧额={cost}×(1-{rate}%)÷{years}={value}万元",
    stems="""
    [一台设备|某项固定资产]原值{cost}万元，预计净残值率{rate}%，使用{years}年，按年限平均法计算的年折旧额为
    [企业购入机器|公司购置设备]一台，成本{cost}万元，净残值率{rate}%，寿命{years}年，直线法下每年[应提|计提]折旧
    """,
    held="用直线法给价值{cost}万元、残值比例{rate}%、可用{years}年的生产线提折旧，每年的金额是",
)
calc(
    "double_declining",
    numbers={"cost": range(20, 900, 2), "residual": range(1, 10), "years": (4, 5, 8, 10)},
    value=lambda v: v.cost * 2 / v.years,
    slips=(
        lambda v: (v.cost - v.residual) * 2 / v.years,
        lambda v: (v.cost - v.residual) / v.years,
        lambda v: v.cost / v.years,
    ),
    unit="万元",
    why="第一年不考虑净残值，折旧额={cost}×2÷{years}={value}万元",
    stems="""
    设备原价{cost}万元，预计净残值{residual}万元，使用{years}年，双倍余额递减法下第一年折旧为
    [某公司|甲企业]一项资产成本{cost}万元，残值{residual}万元，寿命{years}年，按双倍余额递减法首年[应提|计提]
    """,
    held="采用双倍余额递减法时，价值{cost}万元、残值{residual}万元、年限{years}年的机床头一年要提的折旧是",
)
calc(
    "goodwill",
    numbers={"price": range(500, 5000, 10), "fair": range(300, 5000, 10), "share": (60, 70, 80, 90)},
    when=lambda v: v.price * 100 > v.fair * v.share and v.price != v.fair,
    value=lambda v: v.price - v.fair * v.share / 100,
    slips=(lambda v: abs(v.price - v.fair), lambda v: v.fair * v.share / 100, lambda v: v.price * v.share / 100),
    unit="万元",
    why="商誉={price}-{fair}×{share}%={value}万元",
    stems="""
    甲公司以{price}万元购入乙公司{share}%股权，乙公司可辨认净资产公允价值{fair}万元，非同一控制下合并商誉为
    支付{price}万元取得{share}%股份，被购买方可辨认净资产公允价值为{fair}万元，应[确认|列示]的商誉是
    """,
    held="某收购案对价{price}万元、比例{share}%，对方可辨认净资产公允价值{fair}万元，合并报表上的商誉等于",
)
calc(
    "fx_translation",
    numbers={"amount": range(10, 500, 10), "old": hundredths(630, 690, 2), "new": hundredths(631, 731, 2)},
    when=lambda v: v.old < v.new,
    value=lambda v: v.amount * (v.new - v.old),
    slips=(lambda v: v.amount * v.new, lambda v: v.amount * v.old, lambda v: v.amount * (v.new + v.old) / 2),
    unit="万元",
    why="汇兑收益={amount}×({new}-{old})={value}万元",
    stems="""
    企业有应收账款{amount}万美元，入账汇率{old}，期末汇率{new}，期末应确认汇兑收益
    月初取得{amount}万美元存款，当日汇率{old}，月末汇率{new}，月末[调整|折算]产生的汇兑收益为
    """,
    held="持有的{amount}万美元债权从汇率{old}升到{new}，人民币账面的汇兑利得是",
)
calc(
    "deferred_tax",
    numbers={"book": range(100, 2000, 20), "base": range(60, 1900, 20), "rate": (15, 20, 25)},
    when=lambda v: v.book > v.base,
    value=lambda v: (v.book - v.base) * v.rate / 100,
    slips=(lambda v: v.book * v.rate / 100, lambda v: v.base * v.rate / 100, lambda v: v.book - v.base),
    unit="万元",
    why="递延所得税负债=({book}-{base})×{rate}%={value}万元",
    stems="""
    一项资产账面价值{book}万元，计税基础{base}万元，所得税税率{rate}%，应确认递延所得税负债
    期末设备账面{book}万元、计税基础{base}万元，税率{rate}%，递延所得税负债余额为
    """,
    held="税率为{rate}%时，账面{book}万元而计税基础只有{base}万元的资产带来的递延所得税负债是",
)
calc(
    "sampling_interval",
    numbers={"size": range(400, 9000, 20), "sample": range(20, 200, 5)},
    value=lambda v: v.size / v.sample,
    slips=(lambda v: v.size / v.sample + 10, lambda v: v.size - v.sample, lambda v: v.size / v.sample * 2),
    unit="",
    when=lambda v: (v.size / v.sample).denominator == 1,
    why="选样间隔={size}÷{sample}={value}",
    stems="""
    总体共有{size}张[凭证|发票]，拟抽取{sample}张，采用系统选样时间隔为
    [审计人员|注册会计师]从{size}笔业务中系统选取{sample}笔，选样间距[是|等于]
    """,
    held="要用等距办法在{size}个项目里选出{sample}个样本，间隔应取",
)
calc(
    "projected_error",
    numbers={"total": range(1000, 9000, 100), "sample": range(100, 900, 50), "error": range(2, 40)},
    value=lambda v: v.error / v.sample * v.total,
    slips=(
        lambda v: v.error,
        lambda v: v.error / v.sample * (v.total - v.sample),
        lambda v: v.error / v.total * v.sample,
    ),
    unit="万元",
    why="推断错报={error}÷{sample}×{total}={value}万元",
    stems="""
    总体账面{total}万元，样本账面{sample}万元，发现错报{error}万元，比率法推断的总体错报为
    [审计|抽查]样本{sample}万元，错报{error}万元，总体金额{total}万元，按比率估计总错报[是|为]
    """,
    held="在{total}万元的余额中抽了{sample}万元，查出差错{error}万元，用比率法外推全部差错等于",
)
calc(
    "detection_risk",
    numbers={"audit": tenths(10, 100, 5), "misstatement": range(20, 101, 5)},
    value=lambda v: v.audit / v.misstatement * 100,
    slips=(lambda v: v.audit * v.misstatement / 100, lambda v: v.misstatement - v.audit, lambda v: v.audit),
    unit="%",
    why="检查风险={audit}%÷{misstatement}%={value}%",
    stems="""
    可接受审计风险{audit}%，评估的重大错报风险{misstatement}%，可接受的检查风险为
    审计风险定为{audit}%，重大错报风险为{misstatement}%，据模型[算出|计算]检查风险[是|等于]
    """,
    held="总的审计风险不超过{audit}%、报表错报可能为{misstatement}%，则未能查出差错的风险上限是",
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
    "earnest_money",
    numbers={"price": range(50, 900, 10), "paid": range(2, 20)},
    when=lambda v: v.paid * 5 <= v.price,
    value=lambda v: v.paid * 2,
    slips=(lambda v: v.paid, lambda v: v.price * 2 / 10, lambda v: v.paid * 3),
    unit="万元",
    why="收受定金方违约应双倍返还，{paid}×2={value}万元",
    stems="""
    合同价款{price}万元，买方付定金{paid}万元，卖方违约，买方按定金罚则可要求返还
    [标的|货款]{price}万元的合同，甲交付定金{paid}万元，收受方乙不履行，乙应[返还|退回]
    """,
    held="一份{price}万元的买卖约定了{paid}万元定金，收定金的一方毁约，须给付对方",
)
calc(
    "share_transfer",
    numbers={"total": range(90, 9000, 30)},
    value=lambda v: v.total * 2 / 3,
    slips=(lambda v: v.total / 2, lambda v: v.total * 3 / 4, lambda v: v.total / 3),
    unit="万元",
    why="增资属特别决议，须三分之二以上表决权，{total}×2÷3={value}万元",
    stems="""
    有限公司注册资本{total}万元，按出资比例表决，增资决议至少须获得同意的出资额为
    某公司出资总额{total}万元，股东会修改章程（按出资表决）最低的[赞成|同意]出资额是
    """,
    held="全体股东出资{total}万元并按出资行使表决权，公司合并的决议最低需要的赞成出资为",
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
    "inventory_average",
    numbers={"old": range(10, 90, 10), "old_price": range(5, 40), "new": range(10, 90, 10), "new_price": range(5, 40)},
    when=lambda v: v.old_price != v.new_price and v.old != v.new,
    value=lambda v: (v.old * v.old_price + v.new * v.new_price) / (v.old + v.new),
    slips=(
        lambda v: (v.old_price + v.new_price) / 2,
        lambda v: v.new_price,
        lambda v: (v.old * v.new_price + v.new * v.old_price) / (v.old + v.new),
    ),
    unit="元",
    why="平均单价=({old}×{old_price}+{new}×{new_price})÷({old}+{new})={value}元",
    stems="""
    期初存货{old}件、单价{old_price}元，购入{new}件、单价{new_price}元，加权平均单价为
    月初结存{old}件（每件{old_price}元），本月进货{new}件（每件{new_price}元），平均单位成本[是|等于]
    """,
    held="仓库原有{old}件每件{old_price}元，又进{new}件每件{new_price}元，移动平均后的单价是",
)
calc(
    "bad_debt",
    numbers={"debts": range(100, 3000, 20), "rate": (2, 3, 5, 10), "have": range(1, 10)},
    when=lambda v: v.debts * v.rate / 100 > v.have,
    value=lambda v: v.debts * v.rate / 100 - v.have,
    slips=(lambda v: v.debts * v.rate / 100, lambda v: v.debts * v.rate / 100 + v.have, lambda v: v.debts - v.have),
    unit="万元",
    why="应补提={debts}×{rate}%-{have}={value}万元",
    stems="""
    应收账款余额{debts}万元，坏账率{rate}%，坏账准备已有贷方余额{have}万元，应补提
    年末应收账款{debts}万元，按{rate}%计提坏账，计提前准备贷方{have}万元，当年[应提|计提]
    """,
    held="按余额百分比法，{debts}万元债权以{rate}%估计坏账，账上已有准备{have}万元，还要提取",
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
    "vat",
    numbers={"sales": range(100, 3000, 100), "bought": range(50, 2500, 50)},
    when=lambda v: v.sales > v.bought,
    value=lambda v: (v.sales - v.bought) * 13 / 100,
    slips=(lambda v: v.sales * 13 / 100, lambda v: v.bought * 13 / 100, lambda v: (v.sales - v.bought) * 9 / 100),
    unit="万元",
    why="应纳增值税={sales}×13%-{bought}×13%={value}万元",
    stems="""
    一般纳税人不含税销售额{sales}万元，不含税购进{bought}万元，税率均为13%，应纳增值税
    当月销项计税额{sales}万元、可抵扣进项计税额{bought}万元，税率13%，[应缴|应纳]增值税为
    """,
    held="某工业企业以13%的税率销售{sales}万元并取得{bought}万元进货专票（均不含税），本期增值税是",
)
calc(
    "income_tax",
    numbers={"income": range(500, 5000, 20), "cost": range(300, 4500, 20)},
    when=lambda v: v.income > v.cost,
    value=lambda v: (v.income - v.cost) * 25 / 100,
    slips=(lambda v: v.income * 25 / 100, lambda v: (v.income - v.cost) * 20 / 100, lambda v: v.cost * 25 / 100),
    unit="万元",
    why="应纳税额=({income}-{cost})×25%={value}万元",
    stems="""
    居民企业收入总额{income}万元，准予扣除{cost}万元，税率25%，应纳企业所得税
    [某公司|甲公司]全年应税收入{income}万元，可扣除支出{cost}万元，按25%[应缴|缴纳]所得税
    """,
    held="按25%税率，收入{income}万元而税前可列支{cost}万元的公司要交的所得税是",
)
calc(
    "ad_valorem",
    numbers={"price": range(40, 2000, 20), "rate": (3, 5, 10, 12, 15, 20, 30)},
    value=lambda v: v.price * v.rate / 100,
    slips=(
        lambda v: v.price * v.rate / (100 + v.rate),
        lambda v: v.price * (100 + v.rate) / 100,
        lambda v: v.price * v.rate / (100 - v.rate),
    ),
    unit="万元",
    why="应纳税额={price}×{rate}%={value}万元",
    stems="""
    [货物|商品]计税价格{price}万元，从价税率{rate}%，应纳税额为
    按从价定率计征，计税依据{price}万元，适用税率{rate}%，[应缴|应纳]税款是
    """,
    held="对价值{price}万元的货物以{rate}%从价课税，税款等于",
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
    "equity_method",
    numbers={"share": (20, 25, 30, 40), "profit": range(100, 3000, 20), "dividend": range(20, 900, 20)},
    when=lambda v: v.dividend < v.profit,
    value=lambda v: v.share * (v.profit - v.dividend) / 100,
    slips=(lambda v: v.share * v.profit / 100, lambda v: v.share * v.dividend / 100, lambda v: v.profit - v.dividend),
    unit="万元",
    why="账面价值增加={share}%×({profit}-{dividend})={value}万元",
    stems="""
    持股{share}%并采用权益法，被投资方当年净利润{profit}万元、分派现金股利{dividend}万元，账面价值增加
    对联营企业持股{share}%，该企业盈利{profit}万元并派现{dividend}万元，长期股权投资账面[净增|增加]
    """,
    held="以权益法核算{share}%的股权，联营方赚{profit}万元又发红利{dividend}万元，投资余额上升",
)
