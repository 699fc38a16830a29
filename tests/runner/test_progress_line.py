"""The runner's line: one that updates for people, a few for a log, never wider than the window."""

import io
import json

import pytest

from assl_utils.runner import progress_line


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def bars(tmp_path):
    event = {"key": "1", "label": "答案 answers", "n": 45, "total": 100, "time": 0, "end": False}
    (tmp_path / "bars").write_text(json.dumps(event) + "\n")
    return tmp_path / "bars"


def test_a_terminal_has_one_line(bars):
    terminal = Terminal()
    line = progress_line.Line("stage 4 of 8 · 04_adbscan", terminal)
    line(7, 31, bars)
    line(8, 31, bars)
    line.end("✓ 04_adbscan")
    shown = terminal.getvalue()
    assert shown.count("\n") == 1 and shown.endswith("\r\x1b[K✓ 04_adbscan\n")
    assert shown.startswith("\rstage 4 of 8 · 04_adbscan · cell 7/31 · 0 s · 答案 answers 45/100\x1b[K")


def test_a_log_has_few_lines_and_no_control_characters(bars, monkeypatch):
    log = io.StringIO()
    line = progress_line.Line("stage 4 of 8 · 04_adbscan", log)
    for cell in range(100):
        line(cell, 100, bars)
    assert log.getvalue() == "stage 4 of 8 · 04_adbscan\n"
    monkeypatch.setattr(progress_line, "QUIET", 0)
    line(100, 100, bars)
    line.end("✓ 04_adbscan")
    assert log.getvalue().splitlines()[1:] == [
        "stage 4 of 8 · 04_adbscan · cell 100/100 · 0 s · 答案 answers 45/100",
        "✓ 04_adbscan",
    ]


@pytest.mark.parametrize(("text", "width", "shown"), [
    ("abc", 3, "abc"), ("abcd", 3, "abc"), ("文本", 4, "文本"), ("文本", 3, "文"), ("a文", 2, "a"), ("", 0, ""),
])  # fmt: skip
def test_a_chinese_character_takes_two_columns(text, width, shown):
    assert progress_line._fit(text, width) == shown
