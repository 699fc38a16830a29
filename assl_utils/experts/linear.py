"""A linear learner on character n-grams: what stands in for a language model where thousands of trainings are wanted.

An expert of it has one classifier for each kind of question that its training rows hold
(:mod:`assl_utils.tasks.closed`). It costs seconds where a LoRA costs hours, and it learns from rows alone: it knows
nothing before. So it can say which rows teach more about the tasks, and nothing about what a model knew already.
"""

import hashlib
import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from sklearn.exceptions import ConvergenceWarning
from sklearn.feature_extraction.text import HashingVectorizer
from sklearn.svm import LinearSVC

GRAMS = (1, 3)  # characters of an n-gram, from and to
BUCKETS = 2**18  # columns that n-grams are hashed to
ROUNDS, TOLERANCE = (
    1000,
    0.01,
)  # of the solver: rounds at most, and where it stops; 0.0001 took longer and said the same


def features(texts: Sequence[str], pair: bool = False) -> sp.csr_matrix:
    """Which character n-grams each text has, hashed to columns, each row of length 1.

    Parameters
    ----------
    texts : sequence of str
    pair : bool
        A text is two texts, a line each; n-grams of both and n-grams of one of them alone are told apart, for whether
        two texts mean the same is not seen from their n-grams thrown together.

    Returns
    -------
    csr_matrix of shape (texts, BUCKETS), float32
    """
    how = {"n_features": BUCKETS, "alternate_sign": False, "binary": True, "dtype": np.float32, "norm": "l2"}
    if not len(texts):
        return sp.csr_matrix((0, BUCKETS), dtype=np.float32)
    if pair:
        return HashingVectorizer(analyzer=_of_pair, **how).transform(texts)
    return HashingVectorizer(analyzer="char", ngram_range=GRAMS, lowercase=True, **how).transform(texts)


def _of_pair(text):
    one, _, other = text.partition("\n")
    first, second = _grams(one), _grams(other)
    return [f"={gram}" for gram in first & second] + [f"-{gram}" for gram in first ^ second]


def _grams(text):
    text = " ".join(text.lower().split())
    return {text[i : i + n] for n in range(GRAMS[0], GRAMS[1] + 1) for i in range(len(text) - n + 1)}


@dataclass(frozen=True)
class Classifier:
    """The classifier of one kind of question.

    Attributes
    ----------
    names : tuple of str
        Its labels, in order.
    model : object or None
        Scores a matrix by ``decision_function``; None where the rows had one label alone, which it then always gives.
    several : bool
        Whether an answer is a set of labels: all that score above 0, and the best in any case.
    """

    names: tuple[str, ...]
    model: object
    several: bool = False

    def answer(self, X) -> list[tuple[str, ...]]:
        """The labels of each row of a matrix."""
        if self.model is None:
            return [self.names] * X.shape[0]
        scores = np.atleast_2d(np.asarray(self.model.decision_function(X)))
        if len(self.names) == 2 and not self.several:
            scores = np.stack([-scores.ravel(), scores.ravel()], axis=1)
        best = scores.argmax(axis=1)
        if not self.several:
            return [(self.names[i],) for i in best]
        given = scores > 0
        given[np.arange(len(given)), best] = True
        return [tuple(self.names[i] for i in np.flatnonzero(row)) for row in given]


class _PerLabel:
    """A yes-or-no classifier for each label of a set; one that all rows have, or none but one class, is constant."""

    def __init__(self, X, wanted, how):
        self.parts = [_fit(X, column, how) if 0 < column.sum() < len(column) else column[0] for column in wanted.T]

    def decision_function(self, X):
        found = [
            part.decision_function(X)
            if hasattr(part, "decision_function")
            else np.full(X.shape[0], 1.0 if part else -1.0)
            for part in self.parts
        ]
        return np.stack(found, axis=1)


def fit(
    X, labels: Sequence[tuple[str, ...]], several: bool = False, c: float = 1.0, seed: int = 0
) -> Classifier | None:
    """A classifier of the rows of a matrix, a linear support vector machine; None where no row has a label.

    Parameters
    ----------
    X : csr_matrix of shape (rows, BUCKETS)
    labels : sequence of tuple of str
        Of each row; rows without one are left out. Without ``several`` the first counts.
    several : bool
        Whether an answer is a set.
    c : float
        Weight of the errors against that of the margin.
    seed : int
        Order in which the solver takes the rows.
    """
    there = np.array([bool(own) for own in labels], dtype=bool)
    labels = [own for own in labels if own]
    if not labels:
        return None
    X, how = X[np.flatnonzero(there)], {"C": c, "random_state": seed, "max_iter": ROUNDS, "tol": TOLERANCE}
    names = tuple(sorted({name for own in labels for name in (own if several else own[:1])}))
    at = {name: i for i, name in enumerate(names)}
    if len(names) == 1:
        return Classifier(names, None)
    if not several:
        return Classifier(names, _fit(X, np.array([at[own[0]] for own in labels]), how))
    wanted = np.zeros((len(labels), len(names)), dtype=bool)
    for i, own in enumerate(labels):
        wanted[i, [at[name] for name in own]] = True
    return Classifier(names, _PerLabel(X, wanted, how), several=True)


def _fit(X, wanted, how):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # a solver that stops after its rounds is an answer, too
        return LinearSVC(dual=True, **how).fit(X, wanted)


def name_of(ids: Sequence[str]) -> str:
    """Sixteen digits of the training rows, in any order: what an expert of these rows is called in a record."""
    return hashlib.sha256("\n".join(sorted(map(str, ids))).encode()).hexdigest()[:16]
