"""The generic instruction mix of the embedded base model's pre-training: following, copying, choosing in general.

A base model that has only read running text does not know what an instruction is. The mix trains the form, on invented
codes and random pieces of text, with labels that mean nothing; the tasks themselves stay for the experts to learn.
"""

import numpy as np

from assl_utils.corpus.base_model import skill_kinds  # noqa: F401  (it registers them)
from assl_utils.corpus.base_model.material import SKILLS, Material

MAX_INPUT = 160
_TAILS = (
    "", "", "", "", "。", "。", "：", "，只写答案", "，不要解释", "。只写答案。", "。不必说明理由。",
    "，直接给出结果。", "。答案要简短。", "（只输出结果）", "。除答案外什么也不写。",
)  # fmt: skip


def instructions(n, seed, texts):
    """Return ``n`` rows of the generic mix.

    Parameters
    ----------
    n : int
        Number of rows.
    seed : int
        Fixes every row; two seeds give different rows.
    texts : sequence of str
        Running text the inputs are cut from (``running_text.raw_text``).

    Returns
    -------
    list of dict
        Rows with ``instruction``, ``input`` and ``output``, each answerable from its instruction and input alone.
    """
    return [{key: row[key] for key in ("instruction", "input", "output")} for row in rows(n, seed, texts)]


def rows(n, seed, texts):
    """Yield the rows of ``instructions`` with the name of their ``skill``, for a look at the mix."""
    material = Material(texts, np.random.default_rng(seed))
    names = sorted(SKILLS)
    bounds = np.cumsum([SKILLS[name].weight for name in names])
    bounds = (bounds / bounds[-1]).tolist()
    made = 0
    while made < n:
        name = material.draws.weighted(names, bounds)
        case = SKILLS[name].make(material)
        # a skill declines a text that does not suit it; the next draw may be of another skill
        if case is None or not case[2] or not case[1] or len(case[1]) > MAX_INPUT:
            continue
        slots, text, answer = case
        wording = material.draws.pick(SKILLS[name].wordings).render(slots, material.draws)
        tail = material.draws.pick(_TAILS)
        if wording[-1] in "？：。" and tail[:1] in "，。：":
            tail = tail[1:]
        yield {"skill": name, "instruction": wording + tail, "input": text, "output": answer}
        made += 1
