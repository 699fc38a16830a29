"""Each shape of record gives its examples on the real files; what cannot be right is named, with record and fault."""

import ast
import itertools
import json
import re
import unicodedata
from collections import Counter, defaultdict

import data_replica
import pytest

from assl_utils.errors import DataError
from assl_utils.sources import event_records, exam_records, fields, formats, leakage
from assl_utils.sources.records import SHAPES, fe, flare, load
from assl_utils.tasks.catalog import LABELS


@pytest.fixture(scope="module", params=["replica", "real"])
def place(request, tmp_path_factory):
    return data_replica.place(request.param, tmp_path_factory)


def folded(text):
    """Width, case, punctuation and blanks aside, said once more and without the code under test."""
    return "".join(c for c in unicodedata.normalize("NFKC", text).lower() if c.isalnum())


def groups(pairs):
    out = defaultdict(set)
    for key, value in pairs:
        out[key].add(value)
    return out


# --- how many examples ------------------------------------------------------------------------------------------------

NO_EVENT = "event type {}, which flare-zh-19ccks leaves out"
OTHER, STRANGE = NO_EVENT.format("其他"), NO_EVENT.format("公司股市异常")
NOBODY, NO_SUBJECT = "no person, organisation or place", "no event with a subject"
LEFT_OUT = {  # of the real files: what is no example
    "fincuge-finnsp/train_list.json": {"header row": 1},
    "ccks2019-event-subject/event_type_entity_extract_train.csv": {OTHER: 3_141, STRANGE: 2},
    "fincuge-finese/train_list.json": {OTHER: 2_500, STRANGE: 1},
    "fincuge-finese/eval_list.json": {OTHER: 317},
    "fincuge-finner/train_list.json": {NOBODY: 3_449},
    "fincuge-finner/eval_list.json": {NOBODY: 440},
    "ccks2020-fewfc/train_base.json": {NO_SUBJECT: 333},
    "ccks2020-fewfc/train_trans.json": {NO_SUBJECT: 50},
    "ccks2020-fewfc/test_base.json": {NO_SUBJECT: 238},
    "ccks2020-fewfc/test_trans.json": {NO_SUBJECT: 195},
}


def test_every_file_gives_its_examples(place):
    for path, (_, _, shape, expected) in data_replica.contents().items():
        name = path.removeprefix("raw/")
        if shape not in SHAPES or name == "cflue/application.json":  # ten of whose outputs are lists
            continue
        records = place.records(name)
        examples, skipped = load(shape, records, path)
        each = 2 if shape == "nsp" else 1
        assert len(examples) == each * (len(records) - sum(skipped.values())), name
        assert len(examples) == place.is_(replica=expected, real=len(examples)), name
        if place.real:
            assert skipped == LEFT_OUT.get(name, {}), name
        for number, (form, text, output) in examples:
            assert 1 <= number <= len(records) and form in ("", "judge", "subject"), (name, number)
            assert text.strip() and output.strip(), (name, number)


# --- FinCUGE: the order of columns differs, label types differ, headers stand inside ----------------------------------


def test_finfe_labels_are_whole_numbers(place):
    records = place.records("fincuge-finfe/train_list.json")
    assert {type(label) for _, label in records} == {int}
    examples = place.examples("fincuge-finfe/train_list.json")
    named = {2: "积极", 1: "中性", 0: "消极"}
    assert examples == [("", text, named[label]) for text, label in records]
    assert len(examples) == place.is_(replica=10, real=16_157)


def test_finfe_repeats_itself_and_contradicts_itself(place):
    lists = {part: place.examples(f"fincuge-finfe/{part}_list.json") for part in ("train", "eval")}
    answers = groups((folded(text), answer) for _, text, answer in lists["train"])
    assert len(answers) == place.is_(replica=8, real=11_611)
    assert sum(len(labels) > 1 for labels in answers.values()) == place.is_(replica=1, real=781)
    shared = [text for _, text, _ in lists["eval"] if folded(text) in answers]
    assert len(shared) == place.is_(replica=2, real=1_107)
    asked = [record["input"] for record in place.records("fincuge-finfe/problem_list.json")]
    assert sum(folded(text) in answers for text in asked) == place.is_(replica=1, real=1_129)
    letter = {text for _, text, _ in lists["train"]}
    assert sum(text in letter for text in shared) == place.is_(replica=1, real=1_097)


def test_finfe_texts_of_punctuation_and_stray_quotes_stay_examples(place):
    texts = [text for _, text, _ in place.examples("fincuge-finfe/train_list.json")]
    assert sum(not folded(text) for text in texts) == place.is_(replica=1, real=9)
    assert sum(not leakage.normalise(text) for text in texts) == place.is_(replica=1, real=9)  # no key
    quoted = [text for text in texts if text.startswith('"')]
    assert len(quoted) == place.is_(replica=2, real=74)
    assert sum(text.count('"') % 2 for text in quoted) == place.is_(replica=1, real=7)  # the README says 14
    assert "12.8" in texts


def test_finnl_labels_stand_as_they_are_one_blank_between(place):
    records = place.records("fincuge-finnl/train_list.json")
    answers = [answer for _, _, answer in place.examples("fincuge-finnl/train_list.json")]
    assert answers == [" ".join(labels.split()) for _, labels in records]
    everything = records + place.records("fincuge-finnl/eval_list.json")
    assert sum(" ".join(labels.split()) != labels for _, labels in everything) == place.is_(replica=4, real=16)
    assert sum("" in labels.split(" ") for _, labels in everything) == place.is_(
        replica=4, real=16
    )  # what split(" ") does
    assert not any("" in answer.split(" ") for answer in answers)
    # counted with split(" "), blanks too, as in the README: 6,739 of two, 311 of three, 5 of four
    sizes = Counter(len(answer.split()) for answer in answers)
    assert sizes == place.is_(replica={2: 6, 1: 4, 3: 3, 4: 1}, real={2: 6_751, 3: 302, 1: 16, 4: 2})


def test_finnsp_loses_its_header_row_and_no_other(place):
    records = place.records("fincuge-finnsp/train_list.json")
    header = place.is_(replica=3, real=1_939)
    assert records[header] == ["\ufeffid", "title", "text", "entity", "negative", "key_entity"]
    examples, skipped = place.load("fincuge-finnsp/train_list.json")
    assert skipped == {"header row": 1} and len(examples) == 2 * place.is_(replica=5, real=3_999)
    numbers = [number for number, _ in load("nsp", records, "")[0]]
    assert numbers == [n for n in range(1, len(records) + 1) if n != header + 1 for _ in range(2)]


def test_finne_has_a_header_row_too(place):
    records = place.records("fincuge-finne/train_list.json")
    assert records[place.is_(replica=1, real=3_334)] == ["trainingSourceData", "Sentiment"]
    assert {label for _, label in records} == {"0.0", "0.5", "1.0", "Sentiment"}
    with pytest.raises(
        DataError, match=r"record 1: the label '(1\.0|0\.5|0\.0)' is none of 0, 1, 2"
    ):  # texts, no numbers
        load("fe", records, "finne")
    assert len(place.records("fincuge-finne/problem_list.json")) == place.is_(replica=2, real=501)


def test_finnsp_gives_a_judgement_and_the_entities_it_is_about(place):
    records = [record for record in place.records("fincuge-finnsp/train_list.json") if record[0] != "\ufeffid"]
    examples = place.examples("fincuge-finnsp/train_list.json")
    judged, named = examples[::2], examples[1::2]
    assert {form for form, *_ in judged} == {"judge"} and {form for form, *_ in named} == {"subject"}
    assert [text for _, text, _ in judged] == [text for _, text, _ in named]
    answers = [(negative == "1", set(filter(None, key.split(";")))) for *_, negative, key in records]
    assert [(answer == "有", answer != "无") for *_, answer in judged] == [(bad, bad) for bad, _ in answers]
    found = [set() if answer == "无" else set(answer.split("；")) for *_, answer in named]
    assert found == [{name.strip() for name in names} for _, names in answers]
    assert sum("；" in answer for *_, answer in named) == place.is_(replica=1, real=1_288)


def test_finnsp_says_the_title_once(place):
    records = [record for record in place.records("fincuge-finnsp/train_list.json") if record[0] != "\ufeffid"]
    texts = [text for form, text, _ in place.examples("fincuge-finnsp/train_list.json") if form == "judge"]
    assert sum(not title for _, title, *_ in records) == place.is_(replica=1, real=1_083)
    assert sum(title == text for _, title, text, *_ in records) == place.is_(replica=1, real=1_092)
    for (_, title, news, entities, *_), text in zip(records, texts, strict=True):
        bare, inside = (re.sub(r"[\W_]", "", part) for part in (title, news))
        front = "" if bare in inside else f"{title.strip()}\n"
        entities = ";".join(dict.fromkeys(name.strip() for name in entities.split(";") if name.strip()))
        assert text == f"{front}{news.strip()}\n实体：{entities}"
    added = sum(re.sub(r"[\W_]", "", r[1]) not in re.sub(r"[\W_]", "", r[2]) for r in records)
    assert added == place.is_(replica=2, real=added) and added < len(records)


def test_finnsp_odd_rows_are_kept(place):
    records = [record for record in place.records("fincuge-finnsp/train_list.json") if record[0] != "\ufeffid"]
    texts = [text for form, text, _ in place.examples("fincuge-finnsp/train_list.json") if form == "judge"]
    assert sum("????" in record[2] for record in records) == place.is_(replica=2, real=1_214)
    assert sum("".join(record).count("\u3000") for record in records) == place.is_(replica=3, real=3_099)  # titles, too
    assert max(len(record[2]) for record in records) == place.is_(replica=27, real=7_174)
    assert sum(text.endswith("\n实体：") for text in texts) == place.is_(replica=1, real=14)
    lists = [record[3].split(";") for record in records]
    inside = sum(any(a in b for a, b in itertools.permutations(names, 2)) for names in lists)
    assert inside == place.is_(replica=2, real=1_359)  # 小资钱包, 小资钱包1; and a name that stands there twice


def test_problem_lists_hold_objects_with_a_text_or_a_list(place):
    kinds = {"finnsp": 3, "finre": 3, "finese": 2}
    counts = {"finfe": 2_020, "finnl": 884, "finnsp": 500, "finre": 3_727, "finqa": 2_480, "finna": 3_600}
    counts |= {"fincqa": 2_745, "finese": 1_782, "finne": 501}
    for name, count in counts.items():
        records = place.records(f"fincuge-{name}/problem_list.json")
        assert len(records) == place.is_(replica=len(records), real=count)
        assert [record["id"] for record in records] == list(range(len(records)))
        for record in records:
            assert isinstance(record["input"], list if name in kinds else str)
            assert name not in kinds or len(record["input"]) == kinds[name]


def test_finre_has_the_text_last_and_calls_no_relation_unknown(place):
    records = place.records("fincuge-finre/train_list.json")
    examples = place.examples("fincuge-finre/train_list.json")
    for (head, tail, relation, text), (_, question, answer) in zip(records, examples, strict=True):
        assert question == f"{text}头实体：{head}，尾实体：{tail}。"
        assert answer == ("其他" if relation == "unknown" else relation)
    assert sum(answer == "其他" for *_, answer in examples) == place.is_(replica=1, real=3_613)
    assert sum(record[3].count("<N>") for record in records) == place.is_(replica=6, real=19_126)
    known = [line.split()[0] for line in place.records("fincuge-finre/relation2id.txt")]
    assert set(known) - {"unknown"} | {"其他"} == set(LABELS["relation"])
    assert {relation for _, _, relation, _ in records} <= set(known)


@pytest.mark.parametrize(
    ("part", "replica", "real"), [("train", (1, 4), (1_150, None)), ("eval", (1, 1), (134, 1_353))]
)
def test_finre_asks_one_question_with_several_answers(place, part, replica, real):
    answers = groups((text, answer) for _, text, answer in place.examples(f"fincuge-finre/{part}_list.json"))
    several, questions = place.is_(replica=replica, real=real)
    assert sum(len(names) > 1 for names in answers.values()) == several
    assert len(answers) == (questions or len(answers))


@pytest.mark.parametrize(
    ("name", "nothing", "replica", "real"),
    [
        ("finqa", ("无相应参数", "无指定类型事件发生"), (1, 1), (662, 39)),
        ("fincqa", ("无参数",), (1,), (517,)),
    ],
)
def test_a_question_ends_at_the_first_question_mark(place, name, nothing, replica, real):
    records = place.records(f"fincuge-{name}/eval_list.json")
    examples = place.examples(f"fincuge-{name}/eval_list.json")
    assert [list(example[1:]) for example in examples] == records
    for _, text, _ in examples:
        question, mark, context = text.partition("？")
        assert mark and "?" not in question and context
        assert leakage.part_of("qa", text) == ("context", leakage.normalise(context))
    answers = Counter(answer for *_, answer in examples)
    assert tuple(answers[answer] for answer in nothing) == place.is_(replica=replica, real=real)
    again = sum("？" in text.partition("？")[2] for _, text, _ in examples)  # and stands in the context, too
    assert again == place.is_(replica={"finqa": 2, "fincqa": 1}, real={"finqa": 324, "fincqa": 0})[name]


def test_finqa_keeps_commas_inside_numbers(place):
    answers = [answer for *_, answer in place.examples("fincuge-finqa/eval_list.json")]
    assert sum("," in answer for answer in answers) == place.is_(replica=2, real=113)
    inside = [answer for answer in answers if re.search(r"\d,\d{3}", answer)]
    assert len(inside) == place.is_(replica=1, real=19)


def test_finqa_is_split_by_question_not_by_document(place):
    contexts = {text.partition("？")[2] for _, text, _ in place.examples("fincuge-finqa/eval_list.json")}
    asked = {record["input"].partition("？")[2] for record in place.records("fincuge-finqa/problem_list.json")}
    counts = len(contexts), len(asked), len(contexts & asked)
    assert counts == place.is_(replica=(11, 1, 1), real=(1_594, 1_631, 959))
    assert any("\n" in context for context in contexts) and any("\u200b" in context for context in contexts)


def test_finna_has_the_summary_first(place):
    records = place.records("fincuge-finna/eval_list.json")
    examples = place.examples("fincuge-finna/eval_list.json")
    assert [(text, summary) for summary, text in records] == [example[1:] for example in examples]
    assert sum(len(text) for _, text, _ in examples) > 2 * sum(len(summary) for *_, summary in examples)
    assert max(len(text) for _, text, _ in examples) == place.is_(replica=37, real=509)


def test_fincqa_is_made_of_ccks_2021(place):
    pool = {record["text"] for part in ("train", "dev") for record in place.records(f"ccks2021-causal/{part}.json")}
    contexts = {text.partition("？")[2] for _, text, _ in place.examples("fincuge-fincqa/eval_list.json")}
    assert len(contexts) == place.is_(replica=2, real=650)
    assert len(contexts & pool) == len(contexts)
    assert any("###" in context for context in contexts)


def test_finese_is_ccks_2019_again(place):
    pool = {tuple(record) for record in place.records("ccks2019-event-subject/event_type_entity_extract_train.csv")}
    mine = [record for part in ("train", "eval") for record in place.records(f"fincuge-finese/{part}_list.json")]
    strange = [record for record in mine if tuple(record) not in pool]
    assert len(mine) - len(strange) == place.is_(replica=6, real=16_030)
    if place.real:  # three more have commas for blanks
        pool = {(number, folded(text), *rest) for number, text, *rest in pool}
        assert {(number, folded(text), *rest) for number, text, *rest in strange} <= pool and len(strange) == 3


def test_finner_labels_are_split_at_the_last_colon(place):
    records = place.records("fincuge-finner/train_list.json")
    inner = [label for record in records for label in record["labels"] if ":" in label.rpartition(":")[0]]
    assert len(inner) == place.is_(replica=1, real=4)
    answers = groups((text, answer) for _, text, answer in place.examples("fincuge-finner/train_list.json"))
    for record in records:
        for label in set(record["labels"]) & set(inner):
            entity, _, kind = label.rpartition(":")
            lines = {line for answer in answers[record["text"]] for line in answer.split("\n")}
            assert kind == "公司" and f"{entity}, ORG" in lines
    assert sum(not record["labels"] for record in records) == place.is_(replica=1, real=2_328)
    missing = sum(label.rpartition(":")[0] not in record["text"] for record in records for label in record["labels"])
    assert missing == place.is_(replica=0, real=129)


# --- pairs, stocks, aspects -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "replica", "real"),
    [("afqmc/dev.json", (6, 6), (2_978, 1_338)), ("afqmc/train.csv", (1, 1), (23_761, 10_573))],
)
def test_afqmc_labels_are_texts(place, path, replica, real):
    records = place.records(path)
    assert {type(record["label"]) for record in records} == {str}
    examples = place.examples(path)
    answers = {"1": "是", "0": "否"}
    assert examples == [
        ("", f"{record['sentence1']}\n{record['sentence2']}", answers[record["label"]]) for record in records
    ]
    counts = Counter(answer for *_, answer in examples)
    assert (counts["否"], counts["是"]) == place.is_(replica=replica, real=real)


def test_bq_pairs_keep_their_blanks_and_odd_characters(place):
    records = place.records("bq-corpus/BQ.valid.data")
    examples = place.examples("bq-corpus/BQ.valid.data")
    assert [text.split("\n") for _, text, _ in examples] == [record[:2] for record in records]
    assert Counter(answer for *_, answer in examples) == place.is_(
        replica={"是": 3, "否": 2}, real={"是": 5_000, "否": 5_000}
    )
    other = {text for _, text, _ in place.examples("bq-corpus/BQ.test.data")}
    assert not other & {text for _, text, _ in examples}


def test_astock_prints_the_five_days_behind_the_news(place):
    records = place.records("astock/test.csv")
    for record, (_, text, answer) in zip(records, place.examples("astock/test.csv"), strict=True):
        news, head, *days = text.rsplit("\n", 6)
        assert (news, head) == (record["text_a"].strip(), "日期 开盘价 闭盘价")
        assert days == [f"{record[f'day{i}']} {record[f'open{i}']} {record[f'close{i}']}" for i in range(1, 6)]
        assert answer == {"2": "跑赢大盘", "1": "中性", "0": "表现不佳"}[record["label"]]
        assert record["day1"] >= record["DATE"][:10]  # the five days come after the news
    assert len(records) == place.is_(replica=3, real=1_477)
    assert sum(record["TITLE"] == record["text_a"] for record in records) == place.is_(replica=3, real=1_433)
    assert sum(len(record["CODE"]) < 6 for record in records) == place.is_(replica=2, real=561)  # zeros are lost


def test_cfsc_absa_without_its_aspect_contradicts_itself(place):
    records = place.records("cfsc-absa/test.txt")
    assert all(record["sentence"].endswith("\n") for record in records)
    examples = place.examples("cfsc-absa/test.txt")
    for record, (_, text, _) in zip(records, examples, strict=True):
        assert text == f"{record['sentence'].strip()}评价对象：{record['term']}"
        assert record["sentence"][record["from"] : record["to"]] == record["term"]
    bare = groups((text.rpartition("评价对象：")[0], answer) for _, text, answer in examples)
    whole = groups((text, answer) for _, text, answer in examples)
    assert len(bare) == place.is_(replica=2, real=5_726)
    assert sum(len(answers) > 1 for answers in bare.values()) == place.is_(replica=2, real=378)
    assert sum(len(answers) > 1 for answers in whole.values()) == place.is_(replica=1, real=34)
    counts = Counter(answer for *_, answer in examples)
    assert counts == place.is_(
        replica={"积极": 2, "消极": 1, "中性": 1}, real={"积极": 5_134, "消极": 2_146, "中性": 1_032}
    )
    # 368, and 4 more in the terms: the README's 372
    assert sum(r["sentence"].count("\xa0") for r in records) == place.is_(replica=2, real=368)
    assert sum(r["sentence"].count("\u3000") for r in records) == place.is_(replica=2, real=1_294)


@pytest.mark.parametrize(("part", "replica", "real"), [("test", 1, 2_926), ("val", 1, 2_821)])
def test_cfsc_ner_writes_its_aspect_with_a_capital(place, part, replica, real):
    records = place.records(f"cfsc-ner/{part}.json")
    labels = [(record["text"], label) for record in records for label in record["labels"]]
    assert all(text[label["from"] : label["to"]] == label["text"] for text, label in labels)
    assert {label["Level 1 Aspect"] for _, label in labels} <= {"Corporate", "Stock", "Market", "Economy"}
    assert len(labels) == place.is_(replica=replica, real=real)


# --- events -----------------------------------------------------------------------------------------------------------


def test_ccks_2019_leaves_out_what_is_no_event(place):
    path = "ccks2019-event-subject/event_type_entity_extract_train.csv"
    examples, skipped = place.load(path)
    assert skipped == place.is_(replica={OTHER: 2, STRANGE: 1}, real={OTHER: 3_141, STRANGE: 2})
    assert not any("NaN" in answer for *_, answer in examples)
    kept = [record for record in place.records(path) if record[2] not in ("其他", "公司股市异常")]
    assert examples == [("", text, f"{kind}, {entity}") for _, text, kind, entity in kept]
    texts = Counter(record[1] for record in place.records(path))
    assert sum(count > 1 for count in texts.values()) == place.is_(replica=1, real=965)
    ids = Counter(record[0] for record in place.records(path))
    assert sum(count > 1 for count in ids.values()) == 1


def test_ccks_2020_spans_include_their_end(place):
    records = place.records("ccks2020-event-subject/val.data")
    examples = place.examples("ccks2020-event-subject/val.data")
    for record, (_, text, answer) in zip(records, examples, strict=True):
        named = {
            f"{kind}, {text[a : b + 1]}"
            for kind, spans in zip(record["type"], record["entity"], strict=True)
            for a, b in spans
        }
        assert text == record["context"] and sorted(answer.split("\n")) == sorted(named)  # each once
    repeated = sum(len(spans) > len(set(map(tuple, spans))) for record in records for spans in record["entity"])
    assert repeated == place.is_(replica=1, real=repeated) and repeated
    assert sum(not spans for record in records for spans in record["entity"]) == 1
    if not place.real:
        assert examples[0][2] == "业务资产重组, 岚海科技\n业务资产重组, 青石电子"


@pytest.mark.parametrize(
    ("name", "replica", "real"),
    [
        ("train_base", (2, 3, 1), (2_732, 20_289, 4)),
        ("test_base", (2, 3, 1), (1_821, 13_651, 3)),
        ("train_trans", (1, 2, 0), (820, 3_459, 0)),
        ("test_trans", (2, 4, 0), (3_609, 15_778, 10)),
    ],
)
def test_fewfc_spans_exclude_their_end(place, name, replica, real):
    records = place.records(f"ccks2020-fewfc/{name}.json")
    mentions = [(r["content"], mention) for r in records for event in r["events"] for mention in event["mentions"]]
    assert all(text[slice(*mention["span"])] == mention["word"] for text, mention in mentions)
    counts = len(records), len(mentions), sum(not record["events"] for record in records)
    assert counts == place.is_(replica=replica, real=real)
    lost = {record["content"].strip() for record in records if not record["events"]}
    assert not lost & {text.strip() for _, text, _ in place.examples(f"ccks2020-fewfc/{name}.json")}


def test_fewfc_names_the_subject_before_the_object():
    (base, _), (trans,) = data_replica.FEWFC_BASE, data_replica.FEWFC_TRANS
    assert event_records.fewfc(base) == [("", base["content"], "减持, 远山控股")]
    assert event_records.fewfc(trans) == [("", trans["content"], "起诉, 李青")]


def test_ccks_2021_empty_slots_and_several_products(place):
    records = [record for part in ("train", "dev") for record in place.records(f"ccks2021-causal/{part}.json")]
    answers = [answer for part in ("train", "dev") for *_, answer in place.examples(f"ccks2021-causal/{part}.json")]
    for record, answer in zip(records, answers, strict=True):
        pairs = []
        for found in record["result"]:
            lines = []
            for side in ("reason", "result"):
                slots = [found[f"{side}_{slot}"] for slot in ("product", "industry", "region")]
                lines.append(f"{found[f'{side}_type']}, {[*filter(None, slots), '无'][0]}")
            pairs.append("\n".join(dict.fromkeys(lines)))
        assert answer == "\n".join(dict.fromkeys(pairs))
    entities = [line.split(", ", 1)[1] for answer in answers for line in answer.split("\n")]
    assert entities.count("无") == place.is_(replica=1, real=712)
    assert sum("," in entity for entity in entities) == place.is_(replica=1, real=1_578)
    if not place.real:
        assert answers[0] == "台风, 东州\n供给减少, 橡胶"
        assert answers[1] == "需求增加, 无\n市场价格提升, 纯碱,玻璃\n需求增加, 建材\n产品利润增加, 纯碱"
        assert (
            answers[2] == "成本上升, 铜\n产品利润下降, 电缆\n成本上升, 铜\n市场价格提升, 电缆"
        )  # each beside its effect


# --- exams and samples ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "question", "answer"),
    [
        ("financeiq/dev/经济师.csv", "Question", "Answer"),
        ("fineval-questions/val/accounting_val.csv", "question", "answer"),
    ],
)
def test_an_exam_question_is_its_stem_and_a_line_an_option(place, name, question, answer):
    for record, (_, text, letters) in zip(place.records(name), place.examples(name), strict=True):
        options = [f"{letter}、{record[letter].strip()}" for letter in "ABCD"]
        assert text == "\n".join([record[question].strip(), *options]) and letters == record[answer]


def test_formulas_and_gaps_of_fineval_stay(place):
    texts = [
        text
        for path in data_replica.contents()
        if "/val/" in path or "fineval-questions/dev/" in path
        for _, text, _ in place.examples(path.removeprefix("raw/"))
    ]
    assert len(texts) == place.is_(replica=68, real=1_321)
    assert any("$\\%$" in text for text in texts) and any("____" in text for text in texts)


def test_cflue_options_are_a_python_literal(place):
    records = place.records("cflue/knowledge.json")
    examples = place.examples("cflue/knowledge.json")
    assert len(records) == place.is_(replica=4, real=3_732) and next(iter(records[0])) == "名称"
    for record, (_, text, answer) in zip(records, examples, strict=True):
        options = ast.literal_eval(record["choices"])
        assert text.endswith("".join(f"\n{letter}、{option.strip()}" for letter, option in options.items()))
        letters, told, why = answer.partition("\n解析：")
        assert letters == record["answer"] and bool(told) == bool((record["analysis"] or "").strip())
        assert why == (record["analysis"] or "").strip()
    sizes = Counter(len(ast.literal_eval(record["choices"])) for record in records)
    assert sizes == place.is_(replica={4: 1, 2: 1, 3: 1, 5: 1}, real={4: 2_776, 5: 595, 2: 348, 3: 13})
    assert sum(record["analysis"] is None for record in records) == place.is_(replica=1, real=85)
    with pytest.raises(json.JSONDecodeError):
        json.loads(records[0]["choices"])


def test_a_triple_without_an_input_holds_it_in_its_instruction(place):
    talks = place.records("disc-finllm/consulting_part.json")
    assert {record["input"] for record in talks} == {""}
    asked = [text for _, text, _ in place.examples("disc-finllm/consulting_part.json")]
    assert asked == [record["instruction"] for record in talks]
    assert any("[Calculator(" in answer for *_, answer in place.examples("disc-finllm/computing_part.json"))
    for name in ("exam", "company"):
        records = place.records(f"cfgpt/{name}/data.jsonl")
        assert [text for _, text, _ in place.examples(f"cfgpt/{name}/data.jsonl")] == [r["input"] for r in records]
        assert all(not record["instruction"] for record in records) == (name == "exam")


def test_cflue_applications_have_lists_among_their_outputs(place):
    if not place.real:
        assert len(place.examples("cflue/application.json")) == 1
        return
    with pytest.raises(DataError, match=r"^raw/cflue/application\.json, record 86: the output is list, not text: "):
        place.examples("cflue/application.json")


def test_finer_points_of_a_published_copy():
    copy = {
        "id": "zhfe1",
        "query": "判断情绪：利好",
        "answer": " 积极\n",
        "text": "利好",
        "choices": ["积极"],
        "gold": 0,
    }
    assert flare(copy) == flare(dict(reversed(copy.items()))) == [("", "利好", "积极")]
    exam = "题干：下列属于风险的有\nA、甲\nB. 乙\n 答案：['B', 'A']\n分析解释：甲乙皆是。\n其余不是。"
    assert exam_records.fincorpus({"text": exam}) == [
        ("", "题干：下列属于风险的有\nA、甲\nB. 乙", "AB\n解析：甲乙皆是。\n其余不是。")
    ]
    assert exam_records.fincorpus({"text": "甲为？\nA：一\nB：二\n答案：B\n"}) == [("", "甲为？\nA：一\nB：二", "B")]


# --- what is no example: skipped, counted -----------------------------------------------------------------------------

SKIPPED = {
    "no text": ("fe", [" \u3000", 1], "empty input"),
    "no label": ("nl", ["净利大增", "  "], "no label"),
    "no news": ("nsp", ["1", " ", "\n", "甲", "0", ""], "empty input"),
    "a title of punctuation alone": ("nsp", ["1", "！！", "", "甲", "0", ""], "empty input"),
    "a header row": ("nsp", ["id", "title", "text", "entity", "negative", "key_entity"], "header row"),
    "no summary": ("na", ["", "净利大增"], "empty input"),
    "no answer to a question": ("question", ["金额是多少？净利大增", " "], "no answer"),
    "no second sentence": ("bq", ["怎么还款", " ", "1"], "empty input"),
    "no head": ("re", [" ", "乙", "收购", "甲收购乙"], "empty input"),
    "no event": ("ccks2020", {"context": "甲", "type": ["违规"], "entity": [[]]}, "no event"),
    "no cause": ("ccks2021", {"text": "甲", "result": []}, "no event"),
    "an event of nobody": (
        "fewfc",
        {
            "content": "减持",
            "events": [{"type": "减持", "mentions": [{"word": "减持", "span": [0, 2], "role": "trigger"}]}],
        },
        NO_SUBJECT,
    ),
    "a product alone": ("ner", {"text": "芯片", "labels": ["芯片:产品"]}, NOBODY),
    "no published answer": ("flare", {"text": "甲", "answer": ""}, "no answer"),
    "neither input nor instruction": ("triple", {"instruction": "", "input": None, "output": "甲"}, "empty input"),
    "no letter": ("fincorpus", {"text": "甲\nA、一\nB、二\n答案：对\n"}, "no letter after 答案："),
    "empty brackets": ("fincorpus", {"text": "甲\nA、一\nB、二\n答案：[]\n"}, "no letter after 答案："),
    "no options": ("fincorpus", {"text": "甲是一吗\n答案：A\n"}, "no lettered options"),
    "an answer beyond the options": ("fincorpus", {"text": "甲\nA、一\nB、二\n答案：AD\n"}, "no lettered options"),
}


@pytest.mark.parametrize("name", SKIPPED)
def test_what_is_no_example_is_skipped_with_a_reason(name):
    shape, record, reason = SKIPPED[name]
    assert load(shape, [record, record], "a.json") == ([], {reason: 2})


def test_the_reader_of_a_file_sees_which_records_its_examples_are():
    records = [["利好", 2], ["", 1], ["利空", 0]]
    assert load("fe", records, "a.json") == (
        [(1, ("", "利好", "积极")), (3, ("", "利空", "消极"))],
        {"empty input": 1},
    )
    assert load(fe, records, "a.json") == load("fe", records, "a.json")
    assert load("fe", [], "a.json") == ([], {})


# --- faults: each with its message ------------------------------------------------------------------------------------

PAIR = {"sentence1": "怎么还款", "sentence2": "如何还款", "label": "1"}
ASPECT = {
    "sentence": "甲大增。\n",
    "Level 1 aspect": "Corporate",
    "term": "甲",
    "polarity": "positive",
    "from": 0,
    "to": 1,
}
STOCK = {"label": "1", "text_a": "甲公告"} | {
    f"{name}{i}": "1" for name in ("day", "open", "close") for i in range(1, 6)
}
EVENT = {"context": "甲公司违规", "type": ["违规"], "entity": [[[0, 2]]]}
CAUSE = {f"{side}_{slot}": "甲" for side in ("reason", "result") for slot in ("type", "product", "industry", "region")}
QUESTION = {"Question": "甲是？", "A": "一", "B": "二", "C": "三", "D": "四", "Answer": "A"}
CHOICES = {"question": "甲是？", "choices": "{'A': '一', 'B': '二'}", "answer": "A", "analysis": None}
OUTSIDE = "the span {} is outside the text of 5 characters"
NO_PAIR = "the span {!r} is no pair of whole numbers"
NO_TYPE = "the label {!r} does not end in one of FinNER's eleven types"
NO_LETTER = "the answer {!r} is not made of the letters {} in order"
NO_DICT = "the choices {!r} are no Python dictionary in a text"


def fewfc(**mention):
    mention = {"word": "甲公司", "span": [0, 3], "role": "sub"} | mention
    return {"content": "甲公司减持", "events": [{"type": "减持", "mentions": [mention]}]}


def without(record, *names):
    return {name: value for name, value in record.items() if name not in names}


GOOD = {
    "fe": ["利好", 2],
    "nl": ["净利大增", "中国 公司"],
    "nsp": ["1", "", "甲被罚", "甲;乙", "1", "甲"],
    "na": ["甲被罚", "甲公告被罚十万元"],
    "re": ["甲", "乙", "收购", "甲收购乙"],
    "question": ["谁被罚？甲被罚", "甲"],
    "afqmc": PAIR,
    "bq": ["怎么还款", "如何还款", "1"],
    "astock": STOCK,
    "cfsc_absa": ASPECT,
    "ccks2019": ["1", "甲违规", "违规", "甲"],
    "ccks2020": EVENT,
    "ccks2021": {"text": "甲", "result": [CAUSE]},
    "fewfc": fewfc(),
    "ner": {"text": "甲公司", "labels": ["甲公司:公司"]},
    "financeiq": QUESTION,
    "fineval": without(QUESTION, "Question", "Answer") | {"question": "甲是？", "answer": "A"},
    "cflue": CHOICES,
    "flare": {"text": "甲", "answer": "积极"},
    "triple": {"instruction": "", "input": "甲", "output": "乙"},
    "fincorpus": {"text": "甲\nA、一\nB、二\n答案：A\n"},
}

FAULTS = {  # what is wrong: shape, record, message
    # another number of items, another type of record, a missing column
    "too few items": ("fe", ["利好"], "1 items where 2 are expected"),
    "too many items": ("re", ["甲", "乙", "收购", "甲收购乙", "多"], "5 items where 4 are expected"),
    "an object for a list": ("na", {"summary": "甲", "text": "乙"}, "a list of 2 is expected, not dict"),
    "an object for a news row": ("nsp", {"id": "1"}, "a list of 6 is expected, not dict"),
    "a number for a list": ("nsp", 7, "a list of 6 is expected, not int"),
    "an empty news row": ("nsp", [], "0 items where 6 are expected"),
    "nothing for a list": ("bq", None, "a list of 3 is expected, not NoneType"),
    "a list for an object": (
        "afqmc",
        ["怎么还款", "如何还款", "1"],
        "an object with sentence1, sentence2, label is expected, not list",
    ),
    "a whole file for a record": ("flare", [GOOD["flare"]], "an object with text, answer is expected, not list"),
    "a missing column": (
        "afqmc",
        without(PAIR, "label") | {"gold": 1},
        "the column 'label' is missing; there are 'sentence1', 'sentence2', 'gold'",
    ),
    "FinEval's names in FinanceIQ": (
        "financeiq",
        GOOD["fineval"],
        "the column 'Question' is missing; there are 'A', 'B', 'C', 'D', 'question', 'answer'",
    ),
    "an option that is missing": (
        "fineval",
        without(GOOD["fineval"], "C"),
        "the column 'C' is missing; there are 'A', 'B', 'D', 'question', 'answer'",
    ),
    "no prices": (
        "astock",
        {"label": "1", "text_a": "甲公告"},
        "the column 'day1' is missing; there are 'label', 'text_a'",
    ),
    "a cause without its region": (
        "ccks2021",
        {"text": "甲", "result": [{"reason_type": "台风", "reason_product": "", "reason_industry": ""}]},
        "the column 'reason_region' is missing; there are 'reason_type', 'reason_product', 'reason_industry'",
    ),
    "an event without a type": (
        "fewfc",
        {"content": "甲", "events": [{"mentions": []}]},
        "the column 'type' is missing; there are 'mentions'",
    ),
    "a published copy without answers": (
        "flare",
        {"text": "甲", "query": "乙"},
        "the column 'answer' is missing; there are 'text', 'query'",
    ),
    # labels
    "a label out of range": ("fe", ["利好", 3], "the label 3 is none of 0, 1, 2"),
    "a label as a text": ("fe", ["利好", "2"], "the label '2' is none of 0, 1, 2"),
    "a label that is true": ("fe", ["利好", True], "the label True is none of 0, 1, 2"),
    "a label with a point": ("fe", ["利好", 2.0], "the label 2.0 is none of 0, 1, 2"),
    "a label that is a list": ("fe", ["利好", [2]], "the label [2] is none of 0, 1, 2"),
    "no label at all": ("fe", ["利好", None], "the label None is none of 0, 1, 2"),
    "a label as a number": ("afqmc", PAIR | {"label": 1}, "the label 1 is none of '1', '0'"),
    "a label that nobody knows": ("bq", ["怎么还款", "如何还款", "same"], "the label 'same' is none of '1', '0'"),
    "a stock label out of range": ("astock", STOCK | {"label": "-1"}, "the label '-1' is none of 0, 1, 2"),
    "a stock label in words": ("astock", STOCK | {"label": "跑赢大盘"}, "the label '跑赢大盘' is none of 0, 1, 2"),
    "a polarity in capitals": (
        "cfsc_absa",
        ASPECT | {"polarity": "Positive"},
        "the label 'Positive' is none of 'positive', 'neutral', 'negative'",
    ),
    "an unknown relation": ("re", ["甲", "乙", "收购了", "甲收购乙"], "'收购了' is none of the 44 relations"),
    "a relation by its number": ("re", ["甲", "乙", 3, "甲收购乙"], "3 is none of the 44 relations"),
    "columns in FinNA's order": ("re", ["甲收购乙", "甲", "乙", "收购"], "'乙' is none of the 44 relations"),
    "labels that are a list": (
        "nl",
        ["净利大增", ["中国", "公司"]],
        "the labels is list, not text: \"['中国', '公司']\"",
    ),
    # negative news
    "negative as a number": ("nsp", ["1", "", "甲被罚", "甲", 1, "甲"], "negative is 1, not '0' or '1'"),
    "negative in a word": ("nsp", ["1", "", "甲被罚", "甲", "有", "甲"], "negative is '有', not '0' or '1'"),
    "negative about nobody": (
        "nsp",
        ["1", "", "甲被罚", "甲", "1", " ; "],
        "negative is 1 and the key entities are ' ; ': one of them is wrong",
    ),
    "not negative about somebody": (
        "nsp",
        ["1", "", "甲被罚", "甲", "0", "甲"],
        "negative is 0 and the key entities are '甲': one of them is wrong",
    ),
    "entities that are missing": (
        "nsp",
        ["1", "", "甲被罚", None, "0", ""],
        "the entities is NoneType, not text: 'None'",
    ),
    # questions
    "a question without its mark": (
        "question",
        ["谁被罚。甲被罚", "甲"],
        "there is no ？: the question cannot be told from its context",
    ),
    "an answer that is a number": ("question", ["罚多少？罚10元", 10], "the answer is int, not text: '10'"),
    # texts that are none
    "a text that is missing": ("fe", [None, 1], "the text is NoneType, not text: 'None'"),
    "a summary that is a list": ("na", [["甲"], "甲被罚"], "the summary is list, not text: \"['甲']\""),
    "a sentence that is a number": ("afqmc", PAIR | {"sentence2": 5}, "the second sentence is int, not text: '5'"),
    "an aspect that is missing": ("cfsc_absa", ASPECT | {"term": None}, "the aspect is NoneType, not text: 'None'"),
    "an output that is a list": (
        "triple",
        GOOD["triple"] | {"output": [{"a": "b"}]},
        "the output is list, not text: \"[{'a': 'b'}]\"",
    ),
    "an input that is a list": (
        "triple",
        GOOD["triple"] | {"input": ["甲"]},
        "the input is list, not text: \"['甲']\"",
    ),
    "an index for an answer": ("flare", {"text": "甲", "answer": 2}, "the answer is int, not text: '2'"),
    "a long text is cut in the message": (
        "fe",
        [["长" * 999], 1],
        f"the text is list, not text: {str(['长' * 999])[:40]!r}",
    ),
    # events
    "an event of nobody": ("ccks2019", ["1", "甲违规", "违规", "NaN"], "an event of type 违规 without an entity"),
    "an entity that is missing": (
        "ccks2019",
        ["1", "甲违规", "违规", None],
        "the entity is NoneType, not text: 'None'",
    ),
    "three columns, the evaluation's": ("ccks2019", ["1", "甲违规", "违规"], "3 items where 4 are expected"),
    "types and entities of other numbers": (
        "ccks2020",
        EVENT | {"type": ["违规", "处罚"]},
        "2 event types and 1 lists of entities",
    ),
    "a span behind the end": ("ccks2020", EVENT | {"entity": [[[0, 5]]]}, OUTSIDE.format([0, 5])),
    "a span before the start": ("ccks2020", EVENT | {"entity": [[[-3, 1]]]}, OUTSIDE.format([-3, 1])),
    "a span from right to left": ("ccks2020", EVENT | {"entity": [[[3, 1]]]}, OUTSIDE.format([3, 1])),
    "a span of three": ("ccks2020", EVENT | {"entity": [[[0, 1, 2]]]}, NO_PAIR.format([0, 1, 2])),
    "a span in texts": ("ccks2020", EVENT | {"entity": [[["0", "1"]]]}, NO_PAIR.format(["0", "1"])),
    "a span with a point": ("ccks2020", EVENT | {"entity": [[[0, 1.0]]]}, NO_PAIR.format([0, 1.0])),
    "spans one level too high": ("ccks2020", EVENT | {"entity": [[0, 2]]}, NO_PAIR.format(0)),
    "a context that is missing": ("ccks2020", EVENT | {"context": None}, "the context is NoneType, not text: 'None'"),
    "an exclusive span behind the end": ("fewfc", fewfc(span=[0, 6]), OUTSIDE.format([0, 6])),
    "an exclusive span of nothing": ("fewfc", fewfc(span=[3, 3]), OUTSIDE.format([3, 3])),
    "an inclusive span": ("fewfc", fewfc(span=[0, 2]), "the span [0, 2] holds '甲公', not '甲公司'"),
    "a result that is a list of texts": (
        "ccks2021",
        {"text": "甲", "result": ["台风"]},
        "an object with reason_type, reason_product, reason_industry, reason_region is expected, not str",
    ),
    # entities
    "an unknown type of entity": ("ner", {"text": "甲", "labels": ["甲:动物"]}, NO_TYPE.format("甲:动物")),
    "a label without a type": ("ner", {"text": "甲", "labels": ["甲公司"]}, NO_TYPE.format("甲公司")),
    "a wide colon": ("ner", {"text": "甲", "labels": ["甲：公司"]}, NO_TYPE.format("甲：公司")),
    "a label that is a pair": (
        "ner",
        {"text": "甲", "labels": [["甲", "公司"]]},
        "a label is list, not text: \"['甲', '公司']\"",
    ),
    # exams
    "a letter that is no option": ("financeiq", QUESTION | {"Answer": "E"}, NO_LETTER.format("E", "ABCD")),
    "a small letter": ("fineval", GOOD["fineval"] | {"answer": "a"}, NO_LETTER.format("a", "ABCD")),
    "letters out of order": ("cflue", CHOICES | {"answer": "BA"}, NO_LETTER.format("BA", "AB")),
    "a letter twice": ("cflue", CHOICES | {"answer": "AA"}, NO_LETTER.format("AA", "AB")),
    "letters with a comma": ("cflue", CHOICES | {"answer": "A,B"}, NO_LETTER.format("A,B", "AB")),
    "the option for its letter": ("financeiq", QUESTION | {"Answer": "四"}, NO_LETTER.format("四", "ABCD")),
    "options by number": ("cflue", CHOICES | {"choices": "{1: '一', 2: '二'}"}, NO_LETTER.format("A", "12")),
    "options as JSON words": ("cflue", CHOICES | {"choices": '{"A": null}'}, NO_DICT.format('{"A": null}')),
    "options that break off": ("cflue", CHOICES | {"choices": "{'A': '一', 'B"}, NO_DICT.format("{'A': '一', 'B")),
    "options as a list": ("cflue", CHOICES | {"choices": "['一', '二']"}, NO_DICT.format("['一', '二']")),
    "no options": ("cflue", CHOICES | {"choices": "{}"}, NO_DICT.format("{}")),
    "options that are parsed already": ("cflue", CHOICES | {"choices": {"A": "一"}}, NO_DICT.format("{'A': '一'}")),
    "options with a list for a key": ("cflue", CHOICES | {"choices": "{[]: '一'}"}, NO_DICT.format("{[]: '一'}")),
    "options nested without end": ("cflue", CHOICES | {"choices": "(" * 999}, NO_DICT.format("(" * 40)),
    "options that run a program": (
        "cflue",
        CHOICES | {"choices": "__import__('os')"},
        NO_DICT.format("__import__('os')"),
    ),
    "an analysis that is a list": (
        "cflue",
        CHOICES | {"analysis": ["略"]},
        "the analysis is list, not text: \"['略']\"",
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_record_that_cannot_be_right_is_named_with_what_was_found(name):
    shape, record, message = FAULTS[name]
    with pytest.raises(DataError) as raised:
        load(shape, [GOOD[shape], record, GOOD[shape]], "raw/data/train_list.json")
    assert str(raised.value) == f"raw/data/train_list.json, record 2: {message}"
    assert (raised.value.file, raised.value.row, raised.value.problem) == ("raw/data/train_list.json", 2, message)
    with pytest.raises(fields.Malformed):  # seen by the loader itself, not by the net below it
        SHAPES[shape](record)


def test_every_shape_has_a_good_record_and_a_fault():
    assert set(GOOD) == set(SHAPES)
    assert all(SHAPES[shape](record) for shape, record in GOOD.items())
    unread = {"fincorpus"}  # what cannot be read of it is skipped
    assert {shape for shape, *_ in FAULTS.values()} == set(SHAPES) - unread


@pytest.mark.parametrize(
    "program",
    [
        "__import__('os').mkdir('{0}')",
        "{{'A': open('{0}', 'w')}}",
        "{{'A': (lambda: open('{0}', 'w'))()}}",
        "[open('{0}', 'w') for _ in 'A']",
        "f\"{{open('{0}', 'w')}}\"",
        "exec(\"open('{0}', 'w')\")",
    ],
)
def test_a_program_among_the_options_is_never_run(tmp_path, program):
    record = CHOICES | {"choices": program.format(tmp_path / "ran")}
    with pytest.raises(DataError, match=r"record 1: the choices .* are no Python dictionary in a text"):
        load("cflue", [record], "knowledge.json")
    assert not list(tmp_path.iterdir())


NOISE = [None, True, 7, 0.5, "", "甲", [], ["甲"], [None] * 2, [None] * 3, [None] * 4, [None] * 6, {}, {"text": None}]


@pytest.mark.parametrize("shape", SHAPES)
def test_no_record_whatever_brings_another_error(shape):
    records = [*NOISE, GOOD[shape]]
    if isinstance(GOOD[shape], dict):
        records += [GOOD[shape] | {name: value} for name in GOOD[shape] for value in NOISE]
    else:
        records += [
            [*GOOD[shape][:i], value, *GOOD[shape][i + 1 :]] for i in range(len(GOOD[shape])) for value in NOISE
        ]
    for record in records:
        try:
            examples, _ = load(shape, [record], "a.json")
        except DataError as error:
            assert str(error).startswith("a.json, record 1: ")
            continue
        for _, example in examples:
            assert [type(part) for part in example] == [str] * 3 and example[1].strip() and example[2].strip()


def test_a_file_read_as_another_is_refused_at_its_first_record(place):
    for path, shape in [
        ("fincuge-finna/eval_list.json", "fe"),
        ("fincuge-finre/eval_list.json", "na"),
        ("fincuge-finfe/eval_list.json", "nl"),
        ("fincuge-finnl/eval_list.json", "fe"),
        ("fincuge-finnl/eval_list.json", "question"),
        ("afqmc/dev.json", "flare"),
        ("bq-corpus/BQ.valid.data", "afqmc"),
        ("ccks2020-fewfc/train_base.json", "ccks2021"),
        ("ccks2021-causal/dev.json", "fewfc"),
        ("financeiq/dev/经济师.csv", "fineval"),
        ("fincuge-finfe/problem_list.json", "fe"),
    ]:
        with pytest.raises(DataError, match=f"raw/{re.escape(path)}, record 1: "):
            place.load(path, shape)


def test_the_wrong_delimiter_is_seen_at_the_first_record(tmp_path):
    (tmp_path / "a.csv").write_text("1\t甲违规\t违规\t甲\n", encoding="utf-8")
    with pytest.raises(DataError) as raised:
        load("ccks2019", formats.records(tmp_path / "a.csv", "csv_bare"), "a.csv")
    assert str(raised.value) == "a.csv, record 1: 1 items where 4 are expected"
