"""A line's other words: adapters are trained, they answer alone or together, and the answers are scored."""

import functools

import numpy as np
import pandas as pd

from assl_utils import shapes, store
from assl_utils.errors import DataError
from assl_utils.evaluation import answers as evaluation_answers
from assl_utils.evaluation import general, tables, voting
from assl_utils.experts import adapters as loaded_adapters
from assl_utils.experts import composition, merging, phases, shelf
from assl_utils.experts.shapes import Training
from assl_utils.routing import choosing
from assl_utils.tasks import numeric, parsing
from assl_utils.tasks.catalog import SUBTASKS
from assl_utils.tasks.wordings import prompts

AFTERWARDS = ("validated", "oracle", "oracle_task")  # routes that look at scored answers
MIX, BASE = "mix", evaluation_answers.BASE
HELD_OUT = 12  # rows of each scored sub-task on which `validated` tries the experts
ASKED = {  # how a training row of a sub-task and form is scored
    ("sentiment", ""): "FE", ("qa", ""): "QA", ("summary", ""): "NA", ("relation", ""): "RE",
    ("negative_news", "judge"): "NSP1", ("negative_news", "subject"): "NSP2", ("news_classification", ""): "NL",
}  # fmt: skip


def train(data, line, chosen):
    """The adapters of a line, one for each part that has rows, by the part's name; those that stand are taken.

    Returns
    -------
    dict of str to Path
    """
    word = line.sentence.train
    if word.name == "nothing":
        return {}
    recipe = data.recipe(line.seed, word["passes"])
    return {name: _adapter(data, line, name, rows, recipe) for name, rows in _sets(line, chosen).items()}


def starts(data, line, chosen):
    """The adapters of raw text that those of a line began with; they cost, too."""
    if line.sentence.train.name != "text_then_answers":
        return []
    return [_text(data, line, name, rows) for name, rows in _sets(line, chosen).items()]


def _sets(line, chosen):
    return {MIX: chosen.together()} if line.sentence.compose.name == MIX else chosen.sets


def _adapter(data, line, name, rows, recipe):
    word = line.sentence.train
    rows = tagged(rows) if word.name == "answers" and word["tagged"] else rows
    adapter = functools.partial(shelf.trained, data.adapters, data.base)
    if "text" in rows and word.name == "answers":  # a module of raw text among those of questions
        return adapter(rows[["text"]], recipe, label=f"{name}, text")
    if word.name == "answers":
        return adapter(rows, recipe, label=name)
    start = _text(data, line, name, rows)
    return start if word.name == "text" or "text" in rows else adapter(rows, recipe, start=start, label=name)


def _text(data, line, name, rows):
    """The adapter of raw text: of the rows' own inputs, of the textbook, or of rows that are texts."""
    word = line.sentence.train
    if "text" in rows:
        text = rows
    elif word["of"] == "textbook":
        text = data.extra("textbook", word["pieces"], line.clustering_seed)
    else:
        text = phases.as_text(rows)
    recipe = data.recipe(line.seed, word["text_passes"])
    return shelf.trained(data.adapters, data.base, text[["text"]], recipe, label=f"{name}, text")


def tagged(rows):
    """Rows or questions that name their sub-task before the instruction."""
    names = rows["subtask"].map(lambda subtask: SUBTASKS[subtask][1])
    return rows.assign(instruction="【" + names + "】" + rows["instruction"])


def cost(folders):
    """Tokens and steps that adapters took, and the seconds of training them."""
    about = [shapes.read(folder / "training.json", Training) for folder in folders]
    return {key: sum(one[key] for one in about) for key in ("tokens", "steps", "seconds")}


# ------------------------------------------------------------------------------------------------------------- routes


def distances(data, line, chosen):
    """What each part costs each question, by the line's way to route; the cheapest answers. (questions, parts)"""
    word, score = line.sentence.route, line.sentence.score.name
    questions, parts = data.questions(score), chosen.parts
    masked = None
    if word["masked"]:
        held = -choosing.by_label(questions["subtask"], data.rows["subtask"], parts.labels)
        masked = (held == held.max(axis=1, keepdims=True)) & (held > 0)
    return choosing.costs_of(
        "centroid" if word.name in AFTERWARDS else word.name, masked=masked,
        vectors=data.question_vectors(score), train_vectors=data.vectors, train_labels=parts.labels,
        train_subtasks=data.rows["subtask"], subtasks=questions.get("subtask"), seed=line.clustering_seed,
    )  # fmt: skip


# ------------------------------------------------------------------------------------------------------------ answers


def asked(data, line):
    """The questions of a line, with the name of the sub-task where its training rows have it."""
    questions, word = data.questions(line.sentence.score.name), line.sentence.train
    return tagged(questions) if word.name == "answers" and word["tagged"] else questions


def ask(data, line, chosen, folders):
    """The line's answers to its questions, and who gave each of them.

    Returns
    -------
    DataFrame
        ``answer`` and ``expert``, a row per question.
    """
    compose, route, names = line.sentence.compose, line.sentence.route, list(folders)
    questions = asked(data, line)
    if compose.name.startswith("merged"):
        how = compose.name.removeprefix("merged_")
        merged = merging.save_merged(data.base, list(folders.values()), None, how, data.adapters)
        chosen.extra["error"] = store.read_json(merged / "merged.json")["error"]
        return _alone(data, questions, {compose.name: merged}, [compose.name] * len(questions))
    if not names:
        return _alone(data, questions, {}, [BASE] * len(questions))
    if len(names) == 1 and route.name != "validated":
        return _alone(data, questions, folders, names * len(questions))
    costs = distances(data, line, chosen)[:, [chosen.parts.names.index(name) for name in names]]
    ranked = np.argsort(costs, axis=1, kind="stable")
    if compose.name in ("fused", "mixed", "vote"):
        return _together(data, line, questions, folders, ranked[:, : compose["k"]])
    if route.name in ("oracle", "oracle_task"):
        return _best(data, line, questions, folders)
    if route.name == "validated":
        experts = _validated(data, line, chosen, folders, questions)
        return _alone(data, questions, folders | _mix(data, line, chosen), experts)
    return _alone(data, questions, folders, [names[i] for i in ranked[:, 0]])


def _alone(data, questions, folders, experts):
    """Each question answered by one adapter, or by the base model."""
    model, tokenizer = data.model()
    how = {**data.answering, "cache": data.answers}
    found = evaluation_answers.answer(model, tokenizer, questions, folders, {"line": list(experts)}, **how)["line"]
    return pd.DataFrame({"answer": found["answer"], "expert": list(experts)})


def _everyone(data, questions, folders):
    """The answers of every adapter to every question, by its name."""
    model, tokenizer = data.model()
    how = {**data.answering, "cache": data.answers}
    found = evaluation_answers.answer(model, tokenizer, questions, folders, {name: name for name in folders}, **how)
    return {name: table["answer"].tolist() for name, table in found.items()}


def _together(data, line, questions, folders, nearest):
    names, word = list(folders), line.sentence.compose
    experts = [[names[i] for i in row] for row in nearest]
    first = [row[0] for row in experts]
    if word.name == "vote":
        every = _everyone(data, questions, folders)
        return pd.DataFrame({"answer": _voted(questions, every, nearest), "expert": first})
    weights = [[1 / len(row)] * len(row) for row in experts]
    model, tokenizer = data.model()
    with loaded_adapters.adapters(model, folders) as (loaded, full):
        who = [[full[name] for name in row] for row in experts]
        if word.name == "fused":
            how = {**data.answering, "cache": data.answers}
            texts = composition.fusion(loaded, tokenizer, prompts(questions), who, weights, **how)
        else:
            texts = composition.mixture(loaded, tokenizer, prompts(questions), who, weights, **data.answering)
    return pd.DataFrame({"answer": texts, "expert": first})


def _voted(questions, every, nearest):
    """The answers that most of the nearest experts give, task by task."""
    said, task, texts = pd.DataFrame(every), questions["task"].to_numpy(), np.empty(len(questions), dtype=object)
    for one in np.unique(task):
        at = np.flatnonzero(task == one)
        read = said.iloc[at].map(lambda answer, one=one: parsing.parse(one, answer)[0])
        chosen = voting.vote(one, read.to_numpy().tolist(), nearest[at])
        texts[at] = said.to_numpy()[at, chosen]
    return texts.tolist()


def _best(data, line, questions, folders):
    """The answer with the best score of each question, or of the expert that is best at its task."""
    every = _everyone(data, questions, folders)
    judged = {name: score(line, name, questions, texts) for name, texts in every.items()}
    names, scores = list(folders), pd.concat(judged.values(), ignore_index=True)
    word, asked = line.sentence.route.name, {"tasks": questions["task"], "ids": questions["id"]}
    best = choosing.choose(word, scores=scores, models=names, **asked)
    experts = [names[i] for i in best]
    return pd.DataFrame({"answer": [every[name][i] for i, name in enumerate(experts)], "expert": experts})


def _mix(data, line, chosen):
    recipe = data.recipe(line.seed, line.sentence.train["passes"])
    return {MIX: _adapter(data, line, MIX, chosen.together(), recipe)}


def _validated(data, line, chosen, folders, questions):
    """For each question who is best at its task on rows that no adapter was trained on."""
    taken = set(chosen.together()["id"])
    forms = list(zip(data.rows["subtask"], data.rows["form"].fillna(""), strict=True))
    free = data.rows.assign(task=[ASKED.get(form, "") for form in forms])
    free = free[(free["task"] != "") & ~free["id"].isin(taken)]
    rng = np.random.default_rng([line.clustering_seed, HELD_OUT])
    free = free.iloc[rng.permutation(len(free))].groupby("task").head(HELD_OUT).reset_index(drop=True)
    held = free.assign(benchmark="cfleb", reference=free["output"])
    every = folders | _mix(data, line, chosen)
    said = _everyone(data, held, every) | {BASE: _alone(data, held, {}, [BASE] * len(held))["answer"].tolist()}
    if missing := sorted(set(questions["task"]) - set(held["task"])):
        raise DataError(f"no held-out row is scored as {missing[0]}, so route=validated cannot choose for it")
    judged, names = tables.counted(tables.judge_all(held, said)), list(said)
    best = choosing.choose("validated", held=judged, models=names, tasks=questions["task"], ids=questions["id"])
    return [names[i] for i in best]


# -------------------------------------------------------------------------------------------------------------- scores


def score(line, name, questions, texts):
    """What every table is computed from, a row per question, without a text."""
    if line.sentence.score.name == "general":
        asked = (questions[column].tolist() for column in ("reference", "task", "id", "group"))
        references, kinds, ids, groups = asked
        return general.score_general(texts, references, kinds, name, ids, groups)
    found = tables.counted(tables.judge(name, questions, texts))
    if line.sentence.score.name == "fineval":
        texts = zip(questions["instruction"], questions["input"], strict=True)
        found = found.assign(numeric=[numeric.is_numeric(*text) for text in texts])
    return found
