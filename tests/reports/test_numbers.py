"""Numbers and times in words."""

import pytest

from tfadvseg.reports.numbers import duration


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.4, "0 s"), (89.4, "89 s"), (90, "2 min"), (5369, "89 min"), (5400, "1 h 30 min"), (float("nan"), "not known")],
)
def test_time_in_words(seconds, text):
    assert duration(seconds) == text
