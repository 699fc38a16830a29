"""The book: prose of now over results of the run, nothing dangerous, nothing built twice, nothing lost by a failure."""

import copy
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import book_sample
import pandas as pd
import pytest
import yaml

from assl_utils.book import build, pages

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def sample(tmp_path):
    return book_sample.make(tmp_path / "repository")


@pytest.fixture(scope="session")
def html():
    root, _ = book_sample.built()
    return root / "book" / "_build" / "html"


def cells(page):
    return {cell["id"]: cell for cell in page["cells"]}


# --- a chapter's page ---


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


# --- what a page may show ---


def test_a_pandas_table_keeps_its_rows_spans_and_text():
    index = pd.MultiIndex.from_tuples([("情感", "a"), ("情感", "b")], names=["task", "x"])
    frame = pd.DataFrame({"one & <two>": [1.5, None], "文": ["净利润 < 0", "涨"]}, index=index)
    safe = pages.safe_table(frame._repr_html_())
    assert 'rowspan="2"' in safe and "净利润 &lt; 0" in safe and "one &amp; &lt;two&gt;" in safe
    assert "style" not in safe


def test_columns_of_numbers_are_aligned_as_numbers_with_their_headings():
    """Counted from the right, where a first column that spans rows shifts nothing."""
    index = pd.MultiIndex.from_tuples([("a", 1), ("a", 2), ("b", 3)])
    frame = pd.DataFrame({"text": ["5", "x", "6"], "score": [1.5, -2.0, None], "n": [1, 20, 3_000]}, index=index)
    rows = re.findall(r"<tr>.*?</tr>", pages.safe_table(frame._repr_html_()), re.S)
    for row in rows:
        assert re.findall(r'class="number"[^>]*>\s*([^<]*)', row) == re.findall(r"<t[dh][^>]*>([^<]*)", row)[-2:]
    assert len(rows) == 4
    words = pd.DataFrame({"word": ["2024年", "利率"], "nothing": [None, None]})
    assert "number" not in pages.safe_table(words._repr_html_())


def test_the_name_of_an_index_stands_in_its_corner():
    frame = pd.DataFrame({"FE": [1.0, 2.0], "QA": ["", "b"]}, index=pd.Index(["base", "mix"], name="model"))
    safe = pages.safe_table(frame._repr_html_())
    heads = re.findall(r"<tr>.*?</tr>", safe.split("</thead>")[0], re.S)
    assert len(heads) == 1
    assert [re.sub("<[^>]*>", "", cell) for cell in re.findall(r"<th.*?</th>", heads[0])] == ["model", "FE", "QA"]
    assert "mix" in safe and safe.count("<tr>") == 3
    several = frame.set_index("QA", append=True)
    assert pages.safe_table(several._repr_html_()).split("</thead>")[0].count("<tr>") == 1
    for both in (frame.rename_axis(columns="task"), frame.rename_axis(None), frame.T):
        before = both._repr_html_().split("</thead>")[0].count("<tr")
        assert pages.safe_table(both._repr_html_()).split("</thead>")[0].count("<tr>") == before


def test_a_cut_off_table_says_how_long_it_is():
    with pd.option_context("display.max_rows", 4):
        safe = pages.safe_table(pd.DataFrame({"x": range(99)})._repr_html_())
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
    safe = pages.safe_table(place.format(attack))
    allowed = r"</?(table|thead|tbody|tfoot|tr|th|td|div|p)( (class|tabindex|role|aria-label)=\"[\w-]+\")*>"
    assert "<" not in re.sub(allowed, "", safe), safe
    assert safe.count("<table") == safe.count("</table") and safe.count("<td") == safe.count("</td")


@pytest.mark.parametrize("source", ["", "plain", "<b>x</b>", "<script>1</script><table><tr><td>x</td></tr></table>"])
def test_what_is_no_table_is_not_shown_as_html(source):
    assert pages.safe_table(source) is None
    assert pages.safe_output(book_sample.display(**{"text/html": source})) is None


def test_printed_text_tells_nothing_about_the_machine():
    def left(text, name="stderr"):
        output = pages.safe_output({"output_type": "stream", "name": name, "text": text})
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
    assert pages.safe_output(book_sample.display(**data))["data"] == {"image/png": "x", "text/plain": "t"}
    assert pages.safe_output(book_sample.display(**{"application/javascript": "x"})) is None


# --- building ---


def test_nothing_changed_nothing_built(monkeypatch):
    root, said = book_sample.built()
    monkeypatch.setattr(build, "_sphinx", lambda *_: pytest.fail("built again"))
    lines = []
    build.build(root, say=lines.append)
    assert lines[0].startswith("book is up to date") and said[-1].startswith("book built in")


@pytest.mark.parametrize(
    "changed",
    ["book/intro.md", "book/_static/book.css", "notebooks/01_data_collection.ipynb",
     "runs/cpu/01_data_collection/notebook.ipynb", "book/new.md"],
)  # fmt: skip
def test_any_changed_input_changes_the_fingerprint(sample, changed):
    before = build.digest_of(sample, sample / "runs/cpu")
    with (sample / changed).open("a") as stream:
        stream.write(" ")
    assert build.digest_of(sample, sample / "runs/cpu") != before


def test_time_and_place_do_not_change_the_fingerprint(sample, tmp_path):
    before = build.digest_of(sample, sample / "runs/cpu")
    os.utime(sample / "book/intro.md", (1, 1))
    (sample / "book/_build").mkdir()
    (sample / "book/_build/log").write_text("x")
    (sample / "runs/cpu/01_data_collection/other.json").write_text("x")
    moved = sample.rename(tmp_path / "elsewhere")
    assert build.digest_of(moved, moved / "runs/cpu") == before


def test_finding_that_nothing_changed_imports_nothing_heavy():
    code = (
        "import sys; from assl_utils.book import build\n"
        f"build.digest_of({str(ROOT)!r}, {str(ROOT / 'runs/cpu')!r})\n"
        "print([m for m in ('numpy', 'pandas', 'sphinx', 'matplotlib', 'nbformat', 'torch') if m in sys.modules])\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout == "[]\n"


def test_a_book_that_does_not_build_leaves_the_old_one_and_says_where(sample, monkeypatch):
    old = sample / "book/_build/html"
    old.mkdir(parents=True)
    (old / "index.html").write_text("the old book")
    (sample / "book/intro.md").write_text("# Title\n\n{ref}`no-such-label`\n")
    (sample / "book/_toc.yml").write_text("format: jb-book\nroot: intro\n")
    with pytest.raises(build.BookError, match=r"intro\.md:3: WARNING: undefined label: 'no-such-label'"):
        build.build(sample, say=lambda _: None)
    assert (old / "index.html").read_text() == "the old book"


def test_a_page_that_is_nowhere_is_named_before_anything_is_built(sample):
    (sample / "notebooks/02_instruction_expansion.ipynb").unlink()
    with pytest.raises(build.BookError, match="names 02_instruction_expansion, found neither"):
        build.build(sample, say=lambda _: None)


def test_swapping_leaves_exactly_the_new_book(tmp_path):
    for name in ("html", "fresh", "html.old"):
        (tmp_path / name).mkdir()
        (tmp_path / name / name).write_text(name)
    build._swap(tmp_path / "fresh", tmp_path / "html")
    assert [p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*")] == ["html", "html/fresh"]


# --- the built pages ---


def hosts(text):
    """Hosts a page would be loaded from: what stands in src, in a link to a style, in url()."""
    loaded = re.findall(
        r"""<(?:script|img|iframe|link|source|object)\b[^>]*?(?:src|href|data)=["']?([^"'\s>]+)""", text
    )
    return {url for url in [*loaded, *re.findall(r"url\(['\"]?([^'\")]+)", text)] if re.match(r"(https?:)?//", url)}


def test_no_page_loads_anything_from_another_host(html):
    for page in html.glob("*.html"):
        assert hosts(page.read_text(encoding="utf-8")) == set(), page.name
        assert "unpkg" not in page.read_text(encoding="utf-8")
    for sheet in html.rglob("*.css"):
        assert hosts(sheet.read_text(encoding="utf-8")) == set(), sheet.name


def test_every_page_forbids_the_browser_to_ask_elsewhere(html):
    pages = [p for p in html.glob("*.html") if p.name != "index.html"]  # which only points to the first page
    assert pages and all("default-src 'self'" in page.read_text(encoding="utf-8") for page in pages)


def test_a_chinese_word_is_in_the_search_index(html):
    text = (html / "searchindex.js").read_text(encoding="utf-8")
    index = json.loads(text[text.index("{") : text.rindex("}") + 1])
    page = index["docnames"].index("01_data_collection")
    for word in ("利率", "率票", "久", "上行"):
        assert index["terms"][word] == page, word
    assert "densiti" in index["terms"], "English stays stemmed"


def test_every_part_of_a_chinese_word_is_an_indexed_term():
    """The law behind the search: the pairs of any piece of a text are among the terms of the text."""
    from assl_utils.book.sphinx import index_terms

    text = "公司2024年净利润同比增长12%，K-Means聚类（簇）完成。"
    terms = set(index_terms(text))
    for run in ("公司", "年净利润同比增长", "聚类", "簇", "完成"):
        for start in range(len(run)):
            for end in range(start + 2, len(run) + 1):
                piece = run[start:end]
                assert {piece[i : i + 2] for i in range(len(piece) - 1)} <= terms
            assert run[start] in terms
    assert {"2024", "12", "K", "Means"} <= terms and not any("，" in term for term in terms)


def test_the_embedded_font_has_every_chinese_character_of_the_pages(html):
    from fontTools.ttLib import TTFont

    with TTFont(html / "_static" / "fonts" / "book-cjk.woff") as font:
        known = font.getBestCmap()
    shown = {c for page in html.glob("*.html") for c in page.read_text(encoding="utf-8") if "\u4e00" <= c <= "\u9fff"}
    assert {"浮", "债"} <= shown and not [c for c in shown if ord(c) not in known]
    assert (html / "_static" / "fonts" / "OFL.txt").exists()


def test_the_table_of_contents_names_every_chapter_and_page_once():
    names = build._files(yaml.safe_load((ROOT / "book" / "_toc.yml").read_text()))
    assert len(names) == len(set(names))
    pages = {p.stem for p in (ROOT / "book").glob("*.md")} | {p.stem for p in (ROOT / "notebooks").glob("*.ipynb")}
    assert pages <= set(names), "a page outside the table of contents is not in the book"
