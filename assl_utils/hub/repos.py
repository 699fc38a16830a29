"""Files of a data set or a model on the Hugging Face hub, fetched by commit and hash.

A file comes whole and checked, or not at all::

    train = repos.fetch("owner/dataset", "data/train.json", revision=commit, sha256=digest)
    names = repos.names("owner/dataset", "data/*.csv", revision=commit)

Only bytes are fetched: no dataset script is run, nothing is unpickled. The environment is read at each call:
``HF_ENDPOINT`` (a mirror), ``HF_TOKEN``, ``HF_HUB_OFFLINE`` (nothing is asked for, the cache must do), ``ASSL_CACHE``
(where files are kept).
"""

import contextlib
import fnmatch
import functools
import hashlib
import os
import re
import time
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import httpx2
from huggingface_hub import HfApi, constants, hf_hub_download
from huggingface_hub import errors as hf
from huggingface_hub.file_download import hf_hub_url, repo_folder_name
from huggingface_hub.utils import validate_repo_id

from assl_utils import progress, store
from assl_utils.errors import DataError, UnavailableError
from assl_utils.hub import download, problems
from assl_utils.hub.download import COMMIT, Fetched


def fetch(repo, path, *, revision=None, sha256=None, size=None, cache=None, kind="dataset"):
    """One file of a repository on the hub, from the cache where it is there.

    Parameters
    ----------
    repo, path : str
        ``"owner/name"`` and the file's path inside.
    revision : str, optional
        A commit (40 hex digits), a branch or a tag. Without one the newest commit is asked for.
    sha256, size : str, int, optional
        What the file must be; another is refused and removed from the cache.
    cache : path, optional
        See `cache_folder`.
    kind : {"dataset", "model"}
        What the repository holds.

    Returns
    -------
    Fetched
        ``revision`` is the commit, also where a branch, or nothing, was asked for.

    Raises
    ------
    UnavailableError
        The file is not available; the message says why and what to do.
    DataError
        The file came and is not what it must be.
    """
    name = f"{repo}/{path}"
    download.check_pin(sha256, name)
    wanted = _wanted(repo, path, revision, cache, kind)
    with download.ALONE, _settings_of_now():
        commit = revision if COMMIT.fullmatch(revision or "") else _newest(wanted)
        for again in (False, True):
            file, was_there = _download(wanted, commit)
            found, number = store.sha256(file), file.stat().st_size
            sound = _sound(file, found)
            if sound is not False and download.fits(found, number, sha256, size):
                break
            if sound is not False and download.offline():
                raise DataError(download.not_in_the_cache(found, number, sha256, size), name)
            _forget(file)
            if (
                again or not was_there or sound or download.offline()
            ):  # else the cache was bad, and the hub may have better
                raise DataError(problems.wrong_bytes(sound, found, number, sha256, size, wanted, commit), name)
        if commit != revision:
            wanted.see(commit)
    url = hf_hub_url(repo, path, repo_type=kind, revision=commit, endpoint=wanted.endpoint)
    return Fetched(file, commit, found, number, url)


def names(repo, pattern, *, revision=None, kind="dataset"):
    """The paths inside a repository that fit a pattern (``data/*.csv``), in order; an error where none does."""
    wanted = _wanted(repo, pattern, revision, None, kind)
    with download.ALONE, _settings_of_now(), problems.explained(wanted):
        if download.offline():
            raise hf.OfflineModeIsEnabled
        listed = _patiently(lambda: wanted.files(revision), lambda error: True)
    found = sorted(name for name in listed if fnmatch.fnmatchcase(name, pattern))
    if not found:
        raise UnavailableError(f"no file of the {kind} fits; see {wanted.page}/tree/{revision or 'main'}", wanted.name)
    return found


def commit_of(repo, revision=None, *, kind="model"):
    """The commit that a branch or a tag (or nothing: the newest) points at now; a commit is itself.

    Offline it is the one that was last seen. Where the hub cannot tell, an `UnavailableError` says why.
    """
    if COMMIT.fullmatch(revision or ""):
        return revision
    wanted = _wanted(repo, None, revision, None, kind)
    with download.ALONE, _settings_of_now():
        commit = _newest(wanted)
        if not download.offline():
            wanted.see(commit)
    return commit


def last_seen(repo, revision=None, *, kind="model"):
    """The commit that `commit_of` last gave here, without a question to anyone; ``None`` where it never did."""
    return revision if COMMIT.fullmatch(revision or "") else _wanted(repo, None, revision, None, kind).last_seen()


def snapshot(repo, commit, *, kind="model"):
    """The folder in which the cache keeps the files of a commit; it need not be there."""
    return storage(repo, kind) / "snapshots" / commit


def storage(repo, kind="model"):
    """The folder in which the cache keeps a repository; it need not be there."""
    return _hub_cache(None, kind) / repo_folder_name(repo_id=repo, repo_type=kind)


@dataclass(frozen=True)
class _Wanted:
    """What a call of `fetch` asks for."""

    repo: str
    path: str | None
    revision: str | None
    endpoint: str
    folder: Path
    kind: str = "dataset"

    @property
    def name(self):
        return self.repo if self.path is None else f"{self.repo}/{self.path}"

    @property
    def page(self):
        return f"{self.endpoint}/datasets/{self.repo}" if self.kind == "dataset" else f"{self.endpoint}/{self.repo}"

    @property
    def ref(self):
        """The file, where huggingface_hub keeps it, that names the newest commit seen."""
        folder = self.folder / repo_folder_name(repo_id=self.repo, repo_type=self.kind)
        return folder / "refs" / (self.revision or constants.DEFAULT_REVISION)

    def last_seen(self):
        """The newest commit seen, or ``None``."""
        return self.ref.read_text(encoding="utf-8").strip() if self.ref.is_file() else None

    def see(self, commit):
        """Remember the newest commit."""
        with store.atomic_path(self.ref) as part:
            part.write_text(commit, encoding="utf-8")

    def info(self, revision):
        """What the hub says of the repository at a revision."""
        api = HfApi(endpoint=self.endpoint)
        info = api.repo_info(self.repo, repo_type=self.kind, revision=revision, timeout=download.TIMEOUT)
        if not COMMIT.fullmatch(info.sha or ""):
            raise KeyError("sha")
        return info

    def files(self, revision):
        """The paths that the hub lists at a revision."""
        return [sibling.rfilename for sibling in self.info(revision).siblings or ()]


def _wanted(repo, path, revision, cache, kind):
    """What is asked for, once it is known that it can be."""
    name = repo if path is None else f"{repo}/{path}"
    if path is not None:
        download.check_path(path, name)
    try:
        validate_repo_id(repo)
    except hf.HFValidationError as error:
        raise DataError(f"{repo!r} names no repository: {error}", name) from error
    if revision is not None and (not revision or ".." in revision or revision.startswith("/")):
        raise DataError(f"{revision!r} names no revision: give a commit, a branch, a tag, or nothing", name)
    endpoint = download.address("HF_ENDPOINT", "https://huggingface.co", name)
    return _Wanted(repo, path, revision, endpoint, _hub_cache(cache, kind), kind)


def _hub_cache(cache, kind="dataset"):
    """Folder of the hub's files; one set for every tool (``HF_HUB_CACHE``, ``HF_HOME``) comes before our default.

    Models lie by default where every tool keeps them, for they are large and others may have brought them.
    """
    if not cache and not os.environ.get("ASSL_CACHE"):
        if os.environ.get("HF_HUB_CACHE"):
            return Path(os.environ["HF_HUB_CACHE"]).expanduser()
        if os.environ.get("HF_HOME"):
            return Path(os.environ["HF_HOME"]).expanduser() / "hub"
        if kind == "model":
            return download.user_cache() / "huggingface" / "hub"
    return download.cache_folder(cache) / "hub"


@contextlib.contextmanager
def _settings_of_now():
    """huggingface_hub with the environment of this moment; by itself it reads it once, when it is imported."""
    home = Path(os.environ.get("HF_HOME") or download.user_cache() / "huggingface").expanduser()
    token = Path(os.environ.get("HF_TOKEN_PATH") or home / "token").expanduser()
    values = {
        "HF_HUB_OFFLINE": bool(download.offline()),
        "HF_TOKEN_PATH": str(token),
        "HF_STORED_TOKENS_PATH": str(token.with_name("stored_tokens")),
        "HF_HUB_DISABLE_IMPLICIT_TOKEN": download.is_set("HF_HUB_DISABLE_IMPLICIT_TOKEN"),
        "HF_HUB_DISABLE_TELEMETRY": True,  # it would ask huggingface.co, whatever HF_ENDPOINT is, for a list of agents
        "HF_HUB_DISABLE_XET": True,  # its servers are other ones than HF_ENDPOINT
        "DOWNLOAD_CHUNK_SIZE": store.CHUNK,  # what a broken download loses; by itself it loses the last 10 MB
    }
    before = {key: getattr(constants, key) for key in values}
    try:
        for key, value in values.items():
            setattr(constants, key, value)
        yield
    finally:
        for key, value in before.items():
            setattr(constants, key, value)


def _newest(wanted):
    """The commit that a branch or a tag points at; offline, the one it was last seen at."""
    with problems.explained(wanted):
        if download.offline():
            commit = wanted.last_seen()
            if commit is None:
                raise hf.OfflineModeIsEnabled
            return commit
        try:
            return _patiently(lambda: wanted.info(wanted.revision).sha, lambda error: True)
        except (KeyError, TypeError, ValueError) as error:
            if isinstance(error, hf.HfHubHTTPError):  # a bad request is a ValueError too
                raise
            raise hf.FileMetadataError(f"{type(error).__name__}: {error}") from error


def _download(wanted, commit):
    """The file in the hub's cache, downloaded where it is not there, and whether it was."""
    folder = wanted.folder / repo_folder_name(repo_id=wanted.repo, repo_type=wanted.kind)
    was_there = (folder / "snapshots" / commit / wanted.path).exists()
    fetch_file = functools.partial(
        hf_hub_download,
        wanted.repo,
        wanted.path,
        repo_type=wanted.kind,
        revision=commit,
        cache_dir=wanted.folder,
        endpoint=wanted.endpoint,
        tqdm_class=functools.partial(_Bar, PurePosixPath(wanted.path).name),
    )
    with problems.explained(wanted, commit):
        return Path(_patiently(fetch_file, _untried)), was_there


def _untried(error):
    """Whether huggingface_hub gave up at once: it repeats a broken body itself, but not a reset one, nor the HEAD."""
    return isinstance(error, httpx2.ReadError) or download.request(error).method == "HEAD"


def _patiently(work, untried):
    """``work()``, repeated after a pause while its failure may pass."""
    for pause in (*download.PAUSES, None):
        try:
            return work()
        except (httpx2.TransportError, hf.HfHubHTTPError) as error:
            if isinstance(error, hf.HfHubHTTPError):
                passing = error.response.status_code in download.AGAIN
            else:
                passing = not isinstance(error, httpx2.ProxyError) and untried(error)
            if pause is None or not passing:
                raise
            time.sleep(pause)


class _Bar:
    """What huggingface_hub takes for its tqdm: a `progress.Bar`, silent where nobody looks."""

    def __init__(self, label, *, total=None, initial=0, **_):
        self._bar = progress.Bar(total, label)
        self._bar.resume(initial)

    def update(self, n=1):
        self._bar.update(n)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._bar.close()


def _blob(path):
    """The file behind a name in the hub's cache, itself called after its checksum; ``None`` without symbolic links."""
    return path.parent / path.readlink() if path.is_symlink() else None


def _sound(path, found):
    """Whether the bytes agree with the checksum that the hub gave; ``None`` where it gave none that we know."""
    checksum = _blob(path).name if _blob(path) else ""
    if re.fullmatch(r"[0-9a-f]{64}", checksum):
        return checksum == found
    if COMMIT.fullmatch(checksum):  # small files go by git's name for them
        digest = hashlib.sha1(f"blob {path.stat().st_size}\0".encode(), usedforsecurity=False)
        with path.open("rb") as stream:
            while chunk := stream.read(store.CHUNK):
                digest.update(chunk)
        return checksum == digest.hexdigest()
    return None


def _forget(path):
    """Take a file out of the hub's cache: its name and its bytes."""
    blob = _blob(path)
    path.unlink()
    if blob is not None:
        blob.unlink(missing_ok=True)
