"""Calculations of business law, taxes and public money."""

from assl_utils.corpus.exam.calc import calc

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
    "macro_tax_burden",
    numbers={"tax": range(20, 4000, 10), "gdp": range(100, 20000, 100)},
    when=lambda v: v.gdp / 10 < v.tax < v.gdp / 2,
    value=lambda v: v.tax / v.gdp * 100,
    slips=(lambda v: v.gdp / v.tax, lambda v: v.tax / (v.gdp - v.tax) * 100, lambda v: v.tax / (v.gdp + v.tax) * 100),
    unit="%",
    why="宏观税负={tax}÷{gdp}={value}%",
    stems="""
    税收总额{tax}亿元，国内生产总值{gdp}亿元，宏观税负为
    某国全年征税{tax}亿元，GDP为{gdp}亿元，[小口径|狭义]宏观税负[是|等于]
    """,
    held="税款{tax}亿元放在产出{gdp}亿元中衡量，总体负担率应为",
)
calc(
    "deficit_ratio",
    numbers={"spend": range(300, 4000, 10), "income": range(200, 3900, 10), "gdp": range(2000, 40000, 500)},
    when=lambda v: v.gdp / 100 < v.spend - v.income < v.gdp / 10,
    value=lambda v: (v.spend - v.income) / v.gdp * 100,
    slips=(
        lambda v: (v.spend - v.income) / v.income * 100,
        lambda v: v.spend / v.gdp * 100,
        lambda v: (v.spend - v.income) / v.spend * 100,
    ),
    unit="%",
    why="赤字率=({spend}-{income})÷{gdp}={value}%",
    stems="""
    财政支出{spend}亿元，财政收入{income}亿元，GDP为{gdp}亿元，赤字率为
    政府支{spend}亿元、收{income}亿元，国内生产总值{gdp}亿元，赤字占比[是|等于]
    """,
    held="一年花{spend}亿元只收{income}亿元，而经济总量{gdp}亿元，收支缺口的比率应是",
)
