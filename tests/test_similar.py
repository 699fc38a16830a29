"""Near copies found by hashing are exactly those that comparing every pair finds."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from assl_utils import similar
from assl_utils.similar import contained_pairs, jaccard, near_pairs, normalise, shingles

ROOT = Path(__file__).resolve().parent.parent


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("  恒岭银行（600000），净利润 同比增长１５％！", "恒岭银行600000净利润同比增长15"),
        ("增长1.5%", "增长1.5"),  # is not 15
        ("第1. 第2.", "第1第2"),
        ("ABC_d", "abcd"),
        ("\u3000\ufeff\u200b\n", ""),
        ("。。。！？", ""),
        ("", ""),
    ],
)
def test_normalised_texts(text, expected):
    assert normalise(text) == expected
    assert normalise(expected) == expected


def test_shingles_and_jaccard_worked_by_hand():
    assert shingles("甲乙丙丁戊己", 5) == {"甲乙丙丁戊", "乙丙丁戊己"}
    assert shingles("甲乙") == {"甲乙"}
    assert shingles("") == set()
    assert jaccard({1, 2, 3}, {2, 3, 4}) == 0.5
    assert jaccard(set(), set()) == 0


def texts_with_copies(seed):
    """Random texts, each with copies of which more and more characters are changed."""
    rng = np.random.default_rng(seed)
    out = []
    for _ in range(25):
        base = rng.integers(0x4E00, 0x4E00 + 400, size=rng.integers(3, 80))
        for changes in (0, 1, 2, 4):
            copy = base.copy()
            copy[rng.integers(0, len(copy), size=changes)] = 0x4E00 + rng.integers(0, 400)
            out.append("".join(map(chr, copy)))
    return list(dict.fromkeys(out))


@pytest.mark.parametrize("near", [0.5, 0.8, 0.95, 1.0])
def test_near_pairs_are_those_of_comparing_everything(near):
    queries, texts = texts_with_copies(0), texts_with_copies(0)[::-1] + texts_with_copies(1)
    expected = [
        (i, j, jaccard(shingles(a), shingles(b)))
        for i, a in enumerate(queries)
        for j, b in enumerate(texts)
        if jaccard(shingles(a), shingles(b)) >= near
    ]
    assert near_pairs(queries, texts, near) == expected


def test_contained_pairs_are_those_of_comparing_everything():
    rng = np.random.default_rng(2)
    whole = ["".join(map(chr, rng.integers(0x4E00, 0x4E00 + 30, size=60))) for _ in range(40)]
    cuts = [text[a : a + size] for text in whole for a, size in [(5, 19), (5, 20), (0, 35), (30, 30)]]
    left, right = [*whole, *cuts], [*cuts[::3], *whole[::2], ""]
    expected = [
        (i, j)
        for i, a in enumerate(left)
        for j, b in enumerate(right)
        if a != b and min(len(a), len(b)) >= similar.SHORTEST_PART and (a in b or b in a)
    ]
    assert contained_pairs(left, right) == expected
    assert contained_pairs(["短"], ["短文"]) == contained_pairs([], right) == []


def test_nothing_is_found_among_nothing():
    assert near_pairs([], ["甲"]) == near_pairs(["甲"], []) == near_pairs([""], [""]) == []
    with pytest.raises(ValueError, match=r"inside \(0, 1\]"):
        near_pairs(["甲"], ["甲"], near=0)


def test_another_process_hashes_alike():
    code = "from assl_utils.similar import _signature; print(_signature('恒岭银行净利润同比增长').hashvalues.tolist())"
    runs = set()
    for seed in ("1", "2"):
        env = os.environ | {"PYTHONHASHSEED": seed}
        runs.add(subprocess.run([sys.executable, "-c", code], env=env, cwd=ROOT, capture_output=True, text=True).stdout)
    assert runs == {f"{similar._signature('恒岭银行净利润同比增长').hashvalues.tolist()}\n"}
