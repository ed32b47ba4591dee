"""How scores are written in tables and sentences."""

import math


def number(value: float) -> str:
    """One decimal, or a dash for what is missing."""
    return "-" if math.isnan(value) else f"{value:.1f}"


def with_interval(value: float, low: float, high: float) -> str:
    """As 71.2 [69.8, 72.6], without brackets where there is no interval."""
    known = not any(map(math.isnan, (value, low, high)))
    return f"{number(value)} [{number(low)}, {number(high)}]" if known else number(value)
