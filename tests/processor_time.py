"""A limit on the processor's time, which neither a busy machine nor a slow one reaches by itself."""

import contextlib
import signal


@contextlib.contextmanager
def within(seconds, what):
    """Fail when the block computes for longer; a regular expression is stopped in the middle of its search."""

    def stop(*_):
        raise AssertionError(f"{what}: not done after {seconds} s of computing")

    before = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
