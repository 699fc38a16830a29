"""The price lines of a stock-movement row go, the news stays whole."""

import pytest

from assl_utils.tasks.published_forms import without_prices

NEWS = "甲公告，2020年净利 10.4 亿元。"
PRICES = f"{NEWS}\n日期 开盘价 闭盘价\n2020-07-17 10.4 10.6\n2020-07-20 10.6 -0.5"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (PRICES, NEWS),
        (f"{PRICES}\n\n", NEWS),
        (f"{NEWS}\n2020/7/17 1 2", NEWS),
        (f"第一段\n{NEWS}\n日期 开盘价 闭盘价\n2020-07-17 10.4 10.6 ", f"第一段\n{NEWS}"),
        (NEWS, NEWS),
        (f"第一段\n{NEWS}", f"第一段\n{NEWS}"),
        ("甲公告\n2020-07-17 复牌", "甲公告\n2020-07-17 复牌"),
        ("甲公告\n净利 10.4 10.6", "甲公告\n净利 10.4 10.6"),  # no day
        ("2020-07-17 10.4 10.6", "2020-07-17 10.4 10.6"),  # nothing would be left
        ("", ""),
    ],
)
def test_only_lines_of_prices_are_taken_for_prices(text, expected):
    assert without_prices(text) == expected
