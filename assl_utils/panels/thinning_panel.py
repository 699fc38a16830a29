"""Chapter 4's panel: density and budget moved, sub-clusters and kept rows at once."""

import functools

import numpy as np

from assl_utils.figures import selection
from assl_utils.panels.controls import Panel, Range, View
from assl_utils.selection import adbscan, stage1, stage1_tables
from assl_utils.selection.budget import METHODS


def panel(X, cluster, values):
    """Sub-clusters before and after stage 1 by ``k``, ``minpts_rule``, ``budget`` and ``thinning``.

    Parameters
    ----------
    X : array of shape (n, d)
    cluster : sequence of int
        Of each row.
    values : mapping
        The chapter's parameters by name.
    """
    seed = values["seed"]

    @functools.lru_cache(maxsize=8)
    def divided(k, minpts_rule):
        return stage1.find_subclusters(X, cluster, k, minpts_rule)

    def follow(k, minpts_rule, budget, thinning):
        found = divided(k, minpts_rule)
        thinned = stage1.thin(X, found, budget or None, thinning, seed)
        columns = ["rows", "sub-clusters", "noise", "share of largest"]
        table = stage1_tables.subclusters(found)[columns]
        table["kept"] = thinned["chosen"].groupby(np.asarray(cluster)).sum()
        before, after = stage1_tables.sizes(thinned, cluster)
        says = f"{thinned['chosen'].sum():,} of {len(thinned):,} rows chosen"
        return View(says, table, lambda: selection.size_histogram(before, after, ("before", "after stage 1")))

    most = int(np.bincount(np.asarray(cluster)).max())
    controls = {
        "k": Range(1, 50), "minpts_rule": adbscan.RULES, "budget": Range(0, most), "thinning": METHODS,
    }  # fmt: skip
    return Panel(controls, values, follow)
