"""Statuses come from measured intervals alone."""

import math

import pytest
from ingenium.studies.rules import Outcome, Part, Status, decide

from ingenium.core.errors import InputError
from ingenium.evaluate.intervals import Interval

GAIN = Part("gain", "better", "%", at_least=0.0)
CLAIMED = Part("claimed", "better by 18.3 %", "%", at_least=18.3)
EXACT = Part("exact", "inverts exactly", at_most=1e-9, main=False)

ABOVE, BELOW, ACROSS = (
    Interval(20.0, 19.0, 21.0),
    Interval(-3.0, -4.0, -2.0),
    Interval(1.0, -20.0, 20.0),
)


@pytest.mark.parametrize(
    ("found", "outcome"),
    [
        (Interval(0.9, 0.88, 0.92), Outcome.HOLDS),
        (Interval(0.9, 0.87, 0.93), Outcome.HOLDS),
        (Interval(0.85, 0.84, 0.869), Outcome.CONTRADICTED),
        (Interval(0.95, 0.931, 0.97), Outcome.CONTRADICTED),
        (Interval(0.9, 0.86, 0.92), Outcome.OPEN),
        (Interval(0.9, 0.88, 0.94), Outcome.OPEN),
        (Interval(0.9, math.nan, math.nan), Outcome.OPEN),
        (Interval(0.9, -math.inf, 0.91), Outcome.OPEN),
    ],
)
def test_a_part_is_judged_by_its_whole_interval(found: Interval, outcome: Outcome) -> None:
    assert Part("coverage", "near nominal", at_least=0.87, at_most=0.93).judge(found) is outcome


@pytest.mark.parametrize(
    ("gain", "claimed", "exact", "status"),
    [
        (ABOVE, ABOVE, Interval(0.0, 0.0, 0.0), Status.REPRODUCED),
        (ABOVE, BELOW, Interval(0.0, 0.0, 0.0), Status.PARTLY),
        (ABOVE, ACROSS, Interval(0.0, 0.0, 0.0), Status.PARTLY),
        (ABOVE, ABOVE, Interval(1.0, 1.0, 1.0), Status.PARTLY),
        (
            BELOW,
            BELOW,
            Interval(0.0, 0.0, 0.0),
            Status.REFUTED,
        ),  # a check alone is no part of the truth
        (ACROSS, BELOW, Interval(0.0, 0.0, 0.0), Status.REFUTED),
        (ACROSS, ACROSS, Interval(0.0, 0.0, 0.0), Status.NOT_YET),
        (ACROSS, ACROSS, Interval(1.0, 1.0, 1.0), Status.NOT_YET),
    ],
)
def test_the_rule(gain: Interval, claimed: Interval, exact: Interval, status: Status) -> None:
    found = {"gain": gain, "claimed": claimed, "exact": exact}
    assert decide((GAIN, CLAIMED, EXACT), found) is status


def test_every_part_must_be_measured() -> None:
    with pytest.raises(InputError, match="claimed"):
        decide((GAIN, CLAIMED), {"gain": ABOVE})


def test_bounds_in_words() -> None:
    assert CLAIMED.bound == "at least 18.3 %"
    assert Part("c", "", at_least=1.0, at_most=2.0).bound == "at least 1 and at most 2"
