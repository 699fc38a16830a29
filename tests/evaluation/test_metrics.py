"""Each score against numbers worked by hand and against scikit-learn and rouge-chinese."""

import numpy as np
import pytest
from processor_time import within
from rouge_chinese import Rouge
from sklearn.metrics import f1_score
from sklearn.preprocessing import MultiLabelBinarizer

from assl_utils.evaluation import metrics
from assl_utils.evaluation.metrics import character_f1, item_scores, set_counts, set_f1
from assl_utils.tasks import parsing
from assl_utils.tasks.catalog import LABELS


@pytest.mark.parametrize(
    ("answer", "reference", "expected"),
    [
        ("长实集团", "长实集团", 1.0),
        ("长实", "长实集团", 2 / 3),  # precision 1, recall 1/2
        ("集团长实", "长实集团", 1.0),  # characters, not order
        ("股股股", "股份", 2 / 5),  # one 股 shared: 2 * 1 / (3 + 2)
        ("５,３７１万元", "5371万元", 1.0),  # width and separators
        ("1.5%", "15%", 6 / 7),  # the point of a number stays
        ("“长实集团”。", "长实集团", 1.0),
        ("Ltd", "LTD", 1.0),
        ("甲", "乙", 0.0),
        ("", "乙", 0.0),
        ("。", "。", 0.0),  # nothing to compare is nothing shared
    ],
)
def test_character_f1_worked_by_hand(answer, reference, expected):
    assert character_f1(answer, reference) == pytest.approx(expected)
    assert character_f1(reference, answer) == pytest.approx(expected)


def character_f1_read_aloud(answer, reference):
    """Strike out each shared character once; precision and recall of what was struck."""
    left, right = list(metrics.plain_characters(answer)), list(metrics.plain_characters(reference))
    shared, rest = 0, right.copy()
    for c in left:
        if c in rest:
            rest.remove(c)
            shared += 1
    precision, recall = shared / max(len(left), 1), shared / max(len(right), 1)
    return 2 * precision * recall / (precision + recall) if shared else 0.0


def test_character_f1_equals_its_definition_on_random_texts():
    rng = np.random.default_rng(0)
    for _ in range(300):
        a, b = ("".join(rng.choice(list("甲乙丙1.%，Aa "), size=rng.integers(0, 12))) for _ in range(2))
        assert character_f1(a, b) == pytest.approx(character_f1_read_aloud(a, b))


def test_set_counts_worked_by_hand():
    counts = set_counts(
        "NL", ["中国 公司", "中国", "", "外国 行业"], ["中国 公司", "中国 公司", "中国 公司", "中国 行业"]
    )
    assert counts.tolist() == [[2, 0, 0], [1, 0, 1], [0, 1, 2], [1, 1, 1]]
    assert set_f1(counts).tolist() == pytest.approx([1, 2 / 3, 0, 1 / 2])


def test_an_empty_gold_set_rewards_none_and_punishes_claims_and_gibberish():
    counts = set_counts("NSP2", ["无", "甲", ""], ["无", "无", "无"])
    assert counts.tolist() == [[0, 0, 0], [0, 1, 0], [0, 1, 0]]
    assert set_f1(counts).tolist() == [1, 0, 0]


@pytest.mark.parametrize("task", ["NL", "RE", "NSP2"])
def test_micro_f1_is_that_of_scikit_learn(task):
    rng = np.random.default_rng(1)
    names = {"NL": LABELS["news_classification"], "RE": LABELS["relation"], "NSP2": tuple("甲乙丙丁")}[task]
    between = "；" if task == "NSP2" else " "

    def draw():
        picked = rng.choice(names, size=rng.integers(task != "NSP2", 4), replace=False)
        return between.join(picked) or "无"

    references, parsed = [draw() for _ in range(200)], [draw() if rng.random() < 0.9 else "" for _ in range(200)]
    binary = MultiLabelBinarizer(classes=[*names, parsing.UNPARSED])
    gold = binary.fit_transform([parsing.reference_set(task, text) for text in references])
    said = binary.transform([parsing.as_set(task, text) for text in parsed])
    counts = set_counts(task, parsed, references)
    hits, false, missed = counts.sum(axis=0)
    assert 2 * hits / (2 * hits + false + missed) == pytest.approx(f1_score(gold, said, average="micro"), abs=1e-12)
    by_item = [f1_score(g, s, zero_division=1.0) for g, s in zip(gold, said, strict=True)]
    assert set_f1(counts) == pytest.approx(by_item, abs=1e-12)


def test_summaries_score_as_in_rouge_chinese():
    said = ["央行开展 7天期逆回购。利率不变", "恒岭银行净利润增长3.5%", "乱写", ""]
    gold = ["央行开展逆回购", "恒岭银行：净利增3.5%！同比", "证监会发布新规", "有答案"]
    ours = item_scores("NA", said, gold)
    theirs = Rouge(metrics=["rouge-l"]).get_scores([" ".join(a) for a in said[:3]], [" ".join(b) for b in gold[:3]])
    assert ours[:3] == pytest.approx([one["rouge-l"]["f"] for one in theirs], abs=1e-9)
    assert ours[3] == 0


def test_single_answers_are_right_or_wrong():
    assert list(item_scores("FE", ["积极", "", "中性"], ["积极", "积极", "消极"])) == [1, 0, 0]
    assert list(item_scores("exam", ["A", "AC", ""], ["A", "A", "D. 社会总产品"])) == [1, 0, 0]
    assert list(item_scores("NSP1", ["有", "无"], ["有", "有"])) == [1, 0]
    with pytest.raises(ValueError, match="FE: the reference '上涨'"):
        item_scores("FE", ["积极"], ["上涨"])


REFERENCES = {
    "FE": "积极", "QA": "5842万股", "NA": "央行开展逆回购", "RE": "收购", "NSP1": "有", "NSP2": "甲；乙", "NL": "中国",
    "exam": "A",
}  # fmt: skip


@pytest.mark.parametrize("task", REFERENCES)
def test_endless_answers_and_references_are_scored_in_linear_time(task):
    """An answer of 30,000 characters, read and scored in some 30 ms; 选 alone took hours."""
    reference = REFERENCES[task]
    for again in ["选", "(", "有", "无关系", "选 ", "答案", "A、", "\n", "。", "；甲", "\u0f73"]:
        text = again * (30_000 // len(again))
        with within(2.0, f"{task}, {again!r} again and again"):
            scores = item_scores(task, [parsing.parse(task, text)[0], text], [reference] * 2)
            assert 0 <= min(scores) <= max(scores) < 1
        # what is known comes last, after so much that is none of it
        with within(2.0, f"{task}, a reference of {again!r} again and again"):
            try:
                item_scores(task, [reference], [f"{text}\n{reference}"])
            except ValueError as error:
                assert "reference" in str(error)
