"""The number of threads changes nothing in chapters 1 to 5; a comparison that could not see a change would be none."""

import numpy as np
import pandas as pd
import pytest

from assl_utils import store
from assl_utils.bench import threads

SMALLEST = (
    "scale=0.003 floor=12 per_subject=2 k_max=6 04.budget=8 n_selected=20 min_steps=2 feedback_sample=20"
    " max_new_tokens=8"
)


@pytest.mark.slow
def test_chapters_one_to_five_give_the_same_bytes_with_one_thread_and_with_two(tmp_path, capsys):
    assert threads.main(["--out", str(tmp_path), "--set", *SMALLEST.split()]) == 0, capsys.readouterr().out
    report = store.read_json(tmp_path / "report.json")
    assert report["different"] == [] and report["files"] > 30
    names = threads.compared(tmp_path / "1" / "cpu")
    for name in ("01_data_collection/rows.parquet", "03_semantic_clustering/vectors.npy", "04_adbscan/chosen.parquet",
                 "03_semantic_clustering/encoder/model.safetensors", "05_scoring_mmr/scores.parquet",
                 "05_scoring_mmr/selected.parquet"):  # fmt: skip
        assert any(found.startswith(name.removesuffix("model.safetensors")) for found in names), name
    assert not any("cost.csv" in name or "training.json" in name for name in names)


def two_runs(folder):
    for n in ("1", "2"):
        run = folder / n / "cpu" / "04_adbscan"
        store.write_table(pd.DataFrame({"id": ["a", "b"], "density": [1.0, 2.0]}), run / "chosen.parquet")
        store.write_table(pd.DataFrame({"seconds": [float(n)]}), run / "cost.csv")
        store.write_array(np.arange(6.0).reshape(2, 3), run / "vectors.npy")
        store.write_json({"a": 1}, run / "agreement.json")
        store.write_json({"seconds": int(n)}, run / "experts" / "one" / "training.json")
        store.write_json([{"name": "one", "seconds": int(n)}], run / "work.json")
    return folder / "1" / "cpu", folder / "2" / "cpu"


def test_equal_runs_differ_nowhere_whatever_they_took(tmp_path):
    one, other = two_runs(tmp_path)
    assert len(threads.compared(one)) == 3 and threads.differences(one, other) == []


def test_every_change_is_named_and_measured(tmp_path):
    one, other = two_runs(tmp_path)
    folder = other / "04_adbscan"
    store.write_table(pd.DataFrame({"id": ["a", "b"], "density": [1.0, 2.5]}), folder / "chosen.parquet")
    store.write_array(np.arange(6.0).reshape(2, 3) + np.diag([1e-12] * 3)[:2], folder / "vectors.npy")
    store.write_json({"a": 2}, folder / "agreement.json")
    store.write_json({}, folder / "more.json")
    found = threads.differences(one, other)
    assert [line.split(":")[0].removeprefix("04_adbscan/") for line in found] == [
        "agreement.json", "chosen.parquet", "more.json", "vectors.npy",
    ]  # fmt: skip
    assert "1 cell moved, by at most 0.5" in found[1] and found[2].endswith("only in 2")
    assert "2 of 6 numbers, by at most 1e-12" in found[3]
    store.write_table(pd.DataFrame({"id": ["a", "b"], "density": [1.0, 2.0 + 1e-12]}), folder / "chosen.parquet")
    assert "not to the last digit" in threads.differences(one, other)[1]
    store.write_array(np.arange(6.0), folder / "vectors.npy")
    assert "shape (2, 3) and (6,)" in threads.differences(one, other)[3]


def test_what_cannot_be_run_is_a_sentence(tmp_path, capsys):
    for words, named in ((["--set", "k_mex=9"], "k_mex"), (["--profile", "nope"], "nope"), (["--upto", "77"], "77")):
        assert threads.main(["--out", str(tmp_path), *words]) == 2
        assert named in capsys.readouterr().err
