"""The notation of event kinds, on a toy file and on its faults."""

import pytest

from assl_utils.corpus.lexicon.event_kinds import KINDS, kinds
from assl_utils.errors import DataError

TOY = """# a toy
= up | 业绩增长 | + | 公司 大盘 | company
h {subj}上涨
l {subj}[大涨|涨]{pct}
? 涨幅=pct
"""


def read(tmp_path, text):
    (tmp_path / "toy.txt").write_text(text, encoding="utf-8")
    return kinds("toy", tmp_path)


def test_a_kind_holds_what_its_block_says(tmp_path):
    (kind,) = read(tmp_path, TOY).values()
    assert (kind.name, kind.label, kind.polarity, kind.topics) == ("up", "业绩增长", 1, ("公司", "大盘"))
    assert [p.source for p in kind.heads + kind.leads] == ["{subj}上涨", "{subj}[大涨|涨]{pct}"]
    assert (kind.reasons, kind.details, kind.asks) == ((), (), {"涨幅": "pct"})
    assert read(tmp_path, TOY.replace("业绩增长", "-"))["up"].label == ""


@pytest.mark.parametrize(("old", "new", "message"), [
    ("h {subj}", "x {subj}", r"toy\.txt, line 3: event kind 'up' has the line 'x \{subj\}上涨'"),
    ("| + |", "| ++ |", r"toy\.txt, line 2: the sign is '\+\+'"),
    ("业绩增长", "业绩飞升", r"toy\.txt, line 2: the tasks have no type of event '业绩飞升'"),
    ("{pct}\n", "{pct\n", r"toy\.txt, line 4: a bracket"),
    ("涨幅=pct", "涨幅", r"toy\.txt, line 5: write '涨幅' as"),
    (" | company", "", r"toy\.txt, line 2: block 'up' has 3 fields"),
])  # fmt: skip
def test_a_fault_is_named_with_file_and_line(tmp_path, old, new, message):
    with pytest.raises(DataError, match=message):
        read(tmp_path, TOY.replace(old, new, 1))


def test_every_kind_has_a_headline_and_a_first_sentence():
    assert not [name for name, kind in KINDS.items() if not kind.heads or not kind.leads]
