"""One table of claims for chapter, README and front page."""

import re
from pathlib import Path

import pandas as pd
import pytest

from assl_utils.study import linear_tier, pilot, published, real_rows

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def table():
    return real_rows.verdicts(ROOT / "book/recorded", n_boot=100)


def test_every_claim_of_both_tiers_stands_there_the_main_ones_first(table):
    assert len(table) == len(linear_tier.CLAIMS) + len(pilot.CLAIMS)
    assert list(dict.fromkeys(table["claim"]))[: len(real_rows.MAIN)] == list(real_rows.MAIN)
    assert set(table["claim"]) == {c.says for c in (*linear_tier.CLAIMS, *pilot.CLAIMS)}


def test_who_was_asked_is_named_with_rows_and_seeds(table):
    assert (
        table["asked with"]
        .str.contains(r"^(?:a linear learner|gemma-3-270m), [\d,]+ (?:of [\d,]+ )?rows, \d seeds?$")
        .all()
    )
    assert table.loc[table["asked with"].str.startswith("a linear"), "asked with"].str.endswith("8 seeds").all()


def test_its_lines_are_a_markdown_table_of_the_main_claims(table):
    lines = real_rows.lines(table)
    assert len(lines) == 2 + table["claim"].isin(real_rows.MAIN).sum()
    assert {line.count("|") for line in lines} == {5}


def test_nothing_recorded_is_an_empty_table(tmp_path):
    table = real_rows.verdicts(tmp_path)
    assert table.empty and list(table.columns) == real_rows.COLUMNS and real_rows.lines(table) == []


def test_readme_and_front_pages_say_what_the_record_says():
    pages = {page: (ROOT / page).read_text(encoding="utf-8") for page in ("README.md", "book/intro.md", "book/zh.md")}
    chinese = pages.pop("book/zh.md")
    for page, text in pages.items():
        assert published.answer(ROOT) in text, f"{page}: `make publish` writes it anew"
    assert published.answer(ROOT, real_rows.in_chinese) in chinese, "book/zh.md: `make publish` writes it anew"


def test_every_verdict_and_claim_can_be_said_in_chinese():
    words = ["holds", "holds, but by less than 2 points", "the opposite holds", "does not hold: worse",
             "open",
             "does not hold: equal within 2 points", "more than that: better", "no result yet",
             "not measured yet"]  # fmt: skip
    for word in [*words, *(f"{word}, as far as one training says" for word in words), "open: 2 seeds disagree",
                 "open, as far as 2 trainings say", *real_rows.MAIN]:  # fmt: skip
        assert not re.search("[a-z]{4}", real_rows.in_chinese(word).replace("gemma", "")), word
    with pytest.raises(ValueError, match="claims_zh"):
        real_rows.in_chinese("a claim nobody translated")


def test_a_claim_without_a_result_is_not_measured(monkeypatch):
    none = {"diff": float("nan"), "verdict": "no result yet"}
    holes = pd.DataFrame([{"source": claim.source, "claim": claim.says} | none for claim in linear_tier.CLAIMS])
    monkeypatch.setattr(linear_tier, "judged", lambda record, margin: holes)
    table = real_rows.verdicts(ROOT / "book/recorded", n_boot=50)
    linear = table[table["asked with"].str.startswith("a linear")]
    assert set(linear["measured"]) == {"not measured yet"} and len(linear) == len(linear_tier.CLAIMS)
