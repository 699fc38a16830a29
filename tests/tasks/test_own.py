"""A sub-task of one's own is known everywhere at once, or refused in one sentence that names its file."""

import own_subtask
import pandas as pd
import pytest

from assl_utils.errors import DataError
from assl_utils.evaluation import metrics
from assl_utils.tasks import catalog, forms, own, parsing, roles, suspects, wordings

pytestmark = pytest.mark.usefixtures("forgets")
ROWS = pd.DataFrame({"id": ["a", "b", "c", "d"], "subtask": "tone", "input": "公告", "output": "偏紧"})


def test_a_subtask_is_known_to_all_that_look_one_up(tmp_path):
    assert own.add(own_subtask.subtask(tmp_path)) == "tone"
    assert catalog.SUBTASKS["tone"] == ("classification", "基调") and catalog.LABELS["tone"] == ("偏紧", "偏松")
    worded = wordings.assign(ROWS, seed=0)
    assert worded["instruction"].value_counts().to_dict() == {"偏紧还是偏松？": 2, "判断基调。": 2}
    assert set(wordings.evaluation_instructions(ROWS, seed=0)["instruction"]) == {"听起来如何？"}
    assert parsing.parse("tone", "答案是偏松。") == ("偏松", True) and parsing.parse("tone", "不知道") == ("", False)
    assert set(forms.answer_form(ROWS)) == {"tone.label"} and set(roles.roles(worded)) <= set(roles.ROLES)
    assert "tone" in suspects.labels()
    assert metrics.item_scores("tone", ["偏紧", ""], ["偏紧", "偏松"]) == [1.0, 0.0]


def test_the_papers_rows_get_the_wordings_they_got_before(tmp_path):
    rows = pd.DataFrame({"id": [f"{n}" for n in range(40)], "subtask": ["matching", "sentiment"] * 20})
    before = wordings.assign(rows, seed=3)
    own.add(own_subtask.subtask(tmp_path))
    both = pd.concat([rows, ROWS[["id", "subtask"]]], ignore_index=True)
    pd.testing.assert_frame_equal(wordings.assign(both, seed=3).iloc[:40], before)


def test_labels_may_be_latin_and_of_any_width(tmp_path):
    own.add(own_subtask.subtask(tmp_path, labels=["Tight", "Loose", "ＮＯＮＥ"]))
    assert parsing.parse("tone", "TIGHT") == ("Tight", True) and parsing.parse("tone", "none") == ("ＮＯＮＥ", True)


def test_free_text_is_scored_by_shared_characters(tmp_path):
    own.add(own_subtask.subtask(tmp_path, format="text", labels=None))
    assert parsing.parse("tone", "答案：三成") == ("三成", True)
    assert metrics.item_scores("tone", ["三成", "三"], ["三成", "三成"]) == [1.0, pytest.approx(2 / 3)]
    assert set(forms.answer_form(ROWS)) == {"tone.text"}


def test_an_edited_file_replaces_what_it_said(tmp_path):
    own.add(own_subtask.subtask(tmp_path))
    own.add(own_subtask.subtask(tmp_path, labels=["紧", "松"], wordings=["紧？"]))
    assert catalog.LABELS["tone"] == ("紧", "松") and parsing.parse("tone", "紧") == ("紧", True)
    assert set(wordings.assign(ROWS, seed=0)["instruction"]) == {"紧？"}


REFUSED = {
    "wordings missing": ({"wordings": None}, "'wordings' is missing or empty"),
    "no evaluation": ({"evaluation": []}, "'evaluation' is missing or empty"),
    "one text": ({"wordings": "判断"}, "wordings: a list of 1 to 30 texts, not str"),
    "too many": ({"evaluation": list("abcd")}, "evaluation: a list of 1 to 3 texts, not 4"),
    "a number": ({"wordings": [7]}, "wordings: 7 is to be a text"),
    "twice": ({"wordings": ["判断", "判断"]}, "wordings: '判断' is listed twice"),
    "in both": ({"evaluation": ["判断基调。"]}, "'判断基调。' is a wording of training and of evaluation"),
    "task": ({"task": "poems"}, "the task 'poems' is none of sentiment, "),
    "a list": ({"task": ["qa"]}, "the task is ['qa']; it is to be a text"),
    "format": ({"format": "two labels"}, "the format 'two labels' is none of one label, text"),
    "no labels": ({"labels": None}, "labels: a list of two or more texts, not 0"),
    "one label": ({"labels": ["紧"]}, "two or more that differ"),
    "alike": ({"labels": ["A", "ａ"]}, "two or more that differ in more than width and case"),
    "yes and no": ({"labels": [True, False]}, "labels: True is to be a text"),
    "text with labels": ({"format": "text"}, "a sub-task of format `text` has no labels"),
    "slip": ({"wording": ["a"]}, "the key 'wording' is none of subtask, "),
    "number": ({"name": 5}, "the name is 5; it is to be a text"),
}  # fmt: skip


@pytest.mark.parametrize("changes, said", REFUSED.values(), ids=REFUSED)
def test_a_wrong_file_is_refused_in_one_sentence_and_nothing_is_added(tmp_path, changes, said):
    path = own_subtask.subtask(tmp_path, **changes)
    with pytest.raises(DataError) as caught:
        own.add(path)
    message = str(caught.value)
    assert message.startswith(f"{path}: ") and said in message and "\n" not in message
    assert "tone" not in {*catalog.SUBTASKS, *catalog.LABELS, *wordings.ADDED, *forms.TASK_FORMS, *roles.OWN}


@pytest.mark.parametrize("name", ["sentiment", "qa", "FE", "exam", "generation"])
def test_a_name_that_exists_is_refused(tmp_path, name):
    with pytest.raises(DataError, match=r"exists already|small letters"):
        own.add(own_subtask.subtask(tmp_path, name))
    assert wordings.answers("sentiment")["labels"][0] == ["积极", "中性", "消极"]


@pytest.mark.parametrize("bytes_, said", [
    (None, "there is no such file"), (b"a: [", "it is no YAML from line 1 on"), (b"", "it holds no `key: value` lines"),
    (b"- a", "it holds no `key: value` lines"), ("a: 紧".encode("gbk"), "it is no text in UTF-8"),
    (b"a: \x00", "it is no YAML"),
])  # fmt: skip
def test_what_is_no_such_file_is_refused(tmp_path, bytes_, said):
    path = tmp_path / "tone.yaml"
    if bytes_ is not None:
        path.write_bytes(bytes_)
    with pytest.raises(DataError) as caught:
        own.add(path)
    assert str(caught.value).startswith(f"{path}: {said}")


def test_the_files_name_is_the_subtask(tmp_path):
    path = own_subtask.subtask(tmp_path).rename(tmp_path / "other.yaml")
    with pytest.raises(DataError, match="its subtask is 'tone'; that must repeat the file's name, 'other'"):
        own.add(path)
