"""The page "The house" says what the layers say: picture, table of forbidden imports, and names that exist."""

import ast
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from assl_utils.book import house
from assl_utils.runner import fingerprint

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "book" / "house.md").read_text(encoding="utf-8")
NAMES = sorted(set(re.findall(r"`(assl_utils(?:\.\w+)+)`", PAGE)))
PLACES = sorted(set(re.findall(r"`((?:assl_utils|tests|notebooks)/[\w./]*)`", PAGE)))


def test_the_picture_is_that_of_the_layers():
    assert (ROOT / house.FILE).read_text(encoding="utf-8") == house.picture(), "python -m assl_utils.book.house"
    texts = {}
    for node in ElementTree.fromstring(house.picture()).iter("{http://www.w3.org/2000/svg}text"):
        texts.setdefault(int(node.get("y")), []).append(node.text)
    lines = [texts[y] for y in sorted(texts)[2:]]
    described = [(set(line) & set(sum(house.LAYERS, ()))) for line in lines]
    assert described == [set(wings) for wings in reversed(house.LAYERS)], "a line each, the lowest layer last"


def test_every_wing_of_a_layer_of_its_own_says_what_it_is_for():
    assert set(house.ABOUT) == {wings[0] for wings in house.LAYERS if len(wings) == 1}
    alt = re.search(r"^:alt: (.*)$", PAGE, flags=re.M)[1]
    assert all(re.search(rf"\b{wing}\b", alt) for wings in house.LAYERS for wing in wings)


def test_the_table_of_forbidden_imports_is_the_law():
    rows = re.findall(r"^\| (`[^|]*`) \| ([^|]*) \|", PAGE, flags=re.M)
    named = {wing: set(re.findall(r"`(\w+)`", never)) for own, never in rows for wing in re.findall(r"`(\w+)`", own)}
    assert named.pop("runner") == set() and house.NEVER["runner"] | {"runner", "hub", *house.ROOT} == set(
        sum(house.LAYERS, ())
    )
    assert named == {wing: never for wing, never in house.NEVER.items() if wing != "runner"}


def test_the_page_names_the_wings_that_decide_nothing():
    sentence = re.search(r"Nothing under (.*?) decides a result", PAGE, flags=re.S)[1]
    assert set(re.findall(r"`(\w+)/`", sentence)) == set(fingerprint.UNDECIDING)


@pytest.mark.parametrize("name", NAMES)
def test_a_name_on_the_page_is_in_the_code(name):
    parts = name.split(".")
    for end in range(len(parts), 0, -1):  # the longest path that is a file or a folder; the rest is defined in it
        path = ROOT.joinpath(*parts[:end])
        if path.is_dir() and end == len(parts):
            return
        if path.with_suffix(".py").is_file():
            break
    else:
        pytest.fail(f"no module of {name}")
    tree = ast.parse(path.with_suffix(".py").read_text(encoding="utf-8"))
    for part in parts[end:]:
        assert part in {name for node in tree.body for name in defined(node)}, f"{part} is not in {path.name}"


@pytest.mark.parametrize("place", PLACES)
def test_a_place_on_the_page_is_there(place):
    assert (ROOT / place).exists()


def test_there_are_names_and_places():
    assert len(NAMES) > 15 and len(PLACES) >= 5


def defined(node):
    """Names that a statement at the top of a module defines."""
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return [node.name]
    targets = getattr(node, "targets", None) or [getattr(node, "target", None)]
    return [target.id for target in targets if isinstance(target, ast.Name)]
