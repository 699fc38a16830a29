"""What is shown is the source of the function itself."""

import inspect

from assl_utils.figures.source import show_source
from assl_utils.selection import literal


def test_the_source_is_that_of_the_functions_in_one_block():
    shown = show_source(literal.cosine, literal.greedy_13).data
    assert shown.startswith("```python\ndef cosine(a, b):") and shown.endswith("return picks\n```")
    assert inspect.getsource(literal.greedy_13).rstrip() in shown and shown.count("```") == 2


def test_the_literal_functions_can_be_shown_in_a_fence():
    for function in (literal.algorithm_1, literal.greedy_13, literal.common_subsequence, literal.rouge_l):
        assert "```" not in inspect.getsource(function)
