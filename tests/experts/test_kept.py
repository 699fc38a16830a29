"""What chapters write of their kept work: each adapter and respondent with its time and what decides it."""

import pandas as pd

from assl_utils import store
from assl_utils.experts import kept
from assl_utils.runner import cost, shapes


def test_adapters_share_the_time_and_name_the_rows_they_are_trained_on(tmp_path):
    folders = {name: tmp_path / name for name in ("all-data", "cluster-11", "lora-0", "mix", "stage1-3")}
    for folder in folders.values():
        store.write_json({"recipe": {"base": "b"}, "seconds": 30.0}, folder / "training.json")
    found = {part["name"]: part for part in kept.adapters(folders, 2)}
    assert {part["seconds"] for part in found.values()} == {15.0}
    assert found["all-data"]["reads"] == [kept.ROWS]
    assert found["cluster-11"]["reads"] == [kept.ROWS, kept.CLUSTERS]
    assert found["lora-0"]["reads"] == found["mix"]["reads"] == [kept.ROWS, kept.SELECTED]
    assert found["stage1-3"]["reads"] == [kept.ROWS, kept.CHOSEN]
    assert found["mix"]["writes"] == ["experts/mix/*"]
    assert {"seed", "epochs", "base_model"} <= set(found["mix"]["parameters"])
    assert shapes.complaint(list(found.values()), [cost.PART]) == ""


def test_answers_are_of_who_gave_them():
    table = pd.DataFrame({"seconds": [1.0, 2.5]})
    found = {part["name"]: part for part in kept.answers(dict.fromkeys(("base", "lora-1", "cluster-data"), table))}
    assert {part["seconds"] for part in found.values()} == {3.5}
    assert found["base"]["reads"] == [kept.QUESTIONS]
    assert found["lora-1"]["reads"] == [kept.QUESTIONS, kept.ADAPTERS.format("lora-1")]
    assert found["cluster-data"]["reads"] == [kept.QUESTIONS, kept.ADAPTERS.format("cluster-*"), kept.ROUTING]
    assert "epochs" not in found["base"]["parameters"] and shapes.complaint(list(found.values()), [cost.PART]) == ""


def test_feedback_by_likelihood_is_kept_by_nobody():
    table = pd.DataFrame({"raw_seconds": [1.0], "lora_seconds": [2.0], "raw_written": [3]})
    raw, lora = kept.feedback(table)
    assert (raw["seconds"], lora["seconds"]) == (1.0, 2.0)
    assert raw["reads"] == [kept.ROWS] and lora["reads"] == [kept.ROWS, kept.CHOSEN]
    assert [part["reads"] for part in kept.feedback(table.assign(raw_written=0))] == [[], []]


def test_two_experts_and_the_exam_depend_on_the_router():
    two, exam = kept.together([1.0, 2.0], [0.25])
    assert (two["seconds"], exam["seconds"]) == (3.0, 0.25)
    assert kept.ROUTING in exam["reads"] and kept.ROUTING not in two["reads"], "the pairs come from the paper's router"
    assert "shots" in exam["parameters"] and shapes.complaint([two, exam], [cost.PART]) == ""
