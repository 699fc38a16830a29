"""Reading what earlier studies left in `book/recorded`.

Choices of rows that were recorded under a former name (:data:`assl_utils.study.choice_names.FORMER`) are read under the
present one, whether the name is a key, a column or a value.
"""

import functools
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from assl_utils import shapes, store
from assl_utils.evaluation import tables
from assl_utils.study.choice_names import CHOICES, FORMER, present
from assl_utils.study.shapes import Choice, Recorded

PLACES = {"cells": "cell.json", "row_choices": "choice.json"}  # where choices of rows were and are recorded
SHOWN = ("torch", "transformers", "peft", "sentence-transformers", "numpy")  # of the versions


@dataclass(frozen=True)
class Study:
    """One record as the chapter reads it."""

    folder: Path

    @property
    def name(self):
        """Name of the run, ``"small_cpu-clean-s1"``."""
        return self.folder.name

    @functools.cached_property
    def about(self):
        """``record.json``."""
        return shapes.read(self.folder / "record.json", Recorded)

    @functools.cached_property
    def items(self):
        """What every score is computed from, a row per model and question; names are plain texts again."""
        items = store.read_table(self.folder / "items.parquet")
        return items.astype({c: str for c in items.columns if items[c].dtype == "category"})

    def table(self, name):
        """A table of the record, ``"router.csv"``."""
        return store.read_table(self.folder / name)

    @property
    def hours(self):
        """What all chapters took together."""
        return sum(cost["seconds"] for cost in self.about["costs"].values()) / 3600

    def facts(self):
        """Where, when, with what and by which command, as a Series of texts."""
        about, machine = self.about, self.about["hardware"]
        cards = " + ".join(card["name"] for card in machine["gpus"]) or "no GPU"
        versions = [f"{name} {number}" for name, number in about["versions"].items() if name in SHOWN]
        peak = max(cost["peak_bytes"] for cost in about["costs"].values()) / 1e9
        return pd.Series(
            {
                "command": about["command"],
                "finished": about["finished"][:10],
                "machine": f"{machine['cores']} cores ({machine['cpu']}), {cards}",
                "took": f"{self.hours:.1f} hours, at most {peak:.1f} GB",
                "base model": f"{about['base']['name']}, {about['base']['dtype'].removeprefix('torch.')}",
                "its content": about["base"]["content"][:16],
                "encoder": about["encoder"],
                "rows": f"{about['rows']['collected']:,} collected, {self.selected:,} selected",
                "versions": ", ".join(versions),
            },
            name=self.name,
        )

    def by_subtask(self):
        """What the selection did to each sub-task, as a DataFrame."""
        return pd.DataFrame.from_dict(self.about["by_subtask"], orient="index").rename_axis("sub-task")

    @property
    def selected(self):
        """Rows after stage 2, all clusters together."""
        return sum(part["rows"] for part in self.about["chosen"]["stage 2"].values())


def beside(found, model, n_boot=2000, seed=0):
    """One model of the first study against the same model of each other one that was asked the same questions.

    Parameters
    ----------
    found : dict of str to Study
        See `studies`; the first is compared with the others.
    model : str

    Returns
    -------
    DataFrame
        A row per other study: ``study, model, here`` (AVG of the first), ``there`` and the columns of
        :func:`assl_utils.evaluation.tables.compare` for CFLEB's mean. Studies without that model, or with other
        questions, have none.
    """
    (name, usual), *others = found.items()
    mine, rows = set(usual.items["id"]), []
    for other, study in others:
        theirs = study.items[study.items["model"] == model]
        if theirs.empty or set(theirs["id"]) != mine:
            continue
        both = together({name: (usual, model), other: (study, model)})
        scores = tables.score(both).query("benchmark == 'cfleb' and task == 'AVG'").set_index("model")["score"]
        gap = tables.compare(both, name, other, n_boot, seed)
        gap = gap[(gap["benchmark"] == "cfleb") & (gap["task"] == "AVG")]
        rows.append(gap.assign(study=other, model=model, here=scores[name], there=scores[other]))
    columns = ["study", "model", "here", "there", "diff", "lo", "hi", "sentence"]
    return pd.concat(rows, ignore_index=True)[columns] if rows else pd.DataFrame(columns=columns)


@dataclass(frozen=True)
class RecordedChoice(Study):
    """What came of one choice of rows (:mod:`assl_utils.study.choice_names`); its only model has the choice's name."""

    @functools.cached_property
    def about(self):
        """``choice.json``, or a former record's ``cell.json``, by the present names and in the present words."""
        found = next(self.folder / file for file in PLACES.values() if (self.folder / file).is_file())
        about = shapes.read(found, Choice)
        about = dict(zip(present(about), about.values(), strict=True))
        (name,) = present([about["choice"]])
        return about | {"choice": name, "what": CHOICES.get(name, about["what"])}

    @functools.cached_property
    def items(self):
        """As of any study."""
        items = super().items
        return items.assign(model=items["model"].replace(FORMER))

    @property
    def name(self):
        """Name of the choice, ``"random"``."""
        return self.about["choice"]


def row_choices(folder, run):
    """The recorded choices of rows of a run, a dict by name in the order in which they were made; maybe empty."""
    found = [choice for choice in _all_choices(folder, run) if choice.about["run"] == run]
    return {choice.name: choice for choice in sorted(found, key=lambda choice: choice.about["finished"])}


def _all_choices(folder, study):
    """Those of a study and of its trials and protocols."""
    paths = [path for place, file in PLACES.items() for path in Path(folder, place).glob(f"{study}-*/{file}")]
    return [RecordedChoice(path.parent) for path in sorted(paths)]


def counts(folder, run):
    """Rows of each sub-task that each choice would train on, as they were counted; empty where that was not kept."""
    files = [file for place in PLACES if (file := Path(folder, place, f"{run}.csv")).is_file()]
    if not files:
        return pd.DataFrame(columns=["choice", "subtask", "rows", "in_common"])
    table = store.read_table(files[-1])
    table.columns = present(table.columns)
    return table.assign(choice=present(table["choice"]))


def respondents(folder, study):
    """Every model that answered a study's questions: its own, and those of its choices of rows, trials and protocols.

    Returns
    -------
    dict of str to (Study or RecordedChoice, str)
        The record and the model's name in it, by ``"silversight"``, ``"random"`` or, of another run beside the study,
        ``"chosen, paper-s0"``.
    """
    runs = {choice.about["run"] for choice in _all_choices(folder, study)}
    who = {}
    for run in sorted(runs):
        beside = "" if run == study else f", {run.removeprefix(f'{study}-')}"
        who |= {f"{name}{beside}": (choice, name) for name, choice in row_choices(folder, run).items()}
    whole = Study(Path(folder, study))
    return who | {model: (whole, model) for model in whole.items["model"].unique()}


def compare_with(who, names, rivals=("silversight", "all-data"), n_boot=2000, seed=0):
    """Choices of rows beside each other and beside models of the whole study, by CFLEB's mean.

    Parameters
    ----------
    who : dict
        As `respondents` gave it.
    names : sequence of str
        The choices, of ``who``.
    rivals : sequence of str
        What each choice is compared with, on the same questions.

    Returns
    -------
    DataFrame
        A row per choice: ``choice, what, rows, steps, mean, lo, hi`` and for each rival ``to <rival>``, ``… lo`` and
        ``… hi``.
    """
    columns = ["choice", "what", "rows", "steps", "mean", "lo", "hi"]
    rows = []
    for name in names:
        choice, model = who[name]
        whole = tables.table1(choice.items[choice.items["model"] == model], n_boot, seed).iloc[0]
        row = [name, *(choice.about[key] for key in columns[1:4]), whole["AVG"], whole["AVG_lo"], whole["AVG_hi"]]
        gaps = paired_differences(who, [(name, rival) for rival in rivals], n_boot, seed)
        means = gaps[gaps["task"] == "AVG"].set_index("pair")[["diff", "lo", "hi"]]
        rows.append(row + means.reindex([f"{name} – {rival}" for rival in rivals]).to_numpy().ravel().tolist())
    against = [f"to {rival}{end}" for rival in rivals for end in ("", " lo", " hi")]
    return pd.DataFrame(rows, columns=columns + against)


def paired_differences(who, pairs, n_boot=2000, seed=0):
    """How far one model lies above another on the same questions, by the tasks of CFLEB and their mean, AVG.

    Parameters
    ----------
    who : dict
        As `respondents` gave it.
    pairs : sequence of (str, str)
        Names in ``who``; a pair of which one was not recorded is left out.

    Returns
    -------
    DataFrame
        ``pair, task, one, other, diff, lo, hi``: both scores, their difference and its interval.

    Raises
    ------
    ValueError
        For a pair that was asked different questions, as two seeds are.
    """
    columns = ["pair", "task", "one", "other", "diff", "lo", "hi"]
    pieces = [pd.DataFrame(columns=columns).astype(dict.fromkeys(columns[2:], float))]
    for one, other in pairs:
        if one not in who or other not in who:
            continue
        both = together({one: who[one], other: who[other]})
        scores = tables.score(both).query("benchmark == 'cfleb'")
        scores = scores.pivot(index="task", columns="model", values="score")
        scores = scores.rename(columns={one: "one", other: "other"})[["one", "other"]]
        gap = tables.compare(both, one, other, n_boot, seed).query("benchmark == 'cfleb'")
        named = scores.join(gap.set_index("task")[["diff", "lo", "hi"]]).reset_index()
        pieces.append(named.assign(pair=f"{one} – {other}")[columns])
    return pd.concat(pieces[1:] or pieces, ignore_index=True)


def shown(table):
    """`compare_with` for reading: each number with its interval in one text, the choice as index."""
    out = table.set_index("choice")[["what", "rows", "steps"]]
    names = [name for name in table.columns if f"{name} lo" in table]
    middle = [("mean", "lo", "hi", "{:.1f} ({:.1f}–{:.1f})")]
    middle += [(name, f"{name} lo", f"{name} hi", "{:+.1f} ({:+.1f} to {:+.1f})") for name in names]
    for name, lo, hi, form in middle:
        out[name] = [form.format(*row) for row in table[[name, lo, hi]].itertuples(index=False)]
    return out


def mark_significant(table):
    """Differences in points as text, with a star where their interval leaves out zero."""
    rows = zip(table["diff"], table["lo"], table["hi"], strict=True)
    return pd.Series([f"{diff:+.1f}{'*' if lo > 0 or hi < 0 else ''}" for diff, lo, hi in rows], table.index, dtype=str)


def studies(folder, name):
    """The study ``name`` and, after it, its other protocols, seeds and trials, as a dict by name."""
    found = [path for path in sorted(Path(folder).glob(f"{name}*")) if (path / "record.json").is_file()]
    found = [path for path in found if path.name == name or path.name.startswith(f"{name}-")]
    if not found or found[0].name != name:
        raise FileNotFoundError(f"there is no record of {name} in {folder}: make record PROFILE={name}")
    return {path.name: Study(path) for path in found}


def together(parts):
    """Items of several studies side by side, for comparing their models on the same questions.

    Parameters
    ----------
    parts : dict of str to (Study, str)
        The new name of each model, the study it is from, and its name there.
    """
    frames = []
    for label, (study, model) in parts.items():
        mine = study.items[study.items["model"] == model]
        if mine.empty:
            raise ValueError(f"{study.name} has no model {model}")
        frames.append(mine.assign(model=label))
    first = set(frames[0]["id"])
    for label, frame in zip(parts, frames, strict=True):
        if set(frame["id"]) != first:
            raise ValueError(f"{label!r} was asked other questions than {next(iter(parts))!r}: no pair to compare")
    return pd.concat(frames, ignore_index=True)
