"""Texts as points: any sentence-transformers encoder, or one fitted on the corpus in a few seconds.

A text is the question as the model will read it, instruction and input together; its vector has length 1.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from scipy import sparse
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import Normalize, StaticEmbedding
from sklearn.utils.extmath import randomized_svd
from tokenizers import Tokenizer

from assl_utils import models, progress, store

CHUNK = 2048  # texts per file on disk


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
    """
    if len(texts) < 2:
        raise ValueError(f"an encoder needs a corpus to be fitted on, not {len(texts)} texts")
    words = Tokenizer.from_str(getattr(tokenizer, "backend_tokenizer", tokenizer).to_str())
    words.no_padding()
    words.no_truncation()
    encoded = [e.ids for e in words.encode_batch(list(texts), add_special_tokens=False)]
    size = words.get_vocab_size(with_added_tokens=True)
    rows = np.repeat(np.arange(len(encoded)), [len(ids) for ids in encoded])
    tokens = np.fromiter((token for ids in encoded for token in ids), dtype=np.int64, count=len(rows))
    counts = sparse.csr_array((np.ones(len(rows)), (rows, tokens)), shape=(len(encoded), size))
    counts.sum_duplicates()
    documents = np.bincount(counts.indices, minlength=size)
    idf = np.log((1 + len(texts)) / (1 + documents)) + 1

    information = _positive_information(counts, documents)
    dim = min(dim, int((documents > 0).sum()) - 1)
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


def load_encoder(encoder, device: str = "auto") -> SentenceTransformer:
    """A sentence-transformers encoder by hub name or folder; one that is loaded already comes back as it is."""
    if isinstance(encoder, SentenceTransformer):
        return encoder
    folder = Path(encoder).expanduser()
    if folder.is_dir() and not ({"modules.json", "config.json"} & {f.name for f in folder.iterdir()}):
        raise FileNotFoundError(f"{folder} holds neither modules.json nor config.json, so it is no encoder")
    if not folder.is_dir() and (folder.is_absolute() or str(encoder).startswith((".", "~"))):
        raise FileNotFoundError(f"there is no encoder folder {encoder}")
    name = str(folder) if folder.is_dir() else str(encoder)
    try:
        with models.quiet():
            return SentenceTransformer(
                name, device=None if device == "auto" else device, trust_remote_code=False,
                model_kwargs={"use_safetensors": True},
            )  # fmt: skip
    except OSError as error:
        first = str(error).splitlines()[0]
        raise OSError(f"cannot load the encoder {name!r}: give `encoder` a local folder. ({first})") from error


def describe(encoder: SentenceTransformer, prompt: str | None = None) -> dict:
    """What vectors depend on, to be kept beside them: the encoder's content hash, its dimensions, the prompt."""
    digest = hashlib.sha256()
    for name, tensor in sorted(encoder.state_dict().items()):
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}".encode())
        digest.update(tensor.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy().data)
    core = encoder.tokenizer if isinstance(encoder.tokenizer, Tokenizer) else encoder.tokenizer.backend_tokenizer
    digest.update(json.dumps(json.loads(core.to_str())["model"], sort_keys=True).encode())
    return {"encoder": digest.hexdigest(), "dim": encoder.get_embedding_dimension(), "prompt": prompt or ""}


def embed(
    texts: Sequence[str],
    encoder: SentenceTransformer,
    prompt: str | None = None,
    batch_size: int = 64,
    cache=None,
    label: str | None = None,
) -> np.ndarray:
    """Unit vectors of ``texts``, in their order.

    Parameters
    ----------
    texts : sequence of str
    encoder : SentenceTransformer
        See :func:`load_encoder` and :func:`fit_static`.
    prompt : str or None
        Put before each text; some encoders want ``"query: "``.
    batch_size : int, default 64
        Texts of like length share a batch; equal texts are embedded once.
    cache : path or None
        A folder for finished chunks: an interrupted call goes on where it was.

    Returns
    -------
    ndarray of shape (n, dim), float32
        An empty text, or one the encoder sends to the origin, has no direction and is an error.
    """
    unique = sorted(set(texts), key=lambda text: (len(text), text))
    chunks = [unique[i : i + CHUNK] for i in range(0, len(unique), CHUNK)]
    folder = None
    if cache is not None:
        about = describe(encoder, prompt) | {"batch_size": batch_size, "texts": unique}
        request = hashlib.sha256(json.dumps(about, ensure_ascii=False, sort_keys=True).encode()).hexdigest()
        folder = Path(cache) / request[:16]
    vectors = np.empty((len(unique), encoder.get_embedding_dimension()), dtype=np.float32)
    with progress.bar(len(unique), label or "vectors") as bar:
        for number, chunk in enumerate(chunks):
            path = folder and folder / f"{number:05d}.npy"
            place = slice(number * CHUNK, number * CHUNK + len(chunk))
            if path and path.exists():
                vectors[place] = store.read_array(path)
            else:
                vectors[place] = _unit(_encode(encoder, chunk, prompt, batch_size), chunk)
                if path:
                    store.write_array(vectors[place], path)
            bar.update(len(chunk))
    position = {text: i for i, text in enumerate(unique)}
    return vectors[[position[text] for text in texts]]


def truncated(texts: Sequence[str], encoder: SentenceTransformer, prompt: str | None = None) -> float:
    """Share of the texts that are longer than the encoder reads; their ends do not count."""
    limit = encoder.max_seq_length
    if not texts or limit is None or not np.isfinite(limit):
        return 0.0
    lengths = encoder.tokenizer([(prompt or "") + text for text in texts], truncation=False)["input_ids"]
    return float(np.mean([len(ids) > limit for ids in lengths]))


def _encode(encoder: SentenceTransformer, texts: list[str], prompt: str | None, batch_size: int) -> np.ndarray:
    return encoder.encode(
        texts, prompt=prompt or None, batch_size=batch_size, show_progress_bar=False, convert_to_numpy=True
    )


def _unit(vectors: np.ndarray, texts: list[str]) -> np.ndarray:
    vectors = vectors.astype(np.float64)
    norms = np.linalg.norm(vectors, axis=1)
    bad = np.flatnonzero(~np.isfinite(norms) | (norms < 1e-9))
    if len(bad):
        raise ValueError(
            f"{len(bad)} texts have no direction in the encoder's space, the first is {texts[bad[0]]!r:.80}"
        )
    return (vectors / norms[:, None]).astype(np.float32)
