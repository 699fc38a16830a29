"""Which texts are nearly the same, or contained in one another: found without comparing all pairs, and none overlooked.

Two texts are *near* when their sets of character 5-grams overlap by a Jaccard similarity of at least ``near``, and one
is *contained* in another when it is a whole part of it. Both look at :func:`normalise`-d text.

Near pairs come from a join by prefixes (Chaudhuri, Ganti and Kaushik, 2006). Put the grams of each text in one common
order, the rarest first. Two sets that share most of their grams share one of their first few, so only texts that meet
in an index of those few are compared, and rare grams have few texts. Unlike MinHash it finds every pair.
"""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numba import njit

from assl_utils import progress
from assl_utils.machine import strips, threads

GRAM = 5  # characters
SHORTEST_PART = 20  # characters; a shorter text may be part of a longer one by chance
BLOCK = 256  # texts looked up at a time by one thread
QUICK = 2048  # grams of a text up to which quicksort is quick, whatever their order
_PAD = 0x110000  # no character
_PLACE = 2**32 - 1  # the lower half of a gram
_SLACK = 1e-6  # far more than a product rounds by, far less than a gram
_ODD = np.uint64(0x9E3779B97F4A7C15)


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
        Position in ``queries``, position in ``texts``, similarity; sorted. All that there are, each measured on the
        whole sets.

    Notes
    -----
    Memory grows with the characters and with the pairs returned (n near copies of one text are n² pairs), not with the
    pairs looked at.
    """
    if not 0 < near <= 1:
        raise ValueError(f"near is a similarity inside (0, 1], got {near}.")
    if not queries or not texts:
        return []
    near = float(near)  # what the kernels are compiled for
    codes, start, length, offset = _lay_out(queries, texts)
    grams, size = _gram_sets(codes, start, length)
    texts_by_size = offset + np.argsort(size[offset : offset + len(texts)], kind="stable")
    begin, who, rank = _index(grams, start, size, texts_by_size, near)

    def work(a, b):
        seen = np.full(len(start), -1, dtype=np.int64)
        return _look_up(grams, start, size, a, b, begin, who, rank, seen, near)

    pairs = []
    for found in _in_blocks(work, len(queries), "near pairs"):
        i, j, shared = found[np.lexsort((found[:, 1], found[:, 0]))].T
        similarity = shared / (size[i] + size[j] - shared)
        pairs += zip(i.tolist(), (j - offset).tolist(), similarity.tolist(), strict=True)
    return pairs


def contained_pairs(queries, texts):
    """Pairs where one text is a whole part of the other, the inner one of ``SHORTEST_PART`` characters or more.

    Equal texts are not reported. Returns (position in ``queries``, position in ``texts``), sorted.
    """
    if not queries or not texts:
        return []
    codes, start, length, offset = _lay_out(queries, texts)
    rolling, powers = _rolling(codes, length.max())
    layout = codes, start, length, rolling, powers
    ours, theirs = np.arange(len(queries)), offset + np.arange(len(texts))
    pairs = np.concatenate([_inside(ours, theirs, *layout), _inside(theirs, ours, *layout)[:, ::-1]])
    i, j = pairs[np.lexsort(pairs.T[::-1])].T
    return list(zip(i.tolist(), (j - offset).tolist(), strict=True))


def _lay_out(queries, texts):
    """All characters in one array, where each text starts there, its length, and the number of the first of ``texts``.

    Behind each text come GRAM - 1 pads: the one gram of a shorter text is as long as all others and unlike them.
    """
    same = queries is texts
    both = queries if same else [*queries, *texts]
    length = np.fromiter(map(len, both), dtype=np.int64, count=len(both))
    end = np.cumsum(length + GRAM - 1)
    joined = ("\0" * (GRAM - 1)).join([*both, ""])
    codes = np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), dtype=np.uint32).copy()
    for k in range(1, GRAM):
        codes[end - k] = _PAD
    return codes, end - (GRAM - 1) - length, length, 0 if same else len(queries)


def _in_blocks(work, n, label):
    """Yield what ``work(start, stop)`` finds in ``range(n)``, block by block in order, computed on all cores."""
    with ThreadPoolExecutor(threads()) as pool, progress.bar(n, label) as bar:
        starts = range(0, n, BLOCK)
        for part in pool.map(lambda a: work(a, min(a + BLOCK, n)), starts):
            yield part
            bar.update(min(BLOCK, n - bar.n))


def _gram_sets(codes, start, length):
    """The gram set of each text, ascending, from where the text starts in an array like ``codes``; and their sizes.

    A gram is how often it occurs in all texts, times 2³², plus the place where it first does: rare ones come first.
    """
    first = np.zeros(len(codes), dtype=np.uint32)
    count = np.zeros(len(codes), dtype=np.uint32)
    table = np.zeros(1 << int(1.5 * len(codes)).bit_length(), dtype=np.uint32)
    windows = np.maximum(length - GRAM + 1, np.minimum(length, 1))
    _number(codes, start, windows, table, first, count)
    grams = np.empty(len(codes), dtype=np.int64)
    size = np.empty(len(start), dtype=np.int64)
    with ThreadPoolExecutor(threads()) as pool:
        strips(pool, len(start), lambda a, b: _sort_sets(start, windows, a, b, first, count, grams, size))
    return grams, size


@njit(cache=True, nogil=True)
def _number(codes, start, windows, table, first, count):
    """For every gram the place where it first occurs, and there how often it occurs.

    A hash says where in the table to look, the characters decide: two grams are never taken for one.
    """
    mask = np.uint64(len(table) - 1)
    for t in range(len(start)):
        for p in range(start[t], start[t] + windows[t]):
            mixed = np.uint64(0)
            for k in range(GRAM):
                mixed = (mixed ^ np.uint64(codes[p + k])) * _ODD
                mixed ^= mixed >> np.uint64(29)
            while True:
                slot = mixed & mask
                if table[slot] == 0:  # free; else one more than a place
                    table[slot] = p + 1
                other = np.int64(table[slot]) - 1
                equal = True
                for k in range(GRAM):
                    equal &= codes[p + k] == codes[other + k]
                if equal:
                    break
                mixed += np.uint64(1)
            first[p] = other
            count[other] += 1


@njit(cache=True, nogil=True)
def _sort_sets(start, windows, a, b, first, count, grams, size):
    """The gram sets of the texts ``a`` to ``b``."""
    for t in range(a, b):
        mine = grams[start[t] : start[t] + windows[t]]
        for k in range(len(mine)):
            place = np.int64(first[start[t] + k])
            mine[k] = np.int64(count[place]) << 32 | place
        if len(mine) <= QUICK:
            mine.sort()
        else:  # numba's quicksort takes a square of time on a long run that is nearly in order, as these are
            mine[:] = mine[np.argsort(mine, kind="mergesort")]
        kept = 0
        for k in range(len(mine)):
            if kept == 0 or mine[k] != mine[kept - 1]:
                mine[kept] = mine[k]
                kept += 1
        size[t] = kept


@njit(cache=True, nogil=True)
def _first_few(n, near):
    """How many of n grams to look at: a set that shares none of them shares fewer than ``near * n``."""
    return min(n, n - np.int64(np.ceil(near * n - _SLACK)) + 1)


@njit(cache=True, nogil=True)
def _index(grams, start, size, texts, near):
    """For each gram the texts that have it among their first few, in the order given, and at which rank they do.

    Those of gram g are at ``begin[g]`` to ``begin[g + 1]``.
    """
    begin = np.zeros(len(grams) + 1, dtype=np.int64)
    for t in texts:
        for k in range(_first_few(size[t], near)):
            begin[(grams[start[t] + k] & _PLACE) + 1] += 1
    for g in range(len(grams)):
        begin[g + 1] += begin[g]
    free = begin[:-1].copy()
    who = np.empty(begin[-1], dtype=np.int32)
    rank = np.empty(begin[-1], dtype=np.int32)
    for t in texts:
        for k in range(_first_few(size[t], near)):
            g = grams[start[t] + k] & _PLACE
            who[free[g]] = t
            rank[free[g]] = k
            free[g] += 1
    return begin, who, rank


@njit(cache=True, nogil=True)
def _look_up(grams, start, size, a, b, begin, who, rank, seen, near):
    """(query, text, shared grams) of all near pairs of the queries ``a`` to ``b``."""
    found = np.empty((64, 3), dtype=np.int64)
    n_found = 0
    for q in range(a, b):
        n = size[q]
        for k in range(_first_few(n, near)):
            g = grams[start[q] + k] & _PLACE
            for p in range(begin[g], begin[g + 1]):
                t = who[p]
                m = size[t]
                if n / m < near:  # the similarity is at most smaller by larger, and the larger ones follow
                    break
                if m / n < near or seen[t] == q:
                    continue
                seen[t] = q
                # met for the first time, at the first gram that they share
                need = near / (1 + near) * (n + m) - _SLACK
                shared = _shared(grams, start[q] + k, start[q] + n, start[t] + rank[p], start[t] + m, need)
                if shared / (n + m - shared) >= near:
                    if n_found == len(found):
                        found = np.concatenate((found, np.empty_like(found)))
                    found[n_found, 0] = q
                    found[n_found, 1] = t
                    found[n_found, 2] = shared
                    n_found += 1
    return found[:n_found].copy()


@njit(cache=True, nogil=True)
def _shared(grams, x, end_x, y, end_y, need):
    """How many grams two ascending runs share; 0 as soon as they cannot be ``need``."""
    shared = 0
    while x < end_x and y < end_y:
        if shared + min(end_x - x, end_y - y) < need:
            return 0
        if grams[x] == grams[y]:
            shared += 1
            x += 1
            y += 1
        elif grams[x] < grams[y]:
            x += 1
        else:
            y += 1
    return shared


@njit(cache=True, nogil=True)
def _rolling(codes, longest):
    """Polynomial hashes of all beginnings of ``codes``, and the powers of their base: what `_part` needs."""
    rolling = np.zeros(len(codes) + 1, dtype=np.uint64)
    for p in range(len(codes)):
        rolling[p + 1] = rolling[p] * _ODD + np.uint64(codes[p])
    powers = np.ones(longest + 1, dtype=np.uint64)
    for k in range(longest):
        powers[k + 1] = powers[k] * _ODD
    return rolling, powers


@njit(cache=True, nogil=True)
def _part(rolling, powers, p, n):
    """Hash of the n characters from p on."""
    return rolling[p + n] - rolling[p] * powers[n]


def _inside(inner, outer, codes, start, length, rolling, powers):
    """(inner, outer) numbers: the hash of an inner text's first window is sought among all windows of the outer."""
    inner = inner[length[inner] >= SHORTEST_PART]
    if not len(inner):
        return np.empty((0, 2), dtype=np.int64)
    heads = _part(rolling, powers, start[inner], SHORTEST_PART)
    order = np.lexsort((length[inner], heads))
    inner, heads = inner[order], heads[order]
    table = np.zeros(1 << (4 * len(inner)).bit_length(), dtype=np.int32)
    _enter(heads, table)

    def work(a, b):
        seen = np.full(len(inner), -1, dtype=np.int64)
        return _seek(codes, start, length, rolling, powers, inner, heads, table, outer[a:b], seen)

    return np.concatenate(list(_in_blocks(work, len(outer), "contained pairs")))


@njit(cache=True, nogil=True)
def _slot(table, heads, head):
    """Where in the table a head is, or may be entered."""
    mixed = (head ^ (head >> np.uint64(29))) * _ODD
    mixed ^= mixed >> np.uint64(32)
    mask = np.uint64(len(table) - 1)
    while table[mixed & mask] != 0 and heads[table[mixed & mask] - 1] != head:
        mixed += np.uint64(1)
    return mixed & mask


@njit(cache=True, nogil=True)
def _enter(heads, table):
    """Fill the table: of each head one more than its first position among the sorted ``heads``."""
    for k in range(len(heads)):
        if k == 0 or heads[k] != heads[k - 1]:
            table[_slot(table, heads, heads[k])] = k + 1


@njit(cache=True, nogil=True)
def _seek(codes, start, length, rolling, powers, inner, heads, table, outer, seen):
    """(inner, outer) numbers for the given outer texts; a hash of the whole inner text spares most comparisons."""
    found = np.empty((64, 2), dtype=np.int64)
    n_found = 0
    for t in outer:
        end = start[t] + length[t]
        for p in range(start[t], end - SHORTEST_PART + 1):
            head = _part(rolling, powers, p, SHORTEST_PART)
            k = table[_slot(table, heads, head)] - 1
            while 0 <= k < len(inner) and heads[k] == head and length[inner[k]] <= end - p:  # the shortest first
                s = inner[k]
                n = length[s]
                fresh = n < length[t] and seen[k] != t
                if fresh and _part(rolling, powers, p, n) == _part(rolling, powers, start[s], n):
                    equal = True
                    for c in range(n):
                        equal &= codes[p + c] == codes[start[s] + c]
                    if equal:
                        seen[k] = t
                        if n_found == len(found):
                            found = np.concatenate((found, np.empty_like(found)))
                        found[n_found, 0] = s
                        found[n_found, 1] = t
                        n_found += 1
                k += 1
    return found[:n_found].copy()
