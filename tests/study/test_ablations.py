"""Blocks of a record: what their lines found, arm by arm; what failed or is not there says why."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
from made_up_grid import record

from assl_utils.errors import DataError
from assl_utils.evaluation import tables
from assl_utils.evaluation.arms import UNTRAINED
from assl_utils.study import ablations, oracles


@pytest.fixture(scope="module")
def grids(tmp_path_factory):
    folder = tmp_path_factory.mktemp("grids")
    record(folder, "ablations", {"budget": 2.0, "random": -2.0}, failed=("rds", "K = 2"))
    return folder


@pytest.fixture(scope="module")
def found(grids):
    return ablations.read(grids, "cpu", "ablations")


def test_a_block_has_each_arm_once_in_the_grids_order_with_the_mean_of_its_lines(found):
    block = ablations.block(found, "Q2")
    lines = found.of("Q2")
    assert block.arms.index.tolist() == list(dict.fromkeys(lines["arm"])) and block.asks.startswith("Stage 1 alone")
    for arm, row in block.arms.iterrows():
        own = lines[lines["arm"] == arm]
        assert row["seeds"] == len(own) and row["failed"] == 0
        assert row["score"] == pytest.approx(own["score"].mean())
        assert row["operations"] == pytest.approx(own["operations"].mean() / 1e6)


def test_scores_are_those_of_the_tables(found):
    block = ablations.block(found, "Q2")
    one = block.items[(block.items["line"] == "budget") & (block.items["seed"] == 1)]
    expected = tables.score(one.assign(model="x")).set_index("task")["score"]
    mine = block.scores().set_index(["line", "seed"]).loc[("budget", 1)]
    assert mine["AVG"] == pytest.approx(expected["AVG"]) and mine["NA"] == pytest.approx(expected["NA"])
    assert block.means().loc["budget", "FE"] == pytest.approx(block.scores().query("line == 'budget'")["FE"].mean())


def test_a_failed_arm_is_a_hole_with_its_reason_and_leaves_the_numbers_numbers(found):
    block = ablations.block(found, "Q3")
    table = block.pairs([("rds", "random"), ("utility", "random")])
    assert table["reason"].tolist() == ["rds: ValueError: a reason", ""] and np.isnan(table["diff"][0])
    assert "a reason" in table["sentence"][0] and block.arms.loc["rds", ["seeds", "failed"]].tolist() == [0, 3]
    assert ablations.holes(found, "Q3")["arm"].unique().tolist() == ["rds"]
    assert found.lines["rows"].dtype.kind == "f" and found.lines["rows"].isna().sum() == 6


def test_an_arm_whose_lines_are_not_done_yet_says_so(found):
    table = ablations.block(found, "Q3").pairs([("soon", "random")])
    assert table["reason"][0] == "soon: no line of it is done"


def test_the_base_model_depends_on_no_seed_so_it_is_compared_with_every_training(found):
    block = ablations.block(found, "Q1")
    base = block.items[block.items["line"] == "base"]
    assert set(base["seed"]) == set(base["clustering_seed"]) == {UNTRAINED}
    assert block.pairs([("base", "kmeans, a tenth")])["seeds"].tolist() == [5]


def test_against_is_every_other_arm_minus_one(found):
    block = ablations.block(found, "Q2")
    table = block.against("random")
    assert table["first"].tolist() == [arm for arm in block.arms.index if arm != "random"]
    assert set(table["second"]) == {"random"}
    scores = block.scores().set_index(["line", "seed"])["AVG"]
    expected = (scores["budget"] - scores["random"]).mean()
    assert table.set_index("first").loc["budget", "diff"] == pytest.approx(expected)
    wide = block.by_task([("budget", "random")])
    assert wide["what"].tolist() == [*tables.TABLE1, "AVG"] and wide["diff"].iloc[-1] == pytest.approx(expected)
    assert wide["diff"][:-1].mean() == pytest.approx(expected)


def test_joined_blocks_compare_arms_of_different_questions_and_count_no_line_twice(found):
    parts = [ablations.block(found, name) for name in ("Q2", "Q3", "sensitivity")]
    joined = ablations.join(*parts)
    assert joined.arms.index.is_unique and not joined.items.duplicated(["key", "line", "task", "id"]).any()
    table = ablations.sensitivity(joined)
    assert table["group"].unique().tolist() == list(ablations.SENSITIVITY)
    lone = table[table["first"] == "K = 2"].iloc[0]
    assert lone["reason"].endswith("a reason") and (table["reason"] == "").sum() == len(table) - 1
    assert (table.loc[table["first"] == "k = 5", "diff"] < 0).all(), "budget was made the best"


def test_no_record_says_which_command_makes_it(grids):
    said = []
    assert ablations.find(grids, "cpu", "crossed", say=said.append) is None
    assert said[0].endswith("make grid GRID=crossed PROFILE=cpu RECORD=1")
    ablations.find(grids, "cpu-n13000", "tenth", "scale=0.06", say=said.append)
    assert said[1].endswith('make grid GRID=tenth PROFILE=cpu TRIAL=n13000 SET="scale=0.06" RECORD=1')
    with pytest.raises(DataError, match="make grid GRID=atlas PROFILE=small_cpu RECORD=1"):
        ablations.read(grids, "small_cpu", "atlas")
    assert ablations.block(None, "Q1") is None


def test_an_unknown_block_names_the_nearest(found):
    with pytest.raises(DataError, match=r"has no block 'Q4'; nearest is 'Q3'"):
        ablations.block(found, "Q4")


def test_a_block_whose_lines_are_still_to_come_has_no_arms_and_says_so(found):
    early = dataclasses.replace(found)
    early.__dict__["lines"] = found.lines[~found.lines["blocks"].str.contains("routers")]
    block = ablations.block(early, "routers")
    assert block.arms.empty and block.items.empty
    table = block.by_task([("twelve", "centroid")])
    assert len(table) == 8 and table["diff"].isna().all()
    assert set(table["reason"]) == {"twelve: no line of it is done"}
    assert oracles.shares_of_oracles(block).empty


def test_merged_adapters_have_their_error(found):
    arms = ablations.block(found, "together").arms
    assert arms["error"].dropna().to_dict() == dict.fromkeys(["merged_svd", "merged_cat", "merged_linear"], 0.25)
    assert "error" not in ablations.block(found, "Q2").arms


def test_facts_say_where_when_and_how_much(found):
    facts = ablations.facts(found)
    assert facts["lines"] == f"{len(found.lines) - 6} of {len(found.lines)} done, 6 failed"
    assert facts["command"] == "make grid GRID=ablations" and facts["machine"] == "a CPU, 2 cores, no GPU"


def test_a_mixture_has_the_rows_of_each_part_at_the_first_training(found):
    mixed = ablations.mixtures(found, "Q3", {"after stage 1": "stage 1 alone", "gone": "rds"})
    assert list(mixed) == ["after stage 1"]
    lines = found.of("Q3")
    key = lines.loc[lines["arm"] == "stage 1 alone", "key"].iloc[0]
    own = found.mixture[found.mixture["key"] == key]
    assert mixed["after stage 1"].loc["lora-1", "qa"] == own.query("part == 'lora-1' and subtask == 'qa'")["rows"].sum()
    assert mixed["after stage 1"].to_numpy().sum() == own["rows"].sum()
    assert "finqa" in ablations.mixtures(found, "Q3", {"x": "utility"}, "source")["x"]


def test_evenness_counts_equal_kinds():
    even = pd.DataFrame({"a": [10, 0], "b": [10, 4]}, index=["one", "two"])
    found = ablations.evenness({"x": even}).loc["x"]
    assert found["kinds"] == pytest.approx((2 + 1) / 2) and found["largest"] == pytest.approx((50 + 100) / 2)
    assert found[["rows", "smallest part", "largest part"]].tolist() == [24, 4, 20]
