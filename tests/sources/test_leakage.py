"""Planted leaks, copies and contradictions come out, and nothing else does."""

import numpy as np
import pandas as pd
import pytest

from assl_utils.corpus import build
from assl_utils.sources import leakage

LONG = "恒岭银行公告，前三季度实现净利润12.5亿元，同比增长8.3%，拟向全体股东每10股派发现金红利2元"


def train_rows(*rows):
    rows = [(f"s-{i:05d}", "s", *row) if len(row) == 4 else (f"{row[0]}-{i:05d}", *row) for i, row in enumerate(rows)]
    return pd.DataFrame(rows, columns=["id", "source", "subtask", "form", "input", "output"]).assign(multiplicity=1)


def eval_rows(*rows):
    columns = ["task", "subtask", "form", "input", "reference"]
    frame = pd.DataFrame(rows, columns=columns)
    return frame.assign(id=[f"e-{i:05d}" for i in range(len(frame))], benchmark="cfleb")


CASE = "某上市公司年初发行在外普通股1000万股，7月1日增发200万股，全年实现归属于普通股股东的净利润{}万元，不考虑其他因素"

EVALUATION = eval_rows(
    ("FE", "sentiment", "", LONG + "。", "积极"),
    ("FE", "sentiment", "", "12.8", "中性"),
    ("FE", "sentiment", "", "。。。。", "中性"),
    ("QA", "qa", "", f"恒岭银行派息是多少？{LONG}", "2元"),
    ("RE", "relation", "", "远岚煤业收购锦沧电力。头实体：远岚煤业，尾实体：锦沧电力。", "收购"),
    ("NSP1", "negative_news", "judge", "锦沧电力因信息披露违规被立案调查\n实体：锦沧电力;远岚煤业", "有"),
    ("exam", "single_choice", "", "下列属于货币政策工具的是（ ）？\nA、税率\nB、国债\nC、存款准备金率\nD、关税", "C"),
    (
        "exam",
        "single_choice",
        "",
        "某公司流动资产100万元，流动负债50万元，流动比率为（ ）。\nA、1\nB、2\nC、3\nD、4",
        "B",
    ),
    ("exam", "single_choice", "", CASE.format(2200) + "，每股收益为（ ）元。\nA、1\nB、2\nC、3\nD、4", "B"),
)
LEAK = [  # training row, evaluation row, kind, compared, same output
    (("qa", "", EVALUATION["input"][3], "2元"), 3, "exact", "input", True),
    (("sentiment", "", f" {LONG}！", "积极"), 0, "exact", "input", True),
    (("sentiment", "", LONG.replace("，", ","), "消极"), 0, "exact", "input", False),
    (("summary", "", LONG, "恒岭银行净利增8.3%"), 0, "exact", "input", False),
    (("summary", "", f"快讯：{LONG}。记者从交易所获悉。", "恒岭银行分红"), 0, "contained", "input", False),
    (("sentiment", "", LONG.replace("恒岭", "恒领"), "积极"), 0, "near", "input", True),
    (("sentiment", "", "１２.8", "中性"), 1, "exact", "input", True),
    (("qa", "", f"谁公告了业绩？{LONG}", "恒岭银行"), 3, "exact", "context", False),
    (
        ("relation", "", "远岚煤业收购锦沧电力。头实体：锦沧电力，尾实体：远岚煤业。", "被收购"),
        4,
        "exact",
        "text",
        False,
    ),
    (
        ("negative_news", "subject", "锦沧电力因信息披露违规被立案调查。\n实体：锦沧电力", "锦沧电力"),
        5,
        "exact",
        "text",
        False,
    ),
    (
        ("single_choice", "", "下列属于货币政策工具的是( )\nA、存款准备金率\nB、税率\nC、关税\nD、国债", "A"),
        6,
        "exact",
        "stem",
        False,
    ),
    (("single_choice", "", EVALUATION["input"][7][:29] + "\nA、2\nB、5\nC、6\nD、7", "A"), 7, "exact", "stem", False),
    (("single_choice", "", EVALUATION["input"][6], "C. 存款准备金率"), 6, "exact", "input", True),
]
INNOCENT = [
    # another number and other options are another question, however near the long stems are
    (
        "single_choice",
        "",
        CASE.format(2750) + "，每股收益为（ ）元。\nA、二点一五\nB、二点二五\nC、二点三五\nD、二点五",
        "D",
    ),
    ("sentiment", "", "12", "中性"),
    ("sentiment", "", "！！！", "中性"),
    ("sentiment", "", "", "中性"),
    ("sentiment", "", LONG[:15], "积极"),
    ("sentiment", "", "128", "中性"),
    ("qa", "", "恒岭银行派息是多少？泽屿证券公告，董事长辞职。", "无相应参数"),
    ("relation", "", "云岫保险参股瑞砚软件。头实体：远岚煤业，尾实体：锦沧电力。", "其他"),
    ("single_choice", "", "下列属于货币政策工具的是（ ）？\nA、利率\nB、预算\nC、补贴\nD、罚款", "A"),
    ("negative_news", "judge", "泽屿证券发布年报\n实体：锦沧电力;远岚煤业", "无"),
]


@pytest.mark.parametrize(("row", "item", "kind", "compared", "same"), LEAK)
def test_a_planted_leak_is_found_and_named(row, item, kind, compared, same):
    found = leakage.find(train_rows(row), EVALUATION)
    found = found[found["eval_id"] == f"e-{item:05d}"]
    assert found[["kind", "compared", "same_output"]].values.tolist() == [[kind, compared, same]]
    assert found["task"].tolist() == [EVALUATION["task"][item]]


@pytest.mark.parametrize("row", INNOCENT)
def test_what_only_looks_alike_is_left_alone(row):
    assert leakage.find(train_rows(row), EVALUATION).empty


def test_matches_are_those_of_each_row_alone_and_order_changes_nothing():
    train = train_rows(*[row for row, *_ in LEAK], *INNOCENT)
    found = leakage.find(train, EVALUATION)
    alone = [leakage.find(train.iloc[[i]], EVALUATION) for i in range(len(train))]
    alone = pd.concat([matches for matches in alone if len(matches)], ignore_index=True)
    pd.testing.assert_frame_equal(found, alone)
    rng = np.random.default_rng(0)
    shuffled = leakage.find(train.iloc[rng.permutation(len(train))], EVALUATION.iloc[rng.permutation(len(EVALUATION))])
    pd.testing.assert_frame_equal(found, shuffled)
    assert set(found["train_id"]) == set(train["id"][: len(LEAK)])
    assert list(leakage.find(train.iloc[:0], EVALUATION).columns) == leakage.MATCHES


def test_the_instruction_is_no_part_of_what_is_compared():
    train = train_rows(*[row for row, *_ in LEAK]).assign(instruction="判断情绪")
    pd.testing.assert_frame_equal(
        leakage.find(train, EVALUATION.assign(instruction="判断情绪")),
        leakage.find(train.drop(columns="instruction"), EVALUATION),
    )


def test_the_corpus_gives_up_its_planted_leaks_and_little_else():
    train, evaluation, truth = build.build(scale=0.003, floor=24, sizes={"FE": 40, "NL": 40, "NSP": 40, "NA": 40})
    planted = truth[truth["kind"] == "leaked"]
    found = leakage.find(train, evaluation)
    pairs = set(zip(found["train_id"], found["eval_id"], strict=True))
    hit = [pair in pairs for pair in zip(planted["id"], planted["eval_id"], strict=True)]
    assert len(planted) >= 20 and np.mean(hit) >= 0.9
    innocent = set(found["train_id"]) - set(planted["id"])
    assert len(innocent) <= 0.01 * len(train)


def test_a_row_leaks_by_either_of_its_readings():
    """As published it may hide what its mended text gives away, and the other way round; each row counts once."""
    news = "世纪银行公告，拟以自有资金回购不超过三百万股，约占总股本的百分之二"
    prices = "".join(f"\n2020-07-{day}：开盘{day}.{day}1，收盘{day}.{day}7，成交{day * 7919}" for day in range(16, 21))
    question = eval_rows(("QA", "qa", "", f"回购数量是多少？快讯：{news}。记者从交易所获悉。", "三百万股"))
    published = train_rows(
        ("stock_movement", "", news + prices, "中性"),
        ("stock_movement", "", news, "中性"),
        ("stock_movement", "", news + "！", "中性"),
        ("stock_movement", "", "毫不相干" + prices, "中性"),
    )
    rows = published.assign(input=[news, "另一条消息", news, "毫不相干"]).drop(index=2)
    assert leakage.find(published, question)["train_id"].tolist() == ["s-00001", "s-00002"]
    found = leakage.find_readings(published, rows, question)
    assert found["train_id"].tolist() == ["s-00000", "s-00001", "s-00002"]
    assert set(found["kind"]) == {"contained"}
    as_it_is = leakage.find_readings(published, published, question)
    pd.testing.assert_frame_equal(as_it_is, leakage.find(published, question))


def three_sources():
    row = ("sentiment", "", LONG, "积极")
    other = [("sentiment", "", f"第{i}条无关的消息，{chr(0x4E00 + 37 * i) * 9}", "中性") for i in range(10)]
    return train_rows(
        *[("copy", *r) for r in [row, row, other[0]]],  # 2 of 3 leak
        *[("half", *r) for r in [row, other[1]]],  # 1 of 2: not more than half
        *[("fair", *r) for r in other[2:6]],
    )


def test_a_stand_in_is_judged_apart_from_the_source_it_stands_for():
    train = three_sources()
    train["part"] = train["source"].where(train["source"] != "half", "copy (another file)")
    kept, account = leakage.protocol(train, leakage.find(train, EVALUATION), drop_share=0.5, whole=["copy"])
    assert account.set_index("source")["action"].to_dict() == {
        "copy": "dropped",
        "copy (another file)": "filtered",
        "fair": "kept",
    }
    assert set(kept["part"]) == {"copy (another file)", "fair"}


def test_a_sample_of_pairs_shows_both_texts_and_is_repeatable():
    train = three_sources()
    matches = leakage.find(train, EVALUATION)
    shown = leakage.pairs(matches, train, EVALUATION, per_kind=1, seed=3)
    pd.testing.assert_frame_equal(shown, leakage.pairs(matches, train, EVALUATION, per_kind=1, seed=3))
    assert shown.groupby(["kind", "task"]).size().max() == 1
    texts = train.set_index("id")["input"], EVALUATION.set_index("id")["input"]
    for row in shown.itertuples():
        assert (row.train_input, row.eval_input) == (texts[0][row.train_id], texts[1][row.eval_id])


def test_matrix_counts_evaluation_rows_or_training_rows():
    matches = leakage.find(three_sources(), EVALUATION)
    expected = {"FE": {"copy": 1, "half": 1}, "QA": {"copy": 1, "half": 1}}  # the QA context is the same text
    assert leakage.matrix(matches).to_dict() == expected
    table = leakage.matrix(matches, sources=["fair", "copy", "half"], tasks=["NL", "FE"], count="train")
    assert table.to_dict() == {"NL": {"fair": 0, "copy": 0, "half": 0}, "FE": {"fair": 0, "copy": 2, "half": 1}}
    with pytest.raises(ValueError, match="count is"):
        leakage.matrix(matches, count="rows")


def test_what_is_shared_is_counted_by_task_and_apart_from_what_no_run_scores():
    matches = leakage.find(three_sources(), EVALUATION)
    scored = EVALUATION[EVALUATION["task"] != "QA"]  # as if the QA question had no answer
    table = leakage.shared(matches, scored, ["fair", "copy", "half"])
    assert table["FE"].to_dict() == table["not scored"].to_dict() == {"fair": 0, "copy": 1, "half": 1}
    assert list(table.columns) == ["FE", "RE", "NSP1", "exam", "not scored"]


def test_clean_drops_whole_sources_and_single_rows_and_paper_keeps_all():
    train = three_sources()
    matches = leakage.find(train, EVALUATION)
    kept, account = leakage.protocol(train, matches, drop_share=0.5)
    assert kept["id"].tolist() == ["half-00004", "fair-00005", "fair-00006", "fair-00007", "fair-00008"]
    assert account.set_index("source")[["rows", "leaked", "action", "kept"]].values.tolist() == [
        [3, 2, "dropped", 0],
        [2, 1, "filtered", 1],
        [4, 0, "kept", 4],
    ]
    assert account["share"].tolist() == pytest.approx([200 / 3, 50, 0])
    assert (account["exact"] + account["contained"] + account["near"]).tolist() == account["leaked"].tolist()
    assert leakage.find(kept, EVALUATION).empty
    everything, account = leakage.protocol(train, matches, "paper")
    pd.testing.assert_frame_equal(everything, train)
    assert account["action"].tolist() == ["kept"] * 3 and account["leaked"].tolist() == [2, 1, 0]
    assert leakage.protocol(train, matches, drop_share=0.4)[1]["action"].tolist() == ["dropped", "dropped", "kept"]
    named = leakage.protocol(train, matches, whole=["half", "fair", "other"])[1]
    assert named["action"].tolist() == ["filtered", "dropped", "dropped"] and named["kept"].tolist() == [1, 0, 0]
    with pytest.raises(ValueError, match="'clean' or 'paper', got 'strict'"):
        leakage.protocol(train, matches, "strict")
    with pytest.raises(ValueError, match="not in train, such as 'copy-00000'"):
        leakage.protocol(train.iloc[5:], matches)


def test_copies_collapse_into_the_first_with_all_their_weight():
    rows = train_rows(
        ("sentiment", "", "净利增长。", "积极"),
        ("sentiment", "", "净利增长！", " 积极"),
        ("sentiment", "", "净利增长", "消极"),
        ("summary", "", "净利增长", "积极"),
        ("negative_news", "judge", "净利增长", "无"),
        ("negative_news", "subject", "净利增长", "无"),
        ("sentiment", "", "。。", "中性"),
        ("sentiment", "", "！！", "中性"),
        ("sentiment", "", "净利增长", "积极"),
    ).assign(multiplicity=[1, 2, 1, 1, 1, 1, 1, 1, 4])
    found = leakage.collapse_duplicates(rows)
    assert found["id"].str[-1].tolist() == list("0234567")
    assert found["multiplicity"].tolist() == [7, 1, 1, 1, 1, 1, 1]
    assert rows["multiplicity"].tolist() == [1, 2, 1, 1, 1, 1, 1, 1, 4]
    again = leakage.collapse_duplicates(found)
    pd.testing.assert_frame_equal(again, found)
    shuffled = leakage.collapse_duplicates(rows.sample(frac=1, random_state=0)).sort_values("id", ignore_index=True)
    pd.testing.assert_frame_equal(shuffled, found)
    assert leakage.collapse_duplicates(rows.drop(columns="multiplicity"))["multiplicity"].sum() == len(rows)


def test_near_duplicates_within_a_sub_task():
    near = LONG.replace("恒岭", "恒领")
    rows = train_rows(
        ("sentiment", "", near, "消极"),
        ("sentiment", "", LONG, "积极"),
        ("sentiment", "", LONG + "。", "积极"),
        ("summary", "", LONG, "分红"),
        ("sentiment", "", "毫不相干", "中性"),
    )
    found = leakage.near_duplicates(rows)
    assert found[["id", "other", "same_output"]].values.tolist() == [
        ["s-00000", "s-00001", False],
        ["s-00000", "s-00002", False],
        ["s-00001", "s-00002", True],
    ]
    assert found["similarity"].tolist()[2] == 1 and (found["similarity"] >= 0.8).all()
    pd.testing.assert_frame_equal(leakage.near_duplicates(rows.iloc[::-1]), found)


def test_conflicts_tell_another_answer_from_another_format():
    rows = train_rows(
        ("a", "sentiment", "", "净利增长。", "积极"),
        ("b", "sentiment", "", "净利增长", "消极"),
        ("b", "sentiment", "", "净利增长！", "消极"),
        ("a", "news_classification", "", "央行降准", "中国 政策"),
        ("b", "news_classification", "", "央行降准", "中国政策"),
        ("a", "negative_news", "judge", "净利增长", "无"),  # another form: another question
        ("a", "negative_news", "subject", "净利增长", "恒岭银行"),
        ("a", "single_choice", "", "货币政策工具是", "D"),
        ("a", "single_choice", "", "货币政策工具是", "D. 准备金"),
        ("a", "single_choice", "", "没有矛盾", "A"),
    )
    found = leakage.conflicts(rows)
    assert found[["subtask", "kind", "output", "rows", "sources"]].values.tolist() == [
        ["news_classification", "format", "中国 政策", 1, "a"],
        ["news_classification", "format", "中国政策", 1, "b"],
        ["sentiment", "answer", "消极", 2, "b"],
        ["sentiment", "answer", "积极", 1, "a"],
        ["single_choice", "format", "D", 1, "a"],
        ["single_choice", "format", "D. 准备金", 1, "a"],
    ]
    assert found["group"].tolist() == [0, 0, 1, 1, 2, 2]
    pd.testing.assert_frame_equal(leakage.conflicts(rows.sample(frac=1, random_state=1)), found)
    assert leakage.conflicts(rows.iloc[-1:]).empty


def test_a_stand_in_is_a_part_of_its_own():
    rows = pd.DataFrame({"source": ["fe", "fe"], "stand_in": ["", "finfe/train.json"]})
    assert leakage.part_names(rows).tolist() == ["fe", "fe (finfe/train.json)"]
