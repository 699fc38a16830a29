"""What each choice of rows is called, and what it was called in records made before the names became plain."""

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


def present(names):
    """Names as they are today, in the order given: of choices, of keys, of columns."""
    return [FORMER.get(name, name) for name in names]
