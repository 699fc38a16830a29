"""What huggingface_hub raises, said in words that name the way out."""

import contextlib
import difflib
import re
from pathlib import PurePosixPath
from urllib.parse import quote

import httpx2
from huggingface_hub import errors as hf

from assl_utils.errors import UnavailableError, plain
from assl_utils.hub import download

PUBLIC = {"dataset": "public data needs", "model": "public models need"}


@contextlib.contextmanager
def explained(wanted, commit=None):
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
            f"the {wanted.kind} is gated: open {wanted.page}, log in and fill in its form, then {login} with the "
            "account that was let in, and try again"
        )
    if isinstance(error, hf.RepositoryNotFoundError):
        return f"{wanted.page} does not exist or is private: check the name; if it is private, {login}"
    if isinstance(error, hf.DisabledRepoError):
        return f"{wanted.page} was disabled on the hub: look there for the reason"
    if isinstance(error, hf.RevisionNotFoundError):
        return (
            f"the {wanted.kind} has no revision {commit or wanted.revision!r}: {wanted.page}/commits/main lists them; "
            "without a revision the newest is taken"
        )
    if isinstance(error, hf.RemoteEntryNotFoundError):
        return f"no such file at commit {commit}{_nearest(wanted, commit)}; see {wanted.page}/tree/{commit}"
    if isinstance(error, hf.OfflineModeIsEnabled):
        return download.no_network(wanted.folder, wanted.endpoint)
    if isinstance(error, hf.FileMetadataError):
        first = plain(error).split(". ")[0]
        return f"{wanted.endpoint} does not answer as the hub does: check HF_ENDPOINT and the proxy ({first})"
    if isinstance(error, hf.HfHubHTTPError):
        status = error.response.status_code
        if status == 401:
            return f"{wanted.endpoint} does not know the token: {login} anew; {PUBLIC[wanted.kind]} none"
        said = f" ({error.server_message})" if error.server_message else ""
        return download.refused(download.who_failed(error, wanted.endpoint), status, "HF_ENDPOINT", said)
    if isinstance(error, httpx2.TransportError):
        reached = not isinstance(error, httpx2.ConnectError | httpx2.ProxyError)
        if commit and reached and download.request(error).method == "GET":
            return f"the download broke off ({plain(error)}); nothing was kept, try again"
        last = wanted.last_seen()
        hint = f"; HF_HUB_OFFLINE=1 takes what the cache has of commit {last}" if last else ""
        return download.unreachable(error, wanted.endpoint, "HF_ENDPOINT") + hint
    if isinstance(error, httpx2.HTTPError):
        return f"{wanted.endpoint} cannot be used ({plain(error)}): check HF_ENDPOINT and the proxy"
    sizes = re.search(r"of size (\d+) but has size (\d+)", str(error))
    if sizes:  # huggingface_hub's "consistency check", an error without a class of its own
        return f"the download broke off ({sizes[2]} of {sizes[1]} bytes); nothing was kept, try again"
    return None


def _nearest(wanted, commit):
    """``"; nearest: …"``, for a file that is not there; empty where the hub does not say what is."""
    try:
        names = wanted.files(commit)
    except (httpx2.HTTPError, OSError, KeyError, TypeError, ValueError):
        return ""
    same = [name for name in names if PurePosixPath(name).name == PurePosixPath(wanted.path).name]
    near = difflib.get_close_matches(wanted.path, same or names, n=1, cutoff=0 if same else 0.5)
    return f"; nearest: {near[0]}" if near else ""


def wrong_bytes(sound, found, number, sha256, size, wanted, commit):
    if sound is False:
        return (
            f"not the bytes that {wanted.endpoint} announced (sha256 {found}, {number} bytes): the download is broken "
            "and was deleted; try again, or point HF_ENDPOINT elsewhere"
        )
    upstream = (
        f"the file changed upstream, or the pin is wrong: see {wanted.page}/blob/{commit}/{quote(wanted.path)}, then "
        "pin the commit that was meant, or the new hash"
    )
    wrong = f"{download.difference(found, number, sha256, size)}; it was deleted. "
    if sound:  # it is what the hub has at that commit
        return wrong + upstream[0].upper() + upstream[1:]
    return f"{wrong}Either the download is broken: try again; or {upstream}"
