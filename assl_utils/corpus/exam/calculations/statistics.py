"""Calculations of statistics and econometrics."""

from assl_utils.corpus.exam.calc import calc, hundredths, tenths

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
