"""What is printed in the chapters is what it says: the longest common subsequence, and ROUGE-L by it."""

from itertools import combinations

import numpy as np
import pytest

from assl_utils.selection import literal
from assl_utils.text import rouge


def is_within(part, whole):
    left = iter(whole)
    return all(letter in left for letter in part)


@pytest.mark.parametrize("seed", range(10))
def test_the_common_subsequence_is_the_longest_of_all(seed):
    rng = np.random.default_rng(seed)
    a, b = ("".join(rng.choice(list("甲乙丙"), rng.integers(0, 9))) for _ in range(2))
    of_a = (part for n in range(len(a), -1, -1) for part in combinations(a, n))
    assert literal.common_subsequence(a, b) == len(next(part for part in of_a if is_within(part, b)))


def test_rouge_l_equals_the_fast_one():
    pairs = [("净利润增长", "公司净利润大幅增长"), ("积极", "消极"), ("", "是"),
             ("是", ""), ("", ""), ("是", "是"), ("ABAB", "BABA")]  # fmt: skip
    fast = rouge.rouge_l(*zip(*(map(rouge.tokens, pair) for pair in pairs), strict=True))["f"]
    assert [literal.rouge_l(*pair) for pair in pairs] == pytest.approx(fast.tolist(), abs=1e-7)


def test_rouge_l_by_hand():
    assert literal.common_subsequence("净利润增长", "公司净利润大幅增长") == 5
    assert literal.rouge_l("净利润增长", "公司净利润大幅增长") == 10 / 14
