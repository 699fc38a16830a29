"""What the neighbours' chapter reads: right numbers where there is a record, and a sentence where there is none."""

import made_up_neighbours
import numpy as np
import pandas as pd
import pytest

from assl_utils.study import neighbours
from assl_utils.study.neighbours import ALONE, EVERYTHING, EXAM, MIXTURES, PAIRED, PLUS, TASK_OF, TASKS


def better(block, arm, question):
    """Everything is better than a task alone, and general rows keep what training forgets."""
    if block == "forgetting":
        return 0.9 if arm == "base" or "general" in arm else 0.3
    if block == "numllm":
        return 0.9 if "merged" in arm and question.numeric else 0.4
    if block == "retriever":
        return 0.3 if "masked" in arm else 0.7
    return 0.85 if arm.startswith("everything") else 0.4


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    return made_up_neighbours.build(tmp_path_factory.mktemp("grids"), better)


@pytest.fixture(scope="module")
def cocktail(recorded):
    return neighbours.cocktail(recorded, "cpu")


def literally(items, score, arms, seed):
    """A score in points, read aloud: right answers over questions of every adapter named."""
    right = asked = 0.0
    for row in items.to_dict("records"):
        mine = row["benchmark"] == "fineval" if score == EXAM else row["task"] == score
        if mine and row["line"] in arms and row["seed"] == seed:
            right, asked = right + row["numerator"], asked + row["denominator"]
    return 100 * right / asked


@pytest.mark.parametrize("score", ["FE", "NSP2", "RE", EXAM])
def test_the_matrix_is_the_mean_over_seeds_of_differences_to_the_own_task_alone(cocktail, score):
    table = neighbours.matrix(cocktail)
    table = table[table["task"] == ("exam" if score == EXAM else score)].set_index("with")
    task = TASK_OF[score]
    arms = {
        PAIRED: [f"{a}+{b}" for i, a in enumerate(TASKS) for b in TASKS[i + 1 :] if task in (a, b)],
        EVERYTHING: [EVERYTHING],
        f"{ALONE} + {PLUS[0]}": [f"{task} + {PLUS[0]}"],
        f"{EVERYTHING} + {PLUS[2]}": [f"{EVERYTHING} + {PLUS[2]}"],
    }
    assert len(arms[PAIRED]) == 6 and list(table.index) == list(MIXTURES)
    items = cocktail.items
    items = items[items["line"].isin([task, *sum(arms.values(), [])]) & (items["task"] == ("exam" if score == EXAM else score))]
    for mixture, which in arms.items():
        gaps = [literally(items, score, which, s) - literally(items, score, [task], s) for s in range(3)]
        assert table.loc[mixture, "diff"] == pytest.approx(np.mean(gaps), abs=1e-4), mixture
        assert table.loc[mixture, "seeds"] == 3


def test_what_is_made_of_several_adapters_has_all_seven_scores_and_finds_what_is_there(cocktail):
    table = cocktail.compare([(EVERYTHING, ALONE), (PAIRED, ALONE), (f"{ALONE} + {PLUS[1]}", ALONE)])
    assert (table["reason"] == "").all() and table["lo"].iloc[0] > 20
    assert table["diff"].iloc[1:].abs().max() < 12
    assert cocktail.compare([(neighbours.UNRELATED, "base")], EXAM)["reason"].iloc[0] == ""
    assert cocktail.scores()[EVERYTHING] > 75


@pytest.mark.parametrize("gone", [("cocktail", f"sentiment + {PLUS[0]}", 1), ("pairs", "sentiment+qa", 2), ("alone", "qa", 0)])
def test_a_line_that_failed_takes_its_training_away_and_nothing_else(tmp_path, gone):
    folder = made_up_neighbours.build(tmp_path, n=6, leave_out=[gone], blocks=["cocktail"])
    found = neighbours.cocktail(folder, "cpu")
    table = neighbours.matrix(found)
    fewer = table[table["seeds"] == 2]
    assert len(fewer) and (table["seeds"].isin([2, 3])).all()
    if gone[0] == "cocktail":
        assert set(zip(fewer["task"], fewer["with"], strict=True)) == {("FE", f"{ALONE} + {PLUS[0]}")}
        assert found.holes["error"].tolist() == ["MemoryError: no room"]
    if gone[0] == "pairs":
        assert set(zip(fewer["task"], fewer["with"], strict=True)) == {("FE", PAIRED), ("QA", PAIRED)}
    if gone[0] == "alone":
        assert set(fewer["task"]) == {"QA"} and len(fewer) == len(MIXTURES)


def test_pairs_are_named_after_the_second_task(cocktail):
    table = neighbours.pairs_of(cocktail)
    assert len(table) == len(TASK_OF) * 6 and (table["reason"] == "").all()
    row = table[(table["task"] == "NA") & (table["with"] == "exam")].iloc[0]
    assert (row["first"], row["second"]) == ("generation+exam", "generation")
    row = table[(table["task"] == "exam") & (table["with"] == "generation")].iloc[0]
    assert (row["first"], row["second"]) == ("generation+exam", "exam")


def test_forgetting_is_against_the_base_which_has_no_seed(recorded):
    found = neighbours.section(recorded, "cpu", "forgetting")
    table = neighbours.forgetting(found)
    assert len(table) == 8 * 4 and (table["second"] == "base").all() and (table["seeds"] == 3).all()
    wide = table.pivot(index="trained", columns="beside", values="diff")
    assert (wide["nothing"] < -30).all() and (wide["general 10 %"] > -20).all() and (wide["arithmetic 10 %"] < -30).all()


def test_numeric_questions_are_told_apart_in_every_block(recorded, cocktail):
    found = neighbours.section(recorded, "cpu", "numllm")
    ids = neighbours.numeric_ids(found)
    assert ids == {f"exam-{i:03d}" for i in range(0, 24, 4)}
    table = neighbours.by_kind(found, [("merged_svd", "base")], ids).set_index("questions")
    assert list(table.index) == ["all questions (24)", "numeric (6)", "not numeric (18)"]
    assert table.loc["numeric (6)", "diff"] > 25 and abs(table.loc["not numeric (18)", "diff"]) < 25
    assert table.loc["all questions (24)", "diff"] == pytest.approx(
        (6 * table.loc["numeric (6)", "diff"] + 18 * table.loc["not numeric (18)", "diff"]) / 24, abs=1e-4
    )
    other = neighbours.by_kind(cocktail, [(EVERYTHING, "base")], ids)
    assert other["questions"].tolist() == list(table.index) and other["questions"].iloc[1] == "numeric (6)"
    scores = neighbours.scores_by_kind(found, ids)
    assert list(scores.columns) == list(neighbours.KINDS) and scores.index[0] == "base" and len(scores) == 7
    errors = neighbours.merging_errors(found)
    assert errors.to_dict() == {"merged_cat": 0.0, "merged_linear": 0.2, "merged_svd": 0.2}


def test_what_masking_takes_is_the_difference_of_the_two_domains(recorded):
    found = neighbours.section(recorded, "cpu", "retriever")
    table = neighbours.domains(found)
    assert list(table.index) == [(p, c) for p in ("kmeans", "subtask") for c in ("selection", "fusion", "mixture")]
    assert (table["lost"] > 25).all()
    compared = neighbours.together_or_alone(found)
    assert len(compared) == 8 and (compared["reason"] == "").all()
    assert compared.loc[4, "first"] == "kmeans, fusion, masked" and compared.loc[4, "domain"] == "own expert masked"


def test_the_sentences_are_those_of_the_grid(recorded):
    table = neighbours.section(recorded, "cpu", "team").sentences()
    assert table.loc["roles, vote", "sentence"] == "role random answers(passes=12) vote centroid"
    assert table.loc["roles", "trainings"] == 3 and table.loc["base", "rows"] == 0


EVERYTHING_READ = [
    lambda s: s.sentences(), lambda s: s.compare([("a", "b")]), lambda s: s.scores(), neighbours.matrix,
    neighbours.pairs_of, neighbours.forgetting, lambda s: neighbours.by_kind(s, [("a", "b")], set()),
    lambda s: neighbours.scores_by_kind(s, set()), neighbours.merging_errors, neighbours.domains,
    neighbours.together_or_alone, neighbours.numeric_ids,
]  # fmt: skip


@pytest.mark.parametrize("read", EVERYTHING_READ)
@pytest.mark.parametrize("what", ["cocktail", "numllm", "nothing done"])
def test_without_a_record_the_command_is_named_and_everything_else_goes_on(tmp_path, read, what):
    if what == "cocktail":
        found = neighbours.cocktail(tmp_path, "cpu")
    elif what == "numllm":
        found = neighbours.section(tmp_path, "cpu", "numllm")
    else:
        arms = [("team", "roles", 0)]
        made_up_neighbours.build(tmp_path, n=2, blocks=["team"], leave_out=[])
        found = neighbours.section(tmp_path, "cpu", "retriever")
        assert arms and "no line of retriever" in found.missing or "retriever" in found.missing
    assert "make grid GRID=" in found.missing or "no block" in found.missing
    table = read(found)
    if isinstance(table, pd.DataFrame) and "reason" in table:
        assert (table["reason"] == found.missing).all() and "There is no result yet" in neighbours.said(table)


def test_records_of_other_rows_are_not_mixed(tmp_path):
    made_up_neighbours.build(tmp_path, n=2, digest="one", blocks=["cocktail"])
    other = made_up_neighbours.build(tmp_path / "other", n=2, digest="two", blocks=["cocktail"])
    (other / "cpu-atlas").rename(other / "gone")
    (tmp_path / "cpu-atlas").rename(other / "cpu-atlas")
    assert "recorded on other rows" in neighbours.cocktail(other, "cpu").missing


def test_what_was_said_counts_what_differs(cocktail):
    table = neighbours.matrix(cocktail)
    said = neighbours.said(table)
    above, below = int((table["lo"] > 0).sum()), int((table["hi"] < 0).sum())
    assert f"Of 64 differences {above} are above zero and {below} below" in said and "about 3.2 would be" in said
    assert above >= 30 and "Four times in five" in said
