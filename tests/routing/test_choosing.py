"""Each word of the route against its sentence read aloud: loops over questions, parts and rows, with ties."""

import math

import numpy as np
import pandas as pd
import pytest

from assl_utils.routing import alternatives, choosing
from assl_utils.routing.choosing import WORDS, choose, costs_of, held_out_questions
from assl_utils.routing.router import distances

SUBTASKS = ["sentiment", "qa", "ner"]


def situation(seed, parts=4, rows=80, questions=30):
    """Rows in parts (some in none), questions, sub-tasks; whole numbers, so that there are copies and ties."""
    rng = np.random.default_rng(seed)
    labels = np.concatenate([np.arange(parts), rng.integers(-1, parts, size=rows - parts)])
    return {
        "train_vectors": rng.integers(-2, 3, size=(rows, 3)).astype(np.float32),
        "train_labels": labels,
        "train_subtasks": rng.choice(SUBTASKS[:2], rows),
        "vectors": rng.integers(-2, 3, size=(questions, 3)).astype(np.float32),
        "subtasks": rng.choice(SUBTASKS, questions),
    }


def first_smallest(values):
    return next(i for i, value in enumerate(values) if value == min(values))


def mean_of(rows):
    return [math.fsum(column) / len(rows) for column in zip(*rows, strict=True)]


def centroid_by_hand(s):
    """Eqs. (5) and (6): the mean of each part's rows, the nearest of them."""
    train, labels = s["train_vectors"].tolist(), s["train_labels"].tolist()
    means = [mean_of([x for x, own in zip(train, labels, strict=True) if own == p]) for p in range(max(labels) + 1)]
    return [[math.dist(question, mean) for mean in means] for question in s["vectors"].tolist()]


def label_by_hand(s):
    """The part that holds most rows of the question's sub-task."""
    chosen = []
    for subtask in s["subtasks"]:
        held = [0] * (max(s["train_labels"]) + 1)
        for own, part in zip(s["train_subtasks"], s["train_labels"], strict=True):
            if own == subtask and part >= 0:
                held[part] += 1
        chosen.append(first_smallest([-count for count in held]))
    return chosen


def vote_by_hand(s, voters):
    """Sort all rows that belong to a part by distance; most votes win, then the nearer voters, then the first."""
    rows = [(x, part) for x, part in zip(s["train_vectors"].tolist(), s["train_labels"], strict=True) if part >= 0]
    chosen = []
    for question in s["vectors"].tolist():
        away = sorted((math.dist(question, x), i, part) for i, (x, part) in enumerate(rows))[:voters]
        votes = {}
        for distance, _, part in away:
            count, total = votes.get(part, (0, 0.0))
            votes[part] = (count - 1, total + distance)
        chosen.append(min(votes, key=lambda part: (*votes[part], part)))
    return chosen


@pytest.mark.parametrize("seed", range(6))
def test_centroid_is_equation_6(seed):
    s = situation(seed)
    found, by_hand = costs_of("centroid", **s), centroid_by_hand(s)
    np.testing.assert_allclose(found, by_hand, rtol=1e-9)
    clear = [i for i, row in enumerate(by_hand) if np.diff(sorted(row))[0] > 1e-9]
    assert clear and choose("centroid", **s)[clear].tolist() == [first_smallest(by_hand[i]) for i in clear]


@pytest.mark.parametrize("seed", range(6))
def test_twelve_measures_to_the_mean_of_a_few_rows_of_each_part(seed):
    s = situation(seed)
    inside = s["train_labels"] >= 0
    means = alternatives.sample_mean(s["train_vectors"][inside], s["train_labels"][inside], 5, seed)
    expected = [[math.dist(question, mean) for mean in means.tolist()] for question in s["vectors"].tolist()]
    np.testing.assert_allclose(costs_of("twelve", few=5, seed=seed, **s), expected, rtol=1e-9)
    all_rows = costs_of("twelve", few=1000, **s)
    np.testing.assert_allclose(all_rows, centroid_by_hand(s), rtol=1e-9)


@pytest.mark.parametrize("voters", [1, 7, 1000])
def test_nearest_rows_is_a_count_of_the_nearest(voters):
    rng = np.random.default_rng(voters)  # no whole numbers: sums of distances are then compared to their last digit
    s = situation(voters) | {"vectors": rng.normal(size=(30, 3)), "train_vectors": rng.normal(size=(80, 3))}
    assert choose("nearest_rows", voters=voters, **s).tolist() == vote_by_hand(s, voters)


@pytest.mark.parametrize("seed", range(6))
def test_by_label_is_the_part_with_most_rows_of_the_sub_task(seed):
    s = situation(seed)
    assert "ner" not in s["train_subtasks"] and "ner" in s["subtasks"], "a sub-task without rows"
    assert choose("by_label", **s).tolist() == label_by_hand(s)


def test_rows_of_no_part_change_nothing():
    s = situation(0)
    inside = s["train_labels"] >= 0
    less = s | {name: s[name][inside] for name in ("train_vectors", "train_labels", "train_subtasks")}
    for word in ("centroid", "twelve", "nearest_rows", "by_label"):
        np.testing.assert_array_equal(costs_of(word, **s), costs_of(word, **less))


def test_the_cosine_is_the_routers():
    s = situation(1) | {"train_vectors": np.random.default_rng(0).normal(size=(80, 3))}
    inside = s["train_labels"] >= 0
    means = alternatives.sample_mean(s["train_vectors"][inside], s["train_labels"][inside], 1000)
    np.testing.assert_allclose(costs_of("centroid", metric="cosine", **s), distances(s["vectors"], means, "cosine"))


@pytest.mark.parametrize("word", ["centroid", "twelve", "nearest_rows", "by_label"])
def test_one_part_answers_everything(word):
    s = situation(0, parts=1)
    assert costs_of(word, **s).shape == (30, 1) and not choose(word, **s).any()


# ------------------------------------------------------------------------------------------------------------- scores


def answered(seed, models=("lora-0", "lora-1", "mix"), questions=40, sets=False):
    """Scores of every model on every question of two tasks, with many ties."""
    rng = np.random.default_rng(seed)
    rows = [
        (model, "FE" if i % 3 else "RE", f"q{i}", rng.integers(0, 3), rng.integers(2, 4))
        for model in models
        for i in range(questions)
    ]
    table = pd.DataFrame(rows, columns=["model", "task", "id", "numerator", "denominator"])
    table["correct"] = table["numerator"] / table["denominator"]
    return table if sets else table.drop(columns=["numerator", "denominator"])


def best_by_hand(scores, models, task):
    """The first model of which the questions of the task have the highest score."""
    best, name = -1.0, None
    for model in models:
        own = scores[(scores["model"] == model) & (scores["task"] == task)]
        if "numerator" in own:
            score = sum(own["numerator"].tolist()) / sum(own["denominator"].tolist())
        else:
            score = sum(own["correct"].tolist()) / len(own)
        if score > best + 1e-12:
            best, name = score, model
    return models.index(name)


@pytest.mark.parametrize("sets", [False, True])
@pytest.mark.parametrize("seed", range(8))
def test_validated_and_the_task_oracle_take_the_best_model_of_each_task(seed, sets):
    models, tasks = ["lora-0", "lora-1", "mix"], ["RE", "FE", "FE", "RE", "FE"]
    scores = answered(seed, questions=9, sets=sets).sample(frac=1, random_state=seed)
    expected = [best_by_hand(scores, models, task) for task in tasks]
    assert choose("validated", held=scores, models=models, tasks=tasks, ids=list("abcde")).tolist() == expected
    assert choose("oracle_task", scores=scores, models=models, tasks=tasks).tolist() == expected


def test_of_equally_good_models_the_first_answers():
    same = answered(0).assign(correct=0.5)
    for models in (["mix", "lora-1", "lora-0"], ["lora-1", "mix"]):
        assert not choose("validated", held=same, models=models, tasks=["FE", "RE"], ids=["a", "b"]).any()
        assert not choose("oracle", scores=same, models=models, ids=["q3", "q0"]).any()


def test_a_score_of_sets_is_no_mean_over_questions():
    rows = [("a", "RE", "q0", 1, 1), ("a", "RE", "q1", 0, 9), ("b", "RE", "q0", 0, 1), ("b", "RE", "q1", 3, 9)]
    scores = pd.DataFrame(rows, columns=["model", "task", "id", "numerator", "denominator"])
    scores["correct"] = scores["numerator"] / scores["denominator"]  # means: a 0.50, b 0.17; shares: a 0.1, b 0.3
    given = {"models": ["a", "b"], "tasks": ["RE"]}
    assert choose("oracle_task", scores=scores, **given).tolist() == [1]
    assert choose("oracle_task", scores=scores.drop(columns=["numerator", "denominator"]), **given).tolist() == [0]


@pytest.mark.parametrize("seed", range(5))
def test_the_item_oracle_takes_the_best_answer(seed):
    models, scores = ["mix", "lora-0", "lora-1"], answered(seed)
    ids = [f"q{i}" for i in np.random.default_rng(seed).permutation(40)[:15]]
    correct = {(row.model, row.id): row.correct for row in scores.itertuples()}
    expected = [first_smallest([-correct[model, item] for model in models]) for item in ids]
    assert choose("oracle", scores=scores, models=models, ids=ids).tolist() == expected


def test_validated_never_routes_a_question_by_its_own_score():
    given = {"models": ["lora-0"], "tasks": ["FE", "FE"]}
    with pytest.raises(ValueError, match="q4 is to be routed by its own score"):
        costs_of("validated", held=answered(0), ids=["q50", "q4"], **given)
    with pytest.raises(ValueError, match="'validated' needs ids"):
        costs_of("validated", held=answered(0), **given)


def test_a_gap_in_the_scores_is_named():
    scores = answered(0)
    with pytest.raises(ValueError, match="nothing of lora-9 on the task FE"):
        costs_of("oracle_task", scores=scores, models=["lora-0", "lora-9"], tasks=["FE"])
    with pytest.raises(ValueError, match="nothing of lora-0 on the task NL"):
        costs_of("oracle_task", scores=scores, models=["lora-0"], tasks=["NL"])
    with pytest.raises(ValueError, match="lora-0 has no score of q99"):
        costs_of("oracle", scores=scores, models=["lora-0"], ids=["q99"])
    with pytest.raises(ValueError, match="lora-0 has two scores of q0"):
        costs_of("oracle", scores=pd.concat([scores, scores[:1]]), models=["lora-0"], ids=["q0"])


# ------------------------------------------------------------------------------------------------------------- masking


def test_a_masked_expert_never_answers_and_the_others_cost_what_they_cost():
    s = situation(0)
    cost = costs_of("centroid", **s)
    masked = np.zeros(cost.shape, dtype=bool)
    masked[np.arange(len(cost)), cost.argmin(axis=1)] = True
    found = costs_of("centroid", masked=masked, **s)
    assert np.isinf(found[masked]).all() and (found[~masked] == cost[~masked]).all()
    second = [min((c, i) for i, c in enumerate(row) if i != first_smallest(row))[1] for row in cost.tolist()]
    assert choose("centroid", masked=masked, **s).tolist() == second


def test_a_mask_that_does_not_fit_is_refused():
    s = situation(0)
    with pytest.raises(ValueError, match="bool of shape"):
        costs_of("centroid", masked=np.zeros((30, 4)), **s)
    with pytest.raises(ValueError, match="bool of shape"):
        costs_of("centroid", masked=np.zeros((30, 5), dtype=bool), **s)
    hidden = np.zeros((30, 4), dtype=bool)
    hidden[7] = True
    with pytest.raises(ValueError, match="question 7 has no expert left"):
        costs_of("centroid", masked=hidden, **s)


# --------------------------------------------------------------------------------------------------- held-out questions


def asked(n=20, seed=0):
    """NSP1 and NSP2 about the same n texts, and FE, in a random order."""
    rows = [(f"{t}-{i:03}", t, f"{t[:3]} text {i}") for t in ("NSP1", "NSP2", "FE") for i in range(n)]
    return pd.DataFrame(rows, columns=["id", "task", "input"]).sample(frac=1, random_state=seed)


@pytest.mark.parametrize("seed", range(5))
def test_a_few_questions_of_each_task_are_held_out_and_a_text_is_on_one_side(seed):
    questions = asked()
    held = questions[held_out_questions(questions, 6, seed)]
    assert held["task"].value_counts().to_dict() == {"NSP1": 6, "NSP2": 6, "FE": 6}
    numbers = {task: set(held.loc[held["task"] == task, "id"].str[-3:]) for task in ("NSP1", "NSP2", "FE")}
    assert numbers["NSP1"] == numbers["NSP2"] != numbers["FE"]


@pytest.mark.parametrize("seed", range(5))
def test_texts_of_one_task_only_and_texts_asked_twice_stay_whole(seed):
    questions = asked(30).drop(index=range(22))  # NSP1 keeps few of its texts
    questions.loc[questions["id"].isin(["FE-001", "FE-002", "FE-003"]), "input"] = "one text"
    held = held_out_questions(questions, 5, seed)
    for family in (["NSP1", "NSP2"], ["FE"]):
        own = questions["task"].isin(family).to_numpy()
        assert not set(questions["input"][own & held]) & set(questions["input"][own & ~held])
    assert (questions["task"][held].value_counts() >= 5).all() and (questions["task"][held] == "FE").sum() <= 7


def test_what_is_held_out_depends_on_seed_task_and_ids_alone():
    questions, other = asked(), asked(seed=1)
    mine = set(questions["id"][held_out_questions(questions, 6)])
    assert mine == set(other["id"][held_out_questions(other, 6)])
    assert mine != set(questions["id"][held_out_questions(questions, 6, seed=1)])
    alone = questions[questions["task"] == "FE"]
    assert set(alone["id"][held_out_questions(alone, 6)]) == {item for item in mine if item.startswith("FE")}


def test_questions_that_cannot_be_held_out():
    questions = asked(5)
    with pytest.raises(ValueError, match="has 5 questions; per_task=5 leaves none"):
        held_out_questions(questions, 5)
    with pytest.raises(ValueError, match="per_task is 0"):
        held_out_questions(questions, 0)
    with pytest.raises(ValueError, match="occurs twice"):
        held_out_questions(pd.concat([questions, questions]), 2)


# -------------------------------------------------------------------------------------------------------------- words


def test_a_wrong_word_or_input_names_the_nearest():
    s = situation(0)
    with pytest.raises(ValueError, match="'centroids'; nearest is 'centroid'"):
        choose("centroids", **s)
    with pytest.raises(TypeError, match="no route reads 'voter'; nearest is 'voters'"):
        choose("nearest_rows", voter=3, **s)
    with pytest.raises(ValueError, match="'by_label' needs subtasks"):
        choose("by_label", **{name: value for name, value in s.items() if name != "subtasks"})
    with pytest.raises(ValueError, match="train_labels are 79 for 80"):
        choose("centroid", **s | {"train_labels": s["train_labels"][1:]})
    with pytest.raises(ValueError, match="all -1"):
        choose("centroid", **s | {"train_labels": np.full(80, -1)})
    with pytest.raises(ValueError, match="a part without rows"):
        choose("centroid", **s | {"train_labels": np.full(80, 2)})
    assert set(WORDS) == set(choosing._FUNCTIONS)


# ------------------------------------------------------------------------------------------------------ for the chapter


def test_what_is_kept_of_a_choice_is_measured_to_the_centroids():
    away = np.array([[1.0, 3.0, 2.0], [5.0, 4.0, 4.0], [2.0, 9.0, 3.0]])
    found = choosing.routed([0, 2, 1], away, ["a", "b", "c"])
    assert found["expert"].tolist() == ["a", "c", "b"]
    assert found["distance"].tolist() == [1, 4, 9] and found["margin"].tolist() == [1, 0, -7]
    alone = choosing.routed([0], np.array([[2.0]]), ["a"])
    assert alone["margin"].tolist() == [math.inf]


def test_a_route_of_ones_own_is_given_what_it_names(forgets):
    choosing.add("first_number", "The part whose number the vector holds.", lambda vectors: -vectors)
    chosen = choose("first_number", vectors=np.eye(3)[[2, 0]], train_labels=[0, 1], seed=4)
    assert chosen.tolist() == [2, 0] and "first_number" in WORDS
    with pytest.raises(ValueError, match="route=first_number exists already"):
        choosing.add("first_number", "", lambda vectors: vectors)
    with pytest.raises(TypeError, match="without \\* and \\*\\*"):
        choosing.add("any", "", lambda **inputs: inputs)
    assert "any" not in WORDS
