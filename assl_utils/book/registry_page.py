"""The registry of data as pages of the book, in MyST."""

from assl_utils.book.markdown import plain, rows_of
from assl_utils.sources.registry import aside, benchmarks, sources, trained_by
from assl_utils.sources.registry_entries import CLEAN, ROLES
from assl_utils.tasks.catalog import SOURCES, SUBTASKS

PARTS = {  # page: its title, and the tasks of its sources
    "sources_labels": ("Sources that ask for a label", ("sentiment", "classification")),
    "sources_texts": ("Sources that ask for a text or for what a text names", ("generation", "extraction")),
    "sources_questions": ("Sources that ask questions", ("matching", "qa", "exam")),
}


def pages():
    """``{page: text}``: the registry as pages of the book, in MyST Markdown; the same registry makes the same texts."""
    numbered = list(enumerate(sources().values(), 1))
    found = {"sources": [_OPENING, _summary(), _contents()]}
    for name, (title, tasks) in PARTS.items():
        part = [_source_section(i, entry) for i, entry in numbered if SOURCES[entry.slug].task in tasks]
        found[name] = [_head(name, title), *part]
    found["sources_benchmarks"] = [
        _head("sources_benchmarks", "The benchmarks"),
        *(_benchmark_section(entry) for entry in benchmarks().values()),
    ]
    found["sources_aside"] = [
        _head("sources_aside", "Files set aside"),
        "Files of the mirror that no source and no benchmark uses.",
        *(_aside_section(entry) for entry in aside().values()),
    ]
    return {name: "\n\n".join(blocks) + "\n" for name, blocks in found.items()}


def _head(name, title):
    return f"(data-{name.replace('_', '-')})=\n# {title}"


def _contents():
    """Which page has which sources."""
    lines = []
    for name, (_, tasks) in PARTS.items():
        words = ", ".join({"qa": "question answering", "exam": "examinations"}.get(task, task) for task in tasks)
        lines.append(f"- {{ref}}`data-{name.replace('_', '-')}`: {words}")
    lines += ["- {ref}`data-sources-benchmarks`: the questions of the evaluation", "- {ref}`data-sources-aside`"]
    return "\n".join(["## Page by page", "", *lines])


_OPENING = """\
(data-sources)=
# Where the data comes from

This page and those below it are written by `assl_utils.book.registry_page` from `assl_utils/data/registry.yaml`, which
the code reads too. A file is named by the way it is had:

- *hub*: a data set of the Hugging Face hub, at the commit named. Where there is none, the whole commit was not seen and
  nothing is pinned.
- *GitHub*: a file of a repository at the commit named.
- *mirror*: a file `raw/…` of a local mirror, byte for byte the file of the repository behind it unless a note says
  otherwise. The commit is that repository's.

Commits and checksums (SHA-256) are shortened to 12 digits. The number of rows is that of the records in the file. What
is listed under `clean` is what the leak-free protocol does with the published source."""

_STATUS = {
    "verified": "page, file list or viewer was seen and agrees",
    "seen in part": "it exists, but not everything named here was seen",
    "not found": "it was looked for and not found",
}


def _summary():
    head = ("name in the paper", "#", "task", "rows", "where", "licence", "`clean`")
    rows = []
    for number, entry in enumerate(sources().values(), 1):
        source = SOURCES[entry.slug]
        hub = next((_hub(file) for file in entry.files if file.way == "hub"), "")
        own = [file for file in entry.files if file.role != "stand_in"]
        github = next((_github(file) for file in own if file.way == "github" or file.upstream), "")
        name = f"[{plain(source.paper_name)}](#{_target(entry)})"
        task = source.subtask.replace("_", " ")
        where = ", ".join(filter(None, (hub, github)))
        licence = plain(entry.licence.name) + (": not for commercial use" if entry.licence.commercial == "no" else "")
        rows.append((name, str(number), task, f"{source.paper_count:,}", where, licence, entry.clean))
    total = sum(SOURCES[slug].paper_count for slug in sources())
    rows.append(("in all", "", "", f"{total:,}", "", "", ""))
    return f"## At a glance\n\n{rows_of(head, rows, right=(1, 3))}"


def _source_section(number, entry):
    source = SOURCES[entry.slug]
    shares = [_shared(entry, overlap) for overlap in entry.overlaps]
    under_clean = " ".join(
        filter(None, (CLEAN[entry.clean], entry.corrected and f"Corrected: {plain(entry.corrected)}"))
    )
    facts = [
        ("In the paper", f"{source.paper_count:,} rows; {_task(source)}"),
        ("Here", f"`{entry.slug}`, {entry.status}: {_STATUS[entry.status]}"),
        *_common_facts(entry),
        ("Overlaps", shares or "Nothing is known."),
        ("Under `clean`", under_clean),
    ]
    return _section(entry, f"{number} {source.paper_name}", facts)


def _benchmark_section(entry):
    trained = [
        f"{_link(source)}: {plain(overlap.what)}{_counted(overlap)}" for source, overlap in trained_by(entry.slug)
    ]
    facts = [
        ("Metric", plain(entry.metric)),
        ("An answer is", plain(entry.answer)),
        ("Home", f"{_github_link(entry.upstream.repo, entry.upstream.commit)} at `{entry.upstream.commit[:12]}`"),
        *_common_facts(entry),
        ("Overlaps", [_shared(entry, overlap) for overlap in entry.overlaps]),
        ("What trains on it", trained or "No source that is known."),
    ]
    title = entry.name if entry.slug == "fineval" else f"{entry.slug}: {entry.name}"
    return _section(entry, title, facts)


def _aside_section(entry):
    return _section(entry, entry.slug, [("What", plain(entry.name)), ("Licence", _licensed(entry.licence))])


def _common_facts(entry):
    return [
        ("Licence", _licensed(entry.licence)),
        ("Columns", plain(entry.columns)),
        ("Labels", [plain(label) for label in entry.labels]),
        ("What is wrong with it", [plain(fault) for fault in entry.faults]),
        ("Further copies", ", ".join(map(plain, entry.copies))),
    ]


def _section(entry, title, facts):
    """Target, heading, table of files with their notes, and the facts as a list."""
    head = ("file", "holds", "rows", "format", "commit", "SHA-256") if ROLES[entry.kind] else (
        "file", "rows", "format", "commit", "SHA-256")  # fmt: skip
    files = rows_of(head, [_file_row(file, ROLES[entry.kind]) for file in entry.files], right=(head.index("rows"),))
    notes = []
    for file in entry.files:
        said = [plain(file.note)] if file.note else []
        if file.licence != entry.licence:
            said.append(f"Licence: {_licensed(file.licence)}.")
        if said:
            notes.append((f"`{file.path}` ({file.way})", " ".join(said)))
    lines = [line for name, value in [*facts, ("Notes on the files", [f"{a}: {b}" for a, b in notes])] if value
             for line in _fact(name, value)]  # fmt: skip
    return "\n".join([f"({_target(entry)})=", f"## {plain(title)}", "", files, "", *lines])


def _fact(name, value):
    if isinstance(value, str) or len(value) == 1:
        return [f"- *{name}:* {value if isinstance(value, str) else value[0]}"]
    return [f"- *{name}:*", *(f"  - {item}" for item in value)]


def _file_row(file, roles):
    place = {"hub": _hub, "github": _github, "mirror": _github}[file.way](file)
    what = f"`{file.path}`" + (f", {file.files} files" if "*" in file.path else "")
    cell = f"mirror {what}, from {place}" if file.way == "mirror" else f"{_WAYS[file.way]} {place} {what}"
    seen = f"`{file.revision_seen}`, not pinned" if file.revision_seen else "not seen"
    commit = file.upstream.commit if file.upstream else file.revision
    digest = f"`{file.sha256[:12]}`" if file.sha256 else "–"
    if any(member.sha256 for member in file.members):
        digest = "one a file, in the registry"
    cells = (
        cell,
        *([roles[file.role]] if roles else []),
        f"{file.rows:,}" if file.rows else "not seen",
        f"`{file.format}`",
    )
    return (*cells, f"`{commit[:12]}`" if commit else seen, digest)


_WAYS = {"hub": "hub", "github": "GitHub"}


def _hub(file):
    return f"[{plain(file.repo)}](https://huggingface.co/datasets/{file.repo})"


def _github(file):
    return _github_link(*((file.upstream.repo, file.upstream.commit) if file.upstream else (file.repo, file.revision)))


def _github_link(repo, commit):
    return f"[{plain(repo)}](https://github.com/{repo}/tree/{commit})"


def _shared(entry, overlap):
    """An overlap as a line, linked to the other entry; a benchmark goes before a source of the same name."""
    other = next(
        e for e in (benchmarks().get(overlap.other), sources().get(overlap.other), aside().get(overlap.other)) if e
    )
    return f"{_link(other)}: {plain(overlap.what)}{_counted(overlap)}"


def _counted(overlap):
    return f" ({overlap.rows:,} row{'s' * (overlap.rows > 1)})" if overlap.rows else " (not counted)"


def _link(entry):
    title = {"source": entry.name, "benchmark": entry.name, "aside": entry.slug}[entry.kind]
    return f"[{plain(title)}](#{_target(entry)})"


def _target(entry):
    """Name to link to. Sphinx folds capitals, and NA and na are two entries, so the kind comes first."""
    return f"{entry.kind}-{entry.slug.lower().replace('_', '-')}"


def _task(source):
    return f"{plain(source.subtask.replace('_', ' '))} ({SUBTASKS[source.subtask][1]})"


def _licensed(licence):
    return f"{plain(licence.name)}; commercial use: {licence.commercial}"
