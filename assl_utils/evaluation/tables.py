"""CFLEB's seven scores and FinEval's four groups, from stored answers, with intervals: Tables 1 and 2 of the paper.

Answers are generated elsewhere and kept; everything here can be computed again from them without a model. Predictions
have a row per model and item: ``model, benchmark, task, id, answer, parsed, reference, correct, subject, group``, where
``correct`` is the item's own score between 0 and 1 (:mod:`assl_utils.evaluation.metrics`) and ``parsed`` is empty if
the answer could not be read. Scores of a table are 0 to 100.
"""

import re
from typing import NamedTuple

import numpy as np
import pandas as pd

from assl_utils.evaluation.metrics import SETS, item_scores, set_counts
from assl_utils.evaluation.statistics import (
    Difference,
    detectable_by_spread,
    interval,
    mcnemar,
    ratio,
    resample,
    two_sided,
    verdict,
)
from assl_utils.tasks import parsing

TABLE1 = ("FE", "QA", "NA", "RE", "NSP1", "NSP2", "NL")
TABLE2 = ("Accounting", "Certificate", "Economy", "Finance")
BENCHMARKS = {"cfleb": TABLE1, "fineval": TABLE2}
METRICS = {
    "FE": "accuracy",
    "QA": "f1 (characters, per item)",
    "NA": "rouge-l f1 (characters, per item)",
    "RE": "micro-f1 (sets of relations)",
    "NSP1": "accuracy",
    "NSP2": "micro-f1 (sets of entities)",
    "NL": "micro-f1 (sets of labels)",
    **dict.fromkeys(TABLE2, "accuracy"),
}
LEADING = ("base", "all-data", "cluster-data", "lora", "silversight", "mix")  # the paper's order of rows
TRAILING = ("majority", "lookup", "lead-1")
COLUMNS = ["model", "benchmark", "task", "id", "answer", "parsed", "reference", "correct", "subject", "group"]


def judge(model, rows, answers):
    """Predictions of one model: its answers read and scored item by item.

    Parameters
    ----------
    model : str
        Name of the row in the tables.
    rows : DataFrame
        Evaluation rows: ``benchmark, task, id, reference``, and ``subject, group`` for FinEval.
    answers : sequence of str or None
        One per row, in the rows' order. None is an answer that was never given.

    Returns
    -------
    DataFrame
        ``COLUMNS``, a row per evaluation row.
    """
    answers = list(answers)
    if len(answers) != len(rows):
        raise ValueError(f"{model}: {len(answers)} answers for {len(rows)} evaluation rows.")
    out = rows[["benchmark", "task", "id", "reference"]].reset_index(drop=True)
    for column in ("subject", "group"):  # FinEval's alone
        out[column] = rows[column].fillna("").to_numpy() if column in rows else ""
    out["model"] = model
    out["answer"] = [answer if isinstance(answer, str) else "" for answer in answers]
    return rescore(out)


def judge_all(questions, answers):
    """Predictions of several models below each other: :func:`judge` of every entry of ``{name: answers}``."""
    return pd.concat([judge(name, questions, given) for name, given in answers.items()], ignore_index=True)


def rescore(predictions):
    """The same predictions with ``parsed`` and ``correct`` computed anew from ``answer`` and ``reference``."""
    out = predictions.copy()
    out["parsed"] = [parsing.parse(task, answer)[0] for task, answer in zip(out["task"], out["answer"], strict=True)]
    out["correct"] = 0.0
    for task, rows in out.groupby("task", sort=False):
        out.loc[rows.index, "correct"] = item_scores(task, rows["parsed"].tolist(), rows["reference"].tolist())
    return out.reindex(columns=COLUMNS)


def counted(predictions):
    """What every table is computed from, without a word of any text; all functions here take it for predictions.

    Parameters
    ----------
    predictions : DataFrame
        ``COLUMNS``.

    Returns
    -------
    DataFrame
        ``model, benchmark, task, id, subject, group, correct, numerator, denominator, unread``: a score is the sum of
        its items' numerators over that of their denominators (for sets twice the hits over labels given and wanted).
    """
    if "numerator" in predictions:
        return predictions
    out = predictions.reindex(columns=["model", "benchmark", "task", "id", "subject", "group", "correct"])
    out["numerator"], out["denominator"] = out["correct"].astype(np.float64), 1.0
    parsed = predictions["parsed"].fillna("")
    for task in SETS:
        at = out["task"] == task
        hits, false, missed = set_counts(task, parsed[at].tolist(), predictions.loc[at, "reference"].tolist()).T
        out.loc[at, "numerator"], out.loc[at, "denominator"] = 2.0 * hits, 2.0 * hits + false + missed
    out["unread"] = parsed == ""
    return out


def score(predictions):
    """Scores without intervals, a row per model and task.

    Returns
    -------
    DataFrame
        ``model, benchmark, task, metric, score, n, unparsed``; ``unparsed`` is the percentage of unread answers. The
        task ``AVG`` is the mean of CFLEB's seven scores, of FinEval the accuracy over all questions of the four groups;
        a model that lacks a part has no such row.
    """
    rows = []
    for benchmark, columns in BENCHMARKS.items():
        parts = _parts(predictions, benchmark, columns)
        models = ordered({model for part in parts.values() for model in part.models})
        values = _values(parts, columns, models, lambda column, n: np.ones((1, n)))
        average = "mean of the seven" if benchmark == "cfleb" else "accuracy, weighted by questions"
        for i, model in enumerate(models):
            for column in (*columns, "AVG"):
                if not np.isnan(values[column][0, i]):
                    n, unread = _amount(parts, columns if column == "AVG" else [column], model)
                    metric = METRICS.get(column, average)
                    rows.append((model, benchmark, column, metric, 100 * values[column][0, i], n, 100 * unread / n))
    return pd.DataFrame(rows, columns=["model", "benchmark", "task", "metric", "score", "n", "unparsed"])


def table1(predictions, n_boot=1000, seed=0, level=0.95):
    """CFLEB: a row per model; ``FE QA NA RE NSP1 NSP2 NL AVG``, their bounds ``*_lo *_hi``, ``n`` and ``unparsed``.

    The bounds are percentile intervals over resampled items. All models share the draws, so two models may be compared
    draw by draw (:func:`compare`), and so do NSP1 and NSP2, which ask about the same texts; the other tasks are drawn
    on their own and ``AVG`` averages draw by draw. What is missing is NaN, ``AVG`` too unless all seven are there.
    """
    return _table(predictions, "cfleb", TABLE1, n_boot, seed, level)


def table2(predictions, n_boot=1000, seed=0, level=0.95):
    """FinEval: as :func:`table1` with the four groups; ``AVG`` is weighted by questions, resampled within groups."""
    return _table(predictions, "fineval", TABLE2, n_boot, seed, level)


def compare(predictions, first, second, n_boot=2000, seed=0, level=0.95):
    """Two models, task by task: difference in points, interval, p-values and a sentence.

    Returns
    -------
    DataFrame
        ``benchmark, task, n, diff, lo, hi, p, mcnemar_p, detectable, sentence``; ``mcnemar_p`` is NaN where scores are
        graded; ``detectable`` is the difference these items would show in four of five studies. The p-values are of
        single comparisons: who reads many of them will meet chance findings.
    """
    known = set(predictions["model"])
    if missing := [name for name in (first, second) if name not in known]:
        raise ValueError(f"No predictions of {missing[0]!r}; there are those of {', '.join(ordered(known))}.")
    rows = []
    for benchmark, columns in BENCHMARKS.items():
        parts = _parts(predictions[predictions["model"].isin([first, second])], benchmark, columns)
        draws = _values(parts, columns, [first, second], _drawer(n_boot, seed))
        points = _values(parts, columns, [first, second], lambda column, n: np.ones((1, n)))
        for column in (*columns, "AVG"):
            if np.isnan(points[column]).any():
                continue
            gap = draws[column][:, 0] - draws[column][:, 1]
            n, _ = _amount(parts, columns if column == "AVG" else [column], first)
            estimate = points[column][0, 0] - points[column][0, 1]
            bounds = 100 * interval(gap, level)
            difference = Difference(100 * float(estimate), *map(float, bounds), two_sided(gap), n, level)
            exact, detectable = np.nan, detectable_by_spread(gap)
            if METRICS.get(column) == "accuracy":
                part = parts[column]
                exact = mcnemar(*(part.numerator[:, part.models.index(name)] for name in (first, second))).p
            sentence = verdict(first, second, difference, detectable)
            rows.append((benchmark, column, n, *difference[:4], exact, detectable, sentence))
    columns = ["benchmark", "task", "n", "diff", "lo", "hi", "p", "mcnemar_p", "detectable", "sentence"]
    return pd.DataFrame(rows, columns=columns).astype({"detectable": float})


def compare_pairs(predictions, pairs, n_boot=2000, seed=0):
    """:func:`compare` of several pairs below each other: ``comparison`` before the columns of each, ``pair`` after."""
    found = [compare(predictions, *pair, n_boot, seed).assign(pair=" – ".join(pair)) for pair in pairs]
    table = pd.concat(found, ignore_index=True)
    table.insert(0, "comparison", table["pair"] + ", " + table["benchmark"] + " " + table["task"])
    return table


class _Part(NamedTuple):
    """One column of a table: score parts and unread answers, items by models; items in the order of their ids."""

    models: list
    numerator: np.ndarray
    denominator: np.ndarray
    unread: np.ndarray


def _parts(predictions, benchmark, columns):
    """The columns that are there, each as a :class:`_Part`; every model must have answered the same items."""
    rows = counted(predictions[predictions["benchmark"] == benchmark])
    by = "task" if benchmark == "cfleb" else "group"
    unknown = sorted(set(rows[by].dropna()) - set(columns))
    if unknown or rows[by].isna().any():
        raise ValueError(f"{benchmark}: {by} {unknown[0] if unknown else 'missing'!r} has no column; known: {columns}.")
    parts = {}
    for column, group in rows.groupby(by):
        twice = group.duplicated(["model", "id"])
        if twice.any():
            model, item = group.loc[twice, ["model", "id"]].iloc[0]
            raise ValueError(f"{column}: {model} answers {item} twice; predictions need one row per model and item.")
        group = group.sort_values(["model", "id"], kind="stable")
        models = list(dict.fromkeys(group["model"]))
        items = sorted(set(group["id"]))
        for model, size in group["model"].value_counts().items():
            if size != len(items):
                raise ValueError(
                    f"{column}: {model} answers {size} of {len(items)} items; models must share all items."
                )
        if not (finite := np.isfinite(group["numerator"])).all():
            raise ValueError(f"{column}: {int((~finite).sum())} items have no score in 'correct'.")
        arrays = (group[name].to_numpy() for name in ("numerator", "denominator", "unread"))
        parts[column] = _Part(models, *(array.reshape(len(models), len(items)).T.copy() for array in arrays))
    return parts


def _values(parts, columns, models, draw):
    """Score of every column and of AVG, an array (draws, models) each, 0 to 1; NaN where a model has no answers."""
    sums, weights = {}, {}
    for column in columns:
        if column in parts:
            part = parts[column]
            counts = draw(column, len(part.numerator))
            found = ratio(counts @ part.numerator, counts @ part.denominator)
            values = np.full((len(counts), len(models)), np.nan)
            for i, model in enumerate(models):
                if model in part.models:
                    values[:, i] = found[:, part.models.index(model)]
            sums[column], weights[column] = values, len(part.numerator)
    nothing = np.full((1, len(models)), np.nan)
    if columns == TABLE1:  # a mean of seven scores; FinEval's questions weigh the same instead
        weights = dict.fromkeys(weights, 1)
    complete = len(sums) == len(columns)
    average = sum(weights[c] * sums[c] for c in columns) / sum(weights.values()) if complete else nothing
    return {column: sums.get(column, nothing) for column in columns} | {"AVG": average}


def _drawer(n_boot, seed):
    """Draws of a column depend on the seed and the column alone: the same for all models and any set of tasks.

    NSP1 and NSP2 share theirs: in the order of the ids, item i of both is the same text.
    """
    streams = {column: i for i, column in enumerate((*TABLE1, *TABLE2))}
    streams["NSP2"] = streams["NSP1"]
    return lambda column, n: resample(n, n_boot, np.random.default_rng([seed, streams[column]]))


def _table(predictions, benchmark, columns, n_boot, seed, level):
    parts = _parts(predictions, benchmark, columns)
    models = ordered({model for part in parts.values() for model in part.models})
    points = _values(parts, columns, models, lambda column, n: np.ones((1, n)))
    draws = _values(parts, columns, models, _drawer(n_boot, seed))
    out = pd.DataFrame({"model": models} | {c: 100 * points[c][0] for c in (*columns, "AVG")})
    for column in (*columns, "AVG"):
        lo, hi = 100 * interval(draws[column], level)
        out[f"{column}_lo"], out[f"{column}_hi"] = lo, hi
    amounts = [_amount(parts, columns, model) for model in models]
    out["n"] = [n for n, _ in amounts]
    out["unparsed"] = [100 * unread / n for n, unread in amounts]
    return out


def shown(table):
    """A table as a page shows it: one decimal, the mean's bounds in one column ``95 %``, no bounds elsewhere."""
    scores = [column for column in (*TABLE1, *TABLE2, "AVG") if column in table]
    out = table.set_index("model")[scores].round(1)
    out["95 %"] = [f"{lo:.1f} – {hi:.1f}" for lo, hi in zip(table["AVG_lo"], table["AVG_hi"], strict=True)]
    return out.assign(unparsed=table["unparsed"].round(1).to_numpy())


def beside_paper(table, printed, number=1):
    """Our table beside the printed one, the difference computed.

    Parameters
    ----------
    table : DataFrame
        From :func:`table1` or :func:`table2`.
    printed : DataFrame
        ``book/paper_values.csv``: ``table, key, column, value``; ``key`` is our name of the model.
    number : int, default 1
        Which of the paper's tables.

    Returns
    -------
    DataFrame
        Models in both tables, in our order; for each column the paper's number, ours, and ours minus the paper's.
    """
    mine = table.set_index("model")
    theirs = printed[(printed["table"].astype(str) == str(number)) & printed["key"].isin(mine.index)]
    theirs = theirs.assign(value=theirs["value"].astype(float)).pivot(index="key", columns="column", values="value")
    models = [model for model in mine.index if model in theirs.index]
    columns = [column for column in (*TABLE1, *TABLE2, "AVG") if column in theirs and column in mine]
    theirs, ours = theirs.loc[models, columns], mine.loc[models, columns]
    parts = pd.concat({"paper": theirs, "ours": ours, "difference": ours - theirs}, axis=1).swaplevel(axis=1)
    wanted = [(column, part) for column in columns for part in ("paper", "ours", "difference")]
    return parts[wanted].rename_axis("model")


def _amount(parts, columns, model):
    """Items a model was asked in these columns, and how many of its answers could not be read."""
    mine = [(part, part.models.index(model)) for c in columns if (part := parts.get(c)) and model in part.models]
    return sum(len(part.unread) for part, _ in mine), int(sum(part.unread[:, i].sum() for part, i in mine))


def ordered(models):
    """The paper's order, numbers as numbers: base, all-data, cluster-data, lora-0 …, mix, others, then the trivial."""

    def key(model):
        words = [int(word) if word.isdigit() else word for word in re.split(r"(\d+)", model)]
        words = [(isinstance(word, str), word) for word in words]
        for place, name in enumerate(LEADING):
            if model == name or model.startswith(f"{name}-"):
                return place, words
        return (len(LEADING) + 1 + TRAILING.index(model), words) if model in TRAILING else (len(LEADING), words)

    return sorted(models, key=key)
