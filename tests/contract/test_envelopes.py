"""The contract of `buildings.envelope`, and models that were changed after they were judged."""

import json
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

from ingenium.testing import Damage, ProblemContract

Change = Callable[[dict[str, Any]], object]


def _changed(path: Path, change: Change) -> None:
    whole = json.loads(path.read_text())
    before = json.dumps(whole)
    change(whole)
    assert json.dumps(whole) != before
    path.write_text(json.dumps(whole, indent=1))


def _first(kind: str, field: str, value: object) -> Change:
    """Set a field of the last object of a class, of which the values are not read."""

    def change(whole: dict[str, Any]) -> None:
        whole[kind][list(whole[kind])[-1]][field] = value

    return change


def _written(path: Path, old: str, new: str) -> None:
    found = path.read_text()
    assert old in found
    path.write_text(found.replace(old, new, 1))


def _more(whole: dict[str, Any]) -> None:
    whole["Output:SQLite"] = {"more": {"option_type": "Simple"}}


def _without(kind: str) -> Change:
    return lambda whole: whole.pop(kind)


def _field(kind: str, name: str, line: int, value: object) -> Change:
    def change(whole: dict[str, Any]) -> None:
        whole[kind][name]["data"][line]["field"] = value

    return change


def _wider(whole: dict[str, Any]) -> None:
    """Make one window wider than those of its facade."""
    for window in list(whole["Window"].values())[-1:]:
        window["length"] *= 1.07


def _twin_zone(whole: dict[str, Any]) -> None:
    name = next(iter(whole["Zone"]))
    whole["Zone"]["ANOTHER " + name] = dict(whole["Zone"][name])


class TestBuildingEnvelope(ProblemContract):
    problem_name = "buildings.envelope"
    setup: ClassVar[Mapping[str, Any]] = {"engine": "network", "known": 8}

    def forgeries(self) -> Mapping[str, Mapping[str, Damage]]:
        changes: dict[str, Change] = {
            "without people": _without("People"),
            "without leakage": _without("ZoneInfiltration:DesignFlowRate"),
            "without lights": _without("Lights"),
            "with an output that is not due": _more,
            "with a zone twice": _twin_zone,
            "with one window that is wider": _wider,
            "with half a year": _first("RunPeriod", "end_month", 6),
            "of another release": _first("Version", "version_identifier", "24.1"),
            "turned": _first("Building", "north_axis", 90.0),
            "with a conductivity of its own": _first("Material", "conductivity", 0.01),
            "with a lighter glass": _first(
                "WindowMaterial:SimpleGlazingSystem", "solar_heat_gain_coefficient", 0.1
            ),
            "with a plant that heats one zone more": _first(
                "ZoneHVAC:IdealLoadsAirSystem", "maximum_sensible_heating_capacity", 1e6
            ),
            "with outdoor air that never flows": _first(
                "DesignSpecification:OutdoorAir", "outdoor_air_schedule_name", "never"
            ),
            "with people who are never there": _field("Schedule:Compact", "occupied", 4, 0.0),
            "with another thermostat at weekends": _field("Schedule:Compact", "heating", 10, 5.0),
            "with insulation off its steps": _first("InternalMass", "surface_area", 1.0),
        }
        attacks: dict[str, Damage] = {k: partial(_changed, change=c) for k, c in changes.items()}
        attacks |= {
            "with a name twice": partial(
                _written,
                old='"Version": {',
                new='"Version": {"Version 2": {"version_identifier": "25.2"}},\n "Version": {',
            ),
            "with true for a number": partial(
                _written, old='steps_per_hour": 2', new='steps_per_hour": true'
            ),
            "with a number that is none": partial(
                _written, old='"north_axis": 0.0', new='"north_axis": NaN'
            ),
            "with text after its end": partial(_written, old="\n}\n", new="\n}\n{}\n"),
        }  # fmt: skip
        return {"epjson": attacks}
