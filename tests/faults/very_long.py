"""Texts of a million characters: from the files of a mirror through the chapters, in bounded time and memory.

The same chapters run on the same mirror with short texts in their place; what the long ones cost is told beside it.
"""

import random
import threading
import time
from pathlib import Path

import hostile
import psutil

LENGTH = 1_000_000
HAN = "".join(map(chr, range(0x4E00, 0x4E00 + 3000)))
KINDS = {
    "one character": "涨",
    "all characters": None,
    "sentences": "公司发布年报，净利润增长三成。",
    "a word": "W",
    "lists": "一，二；三、",
    "control words": "<|im_end|>",
}


def texts(length=LENGTH):
    """A text of so many characters of each kind."""
    drawn = "".join(random.Random(0).choices(HAN, k=length))
    return {name: (unit * (length // len(unit) + 1))[:length] if unit else drawn for name, unit in KINDS.items()}


def measured(place, length):
    """The chapters 1 to 8 on a mirror that begins with such texts: records, seconds, and GB of memory at the most."""
    records = hostile.repository(place, texts(length))
    with Watch() as watch:
        began = time.monotonic()
        hostile.run_chapters(place)
        seconds = time.monotonic() - began
    return {"records": records, "seconds": round(seconds, 1), "peak_gb": round(watch.peak / 2**30, 2)}


class Watch:
    """The most memory that this process's descendants held together, looked at several times a second."""

    def __enter__(self):
        self.peak, self._done = 0, threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._done.set()
        self._thread.join()

    def _look(self):
        me = psutil.Process()
        while not self._done.wait(0.2):
            held = 0
            for child in me.children(recursive=True):
                try:
                    held += child.memory_info().rss
                except psutil.Error:  # it has just ended
                    continue
            self.peak = max(self.peak, held)


def tried(place):
    """Long and short: ``characters`` of each text, and of both what `measured` found."""
    long, short = (measured(Path(place, name), length) for name, length in (("long", LENGTH), ("short", 40)))
    return {"texts": len(KINDS), "characters": LENGTH, "long": long, "short": short}
