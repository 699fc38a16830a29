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
