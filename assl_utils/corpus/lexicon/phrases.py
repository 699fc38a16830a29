"""What surrounds an event, from the file ``phrases``: blocks by use, and by polarity where it counts."""

from assl_utils.corpus.lexicon import blocks

PHRASES = blocks.read("phrases")


def by_polarity(use, polarities=(1, 0, -1)):
    """Return the patterns of a use by polarity."""
    marks = {value: mark for mark, value in blocks.SIGNS.items()}
    return {polarity: PHRASES[f"{use} {marks[polarity]}"].patterns() for polarity in polarities}
