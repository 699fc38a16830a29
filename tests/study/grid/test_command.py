"""The grid's command line: it says what is new, goes on after any end, and does not care who does the lines."""

import os
import signal

import pandas as pd
import pytest
import tiny_grid
from shard_work import wait_for

from assl_utils.experts import models
from assl_utils.study.grid import __main__ as command
from assl_utils.study.grid import listing, record

HANGS = """
import pathlib, time
from assl_utils.study.grid import work
ask = work.ask
def hangs(data, line, *rest):
    if line.sentence.partition.name == "one":
        pathlib.Path(data.folder, "hangs").touch()
        time.sleep(600)
    return ask(data, line, *rest)
work.ask = hangs
"""
DECIDED = [
    "key", "blocks", "partition", "select", "train", "asked", "seed", "clustering_seed", "score", "rows", "steps",
    "tokens",
    "operations", "given_away", "error",
]  # fmt: skip


@pytest.fixture(scope="module")
def whole(tiny_folder, tmp_path_factory):
    """The repository after the grid was done in one go in this process."""
    root = tiny_grid.build(tiny_folder, tmp_path_factory.mktemp("whole") / "repo")
    run(tiny_folder, root, "--record")
    return root


def run(base, root, *options):
    """The command in this process; its exit status."""
    before = os.environ.get("ASSL_ROOT")
    os.environ["ASSL_ROOT"] = str(root)
    try:
        return command.main(tiny_grid.words(base, *options))
    finally:
        os.environ.pop("ASSL_ROOT") if before is None else os.environ.update(ASSL_ROOT=before)


def same_record(one, other):
    """Whether two repositories hold one record, but for times."""
    first, second = (record.read(root, tiny_grid.NAME) for root in (one, other))
    pd.testing.assert_frame_equal(first.lines[DECIDED], second.lines[DECIDED])
    pd.testing.assert_frame_equal(first.items, second.items)
    pd.testing.assert_frame_equal(first.mixture, second.mixture)
    assert first.about["digest"] == second.about["digest"]
    return True


def stopped(base, root, how):
    """Begin the grid in another process and stop it in the middle of its second line: status, output, errors."""
    process = tiny_grid.start(base, root, "--record", before=HANGS)
    try:
        wait_for(lambda: (root / "runs" / "cpu" / "hangs").exists() or process.poll() is not None, 300)
        process.send_signal(how)
        out, err = process.communicate(timeout=120)
    finally:
        process.kill()
    return process.returncode, out, err


def test_a_process_killed_in_the_middle_of_a_line_leaves_what_gives_the_same_record(whole, tiny_folder, tmp_path):
    root = tiny_grid.build(tiny_folder, tmp_path / "repo")
    status, _, _ = stopped(tiny_folder, root, signal.SIGKILL)
    assert status == -signal.SIGKILL and record.read(root, tiny_grid.NAME) is None
    assert run(tiny_folder, root, "--record") == 0
    assert same_record(whole, root)


def test_ctrl_c_says_that_the_same_command_goes_on_and_keeps_what_is_done(whole, tiny_folder, tmp_path):
    root = tiny_grid.build(tiny_folder, tmp_path / "repo")
    status, out, err = stopped(tiny_folder, root, signal.SIGINT)
    assert status == 130 and "Traceback" not in err
    assert err.splitlines()[-1] == "stopped; the same command goes on from here"
    assert "recorded in book/recorded/grids/cpu-tiny" in out
    assert len(record.read(root, tiny_grid.NAME).keys()) == 1
    assert run(tiny_folder, root, "--record") == 0
    assert same_record(whole, root)


def test_a_dask_cluster_leaves_the_same_record(whole, tiny_folder, tmp_path):
    pytest.importorskip("distributed")
    root = tiny_grid.build(tiny_folder, tmp_path / "repo")
    assert run(tiny_folder, root, "--record", "--engine", "dask", "--jobs", "2") == 0
    assert same_record(whole, root)


def test_a_plan_of_a_grid_that_stands_loads_no_model(whole, tiny_folder, monkeypatch, capsys):
    monkeypatch.setattr(models, "load_once", None)
    assert run(tiny_folder, whole, "--plan") == 0
    assert capsys.readouterr().out == "tiny: 2 lines: 2 stands; nothing to do\n"
    (whole / "runs" / "cpu" / "lines").rename(whole / "lines")
    try:
        assert run(tiny_folder, whole, "--plan", "--verbose") == 0
        out = capsys.readouterr().out
        assert out.endswith("tiny: 2 lines: 2 recorded; nothing to do\n") and "kmeans random(share=0.5)" in out
    finally:
        (whole / "lines").rename(whole / "runs" / "cpu" / "lines")


def test_a_list_names_every_grid_with_what_is_recorded(whole, capsys, monkeypatch):
    monkeypatch.setenv("ASSL_ROOT", str(whole))
    (whole / "notebooks" / "grids" / "broken.yaml").write_text("about: x\n")
    for words in (["list"], ["--list"]):
        assert command.main([*words, "--profile", "cpu"]) == 0
        lines = capsys.readouterr().out.splitlines()
        assert "tiny: 2 lines, 2 recorded for cpu — two lines" in lines
        assert "broken: cannot be read: broken.yaml holds no line" in lines
        assert any(line.startswith("ablations: ") and " 0 recorded for cpu — " in line for line in lines)
    (whole / "notebooks" / "grids" / "broken.yaml").unlink()
    assert "tiny: 2 lines, 0 recorded for cpu-s1 — two lines" in listing.grids(whole, "cpu-s1")


@pytest.mark.parametrize(("words", "message"), [
    (["tinny"], "there is no grid 'tinny'; nearest is 'tiny'"),
    ([], "name a grid; list says which there are"),
    (["tiny", "--jobs", "0"], "JOBS=0 is to be at least 1"),
    (["tiny", "--profile", "small_cpu"], "chapter 01_data_collection has not run in runs/small_cpu: make 03"),
])  # fmt: skip
def test_what_is_wrong_is_said_in_a_line(whole, words, message, capsys, monkeypatch):
    monkeypatch.setenv("ASSL_ROOT", str(whole))
    assert command.main(["--profile", "cpu", *words]) == 1
    assert message in capsys.readouterr().err
