"""A disk that is full, read-only or gone costs a sentence and nothing else: no half file, no chapter falsely done."""

import errno
import os
import shutil
import subprocess
from pathlib import Path

import nbformat
import pytest
import toy_repo

from assl_utils import store
from assl_utils.runner import __main__, disk, execute
from assl_utils.runner.state import EXECUTED, MANIFEST


@pytest.fixture
def repo(tmp_path, monkeypatch):
    """A miniature whose chapters write in this process, without a kernel: a number of bytes each."""
    root = toy_repo.build(tmp_path / "repo")
    (root / "notebooks/stages.yaml").write_text(
        "01_numbers:\n  writes: [a.json]\n02_sums:\n  reads: [01_numbers/a.json]\n  writes: [a.json]\n"
        "03_report:\n  reads: [02_sums/a.json]\n  writes: [a.json]\n04_aside:\n  writes: [a.json]\n"
    )
    monkeypatch.setenv("ASSL_ROOT", str(root))
    for name in ("PROFILE", "PROTOCOL", "SEED", "SET", "TRIAL", "CELL_TIMEOUT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(execute, "execute", quick)
    return root


def quick(path, parameters, root, environment, watch, limit):
    """In place of a kernel."""
    made = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("x" * 3000)])
    with execute._environment(environment):
        stage = store.open_stage("runs/cpu", path.stem)
        try:
            stage.save_json({"text": path.stem * 300}, "a.json")
        except OSError as error:
            raise execute.StageFailed(f"OSError in cell 2 of 3: {error}", made) from None
    watch(3, 3, root / "none")
    return execute.Outcome(made, 0.1, 1)


@pytest.fixture
def small(repo):
    """``small(options)`` mounts a small disk on runs/; skipped where this user may not."""
    runs = repo / "runs"

    def mount(options):
        runs.mkdir(exist_ok=True)
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(runs)], capture_output=True)
        if done.returncode:
            pytest.skip("mounting is not possible here")

    if shutil.which("mount") is None:
        pytest.skip("there is no mount here")
    yield mount
    subprocess.run(["umount", "-l", str(runs)], capture_output=True)


def call(capsys, *arguments):
    capsys.readouterr()
    code = __main__.main(list(arguments))
    out, err = capsys.readouterr()
    return code, out + err


def left(repo):
    """Files that only a killed writer leaves, and chapters that are signed without all they signed."""
    runs = repo / "runs"
    torn = [p for p in runs.rglob(".*.part*") if p.exists()]
    for manifest in runs.rglob(MANIFEST):
        outputs = store.read_json(manifest)["outputs"]
        torn += [name for name, entry in outputs.items() if store.sha256(manifest.parent / name) != entry["sha256"]]
    return torn


@pytest.mark.parametrize("kilobytes", [4, 8, 12, 16, 20, 24, 32, 40, 48, 64])
def test_a_full_disk_is_a_sentence_and_more_room_goes_on(repo, small, capsys, kilobytes):
    small(f"size={kilobytes}k")
    code, text = call(capsys, "run")
    if code == 0:
        assert kilobytes > 48 and len(list((repo / "runs").rglob(MANIFEST))) == 4
        return
    assert code == 1 and "the disk is full" in text and "make room, or link runs/ to a larger disk" in text
    assert "0.0 MB left for runs/" in text and "Traceback" not in text and left(repo) == []
    signed = {p.parent.name for p in (repo / "runs").rglob(MANIFEST)}
    code, text = call(capsys, "status")
    assert code == 0 and {line.split()[0] for line in text.splitlines() if " done " in line} <= signed
    subprocess.run(["mount", "-o", "remount,size=9M", str(repo / "runs")], check=True)
    assert call(capsys, "run")[0] == 0 and left(repo) == []
    assert "nothing to do" in call(capsys, "run")[1]
    assert all((repo / "runs/cpu" / name / EXECUTED).exists() for name in ("01_numbers", "04_aside"))


def test_a_disk_that_fills_up_under_a_finished_run_keeps_what_stands(repo, small, capsys):
    small("size=200k")
    assert call(capsys, "run")[0] == 0
    fill(repo / "runs/filler")
    (repo / "notebooks/profiles/cpu.yaml").write_text("common:\n  k: 5\n")
    code, text = call(capsys, "run")
    assert code == 1 and "the disk is full" in text and left(repo) == []
    code, text = call(capsys, "run", "--trial", "more")
    assert code == 1 and "the disk is full" in text
    assert not (repo / "runs/cpu-more").exists() and not (repo / "runs/.cpu-more.part").exists()
    (repo / "runs/filler").unlink()
    assert call(capsys, "run")[0] == 0 and call(capsys, "run", "--trial", "more")[0] == 0


def fill(path):
    with pytest.raises(OSError), path.open("wb", buffering=0) as stream:
        while True:
            stream.write(b"x" * 1024)


def test_a_read_only_disk_is_a_sentence(repo, small, capsys):
    small("size=1M")
    assert call(capsys, "run", "--upto", "01")[0] == 0
    subprocess.run(["mount", "-o", "remount,ro", str(repo / "runs")], check=True)
    for trial in ("", "more"):
        code, text = call(capsys, "run", "--trial", trial)
        assert code == 1 and "cannot be written (read-only file system): make it writable" in text, text
        assert "Traceback" not in text
    code, text = call(capsys, "status")
    assert code == 0 and " done " in text.splitlines()[1], "looking is allowed"


@pytest.mark.parametrize("command", ["run", "status", "plan", "diff"])
@pytest.mark.parametrize(("make", "said"), [
    (lambda runs: runs.symlink_to("/nowhere/at/all"), "runs/ is a link to /nowhere/at/all, and no folder is there"),
    (lambda runs: runs.symlink_to("runs"), "runs/ is a link to runs, and no folder is there"),
    (lambda runs: runs.write_text("x"), "runs/ is no folder but a file: move it away"),
])  # fmt: skip
def test_runs_that_are_no_folder_are_a_sentence(repo, capsys, command, make, said):
    make(repo / "runs")
    code, text = call(capsys, command)
    assert code == 1 and text.startswith(said) and text.count("\n") == 1


@pytest.mark.parametrize("place", ["runs/cpu", "runs/cpu/01_numbers"])
@pytest.mark.parametrize("how", ["file", "link"])
def test_a_run_or_a_chapter_that_is_no_folder_is_a_sentence(repo, capsys, place, how):
    (repo / place).parent.mkdir(parents=True)
    (repo / place).write_text("x") if how == "file" else (repo / place).symlink_to("/nowhere")
    code, text = call(capsys, "run")
    assert code == 1 and f"{place} is not what it should be" in text.splitlines()[-1], text
    assert "move away what is there" in text


def test_runs_that_are_not_there_are_made(repo, capsys):
    assert call(capsys, "status")[0] == 0 and not (repo / "runs").exists()
    assert call(capsys, "run")[0] == 0


@pytest.mark.parametrize(("error", "said"), [
    (OSError(errno.ENOSPC, "x"), "the disk is full"), (OSError(errno.EDQUOT, "x"), "the disk is full"),
    (OSError(errno.EROFS, "x", "/r/runs/cpu"), "runs/cpu cannot be written (read-only file system)"),
    (PermissionError(errno.EACCES, "x", "/r/runs"), "runs cannot be written (permission denied)"),
    (OSError(errno.EIO, "x"), "the disk cannot be read or written (input/output error)"),
    (FileNotFoundError(errno.ENOENT, "x", "/elsewhere"), ""), (OSError("no number"), ""),
    (shutil.Error([("a", "b", "[Errno 28] No space left on device: 'b'")]), "the disk is full"),
])  # fmt: skip
def test_an_error_has_its_sentence(error, said):
    found = disk.sentence(error, Path("/r"))
    assert found.startswith(said) and bool(found) == bool(said)


def test_an_error_that_is_not_the_disks_is_not_hidden(repo, monkeypatch):
    def broken(*_):
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), "nvidia-smi")

    monkeypatch.setattr(execute, "execute", broken)
    with pytest.raises(FileNotFoundError):
        __main__.main(["run"])
