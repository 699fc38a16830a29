"""Grid files: blocks of sentences with lists in place of words, written out line by line.

    about: one sentence on what the grid asks
    usual: {select: random(share=10%), train: answers(passes=12), seed: [0, 1, 2]}
    blocks:
      Q1:
        asks: Do clusters make better experts than task classes?
        lines:
          - {arm: "{partition}", partition: [kmeans, task, one], seed: [0, 1, 2, 3, 4]}

A list stands for one line each; several lists of a line stand for all their combinations. ``clustering`` is the seed of
clusters and draws; without it, it is that of the training. ``arm`` names a line in tables and may hold ``{partition}``,
``{select}`` and the other places, each with the word's name or, as in ``{select.share}``, an argument.
"""

import itertools
from dataclasses import dataclass, replace
from pathlib import Path

from assl_utils.errors import DataError, nearest
from assl_utils.runner import yaml_reading
from assl_utils.study.grid import sentences

FOLDER = "notebooks/grids"
SEEDS = ("seed", "clustering")


@dataclass(frozen=True)
class Grid:
    """A grid file as read.

    Attributes
    ----------
    name, about : str
    asks : dict of str to str
        The question of each block.
    lines : tuple of Line
        Each once, in the file's order, with all the blocks that ask for it.
    """

    name: str
    about: str
    asks: dict
    lines: tuple

    def of(self, block):
        """The lines of one block."""
        return [line for line in self.lines if block in dict(line.blocks)]


def read(root, name):
    """A grid of ``notebooks/grids`` by its name, or any file by its path.

    Raises
    ------
    DataError
        For a file that is not there, is not YAML, or holds something that a grid does not have: with file and line.
    """
    path = Path(name) if str(name).endswith(".yaml") else Path(root, FOLDER, f"{name}.yaml")
    if not path.is_file():
        known = sorted(p.stem for p in Path(root, FOLDER).glob("*.yaml"))
        raise DataError(f"there is no grid {name!r}; {nearest(name, known)}")
    page = yaml_reading.read(path)
    content = page.content
    _only(content, ("about", "usual", "blocks"), path.name)
    usual = content.get("usual") or {}
    if not isinstance(content.get("about", ""), str):
        raise DataError(f"{path.name}: `about` is one sentence")
    if not isinstance(content.get("blocks") or {}, dict):
        raise DataError(f"{path.name}: `blocks` holds no `name: value` lines")
    _only(usual, (*sentences.WORDS, *SEEDS), f"{path.name}, usual")
    lines, asks = {}, {}
    for block, entry in (content.get("blocks") or {}).items():
        _only(entry, ("asks", "lines", "usual"), f"{path.name}, {block}")
        asks[block] = entry.get("asks", "")
        _only(entry.get("usual") or {}, (*sentences.WORDS, *SEEDS), f"{path.name}, {block}, usual")
        own = usual | (entry.get("usual") or {})
        if not isinstance(asks[block], str):
            raise DataError(f"{path.name}, {block}: `asks` is one question")
        if not isinstance(entry.get("lines") or [], list):
            raise DataError(f"{path.name}, {block}: `lines` is a list")
        for number, written in enumerate(entry.get("lines") or []):
            where = f"{path.name}, line {page.lines['blocks', block, 'lines', number]}: "
            _only(written, (*sentences.WORDS, *SEEDS, "arm"), where.removesuffix(": "))
            if not isinstance(written.get("arm", ""), str):
                raise DataError(f"{where}arm={written['arm']!r} is to be a text")
            for line in _expand(own | written, where, block):
                there = lines.get(line)
                blocks = dict(line.blocks) | dict(there.blocks if there else ())
                lines[line] = replace(there or line, blocks=tuple(blocks.items()))
    if not lines:
        raise DataError(f"{path.name} holds no line")
    return Grid(path.stem, content.get("about", ""), asks, tuple(lines.values()))


def _expand(written, where, block):
    """The lines that one entry of a file stands for."""
    lists = {key: value if isinstance(value, list) else [value] for key, value in written.items() if key != "arm"}
    lists = dict(
        sorted(lists.items(), key=lambda pair: pair[0] not in SEEDS)
    )  # every arm of a seed before the next seed
    for values in itertools.product(*lists.values()):
        one = dict(zip(lists, values, strict=True))
        seed = _seed(one.pop("seed", 0), "seed", where)
        clustering = _seed(one.pop("clustering", seed), "clustering", where)
        made = sentences.sentence(one, where)
        yield sentences.Line(made, seed, clustering, ((block, _named(written.get("arm"), made, where)),), where)


def _named(template, made, where):
    if not template:
        return str(made)
    try:
        return template.format(**{place: _Named(getattr(made, place)) for place in sentences.WORDS})
    except (KeyError, AttributeError, IndexError, ValueError) as error:
        raise DataError(f"{where}arm={template!r} cannot be filled in: {error}") from None


class _Named:
    """A word for a template: its name, or an argument as an attribute."""

    def __init__(self, word):
        self._word = word

    def __format__(self, how):
        return format(self._word.name, how)

    def __getattr__(self, name):
        value = self._word[name]
        if name == "plus":  # general:0.1 is called general 10 %
            pieces = (piece.split(":") for piece in value.split("+") if piece)
            return " + ".join(f"{kind} {100 * float(share):g} %" for kind, share in pieces)
        return f"{100 * value:g} %" if name == "share" else value


def _seed(value, name, where):
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise DataError(f"{where}{name}={value!r} is to be a whole number, 0 or more")
    return value


def _only(mapping, known, where):
    if not isinstance(mapping, dict):
        raise DataError(f"{where} holds no `name: value` lines")
    if unknown := [key for key in mapping if key not in known]:
        raise DataError(f"{where}: there is no {unknown[0]!r}; {nearest(unknown[0], known)}")
