"""A verdict is as strong as its interval and no stronger; a question's claims are judged by its own arms."""

import numpy as np
import pandas as pd
import pytest
from made_up_grid import ROOT, record

from assl_utils.evaluation import gap
from assl_utils.study import ablations, claims
from assl_utils.study.grid import files


def flat(text):
    """A wrapped text in one line."""
    return " ".join(text.split())


GAP = {"reason": "", "equal": False, "lo": -1.0, "hi": 1.0, "over": gap.BOTH, "seeds": 5.0}


@pytest.mark.parametrize(("expects", "told", "said"), [
    ("above", {"lo": 0.1, "hi": 5}, "holds"),
    ("above", {"lo": 0.1, "hi": 1, "equal": True}, "holds, but by less than 2 points"),
    ("above", {"lo": -5, "hi": -0.1}, "the opposite holds"),
    ("above", {"lo": -1, "hi": -0.1, "equal": True}, "the opposite holds, but by less than 2 points"),
    ("above", {"lo": -1, "hi": 1, "equal": True}, "does not hold: equal within 2 points"),
    ("above", {"lo": -5, "hi": 5}, "open"),
    ("above", {"lo": 0.0, "hi": 5}, "open"),
    ("equal", {"lo": -1, "hi": -0.1, "equal": True}, "holds"),
    ("equal", {"lo": 3, "hi": 5}, "more than that: better"),
    ("equal", {"lo": -5, "hi": -3}, "does not hold: worse"),
    ("equal", {"lo": -5, "hi": 3}, "open"),
    ("above", {"lo": 0.1, "hi": 5, "over": gap.QUESTIONS, "seeds": 2.0}, "holds, as far as 2 trainings say"),
    ("above", {"lo": 0.1, "hi": 5, "over": gap.QUESTIONS, "seeds": 1.0}, "holds, as far as one training says"),
    ("equal", {"lo": np.nan, "hi": np.nan, "reason": "failed"}, "no result yet"),
])  # fmt: skip
def test_the_interval_decides(expects, told, said):
    assert claims.verdict(expects, pd.Series(GAP | told)) == said


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    folder = tmp_path_factory.mktemp("grids")
    quality = {
        "kmeans, all rows": 3.0,
        "one, all rows": 3.0,
        "utility": -3.0,
        "mix of the clusters' rows, a tenth": 3.0,
    }
    record(folder, "ablations", quality, n=40, failed=("nll",))
    return ablations.read(folder, "cpu", "ablations")


def test_what_was_made_better_is_found_better(found):
    one = claims.ask(found, "Q1")
    verdicts = one.judged.set_index("claim")["verdict"]
    assert verdicts["six clusters make better experts than seven task classes, on average"] == "holds"
    assert verdicts["routed experts are better than one adapter on the same tenth"] == "the opposite holds"
    three = claims.ask(found, "Q3")
    assert (
        three.judged.set_index("claim")["verdict"]["stage 2 is better than as many random rows"] == "the opposite holds"
    )
    assert (three.judged["measured"].str.startswith("utility is below")).all()
    assert "Verdict: the opposite holds." in claims.said(three.judged)


def test_a_question_compares_all_its_pairs_task_by_task_and_says_what_is_missing(found):
    three = claims.ask(found, "Q3")
    assert list(zip(three.means["first"], three.means["second"], strict=True)) == list(claims.PAIRS["Q3"])
    assert len(three.differences) == 8 * len(claims.PAIRS["Q3"]) and set(three.differences["block"]) == {"Q3"}
    hole = three.means[three.means["reason"] != ""]
    assert hole["first"].tolist() == ["nll"] and hole["reason"].iloc[0].endswith("a reason")


def test_the_exam_is_a_question_of_its_own_with_one_score(tmp_path):
    record(tmp_path, "ablations", {"k_center": 3.0}, n=60)
    exam = claims.ask(ablations.read(tmp_path, "cpu", "ablations"), "exam")
    assert list(zip(exam.means["first"], exam.means["second"], strict=True)) == list(claims.PAIRS["exam"])
    assert set(exam.differences["what"]) == {"fineval"} and (exam.means["reason"] == "").all()
    assert exam.judged["verdict"].tolist()[1] == "holds" and exam.judged["what"].tolist() == ["fineval"] * 2


def test_every_pair_and_every_claim_names_arms_that_the_grid_has():
    grid = files.read(ROOT, "ablations")
    arms = {block: {dict(line.blocks)[block] for line in grid.of(block)} for block in grid.asks}
    arms["Q3"] |= arms["Q2"]
    assert set(claims.PAIRS) == set(arms) - {"sensitivity"}
    for block, pairs in claims.PAIRS.items():
        assert {arm for pair in pairs for arm in pair} <= arms[block], block
    for claim in claims.CLAIMS:
        assert {claim.first, claim.second} <= arms[claim.block], claim.says
    usual, others = zip(*ablations.SENSITIVITY.values(), strict=True)
    assert {arm for group in others for arm in group} == arms["sensitivity"] and set(usual) <= arms["Q3"]


def test_what_could_have_shown_is_told_from_least_to_most():
    table = pd.DataFrame({"detectable": [3.0, np.nan, 7.06], "seeds": [5.0, np.nan, 3.0], "over": gap.BOTH})
    assert "difference of 3.0 to 7.1 points would have shown with 3 to 5 seeds" in flat(claims.could_show(table))
    assert "difference of 3.0 points would have shown with 5 seeds" in flat(claims.could_show(table[:2]))
    assert "nothing can be said" in flat(claims.could_show(table[1:2]))
    assert "only the questions are counted" in flat(claims.could_show(table.assign(over=gap.QUESTIONS)))
    assert "only the questions are counted" not in flat(claims.could_show(table))


def test_the_largest_change_and_the_number_expected_by_chance():
    table = pd.DataFrame({
        "diff": [1.0, -3.0, np.nan], "lo": [0.5, -7, np.nan], "hi": [2, 1, np.nan], "sentence": ["a", "b", "c"]
    })  # fmt: skip
    said = claims.largest(table)
    assert said.startswith("1 of 2 intervals leave 0 out (about 0.1 would") and said.endswith("change: b.")
    assert "has a result yet" in claims.largest(table[2:])


def test_stars_stand_where_the_interval_leaves_zero_out():
    table = pd.DataFrame({
        "first": ["a", "a", "b", "b"], "second": "c", "what": ["FE", "AVG"] * 2, "diff": [1.04, -0.04, np.nan, -2],
        "lo": [0.1, -1, np.nan, -3], "hi": [2, 1, np.nan, -1],
    })  # fmt: skip
    wide = claims.stars(table)
    assert wide.columns.tolist() == ["FE", "AVG"] and wide.to_numpy().tolist() == [["+1.0 *", "+0.0"], ["", "-2.0 *"]]
    assert claims.stars(table, "pair").index.tolist() == ["a – c", "b – c"]


def test_what_both_arms_end_in_is_said_once():
    table = pd.DataFrame({"first": ["a, all rows", "b, a tenth", "c"], "second": ["d, all rows", "e, all rows", "f"]})
    found = claims.grouped(table)
    assert found["group"].tolist() == ["all rows", "", ""]
    assert found["label"].tolist() == ["a – d", "b, a tenth – e, all rows", "c – f"]


@pytest.mark.parametrize("width", [20, 84])
def test_a_long_line_goes_on_in_the_next_one_and_no_word_is_lost(width):
    text = "first line\n    Verdict: " + "open " * 40 + "\n\nlast"
    found = claims.wrapped(text, width)
    assert max(map(len, found.split("\n"))) <= width + 4 and flat(found) == flat(text)
    assert found.split("\n")[0] == "first line" and found.endswith("\n\nlast")
