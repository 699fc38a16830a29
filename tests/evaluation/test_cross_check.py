"""Our scores against those of scikit-learn, rouge-chinese and numpy, and that a wrong one shows."""

import numpy as np
import pandas as pd
import pytest
from processor_time import within
from rouge_chinese import Rouge

from assl_utils import store
from assl_utils.evaluation import cross_check, tables
from assl_utils.evaluation.tables import TABLE1, TABLE2
from assl_utils.tasks.catalog import LABELS

REAL = store.root() / "runs" / "cpu" / "08_evaluation" / "predictions.parquet"
FREE = "央行开展逆回购 恒岭银行净利增长3.5%，。！？…“”Aａ\n　股股股"  # one character after the other may be drawn


def some(rng, names, between, fewest=0):
    return between.join(rng.choice(names, size=rng.integers(fewest, 4), replace=False))


def text(rng, longest=14):
    return "".join(rng.choice(list(FREE), size=rng.integers(0, longest)))


def reference(rng, task):
    if task in ("QA", "NA"):
        return text(rng)  # now and then empty, or nothing but punctuation
    if task == "NSP2":
        return some(rng, ["甲公司", "乙公司", "ＡＢ证券"], "；")  # "" is the empty set, as 无 is
    if task in ("RE", "NL"):
        return some(rng, LABELS["relation" if task == "RE" else "news_classification"][:6], " ", fewest=1)
    return rng.choice({"FE": ["积极", "中性", "消极"], "NSP1": ["有", "无"]}.get(task, list("ABCD")))


def answer(rng, task, gold):
    draw = rng.random()
    if draw < 0.2:
        return rng.choice(["", "？？", "。", "看不出来。"])
    return gold if draw < 0.5 else (reference(rng, task) or "无")


def random_predictions(seed, items=40):
    rng = np.random.default_rng(seed)
    rows = [("cfleb", task, f"{task}-{i:03d}", reference(rng, task), "", "") for task in TABLE1 for i in range(items)]
    for group in TABLE2:
        rows += [("fineval", "exam", f"{group}-{i}", rng.choice(list("ABCD")), group, group) for i in range(7)]
    rows = pd.DataFrame(rows, columns=["benchmark", "task", "id", "reference", "subject", "group"])
    judged = []
    for model in ("base", "mix"):
        given = [answer(rng, task, gold) for task, gold in zip(rows["task"], rows["reference"], strict=True)]
        judged.append(tables.judge(model, rows, given))
    return pd.concat(judged, ignore_index=True)


@pytest.mark.parametrize("seed", range(8))
def test_every_score_of_random_predictions_is_that_of_the_libraries(seed):
    predictions = random_predictions(seed)
    found = cross_check.check(predictions)
    assert found.columns.tolist() == cross_check.COLUMNS
    assert found[["model", "benchmark", "task"]].to_numpy().tolist() == [
        [model, benchmark, task]
        for benchmark, tasks in (("cfleb", TABLE1), ("fineval", TABLE2))
        for model in ("base", "mix")
        for task in (*tasks, "AVG")
    ]
    assert found["difference"].abs().max() <= 1e-9
    np.testing.assert_array_equal(found["ours"], tables.score(predictions)["score"])
    assert predictions["parsed"].eq("").any() and predictions["reference"].eq("").any()  # what is to be tried was there


@pytest.mark.skipif(not REAL.exists(), reason="chapter 8 of the profile cpu has not run here")
def test_every_score_of_the_run_is_that_of_the_libraries():
    found = cross_check.check(store.read_table(REAL))
    assert len(found) == 13 * found["model"].nunique()
    assert found["difference"].abs().max() <= 1e-9


def test_libraries_score_what_is_empty_as_it_is_worked_out_by_hand():
    cases = [
        ("NSP2", "无", "", 100),  # nothing asked for, nothing said
        ("NSP2", "？。", "", 0),  # unread: one false positive
        ("QA", "", "", 0),
        ("QA", "。", "。", 0),  # nothing to compare is nothing shared
        ("QA", "股股股", "股份", 40),
        ("NA", "", "央行", 0),
        ("NA", "央行", "", 0),
    ]
    for task, said, gold, expected in cases:
        rows = pd.DataFrame([("cfleb", task, "a", gold)], columns=["benchmark", "task", "id", "reference"])
        found = cross_check.check(tables.judge("m", rows, [said])).iloc[0]
        assert found["theirs"] == pytest.approx(expected), (task, said, gold)
        assert abs(found["difference"]) <= 1e-9


def test_rouge_chinese_refuses_what_is_empty_and_takes_what_is_long():
    with pytest.raises(ValueError, match="at least 1 sentence"):
        Rouge(metrics=["rouge-l"]).get_scores("", "央 行")
    score, long = cross_check._rouge("央行" * 1200, "行央" * 20, {})
    assert score == pytest.approx(2 * 40 / (2400 + 40), abs=1e-6) and not long


@pytest.mark.parametrize("seed", range(20))
def test_what_is_found_without_a_table_is_what_the_library_finds(seed):
    rng = np.random.default_rng(seed)
    one, other = ("".join(rng.choice(list("甲乙丙😀a"), size=rng.integers(1, 90))) for _ in range(2))
    assert cross_check._without_a_table(one, other) == pytest.approx(cross_check._by_library(one, other), abs=1e-12)


def test_a_text_of_a_million_characters_needs_no_table_and_is_told_apart():
    rows = pd.DataFrame({"benchmark": "cfleb", "task": "NA", "id": ["a", "b"], "reference": ["公司发布年报", "涨"]})
    with within(5, "a million characters"):
        long = cross_check.check(tables.judge("lead-1", rows, ["公司" * 500_000, "涨"]))
        short = cross_check.check(tables.judge("lead-1", rows, ["公司", "涨"]))
    assert long["difference"].abs().max() < 1e-9
    assert long["by"].tolist() == [cross_check.ROUGE + cross_check.LONG] and short["by"].tolist() == [cross_check.ROUGE]


def test_an_item_scored_wrongly_shows_in_its_task_and_in_the_mean_alone():
    predictions = random_predictions(0)
    wrong = (predictions["model"] == "base") & (predictions["task"] == "FE")
    at = predictions.index[wrong][0]
    predictions.loc[at, "correct"] = 1 - predictions.loc[at, "correct"]
    found = cross_check.check(predictions).set_index(["model", "benchmark", "task"])["difference"].abs()
    assert found["base", "cfleb", "FE"] == pytest.approx(100 / 40)
    assert found["base", "cfleb", "AVG"] == pytest.approx(100 / 40 / 7)
    assert found.drop([("base", "cfleb", "FE"), ("base", "cfleb", "AVG")]).max() <= 1e-9


def test_silence_that_pays_shows_in_the_sets(monkeypatch):
    """The tempting mistake: an unread answer as the empty set, which claims nothing wrong."""
    counted = tables.set_counts

    def lenient(task, parsed, references):
        counts = counted(task, parsed, references)
        counts[[answer == "" for answer in parsed], 1] = 0
        return counts

    predictions = random_predictions(1)
    monkeypatch.setattr(tables, "set_counts", lenient)
    found = cross_check.check(predictions).groupby("task")["difference"].max()
    assert (found[["RE", "NSP2", "NL", "AVG"]] > 0.1).all()
    assert (found.drop(["RE", "NSP2", "NL", "AVG"]) <= 1e-9).all()


def test_who_scored_is_named_with_what_is_ours():
    by = cross_check.check(random_predictions(2)).drop_duplicates("task").set_index("task")["by"]
    for task, names in {
        "FE": ["scikit-learn", "accuracy_score", "parsing"],
        "RE": ["scikit-learn", "f1_score (micro)", "parsing", "label of its own"],
        "QA": ["scikit-learn", "f1_score (samples)", "numbered here"],
        "NA": ["rouge-chinese", "empty side scores 0 here"],
        "Finance": ["scikit-learn", "accuracy_score"],
        "AVG": ["numpy"],
    }.items():
        assert all(name in by[task] for name in names), task


def test_the_largest_difference_of_each_task_is_shown():
    found = pd.DataFrame([("a", "FE", 1e-3, "x"), ("b", "FE", -2e-3, "x"), ("a", "NL", 0.0, "y")],
                         columns=["model", "task", "difference", "by"])  # fmt: skip
    table = cross_check.by_task(found)
    assert table["largest"].to_dict() == {"FE": 2e-3, "NL": 0} and table["by"].to_dict() == {"FE": "x", "NL": "y"}
