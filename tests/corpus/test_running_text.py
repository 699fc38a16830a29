"""Running text: varied, repeatable, free of evaluation rows."""

from assl_utils.corpus.questions import fingerprints, fragments
from assl_utils.corpus.running_text import raw_text
from assl_utils.text.normal import normalise


def test_running_text_holds_no_evaluation_row(built):
    asked = {normalise(text) for text in built[1]["input"]}
    for text in raw_text(4000, seed=3):
        assert not asked & fragments(text)


def test_running_text_is_varied_and_repeatable():
    texts = raw_text(3000, seed=1)
    assert texts == raw_text(3000, seed=1) != raw_text(3000, seed=2)
    assert len(set(texts)) > 0.98 * len(texts)
    assert texts[:100] == raw_text(100, seed=1), "asking for more changes nothing before"
    assert 15 <= min(map(len, texts)) and max(map(len, texts)) <= 240


def test_running_text_leaves_out_what_is_excluded():
    texts = raw_text(200, seed=4, exclude=())
    banned = next(text for text in texts if len(fingerprints(text)) == 2)
    assert banned not in raw_text(200, seed=4, exclude=[banned])
