"""Use of the building: hours, people, light, equipment, ventilation and set-points.

Sources: EN 16798-1:2019, category II: operative temperatures from 20 to 26 deg C in occupied
hours, 7 l/s of outdoor air a person (and more for the building). Densities are assumptions for a
health centre or office.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

HOURS, WEEKDAYS = 8760, 5
MONTH_DAYS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
WARMEST, COLDEST = 26.0, 20.0  # deg C, operative


@dataclass(frozen=True)
class Use:
    """Densities and hours; weekdays from Monday, the first of January, on."""

    begin_h: int = 8
    end_h: int = 18
    people: float = 0.08  # 1/m2
    sensible_w: float = 75.0  # of a person
    latent_w: float = 50.0
    light: float = 7.0  # W/m2
    equipment: float = 6.0
    idle: float = 0.1  # share of light and equipment out of use
    air: float = 10.0  # l/s a person
    fan: float = 0.5  # Wh/m3, without heat recovery
    recovery_fan: float = 0.4  # Wh/m3 more at an effectiveness of 1
    idle_cooling: float = 30.0  # deg C, set-point of cooling out of use

    @property
    def ventilation(self) -> float:
        """Outdoor air in m3/(s m2) in use."""
        return self.people * self.air / 1000

    @cached_property
    def occupied(self) -> np.ndarray:
        """True in hours of use; hour 0 ends at one o'clock."""
        found: np.ndarray = self.before == 0
        return found

    @cached_property
    def before(self) -> np.ndarray:
        """Hours until use on weekdays: 0 in use, and a day after it and at weekends."""
        hour, day = np.arange(HOURS) % 24, np.arange(HOURS) // 24
        left = np.where(hour < self.begin_h, self.begin_h - hour, 0)
        found: np.ndarray = np.where((day % 7 < WEEKDAYS) & (hour < self.end_h), left, 24)
        return found


def month() -> np.ndarray:
    """Return the month of each hour, from 0 on."""
    return np.repeat(np.arange(12), 24 * np.array(MONTH_DAYS))
