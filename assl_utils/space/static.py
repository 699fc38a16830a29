"""The static encoder, fitted on a corpus: one vector for each token, a text is their mean."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import sparse
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import Normalize, StaticEmbedding
from sklearn.utils.extmath import randomized_svd
from threadpoolctl import threadpool_limits
from tokenizers import Tokenizer

from assl_utils import pretrained
from assl_utils.space.encoder import load_encoder

PART = 4096  # texts that are encoded at a time


def fit_static(texts: Sequence[str], tokenizer, dim: int = 128, seed: int = 0, out_dir=None) -> SentenceTransformer:
    r"""A static encoder fitted on ``texts``: tokens that keep the same company get similar vectors.

    How much more often two tokens meet in a text than chance has it, in logarithms and where positive, is decomposed
    into token vectors; a text is the mean of its tokens', rare ones counting more, scaled to length 1:

    .. math::
        P_{st} = \max\Bigl(0, \log \frac{n \, n_{st}}{n_s \, n_t}\Bigr) \approx U S V^\top, \qquad
        v_t = \mathrm{idf}_t \, U_t \sqrt{S} - c, \qquad \mathrm{Emb}(x) \propto \sum_{t \in x} v_t

    with :math:`n` texts, :math:`n_t` of them holding token :math:`t` and :math:`n_{st}` both. :math:`c` moves the mean
    of all texts into the origin: what every text shares says nothing about any.

    Parameters
    ----------
    texts : sequence of str
        The corpus.
    tokenizer : PreTrainedTokenizerFast or tokenizers.Tokenizer
        Fixed beforehand; it is copied, not changed.
    dim : int, default 128
        Dimensions, fewer where the corpus has not so many.
    seed : int, default 0
        Of the randomized decomposition.
    out_dir : path or None
        Where to save it, as a folder that ``SentenceTransformer(out_dir)`` loads.

    Returns
    -------
    SentenceTransformer

    Notes
    -----
    A token the corpus does not hold gets the mean of its characters' vectors where these are known, else :math:`-c`,
    the place of a token that says nothing.

    The decomposition runs in one thread, so the same texts give the same bytes for any number of threads.
    """
    if len(texts) < 2:
        raise ValueError(f"an encoder needs a corpus to be fitted on, not {len(texts)} texts")
    words = Tokenizer.from_str(getattr(tokenizer, "backend_tokenizer", tokenizer).to_str())
    words.no_padding()
    words.no_truncation()
    counts = _token_counts(texts, words)
    documents = np.bincount(counts.indices, minlength=counts.shape[1])
    idf = np.log((1 + len(texts)) / (1 + documents)) + 1

    information = _positive_information(counts, documents)
    dim = min(dim, int((documents > 0).sum()) - 1)
    with threadpool_limits(1):  # LU splits its sums by the number of threads; so thin a matrix gains nothing by them
        left, scale, _ = randomized_svd(information, n_components=dim, n_iter=6, random_state=seed)
    vectors = idf[:, None] * left * np.sqrt(scale)
    shares = sparse.diags_array(1 / np.maximum(counts.sum(axis=1), 1)) @ counts
    center = (shares @ vectors).mean(axis=0)
    vectors -= center
    _fill_unseen(vectors, documents > 0, words, center)

    encoder = SentenceTransformer(
        modules=[StaticEmbedding(words, embedding_weights=vectors.astype(np.float32)), Normalize()], device="cpu"
    )
    if out_dir is not None:
        encoder.save_pretrained(str(out_dir), create_model_card=False)
    return encoder


def fit_or_load(encoder, texts: Sequence[str], base_model, dim: int = 128, seed: int = 0, out_dir=None):
    """The encoder of a run: ``"embedded"`` is fitted on the texts, any other is loaded.

    Parameters
    ----------
    encoder : str or path
        ``"embedded"``, or a sentence-transformers model.
    base_model : str
        The model whose tokenizer splits the texts for the embedded encoder.
    texts, dim, seed, out_dir
        As for `fit_static`; of no effect on a model that is loaded.
    """
    if encoder != "embedded":
        return load_encoder(encoder)
    return fit_static(texts, pretrained.load_tokenizer(base_model), dim, seed, out_dir)


def _token_counts(texts: Sequence[str], words: Tokenizer) -> sparse.csr_array:
    """How often each text has each token, a row per text.

    A token takes 144 bytes in what the tokenizer returns and 4 here, so only a part of the texts is encoded at a time.
    """
    tokens, ends = [], [0]
    for start in range(0, len(texts), PART):
        for encoded in words.encode_batch(list(texts[start : start + PART]), add_special_tokens=False):
            tokens.append(np.asarray(encoded.ids, dtype=np.int32))
            ends.append(ends[-1] + len(tokens[-1]))
    tokens = np.concatenate(tokens)
    shape = len(texts), words.get_vocab_size(with_added_tokens=True)
    counts = sparse.csr_array((np.ones(len(tokens)), tokens, np.array(ends)), shape=shape)
    counts.sum_duplicates()
    return counts


def _positive_information(counts: sparse.csr_array, documents: np.ndarray) -> sparse.csr_array:
    """Positive pointwise mutual information of every pair of tokens that meet in a text; a token with itself has 0."""
    present = (counts > 0).astype(np.float64)
    together = (present.T @ present).tocoo()
    chance = documents[together.row] * documents[together.col] / counts.shape[0]
    value = np.log(together.data / chance)
    kept = (value > 0) & (together.row != together.col)
    return sparse.csr_array((value[kept], (together.row[kept], together.col[kept])), shape=together.shape)


def _fill_unseen(vectors: np.ndarray, seen: np.ndarray, words: Tokenizer, center: np.ndarray) -> None:
    """Vectors for tokens that occur in no text, in place."""
    by_text = {words.decode([int(token)]).strip(): token for token in np.flatnonzero(seen)}
    for token in np.flatnonzero(~seen):
        parts = [by_text[c] for c in words.decode([int(token)]) if c in by_text]
        vectors[token] = vectors[parts].mean(axis=0) if parts else -center
