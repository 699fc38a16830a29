"""One line that says how far a stage is: it updates in a terminal, and is written now and then to a log."""

import contextlib
import json
import shutil
import sys
import time
import unicodedata

from assl_utils.progress import Watcher, seconds

QUIET = 15  # seconds between two lines in a log
SILENT = 300  # seconds without a new cell or a moving bar after which it is said


class Line:
    """Progress of one stage, shown by calling it (the ``watch`` of `execute.execute`)."""

    def __init__(self, title, stream=None):
        self.title, self.stream = title, stream or sys.stdout
        self.live = self.stream.isatty()
        self.started = time.monotonic()
        self.shown = self.started
        self.watcher = None
        self.sign = None  # a file in which `status` finds where we are
        self.last, self.since, self.signed = None, time.time(), 0.0
        if not self.live:
            print(title, file=self.stream, flush=True)

    def __call__(self, cell, cells, progress):
        """Look at the bars and show where the stage is."""
        if self.watcher is None:
            self.watcher = Watcher(progress)
        now = time.monotonic()
        self._note(cell, cells, progress)
        if not self.live and now - self.shown < QUIET:
            return
        self.shown = now
        self.watcher.poll()
        where = f"cell {cell}/{cells}" if cell else "starting"
        parts = [self.title, where, seconds(now - self.started), self.watcher.text()]
        parts.append(silent(time.time() - self.since))
        text = " · ".join(part for part in parts if part)
        if self.live:
            self.stream.write("\r" + _fit(text, shutil.get_terminal_size().columns - 1) + "\x1b[K")
        else:
            self.stream.write(text + "\n")
        self.stream.flush()

    def _note(self, cell, cells, progress):
        """Remember when the stage last gave a sign, a new cell or a moving bar, and keep it for `status`."""
        seen = cell, progress.stat().st_size if progress.exists() else 0
        if seen != self.last:
            self.last, self.since = seen, time.time()
        if self.sign is None or time.monotonic() - self.signed < QUIET:
            return
        self.signed = time.monotonic()
        with contextlib.suppress(OSError):  # a full disk must not stop the work that is reported
            self.sign.write_text(json.dumps({"cell": cell, "cells": cells, "sign": self.since}), encoding="utf-8")

    def end(self, text):
        """Replace the line by its final text."""
        self.stream.write(("\r\x1b[K" if self.live else "") + text + "\n")
        self.stream.flush()


def silent(waited):
    """``"no sign for 7 min 3 s"`` where that is long, else nothing."""
    return f"no sign for {seconds(waited)}" if waited >= SILENT else ""


def place(sign):
    """``", in cell 6/7, no sign for 7 min 3 s"`` by the file that the runner keeps of a stage under way."""
    try:
        found = json.loads(sign.read_text(encoding="utf-8"))
        cell, cells, last = (float(found[key]) for key in ("cell", "cells", "sign"))
    except (OSError, ValueError, KeyError, TypeError):
        return ""
    waited = silent(time.time() - last)
    return f", in cell {cell:.0f}/{cells:.0f}" + (f", {waited}" if waited else "")


def _fit(text, width):
    """``text`` cut to ``width`` columns; a Chinese character takes two."""
    used = 0
    for i, character in enumerate(text):
        used += 2 if unicodedata.east_asian_width(character) in "WF" else 1
        if used > width:
            return text[:i]
    return text
