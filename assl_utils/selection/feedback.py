"""Asking the model: how well base and first expert do on every row that stage 1 left out, as shares in [0, 1]."""

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


def ask_all(base, rows, experts, wanted, engine="local", shard=SHARD, dtype="auto", **how):
    """`ask` in jobs of ``shard`` rows, done by any engine of `shards.run`; the same answers from each.

    Parameters
    ----------
    base : str or path
        The base model; every process loads it once, in ``dtype``.
    rows, experts, wanted, **how
        As for `ask`.
    """
    jobs = [
        {
            "base": str(base), "dtype": dtype, "rows": rows.iloc[start:stop], "wanted": list(wanted[start:stop]),
            "experts": {name: Path(folder).resolve() for name, folder in experts.items()}, **how,
        }
        for start, stop in assl_jobs.slices(len(rows), shard)
    ]  # fmt: skip
    heard = assl_jobs.run(_one_shard, jobs, engine, label="shards")
    if not heard:
        return ask(*models.load_once(base, dtype=dtype), rows, experts, wanted, **how)
    return pd.concat(heard, ignore_index=True)


def _one_shard(base, dtype, rows, experts, wanted, **how):
    experts = {name: experts[name] for name in sorted(set(wanted))}
    return ask(*models.load_once(base, dtype=dtype), rows, experts, wanted, **how)


def ask(model, tokenizer, rows, experts, wanted, kind="rouge", batch_size=64, max_new_tokens=128, cache=None):
    """What (10)–(12) need of each row.

    Parameters
    ----------
    model, tokenizer
        The base model, see `models.load`.
    rows : DataFrame
        With instruction, input and output.
    experts : dict of str to path
        Adapter folders by name.
    wanted : sequence of str
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
        ``raw`` and ``lora``; the answers ``raw_answer`` and ``lora_answer``, empty where none was written; and what it
        took to hear each: tokens ``raw_read`` and ``raw_written``, ``raw_seconds``, and the same of ``lora``.
    """
    if kind not in KINDS:
        raise ValueError(f"feedback {kind!r} is none of {', '.join(KINDS)}")
    prompts = [wordings.prompt(i, x) for i, x in zip(rows["instruction"], rows["input"], strict=True)]
    references = rows["output"].tolist()

    def written(who, adapters, label):
        told = generation.answer(
            who, tokenizer, prompts, adapters, max_new_tokens, batch_size, cache, label=f"{label} answers"
        )
        tokens = [rouge.tokens(text) for text in references]
        value = rouge.rouge_l([rouge.tokens(answer) for answer in told["answer"]], tokens)["f"].to_numpy()
        return value, told["answer"], told["prompt_tokens"], told["answer_tokens"], told["seconds"]

    def likely(who, adapters, label):
        began = time.perf_counter()
        heard = generation.log_likelihood(
            who, tokenizer, prompts, references, adapters, batch_size, label=f"{label} likelihood"
        )
        share = (time.perf_counter() - began) / max(1, len(prompts))
        read = [len(models.encode_chat(tokenizer, *pair)[0]) for pair in zip(prompts, references, strict=True)]
        return likelihood(heard), "", read, 0, share

    listen = written if kind == "rouge" else likely
    parts = ("", "_answer", "_read", "_written", "_seconds")
    heard = {f"raw{part}": column for part, column in zip(parts, listen(model, None, "raw"), strict=True)}
    with adapters.adapters(model, experts) as (both, full):
        lora = listen(both, [full[name] for name in wanted], "LoRA")
    heard |= {f"lora{part}": column for part, column in zip(parts, lora, strict=True)}
    return pd.DataFrame(heard, index=range(len(prompts)))


def agreement(one, two, cluster, scale=1.0):
    """Whether two ears want the same rows: rank correlation of (12), and what each of them took.

    Parameters
    ----------
    one, two : DataFrame
        What `ask` heard of the same rows by one kind and by the other.
    cluster : sequence of int
        Of each row.
    scale : float
        The height of the first ear's values in (12); see `scoring.score_llm`.

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
    taken = tuple(float(heard[["raw_seconds", "lora_seconds"]].sum(axis=1).mean()) for heard in (one, two))
    return float(scores["one"].corr(scores["two"], "spearman")), pd.Series(by, name="rank correlation"), taken


def copied(answer, question, run=4):
    """Share of the runs of ``run`` characters of an answer that stand in the question; NaN of a shorter answer."""
    runs = [answer[i : i + run] for i in range(len(answer) - run + 1)]
    return sum(piece in question for piece in runs) / len(runs) if runs else float("nan")


def manner(rows, heard):
    """How raw model and first experts answer, sub-task by sub-task.

    Parameters
    ----------
    rows : DataFrame
        ``subtask, instruction, input, output``.
    heard : DataFrame
        From `ask`, of the same rows.

    Returns
    -------
    DataFrame indexed by subtask
        Means: ROUGE ``raw`` and ``lora``, characters wanted and written, and the share of what was written that is
        `copied` from the question.
    """
    questions = [wordings.prompt(i, x) for i, x in zip(rows["instruction"], rows["input"], strict=True)]
    table = {"raw": heard["raw"], "lora": heard["lora"], "characters wanted": rows["output"].str.len().to_numpy()}
    for side in ("raw", "lora"):
        table[f"{side} writes"] = heard[f"{side}_answer"].str.len()
    for side in ("raw", "lora"):
        pairs = zip(heard[f"{side}_answer"], questions, strict=True)
        table[f"{side} copied"] = [copied(*pair) for pair in pairs]
    return pd.DataFrame(table).groupby(rows["subtask"].to_numpy()).mean().rename_axis("sub-task")


def works(heard, estimated_s, floor):
    """Both models' answers as rows of `estimate.bill`.

    Parameters
    ----------
    heard : DataFrame
        From `ask`.
    estimated_s : float
        What answering was expected to take, each time.
    floor : callable
        Of tokens read and written: seconds at the least.
    """
    rows = []
    for side, whose in (("raw", "the raw model"), ("lora", "the first experts")):
        read, written = int(heard[f"{side}_read"].sum()), int(heard[f"{side}_written"].sum())
        rows.append({
            "work": f"answers of {whose}", "rows": len(heard), "tokens": read + written,
            "estimated_s": estimated_s, "seconds": float(heard[f"{side}_seconds"].sum()),
            "floor_s": floor(read, written),
        })  # fmt: skip
    return rows
