"""FinEval's modes: what a prompt with examples looks like, which letter is likeliest."""

import numpy as np
import pandas as pd
import pytest
import trained_run

from assl_utils.corpus import build
from assl_utils.evaluation import exam_modes
from assl_utils.evaluation.tables import COLUMNS, TABLE2, judge, table2
from assl_utils.experts import generation, models
from assl_utils.experts.adapters import adapters as attached
from assl_utils.sources import collect
from assl_utils.tasks import wordings
from assl_utils.tasks.subjects import subjects

QUESTIONS = pd.DataFrame(
    [
        ("fineval", "exam", "q1", "选出一个字母。", "乙题？\nA、一\nB、二\nC、三\nD、四", "B", "会计", "Accounting"),
        ("fineval", "exam", "q2", "写出字母。", "丙题？\nA、一\nB、二\nC、三\nD、四", "C", "保险学", "Finance"),
    ],
    columns=["benchmark", "task", "id", "instruction", "input", "reference", "subject", "group"],
)
SHOTS = pd.DataFrame(
    [("会计", "甲例？\nA、真\nB、假", "A"), ("审计学", "别科？\nA、真", "A"), ("会计", "丁例？\nA、假\nB、真", "B")],
    columns=["subject", "input", "reference"],
)


def test_a_prompt_with_examples_reads_as_written_out_by_hand():
    found = exam_modes.few_shot(QUESTIONS, SHOTS)
    assert found["prompt"].tolist() == [
        "选出一个字母。\n甲例？\nA、真\nB、假\n答案：A\n\n丁例？\nA、假\nB、真\n答案：B\n\n乙题？\nA、一\nB、二\nC、三\nD、四\n答案：",
        "写出字母。\n丙题？\nA、一\nB、二\nC、三\nD、四",  # no example of 保险学: the zero-shot prompt
    ]
    assert found["examples"].tolist() == [2, 0]


@pytest.mark.parametrize(("n", "examples"), [(0, [0, 0]), (1, [1, 0]), (2, [2, 0]), (9, [2, 0])])
def test_so_many_examples_as_asked_for_from_the_first_on(n, examples):
    found = exam_modes.few_shot(QUESTIONS, SHOTS, n)
    assert found["examples"].tolist() == examples
    assert ("甲例" in found["prompt"][0]) == (n > 0) and ("丁例" in found["prompt"][0]) == (n > 1)
    if n == 0:
        zero = [wordings.prompt(*pair) for pair in zip(QUESTIONS["instruction"], QUESTIONS["input"], strict=True)]
        assert found["prompt"].tolist() == zero


def test_without_shots_every_prompt_is_the_zero_shot_one():
    none = exam_modes.few_shot(QUESTIONS, SHOTS.iloc[:0])
    pd.testing.assert_frame_equal(none, exam_modes.few_shot(QUESTIONS, SHOTS, 0))
    pd.testing.assert_frame_equal(none, exam_modes.few_shot(QUESTIONS, pd.DataFrame()))
    with pytest.raises(ValueError, match="n is -1"):
        exam_modes.few_shot(QUESTIONS, SHOTS, -1)


def test_a_question_is_not_its_own_example():
    shots = pd.concat([QUESTIONS[["subject", "input", "reference"]], SHOTS])
    found = exam_modes.few_shot(QUESTIONS, shots, 5)
    assert found["examples"].tolist() == [2, 0]
    assert found["prompt"].str.count("乙题").tolist() == [1, 0]


def test_examples_give_way_to_the_question(tiny):
    model, tokenizer = tiny
    long = SHOTS.assign(input=SHOTS["input"] + "戊己庚" * 30)
    fits = exam_modes.room(model, tokenizer, max_new_tokens=64)
    found = exam_modes.few_shot(QUESTIONS, long, 5, fits)
    sizes = [len(models.encode_chat(tokenizer, prompt)[0]) for prompt in found["prompt"]]
    assert found["examples"].tolist() == [1, 0] and max(sizes) <= 512 - 64
    assert not fits(exam_modes.few_shot(QUESTIONS, long, 2)["prompt"][0])
    assert "甲例" in found["prompt"][0] and "丁例" not in found["prompt"][0]
    assert found["prompt"][0].endswith("D、四\n答案：")
    assert not exam_modes.room(model, tokenizer, 512 - sizes[0] + 1)(found["prompt"][0])
    assert exam_modes.room(model, tokenizer, 512 - sizes[0])(found["prompt"][0])
    examined = exam_modes.examine("tiny", *tiny, QUESTIONS, long, max_new_tokens=64)
    assert examined["examples"].tolist() == [0, 0, 0, 0, 1, 0, 1, 0]


def test_the_likeliest_letter_is_that_of_the_likeliest_answer(tiny):
    prompts = [*exam_modes.few_shot(QUESTIONS, SHOTS, 1)["prompt"], "哪一项？", "选什么"]
    found = exam_modes.by_likelihood(*tiny, prompts)
    apart = np.column_stack(
        [generation.log_likelihood(*tiny, prompts, [letter] * len(prompts), end=False) for letter in "ABCD"]
    )
    assert found == ["ABCD"[i] for i in apart.argmin(axis=1)]
    assert len(set(found)) > 1  # the tiny model prefers no letter whatever it is asked


@pytest.fixture(scope="module")
def questions():
    """Three of each group out of the embedded corpus, with an instruction."""
    rows = build.build(0.001, 1, 0, per_subject=1)[1]
    rows = rows[rows["benchmark"] == "fineval"].groupby("group").head(3).reset_index(drop=True)
    return rows.assign(instruction="选出正确的一项，只写字母。")


def test_an_exam_has_four_modes_and_a_table_each(tiny, questions):
    shots = exam_modes.composed_shots(1)
    shots = shots[shots["group"] != "Finance"]
    found = exam_modes.examine("tiny", *tiny, questions, shots, n=1, max_new_tokens=4)
    assert found.columns.tolist() == ["shots", "way", "examples", *COLUMNS]
    modes = found[["shots", "way"]].drop_duplicates().to_numpy().tolist()
    assert modes == [[0, "generation"], [0, "likelihood"], [1, "generation"], [1, "likelihood"]]
    for (wanted, way), part in found.groupby(["shots", "way"]):
        asked = exam_modes.few_shot(questions, shots, wanted, exam_modes.room(*tiny, 4))
        prompts = asked["prompt"].tolist()
        answers = (
            generation.generate(*tiny, prompts, max_new_tokens=4)
            if way == "generation"
            else exam_modes.by_likelihood(*tiny, prompts)
        )
        expected = judge("tiny", questions, answers)
        pd.testing.assert_frame_equal(part[COLUMNS].reset_index(drop=True), expected)
        assert part["examples"].tolist() == asked["examples"].tolist()
    assert found[found["way"] == "likelihood"]["parsed"].isin(list("ABCD")).all()

    tables = exam_modes.table(found, n_boot=20)
    assert tables[["shots", "way"]].to_numpy().tolist() == modes
    last = found[(found["shots"] == 1) & (found["way"] == "likelihood")]
    alone = table2(last, n_boot=20).iloc[0]
    for column in (*TABLE2, "AVG", "AVG_lo", "AVG_hi", "n", "unparsed"):
        assert tables.iloc[3][column] == alone[column]
    assert tables["without"].tolist() == [12, 12, 3, 3]
    assert tables["examples"].tolist() == [0, 0, 0.75, 0.75]


def test_without_any_example_the_modes_with_examples_are_left_out(tiny, questions):
    found = exam_modes.examine("tiny", *tiny, questions, SHOTS.iloc[:0], n=5, max_new_tokens=2)
    assert found["shots"].unique().tolist() == [0] and len(found) == 2 * len(questions)


def test_composed_examples_are_of_all_subjects_and_of_no_question_of_the_exam():
    shots = exam_modes.composed_shots(2, seed=3)
    assert shots.groupby("subject").size().to_dict() == dict.fromkeys(subjects(), 2)
    assert shots["reference"].isin(list("ABCD")).all() and shots["input"].is_unique
    pd.testing.assert_frame_equal(shots, exam_modes.composed_shots(2, seed=3))
    assert not set(shots["input"]) & set(build.build(0.001, 1, 0, per_subject=6)[1]["input"])
    with pytest.raises(ValueError, match="n is 0"):
        exam_modes.composed_shots(0)


@pytest.fixture
def unanswered(mirror):
    """The replica's unanswered questions: one of each of the 34 subjects."""
    shots, asked = exam_modes.split(collect.gather("local", mirror, accept_noncommercial=True).held_out)
    assert len(shots) == len(asked) == 34 and (shots["reference"] == "B").all()
    return asked


def test_held_out_questions_get_an_instruction_and_shots_need_none(unanswered):
    assert unanswered["instruction"].str.len().min() > 5 and unanswered["instruction"].nunique() == 3
    empty = collect.embedded(0.001, 1, per_subject=1).held_out
    assert [len(part) for part in exam_modes.split(empty)] == [0, 0]


def test_the_base_and_the_routed_experts_sit_the_same_exam(tiny, questions, tiny_folder, tmp_path):
    folder = trained_run.folder_of(trained_run.build(tmp_path / "run", tiny_folder), "lora-0")
    folders = {"lora-0": folder, "lora-1": folder}
    who = ["lora-0", "lora-1"] * (len(questions) // 2)
    how = {"n": 0, "max_new_tokens": 2}
    found = exam_modes.examine_system(*tiny, questions, SHOTS, folders, who, **how)
    assert found["model"].unique().tolist() == ["base", "silversight"]
    base = exam_modes.examine("base", *tiny, questions, SHOTS, **how)
    pd.testing.assert_frame_equal(found[found["model"] == "base"], base)
    with attached(tiny[0], folders) as (loaded, full):
        alone = exam_modes.examine("x", loaded, tiny[1], questions, SHOTS, full["lora-0"], **how)["answer"].tolist()
    assert found.loc[found["model"] == "silversight", "answer"].tolist() == alone != base["answer"].tolist()
