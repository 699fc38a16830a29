"""A-DBSCAN equals Algorithm 1 read aloud, and thinning keeps its budget."""

import math

import numpy as np
import pytest

from assl_utils.selection.adbscan import RULES, adbscan, local_density, shrink_eps, unique_points
from assl_utils.selection.budget import METHODS, plan_budget, redistribute, water_level
from assl_utils.selection.literal import algorithm_1
from assl_utils.space.neighbors import knn


def density_as_printed(X, i, k):
    """Eq. (7) read aloud: every distance, a sort, a sum, a division."""
    d = sorted(math.dist(X[i], X[j]) for j in range(len(X)) if j != i)
    return 1 / (sum(d[:k]) / k)


def same_partition(a, b):
    """Equal up to renaming; noise is noise."""
    pairs = set(zip(a, b, strict=True))
    return len(pairs) == len({x for x, _ in pairs}) == len({y for _, y in pairs}) and all(
        (x == -1) == (y == -1) for x, y in pairs
    )


def exact_distance(p, q):
    """The distance the kernel computes, found through its own public face: both points alone."""
    return float(knn(np.array([p, q]), 1)[0][0, 0])


def assert_is_algorithm_1(X, k, rule, **options):
    result = adbscan(X, k, minpts_rule=rule, **options)
    labels, eps, trace = algorithm_1(X.tolist(), k, rule, eps=options.get("eps"))
    assert same_partition(result.labels.tolist(), labels)
    assert result.labels.tolist() == labels, "numbered in order of discovery"
    assert result.eps == pytest.approx(eps, rel=1e-12)
    np.testing.assert_allclose(result.minpts, trace, rtol=1e-12)
    return result


def blobs(rng, sizes, spreads, d=2):
    parts = zip(sizes, spreads, strict=True)
    return np.vstack([rng.normal(size=(m, d)) * s + rng.uniform(-9, 9, size=d) for m, s in parts])


def nasty(name):
    rng = np.random.default_rng(11)
    return {
        "two densities": (blobs(rng, [60, 60], [0.1, 2.0]), 5),
        "tight core, high MinPts": (np.vstack([rng.normal(size=(40, 2)) * 1e-4, blobs(rng, [40, 40], [1, 1])]), 4),
        "several tight cores": (blobs(rng, [25, 30, 20, 40], [1e-3, 3e-3, 1e-2, 2.0]), 3),
        "tight core, k large": (np.vstack([rng.normal(size=(60, 3)) * 1e-3, blobs(rng, [60], [2], 3)]), 20),
        "grid of ties": (rng.permutation(rng.integers(0, 7, size=(110, 2)).astype(float)), 4),
        "line, eps exactly met": (np.arange(40.0)[:, None], 2),
        "line with a gap": (np.concatenate([np.arange(15.0), np.arange(18.0, 30.0)])[:, None], 2),
        "few points": (rng.normal(size=(4, 3)), 20),
        "two points": (np.array([[0.0], [1.0]]), 20),
        "copies below k": (np.repeat(rng.normal(size=(30, 3)), 3, axis=0), 5),
        "one group of copies": (np.vstack([np.zeros((9, 2)), rng.normal(size=(50, 2))]), 5),
        "all equal": (np.ones((25, 3)), 5),
        "integers in many dimensions": (rng.integers(0, 2, size=(90, 12)).astype(float), 6),
    }[name]


NASTY = [
    "two densities", "tight core, high MinPts", "several tight cores", "tight core, k large", "grid of ties",
    "line, eps exactly met", "line with a gap", "few points", "two points", "copies below k", "one group of copies",
    "all equal", "integers in many dimensions",
]  # fmt: skip


@pytest.mark.parametrize("k", [1, 5, 20])
def test_density_equals_its_printed_equation(k):
    X = np.random.default_rng(k).normal(size=(60, 8))
    expected = [density_as_printed(X, i, k) for i in range(len(X))]
    np.testing.assert_allclose(local_density(knn(X, k)[0]), expected, rtol=1e-12)


def test_density_on_a_ruler_worked_by_hand():
    X = np.array([[0.0], [1.0], [3.0]])  # mean distances 2, 3/2, 5/2
    assert local_density(knn(X, 2)[0]) == pytest.approx([1 / 2, 2 / 3, 2 / 5])


def test_density_has_a_floor_for_copies():
    assert np.isinf(local_density(np.zeros((2, 3)))).all()
    assert local_density(np.zeros((2, 3)), min_distance=0.5).tolist() == [2.0, 2.0]


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("name", NASTY)
def test_sub_clusters_are_those_of_algorithm_1_on_nasty_sets(name, rule):
    X, k = nasty(name)
    assert_is_algorithm_1(X, k, rule)


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("seed", range(20))
def test_sub_clusters_are_those_of_algorithm_1_on_random_sets(seed, rule):
    rng = np.random.default_rng(seed)
    parts = int(rng.integers(1, 6))
    spreads = 10.0 ** rng.uniform(-3, 0.5, size=parts)  # up to three orders of magnitude: MinPts far above and below k
    X = blobs(rng, rng.integers(5, 45, size=parts), spreads, int(rng.integers(1, 6)))
    assert_is_algorithm_1(rng.permutation(X), int(rng.integers(1, 12)), rule)


@pytest.mark.parametrize("factor", [0.0, 0.5, 0.8, 1.3, 4.0])
@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("name", [n for n in NASTY if n != "all equal"])
def test_another_radius_is_algorithm_1_with_that_radius(name, rule, factor):
    X, k = nasty(name)
    assert_is_algorithm_1(X, k, rule, eps=factor * adbscan(X, k).eps)


@pytest.mark.parametrize("seed", range(12))
def test_another_radius_is_algorithm_1_on_random_sets(seed):
    rng = np.random.default_rng(seed)
    spreads = 10.0 ** rng.uniform(-3, 0.5, size=4)
    X = rng.permutation(blobs(rng, rng.integers(5, 45, size=4), spreads, int(rng.integers(1, 6))))
    k = int(rng.integers(1, 12))
    assert_is_algorithm_1(X, k, RULES[seed % 3], eps=float(10.0 ** rng.uniform(-3, 1)))


@pytest.mark.parametrize("eps", [-0.1, math.inf, math.nan])
def test_a_radius_is_a_number(eps):
    with pytest.raises(ValueError, match="radius"):
        adbscan(np.eye(4), eps=eps)


@pytest.mark.parametrize("name", ["two densities", "several tight cores", "few points", "two points"])
def test_shrinking_looks_up_the_members_of_the_largest(name):
    X, k = nasty(name)
    labels, eps, _ = algorithm_1(X.tolist(), k, "algorithm1")
    found = [label for label in labels if label >= 0]
    largest = [i for i in range(len(X)) if labels[i] == max(sorted(set(found)), key=found.count)]
    for row, factor in zip(shrink_eps(X, (1.0, 0.7, 0.3), k), (1.0, 0.7, 0.3), strict=True):
        now = [algorithm_1(X.tolist(), k, "algorithm1", eps=factor * eps)[0][i] for i in largest]
        parts = sorted((now.count(label) for label in set(now) - {-1}), reverse=True)
        assert (row["factor"], row["eps"]) == (factor, pytest.approx(factor * eps))
        assert row["pieces"] == len(parts)
        parts += [0, 0]
        expected = [parts[0], parts[1], sum(parts[1:]), now.count(-1)]
        assert [row[c] * len(largest) for c in ("largest", "second", "others", "noise")] == pytest.approx(expected)


def test_shrinking_sets_splitting_apart_from_peeling():
    sheet = np.array([[x, y] for x in range(12) for y in range(12)], dtype=float)
    sheets = np.vstack([sheet, sheet + np.array([12.4, 0])])  # steps of 1, diagonals of 1.41, a gap of 1.4
    cloud = np.random.default_rng(0).normal(size=(300, 8))
    split, peeled = shrink_eps(sheets, (0.8,), 8)[0], shrink_eps(cloud, (0.8,), 12)[0]
    assert split["largest"] == split["second"] == split["others"] == 0.5 and split["noise"] == 0
    assert peeled["noise"] > 2 * peeled["others"] and peeled["noise"] > 0.1


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("name", NASTY)
def test_known_neighbours_change_nothing(name, rule):
    X, k = nasty(name)
    for eps in (None, 0.4):
        given, found = (adbscan(X, k, rule, eps=eps, near=near) for near in (knn(X, k), None))
        assert all(np.array_equal(a, b, equal_nan=True) for a, b in zip(given, found, strict=True))


def test_neighbours_of_other_points_or_another_k_are_refused():
    X = np.random.default_rng(0).normal(size=(30, 2))
    for near in (knn(X, 4), knn(X[:20], 5)):
        with pytest.raises(ValueError, match="near holds"):
            adbscan(X, 5, near=near)


def test_shrinking_nothing_is_nothing():
    assert shrink_eps(np.ones((25, 3)), k=5) == []
    assert shrink_eps(np.ones((1, 3))) == []


@pytest.mark.parametrize("rule", ["algorithm1", "equation9"])
@pytest.mark.parametrize("seed", range(12))
def test_a_point_that_failed_as_a_seed_never_spreads_later(seed, rule):
    """Overlapping clouds and few neighbours: points refused under a high MinPts are met again under a lower one."""
    rng = np.random.default_rng(seed)
    parts, d = int(rng.integers(2, 7)), int(rng.integers(1, 4))
    sizes, spreads = rng.integers(5, 60, size=parts), 10.0 ** rng.uniform(-1.5, 0.3, size=parts)
    X = np.vstack(
        [rng.normal(size=(m, d)) * s + rng.uniform(-2, 2, size=d) for m, s in zip(sizes, spreads, strict=True)]
    )
    assert_is_algorithm_1(rng.permutation(X), int(rng.integers(1, 4)), rule)


def test_the_random_sets_reach_every_branch():
    """MinPts above what the neighbour table can count, crowded frontiers, noise and several sub-clusters all occur."""
    high = many = noise = 0
    for seed in range(20):
        rng = np.random.default_rng(seed)
        parts = int(rng.integers(1, 6))
        spreads = 10.0 ** rng.uniform(-3, 0.5, size=parts)
        X = rng.permutation(blobs(rng, rng.integers(5, 45, size=parts), spreads, int(rng.integers(1, 6))))
        k = int(rng.integers(1, 12))
        result = adbscan(X, k)
        high += result.minpts[0] > k + 1
        many += result.labels.max() > 3
        noise += (result.labels == -1).any()
    assert high >= 5 and many >= 3 and noise >= 5


@pytest.mark.parametrize("rule", RULES)
def test_the_torch_path_finds_the_same(rule):
    X, k = nasty("several tight cores")
    assert_is_algorithm_1(X, k, rule, device="cpu:0")


def test_eps_itself_counts_as_near():
    X = np.arange(40.0)[:, None]  # the median distance to the 2nd neighbour is 1, as is every distance to the next
    result = adbscan(X, 2)
    assert result.eps == 1.0
    assert (result.labels == 0).all()


def test_eps_met_in_the_arithmetic_of_the_neighbours():
    rng = np.random.default_rng(4)
    for _ in range(20):  # 3 points: eps is the distance of a pair, not a rounded neighbour of it
        X = rng.normal(size=(3, 7))
        result = adbscan(X, 1)
        labels, _, _ = algorithm_1(X.tolist(), 1, "algorithm1", exact_distance)
        assert result.labels.tolist() == labels


@pytest.mark.parametrize("seed", range(5))
def test_shuffling_rows_renames_only(seed):
    rng = np.random.default_rng(seed)
    X = blobs(rng, [30, 40, 25], [0.01, 0.3, 1.0], 4)
    order = rng.permutation(len(X))
    a, b = adbscan(X, 6), adbscan(X[order], 6)
    assert a.eps == b.eps
    np.testing.assert_array_equal(a.minpts, b.minpts)
    np.testing.assert_array_equal(a.labels[order], b.labels)


def test_more_than_k_copies_make_everything_noise_until_they_are_collapsed():
    rng = np.random.default_rng(0)
    X = np.vstack([np.zeros((30, 3)), rng.normal(size=(200, 3))])
    literal = adbscan(X, 20)
    assert np.isinf(literal.minpts[0]) and (literal.labels == -1).all()
    index, _, counts = unique_points(X)
    assert counts.max() == 30
    assert (adbscan(X[index], 20).labels >= 0).mean() > 0.5
    assert (adbscan(X, 20, min_distance=0.1).labels >= 0).any()


def test_one_point_is_noise_and_none_is_none():
    one = adbscan(np.ones((1, 4)))
    assert one.labels.tolist() == [-1]
    assert redistribute(np.ones((1, 4)), one, budget=5).tolist() == []
    assert adbscan(np.ones((0, 4))).labels.tolist() == []


def test_bad_input_is_named():
    X = np.ones((5, 2))
    X[3, 0] = np.nan
    with pytest.raises(ValueError, match="row 3"):
        adbscan(X)
    with pytest.raises(ValueError, match="algorithm1, as_printed, equation9"):
        adbscan(np.ones((5, 2)), minpts_rule="equation8")


def test_collapsed_rows_expand_again():
    rng = np.random.default_rng(0)
    X = rng.integers(0, 3, size=(80, 3)).astype(float)
    X[5], X[9] = 0.0, -0.0
    index, inverse, counts = unique_points(X)
    np.testing.assert_array_equal(X[index][inverse], X)
    assert len({tuple(row) for row in (X + 0.0).tolist()}) == len(index)
    assert counts.tolist() == [(inverse == g).sum() for g in range(len(index))]
    assert index.tolist() == [min(np.flatnonzero(inverse == g)) for g in range(len(index))]


def clustered(seed=0):
    rng = np.random.default_rng(seed)
    X = blobs(rng, [70, 40, 25, 12, 9], [0.3, 0.2, 0.2, 0.2, 0.2], 3)
    X = rng.permutation(np.vstack([X, rng.uniform(-30, 30, size=(12, 3))]))
    result = adbscan(X, 5)
    assert result.labels.max() >= 3 and (result.labels == -1).any()
    return X, result


def test_the_papers_rule_samples_large_sub_clusters_down_to_the_mean():
    X, result = clustered()
    chosen = redistribute(X, result)
    sizes = np.bincount(result.labels[result.labels >= 0])
    kept = np.bincount(result.labels[chosen], minlength=len(sizes))
    assert (result.labels[chosen] >= 0).all() and len(set(chosen.tolist())) == len(chosen)
    assert kept.tolist() == [min(size, math.floor(sum(sizes) / len(sizes))) for size in sizes]


def water_level_by_hand(sizes, budget, least=()):
    """Pour one point after another into the lowest sub-cluster that has room, the largest first."""
    kept = [min(a, b) for a, b in zip(least, sizes, strict=True)] if least else [0] * len(sizes)
    while sum(kept) < budget:
        room = [i for i in range(len(sizes)) if kept[i] < sizes[i]]
        if not room:
            break
        i = min(room, key=lambda i: (kept[i], -sizes[i], i))
        kept[i] += 1
    return kept


@pytest.mark.parametrize("seed", range(60))
def test_water_rises_to_one_level_between_what_is_there_and_what_was_taken(seed):
    rng = np.random.default_rng(seed)
    sizes = rng.integers(0, 9, rng.integers(0, 7)).tolist()
    least = [int(rng.integers(0, 10)) if seed % 3 else 0 for _ in sizes]
    for goal in (0, 1, 5, 17, 99):
        quota, level = water_level(sizes, goal, np.array(least, dtype=int))
        assert quota.tolist() == water_level_by_hand(sizes, goal, least)
        assert all(min(level, s) <= q for q, s in zip(quota, sizes, strict=True)), "none remains below it"


@pytest.mark.parametrize("seed", range(10))
def test_a_budget_fills_like_water(seed):
    rng = np.random.default_rng(seed)
    sizes = rng.integers(1, 30, size=int(rng.integers(1, 9)))
    labels = rng.permutation(np.concatenate([np.repeat(np.arange(len(sizes)), sizes), np.full(7, -1)]))
    for budget in (0, 1, 5, 17, 40, int(sizes.sum()), int(sizes.sum()) + 3):
        plan = plan_budget(labels, budget)
        assert plan.quota.tolist() == water_level_by_hand(sizes.tolist(), budget)
        assert plan.quota.sum() + plan.shortfall == budget
        assert (plan.quota <= plan.cap + 1).all()


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("budget", [0, 1, 30, 77, 141, 10_000])
def test_a_budget_is_met_exactly_and_never_from_the_noise(budget, method):
    X, result = clustered()
    chosen = redistribute(X, result, budget=budget, method=method)
    assert len(chosen) == budget - plan_budget(result.labels, budget).shortfall
    assert (np.diff(chosen) > 0).all()
    assert (result.labels[chosen] >= 0).all()
    np.testing.assert_array_equal(chosen, redistribute(X, result, budget=budget, method=method))


def test_another_seed_is_another_choice():
    X, result = clustered()
    assert redistribute(X, result, budget=50, seed=0).tolist() != redistribute(X, result, budget=50, seed=1).tolist()


def test_inverse_density_takes_more_from_the_sparse():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(200, 2))
    result = adbscan(X, 5)._replace(labels=np.zeros(200, dtype=np.int64))
    taken = np.zeros(200)
    for seed in range(400):
        taken[redistribute(X, result, budget=40, seed=seed)] += 1
    order = np.argsort(result.density)
    assert taken[order[:50]].mean() > 2 * taken[order[-50:]].mean()


def test_the_first_of_a_weighted_draw_has_the_printed_odds():
    """One point drawn: probabilities are the weights 1/ρ, normalised."""
    X = np.array([[0.0], [1.0], [3.0], [7.0]])
    result = adbscan(X, 1)._replace(labels=np.zeros(4, dtype=np.int64), density=np.array([1.0, 1 / 2, 1 / 3, 1 / 4]))
    draws = np.bincount([redistribute(X, result, budget=1, seed=s)[0] for s in range(4000)], minlength=4) / 4000
    np.testing.assert_allclose(draws, [0.1, 0.2, 0.3, 0.4], atol=0.03)


def test_infinite_density_is_drawn_last():
    X = np.arange(4.0)[:, None]
    result = adbscan(X, 1)._replace(labels=np.zeros(4, dtype=np.int64), density=np.array([np.inf, 1, np.inf, 1]))
    assert redistribute(X, result, budget=2).tolist() == [1, 3]


def test_a_wrong_call_is_refused():
    X, result = clustered()
    with pytest.raises(ValueError, match="inverse_density, k_center"):
        redistribute(X, result, budget=3, method="random")
    for method in METHODS:
        with pytest.raises(ValueError, match="negative"):
            redistribute(X, result, budget=-1, method=method)
    for trim in (-0.1, 1.1, math.nan):
        with pytest.raises(ValueError, match="share"):
            redistribute(X, result, budget=3, method="trimmed_k_center", trim=trim)
    with pytest.raises(ValueError, match="labels"):
        redistribute(X[:-1], result)


def trimmed_by_hand(X, result, budget, trim, medoids):
    """Set the sparsest aside, take the farthest from those taken, perhaps move each to the middle of its cell."""
    density = result.density.tolist()
    by_density = sorted((i for i in range(len(X)) if result.labels[i] != -1), key=lambda i: (-density[i], i))
    wanted = min(budget, len(by_density))
    aside = min(math.floor(trim * len(by_density)), len(by_density) - wanted)
    core = by_density[: len(by_density) - aside]
    if wanted == 0:
        return []
    taken = [core[0]]
    while len(taken) < wanted:
        rest = [i for i in core if i not in taken]
        taken.append(max(rest, key=lambda i: (min(math.dist(X[i], X[c]) for c in taken), -i)))
    if not medoids or wanted == len(core):
        return sorted(taken)
    cells = {c: [c] for c in taken}
    for i in core:
        if i not in taken:
            cells[min(taken, key=lambda c: (math.dist(X[i], X[c]), taken.index(c)))].append(i)
    out = []
    for cell in cells.values():
        middle = [math.fsum(column) / len(cell) for column in zip(*(X[i] for i in cell), strict=True)]
        far = {i: math.dist(X[i], middle) for i in cell}
        tied = [i for i in cell if math.isclose(far[i], min(far.values()), rel_tol=4e-10, abs_tol=1e-12)]
        out.append(min(tied, key=lambda i: (-density[i], i)))
    return sorted(out)


TRIMMED = ["trimmed_k_center", "trimmed_medoids"]


@pytest.mark.parametrize("method", TRIMMED)
@pytest.mark.parametrize("name", NASTY)
def test_trimmed_choices_are_those_made_by_hand_on_nasty_sets(name, method):
    X, k = nasty(name)
    result = adbscan(X, k)
    for budget in (0, 1, 2, len(X) // 4, len(X) // 2, len(X) - 2, len(X), len(X) + 5):
        chosen = redistribute(X, result, budget=budget, method=method)
        assert chosen.tolist() == trimmed_by_hand(X.tolist(), result, budget, 0.1, method == "trimmed_medoids")


@pytest.mark.parametrize("method", TRIMMED)
@pytest.mark.parametrize("seed", range(15))
def test_trimmed_choices_are_those_made_by_hand_on_random_sets(seed, method):
    rng = np.random.default_rng(seed)
    X = rng.permutation(blobs(rng, rng.integers(5, 40, size=3), 10.0 ** rng.uniform(-2, 0.5, size=3), 1 + seed % 5))
    X = np.vstack([X, X[:seed]])  # copies too
    if seed % 2:
        X = X.astype(np.float32)
    result = adbscan(X, int(rng.integers(1, 12)))
    budget, trim = int(rng.integers(1, len(X))), float(rng.choice([0, 0.1, 0.25, 1]))
    chosen = redistribute(X, result, budget=budget, method=method, trim=trim)
    assert chosen.tolist() == trimmed_by_hand(X.tolist(), result, budget, trim, method == "trimmed_medoids")


@pytest.mark.parametrize("method", TRIMMED)
def test_trimming_sets_the_sparsest_aside_until_the_budget_needs_them(method):
    X, result = clustered()
    inside = np.flatnonzero(result.labels >= 0)
    sparse = inside[np.argsort(-result.density[inside], kind="stable")][len(inside) - len(inside) // 5 :]
    room = len(inside) - len(sparse)
    for budget, needed in ((10, 0), (room, 0), (room + 1, 1), (len(inside), len(sparse))):
        chosen = redistribute(X, result, budget=budget, method=method, trim=0.2)
        assert np.isin(sparse, chosen).sum() == needed
    assert (redistribute(X, result, 40, 1, method) == redistribute(X, result, 40, 2, method)).all(), "nothing is drawn"


def test_small_sub_clusters_are_not_protected_by_trimmed_methods():
    rng = np.random.default_rng(0)
    X = np.vstack([rng.uniform(0, 10, size=(300, 2)), rng.normal(size=(6, 2)) * 0.3 + 30])
    tiny = np.arange(300, 306)
    result = adbscan(X, 5)._replace(labels=np.repeat([0, 1], [300, 6]))
    assert np.isin(tiny, redistribute(X, result, budget=30, method="k_center")).all()
    assert np.isin(tiny, redistribute(X, result, budget=30, method="trimmed_k_center")).sum() == 1


def test_of_two_the_denser_is_the_medoid():
    X = np.array([[0.0], [1.0], [1.5], [100.0], [101.0], [101.5]])
    result = adbscan(X, 2)._replace(labels=np.zeros(6, dtype=np.int64), density=np.array([3.0, 1, 9, 5, 6, 5]))
    assert redistribute(X, result, budget=2, method="trimmed_k_center", trim=0).tolist() == [2, 5]
    assert redistribute(X, result, budget=2, method="trimmed_medoids", trim=0).tolist() == [1, 4]
    pairs = X[[0, 2, 3, 5]]
    result = adbscan(pairs, 2)._replace(labels=np.zeros(4, dtype=np.int64), density=np.array([3.0, 9, 5, 5]))
    assert redistribute(pairs, result, budget=2, method="trimmed_medoids", trim=0).tolist() == [1, 2]
