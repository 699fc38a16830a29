"""The file with a letter for each of FinEval's unanswered questions: its form, and what cannot be submitted."""

import json

import data_replica
import numpy as np
import pandas as pd
import pytest
import trained_run

from assl_utils.errors import DataError
from assl_utils.evaluation import exam_modes, submission
from assl_utils.experts.adapters import adapters
from assl_utils.sources import benchmarks, collect, mirror, registry
from assl_utils.tasks.subjects import subjects


@pytest.fixture
def unanswered(mirror):
    """The replica's unanswered questions: one of each of the 34 subjects."""
    shots, asked = exam_modes.split(collect.gather("local", mirror, accept_noncommercial=True).held_out)
    assert len(shots) == len(asked) == 34 and (shots["reference"] == "B").all()
    return asked


def test_a_submission_is_fineval_s_and_in_any_order_the_same(unanswered, tmp_path):
    letters = [*"ABCD" * 8, "A", "B"]
    path = submission.write(unanswered, letters, tmp_path / "submission.json")
    found = json.loads(path.read_text(encoding="utf-8"))
    assert list(found) == [subject.key for subject in sorted(subjects().values(), key=lambda subject: subject.key)]
    key_of = {subject.name: subject.key for subject in subjects().values()}
    expected = {key_of[name]: {"0": a} for name, a in zip(unanswered["subject"], letters, strict=True)}
    assert found == expected
    other = unanswered.assign(letter=letters).sample(frac=1, random_state=0)
    again = submission.write(other, other["letter"], tmp_path / "again.json")
    assert again.read_bytes() == path.read_bytes()


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (
            lambda q, a: (q, a[:-1]),
            r"33 letters for 34 questions; the first without a letter is fineval-tax_law_test-unanswered-00001",
        ),
        (lambda q, a: (q.iloc[:-1], a[:-1]), r"fineval-tax_law_test-unanswered-00001 has no letter; .* all 34 "),
        (lambda q, a: (q, ["E", *a[1:]]), r"fineval-accounting_test-unanswered-00001: 'E' is none of A, B, C, D"),
        (lambda q, a: (q, ["", *a[1:]]), r"fineval-accounting_test-unanswered-00001: '' is none"),
        (lambda q, a: (q, ["AB", *a[1:]]), r"unanswered-00001: 'AB' is none"),
        (lambda q, a: (q, [None, *a[1:]]), r"unanswered-00001: None is none"),
        (lambda q, a: (pd.concat([q, q.iloc[:1]]), [*a, "A"]), r"fineval-accounting\S+ is answered twice"),
        (lambda q, a: (q.replace(q["id"][0], "fineval-tax_law_test-unanswered-00002"), a), r"00002 is none of FinEval"),
        (lambda q, a: (q.replace(q["id"][0], "fineval-exam-00000"), a), r"fineval-exam-00000 is none of FinEval"),
    ],
)
def test_what_cannot_be_submitted_is_named_and_nothing_written(unanswered, tmp_path, spoil, message):
    with pytest.raises(DataError, match=message):
        submission.write(*spoil(unanswered, ["A"] * 34), tmp_path / "submission" / "submission.json")
    assert not (tmp_path / "submission").exists()


@pytest.mark.skipif(data_replica.mirror() is None, reason="no mirror: set ASSL_DATA_ROOT to its folder")
def test_a_submission_has_the_ids_of_fineval_s_own_files(tmp_path):
    place, asked, ids = mirror.Local(data_replica.mirror()), [], {}
    for file in registry.benchmarks()["fineval"].files:
        if file.role == "unanswered" and place.has(file):
            parts = place.read(file)
            asked += benchmarks.questions("fineval", parts)
            ids |= {part.name.rpartition("/")[2][:-9]: [record["id"] for record in part.records] for part in parts}
    asked = pd.DataFrame(asked, columns=[*benchmarks.QUESTIONS, "use"])
    letters = np.random.default_rng(0).choice(list("ABCD"), len(asked))
    found = json.loads(submission.write(asked, letters, tmp_path / "submission.json").read_text())
    assert {key: list(answers) for key, answers in found.items()} == ids
    assert sum(map(len, ids.values())) == 3340 and len(ids) == 34


def test_each_unanswered_question_gets_the_likeliest_letter_of_its_expert(tiny, tiny_folder, unanswered, tmp_path):
    folder = trained_run.folder_of(trained_run.build(tmp_path / "run", tiny_folder), "lora-0")
    asked = unanswered[:3]
    found = submission.likeliest_letters(*tiny, asked, {"lora-0": folder}, ["lora-0"] * 3)
    with adapters(tiny[0], {"lora-0": folder}) as (loaded, full):
        prompts = exam_modes.few_shot(asked, asked[:0])["prompt"].tolist()
        assert found == exam_modes.by_likelihood(loaded, tiny[1], prompts, full["lora-0"])
