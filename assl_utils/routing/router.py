"""Which expert answers: the one whose training data lies nearest to the question."""

from __future__ import annotations

import copy
import os
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from assl_utils import shapes, store
from assl_utils.space.encoder import EncoderFile, describe, embed, load_encoder

METRICS = ("euclidean", "cosine")
BASE = "base"  # who answers what is too far from every expert
BLOCK = 128  # vectors measured at a time: in float64 they stay in the processor's cache


def expert_names(n: int) -> list[str]:
    """The experts of n clusters in the order of their centroids: ``lora-0``, ``lora-1``, …"""
    return [f"lora-{cluster}" for cluster in range(n)]


class RouterFile(shapes.Shape):
    """``router.json``."""

    names: list[shapes.Name]
    metric: str
    prompt: str | None
    encoder: str
    fitted: EncoderFile | None
    reject: float | None = None


class Router:
    r"""Send each question to the expert with the nearest embedding.

    .. math:: e^* = \arg\min_{e \in E} \lVert \mathrm{Emb}(x) - \mathrm{Emb}(e) \rVert

    Eq. (6) of the paper; an expert's embedding is the centroid of its cluster, Eq. (5).

    Parameters
    ----------
    centroids : ndarray of shape (experts, dim)
    encoder : SentenceTransformer, name or folder
        The encoder of the clustering, see :func:`assl_utils.space.encoder.load_encoder`.
    names : sequence of str
        The experts, in the order of the centroids.
    metric : {"euclidean", "cosine"}
        The paper's norm, or one minus the cosine.
    prompt : str or None
        What the encoder wants before each text.
    fitted : dict or None
        ``embedding.describe`` of the vectors that were clustered. A router whose encoder or prompt is another one
        measures in another space, which is an error.
    reject : float or None
        A question farther than this from every expert is left to the base model and its expert is called ``base``;
        one at just this distance still goes to the expert. None asks an expert always, as the paper does.
        :func:`assl_utils.routing.alternatives.limit` finds a distance.
    """

    def __init__(
        self,
        centroids: np.ndarray,
        encoder,
        names: Sequence[str],
        metric: str = "euclidean",
        prompt: str | None = None,
        fitted: dict | None = None,
        reject: float | None = None,
    ):
        self.centroids = np.asarray(centroids, dtype=np.float64)
        self.source = encoder if isinstance(encoder, str | os.PathLike) else None
        self.encoder = load_encoder(encoder)
        self.names, self.metric, self.prompt = list(names), metric, prompt or None
        self.reject = None if reject is None else float(reject)
        self.about = describe(self.encoder, self.prompt)
        self._check()
        for key in ("encoder", "prompt"):
            if fitted is not None and fitted[key] != self.about[key]:
                raise ValueError(
                    f"the clusters were found with another {key} ({fitted[key]!r}, here {self.about[key]!r}), "
                    "so distances to their centroids mean nothing"
                )

    @classmethod
    def of_clusters(
        cls, folder, encoder: str = "embedded", metric: str = "euclidean", reject: float | None = None
    ) -> Router:
        """The router of a run: an expert ``lora-0``, ``lora-1``, … at the centroid of each cluster, Eq. (5).

        Parameters
        ----------
        folder : path
            ``03_semantic_clustering`` of the run: ``centroids.npy`` and ``encoder.json``, which says what the clusters
            were found with.
        encoder : str, default "embedded"
            ``embedded`` takes the encoder that chapter 3 left in ``folder``; else a name or a folder.
        metric, reject
            As for the router itself.
        """
        folder = Path(folder)
        for name in ("centroids.npy", "encoder.json"):
            if not (folder / name).exists():
                raise FileNotFoundError(f"{folder / name} is missing: run chapter 03 first (make 03)")
        centroids = store.read_array(folder / "centroids.npy")
        fitted = shapes.read(folder / "encoder.json", EncoderFile)
        source = folder / "encoder" if encoder == "embedded" else encoder
        return cls(centroids, source, expert_names(len(centroids)), metric, fitted["prompt"], fitted, reject)

    def _check(self) -> None:
        """Raise where centroids, names, metric and limit do not fit each other or the encoder."""
        if self.metric not in METRICS:
            raise ValueError(f"unknown metric {self.metric!r}; use one of {', '.join(METRICS)}")
        if self.centroids.ndim != 2 or not np.isfinite(self.centroids).all():
            raise ValueError("centroids are to be a matrix without NaN, a row for each expert")
        if self.metric == "cosine" and not self.centroids.any(axis=1).all():
            raise ValueError("a centroid of zeros points nowhere and has no cosine: use metric='euclidean'")
        if len(self.names) != len(self.centroids) or len(set(self.names)) != len(self.names):
            raise ValueError(f"{len(self.centroids)} centroids need as many different names, not {self.names}")
        if self.centroids.shape[1] != self.about["dim"]:
            raise ValueError(
                f"centroids have {self.centroids.shape[1]} dimensions, the encoder gives {self.about['dim']}"
            )
        if self.reject is not None and not 0 <= self.reject < np.inf:
            raise ValueError(f"reject is {self.reject}; it is a distance, 0 or more, or None to reject nothing")
        if self.reject is not None and BASE in self.names:
            raise ValueError(f"with reject, {BASE!r} means the base model: call that expert something else")

    def with_expert(self, name: str, centroid: np.ndarray) -> Router:
        """A router that knows one expert more; the distances to the others stay as they are, nothing is trained."""
        centroid = np.asarray(centroid, dtype=np.float64)
        if name in self.names:
            raise ValueError(f"an expert is called {name!r} already; take it out first, or choose another name")
        if centroid.shape != self.centroids.shape[1:]:
            raise ValueError(f"centroid has the shape {centroid.shape}, the other experts' {self.centroids.shape[1:]}")
        return self.changed(centroids=np.vstack([self.centroids, centroid]), names=[*self.names, name])

    def without(self, name: str) -> Router:
        """A router that has forgotten one expert; its questions go to the nearest of the others."""
        if name not in self.names:
            raise ValueError(f"no expert is called {name!r}; there are {', '.join(self.names)}")
        if len(self.names) == 1:
            raise ValueError(f"{name!r} is the last expert: a router needs one")
        at = self.names.index(name)
        left = self.names[:at] + self.names[at + 1 :]
        return self.changed(centroids=np.delete(self.centroids, at, axis=0), names=left)

    def changed(self, **changes) -> Router:
        """This router with other ``centroids``, ``names``, ``metric`` or ``reject``; the encoder stays."""
        if unknown := set(changes) - {"centroids", "names", "metric", "reject"}:
            raise ValueError(f"a router keeps its {unknown.pop()}; centroids, names, metric and reject can change")
        other = copy.copy(self)  # not made anew: that would read through the encoder's weights again
        for name, value in changes.items():
            setattr(other, name, value)
        other.centroids, other.names = np.asarray(other.centroids, dtype=np.float64), list(other.names)
        other._check()
        return other

    def distances(self, vectors: np.ndarray) -> np.ndarray:
        """Distance of each vector to each expert, shape (n, experts), in float64, see the function `distances`."""
        return distances(vectors, self.centroids, self.metric)

    def route_vectors(self, vectors: np.ndarray) -> pd.DataFrame:
        """As :meth:`route`, for texts that are embedded already."""
        distances = self.distances(vectors)
        nearest = distances.argmin(axis=1)  # ties go to the expert that comes first
        several = len(self.names) > 1
        ranked = np.partition(distances, 1, axis=1) if several else distances
        margin = ranked[:, 1] - ranked[:, 0] if several else np.full(len(ranked), np.inf)
        if self.reject is not None:
            nearest[ranked[:, 0] > self.reject] = len(self.names)
        names = pd.array([*self.names, BASE], dtype="str")
        return pd.DataFrame({"expert": names.take(nearest), "distance": ranked[:, 0], "margin": margin})

    def route(self, texts: Sequence[str]) -> pd.DataFrame:
        """The expert of each text.

        Returns
        -------
        DataFrame[expert, distance, margin]
            The expert's name, the distance to it, and how much farther the next one is (``inf`` where there is one
            expert only). Beyond ``reject`` the name is ``base`` and the distances stay those of the nearest experts.
        """
        return self.route_vectors(embed(texts, self.encoder, self.prompt))

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
        store.write_json(about | {"fitted": self.about, "reject": self.reject}, folder / "router.json")
        return folder

    @classmethod
    def from_dir(cls, folder, encoder=None) -> Router:
        """Read a router; ``encoder`` overrides where its encoder was, and must still be the same one."""
        folder = Path(folder)
        if not (folder / "router.json").exists():
            raise FileNotFoundError(f"{folder} holds no router.json: run chapter 07 first")
        about = shapes.read(folder / "router.json", RouterFile)
        if encoder is None:
            beside = folder / about["encoder"]
            encoder = beside if beside.is_dir() else about["encoder"]
        centroids = store.read_array(folder / "centroids.npy")
        fitted, reject = about["fitted"], about.get("reject")  # which older routers have not
        return cls(centroids, encoder, about["names"], about["metric"], about["prompt"], fitted, reject)


def distances(vectors: np.ndarray, centroids: np.ndarray, metric: str = "euclidean") -> np.ndarray:
    """Distance of each vector to each centroid, shape (n, experts), in float64, by one of `METRICS`.

    By the cosine, a vector of zeros, which points nowhere, is at distance 1 from every expert.
    """
    if metric not in METRICS:
        raise ValueError(f"unknown metric {metric!r}; use one of {', '.join(METRICS)}")
    if metric == "cosine" and not centroids.any(axis=1).all():
        raise ValueError("a centroid of zeros points nowhere and has no cosine: use metric='euclidean'")
    vectors, dim = np.asarray(vectors), centroids.shape[1]
    if vectors.ndim != 2 or vectors.shape[1] != dim:
        raise ValueError(f"vectors have the shape {vectors.shape}; the router needs rows of {dim} values")
    measure = {"euclidean": _euclidean, "cosine": _cosine}[metric]
    found = np.empty((len(vectors), len(centroids)))
    for start in range(0, len(vectors), BLOCK):
        rows = np.ascontiguousarray(vectors[start : start + BLOCK], dtype=np.float64)
        finite = np.isfinite(rows)
        if not finite.all():
            raise ValueError(f"row {start + int(finite.all(axis=1).argmin())} of the vectors holds NaN or infinity")
        measure(rows, centroids, found[start : start + BLOCK])
    return found


def _euclidean(rows: np.ndarray, centroids: np.ndarray, found: np.ndarray) -> None:
    away = np.empty_like(rows)
    for column, centroid in enumerate(centroids):
        # differences, not products: two equal distances stay equal to the last bit
        np.square(np.subtract(rows, centroid, out=away), out=away)
        np.sqrt(away.sum(axis=1), out=found[:, column])


def _cosine(rows: np.ndarray, centroids: np.ndarray, found: np.ndarray) -> None:
    product, length = np.empty_like(rows), np.linalg.norm(rows, axis=1)
    length[length == 0] = 1  # the product is 0 as well, the distance 1
    for column, centroid in enumerate(centroids / np.linalg.norm(centroids, axis=1, keepdims=True)):
        np.multiply(rows, centroid, out=product)
        np.subtract(1, product.sum(axis=1) / length, out=found[:, column])


def seconds_to_route(router: Router, vectors: np.ndarray, n: int) -> float:
    """Seconds for the choice among the experts of ``n`` questions, the vectors repeated until there are so many."""
    many = np.resize(vectors, (n, vectors.shape[1]))
    began = time.perf_counter()
    router.route_vectors(many)
    return time.perf_counter() - began
