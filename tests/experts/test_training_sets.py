"""Who is trained on what, and for how many steps."""

import pandas as pd
import pytest

from assl_utils.errors import DataError
from assl_utils.experts import training_sets

ROWS = pd.DataFrame({"id": list("abcdef")})
CLUSTER = [0, 0, 1, 1, 2, 2]
SELECTED = pd.DataFrame({"id": list("ebca"), "cluster": [2, 0, 1, 0]})


def ids(sets):
    return {name: "".join(part["id"]) for name, part in sets.items()}


def test_the_training_sets_of_chapter_6_by_hand():
    sets, _ = training_sets.of_clusters(ROWS, CLUSTER, SELECTED)
    assert ids(sets) == {
        "all-data": "abcdef", "mix": "ebca", "cluster-0": "ab", "cluster-1": "cd", "cluster-2": "ef",
        "lora-0": "ba", "lora-1": "c", "lora-2": "e",
    }  # fmt: skip


def test_one_mixed_model_takes_as_many_steps_as_the_experts_together():
    """With a fifth of the steps it lost for want of training, and that read as a finding."""
    sets, steps = training_sets.of_clusters(ROWS, CLUSTER, SELECTED, 60)
    assert steps.keys() == sets.keys()
    assert steps["mix"] == 180 == sum(steps[f"lora-{c}"] for c in range(3))
    assert {n for name, n in steps.items() if name != "mix"} == {60}


@pytest.mark.parametrize(("rows", "cluster", "selected", "message"), [
    (ROWS, CLUSTER[:5], SELECTED, "6 rows, but the clusters of 5"),
    (ROWS, CLUSTER, SELECTED.replace({"id": {"b": "x"}}), "1 selected rows are not among the rows, the first is x"),
    (ROWS.replace({"id": {"b": "a"}}), CLUSTER, SELECTED[SELECTED["id"] != "b"], "two rows have the id a"),
])  # fmt: skip
def test_rows_that_do_not_belong_together_are_named(rows, cluster, selected, message):
    with pytest.raises(DataError, match=message):
        training_sets.of_clusters(rows, cluster, selected)
