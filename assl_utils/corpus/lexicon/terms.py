"""A glossary of finance, from the file ``terms``: term, field and what it means, for running text."""

from assl_utils.corpus.lexicon import blocks


def _terms(field, block):
    for line in block.lines:
        with line.reading():
            if line.text.count(" | ") != 1:
                raise ValueError(f"write {line.text!r} as `term | what it means`")
        term, meaning = line.text.split(" | ")
        yield term, field, meaning


TERMS = tuple(row for field, block in blocks.read("terms").items() for row in _terms(field, block))
