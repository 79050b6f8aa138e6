"""Discharge curves of cells: the charge given until the voltage falls to each of some values.

Shapes: n pairs of discharges, v voltages, k discharges of a cell.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from jaxtyping import Float64, Int64

from ingenium.core.errors import InputError
from ingenium.core.reading.files import content
from ingenium.domains.grid.cell.records import CellRecord, read_records

NASA, NASA_FOLDER = "nasa_battery", "INGENIUM_NASA_BATTERY"
ENDING = "_discharge.csv.gz"
VOLTAGES = np.round(np.arange(3.85, 2.699, -0.05), 2)  # V
LABELS = {"volts": ("volts", VOLTAGES, {"units": "V", "long_name": "voltage under load"})}
UPPER = 8  # voltages at which temperatures are compared, to 3.5 V
DECLARED_A = 2.0
SAME_SHARE = 0.5  # of the voltages of a record that occur in a known cell, beyond which it is it
HALF_V = 0.045  # width of the declared curve


@dataclass(frozen=True, eq=False)
class KnownCell:
    """Complete discharges of one cell at a steady current."""

    name: str
    number: Int64[np.ndarray, " k"]
    charge_ah: Float64[np.ndarray, "k v"]
    warm_c: Float64[np.ndarray, " k"]  # mean temperature at the upper voltages
    mean_a: float
    records: tuple[CellRecord, ...] = ()

    @classmethod
    def of(cls, name: str, records: tuple[CellRecord, ...]) -> "KnownCell":
        """Measure the complete discharges of some records.

        Raises:
            InputError: for fewer than two.
        """
        charge = np.array([r.at_voltages(VOLTAGES) for r in records])
        whole = np.isfinite(charge).all(1)
        if whole.sum() < 2:
            raise InputError(
                f"two discharges of {name} from {VOLTAGES[0]:g} to {VOLTAGES[-1]:g} V or more",
                f"{int(whole.sum())} of {len(records)}",
            )
        own = [r for r, w in zip(records, whole, strict=True) if w]
        return cls(
            name,
            np.array([r.number for r in own]),
            charge[whole],
            np.array([r.warmth_c(VOLTAGES[:UPPER]).mean() for r in own]),
            float(np.median([r.mean_a for r in own])),
            tuple(own),
        )

    def pairs(self, age: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Return earlier and later charges, their difference of temperature, and the number.

        `age` counts the discharges from the earlier to the later one.
        """
        at = {int(n): i for i, n in enumerate(self.number)}
        both = [(at[n - age], i) for n, i in at.items() if n - age in at]
        before, after = (np.array([b[i] for b in both], dtype=np.int64) for i in (0, 1))
        warmer = self.warm_c[after] - self.warm_c[before]
        return self.charge_ah[before], self.charge_ah[after], warmer, self.number[after]

    def holds(self, record: CellRecord) -> bool:
        """Return whether a record is one of this cell, by its voltages to the last digit."""
        if not self.records:
            return False
        own = np.concatenate([r.voltage_v for r in self.records])
        return bool(np.isin(record.voltage_v, own).mean() > SAME_SHARE)


def known_cells(source: str, seed: int) -> Mapping[str, KnownCell]:
    """Return known cells by name: a folder's, those of NASA, or declared ones.

    Raises:
        InputError: for a folder without at least three cells, or with other currents in one.
    """
    if source == "declared":
        return declared_cells(seed)
    folder = Path(source)
    if source == NASA:
        named = os.environ.get(NASA_FOLDER)
        if named is None:
            instead = 'Set it, or write cells = "declared" or a folder of your own.'
            raise InputError(f"the folder of NASA's cells in {NASA_FOLDER}", "none", instead)
        folder = Path(named)
    files = sorted(folder.glob(f"*{ENDING}"))
    if len(files) < 3:
        raise InputError(f"at least three files *{ENDING}", f"{len(files)} in {folder}",
                         "A fourth cell is judged by what three others do.")  # fmt: skip
    cells = [_cell(f, f.stat().st_size, f.stat().st_mtime_ns) for f in files]
    current = np.array([c.mean_a for c in cells])
    if np.abs(current / np.median(current) - 1).max() > 0.05:
        got = ", ".join(f"{c.name} {c.mean_a:.3g} A" for c in cells)
        raise InputError("known cells that were discharged at one current", got)
    return {c.name: c for c in cells}


@lru_cache(maxsize=16)
def _cell(file: Path, size: int, changed: int) -> KnownCell:
    """Read the file of a cell, once while it stays the same."""
    return KnownCell.of(
        file.name.removesuffix(ENDING), read_records(content(file, "discharges"), file)
    )


def declared_cells(seed: int, *, cells: int = 4, discharges: int = 60) -> Mapping[str, KnownCell]:
    """Return cells of a declared process: a sigmoid of voltage that shrinks and sags with age."""
    rng = np.random.default_rng([seed, 55])
    found = {}
    for i in range(cells):
        first, fade = (
            1.9 + 0.08 * rng.standard_normal(),
            0.003 * np.exp(0.25 * rng.standard_normal()),
        )
        sag = 0.001 * np.exp(0.25 * rng.standard_normal())
        age = np.arange(discharges)
        warm = 24.0 + 0.4 * rng.standard_normal(discharges)
        rest = 0.006 * rng.standard_normal(discharges)  # capacity that a rest gives back
        full = first * (1 - fade * age) + rest + 0.004 * (warm - 24.0)
        middle = 3.48 - sag * age + 0.02 * rng.standard_normal()
        share = 1.0 / (1.0 + np.exp((VOLTAGES - middle[:, None]) / (2 * HALF_V)))
        end = share[:, -1:]
        name = f"declared {i + 1}"
        found[name] = KnownCell(name, age + 1, full[:, None] * share / end, warm, DECLARED_A)
    return found
