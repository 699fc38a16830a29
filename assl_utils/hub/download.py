"""What every download has in common: where files are kept, when nothing may be asked for, what a bad answer means."""

import contextlib
import os
import re
import threading
from dataclasses import dataclass
from pathlib import Path

import httpx2
from huggingface_hub import constants
from huggingface_hub import errors as hf

from assl_utils.errors import DataError, UnavailableError, plain

PAUSES = (1, 2, 4)  # seconds before the second, third and fourth try
TIMEOUT = 20  # seconds without a byte
AGAIN = {408, 429, 500, 502, 503, 504}  # answers that may be another one a little later
COMMIT = re.compile(r"[0-9a-f]{40}")
ALONE = threading.RLock()  # huggingface_hub keeps its settings in one place for all threads


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
    return user_cache() / "assl"


def user_cache():
    """The user's cache folder, as the desktop standard has it."""
    return Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser()


def is_set(name):
    """Whether an environment variable says yes, as huggingface_hub reads it."""
    return os.environ.get(name, "").upper() in constants.ENV_VARS_TRUE_VALUES


def offline():
    """Name of the variable that forbids every request, or ""."""
    return next((name for name in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE") if is_set(name)), "")


def address(variable, default, name):
    """The address that a variable names, else the default; what is no address is an error."""
    address = (os.environ.get(variable) or default).rstrip("/")
    with contextlib.suppress(httpx2.InvalidURL):
        url = httpx2.URL(address)
        if url.scheme in ("http", "https") and url.host:
            return address
    raise UnavailableError(f"{variable}={address} is no address: write https://host", name)


def check_pin(sha256, name):
    """A digest that no file can have is an error before anything is asked for."""
    if sha256 is not None and not re.fullmatch(r"[0-9a-f]{64}", sha256):
        raise DataError(f"the pinned sha256 {sha256!r} is not 64 hex digits in lower case", name)


def check_path(path, name):
    """A path that leaves the repository, or is none, is an error."""
    if not path or "\\" in path or "\0" in path or any(part in ("", ".", "..") for part in path.split("/")):
        raise DataError(f"{path!r} is no path inside a repository: a/b.json, without leading slash, '.' or '..'", name)


def fits(found, number, sha256, size):
    """Whether digest and number of bytes are those that are pinned, where any are."""
    return sha256 in (None, found) and size in (None, number)


def difference(found, number, sha256, size):
    """``"sha256 … where … is pinned, 3 bytes where 5 are pinned"``: what is wrong."""
    wrong = []
    if sha256 not in (None, found):
        wrong.append(f"sha256 {found} where {sha256} is pinned")
    if size not in (None, number):
        wrong.append(f"{number} bytes where {size} are pinned")
    return ", ".join(wrong)


def not_in_the_cache(found, number, sha256, size):
    """What to do about a wrong file in the cache where no other may be asked for."""
    return (
        f"the cache has {difference(found, number, sha256, size)}, and {forbidden()} to ask for another: unset it, "
        "or correct the pin"
    )


def forbidden():
    """``"HF_HUB_OFFLINE=1 forbids"``, for messages."""
    return f"{offline()}={os.environ[offline()]} forbids"


def request(error):
    """The request that failed; an empty one where the error does not know."""
    if isinstance(error, hf.HfHubHTTPError):  # it forgets its own request, but not the answer's
        return error.response.request
    with contextlib.suppress(RuntimeError):
        return error.request
    return httpx2.Request("", "")


def no_network(folder, address):
    """What to do about a file that the cache lacks where nothing may be asked for."""
    return (
        f"not in the cache ({folder}), and {forbidden()} to ask {address}: unset it, or copy the cache of a machine "
        "with a network"
    )


def who_failed(error, address):
    """Who failed: the address, or the server it sent us to, for large files lie elsewhere."""
    url = request(error).url
    server = f"{url.scheme}://{url.netloc.decode()}" if url.host else address
    return address if address.startswith(server) else f"{server}, to which {address} sent us,"


def unreachable(error, address, variable):
    """What to do about a server that does not answer."""
    return (
        f"{who_failed(error, address)} cannot be reached ({plain(error)}): check network and proxy, or point "
        f"{variable} at a mirror ({setting(variable)})"
    )


def refused(address, status, variable, said=""):
    """What to do about a server that answers with an error."""
    if status == 429:
        return f"{address} asks for a pause (429){said}: wait some minutes, or point {variable} at a mirror"
    if status in AGAIN:
        return f"{address} answers {status} again and again{said}: try later, or point {variable} at a mirror"
    return f"{address} answers {status}{said}: look at the address in a browser; {setting(variable)}"


def setting(variable):
    """``"NAME=value"``, or that it is not set."""
    return f"{variable}={os.environ[variable]}" if os.environ.get(variable) else f"{variable} is not set"
