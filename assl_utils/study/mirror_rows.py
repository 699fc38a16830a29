"""The rows of a mirror's files, table by table of ``data/facts.yaml``, and the key by which texts are compared.

Two texts are the same when :func:`assl_utils.text.normal.normalise` makes them the same (``by="text"``); ``by="exact"``
compares them as they are written, ``by="bare"`` also without the point inside numbers. What normalises to nothing is
one text here, as it was when the facts were published; everywhere else in this project it is no key.
"""

import json
import re
from pathlib import Path

from assl_utils import store
from assl_utils.errors import DataError
from assl_utils.sources import formats, leakage, registry
from assl_utils.sources.records import SHAPES, Malformed, Skip
from assl_utils.text.normal import normalise

_COLUMN_NAME = re.compile(r"\ufeff?[A-Za-z][A-Za-z_]*")


class Mirror:
    """The files of a mirror as rows and keys of the tables, each read once."""

    def __init__(self, root, tables):
        self.root = store.root() / Path(root).expanduser()
        self.tables = tables
        catalogs = [registry.sources(), registry.benchmarks(), registry.aside()]
        files = [file for entries in catalogs for entry in entries.values() for file in entry.files]
        self.files = {file.path: file for file in files if file.way == "mirror"}
        self._records, self._rows, self._keys = {}, {}, {}

    def paths(self, names):
        """(path, file of the registry) of each file of the tables."""
        for path in (path for name in listed(names) for path in listed(self.tables[name]["files"])):
            if path not in self.files:
                raise DataError("the registry names no such file of the mirror", path)
            yield from ((member.path, self.files[path]) for member in self.files[path].each())

    def records(self, path, format):
        if path not in self._records:
            self._records[path] = formats.records(self.root / path, format, path)
        return self._records[path]

    def rows(self, names):
        """The rows of the tables: a loader's ``input, output, record``, or the records themselves."""
        for name in listed(names):
            if name not in self._rows:
                found = [self._loaded(name, path, file) for path, file in self.paths(name)]
                self._rows[name] = [row for rows in found for row in rows]
        return [row for name in listed(names) for row in self._rows[name]]

    def _loaded(self, name, path, file):
        table, records = self.tables[name], self.records(path, file.format)
        if "task" not in table or file.shape not in SHAPES:
            return [record for record in records if not is_header(record)]
        rows = []
        for number, record in enumerate(records, 1):
            try:
                examples = SHAPES[file.shape](record)
            except Skip:
                continue
            except Malformed as error:
                raise DataError(str(error), path, number) from None
            for form, asked, output in examples:
                if form == table.get("form", ""):
                    rows.append({"input": asked, "output": output, "record": record})
        return rows

    def keys(self, names, by="text"):
        """What each row of the tables is compared by."""
        for name in listed(names):
            if (name, by) not in self._keys:
                self._keys[name, by] = [self._key(name, row, by) for row in self.rows(name)]
        return [key for name in listed(names) for key in self._keys[name, by]]

    def _key(self, name, row, by):
        table = self.tables[name]
        fields = table.get("text", "input")
        if by == "exact":
            return text(row, fields)
        if by not in ("text", "bare"):
            raise ValueError(f"by is 'text', 'exact' or 'bare', got {by!r}.")
        if "task" in table and fields == "input":
            passage = text(row, fields)
            key = leakage.part_of(table["task"], passage)[1] or normalise(passage)
        else:
            key = "|".join(normalise(text(row, field)) for field in listed(fields))
        return key.replace(".", "") if by == "bare" else key

    def cells(self, names, field):
        return [cell(row, field) for row in self.rows(names)]

    def texts(self, names, field):
        return [text(row, field) for row in self.rows(names)]


def cell(row, field):
    """What stands in a field of a row; ``input.2`` is place 2 of what stands in ``input``, ``*`` the whole row as JSON.

    A row without it raises a DataError.
    """
    if field == "*":
        return json.dumps(row, ensure_ascii=False)
    for key in str(field).split("."):
        try:
            row = row[int(key)] if isinstance(row, list) else row[key]
        except (LookupError, TypeError, ValueError):
            raise DataError(f"a row without the field {field}: {str(row)[:60]}") from None
    return row


def text(row, fields):
    """The text in a field, or those in several with line ends between; anything else raises a DataError."""
    if isinstance(fields, list):
        return "\n".join(text(row, field) for field in fields)
    found = cell(row, fields)
    if not isinstance(found, str):
        raise DataError(f"the field {fields} is {type(found).__name__}, not text: {str(row)[:60]}")
    return found


def is_header(record):
    """Whether a record is a row of column names: a list of two or more, all of them Latin letters."""
    if not isinstance(record, list) or len(record) < 2:
        return False
    return all(isinstance(value, str) and _COLUMN_NAME.fullmatch(value) for value in record)


def listed(value):
    """One name or several, as a list."""
    return [value] if isinstance(value, str) else list(value)
