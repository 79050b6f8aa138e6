"""Units behind a number: composed ones, unknown ones, and words that only look like units."""

import math

import pytest

from ingenium.words.measures import measures
from ingenium.words.units import unit_at


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("2 kJ per kg", "kJ/kg"),
        ("4.43 g/cm3", "g/cm**3"),
        ("130 N/mm2", "N/mm**2"),
        ("90 square angstrom", "angstrom**2"),
        ("30 cubic centimetres", "cm**3"),
        ("0.05 MW", "MW"),
        ("8 kN per m", "kN/m"),
        ("-60 degC", "degC"),
        ("320 gram per mol", "g/mol"),
        ("12 dB", "dB"),
        ("0.95 per unit", "pu"),
        ("20 milliseconds", "ms"),
    ],
)
def test_units_are_composed(text: str, unit: str) -> None:
    (one,) = measures(text)
    assert one.unit == unit
    assert one.end == len(text)


@pytest.mark.parametrize("text", ["0.5 in winter", "4 sites", "300 of them", "0.8 min, cost 120"])
def test_words_are_no_units(text: str) -> None:
    assert unit_at(text, len(text.split()[0])) is None


def test_a_unit_that_nobody_knows_is_a_fault() -> None:
    (one,) = measures("below 5 Qx")
    assert '"Qx"' in one.fault
    (huge,) = measures("at most 1e400 mm")
    assert math.isinf(huge.low.value)
    assert huge.fault


@pytest.mark.parametrize(
    ("text", "value", "multiple"),
    [
        ("demand 20 % above usual", 1.2, True),
        ("demand 10 % under usual", 0.9, True),
        ("load grows by 30 percent", 1.3, True),
        ("solar doubles", 2.0, True),
        ("consumption up by a factor of 1.7", 1.7, True),
        ("at a risk of 5 %", 5.0, False),
        ("85 % or more", 85.0, False),
    ],
)
def test_changes_are_factors(text: str, value: float, multiple: bool) -> None:
    (one,) = measures(text)
    assert one.low.value == pytest.approx(value)
    assert one.multiple is multiple


@pytest.mark.parametrize(
    ("text", "sense", "strict"),
    [
        ("fewer than 6", "most", True),
        ("not more than 6", "most", False),
        ("more than one", "least", True),
        ("no more as 5", "most", False),
        ("bigger 0.8", "least", True),
        ("maximal 1,6", "most", False),
        ("never under 0,94", "least", False),
    ],
)
def test_comparisons(text: str, sense: str, strict: bool) -> None:
    (one,) = measures(text)
    assert (one.sense, one.strict) == (sense, strict)


def test_a_comma_may_be_decimal() -> None:
    found = measures("1,6 and 0,94 and 20,000 and 0,125")
    assert [m.low.value for m in found] == [1.6, 0.94, 20000.0, 0.125]
