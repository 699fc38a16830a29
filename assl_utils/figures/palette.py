"""A colour for each task, each sub-task and each expert, the same in every chapter."""

import re
from collections.abc import Hashable, Iterable

import matplotlib as mpl
import numpy as np

from assl_utils.figures.style import INK, PALETTE, color_of, colors
from assl_utils.tasks.catalog import SUBTASKS, TASKS

# Seven of Paul Tol's "muted" colours, none of them among the first six of `PALETTE`, which belong to the clusters.
TASK_COLORS = ("#CC6677", "#117733", "#DDCC77", "#332288", "#88CCEE", "#AA4499", "#44AA99")
JOINT = {"all-data": INK, "mix": PALETTE[9], "cluster-data": PALETTE[7], "base": "#777777"}


def task_color(name: str) -> str:
    """The colour of a task; sub-tasks have that of their task, the second and third of a task lighter."""
    task = name if name in TASKS else SUBTASKS[name][0]
    siblings = [subtask for subtask, (of, _) in SUBTASKS.items() if of == task]
    place = siblings.index(name) if name in siblings else 0
    rgb = np.array(mpl.colors.to_rgb(TASK_COLORS[list(TASKS).index(task) % len(TASK_COLORS)]))
    return mpl.colors.to_hex(rgb + (1 - rgb) * (1 - 0.55 ** min(place, 3)))


def expert_color(name: str, i: int) -> str:
    """The colour of a model: ``lora-3`` has that of cluster 3; ``i`` chooses it for a name that is not known."""
    number = re.fullmatch(r"(?:lora|cluster|stage1)-(\d+)", name)
    return color_of(int(number[1])) if number else JOINT.get(name, color_of(i))


def colors_of(names: Iterable[Hashable]) -> dict:
    """The colour of each name: of tasks or sub-tasks where all are such, else as `style.colors` gives them."""
    names = list(names)
    return {name: task_color(name) for name in names} if are_tasks(names) else colors(names)


def in_order(names: Iterable[Hashable]) -> list:
    """Distinct names; tasks and sub-tasks in the catalog's order, so that those of one task stand together."""
    distinct = list(dict.fromkeys(names))
    if not are_tasks(distinct):
        return distinct
    order = [*TASKS] if set(distinct) <= set(TASKS) else [*SUBTASKS, *TASKS]
    return sorted(distinct, key=order.index)


def are_tasks(names: Iterable[Hashable]) -> bool:
    """Whether every name is a task's or a sub-task's."""
    return all(isinstance(name, str) and (name in TASKS or name in SUBTASKS) for name in names)
