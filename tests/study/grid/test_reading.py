"""A record read without the engine; a failed line leaves its numbers empty and all others numbers."""

import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pandas as pd
from made_up_grid import record

from assl_utils.evaluation import baselines, tables
from assl_utils.study.grid import reading
from assl_utils.study.grid import record as grid_record


def test_what_failed_has_no_number_and_what_was_done_keeps_its_own(tmp_path):
    record(tmp_path, "ablations", failed=("rds",))
    found = reading.open_folder(tmp_path, "cpu-ablations")
    lines = found.lines.set_index("key")
    failed = lines["error"] != ""
    assert failed.sum() == 3 and len(found.keys()) == len(lines) - 3
    for name in ("score", "rows", "operations", "seconds"):
        assert lines[name].dtype.kind == "f" and (np.isnan(lines[name]) == failed).all()
    assert reading.open_folder(tmp_path, "cpu-none") is None and reading.read(tmp_path, "cpu-none") is None


def test_reading_needs_no_model():
    """What the chapter of the ablations imports is read in a second, on a machine without torch."""
    code = "import sys; from assl_utils.study import ablations, atlas, claims, frontiers, oracles, spreads; "
    code += "print(sorted(m for m in sys.modules if m in ('torch', 'transformers', 'peft')))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_trivial_scores_are_those_of_the_baselines_one_by_one():
    rows = pd.DataFrame({
        "subtask": ["sentiment"] * 3, "form": "", "input": ["涨了", "跌了", "升了"], "output": ["积极", "消极", "积极"]
    })  # fmt: skip
    asked = pd.DataFrame({
        "benchmark": "cfleb", "task": "FE", "id": ["a", "b"], "subtask": "sentiment", "form": "",
        "input": ["跌了", "升了"], "reference": ["消极", "消极"],
    })  # fmt: skip
    found = grid_record.trivial_scores(SimpleNamespace(rows=rows, asked=asked))
    for name, answer in baselines.ALL.items():
        judged = tables.judge(name, asked, answer(rows, asked).tolist())
        assert found["FE"][name] == 100 * judged["correct"].mean()
    assert found["FE"]["lookup"] == 50 and found["FE"]["majority"] == 0
