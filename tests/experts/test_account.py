"""What adapters wrote down, in one table."""

import math

import numpy as np
import pandas as pd
import pytest
from few_rows import QUICK, ROWS

from assl_utils import store
from assl_utils.experts import account, estimate, side_by_side, training_sets
from assl_utils.experts.packing import Sample


@pytest.fixture(scope="module")
def folders(tiny_folder, tmp_path_factory):
    """Three trained adapters."""
    folder = tmp_path_factory.mktemp("experts")
    sets = {"mix": ROWS, "lora-0": ROWS[:6], "lora-1": ROWS[6:]}
    return side_by_side.train_experts(tiny_folder, sets, {n: folder / n for n in sets}, epochs=2, dropout=0.0, **QUICK)


def test_losses_of_all_adapters_in_one_table(folders):
    losses = account.losses(folders)
    assert losses["expert"].tolist() == ["mix"] * 6 + ["lora-0"] * 4 + ["lora-1"] * 4
    assert losses["step"].tolist() == [1, 2, 3, 4, 5, 6, 1, 2, 3, 4, 1, 2, 3, 4]
    assert losses.columns.tolist() == ["step", "epoch", "loss", "lr", "expert"]


def test_a_running_mean_stays_within_its_expert():
    losses = pd.DataFrame({"expert": ["a"] * 3 + ["b"] * 2, "loss": [3.0, 0.0, 0.0, 8.0, 8.0], "step": [1, 2, 3, 1, 2]})
    smooth = account.smooth(losses)
    np.testing.assert_allclose(smooth["loss"], [3, 3 / 4, 3 / 13, 8, 8])  # weights 1, 1/3, 1/9
    assert losses["loss"].tolist() == [3.0, 0.0, 0.0, 8.0, 8.0]


def test_how_far_a_loss_fell_and_how_much_of_it_early():
    smooth = pd.DataFrame({"expert": ["b"] * 5 + ["a"] * 2, "loss": [9.0, 3.0, 2.0, 1.0, 1.0, 1.0, 2.0]})
    table = account.progress(smooth)
    assert table.index.tolist() == ["b", "a"] and table["steps"].tolist() == [5, 2]
    assert table.loc["b"].tolist() == [5, 9.0, 1.0, 75.0] and math.isnan(table.at["a", "early"])


def test_costs_are_the_trainers_own_and_families_add_up(folders):
    names = ["seconds", "low_s", "high_s", "floor_s", "memory_gb"]
    ahead = pd.DataFrame(1.5, index=pd.Index(list(folders), name="expert"), columns=names)
    costs = account.costs(folders, ahead)
    assert costs.columns.tolist() == ["rows", "steps", "samples", "tokens", "seconds", "estimated_s", "floor_s"]
    assert costs["rows"].tolist() == [12, 6, 6] and costs["steps"].tolist() == [6, 4, 4]
    assert costs.at["lora-1", "tokens"] == store.read_json(folders["lora-1"] / "training.json")["tokens"]
    family = account.by_family(costs)
    assert family.index.tolist() == ["mix", "lora-N"] and family.loc["lora-N", "samples"] == 24
    assert family.loc["lora-N", "floor_s"] == 3.0
    assert estimate.bill(family.reset_index(), 2.0)["share"].sum() == pytest.approx(100)


def test_tokens_of_a_training_set_by_hand():
    samples = [Sample((1, 2, 3), 2), Sample((1, 2, 3, 4, 5), 3), Sample((1, 2), 1)]
    one = training_sets.TrainingSet(samples, [[0, 1], [2], [1, 2], [0]], 2, 1, 0)
    assert account.tokens(one) == {"batches": 4, "tokens": 20, "padded": 25, "answers": 8}


def test_what_lies_ahead_in_words():
    ahead = pd.DataFrame({"seconds": [60, 60], "low_s": [50, 50], "high_s": [90, 90], "memory_gb": [1.0, 2.0]})
    words = "2 min 0 s (1 min 40 s to 3 min 0 s by the probes), at most 2.0 GB"
    assert estimate.in_words(ahead) == words
    assert estimate.in_words(ahead, 3.0) == words + "; at 3 an hour: 0.10"
    words = "1 min 0 s (50 s to 1 min 30 s by the probes), at most 2.0 GB in each of 2 processes"
    assert estimate.in_words(ahead, 3.0, workers=2) == words + "; at 3 an hour: 0.05"
    longest = ahead.assign(seconds=[10, 110])
    assert estimate.wall(longest, 2)["seconds"] == 110, "one waits for the longest"
    assert estimate.wall(longest, 1) == {"seconds": 120, "low_s": 100, "high_s": 180}
