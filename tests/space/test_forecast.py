"""What encoding will take, in words; how it is estimated is tested with the other estimates."""

from assl_utils.space import forecast

AHEAD = {"texts": 4307, "tokens": 9, "seconds": 7200.0, "low_s": 3600.0, "high_s": 10800.0}


def test_an_estimate_names_texts_time_and_range():
    assert forecast.in_words(AHEAD) == "4,307 different texts, about 2 h 0 min (1 h 0 min to 3 h 0 min by the probes)"


def test_an_hourly_rate_gives_the_price():
    assert forecast.in_words(AHEAD, 1.5).endswith("by the probes), 3.00 at the hourly rate")
