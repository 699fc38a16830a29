r"""ROUGE between answers and references, by characters or words: the score behind (10)–(12).

Token lists go in, so that it is seen what is compared. The values are those of the package rouge-chinese, whose rules
are kept where they matter: n-grams are *sets* (a word said twice counts once), a text of several sentences is one
sequence, and F1 has 1e-8 in its denominator. What takes it minutes, the longest common subsequence, is rapidfuzz's.
That one alone grows with the product of two lengths, 64 tokens a step: against a reference of a few hundred characters
an answer of 30,000 takes a few milliseconds, two texts of 30,000 different enough some 0.2 s.
"""

import numpy as np
import pandas as pd
from rapidfuzz.distance import LCSseq
from rapidfuzz.process import cpdist

SMOOTH = 1e-8  # rouge-chinese adds it to precision + recall
FIRST = 0xE000  # first code point given to a token that is not one character; beyond the surrogates
BATCH = 4096  # pairs that share an alphabet


def tokens(text):
    """The tokens of a text: its characters, without white space. It needs no dictionary; words would move a score."""
    if not isinstance(text, str):
        raise TypeError(f"expected a text, got {type(text).__name__}")
    return [char for char in text if not char.isspace()]


def _check(hypotheses, references):
    hypotheses, references = list(hypotheses), list(references)
    if len(hypotheses) != len(references):
        raise ValueError(f"{len(hypotheses)} hypotheses but {len(references)} references")
    for name, texts in (("hypothesis", hypotheses), ("reference", references)):
        for at, text in enumerate(texts):
            if isinstance(text, str) or not hasattr(text, "__len__"):
                raise TypeError(f"{name} {at} is not a list of tokens; cut it with rouge.tokens first")
    return hypotheses, references


def _scores(overlap, hypothesis, reference):
    """Precision, recall and F1 from counts; nothing over nothing is 0."""
    p = np.divide(overlap, hypothesis, out=np.zeros(len(overlap)), where=hypothesis > 0)
    r = np.divide(overlap, reference, out=np.zeros(len(overlap)), where=reference > 0)
    return pd.DataFrame({"f": 2.0 * (p * r / (p + r + SMOOTH)), "p": p, "r": r})


def _as_text(texts):
    """Token lists as strings of one character per token, the form in which rapidfuzz is fastest."""
    try:
        if all(set(map(len, text)) <= {1} for text in texts):
            return ["".join(text) for text in texts]
    except TypeError:
        pass  # tokens that are no strings get a character as words do
    alphabet = {}
    return ["".join([alphabet.setdefault(t, chr(FIRST + len(alphabet))) for t in text]) for text in texts]


def rouge_l(hypotheses, references):
    r"""ROUGE-L: how long a common subsequence is, as a share of each text.

    .. math:: P = \frac{LCS(h, r)}{|h|}, \quad R = \frac{LCS(h, r)}{|r|}, \quad F = \frac{2PR}{P + R}

    Parameters
    ----------
    hypotheses, references : sequences of token lists of equal length

    Returns
    -------
    DataFrame with columns f, p, r, one row per pair
        0 where either side is empty: an answer that says nothing is a wrong answer, not an exception.
    """
    hypotheses, references = _check(hypotheses, references)
    overlap = np.zeros(len(hypotheses))
    for start in range(0, len(hypotheses), BATCH):
        left, right = hypotheses[start : start + BATCH], references[start : start + BATCH]
        texts = _as_text(left + right)
        overlap[start : start + BATCH] = cpdist(
            texts[: len(left)], texts[len(left) :], scorer=LCSseq.similarity, dtype=np.int64, workers=-1
        )
    return _scores(overlap, np.array([len(h) for h in hypotheses]), np.array([len(r) for r in references]))


def rouge_n(hypotheses, references, n=2):
    r"""ROUGE-N: how many different n-grams two texts share, as a share of those of each text.

    Parameters
    ----------
    hypotheses, references : sequences of token lists of equal length
    n : int, default 2

    Returns
    -------
    DataFrame with columns f, p, r, one row per pair
        0 where either side has fewer than n tokens.
    """
    if n < 1:
        raise ValueError(f"n is {n}; an n-gram has at least one token")
    hypotheses, references = _check(hypotheses, references)
    counts = np.zeros((3, len(hypotheses)))
    for at, (hypothesis, reference) in enumerate(zip(hypotheses, references, strict=True)):
        left = set(zip(*(hypothesis[i:] for i in range(n)), strict=False))
        right = set(zip(*(reference[i:] for i in range(n)), strict=False))
        counts[:, at] = len(left & right), len(left), len(right)
    return _scores(*counts)
