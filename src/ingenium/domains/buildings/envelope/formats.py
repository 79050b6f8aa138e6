"""Format of envelopes: one epJSON model a design, read back strictly."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np
import torch
import xarray as xr

from ingenium.core.designs import DESIGN, to_arrays, to_dataset
from ingenium.core.errors import InputError
from ingenium.core.folders import write_atomic
from ingenium.core.quantity import Variable
from ingenium.core.reading.documents import json_file
from ingenium.core.reading.files import numbered, refusing
from ingenium.domains.buildings.envelope.catalogue import GLAZING, INSULATION, PLANTS
from ingenium.domains.buildings.envelope.design import RANGES, Envelopes
from ingenium.domains.buildings.envelope.epjson import (
    INSULATED,
    LEAKAGE_BY_INFILTRATION,
    EnergyPlusModel,
)

WHAT = "the epJSON model of an envelope of this plan, as propose writes it"


@dataclass(frozen=True, eq=False)
class EnergyModels:
    """An epJSON model a design, which EnergyPlus runs with a weather file."""

    model: EnergyPlusModel
    variables: tuple[Variable, ...]
    labels: Mapping[str, Any]
    name: ClassVar[str] = "epjson"
    endings: ClassVar[tuple[str, ...]] = (".epJSON",)

    @property
    def separate(self) -> Literal[True]:
        """Marker: designs share no file."""
        return True

    def write(self, designs: xr.Dataset, folder: Path) -> dict[int, Path]:
        """Write `envelope_00000.epJSON` and so on.

        Raises:
            InputError: for a design with a value that cannot be built.
        """
        own = Envelopes.of(to_arrays(designs, self.variables))
        if not own.sound.all():
            raise InputError("designs within bounds and on their steps", "others",
                             "Project them first.")  # fmt: skip
        found = {}
        for i, number in enumerate(designs[DESIGN].to_numpy().tolist()):  # a file a design
            found[number] = folder / f"envelope_{number:05d}.epJSON"
            write_atomic(found[number], self.model.text(own, i))
        return found

    def read(self, path: Path) -> xr.Dataset:
        """Read a model, or all of a folder.

        Raises:
            InputError: for any other document, and for one of another plan, use or climate.
        """
        files, index = numbered(path, "*.epJSON", WHAT)
        read = [self._one(file) for file in files]
        arrays = tuple(
            torch.from_numpy(np.concatenate([getattr(e, k) for e in read])) for k in RANGES
        )
        return to_dataset(arrays, self.variables, dict(self.labels), index=np.array(index))

    def _one(self, file: Path) -> Envelopes:
        whole = json_file(file, WHAT)
        with refusing(WHAT, file):
            design = _ModelReader(self.model, whole).design()
            due = self.model.objects(design, 0) if design.sound.all() else {}
        if _canonical(whole) != _canonical(due):
            raise InputError(
                f"{WHAT}: all else follows from the plan, use, climate and the design's values",
                f"{_differing(whole, due)} in {file}",
                "Export it again; a design of one's own is written by `propose`.",
            )
        return design


@dataclass(frozen=True, eq=False)
class _ModelReader:
    """Values of a design, each from one place of its model; the rest is compared afterwards."""

    model: EnergyPlusModel
    whole: Mapping[str, Any]

    def design(self) -> Envelopes:
        zones = self.model.zones
        first = zones.zones[0]
        supply = self.whole["ZoneHVAC:IdealLoadsAirSystem"][f"{first.name} supply"]
        leak = self.whole["ZoneInfiltration:DesignFlowRate"][f"{first.name} leakage"]
        fuel = supply["heating_fuel_efficiency_schedule_name"].removeprefix("heating by ")
        pane = self.whole["Construction"]["window"]["outside_layer"]
        values: dict[str, Any] = {
            "window": [self._facade(f, self._share) for f in zones.facades],
            "overhang": [self._facade(f, self._depth) for f in zones.facades],
            "leakage": leak["air_changes_per_hour"] * LEAKAGE_BY_INFILTRATION,
            "glazing": [g.name for g in GLAZING].index(pane),
            "plant": [p.name for p in PLANTS].index(fuel),
            "recovery": supply["sensible_heat_recovery_effectiveness"],
            "heating_size": supply["maximum_sensible_heating_capacity"] / first.floor,
            "cooling_size": supply["maximum_total_cooling_capacity"] / first.floor,
            **self._schedules(),
        }
        for part, name in INSULATED.items():
            material = self.whole["Material"].get(f"{part} {INSULATION.name}")
            if material is not None:
                values.setdefault(name, material["thickness"])
        rows = {
            k: np.array([values[k]], np.float64).reshape((1, -1) if r.facade else (1,))
            for k, r in RANGES.items()
        }
        return Envelopes(**rows).snapped()

    def _schedules(self) -> dict[str, float]:
        lines = {
            name: [row["field"] for row in self.whole["Schedule:Compact"][name]["data"]]
            for name in ("heating", "cooling")
        }
        start = int(str(lines["heating"][2]).removeprefix("Until: ").partition(":")[0])
        return {
            "heating_setpoint": lines["heating"][5],
            "setback": lines["heating"][3],
            "cooling_setpoint": lines["cooling"][5],
            "preheat": float(self.model.use.begin_h - start),
        }

    def _facade(self, facade: int, of: Callable[[str, float], float]) -> float:
        """Return a value of the first window on a facade."""
        for zone in self.model.zones.zones:
            for k, wall in enumerate(zone.walls):
                if wall.facade == facade and wall.windowed > 0:
                    return of(f"{zone.name} wall {k} window", wall.windowed)
        raise KeyError(facade)

    def _share(self, window: str, length: float) -> float:
        share: float = self.whole["Window"][window]["length"] / length
        return share

    def _depth(self, window: str, length: float) -> float:
        shades = self.whole.get("Shading:Overhang", {})
        depth: float = shades.get(f"{window} overhang", {"depth": 0.0})["depth"]
        return depth


def _canonical(whole: object) -> str:
    return json.dumps(whole, sort_keys=True)


def _differing(whole: Mapping[str, Any], due: Mapping[str, Any]) -> str:
    kinds = sorted(k for k in {*whole, *due} if _canonical(whole.get(k)) != _canonical(due.get(k)))
    return "another " + ", ".join(kinds[:3])
