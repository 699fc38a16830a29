"""The shapes of what studies leave: records, choices of rows, cases of faulty data, lines of grids."""

from assl_utils.shapes import Amount, Count, Name, Shape


class Card(Shape):
    """A GPU."""

    name: str


class Hardware(Shape):
    """A machine, as `assl_utils.machine.describe` tells it."""

    cores: Count
    cpu: str
    gpus: list[Card]


class Cost(Shape):
    """What a stage took."""

    seconds: Amount
    peak_bytes: Amount


class Base(Shape):
    """A base model by name and content."""

    name: str
    content: str


class Rows(Shape):
    """Rows of a study."""

    collected: Count


class Recorded(Shape):
    """``record.json`` of a study, and ``about.json`` of a published run as far as both say it."""

    run: str
    command: str
    finished: str
    hardware: Hardware
    versions: dict[str, str]
    encoder: str
    base: Base
    rows: Rows
    costs: dict[str, Cost]


class Published(Shape):
    """``about.json`` of a published run."""

    run: str
    finished: str
    hardware: dict
    versions: dict[str, str]


class Choice(Shape):
    """``choice.json`` (formerly ``cell.json``): one choice of rows."""

    run: Name
    rows: Count
    steps: Count


class Case(Shape):
    """``case.json``: what a fault of the data did."""

    case: Name
    trained: dict[str, dict]


class Line(Shape):
    """``line.json``: a line of a grid that was done, or why it was not."""

    line: str
    key: str
    identity: str
    finished: str
    error: str = ""


class GridRecord(Shape):
    """``record.json`` of a grid."""

    grid: str
    run: str
    command: str
    lines: Count
    failed: Count
    planned: Count
    finished: str
    digest: str
    identity: dict
    machines: list[dict]
