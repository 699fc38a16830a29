"""Calculations of the economy: prices, output, trade, and Marx's measures."""

from assl_utils.corpus.exam.calc import calc

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
