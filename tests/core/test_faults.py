"""A table is read to its last entry: unknown or missing ones are reported by their place."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

import pytest

from ingenium.core.errors import InputError
from ingenium.core.spec import Spec, parse
from ingenium.core.units import Unit


@dataclass(frozen=True)
class Alloy:
    stiffness_pa: Annotated[float, Unit("Pa", 1e6, 2e12)]
    density_kg_m3: float

    def __post_init__(self) -> None:
        if not self.density_kg_m3 > 0:
            raise InputError("density_kg_m3 above 0", self.density_kg_m3, "Weigh it.")


@dataclass(frozen=True)
class Bolt:
    at_mm: tuple[float, float]
    alloy: Alloy | None = None


@dataclass(frozen=True)
class Washer:
    wide_mm: Annotated[tuple[float, float], Unit("mm", 0.1, 1e4)]


@dataclass(frozen=True)
class Frame:
    alloy: Alloy = Alloy(70e9, 2700.0)
    bolts: tuple[Bolt, ...] = ()
    named: Mapping[str, Alloy] = field(default_factory=dict)
    either: Bolt | Washer | None = None
    side: Literal["left", "right"] = "left"


GOOD = {"stiffness_pa": 70e9, "density_kg_m3": 2700.0}


def refusal(table: Mapping[str, Any]) -> str:
    with pytest.raises(InputError) as caught:
        parse(table, Frame, "a spec of toy.frame", under=("setup",))
    return str(caught.value)


@pytest.mark.parametrize(
    ("table", "place", "others"),
    [
        ({"ally": GOOD}, '"setup.ally"', "alloy for ally"),
        ({"alloy": GOOD | {"E": 1.0}}, '"setup.alloy.E"', "stiffness_pa, density_kg_m3"),
        ({"alloy": {"E": 1.0}}, '"setup.alloy.E"', "needs stiffness_pa, density_kg_m3"),
        (
            {"bolts": [{"at_mm": [0, 0]}, {"at_mm": [0, 0], "at": 3}]},
            '"at in the second [[setup.bolts]]"',
            "at_mm for at",
        ),
        (
            {"bolts": [{"at_mm": [0, 0], "alloy": GOOD | {"x": 1}}]},
            '"alloy.x in the first [[setup.bolts]]"',
            "only known entries in alloy in the first [[setup.bolts]] in a spec of toy.frame",
        ),
        ({"named": {"pin": GOOD | {"x": 1}}}, '"setup.named.pin.x"', "density_kg_m3"),
        ({"either": {"wide_mm": [1, 2], "wid": 1}}, '"setup.either.wid"', "wide_mm for wid"),
    ],
)
def test_an_unknown_entry_is_refused_at_every_depth(
    table: Mapping[str, Any], place: str, others: str
) -> None:
    told = refusal(table)
    assert f"unknown entry {place}" in told
    assert others in told


def test_unknown_entries_of_one_table_are_told_together_with_what_it_needs() -> None:
    told = refusal({"alloy": {"name": "17-4PH", "E": 196e9, "density": 7800}})
    assert 'the unknown entries "setup.alloy.name", "setup.alloy.E", "setup.alloy.density"' in told
    assert "Write density_kg_m3 for density." in told
    assert "It needs stiffness_pa, density_kg_m3." in told


def test_a_half_given_table_is_refused_with_what_is_missing() -> None:
    told = refusal({"alloy": {"stiffness_pa": 70e9}})
    assert "the entry setup.alloy.density_kg_m3 in a spec of toy.frame" in told
    assert "entries setup.alloy.stiffness_pa, setup.alloy.density_kg_m3" in refusal({"alloy": {}})


@pytest.mark.parametrize(
    ("got", "meant"),
    [
        (114.0, "Did you mean 114e6 Pa or 114e9 Pa?"),
        (210_000.0, "Did you mean 210000e3 Pa or 210000e6 Pa?"),
        (7e12, "Did you mean 7e+09 Pa or 7e+06 Pa?"),
    ],
)
def test_a_number_in_another_unit_is_asked_about(got: float, meant: str) -> None:
    told = refusal({"alloy": GOOD | {"stiffness_pa": got}})
    assert "setup.alloy.stiffness_pa from 1e+06 to 2e+12 Pa" in told
    assert f"{got:g}" in told
    assert meant in told


def test_each_number_of_a_row_has_its_unit() -> None:
    assert "0.003 mm" not in refusal({"either": {"wide_mm": [12.0, 0.003]}})
    assert "Did you mean 3 mm or 3000 mm?" in refusal({"either": {"wide_mm": [12.0, 0.003]}})


def test_a_magnitude_is_asked_of_specs_alone() -> None:
    assert Alloy(1.0, 1.0).stiffness_pa == 1.0


def test_settings_that_check_themselves_are_told_with_their_place() -> None:
    told = refusal({"bolts": [{"at_mm": [0, 0], "alloy": GOOD | {"density_kg_m3": 0}}]})
    assert told == (
        "expected density_kg_m3 above 0, in alloy in the first [[setup.bolts]], got 0.0. Weigh it."
    )


def test_a_limit_is_told_by_its_number() -> None:
    limits = [{"quantity": "v", "at_most": 1.0}] * 2 + [{"quantity": "v", "at_mst": 1.0}]
    with pytest.raises(InputError) as caught:
        parse({"problem": "toy.beam", "limits": limits}, Spec, "spec")
    assert 'the unknown entry "at_mst in the third [[limits]]"' in str(caught.value)
    assert "at_most for at_mst" in str(caught.value)


@pytest.mark.parametrize("number", [float("inf"), float("nan")])
def test_numbers_that_are_not_finite_are_refused_at_every_depth(number: float) -> None:
    assert "finite number" in refusal({"bolts": [{"at_mm": [0.0, number]}]})


def test_a_good_table_is_read() -> None:
    found = parse(
        {"alloy": GOOD, "bolts": [{"at_mm": [1, 2], "alloy": GOOD}], "side": "right"},
        Frame,
        "spec",
    )
    assert found == Frame(bolts=(Bolt((1.0, 2.0), Alloy(70e9, 2700.0)),), side="right")


def test_an_earlier_name_is_answered_by_the_present_one() -> None:
    for earlier, present in (("keep", "export"), ("apart", "min_distance")):
        with pytest.raises(InputError, match=f"Write {present} for {earlier}"):
            parse({"problem": "a", "select": {earlier: 1.0}}, Spec, "the spec")


@dataclass(frozen=True)
class Search:
    steps: int = 1
    sizes_mm: tuple[float, ...] = ()
    mirrored: bool = False
    seed: int | str = 0


@pytest.mark.parametrize(
    ("table", "place", "kind", "got"),
    [
        ({"steps": True}, "setup.steps", "whole number", "true"),
        ({"steps": "5"}, "setup.steps", "whole number", '"5"'),
        ({"sizes_mm": [1.0, True]}, "second value of setup.sizes_mm", "number", "true"),
        ({"sizes_mm": ["2"]}, "first value of setup.sizes_mm", "number", '"2"'),
        ({"mirrored": 1}, "setup.mirrored", "true or false", "1"),
        ({"mirrored": "yes"}, "setup.mirrored", "true or false", '"yes"'),
        ({"seed": True}, "setup.seed", "whole number or text", "true"),
    ],
)
def test_a_value_of_another_type_is_not_read_as_one(
    table: Mapping[str, Any], place: str, kind: str, got: str
) -> None:
    with pytest.raises(InputError) as caught:
        parse(table, Search, "a spec", under=("setup",))
    assert place in caught.value.expected
    assert kind in caught.value.expected
    assert caught.value.got == got


def test_whole_numbers_stand_for_numbers_and_texts_where_texts_are_meant() -> None:
    assert parse({"sizes_mm": [1, 2.5], "seed": "a"}, Search, "a spec") == Search(
        sizes_mm=(1.0, 2.5), seed="a"
    )
