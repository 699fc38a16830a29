"""How the cost of A-DBSCAN and of the K sweep grows with the number of rows: seconds and memory, size by size.

    python -m assl_utils.bench.growth [--sizes 1000 10000] [--out runs/bench/growth.json] [--record]

Not part of ``make bench``, for it takes the better part of an hour. Every size runs in a process of its own, so that
the peak memory is its own. Sizes that are in the file already are not measured again: an interrupted run goes on.
"""

import argparse
import multiprocessing
import resource
import sys
import time
from pathlib import Path
from unittest import mock

from assl_utils import store
from assl_utils.bench.kernels import RECORD
from assl_utils.bench.made_up import nearest_of_random_centres, topics
from assl_utils.bench.rates import describe_machine, measure_machine
from assl_utils.selection import adbscan
from assl_utils.space import clustering, neighbors, silhouette

SMALLER = (1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000)
SIZES = {"adbscan": (*SMALLER, 200_000), "sweep_k": (*SMALLER, 220_000)}  # the paper has 220,000 rows in all
DIMENSIONS = 768
K = 20
PEAK = 2**30 if sys.platform == "darwin" else 2**20  # what ru_maxrss counts in, per GB


def adbscan_at(n, d=DIMENSIONS, k=K):
    """Seconds of the neighbours and of the whole of A-DBSCAN on n points, and the peak memory above the points."""
    small = topics(200, d)
    adbscan.adbscan(small, k, device="cpu")  # compiles
    X = topics(n, d)
    near = []

    def watched(*given, **named):
        began = time.perf_counter()
        found = neighbors.knn(*given, **named)
        near.append(time.perf_counter() - began)
        return found

    before = _peak()
    start = time.perf_counter()
    with mock.patch.object(adbscan, "knn", watched):  # to see them within, not to compute them twice
        result = adbscan.adbscan(X, k, device="cpu")
    whole = time.perf_counter() - start
    return {
        "knn_s": near[0],
        "adbscan_s": whole,
        "points_gb": X.nbytes / 2**30,
        "peak_gb": _peak(),
        "peak_before_gb": before,
        "subclusters": int(result.labels.max() + 1),
        "noise": int((result.labels < 0).sum()),
    }


def sweep_at(n, d=DIMENSIONS, ks=range(2, 16)):
    """Seconds of the silhouettes of 14 clusterings of n points, and the peak memory of the process."""
    X = topics(n, d)
    labels = nearest_of_random_centres(X, ks)
    silhouette.silhouettes(X[:3000], {k: clustering.canonical(values[:3000]) for k, values in labels.items()})
    before = _peak()
    start = time.perf_counter()
    silhouette.silhouettes(X, labels)
    return {
        "silhouettes_s": time.perf_counter() - start,
        "points_gb": X.nbytes / 2**30,
        "peak_gb": _peak(),
        "peak_before_gb": before,
    }


WORK = {"adbscan": adbscan_at, "sweep_k": sweep_at}


def _peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / PEAK


def _apart(name, n):
    """Run one size in a fresh process."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(WORK[name], (n,))


def main(arguments=None):
    """Command line."""
    parser = argparse.ArgumentParser(prog="python -m assl_utils.bench.growth", description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", nargs="+", type=int, metavar="N", help="instead of 1,000 to 200,000")
    parser.add_argument("--only", nargs="+", choices=list(WORK), default=list(WORK))
    parser.add_argument("--out", type=Path, default=Path("runs/bench/growth.json"))
    parser.add_argument("--record", action="store_true", help=f"also keep the results in {RECORD}, for the book")
    options = parser.parse_args(arguments)
    report = store.read_json(options.out) if options.out.exists() else {"rows": []}
    report |= {"d": DIMENSIONS, "k": K, "machine": describe_machine(measure_machine())}
    done = {(row["name"], row["n"]) for row in report["rows"]}
    for name in options.only:
        for n in options.sizes or SIZES[name]:
            if (name, n) in done:
                continue
            row = {"name": name, "n": n, **_apart(name, n)}
            report["rows"].append(row)
            store.write_json(report, options.out)
            print(
                ", ".join(
                    f"{key} {value:.3g}" if isinstance(value, float) else f"{key} {value}" for key, value in row.items()
                ),
                flush=True,
            )
    print(f"written: {options.out}")
    if options.record:
        kept = {"date": time.strftime("%Y-%m-%d"), **report}
        print(f"kept: {store.write_json(kept, store.root() / RECORD / 'growth.json')}")


if __name__ == "__main__":
    main()
