"""Files of a run: tags every three minutes with labels, the fault, and hourly set-points."""

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
from ingenium.core.reading.tables import read_table
from ingenium.domains.plant.tennessee.runs import (
    DECIMALS,
    KINDS,
    MOVED,
    ROWS,
    TAGS,
    EastmanFault,
    faults_of,
)
from ingenium.domains.plant.tennessee.tags import ACTIONS

FILES = ("tags.csv", "fault.csv", "setpoints.csv")
BEGINS = pd.Timestamp("2024-01-01")
STAMP, FLAG = "DATETIME", "FAULT_FLAG"
COLUMNS = ("kind", "onset_h", "size", "noise")
MOVED_NAMES = tuple(a.name for a in ACTIONS[:MOVED])


@dataclass(frozen=True, eq=False)
class EastmanRuns:
    """Format with a folder for each run."""

    variables: tuple[Variable, ...]
    hours: int
    name: ClassVar[str] = "te-csv"
    endings: ClassVar[tuple[str, ...]] = (".csv",)

    def write(self, designs: xr.Dataset, folder: Path) -> dict[int, Path]:
        """Write `run_000000/` and so on."""
        names = [v.name for v in self.variables[2:]]
        numbers = tuple(torch.as_tensor(designs[n].to_numpy().astype(np.float64)) for n in names)
        faults, paths = list(faults_of(numbers)), {}
        for i, index in enumerate(designs[DESIGN].to_numpy().tolist()):  # a folder a design
            own = folder / f"run_{index:06d}"
            own.mkdir()
            tags = pd.DataFrame(designs["readings"].to_numpy()[i].T, columns=list(TAGS))
            tags.insert(0, STAMP, self._stamps)
            tags[FLAG] = self._flags(faults[i])
            tags.to_csv(own / FILES[0], index=False, float_format=f"%.{DECIMALS}f")
            row = [faults[i].kind, f"{faults[i].onset_h:.6f}", f"{faults[i].size:.6f}"]
            row.append(str(faults[i].noise))
            pd.DataFrame([row], columns=list(COLUMNS)).to_csv(own / FILES[1], index=False)
            goal = pd.DataFrame(designs["targets"].to_numpy()[i].T, columns=list(MOVED_NAMES))
            goal.insert(0, "hour", np.arange(self.hours))
            goal.to_csv(own / FILES[2], index=False, float_format=f"%.{DECIMALS}f")
            paths[int(index)] = own
        return paths

    def read(self, path: Path) -> xr.Dataset:
        """Read a run, or all runs of a folder.

        Raises:
            InputError: for anything but whole runs in this layout.
        """
        own = path.parent if path.name == FILES[0] else path
        runs = [own] if (own / FILES[0]).is_file() else sorted(own.glob("run_*/"))
        if not runs or not own.is_dir():
            raise InputError(f"a run: a folder with {', '.join(FILES)}", f"{path}")
        both = [self._one(one) for one in runs]
        arrays = [torch.from_numpy(np.stack(values)) for values in zip(*both, strict=True)]
        stems = [one.name.removeprefix("run_") for one in runs]
        index = np.array([int(s) if s.isdecimal() else i for i, s in enumerate(stems)])
        return to_dataset(arrays, self.variables, labels(self.hours), index=index)

    @property
    def _stamps(self) -> list[str]:
        times = pd.date_range(BEGINS, periods=self.hours * ROWS, freq=f"{60 // ROWS}min")
        return list(times.strftime("%Y-%m-%d %H:%M"))

    def _flags(self, fault: EastmanFault) -> list[int]:
        return [int(fault.at((k + 1) / ROWS).any()) for k in range(self.hours * ROWS)]

    def _one(self, folder: Path) -> list[np.ndarray]:
        """Read the arrays of one run, and check its labels against its fault."""
        strange = sorted(p.name for p in folder.iterdir() if p.name not in FILES)
        if strange:
            raise InputError(f"a run of {', '.join(FILES)} alone", f"{strange[0]} in {folder}")
        tags, events, goals = (
            read_table(folder / f, f"{f} of a run", delimiter=",") for f in FILES
        )
        tags.expect([STAMP, *TAGS, FLAG], self.hours * ROWS)
        events.expect(COLUMNS, 1)
        goals.expect(["hour", *MOVED_NAMES], self.hours)
        tags.same(STAMP, self._stamps)
        goals.same("hour", range(self.hours))
        (kind,) = events.texts("kind")
        if kind not in KINDS:
            raise InputError(f"a fault of {', '.join(KINDS)}", f"{kind} in {events.path}")
        numbers = [float(KINDS.index(kind))]
        numbers += [float(events.numbers(name)[0]) for name in COLUMNS[1:]]
        (fault,) = faults_of(tuple(torch.tensor([x], dtype=torch.float64) for x in numbers))
        tags.same(FLAG, self._flags(fault))
        return [
            np.stack([goals.numbers(name) for name in MOVED_NAMES]),
            np.stack([tags.numbers(name) for name in TAGS]),
            *(np.asarray(x) for x in numbers),
        ]


def labels(hours: int) -> dict[str, Any]:
    """Names of set-points and tags, hours of set-points and of rows."""
    about = {"units": "h", "long_name": "since the beginning of the run"}
    rows = np.arange(1, hours * ROWS + 1) / ROWS
    return {
        "setpoint": ("setpoint", np.array(MOVED_NAMES)),
        "tag": ("tag", np.array(TAGS)),
        "hour": ("hour", np.arange(hours, dtype=np.float64), about),
        "time": ("time", rows, about),
    }
