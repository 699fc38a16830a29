"""The embedded corpus: planted facts are true, nothing else leaks, answers stand in their texts."""

import hashlib
import os
import re
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from rapidfuzz import fuzz, process

from assl_utils.corpus import build, faults, tasks
from assl_utils.corpus.events import FIRMS, KINDS, REACTION, Event
from assl_utils.corpus.grammar import Dice, Pattern
from assl_utils.corpus.lexicon import names as lexicon_names
from assl_utils.corpus.lexicon.event_kinds import parse_kinds
from assl_utils.corpus.lexicon.relations import INVERSE, RELATIONS
from assl_utils.corpus.questions import fingerprints, fragments, fresh
from assl_utils.sources import cleaning
from assl_utils.tasks import catalog

LEAKING = {"fe": "FE", "nl": "NL", "nl2": "NL", "na": "NA", "fineval": "exam"}  # nsp: NSP1 and NSP2


@pytest.fixture(scope="module")
def built():
    return build.build()


@pytest.fixture(scope="module")
def rows(built):
    """Training rows with their truth and, as ``family_*``, the row they stem from."""
    train, _, truth = built
    joined = train.merge(truth, on="id", validate="one_to_one")
    origin = train.set_index("id")[["input", "output"]].add_prefix("family_")
    return joined.join(origin, on="family")


def dice(seed=0):
    return Dice(np.random.default_rng(seed))


def digest(frames):
    return hashlib.sha256("".join(frame.to_csv(index=False) for frame in frames).encode()).hexdigest()


# --- the grammar -----------------------------------------------------------------------------------------------------


def every_wording(source):
    """All wordings of a pattern, by splitting at brackets: the literal twin of compiling it."""
    wordings = [""]
    for piece in re.split(r"(\[[^\]]*\])", source):
        options = piece[1:-1].split("|") if piece.startswith("[") else [piece]
        wordings = [head + option for head in wordings for option in options]
    return wordings


@pytest.mark.parametrize("source", ["{a}收购{b}", "[甲|乙|]方[涨|跌]{a}", "{a}[与{b}|]签约"])
def test_pattern_says_what_its_literal_reading_says(source):
    slots, d = {"a": "东", "b": "西"}, dice()
    expected = {w.format(**slots) for w in every_wording(source)}
    assert {Pattern(source).render(slots, d) for _ in range(300)} == expected
    assert Pattern(source).size() == len(every_wording(source))


def test_pattern_with_a_slot_left_empty_says_which():
    with pytest.raises(KeyError, match="pct"):
        Pattern("涨{pct}").render({}, dice())


def test_dice_in_blocks_are_the_generators_own_stream():
    one_by_one = np.random.default_rng(5)
    d = Dice(np.random.default_rng(5), block=7)
    assert [d.u() for _ in range(50)] == [one_by_one.random() for _ in range(50)]


def test_dice_cannot_draw_more_than_there_is():
    with pytest.raises(ValueError, match="3 different items out of 2"):
        dice().sample("ab", 3)


def test_a_kind_that_cannot_be_read_is_named():
    with pytest.raises(ValueError, match=r"'up'.*'x oops'"):
        parse_kinds("= up | - | + | 公司 | company\nx oops")


# --- the world -------------------------------------------------------------------------------------------------------


def test_there_are_hundreds_of_companies_and_dozens_of_kinds():
    names = [c.name for c in lexicon_names.COMPANIES]
    assert len(names) == len(set(names)) > 300
    assert len(KINDS) > 60
    assert not set(names) & set(lexicon_names.UNLISTED + lexicon_names.FUNDS + lexicon_names.BROKERS)


@pytest.mark.parametrize("name", list(KINDS))
def test_every_sentence_of_a_kind_can_be_filled(name):
    d = dice()
    for _ in range(30):
        event = Event(d, KINDS[name])
        texts = [event.head(), event.lead(), event.detail(), event.because()]
        assert not any(re.search(r"[{}\[\]|]", text) for text in texts)
        assert event.kind.subject not in FIRMS or event.subject in event.lead()
        assert 2 <= len(event.topics()) <= 3


def test_an_event_tells_the_same_facts_in_every_text():
    d = dice()
    for _ in range(200):
        event = Event(d, KINDS["acquire"])
        head, lead = event.head(), event.lead()
        for slot in re.findall(r"[\d.]+(?:万|亿)元", head):
            assert slot in lead or slot == event.slots["amount"]


def test_market_reactions_agree_with_the_polarity():
    words = {1: "上涨|高开|大涨|涨|跑赢|强于", 0: "不大|持平|平收|一致|很小", -1: "下跌|低开|大跌|跌|跑输|弱于"}
    d = dice()
    for sign, patterns in REACTION.items():
        slots = Event(d, KINDS["profit_up"]).slots
        assert all(re.search(words[sign], p.render(slots, d)) for p in patterns for _ in range(20))


def test_relations_come_in_inverse_pairs():
    assert all(name in RELATIONS and inverse in RELATIONS for name, inverse in INVERSE.items())
    assert {r for r in RELATIONS if r.startswith("被")} == set(INVERSE.values())


# --- shape and determinism -------------------------------------------------------------------------------------------


def test_every_source_has_its_share(built):
    train = built[0]
    assert train["source"].value_counts().to_dict() == catalog.counts(0.018, 60)
    assert train["id"].is_unique and (train["multiplicity"] == 1).all()
    assert (
        train["id"] == [f"{s}-{i:05d}" for s, g in train.groupby("source", sort=False) for i in range(len(g))]
    ).all()


def test_rows_carry_the_task_of_their_source(built):
    for slug, group in built[0].groupby("source"):
        source = catalog.SOURCES[slug]
        assert set(group["task"]) == {source.task} and set(group["subtask"]) == {source.subtask}
        assert set(group["form"]) == set(catalog.FORMS.get(source.subtask, ("",)))


def test_evaluation_has_the_shape_of_the_benchmarks(built):
    evaluation = built[1]
    assert evaluation["id"].is_unique
    sizes = evaluation["task"].value_counts().to_dict()
    expected = {"FE": 160, "QA": 120, "NA": 80, "RE": 120, "NSP1": 120, "NSP2": 120, "NL": 120, "exam": 34 * 6}
    assert sizes == expected
    exam = evaluation[evaluation["task"] == "exam"]
    assert exam["subject"].nunique() == 34 and set(exam["subject"].value_counts()) == {6}
    assert set(exam["group"]) == {"Accounting", "Certificate", "Economy", "Finance"}
    one, two = (evaluation[evaluation["task"] == name]["input"].tolist() for name in ("NSP1", "NSP2"))
    assert one == two, "each text is asked twice"


def test_same_seed_same_bytes_and_another_seed_another_corpus():
    small = {"scale": 0.001, "floor": 20, "per_subject": 1}
    assert digest(build.build(**small)) == digest(build.build(**small)) != digest(build.build(**small, seed=1))


def test_the_order_of_hashes_plays_no_part():
    code = (
        "import hashlib; from assl_utils.corpus import build, running_text;"
        "text = build.build(0.001, 20, per_subject=1)[0].to_csv() + ''.join(running_text.raw_text(300));"
        "print(hashlib.sha256(text.encode()).hexdigest())"
    )
    run = [sys.executable, "-c", code]
    seen = {subprocess.check_output(run, env=os.environ | {"PYTHONHASHSEED": seed}) for seed in ("1", "2")}
    assert len(seen) == 1


def test_an_unknown_score_is_named():
    with pytest.raises(ValueError, match=r"unknown scores \['FX'\]"):
        build.build(sizes={"FX": 3})


# --- planted facts ---------------------------------------------------------------------------------------------------


def test_shares_of_planted_rows(rows):
    share = rows["kind"].value_counts(normalize=True)
    assert 0.02 < share["exact_copy"] < 0.04 and 0.03 < share["near_copy"] < 0.05 and 0.01 < share["outlier"] < 0.03


def test_exact_copies_are_exact(rows):
    copies = rows[rows["kind"] == "exact_copy"]
    assert (copies["input"] == copies["family_input"]).all() and (copies["output"] == copies["family_output"]).all()


def test_near_copies_are_near_but_not_equal(rows):
    copies = rows[rows["kind"] == "near_copy"]
    assert (copies["input"] != copies["family_input"]).all() and (copies["output"] == copies["family_output"]).all()
    assert min(fuzz.ratio(a, b) for a, b in zip(copies["input"], copies["family_input"], strict=True)) > 80


def test_outliers_do_not_belong(rows):
    """An outlier resembles no sound row of its source as a copy would."""
    sound = {slug: group["input"].tolist() for slug, group in rows[rows["kind"] == "plain"].groupby("source")}
    for row in rows[rows["kind"] == "outlier"].itertuples():
        assert process.extractOne(row.input, sound[row.source], scorer=fuzz.ratio)[1] < 95
        assert row.family == "" and row.eval_id == ""


def test_plain_texts_are_all_different(rows):
    plain = rows[rows["kind"].isin(["plain", "leaked"])].drop_duplicates("id")
    assert not plain[plain["source"] != "nl2"]["input"].map(build.normalise).duplicated().any()


def test_leaked_rows_are_evaluation_rows(built, rows):
    evaluation = built[1].set_index("id")
    leaked = rows[rows["kind"] == "leaked"]
    assert leaked["source"].value_counts().to_dict() == dict.fromkeys([*LEAKING, "nsp"], build.LEAKS)
    exact = 0
    for row in leaked.itertuples():
        asked = evaluation.loc[row.eval_id]
        assert row.clean_output == asked["reference"] and row.form == asked["form"]
        assert asked["task"] == LEAKING.get(row.source) or (row.source == "nsp" and asked["task"][:3] == "NSP")
        assert fuzz.ratio(row.input, asked["input"]) > 80
        exact += row.input == asked["input"]
    assert exact == len(leaked) * 3 // 4


def test_nothing_else_of_the_evaluation_sets_is_in_training(built, rows):
    asked = {key for text in built[1]["input"] for key in fingerprints(text)}
    for row in rows[~rows["kind"].isin(["leaked", "outlier"])].itertuples():
        assert not asked & set(fingerprints(row.input)), row.id


def test_running_text_holds_no_evaluation_row(built):
    asked = {build.normalise(text) for text in built[1]["input"]}
    for text in build.raw_text(4000, seed=3):
        assert not asked & fragments(text)


# --- answers ---------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def clean(rows):
    """Corrected rows but for outliers, and all evaluation rows, with the columns subtask, form, input, answer."""
    columns = ["id", "source", "subtask", "form", "input", "output", "clean_input", "clean_output"]
    mended = cleaning.settle(rows[columns], "clean")
    return mended[(rows["kind"] != "outlier").to_numpy()].rename(columns={"output": "answer"})


def asked(built):
    return built[1].rename(columns={"reference": "answer"})


def test_answers_are_valid_labels(built, clean):
    for row in pd.concat([clean, asked(built)]).itertuples():
        allowed = catalog.LABELS.get(row.subtask, ())
        if row.subtask in ("sentiment", "stock_movement", "matching"):
            assert row.answer in allowed
        elif row.subtask == "negative_news" and row.form == "judge":
            assert row.answer in allowed
        elif row.subtask == "news_classification":
            names = row.answer.split(" ")
            assert 2 <= len(names) <= 3 and names == [label for label in allowed if label in names]
        elif row.subtask == "relation":
            assert set(row.answer.split(" ")) <= set(allowed)
        elif row.subtask == "event_subject":
            assert all(line.split(", ")[0] in allowed for line in row.answer.splitlines())
        elif row.subtask == "ner":
            assert all(line.split(", ")[1] in allowed for line in row.answer.splitlines())
        elif row.subtask == "single_choice":
            assert row.answer in tuple("ABCD")
        elif row.subtask == "multiple_choice":
            assert re.fullmatch(r"A?B?C?D?E?(\n解析：.+)?", row.answer, re.S) and row.answer[0] in "ABCDE"


def test_extracted_answers_stand_in_the_text(built, clean):
    found = 0
    for row in pd.concat([clean, asked(built)]).itertuples():
        spans = [] if row.form == "judge" else faults.answer_spans(row.subtask, row.answer)
        found += len(spans)
        assert all(span in row.input for span in spans), (row.id, spans)
    assert found > 1000


def test_named_negatives_are_listed_and_the_judge_agrees_with_the_subjects(built):
    evaluation = built[1]
    one, two = (evaluation[evaluation["task"] == name] for name in ("NSP1", "NSP2"))
    for text, judged, subjects in zip(one["input"], one["reference"], two["reference"], strict=True):
        listed = text.split("实体：")[1].split(";")
        assert (judged == "有") == (subjects != "无")
        assert subjects == "无" or set(subjects.split("；")) <= set(listed)


def test_headlines_tell_no_number_that_the_article_does_not(clean):
    for row in clean[clean["subtask"] == "summary"].itertuples():
        text = re.sub(r"[^\d.]+", " ", row.input.replace("％", "%").replace("-", " ")).split()
        told = re.findall(r"\d[\d.]*", row.answer)
        assert all(any(float(n) == float(m.strip(".") or 0) for m in text) for n in told), row.id


def names_by_scanning(text):
    """Organisations of the lexicon in a text, longest first, by plain search: the literal twin of the annotator."""
    known = [c.name for c in lexicon_names.COMPANIES] + list(
        lexicon_names.UNLISTED + lexicon_names.BROKERS + lexicon_names.FUNDS + lexicon_names.MEDIA
    )
    found = []
    for name in sorted(known, key=len, reverse=True):
        if name in text and not any(name in longer for longer in found):
            found.append(name)
    return set(found)


def test_named_organisations_are_complete(clean):
    for row in clean[clean["subtask"] == "ner"].itertuples():
        annotated = {line.split(", ")[0] for line in row.answer.splitlines() if line.endswith("ORG")}
        assert names_by_scanning(row.input) <= annotated, row.id


def test_no_answer_wins_by_being_common(built, clean):
    def most_common(values):
        return values.value_counts(normalize=True).iloc[0]

    evaluation = built[1]
    by_task = {name: group["reference"] for name, group in evaluation.groupby("task")}
    assert most_common(by_task["FE"]) <= 0.45 and most_common(by_task["NSP1"]) <= 0.60
    assert most_common(by_task["RE"]) <= 0.20 and most_common(by_task["NL"]) <= 0.30
    assert most_common(by_task["QA"]) <= 0.30 and most_common(by_task["exam"]) <= 0.40
    pairs = clean[clean["subtask"] == "matching"]["answer"]
    assert 0.45 <= (pairs == "是").mean() <= 0.55
    assert most_common(clean[clean["subtask"] == "sentiment"]["answer"]) <= 0.45
    assert most_common(clean[clean["subtask"] == "relation"]["answer"]) <= 0.20


@pytest.mark.parametrize(("make", "answers"), [
    (tasks.sentiment, {1: "积极", 0: "中性", -1: "消极"}),
    (tasks.stock_movement, {1: "跑赢大盘", 0: "中性", -1: "表现不佳"}),
    (tasks.matching, {True: "是", False: "否"}),
    (tasks.negative, {True: "有", False: "无"}),
])  # fmt: skip
def test_a_label_that_is_wished_for_is_the_label_that_comes(make, answers):
    d = dice()
    assert all(make(d, wish)[1] == answer for wish, answer in answers.items() for _ in range(50))


def test_fresh_rows_never_repeat_and_say_when_there_are_no_more():
    d, seen = dice(), set()
    few = lambda d: (d.pick(("甲公司净利润增长", "甲公司，净利润增长。", "乙公司净利润增长")), "积极", "")  # noqa: E731
    assert len({build.normalise(fresh(d, few, seen)[0]) for _ in range(2)}) == 2
    with pytest.raises(RuntimeError, match="run out of new texts"):
        fresh(d, few, seen)


def test_pairs_of_equal_meaning_are_worded_differently():
    d = dice()
    for _ in range(300):
        text, answer, _ = tasks.matching(d, want=True)
        assert answer == "是" and len(set(text.split("\n"))) == 2


# --- published faults and their correction ---------------------------------------------------------------------------


def test_glued_labels_parse_back(rows):
    for row in rows[rows["source"] == "nl2"].itertuples():
        assert " ".join(cleaning.split_labels(row.output)) == row.clean_output


def test_published_faults_are_those_of_the_real_sources(rows):
    """What cleaning makes of an original row, as published, is what the corpus publishes."""
    faulty = rows[rows["source"].isin(["afqmc", "nl2", "cfsc_absa", "fineval"]) & (rows["kind"] != "outlier")]
    for row in faulty.itertuples():
        published = cleaning.readings(row.source, row.clean_input, row.clean_output)
        assert published[:2] == (row.input, row.output), row.id


def test_correction_mends_what_was_published_wrong(built, rows):
    train = built[0]
    mended = cleaning.settle(train, "clean").set_index("id")
    before = train.set_index("id")
    swapped = mended["source"] == "afqmc"
    assert (mended["output"][swapped] == before["output"][swapped].map({"是": "否", "否": "是"})).all()
    exam = mended["source"] == "fineval"
    assert (mended["output"][exam] == before["output"][exam].str[0]).all()
    assert before["output"][exam].str.fullmatch(r"[A-D]\. .+").all()
    stocks = mended["source"] == "stocka"
    assert before["input"][stocks].str.count("\n").ge(5).any() and (mended["input"][stocks].str.count("\n") == 0).all()
    glued = rows[(rows["source"] == "nl2") & (rows["family"] != "")]
    for row in glued.itertuples():
        assert mended["input"][row.id] == before["input"][row.family]
        assert mended["output"][row.id] == mended["output"][row.family]
    untouched = ~mended["source"].isin(["afqmc", "fineval", "nl2", "cfsc_absa", "stocka"])
    pd.testing.assert_frame_equal(mended[untouched], before[untouched][mended.columns])


def test_lost_aspects_contradict_and_named_aspects_do_not(rows):
    reviews = rows[(rows["source"] == "cfsc_absa") & (rows["kind"] != "outlier")]
    published = reviews.groupby("input")["output"].nunique()
    corrected = reviews.groupby("clean_input")["clean_output"].nunique()
    assert (published > 1).sum() > 50 and (corrected == 1).all()
    assert reviews["clean_input"].str.contains("评价对象：").all()


def test_correcting_changes_nothing_in_place(built):
    train = built[0]
    before = train.copy()
    cleaning.settle(train, "clean")
    pd.testing.assert_frame_equal(train, before)


# --- running text ----------------------------------------------------------------------------------------------------


def test_running_text_is_varied_and_repeatable():
    texts = build.raw_text(3000, seed=1)
    assert texts == build.raw_text(3000, seed=1) != build.raw_text(3000, seed=2)
    assert len(set(texts)) > 0.98 * len(texts)
    assert texts[:100] == build.raw_text(100, seed=1), "asking for more changes nothing before"
    assert 15 <= min(map(len, texts)) and max(map(len, texts)) <= 240


def test_running_text_leaves_out_what_it_is_told():
    texts = build.raw_text(200, seed=4, exclude=())
    banned = next(text for text in texts if len(fingerprints(text)) == 2)
    assert banned not in build.raw_text(200, seed=4, exclude=[banned])
