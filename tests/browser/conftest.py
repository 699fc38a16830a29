"""A browser that may talk to nobody but the book: any other request, any error on the console, fails the test."""

import functools
import http.server
import os
import shutil
import threading
from pathlib import Path

import pytest

HERE = Path(__file__).resolve()
ROOT = HERE.parents[2]
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync"]  # fmt: skip


def missing(reason):
    """Skip on a desk, fail on CI: there a test that never runs would go unnoticed."""
    (pytest.fail if os.environ.get("CI", "").lower() in ("1", "true") else pytest.skip)(reason)


def pytest_collection_modifyitems(items):
    for item in items:
        if HERE.parent in item.path.parents:
            item.add_marker("browser")


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@pytest.fixture(scope="session")
def serve():
    """Serves folders on loopback; ``serve(folder)`` gives the address."""
    servers = []

    @functools.cache
    def start(folder):
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(folder)))
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_port}"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture(scope="module")
def chromium():
    """The system's Chromium, headless. It ends with each file: while it runs, no other test here can use asyncio."""
    playwright = pytest.importorskip("playwright.sync_api") if not os.environ.get("CI") else None
    if playwright is None:
        import playwright.sync_api as playwright
    if CHROMIUM is None:
        missing("no Chromium on this machine: apt-get install chromium")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


class Reader:
    """Somebody reading the book at ``address``; keeps what went wrong."""

    def __init__(self, browser, address, **options):
        self.address, self.wrong = address, []
        self.context = browser.new_context(**options)
        self.context.route("**/*", self._gate)
        self.page = self.context.new_page()
        self.page.on("console", lambda m: m.type in ("error", "warning") and self.wrong.append(f"console: {m.text}"))
        self.page.on("pageerror", lambda error: self.wrong.append(f"script: {error}"))
        self.page.on("response", lambda r: r.status >= 400 and self.wrong.append(f"{r.status}: {r.url}"))

    def _gate(self, route):
        url = route.request.url
        if url.startswith((self.address + "/", "data:", "blob:")):
            route.continue_()
        else:
            self.wrong.append(f"asked another host: {url}")
            route.abort()

    def open(self, name="index.html"):
        self.page.goto(f"{self.address}/{name}", wait_until="load")
        return self.page


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
