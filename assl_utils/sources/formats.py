"""From a published file to its records, whatever its name pretends.

``records(path, format)`` returns the records of one file, in order, as lists (files without a header) or dicts. Half
of the published files are not what their extension says, and text files of this field hold quoted line ends, form feeds
and byte order marks: nothing is guessed, the registry names the format, and lines end at ``\\n`` alone.

===============  ==================================================================================================
json_array       one JSON array; its items
json_object      one JSON object; its [key, value] pairs
json             json_array or json_lines, recognised by the first character: for files that nobody has opened
json_lines       one JSON value a line; ``json_lines_gz`` the same, gzipped
csv, tsv         with a header: dicts; quoted cells may hold line ends
csv_bare         without a header: lists, quoted cells
tsv_bare         without a header: lists, split at tabs only, quotes are text
text             the lines that are not empty
parquet          a Parquet table; its rows as dicts
===============  ==================================================================================================
"""

import codecs
import csv
import gzip
import json
import re
import sys
import zlib
from pathlib import Path

from assl_utils.errors import DataError, UnavailableError
from assl_utils.sources import plain_files

_TRUNCATED = "a truncated download? Delete it and fetch it again"
_PAGE = re.compile(rb"<(!doctype|html|head|body|\?xml)", re.IGNORECASE)  # what a server sends in place of a file
_SPACE = re.compile(r"\s*")
csv.field_size_limit(min(sys.maxsize, 2**31 - 1))  # a cell of Astock is longer than the default allows


def records(path, format, name=None):
    """The records of one file.

    Parameters
    ----------
    path : path
        The file.
    format : str
        One of the formats above.
    name : str, optional
        What messages call the file; its path when left out.

    Returns
    -------
    list
        Lists, dicts or strings; the n-th (from 1) is "record n" of a message. A byte order mark at the start is no part
        of the data. A file that does not read as its format, or holds no record, raises a DataError that names it and
        the record.
    """
    if format not in _READERS:
        raise DataError(f"no reader is called {format!r}; there are {', '.join(_READERS)}", name or path)
    name = plain_files.shortened(name or str(path))
    raw = _data(_bytes(path, name), name)
    if format == "parquet":
        out = _parquet(raw, name)
    else:
        out = _READERS[format](_text(_unzipped(raw, name) if format.endswith("_gz") else raw, name), name)
    if not out:
        raise DataError(f"there is no record in it: {_TRUNCATED}", name)
    return out


def _bytes(path, name):
    plain_files.check(path, name)
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise UnavailableError(f"it cannot be read ({error.strerror})", name) from None


def _data(raw, name):
    """The bytes, if they are data at all and not what is put in its place."""
    start = raw[:200].removeprefix(codecs.BOM_UTF8).lstrip()
    if not start and not raw.removeprefix(codecs.BOM_UTF8).strip():
        raise DataError(f"the file is empty: {_TRUNCATED}", name)
    if start.startswith(b"version https://git-lfs"):
        raise DataError("this is a Git LFS pointer, not the file: run `git lfs pull`, or download the file", name)
    if _PAGE.match(start):
        raise DataError("this is a web page, not the data: the download met a login or an error page", name)
    return raw


def _unzipped(raw, name):
    try:
        return _data(gzip.decompress(raw), name)
    except EOFError:
        raise DataError(f"the gzip stream ends too early: {_TRUNCATED}", name) from None
    except (gzip.BadGzipFile, zlib.error) as error:
        raise DataError(f"not a gzip file ({error}): {_TRUNCATED}", name) from None


def _parquet(raw, name):
    import pyarrow
    import pyarrow.parquet

    try:
        return pyarrow.parquet.read_table(pyarrow.BufferReader(raw)).to_pylist()
    except (pyarrow.ArrowException, OSError, UnicodeDecodeError) as error:  # OSError: of a page inside the file
        raise DataError(f"no Parquet file ({str(error).splitlines()[0]}): {_TRUNCATED}", name) from None


def _text(raw, name):
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        byte = error.start + len(raw) - len(error.object)  # the codec counts from behind a byte order mark
        if error.reason == "unexpected end of data":
            raise DataError(f"the file ends inside a character (byte {byte}): {_TRUNCATED}", name) from None
        line = raw.count(b"\n", 0, byte) + 1
        raise DataError(f"byte {byte} (line {line}) is not UTF-8: all published files are", name) from None


def _loads(text):
    try:
        value = json.loads(text)
        return _whole(value) if re.search(r"\\u[dD][89a-fA-F]", text) else value
    except RecursionError:
        raise json.JSONDecodeError("brackets in brackets without end", text, 0) from None
    except json.JSONDecodeError:
        raise
    except ValueError:  # Python turns no number of so many digits from text; no published value comes near
        raise json.JSONDecodeError(f"a whole number of more than {_digits()} digits", text, 0) from None


def _whole(value):
    """Half a surrogate pair, left where an emoji was cut, is U+FFFD: no file could be written with it."""
    if isinstance(value, str):
        return re.sub("[\ud800-\udfff]", "\ufffd", value)
    if isinstance(value, list):
        return [_whole(item) for item in value]
    return {_whole(key): _whole(item) for key, item in value.items()} if isinstance(value, dict) else value


def _json(text, name):
    try:
        return _loads(text)
    except json.JSONDecodeError as error:
        rest = text[error.pos :].strip()
        cut = error.msg.startswith(("Expecting value", "Invalid")) and len(rest) < 6 and rest[-1:] not in ("]", "}")
        if not rest or cut or error.msg.startswith("Unterminated"):
            raise DataError(f"the JSON ends in the middle: {_TRUNCATED}", name) from None
        if error.msg.startswith(("brackets", "a whole")):
            raise DataError(f"no JSON that can be read ({error.msg})", name, _last_item(text)) from None
        problem = f"no JSON from line {error.lineno}, column {error.colno} on ({error.msg})"
        if text[error.pos :].lstrip().startswith(("{", "[")) and error.msg == "Extra data":
            problem += ": is it one JSON value a line (json_lines)?"
        raise DataError(problem, name) from None


def _digits():
    return f"{sys.get_int_max_str_digits():,}"


def _last_item(text):
    """Which item of an array, from 1, the decoder cannot take; None where this is no array."""
    decoder, at, number = json.JSONDecoder(), 1 + len(text) - len(text.lstrip()), 0
    if not text.lstrip().startswith("["):
        return None
    while True:
        number += 1
        try:
            _, at = decoder.raw_decode(text, _SPACE.match(text, at).end())
        except (ValueError, RecursionError):
            return number
        at = _SPACE.match(text, at).end() + 1  # behind the comma
        if text[at - 1 : at] != ",":
            return number  # it fits without the array's own bracket, and not with it


def _json_array(text, name):
    value = _json(text, name)
    if not isinstance(value, list):
        raise DataError(f"a JSON array is expected, this is {_kind(value)}", name)
    return value


def _json_object(text, name):
    value = _json(text, name)
    if not isinstance(value, dict):
        raise DataError(f"a JSON object is expected, this is {_kind(value)}", name)
    return [list(item) for item in value.items()]


def _json_lines(text, name):
    out = []
    lines = text.split("\n")  # never splitlines(): a form feed or U+2028 inside a text is no line end
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            out.append(_loads(line))
        except json.JSONDecodeError as error:
            last = number == len(lines)
            last &= not error.msg.startswith(("brackets", "a whole"))
            problem = f"the last line breaks off: {_TRUNCATED}" if last else f"line {number} is no JSON ({error.msg})"
            raise DataError(problem, name, len(out) + 1) from None
    return out


def _json_any(text, name):
    return (_json_array if text.lstrip().startswith("[") else _json_lines)(text, name)


def _delimited(delimiter, header, quoted):
    def read(text, name):
        style = {"quotechar": '"'} if quoted else {"quoting": csv.QUOTE_NONE}
        # only \n and \r\n end a row, so that a form feed inside a cell stays there
        rows = csv.reader(_lines(text), delimiter=delimiter, strict=True, **style)
        out, names, width = [], None, None
        try:
            for cells in rows:
                if not cells:
                    continue
                if header and names is None:
                    names = _header(cells, delimiter, name)
                    continue
                width = width or len(names or cells)
                if len(cells) != width:
                    raise DataError(f"{len(cells)} cells where {width} are expected", name, len(out) + 1)
                out.append(dict(zip(names, cells, strict=True)) if header else cells)
        except csv.Error as error:
            problem = f"no table from here on ({error})"
            if "end of data" in str(error):
                problem = f"a quote is never closed: {_TRUNCATED}"
            raise DataError(problem, name, len(out) + 1) from None
        return out

    return read


def _header(cells, delimiter, name):
    twice = {cell for cell in cells if cells.count(cell) > 1}
    if twice:
        raise DataError(f"the header names {sorted(twice)[0][:80]!r} twice", name)
    if len(cells) == 1:
        other = {",": "tabs", "\t": "commas"}[delimiter]
        raise DataError(f"the header is one cell, {cells[0][:40]!r}: are the cells parted by {other}?", name)
    return cells


def _lines(text):
    start = 0
    while start < len(text):
        end = text.find("\n", start)
        end = len(text) if end < 0 else end + 1
        line = text[start:end]
        yield line[:-2] + "\n" if line.endswith("\r\n") else line
        start = end


def _text_lines(text, name):
    return [line.rstrip("\r") for line in text.split("\n") if line.strip()]


def _kind(value):
    names = {dict: "an object", list: "an array", str: "a text", type(None): "null", bool: "true or false"}
    return names.get(type(value), "a number")


_READERS = {
    "json": _json_any,
    "json_array": _json_array,
    "json_object": _json_object,
    "json_lines": _json_lines,
    "json_lines_gz": _json_lines,
    "csv": _delimited(",", header=True, quoted=True),
    "tsv": _delimited("\t", header=True, quoted=True),
    "csv_bare": _delimited(",", header=False, quoted=True),
    "tsv_bare": _delimited("\t", header=False, quoted=False),
    "text": _text_lines,
    "parquet": _parquet,
}
FORMATS = tuple(_READERS)
