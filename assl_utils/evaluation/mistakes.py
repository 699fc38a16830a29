"""How answers go wrong: a kind for every mistake, and for each kind the shortest example with a gloss of its labels."""

from __future__ import annotations

import re

import pandas as pd

from assl_utils.evaluation.metrics import SETS, plain_characters
from assl_utils.tasks import parsing
from assl_utils.tasks.catalog import LABELS

UNREADABLE = "cannot be read"
ENGLISH = {
    "FE": dict(zip(LABELS["sentiment"], ("positive", "neutral", "negative"), strict=True)),
    "NSP1": {"有": "yes, bad news", "无": "no bad news"},
    "NL": {
        "中国": "China", "外国": "abroad", "国际": "international", "公司": "company", "行业": "industry",
        "大盘": "market index", "经济": "economy", "政策": "policy", "政治": "politics", "期货": "futures",
        "债券": "bonds", "房地产": "real estate", "外汇": "currencies", "虚拟货币": "crypto", "新冠": "Covid",
        "能源": "energy",
    },
    "RE": {
        "收购": "acquires", "拟收购": "plans to acquire", "注资": "injects capital into", "入股": "buys into",
        "增持": "adds to its stake in", "减持": "cuts its stake in", "持股": "holds shares of", "拥有": "owns",
        "转让": "transfers", "成立": "founds", "分析": "analyses", "帮助": "helps", "发行": "issues",
        "借壳": "lists through the shell of", "欠款": "owes", "买资": "buys assets of", "合作": "works with",
        "签约": "signs with", "合并": "merges with", "合资": "joint venture with", "竞争": "competes with",
        "纠纷": "in dispute with", "商讨": "negotiates with", "订单": "order", "交易": "trades with",
        "重组": "restructures with", "自己": "the same firm", "其他": "other",
    },
}  # fmt: skip
DIGITS = re.compile(r"\d+(?:\.\d+)?%?")


def gloss(task: str, answer: str) -> str:
    """A canonical answer's labels in English; what is no label (a letter, a name, a text) gives an empty string."""
    known = ENGLISH.get(task, {})
    words = [_english(known, label) for label in answer.split()]
    return ", ".join(words) if words and all(words) else ""


def _english(known: dict, label: str) -> str:
    if label not in known and label.startswith("被") and label[1:] in known:  # 被收购 is 收购 seen from the other firm
        return f"(passive) {known[label[1:]]}"
    return known.get(label, "")


def kind(task: str, parsed: str, reference: str) -> str:
    """What is wrong with an answer; "" where nothing is.

    Parameters
    ----------
    task : str
        A task of the evaluation.
    parsed : str
        The answer as :func:`assl_utils.tasks.parsing.parse` read it; empty if it could not.
    reference : str
    """
    if not parsed:
        return UNREADABLE
    if task in SETS:
        return _sets(parsing.as_set(task, parsed), parsing.reference_set(task, reference))
    if task in ("QA", "NA"):
        return _texts(plain_characters(parsed), plain_characters(reference))
    wanted, _ = parsing.parse(task, reference)
    return "" if parsed == wanted else f"{parsed} for {wanted}"


def _sets(said: frozenset, wanted: frozenset) -> str:
    if said == wanted:
        return ""
    if not said:
        return "nothing where there is something"
    if not wanted:
        return "something where there is nothing"
    if said < wanted:
        return "part of it is missing"
    if said > wanted:
        return "more than there is"
    return "partly other ones" if said & wanted else "altogether other ones"


def _texts(said: str, wanted: str) -> str:
    if said == wanted:
        return ""
    if set(DIGITS.findall(said)) - set(DIGITS.findall(wanted)):
        return "a figure that is not the wanted one"
    if said in wanted:
        return "part of it is missing"
    if wanted in said:
        return "more than was asked"
    shared = sum(a == b for a, b in zip(said, wanted, strict=False)) / max(len(said), len(wanted))
    return "nearly the same words" if shared >= 0.7 else "other words"


def kinds(predictions: pd.DataFrame) -> pd.DataFrame:
    """The mistakes among predictions, each with its ``kind``."""
    parsed = predictions["parsed"].fillna("")
    found = [kind(*row) for row in zip(predictions["task"], parsed, predictions["reference"], strict=True)]
    return predictions.assign(parsed=parsed, kind=found)[lambda table: table["kind"] != ""]


def typical(predictions: pd.DataFrame, questions: pd.DataFrame, per_task: int = 3) -> pd.DataFrame:
    """The most frequent kinds of mistake of each task, with an example.

    Parameters
    ----------
    predictions : DataFrame
        Of one model, as of :func:`assl_utils.evaluation.tables.judge`.
    questions : DataFrame
        ``id`` and ``input``; the shortest text that went wrong in this way is the example.
    per_task : int

    Returns
    -------
    DataFrame
        ``task, kind, n, share`` (percent of the task's answers), ``id, input, answer, reference, gloss`` (said →
        wanted, where both are labels).
    """
    if (several := predictions["model"].nunique()) > 1:
        raise ValueError(f"the predictions are of {several} models; give those of one")
    answered = predictions.groupby("task", sort=False).size()
    wrong = kinds(predictions).merge(questions[["id", "input"]], on="id", how="left", validate="many_to_one")
    if wrong["input"].isna().any():
        raise ValueError(f"question {wrong.loc[wrong['input'].isna(), 'id'].iloc[0]} is not among the questions")
    wrong = wrong.assign(length=wrong["input"].str.len() + wrong["answer"].str.len())
    rows = []
    for task in answered.index:
        mine = wrong[wrong["task"] == task]
        for name, n in (
            mine["kind"].value_counts(sort=False).sort_values(ascending=False, kind="stable")[:per_task].items()
        ):
            first = mine[mine["kind"] == name].sort_values(["length", "id"]).iloc[0]
            said, wanted = gloss(task, first["parsed"]), gloss(task, parsing.parse(task, first["reference"])[0])
            shown = [first[column] for column in ("id", "input", "answer", "reference")]
            rows.append(
                (task, name, n, 100 * n / answered[task], *shown, f"{said} → {wanted}" if said and wanted else "")
            )
    columns = ["task", "kind", "n", "share", "id", "input", "answer", "reference", "gloss"]
    return pd.DataFrame(rows, columns=columns)


def shown(found: pd.DataFrame, quotable: bool = True) -> pd.DataFrame:
    """`typical` as a page shows it: texts cut short, shares without decimals, the ids left in the file.

    ``quotable`` is False where the texts are other people's: then no sentence is shown, only what kind went wrong.
    """
    out = found.assign(
        input=found["input"].str.replace("\n", " ").str.slice(0, 60), answer=found["answer"].str.slice(0, 30)
    )
    if not quotable:
        out[["input", "answer", "reference"]] = "not quoted"
    columns = ["share", "input", "answer", "reference", "gloss"]
    return out.set_index(["task", "kind"])[columns].round({"share": 0})
