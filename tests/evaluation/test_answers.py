"""Every respondent answers with its own adapter, whatever it is asked together with, and the base with none."""

import shutil

import pandas as pd
import pytest
import trained_run

from assl_utils.evaluation import answers, tables
from assl_utils.experts import composition, generation
from assl_utils.experts.adapters import adapters
from assl_utils.tasks.wordings import prompts

QUESTIONS = pd.DataFrame({"instruction": "判断情感", "input": ["公司发布年报", "股价上涨", "受处罚", ""]})
HOW = {"max_new_tokens": 4, "batch_size": 4}


@pytest.fixture(scope="module")
def folders(tiny_folder, tmp_path_factory):
    run = trained_run.build(tmp_path_factory.mktemp("run") / "run", tiny_folder)
    own = {"lora-0": trained_run.folder_of(run, "lora-0")}
    own["lora-1"] = shutil.copytree(own["lora-0"], run / "other")
    return own


def test_who_answers_by_what():
    found = answers.respondents(["lora-0", "lora-1"], ["lora-1", "lora-0", "lora-1"])
    assert found == {
        "base": "base", "all-data": "all-data", "lora-0": "lora-0", "lora-1": "lora-1", "mix": "mix",
        "cluster-data": ["cluster-1", "cluster-0", "cluster-1"],
    }  # fmt: skip
    assert answers.trained_adapters(["lora-0", "lora-1"]) == [
        "all-data", "mix", "lora-0", "lora-1", "cluster-0", "cluster-1"
    ]  # fmt: skip
    given = {"lora-0": ["a", "b"], "lora-1": ["c", "d"]}
    assert answers.routed(given, ["lora-1", "lora-0"]) == ["c", "b"]


def test_each_respondent_answers_as_its_adapter_does_alone(tiny, folders):
    who = {"routed": ["lora-0", "base", "base", "lora-0"], "base": "base", "lora-0": "lora-0"}
    found = answers.answer(*tiny, QUESTIONS, folders, who, **HOW)
    assert list(found) == list(who) and len(found["routed"]) == 4 and "seconds" in found["base"]
    plain = generation.generate(*tiny, prompts(QUESTIONS), **HOW)
    assert found["base"]["answer"].tolist() == plain
    with adapters(tiny[0], folders) as (loaded, full):
        alone = generation.generate(loaded, tiny[1], prompts(QUESTIONS), full["lora-0"], **HOW)
    assert found["lora-0"]["answer"].tolist() == alone and alone != plain
    assert found["routed"]["answer"].tolist() == [alone[0], plain[1], plain[2], alone[3]]
    with pytest.raises(ValueError, match="routed answers by 'lora-7', but there are the adapters lora-0, lora-1"):
        answers.answer(*tiny, QUESTIONS, folders, {"routed": ["lora-7"] * 4}, **HOW)


def test_two_together_are_the_compositions(tiny, folders):
    pairs, weights = [["lora-0", "lora-1"]] * 4, [[0.5, 0.5]] * 4
    found = answers.answer_together(*tiny, QUESTIONS, folders, pairs, weights, 4, 4)
    with adapters(tiny[0], folders) as (loaded, full):
        names = [[full["lora-0"], full["lora-1"]]] * 4
        assert found["two-fused"] == composition.fusion(loaded, tiny[1], prompts(QUESTIONS), names, weights, **HOW)
        assert found["two-mixed"] == composition.mixture(loaded, tiny[1], prompts(QUESTIONS), names, weights, 4, 4)


def test_all_are_judged_one_below_the_other():
    rows = pd.DataFrame({"benchmark": "cfleb", "task": "FE", "id": ["a", "b"], "reference": ["积极", "消极"]})
    found = tables.judge_all(rows, {"one": ["积极", "积极"], "two": ["消极", "消极"]})
    assert found["model"].tolist() == ["one", "one", "two", "two"] and found["correct"].tolist() == [1, 0, 0, 1]
    assert found.index.tolist() == [0, 1, 2, 3]


def test_the_trivial_answers_are_those_of_the_baselines():
    rows = pd.DataFrame(
        {"subtask": "sentiment", "form": "", "input": ["甲", "乙", "丙"], "output": ["积极", "积极", "消极"]}
    )
    asked = pd.DataFrame({"subtask": "sentiment", "form": "", "input": ["丙", "丁"]})
    assert answers.trivial(rows, asked) == {
        "majority": ["积极", "积极"], "lookup": ["消极", "积极"], "lead-1": ["积极", "积极"]
    }  # fmt: skip
    assert tuple(answers.trivial(rows, asked)) == tables.TRAILING


def test_a_question_is_known_whose_text_is_a_training_row():
    text = "公司发布年报，净利润同比增长三成，股价上涨，投资者情绪积极。"
    rows = pd.DataFrame({"id": ["r"], "source": ["fe"], "subtask": "sentiment", "input": [text], "output": ["积极"]})
    questions = pd.DataFrame({"id": ["p", "q"], "benchmark": "cfleb", "task": "FE", "reference": "积极"})
    questions["subtask"] = "sentiment"
    questions["input"] = [text, "央行宣布下调存款准备金率，释放长期资金约一万亿元。"]
    assert answers.known(rows, questions).to_dict("list") == {"id": ["p", "q"], "known": [True, False]}
