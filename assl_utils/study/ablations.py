"""The recorded grids block by block: arms and their spread, differences with intervals, what was trained on.

A chapter asks a block's question, and every number it prints comes from here. What the numbers say of the paper's
claims is in :mod:`assl_utils.study.claims`.
"""

import json
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from assl_utils.errors import DataError, nearest
from assl_utils.evaluation import comparisons
from assl_utils.evaluation.arms import UNTRAINED, measured, score_of
from assl_utils.evaluation.tables import TABLE1
from assl_utils.study.grid import reading

MARGIN = 2.0  # points that count as equal
SENSITIVITY = {  # what is changed: the arm with the usual value, the arms with others
    "neighbours k in (7); usual: 20": ("budget", ("k = 5", "k = 40")),
    "how MinPts goes on; usual: algorithm1": ("budget", ("MinPts as_printed", "MinPts equation9")),
    "weight λ3 in (13); usual: 0.6": ("utility", ("λ3 = 0.0", "λ3 = 0.2")),
    "scale of ROUGE in (12); usual: 0 to 1": ("utility", ("ROUGE to 100",)),
    "number of clusters K; usual: 6": ("random", ("K = 2", "K = 4", "K = 10", "K = 15")),
}


@dataclass(frozen=True)
class Block:
    """One question of a grid, with what its lines found.

    Attributes
    ----------
    name, asks : str
    arms : DataFrame
        A row an arm, in the order of the grid: ``seeds``, ``score`` (mean over trainings), ``sd``, ``rows``, ``steps``,
        ``operations`` (millions for each weight of the model, choosing the rows included), ``failed``; ``error`` where
        experts were merged.
    items : DataFrame
        See :func:`assl_utils.evaluation.arms.measured`; an untrained arm has the seeds ``UNTRAINED``.
    why : dict of str to str
        Of arms without any result, the reason.
    """

    name: str
    asks: str
    arms: pd.DataFrame
    items: pd.DataFrame
    why: dict = field(default_factory=dict)

    def against(self, reference, others=None, what="AVG", margin=MARGIN):
        """Every other arm minus the reference arm, a row each; see :func:`comparisons.compare_all`."""
        others = [arm for arm in (self.arms.index if others is None else others) if arm != reference]
        return self.pairs([(arm, reference) for arm in others], what, margin)

    def pairs(self, pairs, what="AVG", margin=MARGIN):
        """Differences of pairs of arms; a pair of which an arm has no result says which, and why."""
        table = comparisons.compare_all(self.measured(what), pairs, what, margin)
        there = set(self.items["line"])
        for at, (first, second) in enumerate(pairs):
            if missing := [arm for arm in (first, second) if arm not in there]:
                reason = f"{missing[0]}: {self.why.get(missing[0], 'no line of it is done')}"
                table.loc[at, ["reason", "sentence"]] = reason, f"no result: {reason}"
        return table

    def by_task(self, pairs, margin=MARGIN):
        """The same differences task by task: :meth:`pairs` of CFLEB's seven scores and of their mean."""
        return pd.concat([self.pairs(pairs, what, margin) for what in (*TABLE1, "AVG")], ignore_index=True)

    def measured(self, what="AVG"):
        """The arms' scores with the influence of every question, for comparisons."""
        if self.items.empty:
            raise DataError(f"no line of the block {self.name} is done: {'; '.join(self.why.values())}")
        return measured(self.items, what)

    def scores(self):
        """CFLEB's seven scores and their mean of every training."""
        return score_of(self.items)

    def means(self):
        """Mean scores over trainings, an arm a row, tasks as columns."""
        wide = self.scores().drop(columns=["seed", "clustering_seed"]).groupby("line").mean()
        return wide.reindex([arm for arm in self.arms.index if arm in wide.index]).rename_axis("arm")


def command(run, grid, settings=""):
    """The command that makes a record: ``cpu-n13000`` is the trial n13000 of the profile cpu."""
    profile, _, trial = run.partition("-")
    words = ["make grid", f"GRID={grid}", f"PROFILE={profile}"]
    words += [f"TRIAL={trial}"] if trial else []
    words += [f'SET="{settings}"'] if settings else []
    return " ".join([*words, "RECORD=1"])


def read(folder, run, grid):
    """The record of a grid from the folder that the book keeps.

    Raises
    ------
    DataError
        Where there is none: with the command that makes it.
    """
    found = reading.open_folder(folder, f"{run}-{grid}")
    if found is None:
        raise DataError(f"no record of the grid {grid} for {run}: {command(run, grid)}")
    return found


def find(folder, run, grid, settings="", say=print):
    """The same, or None where there is none; then it says which command makes it."""
    found = reading.open_folder(folder, f"{run}-{grid}")
    if found is None:
        say(f"There is no record of the grid {grid} for {run} yet. This makes it: {command(run, grid, settings)}")
    return found


def block(record, name):
    """One block of a record; None of no record."""
    if record is None:
        return None
    lines = record.of(name)
    if lines.empty:
        known = list(record.about["asks"])
        raise DataError(f"{record.folder.name} has no line of a block {name!r}; {nearest(name, known)}")
    done, failed = lines[lines["error"] == ""], lines[lines["error"] != ""]
    arms = done.groupby("arm", sort=False).agg(
        seeds=("key", "size"), score=("score", "mean"), sd=("score", "std"), rows=("rows", "mean"),
        steps=("steps", "mean"), operations=("operations", "mean"),
    )  # fmt: skip
    arms["operations"] /= 1e6
    errors = {arm: json.loads(more).get("error") for arm, more in zip(done["arm"], _texts(done, "more"), strict=True)}
    if any(error is not None for error in errors.values()):
        arms["error"] = pd.Series(errors, dtype=float)
    arms = arms.reindex(list(dict.fromkeys(lines["arm"])))
    arms["failed"] = failed.groupby("arm").size().reindex(arms.index).fillna(0).astype(int)
    arms["seeds"] = arms["seeds"].fillna(0).astype(int)
    items = record.items_of(name)
    untrained = items["line"].isin(set(done.loc[done["train"] == "nothing", "arm"]))
    items.loc[untrained, ["seed", "clustering_seed"]] = UNTRAINED
    return Block(name, record.about["asks"][name], arms, items, dict(zip(failed["arm"], failed["error"], strict=True)))


def _texts(lines, column):
    found = lines[column] if column in lines else pd.Series("", index=lines.index)
    return [text if isinstance(text, str) and text else "{}" for text in found]


def join(*blocks):
    """Several blocks as one, so that arms of different questions can be compared; of arms with one name the first."""
    arms, items, why = [], [], {}
    for found in blocks:
        taken = {arm for part in arms for arm in part.index}
        arms.append(found.arms[~found.arms.index.isin(taken)])
        items.append(found.items[~found.items["line"].isin(taken)])
        why |= {arm: reason for arm, reason in found.why.items() if arm not in taken}
    names = " and ".join(found.name for found in blocks)
    return Block(names, "", pd.concat(arms), pd.concat(items, ignore_index=True), why)


def facts(record):
    """Where, when, with what and by which command a record was made: ``{name: text}``."""
    about = record.about
    done = about["lines"] - about["failed"]
    text = f"{done} of {about['planned']} done" + (f", {about['failed']} failed" if about["failed"] else "")
    machines = []
    for one in about["machines"]:
        cards = " + ".join(card["name"] for card in one["hardware"].get("gpus", [])) or "no GPU"
        cpu = f"{one['hardware'].get('cpu', 'a CPU')}, {one['hardware'].get('cores', '?')} cores"
        machines.append(f"{cpu}, {cards}")
    versions = about["machines"][0]["versions"] if machines else {}
    shown = [f"{name} {versions[name]}" for name in ("torch", "transformers", "peft", "numpy") if name in versions]
    return {
        "grid": f"{about['grid']}: {about['about']}", "command": about["command"], "lines": text,
        "took": f"{about['seconds'] / 3600:.1f} hours of one core, line by line", "finished": about["finished"][:16],
        "machine": "; ".join(dict.fromkeys(machines)), "with": ", ".join(shown),
    }  # fmt: skip


def holes(record, name):
    """Lines of a block that failed, and why: ``arm, seed, clustering_seed, error``."""
    lines = record.of(name)
    return lines.loc[lines["error"] != "", ["arm", "seed", "clustering_seed", "error"]].reset_index(drop=True)


def mixtures(record, name, arms, level="subtask"):
    """Rows of each part and sub-task (or ``source``) of some arms, at their first training: ``{title: table}``.

    Parameters
    ----------
    arms : dict of str to str
        Title of a panel, and the arm that it shows; an arm without a result is left out.
    """
    lines = record.of(name)
    found = {}
    for title, arm in arms.items():
        mine = lines[(lines["arm"] == arm) & (lines["error"] == "")]
        if mine.empty:
            continue
        rows = record.mixture[record.mixture["key"].astype(str) == mine["key"].iloc[0]]
        rows = rows.astype({"part": str, level: str})
        found[title] = rows.pivot_table(index="part", columns=level, values="rows", aggfunc="sum", fill_value=0)
    return found


def evenness(tables):
    r"""How mixed the parts are, stage by stage.

    Returns
    -------
    DataFrame
        By title: ``rows``; ``kinds``, the mean over parts of :math:`e^{-\sum_i p_i \ln p_i}`: so many equal shares
        would be as mixed; ``largest``, the mean share of the largest kind, in percent; ``smallest part`` and
        ``largest part``, in rows.
    """
    found = {}
    for title, table in tables.items():
        share = table.div(table.sum(axis=1), axis=0).to_numpy()
        entropy = -np.where(share > 0, share * np.log(np.where(share > 0, share, 1)), 0).sum(axis=1)
        parts = table.sum(axis=1)
        found[title] = (parts.sum(), np.exp(entropy).mean(), 100 * share.max(axis=1).mean(), parts.min(), parts.max())
    columns = ["rows", "kinds", "largest", "smallest part", "largest part"]
    return pd.DataFrame.from_dict(found, orient="index", columns=columns)


def sensitivity(found, margin=MARGIN):
    """Every arm with another value minus the one with the usual value, with ``group`` for the figure.

    Parameters
    ----------
    found : Block
        Of the blocks Q2, Q3 and sensitivity together (:func:`join`).
    """
    tables = [
        found.against(usual, others, margin=margin).assign(group=group)
        for group, (usual, others) in SENSITIVITY.items()
    ]
    return pd.concat(tables, ignore_index=True)
