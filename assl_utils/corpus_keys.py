"""What a text is recognised by, so that nothing of an evaluation set is met elsewhere by accident."""

import re
import unicodedata

_PUNCTUATION = re.compile(r"[\W_]+")
_SENTENCES = re.compile(r"[。？！…\n]")
OWN = 14  # a shorter sentence is common talk: it says nothing of its own


def normalise(text):
    """Return the text after NFKC, in lower case, without punctuation and spaces."""
    return _PUNCTUATION.sub("", unicodedata.normalize("NFKC", text).lower())


def fingerprints(text):
    """Return the keys of a text: all of it, and its longest sentence if that is long enough to be its own.

    Of a question with options the stem counts as its sentence: a right answer to one is a wrong one to many others.
    """
    stem = text.split("\nA、")[0]
    longest = stem if stem != text else max(_SENTENCES.split(text), key=len)
    return [normalise(text)] + ([normalise(longest)] if len(longest) >= OWN else [])


def fragments(text):
    """Return the keys of a text, of each of its lines and of each of its longer sentences."""
    pieces = [text, *text.splitlines(), *(piece for piece in _SENTENCES.split(text) if len(piece) >= OWN)]
    return {normalise(piece) for piece in pieces}
