"""How many clusters? Each K measured, beside points without groups, and what each rule would choose."""

import numpy as np
import pandas as pd
from sklearn.metrics import normalized_mutual_info_score

from assl_utils.space import clustering


def sweep(X, tasks, k_max=15, seed=0, starts=3):
    """Every K from 2 to ``k_max``, measured.

    Parameters
    ----------
    X : array of shape (n, d)
    tasks : n labels
        What each row is known to be, for the column ``NMI with task``.
    k_max : int, default 15
    seed : int, default 0
    starts : int, default 3
        Other seeds, from ``seed + 1`` on, that K-Means is repeated with.

    Returns
    -------
    DataFrame
        ``k, sse, silhouette, stability`` and ``NMI with task``, normalised mutual information.
    """
    table, labels = clustering.sweep_k(X, range(2, k_max + 1), seed)
    seeds = range(seed + 1, seed + 1 + starts)
    table["stability"] = [clustering.stability(X, k, seeds) for k in table["k"]]
    table["NMI with task"] = [normalized_mutual_info_score(tasks, labels[k]) for k in table["k"]]
    return table


def against_no_groups(X, ks, n=2000, seed=0):
    r"""The same sweep over n random points and over as many of the same mean and covariance without any groups.

    Returns
    -------
    DataFrame
        By K: ``silhouette of the rows``, ``of points without groups``, and ``gap``, the logarithm of the two SSE's
        quotient, :math:`\log \text{SSE}_0 - \log \text{SSE}`.
    """
    some = X[np.sort(np.random.default_rng(seed).permutation(len(X))[:n])]
    ours, _ = clustering.sweep_k(some, ks, seed)
    none, _ = clustering.sweep_k(clustering.without_groups(some, seed), ks, seed)
    columns = {
        "silhouette of the rows": ours["silhouette"],
        "of points without groups": none["silhouette"],
        "gap": np.log(none["sse"]) - np.log(ours["sse"]),
    }
    return pd.DataFrame(columns).set_index(ours["k"])


def rules(sweep, against, used):
    """The K that each rule chooses, with its line of the sweep; the last line is the one that is ``used``."""
    by_k = sweep.set_index("k")
    above = against["silhouette of the rows"] - against["of points without groups"]
    found = {
        "highest silhouette": by_k["silhouette"].idxmax(),
        "highest silhouette above that of no groups": above.idxmax(),
        "knee of the SSE": clustering.knee(by_k.index, by_k["sse"]),
        "widest gap": against["gap"].idxmax(),
        "most stable": by_k["stability"].idxmax(),
        "used here": used,
    }
    return pd.Series(found, name="K").astype(int).to_frame().join(by_k, on="K")
