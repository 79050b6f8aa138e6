"""What is said of a hidden exchange, from planted seconds."""

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
