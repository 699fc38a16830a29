"""Public files, fetched by commit and hash: from the Hugging Face hub and from GitHub.

A file is had whole and checked, or not at all::

    train = hub.fetch("owner/dataset", "data/train.json", revision=commit, sha256=digest)
    rows = hub.fetch_github("owner/repository", commit, "json格式/train.txt")
    names = hub.names("owner/dataset", "data/*.csv", revision=commit)

Only bytes are fetched: no dataset script is run, nothing is unpickled. The environment is read at each call:
``HF_ENDPOINT`` (a mirror), ``ASSL_GITHUB_RAW`` (one for GitHub), ``HF_TOKEN``, ``HF_HUB_OFFLINE`` (nothing is asked
for, the cache must do), ``ASSL_CACHE`` (where files are kept).
"""

import contextlib
import difflib
import fnmatch
import functools
import hashlib
import os
import re
import threading
import time
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from urllib.parse import quote

import httpx2
from huggingface_hub import HfApi, constants, hf_hub_download
from huggingface_hub import errors as hf
from huggingface_hub.file_download import hf_hub_url, repo_folder_name
from huggingface_hub.utils import validate_repo_id

from assl_utils import progress, store
from assl_utils.errors import DataError, UnavailableError, plain

PAUSES = (1, 2, 4)  # seconds before the second, third and fourth try
TIMEOUT = 20  # seconds without a byte
AGAIN = {408, 429, 500, 502, 503, 504}  # answers that may be another one a little later
COMMIT = re.compile(r"[0-9a-f]{40}")
_alone = threading.RLock()  # huggingface_hub keeps its settings in one place for all threads


@dataclass(frozen=True)
class Fetched:
    """A file on this disk and where its bytes came from.

    Attributes
    ----------
    path : Path
        The file, in the cache: read it, do not write it.
    revision : str
        The commit, 40 hex digits, that the bytes belong to.
    sha256 : str
        Digest of the bytes.
    bytes : int
        Their number.
    url : str
        Address that names commit and file.
    """

    path: Path
    revision: str
    sha256: str
    bytes: int
    url: str


def cache_folder(cache=None):
    """Where files are kept: ``cache``, else ``$ASSL_CACHE``, else ``assl`` in the user's cache folder."""
    if cache or os.environ.get("ASSL_CACHE"):
        return Path(cache or os.environ["ASSL_CACHE"]).expanduser()
    return _user_cache() / "assl"


def _user_cache():
    return Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser()


def _hub_cache(cache):
    """Folder of the hub's files; one set for every tool (``HF_HUB_CACHE``, ``HF_HOME``) comes before our default."""
    if not cache and not os.environ.get("ASSL_CACHE"):
        if os.environ.get("HF_HUB_CACHE"):
            return Path(os.environ["HF_HUB_CACHE"]).expanduser()
        if os.environ.get("HF_HOME"):
            return Path(os.environ["HF_HOME"]).expanduser() / "hub"
    return cache_folder(cache) / "hub"


def _true(name):
    return os.environ.get(name, "").upper() in constants.ENV_VARS_TRUE_VALUES


def _offline():
    """Name of the variable that forbids every request, or ""."""
    return next((name for name in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE") if _true(name)), "")


# --- the hub ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Wanted:
    """What a call of `fetch` asks for."""

    repo: str
    path: str
    revision: str | None
    endpoint: str
    folder: Path

    @property
    def name(self):
        return f"{self.repo}/{self.path}"

    @property
    def page(self):
        return f"{self.endpoint}/datasets/{self.repo}"

    @property
    def ref(self):
        """The file, where huggingface_hub keeps it, that names the newest commit seen."""
        folder = self.folder / repo_folder_name(repo_id=self.repo, repo_type="dataset")
        return folder / "refs" / (self.revision or constants.DEFAULT_REVISION)

    def last_seen(self):
        return self.ref.read_text(encoding="utf-8").strip() if self.ref.is_file() else None


def fetch(repo, path, *, revision=None, sha256=None, size=None, cache=None):
    """One file of a dataset repository on the hub, from the cache where it is there.

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

    Returns
    -------
    Fetched
        ``revision`` is the commit, also where a branch, or nothing, was asked for.

    Raises
    ------
    UnavailableError
        The file cannot be had; the message says why and what to do.
    DataError
        It was had and is not what it must be.
    """
    name = f"{repo}/{path}"
    _check_pin(sha256, name)
    wanted = _wanted(repo, path, revision, cache)
    with _alone, _settings_of_now():
        commit = revision if COMMIT.fullmatch(revision or "") else _newest(wanted)
        for again in (False, True):
            file, was_there = _download(wanted, commit)
            found, number = store.sha256(file), file.stat().st_size
            sound = _sound(file, found)
            if sound is not False and _fits(found, number, sha256, size):
                break
            if sound is not False and _offline():
                raise DataError(_not_in_the_cache(found, number, sha256, size), name)
            _forget(file)
            if again or not was_there or sound or _offline():  # else the cache was bad, and the hub may have better
                raise DataError(_wrong_on_the_hub(sound, found, number, sha256, size, wanted, commit), name)
        if commit != revision:
            with store.atomic_path(wanted.ref) as part:
                part.write_text(commit, encoding="utf-8")
    url = hf_hub_url(repo, path, repo_type="dataset", revision=commit, endpoint=wanted.endpoint)
    return Fetched(file, commit, found, number, url)


def _wanted(repo, path, revision, cache):
    """What is asked for, once it is known that it can be."""
    name = f"{repo}/{path}"
    _check_path(path, name)
    try:
        validate_repo_id(repo)
    except hf.HFValidationError as error:
        raise DataError(f"{repo!r} names no repository: {error}", name) from error
    if revision is not None and (not revision or ".." in revision or revision.startswith("/")):
        raise DataError(f"{revision!r} names no revision: give a commit, a branch, a tag, or nothing", name)
    return _Wanted(repo, path, revision, _address("HF_ENDPOINT", "https://huggingface.co", name), _hub_cache(cache))


@contextlib.contextmanager
def _settings_of_now():
    """huggingface_hub with the environment of this moment; by itself it reads it once, when it is imported."""
    home = Path(os.environ.get("HF_HOME") or _user_cache() / "huggingface").expanduser()
    token = Path(os.environ.get("HF_TOKEN_PATH") or home / "token").expanduser()
    values = {
        "HF_HUB_OFFLINE": bool(_offline()),
        "HF_TOKEN_PATH": str(token),
        "HF_STORED_TOKENS_PATH": str(token.with_name("stored_tokens")),
        "HF_HUB_DISABLE_IMPLICIT_TOKEN": _true("HF_HUB_DISABLE_IMPLICIT_TOKEN"),
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


def _info(wanted, revision):
    """What the hub says of a dataset at a revision."""
    info = HfApi(endpoint=wanted.endpoint).dataset_info(wanted.repo, revision=revision, timeout=TIMEOUT)
    if not COMMIT.fullmatch(info.sha or ""):
        raise KeyError("sha")
    return info


def _newest(wanted):
    """The commit a branch or a tag stands at; offline, the one it was last seen at."""
    with _explained(wanted):
        if _offline():
            commit = wanted.last_seen()
            if commit is None:
                raise hf.OfflineModeIsEnabled
            return commit
        try:
            return _patiently(lambda: _info(wanted, wanted.revision).sha, lambda error: True)
        except (KeyError, TypeError, ValueError) as error:
            if isinstance(error, hf.HfHubHTTPError):  # a bad request is a ValueError too
                raise
            raise hf.FileMetadataError(f"{type(error).__name__}: {error}") from error


def _download(wanted, commit):
    """The file in the hub's cache, downloaded where it is not there, and whether it was."""
    folder = wanted.folder / repo_folder_name(repo_id=wanted.repo, repo_type="dataset")
    was_there = (folder / "snapshots" / commit / wanted.path).exists()
    download = functools.partial(
        hf_hub_download,
        wanted.repo,
        wanted.path,
        repo_type="dataset",
        revision=commit,
        cache_dir=wanted.folder,
        endpoint=wanted.endpoint,
        tqdm_class=functools.partial(_Bar, PurePosixPath(wanted.path).name),
    )
    with _explained(wanted, commit):
        return Path(_patiently(download, _untried)), was_there


def _untried(error):
    """Whether huggingface_hub gave up at once: it repeats a broken body itself, but not a reset one, nor the HEAD."""
    return isinstance(error, httpx2.ReadError) or _request(error).method == "HEAD"


def _patiently(work, untried):
    """``work()``, repeated after a pause while its failure may pass."""
    for pause in (*PAUSES, None):
        try:
            return work()
        except (httpx2.TransportError, hf.HfHubHTTPError) as error:
            if isinstance(error, hf.HfHubHTTPError):
                passing = error.response.status_code in AGAIN
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


def _wrong_on_the_hub(sound, found, number, sha256, size, wanted, commit):
    if sound is False:
        return (
            f"not the bytes that {wanted.endpoint} announced (sha256 {found}, {number} bytes): the download is broken "
            "and was deleted; try again, or point HF_ENDPOINT elsewhere"
        )
    upstream = (
        f"the file changed upstream, or the pin is wrong: see {wanted.page}/blob/{commit}/{quote(wanted.path)}, then "
        "pin the commit that was meant, or the new hash"
    )
    wrong = f"{_difference(found, number, sha256, size)}; it was deleted. "
    if sound:  # it is what the hub has at that commit
        return wrong + upstream[0].upper() + upstream[1:]
    return f"{wrong}Either the download is broken: try again; or {upstream}"


@contextlib.contextmanager
def _explained(wanted, commit=None):
    """Turns what huggingface_hub raises into an `UnavailableError` that says what to do."""
    try:
        yield
    except (httpx2.HTTPError, OSError) as error:  # all of its errors are one or the other
        problem = _explain(error, wanted, commit)
        if problem is None:
            raise  # a full disk, a folder that may not be written: nothing a hub could be blamed for
        raise UnavailableError(problem, wanted.name) from error


def _explain(error, wanted, commit):
    if isinstance(error, hf.LocalEntryNotFoundError) and error.__cause__ is not None:
        error = error.__cause__  # "not in the cache either", said of whatever went wrong first
    login = "run `hf auth login` (or set HF_TOKEN)"
    if isinstance(error, hf.GatedRepoError):
        return (
            f"the dataset is gated: open {wanted.page}, log in and fill in its form, then {login} with the account "
            "that was let in, and try again"
        )
    if isinstance(error, hf.RepositoryNotFoundError):
        return f"{wanted.page} does not exist or is private: check the name; if it is private, {login}"
    if isinstance(error, hf.DisabledRepoError):
        return f"{wanted.page} was disabled on the hub: look there for the reason"
    if isinstance(error, hf.RevisionNotFoundError):
        return (
            f"the dataset has no revision {commit or wanted.revision!r}: {wanted.page}/commits/main lists them; "
            "without a revision the newest is taken"
        )
    if isinstance(error, hf.RemoteEntryNotFoundError):
        return f"no such file at commit {commit}{_nearest(wanted, commit)}; see {wanted.page}/tree/{commit}"
    if isinstance(error, hf.OfflineModeIsEnabled):
        return _no_network(wanted.folder, wanted.endpoint)
    if isinstance(error, hf.FileMetadataError):
        first = plain(error).split(". ")[0]
        return f"{wanted.endpoint} does not answer as the hub does: check HF_ENDPOINT and the proxy ({first})"
    if isinstance(error, hf.HfHubHTTPError):
        status = error.response.status_code
        if status == 401:
            return f"{wanted.endpoint} does not know the token: {login} anew; public data needs none"
        said = f" ({error.server_message})" if error.server_message else ""
        return _refused(_server(error, wanted.endpoint), status, "HF_ENDPOINT", said)
    if isinstance(error, httpx2.TransportError):
        reached = not isinstance(error, httpx2.ConnectError | httpx2.ProxyError)
        if commit and reached and _request(error).method == "GET":
            return f"the download broke off ({plain(error)}); nothing was kept, try again"
        last = wanted.last_seen()
        hint = f"; HF_HUB_OFFLINE=1 takes what the cache has of commit {last}" if last else ""
        return _unreachable(error, wanted.endpoint, "HF_ENDPOINT") + hint
    if isinstance(error, httpx2.HTTPError):
        return f"{wanted.endpoint} cannot be used ({plain(error)}): check HF_ENDPOINT and the proxy"
    sizes = re.search(r"of size (\d+) but has size (\d+)", str(error))
    if sizes:  # huggingface_hub's "consistency check", an error without a class of its own
        return f"the download broke off ({sizes[2]} of {sizes[1]} bytes); nothing was kept, try again"
    return None


def names(repo, pattern, *, revision=None):
    """The paths inside a dataset repository that fit a pattern (``data/*.csv``), in order; an error where none does."""
    wanted = _wanted(repo, pattern, revision, None)
    with _alone, _settings_of_now(), _explained(wanted):
        if _offline():
            raise hf.OfflineModeIsEnabled
        listed = _patiently(lambda: _info(wanted, revision).siblings or (), lambda error: True)
    found = sorted(sibling.rfilename for sibling in listed if fnmatch.fnmatchcase(sibling.rfilename, pattern))
    if not found:
        raise UnavailableError(f"no file of the dataset fits; see {wanted.page}/tree/{revision or 'main'}", wanted.name)
    return found


def _nearest(wanted, commit):
    """``"; nearest: …"``, for a file that is not there; empty where the hub does not say what is."""
    try:
        names = [sibling.rfilename for sibling in _info(wanted, commit).siblings or ()]
    except (httpx2.HTTPError, OSError, KeyError, TypeError, ValueError):
        return ""
    same = [name for name in names if PurePosixPath(name).name == PurePosixPath(wanted.path).name]
    near = difflib.get_close_matches(wanted.path, same or names, n=1, cutoff=0 if same else 0.5)
    return f"; nearest: {near[0]}" if near else ""


# --- what both have in common -----------------------------------------------------------------------------------------


def _address(variable, default, name):
    address = (os.environ.get(variable) or default).rstrip("/")
    with contextlib.suppress(httpx2.InvalidURL):
        url = httpx2.URL(address)
        if url.scheme in ("http", "https") and url.host:
            return address
    raise UnavailableError(f"{variable}={address} is no address: write https://host", name)


def _check_pin(sha256, name):
    if sha256 is not None and not re.fullmatch(r"[0-9a-f]{64}", sha256):
        raise DataError(f"the pinned sha256 {sha256!r} is not 64 hex digits in lower case", name)


def _check_path(path, name):
    if not path or "\\" in path or "\0" in path or any(part in ("", ".", "..") for part in path.split("/")):
        raise DataError(f"{path!r} is no path inside a repository: a/b.json, without leading slash, '.' or '..'", name)


def _fits(found, number, sha256, size):
    return sha256 in (None, found) and size in (None, number)


def _difference(found, number, sha256, size):
    """``"sha256 … where … is pinned, 3 bytes where 5 are pinned"``: what is wrong."""
    wrong = []
    if sha256 not in (None, found):
        wrong.append(f"sha256 {found} where {sha256} is pinned")
    if size not in (None, number):
        wrong.append(f"{number} bytes where {size} are pinned")
    return ", ".join(wrong)


def _not_in_the_cache(found, number, sha256, size):
    return (
        f"the cache has {_difference(found, number, sha256, size)}, and {_forbidden()} to ask for another: unset it, "
        "or correct the pin"
    )


def _forbidden():
    return f"{_offline()}={os.environ[_offline()]} forbids"


def _request(error):
    """The request that failed; an empty one where the error does not know."""
    if isinstance(error, hf.HfHubHTTPError):  # it forgets its own request, but not the answer's
        return error.response.request
    with contextlib.suppress(RuntimeError):
        return error.request
    return httpx2.Request("", "")


def _no_network(folder, address):
    return (
        f"not in the cache ({folder}), and {_forbidden()} to ask {address}: unset it, or copy the cache of a machine "
        "with a network"
    )


def _server(error, address):
    """Who failed: the address, or the server it sent us to, for large files lie elsewhere."""
    url = _request(error).url
    server = f"{url.scheme}://{url.netloc.decode()}" if url.host else address
    return address if address.startswith(server) else f"{server}, to which {address} sent us,"


def _unreachable(error, address, variable):
    return (
        f"{_server(error, address)} cannot be reached ({plain(error)}): check network and proxy, or point {variable} "
        f"at a mirror ({_set(variable)})"
    )


def _refused(address, status, variable, said=""):
    if status == 429:
        return f"{address} asks for a pause (429){said}: wait some minutes, or point {variable} at a mirror"
    if status in AGAIN:
        return f"{address} answers {status} again and again{said}: try later, or point {variable} at a mirror"
    return f"{address} answers {status}{said}: look at the address in a browser; {_set(variable)}"


def _set(variable):
    return f"{variable}={os.environ[variable]}" if os.environ.get(variable) else f"{variable} is not set"


# --- GitHub -----------------------------------------------------------------------------------------------------------


def fetch_github(repo, commit, path, *, sha256=None, size=None, cache=None):
    """One file of a GitHub repository at a commit, from the cache where it is there.

    A download that breaks off is taken up where it stopped, within the call; between calls nothing half is kept.

    Parameters
    ----------
    repo, path : str
        ``"owner/name"`` and the file's path inside.
    commit : str
        40 hex digits; a branch or a tag is refused, for both move.
    sha256, size, cache
        As for `fetch`.

    Returns
    -------
    Fetched

    Raises
    ------
    UnavailableError, DataError
        As for `fetch`.
    """
    name = f"github.com/{repo}/{path}"
    _check_pin(sha256, name)
    _check_path(path, name)
    if not re.fullmatch(r"[A-Za-z0-9][\w.-]*/(?!\.\.?$)[\w.-]+", repo, re.ASCII):
        raise DataError(f"{repo!r} names no repository: it is written owner/name", name)
    if not COMMIT.fullmatch(commit):
        raise DataError(
            f"{commit!r} is no commit of 40 hex digits: what a branch or a tag stands at can change; "
            f"https://github.com/{repo}/commits lists commits",
            name,
        )
    address = _address("ASSL_GITHUB_RAW", "https://raw.githubusercontent.com", name)
    url = f"{address}/{repo}/{commit}/{quote(path)}"
    target = cache_folder(cache) / "github" / repo / commit / path
    note = target.with_name(f"{target.name}.fetched.json")
    with _alone:
        found = _remembered(target, note)
        number = target.stat().st_size if found else None
        if _offline() and found is None:
            raise UnavailableError(_no_network(cache_folder(cache), address), name)
        if _offline() and not _fits(found, number, sha256, size):
            raise DataError(_not_in_the_cache(found, number, sha256, size), name)
        if found is None or not _fits(found, number, sha256, size):
            with store.atomic_path(target) as part:
                _stream(url, part, name, address, f"https://github.com/{repo}/tree/{commit}")
                found, number = store.sha256(part), part.stat().st_size
                if not _fits(found, number, sha256, size):
                    page = f"https://github.com/{repo}/blob/{commit}/{quote(path)}"
                    raise DataError(
                        f"{_difference(found, number, sha256, size)}; it was deleted. What a commit holds never "
                        f"changes: either the download is broken: try again; or the pin is wrong: see {page}",
                        name,
                    )
            store.write_json({"sha256": found, "bytes": number, "url": url}, note)
    return Fetched(target, commit, found, number, url)


def _remembered(target, note):
    """Digest of a file in the cache that is still what its note says; any other is removed."""
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
        found = store.sha256(target)
        if store.read_json(note)["sha256"] == found:
            return found
    target.unlink(missing_ok=True)
    note.unlink(missing_ok=True)
    return None


class _WebPage(httpx2.HTTPError):
    """The log-in page of some network, or of a mirror, came in place of the file."""


class _BrokeOff(httpx2.TransportError):
    """A body ended early, or did not continue where the last one stopped."""


def _stream(url, part, name, address, page):
    """Download ``url`` into the file ``part``; each try goes on where the last one stopped."""
    with httpx2.Client(follow_redirects=True, timeout=TIMEOUT) as client, part.open("wb") as out:
        for pause in (*PAUSES, None):
            try:
                return _stream_on(client, url, out, PurePosixPath(name).name)
            except httpx2.HTTPError as error:
                passing = isinstance(error, httpx2.TransportError) and not isinstance(error, httpx2.ProxyError)
                if isinstance(error, httpx2.HTTPStatusError):
                    passing = error.response.status_code in AGAIN
                if pause is None or not passing:
                    raise UnavailableError(_explain_github(error, url, address, page, out.tell()), name) from error
            time.sleep(pause)


def _explain_github(error, url, address, page, done):
    if isinstance(error, httpx2.HTTPStatusError):
        if error.response.status_code == 404:
            return f"no such file, or no such commit or repository ({url}); see {page}"
        return _refused(address, error.response.status_code, "ASSL_GITHUB_RAW")
    if isinstance(error, _WebPage):
        return (
            f"{address} sent a web page in place of the file: open {url} in a browser; check the proxy and "
            f"ASSL_GITHUB_RAW ({_set('ASSL_GITHUB_RAW')})"
        )
    if done or isinstance(error, _BrokeOff):
        return f"the download broke off after {done} bytes ({plain(error)}); nothing was kept, try again"
    return _unreachable(error, address, "ASSL_GITHUB_RAW")


def _stream_on(client, url, out, label):
    """One try: from where ``out`` stands to the end."""
    start = out.tell()
    headers = {"Accept-Encoding": "identity"}  # lengths and ranges then count the file's own bytes
    if start:
        headers["Range"] = f"bytes={start}-"
    with client.stream("GET", url, headers=headers) as response:
        span = re.fullmatch(rf"bytes {start}-\d+/(\d+)", response.headers.get("Content-Range", ""))
        if response.status_code == 416 or (response.status_code == 206 and span is None):
            out.seek(0)
            out.truncate()
            raise _BrokeOff(f"asked to go on at byte {start}, the server answered {response.status_code}")
        response.raise_for_status()
        if response.headers.get("Content-Type", "").startswith("text/html"):
            raise _WebPage("text/html")  # GitHub serves every file as plain text or bytes
        if response.status_code != 206:
            out.seek(0)  # the server sends all of it again
            out.truncate()
        total = span and span[1]
        if total is None and "Content-Encoding" not in response.headers:
            total = response.headers.get("Content-Length")
        total = int(total) if total else None
        with progress.bar(total, label) as bar:
            bar.resume(out.tell())
            for chunk in response.iter_bytes():
                out.write(chunk)
                bar.update(len(chunk))
        if total not in (None, out.tell()):
            raise _BrokeOff(f"{total} bytes were announced")
