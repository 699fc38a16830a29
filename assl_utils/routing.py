"""Which expert answers: the one whose training data lies nearest to the question."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from assl_utils import embedding, generation, models, store

METRICS = ("euclidean", "cosine")


class Router:
    r"""Send each question to the expert with the nearest embedding.

    .. math:: e^* = \arg\min_{e \in E} \lVert \mathrm{Emb}(x) - \mathrm{Emb}(e) \rVert

    Eq. (6) of the paper; an expert's embedding is the centroid of its cluster, Eq. (5).

    Parameters
    ----------
    centroids : ndarray of shape (experts, dim)
    encoder : SentenceTransformer, name or folder
        The encoder of the clustering, see :func:`assl_utils.embedding.load_encoder`.
    names : sequence of str
        The experts, in the order of the centroids.
    metric : {"euclidean", "cosine"}
        The paper's norm, or one minus the cosine.
    prompt : str or None
        What the encoder wants before each text.
    fitted : dict or None
        ``embedding.describe`` of the vectors that were clustered. A router whose encoder or prompt is another one
        measures in another space, which is an error.
    """

    def __init__(
        self,
        centroids: np.ndarray,
        encoder,
        names: Sequence[str],
        metric: str = "euclidean",
        prompt: str | None = None,
        fitted: dict | None = None,
    ):
        self.centroids = np.asarray(centroids, dtype=np.float64)
        self.source = encoder if isinstance(encoder, str | os.PathLike) else None
        self.encoder = embedding.load_encoder(encoder)
        self.names, self.metric, self.prompt = list(names), metric, prompt or None
        self.about = embedding.describe(self.encoder, self.prompt)
        if metric not in METRICS:
            raise ValueError(f"unknown metric {metric!r}; use one of {', '.join(METRICS)}")
        if self.centroids.ndim != 2 or not np.isfinite(self.centroids).all():
            raise ValueError("centroids are to be a matrix without NaN, a row for each expert")
        if len(self.names) != len(self.centroids) or len(set(self.names)) != len(self.names):
            raise ValueError(f"{len(self.centroids)} centroids need as many different names, not {self.names}")
        if self.centroids.shape[1] != self.about["dim"]:
            raise ValueError(
                f"centroids have {self.centroids.shape[1]} dimensions, the encoder gives {self.about['dim']}"
            )
        for key in ("encoder", "prompt"):
            if fitted is not None and fitted[key] != self.about[key]:
                raise ValueError(
                    f"the clusters were found with another {key} ({fitted[key]!r}, here {self.about[key]!r}), "
                    "so distances to their centroids mean nothing"
                )

    def distances(self, vectors: np.ndarray) -> np.ndarray:
        """Distance of each vector to each expert, shape (n, experts), in float64."""
        vectors = np.asarray(vectors, dtype=np.float64)
        if not np.isfinite(vectors).all():
            raise ValueError(f"row {np.flatnonzero(~np.isfinite(vectors).all(axis=1))[0]} of the vectors holds NaN")
        if self.metric == "cosine":
            unit = self.centroids / np.linalg.norm(self.centroids, axis=1, keepdims=True)
            columns = [1 - (vectors * c).sum(axis=1) / np.linalg.norm(vectors, axis=1) for c in unit]
        else:
            # differences, not products: two equal distances stay equal to the last bit
            columns = [np.sqrt(((vectors - c) ** 2).sum(axis=1)) for c in self.centroids]
        return np.stack(columns, axis=1)

    def route_vectors(self, vectors: np.ndarray) -> pd.DataFrame:
        """As :meth:`route`, for texts that are embedded already."""
        distances = self.distances(vectors)
        nearest = distances.argmin(axis=1)  # ties go to the expert that comes first
        ranked = np.sort(distances, axis=1)
        margin = ranked[:, 1] - ranked[:, 0] if len(self.names) > 1 else np.full(len(ranked), np.inf)
        return pd.DataFrame(
            {
                "expert": pd.Series([self.names[i] for i in nearest], dtype="str"),
                "distance": ranked[:, 0],
                "margin": margin,
            }
        )

    def route(self, texts: Sequence[str]) -> pd.DataFrame:
        """The expert of each text.

        Returns
        -------
        DataFrame[expert, distance, margin]
            The expert's name, the distance to it, and how much farther the next one is (``inf`` where there is one
            expert only).
        """
        return self.route_vectors(embedding.embed(texts, self.encoder, self.prompt))

    def save(self, folder) -> Path:
        """Write centroids and names; the encoder stays where it is and is named, a folder by its relative path."""
        folder = Path(folder)
        if self.source is None:
            raise ValueError("this router was given an encoder object; give it the encoder's folder or name to save it")
        store.write_array(self.centroids, folder / "centroids.npy")
        place = str(self.source)
        if Path(place).is_dir():
            place = Path(os.path.relpath(Path(place).resolve(), folder.resolve())).as_posix()
        about = {"names": self.names, "metric": self.metric, "prompt": self.prompt, "encoder": place}
        store.write_json(about | {"fitted": self.about}, folder / "router.json")
        return folder

    @classmethod
    def from_dir(cls, folder, encoder=None) -> Router:
        """Read a router; ``encoder`` overrides where its encoder was, and must still be the same one."""
        folder = Path(folder)
        if not (folder / "router.json").exists():
            raise FileNotFoundError(f"{folder} holds no router.json: run chapter 07 first")
        about = store.read_json(folder / "router.json")
        if encoder is None:
            beside = folder / about["encoder"]
            encoder = beside if beside.is_dir() else about["encoder"]
        centroids = store.read_array(folder / "centroids.npy")
        return cls(centroids, encoder, about["names"], about["metric"], about["prompt"], about["fitted"])


@dataclass(frozen=True)
class Answer:
    """What an expert said, why it was asked, and what it had learnt from."""

    answer: str
    expert: str
    distances: dict[str, float]
    margin: float
    nearest: pd.DataFrame  # instruction, input, output, distance


class SilverSight:
    """The whole system: one base model, its experts, and the router that picks one per question."""

    def __init__(self, router: Router, model, tokenizer, adapters, full_names, rows, vectors, expert_of):
        self.router, self.tokenizer = router, tokenizer
        self.model, self._adapters, self._full = model, adapters, full_names
        self._rows, self._vectors, self._expert_of = rows, vectors, expert_of

    @classmethod
    def from_dir(cls, run_dir, base=None, device: str = "auto", dtype="auto", encoder=None) -> SilverSight:
        """Put the system of a finished run together.

        Parameters
        ----------
        run_dir : path
            ``runs/<profile>``, with chapters 02, 03, 05, 06 and 07 done.
        base : str, path or None
            The base model; None takes the one the experts were trained on. Another one is an error.
        """
        run = Path(run_dir) if Path(run_dir).is_absolute() else store.root() / run_dir
        if not (run / "07_routing" / "router").is_dir():
            raise FileNotFoundError(f"{run} holds no finished chapter 07; `make reproduce` makes one")
        router = Router.from_dir(run / "07_routing" / "router", encoder)
        folders = {name: run / "06_lora_training" / "experts" / name for name in router.names}
        model, tokenizer = models.load(_base_of(folders, base), device, dtype)
        context = models.adapters(model, folders)
        wrapped, full = context.__enter__()
        rows, vectors, expert_of = _training_rows(run, router.names)
        return cls(router, wrapped, tokenizer, context, full, rows, vectors, expert_of)

    def ask(self, text: str, max_new_tokens: int = 128, nearest: int = 3) -> Answer:
        """Answer one question with the expert nearest to it."""
        if not text.strip():
            raise ValueError("there is nothing to answer in an empty question")
        vector = embedding.embed([text], self.router.encoder, self.router.prompt)
        choice = self.router.route_vectors(vector).iloc[0]
        answer = generation.generate(
            self.model, self.tokenizer, [text], self._full[choice.expert], max_new_tokens=max_new_tokens, merge=False
        )[0]
        distances = dict(zip(self.router.names, self.router.distances(vector)[0].tolist(), strict=True))
        own = np.flatnonzero(self._expert_of == choice.expert)
        away = np.linalg.norm(self._vectors[own].astype(np.float64) - vector[0], axis=1)
        order = np.argsort(away, kind="stable")[:nearest]
        rows = self._rows.iloc[own[order]][["instruction", "input", "output"]].reset_index(drop=True)
        return Answer(answer, choice.expert, distances, float(choice.margin), rows.assign(distance=away[order]))

    def close(self) -> None:
        """Take the experts off the base model."""
        self._adapters.__exit__(None, None, None)


def _base_of(folders: dict[str, Path], base) -> str | os.PathLike:
    """The base model of the experts, found where it was or given, and checked to be that one."""
    trained, places = {}, {}
    for name, folder in folders.items():
        if not (folder / "training.json").exists():
            raise FileNotFoundError(f"the expert {name!r} is missing from {folder.parent}: run chapter 06 first")
        trained[name] = store.read_json(folder / "training.json")["recipe"]["base"]
        places[name] = store.read_json(folder / "adapter_config.json")["base_model_name_or_path"]
    if len(set(trained.values())) > 1:
        raise ValueError(f"the experts were trained on different base models: {trained}")
    wanted = next(iter(trained.values()))
    # where the run was made, else the shipped model: a run that was copied here names a folder of another machine
    for place in [base] if base is not None else [next(iter(places.values())), "embedded"]:
        try:
            if models.content_hash(place) == wanted:
                return place
        except OSError:
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
    selected = selected[selected["cluster"].between(0, len(names) - 1)].drop_duplicates(["id", "cluster"])
    expert_of = np.array([names[cluster] for cluster in selected["cluster"]], dtype=object)
    return rows.loc[selected["id"]], np.asarray(vectors[position.loc[selected["id"]]]), expert_of
