"""The reading of a setup is reported to its last entry, with units."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated

from ingenium.core.setups import entries
from ingenium.core.spec import parse
from ingenium.core.units import Unit


@dataclass(frozen=True)
class Bolt:
    radius_mm: Annotated[float, Unit("mm", 0.1, 1e3)]
    at_mm: Annotated[tuple[float, float], Unit("mm")] | None = None


@dataclass(frozen=True)
class Plate:
    bolts: tuple[Bolt, ...]
    named: Mapping[str, Bolt] = field(default_factory=dict)
    middle: Bolt | None = None
    count: int = 3


def test_every_entry_has_its_place_value_unit_and_origin() -> None:
    requested = {
        "bolts": [{"radius_mm": 4}, {"radius_mm": 5, "at_mm": [1, 2]}],
        "named": {"pin": {"radius_mm": 6}},
        "middle": {"radius_mm": 7},
    }
    found = [
        (e.name, e.value, e.unit, e.given) for e in entries(parse(requested, Plate, "s"), requested)
    ]
    assert found == [
        ("radius_mm in the first [[bolts]]", 4.0, "mm", True),
        ("at_mm in the first [[bolts]]", None, "mm", False),
        ("radius_mm in the second [[bolts]]", 5.0, "mm", True),
        ("at_mm in the second [[bolts]]", (1.0, 2.0), "mm", True),
        ("named.pin.radius_mm", 6.0, "mm", True),
        ("named.pin.at_mm", None, "mm", False),
        ("middle.radius_mm", 7.0, "mm", True),
        ("middle.at_mm", None, "mm", False),
        ("count", 3, "", False),
    ]
