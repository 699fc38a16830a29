"""Published facts about the real files, measured again: what was stated against what the files show.

``data/facts.yaml`` lists the facts and, for each, the files and one of the measures below. A measure is general (texts
that two files share, texts with several labels, labels outside a set, …) and reads through the project's own readers
and loaders, so that an agreement says something about them too. Where the numbers differ both are shown, with the
reason.

Two texts are the same when :func:`assl_utils.text.normal.normalise` makes them the same (``by="text"``); ``by="letter"``
compares them as they stand, ``by="bare"`` also without the point inside numbers. What normalises to nothing is one text
here, as it was when the facts were published, and the note counts it; everywhere else in this project it is no key.
"""

import hashlib
import inspect
import json
import math
import re
from collections import Counter
from pathlib import Path

import pandas as pd
import yaml

from assl_utils import progress, store
from assl_utils.errors import DataError
from assl_utils.evaluation import baselines
from assl_utils.sources import cleaning, formats, leakage, registry
from assl_utils.sources.records import SHAPES, Malformed, Skip
from assl_utils.tasks.catalog import LABELS
from assl_utils.text.near import shingles
from assl_utils.text.normal import normalise

FILE = Path(__file__).parents[1] / "data" / "facts.yaml"
COLUMNS = ["fact", "subject", "expected", "found", "agrees", "note"]
_OWN = {"subject", "fact", "expected", "measure", "note"}  # keys of a fact; the others are the measure's arguments
_NAMES = ("of", "within", "train", "subjects")  # arguments that name tables
_COLUMN_NAME = re.compile(r"\ufeff?[A-Za-z][A-Za-z_]*")
_YAML = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def check(data_root, path=FILE):
    """Every fact, as it was published and as the files show it.

    Parameters
    ----------
    data_root : path
        The mirror's folder (it holds ``raw/``).
    path : path, optional
        The list of facts.

    Returns
    -------
    DataFrame
        ``fact, subject, expected, found, agrees, note``, a row per fact in the order of the list; ``expected`` and
        ``found`` are texts, alike to the letter where they agree. Of a file that is missing or damaged ``found`` is
        empty and the note says which file and what is wrong.
    """
    tables, facts = _read(path)
    mirror = _Mirror(data_root, tables)
    rows = []
    for fact in progress.track(facts, "facts"):
        expected, notes = written(fact["expected"]), [fact.get("note", "")]
        try:
            value, note = MEASURES[fact["measure"]](mirror, **_arguments(fact))
            found = written(value)
            notes.append(note)
        except DataError as error:  # of a row's field the message does not know the file
            where = "" if error.file or "of" not in fact else f"{', '.join(_listed(fact['of']))}: "
            found, notes = "", [f"{where}{error}"]
        rows.append([fact["fact"], fact["subject"], expected, found, found == expected, " ".join(filter(None, notes))])
    return pd.DataFrame(rows, columns=COLUMNS)


def written(value):
    """A value as the tables show it: ``1,107``, ``1,107 of 2,020``, ``5,000 / 5,000``, ``71.7``, ``yes``."""
    if isinstance(value, tuple):
        return " of ".join(map(written, value))
    if isinstance(value, list):
        return " / ".join(map(written, value))
    if isinstance(value, float):
        return f"{value:.1f}"
    return f"{value:,}" if isinstance(value, int) else value


# ------------------------------------------------------------------------------------------------------ reading


def _read(path):
    """The tables and the facts of a list; one that names what is not there raises a DataError."""
    content = yaml.load(Path(path).read_text(encoding="utf-8"), _YAML)
    tables, name = content["tables"], Path(path).name
    for fact in content["facts"]:
        title, missing = fact.get("fact", "a fact"), sorted({"subject", "fact", "expected", "measure"} - set(fact))
        if missing:
            raise DataError(f"{title}: the key {missing[0]!r} is missing", name)
        measure, arguments = fact["measure"], _arguments(fact)
        if measure not in MEASURES:
            raise DataError(f"{title}: there is no measure {measure!r}; there are {', '.join(MEASURES)}", name)
        try:
            inspect.signature(MEASURES[measure]).bind(None, **arguments)
        except TypeError as error:
            raise DataError(f"{title}: {measure}: {error}", name) from None
        strangers = [table for key in _NAMES for table in _listed(arguments.get(key, ())) if table not in tables]
        if strangers:
            raise DataError(f"{title}: there is no table {strangers[0]!r}", name)
    return tables, content["facts"]


def _arguments(fact):
    return {key: value for key, value in fact.items() if key not in _OWN}


class _Mirror:
    """The files of a mirror as rows and keys of the tables, each read once."""

    def __init__(self, root, tables):
        self.root = store.root() / Path(root).expanduser()
        self.tables = tables
        listed = [registry.sources(), registry.benchmarks(), registry.aside()]
        files = [file for entries in listed for entry in entries.values() for file in entry.files]
        self.files = {file.path: file for file in files if file.way == "mirror"}
        self._records, self._rows, self._keys = {}, {}, {}

    def paths(self, names):
        """(path, file of the registry) of each file of the tables."""
        for path in (path for name in _listed(names) for path in _listed(self.tables[name]["files"])):
            if path not in self.files:
                raise DataError("the registry names no such file of the mirror", path)
            yield from ((member.path, self.files[path]) for member in self.files[path].each())

    def records(self, path, format):
        if path not in self._records:
            self._records[path] = formats.records(self.root / path, format, path)
        return self._records[path]

    def rows(self, names):
        """The rows of the tables: a loader's ``input, output, record``, or the records themselves."""
        for name in _listed(names):
            if name not in self._rows:
                found = [self._loaded(name, path, file) for path, file in self.paths(name)]
                self._rows[name] = [row for rows in found for row in rows]
        return [row for name in _listed(names) for row in self._rows[name]]

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
        for name in _listed(names):
            if (name, by) not in self._keys:
                self._keys[name, by] = [self._key(name, row, by) for row in self.rows(name)]
        return [key for name in _listed(names) for key in self._keys[name, by]]

    def _key(self, name, row, by):
        table = self.tables[name]
        fields = table.get("text", "input")
        if by == "letter":
            return text(row, fields)
        if by not in ("text", "bare"):
            raise ValueError(f"by is 'text', 'letter' or 'bare', got {by!r}.")
        if "task" in table and fields == "input":
            passage = text(row, fields)
            key = leakage.part_of(table["task"], passage)[1] or normalise(passage)
        else:
            key = "|".join(normalise(text(row, field)) for field in _listed(fields))
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


def _listed(value):
    return [value] if isinstance(value, str) else list(value)


# ------------------------------------------------------------------------------------------------------ measures
# Each takes the mirror and what the list says, and returns a value and a note.


def complete_files(mirror):
    """Files with as many records as the registry says, of all that it names."""
    sizes = list(_sizes(mirror))
    others = [path for path, count, stated in sizes if count != stated]
    return (len(sizes) - len(others), len(sizes)), f"Not so: {', '.join(others)}." if others else ""


def all_records(mirror):
    """How many records all files of the registry hold."""
    return sum(count for _, count, _ in _sizes(mirror)), ""


def _sizes(mirror):
    for listed in mirror.files.values():
        for member in listed.each():
            yield member.path, len(mirror.records(member.path, listed.format)), member.rows


def rows(mirror, of):
    """How many rows each table has, header rows aside."""
    counts = [len(mirror.rows(name)) for name in _listed(of)]
    return counts if len(counts) > 1 else counts[0], ""


def header_rows(mirror, of):
    """Rows of column names among the records, and where."""
    places = []
    for path, file in mirror.paths(of):
        places += [place for place, record in enumerate(mirror.records(path, file.format)) if is_header(record)]
    where = f" (record {', '.join(map(str, places))}, from 0)" if places else ""
    return f"{len(places)}{where}", ""


def distinct(mirror, of, by="text"):
    """Different texts."""
    keys = set(mirror.keys(of, by))
    return len(keys), _bare_among(keys)


def repeated(mirror, of, by="text"):
    """Texts that stand in two rows or more."""
    keys = [key for key, count in Counter(mirror.keys(of, by)).items() if count > 1]
    return len(keys), _bare_among(keys)


def copies(mirror, of, by="text"):
    """Rows whose text stands in an earlier row."""
    keys = mirror.keys(of, by)
    return len(keys) - len(set(keys)), _bare_among([""] * (keys.count("") - 1))


def shared(mirror, of, within, count="rows", by="text"):
    """Rows whose text is also in other tables, of all rows.

    ``count="texts"`` counts different texts instead, ``count="shared texts"`` those and leaves out of how many.
    """
    if count not in ("rows", "texts", "shared texts"):
        raise ValueError(f"count is 'rows', 'texts' or 'shared texts', got {count!r}.")
    ours, theirs = mirror.keys(of, by), set(mirror.keys(within, by))
    ours = ours if count == "rows" else list(dict.fromkeys(ours))
    both = [key for key in ours if key in theirs]
    return len(both) if count == "shared texts" else (len(both), len(ours)), _bare_among(both)


def _bare_among(keys):
    """The note on keys that are counted here and nowhere else."""
    bare = sum(key == "" for key in keys)
    return f"{bare:,} of them nothing but punctuation, which is no key elsewhere." if bare else ""


def near(mirror, of, within, grams, least):
    """Texts that share this much or more of the character n-grams of the shorter with another table's text."""
    theirs = [shingles(key, grams) for key in sorted(set(mirror.keys(within)) - {""})]
    holders = {}
    for place, found in enumerate(theirs):
        for gram in found:
            holders.setdefault(gram, []).append(place)
    closest = []
    for key in sorted(set(mirror.keys(of)) - {""}):
        ours = shingles(key, grams)
        meets = Counter(place for gram in ours for place in holders.get(gram, ()))
        closest.append(max((n / min(len(ours), len(theirs[place])) for place, n in meets.items()), default=0))
    return sum(share >= least for share in closest), f"The closest pair shares {max(closest, default=0):.2f}."


def several(mirror, of, label="output", across=False):
    """Texts with two or more labels; ``across`` counts those alone that stand in two or more of the tables.

    A label of several fields, such as the options of a question, is what stands in them in whatever order. Labels are
    normalised, save what is nothing but signs.
    """
    labels, tables = {}, {}
    for name in _listed(of):
        fields = _listed(label)
        for key, row in zip(mirror.keys(name), mirror.rows(name), strict=True):
            found = (text(row, field) for field in fields)
            labels.setdefault(key, set()).add(tuple(sorted(normalise(value) or value for value in found)))
            tables.setdefault(key, set()).add(name)
    many = [key for key, found in labels.items() if len(found) > 1 and len(tables[key]) > across]
    return len(many), _bare_among(many)


def mirrored(mirror, of):
    """Rows of relations that have a passive twin (收购, 被收购) whose mirror image is a row too, of all such rows.

    Rows are FinRE's: ``head, tail, relation, text``.
    """
    forward = {name: f"被{name}" for name in LABELS["relation"] if f"被{name}" in LABELS["relation"]}
    other = forward | {passive: name for name, passive in forward.items()}
    found = [tuple(row["record"]) for row in mirror.rows(of)]
    turned = [(tail, head, other[name], sentence) for head, tail, name, sentence in found if name in other]
    known = set(found)
    return (sum(row in known for row in turned), len(turned)), ""


def outside(mirror, of, labels, field="output"):
    """Rows with a label, parted by white space, that is none of the sub-task's."""
    return sum(bool(set(names.split()) - set(LABELS[labels])) for names in mirror.texts(of, field)), ""


def used(mirror, of, labels, field="output"):
    """The sub-task's labels that occur, parted by white space, of all of them."""
    found = {name for names in mirror.texts(of, field) for name in names.split()}
    return (len(found & set(LABELS[labels])), len(LABELS[labels])), ""


def values(mirror, of, field, names):
    """How often each of these values stands in a field."""
    counts = Counter(mirror.cells(of, field))
    found = [counts[name] for name in ([names] if isinstance(names, str) else names)]
    return found if len(found) > 1 else found[0], ""


def sizes(mirror, of, field, sizes, separator=None):
    """Rows whose field has so many items: of a list, or of a text parted at a separator (by default white space)."""
    found = mirror.cells(of, field)
    counts = Counter(len(value.split(separator) if isinstance(value, str) else value) for value in found)
    return [counts[size] for size in sizes] if len(sizes) > 1 else counts[sizes[0]], ""


def matching(mirror, of, field, pattern, count="rows"):
    """Rows whose field matches a pattern, or with ``count="places"`` how often it does."""
    found = [sum(1 for _ in re.finditer(pattern, passage)) for passage in mirror.texts(of, field)]
    return sum(found) if count == "places" else sum(map(bool, found)), ""


def equal(mirror, of, fields):
    """Rows with the same text in two fields."""
    one, other = (mirror.texts(of, field) for field in fields)
    return sum(a == b for a, b in zip(one, other, strict=True)), ""


def not_before(mirror, of, fields, day):
    """Rows all of whose dates are that of the field ``day`` or later, of all; dates are written as 2020-07-16."""
    found = mirror.rows(of)
    for field in (day, *fields):
        strange = [date for date in mirror.texts(of, field) if not re.match(r"\d{4}-\d\d-\d\d(?!\d)", date)]
        if strange:
            raise DataError(f"{field} is {strange[0]!r}, no date like 2020-07-16")
    late = sum(all(cell(row, field)[:10] >= cell(row, day)[:10] for field in fields) for row in found)
    return (late, len(found)), ""


def stands(mirror, of, digest, numbered=False):
    """Whether a text is one of the rows' texts, by the hash of its key: the text is not ours to print.

    ``numbered``: the first such row (from 0) and its output.
    """
    keys = (hashlib.sha256(key.encode()).hexdigest() for key in mirror.keys(of))
    place = next((place for place, other in enumerate(keys) if other == digest), None)
    if place is None or not numbered:
        return "no" if place is None else "yes", ""
    return f"row {place}, {mirror.cells(of, 'output')[place]}", ""


def majority_agrees(mirror, of, train):
    """Of the rows whose text stands in ``train``, those whose label is the most frequent one there."""
    ours, theirs = _answered(mirror, of, "text"), _answered(mirror, train, "text")
    found = ours["input"].isin(set(theirs["input"]))
    keys = [key for key, known in zip(mirror.keys(of), found, strict=True) if known]
    right = baselines.lookup(theirs, ours[found]) == ours[found]["output"]
    return (int(right.sum()), len(right)), _bare_among(keys)


def lookup_accuracy(mirror, of, train, by="text"):
    """Share of rows in per cent that the lookup baseline answers rightly."""
    by = None if by == "text" else by  # the baseline normalises by itself, and takes no empty key
    theirs, ours = _answered(mirror, train, by), _answered(mirror, of, by)
    right = baselines.lookup(theirs, ours) == ours["output"]
    return float(100 * right.mean()), f"{right.sum():,} of {len(right):,} answers."


def _answered(mirror, name, by):
    """Rows as the baselines take them; with ``by``, keys stand for the inputs, spelt so that nothing folds them."""
    inputs = mirror.texts(name, "input")
    if by:
        inputs = [f"t{key.encode().hex()}" for key in mirror.keys(name, by)]
    task = mirror.tables[name]["task"]
    return pd.DataFrame({"subtask": task, "form": "", "input": inputs, "output": mirror.texts(name, "output")})


def swapped(mirror, of, slug):
    """A source as its published copy has it, against the original rows: pairs that agree, of all, and the verdict."""
    original = pd.DataFrame(mirror.rows(of), columns=["input", "output"])
    published = [cleaning.readings(slug, *row)[:2] for row in original.itertuples(index=False)]
    found = cleaning.swapped_labels(pd.DataFrame(published, columns=["input", "output"]), original)
    return f"{written((found['agree'], found['shared']))}, {found['verdict']}", ""


def glued(mirror, of, slug):
    """Rows whose labels, glued as a published copy glues them, are read back as they were, of all."""
    back = 0
    for row in mirror.rows(of):
        _, published, _, mended, fault = cleaning.readings(slug, row["input"], row["output"])
        names = list(dict.fromkeys(row["output"].split()))
        back += not fault and published == "".join(row["output"].split()) and mended.split() == names
    return (back, len(mirror.rows(of))), ""


def groups(mirror, of, subjects, names):
    """Rows in each group of subjects; files are called ``<subject>_<part>``, ``subjects`` says the group of each."""
    group = {cell(row, "0"): cell(row, "1.2") for row in mirror.rows(subjects)}
    counts = Counter()
    for path, file in mirror.paths(of):
        counts[group.get(Path(path).stem.rpartition("_")[0])] += len(mirror.records(path, file.format))
    return [counts[name] for name in names], f"{counts[None]} in no group." if counts[None] else ""


def split(mirror, of, held_out):
    """Rows to train on and rows held out when a share of all, rounded up, is held out."""
    count = len(mirror.rows(of))
    held = math.ceil(held_out * count)
    return [count - held, held], ""


_ALL = (
    *(complete_files, all_records, rows, header_rows, distinct, repeated, copies, shared, near, several, mirrored),
    *(outside, used, values, sizes, matching, equal, not_before, stands, majority_agrees, lookup_accuracy, swapped),
    *(glued, groups, split),
)
MEASURES = {measure.__name__: measure for measure in _ALL}
