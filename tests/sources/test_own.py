"""A folder of one's own: rows to train on and rows to ask, or one sentence with file and row."""

import own_subtask
import pytest
from own_subtask import ROWS

from assl_utils.errors import DataError
from assl_utils.sources import own
from assl_utils.tasks import catalog, wordings

pytestmark = pytest.mark.usefixtures("forgets")


@pytest.fixture
def folder(tmp_path):
    own_subtask.subtask(tmp_path)
    return tmp_path


def refused(folder):
    with pytest.raises(DataError) as caught:
        own.read(folder)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_every_row_is_trained_on_or_asked(folder):
    own_subtask.source(folder)
    mine = own.read(folder, share=0.25, seed=0)
    assert len(mine.questions) == 3 and len(mine.rows) == 9 and mine.leaking == 0
    assert not set(mine.rows["id"]) & set(mine.questions["id"])
    assert set(mine.rows["input"]) | set(mine.questions["input"]) == {row["input"] for row in ROWS}
    of_row = {row["input"]: row["output"] for row in ROWS}
    assert all(of_row[x] == y for x, y in zip(mine.rows["input"], mine.rows["output"], strict=True))
    assert all(of_row[x] == y for x, y in zip(mine.questions["input"], mine.questions["reference"], strict=True))
    assert set(mine.rows["task"]) == {"classification"} and set(mine.questions["task"]) == {"tone"}
    assert set(mine.rows["own_instruction"]) == {"判断"} and set(mine.rows["source"]) == {"notices"}


def test_the_seed_decides_which_rows_are_asked(folder):
    own_subtask.source(folder)
    asked = [set(own.read(folder, seed=seed).questions["id"]) for seed in (0, 0, 1)]
    assert asked[0] == asked[1] != asked[2]


def test_copies_of_a_question_are_not_trained_on(folder):
    near = "本行今日召开会议并决定自下月起将存款准备金率上调零点五个百分点以回收流动性{}"
    rows = [{"instruction": "", "input": near.format(end), "output": "偏紧"} for end in ("", "。", "！", "，完")]
    own_subtask.source(folder, [*ROWS, *ROWS[:3], *rows])
    for seed in range(4):
        mine = own.read(folder, seed=seed)
        assert not set(mine.rows["input"]) & set(mine.questions["input"])
        either = [{frame["input"].str.contains("零点五").any() for frame in (mine.rows, mine.questions)}]
        assert either == [{True, False}], "the four near copies are on one side"
    assert any(own.read(folder, seed=seed).leaking for seed in range(4))


def test_a_new_source_of_a_known_subtask_needs_no_wordings(tmp_path):
    rows = [{"instruction": "", "input": f"股价第{n}次上涨", "output": "积极"} for n in range(6)]
    own_subtask.source(tmp_path, rows, "posts.sentiment")
    mine = own.read(tmp_path)
    assert set(mine.questions["task"]) == {"FE"} and set(mine.rows["task"]) == {"sentiment"}
    assert wordings.assign(mine.rows, seed=0)["instruction_id"].str.startswith("sentiment-").all()


def test_negative_news_says_what_it_asks(tmp_path):
    rows = [{"instruction": "", "input": f"公司第{n}次违约", "output": "有", "form": "judge"} for n in range(4)]
    own_subtask.source(tmp_path, rows, "posts.negative_news")
    assert set(own.read(tmp_path).questions["task"]) == {"NSP1"}
    path = own_subtask.source(tmp_path, [*rows, {**rows[0], "form": ""}], "posts.negative_news")
    said = "'form' is ''; of the sub-task 'negative_news' it is 'judge' or 'subject'"
    assert refused(tmp_path) == f"{path}, record 5: {said}"


BAD = {
    "no output": ({"instruction": "", "input": "公告"}, "the key 'output' is missing; a row has instruction, input, "),
    "no instruction": ({"input": "公告", "output": "偏紧"}, "the key 'instruction' is missing"),
    "empty output": ({"instruction": "", "input": "公告", "output": " "}, "'output' is empty"),
    "null": ({"instruction": "", "input": None, "output": "偏紧"}, "'input' is None; it is to be a text"),
    "a number": ({"instruction": "", "input": "公告", "output": 1}, "'output' is 1; it is to be a text"),
    "another label": ({"instruction": "", "input": "公告", "output": "中性"}, "it is to be one of 偏紧, 偏松"),
    "a list": (["", "公告", "偏紧"], "a row is to be an object"),
    "form": ({"instruction": "", "input": "公告", "output": "偏紧", "form": "judge"}, "sub-task 'tone' it is ''"),
}  # fmt: skip


@pytest.mark.parametrize("row, said", BAD.values(), ids=BAD)
def test_a_wrong_row_is_named(folder, row, said):
    path = own_subtask.source(folder, [*ROWS[:2], row, *ROWS[2:]])
    message = refused(folder)
    assert message.startswith(f"{path}, record 3: ") and said in message


@pytest.mark.parametrize("text, where", [("date,text\n1,a\n", ", record 1: line 1 is no JSON"), ("", ": "),
                                         ('{"instruction": ', ", record 1: the last line breaks off")])  # fmt: skip
def test_a_file_that_is_no_jsonl_is_named(folder, text, where):
    path = folder / "notices.tone.jsonl"
    path.write_text(text, encoding="utf-8")
    assert refused(folder).startswith(f"{path}{where}")


def test_a_subtask_without_wordings_says_where_to_write_them(tmp_path):
    path = own_subtask.source(tmp_path)
    wanted = f"{path}: the sub-task 'tone' has no wordings: write them into {tmp_path / 'tone.yaml'}"
    assert refused(tmp_path).startswith(wanted)
    path.rename(tmp_path / "notices.sentimen.jsonl")
    assert refused(tmp_path).endswith(f"{tmp_path / 'sentimen.yaml'}; nearest is `sentiment`")


def test_a_subtask_that_exists_is_refused(tmp_path):
    path = own_subtask.subtask(tmp_path, "sentiment")
    own_subtask.source(tmp_path, name="posts.sentiment")
    said = "a sub-task 'sentiment' exists already; give yours, and this file, another name"
    assert refused(tmp_path) == f"{path}: {said}"
    assert catalog.LABELS["sentiment"] == ("积极", "中性", "消极")


def test_sources_that_cannot_be(folder):
    assert refused(folder) == f"{folder}: there is no <source>.<sub-task>.jsonl in this folder"
    path = own_subtask.source(folder, name="tone")
    assert refused(folder) == f"{path}: the name is to be <source>.<sub-task>.jsonl, in small letters, digits and _"
    path = path.rename(folder / "fe.tone.jsonl")
    assert refused(folder) == f"{path}: a source 'fe' exists already; give yours another name"
    path = path.rename(folder / "notices.tone.jsonl")
    own_subtask.subtask(folder, "mood")
    other = own_subtask.source(folder, name="notices.mood")
    assert refused(folder) == f"{folder}: two files are called 'notices' before the first dot; a source has one file"
    other.unlink()
    own_subtask.source(folder, ROWS[:1] * 3)
    assert refused(folder).startswith(f"{path}: it needs two rows with different inputs")
    own_subtask.source(folder, [ROWS[0], {**ROWS[0], "input": ROWS[0]["input"] + "。"}])
    assert "no row of 'notices' is left to train on" in refused(folder)


def test_a_share_is_a_part(folder):
    own_subtask.source(folder)
    for share in (0, 1, float("nan")):
        with pytest.raises(DataError, match="share is the part of the rows that is asked"):
            own.read(folder, share=share)
