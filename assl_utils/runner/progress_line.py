"""One line that says how far a stage is: it updates in a terminal, and is written now and then to a log."""

import shutil
import sys
import time
import unicodedata

from assl_utils.progress import Watcher, seconds

QUIET = 15  # seconds between two lines in a log


class Line:
    """Progress of one stage, shown by calling it (the ``watch`` of `execute.execute`)."""

    def __init__(self, title, stream=None):
        self.title, self.stream = title, stream or sys.stdout
        self.live = self.stream.isatty()
        self.started = time.monotonic()
        self.shown = self.started
        self.watcher = None
        if not self.live:
            print(title, file=self.stream, flush=True)

    def __call__(self, cell, cells, progress):
        """Look at the bars and show where the stage is."""
        if self.watcher is None:
            self.watcher = Watcher(progress)
        now = time.monotonic()
        if not self.live and now - self.shown < QUIET:
            return
        self.shown = now
        self.watcher.poll()
        where = f"cell {cell}/{cells}" if cell else "starting"
        parts = [self.title, where, seconds(now - self.started), self.watcher.text()]
        text = " · ".join(part for part in parts if part)
        if self.live:
            self.stream.write("\r" + _fit(text, shutil.get_terminal_size().columns - 1) + "\x1b[K")
        else:
            self.stream.write(text + "\n")
        self.stream.flush()

    def end(self, text):
        """Replace the line by its final text."""
        self.stream.write(("\r\x1b[K" if self.live else "") + text + "\n")
        self.stream.flush()


def _fit(text, width):
    """``text`` cut to ``width`` columns; a Chinese character takes two."""
    used = 0
    for i, character in enumerate(text):
        used += 2 if unicodedata.east_asian_width(character) in "WF" else 1
        if used > width:
            return text[:i]
    return text
