"""Published rows are mended where that can be done, left out where it cannot, and both are counted."""

import random
import sys
import unicodedata

import data_replica
import numpy as np
import pandas as pd
import pytest

from assl_utils.errors import DataError
from assl_utils.sources import cleaning, leakage, records
from assl_utils.sources.cleaning import likeness, readings, settle, split_labels, swapped_labels, tidy
from assl_utils.tasks.catalog import LABELS, SOURCES
from assl_utils.tasks.published_forms import without_prices

TOPICS = LABELS["news_classification"]
STRANGE = "a label that is none of the 16"


@pytest.fixture(scope="module", params=["replica", "real"])
def place(request, tmp_path_factory):
    return data_replica.place(request.param, tmp_path_factory)


# --- tidying ----------------------------------------------------------------------------------------------------------

UNSEEN = {
    "control": "\x00\x07\x08\x0e\x1b\x7f\x80\x9f",
    "byte order mark": "\ufeff",
    "zero-width": "\u200b\u200c\u200d\u200e\u200f\u2060\u2061\u2064",
    "direction": "\u202a\u202e\u2066\u2069\u061c",
    "soft hyphen": "\u00ad",
    "private use": "\ue000\uf236\uf8ff\U000f0000\U0010fffd",
    "replacement": "\ufffd",
    "half a pair": "\ud83d\udfff",
}
BLANKS = {
    "space and tab": " \t",
    "no-break": "\u00a0\u202f",
    "ideographic": "\u3000",
    "of some width": "\u2000\u2002\u2009\u200a\u205f\u1680",
    "form feed and vertical tab": "\x0c\x0b",
    "separators": "\x1c\x1d\x1e\x1f",
}
BREAKS = ["\n", "\r", "\r\n", "\x85", "\u2028", "\u2029", "\n\n\r\n", " \n\u3000\n\t"]


@pytest.mark.parametrize("name", UNSEEN)
def test_what_no_reader_sees_goes_without_a_trace(name):
    for char in UNSEEN[name]:
        assert tidy(f"净利{char}增长") == "净利增长" and tidy(f"{char}净利 增长{char}") == "净利 增长"
        assert tidy(char) == tidy(f" {char} \n{char}") == ""


@pytest.mark.parametrize("name", BLANKS)
def test_blanks_of_every_kind_become_one(name):
    for char in BLANKS[name]:
        assert tidy(f"net{char}profit") == tidy(f"{char}net {char}\u200b{char} profit{char}") == "net profit"
    assert tidy(f"net{BLANKS[name]}profit") == "net profit"


@pytest.mark.parametrize("mark", BREAKS)
def test_line_ends_of_every_kind_become_one(mark):
    assert tidy(f"甲{mark}乙") == tidy(f"{mark}甲 {mark}\u3000{mark}乙{mark}") == "甲\n乙"


def test_nothing_that_is_seen_is_touched():
    seen = [chr(i) for i in range(sys.maxunicode + 1) if unicodedata.category(chr(i))[0] in "LMNPS"]
    seen = "".join(char for char in seen if char != "\ufffd")  # a symbol by its category, a hole by its meaning
    assert len(seen) > 100_000 and tidy(seen) == seen
    assert tidy("ＧＤＰ（１５％）！ 1.5%…？") == "ＧＤＰ（１５％）！ 1.5%…？"


def test_no_white_space_joins_what_it_parted():
    white = [chr(i) for i in range(sys.maxunicode + 1) if chr(i).isspace()]
    assert len(white) == 29
    assert {tidy(f"甲{char}乙") for char in white} == {"甲 乙", "甲\n乙"}


def words(text):
    """What blanks and line ends part, less the unseen."""
    unseen = set("".join(UNSEEN.values()))
    seen = ["".join(c for c in word if c not in unseen and unicodedata.category(c) != "Co") for word in text.split()]
    return [word for word in seen if word]


def tidied(text):
    """Line by line and word by word."""
    for mark in ("\r\n", "\r", "\x85", "\u2028", "\u2029"):
        text = text.replace(mark, "\n")
    return "\n".join(filter(None, (" ".join(words(line)) for line in text.split("\n"))))


def test_tidying_equals_going_word_by_word_and_once_is_enough():
    rng = random.Random(0)
    alphabet = [*"甲a。", *"".join(UNSEEN.values()), *"".join(BLANKS.values()), *BREAKS]
    for _ in range(5_000):
        text = "".join(rng.choices(alphabet, k=rng.randrange(12)))
        assert tidy(text) == tidied(text), ascii(text)
        assert tidy(tidy(text)) == tidy(text), ascii(text)


def texts_in(value):
    """Every text in lists and objects of whatever depth."""
    if isinstance(value, str):
        yield value
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from texts_in(item)


@pytest.mark.parametrize(
    ("path", "odd"),
    [
        ("bq-corpus/BQ.valid.data", "\x08\uf236\u200d"),
        ("bq-corpus/BQ.test.data", "\x08"),
        ("afqmc/train.csv", "\ufeff"),
        ("cfsc-absa/test.txt", "\xa0\u3000"),
        ("fincuge-finnsp/train_list.json", "\u3000"),
        ("fincuge-finqa/eval_list.json", "\u200b"),
        ("ccks2019-event-subject/event_type_entity_extract_train.csv", "\x0c\u200b"),
        ("ccks2020-fewfc/train_base.json", "\ufffd"),
    ],
)
def test_odd_characters_of_the_files_are_tidied_away(place, path, odd):
    texts = list(texts_in(place.records(path)))
    for char in odd:
        assert any(char in text for text in texts), ascii(char)
    for text in texts:
        neat = tidy(text)
        assert not any(char in neat for char in odd)
        assert neat.split() == tidy(neat).split() == words(text)  # no word lost, split or joined
        assert "  " not in neat and "\n\n" not in neat and neat == neat.strip()


# --- FinNL's labels ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("中国 公司", ["中国", "公司"]),
        ("外国债券", ["外国", "债券"]),
        ("国际 经济新冠", ["国际", "经济", "新冠"]),
        (" 中国\u3000公司 \n", ["中国", "公司"]),
        ("公司 中国 公司", ["公司", "中国"]),
        ("虚拟货币外汇", ["虚拟货币", "外汇"]),
        ("中 国", ["中国"]),
        ("中国、公司", None),
        ("中国 公司、", None),
        ("国际 虚拟火币", None),
        ("外中国 行业", None),
        ("外国际 政治", None),  # 外国 and then 际
        ("躯体", None),
        ("zc", None),
        ("", None),
        (" \n", None),
    ],
)
def test_labels_are_told_apart_or_given_up(text, expected):
    assert split_labels(text) == expected


def test_labels_glued_in_any_way_come_apart_again():
    assert not any(a != b and a.startswith(b) for a in TOPICS for b in TOPICS)  # so there is one way only
    rng = random.Random(1)
    for _ in range(500):
        names = rng.choices(TOPICS, k=rng.randrange(1, 5))
        text = "".join(name + rng.choice(["", "", " ", "  ", "\u3000"]) for name in names)
        assert split_labels(text) == list(dict.fromkeys(names))


def test_of_finnls_strange_labels_a_quarter_can_be_mended(place):
    rows = place.examples("fincuge-finnl/train_list.json")
    strange = [answer for *_, answer in rows if set(answer.split()) - set(TOPICS)]
    assert len(strange) == place.is_(replica=6, real=41)
    read = [readings("finnl", "新闻", answer) for answer in strange]
    faults = [fault for *_, fault in read if fault]
    assert len(faults) == place.is_(replica=4, real=31) and set(faults) == {STRANGE}
    whole = [clean for *_, clean, fault in read if not fault]
    assert len(whole) == place.is_(replica=2, real=10) and set(" ".join(whole).split()) <= set(TOPICS)
    assert all(clean.replace(" ", "") == answer.replace(" ", "") for (_, answer, _, clean, fault) in read if not fault)
    everything = rows + place.examples("fincuge-finnl/eval_list.json")
    repeated = [answer for *_, answer in everything if len(set(answer.split())) < len(answer.split())]
    assert len(repeated) == place.is_(replica=1, real=2)
    assert all(readings("finnl", "新闻", answer)[3] == " ".join(dict.fromkeys(answer.split())) for answer in repeated)
    kept = sum(not readings("finnl", text, answer)[4] for _, text, answer in rows)
    assert kept == place.is_(replica=10, real=7_040)
    asked = [readings("nl", text, answer)[4] for _, text, answer in place.examples("fincuge-finnl/eval_list.json")]
    assert (len(asked), asked.count(STRANGE)) == place.is_(replica=(3, 1), real=(884, 1))


# --- as published, and as it should be --------------------------------------------------------------------------------

EXAM = "A、乙合伙，谁担责？\nA、甲\nB、乙\nC、甲、乙\nD、无人"
NEWS = "甲公告，2020年净利 10.4 亿元。"
PRICES = f"{NEWS}\n日期 开盘价 闭盘价\n2020-07-17 10.4 10.6\n2020-07-20 10.6 -0.5"
COPIES = {  # source: what the original gives, what is published, what clean makes of it
    "afqmc": (("怎么还款\n如何还款", "是"), ("怎么还款\n如何还款", "否"), ("怎么还款\n如何还款", "是")),
    "finnl": (("央行降准", "中国政策"), ("央行降准", "中国政策"), ("央行降准", "中国 政策")),
    "nl": (("央行降准", "中国 政策"), ("央行降准", "中国 政策"), ("央行降准", "中国 政策")),
    "nl2": (("央行降准", "中国 政策"), ("央行降准", "中国政策"), ("央行降准", "中国 政策")),
    "cfsc_absa": (("甲增乙减。评价对象：乙", "消极"), ("甲增乙减。", "消极"), ("甲增乙减。评价对象：乙", "消极")),
    "stocka": ((PRICES, "中性"), (PRICES, "中性"), (NEWS, "中性")),
    "fineval": ((EXAM, "C"), (EXAM, "C. 甲、乙"), (EXAM, "C")),
}


@pytest.mark.parametrize("slug", COPIES)
def test_the_original_gives_the_published_copy_and_both_the_same_clean_row(slug):
    original, copy, clean = COPIES[slug]
    assert readings(slug, *original) == (*copy, *clean, "")
    again = readings(slug, *copy, published=True)
    if slug == "cfsc_absa":  # the copy has lost its aspect for good
        assert again == (*copy, *copy, "the aspect is not named")
    else:
        assert again == (*copy, *clean, "")


@pytest.mark.parametrize("slug", [slug for slug in SOURCES if slug not in COPIES])
@pytest.mark.parametrize("published", [False, True])
def test_the_other_sources_are_only_tidied(slug, published):
    text, answer = " 净利\u3000增长\ufeff\n", "是 \x08"
    assert readings(slug, text, answer, published) == (text, answer, "净利 增长", "是", "")


FILES = {
    "afqmc": "afqmc/dev.json",
    "finnl": "fincuge-finnl/train_list.json",
    "nl": "fincuge-finnl/eval_list.json",
    "nl2": "fincuge-finnl/eval_list.json",
    "cfsc_absa": "cfsc-absa/test.txt",
    "stocka": "astock/test.csv",
    "fineval": "fineval-questions/val/accounting_val.csv",
}


@pytest.mark.parametrize("slug", FILES)
def test_every_row_of_the_files_makes_the_round_trip(place, slug):
    for _, text, answer in place.examples(FILES[slug]):
        first = readings(slug, text, answer)
        second = readings(slug, *first[:2], published=True)
        assert second[:2] == first[:2]
        if slug != "cfsc_absa":
            assert second == first
        assert first[2] == tidy(first[2]) and (first[3] == tidy(first[3]))


@pytest.mark.parametrize(
    ("slug", "row", "fault"),
    [
        ("finnl", ("某讯", "上个 公司"), STRANGE),
        ("nl", ("某讯", "中国正政策"), STRANGE),
        ("nl2", ("某讯", "国际虚拟火币"), STRANGE),
        ("cfsc_absa", ("甲大增。", "积极"), "the aspect is not named"),
        ("fineval", (EXAM, "无人"), "the answer begins with no letter"),
        ("fineval", (EXAM, "A股"), "the answer begins with no letter"),
        ("fineval", (EXAM, "d"), "the answer begins with no letter"),
        ("fineval", (EXAM, "CD"), "the answer begins with no letter"),
    ],
)
def test_what_nothing_can_mend_is_left_out_with_the_reason(slug, row, fault):
    read = readings(slug, *row, published=True)
    assert read[:2] == row and read[4] == fault
    table = pd.DataFrame([read], columns=["input", "output", "clean_input", "clean_output", "fault"])
    assert len(settle(table, "paper")) == 1 and settle(table, "clean").empty


@pytest.mark.parametrize(
    ("answer", "letter"),
    [("D. 无人", "D"), ("B", "B"), ("A、甲", "A"), ("C：甲、乙", "C"), ("B 乙", "B"), ("A．甲", "A")],
)
def test_an_option_for_an_answer_keeps_its_letter(answer, letter):
    assert readings("fineval", EXAM, answer, published=True) == (EXAM, answer, EXAM, letter, "")


def test_the_option_is_found_below_the_stem():
    assert readings("fineval", EXAM, "A")[1] == "A. 甲"  # and not 乙合伙, with which the stem begins
    assert readings("fineval", "无选项", "A")[:2] == ("无选项", "A")


def test_prices_go_and_the_news_stays(place):
    records = place.records("astock/test.csv")
    for record, (_, text, answer) in zip(records, place.examples("astock/test.csv"), strict=True):
        assert without_prices(text) == record["text_a"].strip()
        assert without_prices(without_prices(text)) == without_prices(text)
        assert readings("stocka", text, answer) == (text, answer, tidy(record["text_a"]), answer, "")
        assert readings("stocka", f"{text}\n", answer, published=True)[2] == tidy(record["text_a"])


# --- protocols --------------------------------------------------------------------------------------------------------


def both_readings():
    rows = [
        ("a", "甲\u3000", "是", "甲", "否", ""),
        ("a", "乙", "否", "乙", "否", ""),
        ("b", "丙", "躯体", "丙", "", STRANGE),
        ("b", "\ufeff", "中国", "", "中国", ""),  # nothing is left of its input
        ("b", "丁", "\ue000", "丁", "", ""),  # nor of its output
        ("b", "戊", "中国公司", "戊", "中国 公司", ""),
        ("c", "己\n2020-07-17 1 2", "中性", "己", "中性", ""),
    ]
    return pd.DataFrame(rows, columns=["source", "input", "output", "clean_input", "clean_output", "fault"])


def test_paper_takes_rows_as_published_and_clean_the_mended_ones():
    rows = both_readings()
    before = rows.copy()
    paper, clean = settle(rows, "paper"), settle(rows, "clean")
    pd.testing.assert_frame_equal(rows, before)
    pd.testing.assert_frame_equal(paper, rows[["source", "input", "output"]])
    assert clean.values.tolist() == [
        ["a", "甲", "否"],
        ["a", "乙", "否"],
        ["b", "戊", "中国 公司"],
        ["c", "己", "中性"],
    ]
    assert list(clean.columns) == ["source", "input", "output"] and clean.index.tolist() == [0, 1, 2, 3]
    no_faults = settle(rows.drop(columns="fault"), "clean")
    pd.testing.assert_frame_equal(no_faults, clean)  # the faulty ones have no clean output either
    pd.testing.assert_frame_equal(settle(rows.set_index(rows.index[::-1]), "clean"), clean)


@pytest.mark.parametrize("protocol", ["strict", "", None, "Clean"])
def test_another_protocol_is_refused(protocol):
    with pytest.raises(ValueError, match=f"^The protocol is 'clean' or 'paper', got {protocol!r}.$"):
        settle(both_readings(), protocol)


def test_mended_counts_what_clean_reads_otherwise():
    found = cleaning.mended(both_readings())
    assert found.columns.tolist() == ["source", "rows", "input", "output", "left_out"]
    assert found.values.tolist() == [["a", 2, 0, 1, 0], ["b", 4, 0, 2, 1], ["c", 1, 1, 0, 0]]
    assert cleaning.mended(both_readings().drop(columns="fault"))["left_out"].tolist() == [0, 0, 0]
    backwards = cleaning.mended(both_readings().iloc[::-1]).set_index("source").loc[["a", "b", "c"]]
    assert backwards.values.tolist() == found.drop(columns="source").values.tolist()


# --- swapped labels ---------------------------------------------------------------------------------------------------


def pairs(place, path="afqmc/dev.json"):
    return pd.DataFrame(place.examples(path), columns=["form", "input", "output"])


def published(rows):
    return rows.assign(output=[readings("afqmc", *row)[1] for row in rows[["input", "output"]].values])


def asked(*answers, start=0):
    """Pairs of distinct sentences with these answers."""
    pairs = [f"第{i}问怎么办\n第{i}问如何办" for i in range(start, start + len(answers))]
    return pd.DataFrame({"input": pairs, "output": answers})


def test_afqmc_as_published_answers_the_other_way_round(place):
    rows = pairs(place)
    shared = place.is_(replica=12, real=rows["input"].map(lambda text: leakage.part_of("matching", text)).nunique())
    assert swapped_labels(published(rows), rows) == {"shared": shared, "agree": 0, "verdict": "swapped"}
    assert swapped_labels(rows, rows) == {"shared": shared, "agree": shared, "verdict": "right"}
    assert swapped_labels(published(rows), published(rows))["verdict"] == "right"
    random = rows.assign(output=np.random.default_rng(0).choice(["是", "否"], len(rows)))
    assert swapped_labels(random, rows)["verdict"] == "unclear"
    assert swapped_labels(rows, pairs(place, "bq-corpus/BQ.test.data")) == {
        "shared": 0,
        "agree": 0,
        "verdict": "unclear",
    }


def test_pairs_are_the_same_in_either_order_and_in_any_width(place):
    rows = pairs(place)
    rows = rows[~rows["input"].map(lambda text: leakage.part_of("matching", text)).duplicated()]
    turned = rows.assign(input=["\n".join(text.split("\n")[::-1]) for text in rows["input"]])
    wide = turned.assign(input=turned["input"].str.replace("1", "１").str.replace("\n", " ？\n ") + "。")
    assert swapped_labels(turned.sample(frac=1, random_state=0), rows)["agree"] == len(rows)
    assert swapped_labels(wide, rows) == {"shared": len(rows), "agree": len(rows), "verdict": "right"}


@pytest.mark.parametrize(
    ("verdict", "shared", "agree"),
    [
        *[("swapped", 10, 0), ("unclear", 10, 1), ("unclear", 10, 9), ("right", 10, 10)],
        *[("swapped", 20, 1), ("unclear", 20, 2), ("unclear", 20, 18), ("right", 20, 19)],
        *[("unclear", 9, 0), ("unclear", 9, 9), ("unclear", 0, 0)],
    ],
)
def test_a_verdict_takes_ten_pairs_and_nine_tenths(shared, agree, verdict):
    rows = asked(*["是"] * agree, *["否"] * (shared - agree))
    reference = asked(*["是"] * (shared + 5))
    assert swapped_labels(rows, reference) == {"shared": shared, "agree": agree, "verdict": verdict}


def test_a_pair_counts_once_and_one_of_punctuation_not_at_all():
    reference = asked(*"是" * 12)
    repeated = pd.concat([reference.iloc[:3]] * 5)
    assert swapped_labels(repeated, reference) == {"shared": 3, "agree": 3, "verdict": "unclear"}
    empty = pd.DataFrame({"input": ["。。\n！！", "？\n…"], "output": ["是", "否"]})
    assert swapped_labels(empty, empty) == {"shared": 0, "agree": 0, "verdict": "unclear"}


# --- likeness ---------------------------------------------------------------------------------------------------------


def rows_of(*rows):
    return pd.DataFrame(rows, columns=["input", "output"])


SAME, HALF, OTHER = "甲乙丙\n乙甲丙", "甲乙丙\n甲乙丁", "甲乙\n丙丁"  # Jaccard 1, 2/4, 0


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([(SAME, "是"), (OTHER, "否")], 1),
        ([(SAME, "否"), (OTHER, "是")], 0),
        ([(SAME, "是"), (SAME, "否")], 1 / 2),
        ([(SAME, "是"), (HALF, "是"), (HALF, "否"), (OTHER, "否")], 3.5 / 4),
        ([(HALF, "是"), (SAME, "否"), (OTHER, "否")], 1 / 2),
        ([(SAME, "是"), (OTHER, "是"), (HALF, "否")], 1 / 2),
        ([("甲乙丙\n甲乙丙丁戊己", "是"), (HALF, "否"), (OTHER, "否")], 1.5 / 2),  # 3/6 ties with 2/4
        ([("甲，乙！\n乙 甲", "是"), (HALF, "否")], 1),  # punctuation is not compared
        ([("。。\n！！", "是"), (OTHER, "否")], 1 / 2),  # nothing in common with nothing
        ([("甲乙", "是"), (HALF, "否")], 0),  # one sentence alone
    ],
)
def test_likeness_worked_by_hand(rows, expected):
    assert likeness(rows_of(*rows)) == pytest.approx(expected)


@pytest.mark.parametrize("rows", [[], [(SAME, "是")], [(SAME, "是"), (OTHER, "是")], [(SAME, "否"), (OTHER, "否")]])
def test_one_answer_alone_tells_nothing(rows):
    assert np.isnan(likeness(rows_of(*rows)))


def chance(rows):
    """Every 是 against every 否."""
    shares = {"是": [], "否": []}
    for text, answer in rows[["input", "output"]].values:
        one, two = (set(leakage.normalise(part)) for part in text.split("\n"))
        shares[answer].append(len(one & two) / max(1, len(one | two)))
    wins = [(a > b) + (a == b) / 2 for a in shares["是"] for b in shares["否"]]
    return sum(wins) / len(wins)


def test_likeness_tells_swapped_labels_from_right_ones(place):
    for path in ("afqmc/dev.json", "bq-corpus/BQ.valid.data"):
        rows = pairs(place, path)[:600]
        found = likeness(rows)
        assert found == pytest.approx(chance(rows)) and found > 0.6
        assert likeness(published(rows)) == pytest.approx(1 - found)
        assert likeness(rows.sample(frac=1, random_state=0)) == pytest.approx(found)
    if place.real:
        rows = pairs(place)
        random = rows.assign(output=np.random.default_rng(0).permutation(rows["output"]))
        assert likeness(random) == pytest.approx(0.5, abs=0.03)


# --- from the file to the protocol ------------------------------------------------------------------------------------


def test_a_faulty_row_goes_from_the_file_to_the_account_by_its_number(place):
    examples, _ = records.load("nl", place.records("fincuge-finnl/eval_list.json"), "eval_list.json")
    faulty = [number for number, (_, text, answer) in examples if readings("nl", text, answer)[4]]
    assert len(faulty) == 1
    assert place.records("fincuge-finnl/eval_list.json")[faulty[0] - 1][1] == "上个 公司"


def test_loading_mends_nothing_and_cleaning_reads_no_file():
    with pytest.raises(DataError, match="there are"):
        records.load("afqmc", [{"sentence1": "甲"}], "dev.json")
    assert records.nl(["快讯\ufeff", "外国债券"]) == [("", "快讯\ufeff", "外国债券")]
    assert readings("finnl", "快讯\ufeff", "外国债券") == ("快讯\ufeff", "外国债券", "快讯", "外国 债券", "")
