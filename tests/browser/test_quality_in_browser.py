"""Measured quality of every page, light and dark, on a phone and a desk: the sample book, then the real one."""

import page_quality
import pytest
from reading import DESK, PHONE


@pytest.fixture(scope="module", params=["sample", "book"])
def measured(request, chromium, serve):
    """A built book and the figures of its pages."""
    html = request.getfixturevalue(request.param)
    return html, page_quality.measure(chromium, serve(html), html)


def faults(figures, key):
    return {name: found[key] for name, found in figures.items() if found[key]}


@pytest.mark.parametrize("setting", page_quality.SETTINGS)
def test_no_page_breaks_a_rule_of_accessibility(measured, setting):
    broken = {name: found["axe"][setting] for name, found in measured[1].items()}
    assert not {name: rules for name, rules in broken.items() if rules}


@pytest.mark.parametrize("fault", ["overflow", "loose", "heads", "powers", "silent", "wrong"])
def test_no_page_has_the_fault(measured, fault):
    """No sideways scrolling of a page; first columns that stay; words for names of columns and plain numbers; tables that
    say that they sort; no error, no warning, no request to another host.
    """
    assert not faults(measured[1], fault)


def test_no_page_is_heavy_or_endless(measured):
    for name, found in measured[1].items():
        assert found["wire"] <= page_quality.WIRE, f"{name}: {found['wire']:,} bytes over the wire"
        assert found["raw"] <= page_quality.RAW, f"{name}: {found['raw']:,} bytes"
        assert found["phone"] <= page_quality.TALL, f"{name}: {found['phone']:,} pixels on a phone"


def test_every_link_leads_somewhere(measured):
    assert not page_quality.dead_links(measured[0])


def focused(page):
    """The element that has the focus, as a short text."""
    return page.evaluate("(e => `${e.tagName} ${e.className} ${e.innerText ?? ''}`.slice(0, 90))(document.activeElement)")


def test_the_keyboard_reaches_every_interactive_part(measured, serve, read):
    """What can be pressed, opened or scrolled is met by Tab, on every page."""
    reader = read(measured[0], **DESK)
    for name in measured[1]:
        page = reader.open(name)
        page.wait_for_timeout(100)
        assert page.evaluate(page_quality.OUT_OF_REACH) == [], name
