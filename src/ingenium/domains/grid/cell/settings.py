"""The setup of `grid.cell`: known cells, the sensor, and the discharge in question."""

from dataclasses import dataclass

from ingenium.core.errors import InputError
from ingenium.domains.grid.cell.curves import VOLTAGES


@dataclass(frozen=True)
class BatteryCellSettings:
    """Known cells, the sensor, and which discharge of the record is in question."""

    cells: str = "declared"  # known cells: declared, nasa_battery, or a folder of such files
    nominal_ah: float = 2.0  # capacity that is 100 % of health
    discharge: int = 0  # number of the discharge in question; the last of the record if 0
    until_v: float = 0.0  # the record is cut where the voltage falls below; 0 for all of it
    reference_age: int = 1  # discharges since the last complete one, at least
    start_missing: float = 0.2  # largest share of the nominal charge missing as the record begins
    current_error: float = 0.01  # standard deviation of the gain of the current sensor
    held_out: str = ""  # known cell on which coverage is judged; that of the record, or the last
    seed: int = 0  # of declared cells, and of the starts and gains of known discharges

    def __post_init__(self) -> None:
        if not 0.05 <= self.nominal_ah <= 1000:
            likely = "In mAh? " if self.nominal_ah > 1000 else ""
            raise InputError("a nominal capacity from 0.05 to 1000 Ah", self.nominal_ah,
                             f"{likely}Write nominal_ah = 2.0.")  # fmt: skip
        if self.until_v and not VOLTAGES[-1] <= self.until_v < VOLTAGES[1]:
            likely = " In mV?" if self.until_v > 100 else ""
            raise InputError(f"until_v from {VOLTAGES[-1]} to below {VOLTAGES[1]} V, or 0",
                             f"{self.until_v:g}", f"Write until_v = 3.5.{likely}")  # fmt: skip
        if not 0 <= self.start_missing <= 0.9:
            likely = f"In per cent? Write start_missing = {self.start_missing / 100:g}."
            raise InputError("start_missing from 0 to 0.9", self.start_missing, likely)
        if not 0 <= self.current_error <= 0.2:
            likely = f"In per cent? Write current_error = {self.current_error / 100:g}."
            raise InputError("current_error from 0 to 0.2", self.current_error, likely)
        if not 1 <= self.reference_age <= 100 or self.discharge < 0:
            raise InputError("reference_age from 1 to 100, and a discharge from 0 on",
                             f"{self.reference_age} and {self.discharge}")  # fmt: skip
