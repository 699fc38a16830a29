"""Scores of many trainings: those of the tables, and an influence that is the spread of a bootstrap."""

import numpy as np
import pandas as pd
import pytest
from answered import evaluation_rows, noisy
from made_up_arms import answered

from assl_utils.errors import DataError
from assl_utils.evaluation import arms, tables
from assl_utils.evaluation.statistics import resample
from assl_utils.evaluation.tables import TABLE1, TABLE2

CELLS = [(0, 0), (1, 0), (2, 1)]


@pytest.fixture(scope="module")
def predictions():
    rows = evaluation_rows(copies=6)
    names = [(f"{line}/{seed}/{clustering}", 0.3 + 0.1 * seed) for line in ("a", "b") for seed, clustering in CELLS]
    return tables.counted(pd.concat([noisy(name, rows, right, i) for i, (name, right) in enumerate(names)]))


@pytest.fixture(scope="module")
def items(predictions):
    parts = predictions["model"].str.split("/", expand=True)
    found = predictions.assign(line=parts[0], seed=parts[1].astype(int), clustering_seed=parts[2].astype(int))
    return found.sample(frac=1, random_state=0, ignore_index=True)


def packed(items):
    """The same items as a record keeps them."""
    kinds = dict.fromkeys(("line", "benchmark", "task", "id", "group"), "category")
    return items.astype(kinds | {"seed": "int8", "clustering_seed": "int8", "denominator": "int8"})


def test_scores_are_those_of_the_tables(items, predictions):
    theirs = tables.score(predictions)
    theirs = theirs[theirs["benchmark"] == "cfleb"].pivot(index="model", columns="task", values="score")
    for given in (items, packed(items)):
        mine = arms.score_of(given)
        names = [f"{row.line}/{row.seed}/{row.clustering_seed}" for row in mine.itertuples()]
        columns = [*TABLE1, "AVG"]
        np.testing.assert_allclose(mine[columns], theirs.loc[names, columns], rtol=1e-12)


@pytest.mark.parametrize("what", ["AVG", "RE", "NSP2", "FE", "fineval", *TABLE2])
def test_each_word_is_the_score_of_its_name(items, predictions, what):
    theirs = tables.score(predictions)
    benchmark, task = ("fineval", "AVG") if what == "fineval" else ("fineval" if what in TABLE2 else "cfleb", what)
    theirs = theirs[(theirs["benchmark"] == benchmark) & (theirs["task"] == task)].set_index("model")["score"]
    found = arms.measured(items, what)
    names = [f"{line}/{seed}/{clustering}" for line, (seed, clustering) in zip(found.line, found.seeds, strict=True)]
    np.testing.assert_allclose(found.values, theirs[names], rtol=1e-12)
    again = arms.measured(packed(items), what)
    np.testing.assert_allclose(found.influence, again.influence, rtol=1e-12)


def covariance_by_bootstrap(items, table, n_boot):
    """Draw the questions of each task anew, NSP1's and NSP2's texts together; the covariance of all cells' means."""
    sums = np.zeros((n_boot, len(table.line)))
    drawn = {}
    for number, task in enumerate(TABLE1):
        part = items[items["task"] == task].sort_values("id", kind="stable")
        n = part["id"].nunique()
        stream = number - 1 if task == "NSP2" else number
        drawn[stream] = drawn[stream] if stream in drawn else resample(n, n_boot, np.random.default_rng([7, stream]))
        for i, (line, (seed, clustering)) in enumerate(zip(table.line, table.seeds, strict=True)):
            mine = part[(part["line"] == line) & (part["seed"] == seed) & (part["clustering_seed"] == clustering)]
            sums[:, i] += (drawn[stream] @ mine["numerator"]) / (drawn[stream] @ mine["denominator"]) / 7
    return np.cov(100 * sums.T)


@pytest.mark.parametrize("kind", ["binary", "ratio"])
def test_the_influence_is_what_a_bootstrap_finds(kind):
    items = answered(np.random.default_rng(4), ["a", "b"], CELLS, n=60, kind=kind)
    parts = ["numerator", "denominator"]  # who is right about a text in NSP1 is right in NSP2
    items.loc[items["task"] == "NSP2", parts] = items.loc[items["task"] == "NSP1", parts].to_numpy()
    found = arms.measured(items)
    theirs = covariance_by_bootstrap(items, found, 20_000) * 60 / 59  # a bootstrap divides by n
    np.testing.assert_allclose(found.influence @ found.influence.T, theirs, atol=0.06 * theirs.max())


def test_a_group_of_questions_has_its_own_centre(items):
    exams = arms.measured(items, "fineval")
    exam_items = items[items["benchmark"] == "fineval"]
    groups = exam_items.drop_duplicates("id").sort_values("id")["group"].to_numpy()
    for group in TABLE2:
        np.testing.assert_allclose(exams.influence[:, groups == group].sum(axis=1), 0, atol=1e-10)


def test_what_is_missing_is_nan_and_what_is_wrong_is_named(items):
    lacking = items[~((items["line"] == "b") & (items["seed"] == 1) & (items["task"] == "QA"))]
    scores = arms.score_of(lacking).set_index(["line", "seed"])
    assert scores[["QA", "AVG"]].isna().loc[("b", 1)].all() and scores.loc[("b", 1), "FE"] > 0
    assert np.isnan(arms.measured(lacking).values).sum() == 1
    with pytest.raises(DataError, match=r"QA: b answers 23 of 24 questions"):
        arms.measured(items.drop(items.index[(items["line"] == "b") & (items["task"] == "QA")][:1]))
    with pytest.raises(DataError, match="twice"):
        arms.measured(pd.concat([items, items[items["task"] == "FE"].head(1)]))
    with pytest.raises(DataError, match="nearest is 'Accounting'"):
        arms.measured(items, "Acounting")
    with pytest.raises(DataError, match="column 'numerator'"):
        arms.measured(items.drop(columns="numerator"))
    with pytest.raises(DataError, match="no rows"):
        arms.measured(items.head(0))
    with pytest.raises(DataError, match="no questions of 'QA'"):
        arms.measured(items[items["task"] != "QA"])
    with pytest.raises(DataError, match="missing in some rows"):
        arms.measured(items.assign(seed=np.nan))
