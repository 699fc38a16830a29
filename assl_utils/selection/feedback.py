"""Feedback of the model: how well base and first expert do on every row that stage 1 left out, as shares in [0, 1]."""

import time
from pathlib import Path

import numpy as np
import pandas as pd

from assl_utils import jobs as assl_jobs
from assl_utils.experts import adapters, generation, models
from assl_utils.selection.scores import likelihood, score_llm
from assl_utils.tasks import wordings
from assl_utils.text import rouge

KINDS = ("rouge", "nll")
SHARD = 8192  # rows in a job of `ask_all`
SIDES = {"raw": "the raw model", "lora": "the first experts"}


def check_kind(kind):
    """Refuse a kind of feedback that there is not, before an expert is trained for it."""
    if kind not in KINDS:
        raise ValueError(f"feedback={kind} is none of {', '.join(KINDS)}")


def ask_all(base, rows, experts, answering, engine="local", shard=SHARD, dtype="auto", quantize="no", **how):
    """`ask` in jobs of ``shard`` rows, done by any engine of `jobs.run`; the same answers from each.

    Parameters
    ----------
    base : str or path
        The base model; every process loads it once, as ``dtype`` and ``quantize`` say.
    rows, experts, answering, **how
        As for `ask`.
    """
    jobs = [
        {
            "base": str(base), "dtype": dtype, "quantize": quantize, "rows": rows.iloc[start:stop],
            "answering": list(answering[start:stop]),
            "experts": {name: Path(folder).resolve() for name, folder in experts.items()}, **how,
        }
        for start, stop in assl_jobs.slices(len(rows), shard)
    ]  # fmt: skip
    pieces = assl_jobs.run(_one_shard, jobs, engine, label="shards")
    if not pieces:
        return ask(*models.load_once(base, dtype=dtype, quantize=quantize), rows, experts, answering, **how)
    return pd.concat(pieces, ignore_index=True)


def _one_shard(base, dtype, quantize, rows, experts, answering, **how):
    experts = {name: experts[name] for name in sorted(set(answering))}
    return ask(*models.load_once(base, dtype=dtype, quantize=quantize), rows, experts, answering, **how)


def ask(model, tokenizer, rows, experts, answering, kind="rouge", batch_size=64, max_new_tokens=128, cache=None):
    """What (10)–(12) need of each row.

    Parameters
    ----------
    model, tokenizer
        The base model, see `models.load`.
    rows : DataFrame
        With instruction, input and output.
    experts : dict of str to path
        Adapter folders by name.
    answering : sequence of str
        The expert that answers each row: that of its cluster.
    kind : {"rouge", "nll"}
        ``"rouge"``: both write an answer, and its ROUGE-L F1 over characters counts; the paper's way. ``"nll"``: one
        forward pass over question and reference each, and the likelihood of a token of the reference counts; no answer
        is written.
    batch_size, max_new_tokens, cache
        As for `generation.generate`; the last two only matter where answers are written.

    Returns
    -------
    DataFrame, a row per row
        ``raw`` and ``lora``; the answers ``raw_answer`` and ``lora_answer``, empty where none was written; and what
        each of them took: tokens ``raw_read`` and ``raw_written``, ``raw_seconds``, and the same of ``lora``.
    """
    check_kind(kind)
    prompts, references = wordings.prompts(rows), rows["output"].tolist()

    def written(network, names, label):
        answers = generation.answer(
            network, tokenizer, prompts, names, max_new_tokens, batch_size, cache, label=f"{label} answers"
        )
        value = rouge.rouge_l([rouge.tokens(a) for a in answers["answer"]], [rouge.tokens(r) for r in references])
        return value["f"].to_numpy(), *(answers[c] for c in ("answer", "prompt_tokens", "answer_tokens", "seconds"))

    def likely(network, names, label):
        began = time.perf_counter()
        nll = generation.log_likelihood(
            network, tokenizer, prompts, references, names, batch_size, label=f"{label} likelihood"
        )
        seconds = (time.perf_counter() - began) / max(1, len(prompts))
        read = [len(models.encode_chat(tokenizer, *pair)[0]) for pair in zip(prompts, references, strict=True)]
        return likelihood(nll), "", read, 0, seconds

    of = written if kind == "rouge" else likely
    parts = ("", "_answer", "_read", "_written", "_seconds")
    table = {f"raw{part}": column for part, column in zip(parts, of(model, None, "raw"), strict=True)}
    with adapters.adapters(model, experts) as (both, full):
        lora = of(both, [full[name] for name in answering], "LoRA")
    table |= {f"lora{part}": column for part, column in zip(parts, lora, strict=True)}
    return pd.DataFrame(table, index=range(len(prompts)))


def sample(n, size, seed=0):
    """Positions of at most ``size`` of n rows, at random and ascending."""
    return np.sort(np.random.default_rng(seed).permutation(n)[:size])


def agreement(one, two, cluster, scale=1.0):
    """Whether two kinds of feedback want the same rows: rank correlation of (12), and the time that each takes.

    Parameters
    ----------
    one, two : DataFrame
        What `ask` returns for the same rows, by one kind and by the other.
    cluster : sequence of int
        Of each row.
    scale : float
        How (12) reads the values, see `scores.score_llm`.

    Returns
    -------
    (float, Series, (float, float))
        Spearman's correlation over all rows, by cluster, and seconds a row of either.
    """
    scores = pd.DataFrame({
        "one": score_llm(one["raw"].to_numpy(), one["lora"].to_numpy(), scale),
        "two": score_llm(two["raw"].to_numpy(), two["lora"].to_numpy(), scale),
    })  # fmt: skip
    by = {
        c: part["one"].corr(part["two"], "spearman") for c, part in scores.groupby(np.asarray(cluster)) if len(part) > 1
    }
    taken = tuple(float(table[["raw_seconds", "lora_seconds"]].sum(axis=1).mean()) for table in (one, two))
    return float(scores["one"].corr(scores["two"], "spearman")), pd.Series(by, name="rank correlation"), taken


def copied(answer, question, run=4):
    """Share of the runs of ``run`` characters of an answer that the question holds too; NaN of a shorter answer."""
    runs = [answer[i : i + run] for i in range(len(answer) - run + 1)]
    return sum(piece in question for piece in runs) / len(runs) if runs else float("nan")


def by_subtask(rows, feedback_scores):
    """How raw model and first experts answer, sub-task by sub-task.

    Parameters
    ----------
    rows : DataFrame
        ``subtask, instruction, input, output``.
    feedback_scores : DataFrame
        From `ask`, of the same rows.

    Returns
    -------
    DataFrame indexed by subtask
        Means: ROUGE ``raw`` and ``lora``, characters wanted and written, and the share of what was written that is
        `copied` from the question.
    """
    questions = wordings.prompts(rows)
    table = {side: feedback_scores[side] for side in SIDES}
    table["characters wanted"] = rows["output"].str.len().to_numpy()
    for side in SIDES:
        table[f"{side} writes"] = feedback_scores[f"{side}_answer"].str.len()
    for side in SIDES:
        pairs = zip(feedback_scores[f"{side}_answer"], questions, strict=True)
        table[f"{side} copied"] = [copied(*pair) for pair in pairs]
    return pd.DataFrame(table).groupby(rows["subtask"].to_numpy()).mean().rename_axis("sub-task")


def costs(feedback_scores, estimated_s, floor):
    """Both models' answers as rows of `estimate.bill`.

    Parameters
    ----------
    feedback_scores : DataFrame
        From `ask`.
    estimated_s : float
        What answering was expected to take, each time.
    floor : callable
        Of tokens read and written: seconds at the least.
    """
    rows = []
    for side, name in SIDES.items():
        read, written = (int(feedback_scores[f"{side}_{what}"].sum()) for what in ("read", "written"))
        rows.append({
            "work": f"answers of {name}", "rows": len(feedback_scores), "tokens": read + written,
            "estimated_s": estimated_s, "seconds": float(feedback_scores[f"{side}_seconds"].sum()),
            "floor_s": floor(read, written),
        })  # fmt: skip
    return rows
