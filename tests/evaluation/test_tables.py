"""Tables 1 and 2: their shape, their averages, their intervals, and what they refuse."""

import io

import numpy as np
import pandas as pd
import pytest
from answered import evaluation_rows, noisy
from sklearn.metrics import accuracy_score

from assl_utils.evaluation import tables as evaluation_tables
from assl_utils.evaluation.tables import TABLE1, TABLE2


@pytest.fixture(scope="module")
def predictions():
    rows = evaluation_rows(copies=15)
    models = [("silversight", 0.6), ("base", 0.2), ("lora-10", 0.4), ("lora-2", 0.5), ("majority", 0.0)]
    return pd.concat([noisy(name, rows, right, i) for i, (name, right) in enumerate(models)], ignore_index=True)


def test_scores_worked_by_hand():
    rows = evaluation_rows()
    answers = ["答案是积极", "消极", "看不出", "消极"]  # FE: 2 of 4, one unread
    answers += ["长实", "无相应参数", "5842万", ""]  # QA: 2/3, 1, 10/11, 0
    answers += ["央行开展逆回购", "恒岭银行", "", "油价下跌"]  # NA: 1, 2/3, 0, 1/2
    answers += ["收购", "收购", "持股", "合作 竞争"]  # RE: tp 3 of gold 5, said 5
    answers += ["有", "有", "没有", "无"]  # NSP1: 2 of 4
    answers += ["甲公司", "无", "丁公司、丙公司", "乙公司"]  # NSP2: tp 2 of gold 3, said 4
    answers += ["中国公司", "外国", "政策", "体育"]  # NL: tp 4 of gold 8, said 5 with the unread one
    answers += [*"ABCDB", "B. 甲", "C", *"CDD", "D"]  # 4/5, 1/2, 2/3, 1/1
    scores = evaluation_tables.score(evaluation_tables.judge("m", rows, answers)).set_index("task")
    cfleb = scores[scores["benchmark"] == "cfleb"]
    assert cfleb["score"].round(6).to_dict() == pytest.approx(
        {
            "FE": 50.0,
            "QA": 100 * (2 / 3 + 1 + 10 / 11 + 0) / 4,
            "NA": 100 * (1 + 2 / 3 + 0 + 1 / 2) / 4,
            "RE": 60.0,
            "NSP1": 50.0,
            "NSP2": 100 * 4 / 7,
            "NL": 100 * 8 / 13,
            "AVG": cfleb["score"].drop("AVG").mean(),
        },
        abs=1e-5,
    )
    fineval = scores[scores["benchmark"] == "fineval"]["score"]
    assert fineval.to_dict() == pytest.approx(
        {
            "Accounting": 80.0,
            "Certificate": 50.0,
            "Economy": 200 / 3,
            "Finance": 100.0,
            "AVG": 800 / 11,
        }
    )
    assert cfleb["unparsed"].to_dict() == pytest.approx(
        {"FE": 25, "QA": 25, "NA": 25, "RE": 0, "NSP1": 0, "NSP2": 0, "NL": 25, "AVG": 400 / 28}
    )
    assert "rouge-l" in cfleb.loc["NA", "metric"] and "characters" in cfleb.loc["NA", "metric"]


def test_accuracies_are_those_of_scikit_learn(predictions):
    scores = evaluation_tables.score(predictions).set_index(["model", "task"])["score"]
    for (model, task), rows in predictions[predictions["task"].isin(["FE", "NSP1"])].groupby(["model", "task"]):
        assert scores[model, task] == pytest.approx(100 * accuracy_score(rows["reference"], rows["parsed"]), abs=1e-9)
    exams = predictions[predictions["task"] == "exam"]
    for model, rows in exams.groupby("model"):
        total = scores[model, "AVG"]  # two rows: CFLEB's and FinEval's
        assert total.iloc[1] == pytest.approx(100 * accuracy_score(rows["reference"], rows["parsed"]), abs=1e-9)


def test_tables_have_a_row_per_model_in_the_papers_order_and_bounds_around_every_score(predictions):
    for table, columns in ((evaluation_tables.table1, TABLE1), (evaluation_tables.table2, TABLE2)):
        found = table(predictions, n_boot=300, seed=0)
        assert found["model"].tolist() == ["base", "lora-2", "lora-10", "silversight", "majority"]
        assert found.columns.tolist()[: len(columns) + 2] == ["model", *columns, "AVG"]
        assert found.columns.tolist()[-2:] == ["n", "unparsed"]
        for column in (*columns, "AVG"):
            assert (found[f"{column}_lo"] <= found[column] + 1e-9).all()
            assert (found[f"{column}_hi"] >= found[column] - 1e-9).all()
            assert found[column].between(0, 100).all()
        assert (found["n"] == (7 * 4 * 15 if table is evaluation_tables.table1 else 11 * 15)).all()
        again = pd.read_csv(io.StringIO(found.to_csv(index=False)))
        assert again.columns.tolist() == found.columns.tolist()


def test_shuffled_predictions_give_the_same_tables_and_every_call_the_same_bytes(predictions):
    shuffled = predictions.sample(frac=1, random_state=1)
    for table in (evaluation_tables.table1, evaluation_tables.table2):
        expected = table(predictions, n_boot=200, seed=3).to_csv(index=False)
        assert table(shuffled, n_boot=200, seed=3).to_csv(index=False) == expected
        assert table(predictions, n_boot=200, seed=3).to_csv(index=False) == expected
        assert table(predictions, n_boot=200, seed=4).to_csv(index=False) != expected
    pd.testing.assert_frame_equal(
        evaluation_tables.compare(shuffled, "base", "lora-2", n_boot=200),
        evaluation_tables.compare(predictions, "base", "lora-2", n_boot=200),
    )


def test_a_models_interval_does_not_depend_on_who_else_is_in_the_table(predictions):
    alone = evaluation_tables.table1(predictions[predictions["model"] == "base"], n_boot=200)
    together = evaluation_tables.table1(predictions, n_boot=200)
    pd.testing.assert_frame_equal(alone, together[together["model"] == "base"].reset_index(drop=True))


def test_average_of_cfleb_weighs_scores_and_that_of_fineval_questions(predictions):
    few = predictions[~predictions["task"].isin(["FE", "NL"]) | predictions["id"].str.endswith("0")]
    found = evaluation_tables.table1(few, n_boot=10)
    np.testing.assert_allclose(found["AVG"], found[list(TABLE1)].mean(axis=1))
    found = evaluation_tables.table2(predictions, n_boot=10)
    np.testing.assert_allclose(found["AVG"], found[list(TABLE2)] @ np.array([5, 2, 3, 1]) / 11)


def test_the_two_questions_on_one_text_are_drawn_together():
    right = np.random.default_rng(0).random(80) < 0.6
    rows = pd.DataFrame(
        [
            ("cfleb", task, f"{task}-{i:02d}", gold)
            for task, gold in (("NSP1", "有"), ("NSP2", "甲"))
            for i in range(80)
        ],
        columns=["benchmark", "task", "id", "reference"],
    )
    answers = [*np.where(right, "有", "无"), *np.where(right, "甲", "乙")]  # one entity each: micro-F1 is accuracy
    found = evaluation_tables.table1(evaluation_tables.judge("m", rows, answers), n_boot=200).iloc[0]
    assert (found["NSP1"], found["NSP1_lo"], found["NSP1_hi"]) == (found["NSP2"], found["NSP2_lo"], found["NSP2_hi"])


def test_micro_f1_interval_equals_resampling_the_rows_themselves(predictions):
    """The literal twin: draw items, rebuild the answers, score them."""
    rows = predictions[(predictions["model"] == "base") & (predictions["task"] == "NL")].sort_values("id")
    counts = evaluation_tables.set_counts("NL", rows["parsed"].tolist(), rows["reference"].tolist())
    rng = np.random.default_rng(9)
    drawn = []
    for _ in range(2000):
        hits, false, missed = counts[rng.integers(0, len(rows), len(rows))].sum(axis=0)
        drawn.append(100 * 2 * hits / (2 * hits + false + missed))
    found = evaluation_tables.table1(predictions, n_boot=2000).set_index("model").loc["base"]
    assert (found["NL_lo"], found["NL_hi"]) == pytest.approx(tuple(np.quantile(drawn, [0.025, 0.975])), abs=1.2)


def test_a_missing_task_leaves_holes_not_zeros(predictions):
    part = predictions[(predictions["task"] != "QA") | (predictions["model"] != "base")]
    found = evaluation_tables.table1(part, n_boot=50).set_index("model")
    assert np.isnan(found.loc["base", ["QA", "QA_lo", "AVG", "AVG_hi"]].astype(float)).all()
    assert not found.drop(index="base").isna().any(axis=None)
    scores = evaluation_tables.score(part)
    assert scores[scores["model"] == "base"].query("benchmark == 'cfleb'")["task"].tolist() == [
        task for task in TABLE1 if task != "QA"
    ]


def test_scores_can_be_computed_again_from_the_kept_answers(predictions):
    pd.testing.assert_frame_equal(
        evaluation_tables.rescore(predictions.drop(columns=["parsed", "correct"])), predictions
    )


def test_every_table_follows_from_counts_that_hold_no_text(predictions):
    counts = evaluation_tables.counted(predictions)
    assert not {"answer", "parsed", "reference"} & set(counts.columns) and len(counts) == len(predictions)
    assert counts.equals(evaluation_tables.counted(counts))
    for table in (evaluation_tables.table1, evaluation_tables.table2):
        pd.testing.assert_frame_equal(table(counts, 50), table(predictions, 50))
    pd.testing.assert_frame_equal(evaluation_tables.score(counts), evaluation_tables.score(predictions))
    pair = list(predictions["model"].unique()[:2])
    pd.testing.assert_frame_equal(
        evaluation_tables.compare(counts, *pair, 50), evaluation_tables.compare(predictions, *pair, 50)
    )


def test_comparison_says_who_is_above_and_who_cannot_be_told_apart(predictions):
    found = evaluation_tables.compare(predictions, "silversight", "majority", n_boot=500)
    assert found["task"].tolist() == [*TABLE1, "AVG", *TABLE2, "AVG"]
    average = found.iloc[len(TABLE1)]
    assert average["diff"] > 20 and average["lo"] > 0
    assert average["sentence"].startswith("silversight is above majority by ")
    tables = evaluation_tables.table1(predictions, n_boot=50).set_index("model")["AVG"]
    assert average["diff"] == pytest.approx(tables["silversight"] - tables["majority"])
    exact = found.set_index(["benchmark", "task"])["mcnemar_p"]
    assert exact["cfleb", "FE"] < 0.05 and np.isnan(exact["cfleb", "NL"])
    assert (found["detectable"] > 0).all()
    same = evaluation_tables.compare(predictions, "base", "base", n_boot=100)
    assert same["detectable"].isna().all()
    assert (same["diff"] == 0).all() and same["sentence"].str.startswith("not distinguishable").all()


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda p: pd.concat([p, p.iloc[:1]]), "answers cfleb-fe-0000 twice"),
        (lambda p: p.drop(index=0), "silversight answers 59 of 60 items"),
        (lambda p: p.assign(task=p["task"].replace("FE", "FEE")), "task 'FEE' has no column"),
        (lambda p: p.assign(correct=np.nan), "60 items have no score|300 items have no score"),
    ],
)
def test_broken_predictions_are_refused_with_their_name(predictions, spoil, message):
    with pytest.raises(ValueError, match=message):
        evaluation_tables.table1(spoil(predictions), n_boot=10)


def test_judge_wants_an_answer_per_row_and_compare_a_known_model(predictions):
    with pytest.raises(ValueError, match="m: 1 answers for 39"):
        evaluation_tables.judge("m", evaluation_rows(), ["积极"])
    with pytest.raises(ValueError, match="No predictions of 'qwen'; there are those of base, lora-2"):
        evaluation_tables.compare(predictions, "qwen", "base")


def test_the_paper_stands_beside_ours_with_the_difference():
    ours = pd.DataFrame({"model": ["base", "mix", "majority"], "FE": [50.0, 60.0, 40.0], "AVG": [30.0, 35.5, 20.0]})
    printed = pd.DataFrame(
        [("1", "base", "FE", 65.3), ("1", "base", "AVG", "38.8"), ("1", "mix", "FE", 65.7), ("1", "mix", "AVG", 60.3),
         ("2", "base", "AVG", 67.8), ("1", "", "AVG", 20.8)],
        columns=["table", "key", "column", "value"],
    )  # fmt: skip
    table = evaluation_tables.beside_paper(ours, printed)
    assert list(table.index) == ["base", "mix"]
    assert table[("AVG", "paper")].tolist() == [38.8, 60.3]
    assert table[("FE", "difference")].tolist() == pytest.approx([-15.3, -5.7])


def test_a_table_is_shown_with_its_scores_and_the_bounds_of_the_mean_alone():
    rows = evaluation_rows(3)
    predictions = pd.concat([noisy("base", rows, 0.3, 1), noisy("mix", rows, 0.6, 2)])
    for table, columns in ((evaluation_tables.table1, TABLE1), (evaluation_tables.table2, TABLE2)):
        found = table(predictions, n_boot=50)
        shown = evaluation_tables.shown(found)
        assert shown.columns.tolist() == [*columns, "AVG", "95 %", "unparsed"]
        first = found.iloc[0]
        assert shown.iloc[0]["95 %"] == f"{first['AVG_lo']:.1f} – {first['AVG_hi']:.1f}"
        assert shown.loc["base", "AVG"] == round(first["AVG"], 1)
