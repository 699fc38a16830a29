"""Other ways to choose an expert, on vectors: a mean of a few rows, a vote of the nearest, a limit, several at once.

The paper's own way, the nearest centroid of Eq. (6), is `assl_utils.routing.router.Router`. What is here gives it other
centroids, a distance to reject beyond, or replaces its choice; `costs` lays them side by side. An expert is its number,
as in a row's ``label``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from assl_utils.routing.router import Router

PAPER = "centroid, Euclidean"  # Eq. (6), among the ways to choose
PAIRS = 2**23  # of questions and training rows, compared at a time


def sample_mean(vectors: np.ndarray, labels: Sequence[int], n: int = 12, seed: int = 0) -> np.ndarray:
    r"""LoraRetriever's embedding of each expert: the mean of a few of its training rows.

    .. math:: \mathrm{Emb}(e) = \frac{1}{m} \sum_{i=1}^{m} \mathrm{Emb}(x_{e,i})

    Zhao et al. (2024), *LoraRetriever*: an expert's whole training data need not be held, or shown.

    Parameters
    ----------
    vectors : ndarray of shape (rows, dim)
    labels : sequence of int
        The expert of each row, 0, 1, …
    n : int, default 12
        Rows drawn per expert, without replacement; an expert that has fewer gives all it has. LoraRetriever: 12.
    seed : int, default 0
        Each expert is drawn for by itself, so one that is added changes nothing for the others.

    Returns
    -------
    ndarray of shape (experts, dim), float64
        Centroids for `assl_utils.routing.router.Router`.
    """
    vectors, labels = _labelled(vectors, labels)
    if n < 1:
        raise ValueError(f"n is {n}; an expert's embedding needs a row at least")
    centroids = np.empty((labels.max() + 1, vectors.shape[1]))
    for expert in range(len(centroids)):
        rows = np.flatnonzero(labels == expert)
        if not len(rows):
            raise ValueError(f"no row has the label {expert}; number the experts 0, 1, … without a gap")
        if len(rows) > n:
            rows = np.sort(np.random.default_rng([seed, expert]).choice(rows, n, replace=False))
        centroids[expert] = vectors[rows].mean(axis=0, dtype=np.float64)
    return centroids


def vote(
    vectors: np.ndarray,
    train_vectors: np.ndarray,
    train_labels: Sequence[int],
    k: int = 20,
    names: Sequence[str] | None = None,
) -> pd.DataFrame:
    r"""The expert that most of the nearest training rows belong to.

    .. math:: e^*(x) = \arg\max_{e} \lvert \{ i \in N_k(x) : e_i = e \} \rvert

    Where a cluster is no ball, its rows say more about its shape than their mean does.

    Parameters
    ----------
    vectors : ndarray of shape (n, dim)
        The questions.
    train_vectors : ndarray of shape (rows, dim)
    train_labels : sequence of int
        The expert of each training row, 0, 1, …
    k : int, default 20
        Rows that vote; all of them where there are fewer. Of equally near ones those that come first.
    names : sequence of str or None
        The experts' names, in the order of the labels.

    Returns
    -------
    DataFrame[expert, share, margin, distance], a row per question
        The expert's name (its number without ``names``), its share of the votes, by how much that exceeds the next
        one's, and the mean distance of the rows that voted for it. A tied vote goes to the expert whose voters are
        nearer in sum, then to the one that comes first.

    Notes
    -----
    The neighbours are the exact ones. Vectors of length 1 have the same neighbours by the cosine.
    """
    votes, away = _counted(vectors, train_vectors, train_labels, k, names and len(names))
    first = _order(votes, away)[:, 0]
    at = np.arange(len(votes)), first
    count, others = votes[at], votes.copy()
    others[at] = 0
    cast = min(k, len(train_vectors))
    return pd.DataFrame(
        {
            "expert": first if names is None else pd.array(list(names), dtype="str").take(first),
            "share": count / cast,
            "margin": (count - others.max(axis=1)) / cast,
            "distance": away[at] / count,
        }
    )


def vote_ranks(
    vectors: np.ndarray, train_vectors: np.ndarray, train_labels: Sequence[int], k: int, experts: int
) -> np.ndarray:
    """The whole outcome of a `vote`: each expert's rank, shape (n, experts), 0 for the one that is chosen.

    Experts without a vote come last, in their own order.
    """
    order = _order(*_counted(vectors, train_vectors, train_labels, k, experts))
    ranks = np.empty(order.shape)
    np.put_along_axis(ranks, order, np.arange(order.shape[1], dtype=float)[None, :], axis=1)
    return ranks


def _counted(vectors, train_vectors, train_labels, k: int, experts: int | None) -> tuple[np.ndarray, np.ndarray]:
    """Votes for each expert and the summed distances of those who voted, shape (n, experts) each."""
    train, labels = _labelled(train_vectors, train_labels, "train_vectors")
    vectors = _rows(vectors)
    if vectors.shape[1] != train.shape[1]:
        raise ValueError(f"vectors have {vectors.shape[1]} dimensions, train_vectors {train.shape[1]}")
    if k < 1:
        raise ValueError(f"k is {k}; a vote needs a neighbour at least")
    experts = labels.max() + 1 if experts is None else experts
    if labels.max() >= experts:
        raise ValueError(f"the label {labels.max()} has no name: {experts} names are given")
    votes, away = np.zeros((2, len(vectors), experts))
    for row, distance, near in _nearest(vectors, train, min(k, len(train))):
        np.add.at(votes[row], labels[near], 1)
        np.add.at(away[row], labels[near], distance)
    return votes, away


def _order(votes: np.ndarray, away: np.ndarray) -> np.ndarray:
    """Experts by their votes, of as many votes the nearer ones first, then in their own order."""
    return np.lexsort((away, -votes), axis=1)


def costs(
    router: Router,
    vectors: np.ndarray,
    train_vectors: np.ndarray,
    train_labels: Sequence[int],
    few: int = 12,
    voters: int = 20,
    seed: int = 0,
) -> dict[str, np.ndarray]:
    """What each expert costs each question, by each way to choose: the cheapest answers.

    Parameters
    ----------
    router : Router
        At the centroids; its own metric measures the means of ``few`` rows.
    vectors : ndarray of shape (n, dim)
        The questions.
    train_vectors, train_labels
        Every training row and the number of its expert.
    few, seed
        As for `sample_mean`.
    voters : int
        As k for `vote`.

    Returns
    -------
    dict of name to ndarray of shape (n, experts)
        ``PAPER`` first, by distance, or by rank in the vote.
    """
    few_rows = sample_mean(train_vectors, train_labels, few, seed)
    return {
        PAPER: router.changed(metric="euclidean").distances(vectors),
        "centroid, cosine": router.changed(metric="cosine").distances(vectors),
        f"mean of {few} rows": router.changed(centroids=few_rows).distances(vectors),
        f"vote of {voters} rows": vote_ranks(vectors, train_vectors, train_labels, voters, len(router.names)),
    }


def cost_table(costs: dict[str, np.ndarray], names: Sequence[str], ids: Sequence[str]) -> pd.DataFrame:
    """All costs below each other, a row per way and question: a column per expert, ``way`` and ``id``."""
    ids = list(ids)
    parts = [pd.DataFrame(cost, columns=list(names)).assign(way=way, id=ids) for way, cost in costs.items()]
    return pd.concat(parts, ignore_index=True)


def agreement(costs: dict[str, np.ndarray]) -> pd.DataFrame:
    """How often two ways choose the same expert, in percent of the questions."""
    chosen = {way: np.asarray(cost).argmin(axis=1) for way, cost in costs.items()}
    return pd.DataFrame({a: {b: 100 * (chosen[a] == chosen[b]).mean() for b in chosen} for a in chosen})


def agreement_of_samples(
    router: Router,
    vectors: np.ndarray,
    train_vectors: np.ndarray,
    train_labels: Sequence[int],
    few: int = 12,
    seeds: Sequence[int] = range(1, 9),
) -> list[float]:
    """Percent of the questions that other random samples of ``few`` rows send where the centroids do, per seed."""
    own = router.changed(metric="euclidean").distances(vectors).argmin(axis=1)
    means = [sample_mean(train_vectors, train_labels, few, seed) for seed in seeds]
    return [100 * (router.changed(centroids=mean).distances(vectors).argmin(axis=1) == own).mean() for mean in means]


def limit(distances: np.ndarray, labels: Sequence[int], quantile: float = 0.99) -> float:
    """A distance to reject beyond: so many of the training rows lie no farther from their own expert.

    Parameters
    ----------
    distances : ndarray of shape (rows, experts)
        ``Router.distances`` of the training rows, in the router's own metric.
    labels : sequence of int
        The expert of each row, 0, 1, …
    quantile : float, default 0.99
        1 rejects only what is farther than every training row was. One limit serves all experts: an expert of a wide
        cluster has more of its own rows beyond it than one of a narrow cluster.

    Returns
    -------
    float
        The smallest of the rows' own distances that this share of them does not exceed: ``Router(..., reject=)``.
    """
    distances, labels = _labelled(distances, labels, "distances")
    if not 0 <= quantile <= 1:
        raise ValueError(f"quantile is {quantile}; it is a share of the rows, from 0 to 1")
    if labels.max() >= distances.shape[1]:
        raise ValueError(f"distances to {distances.shape[1]} experts, but a row has the label {labels.max()}")
    own = np.sort(distances[np.arange(len(labels)), labels])
    rows = np.ceil(round(quantile * len(own), 6))  # 0.07 of 100 rows are 7, though 0.07 * 100 is a little more
    return float(own[max(int(rows) - 1, 0)])


def top(distances: np.ndarray, k: int, temperature: float = np.inf) -> tuple[np.ndarray, np.ndarray]:
    r"""The nearest experts of each question, and how much each of them counts.

    .. math:: w_j = \frac{\exp(-d_j / T)}{\sum_{l=1}^{k} \exp(-d_l / T)}

    Parameters
    ----------
    distances : ndarray of shape (n, experts)
        ``Router.distances`` of the questions.
    k : int
        Experts that answer together, see `assl_utils.experts.composition`.
    temperature : float, default inf
        Small: the nearest expert decides alone. ``inf``: all k count alike, as in LoraRetriever.

    Returns
    -------
    indices : ndarray of shape (n, k)
        Ascending in distance; of equally near experts the one that comes first.
    weights : ndarray of shape (n, k)
        Each row sums to 1.
    """
    distances = _rows(distances, "distances")
    if not 1 <= k <= distances.shape[1]:
        raise ValueError(f"k is {k}; choose 1 to {distances.shape[1]}, for so many experts there are")
    if not temperature > 0:
        raise ValueError(f"temperature is {temperature}; it must be above 0")
    indices = np.argsort(distances, axis=1, kind="stable")[:, :k]
    ranked = np.take_along_axis(distances, indices, axis=1)
    weights = np.exp((ranked[:, :1] - ranked) / temperature)
    return indices, weights / weights.sum(axis=1, keepdims=True)


def _nearest(vectors: np.ndarray, train: np.ndarray, k: int) -> Iterator[tuple[int, np.ndarray, np.ndarray]]:
    """Each question's number, the distances of its k nearest training rows, and which these are.

    A matrix product shows, to a bound that its rounding cannot exceed, which rows may be among the nearest; these few
    are measured by their differences, so that equal distances are equal to the last bit.
    """
    mean = train.mean(axis=0, dtype=np.float64)
    centred = train - mean  # small numbers round less
    square = np.einsum("ij,ij->i", centred, centred)
    size = max(1, PAIRS // len(train))
    for start in range(0, len(vectors), size):
        block = vectors[start : start + size] - mean
        near = block @ centred.T
        near *= -2
        near += square  # squared distances, less what is the same for a whole row
        # a sum of products is off by half a unit per term, in whatever order; it may be so for the k-th and for its
        # rival, and so may be what is measured below: four such halves, and as much again to spare
        scale = (np.linalg.norm(block, axis=1) + np.sqrt(square.max())) ** 2
        doubt = 4 * (train.shape[1] + 8) * np.finfo(np.float64).eps * scale
        reached = np.partition(near, k - 1, axis=1)[:, k - 1] + doubt
        for i in range(len(block)):
            maybe = np.flatnonzero(near[i] <= reached[i])
            away = train[maybe] - vectors[start + i].astype(np.float64)
            distance = np.sqrt(np.square(away, out=away).sum(axis=1))
            order = np.argsort(distance, kind="stable")[:k]
            yield start + i, distance[order], maybe[order]


def _rows(values: np.ndarray, name: str = "vectors") -> np.ndarray:
    """A matrix without NaN, checked in blocks: float32 stays float32."""
    values = np.asarray(values)
    if values.ndim != 2:
        raise ValueError(f"{name} have the shape {values.shape}; one row per text is needed")
    for start in range(0, len(values), 4096):
        bad = ~np.isfinite(values[start : start + 4096]).all(axis=1)
        if bad.any():
            raise ValueError(f"row {start + int(bad.argmax())} of {name} holds NaN or infinity")
    return values


def _labelled(values: np.ndarray, labels: Sequence[int], name: str = "vectors") -> tuple[np.ndarray, np.ndarray]:
    """Rows and their experts' numbers, fit for each other."""
    values, labels = _rows(values, name), np.asarray(labels)
    if len(labels) != len(values) or labels.ndim != 1:
        raise ValueError(f"{len(values)} rows of {name}, but labels of the shape {labels.shape}; give one per row")
    if not len(labels):
        raise ValueError(f"{name} are empty: without a row there is no expert")
    if not np.issubdtype(labels.dtype, np.integer) or labels.min() < 0:
        raise ValueError("labels are to be whole numbers from 0; leave out the rows that belong to no expert")
    return values, labels.astype(np.int64)
