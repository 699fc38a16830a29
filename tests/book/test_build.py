"""The book: prose of now over results of the run, nothing dangerous, nothing built twice, nothing lost by a failure."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import book_sample
import pytest
import yaml

from assl_utils.book import build

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def sample(tmp_path):
    return book_sample.make(tmp_path / "repository")


@pytest.fixture(scope="session")
def html():
    root, _ = book_sample.built()
    return root / "book" / "_build" / "html"


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


@pytest.mark.parametrize(("profile", "run"), [("cpu", ""), ("cpu", " "), ("../profiles/cpu", None), ("", None)])
def test_no_name_and_a_path_are_no_run(profile, run):
    with pytest.raises(build.BookError, match=r"--run is empty|names no profile"):
        build.run_folder("/nowhere", profile, run)
