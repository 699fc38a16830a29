"""The pack made of a tiny run and started as its own command: whole, killed and called again, out of time, refused."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import tiny_grid
import torch
from shard_work import wait_for

from assl_utils import shapes
from assl_utils.bench.pack import build, child, journal, part_of_study, plan, run
from assl_utils.bench.pack.shapes import Pack, Pieces, Record
from assl_utils.errors import DataError
from assl_utils.runner import params, pipeline
from assl_utils.study.grid import lines as grid_lines
from assl_utils.study.grid import plan as grid_plan
from assl_utils.study.grid import record

ROOT = Path(__file__).resolve().parents[3]
TIMES = (
    "at", "date", "seconds", "took_s", "starts", "product_tflops", "neighbours_s", "adbscan_s", "floor_s", "over_floor",
)  # fmt: skip


@pytest.fixture(scope="module")
def packed(tiny_folder, tmp_path_factory):
    """A pack with the tiny run, in pieces of 4 MB."""
    root = tiny_grid.build(tiny_folder, tmp_path_factory.mktemp("pack") / "repo")
    resolved = params.resolve(pipeline.load(root), "cpu", tiny_grid.of(tiny_folder))
    build.pack(root, [resolved], "tiny", root / "gpu-pack", piece=4, say=lambda line: None)
    return root / "gpu-pack"


def start(packed, work, *words):
    """The pack's own command, as on a machine of its own."""
    clean = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "ASSL_ROOT")} | {"OMP_NUM_THREADS": "1"}
    command = [sys.executable, packed / "run.py", "--work", work, "--device", "cpu", "--tenth", *words]
    return subprocess.Popen(command, env=clean, cwd="/", stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def ended(process):
    said, _ = process.communicate(timeout=600)
    return process.returncode, said


def without_times(value):
    if isinstance(value, dict):
        return {k: without_times(v) for k, v in value.items() if k not in TIMES}
    return [without_times(v) for v in value] if isinstance(value, list) else value


def test_pieces_are_small_whole_and_hold_no_name_of_this_machine(packed):
    about = shapes.read(packed / "pieces.json", Pieces)
    assert len(about["pieces"]) > 1 and sum(one["bytes"] for one in about["pieces"]) > 6e6
    assert all((packed / one["name"]).stat().st_size == one["bytes"] <= 4e6 for one in about["pieces"])
    assert about["expected"]["torch"] == "2.9" and about["carried"]["pydantic"] == "2.11"
    assert {path.name for path in packed.iterdir()} == {one["name"] for one in about["pieces"]} | {
        "run.py",
        "pieces.json",
    }
    assert str(packed.parent) not in (packed / "pieces.json").read_text()


@pytest.mark.parametrize("piece", [0, 61])
def test_a_piece_is_never_larger_than_sixty_megabytes(tmp_path, piece):
    with pytest.raises(DataError, match="is to be above 0 and at most 60"):
        build.pack(ROOT, [], "real", tmp_path / "gpu-pack", piece=piece)


def test_a_size_is_a_share_and_a_number_of_questions():
    options = build.argparse.Namespace(sizes="0.1:many")
    with pytest.raises(DataError, match=r"'0\.1:many' is to be share:questions"):
        build.prepared(ROOT, options)


def test_without_its_folders_the_pack_says_which_to_name(capsys):
    assert build.main(["--mirror", "/no/such/folder"]) == 1
    assert "MIRROR=/no/such/folder is to be a folder: make gpu-pack MIRROR=" in capsys.readouterr().err


@pytest.mark.skipif(torch.cuda.is_available(), reason="here is a GPU")
def test_without_cuda_nothing_begins(tmp_path, capsys):
    assert run.main(["--pack", str(tmp_path), "--out", str(tmp_path / "out")]) == 1
    assert "torch finds no CUDA device here, so nothing was begun" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(("device", "hidden"), [("cpu", True), ("cuda", False)])
def test_a_rehearsal_hides_the_cards_and_gives_parts_the_time_of_a_cpu(tmp_path, monkeypatch, device, hidden):
    seen = {}
    journal.add(tmp_path, "start", pack="p", command="run.py", device=device, tenth=True, machine={}, versions={})

    def popen(command, env, **how):
        seen["cards"] = env.get("CUDA_VISIBLE_DEVICES")
        journal.add(tmp_path, "begin", part="vectors")
        return subprocess.real([sys.executable, "-c", "import time; time.sleep(60)"], env=env, **how)

    def overrun(out, until, on_gpu):
        seen["on_gpu"] = on_gpu
        return "enough seen"

    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0")
    monkeypatch.setattr(subprocess, "real", subprocess.Popen, raising=False)
    monkeypatch.setattr(run.subprocess, "Popen", popen)
    monkeypatch.setattr(run, "_overrun", overrun)
    part = next(part for part in plan.PARTS if part.name == "vectors")
    run._one_child(tmp_path, tmp_path, device, True, [part], time.time() + 600, lambda line: None)
    assert seen == {"cards": "" if hidden else "0", "on_gpu": not hidden}


def test_another_packs_work_is_not_gone_on_with(tmp_path):
    journal.add(tmp_path, "start", pack="other", device="cpu", tenth=True)
    with pytest.raises(DataError, match="take another --out"):
        run.run(tmp_path, tmp_path, "cpu", tenth=True)


SLOW = """
import sys, time
from assl_utils.bench import gpu_check
def dies(setting):
    import os, signal
    os.kill(os.getpid(), signal.SIGSEGV)
gpu_check.PARTS["vectors"] = lambda setting: time.sleep(600)
gpu_check.PARTS["attention"] = dies
gpu_check.PARTS["points"] = lambda setting: {"passed": True}
from assl_utils.bench.pack import child
sys.exit(child.main(sys.argv[1:]))
"""


@pytest.mark.slow
def test_a_part_that_hangs_or_ends_its_process_costs_only_itself(tmp_path, monkeypatch):
    real = subprocess.Popen

    def popen(command, **how):
        return real([sys.executable, "-c", SLOW, *command[3:]], **how)

    parts = [plan.Part("vectors", 1 / plan.ON_CPU, 0), *(p for p in plan.PARTS if p.name in ("attention", "points"))]
    monkeypatch.setattr(plan, "PARTS", tuple(parts))
    monkeypatch.setattr(run.subprocess, "Popen", popen)
    found = run.run(tmp_path, tmp_path / "out", "cpu", 5, tenth=True, say=lambda line: None)["parts"]
    assert found["vectors"]["error"] == "stopped after 1 s, its share of the time"
    assert found["attention"]["error"] == f"its process ended with status {-signal.SIGSEGV}"
    assert found["points"]["passed"]


def test_a_child_that_cannot_start_is_an_error_with_its_last_line(tmp_path, monkeypatch):
    real = subprocess.Popen
    monkeypatch.setattr(
        run.subprocess, "Popen", lambda command, **how: real([sys.executable, "-c", "import gone"], **how)
    )
    with pytest.raises(DataError, match="cannot be begun: ModuleNotFoundError: No module named 'gone'"):
        run.run(tmp_path, tmp_path / "out", "cpu", 5)


def test_without_minutes_every_part_is_skipped_with_its_reason(tmp_path):
    (tmp_path / "out").mkdir()
    child.work(tmp_path, tmp_path / "out", "cpu", True, plan.NAMES, time.time() + 3)
    lines = journal.read(tmp_path / "out")
    assert [line["part"] for line in lines] == list(plan.NAMES)
    assert all(line["event"] == "skip" and " s were left, and it begins with " in line["why"] for line in lines)


# ------------------------------------------------------------------------------------------------------- the study


@pytest.fixture
def unpacked(packed, tmp_path, monkeypatch):
    """The pack's folder and one for the record."""
    from assl_utils.bench.pack import start as script

    about = json.loads((packed / "pieces.json").read_text())
    script.collect(packed, tmp_path / "work", about)
    folder, out = script.unpack(tmp_path / "work", about), tmp_path / "out"
    out.mkdir()
    monkeypatch.setenv("ASSL_ROOT", str(folder))
    return folder, out


def sizes(folder, monkeypatch, seconds):
    """Two runs in the pack, the larger one twice as slow; ``seconds`` a line of the smaller."""
    about = shapes.read(folder / "pack.json", Pack)
    large = about["sizes"][0] | {"run": "large", "rows": 16}
    shutil.copytree(folder / "runs" / "cpu", folder / "runs" / "large")
    (folder / "pack.json").write_text(json.dumps(about | {"sizes": [*about["sizes"], large]}))
    times = {"large": 2 * seconds, "cpu": seconds}
    monkeypatch.setattr(
        grid_plan, "estimate_seconds", lambda data, groups: ([times[data.folder.name]] * len(groups), 0)
    )


@pytest.mark.parametrize(
    ("left", "size", "done"), [(1000, "large", 2), (400, "cpu", 2), (150, "cpu", 1), (50, "cpu", 0)]
)
def test_the_largest_size_whose_first_seed_fits_and_no_line_that_does_not(unpacked, monkeypatch, left, size, done):
    folder, out = unpacked
    sizes(folder, monkeypatch, 100)
    clock = [time.time()]
    monkeypatch.setattr(part_of_study.time, "time", lambda: clock[0])

    def family(data, lines, say):
        clock[0] += 100 * len(lines)
        assert data.folder.name == size
        about = {"score": 1.0, "seconds": {"line": 100.0}}
        return [about for _ in lines]

    monkeypatch.setattr(grid_lines, "family", family)
    monkeypatch.setattr(part_of_study, "_keep", lambda *_: None)
    found = part_of_study.do(folder, out, clock[0] + left, say=lambda line: None)
    assert (found["size"], found["done"], len(found["left_out"])) == (size, done, 2 - done)
    assert found["passed"] == (done > 0) and found["cut_off"] == (done < 2)
    if done < 2:
        assert "about 2 min 0 s needed" in found["left_out"][-1]
    monkeypatch.setattr(part_of_study.time, "time", lambda: clock[0] - 9999)
    assert part_of_study.do(folder, out, clock[0], say=lambda line: None)["size"] == size, "chosen once"


def test_a_run_that_is_not_what_was_packed_is_refused(unpacked):
    folder, out = unpacked
    rows = folder / "runs" / "cpu" / "02_instruction_expansion" / "rows.parquet"
    table = part_of_study.store.read_table(rows)
    part_of_study.store.write_table(table.assign(output="消极"), rows)
    with pytest.raises(DataError, match="cpu is not what was packed"):
        part_of_study.do(folder, out, time.time() + 100, say=lambda line: None)


# ------------------------------------------------------------------------------------------------------ all of it


@pytest.mark.slow
def test_the_pack_killed_in_the_middle_and_called_again_leaves_the_record_of_one_that_was_not(packed, tmp_path):
    only = ["--only", "neighbours", "points", "study"]
    status, said = ended(start(packed, tmp_path / "whole", *only))
    assert status == 0, said
    out = tmp_path / "whole" / "results"
    whole = shapes.read(out / journal.RECORD, Record)
    assert (
        list(whole["parts"]) == only[1:] and whole["starts"] == 1 and whole["command"] == "run.py --device cpu --tenth"
    )
    study = whole["parts"]["study"]
    assert study["done"] == study["of"] == len(study["lines"]) == 2 and study["passed"]

    process = start(packed, tmp_path / "killed", *only)
    partial = tmp_path / "killed" / "results"
    wait_for(lambda: process.poll() is not None or any(
        line["event"] == "begin" and line["part"] == "points" for line in journal.read(partial)), 300)  # fmt: skip
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=60)
    assert not any(line["event"] == "end" and line["part"] == "study" for line in journal.read(partial))
    status, said = ended(start(packed, tmp_path / "killed", *only))
    assert status == 0, said
    resumed = shapes.read(partial / journal.RECORD, Record)
    assert resumed["starts"] == 2 and without_times(resumed) == without_times(whole)
    first, second = (record.open_folder(next((tmp_path / n).glob("pack-*")) / record.FOLDER, tiny_grid.NAME)
                     for n in ("whole", "killed"))  # fmt: skip
    assert first.items.equals(second.items) and (out / "grid-lines.csv").is_file()
