"""Published facts about the real files, measured again: what was stated against what the files show.

``data/facts.yaml`` lists the facts and, for each, the files and one of the measures (:mod:`assl_utils.study.measures`).
They read through the project's own readers and loaders, so that an agreement says something about them too. Where the
numbers differ both are shown, with the reason.
"""

import inspect
from pathlib import Path

import pandas as pd
import yaml

from assl_utils import progress
from assl_utils.errors import DataError
from assl_utils.study.measures import MEASURES, written
from assl_utils.study.mirror_rows import Mirror, listed

FILE = Path(__file__).parents[1] / "data" / "facts.yaml"
COLUMNS = ["fact", "subject", "expected", "found", "agrees", "note"]
_OWN = {"subject", "fact", "expected", "measure", "note"}  # keys of a fact; the others are the measure's arguments
_NAMES = ("of", "within", "train", "subjects")  # arguments that name tables
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
        ``found`` are texts, equal as texts where they agree. Of a file that is missing or damaged ``found`` is
        empty and the note says which file and what is wrong.
    """
    tables, facts = _read(path)
    mirror = Mirror(data_root, tables)
    rows = []
    for fact in progress.track(facts, "facts"):
        expected, notes = written(fact["expected"]), [fact.get("note", "")]
        try:
            value, note = MEASURES[fact["measure"]](mirror, **_arguments(fact))
            found = written(value)
            notes.append(note)
        except DataError as error:  # of a row's field the message does not know the file
            where = "" if error.file or "of" not in fact else f"{', '.join(listed(fact['of']))}: "
            found, notes = "", [f"{where}{error}"]
        rows.append([fact["fact"], fact["subject"], expected, found, found == expected, " ".join(filter(None, notes))])
    return pd.DataFrame(rows, columns=COLUMNS)


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
        strangers = [table for key in _NAMES for table in listed(arguments.get(key, ())) if table not in tables]
        if strangers:
            raise DataError(f"{title}: there is no table {strangers[0]!r}", name)
    return tables, content["facts"]


def _arguments(fact):
    return {key: value for key, value in fact.items() if key not in _OWN}
