"""Chapter 1 runs on published files, too: its cells, on the replica of a mirror."""

import json

import matplotlib
import pandas as pd
import pytest

from assl_utils import store
from assl_utils.runner import notebook


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
