"""What the neighbours' chapter reads from the records of the grids ``neighbours`` and ``atlas``.

A section is one block, or the sentence that says why there is none. Everything that is asked of a section without a
record has rows without a result, so that a chapter goes on and its figures have gaps.
"""

import json
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from assl_utils.errors import DataError, plain
from assl_utils.evaluation import comparisons
from assl_utils.study import ablations, atlas, claims
from assl_utils.study.ablations import MARGIN
from assl_utils.study.atlas import SCORES

GRID, ATLAS = "neighbours", "atlas"
PLACES = ("partition", "select", "train", "compose", "route")
EXAM, GENERAL, NUMERIC, OTHER = "fineval", "general", "numeric", "not numeric"
KINDS = {EXAM: "all questions", NUMERIC: NUMERIC, OTHER: OTHER}
TASKS = ("sentiment", "classification", "generation", "extraction", "matching", "qa", "exam")
ALONE, PAIRED, EVERYTHING, BASE = "its task alone", "with another task", "everything", "base"
UNRELATED = "tasks without the exam"
PLUS = ("general 10 %", "general 30 %", "arithmetic 10 %")
MIXTURES = (PAIRED, EVERYTHING, *(f"{ALONE} + {p}" for p in PLUS), *(f"{EVERYTHING} + {p}" for p in PLUS))
_BRIEF, _SU, _YU, _ZHAO = (
    f"The abstract of {who}" for who in ("Brief et al. (2024)", "Su et al. (2024)", "Yu and Tiwari (2024)",
                                         "Zhao et al. (2024)")
)  # fmt: skip
CLAIMS = (
    claims.Claim("cocktail", _BRIEF, "a cocktail of related tasks can do better than the target task alone",
                 EVERYTHING, ALONE),
    claims.Claim("cocktail", _BRIEF, "mathematical rows improve numerical reasoning, and financial tasks with it",
                 f"{EVERYTHING} + arithmetic 10 %", EVERYTHING, NUMERIC),
    claims.Claim("cocktail", _BRIEF, "training for tasks does not necessarily bring more domain knowledge",
                 UNRELATED, BASE, EXAM, claims.EQUAL),
    claims.Claim("forgetting", _BRIEF, "general instructions keep performance from falling",
                 f"{EVERYTHING} + general 10 %", EVERYTHING, GENERAL),
    claims.Claim("numllm", _SU, "two merged modules improve the base model on numeric questions",
                 "merged_svd", BASE, NUMERIC),
    claims.Claim("numllm", _SU, "two merged modules improve the base model on questions that are not numeric",
                 "merged_svd", BASE, OTHER),
    claims.Claim("team", _YU, "experts of roles do better than one model of the same size",
                 "roles, text first", "one, the roles' rows"),
    claims.Claim("team", _YU, "continued training on text makes such experts better",
                 "roles, text first", "roles, 15 passes"),
    claims.Claim("retriever", _ZHAO, "retrieved and composed adapters do better than the baselines (here: mixture)",
                 "subtask, mixture", "one adapter"),
    claims.Claim("retriever", _ZHAO, "retrieved and composed adapters do better than the baselines (here: fusion)",
                 "subtask, fusion", "one adapter"),
)  # fmt: skip


@dataclass(frozen=True)
class Section:
    """One block of a grid as a section of the chapter reads it.

    Attributes
    ----------
    block : ablations.Block or None
    lines : DataFrame
        A row a line that was done: ``arm``, the words, seeds, ``rows``, ``more``, …
    missing : str
        Why there is nothing, with the command that makes it; empty where there is something.
    numeric : frozenset of str
        Ids of the exam's questions that are numeric.
    digest : str
        Of the data that the record is of.
    """

    block: object
    lines: pd.DataFrame
    missing: str = ""
    numeric: frozenset = frozenset()
    digest: str = ""

    @property
    def asks(self):
        """The block's question, or why there is none."""
        return self.missing or self.block.asks

    def sentences(self, places=PLACES):
        """The sentence of each arm, with the number of its trainings and the rows of one: the lines of the grid."""
        if self.missing:
            return pd.DataFrame({"the grid": [self.missing]})
        groups = self.lines.groupby("arm", sort=False)
        found = groups[list(places)].first().agg(" ".join, axis=1).to_frame("sentence")
        return found.assign(trainings=groups.size(), rows=groups["rows"].mean().round().astype(int))

    def pairs(self, pairs, what="AVG", margin=MARGIN):
        """Differences of pairs of arms, as :meth:`ablations.Block.pairs`; rows without a result where it cannot.

        ``what`` may also be ``numeric`` or ``not numeric``: these questions of the exam.
        """
        if self.missing:
            return _no_result(pairs, what, self.missing)
        try:
            return self._of(what).pairs(pairs, EXAM if what in KINDS else what, margin).assign(what=what)
        except DataError as error:
            return _no_result(pairs, what, plain(error).rstrip("."))

    def scores(self, what="AVG"):
        """Mean score of each arm over its trainings, points; empty where there is none."""
        try:
            found = None if self.missing else self._of(what).measured(EXAM if what in KINDS else what)
        except DataError:
            found = None
        if found is None:
            return pd.Series(dtype=float)
        means = pd.Series(found.values).groupby(found.line).mean()
        return means.reindex([arm for arm in self.block.arms.index if arm in means])

    def questions(self, what="AVG"):
        """How many questions a score has."""
        items = self.block.items if what == "AVG" else self._of(what).items
        return items["id"].nunique()

    def judge(self, name, margin=MARGIN):
        """What the section says of its neighbour's claims, see :func:`claims.judge`."""
        return claims.judge(name, self, margin, CLAIMS)

    def _of(self, what):
        if what not in KINDS:
            return self.block
        items = self.block.items
        mine = items["benchmark"] == EXAM
        mine &= True if what == EXAM else items["id"].isin(self.numeric) == (what == NUMERIC)
        if not mine.any():
            raise DataError(f"no answer to a question of the kind {KINDS[what]!r} is recorded")
        return replace(self.block, items=items[mine])


def section(folder, run, name, grid=GRID):
    """A block of a grid's record, or a section that says why there is none.

    Parameters
    ----------
    folder : path
        Where the book keeps the records of grids.
    run, name, grid : str
        ``cpu``, the block, the grid.
    """
    try:
        record = ablations.read(folder, run, grid)
        block = ablations.block(record, name)
    except DataError as error:
        return Section(None, pd.DataFrame({"arm": [], "more": []}), plain(error).rstrip("."))
    lines = record.of(name)
    done, missing = lines[lines["error"] == ""], ""
    if done.empty:
        again = ablations.command(run, grid)
        why = next(iter(block.why.values()), None)
        missing = f"no line of {name} is recorded yet: {again}"
        if why is not None:
            missing = f"every line of {name} failed ({why}); try again: {again}"
    items = record.items
    numeric = items.loc[items["numeric"].fillna(False).astype(bool), "id"] if "numeric" in items else ()
    return Section(block, done, missing, frozenset(numeric), record.about["digest"])


def _no_result(pairs, what, why):
    rows = [
        {"first": one, "second": two, "sentence": f"no result: {why}", "reason": why, "equal": False}
        for one, two in pairs
    ]
    return pd.DataFrame(rows).assign(what=what).reindex(columns=comparisons.COLUMNS)


def said(table, margin=MARGIN):
    """What the comparisons of a table could have shown, and how many show something, as sentences."""
    there = table[table["reason"] == ""].reset_index(drop=True)
    if there.empty:
        return claims.wrapped(f"There is no result yet: {table['reason'].iloc[0]}.")
    equal = int(there["equal"].astype(bool).sum())
    found = f"{claims.could_show(there)}\n{claims.largest(there)}\n{equal} are equal within {margin:g} points."
    return claims.wrapped(found)


# ------------------------------------------------------------------------------------------------------------ Cocktail


def cocktail(folder, run):
    """Everything in one adapter beside adapters of one task and of two, from both grids.

    Returns
    -------
    Section
        The arms of the block, those of the atlas, and one for each of `ALONE` and `MIXTURES` that is made of several
        adapters: each score is that of the adapter of its own task class, `atlas.SCORES`. `UNRELATED` are the answers
        to the exam of the six adapters that saw no row of it.
    """
    own = section(folder, run, "cocktail")
    parts = [section(folder, run, name, ATLAS) for name in ("alone", "pairs")]
    missing = next((part.missing for part in (own, *parts) if part.missing), "")
    if not missing and parts[0].digest != own.digest:
        missing = f"the grids {GRID} and {ATLAS} were recorded on other rows or questions: record both again"
    if missing:
        return replace(own, missing=missing)
    joined = ablations.join(own.block, *(part.block for part in parts))
    items, pairs = joined.items, list(parts[1].block.arms.index)
    members = {ALONE: {score: [task] for score, task in SCORES.items()}}
    members[PAIRED] = {score: [pair for pair in pairs if task in pair.split("+")] for score, task in SCORES.items()}
    members |= {f"{ALONE} + {plus}": {score: [f"{task} + {plus}"] for score, task in SCORES.items()} for plus in PLUS}
    members[UNRELATED] = {EXAM: [task for task in TASKS if task != "exam"]}
    made = [each_by_its_own(items, adapters, name) for name, adapters in members.items()]
    arms = joined.arms.reindex([*joined.arms.index, *members])
    block = replace(joined, asks=own.asks, arms=arms, items=pd.concat([items, *made], ignore_index=True))
    lines = pd.concat([own.lines, *(part.lines for part in parts)], ignore_index=True)
    return replace(own, block=block, lines=lines)


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
        asked = items["benchmark"] == EXAM if score == EXAM else items["task"] == score
        groups = items[asked & items["line"].isin(arms)].groupby(cell, sort=False, observed=True)
        means = groups[["numerator", "denominator"]].mean().astype(float)
        found.append(means[groups.size() == len(arms)].reset_index())
    return pd.concat(found, ignore_index=True).assign(line=name)


def matrix(found, margin=MARGIN, mixtures=MIXTURES):
    """What each mixture does to each score, against the adapter of the score's own task class alone.

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
    for score in SCORES:
        table = found.pairs([(mixture, ALONE) for mixture in mixtures], score, margin)
        rows.append(table.assign(task="FinEval" if score == EXAM else score, **{"with": list(mixtures)}))
    return pd.concat(rows, ignore_index=True)


def second_tasks(folder, run, margin=MARGIN):
    """What one more task does to another, from the atlas: :func:`atlas.interference`, or why there is no result."""
    alone, pairs = (section(folder, run, name, ATLAS) for name in ("alone", "pairs"))
    if missing := alone.missing or pairs.missing:
        return f"There is no result yet: {missing}."
    return atlas.interference(atlas.pair_table(alone.block, pairs.block, margin))


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
        table = found.pairs([(arm, BASE) for arm in arms.values()], GENERAL, margin)
        rows.append(table.assign(trained=trained, beside=list(arms)))
    return pd.concat(rows, ignore_index=True)


# -------------------------------------------------------------------------------------------------------------- NumLLM


def by_kind(found, pairs, margin=MARGIN):
    """Differences on the exam's questions: on all of them, on the numeric ones, and on the others.

    Returns
    -------
    DataFrame
        ``questions`` (which, and how many) and the columns of :func:`comparisons.compare_all`.
    """
    rows = []
    for what, name in KINDS.items():
        table = found.pairs(pairs, what, margin)
        number = f" ({table['questions'].max():.0f})" if table["questions"].notna().any() else ""
        rows.append(table.assign(questions=f"{name}{number}"))
    return pd.concat(rows, ignore_index=True)


def scores_by_kind(found):
    """Mean scores of each arm on all questions of the exam, the numeric and the others, an arm a row."""
    if found.missing:
        return pd.DataFrame({"the grid": [found.missing]})
    return pd.DataFrame({name: found.scores(what) for what, name in KINDS.items()})


def merging_errors(found):
    """How far each way to merge is from the exact sum, relative to it: mean over trainings, by arm."""
    more = [json.loads(text) if isinstance(text, str) and text else {} for text in found.lines["more"]]
    errors = pd.Series([one.get("error", np.nan) for one in more], dtype=float)
    return errors.groupby(found.lines["arm"].to_numpy()).mean().dropna().rename("error").to_frame()


# ------------------------------------------------------------------------------------------------------- LoraRetriever


def domains(found, partitions=("kmeans", "subtask"), composed=("selection", "fusion", "mixture")):
    """Mean scores in and out of domain, and what masking takes, by partition and way to compose.

    Returns
    -------
    DataFrame indexed by ``partition, compose``
        ``in domain``, ``own expert masked``, ``lost`` (points).
    """
    index = pd.MultiIndex.from_product([partitions, composed], names=["partition", "compose"])
    scores = found.scores()
    columns = {"in domain": "", "own expert masked": ", masked"}
    table = pd.DataFrame(
        {name: [scores.get(f"{p}, {c}{end}", np.nan) for p, c in index] for name, end in columns.items()}, index=index
    )
    return table.assign(lost=table["in domain"] - table["own expert masked"])


def together_or_alone(found, margin=MARGIN, partitions=("kmeans", "subtask")):
    """Fusion and mixture against selection, in domain and with the own expert masked.

    Returns
    -------
    DataFrame
        ``label``, ``domain``, and the columns of :func:`comparisons.compare_all`.
    """
    kinds, rows = [(p, c) for p in partitions for c in ("fusion", "mixture")], []
    for domain, end in {"in domain": "", "own expert masked": ", masked"}.items():
        pairs = [(f"{p}, {c}{end}", f"{p}, selection{end}") for p, c in kinds]
        labels = [f"{p}: {c} – selection" for p, c in kinds]
        rows.append(found.pairs(pairs, margin=margin).assign(domain=domain, label=labels))
    return pd.concat(rows, ignore_index=True)
