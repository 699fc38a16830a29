"""A loss curve that grows while a notebook trains, in a notebook run by hand.

Under the runner there is none: the chapter draws its own figures from `losses.csv`; in a notebook run by hand the curve
is redrawn every few seconds and taken away at the end.
"""

import contextlib
import os
import time

from assl_utils import progress

EVERY = 3.0  # seconds between two drawings


class Curve:
    """A running loss; use it through `curve`."""

    def __init__(self, label, shown):
        self.label, self.shown = label, shown
        self._drawn, self._handle = time.monotonic(), None

    def due(self):
        """Whether somebody is looking and the last drawing is old."""
        return self.shown and time.monotonic() - self._drawn >= EVERY

    def draw(self, losses):
        """Show ``losses``, one a step, faint, and their running mean."""
        import matplotlib.pyplot as plt
        import pandas as pd
        from IPython.display import display

        from assl_utils.experts import account
        from assl_utils.figures import style, training

        table = pd.DataFrame({"expert": self.label, "step": range(1, len(losses) + 1), "loss": losses})
        with style.styled():
            figure = training.losses(account.smooth(table))
            if self._handle is None:
                self._handle = display(figure, display_id=True)
            else:
                self._handle.update(figure)
        plt.close(figure)
        self._drawn = time.monotonic()

    def close(self):
        """Take the curve away."""
        if self._handle is not None:
            self._handle.update({"text/plain": ""}, raw=True)


@contextlib.contextmanager
def curve(label):
    """A `Curve` while something is trained::

    with live.curve("lora-0") as curve:
        if curve.due():
            curve.draw(losses)
    """
    current = Curve(label, progress.in_notebook() and not os.environ.get("ASSL_PROGRESS"))
    try:
        yield current
    finally:
        current.close()
