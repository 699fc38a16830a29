"""The linear learner: which n-grams it sees, and that its answers are those of a plain reading of its words."""

import numpy as np
import pytest
from sklearn.feature_extraction.text import HashingVectorizer
from sklearn.svm import LinearSVC

from assl_utils.experts import linear

UP, DOWN = ["股价上涨", "利润上涨很多", "上涨了", "涨停"], ["股价下跌", "利润下跌很多", "下跌了", "跌停"]


def columns(grams):
    """Where single n-grams are hashed to."""
    found = HashingVectorizer(analyzer=lambda gram: [gram], n_features=linear.BUCKETS, alternate_sign=False)
    return set(found.transform(grams).indices.tolist())


def test_a_text_is_its_n_grams_each_once():
    row = linear.features(["涨涨a"])
    assert set(row.indices.tolist()) == columns(["涨", "a", "涨涨", "涨a", "涨涨a"])
    np.testing.assert_allclose(row.data, 1 / np.sqrt(5), rtol=1e-6)


def test_of_a_pair_shared_n_grams_are_told_from_others():
    row = linear.features(["ab\nbc"], pair=True)
    assert set(row.indices.tolist()) == columns(["=b", "-a", "-c", "-ab", "-bc"])
    assert (linear.features(["bc\nab"], pair=True) != row).nnz == 0, "a pair asks the same in either order"


def test_no_text_and_an_empty_text_have_no_features():
    assert linear.features([]).shape == (0, linear.BUCKETS)
    assert linear.features(["", "\n"], pair=True).nnz == 0


def test_one_label_a_row_is_the_solver_s_own_answer():
    X, labels = linear.features(UP + DOWN), [("积极",)] * 4 + [("消极",)] * 4
    mine = linear.fit(X, labels, c=0.5, seed=3)
    theirs = LinearSVC(C=0.5, random_state=3, tol=linear.TOLERANCE).fit(X, [own[0] for own in labels])
    asked = linear.features(["大涨", "大跌", "平", "股价上涨"])
    assert [own[0] for own in mine.answer(asked)] == theirs.predict(asked).tolist()
    assert mine.answer(linear.features(["大涨", "大跌"])) == [("积极",), ("消极",)]


def test_of_three_labels_the_highest_score_is_given():
    X, labels = linear.features(["甲甲", "乙乙", "丙丙"]), [("a",), ("b",), ("c",)]
    assert linear.fit(X, labels).answer(linear.features(["丙", "甲", "乙"])) == [("c",), ("a",), ("b",)]


def test_a_set_is_every_label_above_nought_and_the_best_in_any_case():
    X = linear.features(["中国公司", "外国公司", "中国政策", "外国政策"])
    sets = [("中国", "公司"), ("外国", "公司"), ("中国", "政策"), ("外国", "政策")]
    model = linear.fit(X, sets, several=True, c=10.0)
    found = model.answer(linear.features(["中国公司", "外国政策", "天气"]))
    assert found[:2] == [("中国", "公司"), ("外国", "政策")]
    scores = {}
    for name in model.names:  # one solver a label
        wanted = [name in own for own in sets]
        own = LinearSVC(C=10.0, random_state=0, tol=linear.TOLERANCE).fit(X, wanted)
        scores[name] = float(own.decision_function(linear.features(["天气"]))[0])
    expected = {name for name, score in scores.items() if score > 0} | {max(scores, key=scores.get)}
    assert len(found[2]) >= 1 and set(found[2]) == expected


def test_a_label_that_every_row_has_is_always_given():
    X = linear.features(["甲", "乙", "丙"])
    model = linear.fit(X, [("x", "a"), ("x", "b"), ("x",)], several=True)
    assert all("x" in own for own in model.answer(linear.features(["甲", "丁"])))


@pytest.mark.parametrize("several", [False, True])
def test_rows_of_one_label_give_it_and_rows_of_none_give_nothing(several):
    X = linear.features(["甲", "乙"])
    assert linear.fit(X, [("x",), ("x",)], several).answer(X) == [("x",), ("x",)]
    assert linear.fit(X, [(), ()], several) is None
    assert linear.fit(X, [(), ("y",)], several).answer(X) == [("y",), ("y",)], "a row without a label is left out"


def test_the_name_of_rows_does_not_depend_on_their_order():
    assert linear.name_of(["a", "b"]) == linear.name_of(["b", "a"]) != linear.name_of(["a"])
