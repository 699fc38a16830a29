"""Measured quality of every page, phone and desk, light and dark: all four of the sample book, two of the real one."""

import page_quality
import pytest
from reading import DESK, PHONE


@pytest.fixture(scope="module", params=["sample", "book"])
def measured(request, chromium, serve):
    """A built book and the figures of its pages."""
    html = request.getfixturevalue(request.param)
    settings = tuple(page_quality.SETTINGS) if request.param == "sample" else page_quality.CROSSED
    return html, page_quality.measure(chromium, serve(html), html, settings=settings)


def faults(figures, key):
    return {name: found[key] for name, found in figures.items() if found[key]}


def test_no_page_breaks_a_rule_of_accessibility(measured):
    found = {(name, setting): rules for name, page in measured[1].items() for setting, rules in page["axe"].items()}
    assert len(found) >= len(page_quality.CROSSED) * len(measured[1])
    assert not {key: rules for key, rules in found.items() if rules}


@pytest.mark.parametrize("fault", ["overflow", "loose", "heads", "powers", "silent", "wrong"])
def test_no_page_has_the_fault(measured, fault):
    """No page scrolls sideways, first columns stay, heads and numbers are for people, tables say that they sort, and
    nothing goes wrong on the console or asks another host.
    """
    assert not faults(measured[1], fault)


def test_no_page_is_heavy_or_endless(measured):
    for name, found in measured[1].items():
        assert found["wire"] <= page_quality.WIRE, f"{name}: {found['wire']:,} bytes over the wire"
        assert found["raw"] <= page_quality.RAW, f"{name}: {found['raw']:,} bytes"
        assert found["phone"] <= page_quality.TALL, f"{name}: {found['phone']:,} pixels on a phone"


def test_every_link_leads_somewhere(measured):
    assert not page_quality.dead_links(measured[0])


def test_the_keyboard_reaches_every_interactive_part(measured, serve, read):
    """What can be pressed, opened or scrolled is met by Tab, on every page."""
    reader = read(measured[0], **DESK)
    for name in measured[1]:
        page = reader.open(name)
        page.wait_for_timeout(100)
        assert page.evaluate(page_quality.OUT_OF_REACH) == [], name


def pressed(page, part, key="Enter"):
    """Come to the part by the keyboard alone, see that it has the focus, and press a key."""
    part.focus()
    assert part.evaluate("(e) => document.activeElement === e")
    page.keyboard.press(key)


def test_the_keyboard_works_each_kind_of_part_on_a_desk(sample, read):
    page = read(sample, **DESK, color_scheme="light").open("01_data_collection.html")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.innerText") == "Skip to main content"
    folded = page.locator("details").first
    for wanted in (True, False):
        pressed(page, folded.locator("summary"))
        assert folded.evaluate("(e) => e.open") is wanted
    mode = page.evaluate("document.documentElement.dataset.mode")
    pressed(page, page.locator(".theme-switch-button").first)
    assert page.evaluate("document.documentElement.dataset.mode") != mode
    pressed(page, page.locator(".dropdown-download-buttons > button"))
    page.locator(".dropdown-download-buttons .dropdown-menu.show").wait_for()
    page.keyboard.press("Escape")
    pressed(page, page.locator("button.copybtn >> visible=true").first)
    page.locator("button.copybtn.success").wait_for()
    wide = page.locator(".table-scroll", has_text="column 13").first
    wide.focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_timeout(300)
    assert wide.evaluate("(e) => e.scrollLeft") > 0
    page.keyboard.press("Control+k")
    page.locator("#pst-search-dialog[open]").wait_for()
    page.keyboard.press("Escape")
    assert page.locator("#pst-search-dialog[open]").count() == 0


def test_the_keyboard_opens_and_closes_both_menus_of_a_small_screen(sample, read):
    page = read(sample, **PHONE).open("01_data_collection.html")
    for kind in ("primary", "secondary"):
        pressed(page, page.locator(f"button.{kind}-toggle >> visible=true"))
        page.locator(f"#pst-{kind}-sidebar-modal[open]").wait_for()
        page.keyboard.press("Escape")
        assert page.locator(f"#pst-{kind}-sidebar-modal[open]").count() == 0


def test_a_part_that_only_a_mouse_can_use_is_found(sample, read):
    page = read(sample, **DESK).open("intro.html")
    assert page.evaluate(page_quality.OUT_OF_REACH) == []
    page.evaluate("document.querySelector('article').insertAdjacentHTML('beforeend', '<p onclick=1>press me</p>')")
    assert len(page.evaluate(page_quality.OUT_OF_REACH)) == 1


def test_a_small_number_sorts_as_one(sample, read):
    page = read(sample, **DESK).open("01_data_collection.html")
    table = page.locator("table.dataframe", has_text="lead-1")
    assert "1.07 × 10⁻¹⁴" in table.inner_text()
    table.get_by_role("button", name="AVG, interval from").press("Enter")
    assert table.locator("tbody th").all_inner_texts() == ["lead-1", "base", "mix", "all-data"]
