"""Texts of other people, shown as they are: what would steer a terminal or turn the order of a line is made visible."""

import json
import re

# Control characters but tab and line end, bidi marks, Unicode's own line ends, and halves of characters.
_STEERING = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def visible(text: str) -> str:
    """A text for a terminal or a page, with a � for each character that would steer it."""
    return _STEERING.sub("�", text)


def as_json(value) -> str:
    """A value as one line of JSON, Chinese as it is; a character that would steer is escaped, so nothing is lost."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    return _STEERING.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
