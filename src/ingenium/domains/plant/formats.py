"""Files of a week as a SCADA system exports it: labelled tags, the event, and the demands."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pandas as pd
import torch
import xarray as xr

from ingenium.core.designs import DESIGN, to_dataset
from ingenium.core.errors import InputError
from ingenium.core.quantity import Variable
from ingenium.core.reading.tables import DataTable, read_table
from ingenium.domains.plant.attacks import KINDS, SHOWN, Attack
from ingenium.domains.plant.network import WaterNetwork
from ingenium.domains.plant.scada import DECIMALS, HOUR_S
from ingenium.domains.plant.verifier import attacks_of

FILES = ("tags.csv", "events.csv", "demand.csv")
BEGINS = pd.Timestamp("2024-01-01")  # a Monday
STAMP, FLAG = "DATETIME", "ATT_FLAG"  # as BATADAL has them
EVENT = ("kind", "station", "shown", "onset_h", "length_h", "strength")


@dataclass(frozen=True, eq=False)
class Weeks:
    """Folder format of a week: tags in the layout of BATADAL, the event, demand factors."""

    network: WaterNetwork
    variables: tuple[Variable, ...]
    hours: int
    name: ClassVar[str] = "scada-csv"
    endings: ClassVar[tuple[str, ...]] = (".csv",)

    def write(self, designs: xr.Dataset, folder: Path) -> dict[int, Path]:
        """Write one folder a week: `week_000000/` and so on."""
        names = [v.name for v in self.variables[2:]]
        numbers = tuple(torch.as_tensor(designs[n].to_numpy().astype(np.float64)) for n in names)
        attacks, paths = list(attacks_of(numbers)), {}
        for i, index in enumerate(designs[DESIGN].to_numpy().tolist()):  # a folder a design
            own = folder / f"week_{index:06d}"
            own.mkdir()
            self._tags(designs["readings"].to_numpy()[i], attacks[i]).to_csv(
                own / FILES[0], index=False, float_format=f"%.{DECIMALS}f"
            )
            self._event(attacks[i]).to_csv(own / FILES[1], index=False)
            frame = pd.DataFrame(designs["demand"].to_numpy()[i].T, columns=self._patterns)
            frame.insert(0, "hour", np.arange(self.hours))
            frame.to_csv(own / FILES[2], index=False, float_format="%.4f")
            paths[int(index)] = own
        return paths

    def read(self, path: Path) -> xr.Dataset:
        """Read a week, or all weeks of a folder.

        Raises:
            InputError: for a folder that is not a complete week in this layout.
        """
        own = path.parent if path.name == FILES[0] else path
        weeks = [own] if (own / FILES[0]).is_file() else sorted(own.glob("week_*/"))
        if not weeks or not own.is_dir():
            raise InputError(f"a week: a folder with {', '.join(FILES)}", f"{path}")
        both = [self._one(week) for week in weeks]
        arrays = [torch.from_numpy(np.stack(values)) for values in zip(*both, strict=True)]
        stems = [week.name.removeprefix("week_") for week in weeks]
        index = np.array([int(s) if s.isdecimal() else i for i, s in enumerate(stems)])
        return to_dataset(arrays, self.variables, self._labels, index=index)

    @property
    def _patterns(self) -> list[str]:
        return [name for _, name in self.network.patterns]

    @property
    def _labels(self) -> dict[str, Any]:
        tags = np.array([t.name for t in self.network.tags])
        return {
            "pattern": ("pattern", np.array(self._patterns)),
            "tag": ("tag", tags),
            "time": ("time", np.arange(self.hours, dtype=np.float64)),
        }

    def _tags(self, readings: np.ndarray, attack: Attack) -> pd.DataFrame:
        frame = pd.DataFrame(readings.T, columns=[t.name for t in self.network.tags])
        frame.insert(0, STAMP, self._stamps)
        frame[FLAG] = self._flags(attack)
        return frame

    @property
    def _stamps(self) -> list[str]:
        return list(pd.date_range(BEGINS, periods=self.hours, freq="h").strftime("%d/%m/%y %H"))

    def _flags(self, attack: Attack) -> list[int]:
        return [int(attack.on(h * HOUR_S)) for h in range(self.hours)]

    def _event(self, attack: Attack) -> pd.DataFrame:
        station = self.network.stations[attack.station].name
        numbers = (f"{x:.6f}" for x in (attack.onset_h, attack.length_h, attack.strength))
        row = [attack.kind, station, SHOWN[int(attack.concealed)], *numbers]
        return pd.DataFrame([row], columns=list(EVENT))

    def _one(self, week: Path) -> list[np.ndarray]:
        """Return the arrays of one week, after checking its label against its event."""
        strange = sorted(p.name for p in week.iterdir() if p.name not in FILES)
        if strange:
            raise InputError(f"a week of {', '.join(FILES)} alone", f"{strange[0]} in {week}")
        tags, events, factors = (
            read_table(week / f, f"{f} of a week", delimiter=",") for f in FILES
        )
        names = [t.name for t in self.network.tags]
        tags.expect([STAMP, *names, FLAG], self.hours)
        events.expect(EVENT, 1)
        factors.expect(["hour", *self._patterns], self.hours)
        tags.same(STAMP, self._stamps)
        factors.same("hour", range(self.hours))
        numbers = self._numbers(events)
        (attack,) = attacks_of(tuple(torch.tensor([x], dtype=torch.float64) for x in numbers))
        tags.same(FLAG, self._flags(attack))
        return [
            np.stack([factors.numbers(name) for name in self._patterns]),
            np.stack([tags.numbers(name) for name in names]),
            *(np.asarray(x) for x in numbers),
        ]

    def _numbers(self, events: DataTable) -> list[float]:
        stations = tuple(s.name for s in self.network.stations)
        found = []
        for name, known in zip(EVENT[:3], (KINDS, stations, SHOWN), strict=True):
            (own,) = events.texts(name)
            if own not in known:
                raise InputError(f"a {name} of {', '.join(known)}", f"{own} in {events.path}")
            found.append(float(known.index(own)))
        return [*found, *(float(events.numbers(name)[0]) for name in EVENT[3:])]
