"""Tier 1: every pair and claim names arms of the grid; what is not recorded says so."""

from pathlib import Path

import pytest

from assl_utils.study import ablations, linear_tier
from assl_utils.study.grid import files

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def kept():
    return ablations.read(ROOT / "book/recorded/grids", linear_tier.RUN, linear_tier.GRID)


def test_every_pair_and_claim_names_arms_of_its_block():
    grid = files.read(ROOT, linear_tier.GRID)
    arms = {block: {dict(line.blocks)[block] for line in grid.of(block)} for block in grid.asks}
    for block, pairs in linear_tier.PAIRS.items():
        assert {arm for pair in pairs for arm in pair} <= arms[block], block
    for claim in linear_tier.CLAIMS:
        assert {claim.first, claim.second} <= arms[claim.block], claim.says
    assert set(linear_tier.TITLES) == set(linear_tier.PAIRS)


def test_a_difference_is_that_of_the_mean_scores_of_the_trainings_both_have(kept):
    table = linear_tier.differences(kept).set_index(["first", "second"])
    row = table.loc[("the paper's rule", "random, as many")]
    lines = kept.of("rule").pivot(index="seed", columns="arm", values="score")
    both = (lines["the paper's rule"] - lines["random, as many"]).dropna()
    assert row["diff"] == pytest.approx(both.mean(), abs=1e-3) and row["seeds"] == len(both)
    missing = table[table["reason"] != ""]
    assert all(row.sentence.startswith("no result") for row in missing.itertuples())


def test_the_tasks_mean_is_the_closed_score_and_the_claims_are_judged(kept):
    found = linear_tier.by_task(kept, [("one", "kmeans")]).set_index("what")["diff"]
    tasks = found.drop("closed")
    assert found["closed"] == pytest.approx(tasks.mean(), abs=1e-6) and len(tasks) == 7
    assert len(linear_tier.judged(kept)) == len(linear_tier.CLAIMS)
    assert linear_tier.trivial(kept)["closed"] < linear_tier.arms(kept)["score"].min()
