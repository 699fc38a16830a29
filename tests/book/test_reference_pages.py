"""The book's reference pages: printed numbers that agree with each other, deviations and names that can be found."""

import ast
import re
from pathlib import Path

import pandas as pd
import pytest

BOOK = Path(__file__).parents[2] / "book"
VALUES = pd.read_csv(BOOK / "paper_values.csv", dtype={"table": str})
FINEVAL = {"Accounting": 305, "Certificate": 334, "Economy": 207, "Finance": 305}  # questions with published answers
OWN = ["base", *(f"lora-{i}" for i in range(6)), "silversight"]


def printed(table):
    rows = VALUES[VALUES.table == table]
    return rows.pivot(index="row", columns="column", values="value"), rows.drop_duplicates("row").set_index("row")[
        "key"
    ]


def text(page):
    return (BOOK / page).read_text(encoding="utf-8")


# --- paper_values.csv -------------------------------------------------------------------------------------------------


def test_no_number_is_printed_twice_and_none_is_missing():
    assert not VALUES.duplicated(["table", "row", "key", "column"]).any()
    assert VALUES.value.notna().all()
    assert (VALUES[VALUES.table.isin(["1", "2", "3"])].groupby("table").size() == [14 * 8, 14 * 5, 23]).all()


def test_table_3_adds_up_to_the_stated_total():
    table, keys = printed("3")
    assert table["count"].sum() == 220_344
    assert keys.nunique() == 23


def test_averages_of_table_1_are_plain_means():
    table, keys = printed("1")
    assert (table.drop(columns="AVG").mean(axis=1) - table.AVG).abs().max() < 0.051
    assert set(keys.dropna()) == {*OWN, "all-data", "cluster-data", "mix"}


def test_averages_of_table_2_fit_the_published_questions_in_the_papers_own_rows_only():
    table, keys = printed("2")
    average = sum(table[group] * n for group, n in FINEVAL.items()) / sum(FINEVAL.values())
    off = (average - table.AVG).abs()
    own = keys.isin(OWN)
    assert sorted(keys[own]) == sorted(OWN)
    assert off[own].max() < 0.1, "two roundings"
    assert off["GPT-4"] > 0.2 and off["ChatGPT"] > 0.2 and off["DISC-FinLLM"] > 2


def test_every_number_of_the_method_has_the_value_of_the_papers_section():
    hyper = VALUES[~VALUES.table.isin(["1", "2", "3"])].set_index("key")["value"]
    expected = {"n_clusters": 6, "k": 20, "r": 16, "alpha": 32, "lr": 1e-4, "min_lr": 1e-5, "warmup": 0.1, "epochs": 3}
    expected |= {"lambda1": 0.2, "lambda2": 0.2, "lambda3": 0.6, "budget": 2000, "total": 4000}
    assert {name: hyper[name] for name in expected} == expected


# --- the pages --------------------------------------------------------------------------------------------------------


def test_deviations_are_numbered_without_a_gap_and_each_answers_four_questions():
    entries = re.findall(r"^\((dev-[a-z0-9-]+)\)=\n### D(\d+) .+\n\n((?:.+\n)+)", text("deviations.md"), flags=re.M)
    assert [int(number) for _, number, _ in entries] == list(range(1, len(entries) + 1))
    assert text("deviations.md").count("\n### ") == len(entries) >= 25
    for label, _, body in entries:
        assert re.findall(r"^- \*(\w+):\*", body, flags=re.M) == ["Paper", "We", "Why", "Changes"], label
    listed = re.findall(r"^\| \{ref\}`(dev-[a-z0-9-]+)` \|", text("deviations.md"), flags=re.M)
    assert listed == [label for label, _, _ in entries], "the table at the top"


NAMES = sorted(set(re.findall(r"`([a-z_]+(?:\.[A-Za-z_]\w*)+)(?:\(.*?\))?`", text("notation.md"))))
NAMES = [name for name in NAMES if not name.endswith((".npy", ".csv", ".json", ".parquet"))]


@pytest.mark.parametrize("name", NAMES)
def test_a_name_on_the_page_of_symbols_is_in_the_code(name):
    wing, module, *rest = name.split(".")
    place = ast.parse((BOOK.parent / "assl_utils" / wing / f"{module}.py").read_text(encoding="utf-8"))
    for part in rest:  # read, not imported: half of the modules would load torch for it
        place = next((node for node in place.body if part in defined(node)), None)
        assert place, f"{part} is not in {wing}.{module}"


def defined(node):
    """Names that a statement at the top of a module or class defines."""
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return [node.name]
    targets = getattr(node, "targets", None) or [getattr(node, "target", None)]
    return [target.id for target in targets if isinstance(target, ast.Name)]


def test_equations_one_to_thirteen_have_their_line():
    table = text("notation.md").split("## The equations")[1].split("\n## ")[0]
    assert [int(n) for n in re.findall(r"\((\d+)\)", "".join(re.findall(r"^\| (\(.*?) \|", table, flags=re.M)))] == [
        *range(1, 14)
    ]


def test_every_citation_has_its_entry_and_every_entry_a_year_and_a_title():
    entries = re.findall(r"^@\w+\{([^,]+),(.*?)^\}", text("references.bib"), flags=re.M | re.S)
    keys = [key for key, _ in entries]
    assert len(set(keys)) == len(keys)
    for key, body in entries:
        assert re.search(r"^\s+title\s+=", body, flags=re.M) and re.search(r"^\s+year\s+=", body, flags=re.M), key
    for page in BOOK.glob("*.md"):
        cited = re.findall(r"\{cite:\w+\}`([^`]+)`", page.read_text(encoding="utf-8"))
        assert {key for group in cited for key in group.split(",")} <= set(keys), page.name


def test_lab_notes_are_dated_newest_first():
    dates = re.findall(r"^## (.*)$", text("lab_notes.md"), flags=re.M)
    assert all(re.match(r"20\d\d-\d\d-\d\d: ", date) for date in dates)
    assert [d[:10] for d in dates] == sorted((d[:10] for d in dates), reverse=True)
