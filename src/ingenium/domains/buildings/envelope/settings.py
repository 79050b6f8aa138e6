"""The setup of `buildings.envelope`: place, use, costs and the engine that judges."""

from dataclasses import dataclass
from typing import Literal

from ingenium.core.errors import InputError

Engine = Literal["best", "energyplus", "network"]


@dataclass(frozen=True)
class BuildingEnvelopeSettings:
    """The climate and orientation of a plan, its use, and the engine."""

    engine: Engine = "best"  # EnergyPlus where it is installed, else the network
    climate: str = "declared"  # of no place; or a year that EnergyPlus brings, such as Golden
    north_deg: float = 0.0  # by which the drawing's y axis is turned clockwise from north
    steps_an_hour: int = 2  # time steps of EnergyPlus in an hour
    begin_h: int = 8  # of use on weekdays
    end_h: int = 18  # hour in which use ends on workdays
    people_m2: float = 12.5  # floor area of a person
    light_w_m2: float = 7.0  # W/m², lighting in use
    equipment_w_m2: float = 6.0  # W/m², equipment in use
    interest: float = 0.03  # a year, of the investment
    lifetime_years: int = 30  # over which the annuity spreads investment
    known: int = 96  # number of known envelopes
    seed: int = 0  # of the known envelopes

    def __post_init__(self) -> None:
        if not 0 <= self.begin_h < self.end_h <= 24:
            raise InputError("hours of use from begin_h to a later end_h",
                             f"{self.begin_h} to {self.end_h}", "Write 8 and 18.")  # fmt: skip
        if self.begin_h < 5:
            raise InputError("begin_h of at least 5, as rooms are heated up to 5 h before",
                             self.begin_h, "Write begin_h = 8.")  # fmt: skip
        if not -360 <= self.north_deg <= 360:
            raise InputError("north_deg from -360 to 360", self.north_deg, "Write 30.")
        if self.steps_an_hour not in (1, 2, 3, 4, 6):
            raise InputError("1, 2, 3, 4 or 6 steps_an_hour", self.steps_an_hour, "Write 2.")
        if not 1 <= self.people_m2 <= 1000:
            raise InputError("people_m2 from 1 to 1000 m2 a person", self.people_m2, "Write 12.5.")
        for name in ("light_w_m2", "equipment_w_m2"):
            if not 0 <= getattr(self, name) <= 100:
                raise InputError(f"{name} from 0 to 100 W/m2", getattr(self, name), "Write 7.0.")
        if not 0 <= self.interest <= 0.3:
            percent = f" Write interest = {self.interest / 100:g}." if self.interest <= 30 else ""
            raise InputError("interest from 0 to 0.3 a year", self.interest, percent.strip())
        if not 1 <= self.lifetime_years <= 100:
            raise InputError("a lifetime of 1 to 100 years", self.lifetime_years, "Write 30.")
        if not 8 <= self.known <= 10_000:
            raise InputError("8 to 10,000 known envelopes", self.known, "Write 96.")
