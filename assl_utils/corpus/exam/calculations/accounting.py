"""Calculations of bookkeeping, annual reports and audits."""

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
