"""Near copies and parts that are found are exactly those that comparing every pair finds."""

import json
import os
import re
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from assl_utils.text import near
from assl_utils.text.near import contained_pairs, jaccard, near_pairs, shingles

ROOT = Path(__file__).resolve().parents[2]


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


def grams_read_aloud(text):
    """Every run of five characters; a shorter text is its own only run, an empty one has none."""
    if len(text) < 5:
        return {text} if text else set()
    return {a + b + c + d + e for a, b, c, d, e in zip(text, text[1:], text[2:], text[3:], text[4:], strict=False)}


def near_pairs_read_aloud(queries, texts, near):
    """Every query beside every text, the definition of Jaccard's similarity, nothing left out."""
    left, right = [grams_read_aloud(text) for text in queries], [grams_read_aloud(text) for text in texts]
    pairs = []
    for i, a in enumerate(left):
        for j, b in enumerate(right):
            if a and b and len(a & b) / len(a | b) >= near:
                pairs.append((i, j, len(a & b) / len(a | b)))
    return pairs


def contained_pairs_read_aloud(left, right):
    """Every text beside every other; a part of twenty characters or more counts."""
    pairs = [(i, j) for i in range(len(left)) for j in range(len(right))]
    long = [(i, j) for i, j in pairs if len(left[i]) >= 20 and len(right[j]) >= 20 and left[i] != right[j]]
    return [(i, j) for i, j in long if left[i] in right[j] or right[j] in left[i]]


NASTY = [
    "", "甲", "甲乙", "甲乙丙丁", "甲乙丙丁戊", "乙甲丙丁戊", "\0", "\0\0\0\0\0", "甲\0\0\0\0", "乙丙丁戊\0",
    "\ud83d", "\ude00", "\U0001f600", "\ud83d\ude00\ud83d\ude00\ud83d",
    "\U0001f600" * 30, "\U0010ffff" * 6, "𠀀𠀁𠀂𠀃𠀄𠀅",
    *("哈" * n for n in (1, 4, 5, 6, 19, 20, 21, 10_000)), "哈" * 9_999 + "笑", "笑" + "哈" * 9_999, "哈哈笑" * 3_000,
    *("哈" * n + "笑" for n in (3, 4, 19, 20, 40)), "笑" + "哈" * 20 + "笑",
]  # fmt: skip


@pytest.mark.parametrize("near", [1e-9, 0.1, 0.3, 0.5, 0.8, 0.95, 1.0])
def test_near_pairs_are_those_of_comparing_everything(near):
    queries, texts = texts_with_copies(0), texts_with_copies(0)[::-1] + texts_with_copies(1)
    assert near_pairs(queries, texts, near) == near_pairs_read_aloud(queries, texts, near)
    assert near_pairs(texts, texts, near) == near_pairs_read_aloud(texts, texts, near)


@pytest.mark.parametrize("near", [0.3, 0.8, 1.0])
def test_near_pairs_of_nasty_texts(near):
    expected = near_pairs_read_aloud(NASTY, NASTY, near)
    assert near_pairs(NASTY, NASTY, near) == expected
    assert near_pairs(NASTY, list(NASTY), near) == expected
    assert near_pairs(NASTY, NASTY[::3], near) == near_pairs_read_aloud(NASTY, NASTY[::3], near)


def test_a_similarity_just_at_the_threshold_is_near():
    characters = "".join(map(chr, range(0x4E00, 0x4E00 + 34)))
    texts = [characters[:n] for n in range(5, 35)]  # of two the similarity is smaller by larger, 1/30 to 30/30
    for a in range(1, 31):
        for b in range(a, 31):
            assert (0, b - 1, a / b) in near_pairs([texts[a - 1]], texts, near=a / b)
            if a < b:
                assert (0, b - 1, a / b) not in near_pairs([texts[a - 1]], texts, near=np.nextafter(a / b, 1))


def family(n):
    """Texts of one frame between five characters and five: the similarity is about 0.7, and the frame's grams count."""
    rng = np.random.default_rng(0)
    frame = "".join(map(chr, range(0x4E00, 0x4E00 + 50)))
    ends = rng.integers(0x5000, 0x9000, size=(n, 10))
    return ["".join(map(chr, end[:5])) + frame + "".join(map(chr, end[5:])) for end in ends]


def in_another_process(code, **env):
    """What the code prints there; it may use everything of this module."""
    env = os.environ | {"PYTHONPATH": f"{ROOT}:{Path(__file__).parent}"} | env
    code = f"from test_near import *; {code}"
    return subprocess.run([sys.executable, "-c", code], env=env, cwd=ROOT, capture_output=True, text=True).stdout


def highest_memory():
    """KiB that this process held at its highest; `resource` would count what the process before it held."""
    return int(re.search(r"VmHWM:\s*(\d+)", Path("/proc/self/status").read_text())[1])


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the peak of a process is read where Linux shows it")
def test_a_family_of_many_that_are_not_quite_near_takes_no_memory():
    assert len(near_pairs(family(50), family(50), near=0.65)) == 50**2
    code = "some, many = family(50), family(6000); near_pairs(some, some); before = highest_memory();"
    code += "print(near_pairs(many, many) == [(i, i, 1.0) for i in range(6000)], highest_memory() - before)"
    right, grown = in_another_process(code).split()
    assert right == "True"
    assert int(grown) < 70_000, "four bytes for each pair would be twice that"


@pytest.mark.parametrize("place", range(5))
def test_a_full_table_still_tells_all_grams_apart(place):
    characters = list("甲乙丙丁戊")
    texts = []
    for other in range(0x5000, 0x5000 + 250):
        characters[place] = chr(other)
        texts.append("".join(characters))
    codes, start, length, _ = near._lay_out([*texts, "甲乙丙丁", texts[7]], [])
    first, count = np.zeros((2, len(codes)), dtype=np.uint32)
    near._number(codes, start, np.minimum(length, 1), np.zeros(256, dtype=np.uint32), first, count)
    assert first[start].tolist() == [*start[:-1], start[7]]
    assert count[start].tolist() == [1] * 7 + [2] + [1] * 243 + [0]


@pytest.mark.parametrize("seed", range(3))
def test_contained_pairs_are_those_of_comparing_everything(seed):
    rng = np.random.default_rng(seed)
    whole = ["".join(map(chr, rng.integers(0x4E00, 0x4E00 + 30, size=60))) for _ in range(40)]
    cuts = [text[a : a + size] for text in whole for a, size in [(5, 19), (5, 20), (0, 35), (30, 30), (5, 25)]]
    cuts += [text[:20] + other[20:40] for text, other in pairwise(whole)]  # a head, another tail
    cuts += [text[-15:] + other[:15] for text, other in pairwise(whole)]  # across a border
    left, right = [*whole, *cuts], [*cuts[::3], *whole[::2], ""]
    assert contained_pairs(left, right) == contained_pairs_read_aloud(left, right)
    assert contained_pairs(left, left) == contained_pairs_read_aloud(left, left)
    assert contained_pairs(["短"], ["短文"]) == contained_pairs([], right) == contained_pairs(left, []) == []


def test_contained_pairs_of_nasty_texts():
    texts = [*NASTY, *("ab" * n for n in (10, 11, 500)), "b" + "ab" * 400, "\ud83d" * 20, "\ud83d\ude00" * 20]
    assert contained_pairs(texts, texts) == contained_pairs_read_aloud(texts, texts)
    assert contained_pairs(texts[::2], texts) == contained_pairs_read_aloud(texts[::2], texts)


def test_parts_that_hash_alike_are_told_apart():
    morse = "a"
    while len(morse) < 4096:  # Thue and Morse's sequence and its complement: every polynomial modulo 2⁶⁴ agrees on them
        morse += morse.translate(str.maketrans("ab", "ba"))
    head, other = "哈" * 20, morse.translate(str.maketrans("ab", "ba"))
    inner, outer = head + morse, "笑" + head + other
    codes, start, length, _ = near._lay_out([inner, outer], [])
    hashed = near._part(*near._rolling(codes, length.max()), start + np.array([0, 1]), length[0])
    assert hashed[0] == hashed[1]
    assert contained_pairs([inner], [outer, "笑" + inner]) == [(0, 1)]


def long_text(n, seed=0):
    return "".join(map(chr, np.random.default_rng(seed).integers(0x4E00, 0x4E00 + 3000, n)))


def test_texts_on_both_sides_of_a_quick_sort_have_the_sets_of_the_literal_twin():
    texts = [long_text(n) for n in (near.QUICK - 1, near.QUICK + 3, near.QUICK + 4, near.QUICK + 5, 3 * near.QUICK)]
    texts += [text[:-40] for text in texts]
    assert near_pairs(texts, texts, 0.8) == near_pairs_read_aloud(texts, texts, 0.8)


def test_a_text_eight_times_as_long_takes_about_eight_times_as_long():
    """A square would take 64 times as long; half of that is the limit, and the third try alone counts."""
    for last in (False, False, True):
        took = []
        for n in (2**16, 2**19):
            text = long_text(n)
            before = time.process_time()
            assert near_pairs([text[:-1]], [text])
            took.append(time.process_time() - before)
        if took[1] < 32 * max(took[0], 0.01):
            return
        assert not last, took


def test_nothing_is_found_among_nothing():
    assert near_pairs([], ["甲"]) == near_pairs(["甲"], []) == near_pairs([""], [""]) == []
    with pytest.raises(ValueError, match=r"inside \(0, 1\]"):
        near_pairs(["甲"], ["甲"], near=0)


def test_pairs_are_plain_numbers():
    (pair,) = near_pairs(["恒岭银行净利润"], ["恒岭银行净利润"])
    assert list(map(type, pair)) == [int, int, float]
    (pair,) = contained_pairs(["恒岭银行净利润" * 3], ["恒岭银行净利润" * 4])
    assert list(map(type, pair)) == [int, int]


def test_another_process_with_other_threads_finds_the_same():
    code = "some = texts_with_copies(0); print(near_pairs(some, some), contained_pairs(some, [a + '。' for a in some]))"
    one, two = (in_another_process(code, PYTHONHASHSEED=seed, OMP_NUM_THREADS=seed) for seed in "12")
    assert one == two and len(one) > 1000


def test_both_searches_tell_how_far_they_are(tmp_path, monkeypatch):
    monkeypatch.setenv("ASSL_PROGRESS", str(tmp_path / "progress"))
    near_pairs(texts_with_copies(0), texts_with_copies(1))
    contained_pairs(texts_with_copies(0), texts_with_copies(1))
    events = [json.loads(line) for line in (tmp_path / "progress").read_text(encoding="utf-8").splitlines()]
    assert {event["label"] for event in events} == {"near pairs", "contained pairs"}
    assert all(event["n"] == event["total"] for event in events if event["end"])
