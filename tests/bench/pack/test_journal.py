"""A line stands once it is written; a kill costs at most the one that was being written; the record follows from it."""

import pytest

from assl_utils.bench.pack import journal
from assl_utils.errors import DataError

ABOUT = {
    "command": "run.py", "pack": "ab", "device": "cpu", "tenth": True, "minutes": 1.0, "machine": {},
    "versions": {"torch": "2", "cuda": None},
}  # fmt: skip


def test_a_line_cut_off_by_a_kill_is_dropped_and_the_next_one_begins_anew(tmp_path):
    journal.add(tmp_path, "start", **ABOUT)
    with (tmp_path / journal.NAME).open("ab") as file:
        file.write(b'{"at": "2026-01-01T00:00:00+00:00", "event": "be')
    assert [line["event"] for line in journal.read(tmp_path)] == ["start"]
    journal.add(tmp_path, "begin", part="points")
    assert [line["event"] for line in journal.read(tmp_path)] == ["start", "begin"]


def test_a_line_in_the_middle_that_is_none_is_named(tmp_path):
    (tmp_path / journal.NAME).write_text('{"event": 3}\n{"at": "x", "event": "start"}\n')
    with pytest.raises(DataError, match="record 1: is no line of a pack"):
        journal.read(tmp_path)


def test_the_record_is_the_last_word_on_each_part_in_the_order_of_the_plan(tmp_path):
    journal.add(tmp_path, "start", **ABOUT)
    journal.add(tmp_path, "begin", part="points")
    journal.add(tmp_path, "end", part="points", result={"passed": True, "n": 3})
    journal.add(tmp_path, "skip", part="study", why="no time")
    assert journal.keep(tmp_path)["parts"]["study"] == {"passed": False, "skipped": "no time"}
    journal.add(tmp_path, "start", **ABOUT)
    assert journal.begun(journal.read(tmp_path)) is None
    journal.add(tmp_path, "end", part="neighbours", result={"passed": False, "error": "ValueError: x"})
    journal.add(tmp_path, "begin", part="study")
    assert journal.begun(journal.read(tmp_path))["part"] == "study"
    for score in (1.0, 2.0):  # a line that is told again by the next run
        journal.add(tmp_path, "line", line="kmeans all", seed=0, score=score, seconds=1.0, error="")
    journal.add(tmp_path, "end", part="study", result={"passed": True})
    found = journal.keep(tmp_path)
    assert list(found["parts"]) == ["neighbours", "points", "study"] and found["starts"] == 2
    assert [line["score"] for line in found["parts"]["study"]["lines"]] == [2.0]


def test_a_part_that_was_cut_off_and_then_skipped_keeps_what_it_found(tmp_path):
    journal.add(tmp_path, "start", **ABOUT)
    journal.add(tmp_path, "end", part="study", result={"passed": False, "cut_off": True, "error": "stopped"})
    journal.add(tmp_path, "start", **ABOUT)
    journal.add(tmp_path, "skip", part="study", why="no time")
    assert journal.keep(tmp_path)["parts"]["study"]["error"] == "stopped"


def test_seconds_are_those_of_the_runs_without_the_pause_between_them():
    at = [{"at": f"2026-01-01T00:{m:02d}:00+00:00", "event": e} for m, e in
          ((0, "start"), (2, "end"), (30, "start"), (31, "end"))]  # fmt: skip
    assert journal.seconds(at) == 180.0
