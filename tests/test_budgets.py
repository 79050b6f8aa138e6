"""Whom the seconds of tests count for."""

import pytest

from budgets import parted


def test_more_than_all_processors_can_do_in_its_time_was_done_before_a_test() -> None:
    assert parted(3.0, 2.0, 2) == (3.0, 0.0)
    assert parted(25.8, 1.8, 2) == pytest.approx((3.6, 22.2))
