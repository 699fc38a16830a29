"""Chapter 5's panel: the weights of (13) moved, the chosen rows at once."""

import dataclasses

import numpy as np

from assl_utils.figures import selection
from assl_utils.panels.controls import Panel, Range, View
from assl_utils.selection import stage2, stage2_tables

WEIGHTS = ("lambda_center", "lambda_diversity", "lambda_model")


def panel(pool, values):
    """Rows by sub-task and the terms of the utility by the three weights, ``n_selected`` and ``select``.

    Parameters
    ----------
    pool : ways.Pool
        With what every word of `stage2.LISTED` needs.
    values : mapping
        The chapter's parameters by name.
    """
    seed = values["seed"]
    largest, usual = int(pool.sizes().argmax()), tuple(values[name] for name in WEIGHTS)
    before = stage2.choose(values["select"], dataclasses.replace(pool, weights=usual), values["n_selected"], seed)

    def follow(n_selected, select, **weights):
        own = dataclasses.replace(pool, weights=tuple(weights[name] for name in WEIGHTS))
        choice = stage2.choose(select, own, n_selected, seed)
        table = stage2_tables.by_subtask({"this run": before, "now": choice}, pool.rows["subtask"])
        same = np.isin(choice["position"], before["position"]).sum()
        says = f"{len(choice):,} rows selected, {same:,} of them are among this run's {len(before):,}"
        terms = stage2.terms(own, choice, largest)
        return View(says, table, lambda: selection.utility_terms(terms, own.weights))

    smallest, most = int(np.bincount(pool.part, pool.first).max()), int(pool.sizes().max())
    controls = {name: Range(0.0, 1.0, 0.05) for name in WEIGHTS}
    controls |= {"n_selected": Range(max(1, smallest), most), "select": stage2.LISTED}
    return Panel(controls, values, follow)
