"""How many rows of a cluster, and which: the paper's sampling rule, and ways to spend a budget."""

from typing import NamedTuple

import numpy as np

from assl_utils.space.k_center import farthest_first, farthest_first_cells
from assl_utils.space.neighbors import as_points

METHODS = ("inverse_density", "k_center", "trimmed_k_center", "trimmed_medoids")


class Plan(NamedTuple):
    """How many points each sub-cluster keeps under a budget."""

    quota: np.ndarray  # per sub-cluster
    cap: int  # the water level: no sub-cluster keeps more than this, but for the remainder, one each
    shortfall: int  # points of the budget that do not exist outside the noise


def plan_budget(labels, budget):
    r"""Water-filling: the cap c with :math:`\sum_i \min(|C_i|, c) = budget`, as whole numbers.

    The level rises in all sub-clusters alike; small ones are kept whole. What is left over when the next whole level
    would be too high goes, one point each, to the largest sub-clusters above it (of equal ones, the first found).

    Returns
    -------
    Plan
        ``quota`` per sub-cluster, the ``cap``, and the ``shortfall``: points of the budget that do not exist outside
        the noise.
    """
    if budget < 0:
        raise ValueError(f"budget is {budget}; it cannot be negative")
    sizes = np.bincount(labels[labels >= 0])
    quota, cap = water_level(sizes, budget)
    return Plan(quota, cap, int(budget) - int(quota.sum()))


def water_level(sizes, goal, least=0):
    r"""The level c with :math:`\sum_i \min(\max(c, least_i), size_i) = goal`, as whole numbers.

    Parameters
    ----------
    sizes : array of int
        What each part could give.
    goal : int
        What they should give together; all of them, where it is more than they have.
    least : array of int, optional
        What each gives in any case; if that is more than the goal, it stays so.

    Returns
    -------
    quota, level
        What each part gives. Left-overs below the next whole level go, one each, to the largest parts above it.
    """
    sizes = np.asarray(sizes, dtype=np.int64)
    least = np.minimum(least, sizes)
    goal = min(int(goal), int(sizes.sum()))
    low, high = 0, int(sizes.max(initial=0))
    while low < high:  # the highest level that does not exceed the goal
        middle = (low + high + 1) // 2
        spent = np.minimum(np.maximum(middle, least), sizes).sum()
        low, high = (middle, high) if spent <= goal else (low, middle - 1)
    quota = np.minimum(np.maximum(low, least), sizes)
    rising = np.flatnonzero((quota == low) & (low < sizes))
    rising = rising[np.argsort(-sizes[rising], kind="stable")]
    quota[rising[: max(0, goal - int(quota.sum()))]] += 1
    return quota, low


def _medoids(X, taken, owner, density):
    """For each of the points taken the most central point of its cell, the points nearer to it than to the others.

    Central is nearest to the cell's mean; of equally near ones (always so in a cell of two) the densest, of equally
    dense ones the lowest. Cells do not overlap, so there are as many medoids as points taken.
    """
    cells = np.split(np.argsort(owner, kind="stable"), np.cumsum(np.bincount(owner, minlength=len(taken)))[:-1])
    medoids = np.empty_like(taken)
    for number, cell in enumerate(cells):
        # Seen from a member of the cell, near-repeats do not lose their small differences to rounding.
        view = X[cell].astype(np.float64) - X[taken[number]]
        square = ((view - view.mean(axis=0)) ** 2).sum(axis=1)
        tied = cell[square <= square.min() * (1 + 1e-9)]
        medoids[number] = tied[density[tied].argmax()]
    return medoids


def core_rows(result, wanted, trim=0.1):
    """The points in sub-clusters without their sparsest share ``trim``, ascending; never fewer than ``wanted``."""
    inside = np.flatnonzero(np.asarray(result.labels) >= 0)
    densest = np.argsort(-result.density[inside], kind="stable")
    return np.sort(inside[densest[: max(wanted, len(inside) - int(trim * len(inside)))]])


def _spread_in_core(X, result, budget, method, trim):
    """The trimmed methods of `redistribute`."""
    wanted = min(int(budget), int((np.asarray(result.labels) >= 0).sum()))
    core = core_rows(result, wanted, trim)
    if wanted in (0, len(core)):
        return core[:wanted]
    points, density = as_points(np.asarray(X)[core]), result.density[core]
    taken, owner = farthest_first_cells(points, wanted, int(density.argmax()))
    return np.sort(core[_medoids(points, taken, owner, density) if method == "trimmed_medoids" else taken])


def redistribute(X, result, budget=None, seed=0, method="inverse_density", trim=0.1):
    """Thin the sub-clusters; the noise goes.

    Parameters
    ----------
    X : array of shape (n, d)
        The points given to `adbscan`.
    result : Result
        What it returned.
    budget : int, optional
        Number of points to keep, reached exactly as long as so many lie outside the noise (see `plan_budget`). None
        is the paper's rule: sub-clusters above the mean size are sampled down to it, rounded down.
    seed : int, default 0
        Each sub-cluster draws from a stream of its own. The trimmed methods draw nothing.
    method : str, default "inverse_density"
        How a budget is spent. The paper's rule draws uniformly whatever the method.

        ``"inverse_density"`` and ``"k_center"`` fill all sub-clusters to one level (`plan_budget`) and thin the larger
        ones: drawn without replacement with weights 1/ρ, fewer from the dense and more from the sparse; or spread out,
        each next point the farthest from those taken, which takes what outliers there are first.

        ``"trimmed_k_center"`` and ``"trimmed_medoids"`` spend it on all sub-clusters as one: the sparsest points are
        set aside, and the rest is spread out from its densest point on. The second then replaces each point taken by
        the most central one of its cell, the points nearer to it than to the others taken: more typical, less extreme.
    trim : float, default 0.1
        Share of the points outside the noise that the trimmed methods set aside, rounded down; fewer where the budget
        needs them.

    Returns
    -------
    ndarray
        Chosen positions, ascending.

    Notes
    -----
    A level for all sub-clusters protects small ones. Beside one that holds nearly everything, these are as often
    near-repeats or outliers of one kind as they are rare kinds of rows (`assl_utils.selection.planted` measures it).
    """
    if method not in METHODS:
        raise ValueError(f"method {method!r} is none of {', '.join(METHODS)}")
    if not 0 <= trim <= 1:
        raise ValueError(f"trim is {trim}; it is a share, 0 to 1")
    labels = np.asarray(result.labels)
    if len(X) != len(labels):
        raise ValueError(f"{len(X)} points but {len(labels)} labels")
    sizes = np.bincount(labels[labels >= 0])
    quota = np.minimum(sizes, int(sizes.mean()) if len(sizes) else 0)
    if budget is not None:
        quota = plan_budget(labels, budget).quota
        if method.startswith("trimmed"):
            return _spread_in_core(X, result, budget, method, trim)
    if len(sizes) == 0:
        return np.empty(0, dtype=np.int64)
    members = np.split(np.argsort(labels, kind="stable")[(labels < 0).sum() :], np.cumsum(sizes)[:-1])
    chosen = []
    for cluster, (group, wanted) in enumerate(zip(members, quota, strict=True)):
        rng = np.random.default_rng([seed, cluster])
        if wanted == 0:
            continue
        if wanted == len(group):
            chosen.append(group)
        elif budget is None:
            chosen.append(rng.choice(group, wanted, replace=False))
        elif method == "k_center":
            chosen.append(group[farthest_first(X[group], wanted, int(rng.integers(len(group))))])
        else:
            # The largest of log w + Gumbel noise are a weighted draw without replacement (Efraimidis and Spirakis).
            with np.errstate(divide="ignore"):
                key = -np.log(result.density[group]) + rng.gumbel(size=len(group))
            chosen.append(group[np.argsort(-key, kind="stable")[:wanted]])
    return np.sort(np.concatenate(chosen)) if chosen else np.empty(0, dtype=np.int64)
