"""Routing as Eq. (6) prints it, for a reader to follow; :class:`assl_utils.routing.router.Router` is the fast one."""

import numpy as np


def nearest_centroid(question, centroids):
    """The number of the expert with the nearest centroid, Eq. (6); of equally near ones the first."""
    distances = [np.linalg.norm(question - centroid) for centroid in centroids]
    return int(np.argmin(distances))


def margin(question, centroids):
    """How much farther the second-nearest centroid is than the nearest."""
    nearest, second = np.sort([np.linalg.norm(question - centroid) for centroid in centroids])[:2]
    return second - nearest
