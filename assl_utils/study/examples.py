"""Questions that a run's own model answers well, for the README, a release and a card: chosen by a rule, not by hand.

The rule (`RULE` says it to readers): of the questions that chapter 8 asked, those whose answer was the reference, word
for word, while neither the base model nor any rule without a model was fully right; tasks in the order of the share of
such questions, the largest first, none below `LEAST`; of each task the shortest question, of equally short ones the
first by its id.
"""

import numpy as np

from assl_utils import shapes, store
from assl_utils.evaluation import baselines
from assl_utils.runner import state
from assl_utils.shapes import Count, Name, Shape
from assl_utils.tasks import wordings

RULE = (
    "Questions of the evaluation, on which nothing was trained, chosen by a rule: the shortest of each task that was "
    "answered word for word as the reference, while neither the base model nor any rule without a model was right; "
    "first the tasks with the largest share of such questions, and none where it is below a tenth."
)
LEAST = 0.1  # of a task's questions
SYSTEM, FILE = "silversight", "examples.json"
NEEDED = ("01_data_collection/eval.parquet", "08_evaluation/predictions.parquet")


class Example(Shape):
    """A question and its answer; ``right`` of the task's ``asked`` questions are of the same kind."""

    task: str
    id: Name
    question: str
    answer: str
    right: Count
    asked: Count


class Examples(Shape):
    """``examples.json`` of a published run."""

    examples: list[Example]


def chosen(run, model=SYSTEM, n=3):
    """Up to ``n`` examples of what a model of a run answers well, a task each.

    Parameters
    ----------
    run : Path
        The run's folder.
    model : str
        Its name in chapter 8's tables.
    n : int
        How many tasks.

    Returns
    -------
    list of dict
        As `Example` has them, the best task first. Empty where the run's questions are not the project's own (published
        texts are not given away), where they may have been trained on, or where chapter 8 did not ask this model.
    """
    asked = state.read_manifest(run / "01_data_collection" / state.MANIFEST, ("parameters",)) or {"parameters": {}}
    if (asked["parameters"].get("data"), asked["parameters"].get("protocol")) != ("embedded", "clean"):
        return []
    if not all((run / file).is_file() for file in NEEDED):
        return []
    questions, said = (store.read_table(run / file) for file in NEEDED)
    own = said[said["model"] == model].set_index("id")
    if own.empty:
        return []
    right = said.assign(right=said["correct"] >= 1).pivot(index="id", columns="model", values="right")
    others = [name for name in ("base", *baselines.ALL) if name in right and name != model]
    well = (own["correct"] >= 1) & (own["answer"].str.strip() == own["reference"].str.strip())
    well &= ~right[others].fillna(False).astype(bool).any(axis=1)
    questions = questions.assign(question=wordings.prompts(questions), well=questions["id"].map(well).fillna(False))
    questions["answer"] = questions["id"].map(own["answer"])
    shares = questions.groupby("task", sort=False)["well"].mean().sort_values(ascending=False, kind="stable")
    return [_shortest(questions[questions["task"] == task]) for task in shares[shares >= LEAST].index[:n]]


def _shortest(rows):
    """The example of one task's rows."""
    good = rows[rows["well"].astype(bool)]
    row = good.iloc[np.lexsort([good["id"], good["question"].str.len()])[0]]
    return {
        "task": row["task"], "id": row["id"], "question": row["question"], "answer": row["answer"],
        "right": len(good), "asked": len(rows),
    }  # fmt: skip


def quoted(text):
    """A text as one word of a shell."""
    return "'" + text.replace("'", "'\\''") + "'"


def as_text(examples, ask):
    """Examples for a page in Markdown: the rule, then how each is asked and what came of it.

    Parameters
    ----------
    examples : list of dict
    ask : str
        What stands before a question in a shell, such as ``"python use.py "``.
    """
    parts = [RULE]
    for one in examples:
        parts.append(
            f"{one['task']}, where this holds for {one['right']} of {one['asked']} questions:\n\n"
            f"```sh\n{ask}{quoted(one['question'])}\n```\n\n```text\n{one['answer']}\n```"
        )
    return "\n\n".join(parts)


def read(folder):
    """The examples that a published run keeps; none where it keeps none."""
    file = folder / FILE
    return shapes.read(file, Examples)["examples"] if file.exists() else []
