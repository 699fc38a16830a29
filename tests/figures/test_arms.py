"""What the figures of arms must say: holes with their reason, both kinds of interval, stars, gaps in a line."""

import matplotlib

matplotlib.use("agg")

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from assl_utils.figures import arms, style


@pytest.fixture(autouse=True)
def styled():
    with style.styled():
        yield
    plt.close("all")


def words(fig):
    fig.canvas.draw()
    return [text.get_text() for text in fig.findobj(matplotlib.text.Text) if text.get_text()]


def differences():
    return pd.DataFrame(
        {
            "first": ["a", "b", "c", "d"],
            "second": ["z"] * 4,
            "diff": [3.0, np.nan, -0.04, -4.0],
            "lo": [1.0, np.nan, -1.0, -5.0],
            "hi": [5.0, np.nan, 1.0, -3.0],
            "over": ["seeds and questions", np.nan, "questions", "seeds and questions"],
            "reason": ["", "out of memory", "", ""],
            "question": ["Q1", "Q1", "Q2", "Q1"],
        }
    )


def test_forest_shows_each_row_and_says_why_one_is_missing():
    fig = arms.forest(differences(), group="question")
    said = words(fig)
    assert {"Q1", "Q2", "+3.0", "+0.0", "-4.0", "no result: out of memory", "a – z", "b – z"} <= set(said)
    assert said.index("d – z") < said.index("c – z")  # rows of one question stand together
    points = [line for line in fig.axes[0].lines if line.get_marker() == "o"]
    faces = {line.get_ydata()[0]: line.get_markerfacecolor() for line in points}
    assert sorted(faces.values()).count("white") == 1  # over questions only
    colors = [line.get_color() for line in points]
    assert colors == [style.PALETTE[0], style.PALETTE[1], style.INK]
    named = arms.forest(differences().assign(label=list("wxyz")), margin=None)
    assert {"w", "x", "y", "z"} <= set(words(named))


def test_forest_of_holes_alone_is_drawn():
    empty = differences().iloc[[1]]
    assert "no result: out of memory" in words(arms.forest(empty))


def test_frontier_marks_a_gap_and_names_every_way():
    table = pd.DataFrame(
        {
            "way": ["x"] * 3 + ["y"] * 3,
            "share": [0.01, 0.1, 1.0] * 2,
            "score": [1.0, np.nan, 3.0, 2.0, 2.5, 2.9],
            "cost": [1.0, 2.0, 3.0] * 2,
        }
    )
    fig = arms.frontier(table, marks={"all data": 3.0})
    assert {"x", "y", "1 %", "10 %", "100 %", "all data"} <= set(words(fig))
    crosses = [line for line in fig.axes[0].lines if line.get_marker() == "x"]
    assert [line.get_xdata().tolist() for line in crosses] == [[0.1]]
    assert len(fig.axes) == 2 and len(arms.frontier(table.drop(columns="cost")).axes) == 1


def test_atlas_stars_what_leaves_out_zero_and_keeps_one_order():
    table = pd.DataFrame(
        [("FE", "QA", 2.0, 1.0, 3.0), ("QA", "FE", -0.5, -1.0, 0.1), ("NA", "FE", -0.04, -1.0, 1.0)],
        columns=["task", "with", "diff", "lo", "hi"],
    )
    said = words(arms.atlas(table))
    assert {"+2.0 *\n1.0 to 3.0", "-0.5\n-1.0 to 0.1", "+0.0\n-1.0 to 1.0"} <= set(said)
    plain = words(arms.atlas(table.drop(columns=["lo", "hi"])))
    assert "+2.0" in plain and not any("*" in word for word in plain)
