"""The quick core of `make test-faults`: some kills, the bad inputs, some damage, and the page of its record."""

import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))

import bad_inputs
import clock
import damage
import killing
import psutil
import targets

from assl_utils import shapes
from assl_utils.book import build, faults_page, stale
from assl_utils.errors import DataError

RECORD = {
    "date": "2026-01-02", "command": "make test-faults", "upto": "08", "minutes": 3.0, "versions": {"python": "3"},
    "hardware": {}, "kills": {"files": 5, "chain": 0}, "campaigns": {"files": 1, "chain": 0}, "crashes": 0, "lost": 1,
    "bad_inputs": 9, "refused": 8, "tracebacks": 0, "artifacts": 4, "missed": 0,
    "hostile": {"texts": 7, "records": 77, "pages": 9, "shown": 5}, "ran": 1,
    "long": {"texts": 6, "characters": 1_000_000, "long": {"records": 84, "seconds": 90.4, "peak_gb": 2.04},
             "short": {"records": 84, "seconds": 60.0, "peak_gb": 1.0}},
    "suites": {"disk": {"passed": 3, "failed": 0, "skipped": 1}}, "remarks": ["files: `<b>`\x1b"],
}  # fmt: skip


class Half(targets.Files):
    """Writes in place, as nothing here should."""

    name = "half"

    def files(self, place):
        return [("value.json", place / "value.json")]


def killed(target, tmp_path, kills):
    return killing.campaign(target, tmp_path, killing.seeded(0, target.name, 0), kills, time.monotonic() + 30)


def test_killed_writers_leave_whole_files_and_end_as_undisturbed(tmp_path):
    found = killed(targets.Files(None), tmp_path, 2)
    assert (found["crashes"], found["lost"], found["tracebacks"]) == (0, [], 0)


def test_a_writer_that_writes_in_place_is_found_out(tmp_path):
    found = killed(Half(None), tmp_path, 4)
    assert found["kills"] and any("value.json" in name for name in found["lost"])


def test_a_child_that_is_killed_alone_ends_its_parent_or_is_reported(tmp_path, monkeypatch):
    monkeypatch.setattr(killing, "END", 3)
    script = "import subprocess, sys; subprocess.run(['sleep', '60']); {}"
    goes_on = "subprocess.run(['sleep', '60'])"
    for then, ended in (("pass", True), (goes_on, True), ("__import__('time').sleep(60)", False)):
        process = subprocess.Popen([sys.executable, "-c", script.format(then)])
        while not psutil.Process(process.pid).children():
            time.sleep(0.01)
        assert killing.kill(process, "below") is ended and process.poll() is not None


def test_the_chain_is_all_chapters_up_to_its_end():
    assert targets.ends(targets.ROOT, "10") == ["09", "10"], "chapter 10 reads the record only: alone it is no chain"
    from assl_utils.runner import pipeline

    chapters = pipeline.load(targets.ROOT)
    for upto in ("04", "10"):
        run = {step.name[:2] for end in targets.ends(targets.ROOT, upto) for step in chapters.upto(end)}
        assert run == {f"{number:02}" for number in range(1, int(upto) + 1)}


def test_the_copy_of_the_chain_has_every_page_of_the_book(tmp_path):
    targets.Chain(None).build(tmp_path)
    names = build.table_of_contents(tmp_path / "book")
    written = {
        *build.WRITTEN,
        *(path.stem for kind in ("book/*.md", "notebooks/*.ipynb") for path in tmp_path.glob(kind)),
    }
    lacking = {name for name in names if name not in written and not (tmp_path / stale.OF_ROOT.get(name, "-")).exists()}
    assert len(names) > 30 and not lacking


def test_a_moved_clock_is_what_the_work_reads_and_the_shares_are_all(tmp_path):
    clock.set_to(tmp_path, 3650 * clock.DAY)
    variables = clock.shifted({**os.environ, "PYTHONPATH": ""}, tmp_path)
    said = subprocess.check_output([sys.executable, "-c", "import time; print(time.time())"], env=variables)
    assert 3600 < (float(said) - time.time()) / clock.DAY < 3700
    (tmp_path / "manifest.json").write_text('{"finished": "2026-01-02T03:04:05+00:00"}')
    clock.misdate(tmp_path, random.Random(1))
    assert (tmp_path / "manifest.json").read_text()[:18] in ('{"finished": "1990', '{"finished": "2099')
    assert sum(target.share for target in targets.TARGETS.values()) == pytest.approx(1)


def test_a_stage_dated_in_the_future_is_told_so():
    from assl_utils.runner import __main__ as command

    assert command._age("2999-01-01T00:00:00+00:00") == "in the future"


def test_every_bad_input_is_read_or_refused_in_a_sentence(tmp_path):
    found = bad_inputs.tried(tmp_path)
    assert found["tried"] >= 400 and found["refused"] > 0.9 * found["tried"] and found["wrong"] == []


def test_an_input_that_ends_otherwise_or_never_is_found_out(tmp_path, monkeypatch):
    def odd(folder):
        yield "odd", lambda: 1 / 0
        yield "late", lambda: time.sleep(60)
        yield "talks", lambda: (_ for _ in ()).throw(DataError("n" * 2000))

    monkeypatch.setattr(bad_inputs, "inputs", odd)
    found = bad_inputs.tried(tmp_path, seconds=1)
    assert [line.split(":")[0] for line in found["wrong"]] == ["odd", "late", "talks"] and found["refused"] == 1


@pytest.mark.parametrize("how", damage.HOW)
def test_damage_is_damage(tmp_path, how):
    path = tmp_path / "a"
    path.write_bytes(b"0123456789")
    damage.harm(path, how, random.Random(1))
    assert not path.exists() or path.read_bytes() != b"0123456789"


def test_the_page_computes_its_numbers_from_the_record_and_says_what_was_not_tried(tmp_path):
    faults_page.Record.model_validate(RECORD)
    text = faults_page.page(RECORD)
    assert "5 kills: 0 could not go on, 1 files lost or other; 9 bad inputs, 0 tracebacks" in text
    assert "| tables, arrays and JSON, written over and over | 5 | 1 |" in text
    assert "Not killed in this record: the chapters of a tiny embedded corpus" in text
    assert (
        "7 hostile texts" in text
        and "77 records" in text
        and "9 of its pages were opened in Chromium. Faults found there: 1 (" in text
    )
    assert "stand 5 times" in text
    assert "quoted none" in faults_page.page(RECORD | {"hostile": RECORD["hostile"] | {"shown": 0}})
    assert "to the page: not tried in this record" in faults_page.page(RECORD | {"hostile": None, "ran": 0})
    assert "6 texts of 1,000,000 characters" in text and "90 s and 2.0 GB of memory at the most" in text
    assert "place 60 s and 1.0 GB" in text
    assert "characters: not tried in this record" in faults_page.page(RECORD | {"long": None})
    assert "| a full, a read-only and a missing disk | 3 | 0 | 1 |" in text
    assert "- `files: ?<b>??`" in text and "\x1b" not in text
    assert "What is not promised" in faults_page.page(None) and "Nothing has been recorded" in faults_page.page(None)


def test_the_page_is_written_and_a_record_of_another_shape_is_refused(tmp_path):
    from assl_utils import store

    faults_page.write(tmp_path / "book", tmp_path)
    assert "Nothing has been recorded yet" in (tmp_path / faults_page.PAGE).read_text()
    store.write_json(RECORD | {"lost": -1}, tmp_path / "book" / faults_page.RECORD)
    with pytest.raises(DataError, match="lost"):
        faults_page.write(tmp_path / "book", tmp_path)
    with pytest.raises(DataError):
        shapes.read(tmp_path / "book" / faults_page.RECORD, faults_page.Record)


def test_a_report_that_is_not_there_is_a_failure(tmp_path):
    assert faults_page.counts(tmp_path / "none.xml") == {"passed": 0, "failed": 1, "skipped": 0}
    (tmp_path / "a.xml").write_text("<s><testcase/><testcase><failure/></testcase><testcase><skipped/></testcase></s>")
    assert faults_page.counts(tmp_path / "a.xml") == {"passed": 1, "failed": 1, "skipped": 1}


def test_work_that_leaves_nothing_to_compare_is_refused(tmp_path):
    class Nothing(targets.Files):
        name = "nothing"

        def files(self, place):
            return []

    with pytest.raises(RuntimeError, match="leaves nothing that could be compared"):
        killing.whole(Nothing(None), tmp_path)
