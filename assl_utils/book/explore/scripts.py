"""Data for the parts of the book that a reader can touch, as scripts that the page loads when they are asked for.

A page that was opened from a folder may not read files beside it, but it may load scripts: so each piece of data is a
script that puts one value into ``Touch.data``.
"""

import base64
import json
from pathlib import Path

import numpy as np

FOLDER = "_touch/data"  # below the book's sources; the pages find it as _static/data
DIGITS = 5  # significant ones of a number that is drawn


def write(name, value, source):
    """Write a value as ``name.js`` into the sources of a book; returns the file."""
    path = Path(source, FOLDER, f"{name}.js")
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    path.write_text(f"Touch.data[{json.dumps(name)}] = {text};\n", encoding="utf-8")
    return path


def read(path):
    """The value of such a script."""
    return json.loads(Path(path).read_text(encoding="utf-8").partition(" = ")[2].rstrip().rstrip(";"))


def numbers(values):
    """Numbers as a list, of as many digits as a drawing can show."""
    return [float(f"{value:.{DIGITS}g}") for value in np.asarray(values, dtype=float).tolist()]


def packed(array, kind):
    """An array's numbers in base64, little end first; ``kind`` is a NumPy type such as ``"<i2"``."""
    return base64.b64encode(np.ascontiguousarray(array).astype(kind).tobytes()).decode()
