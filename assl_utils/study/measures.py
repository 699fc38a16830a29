"""The measures by which published facts are counted again.

Each takes the mirror (:class:`assl_utils.study.mirror_rows.Mirror`) and what the list of facts says, and returns a
value and a note. A measure is general: texts that two files share, texts with several labels, labels outside a set, ….
"""

import hashlib
import math
import re
from collections import Counter
from pathlib import Path

import pandas as pd

from assl_utils.errors import DataError
from assl_utils.evaluation import baselines
from assl_utils.sources import cleaning
from assl_utils.study.mirror_rows import cell, is_header, listed, text
from assl_utils.tasks.catalog import LABELS
from assl_utils.text.near import shingles
from assl_utils.text.normal import normalise


def written(value):
    """A value as the tables show it: ``1,107``, ``1,107 of 2,020``, ``5,000 / 5,000``, ``71.7``, ``yes``."""
    if isinstance(value, tuple):
        return " of ".join(map(written, value))
    if isinstance(value, list):
        return " / ".join(map(written, value))
    if isinstance(value, float):
        return f"{value:.1f}"
    return f"{value:,}" if isinstance(value, int) else value


def complete_files(mirror):
    """Files with as many records as the registry says, of all that it names."""
    sizes = list(_sizes(mirror))
    others = [path for path, count, stated in sizes if count != stated]
    return (len(sizes) - len(others), len(sizes)), f"Not so: {', '.join(others)}." if others else ""


def all_records(mirror):
    """How many records all files of the registry hold."""
    return sum(count for _, count, _ in _sizes(mirror)), ""


def _sizes(mirror):
    for file in mirror.files.values():
        for member in file.each():
            yield member.path, len(mirror.records(member.path, file.format)), member.rows


def rows(mirror, of):
    """How many rows each table has, header rows aside."""
    counts = [len(mirror.rows(name)) for name in listed(of)]
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
    for name in listed(of):
        fields = listed(label)
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
