"""A kernel that hangs, a runner that was killed, a chapter that writes where it should not."""

import fcntl
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
import toy_repo

from assl_utils import store
from assl_utils.runner import __main__, execute, progress_line, state
from assl_utils.runner.pipeline import RunnerError


@pytest.fixture
def repo(tmp_path, monkeypatch):
    root = toy_repo.build(tmp_path / "repo")
    monkeypatch.setenv("ASSL_ROOT", str(root))
    monkeypatch.setenv("TMPDIR", str(tmp_path / "t"))
    (tmp_path / "t").mkdir()
    monkeypatch.setattr(execute.tempfile, "tempdir", None)  # it is remembered
    monkeypatch.setattr(execute, "_short_folder", lambda: str(tmp_path / "t"))
    for name in ("PROFILE", "PROTOCOL", "SEED", "SET", "TRIAL", "CELL_TIMEOUT"):
        monkeypatch.delenv(name, raising=False)
    return root


def call(capsys, *arguments):
    capsys.readouterr()
    code = __main__.main(list(arguments))
    out, err = capsys.readouterr()
    return code, out + err


# a cell that takes too long


def test_a_cell_that_takes_too_long_ends_its_chapter_and_is_named(repo, capsys, monkeypatch):
    assert call(capsys, "run", "--upto", "01")[0] == 0
    monkeypatch.setenv("CELL_TIMEOUT", "4")
    began = time.monotonic()
    code, text = call(capsys, "run", "--upto", "02", "--set", "ill=slow")
    folder = repo / "runs/cpu/02_sums"
    assert code == 1 and time.monotonic() - began < 120
    assert "cell 6 of 7 took longer than 4 s and was stopped (CELL_TIMEOUT; 0 is no limit)" in text
    assert "it begins: if ill == 'kill':" in text and "what it had done: runs/cpu/02_sums/" in text
    kernel = int((repo / "pid").read_text())
    assert not psutil.pid_exists(kernel) or psutil.Process(kernel).status() == psutil.STATUS_ZOMBIE
    assert not (folder / state.MANIFEST).exists() and not (folder / state.CELL).exists()
    assert "failed" in call(capsys, "status", "--upto", "02")[1]
    monkeypatch.setenv("CELL_TIMEOUT", "0")
    assert call(capsys, "run", "--upto", "02")[0] == 0, "and the same command goes on"


def test_a_kernel_whose_end_papermill_does_not_notice_ends_its_chapter(repo, capsys, monkeypatch):
    monkeypatch.setattr(execute, "NOTICE", 1)

    class Manager:
        class provisioner:
            process = subprocess.Popen(["sleep", "60"])

    def deaf(attempt):
        attempt.managers.append(Manager)
        Manager.provisioner.process.kill()
        time.sleep(300)

    monkeypatch.setattr(execute._Attempt, "_papermill", deaf)
    began = time.monotonic()
    code, text = call(capsys, "run", "--upto", "01")
    assert code == 1 and time.monotonic() - began < 60
    assert (
        "Kernel died, and papermill did not notice" in text and (repo / "runs/cpu/01_numbers" / state.FAILURE).exists()
    ), text


@pytest.mark.parametrize(("text", "limit"), [("", 0), ("0", 0), (" 3600 ", 3600), ("1.5", 1.5)])
def test_a_limit_is_seconds(monkeypatch, text, limit):
    monkeypatch.setenv("CELL_TIMEOUT", text)
    assert execute.cell_timeout() == limit


@pytest.mark.parametrize("text", ["nan", "inf", "-1", "an hour", "1h", "9" * 400])
def test_a_limit_that_is_none_is_refused_before_anything_runs(repo, capsys, monkeypatch, text):
    monkeypatch.setenv("CELL_TIMEOUT", text)
    monkeypatch.setattr(execute, "execute", lambda *_: pytest.fail("a kernel was started"))
    code, said = call(capsys, "run")
    assert code == 2 and said.startswith("CELL_TIMEOUT is the seconds that a cell may take") and len(said) < 200
    with pytest.raises(RunnerError):
        execute.cell_timeout()


# a cell that gives no sign


def test_a_cell_that_gives_no_sign_is_said_in_the_line_and_by_status(repo, capsys, monkeypatch, tmp_path):
    folder = repo / "runs/cpu/02_sums"
    folder.mkdir(parents=True)
    (folder / state.JOURNAL).write_text("")
    clock = [1000.0]
    monkeypatch.setattr(progress_line.time, "time", lambda: clock[0])
    monkeypatch.setattr(progress_line.time, "monotonic", lambda: clock[0])
    line, bars = progress_line.Line("02_sums"), tmp_path / "bars"
    line.sign = folder / state.CELL
    for wait, cell, bar in ((20, 5, 0), (20, 6, 0), (290, 6, 0), (20, 6, 0), (100, 6, 0), (16, 6, 1), (290, 6, 1)):
        clock[0] += wait
        event = {"key": "1", "label": "x", "n": 1, "total": 2, "time": 0, "end": False}
        bars.write_text((json.dumps(event) + "\n") * bar)
        line(cell, 7, bars)
    said = capsys.readouterr().out.splitlines()[1:]
    assert [("no sign for" in text) for text in said] == [False, False, False, True, True, False, False]
    assert "no sign for 5 min 10 s" in said[3] and "no sign for 6 min 50 s" in said[4]
    with (repo / "runs/cpu/.lock").open("w") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        text = call(capsys, "status")[1].splitlines()[2]
        assert "running" in text and "by another process, in cell 6/7" in text and "no sign" not in text
        clock[0] += 400
        assert ", in cell 6/7, no sign for 11 min 30 s" in call(capsys, "status")[1].splitlines()[2]
        for torn in ("", "{", "[]", '{"cell": null}'):
            (folder / state.CELL).write_text(torn)
            assert call(capsys, "status")[1].splitlines()[2].endswith("by another process")


# scratch folders


def test_the_scratch_folder_of_a_killed_runner_is_swept_and_no_other(repo, tmp_path, monkeypatch):
    place = tmp_path / "t"
    code = (
        "import sys, time\nfrom assl_utils.runner import execute\n"
        f"execute._short_folder = lambda: {str(place)!r}\n"
        "with execute._scratch() as folder:\n    (folder / 'a').write_text('x')\n    print(folder, flush=True)\n"
        "    time.sleep(600)\n"
    )
    runners = [
        subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, cwd=toy_repo.PLUMBING.parent)
        for _ in range(2)
    ]
    dead, alive = (Path(runner.stdout.readline().strip()) for runner in runners)
    (place / "assl-notes").mkdir()  # a person's, or a runner's in the moment between its folder and its owner
    (place / "assl-link").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / execute.OWNER).write_text("")
    execute.sweep()
    assert dead.exists() and alive.exists(), "both live"
    runners[0].send_signal(signal.SIGKILL)
    runners[0].wait()
    execute.sweep()
    assert not dead.exists() and (alive / "a").exists()
    assert (place / "assl-notes").exists() and (tmp_path / "elsewhere" / execute.OWNER).exists()
    with execute._scratch() as mine:
        execute.sweep()
        assert mine.exists()
    assert not mine.exists() and alive.exists()
    runners[1].terminate()
    runners[1].wait()
    execute.sweep()
    assert not alive.exists()


def test_a_run_sweeps_and_leaves_nothing_itself(repo, tmp_path, capsys):
    old = tmp_path / "t" / "assl-old"
    old.mkdir()
    (old / execute.OWNER).write_text("")
    assert call(capsys, "run", "--upto", "01")[0] == 0
    assert list((tmp_path / "t").iterdir()) == []


# a chapter that writes where it should not


@pytest.mark.parametrize(("code", "said"), [
    ("other = store.open_stage(run_dir, '01_numbers')", "04_aside is running and opens"),
    ("(stage.folder / 'way').symlink_to(stage.run / '01_numbers')\nstage.save_json(1, 'way/numbers.json')",
     "a stage writes inside its own folder"),
    ("(stage.run / '01_numbers' / 'numbers.npy').write_bytes(b'')",
     "while it ran, 01_numbers/numbers.npy changed: a chapter writes in its own folder only"),
])  # fmt: skip
def test_a_chapter_that_writes_in_anothers_folder_fails(repo, capsys, code, said):
    assert call(capsys, "run", "--upto", "01")[0] == 0
    toy_repo.write(repo, "04_aside", [*toy_repo.ASIDE, code])
    status, text = call(capsys, "run", "--upto", "04")
    assert status == 1 and "✗ 04_aside failed" in text and said in text
    assert not (repo / "runs/cpu/04_aside" / state.MANIFEST).exists()


def test_a_stage_writes_in_its_own_folder_by_any_name(tmp_path, monkeypatch):
    for name in ("ASSL_JOURNAL", "ASSL_INPUTS"):
        monkeypatch.delenv(name, raising=False)
    stage = store.open_stage(tmp_path / "run", "04_adbscan")
    other = store.open_stage(tmp_path / "run", "03_semantic_clustering")
    (stage.folder / "to_file").symlink_to(other.folder / "clusters.parquet")
    (stage.folder / "to_folder").symlink_to(other.folder)
    (stage.folder / "deep").mkdir()
    (stage.folder / "deep" / "up").symlink_to("../../03_semantic_clustering")
    (stage.folder / "loop").symlink_to("loop")
    (stage.folder / "own").symlink_to("deep")
    for name in ("/etc/x", "../x", "a/../../x", "..", "to_file", "to_folder/x", "deep/up/x", str(other.folder / "x")):
        with pytest.raises(ValueError, match="a stage writes inside its own folder"):
            stage.path(name)
    with pytest.raises((ValueError, OSError, RuntimeError)):
        stage.path("loop/x")
    for name in ("x", "a/b/c.json", "own/x", "deep/y", "..x", "a..b/x"):
        assert stage.path(name).parent.is_dir()
    assert [p.name for p in other.folder.iterdir()] == []


def test_runs_and_a_stage_may_lie_on_another_disk_but_not_in_another_stage(tmp_path, monkeypatch):
    monkeypatch.delenv("ASSL_JOURNAL", raising=False)
    large = tmp_path / "large"
    (large / "06").mkdir(parents=True)
    (tmp_path / "runs").symlink_to(large)
    stage = store.open_stage(tmp_path / "runs" / "cpu", "04_adbscan")
    assert stage.path("x").parent.is_dir()
    (large / "cpu" / "06_lora_training").symlink_to(large / "06")
    store.open_stage(tmp_path / "runs" / "cpu", "06_lora_training").save_json(1, "x.json")
    assert (large / "06" / "x.json").exists()
    (large / "cpu" / "05_scoring_mmr").symlink_to(large / "cpu" / "04_adbscan")
    with pytest.raises(ValueError, match=r"is a link to .*04_adbscan, where another chapter writes: remove the link"):
        store.open_stage(tmp_path / "runs" / "cpu", "05_scoring_mmr")
    monkeypatch.setenv("ASSL_JOURNAL", str(large / "cpu" / "04_adbscan" / state.JOURNAL))
    store.open_stage(tmp_path / "runs" / "cpu", "04_adbscan")
    with pytest.raises(ValueError, match="04_adbscan is running and opens"):
        store.open_stage(tmp_path / "runs" / "cpu", "06_lora_training")
    assert os.environ["ASSL_JOURNAL"]
