"""Every name of the former menu says which line of a grid it is, and that line can be read."""

import re

import pytest
import yaml

from assl_utils.study import choice_names
from assl_utils.study.grid import files, sentences

NAMES = [*choice_names.CHOICES, *(name for name, new in choice_names.FORMER.items() if new in choice_names.CHOICES)]


def test_every_choice_has_a_line():
    assert choice_names.GRID_LINES.keys() == choice_names.CHOICES.keys()


@pytest.mark.parametrize("name", NAMES)
def test_the_line_that_is_said_is_one_of_a_grid_file(name, tmp_path):
    said = re.fullmatch(rf"{name}: (\{{.*?\}})( — .+)?", choice_names.as_line(name))
    grid = {"about": "x", "blocks": {"Q": {"asks": "y", "lines": [yaml.safe_load(said[1])]}}}
    path = tmp_path / "one.yaml"
    path.write_text(yaml.safe_dump(grid), encoding="utf-8")
    (line,) = files.read(tmp_path, str(path)).lines
    words = choice_names.GRID_LINES[choice_names.present([name])[0]][0]
    for place in sentences.WORDS:
        assert getattr(line.sentence, place) == sentences.read_word(place, words.get(place, sentences.USUAL[place]))
    assert (line.seed, line.clustering_seed) == (words.get("seed", 0), words.get("clustering", words.get("seed", 0)))


def test_two_names_have_one_line_only_where_the_second_says_nearest():
    seen = {}
    for name, (words, remark) in choice_names.GRID_LINES.items():
        same = seen.setdefault(str(words), name)
        assert same == name or remark.startswith("nearest") or choice_names.GRID_LINES[same][1].startswith("nearest")


def test_a_name_that_never_was_names_the_nearest(capsys):
    assert "nearest is 'level'" in choice_names.as_line("levle")
    assert choice_names.main(["dearer", "lot_at_cost"]) == 1
    said = capsys.readouterr().err
    assert said.startswith("the menu of row choices is gone") and "dearer: no such choice" in said
    assert "  lot_at_cost: {select: random(cost_of=utility)}" in said
