"""The registry of data, read from its file: whatever is missing, misspelt or contradicts itself is named."""

import re
from dataclasses import replace
from pathlib import Path

import yaml

from assl_utils.errors import DataError
from assl_utils.sources.registry_entries import (
    BENCHMARKS,
    CLEAN,
    COMMERCIAL,
    FORMATS,
    ROLES,
    SHAPES,
    STATUS,
    Entry,
    File,
    Licence,
    Member,
    Overlap,
    Upstream,
)
from assl_utils.tasks.catalog import SOURCES


def read(path):
    """Read and check a registry.

    Parameters
    ----------
    path : path
        A YAML file in the form of ``data/registry.yaml``.

    Returns
    -------
    dict
        ``source``, ``benchmark`` and ``aside``, each a dict of slug and `Entry`. Whatever is missing, misspelt or
        contradicts itself raises a DataError that names file, entry and key.
    """
    path = Path(path)
    top = _Place(path.name)
    try:
        content = yaml.load(path.read_text(encoding="utf-8"), _Loader)
    except yaml.YAMLError as error:
        raise top.wrong(f"this does not read as YAML: {' '.join(str(error).split())}") from None
    lists = {"source": "sources", "benchmark": "benchmarks", "aside": "aside"}
    _keys(content, top, required=lists.values())
    registry = {kind: _entries(content[name], kind, top.at(name)) for kind, name in lists.items()}
    known = {slug for entries in registry.values() for slug in entries}
    for entry in (entry for entries in registry.values() for entry in entries.values()):
        for i, overlap in enumerate(entry.overlaps):
            if overlap.other not in known:
                place = _Place(path.name, f"{entry.kind} {entry.slug}", f"overlaps[{i}].with")
                raise place.wrong(f"no entry is called {overlap.other!r}")
    _check_mirror(registry, path.name)
    return registry


class _Place:
    """Where in the file we are, for messages: the file, the entry and the key."""

    def __init__(self, file, entry="", key=""):
        self.file, self.entry, self.key = file, entry, key

    def at(self, key):
        return _Place(self.file, self.entry, f"{self.key}.{key}" if self.key else key)

    def wrong(self, problem):
        where = ", ".join(part for part in (self.entry, self.key) if part)
        return DataError(f"{where}: {problem}" if where else problem, self.file)


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
    """PyYAML lets the second of two equal keys win; here it is an error."""

    def construct_mapping(self, node, deep=False):
        seen = set()
        for key in (key for key, _ in node.value if isinstance(key, yaml.ScalarNode)):
            if key.value in seen:
                raise yaml.constructor.ConstructorError(None, None, f"the key {key.value!r} twice", key.start_mark)
            seen.add(key.value)
        return super().construct_mapping(node, deep)


def _entries(raw, kind, place):
    if not isinstance(raw, list):
        raise place.wrong("a list of entries is expected")
    readers = {"source": _source, "benchmark": _benchmark, "aside": _aside}
    expected = {"source": tuple(SOURCES), "benchmark": BENCHMARKS, "aside": None}[kind]
    entries = {}
    for i, item in enumerate(raw):
        slug = item.get("slug") if isinstance(item, dict) else None
        if not isinstance(slug, str) or not slug:
            raise place.wrong(f"entry {i + 1} has no slug that is a text")
        here = _Place(place.file, f"{kind} {slug}")
        if slug in entries:
            raise here.at("slug").wrong("this slug stands here twice")
        if expected and slug not in expected:
            raise here.at("slug").wrong(f"no {kind} of this name; there are {', '.join(expected)}")
        entries[slug] = readers[kind](item, here)
    missing = [slug for slug in expected or () if slug not in entries]
    if missing:
        raise place.wrong(f"no entry for {', '.join(missing)}")
    return {slug: entries[slug] for slug in expected or entries}


_DESCRIBED = ("slug", "status", "licence", "columns", "labels", "faults", "files")  # sources and benchmarks both


def _source(raw, place):
    _keys(raw, place, (*_DESCRIBED, "overlaps", "clean"), ("corrected", "copies"))
    common = _described(raw, place, "source", SOURCES[raw["slug"]].paper_name)
    clean = _one_of(raw["clean"], CLEAN, place.at("clean"))
    return replace(common, clean=clean, corrected=_optional(raw, "corrected", place, _text) or "")


def _benchmark(raw, place):
    required = (*_DESCRIBED, "name", "metric", "answer", "upstream")
    _keys(raw, place, required, ("overlaps", "copies"))
    common = _described(raw, place, "benchmark", _text(raw["name"], place.at("name")))
    upstream = _upstream(raw["upstream"], place.at("upstream"), required=("repo", "commit"), optional=())
    more = {key: _text(raw[key], place.at(key)) for key in ("metric", "answer")}
    return replace(common, upstream=upstream, **more)


def _aside(raw, place):
    _keys(raw, place, ("slug", "what", "licence", "files"))
    licence = _licence(raw["licence"], place.at("licence"))
    what = _text(raw["what"], place.at("what"))
    return Entry(raw["slug"], "aside", what, licence, _files(raw["files"], "aside", licence, place))


def _described(raw, place, kind, name):
    """An entry with the fields that sources and benchmarks have both."""
    licence = _licence(raw["licence"], place.at("licence"))
    return Entry(
        raw["slug"],
        kind,
        name,
        licence,
        files=_files(raw["files"], kind, licence, place),
        status=_one_of(raw["status"], STATUS, place.at("status")),
        columns=_text(raw["columns"], place.at("columns")),
        labels=_texts(raw["labels"], place.at("labels")),
        faults=_texts(raw["faults"], place.at("faults")),
        copies=_optional(raw, "copies", place, _texts) or (),
        overlaps=_overlaps(raw.get("overlaps", []), place.at("overlaps")),
    )


def _overlaps(raw, place):
    if not isinstance(raw, list):
        raise place.wrong("a list is expected")
    out = []
    for i, item in enumerate(raw):
        here = _Place(place.file, place.entry, f"{place.key}[{i}]")
        _keys(item, here, ("with", "what", "rows"))
        rows = _optional(item, "rows", here, _whole)
        out.append(Overlap(_text(item["with"], here.at("with")), _text(item["what"], here.at("what")), rows))
    return tuple(out)


def _files(raw, kind, licence, place):
    if not isinstance(raw, list) or not raw:
        raise place.at("files").wrong("a list of one file or more is expected")
    return tuple(_file(item, kind, licence, place.at(f"files[{i}]")) for i, item in enumerate(raw))


def _file(raw, kind, licence, place):
    for key in ("way", "path"):  # they decide which others belong here
        if not isinstance(raw, dict) or key not in raw:
            raise place.wrong(f"the key {key!r} is missing")
    way = _one_of(raw["way"], ("hub", "github", "mirror"), place.at("way"))
    path = _path(raw["path"], place.at("path"))
    if way == "mirror" and not path.startswith("raw/"):
        raise place.at("path").wrong(f"the mirror's files lie under raw/, not at {path!r}")
    family, roles = "*" in path, ROLES[kind]
    required, optional = ["way", "path", "rows", "format", "shape"], ["licence", "note"]
    required += ["role"] if roles else []
    if way == "mirror":
        required += ["upstream", "files", "members"] if family else ["upstream", "sha256", "bytes"]
    else:
        required += ["repo", "revision", "files"] if family else ["repo", "revision"]
        optional += ["members"] if family else ["sha256", "bytes"]
        optional += ["revision_seen"] if way == "hub" else []
    _keys(raw, place, required, optional)
    repo = _repo(raw["repo"], place.at("repo")) if way != "mirror" else None
    file = File(
        way,
        path,
        _one_of(raw["format"], FORMATS, place.at("format")),
        _one_of(raw["shape"], SHAPES, place.at("shape")),
        _one_of(raw["role"], roles, place.at("role")) if roles else "",
        _licence(raw["licence"], place.at("licence")) if "licence" in raw else licence,
        repo=repo,
        revision=_revision(raw, way, place),
        revision_seen=_optional(raw, "revision_seen", place, _hex(7)),
        sha256=_known(raw, "sha256", way, place, _hex(64)),
        bytes=_known(raw, "bytes", way, place, _whole),
        rows=_known(raw, "rows", way, place, _whole),
        files=_whole(raw["files"], place.at("files")) if family else 1,
        upstream=_upstream(raw["upstream"], place.at("upstream")) if way == "mirror" else None,
        note=_optional(raw, "note", place, _text) or "",
    )
    if file.upstream and ("*" in file.upstream.path) != family:
        raise place.at("upstream.path").wrong("a family of files needs a * here too" if family else "one file, but a *")
    return replace(file, members=_members(raw["members"], file, place.at("members"))) if "members" in raw else file


def _revision(raw, way, place):
    revision = _known(raw, "revision", "mirror" if way == "github" else way, place, _hex(40))
    if revision and raw.get("revision_seen"):
        raise place.at("revision_seen").wrong("there is a whole revision already")
    return revision


def _members(raw, file, place):
    """The files of a family, their names completed; how many, and how many rows, must be what the family says."""
    counted = isinstance(raw, dict)
    if not counted and (file.way == "mirror" or not isinstance(raw, list)):
        raise place.wrong("a mapping of names to rows, bytes and sha256 is expected")
    if file.files != len(raw):
        raise place.wrong(f"{len(raw)} names where 'files' says {file.files}")
    pattern = re.compile("[^/]*".join(map(re.escape, file.path.split("*"))))
    folder, members = _folder(file.path), []
    for name in raw:
        path = folder + _text(name, place)
        if not pattern.fullmatch(path):
            raise place.at(name).wrong(f"{path} is not of the family {file.path}")
        upstream = file.upstream and _folder(file.upstream.path) + name
        numbers = {}
        if counted:
            here = place.at(name)
            _keys(raw[name], here, ("rows", "bytes", "sha256"))
            numbers = {key: _whole(raw[name][key], here.at(key)) for key in ("rows", "bytes")}
            numbers["sha256"] = _hex(64)(raw[name]["sha256"], here.at("sha256"))
        members.append(Member(path, upstream_path=upstream, **numbers))
    if len({member.path for member in members}) < len(members):
        raise place.wrong("a name stands here twice")
    total = sum(member.rows or 0 for member in members)
    if counted and total != file.rows:
        raise place.wrong(f"{total} rows in all where 'rows' says {file.rows}")
    return tuple(members)


def _folder(path):
    """The folder in front of the ``*`` of a family, with its slash."""
    return path.split("*")[0].rpartition("/")[0] + "/"


def _check_mirror(registry, file):
    """A file of the mirror that is named twice must be the same each time."""
    found = {}
    for entry in (entry for entries in registry.values() for entry in entries.values()):
        for i, listed in enumerate(entry.files):
            for member in listed.each() if listed.way == "mirror" else ():
                if found.setdefault(member.path, member) != member:
                    place = _Place(file, f"{entry.kind} {entry.slug}", f"files[{i}]")
                    raise place.wrong(f"{member.path} has other numbers elsewhere in the registry")


def _upstream(raw, place, required=("repo", "commit", "path"), optional=("sha256",)):
    _keys(raw, place, required, optional)
    path = _path(raw["path"], place.at("path")) if "path" in raw else None
    sha256 = _optional(raw, "sha256", place, _hex(64))
    return Upstream(_repo(raw["repo"], place.at("repo")), _hex(40)(raw["commit"], place.at("commit")), path, sha256)


def _licence(raw, place):
    _keys(raw, place, ("name", "commercial"))
    commercial = _one_of(raw["commercial"], COMMERCIAL, place.at("commercial"))
    return Licence(_text(raw["name"], place.at("name")), commercial)


def _keys(raw, place, required, optional=()):
    if not isinstance(raw, dict):
        raise place.wrong(f"a mapping is expected, not {raw!r}")
    required, optional = list(required), list(optional)
    unknown = [key for key in raw if key not in required + optional]
    if unknown:
        raise place.wrong(f"unknown key {unknown[0]!r}; here belong {', '.join(required + optional)}")
    missing = [key for key in required if key not in raw]
    if missing:
        raise place.wrong(f"the key {missing[0]!r} is missing")


def _known(raw, key, way, place, check):
    """What must be there in a mirror file and may be null, or left out, elsewhere."""
    if key not in raw:  # `_keys` has seen to it that it may be
        return None
    return check(raw[key], place.at(key)) if way == "mirror" else _optional(raw, key, place, check)


def _optional(raw, key, place, check):
    return None if raw.get(key) is None else check(raw[key], place.at(key))


def _text(value, place):
    if not isinstance(value, str) or not value.strip():
        raise place.wrong(f"a text is expected, not {value!r}{_quoted(value)}")
    return " ".join(value.split())


def _path(value, place):
    if _text(value, place).startswith("/") or ".." in value.split("/") or "\\" in value:
        raise place.wrong(f"a path inside a folder is expected, not {value!r}")
    return value


def _texts(value, place):
    if isinstance(value, list):
        return tuple(_text(item, _Place(place.file, place.entry, f"{place.key}[{i}]")) for i, item in enumerate(value))
    return (_text(value, place),)


def _one_of(value, known, place):
    if not isinstance(value, str) or value not in known:
        raise place.wrong(f"{value!r} is none of {', '.join(known)}{_quoted(value)}")
    return value


def _quoted(value):
    return (
        " (YAML reads a bare yes, no or number so: put it in quotes)" if isinstance(value, bool | int | float) else ""
    )


def _whole(value, place):
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise place.wrong(f"a whole number of 1 or more is expected, not {value!r}")
    return value


def _hex(digits):
    def check(value, place):
        if not isinstance(value, str) or not re.fullmatch(f"[0-9a-f]{{{digits}}}", value):
            raise place.wrong(f"{digits} hexadecimal digits are expected, not {value!r}{_quoted(value)}")
        return value

    return check


def _repo(value, place):
    if not re.fullmatch(r"[\w.-]+/[\w.-]+", _text(value, place)):
        raise place.wrong(f"an owner and a name are expected (owner/name), not {value!r}")
    return value
