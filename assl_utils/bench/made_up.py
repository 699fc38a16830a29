"""Data for measuring: made at random from a seed, alike in shape to the real ones."""

import tempfile

import numpy as np

from assl_utils.space import clustering


def topics(n, d, seed=0):
    """Unit vectors like those of sentences: topics of different size and spread, a spectrum that decays."""
    rng = np.random.default_rng(seed)
    spectrum = np.arange(1, d + 1, dtype=np.float32) ** -0.5
    share = rng.dirichlet(np.full(60, 0.5))
    topic = rng.choice(60, n, p=share)
    centre = rng.standard_normal((60, d), dtype=np.float32)
    spread = rng.uniform(0.3, 1.2, 60).astype(np.float32)
    X = (centre[topic] + spread[topic, None] * rng.standard_normal((n, d), dtype=np.float32)) * spectrum
    return X / np.linalg.norm(X, axis=1, keepdims=True)


def nearest_of_random_centres(X, ks, seed=0):
    """A clustering for each K: every point to the nearest of K points drawn at random."""
    rng = np.random.default_rng(seed)
    return {k: clustering.canonical((X @ X[rng.choice(len(X), k, replace=False)].T).argmax(axis=1)) for k in ks}


def answer_pairs(n):
    """Answers and references of 10 to 110 characters, as lists; an answer repeats two thirds of its reference."""
    rng = np.random.default_rng(2)
    references, hypotheses = [], []
    for length in rng.integers(10, 110, size=n):
        reference = [chr(0x4E00 + c) for c in rng.integers(0, 800, size=length)]
        kept = rng.random(length) < 0.67
        references.append(reference)
        hypotheses.append(
            [
                t if keep else chr(0x4E00 + c)
                for t, keep, c in zip(reference, kept, rng.integers(0, 800, size=length), strict=True)
            ]
        )
    return hypotheses, references


def small_encoder():
    """An encoder of the shape of multilingual-e5-small with random weights: as fast as the real one, and as large."""
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Normalize, Pooling, Transformer
    from transformers import BertConfig, BertModel

    from assl_utils import pretrained

    tokenizer = pretrained.load_tokenizer("embedded")
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(tokenizer), hidden_size=384, num_hidden_layers=12, num_attention_heads=12,
        intermediate_size=1536, max_position_embeddings=512, initializer_range=0.05,
    )  # fmt: skip
    with tempfile.TemporaryDirectory() as folder, pretrained.quiet():
        BertModel(config).save_pretrained(folder)
        tokenizer.save_pretrained(folder)
        module = Transformer(folder)
    module.max_seq_length = 512
    return SentenceTransformer(modules=[module, Pooling(384, pooling_mode="mean"), Normalize()], device="cpu")
