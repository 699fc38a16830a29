"""Looks at the space: the nearest row of a few rows, and a map for the eye."""

import numpy as np
import pandas as pd
from sklearn.decomposition import PCA
from sklearn.manifold import TSNE
from threadpoolctl import threadpool_limits


def nearest(texts, X, at):
    """Rows beside the other row nearest to each: ``row, nearest, cosine``.

    Parameters
    ----------
    texts : Series of n str
    X : array of shape (n, d)
        Their vectors, of length 1.
    at : sequence of int
        Positions of the rows to show.
    """
    cosine = X[at] @ X.T
    cosine[np.arange(len(at)), at] = -1
    row, other = texts.to_numpy()[at], texts.to_numpy()[cosine.argmax(1)]
    return pd.DataFrame({"row": row, "nearest": other, "cosine": cosine.max(1).round(2)})


def flatten(X, n=6000, seed=0):
    """A t-SNE map of n random points: it keeps neighbours, not distances. Nothing is computed from it.

    Returns
    -------
    drawn : ndarray of int
        Positions of the points on the map, ascending.
    xy : ndarray of shape (len(drawn), 2), float32
    """
    drawn = np.sort(np.random.default_rng(seed).permutation(len(X))[:n])
    with threadpool_limits(1):  # rounding depends on the number of threads here, and t-SNE turns it into other places
        slim = PCA(min(50, X.shape[1]), random_state=seed).fit_transform(X[drawn])
    start = 1e-4 * slim[:, :2] / slim[:, 0].std()
    xy = TSNE(init=start, perplexity=40, max_iter=500, random_state=seed).fit_transform(slim)
    return drawn, xy.astype(np.float32)


def plane(centroids, X, seed=0):
    """The plane in which the centroids lie farthest apart, as a fitted PCA; of the points, with one centroid."""
    return PCA(2, random_state=seed).fit(centroids if len(centroids) > 1 else X)
