"""Files of plans: time stamps of the CSV, and JSON with the names of PGLib-UC."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import xarray as xr

from ingenium.core.designs import DESIGN
from ingenium.core.errors import InputError
from ingenium.core.quantity import Variable
from ingenium.core.reading.documents import json_file
from ingenium.core.reading.files import numbered, refusing
from ingenium.core.reading.tables import DataTable
from ingenium.domains.grid.dispatch.plan import DispatchPlan
from ingenium.domains.grid.dispatch.system import DispatchSystem

WHAT = "a plan as JSON, as propose writes it"


@dataclass(frozen=True, eq=False)
class HourStamps:
    """Starts of the hours of a plan, in UTC, from its first hour on."""

    first: np.datetime64
    hours: int
    head: str = "time"
    variables: tuple[Variable, ...] = ()

    def cells(self, *numbers: float) -> Sequence[Any]:
        """Return the stamp of each hour."""
        hours = self.first.astype("datetime64[h]") + np.arange(self.hours)
        return [f"{stamp}:00Z" for stamp in hours.astype(str)]

    def read(self, table: DataTable) -> tuple[float, ...]:
        """Check the stamps.

        Raises:
            InputError: for others, such as those of a day of 23 or 25 hours.
        """
        found = table.frame[table.at(self.head)].astype(str).tolist()
        due = list(self.cells())
        if found != due:
            at = next(i for i, (a, b) in enumerate(zip(found, due, strict=True)) if a != b)
            raise InputError(
                f"hours in UTC from {due[0]} to {due[-1]}",
                f"{found[at]!r} in {table.place(at, self.head)}",
                f"Write {due[at]}: local time has days of 23 and 25 hours.",
            )
        return ()


@dataclass(frozen=True, eq=False)
class PlanJson:
    """A JSON file a plan, with the names of PGLib-UC, and voltages and shedding of buses."""

    system: DispatchSystem
    assemble: Callable[[Mapping[str, np.ndarray], list[int]], xr.Dataset]
    name: str = "pglib_uc"
    endings: tuple[str, ...] = (".json",)

    @property
    def separate(self) -> Literal[True]:
        return True

    def write(self, designs: xr.Dataset, folder: Path) -> dict[int, Path]:
        """Write `plan_000000.json` and so on."""
        found = {}
        for i, number in enumerate(designs[DESIGN].to_numpy().tolist()):  # a file a plan
            given = {str(n): designs[n].to_numpy()[i].astype(np.float64) for n in designs.data_vars}
            found[number] = folder / f"plan_{number:06d}.json"
            table = self._table(DispatchPlan.of(self.system, given))
            found[number].write_text(json.dumps(table, indent=1) + "\n", encoding="utf-8")
        return found

    def _table(self, plan: DispatchPlan) -> dict[str, Any]:
        s = self.system
        own = zip(s.units.names, plan.on.tolist(), plan.p.tolist(), strict=True)
        volts = dict(zip(s.net.bus[s.controls].tolist(), plan.v.tolist(), strict=True))
        sheds = dict(zip(s.net.bus[s.loads].tolist(), plan.shed.tolist(), strict=True))
        return {
            "time_periods": s.hours,
            "thermal_generators": {n: {"commitment": u, "power_output": p} for n, u, p in own},
            "renewable_generators": _powers(s.plants.names, plan.plant),
            "storage": _powers(s.stores.names, plan.store),
            "voltage": {str(b): v for b, v in volts.items()},
            "shed": {str(b): x for b, x in sheds.items()},
        }

    def read(self, path: Path) -> xr.Dataset:
        """Read a file, or all of a folder.

        Raises:
            InputError: for other names, or other hours.
        """
        files, index = numbered(path, "plan_*.json", WHAT)
        rows = [self._one(file) for file in files]
        return self.assemble({k: np.stack([r[k] for r in rows]) for k in rows[0]}, index)

    def _one(self, file: Path) -> dict[str, np.ndarray]:
        s, found = self.system, json_file(file, WHAT)
        buses = [s.net.bus[x].astype(str).tolist() for x in (s.controls, s.loads)]
        with refusing(WHAT, file):
            units = found["thermal_generators"]
            return {
                "on": self._rows({n: u["commitment"] for n, u in units.items()}, s.units.names),
                "p_mw": self._rows({n: u["power_output"] for n, u in units.items()},
                                   s.units.names),
                "plant_mw": self._rows(_of_powers(found["renewable_generators"]), s.plants.names),
                "store_mw": self._rows(_of_powers(found["storage"]), s.stores.names),
                "v_pu": self._rows(found["voltage"], buses[0]),
                "shed_mw": self._rows(found["shed"], buses[1]),
            }  # fmt: skip

    def _rows(self, table: Mapping[str, Any], names: Sequence[str]) -> np.ndarray:
        if set(table) != set(names):
            odd = sorted(set(table) ^ set(names))[0]
            raise InputError("all units, plants and buses of the system, once", f"{odd}")
        if not names:
            return np.zeros((0, self.system.hours))
        found = np.array([table[n] for n in names])
        if found.dtype.kind not in "if" or found.shape != (len(names), self.system.hours):
            raise InputError(f"{self.system.hours} numbers in each row", "others")
        return found.astype(np.float64)


def _powers(names: Sequence[str], power: np.ndarray) -> dict[str, Any]:
    return {n: {"power_output": p} for n, p in zip(names, power.tolist(), strict=True)}


def _of_powers(table: Mapping[str, Any]) -> dict[str, Any]:
    return {n: x["power_output"] for n, x in table.items()}
