"""How much the model can still learn from a row, (10)–(12): its answers before and after a first LoRA, scored by ROUGE.

The published equations do not say whether a perfect answer scores 1 or 100, and it changes them: on [0, 1] the
proportional score moves between −1 and 0 like the difference, on [0, 100] between −100 and 0. Scores come in as shares
(what `assl_utils.text.rouge` and `likelihood` return) and ``scale`` says how the equations read them.
"""

import numpy as np

SCALES = (1, 100)


def _pair(raw, lora, scale):
    """Both scores as float64 on the asked scale, checked."""
    if scale not in SCALES:
        raise ValueError(f"scale is {scale}; ROUGE is read on [0, 1] (scale=1) or [0, 100] (scale=100)")
    both = []
    for name, values in (("raw", raw), ("lora", lora)):
        values = np.asarray(values, dtype=np.float64)
        bad = ~((values >= 0) & (values <= 1))
        if bad.any():
            at = int(np.flatnonzero(bad)[0])
            raise ValueError(f"{name} score {at} is {values.flat[at]}; a score is a share in [0, 1]")
        both.append(values * scale)
    if both[0].shape != both[1].shape:
        raise ValueError(f"raw has shape {both[0].shape}, lora {both[1].shape}; they answer the same rows")
    return both


def likelihood(nll):
    r"""How probable a model finds the reference, token by token: a share in (0, 1] that can take ROUGE's place.

    .. math:: p(y \mid x) = \exp\bigl(-\mathrm{NLL}(y \mid x)\bigr) = \Bigl(\prod_t p(y_t \mid x, y_{<t})\Bigr)^{1/|y|}

    Ours, not the paper's: one forward pass over question and reference costs a fraction of writing an answer, and it
    sets a near miss apart from a far one where ROUGE is 0 for both.

    Parameters
    ----------
    nll : array
        Mean negative log-likelihood of each reference (`generation.log_likelihood`).

    Returns
    -------
    ndarray
    """
    nll = np.asarray(nll, dtype=np.float64)
    bad = ~(nll >= 0) | np.isinf(nll)
    if bad.any():
        at = int(np.flatnonzero(bad)[0])
        raise ValueError(f"negative log-likelihood {at} is {nll.flat[at]}; it is a number of at least 0")
    return np.exp(-nll)


def score_diff(raw, lora, scale=1):
    r"""What the first LoRA lost on a row.

    .. math:: Score_{diff}(x) = LLM_{Raw}(x) - LLM_{LoRA}(x)

    Eq. (10) of the paper.

    Parameters
    ----------
    raw, lora : arrays of equal shape
        ROUGE of the base model's and the LoRA's answer, in [0, 1].
    scale : {1, 100}, default 1
        Reads ROUGE on [0, 1] or on [0, 100].

    Returns
    -------
    ndarray
    """
    raw, lora = _pair(raw, lora, scale)
    return raw - lora


def score_prop(raw, lora, scale=1):
    r"""How well the LoRA already does in proportion to the base model, as a penalty.

    .. math:: Score_{prop}(x) = -\frac{LLM_{LoRA}(x)}{LLM_{Raw}(x) + 1}

    Eq. (11) of the paper; parameters as in `score_diff`.
    """
    raw, lora = _pair(raw, lora, scale)
    return -lora / (raw + 1.0)


def score_llm(raw, lora, scale=1):
    r"""Model feedback: high where the first LoRA answers badly, most of all where the base model knew better.

    .. math:: Score_{llm}(x) = Score_{diff}(x) + Score_{prop}(x)

    Eq. (12) of the paper; parameters as in `score_diff`. On [0, 1] it lies in [−2, 1].
    """
    return score_diff(raw, lora, scale) + score_prop(raw, lora, scale)
