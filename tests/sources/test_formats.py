"""Every file reads as what it is, not as what it is called; one that does not is named, with record and fault."""

import csv
import gzip
import io
import json
import os
import re
from collections import Counter

import data_replica
import pandas as pd
import pyarrow
import pyarrow.parquet
import pytest

from assl_utils.errors import DataError, UnavailableError
from assl_utils.sources import formats, registry, registry_entries

AGAIN = "a truncated download? Delete it and fetch it again"


@pytest.fixture(scope="module", params=["replica", "real"])
def place(request, tmp_path_factory):
    return data_replica.place(request.param, tmp_path_factory)


@pytest.fixture(scope="module")
def replica(tmp_path_factory):
    return data_replica.place("replica", tmp_path_factory)


# --- every file -------------------------------------------------------------------------------------------------------


def registered():
    for entries in (registry.sources(), registry.benchmarks(), registry.aside()):
        for entry in entries.values():
            for file in entry.files:
                for member in file.each() if file.way == "mirror" else ():
                    yield member.path, (file.format, file.shape)


def test_the_replica_has_every_file_of_the_mirror_in_its_format_and_shape(tmp_path):
    held = data_replica.write(tmp_path)
    assert sorted(held) == sorted({path for path, _ in registered()})
    assert {(path, held[path][:2]) for path in held} == set(registered())
    assert all((tmp_path / path).stat().st_size for path in held)
    assert data_replica.write(tmp_path / "again") == held


def test_every_file_reads_as_its_format(place):
    expected = {}
    if place.real:
        expected = {item["path"]: item["records"] for item in json.loads((place.root / "manifest.json").read_bytes())}
        assert len(expected) == 184 and sum(expected.values()) == 231_930
    for path, (_, format, shape, examples) in data_replica.contents().items():
        found = place.records(path.removeprefix("raw/"))
        if place.real:
            assert len(found) == expected[path], path
        elif shape == "questions":
            assert len(found) == examples, path
        kind = (
            list if format.endswith("bare") else dict if format in ("csv", "tsv", "json_lines") else (list, dict, str)
        )
        assert all(isinstance(record, kind) for record in found), path


def test_a_format_is_what_the_registry_and_the_readers_call_so():
    assert set(formats.FORMATS) == set(registry_entries.FORMATS) - {"zip_csv"}  # an archive: its CSV files are read


def test_the_mirror_is_the_folder_named_or_the_one_beside_the_repository(tmp_path, monkeypatch):
    monkeypatch.setenv("ASSL_DATA_ROOT", str(tmp_path))
    with pytest.raises(NotADirectoryError, match=r"ASSL_DATA_ROOT=.*: there is no folder raw/ in it"):
        data_replica.mirror()
    (tmp_path / "raw").mkdir()
    assert data_replica.mirror() == tmp_path
    monkeypatch.setenv("ASSL_DATA_ROOT", "")
    beside = data_replica.mirror()
    assert beside is None or beside.parts[-2:] == ("shared", "data")
    monkeypatch.setattr(data_replica, "__file__", str(tmp_path / "repository" / "tests" / "data_replica.py"))
    assert data_replica.mirror() is None
    (tmp_path / "shared" / "data" / "raw").mkdir(parents=True)
    assert data_replica.mirror() == (tmp_path / "shared" / "data").resolve()


# --- extensions lie, headers are missing ------------------------------------------------------------------------------

LIES = [  # path, what its name says, what comes of believing it
    ("afqmc/dev.json", "json_array", r"no JSON from line 2, column 1 on \(Extra data\): is it one JSON value a line"),
    ("ccks2021-causal/train.json", "json_array", "is it one JSON value a line"),
    ("ccks2020-fewfc/train_base.json", "json_array", "is it one JSON value a line"),
    ("astock/test.csv", "csv", "the header is one cell, 'CODE.*': are the cells parted by tabs?"),
    ("cfsc-ner/test.json", "json_lines", "record 1: line 1 is no JSON"),
    ("afqmc/train.csv", "tsv", "the header is one cell, 'sentence1,sentence2,label': are the cells parted by commas?"),
]


@pytest.mark.parametrize(("path", "format", "message"), LIES)
def test_a_name_that_lies_does_no_harm(place, path, format, message):
    assert place.records(path)
    with pytest.raises(DataError, match=message):
        formats.records(place.path(path), format)


@pytest.mark.parametrize("path", ["cfsc-absa/test.txt", "ccks2020-event-subject/val.data"])
def test_a_json_array_is_read_whatever_its_ending(place, path):
    found = place.records(path)
    assert len(found) == place.is_(replica=data_replica.contents()[f"raw/{path}"][3], real=len(found))
    assert found == json.loads(place.bytes(path))
    assert "Level 1 aspect" in found[0] or found[0]["entity"]  # a key with blanks in it


@pytest.mark.parametrize(
    ("path", "format", "first"),
    [
        ("fincuge-finfe/eval_list.json", "json_array", "利好落地"),
        ("afqmc/dev.json", "json_lines", "月付"),
    ],
)
def test_a_file_that_nobody_has_opened_is_told_by_its_first_character(replica, path, format, first):
    assert formats.records(replica.path(path), "json") == formats.records(replica.path(path), format)
    assert first in str(formats.records(replica.path(path), "json")[0])


@pytest.mark.parametrize(
    ("path", "width", "replica", "real"),
    [
        ("bq-corpus/BQ.valid.data", 3, 5, 10_000),
        ("bq-corpus/BQ.test.data", 3, 2, 10_000),
        ("ccks2019-event-subject/event_type_entity_extract_train.csv", 4, 6, 17_815),
        ("ccks2019-event-subject/event_type_entity_extract_eval.csv", 3, 2, 3_500),
        ("ccks2020-event-subject/event_entity_dev_data.csv", 2, 2, 900),
    ],
)
def test_a_file_without_a_header_loses_no_row_to_one(place, path, width, replica, real):
    found = place.records(path)
    assert len(found) == place.is_(replica=replica, real=real)
    assert {len(cells) for cells in found} == {width}


def test_quotes_in_a_file_of_bare_tabs_are_text(place):
    path = place.is_(replica="bq-corpus/BQ.valid.data", real="bq-corpus/BQ.test.data")
    quoted = [row for row in place.records(path) if '"' in row[0] + row[1]]
    assert len(quoted) == 1 and place.bytes(path).count(b'"') == sum("".join(row).count('"') for row in quoted)


def test_a_first_column_without_a_name_is_a_column(place):
    name = "financeiq/test/经济师.csv"
    found = place.records(name)
    assert len(found) == place.is_(replica=2, real=520)
    assert list(found[0]) == ["", "Question", "A", "B", "C", "D", "Answer"]
    assert [row[""] for row in found[:2]] == ["0", "1"]


def test_an_object_becomes_its_pairs(place):
    found = place.records("fineval-questions/subject_mapping.json")
    assert len(found) == 34
    assert ["accounting", ["accounting", "会计", "Accounting"]] in found


def test_a_list_of_labels_keeps_its_last_line_without_a_line_end(place):
    raw = place.bytes("fincuge-finre/relation2id.txt")
    found = place.records("fincuge-finre/relation2id.txt")
    assert not raw.endswith(b"\n") and raw.count(b"\n") == 43
    assert len(found) == 44 and found[0] == "unknown 0" and found[-1].endswith(" 43")


# --- lines end where the file says, and nowhere else ------------------------------------------------------------------


@pytest.mark.parametrize(("name", "replica", "lines", "rows"), [("test", 3, 28_064, 1_477), ("val", 2, 28_064, 1_477)])
def test_line_ends_inside_quotes_part_no_rows(place, name, replica, lines, rows):
    found = place.records(f"astock/{name}.csv")
    assert len(found) == place.is_(replica=replica, real=rows)
    seen = place.bytes(f"astock/{name}.csv").count(b"\n")
    assert seen == place.is_(replica=1 + replica * 13, real=lines)
    assert {len(row) for row in found} == {39}
    assert all("...\n" in row["verb_mask"] for row in found)


@pytest.mark.parametrize(
    "path",
    [
        "ccks2020-fewfc/train_base.json",
        "ccks2020-fewfc/test_base.json",
        "cfsc-ner/test.json",
        "cfsc-ner/val.json",
        "fincuge-finre/relation2id.txt",  # these three stand in no list of the mirror's README
        "disc-finllm/retriever_eval.json",
        "fineval-questions/val/accounting_val.csv",
    ],
)
def test_no_carriage_return_of_a_line_end_comes_along(place, path):
    assert b"\r\n" in place.bytes(path)
    records = place.records(path)
    assert records and "\\r" not in json.dumps(records)
    assert formats.records(place.path(path), data_replica.contents()[f"raw/{path}"][1]) == records


def test_a_line_end_inside_quotes_is_one_character(tmp_path):
    for format, text in [("csv", 'a,b\r\n"甲\r\n乙","丙\n丁"\r\n'), ("csv_bare", '"甲\r\n乙","丙\n丁"')]:
        (tmp_path / "a.csv").write_bytes(text.encode())
        (record,) = formats.records(tmp_path / "a.csv", format)
        assert list(record.values() if format == "csv" else record) == ["甲\n乙", "丙\n丁"]


def test_a_form_feed_is_no_line_end(place):
    path = "ccks2019-event-subject/event_type_entity_extract_train.csv"
    found = place.records(path)
    split = place.bytes(path).decode("utf-8").splitlines()
    fed = [row for row in found if "\x0c" in row[1]]
    assert len(fed) == place.is_(replica=2, real=1) and all(len(row) == 4 for row in fed)
    assert len(found) == place.is_(replica=6, real=17_815)
    assert len(split) == len(found) + len(fed)


@pytest.mark.parametrize("mark", ["\x0b", "\x0c", "\x1c", "\x1d", "\x1e", "\x85", "\u2028", "\u2029"])
@pytest.mark.parametrize(
    ("format", "form"),
    [
        ("json_lines", '["{0}甲{0}"]\n["乙"]\n'),
        ("csv", '"a","b"\n"{0}甲{0}","x"\n"乙","y"\n'),
        ("csv_bare", '"{0}甲{0}"\n"乙"\n'),
        ("tsv_bare", "{0}甲{0}\tx\n乙\ty\n"),
        ("text", "{0}甲{0}\n乙\n"),
    ],
)
def test_what_splitlines_takes_for_a_line_end_is_text(tmp_path, format, form, mark):
    if format == "json_lines" and mark < " ":
        mark = f"\\u00{ord(mark):02x}"  # JSON has control characters in this form only
    (tmp_path / "data").write_text(form.format(mark), encoding="utf-8")
    found = formats.records(tmp_path / "data", format)
    assert len(found) == 2 and str(found[0]).count("甲") == 1
    mark = json.loads(f'"{mark}"') if mark.startswith("\\") else mark
    first = found[0] if format == "text" else next(iter(found[0].values())) if format == "csv" else found[0][0]
    assert first == f"{mark}甲{mark}"


@pytest.mark.parametrize(("name", "replica", "real"), [("valid", 1, 16), ("test", 1, 8)])
def test_backspaces_stay_where_they_are(place, name, replica, real):
    found = place.records(f"bq-corpus/BQ.{name}.data")
    assert sum("".join(row).count("\x08") for row in found) == place.is_(replica=replica, real=real)  # 24 in all


def test_a_byte_order_mark_before_a_quote_is_no_part_of_the_first_cell(place):
    path = "ccks2019-event-subject/event_type_entity_extract_eval.csv"
    assert place.bytes(path).startswith(b'\xef\xbb\xbf"')
    first = place.is_(replica="700001", real="204563")
    assert place.records(path)[0][0] == first
    naive = next(csv.reader(io.StringIO(place.bytes(path).decode("utf-8"), newline="")))
    assert naive[0] == f'\ufeff"{first}"'


def test_a_byte_order_mark_inside_is_text(place):
    found = place.records("afqmc/train.csv")
    assert list(found[0]) == ["sentence1", "sentence2", "label"]
    assert sum("".join(row.values()).count("\ufeff") for row in found) == 1


def test_the_text_nan_is_a_text(place):
    path = "ccks2019-event-subject/event_type_entity_extract_train.csv"
    found = place.records(path)
    assert sum(row[3] == "NaN" for row in found) == place.is_(replica=1, real=3_140)
    assert all(isinstance(cell, str) for row in found for cell in row)
    assert pd.read_csv(place.path(path), header=None)[3].isna().any()  # what pandas makes of it


@pytest.mark.parametrize("path", ["fincuge-finese/train_list.json"])
def test_one_line_of_more_than_a_million_characters(place, path):
    longest = max(map(len, place.bytes(path).decode("utf-8").split("\n")))
    assert longest > 1_000_000
    assert len(place.records(path)) == place.is_(replica=data_replica.LONG_LINE + 5, real=14_252)


def test_one_line_of_eight_megabytes(tmp_path):
    rows = [[f"第{i}号公告", "净利润同比增长" * 20] for i in range(20_000)]
    (tmp_path / "array.json").write_text(json.dumps(rows, ensure_ascii=False), encoding="utf-8")
    assert (tmp_path / "array.json").stat().st_size > 8_000_000
    assert formats.records(tmp_path / "array.json", "json_array") == rows
    (tmp_path / "cell.csv").write_text(f'"id","text"\n"1","{"长" * 3_000_000}"\n', encoding="utf-8")
    assert len(formats.records(tmp_path / "cell.csv", "csv")[0]["text"]) == 3_000_000


def test_odd_characters_of_a_text_reach_the_loader(place):
    news = place.records("ccks2019-event-subject/event_type_entity_extract_train.csv")
    assert sum(row[1].count("\u200b") for row in news) == place.is_(replica=1, real=36)
    asked = place.records("ccks2019-event-subject/event_type_entity_extract_eval.csv")
    assert sum(char < " " for row in asked for char in row[1]) == place.is_(replica=2, real=13)
    events = json.dumps(place.records("ccks2020-fewfc/train_base.json"), ensure_ascii=False)
    assert events.count("\ufffd") == place.is_(replica=1, real=18)
    pairs = Counter("".join("".join(row) for row in place.records("bq-corpus/BQ.valid.data")))
    assert (pairs["\uf236"], pairs["\u200d"]) == place.is_(replica=(1, 1), real=(2, 80))


# --- formats that the mirror does not have ----------------------------------------------------------------------------


def test_gzipped_lines_and_parquet(tmp_path):
    rows = [{"text": "甲\n乙", "answer": "积极"}, {"text": "丙", "answer": "消极"}]
    lines = "".join(json.dumps(row) + "\n" for row in rows)
    (tmp_path / "a.jsonl.gz").write_bytes(gzip.compress(lines.encode()))
    assert formats.records(tmp_path / "a.jsonl.gz", "json_lines_gz") == rows
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows), tmp_path / "a.parquet")
    assert formats.records(tmp_path / "a.parquet", "parquet") == rows


@pytest.mark.parametrize(
    ("format", "content"),
    [("json_array", '[["甲\\ud83d", {"k": "\\ude00乙"}]]'), ("json_lines", '["甲\\ud83d", {"k": "\\ude00乙"}]')],
)
def test_half_an_emoji_becomes_the_character_for_what_is_lost(tmp_path, format, content):
    (tmp_path / "a.json").write_text(content, encoding="utf-8")
    (record,) = formats.records(tmp_path / "a.json", format)
    assert record == ["甲\ufffd", {"k": "\ufffd乙"}]
    json.dumps(record, ensure_ascii=False).encode()  # can be written
    whole = content.replace("\\ud83d", "\\ud83d\\ude00").replace('"\\ude00', '"')
    (tmp_path / "a.json").write_text(whole, encoding="utf-8")
    assert formats.records(tmp_path / "a.json", format) == [["甲😀", {"k": "乙"}]]


def test_blank_lines_are_no_records(tmp_path):
    for format, text in [
        ("json_lines", '\n["甲"]\n\n["乙"]\r\n\n'),
        ("csv_bare", "\n甲\n\r\n乙\n\n"),
        ("tsv_bare", "甲\n\n乙\n"),
        ("text", "\n甲\r\n \n乙"),
    ]:
        (tmp_path / "a").write_bytes(text.encode())
        assert [record[0] for record in formats.records(tmp_path / "a", format)] == ["甲", "乙"], format


# --- faults: each with its message ------------------------------------------------------------------------------------


def parquet(**columns):
    out = pyarrow.BufferOutputStream()
    pyarrow.parquet.write_table(pyarrow.table(columns), out)
    return out.getvalue().to_pybytes()


TABLE = parquet(text=["净利润大增"] * 50, label=list(range(50)))
ZIPPED = gzip.compress(b'{"text": "\xe7\x94\xb2"}\n' * 500)
POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n"
PAGE = b'<!DOCTYPE html>\n<html lang="en"><title>Sign in</title></html>'
A_POINTER = ": this is a Git LFS pointer, not the file: run `git lfs pull`, or download the file"
A_PAGE = ": this is a web page, not the data: the download met a login or an error page"
WRONG_SUM = ZIPPED[:-6] + b"\0" + ZIPPED[-5:]

CUT = f": the JSON ends in the middle: {AGAIN}"
EMPTY = f": the file is empty: {AGAIN}"
NOTHING = f": there is no record in it: {AGAIN}"
SPLIT = f": the file ends inside a character (byte {{}}): {AGAIN}"
FOREIGN = ": byte {} (line {}) is not UTF-8: all published files are"
DEEP = "brackets in brackets without end"

FAULTS = {  # what is wrong: format, content, message behind the file's name
    # truncated
    "an array that ends between rows": ("json_array", '[["甲", 1], ["乙", 2],', CUT),
    "an array that ends inside a text": ("json_array", '[["甲", 1], ["乙乙乙乙乙乙', CUT),
    "an array that ends inside a word": ("json_array", "[[1, null], [2, nul", CUT),
    "an array that ends inside an escape": ("json_array", '["\\u4e', CUT),
    "an object that ends after a key": ("json_object", '{"会计": ', CUT),
    "lines whose last breaks off": ("json_lines", '[1]\n[2]\n["三', f", record 3: the last line breaks off: {AGAIN}"),
    "a line that is none": (
        "json_lines",
        "[1]\n\n[2\n[3]\n",
        ", record 2: line 3 is no JSON (Expecting ',' delimiter)",
    ),
    "an open quote": ("csv", 'a,b\n1,2\n3,"四\n5,6\n', f", record 2: a quote is never closed: {AGAIN}"),
    "an open quote, no header": ("csv_bare", '"甲","乙"\n"丙","', f", record 2: a quote is never closed: {AGAIN}"),
    "a row that breaks off": ("tsv_bare", "甲\t乙\t1\n丙\t丁", ", record 2: 2 cells where 3 are expected"),
    "a gzip that ends early": ("json_lines_gz", ZIPPED[:-12], f": the gzip stream ends too early: {AGAIN}"),
    "a character that ends early": ("json_array", '["净利'.encode()[:-1], SPLIT.format(5)),
    "a character that ends early after a mark": ("text", b"\xef\xbb\xbf" + "净利".encode()[:-2], SPLIT.format(6)),
    # not the file
    "nothing at all": ("json_array", b"", EMPTY),
    "blanks": ("csv", " \r\n\n", EMPTY),
    "a byte order mark and no more": ("csv_bare", "\ufeff", EMPTY),
    "a gzip of nothing": ("json_lines_gz", gzip.compress(b""), EMPTY),
    "a Parquet of no bytes": ("parquet", b"", EMPTY),
    "a header and no row": ("csv", "a,b\n", NOTHING),
    "an array of nothing": ("json_array", "[]", NOTHING),
    "a Parquet without rows": ("parquet", parquet(text=pyarrow.array([], "string")), NOTHING),
    "a page for JSON": ("json_array", PAGE, A_PAGE),
    "a page for a table": ("tsv_bare", b"\xef\xbb\xbf\n <HTML>" + PAGE, A_PAGE),
    "a page for gzip": ("json_lines_gz", PAGE, A_PAGE),
    "a server's error for Parquet": ("parquet", '<?xml version="1.0"?>\n<Error>AccessDenied</Error>', A_PAGE),
    "a pointer for JSON": ("json_lines", POINTER, A_POINTER),
    "a pointer for Parquet": ("parquet", POINTER, A_POINTER),
    "a pointer for gzip": ("json_lines_gz", POINTER, A_POINTER),
    "no gzip": ("json_lines_gz", "[1]\n", f": not a gzip file (Not a gzipped file (b'[1')): {AGAIN}"),
    "a gzip with a wrong sum": ("json_lines_gz", WRONG_SUM, f": not a gzip file (CRC check failed): {AGAIN}"),
    # not its encoding
    "GBK": ("json_array", '[["a"],\n["净利润"]]'.encode("gbk"), FOREIGN.format(10, 2)),
    "GBK at the very end": ("text", "a 1\n合作".encode("gbk"), FOREIGN.format(4, 2)),
    "UTF-16": ("csv", "a,b\n1,2\n".encode("utf-16"), FOREIGN.format(0, 1)),
    "a stray byte after a mark": ("text", b"\xef\xbb\xbfa\n\xffb", FOREIGN.format(5, 2)),
    # not its format
    "an object for an array": ("json_array", '{"data": []}', ": a JSON array is expected, this is an object"),
    "a text for an array": ("json_array", '"净利润"', ": a JSON array is expected, this is a text"),
    "a number for an array": ("json_array", "12.8", ": a JSON array is expected, this is a number"),
    "true for an array": ("json_array", "true", ": a JSON array is expected, this is true or false"),
    "null for an array": ("json_array", "null", ": a JSON array is expected, this is null"),
    "an array for an object": ("json_object", "[1]", ": a JSON object is expected, this is an array"),
    "lines for an array": (
        "json_array",
        '{"a": 1}\n{"a": 2}\n',
        ": no JSON from line 2, column 1 on (Extra data): is it one JSON value a line (json_lines)?",
    ),
    "an array over lines for lines": ("json_lines", "[\n[1]\n]\n", ", record 1: line 1 is no JSON (Expecting value)"),
    "a comma too many": ("json_array", "[[1],\n]", ": no JSON from line 2, column 1 on (Expecting value)"),
    "brackets without end": ("json_array", "[" * 100_000, f", record 1: no JSON that can be read ({DEEP})"),
    "brackets on a line": ("json_lines", f"1\n{'[' * 100_000}\n", f", record 2: line 2 is no JSON ({DEEP})"),
    "commas for tabs": ("tsv", "a,b\n甲,1\n", ": the header is one cell, 'a,b': are the cells parted by commas?"),
    "tabs for commas": ("csv", "a\tb\n甲\t1\n", ": the header is one cell, 'a\\tb': are the cells parted by tabs?"),
    "a header with a name twice": ("csv", "text,label,text\n甲,1,乙\n", ": the header names 'text' twice"),
    "a header with two empty names": ("csv", ",text,\n0,甲,乙\n", ": the header names '' twice"),
    "too few cells": ("csv", "a,b,c\n1,2,3\n\n1,2\n", ", record 2: 2 cells where 3 are expected"),
    "too many cells": ("csv", "a,b\n1,2\n1,2,3\n", ", record 2: 3 cells where 2 are expected"),
    "a tab too many": ("tsv_bare", "甲\t乙\t1\n丙\t丁\t戊\t0\n", ", record 2: 4 cells where 3 are expected"),
    "text behind a quote": (
        "csv_bare",
        '"甲","乙"\n"丙"丁,"戊"\n',
        ", record 2: no table from here on (',' expected after '\"')",
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_file_that_does_not_read_is_named_with_what_was_found(tmp_path, name):
    format, content, message = FAULTS[name]
    path = tmp_path / "train_list.json"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    for called in ("raw/fincuge-finfe/train_list.json", None):
        with pytest.raises(DataError) as raised:
            formats.records(path, format, called)
        assert str(raised.value) == (called or str(path)) + message
        assert not isinstance(raised.value, UnavailableError)
    assert [file.name for file in tmp_path.iterdir()] == ["train_list.json"]


@pytest.mark.parametrize(
    "content",
    [
        TABLE[:-200],
        b"PAR1 no table at all",
        *(TABLE[:at] + b"\xff" * 6 + TABLE[at + 6 :] for at in (4, 20, len(TABLE) - 10)),
    ],
    ids=["ends early", "is something else", "has a broken header", "has broken values", "has a broken foot"],
)
def test_a_parquet_file_that_does_not_read_is_named(tmp_path, content):
    (tmp_path / "train.parquet").write_bytes(content)
    with pytest.raises(DataError) as raised:
        formats.records(tmp_path / "train.parquet", "parquet", "FinGPT/train.parquet")
    assert re.fullmatch(r"FinGPT/train\.parquet: no Parquet file \(.+\): " + re.escape(AGAIN), str(raised.value))
    assert "\n" not in str(raised.value) and str(tmp_path) not in str(raised.value)


@pytest.mark.parametrize("format", ["json_array", "csv", "json_lines_gz", "parquet"])
def test_what_is_no_file_is_said_to_be_none(tmp_path, format):
    (tmp_path / "data").write_text("[]")
    for name, message in [
        ("gone.json", "there is no such file"),
        ("data/gone.json", "there is no such file"),
    ]:
        with pytest.raises(UnavailableError) as raised:
            formats.records(tmp_path / name, format, f"raw/{name}")
        assert str(raised.value) == f"raw/{name}: {message}"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_said_so(tmp_path):
    (tmp_path / "a.json").write_text("[1]")
    (tmp_path / "a.json").chmod(0)
    with pytest.raises(UnavailableError, match=r"a.json: it cannot be read \(Permission denied\)"):
        formats.records(tmp_path / "a.json", "json_array")


def test_a_disk_that_fails_is_said_so(tmp_path, monkeypatch):
    def broken(_):
        raise OSError(5, "Input/output error")

    (tmp_path / "a.json").touch()
    monkeypatch.setattr(formats.Path, "read_bytes", broken)
    with pytest.raises(UnavailableError) as raised:
        formats.records(tmp_path / "a.json", "json_array", "a.json")
    assert str(raised.value) == "a.json: it cannot be read (Input/output error)"


@pytest.mark.parametrize("format", ["xlsx", "JSON", "", None, "zip_csv"])
def test_an_unknown_format_is_told_the_known_ones(format):
    with pytest.raises(DataError) as raised:
        formats.records("a.xlsx", format)
    assert str(raised.value) == f"a.xlsx: no reader is called {format!r}; there are {', '.join(formats.FORMATS)}"


def test_every_prefix_of_a_file_is_refused_or_is_whole_records(tmp_path):
    rows = [{"text": f"第{i}条“净利”\n增长", "label": "积极"} for i in range(3)]
    lines = "".join(json.dumps(row) + "\n" for row in rows).encode()
    out = io.StringIO(newline="")
    csv.writer(out, quoting=csv.QUOTE_ALL).writerows([["text", "label"], *(row.values() for row in rows)])
    columns = {name: [row[name] for row in rows] for name in rows[0]}
    files = {
        "json_array": (json.dumps(rows, ensure_ascii=False).encode(), []),
        "json_lines": (lines, [1, 2, 3]),  # whole lines are whole records: only their number tells
        "json_lines_gz": (gzip.compress(lines), []),
        "csv": (out.getvalue().encode(), [1, 2, 3]),
        "parquet": (parquet(**columns), []),
    }
    for format, (whole, possible) in files.items():
        accepted = set()
        for size in range(len(whole) + 1):
            (tmp_path / "part").write_bytes(whole[:size])
            try:
                found = formats.records(tmp_path / "part", format)
            except DataError:
                continue
            if size < len(whole):
                accepted.add(len(found))
            if format == "csv" and whole[:size].endswith(b","):  # the last cell might have been empty
                assert found.pop()["label"] == ""
            assert found == rows[: len(found)], (format, size)
        assert sorted(accepted) == possible and found == rows
