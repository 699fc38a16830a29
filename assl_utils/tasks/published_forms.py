"""How the published files word a row: parts that more than one reader of them must know."""

import re

SWAPPED = {"是": "否", "否": "是"}
_DAY = re.compile(r"\S*\d\S*(?: -?[\d.]+){2}")


def without_prices(text):
    """The news of a stock-movement row without its price lines."""
    lines = text.split("\n")
    while len(lines) > 1 and (_DAY.fullmatch(lines[-1].strip()) or lines[-1].strip() in ("", PRICES)):
        lines.pop()
    return "\n".join(lines)


PRICES = "日期 开盘价 闭盘价"  # the line above the five days


ASPECT = "评价对象："
