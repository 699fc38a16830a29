"""Fixed parts of published rows that more than one reader must know: swapped answers, price lines, the aspect."""

import re

SWAPPED = {"是": "否", "否": "是"}
PRICES = "日期 开盘价 闭盘价"  # the line above the five days
ASPECT = "评价对象："
_DAY = re.compile(r"\S*\d\S*(?: -?[\d.]+){2}")


def without_prices(text):
    """The news of a stock-movement row without its price lines."""
    lines = text.split("\n")
    while len(lines) > 1 and (_DAY.fullmatch(lines[-1].strip()) or lines[-1].strip() in ("", PRICES)):
        lines.pop()
    return "\n".join(lines)
