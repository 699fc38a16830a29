"""Which texts are nearly the same: candidates by MinHash, then checked one by one, so that none is reported by chance.

Two texts are *near* when their sets of character 5-grams overlap by a Jaccard similarity of at least ``near``, and one
is *contained* in another when it stands in it whole. Both look at :func:`normalise`-d text.
"""

import functools
import re
import unicodedata

import numpy as np
from datasketch import MinHash, MinHashLSH

GRAM = 5  # characters
PERMUTATIONS = 128
RECALL = 0.995  # wanted chance that a pair exactly at the threshold becomes a candidate
SHORTEST_PART = 20  # characters; a shorter text may stand in a longer one by chance

_NOISE = re.compile(r"(?!(?<=\d)\.\d)[\W_]")  # everything but letters and digits, save the point of a number
_ODD = np.uint64(0x9E3779B97F4A7C15)
_PRIME = np.uint64(0x100000001B3)


def normalise(text):
    """What two texts are compared by: NFKC, lower case, no punctuation, no white space.

    The point inside a number stays: 1.5 is not 15. A text of nothing but punctuation becomes empty and is no key.
    """
    return _NOISE.sub("", unicodedata.normalize("NFKC", text).lower())


def shingles(text, size=GRAM):
    """The set of character ``size``-grams; of a shorter text the text itself."""
    return {text[i : i + size] for i in range(max(len(text) - size, 0) + 1)} - {""}


def jaccard(a, b):
    """Shared items by all items of two sets; 0 for two empty ones."""
    shared = len(a & b)
    return shared / (len(a) + len(b) - shared) if shared else 0.0


def near_pairs(queries, texts, near=0.8):
    """Pairs of similar texts.

    Parameters
    ----------
    queries, texts : list of str
        Normalised texts without repeats in a list; equal ones across the lists are found too, with similarity 1.
    near : float, default 0.8
        Least Jaccard similarity of 5-grams, above 0.

    Returns
    -------
    list of (int, int, float)
        Position in ``queries``, position in ``texts``, similarity; sorted. Each pair is verified on the true sets; one
        whose similarity is just at ``near`` is overlooked with a chance below 1 - RECALL, a closer one with less.
    """
    if not 0 < near <= 1:
        raise ValueError(f"near is a similarity inside (0, 1], got {near}.")
    if not queries or not texts:
        return []
    index = MinHashLSH(num_perm=PERMUTATIONS, params=_bands(near))
    for j, text in enumerate(texts):
        if text:
            index.insert(j, _signature(text))
    pairs, sets = [], {}
    for i, query in enumerate(queries):
        if not query:
            continue
        mine = shingles(query)
        for j in sorted(index.query(_signature(query))):
            if j not in sets:
                sets[j] = shingles(texts[j])
            # sizes alone rule most candidates out: the similarity is at most smaller by larger
            if min(len(mine), len(sets[j])) >= near * max(len(mine), len(sets[j])):
                similarity = jaccard(mine, sets[j])
                if similarity >= near:
                    pairs.append((i, j, similarity))
    return pairs


def contained_pairs(queries, texts):
    """Pairs where one text stands whole inside the other, the inner one of ``SHORTEST_PART`` characters or more.

    Equal texts are not reported. Returns (position in ``queries``, position in ``texts``), sorted.
    """
    found = {(i, j) for i, j in _inside(queries, texts)} | {(i, j) for j, i in _inside(texts, queries)}
    return sorted(found)


def _inside(inner, outer):
    """(inner, outer) positions: the hash of an inner text's first window is sought among all windows of the outer."""
    starts = {}
    for i, text in enumerate(inner):
        if len(text) >= SHORTEST_PART:
            starts.setdefault(text[:SHORTEST_PART], []).append(i)
    if not starts:
        return
    heads = list(starts)
    hashes = np.array([_windows(head, SHORTEST_PART)[0] for head in heads])
    order = np.argsort(hashes, kind="stable")
    hashes = hashes[order]
    for j, text in enumerate(outer):
        if len(text) <= SHORTEST_PART:
            continue
        windows = np.unique(_windows(text, SHORTEST_PART))
        at = np.searchsorted(hashes, windows)
        for k in np.unique(at[(at < len(hashes)) & (hashes[np.minimum(at, len(hashes) - 1)] == windows)]):
            for i in starts[heads[order[k]]]:
                if len(inner[i]) < len(text) and inner[i] in text:
                    yield i, j


def _windows(text, size):
    """A 64-bit hash of every window of ``size`` characters, the same in every process."""
    codes = np.frombuffer(text.encode("utf-32-le"), dtype=np.uint32).astype(np.uint64)
    n = max(len(codes) - size, 0) + 1
    out = np.zeros(n, dtype=np.uint64)
    for k in range(min(size, len(codes))):
        out = (out ^ (codes[k : k + n] * _ODD)) * _PRIME
    return (out ^ (out >> np.uint64(29))) * _ODD


@functools.cache
def _blank():
    return MinHash(num_perm=PERMUTATIONS, hashfunc=int)


def _signature(text):
    sketch = _blank().copy()  # a new one would draw its permutations again
    sketch.update_batch((_windows(text, GRAM) >> np.uint64(32)).tolist())
    return sketch


def _bands(near):
    """Bands and rows of the LSH: the most rows (fewest false candidates) that keep the recall at the threshold."""
    rows = [r for r in range(1, 33) if 1 - (1 - near**r) ** (PERMUTATIONS // r) >= RECALL]
    rows = max(rows, default=1)
    return PERMUTATIONS // rows, rows
