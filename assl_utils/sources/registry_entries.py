"""What the registry of data is made of: entries, their files, licences and overlaps, as frozen objects."""

from dataclasses import dataclass

FORMATS = (
    *("json_array", "json_object", "json_lines", "json_lines_gz", "csv", "tsv", "csv_bare", "tsv_bare", "text"),
    *("json", "parquet", "zip_csv"),  # json: an array or a value a line; zip_csv: folders of CSV files in an archive
)
SHAPES = (
    *("flare", "fe", "nl", "nsp", "na", "re", "question", "afqmc", "bq", "astock", "cfsc_absa", "ccks2019", "ccks2020"),
    *("ccks2021", "fewfc", "ner", "financeiq", "cflue", "fineval", "triple", "fincorpus", "questions", "none"),
)
BENCHMARKS = ("FE", "QA", "NA", "RE", "NSP1", "NSP2", "NL", "fineval")
STATUS = ("verified", "seen in part", "not found")
COMMERCIAL = ("yes", "no", "unstated")
ROLES = {  # kind of entry: role, and what the page calls it
    "source": {
        "same": "its rows",
        "pool": "the pool it was drawn from",
        "part": "a part of its rows",
        "stand_in": "a stand-in",
    },
    "benchmark": {"scored": "scored", "shots": "examples shown", "unanswered": "questions without answers"},
    "aside": {},
}
CLEAN = {
    "drop": "Dropped whole: its rows are evaluation rows.",
    "filter": "Kept, without the rows that are, hold or nearly are an evaluation row.",
}


@dataclass(frozen=True)
class Licence:
    """A licence, and whether it allows commercial use: ``yes``, ``no`` or ``unstated``."""

    name: str
    commercial: str


@dataclass(frozen=True)
class Upstream:
    """The repository on GitHub that something comes from.

    ``sha256`` is set where the mirror's file is no longer upstream's, and is then the digest of upstream's.
    """

    repo: str
    commit: str
    path: str | None = None
    sha256: str | None = None


@dataclass(frozen=True)
class Member:
    """One file by its full path; ``upstream_path`` is its path in the upstream repository, if it has one."""

    path: str
    sha256: str | None = None
    bytes: int | None = None
    rows: int | None = None
    upstream_path: str | None = None


@dataclass(frozen=True)
class File:
    """A file, or with ``*`` in its path a family of files, that can be read alike.

    Attributes
    ----------
    way : str
        ``hub``, ``github`` or ``mirror``.
    path : str
        Path in the repository, of a mirror file the path below the mirror's folder.
    format, shape : str
        How bytes become records (``FORMATS``) and records become rows (``SHAPES``).
    role : str
        One of ``ROLES``; "" of what is set aside.
    licence : Licence
        The file's own, or that of its entry.
    repo, revision : str or None
        Repository and commit; no revision means that nothing is pinned.
    revision_seen : str or None
        The first seven digits of a commit that was seen with the file, where no more was shown.
    sha256, bytes : str, int or None
        Of a single file, where known; those of a family are its members'.
    rows : int or None
        Number of records to expect, of the whole family; None where it was not seen.
    files : int
        Number of files.
    members : tuple of Member
        The files of a family; empty where their names are not known.
    upstream : Upstream or None
        Where a mirror file comes from.
    note : str
        What else to know; "" for nothing.
    """

    way: str
    path: str
    format: str
    shape: str
    role: str
    licence: Licence
    repo: str | None = None
    revision: str | None = None
    revision_seen: str | None = None
    sha256: str | None = None
    bytes: int | None = None
    rows: int | None = None
    files: int = 1
    members: tuple = ()
    upstream: Upstream | None = None
    note: str = ""

    def each(self):
        """The single files: the members of a family (none where their names are not known), else the file itself."""
        if "*" in self.path:
            return self.members
        return (Member(self.path, self.sha256, self.bytes, self.rows, self.upstream and self.upstream.path),)


@dataclass(frozen=True)
class Overlap:
    """What a source shares with the entry ``other``; ``rows`` is None where nobody counted."""

    other: str
    what: str
    rows: int | None = None


@dataclass(frozen=True)
class Entry:
    """A source, a benchmark, or files set aside; fields that its kind does not have are empty.

    Attributes
    ----------
    slug, kind : str
        Name, unique in its kind: ``source``, ``benchmark`` or ``aside``.
    name : str
        The paper's name of a source, a benchmark's name, what the files are.
    licence : Licence
    files : tuple of File
        The best first.
    status : str
        One of ``STATUS``: how far what stands here was seen.
    columns : str
        What becomes input and output.
    labels, faults, copies : tuple of str
        Labels as the files write them and as we do; what is wrong; names of further copies.
    overlaps : tuple of Overlap
    clean : str
        ``drop`` or ``filter``: what the leak-free protocol does with the published source.
    corrected : str
        What the leak-free protocol corrects.
    metric, answer : str
        How a benchmark is scored, and what its answers look like.
    upstream : Upstream or None
        A benchmark's repository.
    """

    slug: str
    kind: str
    name: str
    licence: Licence
    files: tuple
    status: str = ""
    columns: str = ""
    labels: tuple = ()
    faults: tuple = ()
    copies: tuple = ()
    overlaps: tuple = ()
    clean: str = ""
    corrected: str = ""
    metric: str = ""
    answer: str = ""
    upstream: Upstream | None = None
