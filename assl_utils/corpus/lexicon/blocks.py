"""The reader of the lexicon's files, ``assl_utils/data/lexicon/*.txt``: plain text in blocks.

::

    # a comment
    = name | field | field      a block begins
    a line of the block         what it means is said on top of its file
"""

from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from assl_utils.corpus.grammar import Pattern
from assl_utils.errors import DataError

FOLDER = Path(__file__).parents[2] / "data" / "lexicon"
SIGNS = {"+": 1, "0": 0, "-": -1}


class Line(NamedTuple):
    """A line of a file and where it is."""

    text: str
    file: str
    number: int

    @contextmanager
    def reading(self):
        """Give every ValueError that reading this line raises its place."""
        try:
            yield
        except DataError:  # it says its own place
            raise
        except ValueError as error:
            raise DataError(str(error), f"{self.file}, line {self.number}") from None


class Block(NamedTuple):
    """A block: the fields after its name, and its lines."""

    head: Line
    fields: tuple
    lines: tuple

    def texts(self):
        """Return the lines as they are."""
        return tuple(line.text for line in self.lines)

    def patterns(self):
        """Return the sentence patterns of the block, one a line."""
        return tuple(pattern(line) for line in self.lines)


class Blocks(dict):
    """The blocks of a file by name, in their order."""

    def __init__(self, file):
        super().__init__()
        self.file = file

    def __missing__(self, name):
        raise DataError(f"there is no block {name!r}: add one, `= {name}`", self.file)


def pattern(line):
    """Return the sentence pattern of a line."""
    with line.reading():
        return Pattern(line.text)


def sign(text):
    """Return 1, 0 or -1 for ``+``, ``0`` or ``-``."""
    if text not in SIGNS:
        raise ValueError(f"the sign is {text!r}: write one of {' '.join(SIGNS)}")
    return SIGNS[text]


def read(name, fields=0, folder=FOLDER):
    """Read one file of the lexicon.

    Parameters
    ----------
    name : str
        Name of the file, without ``.txt``.
    fields : int, default 0
        How many fields follow the name of each block.
    folder : path, optional
        Where the file lies.

    Returns
    -------
    Blocks
        Block by name. What cannot be read raises ``DataError`` with file and line.
    """
    blocks, lines = Blocks(f"{name}.txt"), []
    for number, text in enumerate((Path(folder) / f"{name}.txt").read_text(encoding="utf-8").splitlines(), 1):
        line = Line(text.strip(), blocks.file, number)
        if not line.text or line.text.startswith("# "):
            continue
        with line.reading():
            if line.text.startswith("= "):
                key, *rest = (part.strip() for part in line.text[2:].split("|"))
                if len(rest) != fields:
                    raise ValueError(f"block {key!r} has {len(rest)} fields after its name, {fields} belong there")
                if key in blocks:
                    raise ValueError(f"block {key!r} is in line {blocks[key][0].number} already: join the two")
                lines = []
                blocks[key] = (line, tuple(rest), lines)
            elif not blocks:
                raise ValueError("a line before the first block: begin one with `= name`")
            else:
                lines.append(line)
    for key, (head, rest, lines) in blocks.items():
        blocks[key] = Block(head, rest, tuple(lines))
    return blocks
