"""The types a parameter may have, and how a value from a profile or from a person becomes one.

``str``, ``int``, ``float``, ``bool``, ``None``, ``dict``, ``list[int]``, ``tuple[float, ...]`` and unions such as
``int | None``, as they are written behind the colon in a parameters cell.
"""

import ast
import json
import re


def from_profile(value, kind):
    """``value`` as a parameter of type ``kind``, or ValueError.

    A whole number is a float, a list a tuple; and so is the text ``1e-4``, for YAML 1.1 takes it for a word.
    """
    return _conform(value, ast.parse(kind, mode="eval").body, text=False)


def from_text(text, kind):
    """The value that ``text``, typed by a person, has as a parameter of type ``kind``, or ValueError."""
    return _conform(text, ast.parse(kind, mode="eval").body, text=True)


def _conform(value, kind, text):
    if isinstance(kind, ast.BinOp) and isinstance(kind.op, ast.BitOr):
        # None first: text would take the word "none" for itself
        sides = sorted((kind.left, kind.right), key=lambda side: ast.unparse(side) != "None")
        for side in sides:
            try:
                return _conform(value, side, text)
            except ValueError:
                continue
        raise ValueError(value)
    name = ast.unparse(kind.value if isinstance(kind, ast.Subscript) else kind)
    if name in ("list", "tuple"):
        return _sequence(value, kind, text, {"list": list, "tuple": tuple}[name])
    if name not in _SIMPLE:
        raise ValueError(f"{name} is no type of a parameter")
    return _SIMPLE[name](value, text)


def _sequence(value, kind, text, make):
    if text:
        stripped = value.strip().removeprefix("[").removesuffix("]").removeprefix("(").removesuffix(")")
        value = [part.strip().strip("\"'") for part in stripped.split(",") if part.strip()]
    elif not isinstance(value, list | tuple):
        raise ValueError(value)
    if not isinstance(kind, ast.Subscript):
        return make(_literal(v) if text else v for v in value)
    kinds = [k for k in getattr(kind.slice, "elts", [kind.slice]) if ast.unparse(k) != "..."]
    if len(kinds) > 1 and len(kinds) != len(value):
        raise ValueError(value)
    return make(_conform(v, kinds[i] if len(kinds) > 1 else kinds[0], text) for i, v in enumerate(value))


def _literal(text):
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return text


def _int(value, text):
    if text and re.fullmatch(r"[+-]?\d[\d_]*", value.strip()):
        return int(value)
    if not text and type(value) is int:
        return value
    raise ValueError(value)


def _float(value, text):
    if type(value) in (int, float) or (isinstance(value, str) and (text or "e" in value.lower())):
        return float(value)
    raise ValueError(value)


def _bool(value, text):
    words = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
    if text and value.strip().lower() in words:
        return words[value.strip().lower()]
    if isinstance(value, bool):
        return value
    raise ValueError(value)


def _str(value, text):
    if isinstance(value, str):
        return value
    raise ValueError(value)


def _none(value, text):
    if value is None or (text and value.strip().lower() in ("none", "null")):
        return None
    raise ValueError(value)


def _dict(value, text):
    value = json.loads(value) if text else value
    if isinstance(value, dict):
        return value
    raise ValueError(value)


_SIMPLE = {"int": _int, "float": _float, "bool": _bool, "str": _str, "None": _none, "dict": _dict}
