"""Laws of progress: seen by the runner, drawn for people, silent elsewhere, and the work itself unchanged."""

import json
import subprocess
import sys

import pandas as pd
import pytest

from assl_utils import progress


@pytest.fixture
def log(tmp_path, monkeypatch):
    monkeypatch.setenv("ASSL_PROGRESS", str(tmp_path / "progress"))
    monkeypatch.setattr(progress, "EVERY", 0)
    return tmp_path / "progress"


def test_tracking_changes_nothing():
    assert list(progress.track([3, 1, 2], "numbers")) == [3, 1, 2]
    assert list(progress.track((x for x in "ab"), "letters")) == ["a", "b"]
    assert list(progress.track([], "nothing")) == []


def test_under_the_runner_every_step_is_written_and_nothing_printed(log, capfd):
    list(progress.track("abc", "letters"))
    events = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    assert [e["n"] for e in events] == [0, 1, 2, 3, 3]
    assert [e["end"] for e in events] == [False] * 4 + [True]
    assert {(e["label"], e["total"]) for e in events} == {("letters", 3)}
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(("total", "drawn"), [(0, False), (1, False), (2, True), (None, True)])
def test_of_a_single_step_no_bar_is_drawn(monkeypatch, total, drawn):
    monkeypatch.setattr(progress, "in_notebook", lambda: True)
    monkeypatch.delenv("ASSL_PROGRESS", raising=False)
    with progress.bar(total, "one") as bar:
        assert (bar._drawn is not None) == drawn


def test_reports_are_few_however_fast_the_ticks(log, monkeypatch):
    monkeypatch.setattr(progress, "EVERY", 3600)
    list(progress.track(range(1000), "ticks"))
    assert len(log.read_text().splitlines()) == 2


def test_a_step_that_fails_closes_its_bar(log):
    with pytest.raises(RuntimeError), progress.bar(5, "half"):
        raise RuntimeError
    watcher = progress.Watcher(log)
    watcher.poll()
    assert watcher.text() == ""


def test_the_watcher_shows_the_innermost_bar(log):
    watcher = progress.Watcher(log)
    watcher.poll()
    assert watcher.text() == ""
    with progress.bar(6, "experts") as outer:
        outer.update(2)
        with progress.bar(None, "steps") as inner:
            inner.update(7)
            watcher.poll()
            assert watcher.text() == "steps 7"
        watcher.poll()
        assert watcher.text() == "experts 2/6"


def test_half_a_line_is_read_when_it_is_whole(tmp_path):
    line = json.dumps(
        {"key": "1", "label": "向量", "n": 1, "total": 2, "time": 0, "end": False}, ensure_ascii=False
    ).encode()
    log, watcher = tmp_path / "log", progress.Watcher(tmp_path / "log")
    log.write_bytes(line[:20])
    watcher.poll()
    assert watcher.text() == ""
    log.write_bytes(line + b"\n")
    watcher.poll()
    assert watcher.text() == "向量 1/2"


def test_the_time_left_is_a_sum_worked_by_hand(tmp_path):
    events = [
        {"key": "1", "label": "x", "n": n, "total": 10, "time": t, "end": False} for n, t in [(0, 100.0), (4, 120.0)]
    ]
    (tmp_path / "log").write_text("".join(json.dumps(e) + "\n" for e in events))
    watcher = progress.Watcher(tmp_path / "log")
    watcher.poll()
    assert watcher.text(now=125.0) == "x 4/10, 25 s left"  # 5 s each, 6 to go, 5 s of it gone


def test_a_log_gets_a_line_a_minute_and_a_page_none(monkeypatch, capsys):
    monkeypatch.delenv("ASSL_PROGRESS", raising=False)
    monkeypatch.setattr(progress.time, "monotonic", lambda: clock[0])
    for in_notebook, lines in (
        (False, ["x 3/9, 2 min 0 s left", "x 6/9, 1 min 0 s left", "x 9/9, 0 s left"]),
        (True, []),
    ):
        clock = [0]
        monkeypatch.setattr(progress, "in_notebook", lambda seen=in_notebook: seen)
        monkeypatch.setattr(progress, "_draw", lambda total, label: None)
        for _ in progress.track(range(9), "x"):
            clock[0] += 20
        assert capsys.readouterr().err.splitlines() == lines


def test_what_an_earlier_run_did_says_nothing_about_the_pace(log, monkeypatch, capsys):
    monkeypatch.setattr(progress.time, "time", lambda: clock[0])
    monkeypatch.setattr(progress.time, "monotonic", lambda: clock[0])
    clock = [100.0]
    with progress.bar(110, "x") as bar:
        bar.resume(100)
        clock[0] = 140.0
        bar.update(2)
        watcher = progress.Watcher(log)
        watcher.poll()
        assert watcher.text() == "x 102/110, 2 min 40 s left"  # 20 s each, 8 to go
    monkeypatch.delenv("ASSL_PROGRESS")
    with progress.bar(110, "x") as bar:
        bar.resume(100)
        clock[0] += 60.0
        bar.update(6)
    assert capsys.readouterr().err == "x 106/110, 40 s left\n"
    monkeypatch.setattr(progress, "in_notebook", lambda: True)
    with progress.bar(110, "x") as bar:
        bar.resume(100)
        assert bar._drawn.initial == 100 and bar._drawn.n == 100


def test_a_short_script_without_a_terminal_is_silent(monkeypatch):
    monkeypatch.delenv("ASSL_PROGRESS", raising=False)
    code = "from assl_utils import progress; print(sum(progress.track(range(9), 'x')))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("36\n", "")


@pytest.mark.parametrize(
    ("value", "text"), [(12.4, "12 s"), (200, "3 min 20 s"), (7500, "2 h 5 min"), (59.6, "1 min 0 s")]
)
def test_durations_for_people(value, text):
    assert progress.seconds(value) == text


def test_probes_go_in_rounds_until_they_have_said_enough():
    done = []

    def timed(trial):
        done.append(trial)
        return 0.1

    assert progress.probes(lambda: ["a", "b"], timed) == [[0.1, 0.1]] * progress.PROBES
    assert done == ["a", "b"] * progress.PROBES
    assert progress.probes(lambda: ["a"], lambda _: progress.ENOUGH) == [[progress.ENOUGH]] * progress.FEWEST


def test_one_slow_moment_moves_an_end_and_not_the_middle():
    assert progress.span([3, 2, 40]) == {"seconds": 3.0, "low_s": 2.0, "high_s": 40.0}
    assert progress.span([]) == {"seconds": 0.0, "low_s": 0.0, "high_s": 0.0}


def test_a_range_is_said_of_one_estimate_and_of_a_table_of_them():
    assert progress.ranged(progress.span([3, 2, 40]), 2) == "6 s (4 s to 1 min 20 s by the probes)"
    table = pd.DataFrame([progress.span([3, 2, 40]), progress.span([60])])
    assert progress.ranged(table) == "1 min 3 s (1 min 2 s to 1 min 40 s by the probes)"
