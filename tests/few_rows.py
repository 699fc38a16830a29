"""Twelve rows, and a recipe under which a tiny model learns them in seconds."""

import pandas as pd

ROWS = pd.DataFrame(
    [
        {"instruction": "判断情感", "input": text, "output": answer}
        for text, answer in [
            ("公司发布年报，净利润同比增长三成", "积极"),
            ("受处罚消息影响，股价下跌", "消极"),
            ("股价上涨", "积极，公司股价上涨"),
            ("两个句子", "否"),
            ("投资者情绪消极", "消极"),
            ("公司年报", ""),
        ]
    ]
    * 2
)
QUICK = {"lr": 1e-2, "batch_size": 4, "r": 4, "alpha": 8}
