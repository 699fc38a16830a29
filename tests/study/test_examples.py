"""Examples of what a run answers well: by the stated rule, of generated held-out questions only."""

import shlex

import pandas as pd
import pytest

from assl_utils import store
from assl_utils.errors import DataError
from assl_utils.evaluation import tables
from assl_utils.study import examples
from assl_utils.tasks import wordings

LABELS = ("积极", "消极", "中性")
TASKS = {"FE": 12, "NSP1": 8, "NA": 5}  # questions
RIGHT = {  # who answers the question of this number right; all others are wrong
    "FE": {"silversight": (1, 2, 5, 7, 9), "base": (2,), "majority": (9, 3), "lora-0": (4, 5), "lora-1": (4,)},
    "NSP1": {"silversight": (0, 1, 2, 3, 4, 5), "lookup": (0,), "lead-1": (), "base": (7,)},
    "NA": {"silversight": (), "base": (0, 1, 2)},
}


def questions():
    rows = [
        {"benchmark": "cfleb", "task": task, "id": f"{task}-{i:02}", "instruction": "判断", "subject": "", "group": "",
         "input": "这" * (3 + (7 * i) % 5), "reference": "是" if task == "NSP1" else LABELS[i % 3]}
        for task, n in TASKS.items() for i in range(n)
    ]  # fmt: skip
    return pd.DataFrame(rows)


def answers(rows, model):
    wrong = {"积极": "消极", "消极": "中性", "中性": "积极", "是": "否"}
    right = [int(row.id[-2:]) in RIGHT[row.task].get(model, ()) for row in rows.itertuples()]
    return [r if well else wrong[r] for r, well in zip(rows["reference"], right, strict=True)]


@pytest.fixture
def run(tmp_path):
    rows = questions()
    store.write_table(rows, tmp_path / "01_data_collection" / "eval.parquet")
    models = ("base", "silversight", "lora-0", "lora-1", "majority", "lookup", "lead-1")
    said = tables.judge_all(rows, {model: answers(rows, model) for model in models})
    store.write_table(said, tmp_path / "08_evaluation" / "predictions.parquet")
    made(tmp_path)
    return tmp_path


def made(run, **other):
    parameters = {"data": "embedded", "protocol": "clean"} | other
    store.write_json({"parameters": parameters}, run / "01_data_collection" / "manifest.json")


def by_hand(model, n=3):
    """The rule read aloud: (task, id, how many, of how many)."""
    rows, found = questions().set_index("id"), []
    for task, count in TASKS.items():
        others = {i for name in ("base", "majority", "lookup", "lead-1") for i in RIGHT[task].get(name, ())}
        good = [i for i in RIGHT[task].get(model, ()) if i not in others]
        if good:
            ids = [f"{task}-{i:02}" for i in good]
            shortest = min(ids, key=lambda i: (len(rows.loc[i, "input"]), i))
            found.append((-len(good) / count, task, shortest, len(good), count))
    return [line[1:] for line in sorted(found)[:n]]


@pytest.mark.parametrize(("model", "n"), [("silversight", 3), ("silversight", 1), ("lora-0", 3)])
def test_examples_are_those_of_the_rule(run, model, n):
    found = examples.chosen(run, model, n)
    expected = by_hand(model, n)
    assert [(one["task"], one["id"], one["right"], one["asked"]) for one in found] == expected
    assert len(expected) == (1 if model == "lora-0" else min(n, 2))
    rows = questions().set_index("id")
    for one in found:
        assert one["question"] == wordings.prompt("判断", rows.loc[one["id"], "input"])
        assert one["answer"] == rows.loc[one["id"], "reference"]


@pytest.mark.parametrize("other", [{"data": "local"}, {"data": "hub"}, {"protocol": "paper"}])
def test_published_texts_and_questions_that_were_trained_on_are_no_examples(run, other):
    assert examples.chosen(run)
    made(run, **other)
    assert examples.chosen(run) == []


@pytest.mark.parametrize("missing", ["01_data_collection/manifest.json", *examples.NEEDED])
def test_without_what_the_rule_reads_there_are_none(run, missing):
    (run / missing).unlink()
    assert examples.chosen(run) == []
    assert examples.chosen(run, "lora-9") == []


def test_a_task_that_is_seldom_answered_well_and_an_answer_in_other_words_are_no_examples(run):
    assert examples.chosen(run, "lora-1") == [], "one of twelve is less than a tenth"
    said = store.read_table(run / examples.NEEDED[1])
    mine = (said["model"] == "lora-0") & (said["id"] == "FE-05")
    repeated = said["answer"].where(~mine, said["answer"] + "、" + said["answer"])
    said = tables.rescore(said.assign(answer=repeated))
    assert said.loc[mine, "correct"].item() == 1, "it counts as right, and is no good example"
    store.write_table(said, run / examples.NEEDED[1])
    assert [one["id"] for one in examples.chosen(run, "lora-0") if one["id"] == "FE-05"] == []


def test_a_reader_can_paste_the_question_as_it_stands(run):
    """Quotes, a line break and a dollar sign reach the program as they are."""
    one = examples.chosen(run)[0] | {"question": "它's $(x) `y`\n第二行"}
    text = examples.as_text([one], "python use.py ")
    command = text.split("```sh\n")[1].split("\n```")[0]
    assert shlex.split(command) == ["python", "use.py", one["question"]]
    assert text.startswith(examples.RULE) and f"\n{one['answer']}\n" in text


def test_what_is_kept_is_read_and_what_is_damaged_says_so(run, tmp_path):
    assert examples.read(tmp_path) == []
    found = examples.chosen(run)
    store.write_json({"examples": found}, tmp_path / examples.FILE)
    assert examples.read(tmp_path) == found
    store.write_json({"examples": [found[0] | {"right": "many"}]}, tmp_path / examples.FILE)
    with pytest.raises(DataError, match=r"examples.json: has not its shape: examples.0.right"):
        examples.read(tmp_path)
