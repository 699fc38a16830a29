"""What the neighbours' chapter reads from the records of the grids ``neighbours`` and ``atlas``.

A section is one block, or the sentence that says why there is none. Everything that is asked of a section without a
record has rows without a result, so that a chapter goes on and its figures name the command that is missing.
"""

import json
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from assl_utils.errors import DataError, plain
from assl_utils.evaluation import comparisons
from assl_utils.evaluation.arms import UNTRAINED
from assl_utils.study import ablations
from assl_utils.study.ablations import MARGIN
from assl_utils.study.grid import sentences

GRID, ATLAS = "neighbours", "atlas"
WORDS = list(sentences.WORDS)
EXAM = "fineval"
TASK_OF = {  # a score, and the task class whose rows teach it; no score asks for matching
    "FE": "sentiment", "NL": "classification", "NSP1": "classification", "NSP2": "classification", "NA": "generation",
    "RE": "extraction", "QA": "qa", EXAM: "exam",
}  # fmt: skip
TASKS = ("sentiment", "classification", "generation", "extraction", "matching", "qa", "exam")
ALONE, PAIRED, EVERYTHING, BASE = "its task alone", "with another task", "everything", "base"
UNRELATED = "tasks without the exam"
PLUS = ("general 10 %", "general 30 %", "arithmetic 10 %")
MIXTURES = (PAIRED, EVERYTHING, *(f"{ALONE} + {p}" for p in PLUS), *(f"{EVERYTHING} + {p}" for p in PLUS))
KINDS = {"all questions": None, "numeric": True, "not numeric": False}


@dataclass(frozen=True)
class Section:
    """One block of a grid as a section of the chapter reads it.

    Attributes
    ----------
    asks : str
        Its question; empty without a record.
    lines : DataFrame
        A row a line that was done: ``arm``, the six words, seeds, costs, ``more``.
    items : DataFrame
        See :func:`assl_utils.evaluation.arms.measured`; a base model has no seed.
    missing : str
        Why there is nothing, with the command that makes it; empty where there is something.
    holes : DataFrame
        Lines that failed, and why.
    about : dict
        The record's account.
    """

    asks: str
    lines: pd.DataFrame
    items: pd.DataFrame
    missing: str = ""
    holes: pd.DataFrame = None
    about: dict = None

    def sentences(self, words=("partition", "select", "train", "compose", "route")):
        """The sentence of each arm, with the number of its trainings and the rows of one: the lines of the grid."""
        if self.lines.empty:
            return pd.DataFrame({"the grid": [self.missing]})
        groups = self.lines.groupby("arm", sort=False)
        found = groups[list(words)].first().agg(" ".join, axis=1).to_frame("sentence")
        return found.assign(trainings=groups.size(), rows=groups["rows"].mean().round().astype(int))

    def compare(self, pairs, what="AVG", margin=MARGIN):
        """Differences of pairs of arms, see :func:`comparisons.compare_all`; rows without a result where it cannot."""
        if self.missing:
            return _no_result(pairs, what, self.missing)
        try:
            return comparisons.compare_all(self.items, pairs, what, margin)
        except DataError as error:
            return _no_result(pairs, what, plain(error).rstrip("."))

    def scores(self, what="AVG"):
        """Mean score of each arm over its trainings, points; empty where there is none."""
        if self.missing:
            return pd.Series(dtype=float)
        try:
            found = ablations.measured(self.items, what)
        except DataError:
            return pd.Series(dtype=float)
        means = pd.Series(found.values).groupby(found.line).mean()
        return means.reindex([arm for arm in dict.fromkeys(self.items["line"]) if arm in means])

    def only(self, rows):
        """The section with some of its items, a mask."""
        return replace(self, items=self.items[rows])


def section(folder, run, name, grid=GRID):
    """A block of a grid's record, or a section that says why there is none.

    Parameters
    ----------
    folder : path
        Where the book keeps the records of grids.
    run, name, grid : str
        ``cpu``, the block, the grid.
    """
    nothing = pd.DataFrame({"arm": [], "key": []}), pd.DataFrame({"line": []})
    try:
        record = ablations.read(folder, run, grid)
        found = ablations.block(record, name)
    except DataError as error:
        return Section("", *nothing, plain(error).rstrip("."), nothing[0])
    lines = record.of(name)
    done = lines[lines["error"] == ""]
    missing = "" if len(done) else f"no line of {name} is done: make grid GRID={grid} PROFILE={run} RECORD=1"
    items = _without_seed(found.items, done.loc[done["train"] == "nothing", "key"])
    return Section(found.asks, done, items, missing, ablations.holes(record, name), record.about)


def _without_seed(items, keys):
    base = items["key"].isin(keys)
    return items.assign(**{name: items[name].where(~base, UNTRAINED) for name in ("seed", "clustering_seed")})


def _no_result(pairs, what, why):
    rows = [
        {"first": one, "second": two, "sentence": f"no result: {why}", "reason": why, "equal": False}
        for one, two in pairs
    ]
    return pd.DataFrame(rows).assign(what=what).reindex(columns=comparisons.COLUMNS)


def said(table, margin=MARGIN):
    """What the comparisons of a table could have shown, how many differ, and how many would by chance: sentences."""
    there = table[table["reason"] == ""]
    if there.empty:
        return f"There is no result yet: {table['reason'].iloc[0] if len(table) else 'nothing was compared'}."
    above, below = int((there["lo"] > 0).sum()), int((there["hi"] < 0).sum())
    equal = int(there["equal"].astype(bool).sum())
    return (
        f"{ablations.could_show(there)} Of {len(there)} differences {above} are above zero and {below} below, each by "
        f"its own interval; about {0.05 * len(there):.1f} would be if nothing differed. "
        f"{equal} are equal within {margin:g} points."
    )


# ------------------------------------------------------------------------------------------------------------ Cocktail


def cocktail(folder, run):
    """Everything in one adapter beside adapters of one task and of two, from both grids.

    Returns
    -------
    Section
        The arms of the block, those of the atlas, and one for each of `ALONE` and `MIXTURES` that is made of several
        adapters: each score is that of the adapter of its own task, `TASK_OF`. `UNRELATED` are the answers to the exam
        of the six adapters that saw no row of it.
    """
    own = section(folder, run, "cocktail")
    parts = [section(folder, run, name, ATLAS) for name in ("alone", "pairs")]
    missing = next((part.missing for part in (own, *parts) if part.missing), "")
    if not missing and parts[0].about["digest"] != own.about["digest"]:
        missing = f"the grids {GRID} and {ATLAS} were recorded on other rows or questions; record both again"
    if missing:
        return replace(own, missing=missing)
    items = pd.concat([own.items, *(part.items for part in parts)], ignore_index=True)
    arms = set(items["line"])
    pairs = [arm for arm in dict.fromkeys(parts[1].items["line"])]
    made = [each_by_its_own(items, {s: [task] for s, task in TASK_OF.items()}, ALONE)]
    partners = {s: [arm for arm in pairs if task in arm.split("+")] for s, task in TASK_OF.items()}
    made.append(each_by_its_own(items, partners, PAIRED))
    made.append(each_by_its_own(items, {EXAM: [task for task in TASKS if task != "exam"]}, UNRELATED))
    for plus in PLUS:
        mixed = {s: [f"{task} + {plus}"] for s, task in TASK_OF.items() if f"{task} + {plus}" in arms}
        made.append(each_by_its_own(items, mixed, f"{ALONE} + {plus}"))
    lines = pd.concat([own.lines, *(part.lines for part in parts)], ignore_index=True)
    return replace(own, lines=lines, items=pd.concat([items, *made], ignore_index=True))


def each_by_its_own(items, adapters, name):
    """An arm whose score of each task is that of other arms: of the adapter that was trained for it.

    Parameters
    ----------
    items : DataFrame
        See :func:`assl_utils.evaluation.arms.measured`.
    adapters : dict of str to list of str
        For each score the arms that answer for it. Of several, every question counts with their mean numerator and
        denominator, so the score is that of all their answers together.
    name : str
        Of the new arm.

    Returns
    -------
    DataFrame
        Items of the new arm, for the trainings in which every arm named for a score answered its questions.
    """
    cell = ["seed", "clustering_seed", "benchmark", "task", "id", "group"]
    found = []
    for score, arms in adapters.items():
        mine = items[_rows_of(items, score) & items["line"].isin(arms)]
        groups = mine.groupby(cell, sort=False, observed=True)[["numerator", "denominator"]]
        means = groups.mean().astype(float)[groups.size() == len(arms)]
        found.append(means.reset_index())
    made = pd.concat(found, ignore_index=True) if found else items.iloc[:0]
    return made.assign(line=name)


def _rows_of(items, score):
    return items["benchmark"] == EXAM if score == EXAM else items["task"] == score


def matrix(found, margin=MARGIN, mixtures=MIXTURES):
    """What each mixture does to each score, against the adapter of the score's own task alone.

    Parameters
    ----------
    found : Section
        From `cocktail`.

    Returns
    -------
    DataFrame
        ``task`` (the score), ``with`` (the mixture), and the columns of :func:`comparisons.compare_all`.
    """
    rows = []
    for score in TASK_OF:
        table = found.compare([(mixture, ALONE) for mixture in mixtures], score, margin)
        rows.append(table.assign(task="exam" if score == EXAM else score, **{"with": list(mixtures)}))
    return pd.concat(rows, ignore_index=True)


def pairs_of(found, margin=MARGIN):
    """What each second task does to each score, from the atlas: the columns of `matrix`, ``with`` the second task."""
    arms, rows = [arm for arm in dict.fromkeys(found.items["line"]) if "+" in arm and " " not in arm], []
    for score, task in TASK_OF.items():
        named = {next(iter(set(arm.split("+")) - {task})): arm for arm in arms if task in arm.split("+")}
        others = [other for other in TASKS if other in named] or [other for other in TASKS if other != task]
        table = found.compare([(named.get(other, f"{task}+{other}"), task) for other in others], score, margin)
        rows.append(table.assign(task="exam" if score == EXAM else score, **{"with": others}))
    return pd.concat(rows, ignore_index=True)


def forgetting(found, margin=MARGIN):
    """Score on general instructions of each adapter minus that of the base model.

    Returns
    -------
    DataFrame
        ``trained`` (task class or everything), ``beside`` (rows that were added), and the columns of
        :func:`comparisons.compare_all`.
    """
    rows = []
    for trained in (*TASKS, EVERYTHING):
        arms = {"nothing": trained} | {plus: f"{trained} + {plus}" for plus in PLUS}
        table = found.compare([(arm, BASE) for arm in arms.values()], "general", margin)
        rows.append(table.assign(trained=trained, beside=list(arms)))
    return pd.concat(rows, ignore_index=True)


# -------------------------------------------------------------------------------------------------------------- NumLLM


def numeric_ids(*sections):
    """Ids of the exam's questions that are numeric, from the sections whose items say so."""
    found = [part.items for part in sections if "numeric" in part.items]
    return {i for items in found for i in items.loc[items["numeric"].fillna(False).astype(bool), "id"]}


def by_kind(found, pairs, ids, margin=MARGIN):
    """Differences on the exam's questions: on all of them, on the numeric ones, and on the others.

    Parameters
    ----------
    found : Section
    pairs : list of (str, str)
    ids : collection of str
        The numeric questions, `numeric_ids`.

    Returns
    -------
    DataFrame
        ``questions`` (one of `KINDS`, with their number) and the columns of :func:`comparisons.compare_all`.
    """
    exam = found if found.missing else found.only(found.items["benchmark"] == EXAM)
    rows = []
    for kind, wanted in KINDS.items():
        part = exam if exam.missing or wanted is None else exam.only(exam.items["id"].isin(ids) == wanted)
        name = kind if exam.missing else f"{kind} ({part.items['id'].nunique()})"
        rows.append(part.compare(pairs, EXAM, margin).assign(questions=name))
    return pd.concat(rows, ignore_index=True)


def scores_by_kind(found, ids):
    """Mean scores of each arm on all questions of the exam, the numeric and the others, an arm a row."""
    if found.missing:
        return pd.DataFrame({"the grid": [found.missing]})
    masks = {kind: np.ones(len(found.items), bool) if wanted is None else found.items["id"].isin(ids) == wanted
             for kind, wanted in KINDS.items()}  # fmt: skip
    return pd.DataFrame({kind: found.only(mask).scores(EXAM) for kind, mask in masks.items()})


def merging_errors(found):
    """How far each way to merge is from the exact sum, relative to it: mean over trainings, by arm."""
    lines = found.lines[found.lines["more"].astype(object).fillna("") != ""] if "more" in found.lines else found.lines
    errors = [json.loads(more).get("error", np.nan) for more in lines.get("more", [])]
    return pd.Series(errors, dtype=float).groupby(lines["arm"].to_numpy()).mean().rename("error of the merged update")


# ------------------------------------------------------------------------------------------------------- LoraRetriever


def domains(found):
    """Mean scores in and out of domain, and what masking takes, by partition and way to compose.

    Returns
    -------
    DataFrame indexed by ``partition, compose``
        ``in domain``, ``own expert masked``, ``lost`` (points).
    """
    scores = found.scores()
    rows = {}
    for arm, score in scores.items():
        if f"{arm}, masked" in scores.index:
            partition, compose = arm.split(", ")
            rows[partition, compose] = (score, scores[f"{arm}, masked"])
    table = pd.DataFrame.from_dict(rows, orient="index", columns=["in domain", "own expert masked"])
    table.index = pd.MultiIndex.from_tuples(rows, names=["partition", "compose"]) if rows else table.index
    return table.assign(lost=table["in domain"] - table["own expert masked"])


def together_or_alone(found, margin=MARGIN, partitions=("kmeans", "subtask")):
    """Fusion and mixture against selection, in domain and with the own expert masked.

    Returns
    -------
    DataFrame
        ``label``, ``domain``, and the columns of :func:`comparisons.compare_all`.
    """
    rows = []
    for domain, end in {"in domain": "", "own expert masked": ", masked"}.items():
        pairs = [(f"{p}, {c}{end}", f"{p}, selection{end}") for p in partitions for c in ("fusion", "mixture")]
        labels = [f"{p}: {c} – selection" for p in partitions for c in ("fusion", "mixture")]
        rows.append(found.compare(pairs, margin=margin).assign(domain=domain, label=labels))
    return pd.concat(rows, ignore_index=True)
