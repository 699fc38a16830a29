"""The selection as the paper prints it, written down to be read: Algorithm 1, the greedy loop of (13), ROUGE-L.

Everything here is slow and plain. Chapters 4 and 5 print these functions, assert on real rows that the fast ones
(`adbscan.adbscan`, `utility.mmr`, `text.rouge.rouge_l`) find the same, and then use the fast ones. The tests do it on
many hundred small sets. No line is shared with the fast code.
"""

import math
from statistics import median


def algorithm_1(X, k, rule="algorithm1", distance=math.dist, eps=None):
    """Algorithm 1 of the paper; returns the sub-cluster of each point (-1: noise), ε, and MinPts as it changes."""
    n = len(X)
    d = [[distance(p, q) for q in X] for p in X]
    k = min(k, n - 1)
    nearest = [sorted(d[i][j] for j in range(n) if j != i)[:k] for i in range(n)]
    mean = [sum(row) / k for row in nearest]
    rho = [1 / m if m > 0 else math.inf for m in mean]  # (7)
    eps = median(row[-1] for row in nearest) if eps is None else eps
    queue = sorted(range(n), key=lambda i: (-rho[i], i))  # the densest first
    rho_max = rho[queue[0]]
    initial = eps * rho_max / 2  # (8)

    minpts, trace = initial, [initial]
    label, visited, found = [-1] * n, set(), 0
    for p in queue:
        if p in visited:
            continue
        visited.add(p)
        near = [q for q in range(n) if d[p][q] <= eps]
        if len(near) >= minpts:
            label[p] = found
            for q in near:  # the list grows while it is read
                if q not in visited:
                    visited.add(q)
                    near_q = [r for r in range(n) if d[q][r] <= eps]
                    if len(near_q) >= minpts:
                        near.extend(r for r in near_q if r not in near)
                if label[q] == -1:
                    label[q] = found
            found += 1
            if rule == "algorithm1":
                minpts = max(2, rho[p] / rho_max * initial)  # (9)
            elif rule == "equation9":  # (9) read another way; "as_printed" keeps the first value
                ahead = [q for q in queue if q not in visited]
                minpts = max(2, rho[ahead[0]] / rho_max * minpts) if ahead else minpts
            trace.append(minpts)
    return label, eps, trace


def cosine(a, b):
    """Cosine of two vectors, 0 if one is null; one root for both squares, so that a copy's cosine is exactly 1."""
    both = math.sqrt(sum(x * x for x in a) * sum(y * y for y in b))
    return sum(x * y for x, y in zip(a, b, strict=True)) / both if both else 0.0


def greedy_13(X, centroid, score, chosen, n, weights):
    """The n rows of highest utility (13), one at a time, of equal ones the first; ``chosen`` was taken before."""
    to_center, to_chosen, of_model = weights
    near = [cosine(x, centroid) for x in X]
    left = [i for i in range(len(X)) if i not in set(chosen)]
    redundant = {i: max((cosine(X[i], X[s]) for s in chosen), default=None) for i in left}
    picks = []
    while left and len(picks) < n:
        best, highest = None, -math.inf
        for i in left:
            utility = to_center * near[i] - to_chosen * (redundant[i] or 0.0) + of_model * score[i]
            if utility > highest:
                best, highest = i, utility
        picks.append(best)
        left.remove(best)
        for i in left:
            similarity = cosine(X[i], X[best])
            redundant[i] = similarity if redundant[i] is None else max(redundant[i], similarity)
    return picks


def common_subsequence(a, b):
    """Length of the longest sequence that both hold in this order, with gaps allowed."""
    longest = [[0] * (len(b) + 1) for _ in range(len(a) + 1)]
    for i, x in enumerate(a):
        for j, y in enumerate(b):
            longest[i + 1][j + 1] = longest[i][j] + 1 if x == y else max(longest[i][j + 1], longest[i + 1][j])
    return longest[-1][-1]


def rouge_l(answer, reference):
    """F-measure of ROUGE-L: twice the common subsequence by both lengths, which is 2PR / (P + R)."""
    both = len(answer) + len(reference)
    return 2 * common_subsequence(answer, reference) / both if both else 0.0
