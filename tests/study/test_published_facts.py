"""Published facts are measured again: by general measures, each on rows whose numbers were worked out by hand."""

import hashlib
import json
import os
from pathlib import Path

import numpy as np
import pytest
import yaml

from assl_utils.errors import DataError
from assl_utils.sources import collect, leakage, registry
from assl_utils.study import measures, mirror_rows, published_facts

# ------------------------------------------------------------------------------------------------- a tiny replica

FE_TRAIN = [
    ["今天涨停，明天继续！", 2],
    ["今天涨停 明天继续", 2],
    ["今天涨停。明天继续", 0],  # the text thrice, most often 积极
    ["ＡＢ公司跌了", 0],
    ["没有消息", 1],
    ["没有消息", 1],
    ["。。。", 0],
    ["涨了", 2],
]
FE_EVAL = [
    ["今天涨停，明天继续！", 2],  # in train as it stands, and 积极
    ["ab公司，跌了", 1],  # in train after folding, but 消极 there
    ["没有消息", 1],  # in train as it stands
    ["！！！", 0],  # nothing but punctuation, as one text of train is
    ["全新的话", 2],  # not in train
]
FE_TEST = ["没有消息。", "谁也没说过"]
FE = "raw/fincuge-finfe"
FE_TABLES = {
    "train": {"files": f"{FE}/train_list.json", "task": "sentiment"},
    "eval": {"files": f"{FE}/eval_list.json", "task": "sentiment"},
    "test": {"files": f"{FE}/problem_list.json", "task": "sentiment", "text": "input"},
}


def write(root, path, content):
    """One file of a replica: JSON, or text as it stands."""
    file = root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(content if isinstance(content, str) else json.dumps(content, ensure_ascii=False), encoding="utf-8")


def lines(records):
    return "\n".join(json.dumps(record, ensure_ascii=False) for record in records)


def fe(root):
    write(root, f"{FE}/train_list.json", FE_TRAIN)
    write(root, f"{FE}/eval_list.json", FE_EVAL)
    write(root, f"{FE}/problem_list.json", [{"id": i, "input": text} for i, text in enumerate(FE_TEST)])


def ask(root, tables, measure, expected="?", **arguments):
    """The row of a list of one fact."""
    fact = {"subject": "mirror", "fact": "a fact", "expected": expected, "measure": measure, **arguments}
    path = root / "facts.yaml"
    path.write_text(yaml.safe_dump({"tables": tables, "facts": [fact]}, allow_unicode=True), encoding="utf-8")
    table = published_facts.check(root, path)
    assert list(table.columns) == ["fact", "subject", "expected", "found", "agrees", "note"]
    return table.iloc[0]


def found(root, tables, measure, **arguments):
    return ask(root, tables, measure, **arguments)["found"]


# ------------------------------------------------------------------------------------------------- shared, distinct


@pytest.mark.parametrize(
    ("arguments", "by_hand"),
    [
        ({"of": "eval"}, "4 of 5"),
        ({"of": "eval", "by": "exact"}, "2 of 5"),
        ({"of": "test"}, "1 of 2"),
        ({"of": "test", "by": "exact"}, "0 of 2"),
        ({"of": "eval", "count": "shared texts"}, "4"),
        ({"of": ["eval", "test"]}, "5 of 7"),
        ({"of": ["eval", "test"], "count": "texts"}, "4 of 6"),  # 没有消息 stands in both
    ],
)
def test_texts_that_are_also_in_train_are_counted_by_hand(tmp_path, arguments, by_hand):
    fe(tmp_path)
    assert found(tmp_path, FE_TABLES, "shared", within="train", **arguments) == by_hand


def test_an_empty_key_is_counted_and_said(tmp_path):
    fe(tmp_path)
    row = ask(tmp_path, FE_TABLES, "shared", of="eval", within="train")
    assert row["note"] == "1 of them nothing but punctuation, which is no key elsewhere."
    assert ask(tmp_path, FE_TABLES, "shared", of="test", within="train")["note"] == ""


def test_the_point_of_a_number_is_kept_unless_the_comparison_is_bare(tmp_path):
    write(tmp_path, f"{FE}/train_list.json", [["涨1.5元", 2], ["跌。三成", 0]])
    write(tmp_path, f"{FE}/eval_list.json", [["涨15元", 2], ["跌三成", 0]])
    assert found(tmp_path, FE_TABLES, "shared", of="eval", within="train") == "1 of 2"
    assert found(tmp_path, FE_TABLES, "shared", of="eval", within="train", by="bare") == "2 of 2"


def test_different_texts_copies_and_repeats_on_eight_rows(tmp_path):
    fe(tmp_path)  # texts: 今天涨停明天继续 thrice, 没有消息 twice, three others once
    assert found(tmp_path, FE_TABLES, "distinct", of="train") == "5"
    assert found(tmp_path, FE_TABLES, "distinct", of="train", by="exact") == "7"
    assert found(tmp_path, FE_TABLES, "copies", of="train") == "3"
    assert found(tmp_path, FE_TABLES, "repeated", of="train") == "2"
    assert found(tmp_path, FE_TABLES, "repeated", of="train", by="exact") == "1"


def test_a_text_with_several_labels_is_one_of_five(tmp_path):
    fe(tmp_path)
    assert found(tmp_path, FE_TABLES, "several", of="train") == "1"
    assert found(tmp_path, FE_TABLES, "several", of="eval") == "0"
    assert found(tmp_path, FE_TABLES, "several", of=["train", "eval"]) == "2"  # ab公司跌了 has another label in eval
    assert found(tmp_path, FE_TABLES, "several", of=["train", "eval"], across=True) == "2"
    write(tmp_path, f"{FE}/eval_list.json", FE_EVAL[1:])
    assert found(tmp_path, FE_TABLES, "several", of=["train", "eval"], across=True) == "1"  # 今天涨停 is in train alone


def test_the_context_of_a_question_is_what_is_compared(tmp_path):
    path = "raw/fincuge-finqa"
    write(
        tmp_path, f"{path}/eval_list.json", [["谁？甲公司上市。", "甲"], ["何时？甲公司上市", "无"], ["谁？乙", "乙"]]
    )
    write(tmp_path, f"{path}/problem_list.json", [{"id": 0, "input": "哪里？甲公司，上市。"}])
    tables = {
        "eval": {"files": f"{path}/eval_list.json", "task": "qa"},
        "test": {"files": f"{path}/problem_list.json", "task": "qa", "text": "input"},
        "whole": {"files": f"{path}/eval_list.json", "task": "qa", "text": "record.0"},
    }
    assert found(tmp_path, tables, "distinct", of="eval") == "2"
    assert found(tmp_path, tables, "distinct", of="whole") == "3"
    assert found(tmp_path, tables, "shared", of="test", within="eval", count="texts") == "1 of 1"


# ------------------------------------------------------------------------------------------------- the lookup table


def test_a_lookup_table_is_right_on_three_of_five_rows(tmp_path):
    # train has three 积极, three 消极, two 中性: the majority is 消极, the first of the two in code-point order
    fe(tmp_path)
    row = ask(tmp_path, FE_TABLES, "lookup_accuracy", of="eval", train="train")
    # 积极 right, 消极 for 中性 wrong, 中性 right, ！！！ is no key: majority 消极 right, 全新的话 wrong
    assert (row["found"], row["note"]) == ("60.0", "3 of 5 answers.")
    # as they stand, ab公司 is not found either: majority 消极 for 中性 wrong
    assert found(tmp_path, FE_TABLES, "lookup_accuracy", of="eval", train="train", by="exact") == "60.0"


def test_normalised_and_literal_lookup_differ_where_a_text_is_found_by_folding_only(tmp_path):
    write(tmp_path, f"{FE}/train_list.json", [["涨了。", 1], ["甲", 2], ["乙", 2], ["丙", 2], ["。。。", 1]])
    write(tmp_path, f"{FE}/eval_list.json", [["涨了", 1], ["甲", 2], ["！", 1]])  # ！ is no key, 。。。 another text
    assert found(tmp_path, FE_TABLES, "lookup_accuracy", of="eval", train="train") == "66.7"
    assert found(tmp_path, FE_TABLES, "lookup_accuracy", of="eval", train="train", by="exact") == "33.3"


def test_the_training_majority_is_right_on_three_of_the_four_texts_that_it_knows(tmp_path):
    fe(tmp_path)  # 积极 2 of 3, 消极 for 中性, 中性, and the punctuation 消极
    row = ask(tmp_path, FE_TABLES, "majority_agrees", of="eval", train="train")
    assert (row["found"], "punctuation" in row["note"]) == ("3 of 4", True)


# ------------------------------------------------------------------------------------------------- rows and fields

NSP = "raw/fincuge-finnsp/train_list.json"
NSP_ROWS = [
    ["a1", "", "甲公司被查????", "甲公司;乙", "1", "甲公司;乙"],
    ["\ufeffid", "title", "text", "entity", "negative", "key_entity"],
    ["a2", "乙公司\u3000澄清", "乙公司\u3000澄清", "", "0", ""],
    ["a3", "", "丙\u3000公司", "丙", "0", ""],
]
NSP_TABLES = {
    "read": {"files": NSP, "task": "negative_news", "form": "subject", "text": "record.2"},
    "bare": {"files": NSP, "text": "2"},
}


@pytest.mark.parametrize("table", ["read", "bare"])
def test_a_header_row_among_the_records_is_found_and_is_no_row(tmp_path, table):
    write(tmp_path, NSP, NSP_ROWS)
    assert found(tmp_path, NSP_TABLES, "rows", of=table) == "3"
    assert found(tmp_path, NSP_TABLES, "header_rows", of=table) == "1 (record 1, from 0)"
    write(tmp_path, NSP, NSP_ROWS[2:])
    assert found(tmp_path, NSP_TABLES, "header_rows", of=table) == "0"


@pytest.mark.parametrize(
    ("record", "is_one"),
    [
        (["trainingSourceData", "Sentiment"], True),
        (["\ufeffid", "title"], True),
        (["title"], False),
        (["id", "标题"], False),
        (["id", "1.0"], False),
        (["id", ""], False),
        ({"id": "title"}, False),
        (["text", 2], False),
    ],
)
def test_a_row_of_column_names_is_told_from_data(record, is_one):
    assert mirror_rows.is_header(record) is is_one


@pytest.mark.parametrize(
    ("arguments", "by_hand"),
    [
        ({"field": "record.3", "pattern": r"\A\Z"}, "1"),
        ({"field": "record.1", "pattern": r"\A\Z"}, "2"),
        ({"field": "output", "pattern": "；"}, "1"),
        ({"field": "record.2", "pattern": r"\?{4}"}, "1"),
        ({"field": "record.2", "pattern": "\u3000"}, "2"),
        ({"field": ["record.1", "record.2"], "pattern": "\u3000"}, "2"),
        ({"field": ["record.1", "record.2"], "pattern": "\u3000", "count": "places"}, "3"),
        ({"field": "*", "pattern": "a[123]"}, "3"),
    ],
)
def test_rows_and_places_that_match_a_pattern(tmp_path, arguments, by_hand):
    write(tmp_path, NSP, NSP_ROWS)
    assert found(tmp_path, NSP_TABLES, "matching", of="read", **arguments) == by_hand


def test_equal_fields_and_values(tmp_path):
    write(tmp_path, NSP, NSP_ROWS)
    assert found(tmp_path, NSP_TABLES, "equal", of="bare", fields=["1", "2"]) == "1"
    assert found(tmp_path, NSP_TABLES, "values", of="bare", field="4", names=["0", "1", "2"]) == "2 / 1 / 0"
    assert found(tmp_path, NSP_TABLES, "values", of="read", field="output", names="无") == "2"


def test_a_missing_value_is_counted_as_null(tmp_path):
    write(tmp_path, "raw/cflue/knowledge.json", [{"analysis": None}, {"analysis": "因为"}, {"analysis": ""}])
    tables = {"CFLUE": {"files": "raw/cflue/knowledge.json", "text": "question"}}
    assert found(tmp_path, tables, "values", of="CFLUE", field="analysis", names=[None]) == "1"


def test_labels_outside_the_set_and_numbers_of_labels(tmp_path):
    path = "raw/fincuge-finnl/train_list.json"
    write(
        tmp_path,
        path,
        [["甲", "中国 公司"], ["乙", "外国债券"], ["丙", "中国  行业 政策"], ["丁", "上个 公司"], ["戊", "新冠"]],
    )
    tables = {"NL": {"files": path, "task": "news_classification"}}
    assert found(tmp_path, tables, "outside", of="NL", labels="news_classification") == "2"
    assert found(tmp_path, tables, "sizes", of="NL", field="record.1", sizes=[1, 2, 3, 4]) == "2 / 2 / 1 / 0"
    parted = found(tmp_path, tables, "sizes", of="NL", field="record.1", sizes=[1, 2, 3, 4], separator=" ")
    assert parted == "2 / 2 / 0 / 1"  # the double space makes an empty label
    # 中国 公司 行业 政策 新冠
    assert found(tmp_path, tables, "used", of="NL", labels="news_classification") == "5 of 16"


def test_numbers_of_items_in_a_list(tmp_path):
    path = "raw/fincuge-finner/train_list.json"
    write(tmp_path, path, [{"text": "甲", "labels": []}, {"text": "乙", "labels": ["乙:公司"]}])
    tables = {"NER": {"files": path, "text": "text"}}
    assert found(tmp_path, tables, "sizes", of="NER", field="labels", sizes=[0]) == "1"


# ------------------------------------------------------------------------------------------------- relations, dates

RE = "raw/fincuge-finre/train_list.json"
RE_ROWS = [
    ["甲", "乙", "收购", "甲收购乙。"],
    ["乙", "甲", "被收购", "甲收购乙。"],
    ["甲", "乙", "增持", "甲收购乙。"],  # a second relation of the first question; its mirror image is missing
    ["丙", "丁", "被持股", "丁持股丙。"],
    ["丙", "丁", "持股", "丁持股丙。"],  # the same way round: no mirror image
    ["甲", "丙", "合作", "甲和丙合作。"],  # not directed
    ["甲", "丙", "unknown", "甲，丙。"],
    ["戊", "己", "减持", "戊减持己。"],
    ["己", "戊", "被减持", "戊减持己。"],
]


def test_mirror_images_of_relations_and_questions_with_several(tmp_path):
    write(tmp_path, RE, RE_ROWS)
    tables = {
        "rows": {"files": RE, "task": "relation"},
        "questions": {"files": RE, "task": "relation", "text": ["record.0", "record.1", "record.3"]},
    }
    assert found(tmp_path, tables, "mirrored", of="rows") == "4 of 7"
    assert found(tmp_path, tables, "several", of="questions") == "2"
    assert found(tmp_path, tables, "distinct", of="questions") == "7"
    assert found(tmp_path, tables, "distinct", of="rows") == "5"  # sentences
    assert found(tmp_path, tables, "values", of="rows", field="output", names="其他") == "1"
    assert found(tmp_path, tables, "used", of="rows", labels="relation") == "9 of 44"


def astock(*days):
    names = "DATE\t" + "\t".join(f"day{i}" for i in range(1, 4))
    return "\n".join([names, *("\t".join(row) for row in days)]) + "\n"


def test_prices_on_the_day_of_the_news_count_as_not_before_it(tmp_path):
    path, later = "raw/astock/test.csv", ["2020-07-17", "2020-07-20", "2020-08-01"]
    tables = {"Astock": {"files": path, "text": "DATE"}}
    asked = {"of": "Astock", "fields": ["day1", "day2", "day3"], "day": "DATE"}
    same = ["2020-07-16 17:02:00", "2020-07-16", *later[:2]]
    write(tmp_path, path, astock(["2020-07-16 17:02:00", *later], same, ["2020-07-21 09:00:00", *later]))
    assert found(tmp_path, tables, "not_before", **asked) == "2 of 3"
    write(tmp_path, path, astock(["2020-7-16", *later]))
    row = ask(tmp_path, tables, "not_before", **asked)
    assert row["found"] == "" and "2020-7-16" in row["note"], "dates that do not sort as texts are no dates"


# ------------------------------------------------------------------------------------------------- published copies

AFQMC = "raw/afqmc/dev.json"
PAIRS = [{"sentence1": f"怎么还款{i}", "sentence2": f"如何还{i}", "label": "01"[i % 3 == 0]} for i in range(12)]


def test_the_swap_is_recognised_on_a_replica_and_only_there(tmp_path):
    write(tmp_path, AFQMC, lines(PAIRS))
    tables = {"dev": {"files": AFQMC, "task": "matching"}}
    assert found(tmp_path, tables, "swapped", of="dev", slug="afqmc") == "0 of 12, swapped"
    assert found(tmp_path, tables, "swapped", of="dev", slug="corpus") == "12 of 12, right"
    write(tmp_path, AFQMC, lines(PAIRS[:9]))
    assert found(tmp_path, tables, "swapped", of="dev", slug="afqmc") == "0 of 9, unclear", "too few to tell"


def test_a_pair_is_found_in_either_order_with_its_place_and_answer(tmp_path):
    write(tmp_path, AFQMC, lines(PAIRS))
    tables = {"dev": {"files": AFQMC, "task": "matching"}}
    pair, other = (
        {"of": "dev", "digest": hashlib.sha256(leakage.part_of("matching", text)[1].encode()).hexdigest()}
        for text in ("如何还3？\n怎么还款3", "如何还3\n怎么还款4")
    )
    assert found(tmp_path, tables, "stands", **pair) == "yes"
    assert found(tmp_path, tables, "stands", **pair, numbered=True) == "row 3, 是"
    assert found(tmp_path, tables, "stands", **other, numbered=True) == "no"
    assert found(tmp_path, tables, "values", of="dev", field="output", names=["否", "是"]) == "8 / 4"


def test_glued_labels_are_read_back_but_for_the_strange_one(tmp_path):
    path = "raw/fincuge-finnl/eval_list.json"
    write(tmp_path, path, [["甲", "中国 公司"], ["乙", "新冠 新冠"], ["丙", "上个 公司"]])
    tables = {"NL": {"files": path, "task": "news_classification"}}
    assert found(tmp_path, tables, "glued", of="NL", slug="nl2") == "2 of 3"
    assert found(tmp_path, tables, "glued", of="NL", slug="nl") == "0 of 3", "flare-zh-nl does not glue"


# ------------------------------------------------------------------------------------------------- exam questions


def exams(root, part, rows):
    """FinEval's 34 files of a part; ``rows`` says of some subjects (stem, four options) what they ask."""
    answer = {"dev": ",answer,explanation", "val": ",answer", "test": ""}[part]
    members = next(
        file for file in registry.benchmarks()["fineval"].files if file.path == f"raw/fineval-questions/{part}/*.csv"
    ).each()
    for place, member in enumerate(members):
        subject = Path(member.path).stem.rpartition("_")[0]
        asked = rows.get(subject, [(f"{part}第{place}题", "甲乙丙丁")])
        cells = [
            f"{i},{stem},{','.join(options)}{answer.replace('answer', 'A')}" for i, (stem, options) in enumerate(asked)
        ]
        write(root, member.path, "\n".join([f"id,question,A,B,C,D{answer}", *cells]) + "\n")


EXAMS = {part: {"files": f"raw/fineval-questions/{part}/*.csv", "text": "question"} for part in ("dev", "val", "test")}
EXAMS["subjects"] = {"files": "raw/fineval-questions/subject_mapping.json", "text": "0"}


def test_equal_stems_with_other_options_in_one_part_or_in_two(tmp_path):
    exams(tmp_path, "dev", {"finance": [("什么是金融？", "甲乙丙丁")], "statistics": [("什么是方差？", "一二三四")]})
    exams(tmp_path, "val", {"finance": [("什么是金融", "甲乙丙戊")], "statistics": [("什么是方差", "四三二一")]})
    exams(tmp_path, "test", {"tax_law": [("什么是税？", "甲乙丙丁"), ("什么是税", "戊己庚辛")]})
    asked = {"of": ["dev", "val", "test"], "label": ["A", "B", "C", "D"]}
    assert found(tmp_path, EXAMS, "several", **asked) == "2"  # 金融 and 税; of 方差 the order alone differs
    assert found(tmp_path, EXAMS, "several", **asked, across=True) == "1"  # 税 stands in test alone
    assert found(tmp_path, EXAMS, "rows", of=["dev", "val", "test"]) == "34 / 34 / 35"
    assert found(tmp_path, EXAMS, "shared", of="dev", within="val") == "2 of 34"
    assert found(tmp_path, EXAMS, "split", of=["dev", "val"], held_out=0.2) == "54 / 14"  # 13.6 rounded up


def test_questions_by_group_of_subjects(tmp_path):
    exams(tmp_path, "val", {"finance": [("一", "甲乙丙丁"), ("二", "甲乙丙丁")]})
    mapping = {"finance": ["finance", "金融", "Money"], "tax_law": ["tax_law", "税法", "Law"]}
    write(tmp_path, "raw/fineval-questions/subject_mapping.json", mapping)
    row = ask(tmp_path, EXAMS, "groups", of="val", subjects="subjects", names=["Law", "Money"])
    assert (row["found"], row["note"]) == ("1 / 2", "32 in no group.")
    assert found(tmp_path, EXAMS, "values", of="subjects", field="1.2", names=["Law", "Money"]) == "1 / 1"


def test_rebuilt_fingpt_fineval_has_the_size_that_the_collection_draws():
    listed = yaml.safe_load(published_facts.FILE.read_text(encoding="utf-8"))["facts"]
    stated = next(fact["expected"] for fact in listed if fact["measure"] == "split")
    assert stated == f"{collect.FINEVAL_SHARE:,} / {1321 - collect.FINEVAL_SHARE}"


# ------------------------------------------------------------------------------------------------- near texts


def near_as_said(ours, theirs, n, least):
    """Every text against every other, gram by gram."""
    grams = lambda text: [text[i : i + n] for i in range(len(text) - n + 1)] or [text]  # noqa: E731
    count = 0
    for one in set(ours):
        shares = [0.0]
        for other in set(theirs):
            a, b = sorted((set(grams(one)), set(grams(other))), key=len)
            shares.append(len([gram for gram in a if gram in b]) / len(a))
        count += max(shares) >= least
    return count


@pytest.mark.parametrize("seed", range(4))
def test_near_texts_equal_a_comparison_of_all_pairs(tmp_path, seed):
    rng = np.random.default_rng(seed)
    texts = ["".join(rng.choice(list("甲乙丙丁"), size=rng.integers(1, 14))) for _ in range(60)]
    write(tmp_path, f"{FE}/train_list.json", [[text, 0] for text in texts[:30]])
    write(tmp_path, f"{FE}/eval_list.json", [[text, 0] for text in texts[30:]])
    for least in (0.4, 0.7, 1.0):
        by_hand = near_as_said(texts[30:], texts[:30], 3, least)
        assert found(tmp_path, FE_TABLES, "near", of="eval", within="train", grams=3, least=least) == str(by_hand)


def test_near_by_hand(tmp_path):
    write(tmp_path, f"{FE}/train_list.json", [["一二三四五六七", 0]])  # 5 grams of 3
    write(tmp_path, f"{FE}/eval_list.json", [["一二三四五八", 0], ["七八九", 0]])  # 3 of its 4 grams; none
    row = ask(tmp_path, FE_TABLES, "near", of="eval", within="train", grams=3, least=0.7)
    assert (row["found"], row["note"]) == ("1", "The closest pair shares 0.75.")
    assert found(tmp_path, FE_TABLES, "near", of="eval", within="train", grams=3, least=0.76) == "0"


# ------------------------------------------------------------------------------------------------- the table


def test_a_fact_agrees_or_not_and_shows_both_numbers(tmp_path):
    fe(tmp_path)
    right = ask(tmp_path, FE_TABLES, "shared", expected="4 of 5", of="eval", within="train")
    wrong = ask(tmp_path, FE_TABLES, "shared", expected="3 of 5", of="eval", within="train", note="Why not.")
    assert (right["expected"], right["found"], bool(right["agrees"])) == ("4 of 5", "4 of 5", True)
    assert (wrong["expected"], wrong["found"], bool(wrong["agrees"])) == ("3 of 5", "4 of 5", False)
    assert wrong["note"].startswith("Why not. 1 of them")
    assert ask(tmp_path, FE_TABLES, "distinct", expected=5, of="train")["agrees"]


@pytest.mark.parametrize(
    ("value", "text"),
    [(1107, "1,107"), ((1107, 2020), "1,107 of 2,020"), ([5000, 12], "5,000 / 12"), (71.68, "71.7"), ("yes", "yes")],
)
def test_values_are_written_as_the_documents_write_them(value, text):
    assert measures.written(value) == text


def test_a_missing_file_empties_its_facts_alone_and_is_named(tmp_path):
    fe(tmp_path)
    table = published_facts.check(tmp_path)
    assert table["agrees"].dtype == bool
    here = table["fact"].str.startswith("FinFE")
    assert (table[here]["found"] != "").all()
    assert (table[~here]["found"] == "").all() and not table[~here]["agrees"].any()
    assert table[~here]["note"].str.contains(r"raw/[\w-]+/.+: there is no such file").all()
    assert len(published_facts.check(tmp_path / "nowhere")) == len(table)
    # and the published list gives the numbers worked out above
    found = table.set_index("fact")["found"]
    assert found["FinFE: rows of train, eval and test questions"] == "8 / 5 / 2"
    assert found["FinFE: eval rows whose text is also in train"] == "4 of 5"
    assert found["FinFE: eval rows whose text is also in train, character for character"] == "2 of 5"
    assert found["FinFE: test questions whose text is also in train"] == "1 of 2"
    assert found["FinFE: texts of train that are nothing but punctuation"] == "1"
    assert not table["agrees"].any()


def test_a_damaged_file_is_said_with_file_and_record(tmp_path):
    fe(tmp_path)
    write(tmp_path, f"{FE}/eval_list.json", [*FE_EVAL, ["没有标签", 7]])
    row = ask(tmp_path, FE_TABLES, "distinct", of="eval")
    assert row["found"] == "" and row["note"].startswith(f"{FE}/eval_list.json, record 6: ")
    write(tmp_path, f"{FE}/problem_list.json", [{"id": 0, "question": "？"}])
    row = ask(tmp_path, FE_TABLES, "distinct", of="test")
    assert row["found"] == "" and row["note"].startswith("test: a row without the field input")
    write(tmp_path, f"{FE}/problem_list.json", [{"id": 0, "input": None}])
    assert "NoneType, not text" in ask(tmp_path, FE_TABLES, "distinct", of="test")["note"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"measure": "guess"}, "no measure 'guess'"),
        ({"of": "evil"}, "no table 'evil'"),
        ({"within": ["train", "trian"]}, "no table 'trian'"),
        ({"wihtin": "train"}, "unexpected keyword argument 'wihtin'"),
        ({"within": None}, "missing a required argument: 'within'"),
        ({"fact": None}, "the key 'fact' is missing"),
    ],
)
def test_a_list_that_names_what_is_not_there_is_refused(tmp_path, change, message):
    fact = {"subject": "FE", "fact": "f", "expected": 1, "measure": "shared", "of": "eval", "within": "train"} | change
    fact = {key: value for key, value in fact.items() if value is not None}
    path = tmp_path / "facts.yaml"
    path.write_text(yaml.safe_dump({"tables": FE_TABLES, "facts": [fact]}), encoding="utf-8")
    with pytest.raises(DataError, match=message):
        published_facts.check(tmp_path, path)


def test_a_table_of_an_unknown_file_is_said(tmp_path):
    row = ask(tmp_path, {"x": {"files": "raw/x.json", "text": "0"}}, "rows", of="x")
    assert row["found"] == "" and "the registry names no such file" in row["note"]


def test_progress_is_reported(tmp_path, monkeypatch):
    log = tmp_path / "progress.jsonl"
    monkeypatch.setenv("ASSL_PROGRESS", str(log))
    table = published_facts.check(tmp_path)
    events = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    last = {name: events[-1][name] for name in ("label", "n", "total", "end")}
    assert last == {"label": "facts", "n": len(table), "total": len(table), "end": True}


# ------------------------------------------------------------------------------------------------- the published list


def test_every_fact_has_a_known_subject_and_every_measure_and_table_is_used():
    content = yaml.safe_load(published_facts.FILE.read_text(encoding="utf-8"))
    slugs = {*registry.sources(), *registry.benchmarks(), *registry.aside(), "mirror"}
    assert {fact["subject"] for fact in content["facts"]} <= slugs
    assert {fact["measure"] for fact in content["facts"]} == set(measures.MEASURES)
    names = [fact["fact"] for fact in content["facts"]]
    assert len(set(names)) == len(names)
    asked = {
        name
        for fact in content["facts"]
        for key in ("of", "within", "train", "subjects")
        for name in ([fact[key]] if isinstance(fact.get(key), str) else fact.get(key, []))
    }
    assert asked == set(content["tables"])


MIRROR = Path(os.environ.get("ASSL_DATA_ROOT") or Path(__file__).parents[3] / "shared" / "data")
DIFFERS = {  # fact: (as published, as found); the notes of the table give the reasons
    # the number stated compares texts as they stand; the baseline normalises them
    "FinFE: accuracy on eval of the lookup baseline, texts compared normalised": ("71.7", "71.9"),
    # README.md counts the texts with a single quote, at either end
    "FinFE: texts of train that start with a double quote and never close it": ("14", "7"),
    # README.md parts at each single space, which it warns of itself
    "FinNL: rows of train with two, three, one and four labels, parted at any white space": (
        "6,739 / 311 / 16 / 5",
        "6,751 / 302 / 16 / 2",
    ),
    # README.md drops the point inside numbers, similar.normalise keeps it
    "FewFC: texts of train_base that are also in test_base, normalised as everywhere else here": ("109", "108"),
    # not among the 5,064 questions of the mirror, by any of the definitions tried
    "FinanceIQ: questions that nearly equal one of FinEval's (containment of 8-grams 0.7 or more)": ("1", "0"),
    # 6 of the 10 stand in two parts of FinEval
    "FinEval: stems with other options elsewhere, in whatever file": ("6", "10"),
}


@pytest.mark.slow
@pytest.mark.skipif(not (MIRROR / "raw").is_dir(), reason="no mirror of the real data")
def test_the_real_files_show_what_was_published_but_for_the_differences_listed():
    table = published_facts.check(MIRROR)
    others = table[~table["agrees"]]
    assert dict(zip(others["fact"], zip(others["expected"], others["found"], strict=True), strict=True)) == DIFFERS
    assert (others["note"] != "").all(), "a difference is explained"
    found = table.set_index("fact")["found"]
    assert found["FinFE: eval rows whose text is also in train"] == "1,107 of 2,020"
    assert len(table) > 120
