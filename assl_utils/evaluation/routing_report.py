"""Did the question go to the right expert? The router against the oracle, the rivals it has to beat, and with its best
choice taken away.

Every expert has answered every question, so any way to choose can be judged afterwards: a way is a matrix of costs, a
row a question and a column an expert, and the cheapest answers. Masking an expert is an infinite cost. The sentences
are made from the tables, so that no text says more than this run's numbers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from scipy.stats import binomtest
from sklearn.metrics import roc_auc_score

from assl_utils.evaluation import tables

ORACLE, SINGLE, RANDOM = "oracle", "best single expert", "random expert"
TASK_ORACLE, ITEM_ORACLE = "task oracle", "item oracle"


def item_scores(predictions: pd.DataFrame, experts: Sequence[str], ids: Sequence[str]) -> np.ndarray:
    """Each expert's own score of each question, shape (questions, experts), 0 to 1."""
    wide = predictions[predictions["model"].isin(experts)].pivot(index="id", columns="model", values="correct")
    if missing := [name for name in experts if name not in wide]:
        raise ValueError(f"no predictions of {', '.join(missing)}; there are those of {', '.join(wide)}")
    table = wide.reindex(index=ids, columns=list(experts))
    if table.isna().any().any():
        question, expert = table.isna().stack().idxmax()
        raise ValueError(f"{expert} has no answer to {question}; every expert must have answered every question")
    return table.to_numpy(dtype=np.float64)


def composed(
    predictions: pd.DataFrame, choice: Sequence[str], ids: Sequence[str], name: str = "composed"
) -> pd.DataFrame:
    """The predictions of a system that has question ``ids[i]`` answered by the model ``choice[i]``."""
    wanted = pd.DataFrame({"id": list(ids), "model": list(choice)})
    found = wanted.merge(predictions, on=["id", "model"], how="left", validate="one_to_one")
    if found["task"].isna().any():
        first = found[found["task"].isna()].iloc[0]
        raise ValueError(f"{first['model']} has no answer to {first['id']}")
    return found.assign(model=name)[list(predictions.columns)]


def own_experts(held: pd.DataFrame, subtasks: Sequence[str]) -> np.ndarray:
    """The expert that learned most rows of each question's sub-task, shape (questions, experts), True once a row.

    Parameters
    ----------
    held : DataFrame of shape (sub-tasks, experts)
        How many training rows of each sub-task each expert learned from.
    subtasks : sequence of str
        Of each question. A row is False throughout where no expert learned the sub-task.
    """
    counts = held.reindex(list(subtasks)).fillna(0).to_numpy()
    own = np.zeros(counts.shape, dtype=bool)
    own[np.arange(len(counts)), counts.argmax(axis=1)] = True
    return own & (counts > 0)


def rightness(scores: np.ndarray, choice: np.ndarray, allowed: np.ndarray | None = None) -> np.ndarray:
    """Whether the chosen expert scores as well as the best one: 1, 0, or NaN where all do equally well or badly."""
    open_ = np.where(np.ones_like(scores, bool) if allowed is None else allowed, scores, np.nan)
    best, worst = np.nanmax(open_, axis=1), np.nanmin(open_, axis=1)
    chosen = scores[np.arange(len(scores)), choice]
    return np.where(best > worst, (chosen == best).astype(float), np.nan)


def report(
    predictions: pd.DataFrame,
    ids: Sequence[str],
    experts: Sequence[str],
    costs: Mapping[str, np.ndarray],
    masked: np.ndarray | None = None,
    beside: Sequence[str] = ("mix", "base"),
    draws: int = 20,
    seed: int = 0,
) -> pd.DataFrame:
    """Ways to choose an expert, judged by what came of it.

    Parameters
    ----------
    predictions : DataFrame
        As of :func:`assl_utils.evaluation.tables.judge`, with all ``experts`` and the models ``beside``.
    ids : sequence of str
        The questions, in the order of the rows of ``costs``.
    experts : sequence of str
        In the order of the columns of ``costs``.
    costs : mapping of name to array of shape (questions, experts)
        The cheapest expert answers; ties go to the first.
    masked : bool array of shape (questions, experts) or None
        Experts that may not answer a question.
    beside : sequence of str
        Models that choose nothing, for comparison.
    draws, seed
        Random choices whose mean is the row ``random expert``.

    Returns
    -------
    DataFrame indexed by way
        ``right`` (percent of the questions on which the experts differ and the chosen one is as good as the best),
        CFLEB's scores and ``AVG``, ``of oracle`` (percent of the oracle's AVG) and ``exam``, FinEval's accuracy.

    Notes
    -----
    The oracle takes, question by question, the expert with the best score of that question. Micro-F1 is no mean over
    questions, so a choice that beats this oracle in RE, NSP2 or NL is possible, though by little.
    """
    scores = item_scores(predictions, experts, ids)
    shape = scores.shape
    for name, cost in costs.items():
        if np.shape(cost) != shape:
            raise ValueError(f"the costs of {name!r} have shape {np.shape(cost)}, not {shape}: questions by experts")
    masked = np.zeros(shape, dtype=bool) if masked is None else np.asarray(masked, dtype=bool)
    if masked.all(axis=1).any():
        raise ValueError(f"question {ids[int(masked.all(axis=1).argmax())]} has no expert left")
    alone = tables.score(predictions[predictions["model"].isin(experts)])
    alone = alone[(alone["benchmark"] == "cfleb") & (alone["task"] == "AVG")].set_index("model")["score"]
    rng = np.random.default_rng(seed)
    random = {f"{RANDOM} {i}": rng.random(shape) for i in range(draws)}
    ways = {ORACLE: -scores, **costs, SINGLE: np.tile(-alone.reindex(experts).fillna(0).to_numpy(), (shape[0], 1))}
    rows, right = [], {}
    for name, cost in (ways | random).items():
        choice = np.where(masked, np.inf, cost).argmin(axis=1)
        right[name] = 100 * _mean(rightness(scores, choice, ~masked))
        rows.append(composed(predictions, [experts[i] for i in choice], ids, name))
    others = predictions["model"].isin(beside) & predictions["id"].isin(list(ids))
    found = tables.score(pd.concat([*rows, predictions[others]], ignore_index=True))
    column = np.where(found["benchmark"] == "fineval", "exam", found["task"])
    kept = (found["benchmark"] == "cfleb") | (found["task"] == "AVG")
    table = found.assign(column=column)[kept].pivot(index="model", columns="column", values="score")
    table.insert(0, "right", pd.Series(right))
    drawn = table.loc[list(random)].mean()
    table = table.drop(index=list(random))
    table.loc[RANDOM] = drawn
    order = [*ways, RANDOM, *(name for name in beside if name in table.index)]
    columns = ["right", *(c for c in (*tables.TABLE1, "AVG", "exam") if c in table)]
    table = table.loc[order, columns].rename_axis(index="way", columns=None)
    if "AVG" in table:
        table.insert(columns.index("AVG") + 1, "of oracle", 100 * table["AVG"] / table.at[ORACLE, "AVG"])
    return table


def share_of_oracles(
    predictions: pd.DataFrame, systems: Sequence[str], experts: Sequence[str], ids: Sequence[str] | None = None
) -> pd.DataFrame:
    """What a system reaches of two oracles, kept apart: the best expert of each task, the best of each question.

    Parameters
    ----------
    predictions : DataFrame
        As of :func:`assl_utils.evaluation.tables.judge` or ``counted``, with all ``systems`` and ``experts``.
    systems : sequence of str
        Routed systems (`composed` makes one), or any other models.
    experts : sequence of str
        From whom the oracles choose; of equally good ones the first.
    ids : sequence of str or None
        Score these questions alone, such as those that were not held out to choose by; None takes all.

    Returns
    -------
    DataFrame indexed by system
        ``AVG``, CFLEB's mean of seven, then ``of task oracle`` and ``of item oracle``, in percent. The rows
        ``task oracle`` and ``item oracle`` come last, with their own ``AVG``.

    Notes
    -----
    The task oracle is a routing too: one expert for all questions of a task, the one with the best score of the task.
    The paper's 98.5 % is a share of such an oracle. The item oracle lies higher, for no user could choose like it, so a
    share of it is lower: the two percentages are not to be compared. Micro-F1 is no mean over questions, so the item
    oracle need not be the best in RE, NSP2 or NL.
    """
    wanted = predictions["benchmark"] == "cfleb"
    if ids is not None:
        wanted &= predictions["id"].isin(list(ids))
    asked = predictions[wanted]
    there = tables.ordered(set(asked["model"]))
    if missing := [name for name in (*systems, *experts) if name not in there]:
        raise ValueError(f"no predictions of {missing[0]} for CFLEB; there are those of {', '.join(there)}")
    alone = tables.score(asked[asked["model"].isin(experts)]).pivot(index="task", columns="model", values="score")
    if lacking := [task for task in tables.TABLE1 if task not in alone.index]:
        raise ValueError(
            f"a share of an oracle needs all of CFLEB's seven scores; there is no question of {lacking[0]}"
        )
    order = list(dict.fromkeys(asked["id"]))
    tasks = asked.drop_duplicates("id").set_index("id")["task"]
    of_task = alone[list(experts)].idxmax(axis=1)
    by_item = np.array(list(experts), dtype=object)[item_scores(asked, experts, order).argmax(axis=1)]
    oracles = [
        composed(asked, of_task.loc[tasks[order]], order, TASK_ORACLE),
        composed(asked, by_item, order, ITEM_ORACLE),
    ]
    found = tables.score(pd.concat([asked[asked["model"].isin(systems)], *oracles], ignore_index=True))
    average = found[found["task"] == "AVG"].set_index("model")["score"]
    table = average.reindex([*systems, TASK_ORACLE, ITEM_ORACLE]).to_frame("AVG").rename_axis("system")
    for oracle in (TASK_ORACLE, ITEM_ORACLE):
        table[f"of {oracle}"] = 100 * table["AVG"] / average[oracle]
    return table


def oracle_sentence(table: pd.DataFrame, system: str) -> str:
    """What `share_of_oracles` says of one system, each oracle named."""
    task, item = table.at[system, f"of {TASK_ORACLE}"], table.at[system, f"of {ITEM_ORACLE}"]
    return (
        f"{system} reaches {task:.1f} % of the best expert per task (the kind of oracle behind the paper's 98.5 %), "
        f"and {item:.1f} % of the best expert per question."
    )


def costs_of(ways: pd.DataFrame, experts: Sequence[str], ids: Sequence[str]) -> dict[str, np.ndarray]:
    """Chapter 7's ``ways.parquet`` as `report` takes it: by way a matrix of questions (as ``ids``) by experts."""
    parts = ways.groupby("way", sort=False)
    return {way: part.set_index("id").loc[list(ids), list(experts)].to_numpy() for way, part in parts}


def choice_sentences(table: pd.DataFrame, ways: Sequence[str], pairs: Sequence[str] = ()) -> list[str]:
    """What a `report` says of the first of ``ways``, beside its rivals; points of CFLEB's mean, without intervals.

    ``pairs`` are models in which two experts answer together.
    """
    average, first = table["AVG"], ways[0]
    share = table.at[first, "of oracle"]
    said = [f"{first}: {average[first]:.1f}, which is {share:.0f} % of what perfect choosing reaches."]
    rivals = [name for name in (SINGLE, RANDOM, "mix") if name in average]
    said.append(f"It is {', '.join(_against(average[first] - average[name], name) for name in rivals)}.")
    if "mix" in average:
        said.append(f"A {RANDOM} is {_against(average[RANDOM] - average['mix'], 'mix')}.")
    if len(ways) > 1:
        own = average[list(ways)]
        said.append(f"The {len(ways)} ways to choose differ by at most {own.max() - own.min():.1f} points.")
    said += [f"{name} is {_against(average[name] - average[first], first)}." for name in pairs if name in average]
    return said


def _against(points: float, name: str) -> str:
    """``2.5 points above mix``."""
    if abs(points) < 0.05:
        return f"level with {name}"
    return f"{abs(points):.1f} points {'above' if points > 0 else 'below'} {name}"


def margin_sentences(groups: pd.DataFrame, chance: float) -> list[str]:
    """What `calibration` and `discrimination` say: the outer groups, the order between them, the chance."""
    if len(groups) < 2:
        return ["Too few questions tell the experts apart: there is no second group to compare with."]
    low, high = groups.iloc[0], groups.iloc[-1]
    apart = (
        "the intervals overlap" if high["lo"] <= low["hi"] and low["lo"] <= high["hi"] else "the intervals are apart"
    )
    rises = groups["right"].is_monotonic_increasing
    return [
        f"right with the narrowest margins: {low['right']:.0f} %, with the widest: {high['right']:.0f} %; {apart}.",
        f"From group to group the share {'never falls' if rises else 'does not always rise'}.",
        f"A right choice has the wider margin than a wrong one with a chance of {chance:.2f}; 0.50 says nothing.",
    ]


def _mean(values: np.ndarray) -> float:
    """The mean of what is known; NaN, without a warning, where nothing is."""
    known = values[np.isfinite(values)]
    return float(known.mean()) if len(known) else float("nan")


def calibration(margin: Sequence[float], right: Sequence[float], bins: int = 5, level: float = 0.95) -> pd.DataFrame:
    """How often the router is right, by how clear its choice was.

    Parameters
    ----------
    margin : sequence of float
    right : sequence of float
        As of `rightness`; NaN is left out.
    bins : int
        Groups of about equal size; equal margins stay together.

    Returns
    -------
    DataFrame, a row a group
        ``margin`` (median), ``from``, ``to``, ``n``, ``right`` in percent with Wilson's bounds ``lo`` and ``hi``.
    """
    data = pd.DataFrame({"margin": np.asarray(margin, float), "right": np.asarray(right, float)}).dropna()
    if data.empty:
        return pd.DataFrame(columns=["margin", "from", "to", "n", "right", "lo", "hi"], dtype=float)
    borders = np.unique(np.quantile(data["margin"], np.arange(1, bins) / bins))
    rows = []
    for _, part in data.groupby(np.searchsorted(borders, data["margin"], side="left")):
        hits = binomtest(int(part["right"].sum()), len(part))
        bounds = hits.proportion_ci(level, method="wilson")
        ends = part["margin"].min(), part["margin"].max()
        shares = [100 * value for value in (hits.statistic, bounds.low, bounds.high)]
        rows.append((part["margin"].median(), *ends, len(part), *shares))
    return pd.DataFrame(rows, columns=["margin", "from", "to", "n", "right", "lo", "hi"])


def discrimination(margin: Sequence[float], right: Sequence[float]) -> float:
    """Chance that a right choice had the wider margin than a wrong one (area under the ROC curve); NaN without both."""
    margin, right = np.asarray(margin, float), np.asarray(right, float)
    known = np.isfinite(right)
    if len(set(right[known])) < 2:
        return float("nan")
    return float(roc_auc_score(right[known], margin[known]))
