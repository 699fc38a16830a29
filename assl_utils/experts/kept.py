"""Work that is kept by its content, adapters and answers: what each took, and what decides it.

A chapter leaves it as ``work.json``. `make plan` reads there what a change cannot touch, and so need not be done again.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from assl_utils import shapes
from assl_utils.experts.shapes import Training

ROWS, QUESTIONS = "02_instruction_expansion/rows.parquet", "01_data_collection/eval.parquet"
CLUSTERS, ROUTING = "03_semantic_clustering/clusters.parquet", "07_routing/routing.parquet"
CHOSEN, SELECTED = "04_adbscan/chosen.parquet", "05_scoring_mmr/selected.parquet"
ADAPTERS = "06_lora_training/experts/{}/adapter_model.safetensors"
TRAINED_ON = {  # by an adapter's name, its number left out
    "stage1": (ROWS, CHOSEN), "all-data": (ROWS,), "cluster": (ROWS, CLUSTERS), "lora": (ROWS, SELECTED),
    "mix": (ROWS, SELECTED),
}  # fmt: skip
MODEL = ("base_model", "dtype", "quantize")
TRAINING = (
    "train", "r", "alpha", "dropout", "learning_rate", "warmup", "epochs", "min_steps", "batch_size", "max_length",
    "seed",
)  # fmt: skip
ANSWERING = ("max_new_tokens", "generation_batch")


def adapters(folders: Mapping[str, Path], workers: int) -> list[dict]:
    """Chapter 5's or 6's adapters as parts of its work.

    Parameters
    ----------
    folders : mapping of str to path
        As :func:`assl_utils.experts.side_by_side.train_experts` gave them.
    workers : int
        How many were trained side by side: each part counts with its share of the time.
    """
    taken = {name: shapes.read(Path(folder) / "training.json", Training) for name, folder in folders.items()}
    return [
        _part(name, account["seconds"] / workers, TRAINED_ON[re.sub(r"-\d+$", "", name)], (*MODEL, *TRAINING), name)
        for name, account in taken.items()
    ]


def feedback(table: pd.DataFrame) -> list[dict]:
    """Chapter 5's answers: those of the raw model and those of the first experts.

    Stage 1 decides which rows are asked too; the raw model has nearly all answers already, so it does not count.
    Likelihoods are kept by nobody: without answers a part reads nothing, which is never known to be the same.
    """
    decide = {"raw": ((ROWS,), (*MODEL, *ANSWERING)), "lora": ((ROWS, CHOSEN), (*MODEL, *ANSWERING, *TRAINING))}
    written = bool(table["raw_written"].sum())
    return [
        _part(
            f"{side} answers", table[f"{side}_seconds"].sum(), reads if written else (),
            ("feedback", "select", *parameters),
        )
        for side, (reads, parameters) in decide.items()
    ]  # fmt: skip


def answers(found: Mapping[str, pd.DataFrame]) -> list[dict]:
    """Chapter 8's answers, respondent by respondent, as :func:`assl_utils.evaluation.answers.answer` gave them."""
    return [
        _part(name, table["seconds"].sum(), (QUESTIONS, *_answered_by(name)), (*MODEL, *ANSWERING))
        for name, table in found.items()
    ]


def together(found: Sequence[float], exam: Sequence[float]) -> list[dict]:
    """Chapter 8's answers of two experts together and the exam's modes: seconds as `batches.watched` listed them."""
    ways, parameters = "07_routing/ways.parquet", (*MODEL, *ANSWERING)
    return [
        _part("two experts", sum(found), (QUESTIONS, ADAPTERS.format("lora-*"), ways), parameters),
        _part("exam", sum(exam), (QUESTIONS, ADAPTERS.format("lora-*"), ROUTING), (*parameters, "shots", "seed")),
    ]


def _answered_by(name: str) -> Sequence[str]:
    if name == "base":
        return ()
    if name == "cluster-data":
        return ADAPTERS.format("cluster-*"), ROUTING
    return (ADAPTERS.format(name),)


def _part(name, seconds, reads, parameters, folder="") -> dict:
    return {
        "name": name, "seconds": round(float(seconds), 2), "reads": list(reads), "parameters": list(parameters),
        "writes": [f"experts/{folder}/*"] if folder else [],
    }  # fmt: skip
