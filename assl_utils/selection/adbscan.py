r"""A-DBSCAN, stage 1 of the selection: the sub-clusters of a semantic cluster, by density (Algorithm 1).

Densities (7) order a queue; from its head sub-clusters grow as in DBSCAN, with a radius that is the median distance to
the k-th neighbour and a MinPts that starts at (8) and follows the density (9).

The k nearest neighbours, needed for (7) anyway, already answer most of what the growth asks. A point whose k-th
neighbour lies beyond ε has its whole ε-neighbourhood in the table. The others (half of all, ε being the median) are
*crowded*: at least k + 1 points lie in their neighbourhood, more than the table shows. Only pairs of crowded points
can be missing from it, and of those only the ones matter in which one point was reached and the other was not. Where
one sub-cluster holds nearly everything, as is usual, there are few. They are looked up in blocks, when needed, so
memory stays at n times a block.
"""

from typing import NamedTuple

import numpy as np
from numba import njit

from assl_utils.space.neighbors import as_points, knn, screen
from assl_utils.space.reach import Reach, count_within

NOISE = -1
RULES = ("algorithm1", "as_printed", "equation9")


class Result(NamedTuple):
    """What A-DBSCAN found."""

    labels: np.ndarray  # sub-cluster of each point in order of discovery, -1 for noise
    eps: float  # radius; nan for a single point
    density: np.ndarray  # (7) of each point
    minpts: np.ndarray  # MinPts in force while sub-cluster 0, 1, … was looked for, and after the last


def local_density(neighbor_dist, min_distance=0.0):
    r"""Density of each point: one over its mean distance to its neighbours.

    .. math:: \rho_i = \Bigl( \frac{1}{k} \sum_{j \in N_k(i)} d(x_i, x_j) \Bigr)^{-1}

    Eq. (7) of the paper; the queue of Algorithm 1 is ordered by it.

    Parameters
    ----------
    neighbor_dist : ndarray of shape (n, k)
        Distances to the k nearest neighbours, the point itself left out.
    min_distance : float, default 0.0
        Floor under the mean distance. 0 is the paper's rule.

    Returns
    -------
    ndarray of shape (n,)
        Densities; ``inf`` where k copies coincide and the floor is 0, ``nan`` where there is no neighbour at all.

    Notes
    -----
    The paper is silent on coinciding points: collapse copies first (`unique_points`).
    """
    if neighbor_dist.shape[1] == 0:
        return np.full(len(neighbor_dist), np.nan)
    mean = np.maximum(neighbor_dist.mean(axis=1), min_distance)
    with np.errstate(divide="ignore"):
        return 1.0 / mean


def unique_points(X):
    """Rows that are equal in every coordinate, once each.

    Returns
    -------
    index : ndarray
        First row of each group of copies, ascending; ``X[index]`` has no duplicates.
    inverse : ndarray of shape (n,)
        ``X[index][inverse]`` is X again.
    counts : ndarray
        Size of each group: the multiplicity to keep beside the row.
    """
    X = as_points(X) + 0.0  # -0.0 becomes 0.0, so that equal means equal bytes
    rows = X.view(np.dtype((np.void, X.itemsize * X.shape[1]))).ravel() if X.shape[1] else np.zeros(len(X))
    _, first, inverse, counts = np.unique(rows, return_index=True, return_inverse=True, return_counts=True)
    order = np.argsort(first)
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    return first[order], rank[inverse.ravel()], counts[order]


@njit(cache=True, nogil=True)
def _next_seed(queue, at, visited, size, minpts):
    """First unvisited point of the queue from ``at`` on whose neighbourhood is large enough; the others are visited."""
    while at < len(queue):
        p = queue[at]
        if not visited[p]:
            visited[p] = True
            if size[p] >= minpts:
                return at
        at += 1
    return at


@njit(cache=True, nogil=True)
def _spread(stack, top, cluster, minpts, near, index, starts, seen_by, size, crowded, visited, labels, frontier):
    """Grow a cluster along the known neighbourhoods until the stack of visited core points is empty.

    Returns how many crowded points were expanded; they are at the beginning of ``frontier``.
    """
    expanded = 0
    while top > 0:
        top -= 1
        q = stack[top]
        if crowded[q]:
            frontier[expanded] = q
            expanded += 1
        naming = starts[q + 1] - starts[q]
        for at in range(near[q] + naming):
            r = index[q, at] if at < near[q] else seen_by[starts[q] + at - near[q]]
            if labels[r] < 0:
                labels[r] = cluster
            if not visited[r]:
                visited[r] = True
                if size[r] >= minpts:
                    stack[top] = r
                    top += 1
    return expanded


def _named_by_others(near, index, crowded):
    """For each crowded point the points with a complete table that name it as a neighbour, as CSR."""
    n, k = index.shape
    naming = np.repeat(~crowded, k) & (np.arange(k) < near[:, None]).ravel()
    named = index.ravel()[naming]
    origin = np.repeat(np.arange(n), k)[naming]
    keep = crowded[named]
    named, origin = named[keep], origin[keep]
    starts = np.concatenate([[0], np.cumsum(np.bincount(named, minlength=n))])
    return starts, origin[np.argsort(named, kind="stable")]


def adbscan(X, k=20, minpts_rule="algorithm1", min_distance=0.0, device="auto", eps=None, near=None):
    r"""Sub-clusters of a semantic cluster, by density that adapts (Algorithm 1).

    .. math::
        \varepsilon = \operatorname{median}_p d(p, p_k), \qquad
        MinPts_{init} = \frac{\varepsilon \rho_{max}}{2} \quad (8), \qquad
        MinPts = \max\Bigl(2, \frac{\rho}{\rho_{max}} MinPts'\Bigr) \quad (9)

    The queue is taken densest first. A point not visited yet whose ε-neighbourhood holds at least MinPts points starts
    a sub-cluster, which takes in the neighbourhoods of all its members that hold as many and were not visited before.

    Parameters
    ----------
    X : array of shape (n, d)
        Points of one semantic cluster, copies collapsed (`unique_points`).
    k : int, default 20
        Neighbours in (7); n ≤ k points have n − 1.
    minpts_rule : str, default "algorithm1"
        Which MinPts the tests use, for the paper can be read in three ways. ``"algorithm1"``: after each sub-cluster
        (9) with the density of its first point and MinPts' = MinPts_init. ``"as_printed"``: always MinPts_init, as
        Algorithm 1 has it, which computes the update and never reads it. ``"equation9"``: after each sub-cluster (9)
        with the density of the next unvisited point of the queue and MinPts' = the last MinPts.
    min_distance : float, default 0.0
        Floor under the mean distance in (7). 0 is the paper's rule.
    device : str, default "auto"
        Where the neighbours are found, see `neighbors.knn`; the result does not depend on it.
    eps : float, optional
        Another radius than the paper's median, in (8) and in every test.
    near : tuple of two arrays, optional
        What `neighbors.knn` gives for X and k, where it is known: most of the time goes into it, and neither the rule
        nor the radius changes it.

    Returns
    -------
    Result
        ``labels``, ``eps``, ``density`` and ``minpts``, the trace of MinPts.

    Notes
    -----
    What the paper leaves open is fixed here: a neighbourhood includes its point and everything at distance ≤ ε; equal
    densities go by index; a point in reach of two sub-clusters stays with the first. More than k copies of a point
    have ρ = ∞, which makes MinPts infinite and all points noise; a single point is noise.
    """
    if minpts_rule not in RULES:
        raise ValueError(f"minpts_rule {minpts_rule!r} is none of {', '.join(RULES)}")
    if eps is not None and not 0 <= eps < np.inf:
        raise ValueError(f"eps is {eps}; a radius is a number, not negative and not infinite")
    X = as_points(X)
    n = len(X)
    distance, index = knn(X, k, device=device) if near is None else near
    if distance.shape != (n, max(0, min(k, n - 1))) or index.shape != distance.shape:
        raise ValueError(f"near holds {distance.shape} distances; of {n} points and k = {k} there are others")
    density = local_density(distance, min_distance)
    labels = np.full(n, NOISE, dtype=np.int64)
    if n < 2:
        return Result(labels, np.nan, density, np.array([np.nan]))
    eps = float(np.median(distance[:, -1]) if eps is None else eps)
    queue = np.argsort(-density, kind="stable")
    top_density = density[queue[0]]
    with np.errstate(invalid="ignore"):
        initial = float(eps * top_density / 2)  # 0 · ∞ = nan: no neighbourhood is as large as that either

    inside = (distance <= eps).sum(axis=1)
    crowded = (distance[:, -1] <= eps) & (distance.shape[1] < n - 1)
    starts, seen_by = _named_by_others(inside, index, crowded)
    size = inside + 1  # of a crowded point at least so many
    crowd = np.flatnonzero(crowded)
    view = screen(X) if len(crowd) else None
    if np.isfinite(initial) and initial > distance.shape[1] + 1 and len(crowd):
        size[crowd] = 1 + np.diff(starts)[crowd] + count_within(X, view, crowd, eps)
    reach = Reach(X, view, crowd, eps) if len(crowd) else None

    visited = np.zeros(n, dtype=bool)
    stack = np.empty(n, dtype=np.int64)
    frontier = np.empty(n, dtype=np.int64)
    minpts, trace, at, cluster = initial, [initial], 0, 0
    while (at := _next_seed(queue, at, visited, size, minpts)) < n:
        seed = queue[at]
        labels[seed] = cluster
        stack[0] = seed
        top = 1
        while top:
            expanded = _spread(
                stack, top, cluster, minpts, inside, index, starts, seen_by, size, crowded, visited, labels, frontier
            )
            met = reach.within(frontier[:expanded], labels == NOISE) if expanded else frontier[:0]
            labels[met] = cluster
            fresh = met[~visited[met]]
            visited[fresh] = True
            fresh = fresh[size[fresh] >= minpts]
            top = len(fresh)
            stack[:top] = fresh
        cluster += 1
        if minpts_rule == "algorithm1":
            minpts = max(2.0, float(density[seed] / top_density * initial))
        elif minpts_rule == "equation9":
            while at < n and visited[queue[at]]:
                at += 1
            if at < n:  # an empty queue has no density to adapt to
                minpts = max(2.0, float(density[queue[at]] / top_density * minpts))
        trace.append(minpts)
    return Result(labels, eps, density, np.array(trace))


def shrink_eps(X, factors=(1.0, 0.9, 0.8, 0.7, 0.6), k=20, minpts_rule="algorithm1", min_distance=0.0):
    r"""What a smaller radius makes of the largest sub-cluster: does it split, or is it peeled?

    Algorithm 1 is run again on all points with :math:`f \varepsilon` for each factor f, :math:`\varepsilon` being the
    paper's median, and the members that the largest sub-cluster has at :math:`\varepsilon` are looked up.

    Parameters
    ----------
    X, k, minpts_rule, min_distance
        As in `adbscan`.
    factors : iterable of float, default 1 to 0.6

    Returns
    -------
    list of dict, one per factor
        ``factor``, ``eps``, ``pieces`` (sub-clusters that hold its members), and as shares of it the members in the
        ``largest`` and the ``second`` of them, in all ``others`` but the largest, and in the ``noise``. One that splits
        has others, one that is peeled has noise. Empty where there is no sub-cluster.
    """
    near = knn(X, k)
    whole = adbscan(X, k, minpts_rule, min_distance, near=near)
    if not (whole.labels >= 0).any():
        return []
    members = whole.labels == np.bincount(whole.labels[whole.labels >= 0]).argmax()
    table = []
    for factor in factors:
        result = adbscan(X, k, minpts_rule, min_distance, eps=factor * whole.eps, near=near)
        now = result.labels[members]
        sizes = np.sort(np.bincount(now[now >= 0], minlength=2))[::-1] / len(now)
        row = {"factor": factor, "eps": result.eps, "pieces": int((sizes > 0).sum())}
        row |= {"largest": sizes[0], "second": sizes[1], "others": sizes[1:].sum(), "noise": (now < 0).mean()}
        table.append({key: value if key == "pieces" else float(value) for key, value in row.items()})
    return table
