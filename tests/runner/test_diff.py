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


def test_equal_tables_differ_nowhere():
    assert diff.differences(OLD, OLD.copy()) == []
    assert diff.differences(OLD, OLD.iloc[::-1]) == [], "rows are matched by name, not by place"
    assert diff.differences(OLD, OLD[["model", "note", "NA", "FE"]]) == []


@pytest.mark.parametrize(("cells", "line"), [
    ({"FE": (1, 62.0)}, "mix · FE  61.25 → 62  (+0.75)"),
    ({"FE": (0, np.nan)}, "base · FE  50 → empty"),
    ({"FE": (2, 1.5)}, "lora-0 · FE  empty → 1.5"),
    ({"note": (0, "z")}, "base · note  a → z"),
    ({"NA": (2, 1)}, "lora-0 · NA  3 → 1  (-2)"),
    ({"FE": (1, 61.250000000001)}, "mix · FE  61.25 → 61.25  (+1e-12)"),
])  # fmt: skip
def test_a_cell_that_differs_is_one_line(cells, line):
    assert diff.differences(OLD, changed(**cells)) == [line]


def test_rows_and_columns_that_came_or_went_are_named():
    new = pd.DataFrame({"model": ["base", "silversight"], "FE": [50.0, 70.0], "AVG": [1.0, 2.0]})
    assert diff.differences(OLD, new) == [
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
    assert diff.differences(old, new) == ["row 2 · loss  0.4 → 0.3  (-0.1)"]
