"""Files of schedules: CSV with stamps, kW, kWh and per cent, and pandapower nets with the battery.

Energy and charge in a CSV follow from the power; the reader computes them again and refuses a file
in which they differ.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np
import pandas as pd
import torch
import xarray as xr
from jaxtyping import Float

from ingenium.core.designs import DESIGN, to_dataset
from ingenium.core.errors import InputError
from ingenium.core.quantity import Variable
from ingenium.core.reading.documents import json_file
from ingenium.core.reading.files import numbered, refusing
from ingenium.core.reading.tables import read_table
from ingenium.domains.grid.data.net_tables import whole
from ingenium.domains.grid.data.packages import package
from ingenium.domains.grid.storage.battery import STEP_H
from ingenium.domains.grid.storage.opening import StorageSite
from ingenium.domains.grid.storage.programme import PlanningRule, programme

HEADS = ("time", "power_kw", "energy_kwh", "charge_percent")
NEAR = 1e-6  # kWh or per cent, up to which a written charge is that of the power
OFFSET = "+01:00"
CSV, NET = "a CSV of a schedule", "a pandapower net with a schedule, as propose writes it"
SLOT = '"schedule": null'


@dataclass(frozen=True, eq=False)
class ScheduleFiles:
    """Parts that all files of schedules share."""

    site: StorageSite
    variable: Variable
    labels: dict[str, Any]

    def stamps(self) -> list[str]:
        """Return the start of each step, with its offset from UTC."""
        first = np.datetime64(self.site.settings.date, "m")
        steps = self.site.forecast.price.shape[1]
        minutes = first + np.arange(steps) * round(60 * STEP_H)
        return [f"{stamp}{OFFSET}" for stamp in minutes.astype(str)]

    def energy_kwh(self, power_kw: Float[np.ndarray, " t"]) -> Float[np.ndarray, " t"]:
        """Return the energy after each step."""
        found = self.site.battery.energy_after(torch.as_tensor(power_kw))
        return np.asarray(found.numpy())

    def designs(self, rows: list[np.ndarray], index: list[int]) -> xr.Dataset:
        """Build designs from the power of each."""
        power = torch.as_tensor(np.stack(rows))
        return to_dataset((power,), (self.variable,), self.labels, index=np.array(index))

    def check_stamps(self, found: list[str], path: Path) -> None:
        """Refuse other stamps.

        Raises:
            InputError: naming the first.
        """
        due = self.stamps()
        if found != due:
            pairs = zip(found, due, strict=False)
            at = next((i for i, (a, b) in enumerate(pairs) if a != b), min(len(found), len(due)))
            got = found[at] if at < len(found) else f"{len(found)} stamps"
            raise InputError(
                f"{len(due)} stamps from {due[0]} to {due[-1]}",
                f"{got} in row {at + 2} of {path}",
                "Days of 23 and 25 hours are those of local time: write one offset from UTC.",
            )


@dataclass(frozen=True, eq=False)
class ScheduleCsv:
    """A CSV file a schedule, a row a step; next to them the programme of the forecast as MPS."""

    files: ScheduleFiles
    name: str = "csv"
    endings: ClassVar[tuple[str, ...]] = (".csv",)

    @property
    def separate(self) -> Literal[True]:
        return True

    def write(self, designs: xr.Dataset, folder: Path) -> dict[int, Path]:
        """Write `schedule_000000.csv` and so on."""
        paths, stamps = {}, self.files.stamps()
        for number, power in _rows(designs, self.files.variable):  # a file a schedule
            energy = self.files.energy_kwh(power)
            percent = 100.0 * energy / self.files.site.battery.energy_kwh
            frame = pd.DataFrame(dict(zip(HEADS, (stamps, power, energy, percent), strict=True)))
            paths[number] = folder / f"schedule_{number:06d}.csv"
            frame.to_csv(paths[number], index=False, lineterminator="\n")
        return paths

    def read(self, path: Path) -> xr.Dataset:
        """Read a file, or all of a folder.

        Raises:
            InputError: for other steps, or a charge that is not that of the power.
        """
        files, index = numbered(path, "*.csv", CSV)
        return self.files.designs([self._one(file) for file in files], index)

    def accompany(self, folder: Path) -> None:
        """Write the linear programme of the point forecast, for any solver."""
        made, _, _ = programme(self.files.site, self.files.site.forecast, PlanningRule())
        made.load().writeModel(str(folder / "forecast.mps"))

    def _one(self, file: Path) -> Float[np.ndarray, " t"]:
        table = read_table(file, CSV, delimiter=",", exact=True)
        table.expect(list(HEADS), len(self.files.stamps()))
        self.files.check_stamps(table.texts("time"), file)
        power, energy, percent = table.block(HEADS[1:])
        if not np.isfinite([power, energy, percent]).all():
            raise InputError(f"{CSV} of finite numbers", f"others in {file}")
        due = self.files.energy_kwh(power)
        share = 100.0 * due / self.files.site.battery.energy_kwh
        off = np.maximum(np.abs(energy - due), np.abs(percent - share))
        if (off > NEAR).any():
            at = int((off > NEAR).argmax())
            raise InputError(
                f"the charge that follows from the power: {due[at]:.6g} kWh",
                f"{energy[at]:.6g} kWh, {percent[at]:.6g} % in {table.place(at)}",
                "Energies are in kWh: 1000 times those in MWh. Write what follows from power_kw.",
            )
        return np.asarray(power)


@dataclass(frozen=True, eq=False)
class StorageNet:
    """A pandapower net a schedule: the feeder with the battery as a storage, and its power."""

    files: ScheduleFiles
    name: str = "pandapower-json"
    endings: ClassVar[tuple[str, ...]] = (".json",)

    @property
    def separate(self) -> Literal[True]:
        return True

    def write(self, designs: xr.Dataset, folder: Path) -> dict[int, Path]:
        """Write `schedule_000000.json` and so on, for `pandapower.from_json`."""
        before, after = self._frame().split(SLOT)
        paths, stamps = {}, self.files.stamps()
        for number, power in _rows(designs, self.files.variable):  # a file a schedule
            own = {"time": stamps, "power_kw": power.tolist()}
            paths[number] = folder / f"schedule_{number:06d}.json"
            text = f'{before}"schedule": {json.dumps(own)}{after}'
            paths[number].write_text(text, encoding="utf-8")
        return paths

    def read(self, path: Path) -> xr.Dataset:
        """Read the schedule of a file, or all of a folder; the net is the setup's own.

        Raises:
            InputError: for anything but the power of all steps.
        """
        files, index = numbered(path, "*.json", NET)
        return self.files.designs([self._one(file) for file in files], index)

    def _one(self, file: Path) -> Float[np.ndarray, " t"]:
        whole = json_file(file, NET)
        with refusing(NET, file):
            found = whole["_object"]["schedule"]
            stamps, power = found["time"], found["power_kw"]
            self.files.check_stamps(list(stamps), file)
            if len(power) != len(stamps) or not all(type(p) is float for p in power):
                raise InputError("a number of kW in each step", f"others in {file}")
        values = np.array(power)
        if not np.isfinite(values).all():
            raise InputError("finite numbers of kW", f"others in {file}")
        return values

    def _frame(self) -> str:
        site = self.files.site
        network = site.feeder.verifier.network
        net = whole(network.net)
        circuit, b = network.circuit, site.battery
        bus = int(circuit.bus_index[circuit.bus_node == site.node][0])
        pandapower = package("pandapower")
        pandapower.create_storage(net, bus, p_mw=0.0, max_e_mwh=b.energy_kwh / 1000.0,
                                  soc_percent=100.0 * b.start, name="site battery")  # fmt: skip
        net["schedule"] = None
        text = json.dumps(json.loads(pandapower.to_json(net, None)))
        if text.count(SLOT) != 1:
            raise InputError("a net with `schedule` at one place", "one with several")
        return text


def _rows(designs: xr.Dataset, variable: Variable) -> list[tuple[int, np.ndarray]]:
    power = designs[variable.name].to_numpy().astype(np.float64)
    return list(zip(designs[DESIGN].to_numpy().tolist(), power, strict=True))
