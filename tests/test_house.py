"""Who may import whom: the layers of the house, no circle, no crowded room."""

import ast
import re
from pathlib import Path

import pytest

from assl_utils.book.house import LAYERS, NEVER
from assl_utils.runner import fingerprint

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "assl_utils"

LEVEL = {wing: level for level, wings in enumerate(LAYERS) for wing in wings}
LONGEST = 400  # lines of a module


def modules():
    """Dotted name below the package to file."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        if parts[0] != "data" and parts[-1] != "__init__":
            found[".".join(parts)] = path
    return found


def arrows(found):
    """Module to the modules it imports, wherever in the file."""
    sources = fingerprint.Sources(ROOT, fingerprint.Hashes(ROOT))
    names = {path: name for name, path in found.items()}
    return {
        name: {names[p] for n in sources.module(path)[1] if (p := sources.path(n)) in names and p != path}
        for name, path in found.items()
    }


FOUND = modules()
ARROWS = arrows(FOUND)


def test_there_is_a_house():
    assert len(FOUND) > 100 and sum(map(len, ARROWS.values())) > 300
    assert {name.split(".")[0] for name in FOUND} == set(LEVEL)


@pytest.mark.parametrize("name", FOUND)
def test_imports_run_one_way(name):
    wing = name.split(".")[0]
    for other in ARROWS[name]:
        target = other.split(".")[0]
        if target != wing:
            assert LEVEL[target] < LEVEL[wing] or (LEVEL[wing] == 0 == LEVEL[target]), f"{name} imports {other}"
            assert target not in NEVER.get(wing, ()), f"{name} imports {other}"


def test_no_module_is_in_a_circle():
    open_, done = [], set()

    def walk(name):
        assert name not in open_, " -> ".join([*open_[open_.index(name) :], name])
        if name in done:
            return
        open_.append(name)
        for other in sorted(ARROWS[name]):
            walk(other)
        open_.pop()
        done.add(name)

    for name in FOUND:
        walk(name)


@pytest.mark.parametrize("name", FOUND)
def test_no_room_is_crowded(name):
    lines = FOUND[name].read_text(encoding="utf-8").count("\n")
    assert lines <= LONGEST, f"{name}: {lines} lines"
    assert ast.get_docstring(ast.parse(FOUND[name].read_text(encoding="utf-8"))), f"{name} does not say what it is for"


def lost(text):
    """The dotted names below ``assl_utils`` that a text gives and that lead nowhere."""
    found = []
    for match in re.finditer(r"assl_utils((?:\.[A-Za-z_]\w*)+)", text):
        at, parts = PACKAGE, match[1][1:].split(".")
        while parts and at.suffix != ".py":
            file, folder = at / f"{parts[0]}.py", at / parts[0]
            if not file.is_file() and not folder.is_dir():
                break
            at = file if file.is_file() else folder
            parts.pop(0)
        speaks = at if at.suffix == ".py" else at / "__init__.py"
        if parts and not re.search(rf"\b{parts[0]}\b", speaks.read_text(encoding="utf-8")):
            found.append(match[0])
    return found


WRITTEN = [
    *(path for path in PACKAGE.rglob("*") if path.suffix in (".py", ".yaml", ".md")),
    *(ROOT / "notebooks").rglob("*.ipynb"),
    *(ROOT / "notebooks").rglob("*.yaml"),
    *(ROOT / "book").glob("*.md"),
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "Makefile")),
]


@pytest.mark.parametrize("path", WRITTEN, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_a_module_or_function_that_is_named_is_there(path):
    example = {"assl_utils.name"}  # what the fingerprint calls a module in its own docstring
    assert not set(lost(path.read_text(encoding="utf-8"))) - example


def test_a_name_that_leads_nowhere_is_found():
    text = "assl_utils.space.neighbors.knn, assl_utils.cleaning.settle, assl_utils.space.neighbors.gone"
    assert lost(text) == ["assl_utils.cleaning.settle", "assl_utils.space.neighbors.gone"]
