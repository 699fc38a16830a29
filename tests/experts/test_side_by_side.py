"""Adapters trained side by side are the adapters trained one after the other, and the longest is begun first."""

import pandas as pd
import pytest
from few_rows import QUICK, ROWS

from assl_utils import jobs, machine, store
from assl_utils.experts import models, shelf, side_by_side, training
from assl_utils.experts.recipe import Recipe

SETS = {"few": ROWS[:5], "many": pd.concat([ROWS] * 2), "some": ROWS}
HOW = {"epochs": 2, "dropout": 0.1, **QUICK}
RECIPE = Recipe(min_lr=training.DECIDING["min_lr"], **HOW)
WEIGHTS = "adapter_model.safetensors"


def places(folder):
    return {name: folder / name for name in SETS}


@pytest.fixture
def cores(monkeypatch):
    """Two cores, whatever this machine has; the jobs of each call are noted."""
    calls, run = [], jobs.run
    monkeypatch.setattr(machine, "threads", lambda: 2)
    monkeypatch.setattr(
        jobs, "run", lambda work, todo, *a, **how: (calls.append((todo, how)), run(work, todo, *a, **how))[1]
    )
    return calls


def digests(folders):
    names = ("adapter_model.safetensors", "losses.csv", "adapter_config.json")
    return {name: [store.sha256(folder / file) for file in names] for name, folder in folders.items()}


def test_two_at_a_time_give_the_bytes_of_one_after_the_other_and_of_one_alone(tiny_folder, tmp_path, cores):
    beside = side_by_side.train_experts(tiny_folder, SETS, places(tmp_path / "beside"), **HOW)
    _, how = cores[0]
    assert list(beside) == list(SETS) and (how["workers"], how["threads"]) == (2, 1)
    assert max(range(3), key=lambda n: how["weights"][n]) == 1, "the longest is begun first"
    one = {name: side_by_side.train_experts(tiny_folder, {name: rows}, places(tmp_path / "one"), **HOW)[name]
           for name, rows in SETS.items()}  # fmt: skip
    assert {how["workers"] for _, how in cores[1:]} == {1}
    assert digests(beside) == digests(one) and len({str(d) for d in digests(one).values()}) == 3


def test_what_is_up_to_date_starts_no_process(tiny_folder, tmp_path, cores, monkeypatch):
    made = side_by_side.train_experts(tiny_folder, SETS, places(tmp_path), **HOW)
    before = {name: (folder / "training.json").stat().st_mtime_ns for name, folder in made.items()}
    monkeypatch.setattr(models, "load", None)  # nothing is loaded
    assert side_by_side.train_experts(tiny_folder, SETS, places(tmp_path), **HOW) == made
    assert cores[1][0] == [] and {n: (f / "training.json").stat().st_mtime_ns for n, f in made.items()} == before
    monkeypatch.undo()
    (made["few"] / "losses.csv").unlink()
    (made["some"] / "training.json").unlink()
    side_by_side.train_experts(tiny_folder, SETS, places(tmp_path), **HOW)
    assert (made["some"] / "training.json").exists()
    after = {name: (folder / "training.json").stat().st_mtime_ns for name, folder in made.items()}
    assert [name for name in SETS if after[name] != before[name]] == ["some"]


def test_cores_memory_engine_and_device_decide_how_many(tiny_folder, monkeypatch):
    monkeypatch.setattr(machine, "threads", lambda: 8)
    monkeypatch.setattr(machine, "free_gb", lambda: 8.5)
    assert [side_by_side.how_many(tiny_folder, n) for n in (0, 1, 3, 20)] == [1, 1, 3, 8]
    monkeypatch.setattr(models, "gigabytes", lambda base, dtype: 1.0)
    assert side_by_side.how_many(tiny_folder, 20) == 2, "four gigabytes each"
    assert side_by_side.how_many(tiny_folder, 20, "dask") == 1
    monkeypatch.setattr(training.pretrained, "device_of", lambda: training.torch.device("cuda"))
    assert side_by_side.how_many(tiny_folder, 20) == 1


@pytest.mark.parametrize("device", ["cpu", "cuda"])
def test_on_a_cpu_each_training_has_one_thread_with_any_engine(tiny_folder, tmp_path, monkeypatch, device):
    asked = []
    monkeypatch.setattr(jobs, "run", lambda work, todo, engine, **how: asked.append((engine, how["threads"])))
    monkeypatch.setattr(training.pretrained, "device_of", lambda: training.torch.device(device))
    for engine in ("local", "dask"):
        side_by_side.train_experts(tiny_folder, SETS, places(tmp_path), engine, **HOW)
    assert asked == [(engine, 1 if device == "cpu" else None) for engine in ("local", "dask")]


def test_characters_in_all_epochs_say_what_is_longest():
    rows = pd.DataFrame({"instruction": ["ab", "a"], "input": ["", "c"], "output": ["de", "f"]})
    assert side_by_side._length(rows, epochs=3, batch_size=2, label="x") == 3 * 7
    assert side_by_side._length(rows, epochs=3, min_steps=9, batch_size=1, accumulate=2) == 9 * 7


def test_what_decides_an_adapter_is_the_recipe_that_it_wrote_down(tiny_folder, tmp_path):
    out = training.train_lora(tiny_folder, ROWS, tmp_path / "a", epochs=1, checkpoint_every=7, label="x", **QUICK)
    recipe = training.identified(tiny_folder, ROWS, epochs=1, checkpoint_every=9, label="y", **QUICK)
    assert recipe == store.read_json(out / "training.json")["recipe"] and training.is_trained(out, recipe)
    assert not training.is_trained(out, training.identified(tiny_folder, ROWS, epochs=2, **QUICK))


def test_what_is_on_the_shelf_is_not_trained_again_whatever_it_is_called(tiny_folder, tmp_path, cores):
    shared = tmp_path / "adapters"
    made = side_by_side.train_experts(tiny_folder, SETS, places(tmp_path / "one"), adapters=shared, **HOW)
    other = {"few": SETS["some"], "new": ROWS[:7], "again": SETS["few"]}
    folders = {name: tmp_path / "two" / name for name in other}
    taken = side_by_side.train_experts(tiny_folder, other, folders, adapters=shared, **HOW)
    assert [[job["label"] for job in todo] for todo, _ in cores] == [["few", "many", "some"], ["new"]]
    same = {"few": made["some"], "again": made["few"]}
    assert digests({name: taken[name] for name in same}) == digests(same)
    for name, source in same.items():
        assert store.read_json(taken[name] / "training.json") == store.read_json(source / "training.json")
    assert sorted(path.name for path in shared.iterdir() if path.is_dir()) == sorted(
        shelf.key(tiny_folder, rows, RECIPE)[: shelf.DIGITS] for rows in (*SETS.values(), ROWS[:7])
    ), "as whoever else asks the shelf would look for them"


def test_a_stage_and_the_shelf_do_not_feel_each_other(tiny_folder, tmp_path, cores):
    shared, sets, folders = tmp_path / "adapters", {"a": ROWS}, {"a": tmp_path / "a"}
    weights = side_by_side.train_experts(tiny_folder, sets, folders, adapters=shared, **HOW)["a"] / WEIGHTS
    before = weights.read_bytes()
    weights.write_bytes(before[:-1] + bytes([before[-1] ^ 1]))
    (tmp_path / "a/checkpoints").mkdir()
    side_by_side.train_experts(tiny_folder, sets, folders, adapters=shared, **HOW)
    assert weights.read_bytes() == before and not (tmp_path / "a/checkpoints").exists(), "mended from the shelf"
    assert [len(todo) for todo, _ in cores] == [1, 0]
    kept = next(shared.glob(f"*/{WEIGHTS}"))
    kept.write_bytes(b"")
    (tmp_path / "a/training.json").unlink()
    side_by_side.train_experts(tiny_folder, sets, folders, adapters=shared, **HOW)
    assert [len(todo) for todo, _ in cores] == [1, 0, 1], "one on the shelf that is not whole is none"
    assert weights.read_bytes() == before == kept.read_bytes()


def test_what_another_kind_of_device_trained_does_not_come_on_the_shelf(tiny_folder, tmp_path):
    out = training.train_lora(tiny_folder, ROWS, tmp_path / "a", **HOW)
    store.write_json(store.read_json(out / "training.json") | {"device": "cuda:0"}, out / "training.json")
    shelf.give(tmp_path / "adapters", out, tiny_folder, ROWS, **HOW)
    assert not (tmp_path / "adapters").exists()
