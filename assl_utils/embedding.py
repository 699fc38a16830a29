"""Texts as points: any sentence-transformers encoder, or one fitted on the corpus in a few seconds.

A text is the question as the model will read it, instruction and input together; its vector has length 1.

Fast here means: equal texts once, texts of like length side by side so that little is padding, batches of a fixed
number of *tokens* so that long texts do not push everything out of the processor's cache, and the arithmetic the
machine is quick at (`choose`), after 100 rows have shown that the vectors stay the same.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib
import json
import os
import tempfile
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple
from weakref import WeakKeyDictionary

import numpy as np
import torch
from scipy import sparse
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import Normalize, StaticEmbedding
from sklearn.utils.extmath import randomized_svd
from threadpoolctl import threadpool_limits
from tokenizers import Tokenizer

from assl_utils import models, progress, shards, store

CHUNK = 2048  # texts per file on disk
BATCH_TOKENS = {"cpu": 2048, "cuda": 32768}  # on a CPU more leave the cache, on a GPU fewer leave it idle
BACKENDS = ("torch", "onnx", "openvino")
PRECISIONS = ("auto", "float32", "bfloat16")
COMPARED = 100  # rows on which another way of computing is compared with the plain one
ALIKE = 0.999  # smallest cosine that passes as the same vector


class Way(NamedTuple):
    """How an encoder is run. The default is the plain one, PyTorch in float32."""

    backend: str = "torch"
    precision: str = "float32"
    cosine: float = 1.0  # smallest cosine to the plain vectors over the rows compared
    rows: int = 0  # how many were compared


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


def choose(
    encoder: SentenceTransformer,
    texts: Sequence[str],
    prompt: str | None = None,
    backend: str = "torch",
    precision: str = "auto",
) -> Way:
    """The way to run an encoder, tried on 100 of the texts before thousands are given to it.

    Parameters
    ----------
    encoder, texts, prompt
        As for `embed`.
    backend : {"torch", "onnx", "openvino"}
        What runs the transformer. The others are made from the PyTorch model at hand when first used; they run on a
        CPU and need the packages of ``pip install "assl-utils[backends]"``.
    precision : {"auto", "float32", "bfloat16"}
        What the matrix products are rounded to. "auto" is bfloat16 where the machine has units for it and the vectors
        stay the same by it, else float32.

    Returns
    -------
    Way
        With the smallest cosine to PyTorch's float32 vectors over rows of all lengths. Below 0.999 a way that was asked
        for by name is an error; "auto" falls back to float32.
    """
    for name, value, known in (("backend", backend, BACKENDS), ("precision", precision, PRECISIONS)):
        if value not in known:
            raise ValueError(f"{name} {value!r} is none of {', '.join(known)}")
    if isinstance(encoder[0], StaticEmbedding):
        if (backend, precision) in (("torch", "auto"), ("torch", "float32")):
            return Way()  # it looks vectors up and takes their mean: there is no product to be quicker at
        raise ValueError(f"a static encoder is no transformer: it runs by torch in float32, not {backend}, {precision}")
    if backend == "onnx" and precision == "bfloat16":
        raise ValueError("onnx runs in float32 here; take backend='openvino' or 'torch' for bfloat16")
    ways = [Way(backend, precision)]
    if precision == "auto":
        quick = backend != "onnx" and _has_bfloat16(encoder.device.type)
        ways = [Way(backend, name) for name in (["bfloat16"] if quick else []) + ["float32"]]
    sample = _of_all_lengths(texts, COMPARED)
    plain = None
    for way in ways:
        if way == Way():
            return way
        plain = embed(sample, encoder, prompt, label="plain vectors") if plain is None else plain
        tried = embed(sample, encoder, prompt, way, label=f"{way.backend} {way.precision}")
        unlike = float(np.einsum("ij,ij->i", tried, plain, dtype=np.float64).min())
        if unlike >= ALIKE:
            return way._replace(cosine=unlike, rows=len(sample))
    raise ValueError(
        f"{way.backend} in {way.precision} gives other vectors than torch in float32: on {len(sample)} rows the "
        f"smallest cosine is {unlike:.4f}, below {ALIKE}; take backend='torch', precision='float32'"
    )


def _has_bfloat16(device: str) -> bool:
    """Whether the device multiplies bfloat16 numbers faster than float32 ones."""
    if device != "cpu":
        return device == "cuda" and torch.cuda.is_bf16_supported(including_emulation=False)
    try:
        flags = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    return bool({"avx512_bf16", "amx_bf16", "bf16"} & set(flags.split()))  # the last one is ARM's


def _of_all_lengths(texts: Sequence[str], n: int) -> list[str]:
    """n different texts, evenly over the lengths, the shortest and the longest among them."""
    unique = sorted(set(texts), key=lambda text: (len(text), text))
    return [unique[i] for i in np.unique(np.linspace(0, len(unique) - 1, n).astype(int))] if unique else []


def embed(
    texts: Sequence[str],
    encoder: SentenceTransformer,
    prompt: str | None = None,
    way: Way | None = None,
    batch_tokens: int | None = None,
    cache=None,
    label: str | None = None,
    engine: str = "local",
    source=None,
) -> np.ndarray:
    """Unit vectors of ``texts``, in their order.

    Parameters
    ----------
    texts : sequence of str
    encoder : SentenceTransformer
        See :func:`load_encoder` and :func:`fit_static`.
    prompt : str or None
        Put before each text; some encoders want ``"query: "``.
    way : Way or None
        What `choose` found; None is PyTorch in float32.
    batch_tokens : int or None
        Tokens in a batch, padding included; None is 2,048 on a CPU and 32,768 on a GPU. Which texts share a batch can
        change last digits, so it follows from the request alone.
    cache : path or None
        A folder for finished chunks: an interrupted call goes on where it was.
    engine : str, default "local"
        Who computes the chunks, see :func:`assl_utils.shards.run`; any other than ``"local"`` needs ``cache``, where
        workers leave them, and ``source``.
    source : str or path or None
        Where workers find the encoder: its name or folder.

    Returns
    -------
    ndarray of shape (n, dim), float32
        An empty text, or one the encoder sends to the origin, has no direction and is an error.
    """
    way = way or Way()
    batch_tokens = batch_tokens or BATCH_TOKENS["cpu" if encoder.device.type == "cpu" else "cuda"]
    unique = sorted(set(texts))
    tokens = token_counts(unique, encoder, prompt)
    order = np.argsort(-tokens, kind="stable")  # the longest first: what does not fit into memory shows at once
    chunks = [order[i : i + CHUNK] for i in range(0, len(order), CHUNK)]
    folder = None
    if cache is not None:
        about = describe(encoder, prompt) | {"way": way[:2], "batch_tokens": batch_tokens, "texts": unique}
        request = hashlib.sha256(json.dumps(about, ensure_ascii=False, sort_keys=True).encode()).hexdigest()
        folder = Path(cache) / request[:16]
    if engine != "local":
        if folder is None or source is None:
            raise ValueError(f"engine {engine!r} needs a cache folder for the chunks and the encoder's source")
        jobs = [
            {
                "source": str(source), "texts": [unique[i] for i in chunk], "prompt": prompt, "way": tuple(way),
                "batch_tokens": batch_tokens, "path": (folder / f"{number:05d}.npy").resolve(),
            }
            for number, chunk in enumerate(chunks)
        ]  # fmt: skip
        shards.run(_one_chunk, [job for job in jobs if not job["path"].exists()], engine, label=label or "chunks")
    vectors = np.empty((len(unique), encoder.get_embedding_dimension()), dtype=np.float32)
    with progress.bar(len(unique), label or "vectors") as bar:
        for number, chunk in enumerate(chunks):
            path = folder and folder / f"{number:05d}.npy"
            if path and path.exists():
                vectors[chunk] = store.read_array(path)
                bar.update(len(chunk))
                continue
            for batch in _batches(chunk, tokens, batch_tokens):
                wanted = [unique[i] for i in batch]
                vectors[batch] = _unit(_encode(encoder, wanted, prompt, way), wanted)
                bar.update(len(batch))
            if path:
                store.write_array(vectors[chunk], path)
    position = {text: i for i, text in enumerate(unique)}
    return vectors[[position[text] for text in texts]]


_kept_encoder = lru_cache(maxsize=1)(load_encoder)  # a worker loads it once


def _one_chunk(source: str, texts: list[str], prompt, way, batch_tokens: int, path: Path) -> None:
    """A worker's part of `embed`: the vectors of one chunk, in its order, as a file."""
    encoder, way = _kept_encoder(source), Way(*way)
    vectors = np.empty((len(texts), encoder.get_embedding_dimension()), dtype=np.float32)
    for batch in _batches(np.arange(len(texts)), token_counts(texts, encoder, prompt), batch_tokens):
        wanted = [texts[i] for i in batch]
        vectors[batch] = _unit(_encode(encoder, wanted, prompt, way), wanted)
    store.write_array(vectors, path)


def truncated(texts: Sequence[str], encoder: SentenceTransformer, prompt: str | None = None) -> float:
    """Share of the texts that are longer than the encoder reads; their ends do not count."""
    limit = encoder.max_seq_length
    if not len(texts) or limit is None or not np.isfinite(limit):
        return 0.0
    return float(np.mean(token_counts(texts, encoder, prompt, limit=None) > limit))


def token_counts(
    texts: Sequence[str], encoder: SentenceTransformer, prompt: str | None = None, limit="own"
) -> np.ndarray:
    """Tokens of each text as the encoder reads them, at most as many as it reads; all 1 for a static one."""
    if not len(texts) or isinstance(encoder[0], StaticEmbedding):
        return np.ones(len(texts), dtype=np.int64)
    counts = np.empty(len(texts), dtype=np.int64)
    for start in range(0, len(texts), CHUNK):
        part = [(prompt or "") + text for text in texts[start : start + CHUNK]]
        ids = encoder.tokenizer(part, truncation=False, verbose=False)["input_ids"]
        counts[start : start + len(part)] = [len(one) for one in ids]
    limit = encoder.max_seq_length if limit == "own" else limit
    return counts if limit is None else np.minimum(counts, limit)


def _batches(order: np.ndarray, tokens: np.ndarray, budget: int) -> list[np.ndarray]:
    """Cut texts in the order of falling length so that no batch, padded to its first, exceeds the budget."""
    cut, start = [], 0
    while start < len(order):
        stop = start + max(1, int(budget // max(tokens[order[start]], 1)))
        cut.append(order[start:stop])
        start = stop
    return cut


def _encode(encoder: SentenceTransformer, texts: list[str], prompt: str | None, way: Way | None = None) -> np.ndarray:
    """Vectors of one batch as the encoder leaves them."""
    with _running(encoder, way or Way()):
        vectors = encoder.encode(
            texts, prompt=prompt or None, batch_size=len(texts), show_progress_bar=False, convert_to_tensor=True,
            device=str(encoder.device),
        )  # fmt: skip
    return vectors.float().cpu().numpy()


@contextlib.contextmanager
def _running(encoder: SentenceTransformer, way: Way):
    """Let the encoder compute in the given way for a while."""
    if way.backend == "torch":
        with torch.autocast(encoder.device.type, torch.bfloat16, enabled=way.precision == "bfloat16"):
            yield
        return
    module = encoder[0]
    made = _made.setdefault(encoder, {})
    if way[:2] not in made:
        made[way[:2]] = _Exported(module.model, *way[:2])
    kept, module.model = module.model, made[way[:2]]
    try:
        yield
    finally:
        module.model = kept


_made: WeakKeyDictionary = WeakKeyDictionary()  # encoder -> {(backend, precision): _Exported}


class _Exported(torch.nn.Module):
    """A transformer as another engine runs it, in the place of the PyTorch module it was made from.

    The graph comes from ``torch.export``, whose sizes stay free. A *traced* graph does not do: with transformers 5 it
    keeps the mask of the example it was traced with, and padded rows come out wrong.
    """

    def __init__(self, model: torch.nn.Module, backend: str, precision: str):
        super().__init__()
        self.config = model.config
        if model.device.type != "cpu":
            raise ValueError(f"backend {backend!r} runs on a CPU, the encoder is on {model.device}; take 'torch'")
        program = _program(model)
        self._run = _by_openvino(program, precision) if backend == "openvino" else _by_onnx(program)

    def forward(self, input_ids, attention_mask, **_):
        hidden = self._run(input_ids.numpy(), attention_mask.numpy())
        return {"last_hidden_state": torch.from_numpy(hidden)}


def _program(model: torch.nn.Module):
    """The transformer as a graph from token ids and mask to hidden states, for batches of any size and length."""

    class Hidden(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.model = model

        def forward(self, input_ids, attention_mask):
            return self.model(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state

    ids = torch.ones(3, 17, dtype=torch.long)
    free = {0: torch.export.Dim.DYNAMIC, 1: torch.export.Dim.DYNAMIC}
    sizes = {"input_ids": free, "attention_mask": free}
    with torch.inference_mode(), models.quiet():
        example = (ids, ids.tril(8))
        return torch.export.export(Hidden().eval(), example, dynamic_shapes=sizes, strict=False)


def _by_openvino(program, precision: str):
    hints = {"INFERENCE_PRECISION_HINT": {"float32": "f32", "bfloat16": "bf16"}[precision]}
    with _unreported():
        openvino = _engine("openvino")
        compiled = _openvino_core().compile_model(openvino.convert_model(program), "CPU", hints)
    request = compiled.create_infer_request()
    return lambda ids, mask: request.infer([ids, mask])[0].copy()


@lru_cache
def _openvino_core():
    """One for the process. A core takes over the stack that signals are handled on and frees it when it goes; of two
    cores the second gives the first one's freed stack back, and the next Ctrl-C is a segmentation fault."""
    return _engine("openvino").Core()


@contextlib.contextmanager
def _unreported():
    """OpenVINO tells its makers of every import and conversion, except from what it takes for a CI job."""
    before = os.environ.get("CI")
    os.environ["CI"] = "true"
    try:
        yield
    finally:
        if before is None:
            del os.environ["CI"]
        else:
            os.environ["CI"] = before


def _by_onnx(program):
    runtime = _engine("onnxruntime")
    _engine("onnxscript")
    with models.quiet(), tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "encoder.onnx"  # by way of a file: weights of more than 2 GB stand beside the graph
        torch.onnx.export(
            program, f=str(path), input_names=["input_ids", "attention_mask"], dynamo=True, external_data=True,
            verbose=False,
        )  # fmt: skip
        options = runtime.SessionOptions()
        options.intra_op_num_threads = torch.get_num_threads()
        session = runtime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    return lambda ids, mask: session.run(None, {"input_ids": ids, "attention_mask": mask})[0]


def _engine(package: str):
    """An engine's package, or the way to get it."""
    try:
        return importlib.import_module(package)
    except ImportError as error:
        raise ImportError(
            f"this backend needs the package {package}: pip install onnxruntime onnxscript openvino, or backend='torch'"
        ) from error


def _unit(vectors: np.ndarray, texts: list[str]) -> np.ndarray:
    vectors = vectors.astype(np.float64)
    norms = np.linalg.norm(vectors, axis=1)
    bad = np.flatnonzero(~np.isfinite(norms) | (norms < 1e-9))
    if len(bad):
        raise ValueError(
            f"{len(bad)} texts have no direction in the encoder's space, the first is {texts[bad[0]]!r:.80}"
        )
    return (vectors / norms[:, None]).astype(np.float32)
