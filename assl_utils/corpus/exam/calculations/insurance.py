"""Calculations of insurance: chances of survival, premiums, claims."""

from assl_utils.corpus.exam.calc import calc, tenths

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
