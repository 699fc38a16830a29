"""Runs of other seeds beside each other: who is found, what varies, and which difference outlasts the seed."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import ttest_1samp

from assl_utils import store
from assl_utils.figures import tables
from assl_utils.study import seeds

MODELS = ["base", "silversight", "mix", "lead-1"]


@pytest.fixture
def folder(tmp_path):
    rng = np.random.default_rng(0)
    for name in ("cpu", "cpu-clean-s1", "cpu-clean-s2", "cpu-paper-s0", "cpu-random", "cpux", "small"):
        found = (
            np.array([16, 45, 33, np.nan])
            + rng.normal(0, 1, 4).round(3)
            + 100 * (name in ("cpu-random", "cpux", "small"))
        )
        table = pd.DataFrame({"model": MODELS, "FE": found, "AVG": found, "AVG_lo": found - 1, "AVG_hi": found + 1})
        store.write_table(table, tmp_path / name / "table1.csv")
    (tmp_path / "cpu-paper-s1").mkdir()  # nothing in it yet
    return tmp_path


def test_seeds_and_protocols_of_a_profile_are_found_and_nothing_else(folder):
    assert list(seeds.runs(folder)) == [("clean", 0), ("clean", 1), ("clean", 2), ("paper", 0)]
    both = seeds.scores(folder)
    assert list(both.columns) == ["protocol", "seed", "model", "FE", "AVG"] and len(both) == 16
    assert both["AVG"].max() < 100
    with pytest.raises(FileNotFoundError, match="no run of big is published"):
        seeds.scores(folder, "big")


def test_spread_is_that_of_the_runs(folder):
    both = seeds.scores(folder)
    found = seeds.spread(both).set_index(["protocol", "model"])
    mix = both.query("protocol == 'clean' and model == 'mix'")["AVG"].to_numpy()
    row = found.loc[("clean", "mix")]
    assert row["mean"] == pytest.approx(sum(mix) / 3) and row["seeds"] == 3
    assert row["sd"] == pytest.approx(np.sqrt(sum((mix - sum(mix) / 3) ** 2) / 2))
    assert (row["lowest"], row["highest"]) == (min(mix), max(mix))
    assert np.isnan(found.loc[("paper", "mix"), "sd"]) and ("clean", "lead-1") not in found.index


def test_a_difference_is_judged_over_the_runs(folder):
    both = seeds.scores(folder)
    found = seeds.gaps(both, [("silversight", "mix"), ("mix", "mix"), ("silversight", "lead-1")])
    assert found["protocol"].tolist() == ["clean", "clean", "paper", "paper"]
    assert found["first"].tolist() == ["silversight", "mix"] * 2, "lead-1 has no mean and no row"
    wide = both[both["protocol"] == "clean"].pivot(index="seed", columns="model", values="AVG")
    gap = (wide["silversight"] - wide["mix"]).to_numpy()
    first = found.iloc[0]
    bounds = ttest_1samp(gap, 0).confidence_interval(0.95)
    assert (first["lo"], first["hi"]) == pytest.approx((bounds.low, bounds.high)) and first["diff"] == pytest.approx(
        gap.mean()
    )
    assert [first[f"seed {i}"] for i in range(3)] == pytest.approx(list(gap))
    assert first["sentence"].startswith("silversight is above mix by 1")
    assert found.iloc[1]["sentence"].startswith("not distinguishable") and found.iloc[1]["diff"] == 0
    assert found.iloc[2]["sentence"].startswith("one run: silversight minus mix is") and np.isnan(found.iloc[2]["lo"])


def test_the_figure_has_a_point_for_each_run_and_the_means(folder):
    both = seeds.scores(folder)
    ax = tables.by_seed(both).axes[0]
    points = [line for line in ax.lines if line.get_marker() == "o"]
    assert [len(line.get_xdata()) for line in points] == [9, 3]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["base", "mix", "silversight"]
    strokes = next(line for line in ax.lines if line.get_marker() == "|")
    clean = seeds.spread(both).query("protocol == 'clean'")
    assert sorted(strokes.get_xdata()) == pytest.approx(sorted(clean["mean"]))
