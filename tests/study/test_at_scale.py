"""The estimate at the paper's size, worked by hand."""

import pandas as pd
import pytest

from assl_utils.study import at_scale

STAGE2 = pd.DataFrame({
    "work": ["first experts", "answers of the raw model", "answers of the first experts"],
    "rows": [10, 100, 100], "tokens": [1000, 15_000, 12_000], "seconds": [1.0, 10.0, 8.0], "floor_s": [0.5, 5.0, 2.0],
})  # fmt: skip
TRAINING = pd.DataFrame({
    "work": ["all-data", "mix"], "rows": [110, 20], "samples": [220, 40], "tokens": [22_000, 4_000],
    "seconds": [40.0, 8.0], "floor_s": [10.0, 2.0],
})  # fmt: skip


def works(**given):
    how = {"rows": 1000, "experts": 2, "first": 50, "selected": 100, "epochs": 3, "weights": 7, "products": 3600.0}
    return at_scale.works(STAGE2, TRAINING, **(how | given))


def test_tokens_and_hours_are_those_worked_by_hand():
    table = works()
    # 100 tokens a row in training, 150 and 120 where it is answered; used: 10 / 40, 5 / 10, 2 / 8
    assert table["tokens"].to_dict() == {
        "first experts": 3 * 100 * 100,
        "answers of the raw model": 900 * 150, "answers of the first experts": 900 * 120,
        "all-data": 3 * 1000 * 100, "cluster-data": 3 * 1000 * 100, "six experts": 3 * 200 * 100, "mix": 3 * 200 * 100,
    }  # fmt: skip
    assert table.at["all-data", "operations"] == 4 * 7 * 300_000
    assert table.at["all-data", "hours"] == pytest.approx(4 * 7 * 300_000 / (3600 * 0.25) / 3600)
    assert table.at["answers of the raw model", "operations"] == 2 * 7 * 135_000
    assert table.at["answers of the first experts", "hours"] == pytest.approx(2 * 7 * 108_000 / 900 / 3600)
    assert table.index[0] == "first experts" and table.index[1] == "answers of the raw model"


def test_a_device_twice_as_fast_takes_half_the_hours_and_repeats_in_the_record_change_nothing():
    assert works(products=7200.0)["hours"].to_numpy() == pytest.approx(works()["hours"].to_numpy() / 2)
    again = TRAINING.assign(samples=TRAINING["samples"] * 3, tokens=TRAINING["tokens"] * 3)
    pd.testing.assert_series_equal(at_scale.works(STAGE2, again, 1000, 2, 50, 100)["tokens"], works()["tokens"])


def test_seven_billion_weights():
    assert at_scale.QWEN_7B == pytest.approx(6.48e9, rel=0.01)


def test_a_systems_price_holds_the_choice_of_its_rows():
    names = ["cluster-0", "cluster-1", "lora-0", "lora-1"]
    more = pd.DataFrame({"work": names, "tokens": [9_000, 14_000, 1_500, 2_500]})
    table = at_scale.paid(STAGE2, pd.concat([TRAINING, more]))
    choosing = 4 * 1000 + 2 * (15_000 + 12_000)
    assert table["choosing"].tolist() == [choosing, choosing, 0, 0, 0]
    assert table["training"].tolist() == [16_000, 16_000, 16_000, 88_000, 92_000]
    assert table.at["silversight", "sum"] == choosing + 16_000 and table.at["silversight", "share"] == 1
    assert table.at["cluster-data", "share"] == pytest.approx(92_000 / (choosing + 16_000))
