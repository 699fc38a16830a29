"""Chapter 1 runs on published files, too: its cells, on the replica of a mirror."""

import json

import matplotlib
import pandas as pd
import pytest

from assl_utils import store
from assl_utils.runner import notebook
from assl_utils.sources import collect, leakage


def run_cells(folder, **values):
    """Execute chapter 1's code cells in one namespace, other values in its parameters; returns the namespace."""
    chapter = notebook.read(store.root() / "notebooks/01_data_collection.ipynb")
    space = {}
    for cell in chapter["cells"]:
        if cell["cell_type"] == "code":
            exec(compile("".join(cell["source"]), cell["id"], "exec"), space)
            if "parameters" in cell["metadata"].get("tags", []):
                space |= {"run_dir": str(folder), **values}
    return space


@pytest.mark.parametrize("protocol", ["clean", "paper"])
def test_chapter_1_reads_a_mirror_and_says_what_stands_in(mirror, tmp_path, monkeypatch, capsys, protocol):
    monkeypatch.setattr(matplotlib, "rcParams", matplotlib.rcParams.copy())
    matplotlib.use("Agg")
    run = tmp_path / "run"
    run_cells(run, data="local", data_root=str(mirror), accept_noncommercial=True, scale=1.0, protocol=protocol)
    left = run / "01_data_collection"
    rows, evaluation = pd.read_parquet(left / "rows.parquet"), pd.read_parquet(left / "eval.parquet")
    assert {"id", "source", "task", "subtask", "input", "output", "multiplicity", "stand_in"} <= set(rows.columns)
    said = json.loads((left / "data.json").read_text(encoding="utf-8"))["summary"]
    assert said.startswith(f"data: local, protocol {protocol}; 22 of 23 sources") and "missing: stockb" in said
    assert said in capsys.readouterr().out
    flow = store.read_table(left / "flow.csv").set_index("source")
    assert len(flow) == 23 and (flow["kept"] <= flow["published"]).all()
    lists = ["nl", "nl2", "na"]
    if protocol == "clean":
        assert (flow.loc[lists, "kept"] == 0).all() and not set(rows["input"]) & set(evaluation["input"])
    else:
        assert (flow.loc[lists, "kept"] == flow.loc[lists, "published"]).all()
        assert (rows["multiplicity"] == 1).all()


def test_a_sample_as_published_keeps_the_rows_that_are_asked_and_draws_the_others(mirror, tmp_path, monkeypatch):
    monkeypatch.setattr(matplotlib, "rcParams", matplotlib.rcParams.copy())
    matplotlib.use("Agg")
    space = run_cells(
        tmp_path / "run", data="local", data_root=str(mirror), accept_noncommercial=True, protocol="paper",
        scale=0.01, floor=1, questions_per_task=1,
    )  # fmt: skip
    matches, kept = space["matches"], set(space["kept"]["id"])
    asked = set(matches.loc[matches["eval_id"].isin(space["questions"]["id"]), "train_id"])
    assert asked and asked <= kept
    assert len(kept - asked) <= space["published"]["source"].nunique(), "other leaks are drawn like any row"


def test_what_was_waived_stands_in_the_sentence_of_every_chapter(mirror, tmp_path, monkeypatch):
    monkeypatch.setattr(matplotlib, "rcParams", matplotlib.rcParams.copy())
    matplotlib.use("Agg")
    (mirror / "raw/fincuge-finnl/problem_list.json").unlink()
    run_cells(
        tmp_path / "run", data="local", data_root=str(mirror), accept_noncommercial=True, scale=1.0,
        waived_splits=["NL/unanswered"],
    )  # fmt: skip
    said = store.read_json(tmp_path / "run" / store.DATA_NOTE)["summary"]
    assert said.endswith("; not searched for leaks, for they are not there: NL/unanswered")


def test_clean_is_clean_of_whole_benchmarks_whatever_sample_is_asked(mirror, tmp_path, monkeypatch):
    """A run that asks one question of a task trains on what the run that asks all of them trains on."""
    monkeypatch.setattr(matplotlib, "rcParams", matplotlib.rcParams.copy())
    matplotlib.use("Agg")
    values = {"data": "local", "data_root": str(mirror), "accept_noncommercial": True, "scale": 1.0}
    every, few = tmp_path / "every/01_data_collection", tmp_path / "few/01_data_collection"
    run_cells(every.parent, **values)
    run_cells(few.parent, **values, questions_per_task=1)
    rows, evaluation, held_out = (pd.read_parquet(few / f"{name}.parquet") for name in ("rows", "eval", "held_out"))
    gathered = collect.gather("local", mirror, accept_noncommercial=True)
    benchmarks = pd.concat([gathered.evaluation, gathered.held_out], ignore_index=True)
    assert leakage.find(rows, benchmarks).empty
    assert (evaluation["task"].value_counts() == 1).all()
    assert sorted([*evaluation["id"], *held_out["id"]]) == sorted(benchmarks["id"])
    assert (held_out.loc[held_out["id"].isin(gathered.evaluation["id"]), "use"] == "not asked").all()
    pd.testing.assert_frame_equal(rows, pd.read_parquet(every / "rows.parquet"))
    for name in ("leakage.csv", "judged.csv", "flow.csv", "account.csv"):  # none of them counts the sample alone
        assert (few / name).read_text(encoding="utf-8") == (every / name).read_text(encoding="utf-8"), name
    leaks = store.read_table(few / "leakage.csv").set_index("source")
    assert leaks.loc["fe", "FE"] == len(gathered.evaluation.query("task == 'FE'")) > 1
