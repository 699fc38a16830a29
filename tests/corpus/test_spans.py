"""Names that the annotator finds, against a plain search."""

from assl_utils.corpus.lexicon import names as lexicon_names


def names_by_scanning(text):
    """Organisations of the lexicon in a text, longest first, by plain search: the literal twin of the annotator."""
    known = [c.name for c in lexicon_names.COMPANIES] + list(
        lexicon_names.UNLISTED + lexicon_names.BROKERS + lexicon_names.FUNDS + lexicon_names.MEDIA
    )
    found = []
    for name in sorted(known, key=len, reverse=True):
        if name in text and not any(name in longer for longer in found):
            found.append(name)
    return set(found)


def test_named_organisations_are_complete(clean):
    for row in clean[clean["subtask"] == "ner"].itertuples():
        annotated = {line.split(", ")[0] for line in row.answer.splitlines() if line.endswith("ORG")}
        assert names_by_scanning(row.input) <= annotated, row.id
