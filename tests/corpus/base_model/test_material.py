"""Pieces that the generic skills are made of."""

import numpy as np
import pytest

from assl_utils.corpus.base_model.material import Material

TEXTS = [
    "远岚科技3月12日公告，拟以2.5亿元收购锦沧电子60%股权。公司表示，交易完成后产能将提升35.5%。此举有助于完善布局。",
    "受台风影响，沿海多地港口停工，橡胶到货减少。贸易商称，库存已降至2019年以来低位，价格上调300元。",
    "周二盘中，白酒板块走强，半导体回落！成交额较前一日放大12%，北向资金净流入4.6亿元。分析人士提示风险。",
    "某市住房公积金中心调整贷款额度，家庭最高可贷120万元，自7月1日起执行。市民可在网上申请。",
]


@pytest.fixture
def material():
    return Material(TEXTS, np.random.default_rng(0))


def test_words_never_contain_each_other(material):
    for _ in range(300):
        words = material.words(4)
        assert all(a == b or a not in b for a in words for b in words)


def test_a_span_occurs_once_and_never_cuts_a_number(material):
    for text in TEXTS * 20:
        piece = material.span_of(text)
        if piece is not None:
            at = text.index(piece)
            before, after = text[at - 1 : at], text[at + len(piece) : at + len(piece) + 1]
            assert text.count(piece) == 1
            assert not (piece[0].isdigit() and before.isdigit()) and not (piece[-1].isdigit() and after.isdigit())


def test_passages_and_sentences_keep_their_limits(material):
    for _ in range(200):
        assert len(material.passage(40)) <= 40 and len(material.sentence(30)) <= 30
        assert len(set(material.sentences(3, 30))) == 3
        assert len(set(material.labels(4))) == 4
