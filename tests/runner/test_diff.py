"""Laws of the comparison with published tables: a line per cell that differs, none where nothing does."""

import numpy as np
import pandas as pd
import pytest

from assl_utils.runner import diff

OLD = pd.DataFrame(
    {"model": ["base", "mix", "lora-0"], "FE": [50.0, 61.25, np.nan], "NA": [1, 2, 3], "note": ["a", "b", "c"]}
)


def changed(**cells):
    """OLD with other cells: ``changed(FE=(1, 62.0))`` sets row 1 of column FE."""
    new = OLD.copy()
    for column, (row, value) in cells.items():
        new.loc[row, column] = value
    return new


def lines(old, new):
    return [difference.line for difference in diff.differences(old, new)]


def test_equal_tables_differ_nowhere():
    assert lines(OLD, OLD.copy()) == []
    assert lines(OLD, OLD.iloc[::-1]) == [], "rows are matched by name, not by place"
    assert lines(OLD, OLD[["model", "note", "NA", "FE"]]) == []


@pytest.mark.parametrize(("cells", "line"), [
    ({"FE": (1, 62.0)}, "mix · FE  61.25 → 62  (+0.75)"),
    ({"FE": (0, np.nan)}, "base · FE  50 → empty"),
    ({"FE": (2, 1.5)}, "lora-0 · FE  empty → 1.5"),
    ({"note": (0, "z")}, "base · note  a → z"),
    ({"NA": (2, 1)}, "lora-0 · NA  3 → 1  (-2)"),
    ({"FE": (1, 61.2500001)}, "mix · FE  61.25 → 61.25  (+1e-07)"),
])  # fmt: skip
def test_a_cell_that_differs_is_one_line(cells, line):
    assert lines(OLD, changed(**cells)) == [line]


def test_rows_and_columns_that_came_or_went_are_named():
    new = pd.DataFrame({"model": ["base", "silversight"], "FE": [50.0, 70.0], "AVG": [1.0, 2.0]})
    assert lines(OLD, new) == [
        "row silversight is new",
        "row mix is gone",
        "row lora-0 is gone",
        "column AVG is new",
        "column NA is gone",
        "column note is gone",
    ]


def test_rows_without_a_name_are_matched_by_place():
    old = pd.DataFrame({"step": [1, 1], "loss": [0.5, 0.4]})
    new = pd.DataFrame({"step": [1, 1], "loss": [0.5, 0.3]})
    assert lines(old, new) == ["row 2 · loss  0.4 → 0.3  (-0.1)"]


@pytest.mark.parametrize(("before", "after", "equal"), [
    (61.25, 61.25 + 7e-15, True),  # sums of another order
    (0.0, 9e-10, True),
    (0.0, 2e-9, False),
    (1e6, 1e6 + 5e-4, True),  # 1e-9 of a million is a thousandth
    (1e6, 1e6 + 2e-3, False),
    (10**10, 10**10 + 1, False),  # a count that differs by one is another count
    (np.inf, np.inf, True),
    (np.inf, 1.0, False),
    (True, False, False),
])  # fmt: skip
def test_numbers_that_agree_to_nine_digits_are_equal(before, after, equal):
    old, new = (pd.DataFrame({"model": ["base"], "value": [value]}) for value in (before, after))
    assert (lines(old, new) == []) is equal
    assert (lines(new, old) == []) is equal


def test_rows_whose_first_column_is_a_measurement_are_matched_by_place():
    old, new = (pd.DataFrame({"share": [0.1 + 0.2, 0.5], "n": n}) for n in ([1, 2], [1, 3]))
    new["share"] = [0.3, 0.5]
    assert lines(old, new) == ["row 2 · n  2 → 3  (+1)"]


def test_the_last_line_counts_the_cells_and_names_the_one_that_moved_most():
    assert diff.summary([]) == "identical to what was published"
    found = diff.differences(OLD, changed(FE=(1, 61.0), NA=(2, 9), note=(0, "z")))
    assert diff.summary(found) == "3 cells moved, by at most 6 (lora-0 · NA); 1 of them is no number before or after"
    found = [one._replace(table="table1.csv") for one in diff.differences(OLD, changed(FE=(0, 40.5)))]
    assert diff.summary(found) == "1 cell moved, by at most 9.5 (table1.csv · base · FE)"
    assert diff.summary(diff.differences(OLD, OLD.drop(columns="NA"))) == (
        "0 cells moved; 1 row, column or table came or went"
    )
