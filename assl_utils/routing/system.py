"""The whole system of a finished run: one base model, its experts, the router, and an account of every answer.

A question is one text, instruction and input, as :func:`assl_utils.tasks.wordings.prompt` joins them::

    with SilverSight.from_dir("runs/cpu") as system:
        print(system.ask("这条新闻是积极、中性还是消极？\\n公司净利润同比增长三成"))

``python -m assl_utils.ask`` does the same from a shell.
"""

from __future__ import annotations

import math
import os
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from assl_utils import pretrained, shapes, store
from assl_utils.errors import DataError
from assl_utils.experts import adapters, generation, identity, models, training_sets
from assl_utils.experts.shapes import AdapterConfig, Training
from assl_utils.routing.answer import Answer
from assl_utils.routing.router import Router
from assl_utils.space import encoder

LONGEST = 10_000  # characters of a question that are looked at
SHOWN = ["id", "source", "task", "subtask", "instruction", "input", "output"]  # of a training row
NEEDED = (
    "02_instruction_expansion/rows.parquet",
    "03_semantic_clustering/clusters.parquet",
    "03_semantic_clustering/vectors.npy",
    "05_scoring_mmr/selected.parquet",
    "06_lora_training/experts",
    "07_routing/router/router.json",
)


# -------------------------------------------------------------------------------------------------------------- system


class SilverSight:
    """The whole system: one base model, its experts, and the router that picks one per question.

    It may be used in a ``with`` statement, which takes the experts off the base model at its end.
    """

    def __init__(self, router: Router, model, tokenizer, adapters, full_names, rows, vectors, expert_of, margins=None):
        self.router, self.tokenizer = router, tokenizer
        self.model, self._adapters, self._full = model, adapters, full_names
        self._rows, self._vectors, self._expert_of = rows, vectors, expert_of
        self._margins = margins

    @classmethod
    def from_dir(cls, run_dir, base=None, device: str = "auto", dtype=None, quantize=None, encoder=None) -> SilverSight:
        """Put the system of a finished run together.

        Parameters
        ----------
        run_dir : path
            ``runs/<profile>``, with chapters 02, 03, 05, 06 and 07 done; from here or from the repository.
        base : str, path or None
            The base model; None takes the one the experts were trained on. Another one is an error.
        dtype, quantize : str or None
            In what it is loaded, see :func:`assl_utils.experts.models.load`; None is what the experts' recipe names.
        """
        run = Path(run_dir) if Path(run_dir).is_dir() else store.root() / run_dir
        if not run.is_dir():
            raise FileNotFoundError(f"there is no run in {run}; `make reproduce` makes one")
        for name in NEEDED:
            if not (run / name).exists():
                raise FileNotFoundError(f"{run / name} is missing: run chapter {name[:2]} first (make {name[:2]})")
        router = Router.from_dir(run / "07_routing" / "router", encoder)
        rows, vectors, expert_of = _training_rows(run, router.names)
        folders = {name: run / "06_lora_training" / "experts" / name for name in router.names}
        place = _base_of(folders, base)
        recipe = shapes.read(folders[router.names[0]] / "training.json", Training)["recipe"]
        dtype, quantize = dtype or recipe.get("dtype", "auto"), quantize or recipe.get("quantize", "no")
        model, tokenizer = models.load(place, device, dtype, quantize)
        context = adapters.adapters(model, folders)
        wrapped, full = context.__enter__()
        return cls(router, wrapped, tokenizer, context, full, rows, vectors, expert_of, _margins(run))

    def ask(self, question: str, max_new_tokens: int = 128, nearest: int = 3) -> Answer:
        """Answer one question with the expert nearest to it, and say why; parameters as of :meth:`ask_many`."""
        return self.ask_many([question], max_new_tokens, nearest)[0]

    def ask_many(self, questions: Sequence[str], max_new_tokens: int = 128, nearest: int = 3) -> list[Answer]:
        """Answer questions together, which costs less than one after the other.

        Parameters
        ----------
        questions : sequence of str
            Instruction and input as one text, see :func:`assl_utils.tasks.wordings.prompt`. An empty one is an error,
            the end of one that is far too long is left out, and the answer says so.
        max_new_tokens : int, default 128
            Longest answer.
        nearest : int, default 3
            Training rows to show with each answer.

        Returns
        -------
        list of Answer
            In the order of the questions. Which questions share a batch can now and then change a greedy answer.
        """
        if self._adapters is None:
            raise ValueError("this system is closed; put it together again with SilverSight.from_dir")
        if isinstance(questions, str):
            raise TypeError("ask_many takes a list of questions; ask takes one")
        if nearest < 0 or max_new_tokens < 1:
            raise ValueError(f"nearest={nearest} and max_new_tokens={max_new_tokens}: one is too small")
        texts = [_checked(question) for question in questions]
        if not texts:
            return []
        notes = [self._left_out(*pair, max_new_tokens) for pair in zip(questions, texts, strict=True)]

        began = time.perf_counter()
        vectors = encoder.embed(texts, self.router.encoder, self.router.prompt)
        encoded = time.perf_counter()
        choices, distances = self.router.route_vectors(vectors), self.router.distances(vectors)
        shares = {"encode": (encoded - began) / len(texts), "route": (time.perf_counter() - encoded) / len(texts)}
        # A name that is no expert's is the router's word for the base model. Adapters stay beside the weights: putting
        # one into them and taking it out again costs more than a few answers.
        said = generation.answer(
            self.model, self.tokenizer, texts, [self._full.get(name) for name in choices["expert"]],
            max_new_tokens=max_new_tokens, merge=False,
        )  # fmt: skip
        return [
            self._account(
                texts[i], said["answer"][i], choices.iloc[i], distances[i], vectors[i], nearest,
                shares | {"answer": float(said["seconds"][i])}, notes[i],
            )
            for i in range(len(texts))
        ]  # fmt: skip

    def _account(self, question, answer, choice, distances, vector, n, seconds, notes) -> Answer:
        order = np.argsort(distances, kind="stable")  # as the router does, the expert that comes first wins a tie
        ranked = {self.router.names[i]: float(distances[i]) for i in order}
        own = np.flatnonzero(self._expert_of == next(iter(ranked)))
        percentile = None
        if self._margins is not None and math.isfinite(choice.margin):
            percentile = float((self._margins < choice.margin).mean() * 100)
        return Answer(
            question=question,
            answer=answer,
            expert=choice.expert,
            distances=ranked,
            margin=float(choice.margin),
            margin_percentile=percentile,
            nearest=self._nearest(own, vector, n),
            tasks=self._rows["task"].iloc[own].value_counts(normalize=True).mul(100).rename("percent"),
            seconds=seconds,
            reject=self.router.reject,
            notes=notes,
        )

    def _nearest(self, own: np.ndarray, vector: np.ndarray, n: int) -> pd.DataFrame:
        """The ``n`` of the rows ``own`` that are nearest to the vector, by the router's distance."""
        away = _distance(self._vectors[own], vector, self.router.metric)
        order = np.argsort(away, kind="stable")[:n]
        rows = self._rows.iloc[own[order]].reset_index()[SHOWN]
        hashes = [training_sets.rows_hash(rows.iloc[[i]]) for i in range(len(rows))]
        return rows.assign(distance=away[order], hash=pd.Series(hashes, dtype="str"))

    def _left_out(self, question: str, text: str, max_new_tokens: int) -> tuple[str, ...]:
        """What of a question is not read, in words."""
        notes = []
        if len(question.strip()) > len(text):
            notes.append(f"the question has {len(question.strip()):,} characters, looked at are the first {LONGEST:,}")
        room = getattr(self.model.config, "max_position_embeddings", 1 << 30) - max_new_tokens
        with pretrained.quiet():  # the tokenizer would advise about what is said here in our own words
            frame, tokens = (len(models.encode_chat(self.tokenizer, part)[0]) for part in ("", text))
        if room <= frame:
            raise ValueError(f"max_new_tokens={max_new_tokens} leaves no room for a question in the model's window")
        if tokens > room:
            notes.append(f"the model read the first {room:,} of {tokens:,} tokens: its window holds no more")
        return tuple(notes)

    def close(self) -> None:
        """Take the experts off the base model."""
        if self._adapters is not None:
            self._adapters.__exit__(None, None, None)
            self._adapters = None

    def __enter__(self) -> SilverSight:
        return self

    def __exit__(self, *_) -> None:
        self.close()


def _checked(question) -> str:
    """The text of a question that is looked at."""
    if not isinstance(question, str):
        raise TypeError(f"a question is a text, not {type(question).__name__}")
    text = question.strip()
    if not text:
        raise ValueError("there is nothing to answer in an empty question")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError(f"the question {text!r:.80} holds bytes that are no UTF-8 text") from None
    return text[:LONGEST]


def _distance(vectors: np.ndarray, vector: np.ndarray, metric: str) -> np.ndarray:
    """From each of the vectors to one, as the router measures to its centroids."""
    vectors, vector = vectors.astype(np.float64), vector.astype(np.float64)
    if metric == "cosine":
        return 1 - vectors @ vector / (np.linalg.norm(vectors, axis=1) * np.linalg.norm(vector))
    return np.linalg.norm(vectors - vector, axis=1)


# ------------------------------------------------------------------------------------------------------- parts of a run


def _base_of(folders: dict[str, Path], base) -> str | os.PathLike:
    """The base model of the experts, found where it was or given, and checked to be that one."""
    trained, places = {}, {}
    for name, folder in folders.items():
        if not (folder / "training.json").exists():
            raise FileNotFoundError(f"the expert {name!r} is missing from {folder.parent}: run chapter 06 first")
        trained[name] = shapes.read(folder / "training.json", Training)["recipe"]["base"]
        places[name] = pretrained.referred(shapes.read(folder / "adapter_config.json", AdapterConfig))
    if len(set(trained.values())) > 1:
        raise ValueError(f"the experts were trained on different base models: {trained}")
    wanted = next(iter(trained.values()))
    # where the run was made, else the shipped model: a run that was copied here names a folder of another machine
    for place in [base] if base is not None else [next(iter(places.values())), "embedded"]:
        try:
            if identity.content_hash(place) == wanted:
                return place
        except (OSError, DataError):  # no folder of that name here, or a name that the hub does not give now
            if base is not None:
                raise
    raise ValueError(
        f"the experts were trained on another base model than {base or 'the ones to be found here'}; "
        f"name it with base (its content hash begins with {wanted[:12]})"
    )


def _training_rows(run: Path, names: Sequence[str]) -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
    """The rows the experts were trained on, their vectors, and whose each is."""
    clusters = store.read_table(run / "03_semantic_clustering" / "clusters.parquet")
    vectors = store.read_array(run / "03_semantic_clustering" / "vectors.npy", mmap_mode="r")
    if len(clusters) != len(vectors):
        raise ValueError(f"{len(clusters)} rows in clusters.parquet, but {len(vectors)} vectors beside it")
    selected = store.read_table(run / "05_scoring_mmr" / "selected.parquet")
    rows = store.read_table(run / "02_instruction_expansion" / "rows.parquet").set_index("id")
    position = pd.Series(np.arange(len(clusters)), index=clusters["id"])
    selected = selected.assign(expert="lora-" + selected["cluster"].astype(str)).drop_duplicates(["id", "expert"])
    selected = selected[selected["expert"].isin(names)]
    unknown = selected.loc[~selected["id"].isin(rows.index.intersection(position.index)), "id"]
    if len(unknown):
        raise ValueError(
            f"chapter 05 selected {len(unknown)} rows that chapters 02 and 03 do not have, the first is "
            f"{unknown.iloc[0]}: run chapter 05 again (make 05)"
        )
    return rows.loc[selected["id"]], np.asarray(vectors[position.loc[selected["id"]]]), selected["expert"].to_numpy()


def _margins(run: Path) -> np.ndarray | None:
    """Margins of the run's evaluation questions; None where it has none."""
    file = run / "07_routing" / "routing.parquet"
    margins = store.read_table(file)["margin"].to_numpy() if file.exists() else np.empty(0)
    return margins if len(margins) else None
