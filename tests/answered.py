"""Questions with their references, and models that answer a share of them."""

import numpy as np
import pandas as pd

from assl_utils.evaluation import tables
from assl_utils.evaluation.tables import TABLE2

REFERENCES = {
    "FE": ["积极", "消极", "中性", "积极"],
    "QA": ["长实集团", "无相应参数", "5842万股", "甲公司"],
    "NA": ["央行开展逆回购", "恒岭银行净利增长", "证监会发布新规", "油价上涨"],
    "RE": ["收购", "其他", "持股 拥有", "合作"],
    "NSP1": ["有", "无", "有", "无"],
    "NSP2": ["甲公司；乙公司", "无", "丙公司", "无"],
    "NL": ["中国 公司", "外国 大盘", "中国 政策", "国际 能源"],
}
WRONG = {"FE": "积极", "QA": "甲", "NA": "央行", "RE": "其他", "NSP1": "有", "NSP2": "甲公司", "NL": "中国 公司"}


def evaluation_rows(copies=1):
    rows = []
    for task, references in REFERENCES.items():
        for i in range(copies):
            for j, reference in enumerate(references):
                rows.append(("cfleb", task, f"cfleb-{task.lower()}-{i:03d}{j}", reference, "", ""))
    for group, letters in zip(TABLE2, ("ABCDA", "BB", "CDC", "D"), strict=True):
        for i in range(copies):
            for j, letter in enumerate(letters):
                rows.append(("fineval", "exam", f"{group}-{i:03d}{j}", letter, f"{group} I", group))
    return pd.DataFrame(rows, columns=["benchmark", "task", "id", "reference", "subject", "group"])


def noisy(name, rows, right, seed):
    """A model that knows the answer to a share of the items and says one fixed thing or babbles elsewhere."""
    rng = np.random.default_rng(seed)
    draws = rng.random(len(rows))
    fixed = [WRONG.get(task, "A") for task in rows["task"]]
    answers = [
        gold if draw < right else (other if draw < 0.95 else "？？")
        for gold, other, draw in zip(rows["reference"], fixed, draws, strict=True)
    ]
    return tables.judge(name, rows, answers)
