"""Who answers a question, and the answers: one model, its adapters, a respondent per row of the results tables.

Chapter 8 and the study ask in the same way: `answer` for respondents that answer by one adapter each, `answer_together`
for two experts at once. `assl_utils.evaluation.tables.judge_all` scores what comes back.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

import pandas as pd

from assl_utils.evaluation import baselines
from assl_utils.experts import composition, generation
from assl_utils.experts.adapters import adapters
from assl_utils.sources import leakage
from assl_utils.tasks.wordings import prompts

BASE = "base"  # the model without an adapter


def trained_adapters(experts: Sequence[str]) -> list[str]:
    """Chapter 6's adapters: of all rows, of the mixed selection, and two for each cluster."""
    return ["all-data", "mix", *experts, *map(_whole_cluster, experts)]


def respondents(experts: Sequence[str], routed: Sequence[str]) -> dict[str, str | list[str]]:
    """The rows of the paper's tables that need answers of their own, and the adapter behind each.

    Parameters
    ----------
    experts : sequence of str
        ``lora-0``, ``lora-1``, …
    routed : sequence of str
        The expert of each question, as of chapter 7; ``cluster-data`` takes the expert of that whole cluster.
    """
    alone = [BASE, "all-data", *experts, "mix"]
    return {name: name for name in alone} | {"cluster-data": [_whole_cluster(expert) for expert in routed]}


def answer(
    model,
    tokenizer,
    questions: pd.DataFrame,
    folders: Mapping[str, str | os.PathLike],
    respondents: Mapping[str, str | Sequence[str]],
    **how,
) -> dict[str, pd.DataFrame]:
    """The answers of every respondent to every question.

    Parameters
    ----------
    model, tokenizer
        As from :func:`assl_utils.experts.models.load`.
    questions : DataFrame
        ``instruction, input``.
    folders : mapping of name to folder
        The adapters; none are needed where only the base model answers.
    respondents : mapping of name to adapter, or to an adapter per question
        ``BASE`` is the model without an adapter.
    **how
        ``max_new_tokens, batch_size, cache`` of :func:`assl_utils.experts.generation.answer`. Answers that are in the
        cache are taken from it.

    Returns
    -------
    dict of name to DataFrame
        What :func:`assl_utils.experts.generation.answer` returns: ``answer, seconds``, …, a row per question.
    """
    texts, given = prompts(questions), {}
    who = {name: [of] * len(texts) if isinstance(of, str) else list(of) for name, of in respondents.items()}
    for name, of in who.items():
        if unknown := sorted(set(of) - {BASE, *folders}):
            raise ValueError(f"{name} answers by {unknown[0]!r}, but there are the adapters {', '.join(folders)}")
    plain = [name for name, of in who.items() if set(of) <= {BASE}]
    for name in plain:  # before adapters are attached: the base model is then the same object, bit for bit
        given[name] = generation.answer(model, tokenizer, texts, label=name, **how)
    if len(plain) < len(who):
        with adapters(model, folders) as (loaded, full):
            for name in (name for name in who if name not in given):
                own = [full.get(adapter) for adapter in who[name]]
                given[name] = generation.answer(loaded, tokenizer, texts, own, label=name, **how)
    return {name: given[name] for name in who}


def answer_together(
    model,
    tokenizer,
    questions: pd.DataFrame,
    folders: Mapping[str, str | os.PathLike],
    experts: Sequence[Sequence[str]],
    weights: Sequence[Sequence[float]],
    max_new_tokens: int,
    batch_size: int,
    cache=None,
) -> dict[str, list[str]]:
    """The answers of several experts per question: ``two-fused`` by the sum of their updates, ``two-mixed`` by the
    mean of their probabilities at every token; see :mod:`assl_utils.experts.composition`.

    Parameters
    ----------
    experts, weights : sequence of sequences
        For each question the names of its experts and what each counts.
    """
    texts = prompts(questions)
    with adapters(model, folders) as (loaded, full):
        names = [[full[expert] for expert in own] for own in experts]
        how = {"max_new_tokens": max_new_tokens, "batch_size": batch_size, "cache": cache}
        fused = composition.fusion(loaded, tokenizer, texts, names, weights, label="two-fused", **how)
        mixed = composition.mixture(loaded, tokenizer, texts, names, weights, **how)
    return {"two-fused": fused, "two-mixed": mixed}


def routed(answers: Mapping[str, Sequence[str]], chosen: Sequence[str]) -> list[str]:
    """SilverSight's answers: to each question that of the expert it was routed to, which has answered already."""
    return [answers[expert][i] for i, expert in enumerate(chosen)]


def trivial(rows: pd.DataFrame, questions: pd.DataFrame) -> dict[str, list[str]]:
    """The answers that need no model, from the training rows alone: every one of `assl_utils.evaluation.baselines`."""
    return {name: baseline(rows, questions).tolist() for name, baseline in baselines.ALL.items()}


def _whole_cluster(expert: str) -> str:
    """The adapter trained on all rows of an expert's cluster; the base model has none."""
    return expert.replace("lora", "cluster")


def known(rows: pd.DataFrame, questions: pd.DataFrame) -> pd.DataFrame:
    """Which questions are known from training: ``id, known``, by :func:`assl_utils.sources.leakage.find`."""
    return questions[["id"]].assign(known=questions["id"].isin(leakage.find(rows, questions)["eval_id"]))
