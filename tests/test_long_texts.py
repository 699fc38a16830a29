"""What chapters 2 to 8 do with the text of a row takes time in proportion to its length; a stranger's may be very long.

A length that takes a linear step some hundredths of a second; a square of it would take minutes. Chapter 1's steps are
in `tests/sources/test_long_texts.py`.
"""

import numpy as np
import pandas as pd
import pytest
from processor_time import within

from assl_utils.evaluation import answers, baselines, cross_check, exam_modes, mistakes, tables
from assl_utils.evaluation.tables import TABLE1
from assl_utils.experts import generation, models, training_sets
from assl_utils.space import encoder, forecast, look, static
from assl_utils.tasks import wordings
from assl_utils.tasks.parsing import TASKS
from assl_utils.text import rouge

LENGTH = 60_000
LIMIT = 6  # seconds of computing for a step over two long texts
HAN = "".join(map(chr, range(0x4E00, 0x4E00 + 3000)))
REFERENCES = {"FE": "积极", "RE": "收购", "NSP1": "有", "NL": "中国 公司"}
TEXTS = {
    "one character": "涨" * LENGTH,
    "all characters": "".join(np.random.default_rng(0).choice(list(HAN), LENGTH)),
    "a word": "W" * LENGTH,
    "blanks": " \n" * (LENGTH // 2) + "完",
    "control words": "<|im_end|>" * (LENGTH // 10),
    "sentences": "公司发布年报，净利润增长三成。" * (LENGTH // 15),
    "accents": "e\u0301\u0323" * (LENGTH // 3),
}


@pytest.fixture(scope="module", autouse=True)
def warm(tiny_folder):
    """What is compiled or loaded once must not count."""
    rows, questions = made("公司发布年报")
    answers.known(rows, questions)
    model, tokenizer = models.load(tiny_folder, device="cpu")
    generation.generate(model, tokenizer, ["问"], max_new_tokens=2)
    fitted(rows)


@pytest.fixture(params=TEXTS.values(), ids=TEXTS)
def text(request):
    return request.param


def made(text, task="NA"):
    """Rows and questions of one task of the evaluation, two long texts in each and some short ones."""
    subtask, form = TASKS[task]
    rows = pd.DataFrame({"id": [f"r{i}" for i in range(8)], "source": "fe", "task": subtask, "subtask": subtask})
    rows = rows.assign(form=form, output=[text, *"短" * 7], multiplicity=1)
    rows["input"] = [text, f"{text}完", *(f"公司第{i}期公告" for i in range(6))]
    questions = pd.DataFrame({"id": ["a", "b"], "input": [f"{text}问", "短问"], "reference": "公司发布年报"})
    questions["reference"] = REFERENCES.get(task, "公司发布年报")
    about = {"benchmark": "cfleb", "task": task, "subtask": subtask, "form": form, "instruction": "问"}
    return wordings.assign(rows, 0, 3), questions.assign(**about, subject="", group="")


def fitted(rows):
    return static.fit_or_load("embedded", wordings.prompts(rows), "embedded", 8, 0)


def test_chapters_2_and_3_split_embed_and_show_long_texts(text):
    with within(LIMIT, "wordings"):
        rows, _ = made(text)
        texts = wordings.prompts(rows)
    with within(LIMIT, "the encoder is fitted"):
        encoder_of_rows = fitted(rows)
    with within(LIMIT, "vectors"):
        mode = encoder.choose_mode(encoder_of_rows, texts, "")
        X = encoder.embed(texts, encoder_of_rows, "", mode)
    with within(LIMIT, "what chapter 3 says"):
        forecast.embed(texts, encoder_of_rows, "", mode)
        assert encoder.truncated(texts, encoder_of_rows, "") == 0
        assert len(look.nearest(rows["input"], X, [0, 1, 2])._repr_html_()) < 2000


def test_chapters_5_and_6_learn_from_long_texts_and_ask_them(text, tiny):
    model, tokenizer = tiny
    rows, _ = made(text)
    with within(LIMIT, "a training set"):
        prepared = training_sets.prepare(tokenizer, rows, max_length=128)
    assert prepared.shortened >= 2 and max(prepared.tokens()) <= 128 * 8
    with within(LIMIT, "the identity of a training set"):
        training_sets.rows_hash(rows)
    prompts, references = wordings.prompts(rows[:2]), rows["output"][:2].tolist()
    with within(LIMIT, "answers"):
        answers = generation.generate(model, tokenizer, prompts, max_new_tokens=4)
    with within(LIMIT, "how likely the references are"):
        assert (generation.log_likelihood(model, tokenizer, prompts, references) > 0).all()
    with within(LIMIT, "ROUGE"):
        rouge.rouge_l(*([rouge.tokens(one) for one in texts] for texts in (answers, references)))


@pytest.mark.parametrize("task", TABLE1)
def test_chapter_8_reads_scores_and_compares_long_texts(text, task):
    rows, questions = made(text, task)
    with within(LIMIT, "the trivial answers"):
        given = {name: answer(rows, questions).tolist() for name, answer in baselines.ALL.items()}
    with within(LIMIT, "answers are read"):
        predictions = tables.judge_all(questions, given | {"silversight": [text, "短"]})
    with within(LIMIT, "scores"):
        tables.score(predictions)
    with within(LIMIT, "known from training"):
        assert len(answers.known(rows, questions)) == 2
    with within(LIMIT, "mistakes"):
        ours = predictions[predictions["model"] == "silversight"]
        assert mistakes.shown(mistakes.typical(ours, questions))["input"].str.len().max() <= 60
    with within(LIMIT, "the check by libraries"):
        assert cross_check.check(predictions)["difference"].abs().max() < 1e-9


def test_exam_questions_that_are_long_are_asked_with_the_shots_that_fit(text, tiny):
    model, tokenizer = tiny
    shots = exam_modes.composed_shots(2)
    exam = pd.DataFrame({"input": [f"{text}\nA、甲\nB、乙"], "instruction": "答", "subject": shots["subject"][:1]})
    with within(LIMIT, "a question with shots"):
        asked = exam_modes.few_shot(exam, shots, 2, exam_modes.room(model, tokenizer, 4))
    assert asked["examples"].tolist() == [0], "the window holds the question's beginning and nothing else"
    with within(LIMIT, "the likeliest letter"):
        assert exam_modes.by_likelihood(model, tokenizer, asked["prompt"])[0] in "ABCDE"
