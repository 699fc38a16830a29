"""Shares of perfect choosing: ours seed by seed, the paper's from its own table."""

import pandas as pd
import pytest
from made_up_grid import ROOT, record

from assl_utils import store
from assl_utils.study import ablations, oracles


def test_the_papers_share_follows_from_its_table_1():
    """SilverSight's seven scores, and the best of the six experts at each, added by hand."""
    best = (70.2 + 74.5 + 49.6 + 31.4 + 92.0 + 64.8 + 80.5) / 7
    ours = (66.6 + 73.3 + 49.2 + 34.3 + 93.0 + 57.1 + 82.4) / 7
    printed = store.read_table(ROOT / "book" / "paper_values.csv")
    assert oracles.paper_share(printed) == pytest.approx(100 * ours / best) == pytest.approx(98.5, abs=0.05)


def test_each_router_is_a_share_of_each_oracle_of_its_own_seed(tmp_path):
    record(tmp_path, "ablations", {"oracle": 3.0, "oracle_task": 1.5, "centroid": -1.0}, n=40)
    found = ablations.block(ablations.read(tmp_path, "cpu", "ablations"), "routers")
    table = oracles.shares_of_oracles(found)
    scores = found.scores().pivot(index="seed", columns="line", values="AVG")
    share = 100 * scores["centroid"] / scores["oracle_task"]
    row = table.loc["centroid"]
    assert row["% of oracle_task"] == pytest.approx(share.mean())
    assert row[["lowest, oracle_task", "highest, oracle_task"]].tolist() == pytest.approx([share.min(), share.max()])
    assert table.loc["oracle", "% of oracle"] == 100 and row["% of oracle"] < row["% of oracle_task"] < 100
    said = oracles.router_sentence(table, 98.47)
    assert (
        "98.5 % of the best single expert of each task" in said and f"{share.mean():.1f} % of the best expert" in said
    )
    assert said.count("\n") == 2


def test_without_an_oracle_nothing_is_said_of_it():
    table = pd.DataFrame({"score": [40.0]}, index=["centroid"])
    assert oracles.router_sentence(table, 98.47).count("\n") == 0
