"""The load is measured on the book's own notebooks, with one cell more, and what is measured is left alone."""

import json
from pathlib import Path

import pytest

from assl_utils import store
from assl_utils.bench import load
from assl_utils.book import load_page
from assl_utils.runner import notebook

ROOT = Path(__file__).resolve().parents[2]
SMALLEST = "scale=0.003 floor=12 per_subject=2 k_max=6 budget=8".split()


def code(name):
    cells = notebook.read(ROOT / "notebooks" / f"{name}.ipynb")["cells"]
    return ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]


@pytest.mark.parametrize("call", load.STEPS)
def test_every_step_is_one_cell_of_a_chapter(call):
    names = [path.stem for path in sorted((ROOT / "notebooks").glob("0[1-4]_*.ipynb"))]
    assert len(names) == 4
    assert sum(f"{call}(" in text for name in names[:1] + names[2:] for text in code(name)) == 1


def test_the_cell_that_resizes_comes_behind_the_one_that_gathers():
    written = notebook.read(ROOT / "notebooks" / f"{load.FIRST}.ipynb")
    more = load.with_resizing(written, 1.5)["cells"]
    at = [cell["id"] for cell in more].index("resized")
    assert "collect.gather(" in "".join(more[at - 1]["source"]) and "resized(gathered, 1.5)" in more[at]["source"]
    assert [*more[:at], *more[at + 1 :]] == written["cells"] and len(more) == len(written["cells"]) + 1
    with pytest.raises(ValueError, match="0 cells"):
        load.with_resizing({"cells": []}, 1.0)


@pytest.mark.slow
def test_a_small_load_is_measured_from_the_first_chapter_to_the_choice_and_not_again(tmp_path):
    said = []
    found = load.measure(1.5, tmp_path, SMALLEST, "cpu", lambda line, **_: said.append(line))
    load_page.Size.model_validate(found)
    assert list(found["stages"]) == list(load_page.STAGES) and len(said) == 5
    usual = store.read_table(tmp_path / "x1.5" / load.FIRST / "account.csv")["rows"].sum()
    assert found["published"] == pytest.approx(1.5 * usual, abs=30) and 0 < found["rows"] < found["published"]
    ids = store.read_table(tmp_path / "x1.5" / load.FIRST / "rows.parquet")["id"]
    assert len(ids) == found["rows"] and ids.str.endswith("-b").mean() > 0.25
    for stage in found["stages"].values():
        assert stage["seconds"] > 0 and stage["processor_s"] > 0 and stage["peak_gb"] > 0.05
    assert set(load.STEPS.values()) <= {step for stage in found["stages"].values() for step in stage["steps"]}
    assert load.measure(1.5, tmp_path, SMALLEST, "cpu", lambda line, **_: said.append(line)) == found
    assert len(said) == 5, "nothing was measured again"
    assert json.loads((tmp_path / "x1.5.json").read_text()) == found


def test_what_cannot_be_run_is_a_sentence(tmp_path, capsys):
    with pytest.raises(SystemExit):
        load.main(["--data-root", "x", "--times", "3"])
    assert "--times" in capsys.readouterr().err
    assert load.main(["--data-root", "x", "--set", "k_max=nine", "--out", str(tmp_path)]) == 2
    assert "k_max" in capsys.readouterr().err
