"""What `adbscan.adbscan` and the thinning by medoids do, step by step, for a reader who wants to watch them."""

from typing import NamedTuple

import numpy as np

from assl_utils.selection.adbscan import NOISE, Result, adbscan
from assl_utils.selection.budget import core_rows, redistribute
from assl_utils.space.k_center import farthest_first_cells
from assl_utils.space.neighbors import as_points, knn

STARTS, TOO_FEW, GROWS, EDGE = "starts", "too few", "grows", "edge"


class Step(NamedTuple):
    """One point is visited: how many lie in its ε-ball, and what follows from it."""

    point: int
    kind: str  # taken from the queue: STARTS a sub-cluster or has TOO_FEW; in a sub-cluster: GROWS it or is its EDGE
    minpts: float  # in force at this step
    found: int  # sub-clusters begun before this step
    joined: list[int]  # points that get the label of the growing sub-cluster here


class Walk(NamedTuple):
    """A run of Algorithm 1 from its first step to its last."""

    result: Result
    queue: list[int]  # all points, the densest first
    near: list[list[int]]  # the ε-ball of each point, itself included
    steps: list[Step]  # one for each point


def walk(X, k=20, minpts_rule="algorithm1"):
    """The steps of Algorithm 1 on a few hundred points; every point is visited exactly once.

    ε, the densities and the values of MinPts are those of `adbscan.adbscan`; the order is that of
    `literal.algorithm_1`, in which a growing sub-cluster reads its list from the front.

    Parameters
    ----------
    X, k, minpts_rule
        As for `adbscan.adbscan`; at least two points.

    Returns
    -------
    Walk
        The labels that its steps give are ``result.labels``.
    """
    X = as_points(X)
    n = len(X)
    if n < 2:
        raise ValueError(f"{n} points have no neighbours to walk among; give at least two")
    result = adbscan(X, k, minpts_rule)
    near = balls(X, result.eps)
    queue = np.argsort(-result.density, kind="stable").tolist()
    visited, labelled, steps, found = set(), set(), [], 0
    for p in queue:
        if p in visited:
            continue
        visited.add(p)
        minpts = float(result.minpts[found])
        if len(near[p]) < minpts or np.isnan(minpts):
            steps.append(Step(p, TOO_FEW, minpts, found, []))
            continue
        steps.append(Step(p, STARTS, minpts, found, _join(near[p], labelled)))
        reached = list(near[p])
        for q in reached:  # the list grows while it is read
            if q in visited:
                continue
            visited.add(q)
            core = len(near[q]) >= minpts
            steps.append(Step(q, GROWS if core else EDGE, minpts, found, _join(near[q], labelled) if core else []))
            if core:
                reached.extend(near[q])
        found += 1
    return Walk(result, queue, near, steps)


def moments(walk):
    """Six moments of a walk: the first sub-cluster begins, is half grown, is done; the second begins, is done; the end.

    Parameters
    ----------
    walk : Walk
        Of at least two sub-clusters.

    Returns
    -------
    list of int
        How many steps are done at each.
    """
    starts = [i for i, step in enumerate(walk.steps) if step.kind == STARTS][:2]
    ends = [max(i for i, step in enumerate(walk.steps) if step.kind != TOO_FEW and step.found == n) for n in (0, 1)]
    half = (starts[0] + ends[0]) // 2
    return [i + 1 for i in (starts[0], half, ends[0], starts[1], ends[1], len(walk.steps) - 1)]


class Trimmed(NamedTuple):
    """The steps of ``trimmed_medoids``; all are positions in X."""

    core: np.ndarray  # neither noise nor among the sparsest
    taken: np.ndarray  # far from each other
    owner: np.ndarray  # of each point of the core, which of ``taken`` is the nearest
    medoids: np.ndarray  # the most central point of each region: what is kept


def trimmed(X, result, budget):
    """How `budget.redistribute` comes to its trimmed medoids; fewer are wanted than the core has points."""
    core = core_rows(result, budget)
    taken, owner = farthest_first_cells(as_points(np.asarray(X)[core]), budget, int(result.density[core].argmax()))
    return Trimmed(core, core[taken], owner, redistribute(X, result, budget, method="trimmed_medoids"))


def balls(X, eps):
    """The points at distance ≤ ε of each point, itself included, in order of index."""
    distance, index = knn(X, len(X) - 1, device="cpu")
    within = (distance <= eps).sum(axis=1)
    return [sorted([p, *index[p, : within[p]].tolist()]) for p in range(len(X))]


def labels_at(steps, n, stop=None):
    """The label of each point after the first ``stop`` steps, by default all; -1 for points in no sub-cluster."""
    labels = np.full(n, NOISE, dtype=np.int64)
    for step in steps[:stop]:
        labels[step.joined] = step.found
    return labels


def _join(ball, labelled):
    """The points of a ball that had no label, which get one now."""
    fresh = [q for q in ball if q not in labelled]
    labelled.update(fresh)
    return fresh
