"""What an answer looks like, whatever it says: the form of a row, by rules that can be read in `RULES`.

Two rows of one sub-task can want answers of two shapes. A model that learned one shape gives it where the other is
wanted, so a way to choose rows may want the same number of each (`assl_utils.selection.ways`, ``random_per_form``).
"""

import re

import pandas as pd

from assl_utils.errors import DataError
from assl_utils.tasks import catalog, wordings

RULES = {  # of the sub-tasks not named here the answers have one form, by TASK_FORMS
    "negative_news": "judge or subject, as the row or its wording says",
    "single_choice, multiple_choice": "one or several letters; then nothing, the option's text, or an explanation",
}
TASK_FORMS = {
    "sentiment": "label", "stock_movement": "label", "matching": "label", "relation": "label",
    "news_classification": "labels", "event_subject": "pairs", "ner": "pairs",
    "summary": "text", "qa": "text", "causal_qa": "text",
}  # fmt: skip
EXAM_FORMS = ("letter", "letter_option", "letter_why", "letters", "letters_option", "letters_why")
_LETTERS = re.compile(r"([A-H]+)(.*)", re.DOTALL)
_WHY = re.compile(r"\s*(?:解析|分析|解释|理由|原因|说明)\s*[:：]")


def answer_form(rows):
    """The form of the answer that each row wants.

    Parameters
    ----------
    rows : DataFrame
        ``subtask`` and ``output``. For negative news also ``form``, or the ``instruction_id`` or the ``instruction``
        that chapter 2 gave: its answer 无 is a verdict in one form and an empty list in the other.

    Returns
    -------
    Series of str
        ``sub-task.form``, such as ``negative_news.judge`` or ``multiple_choice.letters_why``, with the rows' index.

    Raises
    ------
    DataError
        For a sub-task that the catalog does not know, an exam answer that does not begin with its letters, and
        negative news of which nothing says what it asks.
    """
    unknown = sorted({str(name) for name in rows["subtask"].unique() if name not in catalog.SUBTASKS})
    if unknown:
        raise DataError(f"no rule says what an answer of {unknown[0]!r} looks like; known are {', '.join(TASK_FORMS)}")
    form = rows["subtask"].map(TASK_FORMS).astype(object)
    exam = rows["subtask"].isin(("single_choice", "multiple_choice")).to_numpy()
    form[exam] = [_exam(answer) for answer in rows.loc[exam, "output"]]
    news = (rows["subtask"] == "negative_news").to_numpy()
    form[news] = _asked(rows[news])
    return (rows["subtask"].astype(str) + "." + form).rename("form")


def _exam(answer):
    """Form of an answer to an exam question."""
    found = _LETTERS.fullmatch(answer.strip()) if isinstance(answer, str) else None
    if not found:
        raise DataError(f"an exam answer begins with its letters; {answer!r:.80} does not")
    letters, rest = found.groups()
    kind = "letter" if len(letters) == 1 else "letters"
    return kind if not rest else f"{kind}_why" if _WHY.match(rest) else f"{kind}_option"


def _asked(rows):
    """Judge or subject, of rows of negative news."""
    known = catalog.FORMS["negative_news"]
    found = pd.Series(None, index=rows.index, dtype=object)
    if "form" in rows:
        found = rows["form"].astype(object).where(rows["form"].isin(known), None)
    if "instruction_id" in rows:
        found = found.fillna(rows["instruction_id"].astype(str).str.extract(r"^negative_news\.(\w+)-")[0])
    if "instruction" in rows and found.isna().any():
        words = wordings.load("negative_news")
        found = found.fillna(rows["instruction"].map(dict(zip(words["instruction"], words["form"], strict=True))))
    bad = ~found.isin(known)
    if bad.any():
        raise DataError(
            f"{int(bad.sum())} rows of negative news do not say whether they ask for a verdict or for its subjects: "
            "give them a `form` (judge or subject) or chapter 2's `instruction_id`"
        )
    return found.tolist()
