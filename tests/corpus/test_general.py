"""General instructions: training rows and held-out questions that share nothing, with whatever seeds."""

import hashlib

import pytest

from assl_utils.corpus.base_model import skills
from assl_utils.corpus.base_model.material import SKILLS
from assl_utils.corpus.base_model.pretrain import HELD_OUT, RECIPE
from assl_utils.corpus.base_model.training_text import running_text
from assl_utils.corpus.general import general, kinds_of
from assl_utils.corpus.questions import evaluation_rows
from assl_utils.text.normal import normalise

DIGESTS = {False: "155998f4b9124534", True: "d25f2250c2631414"}


@pytest.mark.parametrize("held_out", [False, True])
def test_one_seed_one_set_and_its_digest(held_out):
    rows = general(200, 0, held_out)
    assert hashlib.sha256(rows.to_csv(index=False).encode()).hexdigest()[:16] == DIGESTS[held_out]
    assert rows.equals(general(200, 0, held_out)) and not rows.equals(general(200, 1, held_out))
    assert rows[:50].equals(general(50, 0, held_out)), "asking for more changes nothing before"
    assert rows["id"].is_unique and len(general(0, 0, held_out)) == 0


def test_no_training_row_equals_a_held_out_question():
    trained = {normalise(text) for seed in range(4) for text in general(3000, seed)["input"]}
    for seed in range(4):
        assert not trained & {normalise(text) for text in general(800, seed, held_out=True)["input"]}


def test_nothing_of_the_account_or_of_the_benchmarks(built):
    texts = running_text(400, HELD_OUT, RECIPE["textbook_share"])
    known = {normalise(row["input"]) for row in skills.instructions(400, HELD_OUT, texts)}
    known |= {normalise(text) for seed in range(5) for text in evaluation_rows(seed)["input"]}
    known |= {normalise(text) for text in built[0]["input"]}
    for held_out in (False, True):
        inputs = general(2000, 5, held_out)["input"]
        assert inputs.is_unique and not known & {normalise(text) for text in inputs}


def test_the_shapes_of_rows_and_questions():
    rows, questions = general(1500, 2), general(1500, 2, held_out=True)
    assert set(rows["subtask"]) == set(questions["task"]) == set(SKILLS) == set(kinds_of())
    assert set(rows["source"]) == set(rows["task"]) == set(questions["benchmark"]) == {"general"}
    columns = "id source task subtask form input output multiplicity instruction instruction_id"
    assert list(rows.columns) == columns.split()
    columns = "benchmark task id subtask form input reference subject group instruction instruction_id"
    assert list(questions.columns) == columns.split()
    assert questions["group"].isin({"copying", "options", "pairs", "rewriting", *kinds_of().values()}).all()
    assert kinds_of()["echo"] == "copying" and kinds_of()["sums"] == "numbers"
    for answers in (rows["output"], questions["reference"]):
        assert (answers.str.len() > 0).all()


def test_only_the_kinds_that_are_wanted():
    assert set(general(60, 3, kinds=("sums", "echo"))["subtask"]) == {"sums", "echo"}
    with pytest.raises(ValueError, match="unknown kind of general instruction 'sum'"):
        general(5, kinds=["sum"])
