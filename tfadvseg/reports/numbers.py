"""How scores and times are written in tables and sentences."""

import math


def number(value: float) -> str:
    """One decimal, or a dash for what is missing."""
    return "-" if math.isnan(value) else f"{value:.1f}"


def with_interval(value: float, low: float, high: float) -> str:
    """As 71.2 [69.8, 72.6], without brackets where there is no interval."""
    known = not any(map(math.isnan, (value, low, high)))
    return f"{number(value)} [{number(low)}, {number(high)}]" if known else number(value)


def duration(seconds: float) -> str:
    """As 40 s, 12 min or 3 h 5 min; "not known" of NaN."""
    if math.isnan(seconds):
        return "not known"
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60} min"
