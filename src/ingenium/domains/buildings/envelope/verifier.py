"""Verifiers of envelopes: EnergyPlus in an isolated environment, and the network that screens.

Both simulate the same zones, use and weather; quantities follow from their hours in one place.
"""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal

import numpy as np
import torch
from jaxtyping import Float64
from torch import Tensor

from ingenium import __version__
from ingenium.core.counting import each
from ingenium.core.errors import EngineError, InputError, MissingEnvironment
from ingenium.core.quantity import Quantity
from ingenium.domains.buildings.envelope.design import Envelopes
from ingenium.domains.buildings.envelope.epjson import EnergyPlusModel
from ingenium.domains.buildings.envelope.outcome import CHEAP, QUANTITIES, Appraisal, Year
from ingenium.domains.buildings.envelope.twin import ThermalTwin
from ingenium.trust.environments.environment import Environment
from ingenium.trust.environments.limits import Limits

FOLDER = Path(__file__).parent / "engines" / "energyplus"
ENVIRONMENT = Environment(
    FOLDER,
    str(FOLDER),  # installed by its folder: other problems of the field do not need it
    Limits(memory_mb=8192, wall_s=600.0),
)
TOGETHER = 4  # models that EnergyPlus runs at a time
BATCH = 32  # designs whose hours are in memory
JOULE_KWH = 3.6e6
CLIMATES = ("Chicago", "Golden", "San.Francisco", "Sterling", "Tampa")


def check_installed() -> None:
    """Check that EnergyPlus' isolated environment is installed.

    Raises:
        MissingEnvironment: with the line that installs it.
    """
    if not ENVIRONMENT.made:
        raise MissingEnvironment(
            ENVIRONMENT.folder.name, ENVIRONMENT.install, ENVIRONMENT.lock.size
        )


def weather(name: str) -> bytes:
    """Return a weather file that EnergyPlus brings.

    Raises:
        InputError: for a place that it has no year of.
        MissingEnvironment: if EnergyPlus is not installed.
    """
    if name not in CLIMATES:
        raise InputError(f"a climate: declared, {', '.join(CLIMATES)}", name,
                         "Write one of them, or [given] weather with an EPW file.")  # fmt: skip
    return ENVIRONMENT.ask("weather", {}, {"name": name})["text"].tobytes()


@dataclass(frozen=True, eq=False)
class NetworkVerifier:
    """Quantities by the resistance-capacity network, which screens before EnergyPlus."""

    twin: ThermalTwin
    appraisal: Appraisal
    name: ClassVar[str] = "resistance-capacity network"
    version: ClassVar[str] = __version__
    tier: ClassVar[Literal["cheap"]] = "cheap"
    quantities: ClassVar[tuple[Quantity, ...]] = QUANTITIES

    def measure(self, *arrays: Float64[Tensor, "n ..."]) -> Float64[Tensor, "n k"]:
        """Measure designs; NaN for those off the grid of values that can be built."""
        return _measured(arrays, len(QUANTITIES), self.rows)

    def rows(self, designs: Envelopes) -> Float64[np.ndarray, "n k"]:
        """Return the quantities of designs on the grid."""
        parts = [designs.part(slice(k, k + BATCH)) for k in range(0, len(designs), BATCH)]
        rows = [self.appraisal.rows(p, self.twin.year(p)) for p in parts]
        return np.concatenate(rows) if rows else np.zeros((0, len(QUANTITIES)))

    def explain(self, *arrays: Float64[Tensor, "n ..."]) -> list[str]:
        """Return why a design has no measurements."""
        return [_OFF for _ in arrays[0]]


@dataclass(frozen=True, eq=False)
class EnergyPlusVerifier:
    """Quantities by a year of EnergyPlus; a severe line of its error file is a failure."""

    model: EnergyPlusModel
    appraisal: Appraisal
    parts: tuple[Quantity, ...] = QUANTITIES
    name: ClassVar[str] = "EnergyPlus"
    tier: ClassVar[Literal["exact"]] = "exact"

    @property
    def version(self) -> str:
        """Version of EnergyPlus, with the digest of its lock file."""
        return ENVIRONMENT.version

    @property
    def quantities(self) -> tuple[Quantity, ...]:
        """Quantities of its parts."""
        return self.parts

    def only(self, names: Collection[str]) -> "EnergyPlusVerifier":
        """Return the verifier without a simulation where these quantities need none."""
        if set(names) <= {q.name for q in CHEAP}:
            return EnergyPlusVerifier(self.model, self.appraisal, CHEAP)
        return self

    def measure(self, *arrays: Float64[Tensor, "n ..."]) -> Float64[Tensor, "n k"]:
        """Measure designs; NaN for those off the grid, and where EnergyPlus fails."""
        if self.parts == CHEAP:
            return _measured(arrays, len(CHEAP), self.appraisal.cheap)
        return _measured(arrays, len(QUANTITIES), self._rows)

    def _rows(self, designs: Envelopes) -> Float64[np.ndarray, "n k"]:
        found = [self.appraisal.rows(own, year) for own, year in self._years(designs)]
        return np.concatenate(found) if found else np.zeros((0, len(QUANTITIES)))

    def _years(self, designs: Envelopes) -> Iterator[tuple[Envelopes, Year]]:
        parts = [designs.part(slice(k, k + TOGETHER)) for k in range(0, len(designs), TOGETHER)]
        for own in parts:
            year = self._tried(own)
            for i in each(range(len(own))):
                one = slice(i, i + 1)
                yield (
                    own.part(one),
                    Year(year.hours[one], year.electricity_kwh[one], year.gas_kwh[one]),
                )

    def year(self, designs: Envelopes) -> Year:
        """Return hours and meters of designs.

        Raises:
            EngineError: if EnergyPlus fails on one of them, with its severe line.
        """
        texts = [self.model.text(designs, i).encode("ascii") for i in range(len(designs))]
        found = ENVIRONMENT.ask(
            "year",
            {
                "text": np.frombuffer(b"".join(texts), np.uint8),
                "ends": np.cumsum([len(t) for t in texts]),
                "epw": np.frombuffer(self.model.climate.text.encode("ascii"), np.uint8),
            },
            {"zones": [z.name for z in self.model.zones.zones]},
            designs=len(designs),
        )
        meters = found["meters"] / JOULE_KWH
        return Year(found["hours"], meters[:, 0], meters[:, 1])

    def _tried(self, own: Envelopes) -> Year:
        """Return the year of designs, NaN for those on which EnergyPlus fails."""
        try:
            return self.year(own)
        except MissingEnvironment:
            raise
        except EngineError:
            if len(own) == 1:
                shape = (1, len(self.model.zones.zones), 3, 8760)
                none = np.full(1, np.nan)
                return Year(np.full(shape, np.nan), none, none)
        years = [self._tried(own.part(slice(i, i + 1))) for i in range(len(own))]
        return Year(
            np.concatenate([y.hours for y in years]),
            np.concatenate([y.electricity_kwh for y in years]),
            np.concatenate([y.gas_kwh for y in years]),
        )

    def explain(self, *arrays: Float64[Tensor, "n ..."]) -> list[str]:
        """Return why each design has no measurements, with the line of EnergyPlus."""
        designs = Envelopes.of(arrays)
        return [
            self._fault(designs.part(slice(i, i + 1))) if good else _OFF
            for i, good in enumerate(designs.sound)
        ]

    def _fault(self, design: Envelopes) -> str:
        try:
            self.year(design)
        except EngineError as error:
            return str(error).strip().splitlines()[-1].removeprefix("RuntimeError: ")[:400]
        return "EnergyPlus failed once, and not again"


_OFF = "a value is not one of those that can be built: see bounds and steps of the variables"


def _measured(
    arrays: tuple[Tensor, ...],
    columns: int,
    rows: Callable[[Envelopes], Float64[np.ndarray, "m k"]],
) -> Float64[Tensor, "n k"]:
    """Measure the designs that can be built; the others are NaN."""
    designs = Envelopes.of(arrays)
    sound = designs.sound
    found = np.full((len(designs), columns), np.nan)
    if sound.any():
        found[sound] = rows(designs.part(np.flatnonzero(sound)))
    return torch.from_numpy(found)
