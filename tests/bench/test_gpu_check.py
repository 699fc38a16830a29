"""The script for a GPU runs here in a small size, finds what differs, and loses nothing to one part's fall."""

import numpy as np
import pytest
import torch

from assl_utils import store
from assl_utils.bench import gpu_check
from assl_utils.book import bench_page
from assl_utils.experts import decoding
from assl_utils.space import neighbors

QUICK = ["neighbours", "attention", "lora_7b", "answers_7b", "points"]


def test_the_quick_parts_pass_on_a_cpu_and_each_is_written_at_once(tmp_path):
    written = []
    out = tmp_path / "gpu.json"
    record = gpu_check.run("cpu", QUICK, out=out, say=lambda line: written.append((line, out.exists())))
    assert [name for name, found in record["parts"].items() if found["passed"]] == QUICK
    assert [there for _, there in written] == [False, True, True, True, True]
    assert store.read_json(out)["parts"].keys() == record["parts"].keys()
    speed = record["parts"]["lora_7b"]["batches"]["4 rows"]
    assert 0 < speed["mfu"] < 1 and speed["tokens_per_s"] > 0
    assert all(found["took_s"] > 0 for found in record["parts"].values())


@pytest.mark.slow
@pytest.mark.parametrize("name", ["vectors", "training", "answers", "continuous_batching"])
def test_the_other_parts_pass_too(name):
    pytest.importorskip("bitsandbytes")
    found = gpu_check.run("cpu", [name], say=lambda line: None)["parts"][name]
    assert found["passed"], found
    if name == "continuous_batching":
        assert found["same_answers"] == 1


def test_a_part_that_falls_is_recorded_with_its_place_and_the_others_go_on(monkeypatch):
    def broken(*args, **kwargs):
        raise RuntimeError("no kernel image")

    monkeypatch.setattr(decoding, "greedy", broken)
    lines = []
    record = gpu_check.run("cpu", ["answers_7b", "neighbours"], say=lines.append)
    fallen = record["parts"]["answers_7b"]
    assert not fallen["passed"] and fallen["error"] == "RuntimeError: no kernel image" and "test_gpu" in fallen["at"]
    assert record["parts"]["neighbours"]["passed"] and "FAILED" in lines[0]


def test_a_device_that_computes_something_else_fails(monkeypatch):
    real, calls = neighbors.knn, []

    def wrong(X, k, device="auto", **how):
        distance, index = real(X, k, device=device, **how)
        calls.append(device)
        return (distance, np.roll(index, 1, axis=1)) if len(calls) == 2 else (distance, index)

    monkeypatch.setattr(neighbors, "knn", wrong)
    assert not gpu_check.run("cpu", ["neighbours"], say=lambda line: None)["parts"]["neighbours"]["passed"]


def test_no_part_begins_after_the_minutes():
    record = gpu_check.run("cpu", ["neighbours", "points"], minutes=0, say=lambda line: None)
    assert all("used up" in found["skipped"] and not found["passed"] for found in record["parts"].values())


@pytest.mark.skipif(torch.cuda.is_available(), reason="here is a GPU")
def test_without_a_gpu_it_says_so(capsys):
    with pytest.raises(SystemExit) as stopped:
        gpu_check.main(["--device", "cuda"])
    assert stopped.value.code == 1 and "no CUDA device here" in capsys.readouterr().err


def test_the_page_tells_of_a_gpu_or_that_there_was_none():
    assert "Not run on a GPU yet" in bench_page.page(None, None)
    record = gpu_check.run("cpu", ["points"], say=lambda line: None) | {"command": "make gpu-check"}
    record["machine"]["gpus"] = [{"name": "NVIDIA H100", "memory_gb": 80}]
    text = bench_page.page(None, None, record)
    assert "NVIDIA H100" in text and "| `points` | yes | n 2000; d 64;" in text and "Not run" not in text


def test_the_quick_check_is_the_paths_and_what_time_did_not_reach_is_no_failure(monkeypatch, tmp_path, capsys):
    asked = []

    def run(device, only, minutes, out):
        asked.append((only, minutes))
        return {"parts": {"a": {"passed": True}, "b": {"passed": False, "skipped": "the minutes were used up"}}}

    monkeypatch.setattr(gpu_check, "run", run)
    out = ["--out", str(tmp_path / "quick.json")]
    assert gpu_check.main(["--quick", *out]) == 0 and "1 of 2 passed" in capsys.readouterr().out
    assert gpu_check.main(out) == 1, "the whole check is not whole without it"
    gpu_check.main(["--quick", "--minutes", "0", *out])
    assert asked == [(list(gpu_check.QUICK), 2.0), (None, 9.0), (list(gpu_check.QUICK), 0.0)]
    assert set(gpu_check.QUICK) < set(gpu_check.PARTS)


def test_on_a_card_the_check_names_it_waits_for_it_and_clears_its_memory(monkeypatch):
    asked = []
    answers = {"get_device_name": "NVIDIA H100 80GB HBM3", "is_available": True}
    for name in ("get_device_name", "is_available", "synchronize", "reset_peak_memory_stats", "empty_cache"):
        monkeypatch.setattr(torch.cuda, name, lambda *_, _name=name: asked.append(_name) or answers.get(_name))
    monkeypatch.setattr(gpu_check.estimate, "measure", lambda *_: gpu_check.estimate.Device(700e12, 3e12))
    setting = gpu_check.Setting("cuda")
    assert setting.whole and setting.peak == gpu_check.PEAKS["H100"]
    setting.wait()
    assert asked == ["get_device_name", "synchronize"]
    full = []

    def step(setting, *_):
        full.append(1)
        if len(full) == 1:
            raise torch.OutOfMemoryError
        return 1.0

    setting.device = torch.device("cpu")  # from here on the work itself is done
    monkeypatch.setattr(gpu_check, "SEVEN_B", gpu_check.SMALL)
    monkeypatch.setattr(gpu_check, "_training_step", step)
    found = gpu_check.speed_training(setting)
    assert found["batches"]["4 rows"] == "out of memory" and asked[-1] == "empty_cache" and not found["passed"]
    monkeypatch.undo()


def test_a_step_on_a_card_is_timed_when_it_is_done_in_16_bits(monkeypatch):
    asked, real = [], torch.autocast
    for name in ("synchronize", "reset_peak_memory_stats"):
        monkeypatch.setattr(torch.cuda, name, lambda *_, _name=name: asked.append(_name))
    monkeypatch.setattr(
        torch, "autocast", lambda kind, dtype, enabled: asked.append(enabled) or real(kind, dtype, enabled)
    )
    setting = gpu_check.Setting("cpu")
    model = gpu_check._seven_b(setting)
    setting.whole = True
    samples = [gpu_check.packing.Sample(tuple(range(10, 26)), 1)]
    config = {"r": 4, "alpha": 8, "dropout": 0.0, "target_modules": ["q_proj"]}
    with gpu_check.training.attached(model, 0, **config) as wrapped:
        assert gpu_check._training_step(setting, wrapped, model, samples, False) > 0
    assert asked == ["reset_peak_memory_stats", *["synchronize", True, "synchronize"] * 4]


def test_a_run_on_a_card_empties_it_after_each_part(monkeypatch):
    asked = []
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "empty_cache", lambda: asked.append("empty_cache"))
    bench = gpu_check.estimate.Device(700e12, 3e12)
    monkeypatch.setattr(gpu_check, "Setting", lambda device: gpu_check.argparse.Namespace(whole=True, bench=bench))
    monkeypatch.setattr(
        gpu_check, "PARTS", {"a": lambda setting: {"passed": True}, "b": lambda setting: {"passed": True}}
    )
    record = gpu_check.run("cuda", say=lambda line: None)
    assert asked == ["empty_cache"] * 2 and record["device"] == "cuda" and "cuda" in record["versions"]
