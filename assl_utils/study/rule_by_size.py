"""How many rows the paper's own sampling rule keeps, by the number of rows, K, k and the reading of MinPts (D2).

    python -m assl_utils.study.rule_by_size --profile mirror --rows 2400 7000 20000 0 --record

Each size is the beginning of one random order of the run's rows, so a smaller set is a part of a larger one; 0 is all
rows. The vectors are those of chapter 3: the encoder is the run's, and its name stands in every row of the table. What
was measured before is taken from the table, so a command that was stopped goes on where it was.
"""

import itertools
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd

from assl_utils import pretrained, store
from assl_utils.errors import DataError
from assl_utils.selection import adbscan, budget, stage1
from assl_utils.space import clustering
from assl_utils.study.grid import data as grid_data
from assl_utils.study.train_and_ask import command, option_parser

FOLDER = "book/recorded/rule_by_size"
KEY = ["encoder", "rows", "K", "k", "minpts", "draw"]


def kept(X, n_clusters, k=20, minpts_rule="algorithm1", seed=0):
    """What A-DBSCAN and the paper's rule make of the clusters of some points.

    Parameters
    ----------
    X : ndarray of shape (n, d)
    n_clusters, k, minpts_rule
        K of (4), k of (7), and the reading of MinPts.
    seed : int
        Of the clusters and of what the rule draws.

    Returns
    -------
    dict
        ``distinct`` (points, copies counted once), ``kept`` in all, ``share`` kept of all points in percent,
        ``kept_least, kept_most`` of a cluster, ``subclusters`` in all; and over all clusters the percentage of their
        distinct points in the ``largest`` sub-cluster of each, and in ``noise``; ``largest_least, largest_most`` of
        a cluster.
    """
    found = stage1.find_subclusters(X, clustering.kmeans(X, n_clusters, seed), k, minpts_rule)
    sizes = np.array([len(members) for members, _ in found.values()])
    counts = [np.bincount(result.labels[result.labels >= 0], minlength=1) for _, result in found.values()]
    chosen = [len(budget.redistribute(X[members], result, None, seed)) for members, result in found.values()]
    largest, noise = np.array([c.max() for c in counts]), sizes - np.array([c.sum() for c in counts])
    share = 100 * largest / sizes
    return {
        "distinct": int(sizes.sum()), "kept": int(np.sum(chosen)), "share": round(100 * np.sum(chosen) / len(X), 2),
        "kept_least": int(min(chosen)), "kept_most": int(max(chosen)),
        "subclusters": int(sum(result.labels.max() + 1 for _, result in found.values())),
        "largest": round(float(100 * largest.sum() / sizes.sum()), 1), "largest_least": round(float(share.min()), 1),
        "largest_most": round(float(share.max()), 1), "noise": round(float(100 * noise.sum() / sizes.sum()), 1),
    }  # fmt: skip


def _main(root, resolved, options):
    for name, values, least in (
        ("rows", options.rows, 0),
        ("clusters", options.clusters, 1),
        ("k", options.k, 1),
        ("draws", options.draws, 0),
    ):
        if low := [value for value in values if value < least]:
            raise DataError(f"--{name} {low[0]} is to be at least {least}")
    data = grid_data.open_data(root, resolved)
    path = Path(root, FOLDER, f"{data.folder.name}.csv")
    table = store.read_table(path) if path.is_file() else pd.DataFrame(columns=KEY)
    there = {tuple(row) for row in table[KEY].itertuples(index=False)}
    encoder = pretrained.label(data.values["03_semantic_clustering"]["encoder"])
    every = len(data.rows)
    sizes = [min(n, every) if n else every for n in options.rows]
    for draw, n, K, k, rule in itertools.product(options.draws, sizes, options.clusters, options.k, options.minpts):
        key = (encoder, n, K, k, rule, draw)
        if key in there:
            continue
        began = time.perf_counter()
        at = np.sort(np.random.default_rng(draw).permutation(every)[:n])
        row = dict(zip(KEY, key, strict=True)) | kept(data.vectors[at], K, k, rule, draw)
        row["seconds"] = round(time.perf_counter() - began, 1)
        table = pd.concat([table, pd.DataFrame([row])], ignore_index=True)
        print(f"{n:,} rows, K = {K}, k = {k}, {rule}: {row['share']} % kept", flush=True)
        if options.record:
            path.parent.mkdir(parents=True, exist_ok=True)
            store.write_table(table.sort_values(KEY, ignore_index=True), path)
    print(table.to_string(index=False))


def main(arguments=None):
    """Measure the rule on a run."""
    parser = option_parser("rule_by_size", __doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=[2400, 7000, 20000, 60000, 0], help="sizes; 0: all")
    parser.add_argument("--clusters", type=int, nargs="+", default=[6], help="K; paper: 6")
    parser.add_argument("--k", type=int, nargs="+", default=[20], help="neighbours in Eq. (7); paper: 20")
    parser.add_argument("--minpts", nargs="+", default=["algorithm1"], choices=adbscan.RULES, help="readings of MinPts")
    parser.add_argument("--draws", type=int, nargs="+", default=[0], help="seeds of the rows drawn and of the clusters")
    return command("rule_by_size", parser, _main, arguments)


if __name__ == "__main__":
    sys.exit(main())
