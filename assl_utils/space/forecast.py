"""How long embedding will take, from a few texts."""

from __future__ import annotations

import time

import numpy as np

from assl_utils.space import encoder as space_encoder


def embed(texts, encoder, prompt=None, way=None, rows=200, seed=0) -> dict:
    """What the vectors of ``texts`` will take, from those of ``rows`` of them drawn at random.

    Returns
    -------
    dict
        ``texts`` (each different one is embedded once), ``tokens`` and ``seconds``, for all.
    """
    unique = sorted(set(texts))
    tokens = space_encoder.token_counts(unique, encoder, prompt)
    drawn = np.random.default_rng(seed).permutation(len(unique))[:rows]
    some = [unique[i] for i in drawn]
    space_encoder.embed(some[:2], encoder, prompt, way, label="warm-up")  # the first pass of all is slow
    began = time.perf_counter()
    space_encoder.embed(some, encoder, prompt, way, label="trial")
    seconds = (time.perf_counter() - began) * tokens.sum() / max(1, tokens[drawn].sum())
    return {"texts": len(unique), "tokens": int(tokens.sum()), "seconds": float(seconds)}
