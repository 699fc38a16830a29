"""What a parameter may be beyond its type: a range, or words. `notebooks/values.yaml` says it, in one place for all.

A value of the right type can still be nonsense: a share of nan, no cluster at all, a word with a slip. Found here it
costs a second; found by a chapter it costs the hours of the chapters before it.
"""

import math
import re
import unicodedata
from dataclasses import dataclass
from urllib.parse import urlsplit

from assl_utils.errors import near
from assl_utils.runner.pipeline import RunnerError, read_yaml

FILE = "notebooks/values.yaml"
FEW = 3  # chapters that an error names
LONG = 60  # characters of a value that an error repeats
BOUNDS = {"at least": (">=", 0), "above": (">", 0), "at most": ("<=", 1), "below": ("<", 1)}
HOLDS = {
    ">=": lambda value, end: value >= end,
    ">": lambda value, end: value > end,
    "<=": lambda value, end: value <= end,
    "<": lambda value, end: value < end,
}
NUMBER = r"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?"


def _whole(text):
    """Whether a text is one that a file, a terminal and a model can take: no control characters, no half characters."""
    return not any(unicodedata.category(c) in ("Cc", "Cs") for c in text if c not in "\n\t")


def _line(text):
    return bool(text.strip()) and _whole(text) and not set("\n\t") & set(text)


def _address(text):
    if text.endswith(".json"):
        return _line(text)
    try:
        parts = urlsplit(text)
        return parts.scheme in ("tcp", "tls") and bool(parts.hostname) and bool(parts.port)
    except ValueError:  # a port that is no number
        return False


KINDS = {
    "nothing": lambda text: text == "",
    "a name": lambda text: re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.-]*", text) is not None,
    "a model": _line,
    "a path": _line,
    "an address": _address,
    "any text": _whole,
}


@dataclass(frozen=True)
class Allowed:
    """What a parameter may be: ``words`` (and names of `KINDS` among them), or ``bounds`` such as ``((">", 0.0),)``."""

    words: tuple = ()
    bounds: tuple = ()
    text: str = ""

    def __str__(self):
        return self.text

    def holds(self, value):
        """Whether ``value`` may be; of a list every entry must, and None is no value that could be wrong."""
        if value is None or isinstance(value, bool):
            return True
        if isinstance(value, list | tuple):
            return all(map(self.holds, value))
        if isinstance(value, str):
            return value in self.own_words or any(KINDS[kind](value) for kind in self.words if kind in KINDS)
        return not self.words and finite(value) and all(HOLDS[sign](value, end) for sign, end in self.bounds)

    @property
    def own_words(self):
        """The words themselves, without those that stand for a kind of text."""
        return tuple(word for word in self.words if word not in KINDS)

    def nearest(self, value):
        """``; nearest is `utility``` for a word with a slip, else nothing."""
        return near(value, self.own_words)


def finite(value):
    """Whether a value, or every number in it, is a number: not nan, not infinite."""
    if isinstance(value, list | tuple | dict):
        return all(map(finite, value.values() if isinstance(value, dict) else value))
    return not isinstance(value, float) or math.isfinite(value)


def read(text):
    """An entry of values.yaml as `Allowed`: a list of words or a range, or ValueError."""
    if isinstance(text, list):
        if not text or not all(isinstance(word, str) for word in text):
            raise ValueError(f"{text!r} is no list of words; YAML reads a bare no or 4 as no word, put it in quotes")
        unknown = [word for word in text if re.match(r"an? |any ", word) and word not in KINDS]
        if unknown:
            raise ValueError(f"`{unknown[0]}` is no kind of text; known are {', '.join(KINDS)}")
        return Allowed(words=tuple(text), text=", ".join(text))
    if span := re.fullmatch(rf"({NUMBER}) to ({NUMBER})", str(text)):
        low, high = map(_number, span.groups())
        bounds = ((">=", low), ("<=", high))
    else:
        parts = [re.fullmatch(rf"({'|'.join(BOUNDS)}) ({NUMBER})", part) for part in str(text).split(", ")]
        if not all(parts):
            raise ValueError(f"`{text}` is no range such as `2 to 30` or `above 0, at most 1`, and no list of words")
        bounds = tuple((BOUNDS[part[1]][0], _number(part[2])) for part in parts)
        if [BOUNDS[part[1]][1] for part in parts] not in ([0], [1], [0, 1]):
            raise ValueError(f"`{text}` does not say a lower and then an upper end")
    ends = [end for _, end in bounds]
    if ends != sorted(ends):
        raise ValueError(f"`{text}` is an empty range")
    return Allowed(bounds=bounds, text=str(text))


def _number(text):
    return int(text) if re.fullmatch(r"-?\d+", text) else float(text)


def load(root):
    """``{"common": {name: Allowed}, "03_…": {…}}``, read from values.yaml; empty where a repository has none."""
    path = root / FILE
    if not path.exists():
        return {}
    found = {}
    for section, entries in read_yaml(path).items():
        if not isinstance(entries, dict):
            raise RunnerError(f"{path.name}: `{section}` holds no `name: value` lines")
        found[section] = {}
        for name, text in entries.items():
            try:
                found[section][name] = read(text)
            except ValueError as error:
                raise RunnerError(f"{path.name}: {name}: {error}") from None
    return found


def of(allowed, stage, name):
    """What the parameter ``name`` of a chapter may be, by what `load` gave; None where nothing is said."""
    return allowed.get(stage, {}).get(name) or allowed.get("common", {}).get(name)


def complaint(name, value, allowed, origin=""):
    """One line that refuses a value, with what may be instead; empty for a value that may be."""
    said = f"{name} = {shown(value)}" + (f" ({origin})" if origin else "")
    if not finite(value):
        return f"{said} is no number" + (f"; allowed is {allowed}" if allowed else "")
    if allowed is None or allowed.holds(value):
        return ""
    return f"{said} is refused; allowed is {allowed}{allowed.nearest(value)}"


def shown(value):
    """A value as an error repeats it: on one line, its end left out where it is long."""
    return cut(ascii(value) if isinstance(value, str) and not _whole(value) else repr(value))


def cut(text):
    """The beginning of a text that may be long."""
    return text if len(text) <= LONG else text[: LONG - 1] + "…"


def complaints(allowed, values, given):
    """Every value of a run that cannot be, a line each; the same slip in several chapters is one line.

    Parameters
    ----------
    allowed : dict
        From `load`.
    values : dict
        Chapter to its parameters' values.
    given : dict
        Chapter to who set them, where it was not the chapter itself.
    """
    stages = {}
    for stage, parameters in values.items():
        for name, value in parameters.items():
            origin = given.get(stage, {}).get(name, "the notebook")
            if line := complaint(name, value, of(allowed, stage, name), origin):
                stages.setdefault(line, []).append(stage)
    return [f"{_places(names)}: {line}" for line, names in stages.items()]


def _places(stages):
    return ", ".join(stages) if len(stages) <= FEW else f"{', '.join(stages[:FEW])} and {len(stages) - FEW} more"


def lacking(allowed, declared):
    """What is missing in values.yaml, or said in vain: a sentence for every parameter that has no line, or no user.

    Parameters
    ----------
    declared : dict
        Chapter to its `notebook.Parameter` objects.
    """
    found = []
    for stage, parameters in declared.items():
        for p in parameters:
            entry = of(allowed, stage, p.name)
            if entry is None and p.kind != "bool":
                found.append(f"{stage}: parameter {p.name} has no range or words in {FILE}")
            elif line := complaint(p.name, p.default, entry):
                found.append(f"{stage}: {line}")
    names = {stage: {p.name for p in parameters} for stage, parameters in declared.items()}
    names["common"] = set().union(*names.values())
    for section, entries in allowed.items():
        found += [
            f"{FILE}: {section} says what `{name}` may be, and no notebook of it declares that"
            for name in entries
            if name not in names.get(section, ())
        ]
    return found
