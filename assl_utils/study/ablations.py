"""What the recorded grids say, block by block: arms, their spread, differences with intervals, and a sentence.

A chapter asks a block's question, and everything it prints comes from here: no number is typed by hand, and no sentence
is stronger than its interval.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from assl_utils.errors import DataError
from assl_utils.evaluation import comparisons
from assl_utils.evaluation.arms import measured, score_of
from assl_utils.study.grid import record as grid_record

MARGIN = 2.0  # points that count as equal


@dataclass(frozen=True)
class Block:
    """One question of a grid, with what its lines found.

    Attributes
    ----------
    name, asks : str
    arms : DataFrame
        A row an arm, in the order of the grid: ``seeds``, ``score`` (mean over trainings), ``sd``, ``rows``, ``steps``,
        ``operations`` (millions per weight), ``failed``.
    items : DataFrame
        See :func:`assl_utils.evaluation.arms.measured`.
    """

    name: str
    asks: str
    arms: pd.DataFrame
    items: pd.DataFrame

    def against(self, reference, others=None, what="AVG", margin=MARGIN):
        """Every other arm minus the reference arm, a row each; see :func:`comparisons.compare_all`."""
        others = [arm for arm in (others or self.arms.index) if arm != reference]
        return self.pairs([(arm, reference) for arm in others], what, margin)

    def pairs(self, pairs, what="AVG", margin=MARGIN):
        """Differences of pairs of arms."""
        return comparisons.compare_all(self.measured(what), pairs, what, margin)

    def measured(self, what="AVG"):
        """The arms' scores with the influence of every question, for comparisons."""
        return measured(self.items, what)

    def scores(self):
        """CFLEB's seven scores and their mean of every training."""
        return score_of(self.items)

    def by_task(self):
        """Mean scores over trainings, an arm a row, tasks as columns."""
        wide = self.scores().drop(columns=["seed", "clustering_seed"]).groupby("line").mean()
        return wide.reindex([arm for arm in self.arms.index if arm in wide.index])


def read(folder, run, grid):
    """The record of a grid from the folder that the book keeps.

    Raises
    ------
    DataError
        Where there is none: with the command that makes it.
    """
    found = grid_record.open_folder(folder, f"{run}-{grid}")
    if found is None:
        raise DataError(f"no record of the grid {grid} for {run}: make grid GRID={grid} PROFILE={run} RECORD=1")
    return found


def block(record, name):
    """One block of a record."""
    lines = record.of(name)
    if lines.empty:
        known = ", ".join(record.about["asks"])
        raise DataError(f"{record.folder.name} has no block {name!r}; it has {known}")
    done = lines[lines["error"] == ""]
    groups = done.groupby("arm", sort=False)
    arms = groups.agg(
        seeds=("key", "size"), score=("score", "mean"), sd=("score", "std"), rows=("rows", "mean"),
        steps=("steps", "mean"), operations=("operations", "mean"),
    )  # fmt: skip
    arms["operations"] = arms["operations"] / 1e6
    order = list(dict.fromkeys(lines["arm"]))
    arms["failed"] = lines[lines["error"] != ""].groupby("arm").size()
    arms = arms.reindex(order)
    arms["failed"], arms["seeds"] = (arms[c].fillna(0).astype(int) for c in ("failed", "seeds"))
    return Block(name, record.about["asks"][name], arms, record.items_of(name))


def holes(record, name):
    """Lines of a block that failed, and why: ``arm, seed, error``."""
    lines = record.of(name)
    return lines.loc[lines["error"] != "", ["arm", "seed", "clustering_seed", "error"]].reset_index(drop=True)


def could_show(table):
    """What the comparisons of a table could have shown, as a sentence."""
    seen = table["detectable"].replace([np.inf, -np.inf], np.nan).dropna()
    if seen.empty:
        return "No comparison here varies, so nothing can be said about what it could have shown."
    seeds = table["seeds"].dropna().astype(int)
    least, most = seen.min(), seen.max()
    span = f"{least:.1f}" if round(least, 1) == round(most, 1) else f"{least:.1f} to {most:.1f}"
    of = f"{seeds.min()}" if seeds.min() == seeds.max() else f"{seeds.min()} to {seeds.max()}"
    return f"Four times in five, a difference of {span} points would have shown with {of} seeds and these questions."


def verdicts(table):
    """The sentences of a table of comparisons, one a line."""
    return "\n".join(f"- {sentence}" for sentence in table["sentence"])


def answer(table, better, than, yes, no, equal, open_):
    """The verdict on a question in the paper's words: one of four sentences, by the interval of one comparison.

    Parameters
    ----------
    table : DataFrame
        From :func:`comparisons.compare_all`.
    better, than : str
        The arms whose difference decides.
    yes, no, equal, open_ : str
        The sentence where the first is above, below, equal within the margin, or where nothing can be said.
    """
    row = table[(table["first"] == better) & (table["second"] == than)]
    if row.empty or row["reason"].iloc[0]:
        return f"There is no result yet: {row['reason'].iloc[0] if len(row) else 'the comparison was not made'}."
    row = row.iloc[0]
    said = yes if row["lo"] > 0 else no if row["hi"] < 0 else equal if row["equal"] else open_
    return f"{said} ({row['sentence']}.)"


def mixtures(record, name, arms, level="subtask"):
    """Rows of each part and sub-task (or source) of some arms, at their first training: ``{arm: table}``."""
    lines = record.of(name)
    found = {}
    for arm in arms:
        mine = lines[(lines["arm"] == arm) & (lines["error"] == "")]
        if mine.empty:
            continue
        rows = record.mixture[record.mixture["key"].astype(str) == mine["key"].iloc[0]]
        rows = rows.astype({"part": str, level: str})
        found[arm] = rows.pivot_table(index="part", columns=level, values="rows", aggfunc="sum", fill_value=0)
    return found


def shares_of_oracles(found, oracles=("oracle_task", "oracle")):
    """Each router's mean score as a share of the oracles', seed by seed, with the spread over seeds.

    Parameters
    ----------
    found : Block
        Of lines that only route differently.

    Returns
    -------
    DataFrame indexed by router
        ``score``; for each oracle ``of <oracle>, %`` (mean over seeds) and ``±`` (half the range over seeds).
    """
    scores = found.scores().pivot_table(index=["seed", "clustering_seed"], columns="line", values="AVG")
    table = pd.DataFrame({"score": scores.mean()}).reindex([arm for arm in found.arms.index if arm in scores])
    for oracle in oracles:
        shares = 100 * scores.div(scores[oracle], axis=0)
        table[f"of {oracle}, %"] = shares.mean()
        table[f"± {oracle}"] = (shares.max() - shares.min()) / 2
    return table


def pair_table(alone, pairs, tasks, scored):
    """What a second task does to the first: the score of an adapter on A and B minus that of one on A alone.

    Parameters
    ----------
    alone, pairs : Block
        Arms named ``A`` and ``A+B``.
    tasks : list of str
    scored : dict of str to str
        The score that stands for each task; a task without one has no row.

    Returns
    -------
    DataFrame
        ``task, second`` and the columns of :func:`comparisons.compare_all`.
    """
    items = pd.concat([alone.items, pairs.items], ignore_index=True)
    found = []
    for task in (task for task in tasks if task in scored):
        named = [(other, _pair(task, other, pairs.arms.index)) for other in tasks if other != task]
        table = comparisons.compare_all(items, [(arm, task) for _, arm in named], scored[task])
        found.append(table.assign(task=task, other=[other for other, _ in named]))
    return pd.concat(found, ignore_index=True)


def _pair(one, two, arms):
    return next(arm for arm in arms if set(arm.split("+")) == {one, two})
