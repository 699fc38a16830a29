"""Tables and sentences about a run's routing, worked by hand."""

import pandas as pd

from assl_utils.routing import summary


def test_questions_are_counted_by_task_and_expert():
    table = summary.by_task(["NL", "FE", "NL"], ["b", "a", "b"], ["a", "b", "c"])
    assert table.index.tolist() == ["NL", "FE"] and table.columns.tolist() == ["a", "b", "c"]
    assert table.to_numpy().tolist() == [[0, 2, 0], [1, 0, 0]]
    assert summary.spread_sentence(table) == (
        "2 of 2 tasks send at least 90 % of their questions to one expert; divided: none; never asked: c"
    )
    table.loc["FE"] = [3, 2, 5]
    assert summary.spread_sentence(table) == (
        "1 of 2 tasks send at least 90 % of their questions to one expert; "
        "divided: FE (50 % to one); never asked: no expert"
    )


def test_the_share_of_a_subtasks_rows_that_the_expert_holds():
    found = summary.share_of_rows(
        ["x", "x", "x", "y"], ["a", "a", "b", "b"], ["x", "x", "y", "z", "x"], [*"abba", "base"]
    )
    assert found.tolist() == [2 / 3, 1 / 3, 1, 0, 0]


def test_the_sentence_about_margins():
    said = summary.margin_sentence([1.0, 3.0, 0.5], [0.9, 0.5, 0.1])
    assert said.startswith("middle margin 2.000 where") and "(2 questions), 0.500 where it does not (1)" in said
    assert summary.margin_sentence([1.0], [0.9]) == "the experts hold most of the sub-task for all questions"
    assert summary.margin_sentence(pd.Series([1.0]), [0.0]).endswith("for none of the questions")
