"""The cell of a notebook that lies alone: the same in every chapter, silent where the project is, else fetching it."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

from assl_utils.runner import alone, notebook, pipeline

ROOT = Path(__file__).resolve().parents[2]
STEPS = pipeline.load(ROOT).steps


@pytest.mark.parametrize("step", STEPS, ids=[step.name for step in STEPS])
def test_every_chapter_carries_the_cell_behind_its_parameters(step):
    cells = notebook.read(ROOT / "notebooks" / f"{step.name}.ipynb")["cells"]
    at = next(i for i, cell in enumerate(cells) if "parameters" in notebook.tags(cell))
    assert cells[at + 1] == alone.cell(step, alone.address(ROOT)), "python -m assl_utils.runner.alone writes it"
    assert sum(cell["id"] == alone.ID for cell in cells) == 1


def test_a_chapter_runs_what_it_reads_and_no_more():
    said = {step.name[:2]: alone.source(step, "") for step in STEPS}
    assert '"--upto", "07"' in said["08"] and '"--upto", "03"' in said["07"]
    assert all("--upto" not in said[number] for number in ("01", "10", "11", "12"))


@pytest.fixture
def ran(monkeypatch, tmp_path):
    """What the cell of chapter 4 has run, in an empty folder and without the project."""
    found = []

    def run(words, check):
        found.append(words)
        if words[:2] == ["git", "clone"]:
            Path(words[-1]).mkdir()

    monkeypatch.setattr(subprocess, "run", run)
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    monkeypatch.delenv("ASSL_PROJECT", raising=False)
    monkeypatch.chdir(tmp_path)
    return found


def cell(number, address=""):
    exec(alone.source(next(step for step in STEPS if step.name.startswith(number)), address), {})


def test_where_the_project_is_installed_nothing_happens(ran, monkeypatch, tmp_path):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: object())
    cell("04", "https://github.com/a/b")
    assert ran == [] and Path.cwd() == tmp_path


def test_alone_it_fetches_installs_and_runs_the_chapters_before(ran, monkeypatch, tmp_path):
    cell("04", "https://github.com/a/b")
    assert [words[0] for words in ran] == ["git", sys.executable, sys.executable]
    assert "https://github.com/a/b" in ran[0] and "--editable" in ran[1] and ran[2][-2:] == ["--upto", "03"]
    assert Path.cwd() == tmp_path / "silversight" and sys.path[0] == os.getcwd()
    os.chdir(tmp_path)
    monkeypatch.setenv("ASSL_PROJECT", "/elsewhere")
    cell("04", "https://github.com/a/b")
    assert [words[0] for words in ran[3:]] == [sys.executable, sys.executable], "it is there already"


def test_without_an_address_it_says_what_to_do(ran, monkeypatch):
    with pytest.raises(ModuleNotFoundError, match="set ASSL_PROJECT"):
        cell("04")
    assert ran == []
    monkeypatch.setenv("ASSL_PROJECT", "/elsewhere")
    cell("04")
    assert "/elsewhere" in ran[0]
