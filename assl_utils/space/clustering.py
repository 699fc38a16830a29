r"""K-Means partitions the semantic space, (4) and (5), and a sweep over K shows what each K costs and gains.

The silhouette asks, for every point, for its mean distance to every cluster: n² distances for each K. They are the
same distances whatever the K, so the sweep computes them once, tile by tile, and adds each tile up for all K together.
"""

from concurrent.futures import ThreadPoolExecutor
from itertools import combinations

import numpy as np
import pandas as pd
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score
from threadpoolctl import threadpool_limits

from assl_utils.machine import threads
from assl_utils.space.neighbors import as_points
from assl_utils.space.silhouette import silhouettes


def canonical(labels):
    """Clusters numbered by decreasing size, of equal ones the one with the earliest member first."""
    _, first, inverse, counts = np.unique(labels, return_index=True, return_inverse=True, return_counts=True)
    rank = np.empty(len(first), dtype=np.int64)
    rank[np.lexsort((first, -counts))] = np.arange(len(first))
    return rank[inverse]


def kmeans(X, k, seed=0):
    r"""Clusters of points that lie close together.

    .. math:: \arg\min_{C} \sum_{i=1}^{K} \sum_{x \in C_i} \lVert x - \mu_i \rVert^2

    Eq. (4) of the paper, by Lloyd's algorithm from ten k-means++ starts, of which the best is kept.

    Parameters
    ----------
    X : array of shape (n, d)
    k : int
        Number of clusters; the paper takes 6.
    seed : int, default 0

    Returns
    -------
    ndarray of shape (n,)
        Cluster of each point, numbered by decreasing size: cluster 0 is the largest.

    Notes
    -----
    It runs in one thread, for with several the partial sums meet in any order and the last digits differ from run to
    run. `sweep_k` and `stability` give each run a thread of its own.
    """
    X = as_points(X)
    if not 1 <= k <= len(X):
        raise ValueError(f"cannot make {k} clusters of {len(X)} points")
    with threadpool_limits(1):
        return canonical(KMeans(n_clusters=k, n_init=10, random_state=seed).fit(X).labels_)


def _runs(X, jobs):
    """K-Means for several (k, seed), as many at a time as there are cores, in the order asked for."""
    # The outer limit is what remains when the threads, each setting and resetting the same limit, are done.
    with threadpool_limits(1, user_api="blas"), ThreadPoolExecutor(threads()) as pool:
        return list(pool.map(lambda job: kmeans(X, *job), jobs))


def centroids(X, labels):
    r"""Mean of each cluster, the embedding of its expert: :math:`\mu_i = \frac{1}{|C_i|} \sum_{x \in C_i} x`, eq. (5).

    Returns
    -------
    ndarray of shape (clusters, d), float64
    """
    labels = np.asarray(labels)
    sums = np.zeros((labels.max() + 1, X.shape[1]))
    for cluster in range(len(sums)):
        sums[cluster] = X[labels == cluster].mean(axis=0, dtype=np.float64)
    return sums


def sse(X, labels):
    """Sum of squared distances of the points to their centroid, the sum that (4) minimises."""
    total = 0.0
    for cluster, mean in enumerate(centroids(X, labels)):
        total += float(((X[labels == cluster] - mean) ** 2).sum())
    return total


def sweep_k(X, ks=range(2, 16), seed=0):
    """K-Means for several K with the two measures by which the paper chooses one (its Figure 4).

    Parameters
    ----------
    X : array of shape (n, d)
    ks : iterable of int, default 2 to 15
    seed : int, default 0

    Returns
    -------
    DataFrame
        ``k``, ``sse`` (falls with K, look for the bend) and ``silhouette`` (its mean, look for the top).
    dict of int to ndarray
        Labels by K, as `kmeans` numbers them.
    """
    X = as_points(X)
    ks = list(dict.fromkeys(int(k) for k in ks))
    labels = dict(zip(ks, _runs(X, [(k, seed) for k in ks]), strict=True))
    scores = silhouettes(X, labels)
    rows = [(k, sse(X, labels[k]), float(scores[k].mean())) for k in ks]
    return pd.DataFrame(rows, columns=["k", "sse", "silhouette"]), labels


def stability(X, k, seeds=range(5)):
    """Mean adjusted Rand index over all pairs of seeds: 1 where every seed finds the same clusters, 0 as by chance."""
    runs = _runs(as_points(X), [(k, int(seed)) for seed in seeds])
    if len(runs) < 2:
        raise ValueError("stability compares runs: give at least two seeds")
    return float(np.mean([adjusted_rand_score(a, b) for a, b in combinations(runs, 2)]))


def without_groups(X, seed=0):
    r"""Points of the same mean and covariance as X in which there is nothing to find.

    .. math:: y_i \sim \mathcal{N}(\bar x, \Sigma_X), \qquad y_i \leftarrow y_i / \lVert y_i \rVert \text{ if all } x_i
              \text{ have length 1}

    What a sweep over K says of them is what it says of anything: the line that a finding has to rise above.

    Parameters
    ----------
    X : array of shape (n, d)
    seed : int, default 0

    Returns
    -------
    ndarray of shape (n, d), of X's type
    """
    X = as_points(X)
    mean = X.mean(axis=0, dtype=np.float64)
    values, vectors = np.linalg.eigh(np.atleast_2d(np.cov(X, rowvar=False, bias=True)))
    drawn = np.random.default_rng(seed).standard_normal(X.shape) * np.sqrt(np.maximum(values, 0))
    Y = drawn @ vectors.T + mean
    lengths = np.linalg.norm(X, axis=1)
    if np.allclose(lengths, 1, atol=1e-4):
        Y /= np.maximum(np.linalg.norm(Y, axis=1, keepdims=True), 1e-12)
    return Y.astype(X.dtype)


def knee(x, y):
    """The x at which a falling curve lies farthest below the straight line between its ends, both axes scaled to 1."""
    x, y = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    if len(x) < 3 or y[0] <= y[-1]:
        raise ValueError("a knee needs a falling curve of at least three points")
    across, down = (x - x[0]) / (x[-1] - x[0]), (y - y[-1]) / (y[0] - y[-1])
    return x[int((1 - across - down).argmax())]


def spread(X):
    """Mean distance of the points to their mean."""
    return float(np.linalg.norm(X - X.mean(axis=0), axis=1).mean())


def spreads(X, groups):
    """The `spread` of each group of points, in the order in which the groups first appear."""
    return {group: spread(X[(groups == group).to_numpy()]) for group in groups.unique()}


def members(ids, X, labels, centroids):
    """A row per point: ``id``, ``cluster``, and its ``distance`` to the centroid of its cluster."""
    distance = np.linalg.norm(X - centroids[labels], axis=1)
    return pd.DataFrame({"id": ids, "cluster": labels, "distance": distance})
