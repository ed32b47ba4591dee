"""Waiting for who does not answer."""

import pytest

from tfadvseg.endpoints.failures import LONGEST, Refused, Unreachable, patiently, quoted


def failing(times, error):
    """Fails so often, then answers how often it was asked."""
    calls = []

    def ask():
        calls.append(1)
        if len(calls) <= times:
            raise error
        return len(calls)

    return ask


def test_each_wait_is_twice_as_long():
    waited = []
    assert patiently(failing(3, Unreachable("gone.")), 3, waited.append) == 4
    assert waited == [0.25, 0.5, 1.0]


def test_after_the_last_repetition_it_says_how_often_it_tried():
    waited = []
    with pytest.raises(Unreachable, match=r"^gone\. It was tried 4 times\.$"):
        patiently(failing(4, Unreachable("gone.")), 3, waited.append)
    assert waited == [0.25, 0.5, 1.0]
    with pytest.raises(Unreachable, match=r"^gone\.$"):
        patiently(failing(1, Unreachable("gone.")), 0, waited.append)


def test_a_refusal_is_final():
    ask = failing(1, Refused("no."))
    with pytest.raises(Refused):
        patiently(ask, 5, pytest.fail)
    assert ask() == 2


def test_quotes_are_one_short_line():
    assert quoted("a\n  b") == "a b" and quoted("") == "nothing"
    assert quoted(LONGEST * "x") == LONGEST * "x" and quoted((LONGEST + 1) * "x") == LONGEST * "x" + " ..."
