"""Reported overlap of an exchange, from planted seconds."""

import pytest

from ingenium.scale.exchange import hidden_of

LONE = [0.40, 0.42, 0.41, 0.40, 0.43]


@pytest.mark.parametrize(("seen", "hidden"), [(0.0, 1.0), (0.005, 0.5), (0.01, 0.0), (0.02, -1.0)])
def test_the_part_of_an_exchange_that_a_step_does_not_show(seen: float, hidden: float) -> None:
    found = hidden_of([x + seen for x in LONE], LONE, 0.01)
    assert found["hidden"] == pytest.approx(hidden, abs=1e-9)


def test_nothing_is_said_where_steps_differ_by_more_than_the_exchange() -> None:
    found = hidden_of([0.30, 0.52, 0.41, 0.39, 0.44], LONE, 0.01)
    assert found["hidden"] is None
    assert found["noise_s"] is not None
    assert found["noise_s"] > 0.05


def test_one_late_pass_of_twelve_says_nothing() -> None:
    found = hidden_of([*(0.41 + 0.001 * i for i in range(11)), 0.9], [0.4] * 12, 0.03)
    assert found["hidden"] == pytest.approx(1 - 0.0155 / 0.03)
    assert found["noise_s"] == pytest.approx(0.0035)
