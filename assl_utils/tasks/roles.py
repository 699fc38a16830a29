"""Three analysts for all rows: macro, micro and quant, by a rule short enough to print.

FinTeamExperts divides its training data by the role of the reader: a macro analyst (economy, policy, rates,
industries), a micro analyst (a company, its news and events), a quantitative analyst (prices, numbers to compute). It
names the roles and no rule; this one is ours. An exam question that states an amount and asks for a number is quant.
For every other row the words of `WORDS` in its text are counted, and the role with most words gets the row. The role
that `OWN` gives to the row's sub-task counts half a word more, so it decides where the words do not.
"""

import re

import numpy as np

from assl_utils.errors import DataError
from assl_utils.tasks.catalog import SUBTASKS

ROLES = ("macro", "micro", "quant")
WORDS = {
    "macro": tuple(
        """
        经济 宏观 政策 央行 利率 降息 加息 货币 财政 税收 通胀 CPI PPI GDP 就业 失业 汇率 外汇 进口 出口 进出口 关税
        行业 产业 产量 供给 需求 库存 统计 国务院 监管部门 全国 美联储 欧盟 原油 房地产
        """.split()
    ),
    "micro": tuple(
        """
        公司 股东 公告 披露 净利润 营收 业务 董事 总经理 收购 入股 增持 减持 质押 子公司 签署 合作 诉讼 起诉 处罚
        违约 研报 评级 产品 投产 停产 客户 用户 审计 会计 实体
        """.split()
    ),
    "quant": tuple(
        """
        股价 股票 涨停 跌停 涨幅 跌幅 收盘 报收 大盘 点位 指数 期货 合约 主力 成交 净买入 净卖出 均线 行情 抄底 走势
        期权 净值 收益率 估值 市盈率 目标价 贴现 概率 方差 标准差 回归
        """.split()
    ),
}
OWN = dict.fromkeys(SUBTASKS, "micro") | {"news_classification": "macro", "causal_qa": "macro"}
EXAMS = ("single_choice", "multiple_choice")
OPTION = re.compile(r"^\s*[A-H]\s*[、.．:：]\s*(.*)$", re.MULTILINE)
NUMBER = re.compile(r"[-−]?\d")
AMOUNT = re.compile(r"\d\s*(?:万|亿|元|%|％|股|倍|个百分点)")


def calculates(text):
    """Whether an exam question asks for a number: its options all begin with one, and its stem states an amount."""
    options = OPTION.findall(text)
    stem = text[: OPTION.search(text).start()] if options else ""
    return bool(options) and all(map(NUMBER.match, options)) and AMOUNT.search(stem) is not None


def evidence(rows):
    """How much speaks for each role, before the largest is taken.

    Parameters
    ----------
    rows : DataFrame
        Columns subtask, instruction and input. The text is the input; the instruction is read only where the input is
        empty, for it is one of thirty wordings drawn at random, and some of them quote a whole list of labels.

    Returns
    -------
    ndarray of shape (n, 3), float64
        In the order of `ROLES`: different words found, half a word for the sub-task's own role, infinity for the
        calculation of an exam question.
    """
    if missing := [name for name in ("subtask", "instruction", "input") if name not in rows]:
        raise DataError(f"rows lack the column {' and '.join(missing)}, by which their role is decided")
    if unknown := sorted(set(rows["subtask"]) - set(SUBTASKS)):
        raise DataError(f"no role for the sub-task {unknown[0]!r}; there are {', '.join(SUBTASKS)}")
    found = np.zeros((len(rows), len(ROLES)))
    columns = (rows[name].fillna("") for name in ("subtask", "instruction", "input"))
    for counts, subtask, instruction, text in zip(found, *columns, strict=True):
        text = text or instruction
        counts[:] = [sum(word in text for word in WORDS[role]) for role in ROLES]
        counts[ROLES.index(OWN[subtask])] += 0.5
        if subtask in EXAMS and calculates(text):
            counts[ROLES.index("quant")] = np.inf
    return found


def roles(rows):
    """The role of each row, an array of ``macro``, ``micro`` and ``quant``; of equal evidence the first in `ROLES`."""
    return np.array(ROLES)[evidence(rows).argmax(axis=1)]
