"""Tables and sentences about a run's routing, worked by hand."""

import numpy as np
import pandas as pd

from assl_utils.routing import summary


def test_questions_are_counted_by_task_and_expert():
    table = summary.by_task(["NL", "FE", "NL"], ["b", "a", "b"], ["a", "b", "c"])
    assert table.index.tolist() == ["NL", "FE"] and table.columns.tolist() == ["a", "b", "c"]
    assert table.to_numpy().tolist() == [[0, 2, 0], [1, 0, 0]]
    assert summary.spread_sentence(table) == (
        "2 of 2 tasks send at least 90 % of their questions to one expert; divided: none; never asked: c"
    )
    table.loc["FE"] = [3, 2, 5]
    assert summary.spread_sentence(table) == (
        "1 of 2 tasks send at least 90 % of their questions to one expert; "
        "divided: FE (50 % to one); never asked: no expert"
    )


def test_the_share_of_a_subtasks_rows_that_the_expert_holds():
    found = summary.share_of_rows(
        ["x", "x", "x", "y"], ["a", "a", "b", "b"], ["x", "x", "y", "z", "x"], [*"abba", "base"]
    )
    assert found.tolist() == [2 / 3, 1 / 3, 1, 0, 0]


def test_the_sentence_about_margins():
    said = summary.margin_sentence([1.0, 3.0, 0.5], [0.9, 0.5, 0.1])
    assert said.startswith("middle margin 2.000 where") and "(2 questions), 0.500 where it does not (1)" in said
    assert summary.margin_sentence([1.0], [0.9]) == "the experts hold most of the sub-task for all questions"
    assert summary.margin_sentence(pd.Series([1.0]), [0.0]).endswith("for none of the questions")


class OnAPlane:
    """A router without an encoder: names and centroids, and the nearest answers."""

    def __init__(self, names, centroids):
        self.names, self.centroids = list(names), np.asarray(centroids, dtype=float)

    def route_vectors(self, vectors):
        away = [[abs(complex(*x) - complex(*c)) for c in self.centroids.tolist()] for x in vectors.tolist()]
        return pd.DataFrame({"expert": [self.names[row.index(min(row))] for row in away]})

    def without(self, name):
        left = [i for i, own in enumerate(self.names) if own != name]
        return OnAPlane([self.names[i] for i in left], self.centroids[left])

    def with_expert(self, name, centroid):
        return OnAPlane([*self.names, name], [*self.centroids, centroid])


def test_the_busiest_expert_leaves_and_returns():
    router = OnAPlane("abc", [[0, 0], [4, 0], [10, 0]])
    questions = np.array([[0, 0], [3.0, 0], [5, 0], [6.9, 0], [8, 0], [6, 0]])  # a, b, b, b, c, b
    busiest, moved, as_before = summary.leave_and_return(router, questions)
    assert (busiest, moved.tolist(), as_before) == ("b", ["a", "a", "c", "c"], True)


def test_an_only_expert_cannot_leave():
    busiest, moved, as_before = summary.leave_and_return(OnAPlane("a", [[0, 0]]), np.zeros((3, 2)))
    assert (busiest, len(moved), as_before) == ("a", 0, True)


def test_a_router_that_forgets_is_seen():
    class Forgetful(OnAPlane):
        def without(self, name):
            return OnAPlane("zc", [[0, 0], [10, 0]])

    assert not summary.leave_and_return(
        Forgetful("abc", [[0, 0], [4, 0], [10, 0]]), np.array([[0, 0], [4, 0], [4, 0]])
    )[2]
