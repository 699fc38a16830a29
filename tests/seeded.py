"""Random choices from a seed, for tests of the corpus."""

import numpy as np

from assl_utils.corpus.grammar import Draws


def draws(seed=0):
    return Draws(np.random.default_rng(seed))
