"""What does not make two texts different goes; everything else stays."""

import pytest

from assl_utils.text.normal import normalise


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("  恒岭银行（600000），净利润 同比增长１５％！", "恒岭银行600000净利润同比增长15"),
        ("增长1.5%", "增长1.5"),  # is not 15
        ("第1. 第2.", "第1第2"),
        ("ABC_d", "abcd"),
        ("\u3000\ufeff\u200b\n", ""),
        ("。。。！？", ""),
        ("", ""),
    ],
)
def test_normalised_texts(text, expected):
    assert normalise(text) == expected
    assert normalise(expected) == expected
