"""Grids: many experiments, each a sentence of words, run once and recorded.

``sentences`` says what a line is, ``files`` reads a grid file, ``data`` opens the run whose rows and questions a grid
uses, ``rows`` takes a line's rows, ``work`` trains and asks, ``lines`` does a line, ``record`` keeps and reads
what came of them, ``listing`` says which grids there are.
"""
