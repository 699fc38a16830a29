"""Same rows and recipe, one training, whoever asks; anything that changes the weights, another folder."""

import os
import shutil
import signal
import subprocess
import sys
import textwrap
import time
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
import torch
from few_rows import ROWS

from assl_utils import pretrained, store
from assl_utils.errors import DataError
from assl_utils.experts import loop, models, shelf, training
from assl_utils.experts.recipe import Recipe

RECIPE = Recipe(r=4, alpha=8, lr=1e-2, min_lr=1e-3, epochs=1, batch_size=4, max_length=64)
TEXT = pd.DataFrame({"text": ROWS["input"]})


@pytest.fixture
def runs(monkeypatch):
    """The trainings that take place, each as its thread count."""
    found, real = [], loop.TrainingRun.train
    count = torch.get_num_threads
    monkeypatch.setattr(loop.TrainingRun, "train", lambda self, *rest: (found.append(count()), real(self, *rest)))
    return found


def test_the_same_adapter_is_trained_once_whoever_asks(tiny_folder, tmp_path, runs):
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        one = shelf.trained(tmp_path, tiny_folder, ROWS, RECIPE, label="lora-0")
        other = shutil.copytree(tiny_folder, tmp_path / "base elsewhere")
        more = ROWS.assign(id=range(len(ROWS))).set_index(pd.RangeIndex(100, 100 + len(ROWS)))
        again = [
            shelf.trained(str(tmp_path), str(tiny_folder), more, RECIPE),
            shelf.trained(tmp_path, other, ROWS, replace(RECIPE, dtype="float32"), label="another line"),
        ]
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)
    assert again == [one, one] and runs == [1], "one training, with one thread"
    assert one == tmp_path / shelf.key(tiny_folder, ROWS, RECIPE)[:16] == shelf.place(tmp_path, other, ROWS, RECIPE)
    assert shelf.stands(tmp_path, tiny_folder, ROWS, RECIPE)


def test_it_is_the_adapter_that_train_lora_makes(tiny_folder, tmp_path):
    out = shelf.trained(tmp_path, tiny_folder, ROWS, RECIPE)
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        plain = training.train_lora(tiny_folder, ROWS, tmp_path / "plain", **RECIPE.asdict())
    finally:
        torch.set_num_threads(before)
    for file in ("adapter_model.safetensors", "losses.csv"):
        assert (out / file).read_bytes() == (plain / file).read_bytes()


def test_what_changes_the_weights_changes_the_key(tiny_folder, tmp_path):
    start = training.train_lora(tiny_folder, TEXT, tmp_path / "start", **RECIPE.asdict())
    longer = shutil.copytree(start, tmp_path / "longer")
    training.train_lora(tiny_folder, TEXT, longer, **replace(RECIPE, epochs=2).asdict())
    base = shutil.copytree(tiny_folder, tmp_path / "base")
    (base / "note.txt").write_text("another base")
    changed = {
        "r": 8, "alpha": 4, "dropout": 0.0, "warmup": 0.2, "lr": 2e-2, "min_lr": 0.0, "epochs": 2, "min_steps": 9,
        "batch_size": 2, "max_length": 32, "dtype": "bfloat16", "quantize": "4bit", "seed": 1,
    }  # fmt: skip
    assert changed.keys() == RECIPE.asdict().keys()
    keys = [shelf.key(tiny_folder, ROWS, RECIPE), shelf.key(base, ROWS, RECIPE)]
    keys += [shelf.key(tiny_folder, ROWS, replace(RECIPE, **{name: value})) for name, value in changed.items()]
    keys += [shelf.key(tiny_folder, rows, RECIPE) for rows in (ROWS[::-1], ROWS[1:], ROWS.assign(output="是"), TEXT)]
    keys += [shelf.key(tiny_folder, ROWS, RECIPE, start=other) for other in (start, longer)]
    assert len(set(keys)) == len(keys)
    assert shelf.key(tiny_folder, ROWS, RECIPE, start=shutil.copytree(start, tmp_path / "moved")) in keys


def test_auto_on_a_gpu_is_another_key(tiny_folder, monkeypatch):
    here = shelf.key(tiny_folder, ROWS, RECIPE)
    monkeypatch.setattr(pretrained, "device_of", lambda device="auto": torch.device("cuda"))
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda: True)
    there = shelf.key(tiny_folder, ROWS, RECIPE)
    assert shelf.values(RECIPE)["dtype"] == "bfloat16" and shelf.values(RECIPE)["bf16"]
    float32 = shelf.key(tiny_folder, ROWS, replace(RECIPE, dtype="float32"))
    assert len({here, there, float32}) == 3, "a GPU's float32 is not a CPU's, either"


def test_text_then_answers(tiny_folder, tmp_path, runs):
    text = shelf.trained(tmp_path, tiny_folder, TEXT, RECIPE)
    both = shelf.trained(tmp_path, tiny_folder, ROWS, RECIPE, start=text)
    assert len({text, both, shelf.trained(tmp_path, tiny_folder, ROWS, RECIPE)}) == 3 == len(runs)
    assert shelf.trained(tmp_path, tiny_folder, ROWS, RECIPE, start=text) == both and len(runs) == 3
    with pytest.raises(FileNotFoundError, match="holds no adapter_config"):
        shelf.place(tmp_path, tiny_folder, ROWS, RECIPE, start=tmp_path / "nothing here")


@pytest.mark.parametrize("damage", ["no account", "no weights", "a changed bit", "an empty account"])
def test_a_folder_that_is_not_whole_is_trained_on_not_taken(tiny_folder, tmp_path, runs, damage):
    out = shelf.trained(tmp_path, tiny_folder, ROWS, RECIPE)
    weights = (out / "adapter_model.safetensors").read_bytes()
    if damage == "no account":
        (out / "training.json").unlink()
    elif damage == "no weights":
        (out / "adapter_model.safetensors").unlink()
    elif damage == "an empty account":
        (out / "training.json").write_text("")
    else:
        (out / "adapter_model.safetensors").write_bytes(weights[:-1] + bytes([weights[-1] ^ 1]))
    assert not shelf.stands(tmp_path, tiny_folder, ROWS, RECIPE)
    assert shelf.trained(tmp_path, tiny_folder, ROWS, RECIPE) == out and len(runs) == 2
    assert (out / "adapter_model.safetensors").read_bytes() == weights


def test_a_recipe_for_several_adapters_is_refused(tiny_folder, tmp_path):
    with pytest.raises(DataError, match=r"min_steps=.* is for several adapters"):
        shelf.trained(tmp_path, tiny_folder, ROWS, replace(RECIPE, min_steps={"a": 3}))


def begin(root, base, rows, recipe, log):
    """A process that wants the adapter and writes a line for each training, and one when it has it."""
    code = textwrap.dedent(f"""
        import pandas as pd
        from assl_utils.experts import loop, shelf
        from assl_utils.experts.recipe import Recipe

        real = loop.TrainingRun.train

        def train(self, *rest):
            with open({str(log)!r}, "a") as stream:
                stream.write(f"begins at {{self.start}}\\n")
            real(self, *rest)

        loop.TrainingRun.train = train
        out = shelf.trained({str(root)!r}, {str(base)!r}, pd.read_parquet({str(rows)!r}), Recipe(**{recipe.asdict()!r}))
        print(out)
    """)
    home = str(Path(shelf.__file__).parents[2])
    return subprocess.Popen(
        [sys.executable, "-c", code], env=os.environ | {"PYTHONPATH": home, "OMP_NUM_THREADS": "1"},
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def wait_for(condition, *processes):
    deadline = time.monotonic() + 120
    while not condition():
        assert time.monotonic() < deadline and all(p.poll() is None for p in processes), [
            p.communicate()[1] for p in processes if p.poll() is not None
        ]
        time.sleep(0.01)


def test_two_processes_that_want_the_same_adapter_train_it_once(tiny_folder, tmp_path):
    store.write_table(ROWS, tmp_path / "rows.parquet")
    recipe, log = replace(RECIPE, min_steps=40), tmp_path / "log"
    two = [begin(tmp_path / "shelf", tiny_folder, tmp_path / "rows.parquet", recipe, log) for _ in range(2)]
    said = [process.communicate(timeout=240) for process in two]
    assert [process.returncode for process in two] == [0, 0], said
    place = shelf.place(tmp_path / "shelf", tiny_folder, ROWS, recipe)
    assert {out.strip() for out, _ in said} == {str(place)}
    assert log.read_text().splitlines() == ["begins at 0"]
    assert shelf.stands(tmp_path / "shelf", tiny_folder, ROWS, recipe)


def test_a_process_that_dies_lets_the_next_one_go_on(tiny_folder, tmp_path, monkeypatch):
    store.write_table(ROWS, tmp_path / "rows.parquet")
    recipe, log = replace(RECIPE, min_steps=400), tmp_path / "log"
    folder = shelf.place(tmp_path / "shelf", tiny_folder, ROWS, recipe)
    first = begin(tmp_path / "shelf", tiny_folder, tmp_path / "rows.parquet", recipe, log)
    wait_for(lambda: list(folder.glob("checkpoints/step-*")), first)
    begun, real = [], loop.TrainingRun.train
    monkeypatch.setattr(loop.TrainingRun, "train", lambda self, *rest: (begun.append(self.start), real(self, *rest)))
    first.send_signal(signal.SIGKILL)
    first.communicate()
    assert not (folder / "training.json").exists()
    assert shelf.trained(tmp_path / "shelf", tiny_folder, ROWS, recipe) == folder
    assert begun[0] >= 100, "from its last checkpoint"


def test_a_model_that_is_loaded_is_used_again(tiny_folder, tmp_path, monkeypatch):
    calls, real = [], models.load
    monkeypatch.setattr(models, "load", lambda *a, **k: (calls.append(a), real(*a, **k))[1])
    models._loaded.cache_clear()
    for seed in (0, 1):
        shelf.trained(tmp_path, tiny_folder, ROWS, replace(RECIPE, seed=seed))
    assert len(calls) == 1
