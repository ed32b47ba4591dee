"""Waiting for who does not answer."""

import pytest

from tfadvseg.endpoints.failures import LONGEST, Patience, Refused, Unknown, Unreachable, quoted


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
    assert Patience(3, waited.append)("net", failing(3, Unreachable("gone."))) == 4
    assert waited == [0.25, 0.5, 1.0]


def test_after_the_last_repetition_it_says_how_often_it_tried():
    waited = []
    with pytest.raises(Unreachable, match=r"^gone\. It was tried 4 times\.$"):
        Patience(3, waited.append)("net", failing(4, Unreachable("gone.")))
    assert waited == [0.25, 0.5, 1.0]
    with pytest.raises(Unreachable, match=r"^gone\.$"):
        Patience(0, waited.append)("net", failing(1, Unreachable("gone.")))


def test_a_refusal_is_final():
    ask = failing(1, Refused("no."))
    with pytest.raises(Refused):
        Patience(5, pytest.fail)("net", ask)
    assert ask() == 2


def test_who_has_answered_before_is_waited_for_while_it_loads():
    waited = []
    patiently = Patience(3, waited.append)
    assert patiently("net", lambda: 1) == 1
    assert patiently("net", failing(2, Unknown("no such model."))) == 3 and waited == [0.25, 0.5]
    with pytest.raises(Unreachable, match=r"^no such model\. It was tried 4 times\.$"):
        patiently("net", failing(9, Unknown("no such model.")))


def test_a_name_that_never_answered_is_refused_at_once():
    patiently = Patience(3, pytest.fail)
    patiently("net", lambda: 1)
    with pytest.raises(Unknown):
        patiently("other", failing(1, Unknown("no such model.")))


def test_quotes_are_one_short_line():
    assert quoted("a\n  b") == "a b" and quoted("") == "nothing"
    assert quoted(LONGEST * "x") == LONGEST * "x" and quoted((LONGEST + 1) * "x") == LONGEST * "x" + " ..."
