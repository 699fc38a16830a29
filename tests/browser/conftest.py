"""The pages a test opens: a request to another host, or any error on the console, fails the test."""

import contextlib
import functools
import os
from pathlib import Path

import pytest
from reading import CHROMIUM, Reader, launch, missing, served

HERE = Path(__file__).resolve()
ROOT = HERE.parents[2]


def pytest_collection_modifyitems(items):
    for item in items:
        if HERE.parent in item.path.parents:
            item.add_marker("browser")


@pytest.fixture(scope="session")
def serve():
    """Serves folders on loopback; ``serve(folder)`` gives the address."""
    with contextlib.ExitStack() as servers:
        yield functools.cache(lambda folder: servers.enter_context(served(folder)))


@pytest.fixture(scope="module")
def chromium():
    """The system's Chromium, headless. It ends with each file: while it runs, no other test here can use asyncio."""
    playwright = pytest.importorskip("playwright.sync_api") if not os.environ.get("CI") else None
    if playwright is None:
        import playwright.sync_api as playwright
    if CHROMIUM is None:
        missing("no Chromium on this machine: apt-get install chromium")
    with playwright.sync_playwright() as driver:
        browser = launch(driver)
        yield browser
        browser.close()


@pytest.fixture
def visit(chromium):
    """``visit(address, **options)``: a `Reader` of a server that the test has started."""
    return functools.partial(Reader, chromium)


@pytest.fixture
def read(chromium, serve):
    """``read(folder, **options)``: a `Reader`; whatever went wrong on its pages fails the test at its end."""
    readers = []

    def start(folder, **options):
        readers.append(Reader(chromium, serve(folder), **options))
        return readers[-1]

    yield start
    wrong = [line for reader in readers for line in reader.wrong]
    for reader in readers:
        reader.context.close()
    assert not wrong, "\n".join(dict.fromkeys(wrong))


@pytest.fixture(scope="session")
def sample():
    """The built sample book."""
    import book_sample

    root, _ = book_sample.built()
    return root / "book" / "_build" / "html"


@pytest.fixture(scope="session")
def book():
    """The built book of this repository."""
    html = ROOT / "book" / "_build" / "html"
    if not (html / "index.html").exists():
        missing("the book is not built yet: make book")
    return html
