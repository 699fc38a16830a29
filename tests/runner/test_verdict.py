"""What a change did, in words: numbers that moved, the largest, rows that came or went, tables of two runs."""

import pandas as pd
import pytest
import toy_repo

from assl_utils import store
from assl_utils.runner import diff, fingerprint, params, pipeline, state, verdict

TABLE = pd.DataFrame({"model": ["base", "mix"], "FE": [50.0, 61.25], "n": [1, 2], "note": ["a", "b"]})


@pytest.fixture
def stages(tmp_path):
    """Two folders of a stage with the same table."""
    folders = [tmp_path / "runs" / run / "08_evaluation" for run in ("cpu", "cpu-lab")]
    for folder in folders:
        store.write_table(TABLE, folder / "table1.csv")
        store.write_table(TABLE, folder / "rows.parquet")
    return folders


def test_equal_tables_moved_nothing(stages):
    store.write_table(TABLE.assign(seconds=[1.0, 2.0]), stages[1] / "cost.csv")  # what the work took is no result
    assert verdict.sentence(*stages) == (
        "Against runs/cpu: 0 of 4 numbers in its tables moved; its tables of rows are as they were."
    )


def test_the_largest_change_is_named_and_sums_of_another_order_are_equal(stages):
    other = TABLE.assign(FE=[50.0 + 1e-12, 60.0], note=["a", "z"])
    store.write_table(other, stages[1] / "table1.csv")
    store.write_table(pd.concat([TABLE.assign(n=[1, 9]), TABLE.assign(model=["x", "y"])]), stages[1] / "rows.parquet")
    store.write_table(TABLE, stages[1] / "more.csv")
    assert verdict.sentence(*stages) == (
        "Against runs/cpu: 1 of 4 numbers in its tables moved, the most mix · FE in table1.csv: 61.25 → 60  (-1.25);"
        " 1 other cell changed; more.csv is new; in rows.parquet 1 cell changed and 2 rows or columns came or went."
    )


def test_another_cluster_is_no_number_that_moved(stages):
    for folder, clusters in zip(stages, ([5, 1], [0, 1]), strict=True):
        (folder / "table1.csv").unlink()
        store.write_table(TABLE.assign(cluster=clusters), folder / "rows.parquet")
    assert verdict.sentence(*stages) == "Against runs/cpu: in rows.parquet 1 cell changed."


def test_nothing_to_compare_with_is_said(stages):
    for path in stages[0].iterdir():
        path.unlink()
    for path in stages[1].iterdir():
        path.unlink()
    assert verdict.sentence(*stages) == "08_evaluation leaves no table that could be compared with runs/cpu."
    stages[0].rmdir()
    assert verdict.sentence(*stages) == "runs/cpu has no 08_evaluation to compare with: `make 08` runs it."


def test_two_runs_are_compared_by_their_tables_for_people_the_largest_change_first(stages):
    store.write_table(TABLE.assign(FE=[50.5, 60.0], n=[1, 4]), stages[1] / "table1.csv")
    store.write_table(TABLE.assign(n=[5, 6]), stages[1] / "rows.parquet")
    found = diff.of_runs(stages[0].parent, stages[1].parent, ["07_routing", "08_evaluation"])
    assert [difference.line for difference in found] == [
        "08_evaluation/table1.csv  mix · n  2 → 4  (+2)",
        "08_evaluation/table1.csv  mix · FE  61.25 → 60  (-1.25)",
        "08_evaluation/table1.csv  base · FE  50 → 50.5  (+0.5)",
    ]


def test_tables_of_rows_that_differ_are_counted_in_two_runs(stages):
    store.write_table(TABLE.assign(n=[5, 6]), stages[1] / "rows.parquet")
    runs, names = (stages[0].parent, stages[1].parent), ["07_routing", "08_evaluation"]
    assert diff.of_runs(*runs, names) == []
    assert diff.rows_of_runs(*runs, names) == ["08_evaluation/rows.parquet 2 cells changed"]
    stages[1].joinpath("rows.parquet").unlink()
    assert diff.rows_of_runs(*runs, names) == ["08_evaluation/rows.parquet is gone"]


def test_columns_of_lists_are_compared_too(stages):
    for folder, lists in zip(stages, ([[1], [2, 3]], [[1], [2, 4]]), strict=True):
        store.write_table(pd.DataFrame({"id": ["a", "b"], "own": lists}), folder / "rows.parquet")
    assert [d.name for d in diff.of_stage(*stages).found] == ["b · own"]


def test_what_follows_counts_what_has_not_run_yet_and_is_read_on_the_way(tmp_path):
    root = toy_repo.build(tmp_path / "repo")
    (root / "notebooks/stages.yaml").write_text(
        "01_numbers:\n02_sums:\n  reads: [01_numbers/*]\n03_report:\n  reads: [01_numbers/*]\n"
        "04_aside:\n  reads: [02_sums/*, 03_report/*]\n"
    )
    store.write_json({"03_report": {"seconds": 75.2, "peak_bytes": 3e9}}, root / "book/published/cpu/costs.json")
    chapters = pipeline.load(root)
    judge = state.Judge(chapters, params.resolve(chapters, "cpu"), fingerprint.Hashes(root))
    assert verdict.follows(judge, "02_sums", "make {}") == (
        "What follows: `make 04` runs 01, 02, 03, 04 in at most about 1 min 15 s, and 3 stages of unknown time."
    )
    assert verdict.follows(judge, "04_aside", "make {}") == "No later chapter reads anything that changed."
