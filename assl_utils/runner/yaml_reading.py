"""The project's own YAML files (profiles, stages, grids), read strictly: what could mean two things is an error.

YAML 1.1 takes ``010`` for 8, ``1:30`` for 90 and ``no`` for false, and of two equal keys it keeps the second. Here each
of these is refused, with file and line. Tags, merges (``<<``) and more than one document are not read at all. Anchors
are, up to `LARGEST` values altogether, so that a file of nine lines cannot stand for a thousand million.

Built from PyYAML's events, one after the other: its C library ends the process on brackets nested a hundred thousand
deep.
"""

import re
from dataclasses import dataclass
from pathlib import Path

import yaml

from assl_utils.errors import DataError

# libyaml reads a file ten times faster, but not every wheel of PyYAML brings it
Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

LARGEST = 20_000  # values of a file, those that aliases stand for counted each time
LONGEST = 1 << 20  # bytes
DEEPEST = 20

_INT = re.compile(r"[-+]?(?:0|[1-9][0-9]*)")
_FLOAT = re.compile(r"[-+]?(?:(?:0|[1-9][0-9]*)(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?")
_WORDS = {"true": True, "True": True, "false": False, "False": False, "null": None, "~": None, "": None}
# Plain texts that some reader of YAML takes for a truth value, a number or a date.
_ODD = re.compile(
    r"(?i:yes|no|on|off|true|false|null)"
    r"|[-+]?(?:0[xbo][0-9a-f_]+|[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?)"
    r"|[-+]?[0-9][0-9_]*\.?[0-9_]*(?:[eE][-+]?[0-9]+)?"
    r"|(?i:[-+]?\.(?:inf|nan))"
    r"|\d{4}-\d\d?-\d\d?(?:[Tt ].*)?"
    r"|=|<<"
)


@dataclass(frozen=True)
class Page:
    """A file as read.

    Attributes
    ----------
    content : dict
        Texts, whole numbers, floats, truth values, None, and lists and dicts of these; keys are texts.
    lines : dict
        The line, counted from 1, in which each value begins: ``{("Q1", "lines", 0): 12}``.
    """

    content: dict
    lines: dict


def read(path):
    """Read one YAML file of ``name: value`` lines; an empty file holds none.

    Parameters
    ----------
    path : path

    Returns
    -------
    Page

    Raises
    ------
    FileNotFoundError
    DataError
        For anything else that cannot be read; the message begins with the file's name and the line.
    """
    path = Path(path)
    builder = _Builder(path.name)
    try:
        if not path.is_file():
            if path.exists() or path.is_symlink():
                raise DataError("is no file", path.name)
            raise FileNotFoundError(f"{path} is missing")
        if path.stat().st_size > LONGEST:
            raise DataError(f"is longer than {LONGEST:,} bytes", path.name)
        data = path.read_bytes()
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise DataError("this is not UTF-8", f"{path.name}, line {line}") from None
    except PermissionError:
        raise DataError("may not be read", path.name) from None
    try:
        for event in yaml.parse(text, Loader=Loader):
            builder.take(event)
    except yaml.reader.ReaderError as error:
        line = text[: max(0, error.position)].count("\n") + 1
        raise DataError(f"this is not YAML: {error.reason}", f"{path.name}, line {line}") from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise builder.wrong(mark, f"this is not YAML: {error.problem or error.context}") from None
    content = {} if builder.content is None else builder.content
    if not isinstance(content, dict):
        raise DataError(f"holds no `name: value` lines but a {type(content).__name__}", path.name)
    return Page(content, builder.lines)


class _Builder:
    """Puts values together from events; knows where each began."""

    def __init__(self, name):
        self.name, self.content, self.lines = name, None, {}
        self.open = []  # (container, its path, anchor) from the outermost to the innermost
        self.key = []  # of each open dict the key that waits for its value, else _NONE
        self.anchors, self.sizes = {}, {}  # what an anchor names, and how many values it holds
        self.documents = self.size = 0

    def wrong(self, mark, problem):
        return DataError(problem, f"{self.name}, line {mark.line + 1}" if mark else self.name)

    def take(self, event):
        mark = event.start_mark
        if isinstance(event, yaml.DocumentStartEvent):
            self.documents += 1
            if self.documents > 1:
                raise self.wrong(mark, "a second document begins here; one is read")
        elif isinstance(event, yaml.AliasEvent):
            if event.anchor not in self.anchors:
                raise self.wrong(mark, f"*{event.anchor} names nothing that was finished before")
            value = self.anchors[event.anchor]
            self._count(self.sizes[event.anchor], mark)
            self._place(_copy(value), mark)
        elif isinstance(event, yaml.ScalarEvent):
            self._tagless(event)
            value = self._scalar(event)
            self._count(1, mark)
            if event.anchor:
                self.anchors[event.anchor], self.sizes[event.anchor] = value, 1
            self._place(value, mark, event)
        elif isinstance(event, yaml.MappingStartEvent | yaml.SequenceStartEvent):
            self._tagless(event)
            self._count(1, mark)
            if len(self.open) >= DEEPEST:
                raise self.wrong(mark, f"is nested more than {DEEPEST} deep")
            made = {} if isinstance(event, yaml.MappingStartEvent) else []
            path = self._place(made, mark)
            self.open.append((made, path, event.anchor, self.size))
            self.key.append(_NONE)
        elif isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
            made, _, anchor, before = self.open.pop()
            self.key.pop()
            if anchor:
                self.anchors[anchor], self.sizes[anchor] = made, self.size - before + 1

    def _count(self, n, mark):
        self.size += n
        if self.size > LARGEST:
            raise self.wrong(mark, f"the file stands for more than {LARGEST:,} values, its aliases written out")

    def _tagless(self, event):
        if event.tag is not None:
            raise self.wrong(event.start_mark, f"a tag ({event.tag}) is not read here")

    def _scalar(self, event):
        text = event.value
        if not event.implicit[0]:  # in quotes, or a block of text
            return text
        if text in _WORDS:
            return _WORDS[text]
        if _INT.fullmatch(text):
            if len(text) > 19:
                raise self.wrong(event.start_mark, "this number has more than 19 digits")
            return int(text)
        if _FLOAT.fullmatch(text):
            # without a point it is a text in YAML 1.1; the parameter's type decides what becomes of it
            return float(text) if "." in text else text
        if _ODD.fullmatch(text):
            raise self.wrong(
                event.start_mark, f"`{text}` is read in several ways: write a plain decimal number, true or false, "
                f"or '{text}' in quotes for the text"
            )  # fmt: skip
        return text

    def _place(self, value, mark, event=None):
        """Put a value where it belongs; returns its path."""
        if not self.open:
            self.content, path = value, ()
        else:
            into, above, *_ = self.open[-1]
            if isinstance(into, list):
                into.append(value)
                path = (*above, len(into) - 1)
            elif self.key[-1] is _NONE:
                if event is None or not isinstance(value, str):
                    raise self.wrong(mark, f"`{_shown(value, event)}` is no name; a name that is one goes in quotes")
                if value in into:
                    raise self.wrong(mark, f"`{value}` is there twice, first in line {self.lines[*above, value]}")
                self.key[-1], into[value] = value, None
                path = (*above, value)
            else:
                into[self.key[-1]] = value
                path, self.key[-1] = (*above, self.key[-1]), _NONE
                if path in self.lines:  # the name's own line
                    return path
        self.lines[path] = mark.line + 1
        return path


_NONE = object()


def _shown(value, event):
    return event.value if event is not None else type(value).__name__


def _copy(value):
    """An alias's value is its own: nothing that is done to one shows in the other."""
    if isinstance(value, dict):
        return {key: _copy(part) for key, part in value.items()}
    return [_copy(part) for part in value] if isinstance(value, list) else value
