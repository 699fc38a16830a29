"""What a chapter needs and how long it takes, as a line below its title."""

import math
import re

from assl_utils.runner import notebook

WORDS = 150  # a minute, of a reader who thinks along
LINES = 12  # of code a minute


def line(written, upstream, seconds=None):
    """The line as Markdown.

    Parameters
    ----------
    written : dict
        The notebook.
    upstream : list of dict
        The notebooks of the chapters whose results it reads, in order.
    seconds : float, optional
        What the published run took for it.
    """
    needs = [f"{{ref}}`{label}`" for made in upstream if (label := _label(made))]
    parts = [
        f"Builds on {', '.join(needs)}" if needs else "Needs no other chapter",
        f"{minutes(written)} minutes to read",
    ]
    if seconds is not None:
        parts.append(f"{_time(seconds)} to run, in the published run")
    return "{.before}\n" + " · ".join(parts)


def minutes(written):
    """Minutes that a chapter takes to read, by its English words and its lines of code, to the next five."""
    cells = [(cell["cell_type"], notebook.source(cell)) for cell in notebook.on_the_page(written)["cells"]]
    words = sum(len(re.findall(r"[A-Za-z0-9]+", text)) for kind, text in cells if kind == "markdown")
    code = sum(len(text.splitlines()) for kind, text in cells if kind == "code")
    return 5 * math.ceil((words / WORDS + code / LINES) / 5)


def _label(made):
    found = re.match(r"\(([\w-]+)\)=", notebook.source(made["cells"][0]))
    return found and found[1]


def _time(seconds):
    return f"{math.ceil(seconds)} seconds" if seconds < 90 else f"{seconds / 60:.0f} minutes"
