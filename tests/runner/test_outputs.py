"""Half a file is noticed whatever its kind, and a run's outputs are kept apart from left-overs and people's files."""

import os
import time

import numpy as np
import pandas as pd
import pytest
from safetensors.numpy import save_file

from assl_utils import store
from assl_utils.runner import outputs, state
from assl_utils.runner.pipeline import Step

MAKERS = {
    "a.parquet": lambda path: store.write_table(pd.DataFrame({"a": range(200), "b": ["文本"] * 200}), path),
    "a.csv": lambda path: store.write_table(pd.DataFrame({"a": [1, 2], "b": ["x, y", 'z "z"\n']}), path),
    "a.npy": lambda path: store.write_array(np.zeros((50, 3)), path),
    "a.json": lambda path: store.write_json({"a": [1, 2]}, path),
    "a.safetensors": lambda path: save_file({"w": np.ones((4, 4), np.float32), "v": np.ones(3)}, path),
}


@pytest.mark.parametrize("name", MAKERS)
def test_a_whole_file_is_read_and_half_of_one_is_not(tmp_path, name):
    path = tmp_path / name
    MAKERS[name](path)
    step = Step("01_a", writes=(name,))
    assert outputs.complaint(tmp_path, step, [name]) == ""
    whole = path.read_bytes()
    for cut in (len(whole) - 3, len(whole) * 2 // 5, 3, 0):
        path.write_bytes(whole[:cut])
        assert f"its output {name} cannot be read" in outputs.complaint(tmp_path, step, [name]), cut


def test_pickled_arrays_are_not_read(tmp_path):
    np.save(tmp_path / "a.npy", np.array([{}], dtype=object), allow_pickle=True)
    assert "cannot be read: ValueError" in outputs.complaint(tmp_path, Step("01_a"), ["a.npy"])


def test_a_declared_output_must_be_of_this_run(tmp_path):
    step = Step("01_a", writes=("experts/*/w.json", "a.json"))
    store.write_json(1, tmp_path / "a.json")
    assert "it did not write experts/*/w.json" in outputs.complaint(tmp_path, step, ["a.json"])
    store.write_json(1, tmp_path / "experts/one/w.json")
    assert "it did not write a.json" in outputs.complaint(tmp_path, step, ["experts/one/w.json"])
    assert outputs.complaint(tmp_path, step, ["experts/one/w.json", "a.json"]) == ""


def test_named_files_new_files_left_overs_and_peoples_files(tmp_path):
    for name in ("experts/0/w.json", "experts/1/w.json", "experts/10/w.json", "old.json", "mine.txt", state.MANIFEST):
        store.write_json(1, tmp_path / name)
    before = outputs.marks(tmp_path)
    store.write_json(1, tmp_path / "new.json")
    mine = outputs.own(tmp_path, {"experts/1"}, before)
    assert mine == ["experts/1/w.json", "new.json"]
    earlier = {"experts/0", "experts/1", "experts/10", "old.json"}
    assert outputs.left_over(tmp_path, mine, earlier) == ["experts/0/w.json", "experts/10/w.json", "old.json"]


@pytest.mark.parametrize("shift", [-(10**9), 10**9])
def test_a_file_is_a_runs_by_what_became_of_it_not_by_its_time(tmp_path, shift):
    for name in ("peoples.txt", "rewritten.json", "in_place.txt"):
        (tmp_path / name).write_text("1")
        os.utime(tmp_path / name, times=(time.time() + shift,) * 2)
    before = outputs.marks(tmp_path)
    store.write_json(2, tmp_path / "rewritten.json")
    (tmp_path / "in_place.txt").write_text("2")
    (tmp_path / "new.txt").write_text("1")
    os.utime(tmp_path / "new.txt", times=(time.time() - abs(shift),) * 2)
    assert outputs.own(tmp_path, (), before) == ["in_place.txt", "new.txt", "rewritten.json"]


def test_parts_of_a_killed_writer_are_swept(tmp_path):
    (tmp_path / "deep").mkdir()
    for name in (".a.123.part.npy", "deep/.b.7.part", "part.json", ".keep"):
        (tmp_path / name).write_text("x")
    outputs.sweep(tmp_path)
    assert sorted(os.listdir(tmp_path)) == [".keep", "deep", "part.json"]
    assert os.listdir(tmp_path / "deep") == []
