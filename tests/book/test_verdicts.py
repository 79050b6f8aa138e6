"""Verdicts come from the interval of the main claim alone, and refute only testable claims."""

import math

import pytest

from ingenium.core.errors import InputError
from ingenium.evaluate.measured import Control, Interval
from ingenium_book.verdicts import Built, ClaimPart, Outcome, RowVerdict, Scope, built, decide

GAIN = ClaimPart("gain", "better", "%", at_least=18.3, printed=18.3)
NEAR = ClaimPart("share", "valid", printed=0.9, margin=0.05, absolute=True)
ONE = Interval(1.0, 0.5, 1.5)
GIVEN = Control(ONE, ONE, half_loss=1.0, full_loss=0.99)

WELL, CLOSE, WIDE, SHORT, MISSED = (
    Interval(25.0, 20.0, 30.0),
    Interval(18.0, 17.0, 19.0),
    Interval(19.0, 10.0, 28.0),
    Interval(12.0, 5.0, 19.0),
    Interval(9.0, 6.0, 12.0),
)


@pytest.mark.parametrize(
    ("found", "outcome"),
    [
        (Interval(0.9, 0.88, 0.92), Outcome.HOLDS),
        (Interval(0.9, 0.855, 0.945), Outcome.HOLDS),
        (Interval(0.85, 0.84, 0.8549), Outcome.AGAINST),
        (Interval(0.95, 0.9451, 0.97), Outcome.AGAINST),
        (Interval(0.9, 0.8, 0.92), Outcome.CONSISTENT),
        (Interval(0.8, 0.7, 0.9), Outcome.OPEN),
        (Interval(0.9, math.nan, math.nan), Outcome.OPEN),
        (Interval(0.9, -math.inf, 0.91), Outcome.OPEN),
        (Interval(0.9, 0.9, 0.9), Outcome.HOLDS),
    ],
)
def test_a_printed_number_is_judged_within_its_margin(found: Interval, outcome: Outcome) -> None:
    assert NEAR.judge(found) is outcome


@pytest.mark.parametrize(
    ("found", "scope", "control", "verdict"),
    [
        (WELL, Scope.SAME, None, RowVerdict.CONFIRMED),
        (CLOSE, Scope.STAND_IN, None, RowVerdict.CONFIRMED),  # within a tenth of what is printed
        (WIDE, Scope.REDUCED, None, RowVerdict.CONSISTENT),
        (SHORT, Scope.SAME, GIVEN, RowVerdict.NOT_DECIDED),
        (MISSED, Scope.SAME, None, RowVerdict.NOT_REACHED),
        (MISSED, Scope.SAME, GIVEN, RowVerdict.REFUTED),
        (MISSED, Scope.STAND_IN, GIVEN, RowVerdict.NOT_REACHED),
        (MISSED, Scope.REDUCED, GIVEN, RowVerdict.NOT_REACHED),
    ],
)
def test_the_rule(
    found: Interval, scope: Scope, control: Control | None, verdict: RowVerdict
) -> None:
    assert decide(GAIN, found, scope, control) is verdict


@pytest.mark.parametrize(
    "control",
    [
        Control(Interval(1.0, -0.1, 2.0), ONE, 1.0, 0.99),  # no better than the nearest neighbour
        Control(ONE, Interval(-1.0, -2.0, -0.5), 1.0, 0.99),  # worse than chance
        Control(ONE, ONE, 1.0, 0.9),  # the loss still falls
        Control(ONE, ONE, -1.0, -1.2),
        Control(ONE, ONE, math.nan, math.nan),
        Control(Interval(1.0, math.nan, math.nan), ONE, 1.0, 1.0),
    ],
)
def test_nothing_is_refuted_without_a_control_that_convinces(control: Control) -> None:
    assert not control.convincing
    assert decide(GAIN, MISSED, Scope.SAME, control) is RowVerdict.NOT_REACHED


@pytest.mark.parametrize("scope", [Scope.STAND_IN, Scope.REDUCED])
def test_a_stand_in_says_nothing_of_an_absolute_number(scope: Scope) -> None:
    for found in (Interval(0.9, 0.89, 0.91), Interval(0.5, 0.4, 0.6)):
        assert decide(NEAR, found, scope, GIVEN) is RowVerdict.NOT_DECIDED
    assert decide(NEAR, Interval(0.9, 0.89, 0.91), Scope.SAME, None) is RowVerdict.CONFIRMED


def test_a_part_needs_a_bound_and_says_it() -> None:
    with pytest.raises(InputError, match="printed"):
        ClaimPart("gain", "better")
    assert GAIN.bound == "at least 18.3 %, or within 10 % of 18.3 %"
    assert NEAR.bound == "within 5 % of 0.9"
    assert ClaimPart("c", "", at_least=1.0, at_most=2.0).bound == "at least 1 and at most 2"


@pytest.mark.parametrize(
    ("main", "gaps", "verdict"),
    [
        ([True], [], Built.WORKS),
        ([True, True], [True], Built.WORKS),
        ([True], [True, False], Built.GAPS),
        ([True, False], [True], Built.NOT),
        ([], [True], Built.NOT),
    ],
)
def test_a_system_works_if_all_that_it_is_holds(
    main: list[bool], gaps: list[bool], verdict: Built
) -> None:
    assert built(main, gaps) is verdict
