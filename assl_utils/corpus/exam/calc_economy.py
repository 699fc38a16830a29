"""Calculations of the subjects about the economy as a whole, statistics and public money."""

from assl_utils.corpus.exam.calc import calc, hundredths, tenths

calc(
    "t_statistic",
    numbers={"beta": tenths(2, 90), "error": tenths(1, 20)},
    value=lambda v: v.beta / v.error,
    slips=(lambda v: v.error / v.beta, lambda v: v.beta * v.error, lambda v: v.beta - v.error),
    unit="",
    why="t={beta}÷{error}={value}",
    stems="""
    回归系数估计值{beta}，标准误{error}，检验系数为零的t统计量为
    [某解释变量|收入变量]的系数为{beta}、标准误差为{error}，其t值[是|等于]
    """,
    held="模型输出的斜率{beta}、其标准误{error}，对应的t比值应是",
)
calc(
    "r_squared",
    numbers={"total": range(20, 2000, 20), "residual": range(2, 900, 2)},
    when=lambda v: v.residual < v.total,
    value=lambda v: 1 - v.residual / v.total,
    slips=(
        lambda v: v.residual / v.total,
        lambda v: v.residual / (v.total - v.residual),
        lambda v: v.residual / v.total / 2,
    ),
    unit="",
    why="R²=1-{residual}÷{total}={value}",
    stems="""
    总离差平方和{total}，残差平方和{residual}，判定系数为
    回归中总平方和为{total}、残差平方和为{residual}，可决系数[是|等于]
    """,
    held="总变差{total}之中有{residual}没有被解释，拟合优度应为",
)
calc(
    "durbin_watson",
    numbers={"rho": hundredths(-95, 95, 1)},
    when=lambda v: v.rho != 0,
    value=lambda v: 2 * (1 - v.rho),
    slips=(lambda v: 2 * (1 + v.rho), lambda v: 1 - v.rho, lambda v: 4 * (1 - v.rho)),
    unit="",
    why="DW≈2×(1-ρ)={value}",
    stems="""
    残差一阶自相关系数为{rho}，DW统计量约为
    由自相关系数{rho}[近似计算|推得]的DW值[是|等于]
    """,
    held="若相邻残差的相关系数估计为{rho}，杜宾统计量大约是",
)
calc(
    "terms_of_trade",
    numbers={"export": range(80, 160), "import_": (80, 100, 125, 120, 110, 90, 150, 160)},
    when=lambda v: v.export != v.import_,
    value=lambda v: v.export / v.import_ * 100,
    slips=(lambda v: v.import_ / v.export * 100, lambda v: v.export, lambda v: v.export + v.import_ - 100),
    unit="",
    why="贸易条件={export}÷{import_}×100={value}",
    stems="""
    出口价格指数{export}，进口价格指数{import_}，贸易条件指数为
    [某国|一国]出口价格指数为{export}、进口价格指数为{import_}，净贸易条件[是|等于]
    """,
    held="以100为基期，卖出品价格{export}、买入品价格{import_}，该国交换比价指数应是",
)
calc(
    "tariff_price",
    numbers={"price": range(20, 2000, 20), "rate": range(5, 60, 5)},
    value=lambda v: v.price * (100 + v.rate) / 100,
    slips=(lambda v: v.price * v.rate / 100, lambda v: v.price * (100 - v.rate) / 100, lambda v: v.price + v.rate),
    unit="元",
    why="国内价格={price}×(1+{rate}%)={value}元",
    stems="""
    小国进口品世界价格{price}元，从价关税{rate}%，征税后国内价格为
    世界市场价{price}元的商品进入小国，按{rate}%从价征税，国内[售价|价格]是
    """,
    held="对一个无力影响国际行情的国家，{price}元的进口货加征{rate}%关税后卖",
)
calc(
    "opportunity_cost",
    numbers={"wheat": range(2, 60), "cloth": range(2, 60)},
    when=lambda v: v.wheat != v.cloth,
    value=lambda v: v.cloth / v.wheat,
    slips=(lambda v: v.wheat / v.cloth, lambda v: v.cloth, lambda v: v.wheat),
    unit="匹布",
    why="1吨小麦的机会成本={cloth}÷{wheat}={value}匹布",
    stems="""
    一国一单位劳动可产小麦{wheat}吨或布{cloth}匹，1吨小麦的机会成本为
    同样资源可生产{wheat}吨小麦或{cloth}匹布，[每吨小麦|一吨麦]的机会成本[是|等于]
    """,
    held="一名工人一年能收{wheat}吨小麦或织{cloth}匹布，为一吨小麦放弃的布是",
)
calc(
    "spending_multiplier",
    numbers={"mpc": (50, 60, 75, 80, 90), "spending": range(10, 900, 5)},
    value=lambda v: v.spending * 100 / (100 - v.mpc),
    slips=(
        lambda v: v.spending * v.mpc / (100 - v.mpc),
        lambda v: v.spending * 100 / v.mpc,
        lambda v: v.spending * v.mpc / 100,
    ),
    unit="亿元",
    why="国民收入增加={spending}÷(1-{mpc}%)={value}亿元",
    stems="""
    边际消费倾向{mpc}%，政府购买增加{spending}亿元，国民收入增加
    居民把新增收入的{mpc}%用于消费，政府多支出{spending}亿元，[产出|国民收入]将增加
    """,
    held="每多得100元就花掉{mpc}元的经济里，追加投资{spending}亿元最终使收入上升",
)
calc(
    "gdp_sum",
    numbers={
        "c": range(100, 900, 10),
        "i": range(50, 500, 10),
        "g": range(50, 500, 10),
        "x": range(20, 300, 10),
        "m": range(10, 290, 10),
    },
    when=lambda v: v.x > v.m,
    value=lambda v: v.c + v.i + v.g + v.x - v.m,
    slips=(
        lambda v: v.c + v.i + v.g + v.x + v.m,
        lambda v: v.c + v.i + v.g,
        lambda v: v.c + v.i + v.x - v.m,
    ),
    unit="亿元",
    why="GDP={c}+{i}+{g}+({x}-{m})={value}亿元",
    stems="""
    消费{c}亿元，投资{i}亿元，政府购买{g}亿元，出口{x}亿元，进口{m}亿元，支出法GDP为
    [某国|一国]消费{c}、投资{i}、政府购买{g}、出口{x}、进口{m}（亿元），国内生产总值是
    """,
    held="居民花费{c}亿元、企业投资{i}亿元、政府买进{g}亿元，外销{x}亿元、外购{m}亿元，总产出等于",
)
calc(
    "unemployment_rate",
    numbers={"work": range(40, 990, 5), "idle": range(2, 120), "out": range(20, 500, 10)},
    value=lambda v: v.idle / (v.work + v.idle) * 100,
    slips=(
        lambda v: v.idle / v.work * 100,
        lambda v: v.idle / (v.work + v.idle + v.out) * 100,
        lambda v: v.work / (v.work + v.idle) * 100,
    ),
    unit="%",
    why="失业率={idle}÷({work}+{idle})={value}%",
    stems="""
    就业人口{work}万，失业人口{idle}万，非劳动力{out}万，失业率为
    某地就业{work}万人、失业{idle}万人、不在劳动力之列{out}万人，[当地|该地]失业率是
    """,
    held="有工作的{work}万人，找工作而未得的{idle}万人，另有学生等{out}万人，无业者占劳动力的",
)
calc(
    "inflation_rate",
    numbers={"old": (80, 100, 120, 125, 150, 160, 200), "new": range(84, 260)},
    when=lambda v: v.old < v.new < v.old * 5 / 4,
    value=lambda v: (v.new - v.old) / v.old * 100,
    slips=(lambda v: (v.new - v.old) / v.new * 100, lambda v: v.new - v.old, lambda v: v.new / v.old * 100),
    unit="%",
    why="通货膨胀率=({new}-{old})÷{old}={value}%",
    stems="""
    消费价格指数由{old}升至{new}，通货膨胀率为
    上年物价指数{old}，本年{new}，[本年|当年]通货膨胀率[是|等于]
    """,
    held="一篮子商品的指数从{old}变到{new}，物价涨幅应是",
)
calc(
    "price_elasticity",
    numbers={"price": range(1, 40), "quantity": range(1, 80)},
    when=lambda v: v.price != v.quantity,
    value=lambda v: v.quantity / v.price,
    slips=(lambda v: v.price / v.quantity, lambda v: v.quantity - v.price, lambda v: v.quantity * v.price / 100),
    unit="",
    why="弹性={quantity}%÷{price}%={value}",
    stems="""
    价格上升{price}%，需求量下降{quantity}%，需求价格弹性的绝对值为
    某商品[涨价|提价]{price}%后销量减少{quantity}%，需求弹性（绝对值）[是|等于]
    """,
    held="票价调高{price}%使乘客少了{quantity}%，弹性系数取绝对值应是",
)
calc(
    "equilibrium_price",
    numbers={"a": range(20, 400, 2), "b": range(2, 9), "c": range(2, 60, 2), "d": range(2, 9)},
    when=lambda v: ((v.a + v.c) / (v.b + v.d)).denominator == 1 and v.a * v.d > v.b * v.c,
    value=lambda v: (v.a + v.c) / (v.b + v.d),
    slips=(
        lambda v: (v.a - v.c) / (v.b + v.d),
        lambda v: v.a - v.b * (v.a + v.c) / (v.b + v.d),
        lambda v: (v.a + v.c) / v.b,
    ),
    unit="",
    why="{a}-{b}P=-{c}+{d}P，P={value}",
    stems="""
    需求函数Qd={a}-{b}P，供给函数Qs=-{c}+{d}P，均衡价格为
    已知Qd={a}-{b}P，Qs=-{c}+{d}P，市场[出清|均衡]时价格[是|等于]
    """,
    held="买方的Qd={a}-{b}P遇上卖方的Qs=-{c}+{d}P，使两者相等的P应为",
)
calc(
    "average_cost",
    numbers={"fixed": range(50, 2000, 10), "variable": range(2, 60), "units": range(5, 200, 5)},
    value=lambda v: v.fixed / v.units + v.variable,
    slips=(
        lambda v: v.fixed / v.units,
        lambda v: v.fixed + v.variable * v.units,
        lambda v: (v.fixed + v.variable) / v.units,
    ),
    unit="元",
    why="平均成本={fixed}÷{units}+{variable}={value}元",
    stems="""
    总成本函数TC={fixed}+{variable}Q，产量{units}时的平均成本为
    厂商TC={fixed}+{variable}Q，当Q={units}时，平均总成本[是|等于]
    """,
    held="固定开支{fixed}元、每件再花{variable}元，做{units}件平均一件花",
)
calc(
    "surplus_value_rate",
    numbers={"c": range(20, 900, 10), "v": range(10, 500, 10), "m": range(10, 700, 10)},
    when=lambda v: v.m != v.v,
    value=lambda v: v.m / v.v * 100,
    slips=(lambda v: v.m / (v.c + v.v) * 100, lambda v: v.m / v.c * 100, lambda v: v.v / v.m * 100),
    unit="%",
    why="剩余价值率={m}÷{v}={value}%",
    stems="""
    不变资本{c}万元，可变资本{v}万元，剩余价值{m}万元，剩余价值率为
    某资本家投入不变资本{c}万、可变资本{v}万，获剩余价值{m}万，剥削[率|程度]是
    """,
    held="机器原料值{c}万元、工资{v}万元、无偿占有{m}万元，m与v之比是",
)
calc(
    "profit_rate",
    numbers={"c": range(20, 900, 10), "v": range(10, 500, 10), "m": range(10, 700, 10)},
    value=lambda v: v.m / (v.c + v.v) * 100,
    slips=(lambda v: v.m / v.v * 100, lambda v: v.m / v.c * 100, lambda v: v.m / (v.c + v.v + v.m) * 100),
    unit="%",
    why="利润率={m}÷({c}+{v})={value}%",
    stems="""
    预付不变资本{c}万元、可变资本{v}万元，剩余价值{m}万元，利润率为
    全部预付资本中c={c}万元、v={v}万元，m={m}万元，利润率[是|等于]
    """,
    held="剩余价值与全部垫支之比：c为{c}万元、v为{v}万元、m为{m}万元时等于",
)
calc(
    "money_in_circulation",
    numbers={"total": range(100, 9000, 20), "speed": range(2, 21)},
    value=lambda v: v.total / v.speed,
    slips=(lambda v: v.total * v.speed, lambda v: v.total - v.speed, lambda v: v.total / (v.speed + 1)),
    unit="亿元",
    why="货币需要量={total}÷{speed}={value}亿元",
    stems="""
    待售商品价格总额{total}亿元，货币流通速度{speed}次，流通中需要的货币量为
    全社会商品价格总额为{total}亿元，货币平均流通{speed}次，[所需|需要]货币[是|等于]
    """,
    held="要实现总价{total}亿元的商品、而每元货币转手{speed}次，市面上需有货币",
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
calc(
    "sample_mean",
    numbers={"a": range(2, 60), "b": range(2, 60), "c": range(2, 60), "d": range(2, 60)},
    when=lambda v: len({v.a, v.b, v.c, v.d}) == 4,
    value=lambda v: (v.a + v.b + v.c + v.d) / 4,
    slips=(
        lambda v: (v.a + v.b + v.c + v.d) / 3,
        lambda v: (max(v.a, v.b, v.c, v.d) + min(v.a, v.b, v.c, v.d)) / 2,
        lambda v: v.a + v.b + v.c + v.d - max(v.a, v.b, v.c, v.d) - min(v.a, v.b, v.c, v.d),
    ),
    unit="",
    why="均值=({a}+{b}+{c}+{d})÷4={value}",
    stems="""
    样本观测值为{a}、{b}、{c}、{d}，其算术平均数为
    一组数据{a}，{b}，{c}，{d}的均值[是|等于]
    """,
    held="四次测得{a}、{b}、{c}和{d}，平均水平应为",
)
calc(
    "standard_error",
    numbers={"sigma": range(2, 200), "size": (4, 9, 16, 25, 36, 64, 100, 400)},
    value=lambda v: v.sigma / {4: 2, 9: 3, 16: 4, 25: 5, 36: 6, 64: 8, 100: 10, 400: 20}[int(v.size)],
    slips=(lambda v: v.sigma / v.size, lambda v: v.sigma, lambda v: v.sigma * v.sigma / v.size),
    unit="",
    why="标准误={sigma}÷√{size}={value}",
    stems="""
    总体标准差{sigma}，样本容量{size}，样本均值的标准误为
    从标准差为{sigma}的总体中重复抽取{size}个单位，均值的抽样[标准误|平均误差]是
    """,
    held="标准差{sigma}的总体，取{size}个观测求平均，该平均数的波动（标准误）应是",
)
calc(
    "z_score",
    numbers={"x": range(40, 180), "mean": range(40, 150), "sigma": range(2, 26)},
    when=lambda v: v.x > v.mean and v.x - v.mean != v.sigma,
    value=lambda v: (v.x - v.mean) / v.sigma,
    slips=(lambda v: v.x / v.sigma, lambda v: v.x - v.mean, lambda v: v.sigma / (v.x - v.mean)),
    unit="",
    why="z=({x}-{mean})÷{sigma}={value}",
    stems="""
    观测值{x}，均值{mean}，标准差{sigma}，标准分数为
    [某人|某学生]得分{x}，全体均值{mean}、标准差{sigma}，其z分数[是|等于]
    """,
    held="成绩{x}与均值{mean}相差多少个标准差（标准差{sigma}）？标准化值应是",
)
calc(
    "price_index",
    numbers={"old": range(20, 900, 20), "new": range(20, 990, 2)},
    when=lambda v: v.old * 3 / 4 < v.new < v.old * 3 / 2 and v.new != v.old,
    value=lambda v: v.new / v.old * 100,
    slips=(lambda v: v.old / v.new * 100, lambda v: abs(v.new - v.old) / v.old * 100, lambda v: 100 + v.new - v.old),
    unit="%",
    why="价格指数={new}÷{old}={value}%",
    stems="""
    基期价格{old}元，报告期价格{new}元，个体价格指数为
    某商品基期售{old}元、报告期售{new}元，其价格指数[是|等于]
    """,
    held="单价由{old}元变为{new}元，以基期为100%的个体指数应是",
)
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
    "real_rate",
    numbers={"nominal": tenths(10, 150), "inflation": tenths(5, 90)},
    when=lambda v: v.nominal > v.inflation and v.nominal != 2 * v.inflation,
    value=lambda v: v.nominal - v.inflation,
    slips=(lambda v: v.nominal + v.inflation, lambda v: v.inflation, lambda v: v.nominal / 2),
    unit="%",
    why="实际利率≈{nominal}%-{inflation}%={value}%",
    stems="""
    名义利率{nominal}%，通货膨胀率{inflation}%，实际利率约为
    存款年利率{nominal}%，物价上涨{inflation}%，[近似的|大致的]实际利率[是|等于]
    """,
    held="票面利息{nominal}%被{inflation}%的物价涨幅侵蚀后，真实回报近似于",
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
