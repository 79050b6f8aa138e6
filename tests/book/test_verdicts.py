"""Verdicts come from intervals, rivals and findings by one rule, as strict to both sides."""

import math

import pytest
from scipy.stats import t

from ingenium.core.errors import InputError
from ingenium.evaluate.measured import Control, FitCurve, Interval, Value
from ingenium_book.findings import Finding
from ingenium_book.spread import LEVEL, LEVEL_OF_LOOKS, at_level, student
from ingenium_book.verdicts import (
    AgreedItem,
    Bounds,
    Built,
    ClaimPart,
    Outcome,
    Rival,
    RowVerdict,
    Scope,
    built,
    decide,
)

GAIN = ClaimPart("gain", "better", "%", at_least=18.3, printed=18.3)
NEAR = ClaimPart("share", "valid", printed=0.9, margin=0.05, absolute=True)
ONE = Interval(1.0, 0.5, 1.5)
TWO = (100.0, 200.0)
LEARNED = FitCurve((100.0, 200.0, 300.0), (0.9, 0.7, 0.5), (1.0, 0.8, 0.9), 1.571)
GIVEN = Control(ONE, ONE, LEARNED, ((100.0, 1.0), (200.0, 0.8)))

WELL, CLOSE, WIDE, SHORT, MISSED = (
    Interval(25.0, 20.0, 30.0),
    Interval(18.0, 17.0, 19.0),
    Interval(19.0, 10.0, 28.0),
    Interval(12.0, 5.0, 19.0),
    Interval(9.0, 6.0, 12.0),
)


def judged(
    part: ClaimPart,
    found: Interval,
    scope: Scope = Scope.SAME,
    control: Control | None = None,
    **others: Value,
) -> RowVerdict | Built:
    values = {part.name: Value(found), **others}
    return decide(Bounds(part, scope=scope), values, control, seeds=5, sequential=False).status


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
    assert judged(GAIN, found, scope, control) is verdict


@pytest.mark.parametrize("bound", [{"at_least": 0.0}, {"at_most": 1.0}])
def test_half_of_all_null_effects_are_not_consistent(bound: dict[str, float]) -> None:
    part = ClaimPart("gain", "more", **bound)  # type: ignore[arg-type]
    middle = 0.1 if "at_least" in bound else 0.9
    assert judged(part, Interval(middle, -5.0, 5.0)) is RowVerdict.NOT_DECIDED
    away = ClaimPart("gain", "more", at_least=0.01)
    assert judged(away, Interval(0.1, -5.0, 5.0)) is RowVerdict.CONSISTENT


@pytest.mark.parametrize(
    ("rival", "worse"),
    [
        (Rival("a look-up", "over", above=0.0), False),  # 0.1 (-0.1 to 0.3)
        (Rival("a look-up", "clear", above=0.0), True),  # 0.2 (0.1 to 0.3)
        (Rival("a look-up", "clear", below=1.0), True),
        (Rival("a look-up", "own"), False),  # 24 to 26, where the method has 20 to 30
        (Rival("a look-up", "low"), True),
        (Rival("a look-up", "low", less=True), False),
    ],
)
def test_a_rival_that_does_as_well_takes_the_claim(rival: Rival, worse: bool) -> None:
    values = {
        "gain": Value(WELL),
        "over": Value(Interval(0.1, -0.1, 0.3)),
        "clear": Value(Interval(0.2, 0.1, 0.3)),
        "own": Value(Interval(25.0, 24.0, 26.0)),
        "low": Value(Interval(5.0, 4.0, 6.0)),
    }
    found = decide(Bounds(GAIN, (rival,)), values, None, seeds=5, sequential=False)
    assert found.status is (RowVerdict.CONFIRMED if worse else RowVerdict.AS_BY)
    assert str(found) == ("confirmed" if worse else "confirmed, as by a look-up")


def test_rivals_are_paired_by_seed_where_seeds_are_stored() -> None:
    """Both spread by more than they differ, and differ in the same way on every seed."""
    own, other = (1.0, 2.0, 3.0, 4.0, 5.0), (0.9, 1.91, 2.89, 3.9, 4.9)
    part = ClaimPart("gain", "more", at_least=0.5)
    values = {"gain": Value(Interval(3.0, 1.0, 5.0), own)}
    for seeds, status in ((other, RowVerdict.CONFIRMED), ((), RowVerdict.AS_BY)):
        values["theirs"] = Value(Interval(2.9, 0.9, 4.9), seeds)
        bounds = Bounds(part, (Rival("chance", "theirs"),))
        assert decide(bounds, values, None, seeds=5, sequential=False).status is status


def test_a_rival_that_was_not_measured_is_named() -> None:
    bounds = Bounds(GAIN, (Rival("a look-up", "nothing"),))
    with pytest.raises(InputError, match="nothing for the rival a look-up"):
        decide(bounds, {"gain": Value(WELL)}, None, seeds=5, sequential=False)


@pytest.mark.parametrize(
    "control",
    [
        Control(Interval(1.0, -0.1, 2.0), ONE, LEARNED, GIVEN.by_rows),  # as the nearest neighbour
        Control(ONE, Interval(-1.0, -2.0, -0.5), LEARNED, GIVEN.by_rows),  # worse than chance
        Control(ONE, ONE, None, GIVEN.by_rows),  # no curve was stored
        Control(ONE, ONE, LEARNED),  # no losses by rows
        Control(
            ONE, ONE, FitCurve(TWO, (1.0, 0.1), (0.8, 3.2), 1.571), GIVEN.by_rows
        ),  # overfitted
        Control(ONE, ONE, FitCurve(TWO, (2.0, 1.6), (1.7, 1.6), 1.571), GIVEN.by_rows),  # nothing
        Control(ONE, ONE, FitCurve(TWO, (2.0, 1.0), (1.7, 1.0), math.nan), GIVEN.by_rows),
        Control(Interval(1.0, math.nan, math.nan), ONE, LEARNED, GIVEN.by_rows),
    ],
)
def test_nothing_is_refuted_without_a_control_that_convinces(control: Control) -> None:
    assert not control.convincing
    assert judged(GAIN, MISSED, Scope.SAME, control) is RowVerdict.NOT_REACHED


def test_the_methods_own_printed_quality_refutes_too_on_the_same_task_alone() -> None:
    quality = ClaimPart("error", "of the method", at_most=0.0149)
    for error, scope, verdict in (
        (0.0025, Scope.SAME, RowVerdict.REFUTED),
        (0.0171, Scope.SAME, RowVerdict.NOT_REACHED),
        (0.0025, Scope.STAND_IN, RowVerdict.NOT_REACHED),
    ):
        values = {"gain": Value(MISSED), "error": Value(Interval(error, error, error))}
        bounds = Bounds(GAIN, quality=(quality,), scope=scope)
        assert decide(bounds, values, None, seeds=5, sequential=False).status is verdict


@pytest.mark.parametrize("scope", [Scope.STAND_IN, Scope.REDUCED])
def test_a_stand_in_says_nothing_of_an_absolute_number(scope: Scope) -> None:
    for found in (Interval(0.9, 0.89, 0.91), Interval(0.5, 0.4, 0.6)):
        assert judged(NEAR, found, scope, GIVEN) is RowVerdict.NOT_DECIDED
    assert judged(NEAR, Interval(0.9, 0.89, 0.91), Scope.SAME, None) is RowVerdict.CONFIRMED


def test_a_part_needs_a_bound_and_says_it() -> None:
    with pytest.raises(InputError, match="printed"):
        ClaimPart("gain", "better")
    assert GAIN.bound == "at least 18.3 %, or within 10 % of 18.3 %"
    assert NEAR.bound == "within 5 % of 0.9"
    assert ClaimPart("c", "", at_least=1.0, at_most=2.0).bound == "at least 1 and at most 2"


@pytest.mark.parametrize("freedom", [1, 2, 3, 4, 5, 9, 19, 29])
@pytest.mark.parametrize("level", [LEVEL, LEVEL_OF_LOOKS])
def test_students_quantile_is_scipys(freedom: int, level: float) -> None:
    assert student(freedom, level) == pytest.approx(t.ppf((1 + level) / 2, freedom), rel=1e-9)


def test_a_study_that_may_go_on_needs_more() -> None:
    by_seed = (1.0, 2.0, 3.0, 4.0, 5.0)
    half = student(4, LEVEL) * math.sqrt(0.5)
    found = Value(Interval(3.0, 3.0 - half, 3.0 + half), by_seed)
    wider = at_level(found, LEVEL_OF_LOOKS, 5)
    assert wider.high - 3.0 == pytest.approx(half * student(4, LEVEL_OF_LOOKS) / student(4, LEVEL))
    alone = at_level(Value(found.interval), LEVEL_OF_LOOKS, 5)
    assert alone.low == pytest.approx(wider.low)
    over_days = Value(Interval(3.0, -6.0, 12.0), by_seed)  # which no look at seeds narrows
    assert at_level(over_days, LEVEL_OF_LOOKS, 5) == over_days.interval
    part = ClaimPart("gain", "more", at_least=3.0 - 1.2 * half)
    values = {"gain": found}
    for sequential, verdict in ((False, RowVerdict.CONFIRMED), (True, RowVerdict.CONSISTENT)):
        made = decide(Bounds(part), values, None, seeds=5, sequential=sequential)
        assert made.status is verdict


@pytest.mark.parametrize("by_seed", [(1.0,) * 5, (0.0,) * 5, (1.0, 1.0, 0.9, 1.0, 0.4)])
def test_shares_stay_within_0_and_1(by_seed: tuple[float, ...]) -> None:
    wide = Value(Interval(sum(by_seed) / 5, -0.5, 1.5), by_seed)
    found = at_level(wide, LEVEL, 5, share_of=1.0)
    assert 0 <= found.low < found.high <= 1
    assert found.low <= found.value <= found.high


def finding(text: str, holds: bool, *, gap: bool = False) -> Finding:
    return Finding(text, holds, gap)


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
    found = [finding("x", x) for x in main] + [finding("y", y, gap=True) for y in gaps]
    assert built(found).status is verdict


def test_a_part_of_the_title_that_fails_or_is_untested_leaves_it_in_part() -> None:
    found = [finding("it sums", True), finding("it plans", False, gap=True)]
    parts = [
        AgreedItem("sums", ("it sums",)),
        AgreedItem("plans", ("it plans",)),
        AgreedItem("asks", ("untested",)),
    ]
    assert str(built(found, parts)) == "in part (1 of 3)"
    assert built(found, parts[:1]).status is Built.GAPS
    assert built(found[:1], parts[:1]).status is Built.WORKS
    assert built(found[:1], parts[:1], [AgreedItem("speed", ("untested",))]).status is Built.GAPS
    assert built([finding("it sums", False)], parts).status is Built.NOT
