"""Site of fast charging: its connection, its declared demand, and what energy costs there."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from ingenium.core.errors import InputError

STEPS = 96
FINE = 15  # minutes of a step, over which a session is averaged


@dataclass(frozen=True)
class ChargingSite:
    """Charging points behind a connection to a feeder.

    No public data of fast charging are used: sessions arrive as a Poisson process with two peaks
    a day, each with an energy that is log-normal, at the power of a point. A session that finds no
    free point waits for one.
    """

    bus: str = ""  # of the feeder; empty: the bus bar of its transformer
    connection_kw: float = 60.0  # most that may be drawn from the feeder
    export_kw: float = 60.0  # most that may be fed into the feeder
    points: int = 2  # number of charging points
    point_kw: float = 75.0  # power of a charging point
    sessions_per_day: float = 20.0  # mean number of charging sessions
    session_kwh: float = 25.0  # mean energy of a session
    demand: str | None = None  # CSV of demand of one's own: time, and demand_kw
    fee_eur_per_kwh: float = 0.10  # grid fee on imports
    imbalance_eur_per_kwh: float = 0.03  # of deviation from the nomination
    missed_eur_per_kwh: float = 0.45  # of demand that is not served
    restore_kw: float = 20.0  # with which the charge returns to its schedule

    def __post_init__(self) -> None:
        for name, low, high in (
            ("connection_kw", 1.0, 1e5),
            ("export_kw", 0.0, 1e5),
            ("points", 1, 200),
            ("point_kw", 1.0, 2000.0),
            ("sessions_per_day", 0.0, 1e4),
            ("session_kwh", 1.0, 1000.0),
            ("fee_eur_per_kwh", 0.0, 10.0),
            ("imbalance_eur_per_kwh", 0.0, 10.0),
            ("missed_eur_per_kwh", 0.0, 100.0),
            ("restore_kw", 0.0, 1e5),
        ):
            if not low <= getattr(self, name) <= high:
                raise InputError(f"{name} from {low:g} to {high:g}", getattr(self, name))

    def sampled(self, rng: np.random.Generator) -> Float[np.ndarray, " t"]:
        """Sample the demand of a day (mean kW of each step)."""
        minute = np.arange(1440.0)
        rate = _bell(minute, 540.0, 150.0) + 1.4 * _bell(minute, 1020.0, 180.0) + 0.15
        arrivals = rng.poisson(self.sessions_per_day * rate / rate.sum()).nonzero()[0]
        free, demand = np.zeros(self.points), np.zeros(1440)
        for start in arrivals:  # each takes the point that is free first
            kwh = self.session_kwh * rng.lognormal(-0.125, 0.5)
            point = int(free.argmin())
            begin = max(int(start), int(np.ceil(free[point])))
            end = begin + max(1, round(60 * kwh / self.point_kw))
            free[point] = end
            demand[begin:end] += self.point_kw  # beyond midnight nothing is counted
        return np.asarray(demand.reshape(STEPS, FINE).mean(1))

    @property
    def peak_kw(self) -> float:
        """Power of all points."""
        return self.points * self.point_kw


def _bell(x: np.ndarray, at: float, wide: float) -> np.ndarray:
    return np.asarray(np.exp(-(((x - at) / wide) ** 2)))
