"""Files of a GitHub repository, fetched by commit and hash::

    rows = github.fetch("owner/repository", commit, "json格式/train.txt")

The environment is read at each call: ``ASSL_GITHUB_RAW`` (a mirror), ``HF_HUB_OFFLINE`` (nothing is asked for, the
cache must do), ``ASSL_CACHE`` (where files are kept).
"""

import contextlib
import re
import time
from pathlib import PurePosixPath
from urllib.parse import quote

import httpx2

from assl_utils import progress, store
from assl_utils.errors import DataError, UnavailableError, plain
from assl_utils.hub import download
from assl_utils.hub.download import AGAIN, COMMIT, Fetched


def fetch(repo, commit, path, *, sha256=None, size=None, cache=None):
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
    download.check_pin(sha256, name)
    download.check_path(path, name)
    if not re.fullmatch(r"[A-Za-z0-9][\w.-]*/(?!\.\.?$)[\w.-]+", repo, re.ASCII):
        raise DataError(f"{repo!r} names no repository: it is written owner/name", name)
    if not COMMIT.fullmatch(commit):
        raise DataError(
            f"{commit!r} is no commit of 40 hex digits: what a branch or a tag points at can change; "
            f"https://github.com/{repo}/commits lists commits",
            name,
        )
    address = download.address("ASSL_GITHUB_RAW", "https://raw.githubusercontent.com", name)
    url = f"{address}/{repo}/{commit}/{quote(path)}"
    target = download.cache_folder(cache) / "github" / repo / commit / path
    note = target.with_name(f"{target.name}.fetched.json")
    with download.ALONE:
        found = _remembered(target, note)
        number = target.stat().st_size if found else None
        if download.offline() and found is None:
            raise UnavailableError(download.no_network(download.cache_folder(cache), address), name)
        if download.offline() and not download.fits(found, number, sha256, size):
            raise DataError(download.not_in_the_cache(found, number, sha256, size), name)
        if found is None or not download.fits(found, number, sha256, size):
            with store.atomic_path(target) as part:
                _stream(url, part, name, address, f"https://github.com/{repo}/tree/{commit}")
                found, number = store.sha256(part), part.stat().st_size
                if not download.fits(found, number, sha256, size):
                    page = f"https://github.com/{repo}/blob/{commit}/{quote(path)}"
                    raise DataError(
                        f"{download.difference(found, number, sha256, size)}; it was deleted. What a commit holds "
                        f"never changes: either the download is broken: try again; or the pin is wrong: see {page}",
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
    with httpx2.Client(follow_redirects=True, timeout=download.TIMEOUT) as client, part.open("wb") as out:
        for pause in (*download.PAUSES, None):
            try:
                return _stream_on(client, url, out, PurePosixPath(name).name)
            except httpx2.HTTPError as error:
                passing = isinstance(error, httpx2.TransportError) and not isinstance(error, httpx2.ProxyError)
                if isinstance(error, httpx2.HTTPStatusError):
                    passing = error.response.status_code in AGAIN
                if pause is None or not passing:
                    raise UnavailableError(_explain(error, url, address, page, out.tell()), name) from error
            time.sleep(pause)


def _explain(error, url, address, page, done):
    if isinstance(error, httpx2.HTTPStatusError):
        if error.response.status_code == 404:
            return f"no such file, or no such commit or repository ({url}); see {page}"
        return download.refused(address, error.response.status_code, "ASSL_GITHUB_RAW")
    if isinstance(error, _WebPage):
        return (
            f"{address} sent a web page in place of the file: open {url} in a browser; check the proxy and "
            f"ASSL_GITHUB_RAW ({download.setting('ASSL_GITHUB_RAW')})"
        )
    if done or isinstance(error, _BrokeOff):
        return f"the download broke off after {done} bytes ({plain(error)}); nothing was kept, try again"
    return download.unreachable(error, address, "ASSL_GITHUB_RAW")


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
