"""Cases on points: neighbours, A-DBSCAN, the sweep over K, and the greedy order by utility (13)."""

import numpy as np

from assl_utils.bench.case import Case, case
from assl_utils.bench.made_up import nearest_of_random_centres, topics
from assl_utils.machine import threads
from assl_utils.selection import adbscan, utility
from assl_utils.space import neighbors, silhouette


def pairs_floor(n, d, machine):
    """Each pair multiplied once at the rate of the matrix product."""
    return {"floor_s": n * n * d / machine.gemm, "floor": "one inner product per pair of points at the GEMM rate"}


@case("knn")
def bench_knn(setting):
    """20 nearest neighbours of every point."""
    from sklearn.neighbors import NearestNeighbors

    n, d, k = (5_000 if setting.quick else 40_000), 768, 20
    X = topics(n, d)
    return Case(
        n,
        d,
        ours=lambda: neighbors.knn(X, k, device="cpu")[1],
        peer=lambda: NearestNeighbors(n_neighbors=k).fit(X).kneighbors(return_distance=False),
        peer_name="sklearn NearestNeighbors",
        agreement=lambda a, b: float((a == b).mean()),
        agreement_is="share of equal neighbours",
        **pairs_floor(n, d, setting.machine),
    )


@case("knn_faiss")
def bench_knn_faiss(setting):
    """The same against faiss, which is faster than scikit-learn, in float32 and without a rule for ties."""
    import faiss
    from threadpoolctl import threadpool_info

    n, d, k = (5_000 if setting.quick else 40_000), 768, 20
    X = topics(n, d)
    faiss.omp_set_num_threads(threads())

    def flat():
        index = faiss.IndexFlatL2(d)
        index.add(X)
        return index.search(X, k + 1)[1]

    def equal(a, b):
        others = [row[row != i][:k] for i, row in enumerate(b)]
        return float(np.mean([len(np.intersect1d(one, two)) for one, two in zip(a, others, strict=True)]) / k)

    return Case(
        n,
        d,
        ours=lambda: neighbors.knn(X, k, device="cpu")[1],
        peer=flat,
        peer_name="faiss IndexFlatL2",
        agreement=equal,
        agreement_is="share of neighbours in common, in any order",
        note="faiss brings a BLAS of its own: " + ", ".join(sorted({p["internal_api"] for p in threadpool_info()})),
        **pairs_floor(n, d, setting.machine),
    )


@case("adbscan")
def bench_adbscan(setting):
    """Sub-clusters by A-DBSCAN; the peer has one MinPts, the first one, and the same radius."""
    from sklearn.cluster import DBSCAN
    from sklearn.metrics import adjusted_rand_score
    from sklearn.neighbors import NearestNeighbors

    n, d, k = (5_000 if setting.quick else 40_000), 768, 20
    X = topics(n, d)

    def peer():
        distance, _ = NearestNeighbors(n_neighbors=k).fit(X).kneighbors()
        eps = float(np.median(distance[:, -1]))
        minpts = eps / distance.mean(axis=1).min() / 2
        return DBSCAN(eps=eps, min_samples=max(1, int(np.ceil(minpts)))).fit(X).labels_

    return Case(
        n,
        d,
        ours=lambda: adbscan.adbscan(X, k, minpts_rule="as_printed", device="cpu").labels,
        peer=peer,
        peer_name="sklearn NearestNeighbors + DBSCAN",
        agreement=lambda a, b: float(adjusted_rand_score(a, b)),
        agreement_is="adjusted Rand index; below 1 where Algorithm 1 and DBSCAN treat border points differently",
        note='minpts_rule="as_printed", the reading that DBSCAN can follow',
        **pairs_floor(n, d, setting.machine),
    )


@case("sweep_k")
def bench_sweep_k(setting):
    """Silhouettes of 14 clusterings; K-Means itself is the same for both sides and not timed."""
    from sklearn.metrics import silhouette_score

    n, d, ks = (5_000 if setting.quick else 40_000), 768, range(2, 16)
    X = topics(n, d)
    labels = nearest_of_random_centres(X, ks)
    return Case(
        n,
        d,
        ours=lambda: [float(values.mean()) for values in silhouette.silhouettes(X, labels).values()],
        peer=lambda: float(silhouette_score(X, labels[6])),
        peer_name="sklearn silhouette_score per K",
        peer_times=len(ks),
        agreement=lambda a, b: abs(a[list(ks).index(6)] - b),
        agreement_is="difference of the mean silhouette at K = 6",
        note="the peer is timed for K = 6, its time taken 14 times",
        **pairs_floor(n, d, setting.machine),
    )


@case("mmr")
def bench_mmr(setting):
    """The greedy order by utility (13), from an empty set; the peer keeps the largest similarity in an array."""
    n, d, picks = (10_000 if setting.quick else 40_000), 768, (400 if setting.quick else 2_000)
    X = topics(n, d)
    rng = np.random.default_rng(1)
    raw, lora = rng.beta(2, 3, size=(2, n))
    score = raw - lora - lora / (raw + 1)
    centroid = X.mean(axis=0)

    def incremental():
        utility = 0.2 * (X @ centroid) / np.linalg.norm(centroid) + 0.6 * score
        largest, order = np.zeros(n, dtype=np.float32), []
        for _ in range(picks):
            best = int(np.argmax(utility - 0.2 * largest))
            similar = X @ X[best]
            largest = np.maximum(largest, similar) if order else similar
            utility[best] = -np.inf
            order.append(best)
        return np.array(order)

    return Case(
        n,
        d,
        ours=lambda: utility.mmr(X, centroid, score, [], picks),
        peer=incremental,
        peer_name="incremental NumPy",
        floor_s=X.nbytes / setting.machine.bandwidth,
        floor="one reading of the vectors at the bandwidth of a copy",
        agreement=lambda a, b: float((a == b).mean()),
        agreement_is="share of equal picks, place by place",
        note=f"{picks} picks",
    )
