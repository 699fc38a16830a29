"""Tier 1 of the study on real rows: the paper's real size, a linear learner in place of the language model.

A linear learner on character n-grams trains in seconds, so all clean rows of a mirror can be asked what a language
model could be asked of a few thousand: which rows teach most, and whether experts beat one model. It says nothing of
what a language model does with its own knowledge.
"""

import pandas as pd

from assl_utils.evaluation import closed
from assl_utils.study import ablations, claims
from assl_utils.study.claims import Claim

RUN, GRID, SCORE = "mirror", "linear", "closed"
SETTINGS = "data_root=/mirror"
CLAIMS = (
    Claim("rule", "Figure 7", "the paper's rule chooses as well as a random sample of that size", "the paper's rule",
          "random, as many", SCORE, claims.EQUAL),
    Claim("choice", "Figure 7", "a random sample is better than K-center", "random", "k_center", SCORE),
    Claim("Q1", "Figure 6", "clusters make better experts than task classes", "kmeans", "task", SCORE),
    Claim("Q1", "Table 1", "experts of clusters are better than one model", "kmeans", "one", SCORE),
)  # fmt: skip
PAIRS = {
    "choice": tuple(
        (arm, "random") for arm in (
            "random_per_subtask", "random_per_form", "kmeans_quality", "budget", "budget, inverse_density",
            "budget, k_center", "budget, trimmed_k_center", "k_center",
        )
    ),
    "rule": tuple(
        (arm, "random, as many")
        for arm in ("the paper's rule", "random_per_subtask, as many", "budget, as many")
    ),
    "Q1": (("kmeans", "task"), ("kmeans", "one"), ("kmeans, per sub-task", "one, per sub-task")),
    "routers": (("nearest_rows", "centroid"), ("by_label", "centroid")),
}  # fmt: skip
LEARNERS = {"kmeans": "experts of clusters", "task": "experts of task classes", "one": "one model"}
TITLES = {
    "choice": "ways to choose a tenth, against a random tenth", "rule": "the paper's rule, against as many random rows",
    "Q1": "experts of clusters, against other ways to part the rows", "routers": "routers, against the centroid",
}  # fmt: skip


def arms(record):
    """Every arm of the grid that has a result, a row each, with the block it belongs to."""
    found = [ablations.block(record, name) for name in record.about["asks"]]
    tables = [block.arms.assign(block=block.name) for block in found if len(block.arms)]
    return pd.concat(tables)[["block", "seeds", "score", "sd", "rows"]].sort_values("block", kind="stable")


def differences(record, margin=ablations.MARGIN):
    """The pairs of `PAIRS` on the mean of all closed scores, with ``block``, ``group`` and ``label`` for the figure."""
    tables = []
    for name, pairs in PAIRS.items():
        table = ablations.block(record, name).pairs(pairs, SCORE, margin)
        tables.append(table.assign(block=name, group=TITLES[name], label=table["first"]))
    table = pd.concat(tables, ignore_index=True)
    experts = table["block"] == "Q1"
    return table.assign(label=table["label"].where(~experts, table["first"] + " – " + table["second"]))


def by_task(record, pairs, margin=ablations.MARGIN):
    """Some differences of the rule and of the partitions, task by task and on the mean."""
    joined = ablations.join(*(ablations.block(record, name) for name in PAIRS))
    tasks = sorted(joined.items["task"].unique())
    return pd.concat([joined.pairs(pairs, what, margin) for what in (*tasks, SCORE)], ignore_index=True)


def judged(record, margin=ablations.MARGIN):
    """The paper's claims that a linear learner can be asked: see :func:`assl_utils.study.claims.judge`."""
    tables = [claims.judge(name, ablations.block(record, name), margin, CLAIMS) for name in ("choice", "rule", "Q1")]
    return pd.concat(tables, ignore_index=True)


def learned(record, arms=LEARNERS):
    """Task by task the most frequent answer beside some arms of a random tenth: did they learn the task at all?"""
    items = ablations.block(record, "Q1").items
    items = items[items["line"].isin(list(arms))]
    scores = items.groupby(["line", "seed"])[list(items.columns)].apply(closed.score)
    table = scores.rename(columns={"AVG": SCORE}).groupby("line").mean().reindex(list(arms)).T
    table.loc["no answer, %"] = 100 * items["unread"].astype(float).groupby(items["line"]).mean().reindex(list(arms))
    trivial_scores = pd.Series(trivial(record), name="most frequent answer").reindex(table.index)
    return pd.concat([trivial_scores, table.rename(columns=dict(arms))], axis=1).rename_axis("task")


def trivial(record):
    """What the most frequent answer of each task scores, and the mean: ``{task: points}``."""
    return {task: scores["majority"] for task, scores in record.about["trivial"].items()}
