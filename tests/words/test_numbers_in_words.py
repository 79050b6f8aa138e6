"""Numbers, units and bounds of a text, against the reading of an English speaker."""

import pytest

from ingenium.words.measures import measures
from ingenium.words.numbers import numbers


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("1,200 and 2 000 and 0.05 and .9", [1200, 2000, 0.05, 0.9]),
        ("4.1e6, 3 x 10^-3, -0.09 and minus 0.5", [4.1e6, 3e-3, -0.09, -0.5]),
        ("two hundred and fifty", [250]),
        ("a thousand, a dozen, two dozen", [1000, 12, 24]),
        ("half a kilogram, three quarters, a third", [0.5, 0.75, 1 / 3]),
        ("one and a half days, four and a half hours", [1.5, 4.5]),
        ("one in twenty", [0.05]),
        ("two thousand thirty", [2030]),
        ("one of them, a bracket, no one", []),
        ("80-90", [80, 90]),
    ],
)
def test_values(text: str, values: list[float]) -> None:
    assert [n.value for n in numbers(text)] == pytest.approx(values)


def test_places_are_those_of_the_text() -> None:
    text = "at most 1,200 kWh and half a metre"
    assert [text[n.start : n.end] for n in numbers(text)] == ["1,200", "half a"]


@pytest.mark.parametrize(
    ("text", "ends", "unit", "sense"),
    [
        ("over 60 kW", (60, 60), "kW", "least"),
        ("never under 0.95", (0.95, 0.95), None, "least"),
        ("not more than 4 J", (4, 4), "J", "most"),
        ("must not exceed 12 bar", (12, 12), "bar", "most"),
        ("no thinner than 0.6 mm", (0.6, 0.6), "mm", "least"),
        ("1.2 t at the most", (1.2, 1.2), "t", "most"),
        ("900 Hz or more", (900, 900), "Hz", "least"),
        ("between 13 and 16 %", (13, 16), "percent", "value"),
        ("from 0.3 up to 0.6", (0.3, 0.6), None, "value"),
        ("300 ± 20 g/mol", (280, 320), "g/mol", "value"),
        ("-100 to -80 degrees", (-100, -80), "degree", "value"),
        ("below 0.02 in", (0.02, 0.02), "inch", "most"),
        ("below 0.5 in winter", (0.5, 0.5), None, "most"),
        ("mass<=0.5kg", (0.5, 0.5), "kg", "most"),
        ("exactly 3 h", (3, 3), "h", "exact"),
    ],
)
def test_bounds(text: str, ends: tuple[float, float], unit: str | None, sense: str) -> None:
    (found,) = measures(text)
    assert found.ends == pytest.approx(ends)
    assert (found.unit, found.sense) == (unit, sense)


def test_the_exponent_of_a_unit_is_no_number_of_its_own() -> None:
    assert [m.unit for m in measures("under 120 angstrom**2 and 8 cm^3")] == [
        "angstrom**2",
        "cm**3",
    ]
