"""Choices judged afterwards: worked by hand on five questions, and against loops on random ones."""

import numpy as np
import pandas as pd
import pytest

from assl_utils.evaluation import routing_report, tables

EXPERTS = ["lora-0", "lora-1", "lora-2"]


def predictions(letters, references, task="FE", prefix="q", benchmark="cfleb"):
    """A model per key of ``letters``: its answers to the questions prefix0, prefix1, …"""
    rows = pd.DataFrame({"benchmark": benchmark, "task": task, "reference": references})
    rows["id"] = [f"{prefix}{i}" for i in range(len(rows))]
    if benchmark == "fineval":
        rows["subject"], rows["group"] = "会计", "Accounting"
    return pd.concat([tables.judge(name, rows, said) for name, said in letters.items()], ignore_index=True)


@pytest.fixture
def five():
    """Three experts and five questions, all of which have 积极 for an answer."""
    yes, no = "积极", "消极"
    return predictions(
        {
            "lora-0": [yes, yes, no, no, no],
            "lora-1": [no, yes, yes, no, no],
            "lora-2": [no, no, yes, no, yes],
            "mix": [yes, no, no, no, no],
        },
        [yes] * 5,
    )


IDS = [f"q{i}" for i in range(5)]
NEAR = np.array([[0, 1, 2], [2, 0, 1], [0, 1, 2], [0, 1, 2], [1, 2, 0]], dtype=float)  # chooses 0, 1, 0, 0, 2


def test_five_questions_by_hand(five):
    scores = routing_report.item_scores(five, EXPERTS, IDS)
    assert scores.tolist() == [[1, 0, 0], [1, 1, 0], [0, 1, 1], [0, 0, 0], [0, 0, 1]]
    right = routing_report.rightness(scores, NEAR.argmin(1))
    np.testing.assert_array_equal(right, [1, 1, 0, np.nan, 1])
    table = routing_report.report(five, IDS, EXPERTS, {"nearest": NEAR}, beside=["mix"])
    assert table.loc["nearest", ["right", "FE"]].tolist() == [75, 60]
    assert table.loc["oracle", ["right", "FE"]].tolist() == [100, 80]
    assert table.at["mix", "FE"] == 20 and np.isnan(table.at["mix", "right"])
    assert list(table.index) == ["oracle", "nearest", "best single expert", "random expert", "mix"]


def test_with_an_expert_masked_another_one_answers(five):
    masked = np.zeros((5, 3), dtype=bool)
    masked[:, 0] = True
    table = routing_report.report(five, IDS, EXPERTS, {"nearest": NEAR}, masked, beside=["mix"])
    # lora-1 for all but the last, lora-2 for that: wrong, right, right, wrong, right; 0 and 3 tell nothing apart
    assert table.loc["nearest", ["right", "FE"]].tolist() == [100, 60]
    assert table.at["oracle", "FE"] == 60
    with pytest.raises(ValueError, match="question q0 has no expert left"):
        routing_report.report(five, IDS, EXPERTS, {}, np.ones((5, 3), dtype=bool))


def test_the_random_expert_is_the_mean_of_all_in_the_long_run(five):
    table = routing_report.report(five, IDS, EXPERTS, {}, draws=400, beside=[])
    assert table.at["random expert", "FE"] == pytest.approx(100 * 6 / 15, abs=3)


def test_micro_scores_and_exams_are_composed_and_not_averaged():
    labels = predictions(
        {"lora-0": ["中国 公司", "外国", "国际"], "lora-1": ["中国", "外国 期货", "大盘"], "lora-2": ["政策"] * 3},
        ["中国 公司", "外国 期货", "国际"],
        "NL",
    )
    letters = predictions(
        {"lora-0": ["A", "B"], "lora-1": ["B", "B"], "lora-2": ["C", "C"]}, ["A", "B"], "exam", "e", "fineval"
    )
    both = pd.concat([labels, letters], ignore_index=True)
    ids = ["q0", "q1", "q2", "e0", "e1"]
    cost = np.array([[0, 1, 2], [1, 0, 2], [2, 1, 0], [1, 0, 2], [0, 1, 2]], dtype=float)
    table = routing_report.report(both, ids, EXPERTS, {"way": cost}, beside=[])
    assert table.at["way", "NL"] == pytest.approx(100 * 2 * 4 / (5 + 5))  # 4 hits, 5 said, 5 wanted
    assert table.at["oracle", "NL"] == 100
    assert "exam" not in table, "one group of four is no exam"


@pytest.mark.parametrize("seed", range(5))
def test_random_questions_equal_a_loop(seed):
    rng = np.random.default_rng(seed)
    n = 30
    words = ["积极", "中性", "消极", "不知道"]
    said = {name: rng.choice(words, n).tolist() for name in EXPERTS}
    wanted = rng.choice(words[:3], n).tolist()
    table = predictions(said, wanted)
    ids = [f"q{i}" for i in range(n)]
    cost = rng.integers(0, 3, (n, 3)).astype(float)  # ties
    masked = rng.random((n, 3)) < 0.3
    masked[masked.all(axis=1), 0] = False
    hits, judged, correct = 0, 0, 0
    for i in range(n):
        allowed = [e for e in range(3) if not masked[i, e]]
        chosen = min(allowed, key=lambda e: (cost[i, e], e))
        marks = {e: said[EXPERTS[e]][i] == wanted[i] for e in allowed}
        correct += marks[chosen]
        if len(set(marks.values())) > 1:
            judged += 1
            hits += marks[chosen]
    found = routing_report.report(table, ids, EXPERTS, {"way": cost}, masked, beside=[]).loc["way"]
    assert found["FE"] == pytest.approx(100 * correct / n) and found["right"] == pytest.approx(100 * hits / judged)


def test_the_expert_at_home_learned_most_of_the_sub_task():
    held = pd.DataFrame([[5, 1, 5], [0, 0, 2], [0, 0, 0]], index=["sentiment", "ner", "qa"], columns=EXPERTS)
    own = routing_report.own_experts(held, ["ner", "sentiment", "qa", "unheard of"])
    assert own.tolist() == [[False, False, True], [True, False, False], [False] * 3, [False] * 3]


def test_what_is_missing_is_named(five):
    with pytest.raises(ValueError, match="no predictions of lora-9; there are those of"):
        routing_report.item_scores(five, ["lora-0", "lora-9"], IDS)
    with pytest.raises(ValueError, match="lora-1 has no answer to q3"):
        routing_report.item_scores(five[(five["model"] != "lora-1") | (five["id"] != "q3")], EXPERTS, IDS)
    with pytest.raises(ValueError, match="lora-7 has no answer to q0"):
        routing_report.composed(five, ["lora-7"], ["q0"])
    with pytest.raises(ValueError, match=r"costs of 'flat' have shape \(5, 2\), not \(5, 3\)"):
        routing_report.report(five, IDS, EXPERTS, {"flat": np.zeros((5, 2))})


def test_calibration_by_hand():
    margin = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6]
    right = [0, 1, 1, 1, np.nan, 1]
    table = routing_report.calibration(margin, right, bins=2)
    assert table["n"].tolist() == [3, 2] and table["right"].round(3).tolist() == [66.667, 100]
    assert table[["from", "to"]].to_numpy().tolist() == [[0.1, 0.3], [0.4, 0.6]]
    # Wilson's interval of 2 of 2
    z2 = 1.959964**2
    assert table["lo"].iloc[1] == pytest.approx(100 * 2 / (2 + z2), abs=1e-3) and table["hi"].iloc[1] == 100
    assert routing_report.discrimination(margin, right) == 1.0
    assert np.isnan(routing_report.discrimination([1, 2], [1, 1]))


@pytest.mark.parametrize(("margin", "right"), [([], []), ([0.5, 0.7], [np.nan, np.nan]), ([0.5] * 4, [1, 0, 1, 1])])
def test_calibration_of_little(margin, right):
    table = routing_report.calibration(margin, right)
    assert len(table) == (1 if len(margin) == 4 else 0) and table["n"].sum() == np.isfinite(right).sum()


CHOICES = pd.DataFrame(
    {"AVG": [50.0, 40.0, 39.5, 38.0, 20.0, 41.0, 36.0], "of oracle": [100.0, 80, 79, 76, 40, 82, 72]},
    index=["oracle", "near", "far", "best single expert", "random expert", "mix", "two-fused"],
)


def test_sentences_about_choices_are_made_from_the_table():
    assert routing_report.choice_sentences(CHOICES, ["near", "far"], ["two-fused", "two-mixed"]) == [
        "near: 40.0, which is 80 % of what perfect choosing reaches.",
        "It is 2.0 points above best single expert, 20.0 points above random expert, 1.0 points below mix.",
        "A random expert is 21.0 points below mix.",
        "The 2 ways to choose differ by at most 0.5 points.",
        "two-fused is 4.0 points below near.",
    ]
    level = CHOICES.drop(index=["mix", "far"]).replace(38.0, 40.0)
    assert routing_report.choice_sentences(level, ["near"])[1:] == [
        "It is level with best single expert, 20.0 points above random expert."
    ]


def test_sentences_about_margins_are_made_from_the_groups():
    groups = pd.DataFrame({"right": [40.0, 70.0, 60.0], "lo": [30.0, 60, 52], "hi": [50.0, 80, 70]})
    said = routing_report.margin_sentences(groups, 0.61)
    assert said[0] == "right with the narrowest margins: 40 %, with the widest: 60 %; the intervals are apart."
    assert said[1:] == [
        "From group to group the share does not always rise.",
        "A right choice has the wider margin than a wrong one with a chance of 0.61; 0.50 says nothing.",
    ]
    said = routing_report.margin_sentences(groups.assign(hi=[55.0, 80, 70], right=[40.0, 60, 60]), 0.5)
    assert "the intervals overlap" in said[0] and "never falls" in said[1]
    assert routing_report.margin_sentences(groups[:1], np.nan)[0].startswith("Too few questions")


def test_costs_come_back_from_their_table():
    costs = {"near": NEAR, "far": -NEAR}
    table = pd.concat([pd.DataFrame(c, columns=EXPERTS).assign(way=way, id=IDS) for way, c in costs.items()])
    found = routing_report.costs_of(table.sample(frac=1, random_state=0), EXPERTS, IDS[::-1])
    assert set(found) == set(costs) and all(np.array_equal(found[way], cost[::-1]) for way, cost in costs.items())


# ------------------------------------------------------------------------------------------------------------- oracles

SEVEN = {
    "FE": ["积极", "消极", "中性"],
    "QA": ["三成", "北京", "无相应参数"],
    "NA": ["甲公司收购乙公司", "央行降息", "乙公司亏损"],
    "RE": ["收购", "合作", "增持 持股"],
    "NSP1": ["有", "无"],
    "NSP2": ["甲公司", "乙公司;丙公司", "无"],
    "NL": ["中国 公司", "外国 期货", "国际 大盘"],
}


def all_seven(seed, n=12, models=(*EXPERTS, "mix")):
    """Random answers of the models to n questions of each of CFLEB's seven tasks."""
    rng = np.random.default_rng(seed)
    parts = []
    for task, words in SEVEN.items():
        said = {model: rng.choice(words, n).tolist() for model in models}
        parts.append(predictions(said, rng.choice(words, n).tolist(), task, f"{task}-"))
    return pd.concat(parts, ignore_index=True)


def oracles_by_hand(table, experts):
    """Score every expert on every task, and keep the highest; and question by question the first best answer."""
    by_task, by_item = [], []
    for task in SEVEN:
        own = table[table["task"] == task]
        by_task.append(max(tables.score(own[own["model"] == expert])["score"].iloc[0] for expert in experts))
        kept = []
        for item in own["id"].unique():
            answers = [own[(own["model"] == expert) & (own["id"] == item)].iloc[0] for expert in experts]
            kept.append(max(answers, key=lambda answer: answer["correct"]))
        by_item.append(tables.score(pd.DataFrame(kept).assign(model="best"))["score"].iloc[0])
    return sum(by_task) / 7, sum(by_item) / 7


@pytest.mark.parametrize("seed", range(4))
def test_a_share_of_each_oracle_is_a_quotient_of_means_of_seven(seed):
    table = all_seven(seed)
    found = routing_report.share_of_oracles(table, ["mix", "lora-1"], EXPERTS)
    of_task, of_item = oracles_by_hand(table, EXPERTS)
    assert found.at["task oracle", "AVG"] == pytest.approx(of_task)
    assert found.at["item oracle", "AVG"] == pytest.approx(of_item)
    for model in ("mix", "lora-1"):
        own = table[table["model"] == model]
        mean = sum(tables.score(own[own["task"] == task])["score"].iloc[0] for task in SEVEN) / 7
        expected = [mean, 100 * mean / of_task, 100 * mean / of_item]
        assert found.loc[model].tolist() == pytest.approx(expected)
    assert list(found.index) == ["mix", "lora-1", "task oracle", "item oracle"]
    assert found.at["task oracle", "of task oracle"] == 100 and found.at["item oracle", "of item oracle"] == 100
    assert "mix reaches" in routing_report.oracle_sentence(found, "mix")


def test_oracles_of_some_questions_look_at_no_others():
    table = all_seven(0)
    some = [item for item in table["id"].unique() if int(item.split("-")[1]) < 6]
    whole = routing_report.share_of_oracles(table, ["mix"], EXPERTS, some)
    pd.testing.assert_frame_equal(
        whole, routing_report.share_of_oracles(table[table["id"].isin(some)], ["mix"], EXPERTS)
    )
    assert whole.at["mix", "AVG"] != routing_report.share_of_oracles(table, ["mix"], EXPERTS).at["mix", "AVG"]


def test_a_share_needs_all_seven_scores_and_every_model(five):
    with pytest.raises(ValueError, match="no question of QA"):
        routing_report.share_of_oracles(five, ["mix"], EXPERTS)
    with pytest.raises(ValueError, match="no predictions of silversight"):
        routing_report.share_of_oracles(all_seven(0), ["silversight"], EXPERTS)


def test_with_a_single_expert_every_way_is_that_expert_and_none_is_right_or_wrong():
    table = all_seven(0)
    order = table["id"].unique()
    costs = {"nearest": np.zeros((len(order), 1))}
    found = routing_report.report(table, order, EXPERTS[:1], costs, beside=["mix"], draws=2)
    assert found["right"].isna().all()
    assert found.loc[["nearest", "oracle", "best single expert"], "AVG"].nunique() == 1
    right = routing_report.rightness(routing_report.item_scores(table, EXPERTS[:1], order), np.zeros(len(order), int))
    margins = routing_report.calibration(np.full(len(order), np.inf), right)
    assert margins.empty and "Too few" in routing_report.margin_sentences(margins, np.nan)[0]
