"""Texts as points: any sentence-transformers encoder, or one fitted on the corpus in a few seconds.

A text is the question as the model will read it, instruction and input together; its vector has length 1.

Fast here means: equal texts once, texts of like length side by side so that little is padding, batches of a fixed
number of *tokens* so that long texts do not push everything out of the processor's cache, and the arithmetic the
machine is quick at (`choose_mode`), after 100 rows have shown that the vectors stay the same.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple
from weakref import WeakKeyDictionary

import numpy as np
import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import StaticEmbedding
from tokenizers import Tokenizer

from assl_utils import pretrained, progress, shapes, store
from assl_utils.errors import DataError
from assl_utils.hub import snapshots
from assl_utils.jobs import run
from assl_utils.space.backends import Exported

CHUNK = 2048  # texts per file on disk
BATCH_TOKENS = {"cpu": 2048, "cuda": 32768}  # on a CPU more leave the cache, on a GPU fewer leave it idle
BACKENDS = ("torch", "onnx", "openvino")
PRECISIONS = ("auto", "float32", "bfloat16")
POOLED = {"Pooling", "StaticEmbedding", "BoW"}  # modules that give a vector for a whole text
COMPARED = 100  # rows on which another mode is compared with the plain one
ALIKE = 0.999  # smallest cosine that passes as the same vector


class EncodingMode(NamedTuple):
    """How an encoder is run. The default is the plain one, PyTorch in float32."""

    backend: str = "torch"
    precision: str = "float32"
    cosine: float = 1.0  # smallest cosine to the plain vectors over the rows compared
    rows: int = 0  # how many were compared

    def in_words(self) -> str:
        """The mode as a sentence, with what the comparison found."""
        if not self.rows:
            return f"{self.backend}, {self.precision}: the plain mode"
        found = f"smallest cosine to the plain vectors {self.cosine:.5f} on {self.rows} rows"
        return f"{self.backend}, {self.precision}: {found}"


def load_encoder(encoder, device: str = "auto") -> SentenceTransformer:
    """A sentence-transformers encoder by hub name (``owner/name``, pinned ``owner/name@revision``) or folder.

    One that is loaded already comes back as it is.
    """
    if isinstance(encoder, SentenceTransformer):
        return encoder
    folder = Path(encoder).expanduser()
    if folder.is_dir():
        _check_modules(folder, str(folder))
    if not folder.is_dir() and snapshots.parse(str(encoder)) is None:
        raise FileNotFoundError(f"there is no encoder folder {encoder} (and a hub name reads owner/name)")
    name = str(folder) if folder.is_dir() else str(snapshots.folder(str(encoder)))
    _check_modules(Path(name), str(encoder))
    try:
        with pretrained.quiet():
            loaded = SentenceTransformer(
                name, device=None if device == "auto" else device, trust_remote_code=False,
                model_kwargs={"use_safetensors": True},
            )  # fmt: skip
    except OSError as error:
        first = str(error).splitlines()[0]
        raise OSError(f"cannot load the encoder {name!r}: give `encoder` a local folder. ({first})") from error
    _check_chinese(loaded, str(encoder))
    return loaded


def _check_modules(folder: Path, name: str) -> None:
    """A folder without modules, or without one that makes a text's vector of its tokens', is no encoder."""
    there = {file.name for file in folder.iterdir()}
    if not {"modules.json", "config.json"} & there:
        raise FileNotFoundError(f"{folder} holds neither modules.json nor config.json, so it is no encoder")
    modules = store.read_json(folder / "modules.json") if "modules.json" in there else []
    kinds = [module["type"].rpartition(".")[2] for module in modules]
    if not POOLED & set(kinds):
        raise DataError(
            "it has no pooling: no module says how the vectors of its tokens become one for a text (modules.json names "
            f"{', '.join(kinds) or 'nothing, for it is not there'}). Name an encoder of sentence-transformers, or save "
            "this model as one, with a Pooling module",
            name,
        )


def _check_chinese(encoder: SentenceTransformer, name: str) -> None:
    """An encoder whose tokenizer has no characters for Chinese is an error: all texts would have one vector."""
    tokenizer = encoder.tokenizer
    core = tokenizer if isinstance(tokenizer, Tokenizer) else tokenizer.backend_tokenizer
    tokens = core.encode("股价", add_special_tokens=False).tokens
    if not [token for token in tokens if token not in ("▁", getattr(tokenizer, "unk_token", "[UNK]"))]:
        raise DataError(
            "its tokenizer drops Chinese text, of which nothing is left to encode: take another encoder", name
        )


class EncoderFile(shapes.Shape):
    """``encoder.json``: what `describe` gives."""

    encoder: str
    prompt: str
    dim: shapes.Count | None = None


def describe(encoder: SentenceTransformer, prompt: str | None = None) -> dict:
    """What vectors depend on, to be kept beside them: the encoder's content hash, its dimensions, the prompt."""
    digest = hashlib.sha256()
    for name, tensor in sorted(encoder.state_dict().items()):
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}".encode())
        digest.update(tensor.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy().data)
    core = encoder.tokenizer if isinstance(encoder.tokenizer, Tokenizer) else encoder.tokenizer.backend_tokenizer
    digest.update(json.dumps(json.loads(core.to_str())["model"], sort_keys=True).encode())
    return {"encoder": digest.hexdigest(), "dim": encoder.get_embedding_dimension(), "prompt": prompt or ""}


def choose_mode(
    encoder: SentenceTransformer,
    texts: Sequence[str],
    prompt: str | None = None,
    backend: str = "torch",
    precision: str = "auto",
) -> EncodingMode:
    """How to run an encoder, tried on 100 of the texts before thousands are given to it.

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
    EncodingMode
        With the smallest cosine to PyTorch's float32 vectors over rows of all lengths. Below 0.999 a mode that was
        named is an error; "auto" falls back to float32.
    """
    for name, value, known in (("backend", backend, BACKENDS), ("precision", precision, PRECISIONS)):
        if value not in known:
            raise ValueError(f"{name} {value!r} is none of {', '.join(known)}")
    if isinstance(encoder[0], StaticEmbedding):
        if (backend, precision) in (("torch", "auto"), ("torch", "float32")):
            return EncodingMode()  # it looks vectors up and takes their mean: there is no product to be quicker at
        raise ValueError(f"a static encoder is no transformer: it runs by torch in float32, not {backend}, {precision}")
    if backend == "onnx" and precision == "bfloat16":
        raise ValueError("onnx runs in float32 here; take backend='openvino' or 'torch' for bfloat16")
    modes = [EncodingMode(backend, precision)]
    if precision == "auto":
        quick = backend != "onnx" and _has_bfloat16(encoder.device.type)
        modes = [EncodingMode(backend, name) for name in (["bfloat16"] if quick else []) + ["float32"]]
    sample = _of_all_lengths(texts, COMPARED)
    plain = None
    for mode in modes:
        if mode == EncodingMode():
            return mode
        plain = embed(sample, encoder, prompt, label="plain vectors") if plain is None else plain
        tried = embed(sample, encoder, prompt, mode, label=f"{mode.backend} {mode.precision}")
        unlike = float(np.einsum("ij,ij->i", tried, plain, dtype=np.float64).min())
        if unlike >= ALIKE:
            return mode._replace(cosine=unlike, rows=len(sample))
    raise ValueError(
        f"{mode.backend} in {mode.precision} gives other vectors than torch in float32: on {len(sample)} rows the "
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
    mode: EncodingMode | None = None,
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
    mode : EncodingMode or None
        What `choose_mode` found; None is PyTorch in float32.
    batch_tokens : int or None
        Tokens in a batch, padding included; None is 2,048 on a CPU and 32,768 on a GPU. Which texts share a batch can
        change last digits, so it follows from the request alone.
    cache : path or None
        A folder for finished chunks: an interrupted call goes on where it was.
    engine : str, default "local"
        Who computes the chunks, see :func:`assl_utils.jobs.run`; any other than ``"local"`` needs ``cache``, where
        workers leave them, and ``source``.
    source : str or path or None
        Where workers find the encoder: its name or folder.

    Returns
    -------
    ndarray of shape (n, dim), float32
        An empty text, or one the encoder sends to the origin, has no direction and is an error.
    """
    mode = mode or EncodingMode()
    batch_tokens = batch_tokens or BATCH_TOKENS["cpu" if encoder.device.type == "cpu" else "cuda"]
    unique = sorted(set(texts))
    tokens = token_counts(unique, encoder, prompt)
    order = np.argsort(-tokens, kind="stable")  # the longest first: what does not fit into memory shows at once
    chunks = [order[i : i + CHUNK] for i in range(0, len(order), CHUNK)]
    folder = None
    if cache is not None:
        about = describe(encoder, prompt) | {"mode": mode[:2], "batch_tokens": batch_tokens, "texts": unique}
        request = hashlib.sha256(json.dumps(about, ensure_ascii=False, sort_keys=True).encode()).hexdigest()
        folder = Path(cache) / request[:16]
    if engine != "local":
        if folder is None or source is None:
            raise ValueError(f"engine {engine!r} needs a cache folder for the chunks and the encoder's source")
        jobs = [
            {
                "source": str(source), "texts": [unique[i] for i in chunk], "prompt": prompt, "mode": tuple(mode),
                "batch_tokens": batch_tokens, "path": (folder / f"{number:05d}.npy").resolve(),
            }
            for number, chunk in enumerate(chunks)
        ]  # fmt: skip
        run(_one_chunk, [job for job in jobs if not job["path"].exists()], engine, label=label or "chunks")
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
                vectors[batch] = _unit(_encode(encoder, wanted, prompt, mode), wanted)
                bar.update(len(batch))
            if path:
                store.write_array(vectors[chunk], path)
    position = {text: i for i, text in enumerate(unique)}
    return vectors[[position[text] for text in texts]]


_kept_encoder = lru_cache(maxsize=1)(load_encoder)  # a worker loads it once


def _one_chunk(source: str, texts: list[str], prompt, mode, batch_tokens: int, path: Path) -> None:
    """A worker's part of `embed`: the vectors of one chunk, in its order, as a file."""
    encoder, mode = _kept_encoder(source), EncodingMode(*mode)
    vectors = np.empty((len(texts), encoder.get_embedding_dimension()), dtype=np.float32)
    for batch in _batches(np.arange(len(texts)), token_counts(texts, encoder, prompt), batch_tokens):
        wanted = [texts[i] for i in batch]
        vectors[batch] = _unit(_encode(encoder, wanted, prompt, mode), wanted)
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


def _encode(
    encoder: SentenceTransformer, texts: list[str], prompt: str | None, mode: EncodingMode | None = None
) -> np.ndarray:
    """Vectors of one batch as the encoder leaves them."""
    with _running(encoder, mode or EncodingMode()):
        vectors = encoder.encode(
            texts, prompt=prompt or None, batch_size=len(texts), show_progress_bar=False, convert_to_tensor=True,
            device=str(encoder.device),
        )  # fmt: skip
    return vectors.float().cpu().numpy()


@contextlib.contextmanager
def _running(encoder: SentenceTransformer, mode: EncodingMode):
    """Let the encoder compute in the given mode while the block lasts."""
    if mode.backend == "torch":
        with torch.autocast(encoder.device.type, torch.bfloat16, enabled=mode.precision == "bfloat16"):
            yield
        return
    module = encoder[0]
    made = _made.setdefault(encoder, {})
    if mode[:2] not in made:
        made[mode[:2]] = Exported(module.model, *mode[:2])
    kept, module.model = module.model, made[mode[:2]]
    try:
        yield
    finally:
        module.model = kept


_made: WeakKeyDictionary = WeakKeyDictionary()  # encoder -> {(backend, precision): _Exported}


def _unit(vectors: np.ndarray, texts: list[str]) -> np.ndarray:
    vectors = vectors.astype(np.float64)
    norms = np.linalg.norm(vectors, axis=1)
    bad = np.flatnonzero(~np.isfinite(norms) | (norms < 1e-9))
    if len(bad):
        raise ValueError(
            f"{len(bad)} texts have no direction in the encoder's space, the first is {texts[bad[0]]!r:.80}"
        )
    return (vectors / norms[:, None]).astype(np.float32)
