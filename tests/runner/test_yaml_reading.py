"""Laws of our YAML: what could mean two things, or stand for too much, is an error with file and line."""

from pathlib import Path

import pytest
import yaml
from processor_time import within

from assl_utils.errors import DataError
from assl_utils.runner import yaml_reading

ROOT = Path(__file__).resolve().parents[2]
BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{new}: &{new} [{', '.join([f'*{old}'] * 9)}]\n" for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.fixture
def read(tmp_path):
    def written(text):
        path = tmp_path / "some.yaml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        with within(2, "reading"):
            return yaml_reading.read(path)

    return written


@pytest.mark.parametrize("path", sorted((ROOT / "notebooks").rglob("*.yaml")), ids=lambda path: path.stem)
def test_the_projects_files_read_as_they_always_did(path):
    assert yaml_reading.read(path).content == yaml.safe_load(path.read_text(encoding="utf-8"))


def test_values_have_their_types_and_their_lines(read):
    page = read("a: 1\nb: {c: -0.5, d: 'no'}\ne:\n  - true\n  - ~\n  - 1e-4\nf: &x [1]\ng: *x\nh:\n")
    content = {"a": 1, "b": {"c": -0.5, "d": "no"}, "e": [True, None, "1e-4"], "f": [1], "g": [1], "h": None}
    assert page.content == content
    assert page.content["f"] is not page.content["g"]
    assert [page.lines[at] for at in [("a",), ("b", "d"), ("e", 1), ("e", 2), ("g",)]] == [1, 2, 5, 6, 8]
    assert read("").content == {} == read("# nothing\n").content


@pytest.mark.parametrize(
    "odd",
    "010 08 00.5 1:30 12:30:45 0x10 0b1 0o17 1_000 yes No ON off TRUE NULL .inf -.INF .nan 2020-01-01 =".split(),
)
def test_what_yaml_1_1_reads_otherwise_than_people_is_refused(read, odd):
    with pytest.raises(DataError, match=r"some\.yaml, line 3: `.*` is read in several ways"):
        read(f"a:\n  b: 1\n  c: {odd}\n")
    assert read(f"c: '{odd}'").content == {"c": odd}


@pytest.mark.parametrize(("text", "message"), [
    ("a: 1\nb: 2\na: 3", "line 3: `a` is there twice, first in line 1"),
    ("s:\n  a: {b: 1, b: 2}", "line 2: `b` is there twice"),
    ("a: &x {b: 1}\nc:\n  <<: *x", "line 3: `<<` is read in several ways"),
    ("1: 2", "line 1: `1` is no name"),
    ("a:\n  true: 2", "line 2: `True` is no name|line 2: `true` is no name"),
    ("[a, b]: 2", "line 1: `list` is no name"),
    ("? {a: 1}\n: 2", "line 1: `dict` is no name"),
    ("a: !!int '3'", "line 1: a tag"),
    ("a:\n  b: !!python/object/apply:os.system [ls]", "line 2: a tag"),
    ("a: 1\n---\nb: 2", "line 2: a second document"),
    ("- a", "holds no `name: value` lines but a list"),
    ("x", "holds no `name: value` lines but a str"),
    ("a: [1\nb: 2", "line 2: this is not YAML"),
    ("a: b\n c: d", "line 2: this is not YAML"),
    (b"a: 1\nb: \xff\xfe", "line 2: this is not UTF-8"),
    (b"a: \xed\xa0\x80", "line 1: this is not UTF-8"),
    ("a: 1\nb: \0", "this is not YAML"),
    ("a: &x [*x]", r"line 1: \*x names nothing"),
    ("a: *x", "line 1"),
    (BOMB, "line 5: the file stands for more than 20,000 values"),
    ("a: " + "9" * 5000, "line 1: this number has more than 19 digits"),
    ("a: " + "[" * 100_000, "line 1: is nested more than 20 deep"),
    ("a: " + "{b: " * 100_000, "line 1: is nested more than 20 deep"),
    ("- " * 100_000, "line 1: is nested more than 20 deep"),
    ("? " * 100_000, "line 1"),
    ("a: 'x" + "x" * yaml_reading.LONGEST + "'", "is longer than 1,048,576 bytes"),
], ids=range(26))  # fmt: skip
def test_what_cannot_be_meant_is_named_with_its_line(read, text, message):
    with pytest.raises(DataError, match=message) as caught:
        read(text)
    assert str(caught.value).startswith("some.yaml") and len(str(caught.value)) < 300


def test_a_folder_a_loop_and_nothing(tmp_path):
    (tmp_path / "loop.yaml").symlink_to("loop.yaml")
    for name in (".", "loop.yaml"):
        with pytest.raises(DataError, match="is no file"):
            yaml_reading.read(tmp_path / name)
    with pytest.raises(FileNotFoundError):
        yaml_reading.read(tmp_path / "none.yaml")
