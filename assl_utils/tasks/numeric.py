"""Which questions are numeric: the rule by which a model's answers are told apart, numeric and not.

A question is numeric if numbers are given in it and an amount is asked for:

1. Its text without the options holds at least two numbers. A date, a year, a paragraph of a law (第3条) or a number in
   a name (M2, A-3) does not count. One number is enough where the options are amounts, for there it must be worked on.
2. It asks for an amount. With options: more than half of them are amounts, a number with a unit or none. Without
   options: one of the words of ``ASKS`` occurs, or the text ends with an equals sign.
"""

import re

from assl_utils.tasks.parsing import nfkc

ASKS = ("多少", "几", "计算", "算出", "算一算", "求出", "得数", "口算", "等于", "合计", "约为", "应为")
GIVEN, GIVEN_WITH_AMOUNTS = 2, 1  # fewest numbers in the question, and where its options are amounts

_OPTION = re.compile(r"(?:^|(?<=[\s。?;]))\(?([A-G])(?:[、.:)](?!\d+[.%]?\d*[A-Z])|\s+)\s*")
_NOT_GIVEN = re.compile(
    r"第\s*\d+|(?:19|20)\d\d\s*(?:年|[-./](?=\d))(?:\s*\d{1,2}\s*[月./-])?(?:\s*\d{1,2}\s*日?)?"
    r"|\d{1,2}月(?:\d{1,2}日|份|末|初|底)?|[A-Za-z][-_]?\d[\w.]*"
)
_NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")
_AMOUNT = re.compile(r"[^\d]{0,4}\d[\d,]*(?:\.\d+)?\s*[^\d]{0,6}")
