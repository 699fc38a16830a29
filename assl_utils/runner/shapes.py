"""The shapes of the runner's own JSON files, and reading them: a file without its shape is no such file.

Written by hand, without pydantic: importing that and building its models takes 0.35 s, nearly as long as all that the
runner does before it can say that nothing has to run (0.45 s). What chapters and studies leave is checked with it, in
`assl_utils.shapes`.

A shape is a type, a function that says what is wrong, a list with the shape of its items, a dict with the shapes of its
keys, or ``{Each: shape}`` for a dict with names of any kind.
"""

import json
import math
import re
from datetime import datetime
from pathlib import Path

LARGEST = 64 << 20  # bytes
DEEPEST = 60
Each = object()  # the key that stands for every key


class Damaged(ValueError):
    """A file that lies where one of the runner's should, and is none; the message says why."""


def load(path):
    """The JSON value of a file, or None where there is no file.

    Raises
    ------
    Damaged
        If it is no file, too large, cut off, no UTF-8, no JSON, or nested too deep.
    """
    path = Path(path)
    try:
        if not path.is_file():
            if path.exists() or path.is_symlink():
                raise Damaged(f"{path.name} is no file")
            return None
        if path.stat().st_size > LARGEST:
            raise Damaged(f"{path.name} has more than {LARGEST >> 20} MB")
        return loads(path.read_bytes(), path.name)
    except OSError as error:
        raise Damaged(f"{path.name} cannot be read: {error.strerror}") from None


def loads(data, name):
    """The JSON value of bytes or a text; `Damaged`, with ``name``, if there is none."""
    try:
        value = json.loads(data.decode("utf-8") if isinstance(data, bytes) else data, parse_constant=_no_number)
    except UnicodeDecodeError:
        raise Damaged(f"{name} is not UTF-8") from None
    except (ValueError, MemoryError):
        raise Damaged(f"{name} is not whole JSON") from None
    except RecursionError:
        raise Damaged(f"{name} is nested too deep") from None
    level = [value]
    for _ in range(DEEPEST):
        level = [v for part in level if isinstance(part, dict | list) for v in _parts(part)]
        if not level:
            return value
    raise Damaged(f"{name} is nested more than {DEEPEST} deep")


def _no_number(text):
    raise ValueError(f"{text} is no number in JSON")


def _parts(value):
    return value.values() if isinstance(value, dict) else value


def complaint(value, shape, place="", need=None):
    """What about a value does not have its shape, in words; empty where all does.

    Parameters
    ----------
    value, shape
    place : str
        Where the value is, for the message.
    need : collection of str, optional
        Of the outermost dict, the keys that must be there; all that the shape names by default.
    """
    at = place or "the whole"
    if isinstance(shape, dict):
        if not isinstance(value, dict):
            return f"{at} is no mapping"
        if Each in shape:
            parts = [(key, shape[Each]) for key in value]
        else:
            for key in shape if need is None else need:
                if key not in value:
                    return f"{f'{place}.' if place else ''}{key} is missing"
            parts = [(key, shape[key]) for key in shape if key in value]
        found = (complaint(value[key], part, f"{place}.{key}"[:80].lstrip(".")) for key, part in parts)
        return next(filter(None, found), "")
    if isinstance(shape, list):
        if not isinstance(value, list):
            return f"{at} is no list"
        found = (complaint(part, shape[0], f"{place}[{i}]") for i, part in enumerate(value))
        return next(filter(None, found), "")
    if isinstance(shape, type):
        return "" if type(value) is shape else f"{at} is no {_TYPES[shape]}"
    problem = shape(value)
    return f"{at} {problem}" if problem else ""


_TYPES = {str: "text", int: "whole number", bool: "truth value", dict: "mapping", list: "list"}


def amount(value):
    """A number, 0 or more."""
    usual = type(value) in (int, float) and math.isfinite(value) and value >= 0
    return "" if usual else "is no number of 0 or more"


def digest(value):
    """A SHA-256 in hex."""
    return "" if isinstance(value, str) and re.fullmatch("[0-9a-f]{64}", value) else "is no SHA-256"


def digest_or_none(value):
    """A SHA-256, or null for a file that was not there."""
    return "" if value is None else digest(value)


def moment(value):
    """A date and time with its offset."""
    try:
        return "" if datetime.fromisoformat(value).tzinfo else "is no time with an offset"
    except (TypeError, ValueError):
        return "is no time with an offset"


def sentence(value):
    """A text with a first line."""
    return "" if isinstance(value, str) and value.strip() and value.splitlines()[0] else "is no sentence"


def inside(name):
    """Whether a file's name is a relative path that stays in its folder and that a disk can hold."""
    parts = name.split("/")
    try:
        return all(0 < len(part.encode()) < 256 and part not in (".", "..") for part in parts) and "\0" not in name
    except UnicodeEncodeError:  # half a surrogate
        return False


def _outputs(value):
    if problem := complaint(value, {Each: {"sha256": digest, "bytes": int}}):
        return f"is wrong: {problem}"
    return next((f"names {name[:60]!r}, which is no file of the stage" for name in value if not inside(name)), "")


MANIFEST = {
    "stage": str, "run": str, "profile": str, "parameters": dict, "code": digest, "modules": {Each: digest_or_none},
    "given": {Each: str}, "seeds": dict, "inputs": {Each: digest_or_none}, "outputs": _outputs,
    "versions": {Each: str}, "hardware": dict, "finished": moment, "seconds": amount, "peak_bytes": amount,
}  # fmt: skip
FAILURE = {"message": sentence, "time": str}
COSTS = {Each: {"seconds": amount, "peak_bytes": amount}}


def read(path, shape, need=None):
    """A file's value, or None where there is none; `Damaged` where it has not its shape, see `complaint`."""
    value = load(path)
    if value is None and not Path(path).exists():
        return None
    if problem := complaint(value, shape, need=need):
        raise Damaged(f"{Path(path).name} has not its shape: {problem}")
    return value


def hashes(path):
    """The entries of ``.hashes.json`` that have their shape, ``{name: [digest, [size, mtime, ctime]]}``.

    It is a memory: what is missing in it only costs time.
    """
    try:
        value = load(path)
    except Damaged:
        return {}
    return {key: entry for key, entry in value.items() if _hash(key, entry)} if isinstance(value, dict) else {}


def _hash(key, entry):
    whole = isinstance(entry, list) and len(entry) == 2 and isinstance(entry[1], list) and len(entry[1]) == 3
    return whole and not digest(entry[0]) and all(type(n) is int for n in entry[1]) and inside(key.removeprefix("/"))
