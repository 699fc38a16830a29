"""Each chapter's exercises have an answer each; numbers that a record holds are those of the record."""

import json
import re
from pathlib import Path

import pandas as pd
import pytest

ROOT = Path(__file__).resolve().parents[1]
CHAPTERS = sorted(ROOT.glob("notebooks/[0-9]*.ipynb"))
ITEM = re.compile(r"^\d\. ", re.MULTILINE)


def exercises(path):
    """The questions of a chapter and its answers, as texts."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    [text] = [text for text in ("".join(cell["source"]) for cell in cells) if "\n## Try it\n" in f"\n{text}"]
    found = re.search(r"## Try it\n(.*?):::\{dropdown\} Answers\n(.*?)\n:::\n", text, re.DOTALL)
    assert found, f"{path.stem} has no answers"
    return found[1], found[2]


def answer(chapter, number):
    [path] = [path for path in CHAPTERS if path.name.startswith(chapter)]
    return " ".join(ITEM.split(exercises(path)[1])[number].split())


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_every_question_has_an_answer(path):
    questions, answers = exercises(path)
    assert len(ITEM.findall(questions)) == len(ITEM.findall(answers)) >= 2
    assert ITEM.split(answers)[0].strip(), "whose numbers they are is said first"


def test_there_are_twelve_chapters():
    assert len(CHAPTERS) == 12


def test_the_lookup_scores_are_the_published_ones():
    clean, paper = (
        pd.read_csv(ROOT / "book/published" / run / "table1.csv", index_col="model").at["lookup", "AVG"]
        for run in ("cpu", "cpu-paper-s0")
    )
    assert f"{paper:.1f} where training rows may hold the questions, and {clean:.1f} where" in answer("08", 2)
