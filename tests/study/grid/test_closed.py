"""Questions set aside: no row that could answer one is left to choose from."""

import pandas as pd

from assl_utils.study.grid import closed

NAMES = "甲乙丙丁戊己庚辛壬癸子丑寅卯辰巳午未申酉"


def made_up():
    """Twenty posts, ten sentences with two relations each, and twenty pairs of questions with their mirror pairs."""
    rows = [("fe", "sentiment", f"{a}股票今天上涨很多", "积极") for a in NAMES]
    for a, b in zip(NAMES[::2], NAMES[1::2], strict=True):
        sentence = f"{a}公司宣布与{b}公司在新能源汽车领域展开全面合作"
        rows += [("finre", "relation", f"{sentence}头实体：{x}，尾实体：{y}。", "合作") for x, y in ((a, b), (b, a))]
    for a in NAMES:
        rows += [("afqmc", "matching", pair, "是") for pair in (f"怎么还{a}\n如何还{a}", f"如何还{a}\n怎么还{a}")]
    table = pd.DataFrame(rows, columns=["source", "subtask", "input", "output"])
    ids = [f"{source}-{i}" for i, source in enumerate(table["source"])]
    return table.assign(id=ids, form="", instruction="判断", task="")


def test_every_row_of_a_question_s_text_is_aside_and_no_other():
    rows = made_up()
    questions, aside = closed.set_aside(rows, share=0.2)
    assert questions["task"].value_counts().to_dict() == {"sentiment": 4, "matching": 4, "relation": 2}
    assert questions["id"].is_unique and set(questions["row"]) <= set(rows.loc[aside, "id"])
    for task, names in {"relation": 2, "matching": 2, "sentiment": 1}.items():
        there = rows[aside & (rows["subtask"] == task)]
        assert len(there) == names * (questions["task"] == task).sum(), task
    left = rows[~aside]
    for asked in questions[questions["task"] == "matching"]["input"]:
        one, other = asked.split("\n")
        assert not left["input"].isin([f"{one}\n{other}", f"{other}\n{one}"]).any()
    for asked in questions[questions["task"] == "relation"]["input"]:
        assert not left["input"].str.contains(asked.split("头实体")[0], regex=False).any()


def test_a_near_copy_of_a_question_is_aside_too():
    text = "公司发布公告称全资子公司收到政府补助资金共计三千万元人民币预计将增加本年度利润，"
    text += "具体会计处理以会计师年度审计确认后的结果为准"
    rows = made_up().iloc[:20]
    one = rows.iloc[[0]].assign(id="long", input=text)
    copy = one.assign(id="copy", input=text.replace("三", "四"), output="消极")
    every = pd.concat([one, copy], ignore_index=True)
    questions, aside = closed.set_aside(every, share=0.5)
    assert len(questions) == 1 and aside.all()


def test_an_input_with_two_answers_takes_both_and_a_set_takes_its_own():
    rows = made_up().iloc[:20].assign(input="同一句话说了两遍也没有关系", output=["积极", "消极"] * 10)
    questions, aside = closed.set_aside(rows, share=1.0)
    assert questions["reference"].tolist() == ["消极\n积极"] and aside.all()
    news = rows.assign(source="finnl", subtask="news_classification", output=["中国 公司", "外国"] * 10)
    questions, _ = closed.set_aside(news, share=1.0)
    assert questions["reference"].tolist() == ["中国\n公司"]


def test_the_choice_depends_on_the_rows_and_not_on_their_order():
    rows = made_up()
    one, _ = closed.set_aside(rows, share=0.2)
    other, _ = closed.set_aside(rows.iloc[::-1].reset_index(drop=True), share=0.2)
    assert set(one["id"]) == set(other["id"])


def test_at_most_so_many_of_a_kind():
    questions, _ = closed.set_aside(made_up(), most=3, share=0.5)
    assert questions["task"].value_counts().to_dict() == {"sentiment": 3, "matching": 3, "relation": 3}
