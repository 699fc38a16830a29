"""Three origins, one result: the hub, a local mirror, the embedded corpus.

``gather("local", data_root)`` reads what :mod:`assl_utils.sources.registry` lists of each source and returns the same
tables whatever the origin. What is not available is never passed over: the account names it with the reason and what
to do, and :func:`sentence` says so under every later table.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from assl_utils import progress
from assl_utils.corpus import build
from assl_utils.errors import DataError, UnavailableError, nearest
from assl_utils.sources import benchmarks, cleaning, mirror, records, registry
from assl_utils.tasks.catalog import SOURCES, SUBTASKS

ORIGINS = ("embedded", "local", "hub")
ROWS = ["id", "source", "task", "subtask", "form", "input", "output", "multiplicity", "clean_input", "clean_output"]
ROWS += ["fault", "stand_in", "file", "record"]
FILES = ["source", "role", "way", "licence", "file", "revision", "sha256", "bytes", "records", "rows", "skipped"]
ACCOUNT = ["number", "source", "paper_name", "subtask", "licence", "paper", "records", "rows", "stand_in", "status"]
ACCOUNT += ["note"]
FINEVAL_SHARE, FINEVAL_SEED = 1056, 42  # fingpt-fineval: so many of FinEval's 1,321 public questions
_LENT = {"finna": "summary", "finqa": "qa"}  # the benchmark's own list may stand in for these, but for what is scored
_PUBLISHED = ("flare", "triple")  # shapes of published copies, their faults in


@dataclass(frozen=True)
class Gathered:
    """What was read.

    Attributes
    ----------
    rows : DataFrame
        Training rows, both readings: ``ROWS``. ``stand_in`` names what stands in for the published source, "" where
        nothing does; ``file`` and ``record`` (from 1) say where the row comes from.
    evaluation : DataFrame
        The questions that can be scored: ``QUESTIONS``. A run may ask a sample of them, see `ask`.
    held_out : DataFrame
        The benchmarks' other questions, without answers or for few-shot prompts (``use``): nothing is trained on them.
        With ``evaluation`` they are the whole of every benchmark.
    files : DataFrame
        A row per file: ``FILES``.
    account : DataFrame
        A row per source: ``ACCOUNT``.
    truth : DataFrame or None
        What was planted, of the embedded corpus.
    unsearched : tuple of str
        Splits of a benchmark that were not there, like ``fineval/shots``: no leak of theirs can be found.
    """

    rows: pd.DataFrame
    evaluation: pd.DataFrame
    held_out: pd.DataFrame
    files: pd.DataFrame
    account: pd.DataFrame
    truth: pd.DataFrame | None = None
    unsearched: tuple = ()


def embedded(scale=0.018, floor=60, seed=0, per_subject=6):
    """The embedded corpus in the form of `Gathered`; see :func:`assl_utils.corpus.build.build`."""
    rows, evaluation, truth = build.build(scale, floor, seed, per_subject=per_subject)
    rows = rows.assign(fault="", stand_in="", file="", record=0)
    counts = rows["source"].value_counts()
    account = [[*_about(slug, "ours"), counts[slug], counts[slug], "", "generated", ""] for slug in SOURCES]
    held_out = evaluation.iloc[:0].assign(use="")
    return Gathered(
        rows[ROWS], evaluation, held_out, pd.DataFrame(columns=FILES), pd.DataFrame(account, columns=ACCOUNT), truth
    )


def gather(
    way, data_root="", *, protocol="clean", stand_ins=True, accept_noncommercial=False, allow_missing=True, waived=()
):
    """Read every source and benchmark that is available.

    Parameters
    ----------
    way : {"local", "hub"}
        A folder in the mirror's layout, or the hub and GitHub.
    data_root : path
        The mirror's folder (it holds ``raw/``); for ``local``.
    protocol : {"clean", "paper"}
        ``clean`` drops some published sources whole, so that their stand-ins are wanted too.
    stand_ins : bool, default True
        Whether another file may stand in for a source that is not available or that ``clean`` drops.
    accept_noncommercial : bool, default False
        Whether sources may be used whose licence forbids commercial use.
    allow_missing : bool, default True
        Whether the run goes on without a source that is not available. What CFLEB scores must be there in any case.
    waived : collection of str, default ()
        Splits of benchmarks that may be missing under ``clean``, of `waivable`. Without them ``clean`` stops, for it
        could not tell what its rows share with them.

    Returns
    -------
    Gathered
        Files with wrong bytes and records that cannot be right are no gaps but errors: a `DataError` names them.
    """
    if way not in ORIGINS[1:]:
        raise DataError(f"data is one of {', '.join(map(repr, ORIGINS))}, not {way!r}")
    if protocol not in ("clean", "paper"):
        raise DataError(f"the protocol is 'clean' or 'paper', not {protocol!r}")
    if unknown := sorted(set(waived) - set(waivable())):
        raise DataError(f"waived_splits: {unknown[0]!r} is no split; {nearest(unknown[0], waivable())}")
    place = mirror.Local(data_root) if way == "local" else mirror.Remote()
    rows, questions, account, read, unsearched = [], [], [], [], {}
    for slug, entry in progress.track(registry.benchmarks().items(), "benchmarks"):
        parts, gaps = _parts(place, entry.files, accept_noncommercial)
        held = {part.file.role for part in parts}
        if gaps and "scored" not in held and any(file.licence.commercial != "no" for file in entry.files):
            raise UnavailableError(f"the benchmark {entry.name} is not available: {'; '.join(gaps)}")
        unsearched |= {f"{slug}/{role}": gaps for role in _roles(entry) if role not in held}
        questions += benchmarks.questions(slug, parts)
        read += [(slug, part) for part in parts]
    if protocol == "clean":
        _stop_unless_waived(unsearched, waived)
    for slug, entry in progress.track(registry.sources().items(), "sources"):
        parts, gaps = _parts(place, _published(entry, place), accept_noncommercial)
        if stand_ins and (not parts or (protocol == "clean" and entry.clean == "drop")):
            others = [file for file in entry.files if file.role == "stand_in"]
            more, more_gaps = _parts(place, others, accept_noncommercial)
            parts, gaps = parts + more, gaps + more_gaps
        mine = _examples(slug, parts)
        rows += mine
        note = "; ".join(dict.fromkeys(gaps)) or ("" if mine else _advice(entry, way))
        account.append([*_about(slug, entry.licence.name), *_came(parts, mine), note])
        read += [(slug, part) for part in parts]
    account = pd.DataFrame(account, columns=ACCOUNT)
    missing = [f"{line.paper_name}: {line.note}" for line in account[account["rows"] == 0].itertuples()]
    if missing and (not rows or not allow_missing):
        why = "allow_missing is false and these sources are not available" if rows else "no source at all is available"
        raise UnavailableError("\n  ".join([f"{why}:", *missing]))
    table = pd.DataFrame(rows, columns=ROWS)
    table["id"] = table["source"] + "-" + table.groupby("source").cumcount().map("{:06d}".format)
    asked = pd.DataFrame(questions, columns=[*benchmarks.QUESTIONS, "use"])
    scored = asked["use"] == "scored"
    return Gathered(
        table,
        asked[scored].drop(columns="use").reset_index(drop=True),
        asked[~scored].reset_index(drop=True),
        pd.DataFrame([_file_line(slug, part) for slug, part in read], columns=FILES),
        account,
        unsearched=tuple(unsearched),
    )


def waivable():
    """What ``waived`` may name: a split (``NL/unanswered``), or a whole benchmark of which none is scored in CFLEB."""
    names = []
    for slug, entry in registry.benchmarks().items():
        whole = all(file.licence.commercial == "no" for file in entry.files)
        names += [slug] * whole + [f"{slug}/{role}" for role in _roles(entry) if whole or role != "scored"]
    return tuple(names)


def sentence(account, unsearched=()):
    """One sentence for under a table: which sources are missing, for which others stand in, which splits are absent."""
    missing = account[account["rows"] == 0]
    others = account[(account["stand_in"] != "") & (account["rows"] > 0)]
    parts = [f"{(account['rows'] > 0).sum()} of {len(account)} sources"]
    if len(others):
        parts.append(f"others stand in for {len(others)} ({', '.join(others['source'])})")
    if len(missing):
        parts.append(f"missing: {', '.join(missing['source'])}")
    if unsearched:
        parts.append(f"not searched for leaks, for they are not there: {', '.join(unsearched)}")
    return "; ".join(parts)


def quotable(rows, files):
    """Whether a line of each row may be quoted: its file has a licence that allows it, or the row is ours."""
    allowed = files.loc[files["licence"].str.startswith(("CC", "Apache", "MIT")), "file"]
    return (rows["file"] == "") | rows["file"].isin(set(allowed))


def ask(evaluation, held_out, per_task=0, seed=0):
    """Part the benchmarks into the questions that a run asks and all others; together they stay the whole.

    Parameters
    ----------
    evaluation, held_out : DataFrame
        As in `Gathered`; further columns of the evaluation, such as an instruction, stay with what is asked.
    per_task : int, default 0
        How many questions of a task are asked, a seeded random sample; 0 asks all.
    seed : int, default 0
        Seed of the sample.

    Returns
    -------
    asked, others : DataFrame
        Questions in the order of ``evaluation``; then ``held_out``, behind the questions with an answer that are left
        out, whose ``use`` is ``not asked``. What is not asked must not be trained on either: it is another run's test
        set, and the paper's score is over all of it.
    """
    if per_task < 0:
        raise DataError(f"questions_per_task is how many questions of a task are asked (0: all), not {per_task}")
    if not per_task:
        return evaluation, held_out
    mixed = evaluation.groupby("task", sort=False).sample(frac=1, random_state=seed)
    asked = mixed.groupby("task", sort=False).head(per_task).sort_index()
    others = evaluation.drop(index=asked.index)[benchmarks.QUESTIONS].assign(use="not asked")
    return asked, pd.concat([others, held_out], ignore_index=True)


def sample(rows, scale, floor, seed, always=()):
    """A seeded share of each source, at least ``floor`` of its rows (all where there are fewer); 1 keeps everything.

    Rows whose id is in ``always`` are kept beside the share: under ``paper`` those that are asked. Of a fiftieth of a
    published test list hardly a row is among a few hundred questions, so that the leak, which is whole where the
    lists are, would be gone from a small study.
    """
    if not 0 < scale <= 1:
        raise DataError(f"scale is the share of each source's rows that is kept, inside (0, 1], not {scale}")
    if scale == 1:
        return rows
    rank = pd.Series(np.random.default_rng(seed).permutation(len(rows)), index=rows.index)
    rank = rank.groupby(rows["source"]).rank()
    size = rows.groupby("source")["source"].transform("size")
    drawn = rank <= np.maximum((size * scale).round(), floor)
    return rows[drawn | rows["id"].isin(set(always))].reset_index(drop=True)


def _roles(entry):
    return dict.fromkeys(file.role for file in entry.files)


def _stop_unless_waived(unsearched, waived):
    """Clean cannot be clean of questions that it has not seen."""
    left = [split for split in unsearched if not {split, split.split("/")[0]} & set(waived)]
    if left:
        why = "; ".join(dict.fromkeys(gap for split in left for gap in unsearched[split])) or "not found"
        raise UnavailableError(
            f"protocol=clean searches every question of the benchmarks, and {', '.join(left)} cannot be read ({why}): "
            f"bring them, or go on without by name, waived_splits={','.join(left)}"
        )


def _published(entry, place):
    """The files that hold the published source, or the most of it that a place has; one copy is enough."""
    files = [file for file in entry.files if place.has(file)]
    for role in ("same", "pool", "part"):
        found = [file for file in files if file.role == role]
        if found:
            return [file for file in found if file.way == found[0].way]
    return []


def _parts(place, files, accept_noncommercial):
    """What the files hold, and why some could not be read."""
    parts, gaps = [], []
    for file in files:
        if file.licence.commercial == "no" and not accept_noncommercial:
            name = file.licence.name
            gaps.append(f"its licence ({name}) forbids commercial use; if yours is none, set accept_noncommercial=true")
        elif place.has(file):
            try:
                parts += place.read(file)
            except UnavailableError as error:
                gaps.append(str(error))
    return parts, gaps


def _examples(slug, parts):
    """The training rows of a source, in the order of its files."""
    source, rows = SOURCES[slug], []
    for part in parts:
        examples, part.skipped = records.load(part.file.shape, part.records, part.name)
        if part.file.role == "stand_in" and slug in _LENT:
            examples = [row for row in examples if benchmarks.lent(_LENT[slug], row[1][1])]
        if slug == "nsp" and part.file.role == "same":  # flare-zh-nsp asks for the judgement alone
            examples = [(number, ("judge", *rest)) for number, (form, *rest) in examples if form != "subject"]
        for number, (form, text, output) in examples:
            *both, fault = cleaning.readings(slug, text, output, published=part.file.shape in _PUBLISHED)
            where = [_stands_in(part.file), part.name, number]
            rows.append(["", slug, source.task, source.subtask, form, *both[:2], 1, *both[2:], fault, *where])
        part.rows = len(examples)
    if slug == "fineval" and any(part.file.role == "stand_in" for part in parts):  # as FinGPT drew it
        chosen = np.random.default_rng(FINEVAL_SEED).permutation(len(rows))[:FINEVAL_SHARE]
        rows = [rows[i] for i in sorted(chosen)]
    return rows


def _stands_in(file):
    """What the column ``stand_in`` says of a file's rows: "" of the published source's own."""
    if file.role == "same":
        return ""
    name = file.path.removeprefix("raw/")
    if file.role == "stand_in":
        return name
    return f"{file.role}: {name}"


def _about(slug, licence):
    source = SOURCES[slug]
    number, name = list(SOURCES).index(slug) + 1, SUBTASKS[source.subtask][1]
    return [number, slug, source.paper_name, name, licence, source.paper_count]


def _came(parts, rows):
    """Records, rows, what stands in and the status, for a source's line of the account."""
    roles = {part.file.role for part in parts}
    others = " + ".join(dict.fromkeys(_stands_in(part.file) for part in parts if part.file.role != "same"))
    status = "missing" if not rows else "as published" if roles == {"same"} else " and ".join(sorted(roles))
    return [sum(len(part.records) for part in parts), len(rows), others, status.replace("_", " ")]


def _file_line(slug, part):
    """A file's line of the table of files."""
    file, skipped = part.file, "; ".join(f"{count} {reason}" for reason, count in part.skipped.items())
    origin = [file.role, file.way, file.licence.name, part.name, part.revision, part.sha256, part.bytes]
    return [slug, *origin, len(part.records), part.rows, skipped]


def _advice(entry, way):
    """What to do about a source that an origin does not hold."""
    elsewhere = [f"{file.way}: {file.repo}/{file.path}" for file in entry.files if file.way != "mirror"]
    if way == "hub":
        return "no file of it can be downloaded"
    return f"not in the mirror; set data=hub ({elsewhere[0]})" if elsewhere else "not in the mirror"
