"""What the rule keeps, counted a second time from the sub-clusters themselves."""

import numpy as np
import pytest

from assl_utils.selection import adbscan, stage1
from assl_utils.space import clustering
from assl_utils.study import rule_by_size


def points(n=240):
    """Four far groups of unlike density, and copies of one point."""
    rng = np.random.default_rng(0)
    groups = [rng.normal(size=(n // 4, 3)) * s + 40 * np.eye(4, 3)[i] for i, s in enumerate((0.5, 1, 2, 3))]
    return np.concatenate([*groups, np.repeat(groups[0][:1], 5, axis=0)])


@pytest.mark.parametrize(
    ("n_clusters", "k", "rule"), [(2, 5, "algorithm1"), (3, 10, "as_printed"), (1, 20, "algorithm1")]
)
def test_the_table_s_numbers_are_counts_of_the_sub_clusters(n_clusters, k, rule):
    X = points()
    labels = clustering.kmeans(X, n_clusters, 4)
    distinct, largest, noise, each = 0, 0, 0, []
    for c in range(n_clusters):
        own = np.unique(X[labels == c], axis=0)
        result = adbscan.adbscan(own, k, rule)
        sizes = [int((result.labels == s).sum()) for s in range(result.labels.max() + 1)]
        mean = sum(sizes) / len(sizes) if sizes else 0
        each.append(sum(min(size, int(mean)) for size in sizes))
        distinct, largest = distinct + len(own), largest + max(sizes, default=0)
        noise += int((result.labels < 0).sum())
    found = rule_by_size.kept(X, n_clusters, k, rule, 4)
    assert found["distinct"] == distinct == len(X) - 5
    thinned = stage1.thin(X, stage1.find_subclusters(X, labels, k, rule), None, seed=4)["chosen"].sum()
    assert found["kept"] == thinned and found["share"] == round(100 * thinned / len(X), 2)
    assert found["kept"] == sum(each)
    assert found["largest"] == round(100 * largest / distinct, 1) and found["noise"] == round(100 * noise / distinct, 1)


def test_a_size_below_its_least_is_refused_before_anything_is_read(capsys):
    assert rule_by_size.main(["--profile", "cpu", "--k", "0"]) == 1
    assert "--k 0 is to be at least 1" in capsys.readouterr().err
