"""The embedded corpus: 23 small sources and two benchmarks in the shape of the paper's, generated from a seed."""

from .corpus_text import raw_text

__all__ = ["raw_text"]
