"""What strangers put in the place of a file, a number or a name ends in one short sentence, at once."""

import json
import os
import signal
import zipfile

import pytest

from assl_utils.errors import DataError, UnavailableError
from assl_utils.sources import archives, collect, formats, mirror, plain_files, records

DIGITS = "9" * 5000
LONG = "n" * 5000
DAYS = {f"{kind}{i}": "1" for i in range(1, 6) for kind in ("day", "open", "close")}


@pytest.fixture(autouse=True)
def at_once():
    """A test that waits (for a pipe's other end) fails."""

    def late(*_):
        raise TimeoutError("it waits")

    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(20)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


def said(call, *rest, kind=DataError):
    """The message of the error that a call ends with: of one kind, and of a length that a person reads."""
    with pytest.raises(kind) as caught:
        call(*rest)
    assert type(caught.value) is kind and len(str(caught.value)) < 1500 and "\n" not in str(caught.value)
    return str(caught.value)


def stand_in(kind, path):
    """Something else in a file's place."""
    path.unlink(missing_ok=True)
    if kind == "a folder":
        path.mkdir()
    elif kind == "a named pipe":
        os.mkfifo(path)
    elif kind == "a device":
        path.symlink_to("/dev/zero")
    elif kind == "a loop":
        path.symlink_to(path.name)
    return path


KINDS = {kind: f"this is {kind}, a file is wanted" for kind in ("a folder", "a named pipe", "a device")}
KINDS["a loop"] = "it cannot be read (Too many levels of symbolic links)"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("format", ["json_array", "csv", "json_lines_gz", "parquet"])
def test_what_stands_in_a_files_place_is_named(tmp_path, kind, format):
    place = stand_in(kind, tmp_path / "a.json")
    assert said(formats.records, place, format, "raw/a.json").startswith(f"raw/a.json: {KINDS[kind]}")


@pytest.mark.parametrize("kind", KINDS)
def test_an_archive_that_is_no_file_is_named(tmp_path, kind):
    place = stand_in(kind, tmp_path / "a.zip")
    assert KINDS[kind] in said(archives.unpack, place, tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("kind", KINDS)
def test_a_mirrors_file_that_is_none_stops_the_run_and_is_no_missing_source(mirror, kind):
    stand_in(kind, mirror / "raw/bq-corpus/BQ.valid.data")
    message = said(lambda: collect.gather("local", mirror, accept_noncommercial=True))
    assert message.startswith(f"raw/bq-corpus/BQ.valid.data: {KINDS[kind]}")


def test_a_link_to_nowhere_is_a_file_that_is_not_there(tmp_path):
    (tmp_path / "a.json").symlink_to("gone")
    message = said(plain_files.check, tmp_path / "a.json", "a.json", kind=UnavailableError)
    assert message == "a.json: this link leads nowhere"


@pytest.mark.parametrize(
    ("root", "problem"),
    [
        ("~no-such-user/x", "there is no such user, or no home"),
        ("a\0b", "a path has no NUL"),
        ("\ud800", "a path has no NUL and no half character"),
        (LONG, "name too long"),
    ],
)
def test_a_data_root_that_no_system_takes(root, problem):
    message = said(mirror.Local, root)
    assert message.startswith("data_root='") and problem in message.replace("File", "file")


@pytest.mark.parametrize("kind", ["a folder", "a named pipe", "a loop"])
def test_a_data_root_that_is_no_mirror(tmp_path, kind):
    with pytest.raises(DataError, match="data_root="):
        mirror.Local(stand_in(kind, tmp_path / "mirror"))


@pytest.mark.parametrize(
    ("format", "text", "record"),
    [
        ("json_array", f'[["a", 1], ["b", {DIGITS}], ["c", 2]]', 2),
        ("json_array", f'\n [\n["a,]", -{DIGITS}]]', 1),
        ("json_lines", f'["a", 1]\n\n["b", {DIGITS}]\n["c", 1]\n', 2),
        ("json_lines", f'["a", 1]\n["b", {DIGITS}]', 2),
        ("json", f'[{{"text": {{"n": {DIGITS}}}}}]', 1),
        ("json_array", "[1, " + "[" * 5000 + "]" * 5000 + "]", 2),
        ("json_array", "[1, " + "[" * 600 + '"\\ud800"' + "]" * 600 + "]", 2),
        ("json_object", f'{{"a": {DIGITS}}}', None),
    ],
)
def test_numbers_without_end_and_brackets_without_end_name_their_record(tmp_path, format, text, record):
    (tmp_path / "a.json").write_text(text)
    message = said(formats.records, tmp_path / "a.json", format, "raw/a.json")
    where = f", record {record}" if record else ""
    assert message.startswith(f"raw/a.json{where}: ") and ("4,300 digits" in message or "brackets" in message)


def test_the_longest_whole_number_is_read(tmp_path):
    (tmp_path / "a.json").write_text(f"[{'9' * 4300}]")
    assert formats.records(tmp_path / "a.json", "json_array") == [int("9" * 4300)]


@pytest.mark.parametrize(
    ("shape", "record"),
    [
        ("flare", {LONG: 1}),
        ("fe", ["text", LONG]),
        ("fe", ["text", 10**4299]),
        ("re", ["a", "b", LONG, "text"]),
        ("ner", {"text": "text", "labels": [LONG]}),
        ("nsp", ["1", "title", "text", "a", "0", LONG]),
        ("ccks2020", {"context": "text", "type": ["a"], "entity": [[10**4000, 10**4001]]}),
        ("astock", {"text_a": "t", "label": DIGITS} | DAYS),
    ],
)
def test_a_long_name_or_number_is_cut_in_the_message(shape, record):
    assert said(records.load, shape, [record], "raw/a.json").startswith("raw/a.json, record 1: ")


@pytest.mark.parametrize("header", [LONG, f"{LONG},{LONG}"])
def test_a_header_of_long_names_is_cut_in_the_message(tmp_path, header):
    (tmp_path / "a.csv").write_text(header + "\n1\n")
    assert said(formats.records, tmp_path / "a.csv", "csv", "raw/a.csv").startswith("raw/a.csv: the header")


def test_a_file_with_a_name_that_no_disk_takes(tmp_path):
    assert "File name too long" in said(formats.records, tmp_path / LONG, "json")


@pytest.mark.parametrize(
    ("names", "wrong"),
    [
        (["a/" * 2000 + "f.csv"], "lies 2000 folders deep, 32 are the most"),
        (["a/" * 33 + "f.csv"], "lies 33 folders deep"),
        ([LONG], "has a path of more than 1000 bytes"),
        (["名" * 100], "has a name of more than 255 bytes"),
        ([f"{i}.csv" for i in range(11)], "is one more than 10, the most"),
    ],
)
def test_members_that_no_disk_takes_are_refused_before_any_is_written(tmp_path, monkeypatch, names, wrong):
    monkeypatch.setattr(archives, "MAX_MEMBERS", 10)
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as pack:
        for name in ("first.csv", *names)[-11:]:
            pack.writestr(name, "x")
    message = said(archives.unpack, tmp_path / "a.zip", tmp_path / "out")
    assert wrong in message and message.endswith("nothing was unpacked")
    assert [path.name for path in tmp_path.iterdir()] == ["a.zip"]


def test_members_at_the_limits_are_unpacked(tmp_path):
    names = ["a/" * 32 + "f.csv", "n" * 255, "名" * 85]
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as pack:
        for name in names:
            pack.writestr(name, "x")
    assert archives.unpack(tmp_path / "a.zip", tmp_path / "out") == [tmp_path / "out" / name for name in names]


def test_a_shortened_text_keeps_both_ends():
    assert plain_files.shortened("abc", 3) == "abc"
    assert plain_files.shortened("0123456789", 6) == "0123…9"
    assert len(plain_files.shortened(json.dumps(LONG), 600)) == 600
