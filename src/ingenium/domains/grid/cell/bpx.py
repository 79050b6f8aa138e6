"""BPX files of a cell: its two discharges as validation data, and their curves as tables.

The parameters of a physical model are not in a record, so the file is a partial one.

Source: Faraday Institution, Battery Parameter eXchange (BPX) 1.1.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np
import torch
import xarray as xr

from ingenium.core.designs import DESIGN, to_dataset
from ingenium.core.errors import InputError
from ingenium.core.folders import write_atomic
from ingenium.core.quantity import Variable
from ingenium.core.reading.documents import json_file
from ingenium.core.reading.files import numbered, refusing
from ingenium.domains.grid.cell.curves import LABELS, VOLTAGES

WHAT = "a BPX file of a cell, as propose writes it"
VERSION = "1.1.0"
CURVES = {"earlier": "Charge given until a voltage, earlier discharge [A.h]",
          "later": "Charge given until a voltage, later discharge [A.h]"}  # fmt: skip
NUMBERS = {"start": "Charge missing at the start [A.h]", "gain": "Gain of the current sensor",
           "warmth": "Temperature above the earlier discharge [K]"}  # fmt: skip
CHANGE = "Charge of the later discharge less that of the earlier [A.h]"
NOMINAL = "Nominal cell capacity [A.h]"
NEAR = 1e-9


@dataclass(frozen=True, eq=False)
class CellBpx:
    """A BPX file a pair of discharges."""

    variables: tuple[Variable, ...]
    nominal_ah: float
    current_a: float
    name: str = "bpx"
    endings: ClassVar[tuple[str, ...]] = (".json",)

    @property
    def separate(self) -> Literal[True]:
        return True

    def write(self, designs: xr.Dataset, folder: Path) -> dict[int, Path]:
        """Write `cell_000000.json` and so on."""
        paths = {}
        for i, number in enumerate(designs[DESIGN].to_numpy().tolist()):  # a file a cell
            one = designs.isel({DESIGN: i})
            paths[number] = folder / f"cell_{number:06d}.json"
            write_atomic(paths[number], json.dumps(self._document(one), indent=1) + "\n")
        return paths

    def _document(self, one: xr.Dataset) -> dict[str, Any]:
        before = one["reference"].to_numpy()
        change = one["change"].to_numpy()
        after = before + change
        user: dict[str, Any] = {
            "description": "Charges from full until the voltage under a steady load first falls "
            "to each value of x [V].",
            NOMINAL: self.nominal_ah,
            CURVES["earlier"]: _table(before),
            CURVES["later"]: _table(after),
            CHANGE: _table(change),
        }
        user |= {head: float(one[name]) for name, head in NUMBERS.items()}
        return {
            "Header": {"BPX": VERSION, "Title": "Two discharges of a lithium-ion cell",
                       "Model": "Partial"},
            "Parameterisation": {"User-defined": user},
            "Validation": {"Earlier discharge": self._experiment(before),
                           "Later discharge": self._experiment(after)},
        }  # fmt: skip

    def _experiment(self, charge: np.ndarray) -> dict[str, list[float]]:
        seconds = 3600.0 * charge / self.current_a
        current = [-self.current_a] * len(charge)  # below 0 discharges, as in BPX's examples
        return {"Time [s]": seconds.tolist(), "Current [A]": current,
                "Voltage [V]": VOLTAGES.tolist()}  # fmt: skip

    def read(self, path: Path) -> xr.Dataset:
        """Read a file, or all of a folder.

        Raises:
            InputError: for another document, or parts that contradict each other.
        """
        files, index = numbered(path, "*.json", WHAT)
        rows = [self._one(file) for file in files]
        arrays = tuple(torch.from_numpy(np.array(column)) for column in zip(*rows, strict=True))
        return to_dataset(arrays, self.variables, LABELS, index=np.array(index))

    def _one(self, file: Path) -> tuple[Any, ...]:
        whole = json_file(file, WHAT)
        with refusing(WHAT, file):
            user = whole["Parameterisation"]["User-defined"]
            before, after = (_values(user[CURVES[k]], file) for k in ("earlier", "later"))
            change = _values(user[CHANGE], file)
            numbers = [user[head] for head in NUMBERS.values()]
            if not all(type(x) is float for x in (*numbers, user[NOMINAL])):
                raise InputError("numbers with a point", f"others in {file}")
            self._check(whole, before, change, after, file)
        return (before, change, *numbers)

    def _check(
        self,
        whole: Mapping[str, Any],
        before: np.ndarray,
        change: np.ndarray,
        after: np.ndarray,
        file: Path,
    ) -> None:
        """Refuse tables, experiments and a header that say different things."""
        one = xr.Dataset({"reference": ("volts", before), "change": ("volts", change)} | {
            name: whole["Parameterisation"]["User-defined"][head]
            for name, head in NUMBERS.items()})  # fmt: skip
        due = self._document(one)
        if not np.array_equal(after, before + change):
            raise InputError(
                "a later charge that is the earlier one and the change", f"others in {file}"
            )
        if whole != due:
            parts = [k for k in due if whole.get(k) != due[k]] or sorted(set(whole) - set(due))
            raise InputError(
                f"{WHAT}: the discharges under Validation are those of the tables, at "
                f"{self.current_a:.6g} A",
                f"another {', '.join(parts)} in {file}",
                "Write what follows from the tables; charges are in A.h, not in mA.h.",
            )


def _table(charge: np.ndarray) -> dict[str, list[float]]:
    """Return a table whose x rises."""
    return {"x": VOLTAGES[::-1].tolist(), "y": charge[::-1].tolist()}


def _values(table: Mapping[str, Any], file: Path) -> np.ndarray:
    if table["x"] != VOLTAGES[::-1].tolist():
        raise InputError(f"charges at {VOLTAGES[-1]} to {VOLTAGES[0]} V", f"others in {file}")
    if len(table["y"]) != len(VOLTAGES) or not all(type(y) is float for y in table["y"]):
        raise InputError("a number of A.h at each voltage", f"others in {file}")
    values = np.array(table["y"][::-1])
    if not np.isfinite(values).all():
        raise InputError("finite charges", f"others in {file}")
    return values
