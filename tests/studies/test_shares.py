"""Shares of what was counted, against a published interval."""

import pytest

from ingenium.studies.shares import share


def test_a_share_that_newcombe_printed() -> None:
    """81 of 263, method 3 of table I in Stat. Med. 17, 1998: 0.2553 to 0.3662."""
    found = share([True] * 81 + [False] * 182)
    assert found.value == 81 / 263
    assert found.low == pytest.approx(0.2553, abs=5e-5)
    assert found.high == pytest.approx(0.3662, abs=5e-5)


def test_nothing_counted_has_no_share() -> None:
    with pytest.raises(ZeroDivisionError):
        share([])
