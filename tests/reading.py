"""Somebody who reads the built book in headless Chromium, from a server on this machine, and what goes wrong."""

import contextlib
import functools
import http.server
import os
import shutil
import threading
from urllib.parse import urlsplit

import pytest

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync"]  # fmt: skip
PHONE = {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 2, "is_mobile": True, "has_touch": True}
DESK = {"viewport": {"width": 1280, "height": 900}}


def missing(reason):
    """Skip on a desk, fail on CI: there a test that never runs would go unnoticed."""
    (pytest.fail if os.environ.get("CI", "").lower() in ("1", "true") else pytest.skip)(reason)


def launch(driver):
    """The system's Chromium, headless."""
    return driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Serves a folder and prints nothing."""

    def log_message(self, *_):
        pass


@contextlib.contextmanager
def served(folder):
    """Serve a folder on loopback; gives the address."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


class Reader:
    """Somebody reading the book at ``address``; keeps which of its files were asked for and what went wrong."""

    def __init__(self, browser, address, **options):
        self.address, self.asked, self.wrong = address, set(), []
        self.context = browser.new_context(**options)
        self.context.route("**/*", self._gate)
        self.page = self.context.new_page()
        self.page.on("console", lambda m: m.type in ("error", "warning") and self.wrong.append(f"console: {m.text}"))
        self.page.on("pageerror", lambda error: self.wrong.append(f"script: {error}"))
        self.page.on("dialog", self._dialog)
        self.page.on("response", lambda r: r.status >= 400 and self.wrong.append(f"{r.status}: {r.url}"))

    def _gate(self, route):
        url = route.request.url
        if url.startswith(f"{self.address}/"):
            self.asked.add(urlsplit(url).path.lstrip("/"))
        if url.startswith((self.address + "/", "data:", "blob:")):
            route.continue_()
        else:
            self.wrong.append(f"asked another host: {url}")
            route.abort()

    def _dialog(self, dialog):
        self.wrong.append(f"a dialog: {dialog.message}")
        dialog.dismiss()

    def open(self, name="index.html"):
        self.page.goto(f"{self.address}/{name}", wait_until="load")
        return self.page
