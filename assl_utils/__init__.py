"""Modules of the book: one idea of the paper each, plus the plumbing."""
