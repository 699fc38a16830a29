"""Processes forked from one that has already imported what they need: a kill then costs what the work costs."""

import multiprocessing
import os
import signal
import subprocess
import sys

_FORKS = multiprocessing.get_context("forkserver")


def preload():
    """Let the process that is forked import all that is heavy; to be called before the first fork."""
    _FORKS.set_forkserver_preload(["__main__", "pandas", "pyarrow.parquet", "torch", "peft", "transformers", "pieces"])


class Forked:
    """A function at work in a process of its own; it is asked and waited for like a `subprocess.Popen`."""

    def __init__(self, function, arguments, log):
        self._process = _FORKS.Process(target=_work, args=(function, arguments, str(log)), daemon=True)
        self._process.start()
        self.pid = self._process.pid

    def poll(self):
        """Its exit status, None while it works."""
        return self._process.exitcode

    def wait(self, timeout=None):
        """Its exit status, once it has ended."""
        self._process.join(timeout)
        if self._process.exitcode is None:
            raise subprocess.TimeoutExpired(self._process.name, timeout)
        return self._process.exitcode

    def send_signal(self, number):
        """A signal for the process; one that has ended gets none."""
        if self.poll() is None:
            os.kill(self.pid, number)


def _work(function, arguments, log):
    os.setsid()
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    with open(log, "wb") as out:
        os.dup2(out.fileno(), 1)
        os.dup2(out.fileno(), 2)
    sys.stdout = os.fdopen(1, "w", encoding="utf-8", closefd=False)
    sys.stderr = os.fdopen(2, "w", encoding="utf-8", closefd=False)
    function(*arguments)
    sys.stdout.flush()
