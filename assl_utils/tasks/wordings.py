"""Thirty wordings for each sub-task, and which row gets which.

The paper expands every sub-task with 30 hand-written instructions, alike in meaning and different in expression,
before anything is embedded. Ours are the files in ``data/instructions``, one a sub-task; ``negative_news`` asks two
things, so it has two forms of 30. Rows get their wording from a seed, as evenly as whole numbers allow. Three further
wordings of each set are kept for evaluation, so that no model is asked in words it was trained on.
"""

from __future__ import annotations

import functools
import itertools
import zlib
from pathlib import Path

import numpy as np
import pandas as pd
import yaml
from rapidfuzz import fuzz

from assl_utils.errors import nearest

FOLDER = Path(__file__).parents[1] / "data" / "instructions"
TRAINING, EVALUATION = 30, 3  # wordings in each set
MAX_SIMILARITY = 55  # no two wordings of a set are more alike, 0-100; see `similarities`
ADDED = {}  # sub-tasks of one's own to their sets, see `assl_utils.tasks.own.add`
PAIR_FORMATS = ("事件类型, 事件主体", "实体名称, 实体类型")  # output formats that wordings quote word for word


def load(subtask=None, folder=FOLDER):
    """Every wording as a row of a table.

    Parameters
    ----------
    subtask : str, optional
        One sub-task; all 13 when left out.
    folder : path
        Where the files are.

    Returns
    -------
    DataFrame
        Columns subtask, form, use (``training`` or ``evaluation``), number (from 0), instruction_id
        (``sentiment-07``, ``negative_news.judge-07``, ``sentiment-e1``) and instruction.
    """
    rows = []
    for name, form, entry in _sets(subtask, folder):
        stem = f"{name}.{form}" if form else name
        for use, ids in (("training", "{}-{:02d}"), ("evaluation", "{}-e{}")):
            key = "wordings" if use == "training" else use
            for number, text in enumerate(entry[key]):
                rows.append((name, form, use, number, ids.format(stem, number), text))
    return pd.DataFrame(rows, columns=["subtask", "form", "use", "number", "instruction_id", "instruction"])


def answers(subtask=None, folder=FOLDER):
    """What each set of wordings asks for: its labels, the word for "none" (or ``None``) and the format, in English."""
    rows = [
        (name, form, list(entry["labels"]), entry.get("none"), entry["format"])
        for name, form, entry in _sets(subtask, folder)
    ]
    return pd.DataFrame(rows, columns=["subtask", "form", "labels", "none", "format"])


def assign(rows, seed, wordings_per_subtask=TRAINING, folder=FOLDER):
    """Give every training row one of its sub-task's wordings.

    Within each (subtask, form), and within each source of it, any two wordings are used equally often or differ by one:
    no wording becomes the mark of a source. The choice depends on the seed and the ids only, not on the order of rows.

    Parameters
    ----------
    rows : DataFrame
        Columns id and subtask; form and source where there are any. Ids are unique within (subtask, form).
    seed : int
        Other seeds pair other rows with other wordings.
    wordings_per_subtask : int, default 30
        Use the first so many of each file only. 1 is the fixed instruction of the ablation.

    Returns
    -------
    DataFrame
        The rows in their order, with instruction and instruction_id (replaced where they were there).
    """
    if isinstance(wordings_per_subtask, bool) or not isinstance(wordings_per_subtask, int | np.integer):
        raise TypeError(f"wordings_per_subtask must be a whole number, not {wordings_per_subtask!r}")
    if not 1 <= wordings_per_subtask <= TRAINING:
        raise ValueError(f"wordings_per_subtask must be 1 to {TRAINING}, not {wordings_per_subtask}")
    return _assign(rows, seed, "training", wordings_per_subtask, "source", folder)


def evaluation_instructions(rows, seed, folder=FOLDER):
    """Give every evaluation row one of the three wordings outside the 30, evenly within each subject.

    Takes and returns what `assign` does; ``subject`` (FinEval's 34) takes the part of ``source``.
    """
    return _assign(rows, seed, "evaluation", EVALUATION, "subject", folder)


def similarities(subtask=None, folder=FOLDER):
    """How alike any two wordings of a set are, most alike first.

    The measure is rapidfuzz's ``ratio``: 100 · (1 - d / (m + n)), d the fewest insertions and deletions that turn one
    text into the other, m and n their lengths. What a wording must quote exactly (a full list of labels, a line format)
    is cut out before: two wordings are not alike because both name the same 44 relations.

    Returns
    -------
    DataFrame
        Columns subtask, form, first, second (instruction ids), similarity.
    """
    rows = []
    table = load(subtask, folder)
    labels = {(a.subtask, a.form): a.labels for a in answers(subtask, folder).itertuples()}
    for (name, form), group in table.groupby(["subtask", "form"], sort=False):
        free = [own_words(text, labels[name, form]) for text in group.instruction]
        for (a, first), (b, second) in itertools.combinations(zip(group.instruction_id, free, strict=True), 2):
            rows.append((name, form, a, b, fuzz.ratio(first, second)))
    table = pd.DataFrame(rows, columns=["subtask", "form", "first", "second", "similarity"])
    return table.sort_values("similarity", ascending=False, kind="stable", ignore_index=True)


def overview(folder=FOLDER):
    """Each set of training wordings: its shortest, mean and longest number of characters, and its highest similarity.

    Returns
    -------
    DataFrame
        ``min, mean, max`` (characters) and ``similarity``, by subtask and form.
    """
    sets = ["subtask", "form"]
    training = load(folder=folder).query("use == 'training'")
    lengths = training["instruction"].str.len().groupby([training[s] for s in sets], sort=False)
    alike = similarities(folder=folder).groupby(sets, sort=False)["similarity"].max()
    return lengths.agg(["min", "mean", "max"]).join(alike).round(0).astype(int)


def usage(rows):
    """How many wordings each set uses, and how often the rarest and the commonest one: ``count, min, max``."""
    used = rows.groupby(["subtask", "form", "instruction_id"]).size()
    return used.groupby(["subtask", "form"]).agg(["count", "min", "max"])


def own_words(text, labels):
    """A wording without the label list and the line format it may quote."""
    for joined in ("、".join(labels), " / ".join(labels)):
        if len(labels) > 1:
            text = text.replace(joined, "")
    for quoted in PAIR_FORMATS:
        text = text.replace(quoted, "")
    return text


def _assign(rows, seed, use, count, block, folder):
    """Give the rows of each set its ``count`` wordings in turn, block after block: each is used equally often."""
    missing = [c for c in ("id", "subtask") if c not in rows.columns]
    if missing:
        raise ValueError(f"rows lack the column {' and '.join(missing)}; they have {', '.join(map(str, rows.columns))}")
    table = load(folder=folder)
    table = table[(table.use == use) & (table.number < count)]
    wordings = {key: group for key, group in table.groupby(["subtask", "form"], sort=False)}
    form = rows["form"].fillna("") if "form" in rows.columns else pd.Series("", index=rows.index)
    keys = pd.DataFrame({"subtask": rows["subtask"].to_numpy(), "form": form.to_numpy(), "id": rows["id"].to_numpy()})
    keys["block"] = rows[block].fillna("").to_numpy() if block in rows.columns else ""

    text, name = np.empty(len(rows), object), np.empty(len(rows), object)
    for key, group in keys.groupby(["subtask", "form"], sort=True, dropna=False):
        if key not in wordings:
            raise ValueError(_unknown(key, len(group), wordings))
        if group["id"].duplicated().any():
            twice = group["id"][group["id"].duplicated()].iloc[0]
            raise ValueError(f"id {twice!r} occurs twice in {'.'.join(filter(None, key))}: an id must name one row")
        rng = np.random.default_rng([seed, zlib.crc32("\t".join(key).encode())])
        order = rng.permutation(min(count, len(wordings[key])))  # a sub-task of one's own may have fewer
        group = group.sort_values("id")  # from here on nothing depends on the order in which rows came
        group = group.iloc[rng.permutation(len(group))].sort_values("block", kind="stable")
        given = wordings[key].iloc[order[np.arange(len(group)) % len(order)]]
        text[group.index], name[group.index] = given["instruction"].to_numpy(), given["instruction_id"].to_numpy()
    return rows.assign(instruction=text, instruction_id=name)


def _unknown(key, n, wordings):
    subtask, form = key
    known = sorted({s for s, _ in wordings})
    if subtask in known:
        forms = " or ".join(repr(f) for s, f in wordings if s == subtask)
        return f"{n} rows of sub-task {subtask!r} have form {form!r}; its form is {forms}"
    return f"{n} rows have the " + _no_such(subtask, known)


def _no_such(subtask, known):
    return f"unknown sub-task {subtask!r}; {nearest(subtask, known)}"


def _sets(subtask, folder):
    """(name, form, entry) of each set of wordings, in the order of the file names, those of one's own behind them."""
    sets = _read(Path(folder))
    if Path(folder) == FOLDER:
        sets = (*sets, *ADDED.values())
    known = sorted({name for name, _, _ in sets})
    if subtask is not None and subtask not in known:
        raise ValueError(_no_such(subtask, known))
    return [s for s in sets if subtask in (None, s[0])]


@functools.lru_cache(maxsize=4)
def _read(folder):
    files = sorted(folder.glob("*.yaml"))
    if not files:
        raise FileNotFoundError(f"no instruction files (*.yaml) in {folder}")
    sets = []
    for file in files:
        page = yaml.safe_load(file.read_text(encoding="utf-8"))
        if not isinstance(page, dict) or page.get("subtask") != file.stem:
            raise ValueError(f"{file}: the key 'subtask' must repeat the file's name, {file.stem!r}")
        forms = page["forms"] if "forms" in page else {page.get("form", ""): page}
        for form, entry in forms.items():
            _check(file, form, entry)
            sets.append((file.stem, form, entry))
    return tuple(sets)


def _check(file, form, entry):
    where = f"{file}, form {form!r}" if form else f"{file}"
    for key in ("labels", "format", "wordings", "evaluation"):
        if key not in entry:
            raise ValueError(f"{where}: the key {key!r} is missing")
    for key, count in (("wordings", TRAINING), ("evaluation", EVALUATION)):
        if len(entry[key] or []) != count:
            raise ValueError(f"{where}: {len(entry[key] or [])} {key}, needed are {count}")
    texts = [*entry["wordings"], *entry["evaluation"]]
    for text in texts:
        if not isinstance(text, str) or not text.strip() or text != text.strip():
            raise ValueError(f"{where}: a wording must be text without blanks at its ends, not {text!r}")
    if len(set(texts)) < len(texts):
        raise ValueError(f"{where}: {next(t for t in texts if texts.count(t) > 1)!r} is listed twice")


def prompts(rows):
    """The `prompt` of each row, from its ``instruction`` and ``input``."""
    return [prompt(i, x) for i, x in zip(rows["instruction"], rows["input"], strict=True)]


# ------------------------------------------------------------------------------------------------ questions and answers


def prompt(instruction: str, input: str = "") -> str:
    """Instruction and input as one question: the text that the encoder embeds and the model answers."""
    return f"{instruction}\n{input}" if input else instruction
