"""Mends of the theme's pages: done where they are due, refused where the theme has become another."""

import re

import book_sample
import pytest
from fontTools.ttLib import TTFont

from assl_utils.book import theme


@pytest.fixture(scope="module")
def html():
    root, _ = book_sample.built()
    return root / "book" / "_build" / "html"


def test_no_page_asks_for_the_script_of_icons_and_the_font_has_those_it_shows(html):
    for page in html.glob("*.html"):
        assert "fontawesome.js" not in page.read_text(encoding="utf-8"), page.name
    assert not (html / theme.ICON_SCRIPT).exists()
    letters = TTFont(html / theme.ICONS).getBestCmap()
    assert {0xF002, 0xF0C9, 0xF185, 0xF186} <= set(letters), "magnifying glass, bars, sun, moon"
    rules = re.findall(theme.ICON_RULE, (html / theme.STYLES).read_text("utf-8"))
    assert rules and {int(code, 16) for _, code in rules} <= set(letters), "rules of icons that no page shows"
    assert len(letters) < 40 and (html / theme.ICONS).stat().st_size < 10_000


def test_every_mend_says_why_and_leaves_nothing_to_mend(html):
    for page in html.glob("*.html"):
        for mend in theme.MENDS:
            before = re.search(mend.pattern, page.read_text(encoding="utf-8"))
            assert mend.why and (before is None or mend.replacement.startswith(r"\g<0>")), (page.name, mend.why)


def test_a_theme_with_other_markup_stops_the_build(tmp_path):
    (tmp_path / "intro.html").write_text("<html><body>another theme</body></html>")
    with pytest.raises(theme.ThemeError, match=r"intro\.html has no .*MENDS"):
        theme.mend_pages(tmp_path)
    assert (tmp_path / "intro.html").read_text().endswith("another theme</body></html>")
