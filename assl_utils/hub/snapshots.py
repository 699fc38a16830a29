"""Models and encoders of the hub by name: the folder in which the files of one commit lie, whole and checked.

A name is ``owner/name`` or, pinned, ``owner/name@revision``, where the revision is a commit (40 hex digits), a tag or a
branch. A commit never moves, so the profiles pin commits; a tag, a branch or no revision is resolved to the commit it
points at now::

    folder = snapshots.folder("Qwen/Qwen2.5-0.5B-Instruct@7ae557604adf67be50417f59c2c2f167def9a775")

Of a repository the weights in safetensors, the configuration and the tokenizer are fetched: no pickle, no code. They
lie where every tool keeps them (``HF_HUB_CACHE``), and a second call asks nobody for anything. In this project's own
cache a list says which files of a commit were checked against the digests that the hub gave.
"""

from __future__ import annotations

import os
import re
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from assl_utils import store
from assl_utils.errors import DataError, UnavailableError
from assl_utils.hub import download, repos

KINDS = (".safetensors", ".json", ".jinja", ".model", ".txt")  # weights, configuration, tokenizer
ELSEWHERE = ("onnx", "openvino", "original", "coreml", "gguf")  # folders with the same weights for other engines
NAME = re.compile(r"(?P<repo>(?:\w[\w.-]*/)?\w[\w.-]*)(?:@(?P<revision>[^@\s]+))?")


class Named(NamedTuple):
    """A repository and which of its states; no revision means the newest."""

    repo: str
    revision: str | None = None

    def __str__(self) -> str:
        return self.repo if self.revision is None else f"{self.repo}@{self.revision}"


def parse(text: str | os.PathLike) -> Named | None:
    """The name of a model on the hub, ``None`` where ``text`` is a folder here, or can be no name."""
    found = NAME.fullmatch(str(text))
    if found is None or str(text) == "embedded" or Path(text).is_dir():
        return None
    return Named(found["repo"], found["revision"])


def without_revision(text: str | os.PathLike) -> str:
    """``owner/name`` of ``owner/name@revision``; a folder is as it was."""
    named = parse(text)
    return str(text) if named is None else named.repo


def commit_of(text: str) -> str:
    """The commit that a name stands for, asked once in a process; a pinned one is itself, and nobody is asked."""
    named = _name(text)
    return _commit(*named, *_settings())


def pinned(text: str) -> Named:
    """The name with the commit it stands for."""
    return Named(_name(text).repo, commit_of(text))


def last_seen(text: str) -> str | None:
    """The commit that a name stood for when this machine last looked; nobody is asked."""
    return repos.last_seen(*_name(text))


def folder(text: str) -> Path:
    """The folder with the files of a name: fetched where they are not here, each held against the hub's digest once.

    Parameters
    ----------
    text : str
        ``owner/name`` or ``owner/name@revision``.

    Returns
    -------
    Path
        It is the hub's cache: read it, do not write it.

    Raises
    ------
    UnavailableError
        No network, no such model or revision, a gated one, a download that broke off; the message says what to do.
    DataError
        The files came and are not what they must be.
    """
    named = pinned(text)
    place, listing = repos.snapshot(*named), _listing(named)
    if _as_listed(place, listing):
        return place
    if download.offline():
        return _from_the_cache(named, place, listing)
    paths = wanted([path for path in repos.names(named.repo, "*", revision=named.revision, kind="model")])
    _check(paths, named)
    for path in paths:
        repos.fetch(named.repo, path, revision=named.revision, kind="model")
    _sign(place, paths, listing)
    return place


def is_here(text: str) -> bool:
    """Whether `folder` would find all files here, so that nobody needs to be asked."""
    named = pinned(text)
    return _as_listed(repos.snapshot(*named), _listing(named))


def named_by(place: str | os.PathLike) -> Named | None:
    """The name and commit of a folder that `folder` gave; ``None`` for any other."""
    path = Path(place)
    if path.parent.name != "snapshots" or not path.parents[1].name.startswith("models--"):
        return None
    return Named(path.parents[1].name.removeprefix("models--").replace("--", "/"), path.name)


def wanted(paths: list[str]) -> list[str]:
    """Those files of a repository that are fetched, in order."""
    return sorted(
        path for path in paths
        if path.endswith(KINDS) and PurePosixPath(path).parts[0] not in ELSEWHERE and not path.startswith(".")
    )  # fmt: skip


def _name(text: str) -> Named:
    named = parse(text)
    if named is None:
        raise DataError(f"{text!r} names no model of the hub: write owner/name, or owner/name@revision")
    return named


def _settings() -> tuple:
    """What an answer of the hub depends on."""
    return os.environ.get("HF_ENDPOINT"), download.offline(), repos.storage("x").parent


@lru_cache(maxsize=64)
def _commit(repo: str, revision: str | None, *_settings) -> str:
    return repos.commit_of(repo, revision)


def _listing(named: Named) -> Path:
    return download.cache_folder() / "models" / named.repo.replace("/", "--") / f"{named.revision}.json"


def _sign(place: Path, paths: list[str], listing: Path) -> None:
    """Write down what was checked; last of all, so that a list means a whole snapshot."""
    store.write_json({path: _marks(place / path) for path in paths}, listing)


def _marks(file: Path) -> list[int]:
    return [file.stat().st_size, file.stat().st_mtime_ns]


def _as_listed(place: Path, listing: Path) -> bool:
    try:
        return all(_marks(place / path) == marks for path, marks in store.read_json(listing).items())
    except (OSError, ValueError):
        return False


def _from_the_cache(named: Named, place: Path, listing: Path) -> Path:
    """What the cache has, where nobody may be asked; it may have been brought here by another tool."""
    here = wanted([path.relative_to(place).as_posix() for path in place.rglob("*") if path.is_file()])
    if not here:
        address = download.address("HF_ENDPOINT", "https://huggingface.co", str(named))
        raise UnavailableError(download.no_network(place.parents[1], address), str(named))
    listed = store.read_json(listing) if listing.is_file() else {}
    if missing := sorted({*listed, *_shards(place)} - set(here)):
        raise UnavailableError(
            f"the cache ({place}) holds half of it, {missing[0]} is missing, and {download.forbidden()} to fetch it: "
            "unset it and run the same again",
            str(named),
        )
    _check(here, named)
    for path in here:
        repos.fetch(named.repo, path, revision=named.revision, kind="model")
    _sign(place, here, listing)
    return place


def _shards(place: Path) -> set[str]:
    """Files of weights that an index names."""
    found = set()
    for index in place.glob("*.safetensors.index.json"):
        found |= set(store.read_json(index)["weight_map"].values())
    return found


def _check(paths: list[str], named: Named) -> None:
    """A repository without a model, or with pickles for weights, is an error before anything large is fetched."""
    if not {"config.json", "modules.json"} & set(paths):
        raise DataError("there is neither config.json nor modules.json, so it holds no model", str(named))
    if not any(path.endswith(".safetensors") for path in paths):
        raise DataError(
            "there are no weights as safetensors, and pickles are not read, for they can run code: take another "
            "revision of it that has them, or convert it into a folder and name the folder",
            str(named),
        )
