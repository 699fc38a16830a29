"""The wings of `assl_utils`, who may import whom, and the picture of it on the page "The house".

python -m assl_utils.book.house    # draw book/_static/house.svg again, after a change of the layers
"""

import sys
from html import escape
from pathlib import Path

from assl_utils import store
from assl_utils.runner.fingerprint import UNDECIDING

# A wing may import from the lines before its own, never from a later one or from its neighbours.
LAYERS = (
    ("errors", "shapes", "store", "progress", "machine", "processes"),
    ("hub",),
    ("pretrained",),
    ("jobs",),
    ("tasks",),
    ("text",),
    ("corpus",),
    ("sources",),
    ("space",),
    ("figures",),
    ("experts",),
    ("selection",),
    ("routing",),
    ("evaluation",),
    ("panels",),
    ("runner",),
    ("study",),
    ("share", "bench", "book", "ask"),
)
ROOT = LAYERS[0]  # the files that everything may use; they import each other at most
# Earlier, and still not to be imported.
NEVER = {
    "tasks": {"corpus", "sources"},
    "text": {"corpus", "sources"},
    "space": {"corpus", "sources"},
    "corpus": {"sources"},
    "experts": {"selection", "routing"},
    "evaluation": {"routing"},
    "runner": {wing for wings in LAYERS for wing in wings} - {*ROOT, "hub", "runner"},
}
ABOUT = {
    "hub": "files and models by name, commit and checksum",
    "pretrained": "a model's folder, device and precision",
    "jobs": "work in several processes, or on several machines",
    "tasks": "what is asked, and how an answer is read",
    "text": "two texts compared: near copies, ROUGE",
    "corpus": "the invented corpus, the exam, the base model",
    "sources": "the published files: downloaded, read, cleaned",
    "space": "encoder, neighbours, clusters",
    "figures": "one style, one file for each group of chapters",
    "experts": "models, training, answers",
    "selection": "A-DBSCAN, budget, feedback, utility",
    "routing": "which expert answers",
    "evaluation": "scores, tables, statistics",
    "panels": "sliders that move a chapter's table and picture",
    "runner": "which chapter has to run, and running it",
    "study": "what is done with whole runs",
}
FILE = "book/_static/house.svg"
WIDTH, TOP, STEP, HIGH, LEFT, INNER = 720, 64, 36, 30, 16, 688
METHOD, PLAIN, OUTSIDE = "#dbe7f3", "#f1efe8", "#f6f7f9"


def picture():
    """The picture as SVG: a line for each layer, the one that may import from all others on top."""
    height = TOP + STEP * len(LAYERS) + 16
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" '
        'font-family="system-ui, sans-serif" fill="#333333">',
        "<title>The wings of assl_utils, in layers</title>",
        f'<rect width="{WIDTH}" height="{height}" rx="10" fill="#ffffff"/>',
        _text(LEFT, 26, "A wing may import from the lines below its own, never from above or beside.", 15),
        _text(
            LEFT,
            48,
            "Blue: can decide a chapter's result. White: cannot. Sand: what all wings may use.",
            13,
            "#555555",
        ),
    ]
    for number, wings in enumerate(reversed(LAYERS)):
        parts += _line(wings, TOP + STEP * number)
    return "\n".join([*parts, "</svg>", ""])


def _line(wings, y):
    wide = (INNER - 8 * (len(wings) - 1)) / len(wings)
    for place, wing in enumerate(wings):
        x = LEFT + place * (wide + 8)
        colour = OUTSIDE if wing in UNDECIDING or wing == "ask" else PLAIN if wing in (*ROOT, "jobs") else METHOD
        yield f'<rect x="{x:g}" y="{y}" width="{wide:g}" height="{HIGH}" rx="6" fill="{colour}" stroke="#d9dce1"/>'
        yield _text(x + 12, y + 20, wing, 15, weight=600)
        if wing in ABOUT:
            yield _text(x + 130, y + 20, ABOUT[wing], 14, "#555555")


def _text(x, y, words, size, colour="#333333", weight=400):
    return f'<text x="{x:g}" y="{y}" font-size="{size}" font-weight="{weight}" fill="{colour}">{escape(words)}</text>'


def main():
    """Draw the picture anew."""
    path = Path(store.root(), FILE)
    path.write_text(picture(), encoding="utf-8")
    print(f"written: {FILE}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
