"""Long steps say how far they are, wherever they run, and never litter a rendered page.

Under the runner (``ASSL_PROGRESS`` names a file) a step appends JSON lines there and prints nothing; the runner reads
them with `Watcher` and shows the innermost bar in its own line. In a terminal the step draws a bar with tqdm, in a
notebook run by hand a line, and wipes it at the end. Anywhere else, where stderr mostly goes to a log, it is silent
for a minute and then says a line a minute.

Before it begins, a few short trials (`probes`) say how long it will take: their median, and how far to trust it.
"""

import contextlib
import itertools
import json
import os
import statistics
import sys
import time
from pathlib import Path

EVERY = 0.25  # seconds between two reports of one bar; a step may tick thousands of times a second
LOGGED = 60  # seconds between two lines in a log
PROBES = 5  # times that a trial is made, fewer where that takes longer than ENOUGH
FEWEST = 3  # the fewest whose median one slow moment leaves alone
ENOUGH = 2.0  # seconds
_numbers = itertools.count()


class Bar:
    """A count on its way to ``total`` (``None``: unknown); use it through `bar` or `track`."""

    def __init__(self, total, label):
        self.total, self.label, self.n, self.before = total, label, 0, 0
        self._key = f"{os.getpid()}-{next(_numbers)}"
        self._reported = 0.0
        self._began = self._logged = time.monotonic()
        self._file = os.environ.get("ASSL_PROGRESS")
        self._drawn = None if self._file else _draw(total, label)
        self._silent = bool(self._file) or _seen()
        self._report()

    def resume(self, n):
        """Count ``n`` that an earlier run did: they say nothing about the pace of this one."""
        self.before += n
        if self._drawn is not None:
            self._drawn.initial += n
        self.update(n)

    def update(self, n=1):
        """Count ``n`` more."""
        self.n += n
        if self._drawn is not None:
            self._drawn.update(n)
        elif self._file and time.monotonic() - self._reported >= EVERY:
            self._report()
        elif not self._silent and time.monotonic() - self._logged >= LOGGED:
            self._logged = time.monotonic()
            with contextlib.suppress(OSError):
                text = counted(self.label, self.n, self.total, self._logged - self._began, before=self.before)
                print(text, file=sys.stderr, flush=True)

    def close(self):
        """Take the bar away."""
        if self._drawn is not None:
            self._drawn.close()
        self._report(end=True)

    def _report(self, end=False):
        if not self._file:
            return
        event = {
            "key": self._key,
            "label": self.label,
            "n": self.n,
            "before": self.before,
            "total": self.total,
            "time": time.time(),
            "end": end,
        }
        self._reported = time.monotonic()
        # a full disk or a runner that is gone must not stop the work that is being reported
        with contextlib.suppress(OSError), open(self._file, "a", encoding="utf-8") as stream:
            stream.write(json.dumps(event, ensure_ascii=False) + "\n")


def _draw(total, label):
    """A bar where a person is looking and there is more than one step to see, else ``None``."""
    if total in (0, 1) or not _seen():
        return None
    if in_notebook():
        return _Line(total, label)
    from tqdm import tqdm

    return tqdm(total=total, desc=label, leave=False)


class _Line:
    """A bar in a notebook: a line below the cell that changes and is empty at the end.

    tqdm writes to stderr there, and an area of stderr stays, red and empty, when its text is wiped.
    """

    def __init__(self, total, label):
        self.total, self.label, self.n, self.initial = total, label, 0, 0
        self._began = self._said = time.monotonic()
        self._display = None

    def update(self, n):
        self.n += n
        now = time.monotonic()
        if now - self._said >= EVERY:
            self._said = now
            self._show(counted(self.label, self.n, self.total, now - self._began, before=self.initial))

    def close(self):
        if self._display is not None:
            self._show("")

    def _show(self, text):
        from IPython.display import display

        data = {"text/plain": text} if text else {"text/html": "", "text/plain": ""}
        if self._display is None:
            self._display = display(data, raw=True, display_id=True)
        else:
            self._display.update(data, raw=True)


def _seen():
    return sys.stderr.isatty() or in_notebook()


def in_notebook():
    """Whether this is the kernel of a notebook (asked without importing IPython)."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return hasattr(shell, "kernel")


@contextlib.contextmanager
def bar(total, label):
    """A `Bar` for work that is counted by hand::

    with progress.bar(len(rows), "answers") as bar:
        bar.update(len(batch))
    """
    current = Bar(total, label)
    try:
        yield current
    finally:
        current.close()


def track(iterable, label, total=None):
    """Yield what ``iterable`` yields and count it; ``total`` is its length where it has one."""
    if total is None and hasattr(iterable, "__len__"):
        total = len(iterable)
    with bar(total, label) as current:
        for item in iterable:
            yield item
            current.update()


class Watcher:
    """The runner's side: reads what bars wrote to ``path`` and describes the newest open one in a few words."""

    def __init__(self, path):
        self.path = Path(path)
        self._offset = 0
        self._open = {}  # key -> (first event's time, last event), oldest bar first

    def poll(self):
        """Read the whole lines that are new since the last call."""
        try:
            with self.path.open("rb") as stream:
                stream.seek(self._offset)
                text = stream.read()
        except FileNotFoundError:
            return
        text = text[: text.rfind(b"\n") + 1]
        self._offset += len(text)
        for line in text.splitlines():
            event = json.loads(line)
            first, _ = self._open.get(event["key"], (event["time"], None))
            self._open[event["key"]] = (first, event)
            if event["end"]:
                del self._open[event["key"]]

    def text(self, now=None):
        """``"pre-training 45/100, 30 s left"`` for the innermost open bar; empty when there is none."""
        if not self._open:
            return ""
        first, event = list(self._open.values())[-1]
        waited = (time.time() if now is None else now) - event["time"]
        took, before = event["time"] - first, event.get("before", 0)
        return counted(event["label"], event["n"], event["total"], took, waited, before)


def counted(label, n, total, elapsed, waited=0, before=0):
    """``"pre-training 45/100, 30 s left"``; ``elapsed`` seconds went by from ``before`` to ``n``, ``waited`` since."""
    if not total:
        return f"{label} {n}"
    left = ""
    if n > before and elapsed > 2:  # the first ticks say little about the last
        left = f", {seconds(max(elapsed / (n - before) * (total - n) - waited, 0))} left"
    return f"{label} {n}/{total}{left}"


def seconds(value):
    """A duration for people: ``"12 s"``, ``"3 min 20 s"``, ``"2 h 5 min"``."""
    value = round(value)
    if value < 60:
        return f"{value} s"
    if value < 3600:
        return f"{value // 60} min {value % 60} s"
    return f"{value // 3600} h {value % 3600 // 60} min"


def probes(trials, timed):
    """Seconds of each trial, a row a round; in rounds, so that a busy moment falls on all trials alike.

    Parameters
    ----------
    trials : callable
        Gives what is to be timed in the next round, as a list.
    timed : callable
        Does one and gives its seconds.
    """
    rounds = []
    while len(rounds) < PROBES and (len(rounds) < FEWEST or sum(map(sum, rounds)) < ENOUGH):
        rounds.append([timed(trial) for trial in trials()])
    return rounds


def span(estimates):
    """``seconds``, the median of what the probes say of the whole, and ``low_s`` and ``high_s``, the ends."""
    found = [float(value) for value in estimates] or [0.0]
    return {"seconds": statistics.median(found), "low_s": min(found), "high_s": max(found)}


def ranged(estimate, times=1):
    """``"3 min 20 s (3 min 1 s to 4 min 10 s by the probes)"`` of one `span`, or of the sum of a table of them."""
    found = [estimate[key] for key in ("seconds", "low_s", "high_s")]
    totals = [value.sum() if hasattr(value, "sum") else value for value in found]
    middle, low, high = (seconds(times * float(total)) for total in totals)
    return f"{middle} ({low} to {high} by the probes)"
