"""A grid file is its lines written out; what it says wrongly is named with file and line."""

import itertools
from pathlib import Path

import pytest

from assl_utils.errors import DataError
from assl_utils.study.grid import files, sentences

ROOT = Path(__file__).resolve().parents[3]
GRID = """\
about: an example
usual: {select: random(share=20%), seed: [0, 1]}
blocks:
  Q1:
    asks: one?
    lines:
      - {arm: "{partition} of {select.share}", partition: [kmeans, task]}
      - {partition: one, seed: 5, clustering: [0, 3]}
  Q2:
    asks: two?
    usual: {seed: 0}
    lines:
      - {arm: clusters, partition: kmeans}
"""


@pytest.fixture
def grid(tmp_path):
    def written(text):
        path = tmp_path / "example.yaml"
        path.write_text(text, encoding="utf-8")
        return files.read(tmp_path, str(path))

    return written


def test_lists_stand_for_all_their_combinations(grid):
    found = grid(GRID)
    expected = [(p, s, s) for s, p in itertools.product((0, 1), ("kmeans", "task"))] + [("one", 5, 0), ("one", 5, 3)]
    assert [(line.sentence.partition.name, line.seed, line.clustering_seed) for line in found.lines] == expected
    assert {str(line.sentence.select) for line in found.lines} == {"random(share=0.2)"}
    assert found.asks == {"Q1": "one?", "Q2": "two?"} and found.about == "an example"


def test_a_line_that_two_blocks_ask_for_is_there_once_with_both_names(grid):
    found = grid(GRID)
    assert dict(found.lines[0].blocks) == {"Q1": "kmeans of 20 %", "Q2": "clusters"}
    assert [line.seed for line in found.of("Q2")] == [0] and len(found.of("Q1")) == 6


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("partition: [kmeans, task]", "partition: [kmeans, tasks]", "example.yaml, line 7: .*nearest is 'task'"),
        ("partition: one", "partition: one, route: twelve", "line 8: .*nothing to choose from"),
        ("partition: one", "partiton: one", "line 8: there is no 'partiton'; nearest is 'partition'"),
        ("seed: 5", "seed: many", "line 8: seed='many' is to be a whole number"),
        ("seed: 5", "seed: -1", "line 8: seed=-1"),
        ("seed: 5", "seed: true", "line 8: seed=True"),
        ("{select.share}", "{select.shares}", "line 7: arm=.* cannot be filled in"),
        ("{select.share}", "{selection}", "line 7: arm="),
        ("about:", "abuot:", "there is no 'abuot'; nearest is 'about'"),
        ("usual: {select", "usual: {slect", "usual: there is no 'slect'; nearest is 'select'"),
        ("    asks: one?", "    ask: one?", "example.yaml, Q1: there is no 'ask'; nearest is 'asks'"),
        ("blocks:", "blocks: [", "example.yaml, line .*is not YAML"),
        ("seed: 5", "seed: 5, seed: 6", "example.yaml, line 8: `seed` is there twice"),
        ("seed: 5", "seed: 010", "example.yaml, line 8: `010` is read in several ways"),
        ("seed: 5", "seed: 1:30", "example.yaml, line 8: `1:30` is read in several ways"),
        ("- {partition: one, seed: 5, clustering: [0, 3]}", "- 5", "example.yaml, line 8 holds no"),
        ("arm: clusters", "arm: [clusters]", "example.yaml, line 13: arm="),
        ("  Q2:\n", "  Q1:\n", "example.yaml, line 9: `Q1` is there twice"),
        ("about: an example", "about: [x]", "`about` is one sentence"),
        ("asks: one?", "asks: [x]", "`asks` is one question"),
        ("    usual: {seed: 0}", "    usual: 5", "usual holds no"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(grid, old, new, message):
    assert old in GRID
    with pytest.raises(DataError, match=message):
        grid(GRID.replace(old, new, 1))


def test_added_rows_have_a_name_that_can_be_read(grid):
    added = "arm: 'x{select.plus}', partition: one, select: 'random(plus=general:0.1+numeric:.25)'"
    text = GRID.replace("partition: one", added)
    assert dict(grid(text).lines[-1].blocks) == {"Q1": "xgeneral 10 % + numeric 25 %"}
    none = GRID.replace("{select.share}", "{select.plus}")
    assert dict(grid(none).lines[0].blocks)["Q1"] == "kmeans of "


@pytest.mark.parametrize("text", ["", "about: nothing", "about: x\nblocks: {Q1: {asks: y, lines: []}}", "- a list"])
def test_a_file_without_lines_is_refused(grid, text):
    with pytest.raises(DataError, match="holds no"):
        grid(text)


def test_a_grid_that_there_is_not_names_the_nearest(tmp_path):
    with pytest.raises(DataError, match="no grid 'ablation'; nearest is 'ablations'"):
        files.read(ROOT, "ablation")
    with pytest.raises(DataError, match="no grid 'x'"):
        files.read(tmp_path, "x")


@pytest.mark.parametrize("path", sorted((ROOT / files.FOLDER).glob("*.yaml")), ids=lambda path: path.stem)
def test_the_projects_grids_can_be_read_and_every_block_has_a_question(path):
    found = files.read(ROOT, path.stem)
    assert found.about and all(found.asks.values())
    assert len({line.key for line in found.lines}) == len(found.lines)
    for block in found.asks:
        arms = {dict(line.blocks)[block] for line in found.of(block)}
        sentences_of = {(dict(line.blocks)[block], str(line.sentence)) for line in found.of(block)}
        assert len(arms) == len(sentences_of), "one name for two arms, or two names for one"


def test_the_words_of_the_grids_are_those_of_the_issue():
    assert set(sentences.PARTITIONS) >= {"kmeans", "task", "subtask", "role", "one"}
    assert len(sentences.SELECTIONS) >= 13 and len(sentences.ROUTES) >= 6 and len(sentences.COMPOSITIONS) >= 7
