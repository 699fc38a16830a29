"""The fitted encoder is an ordinary sentence-transformers folder; the same texts give the same bytes."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest
import tiny_model
from sentence_transformers import SentenceTransformer
from texts import TOPICS, corpus
from tokenizers import Tokenizer

from assl_utils import store
from assl_utils.sources import collect
from assl_utils.space import static
from assl_utils.space.encoder import describe, embed
from assl_utils.tasks import wordings


def test_an_encoder_needs_a_corpus_or_a_name(tmp_path):
    with pytest.raises(ValueError, match="needs a corpus"):
        static.fit_static(["一"], tiny_model.tokenizer())
    fitted = static.fit_or_load("embedded", corpus()[0], "embedded", dim=8, out_dir=tmp_path / "encoder")
    assert fitted.get_embedding_dimension() == 8
    loaded = static.fit_or_load(tmp_path / "encoder", [], "embedded", dim=99)
    assert describe(loaded) == describe(fitted)


def test_plain_sentence_transformers_loads_the_folder_and_gives_the_same_vectors(tokenizer, tmp_path):
    texts, _ = corpus()
    fitted = static.fit_static(texts, tokenizer, dim=16, out_dir=tmp_path / "encoder")
    plain = SentenceTransformer(str(tmp_path / "encoder"), device="cpu")
    np.testing.assert_array_equal(plain.encode(texts), fitted.encode(texts))
    np.testing.assert_allclose(plain.encode(texts), embed(texts, fitted), atol=1e-6)
    assert not list((tmp_path / "encoder").rglob("*.bin"))


@pytest.mark.slow
def test_the_files_are_the_same_bytes_for_any_number_of_threads(tmp_path):
    """300 rows and all rows of the cpu run, each in processes of 1, 2 and 4 threads."""
    rows = wordings.assign(collect.embedded().rows, seed=0)
    texts = wordings.prompts(rows)
    assert len(texts) > 4000
    (tmp_path / "texts.json").write_text(json.dumps(texts), encoding="utf-8")
    fits = (
        "import json, sys\n"
        "from assl_utils.pretrained import load_tokenizer\n"
        "from assl_utils.space import static\n"
        "texts, tokenizer = json.load(open('texts.json', encoding='utf-8')), load_tokenizer('embedded')\n"
        "for n in (300, len(texts)):\n"
        "    static.fit_static(texts[:n], tokenizer, out_dir=f'{sys.argv[1]}-{n}')\n"
    )
    found = {}
    for threads in ("1", "2", "4"):
        limits = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), threads)
        paths = {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
        subprocess.run(
            [sys.executable, "-c", fits, threads], cwd=tmp_path, env=os.environ | limits | paths, check=True
        )  # fmt: skip
        found[threads] = [store.sha256(tmp_path / f"{threads}-{n}") for n in (300, len(texts))]
    assert found["1"] == found["2"] == found["4"]


@pytest.mark.parametrize("part", [1, 3, 4096])
def test_tokens_are_counted_text_by_text_however_many_are_encoded_at_a_time(tokenizer, monkeypatch, part):
    words = Tokenizer.from_str(tokenizer.backend_tokenizer.to_str())
    texts = [*corpus()[0][:10], "", corpus()[0][0] * 2]
    monkeypatch.setattr(static, "PART", part)
    counts = static._token_counts(texts, words)
    assert counts.shape == (12, words.get_vocab_size()) and counts.has_canonical_format
    for row, text in zip(counts.toarray(), texts, strict=True):
        ids = words.encode(text, add_special_tokens=False).ids
        assert row.tolist() == [ids.count(token) for token in range(len(row))]
    assert counts.toarray()[-1].max() >= 2 and not counts.toarray()[-2].any()


def test_the_positive_information_of_every_pair_counted_by_hand():
    from scipy import sparse

    texts = [[0, 1, 1], [0, 1], [2], [0, 2], [3, 3]]
    counts = sparse.csr_array(np.array([[t.count(i) for i in range(4)] for t in texts], dtype=float))
    found = static._positive_information(counts, np.array([3, 2, 2, 1])).toarray()
    expected = np.zeros((4, 4))
    expected[0, 1] = expected[1, 0] = np.log(5 * 2 / (3 * 2))  # met twice; 0 and 2 met less than chance
    np.testing.assert_allclose(found, expected, atol=1e-12)


def test_a_text_is_the_mean_of_its_tokens_scaled_to_length_one(encoder):
    text = corpus()[0][0]
    table = encoder[0].embedding.weight.detach().numpy()
    mean = table[encoder.tokenizer.encode(text, add_special_tokens=False).ids].mean(axis=0)
    np.testing.assert_allclose(embed([text], encoder)[0], mean / np.linalg.norm(mean), atol=1e-6)


def test_near_copies_and_texts_of_one_topic_are_nearer_than_others(encoder):
    texts, topics = corpus()
    X = embed(texts, encoder)
    swapped = [t[:2] + TOPICS[topic][0][0] + t[4:] for t, topic in zip(texts, topics, strict=True)]
    near = (X * embed(swapped, encoder)).sum(axis=1)
    similar = X @ X.T
    np.fill_diagonal(similar, np.nan)
    same = topics[:, None] == topics[None, :]
    assert (near > np.where(same, -1, similar).max(axis=1)).mean() > 0.95
    assert (near > np.nanmean(np.where(same, similar, np.nan), axis=1)).mean() > 0.9
    assert np.nanmean(similar[same]) > similar[~same].mean() + 0.5
    np.fill_diagonal(similar, -1)
    assert (topics[similar.argmax(axis=1)] == topics).all()


def test_the_same_corpus_and_seed_give_the_same_encoder(tokenizer):
    texts, _ = corpus()
    one, two = (static.fit_static(texts, tokenizer, dim=16, seed=3) for _ in range(2))
    assert describe(one) == describe(two)
    assert describe(one) != describe(static.fit_static(texts[1:], tokenizer, dim=16, seed=3))
    assert describe(one, "query: ") != describe(one)


def test_the_tokenizer_given_stays_as_it_is(tokenizer):
    before = tokenizer.backend_tokenizer.to_str()
    static.fit_static(corpus()[0], tokenizer, dim=8)
    assert tokenizer.backend_tokenizer.to_str() == before


def test_words_the_corpus_does_not_hold_have_a_place(encoder, tokenizer):
    strange = ["ÿ", "囧", "Zebra"]
    seen = set(tokenizer(corpus()[0], add_special_tokens=False)["input_ids"][0])
    assert not seen & set(tokenizer.encode("ÿ", add_special_tokens=False))
    vectors = embed(strange, encoder)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)
