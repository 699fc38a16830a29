"""A browser that may talk to nobody but the book, and what it met that it should not."""

import functools
import http.server
import os
import shutil
import threading

import pytest

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync"]  # fmt: skip


def missing(reason):
    """Skip on a desk, fail on CI: there a test that never runs would go unnoticed."""
    (pytest.fail if os.environ.get("CI", "").lower() in ("1", "true") else pytest.skip)(reason)


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


def start_server(folder):
    """Serve a folder on loopback; the server, to be shut down, and its address."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server, f"http://127.0.0.1:{server.server_port}"


def stop_server(server):
    """Let a server go."""
    server.shutdown()
    server.server_close()


def launch(driver):
    """The system's Chromium, headless."""
    return driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)


class Reader:
    """Somebody reading the book at ``address``; keeps what went wrong."""

    def __init__(self, browser, address, **options):
        self.address, self.wrong = address, []
        self.context = browser.new_context(**options)
        self.context.route("**/*", self._gate)
        self.page = self.context.new_page()
        self.page.on("console", lambda m: m.type in ("error", "warning") and self.wrong.append(f"console: {m.text}"))
        self.page.on("pageerror", lambda error: self.wrong.append(f"script: {error}"))
        self.page.on("dialog", self._dialog)
        self.page.on("response", lambda r: r.status >= 400 and self.wrong.append(f"{r.status}: {r.url}"))

    def _gate(self, route):
        url = route.request.url
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
