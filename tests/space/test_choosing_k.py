"""Every rule has an answer, and points without groups are the line above which a finding begins."""

import numpy as np
import pandas as pd
import pytest

from assl_utils.space import choosing_k, clustering


@pytest.fixture(scope="module")
def six():
    """Six clear groups in the plane, and the group of each point."""
    rng = np.random.default_rng(0)
    angle = np.arange(6) * np.pi / 3
    return np.repeat(20 * np.column_stack([np.cos(angle), np.sin(angle)]), 30, axis=0) + rng.normal(size=(180, 2))


TASK = np.repeat(list("abcdef"), 30)


def test_clear_groups_are_found_by_every_measure(six):
    table = choosing_k.sweep(six, TASK, k_max=8, seed=0, starts=2)
    assert table["k"].tolist() == list(range(2, 9))
    assert list(table) == ["k", "sse", "silhouette", "stability", "NMI with task"]
    at = table.set_index("k").loc[6]
    assert at["stability"] == 1.0 and at["NMI with task"] == pytest.approx(1.0)
    assert table.set_index("k")["silhouette"].idxmax() == 6
    expected, _ = clustering.sweep_k(six, range(2, 9), 0)
    pd.testing.assert_frame_equal(table[["k", "sse", "silhouette"]], expected)


def test_clear_groups_lie_above_points_without_groups(six):
    against = choosing_k.against_no_groups(six, [4, 6, 8], n=120, seed=0)
    assert against.index.tolist() == [4, 6, 8]
    assert against["silhouette of the rows"][6] > against["of points without groups"][6] + 0.3
    assert against["gap"][6] > 1, "the rows' SSE is less than a third"


def test_rules_name_the_k_of_their_own_column():
    k = range(2, 7)
    sweep = pd.DataFrame(
        {"k": k, "sse": [100, 60, 20, 18, 16], "silhouette": [0.2, 0.1, 0.1, 0.1, 0.3], "stability": [0, 1, 0, 0, 0]}
    )
    against = pd.DataFrame(
        {
            "silhouette of the rows": [0.2, 0.1, 0.1, 0.1, 0.3],
            "of points without groups": [0.0, 0.1, 0.1, 0.1, 0.2],
            "gap": [0, 0, 0, 1, 0],
        },
        index=k,
    )
    found = choosing_k.rules(sweep, against, used=5)
    assert found["K"].tolist() == [6, 2, 4, 5, 3, 5]
    assert found["sse"].tolist() == [16, 100, 20, 18, 60, 18]


def test_a_k_beyond_the_sweep_is_used_though_nothing_is_known_of_it(six):
    sweep = choosing_k.sweep(six, TASK, k_max=4, seed=0, starts=2)
    found = choosing_k.rules(sweep, choosing_k.against_no_groups(six, sweep["k"], n=120), used=6)
    assert found["K"].iloc[-1] == 6 and found.loc["used here"].drop("K").isna().all()
    assert not found.iloc[:-1].isna().any().any()
