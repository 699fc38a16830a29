"""What the tests of downloads share: the files of a made-up hub, and what an error says."""

import errno
import hashlib
from pathlib import Path

import pytest

from assl_utils.errors import DataError, UnavailableError

COMMIT = "0123456789abcdef0123456789abcdef01234567"
SMALL, LARGE, ODD = b'{"a": 1}\n' * 50, bytes(range(256)) * 40, "数据/训练 集.json"
LINES = "".join(f"第{n}行\n" for n in range(400)).encode()
FILES = {
    ("owner/data", "train.json"): SMALL,
    ("owner/data", "data/big.parquet"): LARGE,
    ("owner/data", ODD): b"[]",
    ("owner/data", "a/long/way/down/from/the/top/x.csv"): b"x",
    ("owner/secret", "train.json"): b"{}",
    ("flat", "t.csv"): b"a,b\n",
}
GITHUB = {("owner/repo", COMMIT, "CFSC-ABSA/json格式/train.txt"): LINES, ("owner/repo", COMMIT, "empty.txt"): b""}
TEXT = "CFSC-ABSA/json格式/train.txt"
TEXT_URL = f"/owner/repo/{COMMIT}/CFSC-ABSA/json%E6%A0%BC%E5%BC%8F/train.txt"
WRONG = "f" * 64
TRAIN = "owner/data/train.json"
REFUSED = f"[Errno {errno.ECONNREFUSED}] Connection refused"


def digest(content):
    return hashlib.sha256(content).hexdigest()


def kept(folder):
    """The files in a cache that hold fetched bytes, whole or not."""
    bookkeeping = ("refs", ".locks", ".no_exist")
    files = (path for path in Path(folder).rglob("*") if path.is_file() and not set(bookkeeping) & set(path.parts))
    return sorted(path.name for path in files if path.name not in ("CACHEDIR.TAG", ".gitignore"))


def problem(call, kind=UnavailableError):
    """The message of the error that ``call`` ends with."""
    with pytest.raises(DataError) as caught:
        call()
    assert type(caught.value) is kind, caught.value
    return str(caught.value)
