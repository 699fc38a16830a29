"""A page shows today's prose over the run's outputs, and says where they do not belong together."""

import copy
import json

import book_sample

from assl_utils.book import pages


def cells(page):
    return {cell["id"]: cell for cell in page["cells"]}


def test_prose_is_todays_and_outputs_are_the_runs():
    written = book_sample.chapter_one()
    ran = book_sample.executed(written)
    written["cells"][0]["source"] = "(ch-data)=\n# 1 Another title"
    written["cells"][3]["metadata"]["mystnb"]["figure"]["caption"] = "Another caption."
    kept = copy.deepcopy((written, ran))
    page = cells(pages.chapter(written, ran, "cpu"))
    assert page["m1"]["source"].endswith("Another title")
    assert page["c1"]["metadata"]["mystnb"]["figure"]["caption"] == "Another caption."
    assert page["c1"]["outputs"][0]["data"]["image/png"] == book_sample.picture()
    assert (written, ran) == kept, "the arguments are left alone"


def test_the_runs_values_stand_below_the_defaults_both_titled():
    page = pages.chapter(book_sample.chapter_one(), book_sample.executed(book_sample.chapter_one()), "cpu")
    order = [cell["id"] for cell in page["cells"]]
    assert order[:5] == ["m1", "title-defaults", "p", "title-injected", "injected"]
    assert cells(page)["injected"]["source"] == "k = 5"


def test_the_page_carries_no_time_of_the_run():
    """The same results, run twice, make the same page."""
    ran = book_sample.executed(book_sample.chapter_one())
    again = json.loads(
        json.dumps(ran)
        .replace("2024-01-01", "2025-02-02")
        .replace('"duration": 1.5', '"duration": 2.5')
        .replace('"i"', '"random"')
    )
    assert ran != again
    assert pages.chapter(book_sample.chapter_one(), ran, "cpu") == pages.chapter(
        book_sample.chapter_one(), again, "cpu"
    )


def test_a_chapter_whose_code_changed_is_shown_as_it_ran_and_says_so():
    written = book_sample.chapter_one()
    ran = book_sample.executed(written)
    written["cells"][4]["source"] = "other_rows"
    page = pages.chapter(written, ran, "cpu")
    assert cells(page)["c2"]["source"] == "rows" and cells(page)["c2"]["outputs"]
    assert "has changed since the run `cpu`" in page["cells"][1]["source"]


def test_a_chapter_without_a_run_has_no_outputs_and_says_so():
    page = pages.chapter(book_sample.executed(book_sample.chapter_one()), None, "cpu")
    assert not any(cell["outputs"] for cell in page["cells"] if cell["cell_type"] == "code")
    assert "has not reached this chapter" in page["cells"][1]["source"]


def test_the_chapters_answer_stands_below_its_title_as_plain_text():
    written = book_sample.chapter_one()
    written["cells"][4]["metadata"]["tags"] = [pages.ANSWER]
    ran = book_sample.executed(written)
    said = {"output_type": "stream", "name": "stdout", "text": "a is *above* b\n\nc <b>\n"}
    next(cell for cell in ran["cells"] if cell["id"] == "c2")["outputs"] = [said]
    page = pages.chapter(written, ran, "cpu")
    assert page["cells"][1]["id"] == "run-answer"
    assert page["cells"][1]["source"].endswith("run `cpu`\n:class: tip\n\n- a is \\*above\\* b\n- c \\<b\\>\n:::")
    assert "run-answer" not in cells(pages.chapter(written, None, "cpu"))
