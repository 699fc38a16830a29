"""What was tried on purpose, from its record, as a page of the book."""

from pathlib import Path
from xml.etree import ElementTree

from pydantic import Field

from assl_utils import shapes

RECORD = "recorded/faults/record.json"  # below book/, of `make test-faults`
PAGE = "faults.md"
WORK = {
    "files": "tables, arrays and JSON, written over and over",
    "runner": "four small chapters by the runner",
    "clock": "the same while the clock jumps by seconds, days and years, and files come from the future",
    "training": "a LoRA adapter of a tiny model, with checkpoints",
    "grid": "a grid of two lines, with its record",
    "chain": "the chapters of a tiny embedded corpus, one after another",
}
SUITES = {
    "disk": "a full, a read-only and a missing disk",
    "lock": "locks, also those whose holder is dead",
    "browser": "hostile outputs in a built book, read in Chromium",
}


class Suite(shapes.Shape):
    """Tests that stand on their own."""

    passed: shapes.Count
    failed: shapes.Count
    skipped: shapes.Count


SEEN = ("texts", "records", "pages", "shown")


class Hostile(shapes.Shape):
    """Rows of a hostile publisher, from the mirror's files to the pages: what was sent and looked at."""

    texts: shapes.Count
    records: shapes.Count
    pages: shapes.Count
    shown: shapes.Count


class Chapters(shapes.Shape):
    """The chapters 1 to 8 of a tiny run."""

    records: shapes.Count
    seconds: shapes.Amount
    peak_gb: shapes.Amount


class Long(shapes.Shape):
    """Texts of so many characters through the chapters, beside short ones in their place."""

    texts: shapes.Count
    characters: shapes.Count
    long: Chapters
    short: Chapters


class Record(shapes.Shape):
    """``record.json`` of `make test-faults`."""

    date: str
    command: str
    upto: str
    minutes: shapes.Amount
    versions: dict[str, str]
    hardware: dict
    kills: dict[str, shapes.Count] = Field(min_length=1)
    campaigns: dict[str, shapes.Count]
    crashes: shapes.Count
    lost: shapes.Count
    bad_inputs: shapes.Count
    refused: shapes.Count
    tracebacks: shapes.Count
    artifacts: shapes.Count
    missed: shapes.Count
    hostile: Hostile | None
    ran: shapes.Count
    long: Long | None = None
    suites: dict[str, Suite]
    remarks: list[str]


_OPENING = """\
(faults)=
# What was tried on purpose

`make test-faults` kills, damages and misleads this project and keeps a record; this page is written by
`assl_utils.book.faults_page` from `book/recorded/faults/record.json`. Work is killed with SIGKILL at random moments,
the process alone, with all that it started, or only what it started, and begun again by the same command. A moment is
an amount of processor time, so that it does not depend on how busy the machine is. At the end every file is compared,
by SHA-256, with what the same work leaves undisturbed; files that tell seconds are left out. What is trusted and
what is not, and how to report a weakness, is on the page [Security](security.md)."""

_NONE = "Nothing has been recorded yet: `make test-faults` does it, in less than 40 minutes."

_PROMISES = """\
## What is not promised

- A kill is not a power failure: what the system has not yet put on the disk is not tried. Files are flushed before they
  are renamed, which is what can be done about it here.
- Nothing is said of network file systems, of two machines on one `runs/`, or of a system without `flock`.
- A file changed on purpose together with its manifest is not found: digests guard against accidents, they are no
  signature.
- Notebooks and the repository run with your rights. Only data, models, questions and results are not trusted.
- The inputs are those that somebody thought of; that none of them ended in a traceback does not mean that no other
  does.
- The clock that jumps is Python's (`time.time`), the dates in manifests and the times of files. The system's own clock
  is left alone, and with it what a program in C reads.
- Hostile rows are looked at in one browser, Chromium, with the scripts and the policy that the book brings. Who copies
  a text from a page, or opens the files of a run in another program, meets the text as it was published.
- The texts come through the chapters with the embedded model. What a larger model is led to write by such a text is not
  tried."""


def page(record):
    """The page's text; ``record`` is None where there is none."""
    return "\n\n".join([_OPENING, *(_told(record) if record else [_NONE]), _PROMISES]) + "\n"


def write(book, out):
    """Write the page of the record below ``book`` into the folder ``out``."""
    path = Path(book) / RECORD
    (Path(out) / PAGE).write_text(page(shapes.read(path, Record) if path.exists() else None), encoding="utf-8")


def summary(record):
    """The record in one sentence."""
    kills = sum(record["kills"].values())
    return (
        f"{kills} kills: {record['crashes']} could not go on, {record['lost']} files lost or other; "
        f"{record['bad_inputs']} bad inputs, {record['tracebacks']} tracebacks; "
        f"{record['artifacts']} damaged results, {record['missed']} not seen"
    )


def counts(report):
    """Passed, failed and skipped of a JUnit report; a report that is not there is one failure."""
    if not Path(report).exists():
        return {"passed": 0, "failed": 1, "skipped": 0}
    cases = list(ElementTree.parse(report).iter("testcase"))
    failed = sum(case.find("failure") is not None or case.find("error") is not None for case in cases)
    skipped = sum(case.find("skipped") is not None for case in cases)
    return {"passed": len(cases) - failed - skipped, "failed": failed, "skipped": skipped}


def _told(record):
    packages = ", ".join(f"{name} {version}" for name, version in record["versions"].items())
    made = (
        f"Recorded on {record['date']} with `{record['command']}`, {record['minutes']:.0f} minutes of work; {packages}."
    )
    lines = ["| work | kills | times begun anew |", "|---|--:|--:|"]
    for name, kills in record["kills"].items():
        lines.append(f"| {WORK.get(name, name)} | {kills} | {record['campaigns'].get(name, 0)} |")
    others = ["| tests of | passed | failed | skipped |", "|---|--:|--:|--:|"]
    for name, suite in record["suites"].items():
        numbers = " | ".join(str(suite[key]) for key in ("passed", "failed", "skipped"))
        others.append(f"| {SUITES.get(name, name)} | {numbers} |")
    refused = (
        f"Of {record['bad_inputs']} bad inputs {record['refused']} were refused in one sentence and the others read."
    )
    none = [name for name, kills in record["kills"].items() if not kills]
    blocks = [made, summary(record)[:1].upper() + summary(record)[1:] + ".", "\n".join(lines), refused]
    if record["kills"].get("chain"):
        blocks.append(f"The chain of chapters ended with chapter {int(record['upto'])}.")
    if none:
        blocks.append(f"Not killed in this record: {', '.join(WORK.get(name, name) for name in none)}.")
    if record["suites"]:
        blocks.append("\n".join(others))
    if record["hostile"]:
        blocks.append(_hostile(record["hostile"], record["ran"]))
    else:
        blocks.append("Hostile rows from the mirror to the page: not tried in this record.")
    if record.get("long"):
        blocks.append(_long(**record["long"]))
    else:
        blocks.append("Texts of a million characters: not tried in this record.")
    if record["remarks"]:
        blocks.append("\n".join(["What was found:", "", *(f"- {_plain(line)}" for line in record["remarks"][:30])]))
    return blocks


def _hostile(seen, ran):
    shown = (
        f"The texts stand {seen['shown']} times on these pages, to be read."
        if seen["shown"]
        else "The chapters quoted none of the texts; in `make test` a page quotes each, in every way that a cell can."
    )
    return (
        f"{seen['texts']} hostile texts (scripts, frames, links, MyST roles and directives, templates, formulas, "
        f"control characters, marks of direction, very long words) went as {seen['records']} records of a mirror "
        f"through the chapters 1 to 8 into a book, and {seen['pages']} of its pages were opened in Chromium. Faults "
        f"found there: {ran} (a script that ran, a live element, a dialog, a request to another host, a character that "
        f"steers a terminal, a page wider than the window). {shown}"
    )


def _long(texts, characters, long, short):
    costs = (f"{one['seconds']:.0f} s and {one['peak_gb']:.1f} GB" for one in (long, short))
    return (
        f"{texts} texts of {characters:,} characters each (one character repeated, random ones, sentences, one word, "
        f"lists, control words) stood in {long['records']} records of a mirror and went through the chapters 1 to 8 of "
        "a tiny run: {} of memory at the most; with short texts in their place {}.".format(*costs)
    )


def _plain(text):
    """Text of a message as code, so that no sign in it is markup."""
    return "`" + "".join(char if char.isprintable() and char != "`" else "?" for char in text) + "`"
