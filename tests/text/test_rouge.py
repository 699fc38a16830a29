"""ROUGE equals rouge-chinese wherever that package has an answer, and is 0 where it has an exception."""

import json
import random

import data_replica
import jieba
import numpy as np
import pytest
from rouge_chinese import Rouge

from assl_utils.corpus import running_text
from assl_utils.text.rouge import rouge_l, rouge_n, tokens

jieba.setLogLevel("WARNING")
PAIRS = [
    ("公司上半年净利润同比增长三成。", "上半年，公司净利润同比增长30%。"),
    ("积极", "积极"),
    ("积极", "消极"),
    ("跑赢大盘", "中性"),
    (
        "央行今日开展一千亿元逆回购操作，利率维持不变。资金面整体平稳。",
        "央行开展逆回购操作一千亿元。中标利率不变！市场资金面平稳吗？",
    ),
    ("涨涨涨，还是涨涨涨", "涨"),
    ("他说：“降息了。”市场随即大涨……", "“降息了。”他说，市场应声上涨……"),
    ("甲公司，破产清算\n乙公司，高管变动", "乙公司，高管变动\n甲公司，破产清算"),
    ("A股三大指数收跌，沪指跌1.25%，创业板指跌 2.3%", "沪指跌1.25%，创业板指跌2.3%，A股收跌"),
    ("其他", "增持 收购 其他"),
    ("？！。", "。？"),
    ("好。 ” 好", "好。”好"),
    ("公司拟回购股份用于员工持股计划，金额不低于五亿元且不超过十亿元", "公司：拟以5亿元至10亿元回购股份"),
]


def cut(text, by):
    """Characters, or jieba's words."""
    return tokens(text) if by == "characters" else [word for part in jieba.lcut(text) if (word := part.strip())]


def by_the_package(hypothesis, reference, metric):
    """What rouge-chinese itself says about two token lists."""
    return Rouge(metrics=[metric]).get_scores(" ".join(hypothesis), " ".join(reference))[0][metric]


def subsequence_by_table(a, b):
    """The longest common subsequence as textbooks fill its table."""
    table = [[0] * (len(b) + 1) for _ in range(len(a) + 1)]
    for i, x in enumerate(a, 1):
        for j, y in enumerate(b, 1):
            table[i][j] = table[i - 1][j - 1] + 1 if x == y else max(table[i - 1][j], table[i][j - 1])
    return table[-1][-1]


def check(ours, expected):
    for row, want in zip(ours.itertuples(), expected, strict=True):
        for name in "fpr":
            assert getattr(row, name) == pytest.approx(want[name], abs=1e-12)


@pytest.mark.parametrize("by", ["characters", "words"])
@pytest.mark.parametrize("metric", ["rouge-1", "rouge-2", "rouge-3", "rouge-l"])
def test_chinese_texts_score_as_rouge_chinese_says(metric, by):
    hypotheses = [cut(h, by) for h, _ in PAIRS]
    references = [cut(r, by) for _, r in PAIRS]
    ours = rouge_l(hypotheses, references) if metric == "rouge-l" else rouge_n(hypotheses, references, int(metric[-1]))
    assert list(ours.columns) == ["f", "p", "r"]
    check(ours, [by_the_package(h, r, metric) for h, r in zip(hypotheses, references, strict=True)])


@pytest.mark.parametrize("seed", range(5))
def test_random_token_lists_score_as_rouge_chinese_says(seed):
    draw = random.Random(seed)
    words = ["涨", "跌", "央行", "……", "。", "？", "%", "A股", "利润", "”", "1.5"]
    pairs = [[[draw.choice(words) for _ in range(draw.randint(1, 40))] for _ in range(2)] for _ in range(60)]
    hypotheses, references = [p[0] for p in pairs], [p[1] for p in pairs]
    check(rouge_l(hypotheses, references), [by_the_package(h, r, "rouge-l") for h, r in pairs])
    check(rouge_n(hypotheses, references), [by_the_package(h, r, "rouge-2") for h, r in pairs])


def texts_of(place):
    """Pairs of Chinese texts: generated ones, or 150 articles and headlines of the mirror's FinNA."""
    if place == "corpus":
        texts = list(running_text.raw_text(120, 3))
        return list(zip(texts[::2], texts[1::2], strict=True))
    root = data_replica.mirror()
    if root is None:
        pytest.skip("the real mirror is not here")
    pairs = json.loads((root / "raw" / "fincuge-finna" / "eval_list.json").read_text(encoding="utf-8"))
    return [(headline, article[:400]) for headline, article in pairs[:150]]


@pytest.mark.parametrize("by", ["characters", "words"])
@pytest.mark.parametrize("place", ["corpus", "real"])
def test_whole_texts_score_as_rouge_chinese_says(place, by):
    pairs = [(cut(a, by), cut(b, by)) for a, b in texts_of(place)]
    hypotheses, references = [a for a, _ in pairs], [b for _, b in pairs]
    for metric in ("rouge-1", "rouge-2", "rouge-l"):
        expected = [by_the_package(h, r, metric) for h, r in pairs]
        if metric == "rouge-l":
            check(rouge_l(hypotheses, references), expected)
        else:
            check(rouge_n(hypotheses, references, int(metric[-1])), expected)


def test_the_subsequence_is_the_longest():
    draw = random.Random(0)
    pairs = [[[draw.randint(0, 5) for _ in range(draw.randint(1, 150))] for _ in range(2)] for _ in range(40)]
    ours = rouge_l([p[0] for p in pairs], [p[1] for p in pairs])
    for (h, r), p, q in zip(pairs, ours.p, ours.r, strict=True):
        assert p == subsequence_by_table(h, r) / len(h)
        assert q == subsequence_by_table(h, r) / len(r)


def test_one_word_among_letters_does_not_mix_the_alphabets():
    assert rouge_l([["ab", ""]], [["a", "b"]]).f[0] == 0.0
    assert rouge_l([["a", "b"], ["bc"]], [["a", "b"], ["b"]]).p.tolist() == [1.0, 0.0]
    assert rouge_l([[1, 2, 3]], [[3, 1, 2]]).p[0] == 2 / 3
    assert rouge_l([[("a",), ("b",)]], [[("a",)]]).p[0] == 0.5


def test_worked_by_hand():
    h, r = list("净利润增长"), list("利润大增")  # 利 润 增 in common
    row = rouge_l([h], [r]).iloc[0]
    assert (row.p, row.r) == (3 / 5, 3 / 4)
    assert row.f == pytest.approx(2 / 3, abs=1e-7)
    two = rouge_n([h], [r], 2).iloc[0]  # 利润 in common
    assert (two.p, two.r) == (1 / 4, 1 / 3)


def test_a_word_said_twice_counts_once_in_rouge_n():
    assert rouge_n([list("涨涨涨")], [list("涨")], 1).p[0] == 1.0
    assert rouge_l([list("涨涨涨")], [list("涨")]).p[0] == 1 / 3


def test_an_empty_answer_scores_zero():
    empty = rouge_l([[], list("好"), []], [list("好"), [], []])
    assert empty.to_numpy().tolist() == [[0.0] * 3] * 3
    assert rouge_n([[], list("好"), ["好"]], [list("好"), [], ["好"]], 2).to_numpy().tolist() == [[0.0] * 3] * 3
    assert rouge_l([], []).shape == (0, 3)


def test_more_pairs_than_a_batch(monkeypatch):
    draw = np.random.default_rng(0)
    pairs = [[list(map(str, draw.integers(0, 30, size=draw.integers(0, 9)))) for _ in range(2)] for _ in range(50)]
    whole = rouge_l([p[0] for p in pairs], [p[1] for p in pairs])
    monkeypatch.setattr("assl_utils.text.rouge.BATCH", 7)
    assert whole.equals(rouge_l([p[0] for p in pairs], [p[1] for p in pairs]))


def test_tokens_are_characters_and_never_white_space():
    assert tokens("净利润 增长\n3%\u3000") == ["净", "利", "润", "增", "长", "3", "%"]
    assert tokens("  ") == tokens("") == []


def test_what_is_not_a_token_list_is_refused():
    with pytest.raises(TypeError, match="hypothesis 1"):
        rouge_l([["好"], "好"], [["好"], ["好"]])
    with pytest.raises(ValueError, match="1 hypotheses but 2 references"):
        rouge_n([["好"]], [["好"], ["好"]])
    with pytest.raises(TypeError, match="float"):
        tokens(float("nan"))
    with pytest.raises(ValueError, match="at least one"):
        rouge_n([["好"]], [["好"]], 0)
