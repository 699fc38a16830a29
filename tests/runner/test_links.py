"""A copy by hard links takes no room, and nothing that is written in one copy reaches the other."""

import os
import shutil

import pytest

from assl_utils.runner import links


@pytest.fixture
def run(tmp_path):
    for name in ("01_a/rows.csv", "01_a/experts/one/weights.bin", "02_b/table.csv", "export/model.bin"):
        (tmp_path / "cpu" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "cpu" / name).write_text("old")
    return tmp_path / "cpu"


def test_stages_are_linked_and_nothing_else(run, tmp_path):
    links.copy_stages(run, tmp_path / "trial", ["01_a", "02_b", "03_c"])
    found = {p.relative_to(tmp_path / "trial").as_posix() for p in (tmp_path / "trial").rglob("*") if p.is_file()}
    assert found == {"01_a/rows.csv", "01_a/experts/one/weights.bin", "02_b/table.csv"}
    assert all((tmp_path / "trial" / name).samefile(run / name) for name in found)
    assert links.lacking(run, tmp_path / "trial", ["01_a", "02_b", "03_c"]) == []


def test_what_is_there_already_stays(run, tmp_path):
    (tmp_path / "trial/01_a").mkdir(parents=True)
    links.copy_stages(run, tmp_path / "trial", ["01_a", "02_b"])
    assert not list((tmp_path / "trial/01_a").iterdir()) and (tmp_path / "trial/02_b/table.csv").exists()


def test_a_stage_made_its_own_can_be_written_in_place(run, tmp_path):
    links.copy_stages(run, tmp_path / "trial", ["01_a"])
    before = (run / "01_a/rows.csv").stat()
    links.make_own(tmp_path / "trial/01_a")
    assert (tmp_path / "trial/01_a/rows.csv").stat().st_mtime_ns == before.st_mtime_ns
    for path in (tmp_path / "trial/01_a/rows.csv", tmp_path / "trial/01_a/experts/one/weights.bin"):
        assert path.read_text() == "old"
        with path.open("r+") as stream:
            stream.write("new")
    assert (run / "01_a/rows.csv").read_text() == (run / "01_a/experts/one/weights.bin").read_text() == "old"


def test_a_disk_without_hard_links_gets_copies(run, tmp_path, monkeypatch):
    def refuse(*_, **__):
        raise PermissionError("no hard links here")

    monkeypatch.setattr(os, "link", refuse)
    links.copy_stages(run, tmp_path / "trial", ["01_a"])
    assert (tmp_path / "trial/01_a/rows.csv").read_text() == "old"
    assert not (tmp_path / "trial/01_a/rows.csv").samefile(run / "01_a/rows.csv")


def test_a_copy_that_breaks_off_leaves_no_half_stage(run, tmp_path, monkeypatch):
    def refuse(*_, **__):
        raise OSError(28, "no space left")

    monkeypatch.setattr(shutil, "copy2", refuse)
    monkeypatch.setattr(os, "link", refuse)
    with pytest.raises(OSError):
        links.copy_stages(run, tmp_path / "trial", ["01_a"])
    assert list((tmp_path / "trial").iterdir()) == []
