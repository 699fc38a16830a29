"""Tables as Markdown: numbers to the right, nothing read as markup."""

import pandas as pd

from assl_utils.book import markdown


def test_numbers_stand_to_the_right_and_signs_stay_signs():
    frame = pd.DataFrame({"a_b": ["x|y*", None], "n": [12345, 2], "z": [0.25, float("nan")]})
    assert markdown.table(frame) == "\n".join([
        "| a\\_b | n | z |", "|---|---:|---:|", "| x\\|y\\* | 12,345 | 0.2 |", "|  | 2 |  |",
    ])  # fmt: skip


def test_an_index_becomes_the_first_column():
    frame = pd.DataFrame({"n": [1.0]}, index=["row"])
    assert markdown.table(frame, "name").splitlines()[2] == "| row | 1.0 |"


def test_code_stays_code():
    assert markdown.plain("`a_b` <c>") == "`a_b` \\<c\\>"
