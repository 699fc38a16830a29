"""The shapes of what the pack carries and of what it leaves."""

from assl_utils.shapes import Amount, Count, Name, Shape


class Piece(Shape):
    """A piece of the packed folder."""

    name: Name
    bytes: Count
    sha256: str


class Pieces(Shape):
    """``pieces.json``: beside the pieces; `start` reads it, with the standard library alone."""

    pack: str
    pieces: list[Piece]
    expected: dict[str, str]
    carried: dict[str, str]
    python: str


class Size(Shape):
    """A run that the pack carries, its first three chapters done."""

    run: Name
    rows: Count
    questions: Count
    digest: str
    values: dict[str, dict]


class Pack(Shape):
    """``pack.json``: inside the pack."""

    grid: str
    sizes: list[Size]


class Line(Shape):
    """A line of the journal."""

    at: str
    event: str


class Part(Shape):
    """What a part found; ``error`` where it ended with one, ``skipped`` where it did not begin."""

    passed: bool


class Record(Shape):
    """``record.json`` of a pack."""

    date: str
    command: str
    pack: str
    device: str
    tenth: bool
    machine: dict
    versions: dict[str, str | None]
    starts: Count
    seconds: Amount
    parts: dict[str, Part]
