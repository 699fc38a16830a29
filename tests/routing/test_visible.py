"""What steers a terminal or turns a line is seen and not obeyed; everything else is left as it is."""

import json
import sys
import unicodedata

import pytest

from assl_utils.routing import visible

STEERING = ["\x00", "\x07", "\x08", "\x1b", "\x7f", "\x80", "\x9b", "\x9d", "\r", "\u2028", "\u2029", "\u061c"]
STEERING += [chr(c) for c in (*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F, 0xD800, 0xDFFF)]


@pytest.mark.parametrize("character", STEERING, ids=lambda c: f"{ord(c):04x}")
def test_a_character_that_steers_is_seen_and_in_json_nothing_is_lost(character):
    text = f"净{character}利\n\t!"
    assert visible.visible(text) == "净�利\n\t!"
    line = visible.as_json({"answer": text, character: [text]})
    assert json.loads(line) == {"answer": text, character: [text]}
    assert line == visible.visible(line) and "净" in line and "\n" not in line


def test_every_other_character_is_left_as_it_is():
    """By a slow twin over all of Unicode: its own categories, and the characters that Unicode calls bidi controls."""
    bidi = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
    for c in map(chr, range(sys.maxunicode + 1)):
        steers = unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp") and c not in "\t\n"
        steers |= unicodedata.bidirectional(c) in bidi or c in "\u200e\u200f\u061c"
        assert (visible.visible(c) != c) == steers, hex(ord(c))
