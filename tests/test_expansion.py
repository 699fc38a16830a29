"""The wordings as data (count, distinctness, exact labels) and the laws of dealing them out."""

import re
from collections import Counter
from itertools import combinations

import numpy as np
import pandas as pd
import pytest
import yaml

from assl_utils import expansion

SUBTASKS = {
    "sentiment", "stock_movement", "news_classification", "negative_news", "summary", "event_subject", "relation",
    "ner", "matching", "qa", "causal_qa", "single_choice", "multiple_choice",
}  # fmt: skip
TABLE = expansion.load()
SETS = {key: group.instruction.tolist() for key, group in TABLE.groupby(["subtask", "form"])}
ANSWERS = {(a.subtask, a.form): a for a in expansion.answers().itertuples()}
EACH_SET = pytest.mark.parametrize("key", sorted(SETS), ids=lambda k: ".".join(filter(None, k)))


def rows_of(counts, shuffle=0):
    """Rows with the schema of chapter 01; counts: {(subtask, form, source): rows}."""
    rows = [
        (f"{source}{form}-{i:05d}", source, subtask, form, "文", "字")
        for (subtask, form, source), n in counts.items()
        for i in range(n)
    ]
    table = pd.DataFrame(rows, columns=["id", "source", "subtask", "form", "input", "output"])
    return table.sample(frac=1, random_state=shuffle, ignore_index=True)


# --- the wordings -----------------------------------------------------------------------------------------------------


def test_thirteen_subtasks_in_fourteen_sets_of_thirty_and_three():
    assert set(TABLE.subtask) == SUBTASKS
    counts = Counter(zip(TABLE.subtask, TABLE.form, TABLE.use, strict=True))
    assert len(counts) == 28
    assert all(n == (30 if use == "training" else 3) for (_, _, use), n in counts.items())
    assert set(TABLE.form[TABLE.subtask == "negative_news"]) == {"judge", "subject"}


def test_no_wording_and_no_id_occurs_twice_anywhere():
    assert TABLE.instruction.is_unique
    assert TABLE.instruction_id.is_unique


def ratio_by_hand(a, b):
    """100 · 2 · (longest common subsequence) / (m + n), the table filled cell by cell."""
    longest = np.zeros((len(a) + 1, len(b) + 1), int)
    for i, x in enumerate(a):
        for j, y in enumerate(b):
            longest[i + 1, j + 1] = longest[i, j] + 1 if x == y else max(longest[i, j + 1], longest[i + 1, j])
    return 100 * 2 * longest[-1, -1] / (len(a) + len(b))


def test_no_two_wordings_of_a_set_are_more_alike_than_stated():
    pairs = expansion.similarities()  # the three evaluation wordings are among them
    assert len(pairs) == 14 * 33 * 32 / 2
    assert pairs.similarity.iloc[0] == pairs.similarity.max() <= expansion.MAX_SIMILARITY


def test_similarity_equals_a_longest_common_subsequence_by_hand():
    text = dict(zip(TABLE.instruction_id, TABLE.instruction, strict=True))
    for pair in expansion.similarities("summary").sample(20, random_state=0).itertuples():  # nothing to cut out there
        assert pair.similarity == pytest.approx(ratio_by_hand(text[pair.first], text[pair.second]))


@EACH_SET
def test_character_pairs_are_shared_by_less_than_half(key):
    pairs_of = [{t[i : i + 2] for i in range(len(t) - 1)} for t in own_texts(key)]
    assert max(len(a & b) / len(a | b) for a, b in combinations(pairs_of, 2)) < 0.5


def own_texts(key):
    return [expansion.own_words(text, ANSWERS[key].labels) for text in SETS[key]]


def test_own_words_cut_out_what_must_be_quoted_and_nothing_else():
    assert expansion.own_words("类别：甲、乙、丙。选一", ["甲", "乙", "丙"]) == "类别：。选一"
    assert expansion.own_words("分类：甲 / 乙", ["甲", "乙"]) == "分类："
    assert expansion.own_words("写成“实体名称, 实体类型”", ["PER"]) == "写成“”"
    assert expansion.own_words("甲和乙", ["甲", "乙", "丙"]) == "甲和乙"


@EACH_SET
def test_wordings_are_one_short_line_of_chinese_without_placeholders(key):
    for text in SETS[key]:
        own = expansion.own_words(text, ANSWERS[key].labels)
        assert 6 <= len(text) and len(own) <= 60, text
        assert not re.search(r"[{}<>\[\]_$%#|\\\n\t]|  |TODO|XXX|\.\.\.|[?!;:]|,(?! )", text), text
        assert re.search(r"[\u4e00-\u9fff]", text)
        assert all(text.count(a) == text.count(b) for a, b in ("“”", "（）")), text
    assert np.median([len(t) for t in SETS[key]]) <= 45
    assert sum(len(t) > 90 for t in SETS[key]) <= 3


@EACH_SET
def test_a_set_speaks_in_many_forms(key):
    texts = SETS[key][:30]
    assert 3 <= sum("？" in t for t in texts) <= 20, "questions"
    assert 3 <= sum("请" in t or "麻烦" in t for t in texts) <= 20, "polite requests"
    assert max(map(len, texts)) >= 2 * min(map(len, texts)), "long and short"
    assert max(Counter(t[:2] for t in texts).values()) <= 6, "openings"


@EACH_SET
def test_a_run_of_labels_is_the_whole_list_in_its_order(key):
    labels = ANSWERS[key].labels
    if len(labels) > 4:  # one wording may name two or three of 44 as examples; a run of four is a list
        for text in SETS[key]:
            run = re.findall("(?:(?:" + "|".join(sorted(labels, key=len, reverse=True)) + ")、){3,}", text)
            assert not run or "、".join(labels) in text, text


LISTS = {("news_classification", ""): 6, ("relation", ""): 3}


@pytest.mark.parametrize(("key", "at_most"), LISTS.items())
def test_long_label_lists_stay_rare(key, at_most):
    shown = ["、".join(ANSWERS[key].labels) in text for text in SETS[key][:30]]
    assert 2 <= sum(shown) <= at_most


@pytest.mark.parametrize("subtask", ["sentiment", "stock_movement"])
def test_three_labels_are_named_all_or_none(subtask):
    labels, texts = ANSWERS[subtask, ""].labels, SETS[subtask, ""]
    named = [sum(label in text for label in labels) for text in texts]
    assert set(named) == {0, 3}
    assert 8 <= named[:30].count(3) <= 22, "some wordings list the labels, some leave them to training"


def test_quoted_answers_are_labels_to_the_letter():
    """Whatever stands in “ ” is an answer, a separator or a line format of its set."""
    also = {
        ("negative_news", "judge"): {"材料对实体作了负面报道。"},
        ("negative_news", "subject"): {"；", "甲；乙"},
        ("event_subject", ""): {"事件类型, 事件主体", ", "},
        ("ner", ""): {"实体名称, 实体类型", ", "},
        ("causal_qa", ""): {"因为……所以……"},
        ("multiple_choice", ""): {"ABD", "解析："},
    }
    for key, texts in SETS.items():
        allowed = {*ANSWERS[key].labels, ANSWERS[key].none, *also.get(key, ())}
        for text in texts:
            assert set(re.findall("“(.*?)”", text)) <= allowed, text


def test_separators_are_the_ones_of_the_answers():
    assert sum("空格" in t or "空一格" in t for t in SETS["news_classification", ""]) == 33
    assert sum("空格" in t for t in SETS["relation", ""]) >= 10
    assert sum("；" in t for t in SETS["negative_news", "subject"]) >= 22
    for key in (("event_subject", ""), ("ner", "")):
        assert sum(re.search("行|条", t) is not None for t in SETS[key]) >= 24
        assert not any(re.search("[型体称][，,](?! )(事件|实体)(类型|主体)", t) for t in SETS[key])


NONE = [("qa", "无相应参数", "无参数"), ("causal_qa", "无参数", "无相应参数")]


@pytest.mark.parametrize(("subtask", "none", "other"), NONE)
def test_the_two_words_for_no_answer_are_never_mixed_up(subtask, none, other):
    assert ANSWERS[subtask, ""].none == none
    assert not any(other in text for text in SETS[subtask, ""])
    assert 12 <= sum(none in text for text in SETS[subtask, ""][:30]) <= 24


def test_label_sets_are_those_of_the_data():
    assert ANSWERS["sentiment", ""].labels == ["积极", "中性", "消极"]
    assert ANSWERS["stock_movement", ""].labels == ["跑赢大盘", "中性", "表现不佳"]
    assert len(set(ANSWERS["news_classification", ""].labels)) == 16
    assert len(set(ANSWERS["relation", ""].labels)) == 44
    assert ANSWERS["relation", ""].none == "其他" in ANSWERS["relation", ""].labels
    assert ANSWERS["negative_news", "judge"].labels == ["有", "无"]
    assert ANSWERS["ner", ""].labels == ["PER", "ORG", "LOC"]
    assert ANSWERS["matching", ""].labels == ["是", "否"]
    assert ANSWERS["single_choice", ""].labels == ["A", "B", "C", "D"]


# --- dealing them out -------------------------------------------------------------------------------------------------

MIX = {
    ("sentiment", "", "fe"): 67,
    ("sentiment", "", "stockb"): 95,
    ("sentiment", "", "cfsc_absa"): 301,
    ("negative_news", "judge", "nsp"): 61,
    ("negative_news", "subject", "nsp"): 29,
    ("ner", "", "ner"): 1,
}


def spread(names, of):
    used = Counter(names)
    counts = [used[n] for n in of]
    assert sum(counts) == len(names), "a wording of another set"
    return max(counts) - min(counts)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("m", [1, 2, 7, 30])
def test_wordings_are_used_equally_often_or_differ_by_one(seed, m):
    rows = expansion.assign(rows_of(MIX), seed, wordings_per_subtask=m)
    for (subtask, form), group in rows.groupby(["subtask", "form"]):
        stem = f"{subtask}.{form}" if form else subtask
        names = [f"{stem}-{i:02d}" for i in range(m)]
        assert spread(group.instruction_id, names) <= 1
        for _, part in group.groupby("source"):
            assert spread(part.instruction_id, names) <= 1, "a wording must not become the mark of a source"


def test_an_instruction_is_the_wording_its_id_names():
    rows = expansion.assign(rows_of(MIX), seed=3)
    text = dict(zip(TABLE.instruction_id, TABLE.instruction, strict=True))
    assert [text[i] for i in rows.instruction_id] == rows.instruction.tolist()


def test_the_order_of_rows_changes_nothing():
    one, other = (expansion.assign(rows_of(MIX, shuffle), seed=1).set_index(["subtask", "id"]) for shuffle in (0, 9))
    assert not one.index.equals(other.index)
    pd.testing.assert_frame_equal(one.sort_index(), other.sort_index())


def test_a_seed_gives_one_assignment_and_another_seed_another():
    rows = rows_of(MIX)
    first, again, other = (expansion.assign(rows, seed).instruction_id for seed in (4, 4, 5))
    assert first.equals(again)
    assert (first != other).mean() > 0.8


def test_the_assignment_of_a_known_seed_stays_what_it_is():
    """Written down once: a published run names its wordings, so a change here must be meant."""
    rows = expansion.assign(rows_of({("matching", "", "afqmc"): 6}, shuffle=2), seed=0).sort_values("id")
    assert rows.instruction_id.tolist() == KNOWN


KNOWN = ["matching-11", "matching-03", "matching-29", "matching-01", "matching-09", "matching-25"]


def test_rows_come_back_as_they_were_with_two_more_columns():
    rows = rows_of(MIX).sample(frac=0.5, random_state=0)  # an index with holes, out of order
    before = rows.copy()
    after = expansion.assign(rows, seed=0)
    pd.testing.assert_frame_equal(rows, before)
    pd.testing.assert_frame_equal(after[before.columns.tolist()], before)
    assert after.columns.tolist() == [*before.columns, "instruction", "instruction_id"]


def test_one_wording_for_all_is_the_first_whatever_the_seed():
    for seed in (0, 1):
        rows = expansion.assign(rows_of(MIX), seed, wordings_per_subtask=1)
        stems = {i.removesuffix("-00") for i in rows.instruction_id}
        assert stems == {"sentiment", "negative_news.judge", "negative_news.subject", "ner"}


def test_a_second_assignment_replaces_the_first():
    rows = expansion.assign(expansion.assign(rows_of(MIX), seed=0), seed=1)
    assert rows.columns.tolist().count("instruction") == 1
    assert rows.equals(expansion.assign(rows_of(MIX), seed=1))


def test_rows_without_form_or_source_are_dealt_too():
    rows = rows_of({("qa", "", "finqa"): 60}).drop(columns=["form", "source"])
    assert spread(expansion.assign(rows, seed=0).instruction_id, [f"qa-{i:02d}" for i in range(30)]) == 0
    rows["form"] = None
    assert set(expansion.assign(rows, seed=0).subtask) == {"qa"}


def test_no_rows_are_no_rows():
    empty = expansion.assign(rows_of(MIX).iloc[:0], seed=0)
    assert len(empty) == 0 and {"instruction", "instruction_id"} <= set(empty.columns)


def test_evaluation_rows_get_wordings_outside_the_thirty_evenly_within_each_subject():
    rows = rows_of({("single_choice", "", s): 10 for s in "甲乙丙"} | {("negative_news", "judge", "nsp"): 8})
    rows = rows.rename(columns={"source": "subject"})
    out = expansion.evaluation_instructions(rows, seed=0)
    assert not set(out.instruction) & set(TABLE.instruction[TABLE.use == "training"])
    exam = out[out.subtask == "single_choice"]
    for _, group in exam.groupby("subject"):
        assert spread(group.instruction_id, [f"single_choice-e{i}" for i in range(3)]) <= 1
    assert out.equals(expansion.evaluation_instructions(rows, seed=0))


# --- what goes wrong --------------------------------------------------------------------------------------------------


def test_an_unknown_subtask_is_named_with_its_nearest():
    with pytest.raises(ValueError, match=r"unknown sub-task 'sentimnt'; the nearest known one is 'sentiment'"):
        expansion.load("sentimnt")
    with pytest.raises(ValueError, match=r"2 rows have the unknown sub-task 'finqa'.* 'qa'"):
        expansion.assign(rows_of({("finqa", "", "x"): 2, ("qa", "", "y"): 2}), seed=0)
    with pytest.raises(ValueError, match="unknown sub-task nan"):
        expansion.assign(pd.DataFrame({"id": ["a"], "subtask": [np.nan]}), seed=0)


def test_a_wrong_form_is_named_with_the_right_ones():
    with pytest.raises(ValueError, match=r"3 rows of sub-task 'negative_news' have form ''.* is 'judge' or 'subject'"):
        expansion.assign(rows_of({("negative_news", "", "nsp"): 3}), seed=0)


def test_ids_that_name_two_rows_are_refused():
    rows = pd.concat([rows_of({("qa", "", "finqa"): 2})] * 2)
    with pytest.raises(ValueError, match=r"id 'finqa-0000[01]' occurs twice in qa"):
        expansion.assign(rows, seed=0)


def test_missing_columns_are_named():
    with pytest.raises(ValueError, match="lack the column id; they have subtask"):
        expansion.assign(pd.DataFrame({"subtask": ["qa"]}), seed=0)


@pytest.mark.parametrize("m", [0, -1, 31])
def test_a_number_of_wordings_that_cannot_be_is_refused(m):
    with pytest.raises(ValueError, match="1 to 30"):
        expansion.assign(rows_of(MIX), seed=0, wordings_per_subtask=m)


@pytest.mark.parametrize("m", [1.0, "30", True, None])
def test_a_number_of_wordings_that_is_no_number_is_refused(m):
    with pytest.raises(TypeError, match="whole number"):
        expansion.assign(rows_of(MIX), seed=0, wordings_per_subtask=m)


def page(**changes):
    entry = {
        "subtask": "qa", "form": "", "labels": [], "format": "a span",
        "wordings": [f"问法{i}" for i in range(30)], "evaluation": ["考一", "考二", "考三"],
    }  # fmt: skip
    return {k: v for k, v in (entry | changes).items() if v is not None}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"wordings": ["问"] * 28}, r"28 wordings, needed are 30"),
        ({"wordings": [f"问{i % 29}" for i in range(30)]}, r"'问0' stands there twice"),
        ({"evaluation": ["考一", "考二", "问法3"]}, r"'问法3' stands there twice"),
        ({"evaluation": []}, r"0 evaluation, needed are 3"),
        ({"evaluation": None}, r"the key 'evaluation' is missing"),
        ({"labels": None}, r"the key 'labels' is missing"),
        ({"wordings": [*(f"问{i}" for i in range(29)), {"答": "甲"}]}, r"must be text.*not \{'答': '甲'\}"),
        ({"wordings": [*(f"问{i}" for i in range(29)), " "]}, r"must be text.*not ' '"),
        ({"subtask": "matching"}, r"must repeat the file's name, 'qa'"),
        ({"forms": {"judge": {"labels": []}}}, r"form 'judge': the key 'format' is missing"),
    ],
)
def test_a_faulty_file_is_named_with_its_fault(tmp_path, changes, message):
    (tmp_path / "qa.yaml").write_text(yaml.safe_dump(page(**changes), allow_unicode=True), encoding="utf-8")
    with pytest.raises(ValueError, match=message) as error:
        expansion.load(folder=tmp_path)
    assert "qa.yaml" in str(error.value)


def test_a_folder_without_files_is_an_error(tmp_path):
    with pytest.raises(FileNotFoundError, match="no instruction files"):
        expansion.load(folder=tmp_path)
