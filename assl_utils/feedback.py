"""Asking the model: how well base and first expert do on every row that stage 1 left out, as shares in [0, 1]."""

import pandas as pd

from assl_utils import generation, models, rouge, scoring

KINDS = ("rouge", "nll")


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
        ``raw`` and ``lora``, and the answers ``raw_answer`` and ``lora_answer``, empty where none was written.
    """
    if kind not in KINDS:
        raise ValueError(f"feedback {kind!r} is none of {', '.join(KINDS)}")
    prompts = [models.prompt(i, x) for i, x in zip(rows["instruction"], rows["input"], strict=True)]
    references = rows["output"].tolist()

    def listen(who, adapters, label):
        if kind == "nll":
            heard = generation.log_likelihood(
                who, tokenizer, prompts, references, adapters, batch_size, label=f"{label} likelihood"
            )
            return scoring.likelihood(heard), [""] * len(prompts)
        answers = generation.generate(
            who, tokenizer, prompts, adapters, max_new_tokens, batch_size, cache, label=f"{label} answers"
        )
        tokens = [rouge.tokens(text) for text in references]
        return rouge.rouge_l([rouge.tokens(answer) for answer in answers], tokens)["f"].to_numpy(), answers

    raw, raw_answers = listen(model, None, "raw")
    with models.adapters(model, experts) as (both, full):
        lora, lora_answers = listen(both, [full[name] for name in wanted], "LoRA")
    return pd.DataFrame({"raw": raw, "lora": lora, "raw_answer": raw_answers, "lora_answer": lora_answers})
