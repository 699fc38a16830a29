"""Tables beside each other, worked by hand."""

import numpy as np
import pandas as pd
import pytest

from assl_utils.evaluation import beside, statistics, tables

TABLE = pd.DataFrame(
    {"model": ["base", "lora-0", "lora-1", "silversight", "all-data", "cluster-data", "majority"], "AVG": 1.0}
    | {task: [10.0, 20, 30, 25, 40, 5, 35] for task in tables.TABLE1}
)


def test_ranks_beside_the_papers():
    average = pd.DataFrame({"paper": [38.8, 60.3], "ours": [30.0, 20.0], "difference": [-8.8, -40.3]}, ["base", "mix"])
    found = beside.ranks(pd.concat({"AVG": average}, axis=1))
    assert found["paper_rank"].tolist() == [2, 1] and found["our_rank"].tolist() == [1, 2]


def test_unseen_questions_are_scored_by_themselves():
    rows = pd.DataFrame({"benchmark": "cfleb", "task": list(tables.TABLE1) * 2, "reference": ""})
    rows["reference"] = rows["task"].map(
        {"FE": "积极", "QA": "甲", "NA": "甲", "RE": "收购", "NSP1": "有", "NSP2": "甲", "NL": "中国"}
    )
    rows["id"] = [f"{'known' if i < 7 else 'new'}-{i}" for i in range(14)]
    predictions = tables.judge("m", rows, [*rows["reference"][:7], *["不知道"] * 7])
    table1 = tables.table1(predictions, 10)
    known = rows[["id"]].assign(known=rows["id"].str.startswith("known"))
    found = beside.unseen(predictions, known, table1, 10)
    assert found.loc["m", "all questions"] > 40 and found.loc["m", "unseen questions"] == 0


def test_what_so_many_questions_can_show():
    questions = pd.DataFrame({"task": ["FE"] * 160 + ["NA"] * 80})
    found = beside.smallest_differences(questions)
    assert found["questions"].to_dict() == {"FE": 160, "NA": 80}
    assert found.at["FE", "smallest difference"] == statistics.smallest_detectable(160, 0.5)


def test_what_was_learned_against_the_commonest_answer():
    found = beside.learned(TABLE, ["lora-0", "lora-1"])
    assert found.loc["FE"].to_dict() == {
        "majority": 35, "base": 10, "best expert alone": 30, "silversight": 25, "all-data": 40, "cluster-data": 5
    }  # fmt: skip
    assert beside.not_learned(found) == "not above the commonest answer: no task"
    found.loc["NL", "all-data"] = 35
    assert beside.not_learned(found) == "not above the commonest answer: NL"


def test_unread_answers_in_percent():
    rows = pd.DataFrame({"model": "m", "task": ["FE", "FE", "NL"], "parsed": ["积极", "", np.nan]})
    assert beside.unread(rows).loc["m"].to_dict() == {"FE": 50, "NL": 100}


def test_comparisons_of_pairs_stand_below_each_other():
    rows = pd.DataFrame({"benchmark": "cfleb", "task": "FE", "id": ["a", "b"], "reference": ["积极", "消极"]})
    found = tables.judge_all(rows, {"x": ["积极", "积极"], "y": ["消极", "消极"], "z": ["积极", "消极"]})
    table = tables.compare_pairs(found, [("x", "y"), ("z", "y")], 50, 3)
    assert table["comparison"].tolist() == ["x – y, cfleb FE", "z – y, cfleb FE"] and table.columns[-1] == "pair"
    expected = tables.compare(found, "z", "y", 50, 3).iloc[0]
    assert table.iloc[1][expected.index].equals(expected.rename(1)) and table.at[1, "diff"] == pytest.approx(50)
