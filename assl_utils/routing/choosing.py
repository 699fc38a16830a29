"""Who answers a question: the word ``route`` of the sentence partition, select, train, compose, route, score.

Each word says what every part's expert costs for every question; the cheapest answers, and the k cheapest where several
answer together (`assl_utils.routing.alternatives.top`). The first three words look at the question's vector. The others
look at what a user would not have: the question's label, or scored answers. They are a measure for the first three.
"""

from __future__ import annotations

import inspect
import zlib
from collections.abc import Sequence

import numpy as np
import pandas as pd

from assl_utils.errors import nearest
from assl_utils.routing.alternatives import sample_mean, vote_ranks
from assl_utils.routing.router import distances
from assl_utils.space.clustering import centroids

WORDS = {
    "centroid": "The part whose mean vector is nearest, Eq. (6); the paper's way.",
    "twelve": "The part of whose rows the mean of twelve random ones is nearest, as in LoraRetriever.",
    "nearest_rows": "The part that most of the twenty nearest training rows belong to.",
    "by_label": "The part that holds most training rows of the question's own sub-task; it reads the question's label.",
    "validated": "For each task the model that is best on a few held-out questions; it may be no expert at all.",
    "oracle": "For each question the expert whose answer scores best; it reads the scores.",
    "oracle_task": "For each task the single expert that scores best; it reads the scores.",
}
TOGETHER = {"NSP1": "NSP", "NSP2": "NSP"}  # two tasks of CFLEB that ask about the same texts


def choose(word: str, *, masked: np.ndarray | None = None, **inputs) -> np.ndarray:
    """The number of the part (or model) that answers each question, shape (questions,): `costs_of`, its cheapest.

    Ties go to the first.
    """
    return costs_of(word, masked=masked, **inputs).argmin(axis=1)


def costs_of(word: str, *, masked: np.ndarray | None = None, **inputs) -> np.ndarray:
    """What each expert costs for each question, by one of `WORDS`.

    Parameters
    ----------
    word : str
    masked : bool array of shape (questions, parts) or None
        True: this expert may not answer this question, its cost is infinite. LoraRetriever calls a system in which the
        expert of a question's own task is masked *out of domain*.
    **inputs
        What the functions of the words take, by name: `by_centroid`, `by_sample`, `by_nearest_rows`, `by_label`,
        `by_task_scores` (validated and oracle_task), `by_item_scores` (oracle). A word takes what it needs; what
        only other words need may be given too, and is left alone.

    Returns
    -------
    ndarray of shape (questions, parts), float64
        The columns are the parts 0, 1, …; for the words that read scores they are ``models``.
    """
    if word not in WORDS:
        raise ValueError(f"unknown route {word!r}; {nearest(word, WORDS)}")
    known = {name for function in _FUNCTIONS.values() for name in inspect.signature(function).parameters}
    if unknown := sorted(set(inputs) - known):
        raise TypeError(f"no route reads {unknown[0]!r}; {nearest(unknown[0], sorted(known))}")
    function = _FUNCTIONS[word]
    takes = inspect.signature(function).parameters
    missing = [name for name, is_ in takes.items() if is_.default is is_.empty and inputs.get(name) is None]
    if missing:
        raise ValueError(f"the route {word!r} needs {', '.join(missing)}")
    cost = function(**{name: value for name, value in inputs.items() if name in takes})
    return cost if masked is None else _masked(cost, masked)


def add(word: str, what: str, function) -> None:
    """Make a way to route of one's own known by its word, for as long as this Python runs.

    Parameters
    ----------
    word : str
    what : str
        What it does, in a sentence.
    function : callable
        From named inputs to the costs (questions, parts); `costs_of` gives it those inputs that its arguments name.
    """
    if word in WORDS:
        raise ValueError(f"route={word} exists already; give yours another name")
    kinds = {p.kind for p in inspect.signature(function).parameters.values()}
    if kinds & {inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD}:
        raise TypeError(f"route={word} is to name each of its inputs, without * and **")
    WORDS[word], _FUNCTIONS[word] = what, function


def _masked(cost, masked):
    masked = np.asarray(masked)
    if masked.dtype != bool or masked.shape != cost.shape:
        raise ValueError(f"masked is {masked.dtype} of shape {masked.shape}; it is to be bool of shape {cost.shape}")
    if masked.all(axis=1).any():
        raise ValueError(f"question {int(masked.all(axis=1).argmax())} has no expert left: masked hides all of them")
    return np.where(masked, np.inf, cost)


# ------------------------------------------------------------------------------------------- words that read the vector


def by_centroid(
    vectors: np.ndarray, train_vectors: np.ndarray, train_labels: Sequence[int], metric: str = "euclidean"
) -> np.ndarray:
    """Distance of each question to the mean of each part, Eqs. (5) and (6).

    Parameters
    ----------
    vectors : ndarray of shape (questions, dim)
    train_vectors : ndarray of shape (rows, dim)
    train_labels : sequence of int
        The part of each row, as of `assl_utils.space.partitions.partition`; rows with -1 are left out.
    metric : {"euclidean", "cosine"}
    """
    train, labels = _divided(train_vectors, train_labels)
    return distances(vectors, centroids(train, labels), metric)


def by_sample(
    vectors: np.ndarray,
    train_vectors: np.ndarray,
    train_labels: Sequence[int],
    metric: str = "euclidean",
    few: int = 12,
    seed: int = 0,
) -> np.ndarray:
    """As `by_centroid`, with the mean of ``few`` random rows of each part, `alternatives.sample_mean`."""
    train, labels = _divided(train_vectors, train_labels)
    return distances(vectors, sample_mean(train, labels, few, seed), metric)


def by_nearest_rows(
    vectors: np.ndarray, train_vectors: np.ndarray, train_labels: Sequence[int], voters: int = 20
) -> np.ndarray:
    """Each part's rank in the vote of the ``voters`` nearest rows, `alternatives.vote_ranks`; 0 is the winner."""
    train, labels = _divided(train_vectors, train_labels)
    return vote_ranks(vectors, train, labels, voters, int(labels.max()) + 1)


# -------------------------------------------------------------------------------------------- words that read the label


def by_label(subtasks: Sequence[str], train_subtasks: Sequence[str], train_labels: Sequence[int]) -> np.ndarray:
    """Minus the number of training rows of the question's own sub-task that each part holds.

    Parameters
    ----------
    subtasks : sequence of str
        Of each question.
    train_subtasks : sequence of str
        Of each training row.
    train_labels : sequence of int
        Its part; rows with -1 are left out.

    Returns
    -------
    ndarray of shape (questions, parts)
        All 0 for a sub-task without training rows: the first part answers.
    """
    of_rows, labels = _divided(np.asarray(train_subtasks, dtype=object), train_labels)
    held = pd.crosstab(of_rows, labels).reindex(columns=range(labels.max() + 1), fill_value=0)
    return -held.reindex(list(subtasks), fill_value=0).to_numpy(dtype=np.float64)


# ------------------------------------------------------------------------------------------- words that read the scores


def by_task_scores(
    scores: pd.DataFrame, models: Sequence[str], tasks: Sequence[str], ids: Sequence[str] | None = None
) -> np.ndarray:
    """Minus each model's score over the questions of ``scores`` that are of the question's task.

    With the scores of held-out questions this is *validated*; the questions that it routes must be others. With those
    of the routed questions themselves it is *oracle_task*.

    Parameters
    ----------
    scores : DataFrame
        ``model, task, id, correct``; with ``numerator, denominator`` (`assl_utils.evaluation.tables.counted`) a score
        is the sum of the one over that of the other, as micro-F1 is, and else the mean of ``correct``.
    models : sequence of str
        Who may answer, in order: experts, and others such as ``mix`` or ``base``. Ties go to the first.
    tasks : sequence of str
        Of each question to route.
    ids : sequence of str or None
        Their ids. None of them may be in ``scores``; None does not check.

    Returns
    -------
    ndarray of shape (questions, models)
    """
    if ids is not None and (both := sorted(set(ids) & set(scores["id"]))):
        raise ValueError(f"{both[0]} is to be routed by its own score; hold other questions out (held_out_questions)")
    mine = _scores_of(scores, models, ["model", "task", "id"])
    if "numerator" not in mine:
        mine = mine.assign(numerator=mine["correct"], denominator=1.0)
    sums = mine.groupby(["task", "model"])[["numerator", "denominator"]].sum()
    share = (sums["numerator"] / sums["denominator"].where(sums["denominator"] > 0, 1)).unstack()
    wanted = share.reindex(index=pd.Index(list(tasks)), columns=list(models))
    if wanted.isna().any().any():
        task, model = wanted.isna().stack().idxmax()
        raise ValueError(f"scores hold nothing of {model} on the task {task}; every model needs some of every task")
    return -wanted.to_numpy(dtype=np.float64)


def by_item_scores(scores: pd.DataFrame, models: Sequence[str], ids: Sequence[str]) -> np.ndarray:
    """Minus each model's own score of each question, ``scores`` with the columns ``model, id, correct``."""
    mine = _scores_of(scores, models, ["model", "id"])
    wanted = mine.pivot(index="id", columns="model", values="correct").reindex(index=list(ids), columns=list(models))
    if wanted.isna().any().any():
        item, model = wanted.isna().stack().idxmax()
        raise ValueError(f"{model} has no score of {item}; every model must have answered every question")
    return -wanted.to_numpy(dtype=np.float64)


def _validated(held: pd.DataFrame, models: Sequence[str], tasks: Sequence[str], ids: Sequence[str]) -> np.ndarray:
    """`by_task_scores` of ``held``, the scores of questions that are none of ``ids``."""
    return by_task_scores(held, models, tasks, ids)


def _oracle_task(scores: pd.DataFrame, models: Sequence[str], tasks: Sequence[str]) -> np.ndarray:
    """`by_task_scores` of the questions' own ``scores``."""
    return by_task_scores(scores, models, tasks)


def _scores_of(scores, models, key):
    mine = scores[scores["model"].isin(list(models))]
    if (twice := mine.duplicated(key)).any():
        first = mine[twice].iloc[0]
        raise ValueError(f"{first['model']} has two scores of {first['id']}; one per model and question is needed")
    return mine


_FUNCTIONS = {
    "centroid": by_centroid,
    "twelve": by_sample,
    "nearest_rows": by_nearest_rows,
    "by_label": by_label,
    "validated": _validated,
    "oracle": by_item_scores,
    "oracle_task": _oracle_task,
}


# --------------------------------------------------------------------------------------------------- held-out questions


def held_out_questions(questions: pd.DataFrame, per_task: int, seed: int = 0) -> np.ndarray:
    """A few questions of each task to choose by; all others are left to be scored.

    Parameters
    ----------
    questions : DataFrame
        ``id, task, input``; ids are unique.
    per_task : int
        Questions of each task; every task must have more than that.
    seed : int
        The draw depends on it, on the task and on the order of the ids, not on the order of the questions.

    Returns
    -------
    bool array of shape (questions,)
        A text that NSP1 and NSP2 ask about is held out in both or in neither, and so is one that a task asks about
        twice; a task has more than ``per_task`` held-out questions where that makes it necessary.
    """
    if per_task < 1:
        raise ValueError(f"per_task is {per_task}; hold out one question of each task at least")
    if questions["id"].duplicated().any():
        raise ValueError(f"id {questions.loc[questions['id'].duplicated(), 'id'].iloc[0]!r} occurs twice")
    table = questions[["id", "task", "input"]].assign(at=np.arange(len(questions))).sort_values("id")
    held = np.zeros(len(table), dtype=bool)
    for family, own in table.groupby(table["task"].replace(TOGETHER), sort=False):
        texts = [part for _, part in own.groupby("input", sort=False)]  # in the order of their first ids
        open_ = dict.fromkeys(own["task"], per_task)
        for i in np.random.default_rng([seed, zlib.crc32(family.encode())]).permutation(len(texts)):
            if any(open_[task] > 0 for task in texts[i]["task"]):
                held[texts[i]["at"]] = True
                open_ = {task: left - (texts[i]["task"] == task).sum() for task, left in open_.items()}
        for task, all_ in own.groupby("task")["at"]:
            if held[all_].all():
                raise ValueError(f"{task} has {len(all_)} questions; per_task={per_task} leaves none to be scored")
    return held


# ------------------------------------------------------------------------------------------------------ for the chapter


def routed(chosen: Sequence[int], away: np.ndarray, names: Sequence[str]) -> pd.DataFrame:
    """What chapter 7 keeps of a choice, whatever the word.

    Parameters
    ----------
    chosen : sequence of int
        As of `choose`.
    away : ndarray of shape (questions, experts)
        Distances to the centroids.
    names : sequence of str

    Returns
    -------
    DataFrame[expert, distance, margin]
        The expert's name, the distance to its centroid, and how much farther the nearest of the other centroids is:
        below 0 where the word did not choose the nearest, ``inf`` where there is one expert only.
    """
    at = np.arange(len(away)), np.asarray(chosen)
    others = away.copy()
    others[at] = np.inf
    margin = others.min(axis=1) - away[at]
    return pd.DataFrame(
        {"expert": pd.array(list(names), dtype="str").take(at[1]), "distance": away[at], "margin": margin}
    )


def _divided(values, labels):
    """Rows that belong to a part, and its number."""
    values, labels = np.asarray(values), np.asarray(labels)
    if len(values) != len(labels):
        raise ValueError(f"train_labels are {len(labels)} for {len(values)} training rows; give one per row")
    inside = labels >= 0
    if not inside.any():
        raise ValueError("train_labels are all -1: no row belongs to a part, so there is no expert")
    if not np.bincount(labels[inside]).all():
        raise ValueError("train_labels leave a part without rows; number the parts 0, 1, … without a gap")
    return values if inside.all() else values[inside], labels[inside]
