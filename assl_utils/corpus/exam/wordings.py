"""How the exam questions and the textbook are worded, from the file ``exam_wordings``."""

from assl_utils.corpus.lexicon import blocks

_BLOCKS = blocks.read("exam_wordings")


def _stems(side):
    """Return the patterns of a side by form of question."""
    return {name.split()[1]: block.patterns() for name, block in _BLOCKS.items() if name.split()[0] == side}


STEMS = {False: _stems("training"), True: _stems("evaluation")}  # by side (held out or not) and form
TEXTBOOK = _BLOCKS["textbook"].patterns()
CLASSIFICATION = _BLOCKS["classification"].patterns()
WORKED = _BLOCKS["worked"].patterns()
