"""The tables on the page about scaling out say what was measured, and are there before anything was."""

import pytest

from assl_utils import store
from assl_utils.book import load_page
from assl_utils.errors import DataError

MACHINE = {"processor": "a processor", "memory_gb": 23.5}


def size(rows):
    """Chapter 4 is square and its memory a straight line; the others stand still."""
    plain = {"seconds": 10.0, "processor_s": 20.0, "peak_gb": 1.0, "steps": {}, "load_before": 0.5}
    square = {"processor_s": (rows / 1e4) ** 2, "peak_gb": 1 + rows / 1e5, "steps": {"A-DBSCAN": 6.0, "thinning": 1.0}}
    stages = {name: plain | (square if name == "04_adbscan" else {}) for name in load_page.STAGES}
    return {"times": rows / 1e5, "published": rows, "rows": rows, "stages": stages}


LOAD = {
    "date": "2026-01-02", "command": "load", "set": [], "threads": 2, "machine": MACHINE,
    "sizes": [size(20_000), size(10_000)],
}  # fmt: skip
THREADS = {
    "date": "2026-01-02", "profile": "cpu", "upto": "05", "set": ["k=5"], "threads": [1, 2], "files": 40,
    "different": ["05/scores.parquet: 1 cell moved"], "seconds": {"1": {"a": 1.0}},
}  # fmt: skip
GROWTH = {
    "d": 768,
    "rows": [
        {"name": "sweep_k", "n": 220_000, "silhouettes_s": 86.4},
        {"name": "adbscan", "n": 100_000, "knn_s": 60.0},
    ],
}


def test_growth_is_the_power_and_memory_a_line():
    assert load_page.power([10, 100, 1000], [5, 500, 50_000]) == pytest.approx(2)
    assert load_page.line([10, 20], [3.0, 4.0]) == pytest.approx((2.0, 0.1))
    assert str(load_page.power([10], [5])) == "nan"


def test_sizes_stand_side_by_side_and_the_largest_is_taken_apart():
    load_page.Load.model_validate(LOAD)
    text = load_page.page(LOAD, THREADS, GROWTH)
    assert "| chapter | 10,000 rows | 20,000 rows | grows with n to the |" in text
    assert "| 4, A-DBSCAN | 1 s, 1.1 GB | 4 s, 1.2 GB | 2.00 |" in text
    assert "- 4, A-DBSCAN: A-DBSCAN 60 %, thinning 10 %" in text
    assert "| 4, A-DBSCAN | 1.0 | 10.5 | 221 | 1,344 |" in text  # 4 s × 1100² / 3600
    assert "86 s × (22 million / 220,000)² = **10 days**" in text
    assert "6 × 60 s × (3.67 million / 100,000)² = **5.6 days**" in text


def test_a_chapter_that_was_not_reached_is_left_open():
    half = size(40_000)
    del half["stages"]["04_adbscan"], half["stages"]["05_scoring_mmr"]
    text = load_page.page(LOAD | {"sizes": [*LOAD["sizes"], half]}, None, None)
    assert "| 4, A-DBSCAN | 1 s, 1.1 GB | 4 s, 1.2 GB |  | 2.00 |" in text


def test_threads_are_told_with_what_differs():
    load_page.Threads.model_validate(THREADS)
    text = load_page.page(None, THREADS, None)
    assert "Chapters 1 to 5 of the profile `cpu`, with `k=5`, were run with 1 and 2 threads" in text
    assert "Of 40 files" in text and ", 39 are the same" in text and "- `05/scores.parquet: 1 cell moved`" in text


def test_the_page_is_there_before_anything_was_recorded_and_a_damaged_record_is_named(tmp_path):
    page = tmp_path / load_page.PAGE
    page.write_text(f"before\n\n{load_page.MARK}\nafter\n")
    load_page.write(tmp_path / "book", tmp_path)
    text = page.read_text()
    assert text.startswith("before") and text.endswith("after\n") and load_page.MARK not in text
    assert "Not recorded yet" in text and "No load was recorded yet" in text
    with pytest.raises(ValueError, match="no line `% measured`"):
        load_page.write(tmp_path / "book", tmp_path)
    page.write_text(load_page.MARK)
    store.write_json(LOAD | {"sizes": []}, tmp_path / "book" / load_page.LOAD)
    with pytest.raises(DataError, match="sizes"):
        load_page.write(tmp_path / "book", tmp_path)


def test_the_books_own_page_has_the_place_for_the_tables():
    from pathlib import Path

    root = Path(load_page.__file__).resolve().parents[2]
    assert (root / "book" / load_page.PAGE).read_text(encoding="utf-8").count(load_page.MARK) == 1
