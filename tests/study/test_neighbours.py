"""What the neighbours' chapter reads: right numbers where there is a record, and a sentence where there is none."""

import made_up_neighbours
import numpy as np
import pandas as pd
import pytest

from assl_utils.study import claims, neighbours
from assl_utils.study.atlas import SCORES
from assl_utils.study.neighbours import ALONE, EVERYTHING, EXAM, MIXTURES, PAIRED, PLUS, TASKS


def better(block, arm, question):
    """Everything is better than a task alone, and general rows keep what training forgets."""
    if block == "forgetting":
        return 0.9 if arm == "base" or "general" in arm else 0.3
    if block == "numllm":
        if question.numeric:
            return 1.0 if "merged" in arm else 0.0 if arm == "base" else 0.25
        return 0.25
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
    table = table[table["task"] == ("FinEval" if score == EXAM else score)].set_index("with")
    task, asked = SCORES[score], "exam" if score == EXAM else score
    arms = {
        PAIRED: [f"{a}+{b}" for i, a in enumerate(TASKS) for b in TASKS[i + 1 :] if task in (a, b)],
        EVERYTHING: [EVERYTHING],
        f"{ALONE} + {PLUS[0]}": [f"{task} + {PLUS[0]}"],
        f"{EVERYTHING} + {PLUS[2]}": [f"{EVERYTHING} + {PLUS[2]}"],
    }
    assert len(arms[PAIRED]) == 6 and list(table.index) == list(MIXTURES)
    items = cocktail.block.items
    wanted = [task, *(name for names in arms.values() for name in names)]
    items = items[items["line"].isin(wanted) & (items["task"] == asked)]
    for mixture, which in arms.items():
        gaps = [literally(items, score, which, s) - literally(items, score, [task], s) for s in range(3)]
        assert table.loc[mixture, "diff"] == pytest.approx(np.mean(gaps), abs=1e-4), mixture
        assert table.loc[mixture, "seeds"] == 3


def test_what_is_made_of_several_adapters_has_all_seven_scores_and_finds_what_is_there(cocktail):
    table = cocktail.pairs([(EVERYTHING, ALONE), (PAIRED, ALONE), (f"{ALONE} + {PLUS[1]}", ALONE)])
    assert (table["reason"] == "").all() and table["lo"].iloc[0] > 20
    assert table["diff"].iloc[1:].abs().max() < 12
    assert cocktail.pairs([(neighbours.UNRELATED, "base")], EXAM)["reason"].iloc[0] == ""
    assert cocktail.scores()[EVERYTHING] > 75


@pytest.mark.parametrize(
    "gone", [("cocktail", f"sentiment + {PLUS[0]}", 1), ("pairs", "sentiment+qa", 2), ("alone", "qa", 0)]
)
def test_a_line_that_failed_takes_its_training_away_and_nothing_else(tmp_path, gone):
    folder = made_up_neighbours.build(tmp_path, n=6, leave_out=[gone], blocks=["cocktail"])
    found = neighbours.cocktail(folder, "cpu")
    table = neighbours.matrix(found)
    fewer = table[table["seeds"] == 2]
    assert len(fewer) and (table["seeds"].isin([2, 3])).all()
    if gone[0] == "cocktail":
        assert set(zip(fewer["task"], fewer["with"], strict=True)) == {("FE", f"{ALONE} + {PLUS[0]}")}
        assert found.block.arms.loc[gone[1], "failed"] == 1
    if gone[0] == "pairs":
        assert set(zip(fewer["task"], fewer["with"], strict=True)) == {("FE", PAIRED), ("QA", PAIRED)}
    if gone[0] == "alone":
        assert set(fewer["task"]) == {"QA"} and len(fewer) == len(MIXTURES)


def test_second_tasks_are_told_in_sentences(recorded, tmp_path):
    assert neighbours.second_tasks(recorded, "cpu").startswith("Of 48 cells ")
    assert "make grid GRID=atlas PROFILE=cpu" in neighbours.second_tasks(tmp_path, "cpu")


def test_forgetting_is_against_the_base_which_has_no_seed(recorded):
    found = neighbours.section(recorded, "cpu", "forgetting")
    table = neighbours.forgetting(found)
    assert len(table) == 8 * 4 and (table["second"] == "base").all() and (table["seeds"] == 3).all()
    wide = table.pivot(index="trained", columns="beside", values="diff")
    assert (wide["general 10 %"] > -20).all() and (wide[["nothing", "arithmetic 10 %"]] < -30).all(axis=None)


def test_numeric_questions_are_told_apart_in_every_block(recorded, cocktail):
    found = neighbours.section(recorded, "cpu", "numllm")
    assert found.numeric == {f"exam-{i:03d}" for i in range(0, 24, 4)} == cocktail.numeric
    table = neighbours.by_kind(found, [("merged_svd", "base")]).set_index("questions")
    assert list(table.index) == ["all questions (24)", "numeric (6)", "not numeric (18)"]
    gaps = table["diff"].to_list()
    assert gaps[1] > 25 and abs(gaps[2]) < 25 and gaps[0] == pytest.approx((6 * gaps[1] + 18 * gaps[2]) / 24, abs=1e-4)
    other = neighbours.by_kind(cocktail, [(EVERYTHING, "base")])
    assert other["questions"].tolist() == list(table.index)
    scores = neighbours.scores_by_kind(found)
    assert list(scores.columns) == list(neighbours.KINDS.values()) and scores.index[0] == "base" and len(scores) == 7
    assert scores.loc["merged_svd"] @ [24, -6, -18] == pytest.approx(0, abs=1e-3)
    errors = neighbours.merging_errors(found)["error"]
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


def test_every_claim_names_arms_that_the_grids_have_and_is_judged(recorded, cocktail):
    names = ("forgetting", "numllm", "team", "retriever")
    sections = {name: neighbours.section(recorded, "cpu", name) for name in names}
    sections["cocktail"] = cocktail
    assert {claim.block for claim in neighbours.CLAIMS} == set(sections)
    judged = pd.concat([found.judge(name) for name, found in sections.items()])
    assert len(judged) == len(neighbours.CLAIMS) and "no result yet" not in set(judged["verdict"])
    verdicts = judged.set_index("claim")["verdict"]
    assert verdicts["a cocktail of related tasks can do better than the target task alone"] == "holds"
    assert verdicts["general instructions keep performance from falling"] == "holds"
    assert verdicts["two merged modules improve the base model on numeric questions"] == "holds"
    assert "Verdict: holds." in claims.said(judged)


READ = [
    lambda s: s.sentences(), lambda s: s.pairs([("a", "b")]), lambda s: s.scores(), neighbours.matrix,
    neighbours.forgetting, lambda s: neighbours.by_kind(s, [("a", "b")]), neighbours.scores_by_kind,
    neighbours.merging_errors, neighbours.domains, neighbours.together_or_alone, lambda s: s.judge("team"),
]  # fmt: skip


@pytest.fixture(scope="module")
def nothing(tmp_path_factory):
    """Sections without a result: no record at all, no atlas beside it, another block, and lines that all failed."""
    empty, partly = (tmp_path_factory.mktemp(name) for name in ("empty", "partly"))
    failed = [("team", arm, seed) for arm in TEAM for seed in range(3)]
    made_up_neighbours.build(partly, n=2, blocks=["team", "cocktail"], leave_out=failed)
    found = [neighbours.section(empty, "cpu", "numllm"), neighbours.section(partly, "cpu", "team")]
    found += [neighbours.cocktail(empty, "cpu"), neighbours.section(partly, "cpu", "retriever")]
    (partly / "cpu-atlas").rename(partly / "away")
    return [*found, neighbours.cocktail(partly, "cpu")]


TEAM = (
    "base", "roles", "roles, vote", "roles, text first", "roles, text first, vote", "roles, 15 passes",
    "one, the roles' rows", "one, random rows", "clusters", "clusters, vote",
)  # fmt: skip


@pytest.mark.parametrize("read", READ)
def test_without_a_record_the_reason_is_named_and_everything_goes_on(nothing, read):
    for found in nothing:
        table = read(found)
        if isinstance(table, pd.DataFrame) and "reason" in table:
            assert (table["reason"] == found.missing).all() and "There is no result yet" in neighbours.said(table)


def test_the_reason_names_the_command(nothing):
    whys = [found.missing for found in nothing]
    assert "make grid GRID=neighbours PROFILE=cpu RECORD=1" in whys[0] == nothing[0].asks
    assert "every line of team failed (MemoryError: no room)" in whys[1] and "make grid" in whys[1]
    assert "GRID=neighbours" in whys[2] and "no line of retriever is recorded" in whys[3] and "GRID=atlas" in whys[4]


def test_records_of_other_rows_are_not_mixed(tmp_path):
    made_up_neighbours.build(tmp_path, n=2, digest="one", blocks=["cocktail"])
    other = made_up_neighbours.build(tmp_path / "other", n=2, digest="two", blocks=["cocktail"])
    (other / "cpu-atlas").rename(other / "gone")
    (tmp_path / "cpu-atlas").rename(other / "cpu-atlas")
    assert "recorded on other rows" in neighbours.cocktail(other, "cpu").missing


def test_what_was_said_counts_what_differs(cocktail):
    table = neighbours.matrix(cocktail)
    words, sure = neighbours.said(table), int(((table["lo"] > 0) | (table["hi"] < 0)).sum())
    assert f"{sure} of 64 intervals leave 0 out (about 3.2 " in words and "Four times in five" in words
    assert sure >= 30 and "are equal within 2 points" in words
