"""Limits on single measurements: in the units of a spec, and on whole intervals."""

import math

import pytest

from ingenium.core.errors import InputError
from ingenium.core.judgement import Judgement, in_units, margins
from ingenium.core.spec import Limit, parse
from ingenium.evaluate.measured import Interval
from ingenium.infer.spec import InferSpec
from ingenium.monitor.spec import MonitorSpec
from ingenium.operate.spec import OperateSpec


def test_limits_are_in_the_unit_that_was_written() -> None:
    found = MonitorSpec(limits=(Limit("delay", at_most=0.25, unit="day"),)).limits[0]
    assert (found.at_most, found.unit) == (6.0, "h")
    rare = MonitorSpec(limits=(Limit("false_alarms", at_most=1, unit="1/day"),)).limits[0]
    assert rare.at_most == pytest.approx(7)
    share = InferSpec("a.b", limits=(Limit("coverage_90", at_least=85, unit="percent"),)).limits[0]
    assert share.at_least == pytest.approx(0.85)


@pytest.mark.parametrize("unit", ["kW", "percent"])
def test_a_unit_of_another_kind_is_refused(unit: str) -> None:
    with pytest.raises(InputError, match="outside"):
        parse(
            {"limits": [{"quantity": "outside", "at_most": 5, "unit": unit}]}, OperateSpec, "a spec"
        )


def test_margins_of_values_and_of_whole_intervals() -> None:
    own = {"share": Interval(0.9, 0.8, 0.95), "lost": Interval(*[math.nan] * 3)}
    plain, whole = Limit("share", at_least=0.85), Limit("share", 0.85, 1, beyond_uncertainty=True)
    requested = in_units(
        (plain, whole, Limit("lost", at_most=1)), {"share": "1", "lost": "1"}, "share"
    )
    found = list(margins(own, requested).values())
    assert found[:2] == pytest.approx([0.05, -0.05])
    assert math.isnan(found[2])


def test_a_bound_without_an_answer_is_no_answer_wherever_it_stands() -> None:
    known = {"delay": Interval(2.0, 1.0, math.nan)}
    both = Limit("delay", 0.5, 6.0, beyond_uncertainty=True)
    found = Judgement.of(known, [both])
    assert math.isnan(found.margins[both.label])
    assert found.verdict == "failed"


@pytest.mark.parametrize(("margin", "word"), [(0.0, "accepted"), (-1e-9, "rejected")])
def test_a_margin_of_nought_holds_and_one_below_does_not(margin: float, word: str) -> None:
    own = {"a": Interval(1.0, 1.0, 1.0), "b": Interval(margin, margin, margin)}
    found = Judgement.of(own, [Limit("a", at_least=0.0), Limit("b", at_least=0.0)])
    assert found.verdict == word


def test_what_speaks_against_an_artifact_weighs_more_than_doubts() -> None:
    own, limit = {"a": Interval(1.0, 1.0, 1.0), "b": Interval(*[math.nan] * 3)}, Limit("a", 2.0)
    caveats, unknown = ["too few truths"], Limit("b", at_least=0.0)
    assert Judgement.of(own, (), caveats=caveats).verdict == "inconclusive"
    assert Judgement.of(own, [unknown], caveats=caveats).verdict == "inconclusive"
    assert Judgement.of(own, [limit], caveats=caveats).verdict == "rejected"
    found = Judgement.of(own, [limit], against=["ranks are uneven"], caveats=caveats)
    assert found.verdict == "rejected"
    assert found.reasons == ("ranks are uneven", "2 <= a is not satisfied")
    assert Judgement.of(own, [unknown, limit]).verdict == "failed"
