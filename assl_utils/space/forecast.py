"""How long embedding will take, from a few texts."""

from __future__ import annotations

import time

import numpy as np

from assl_utils import progress
from assl_utils.space import encoder as space_encoder


def embed(texts, encoder, prompt=None, mode=None, rows=200, seed=0) -> dict:
    """What the vectors of ``texts`` will take, from those of ``rows`` random ones, a fifth of them in each probe.

    Returns
    -------
    dict
        ``texts`` (each different one is embedded once), ``tokens``, ``seconds``, ``low_s`` and ``high_s``, for all.
    """
    unique = sorted(set(texts))
    tokens = space_encoder.token_counts(unique, encoder, prompt)
    drawn = np.random.default_rng(seed).permutation(len(unique))[:rows]
    space_encoder.embed(
        [unique[i] for i in drawn[:2]], encoder, prompt, mode, label="warm-up"
    )  # the first pass is slow
    seconds = []
    for few in np.array_split(drawn, progress.PROBES):
        if some := [unique[i] for i in few]:
            began = time.perf_counter()
            space_encoder.embed(some, encoder, prompt, mode, label="trial")
            seconds.append((time.perf_counter() - began) * tokens.sum() / max(1, tokens[few].sum()))
    return {"texts": len(unique), "tokens": int(tokens.sum())} | progress.span(seconds)


def in_words(ahead, hourly_rate=0.0) -> str:
    """What `embed` foresees, as a sentence; with an hourly rate its price, too."""
    money = f", {ahead['seconds'] / 3600 * hourly_rate:.2f} at the hourly rate" if hourly_rate else ""
    return f"{ahead['texts']:,} different texts, about {progress.ranged(ahead)}{money}"
