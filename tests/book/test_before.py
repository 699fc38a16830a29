"""The line below a chapter's title: what it builds on, how long it takes to read and to run."""

import book_sample
import pytest

from assl_utils.book import before


def chapter(*cells):
    return {"cells": [{"cell_type": kind, "metadata": {}, "source": text} for kind, text in cells]}


def test_it_names_the_chapters_by_their_labels_and_the_minutes():
    upstream = [chapter(("markdown", "(ch-data)=\n# 1 Data")), chapter(("markdown", "# No label"))]
    said = before.line(book_sample.chapter_one(), upstream, 41.2)
    assert (
        said.splitlines()[1] == "Builds on {ref}`ch-data` · 5 minutes to read · 42 seconds to run, in the published run"
    )
    assert before.line(book_sample.chapter_one(), []).endswith("Needs no other chapter · 5 minutes to read")
    assert "4 minutes to run" in before.line(book_sample.chapter_one(), [], 250)


@pytest.mark.parametrize(("cells", "minutes"), [
    ([("markdown", "word " * 750)], 5), ([("markdown", "word " * 751)], 10), ([("code", "x\n" * 120)], 10),
    ([("markdown", "样本" * 4000 + "word")], 5), ([("markdown", "word " * 1500), ("code", "x\n" * 12)], 15),
])  # fmt: skip
def test_minutes_grow_with_words_and_lines(cells, minutes):
    assert before.minutes(chapter(*cells)) == minutes
