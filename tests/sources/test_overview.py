"""The tables of chapter 1: everything shown may be shown, and every row is accounted for."""

import pandas as pd
import pytest

from assl_utils.sources import collect, overview
from assl_utils.tasks.catalog import SOURCES


@pytest.fixture(scope="module")
def gathered():
    return collect.embedded(scale=0.0001, floor=4, seed=0, per_subject=1)


def test_one_row_of_each_sub_task_is_shown(gathered):
    table = overview.one_of_each(gathered)
    assert sorted(table.index) == sorted(set(gathered.rows["subtask"])) and list(table) == ["input", "output"]


def test_the_questions_asked_are_counted_by_benchmark(gathered):
    asked, _ = collect.ask(gathered.evaluation, gathered.held_out, per_task=1)
    table = overview.benchmarks(gathered.evaluation, asked)
    assert table["questions"].sum() == len(gathered.evaluation) and table["asked"].sum() == len(asked)
    assert (table.groupby("task")["asked"].sum() == 1).all()


def test_likeness_is_of_sources_of_pairs_alone():
    pairs = ["甲乙\n甲乙", "甲乙\n丙丁"]
    rows = pd.DataFrame({"source": ["x", "x", "y"], "subtask": ["matching", "matching", "qa"],
                         "input": [*pairs, "问"], "output": ["是", "否", "答"]})  # fmt: skip
    assert overview.likeness(rows).to_dict() == {"x": 1.0}
    assert overview.likeness(rows.iloc[2:]).empty


def test_a_match_that_may_not_be_quoted_shows_pieces_of_hashes(gathered):
    rows = gathered.rows.head(2).assign(file=["", "secret.json"])
    files = pd.DataFrame({"file": ["secret.json"], "licence": ["none stated"]})
    published = collect.Gathered(rows, gathered.evaluation, gathered.held_out, files, gathered.account)
    pairs = pd.DataFrame(
        {
            "train_id": rows["id"].tolist() * 2, "benchmark": ["fineval", "fineval", "cfleb", "cfleb"], "kind": "exact",
            "source": "s", "task": "t", "compared": "input", "similarity": 1.0, "same_output": True,
            "train_input": "训练", "eval_input": "评测",
        }
    )  # fmt: skip
    shown = overview.matches(pairs, published)
    assert shown["train_input"].eq("训练").tolist() == shown["eval_input"].eq("评测").tolist()
    assert shown["train_input"].eq("训练").tolist() == [True, False, False, False]
    own = collect.Gathered(rows, None, None, files, None, truth=gathered.truth)
    assert overview.matches(pairs, own)["eval_input"].eq("评测").tolist() == [True, False, True, False]


def test_what_the_search_missed_and_what_it_took_besides():
    rows = pd.DataFrame({"id": list("abc"), "input": ["一", "二", "三"]})
    truth = pd.DataFrame({"id": list("abc"), "kind": ["leaked", "leaked", "repeated"]})
    errors, counts = overview.detection(rows, pd.DataFrame({"train_id": ["b", "c", "c"]}), truth)
    assert counts == {"planted": 2, "found": 1, "besides": 1}
    assert errors[["id", "error"]].to_numpy().tolist() == [["a", "missed"], ["c", "besides"]]


def test_every_published_row_is_kept_or_lost_for_a_named_reason():
    def rows(fe, nl):
        return pd.DataFrame({"source": ["fe"] * fe + ["nl"] * nl})

    steps = {"published": rows(5, 4), "mended": rows(5, 4), "without leaks": rows(3, 4), "distinct": rows(2, 4)}
    flow = overview.flow(pd.Series({"fe": 6, "nl": 4}), steps | {"kept": rows(2, 4)})
    assert list(flow.index) == list(SOURCES) and flow.loc["fe"].tolist() == [6, 5, 5, 3, 2, 2]
    assert flow.loc["afqmc"].sum() == 0
    lost = overview.losses(flow)
    assert lost.to_dict("index") == {
        "fe": {"kept": 2, "leaked": 2, "repeated": 1},
        "nl": {"kept": 4, "leaked": 0, "repeated": 0},
    }
