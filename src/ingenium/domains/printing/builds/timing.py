"""Hours and price of a build: scan, jumps, recoating, powder, labour."""

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from jaxtyping import Float64

from ingenium.core.errors import InputError
from ingenium.core.units import Unit
from ingenium.domains.printing.builds.hatching import ScanVectors


@dataclass(frozen=True)
class Timing:
    """Speeds of a machine; assumptions, set your own.

    Raises:
        InputError: for a value that is not above 0, or a speed that looks like mm/s.
    """

    jump_m_s: Annotated[float, Unit("m/s", 0.1, 100.0)] = 5.0  # speed between tracks, laser off
    acceleration_m_s2: Annotated[float, Unit("m/s^2", 10.0, 1e6)] = (
        8000.0  # acceleration of the mirrors
    )
    delay_s: Annotated[float, Unit("s", 0.0, 0.1)] = 0.0002  # before each vector
    recoat_s: Annotated[float, Unit("s", 0.0, 600.0)] = 9.0  # spreading of a layer of powder
    least_layer_s: Annotated[float, Unit("s", 0.0, 3600.0)] = (
        10.0  # shortest time of a layer, with recoating
    )

    def __post_init__(self) -> None:
        if not 0 < self.jump_m_s <= 100:
            raise InputError(
                "a jump speed of at most 100 m/s",
                self.jump_m_s,
                f"Write {self.jump_m_s / 1e3:g}, if it is in mm/s.",
            )
        for name in ("acceleration_m_s2", "delay_s", "recoat_s", "least_layer_s"):
            if not getattr(self, name) > 0:
                raise InputError(f"{name} above 0", getattr(self, name))

    def seconds(
        self, vectors: ScanVectors, speed_m_s: Float64[np.ndarray, " r"], layers: int
    ) -> Float64[np.ndarray, " h"]:
        """Return the seconds of each layer: vectors at the speed of their region, and jumps.

        A move from rest to rest takes its length over the speed, and speed over acceleration more;
        a short one never reaches the speed.
        """
        ends = 1e-6 * vectors.ends_um
        scan = moved_s(1e-6 * vectors.length_um, speed_m_s[vectors.region], self.acceleration_m_s2)
        gaps = np.hypot(*(ends[1:, :2] - ends[:-1, 2:]).T)
        gaps = np.append(0.0, np.where(vectors.layer[1:] == vectors.layer[:-1], gaps, 0.0))
        jump = moved_s(gaps, np.full(len(gaps), self.jump_m_s), self.acceleration_m_s2)
        each = np.bincount(vectors.layer, scan + jump + self.delay_s, minlength=layers)
        return np.asarray(np.maximum(each + self.recoat_s, self.least_layer_s))


def moved_s(
    length_m: Float64[np.ndarray, " m"], speed_m_s: Float64[np.ndarray, " m"], acceleration: float
) -> Float64[np.ndarray, " m"]:
    """Return the seconds of moves from rest to rest under a bounded acceleration."""
    long = length_m * acceleration >= speed_m_s**2
    flat = length_m / speed_m_s + speed_m_s / acceleration
    return np.where(long, flat, 2 * np.sqrt(length_m / acceleration))


@dataclass(frozen=True)
class Prices:
    """Prices in euro; assumptions, set your own.

    Raises:
        InputError: for a negative price.
    """

    machine_per_h: Annotated[float, Unit("EUR/h", 0.0, 1e4)] = 60.0  # hour of the machine
    powder_per_kg: Annotated[float, Unit("EUR/kg", 0.0, 1e5)] = 80.0  # metal powder
    lost_share: float = 0.05  # of the powder of the build's box that is not used again
    support_per_cm3: Annotated[float, Unit("EUR/cm^3", 0.0, 1e4)] = 4.0  # to remove supports
    build: Annotated[float, Unit("EUR", 0.0, 1e6)] = 120.0  # setting up, plate, unpacking

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if not value >= 0:
                raise InputError(f"{name} of at least 0", value, f"Write {name} = 10.")

    def price(
        self, hours: float, metal_kg: float, powder_kg: float, support_m3: float, copies: int = 1
    ) -> float:
        """Return the price of a build, or of each of several copies in it."""
        powder = self.powder_per_kg * (metal_kg + self.lost_share * powder_kg)
        removal = self.support_per_cm3 * 1e6 * support_m3
        return (self.build + self.machine_per_h * hours + powder + removal) / copies
