"""The cells and columns of a published record, taken out with care: what is no example, and what cannot be right."""

import re


class Skip(Exception):
    """A record that is no example, with the reason in a few words."""


class Malformed(Exception):
    """A record that is not what its file should hold."""


def cells(record, count):
    """The items of a list that must hold ``count``."""
    if not isinstance(record, list):
        raise Malformed(f"a list of {count} is expected, not {type(record).__name__}")
    if len(record) != count:
        raise Malformed(f"{len(record)} items where {count} are expected")
    return record


def columns(record, *names):
    """The named values of an object."""
    if not isinstance(record, dict):
        raise Malformed(f"an object with {', '.join(names)} is expected, not {type(record).__name__}")
    missing = [name for name in names if name not in record]
    if missing:
        raise Malformed(f"the column {missing[0]!r} is missing; there are {', '.join(map(repr, list(record)[:12]))}")
    return [record[name] for name in names]


def text_of(value, what, empty=False):
    """A value that must be a text; an empty one is no example, unless it may be ``empty``."""
    if not isinstance(value, str):
        raise Malformed(f"{what} is {type(value).__name__}, not text: {str(value)[:40]!r}")
    if not empty and not value.strip():
        raise Skip("empty input" if what != "the answer" else "no answer")
    return value


def label_of(value, names):
    """A published label in this project's words."""
    if type(value) not in (int, str) or value not in names:  # 1.0 and True are 1 to Python
        raise Malformed(f"the label {value!r} is none of {', '.join(map(repr, names))}")
    return names[value]


def whole(text):
    """The whole number that a text holds, else the text."""
    return int(text) if re.fullmatch(r"\d+", str(text)) else text


def bare(text):
    """The letters and digits of a text."""
    return re.sub(r"[\W_]", "", text)


def names(text):
    """Entities parted by ``;``, each once."""
    return list(
        dict.fromkeys(name.strip() for name in text_of(text, "the entities", empty=True).split(";") if name.strip())
    )
