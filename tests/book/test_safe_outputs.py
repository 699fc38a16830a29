"""What a page may show of an output: tables taken apart and put together, pictures, text; nothing to execute."""

import re

import book_sample
import pandas as pd
import pytest

from assl_utils.book import safe_outputs
from assl_utils.figures.source import show_source
from assl_utils.selection import literal


def test_a_pandas_table_keeps_its_rows_spans_and_text():
    index = pd.MultiIndex.from_tuples([("情感", "a"), ("情感", "b")], names=["task", "x"])
    frame = pd.DataFrame({"one & <two>": [1.5, None], "文": ["净利润 < 0", "涨"]}, index=index)
    safe = safe_outputs.safe_table(frame._repr_html_())
    assert 'rowspan="2"' in safe and "净利润 &lt; 0" in safe and "one &amp; &lt;two&gt;" in safe
    assert "style" not in safe


def test_columns_of_numbers_are_aligned_as_numbers_with_their_headings():
    """Counted from the right, where a first column that spans rows shifts nothing."""
    index = pd.MultiIndex.from_tuples([("a", 1), ("a", 2), ("b", 3)])
    frame = pd.DataFrame({"text": ["5", "x", "6"], "score": [1.5, -2.0, None], "n": [1, 20, 3_000]}, index=index)
    rows = re.findall(r"<tr>.*?</tr>", safe_outputs.safe_table(frame._repr_html_()), re.S)
    for row in rows:
        assert re.findall(r'class="number"[^>]*>\s*([^<]*)', row) == re.findall(r"<t[dh][^>]*>([^<]*)", row)[-2:]
    assert len(rows) == 4
    words = pd.DataFrame({"word": ["2024年", "利率"], "nothing": [None, None]})
    assert "number" not in safe_outputs.safe_table(words._repr_html_())


def test_the_name_of_an_index_stands_in_its_corner():
    frame = pd.DataFrame({"FE": [1.0, 2.0], "QA": ["", "b"]}, index=pd.Index(["base", "mix"], name="model"))
    safe = safe_outputs.safe_table(frame._repr_html_())
    heads = re.findall(r"<tr>.*?</tr>", safe.split("</thead>")[0], re.S)
    assert len(heads) == 1
    assert [re.sub("<[^>]*>", "", cell) for cell in re.findall(r"<th.*?</th>", heads[0])] == ["model", "FE", "QA"]
    assert "mix" in safe and safe.count("<tr>") == 3
    several = frame.set_index("QA", append=True)
    assert safe_outputs.safe_table(several._repr_html_()).split("</thead>")[0].count("<tr>") == 1
    for both in (frame.rename_axis(columns="task"), frame.rename_axis(None), frame.T):
        before = both._repr_html_().split("</thead>")[0].count("<tr")
        assert safe_outputs.safe_table(both._repr_html_()).split("</thead>")[0].count("<tr>") == before


def test_a_cut_off_table_says_how_long_it_is():
    with pd.option_context("display.max_rows", 4):
        safe = safe_outputs.safe_table(pd.DataFrame({"x": range(99)})._repr_html_())
    assert "<p>99 rows × 1 columns</p>" in safe


@pytest.mark.parametrize(
    "attack",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "<a href='javascript:alert(1)'>x</a>",
        "</td></tr></table><iframe src='http://elsewhere.example'></iframe>",
        "<style>body{display:none}</style>",
        "<td onclick=alert(1) style='background:url(http://elsewhere.example)'>",
        "<!--><script>alert(1)</script>-->",
        "<p onmouseover=alert(1)>",
        "<table background=http://elsewhere.example>",
        "<svg/onload=alert(1)>",
        "<math><mi//xlink:href='data:x,<script>alert(1)</script>'>",
        "&lt;script&gt;alert(1)&lt;/script&gt;",
        "<textarea><script>alert(1)</script>",
        "<title><img src=x onerror=alert(1)>",
    ],
)
@pytest.mark.parametrize("place", ["<table><tr><td>{}</td></tr></table>", "<table><tr><td>a</td></tr></table>{}"])
def test_no_markup_but_the_tables_own_gets_through(place, attack):
    safe = safe_outputs.safe_table(place.format(attack))
    allowed = r"</?(table|thead|tbody|tfoot|tr|th|td|div|p)( (class|tabindex|role|aria-label)=\"[\w -]+\")*>"
    assert "<" not in re.sub(allowed, "", safe), safe
    assert safe.count("<table") == safe.count("</table") and safe.count("<td") == safe.count("</td")


@pytest.mark.parametrize("source", ["", "plain", "<b>x</b>", "<script>1</script><table><tr><td>x</td></tr></table>"])
def test_what_is_no_table_is_not_shown_as_html(source):
    assert safe_outputs.safe_table(source) is None
    assert safe_outputs.safe_output(book_sample.display(**{"text/html": source})) is None


def test_printed_text_tells_nothing_about_the_machine():
    def left(text, name="stderr"):
        output = safe_outputs.safe_output({"output_type": "stream", "name": name, "text": text})
        return output and output["text"]

    tqdm = "/home/me/x/site-packages/tqdm/auto.py:21: TqdmWarning: IProgress not found.\n  from .a import b\n"
    assert left(tqdm) is None
    assert left("kept\n" + tqdm + "kept too\n", "stdout") == "kept\nkept too\n"
    assert left("/opt/v 1/lib/site-packages/numba/a.py:1: Warning: slow\n").endswith("numba/a.py:1: Warning: slow\n")
    assert "/opt" not in left("/opt/v/lib/python3.11/site-packages/numba/a.py:1: Warning: slow\n")
    assert left("\r 10%|#   | 1/10\r 20%|##  | 2/10\n") is None
    assert left(["公司\n", "净利润"]) == "公司\n净利润"


def test_of_other_kinds_only_pictures_and_text_are_kept():
    data = {"image/png": "x", "text/plain": "t", "text/markdown": "m", "text/latex": "l", "application/json": {}}
    assert safe_outputs.safe_output(book_sample.display(**data))["data"] == {"image/png": "x", "text/plain": "t"}
    assert safe_outputs.safe_output(book_sample.display(**{"application/javascript": "x"})) is None


def test_the_source_that_a_chapter_shows_reaches_its_page():
    code = show_source(literal.algorithm_1).data
    safe = safe_outputs.safe_output(book_sample.display(**{"text/markdown": code, "text/plain": "<Markdown object>"}))
    assert safe["data"]["text/markdown"] == code and "def algorithm_1(" in code


@pytest.mark.parametrize(
    "source",
    ["# a heading", "```python\nx = 1\n```\n<script>alert(1)</script>", "```python\n```\n<b>1</b>\n```python\n```",
     "<b>1</b>\n```python\nx = 1\n```", "```html\n<b>1</b>\n```", "```python\n净利润 上涨\n```", "```python\n\0\n```"],
)  # fmt: skip
def test_markdown_that_is_not_one_block_of_python_is_left_out(source):
    assert safe_outputs.safe_code(source) is None
    kept = safe_outputs.safe_output(book_sample.display(**{"text/markdown": source, "text/plain": "t"}))
    assert kept["data"] == {"text/plain": "t"}
