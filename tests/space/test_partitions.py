"""Each word of the partition against its sentence read aloud, row by row."""

import numpy as np
import pandas as pd
import pytest

from assl_utils.errors import DataError
from assl_utils.space import clustering, partitions
from assl_utils.space.partitions import WORDS, partition
from assl_utils.tasks.catalog import FORMS, SUBTASKS, TASKS
from assl_utils.tasks.roles import ROLES, roles

KINDS = [(task, name, form) for name, (task, _) in SUBTASKS.items() for form in FORMS.get(name, ("",))]


def table(n=200, seed=0, without=()):
    """Rows of random kinds, under an index that is no 0, 1, 2, …"""
    rng = np.random.default_rng(seed)
    kinds = [kind for kind in KINDS if kind[1] not in without]
    rows = pd.DataFrame([kinds[i] for i in rng.integers(len(kinds), size=n)], columns=["task", "subtask", "form"])
    rows["instruction"] = "判断情感"
    rows["input"] = rng.choice(["央行降息，货币政策宽松", "公司公告：股东减持", "期货主力合约跌幅", ""], n)
    return rows.set_index(rng.permutation(n) + 1000)


def divided_by_hand(keys, order):
    """Parts are the kinds that occur, in their order; a row's label is the place of its kind among them."""
    there = [kind for kind in order if any(kind == key for key in keys)]
    return [there.index(key) for key in keys], there


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("word", ["task", "subtask", "role", "one"])
def test_a_part_is_what_its_rows_have_in_common(word, seed):
    rows = table(60, seed, without=("summary", "ner"))
    keys = {"one": ["one"] * 60, "role": roles(rows)}.get(word, rows.get(word))
    order = {"task": list(TASKS), "subtask": list(SUBTASKS), "role": list(ROLES), "one": ["one"]}[word]
    labels, names = divided_by_hand(list(keys), order)
    found = partition(word, rows)
    assert (found.labels.tolist(), list(found.names), found.word) == (labels, names, word)


def test_kmeans_gives_the_labels_of_chapter_3():
    rows, X = table(), np.random.default_rng(1).normal(size=(200, 4)).astype(np.float32)
    found = partition("kmeans", rows, X, k=5, seed=3)
    np.testing.assert_array_equal(found.labels, clustering.kmeans(X, 5, 3))
    assert found.names == ("lora-0", "lora-1", "lora-2", "lora-3", "lora-4")
    np.testing.assert_array_equal(found.centroids(X), clustering.centroids(X, found.labels))


@pytest.mark.parametrize("word", list(WORDS))
def test_a_centroid_is_the_mean_of_the_rows_of_its_part_and_of_no_other(word):
    rows, X = table(), np.random.default_rng(1).normal(size=(200, 4)).astype(np.float32)
    found = partition(word, rows, X, k=3, only=["sentiment", "qa", "exam", "negative_news:judge"])
    means = found.centroids(X)
    assert means.dtype == np.float64 and means.shape == (len(found.names), 4)
    for part in range(len(found.names)):
        own = [X[i].astype(float) for i in range(200) if found.labels[i] == part]
        np.testing.assert_allclose(means[part], sum(own) / len(own), rtol=1e-6)
    assert found.table()["rows"].tolist() == [list(found.labels).count(part) for part in range(len(found.names))]
    assert (found.labels == -1).any()


def meant(name, task, subtask, form):
    """Whether a row is of the kind that a name in ``only`` says."""
    first, _, second = name.partition(":")
    if not second:
        return task == first if first in TASKS else subtask == first
    return (task == first and subtask == second) or (subtask == first and form == second)


@pytest.mark.parametrize(
    "only",
    [
        ["sentiment"],
        ["sentiment", "summary"],
        ["sentiment:sentiment"],
        ["sentiment:stock_movement", "qa:qa"],
        ["negative_news:judge"],
        ["negative_news:judge", "negative_news:subject"],
        ["single_choice", "multiple_choice"],
        ["exam", "single_choice"],
        "matching",
    ],
)
def test_only_leaves_every_other_row_out(only):
    rows = table()
    names = [only] if isinstance(only, str) else only
    expected = [any(meant(name, *kind) for name in names) for kind in rows[["task", "subtask", "form"]].to_numpy()]
    assert (partition("one", rows, only=only).labels >= 0).tolist() == expected
    assert 0 < sum(expected) < len(rows)


def test_kmeans_of_some_rows_does_not_see_the_others():
    rows, X = table(), np.random.default_rng(1).normal(size=(200, 4))
    inside = (rows["task"] == "exam").to_numpy()
    other = np.where(inside[:, None], X, 1e6)
    np.testing.assert_array_equal(
        partition("kmeans", rows, X, k=2, only="exam").labels, partition("kmeans", rows, other, k=2, only="exam").labels
    )


def test_a_wrong_word_names_the_nearest():
    rows = table()
    with pytest.raises(ValueError, match="'kmean'; nearest is 'kmeans'"):
        partition("kmean", rows)
    with pytest.raises(ValueError, match="'sumary', no kind of row; nearest is 'summary'"):
        partition("one", rows, only=["sentiment", "sumary"])
    with pytest.raises(DataError, match="task 'sentimental'; nearest is 'sentiment'"):
        partition("task", rows.assign(task="sentimental"))


def test_what_cannot_be_divided_says_why():
    rows = table()
    with pytest.raises(ValueError, match="kmeans needs X, a vector for each of the 200 rows"):
        partition("kmeans", rows)
    with pytest.raises(ValueError, match="7 clusters of 3 points"):
        partition("kmeans", rows[:3], np.eye(3), k=7)
    with pytest.raises(DataError, match="none of only='ner'"):
        partition("task", table(without=("ner",)), only="ner")
    with pytest.raises(DataError, match="column subtask"):
        partition("subtask", rows.drop(columns="subtask"))
    with pytest.raises(DataError, match="column task, which only"):
        partition("one", rows.drop(columns="task"), only="ner")
    with pytest.raises(DataError, match=r"there are none$"):
        partition("one", rows[:0])
    with pytest.raises(ValueError, match="X has 3 rows, the partition 200"):
        partitions.Partition(np.zeros(200, int), ("one",), "one").centroids(np.eye(3))
