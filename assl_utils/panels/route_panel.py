"""Chapter 7's panel: another way to route, and which questions go to another expert."""

import numpy as np
import pandas as pd

from assl_utils.figures import routing
from assl_utils.panels.controls import Panel, Range, View
from assl_utils.routing import choosing, summary

LISTED = ("centroid", "twelve", "nearest_rows", "by_label")  # the words that need no scored answers
METRICS = ("euclidean", "cosine")


def panel(router, tasks, train, asked, values):
    """Questions by task and expert by ``route``, ``metric``, ``few`` and ``voters``.

    Parameters
    ----------
    router : Router
    tasks : sequence of str
        Of each question.
    train, asked : dict
        Arguments of `choosing.choose`: of the training rows and of the questions.
    values : mapping
        The chapter's parameters by name.
    """
    seed, away = values["seed"], router.distances(asked["vectors"])

    def experts(route, metric, few, voters):
        how = {"metric": metric, "few": few, "voters": voters, "seed": seed}
        chosen = choosing.choose(route, **train, **asked, **how)
        return choosing.routed(chosen, away, router.names)["expert"]

    controls = {
        "route": LISTED, "metric": METRICS, "few": Range(1, 100), "voters": Range(1, 100),
    }  # fmt: skip
    before = experts(**{name: values[name] for name in controls})

    def follow(**now):
        expert = experts(**now)
        moved = expert.to_numpy() != before.to_numpy()
        tasks_moved = pd.Series(moved).groupby(np.asarray(tasks), sort=False)
        table = pd.DataFrame({"questions": tasks_moved.size(), "to another expert": tasks_moved.sum()})
        choices = summary.by_task(tasks, expert, router.names)
        count = f"{moved.sum():,} of {len(moved):,} questions go to another expert than in this run."
        says = f"{choosing.WORDS[now['route']]} {count}"
        return View(says, table.rename_axis("task"), lambda: routing.expert_choice(choices))

    return Panel(controls, values, follow)
