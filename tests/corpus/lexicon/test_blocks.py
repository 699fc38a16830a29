"""The reader of the lexicon: blocks as written, and every fault named by file and line."""

import pytest

from assl_utils.corpus.lexicon import blocks
from assl_utils.errors import DataError


def read(tmp_path, text, fields=0):
    (tmp_path / "toy.txt").write_text(text, encoding="utf-8")
    return blocks.read("toy", fields, tmp_path)


def test_blocks_are_read_in_order_without_comments_and_empty_lines(tmp_path):
    found = read(tmp_path, "# about\n\n= 乙 | x y\n一\n\n# aside\n二\n= 甲 | z\n", 1)
    assert {name: (block.fields, block.texts()) for name, block in found.items()} == {
        "乙": (("x y",), ("一", "二")),
        "甲": (("z",), ()),
    }
    assert list(found) == ["乙", "甲"]
    assert [line.number for line in found["乙"].lines] == [4, 7]


@pytest.mark.parametrize(("text", "message"), [
    ("一行\n= 甲 | x\n", r"toy\.txt, line 1: a line before the first block"),
    ("= 甲 | x\n\n= 乙\n", r"toy\.txt, line 3: block '乙' has 0 fields after its name, 1 belong there"),
    ("= 甲 | x\n= 乙 | x\n= 甲 | y\n", r"toy\.txt, line 3: block '甲' is in line 1 already"),
])  # fmt: skip
def test_a_file_that_cannot_be_read_is_named_with_its_line(tmp_path, text, message):
    with pytest.raises(DataError, match=message):
        read(tmp_path, text, 1)


@pytest.mark.parametrize("line", ["{subj}涨[快|", "涨{pct", "涨]了", "[涨[停|跌]|平]"])
def test_a_pattern_with_an_open_bracket_is_named_with_its_line(tmp_path, line):
    found = read(tmp_path, f"= 甲\n{{subj}}涨\n{line}\n")
    with pytest.raises(DataError, match=r"toy\.txt, line 3: a bracket"):
        found["甲"].patterns()


def test_a_block_that_is_missing_is_named(tmp_path):
    with pytest.raises(DataError, match=r"toy\.txt: there is no block '乙'"):
        read(tmp_path, "= 甲\n")["乙"]


def test_an_unknown_sign_is_named():
    assert [blocks.sign(text) for text in "+0-"] == [1, 0, -1]
    with pytest.raises(ValueError, match=r"the sign is '\*'"):
        blocks.sign("*")


def test_every_file_of_the_lexicon_begins_with_what_it_is_and_is_read_by_a_module():
    """A file that no module reads is dead; one without a first comment leaves its notation open."""
    code = "".join(path.read_text(encoding="utf-8") for path in blocks.FOLDER.parents[1].glob("corpus/**/*.py"))
    files = sorted(blocks.FOLDER.iterdir())
    assert len(files) >= 8
    for file in files:
        assert file.suffix == ".txt" and file.read_text(encoding="utf-8").startswith("# "), file.name
        assert f'("{file.stem}"' in code, file.name


def test_a_fault_in_a_line_is_given_one_place_its_own(tmp_path):
    block = read(tmp_path, "= 甲\n涨{pct\n")["甲"]
    with pytest.raises(DataError, match=r"^toy\.txt, line 2: a bracket") as caught, block.head.reading():
        block.patterns()
    assert "line 1" not in str(caught.value)
