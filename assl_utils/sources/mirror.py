"""Where a registered file is read from: a folder in the mirror's layout, or the hub and GitHub."""

import os
from dataclasses import dataclass, field, replace

from assl_utils import store
from assl_utils.errors import DataError, UnavailableError
from assl_utils.hub import repos
from assl_utils.sources import archives, formats, github, plain_files, registry_entries


@dataclass
class Part:
    """One file that was read: what the registry says of it, its records, where its bytes came from.

    ``rows`` and ``skipped`` (reason: how many) are filled in by whoever turns the records into rows.
    """

    file: registry_entries.File
    name: str
    records: list
    revision: str
    sha256: str
    bytes: int
    rows: int = 0
    skipped: dict = field(default_factory=dict)


class Local:
    """A folder in the mirror's layout."""

    def __init__(self, data_root):
        if not str(data_root):
            raise DataError('data="local" needs data_root, the folder of the mirror (the one that holds raw/)')
        self.root = plain_files.folder(data_root, "data_root")
        if not os.path.isdir(self.root / "raw"):
            raise UnavailableError(f"data_root={data_root}: there is no folder raw/ in it, so it is no mirror")

    def has(self, file):
        """Whether this place may hold the file."""
        return file.way == "mirror"

    def read(self, file):
        """The file's parts: itself, or the members of its family."""
        parts = []
        for member in file.each():
            path = self.root / member.path
            if not os.path.lexists(path):
                problem = f"not under data_root ({self.root.name}/): copy it there, or set data=hub"
                raise UnavailableError(problem, member.path)
            plain_files.check(path, member.path)
            found = store.sha256(path)
            if member.sha256 and found != member.sha256:
                expected = f"the registry expects {member.sha256[:12]}…"
                raise DataError(f"wrong bytes: sha256 {found[:12]}…, {expected}; fetch the file again", member.path)
            records = formats.records(path, file.format, member.path)
            parts.append(Part(file, member.path, records, "", found, path.stat().st_size))
        return _complete(file, parts, file.rows)


class Remote:
    """Data sets of the hub by revision and hash, and files of GitHub at a commit."""

    def has(self, file):
        """Whether it can be downloaded: a mirror's file can where its upstream is a plain file of a repository."""
        return file.way != "mirror" or (file.upstream is not None and "!" not in file.upstream.path)

    def read(self, file):
        """The file's parts: itself, the members of its family, or those of its archive."""
        parts = []
        for member in _members(file):
            if file.way == "hub":
                got = repos.fetch(file.repo, member.path, revision=file.revision, sha256=member.sha256)
                name = f"{file.repo}/{member.path}"
            else:
                at = file.upstream or registry_entries.Upstream(file.repo, file.revision)
                path = member.upstream_path or member.path
                got = github.fetch(at.repo, at.commit, path, sha256=at.sha256 or member.sha256)
                name = f"{at.repo}/{path}"
            inside = _unpacked(file, name, got.path) if file.format == "zip_csv" else [(file, name, got.path)]
            for one, label, path in inside:
                records = formats.records(path, "csv" if file.format == "zip_csv" else file.format, label)
                parts.append(Part(one, label, records, got.revision, got.sha256, got.bytes))
        changed = file.upstream is not None and file.upstream.sha256  # upstream has more rows than the mirror
        return _complete(file, parts, None if changed else file.rows)


def _members(file):
    """The single files of a family; asked of the hub where the registry does not name them."""
    if file.way == "hub" and "*" in file.path and not file.members:
        return [registry_entries.Member(name) for name in repos.names(file.repo, file.path, revision=file.revision)]
    return file.each()


def _unpacked(file, name, archive):
    """The CSV files of FinEval's archive, with what each is for by its folder."""
    for path in sorted(archives.unpack(archive, archive.with_name(archive.name + ".unpacked"))):
        role = {"val": "scored", "dev": "shots", "test": "unanswered"}.get(path.parent.name)
        if path.suffix == ".csv" and role:
            shape = "questions" if role == "unanswered" else file.shape
            yield replace(file, role=role, shape=shape), f"{name}!{path.parent.name}/{path.name}", path


def _complete(file, parts, expected):
    found = sum(len(part.records) for part in parts)
    if expected and found != expected:
        problem = f"{found:,} records where the registry expects {expected:,}: truncated, or changed upstream"
        raise DataError(problem, file.path)
    return parts
