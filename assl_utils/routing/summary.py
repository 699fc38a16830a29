"""How a run's questions were spread over its experts, and what those experts had to learn from."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from assl_utils.routing.router import Router

MOST = 0.9  # of a task's questions, for it to count as gone to one expert


def by_task(tasks: Sequence[str], chosen: Sequence[str], names: Sequence[str]) -> pd.DataFrame:
    """How many questions of each task went to each expert: tasks as they come, all experts, asked or not."""
    table = pd.crosstab(np.asarray(tasks), np.asarray(chosen))
    table = table.reindex(index=list(dict.fromkeys(tasks)), columns=list(names), fill_value=0)
    return table.rename_axis(index="task", columns="expert")


def spread_sentence(table: pd.DataFrame) -> str:
    """What `by_task` says: which tasks went to one expert almost whole, which experts were never asked."""
    share = table.max(axis=1) / table.sum(axis=1)
    divided = [f"{task} ({100 * part:.0f} % to one)" for task, part in share[share < MOST].items()]
    never = [name for name in table if not table[name].any()]
    whole = f"{(share >= MOST).sum()} of {len(table)} tasks"
    return (
        f"{whole} send at least {100 * MOST:.0f} % of their questions to one expert; "
        f"divided: {', '.join(divided) or 'none'}; never asked: {', '.join(never) or 'no expert'}"
    )


def share_of_rows(
    row_subtasks: Sequence[str], row_experts: Sequence[str], subtasks: Sequence[str], chosen: Sequence[str]
) -> np.ndarray:
    """For each question the share of its sub-task's training rows that the chosen expert's cluster holds.

    Parameters
    ----------
    row_subtasks, row_experts : sequence of str
        Of each training row: its sub-task, and the expert of its cluster.
    subtasks, chosen : sequence of str
        Of each question: its sub-task, and the expert that answers.

    Returns
    -------
    ndarray of shape (questions,)
        From 0 to 1; 0 for a sub-task without training rows and for an expert without a cluster.
    """
    held = pd.crosstab(np.asarray(row_subtasks), np.asarray(row_experts), normalize="index").stack()
    wanted = pd.MultiIndex.from_arrays([np.asarray(subtasks), np.asarray(chosen)])
    return held.reindex(wanted).fillna(0.0).to_numpy()


def margin_sentence(margin: Sequence[float], share: Sequence[float]) -> str:
    """The middle margin where the expert holds half of the sub-task's rows or more, beside that of the others."""
    margin, most = np.asarray(margin), np.asarray(share) >= 0.5
    if most.all() or not most.any():
        return f"the experts hold most of the sub-task for {'all' if most.all() else 'none of the'} questions"
    return (
        f"middle margin {np.median(margin[most]):.3f} where the expert holds most of the sub-task's rows "
        f"({most.sum():,} questions), {np.median(margin[~most]):.3f} where it does not ({(~most).sum():,})"
    )


def leave_and_return(router: Router, vectors: np.ndarray) -> tuple[str, pd.Series, bool]:
    """What happens where the busiest expert leaves a router, and joins it again.

    Parameters
    ----------
    router : Router
    vectors : ndarray of shape (questions, dim)

    Returns
    -------
    busiest : str
        The expert that most questions go to.
    moved : Series of str
        Who answers its questions without it; empty where there is no other expert, for an only expert cannot leave.
    as_before : bool
        Whether every other question stayed where it was, and all questions are back once it has returned.
    """
    before = router.route_vectors(vectors)["expert"]
    busiest = before.value_counts().idxmax()
    if len(router.names) == 1:
        return busiest, before[:0], True
    own, smaller = before == busiest, router.without(busiest)
    without = smaller.route_vectors(vectors)["expert"]
    back = smaller.with_expert(busiest, router.centroids[router.names.index(busiest)])
    again = back.route_vectors(vectors)["expert"]
    return busiest, without[own], bool((without[~own] == before[~own]).all() and (again == before).all())
