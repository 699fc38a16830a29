"""What each choice of rows of the first study is called, what it was called before, and which line of a grid it is now.

    python -m assl_utils.study.choice_names random random_at_cost

The first study chose rows from a menu of names. Its records are read as they are (`assl_utils.study.recorded`); what is
new is a line of a grid, whose words can be put together otherwise too (`assl_utils.study.grid`).
"""

import sys

import yaml

from assl_utils.errors import nearest

MORE = 3  # times the rows, in the choices whose name begins with `more_`

CHOICES = {
    "chosen": "the run's own choice",
    "again": "the run's own choice, another start of the training",
    "mix": "the run's own choice, one adapter",
    "paper_rule": "stage 1 by the paper's own rule, to which nothing is added",
    "paper_rule_k5": "stage 1 by the paper's own rule with k = 5",
    "paper_rule_near": "stage 1 by the paper's own rule with four fifths of its radius",
    "random_like_k5": "as many rows of each cluster as paper_rule_k5 has, at random",
    "random": "as many rows of each cluster at random",
    "random_again": "another random sample",
    "random_mix": "as many rows at random, one adapter",
    "random_at_cost": "rows at random, and steps, for what choosing and training cost together",
    "random_even": "as many rows at random, the sub-tasks of a cluster taking turns",
    "random_per_subtask": "as many rows in all at random, the same number of each sub-task, and steps in proportion",
    "random_per_subtask_again": "another random sample per sub-task",
    "random_per_subtask_mix": "the rows of random_per_subtask, one adapter",
    "spread": "the spread of stage 1 alone, the same number of each sub-task, and steps in proportion",
    "level": "stage 1 as it is, stage 2 by its scores until every sub-task has as many, and steps in proportion",
    "scale_100": "stage 2 with ROUGE on [0, 100] in (12)",
    "lora_alone": "stage 2 by what the first expert cannot answer, whatever the raw model could",
    "no_model": "stage 2 by nearness and redundancy alone",
    "more_rows": f"stage 2 goes on to {MORE} times the rows, in as many steps",
    "more_random": f"{MORE} times the rows at random, in as many steps",
    "more_random_even": f"{MORE} times the rows at random, the sub-tasks of a cluster taking turns, in as many steps",
    "more_random_per_subtask": f"{MORE} times the rows at random, the same number of each sub-task, in as many steps",
    "all_data": "every row, one adapter, the recipe's own epochs",
}

FORMER = {
    "letter": "paper_rule",
    "letter_k5": "paper_rule_k5",
    "letter_near": "paper_rule_near",
    "lot": "random",
    "lot_again": "random_again",
    "lot_mix": "random_mix",
    "lot_at_cost": "random_at_cost",
    "lot_like_k5": "random_like_k5",
    "even": "random_even",
    "by_subtask": "random_per_subtask",
    "by_subtask_again": "random_per_subtask_again",
    "by_subtask_mix": "random_per_subtask_mix",
    "more_by_lot": "more_random",
    "more_even": "more_random_even",
    "more_by_subtask": "more_random_per_subtask",
    # keys and columns of a record
    "cell": "choice",
    "dearer": "cost_factor",
    "lessons": "training_sets",
}

_AGAIN = "the same rows and another start of the training"
_OTHER = "nearest: another `clustering` draws other rows, and gives other clusters too"
_STEPS = "in as many steps as a tenth with passes=12"
GRID_LINES = {  # a choice: its line in a grid file, and what is not the same, if anything
    "chosen": ({"select": "utility"}, ""),
    "again": ({"select": "utility", "seed": 1, "clustering": 0}, _AGAIN),
    "mix": ({"select": "utility", "compose": "mix"}, ""),
    "paper_rule": ({"select": "paper_rule"}, ""),
    "paper_rule_k5": ({"select": "paper_rule(neighbours=5)"}, ""),
    "paper_rule_near": ({"select": "paper_rule(neighbours=5)"}, "nearest: no word changes the radius of A-DBSCAN"),
    "random_like_k5": ({"select": "random"}, "nearest: parts give equal shares, never those of another line"),
    "random": ({"select": "random"}, ""),
    "random_again": ({"select": "random", "seed": 0, "clustering": 1}, _OTHER),
    "random_mix": ({"select": "random", "compose": "mix"}, ""),
    "random_at_cost": ({"select": "random(cost_of=utility)"}, ""),
    "random_even": ({"select": "random_even"}, ""),
    "random_per_subtask": ({"select": "random_per_subtask"}, ""),
    "random_per_subtask_again": ({"select": "random_per_subtask", "seed": 0, "clustering": 1}, _OTHER),
    "random_per_subtask_mix": ({"select": "random_per_subtask", "compose": "mix"}, ""),
    "spread": ({"partition": "subtask", "select": "budget"}, "nearest: the same rows, with experts of sub-tasks"),
    "level": ({"select": "level"}, ""),
    "scale_100": ({"select": "utility(scale=100)"}, ""),
    "lora_alone": ({"select": "utility"}, "nearest: (12) always counts the raw model's answer too"),
    "no_model": ({"select": "utility(lambda3=0)"}, ""),
    "more_rows": ({"select": "utility(share=30%)", "train": "answers(passes=4)"}, _STEPS + "; stage 1 grows too"),
    "more_random": ({"select": "random(share=30%)", "train": "answers(passes=4)"}, _STEPS),
    "more_random_even": ({"select": "random_even(share=30%)", "train": "answers(passes=4)"}, _STEPS),
    "more_random_per_subtask": ({"select": "random_per_subtask(share=30%)", "train": "answers(passes=4)"}, _STEPS),
    "all_data": ({"partition": "one", "select": "all"}, ""),
}


def as_line(name):
    """The line of a grid file that a choice of rows is now, and after a dash what is not the same.

    Parameters
    ----------
    name : str
        Of today or former; an unknown one names the nearest.
    """
    (known,) = present([name])
    if known not in GRID_LINES:
        return f"{name}: no such choice of rows; {nearest(known, GRID_LINES)}"
    words, remark = GRID_LINES[known]
    line = yaml.safe_dump(words, default_flow_style=True, sort_keys=False, width=1000).strip()
    return f"{name}: {line}" + (f" — {remark}" if remark else "")


def main(names=None):
    """Say what replaces the menu, and for each name which line it is; the exit status is always 1."""
    names = sys.argv[1:] if names is None else names
    print(
        "the menu of row choices is gone: a choice is a line of a file in notebooks/grids, and `make grid GRID=…` "
        "does all its lines",
        file=sys.stderr,
    )
    for name in names:
        print(f"  {as_line(name)}", file=sys.stderr)
    return 1


def present(names):
    """Names as they are today, in the order given: of choices, of keys, of columns."""
    return [FORMER.get(name, name) for name in names]


if __name__ == "__main__":
    sys.exit(main())
