"""Texts for encoders: three topics, and lengths of all kinds."""

import numpy as np

TOPICS = {
    "profit": (["公司", "净利润", "同比", "增长", "年报", "营收"], "业绩"),
    "rates": (["央行", "降息", "利率", "国债", "货币", "政策"], "宏观"),
    "crypto": (["比特币", "区块链", "交易所", "代币", "矿机", "钱包"], "币圈"),
}


def corpus(n=60, seed=0):
    """Texts of words drawn from one of three topics, and the topic of each."""
    rng = np.random.default_rng(seed)
    topics = [list(TOPICS)[i % 3] for i in range(n)]
    texts = ["今天" + "".join(rng.choice(TOPICS[t][0], 8)) + TOPICS[t][1] for t in topics]
    return texts, np.array(topics)


def mixed(n=130):
    """Texts of 1 to some 120 characters, in no order, with repeats."""
    rng = np.random.default_rng(2)
    words = [word for topic in TOPICS.values() for word in topic[0]]
    texts = ["".join(rng.choice(words, size)) for size in rng.integers(1, 50, n)]
    return texts + texts[:9]
