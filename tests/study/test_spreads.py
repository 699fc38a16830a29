"""Which seed moves a score more, and whether an arm learned its tasks: planted effects come back."""

import numpy as np
import pytest
from made_up_grid import TRIVIAL, record

from assl_utils.errors import DataError
from assl_utils.study import ablations, spreads


def by_clustering(line, arm, task):
    """The clustering moves one arm, the start another; the two other arms have neither."""
    if arm == "random":
        return (-2.0, 0.0, 2.0)[line.clustering_seed]
    return (-2.0, 0.0, 2.0)[line.seed] if arm == "utility" else 0.0


def test_the_seed_that_moves_an_arm_is_found(tmp_path):
    record(tmp_path, "crossed", by_clustering, n=60, noise=0.0)
    found = ablations.block(ablations.read(tmp_path, "cpu", "crossed"), "variance")
    table = spreads.components(found)
    assert table.index.tolist() == found.arms.index.tolist() and (table["trainings"] == 9).all()
    assert table.loc["random", "clustering"] > 10 > 3 * table.loc["random", "start"]
    assert table.loc["utility", "start"] > 10 > 3 * table.loc["utility", "clustering"]
    said = spreads.moves_more(table).split("\n")
    assert "the clusters and the draw of rows move it more" in said[0]
    assert "starts of the training move it more" in said[1]


def test_an_arm_without_crossed_trainings_says_so(tmp_path):
    record(tmp_path, "ablations")
    table = spreads.components(ablations.block(ablations.read(tmp_path, "cpu", "ablations"), "routers"))
    assert table["start"].isna().all() and "crossed" in spreads.moves_more(table)


@pytest.fixture(scope="module")
def block(tmp_path_factory):
    folder = tmp_path_factory.mktemp("grids")
    record(folder, "ablations", lambda line, arm, task: -4.0 if arm == "base" or task == "RE" else 3.0, n=40)
    return ablations.block(ablations.read(folder, "cpu", "ablations"), "Q1")


def test_an_arm_has_learned_what_lies_above_every_trivial_answer(block):
    trivial = TRIVIAL | {"FE": {"majority": 20.0, "lookup": 99.9}}
    table = spreads.learned(block, ["base", "kmeans, a tenth", "gone"], trivial)
    assert table["first"].unique().tolist() == ["base", "kmeans, a tenth"]
    row = table.set_index(["first", "what"]).loc[("kmeans, a tenth", "NA")]
    assert row["diff"] == pytest.approx(block.means().loc["kmeans, a tenth", "NA"] - 25.0)
    said = spreads.learned_sentences(table).split("\n")
    assert said[0].startswith("base: above the best trivial answer on 0 of 7 tasks; not on FE, QA")
    assert said[1] == "kmeans, a tenth: above the best trivial answer on 5 of 7 tasks; not on FE, RE."


def test_a_record_without_trivial_scores_says_what_adds_them(block):
    table = spreads.learned(block, ["base"], None)
    assert table.empty and "recording the grid again adds it" in spreads.learned_sentences(table)


def test_arms_that_are_not_there_are_named(block):
    with pytest.raises(DataError, match="none of gone has a result yet"):
        spreads.learned(block, ["gone"], TRIVIAL)
    assert np.isfinite(spreads.learned(block, ["base"], TRIVIAL)["diff"]).all()
