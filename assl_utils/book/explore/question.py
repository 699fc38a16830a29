"""Where would your question go: a run's router for the browser, with the rows and recorded answers that lie near.

The browser splits a text into tokens as the tokenizer does, looks their vectors up, and measures the distances to the
experts. Vectors are kept as whole numbers with one scale each; the tests compare with `Router.route`.
"""

import json
from pathlib import Path

import numpy as np
import pandas as pd
from sentence_transformers.sentence_transformer.modules import StaticEmbedding

from assl_utils import store
from assl_utils.book.explore import files, scripts
from assl_utils.routing.router import Router
from assl_utils.space.encoder import embed
from assl_utils.tasks.wordings import prompts

ENCODER, ROWS, ANSWERS = "encoder", "rows", "answers"  # three pieces: the second and third come after the first
TEXT, ANSWER = 120, 60  # characters of a question and of an answer that are shown
EXAMPLES = 12
# What the browser's tokenizer does; another one would need another program.
NORMALIZER = {"type": "NFC"}
SPLIT = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)


def write(run, source):
    """Write the pieces of a run that has finished chapter 7 (and of chapter 8, where it has).

    Returns
    -------
    dict or None
        ``mb`` of all pieces and ``rows``, for the page's text; None where the browser cannot do what this encoder does.
    """
    run = Path(run)
    router = Router.from_dir(run / files.ROUTING / "router")
    model = encoder(router.encoder)
    if model is None:
        return None
    rows = store.read_table(run / files.WORDINGS / "rows.parquet")
    answers = _answers(run, router) if files.finished(run, files.ANSWERS) else None
    pieces = {ENCODER: {"encoder": model, "router": _router(router)}, ROWS: _rows(run, rows, router), ANSWERS: answers}
    size = sum(scripts.write(name, piece, source).stat().st_size for name, piece in pieces.items())
    return {"mb": size / 1e6, "rows": len(rows)}


def encoder(model):
    """Tokenizer and token vectors of a static encoder, packed; None for an encoder of another kind."""
    if not isinstance(model[0], StaticEmbedding):
        return None
    words = json.loads(model.tokenizer.to_str())
    if not _is_known(words):
        return None
    vocabulary = words["model"]["vocab"]
    merges = [pair if isinstance(pair, list) else pair.split(" ") for pair in words["model"]["merges"]]
    triples = [[vocabulary[a], vocabulary[b], vocabulary[a + b]] for a, b in merges]
    vectors = model[0].embedding.weight.detach().cpu().numpy()
    special = {token["content"]: token["id"] for token in words["added_tokens"]}
    return {
        "bytes": [vocabulary[sign] for sign in _signs()], "merges": scripts.packed(triples, "<u4"), "special": special,
        **whole_numbers(vectors, 16),
    }  # fmt: skip


def _is_known(words):
    """Whether a tokenizer is one that the browser's program splits alike: BPE over bytes, cut by `SPLIT`."""
    model, cut = words["model"], words["pre_tokenizer"] or {}
    steps = cut.get("pretokenizers", [cut])
    plain = not any(model.get(name) for name in ("dropout", "byte_fallback", "ignore_merges", "unk_token"))
    special = all(not token["lstrip"] and not token["rstrip"] and not token["single_word"] and not token["normalized"]
                  for token in words["added_tokens"])  # fmt: skip
    return (
        model["type"] == "BPE" and plain and special and words["normalizer"] == NORMALIZER
        and [step.get("type") for step in steps] == ["Split", "ByteLevel"]
        and steps[0]["pattern"] == {"Regex": SPLIT} and steps[0]["behavior"] == "Isolated" and not steps[0]["invert"]
        and not steps[1]["add_prefix_space"] and not steps[1]["use_regex"]
    )  # fmt: skip


def _signs():
    """The sign by which byte-level BPE writes each of the 256 bytes: printable ones themselves, others from 256 on."""
    printable = {*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)}
    others = iter(range(256, 512))
    return [chr(byte) if byte in printable else chr(next(others)) for byte in range(256)]


def whole_numbers(vectors, bits):
    """Vectors as whole numbers of so many bits and one scale for each, packed."""
    vectors = np.asarray(vectors, dtype=np.float64)
    most = 2 ** (bits - 1) - 1
    scale = np.maximum(np.abs(vectors).max(axis=1, initial=0), np.finfo(np.float32).tiny) / most
    return {
        "dim": vectors.shape[1], "bits": bits, "scale": scripts.packed(scale, "<f4"),
        "vectors": scripts.packed(np.round(vectors / scale[:, None]), f"<i{bits // 8}"),
    }  # fmt: skip


def _router(router):
    return {"names": router.names, "metric": router.metric, "prompt": router.prompt or "", "reject": router.reject,
            "centroids": scripts.packed(router.centroids, "<f8")}  # fmt: skip


def _rows(run, rows, router):
    """The training rows: vectors, places on the map, texts, and what each expert's cluster mostly holds."""
    folder = Path(run, files.CLUSTERING)
    cluster = store.read_table(folder / "clusters.parquet").set_index("id")["cluster"].reindex(rows["id"]).to_numpy()
    places = store.read_table(folder / "map.parquet").set_index("id").reindex(rows["id"])
    on_map = places["x"].notna().to_numpy()
    shares = pd.crosstab(cluster, rows["subtask"], normalize="index")
    mostly = [_mostly(shares.loc[c]) if c in shares.index else "" for c in range(len(router.names))]
    return {
        **whole_numbers(store.read_array(folder / "vectors.npy"), 8), "cluster": cluster.tolist(), "mostly": mostly,
        "mapped": np.flatnonzero(on_map).tolist(),
        "x": scripts.numbers(places["x"][on_map]), "y": scripts.numbers(places["y"][on_map]),
        "texts": _short(rows["input"].where(rows["input"] != "", rows["instruction"]), TEXT),
        "answers": _short(rows["output"], ANSWER), "subtasks": _words(rows["subtask"]),
    }  # fmt: skip


def _mostly(shares):
    """The sub-tasks that make up most of a cluster, in words."""
    largest = shares.sort_values(ascending=False, kind="stable")[:2]
    return ", ".join(f"{name.replace('_', ' ')} {share:.0%}" for name, share in largest.items() if share >= 0.05)


def _answers(run, router):
    """The questions that chapter 8 asked and what each expert answered."""
    predictions = store.read_table(Path(run, files.EVALUATION) / "predictions.parquet")
    predictions = predictions[predictions["model"].isin(router.names)]
    questions = store.read_table(Path(run, files.DATA) / "eval.parquet").drop_duplicates("id").set_index("id")
    given = predictions.drop_duplicates(["model", "id"]).pivot(index="id", columns="model")
    asked = questions.loc[[name for name in questions.index if name in given.index]]
    given = given.loc[asked.index]
    there = [name for name in router.names if name in set(predictions["model"])]
    return {
        **whole_numbers(embed(prompts(asked), router.encoder, router.prompt), 8),
        "texts": _short(asked["input"].where(asked["input"] != "", asked["instruction"]), TEXT),
        "tasks": asked["task"].tolist(), "references": _short(asked["reference"], ANSWER),
        "answers": {name: _short(given["answer"][name].fillna(""), ANSWER) for name in there},
        "correct": {name: scripts.numbers(given["correct"][name].fillna(0)) for name in there},
    }  # fmt: skip


def examples(run):
    """Some of the questions that are asked of the run's models, as they are asked: a few of each task."""
    asked = store.read_table(Path(run, files.DATA) / "eval.parquet")
    each = asked.groupby("task", sort=False).head(2)
    return prompts(each.iloc[:: max(1, len(each) // EXAMPLES)])[:EXAMPLES]


def _short(texts, most):
    return [text[:most] + "…" * (len(text) > most) for text in texts]


def _words(names):
    return [name.replace("_", " ") for name in names]
