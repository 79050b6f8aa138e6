"""First columns of tables of steps: hours of one trajectory, or time stamps of a day."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float64, Shaped

from ingenium.core.errors import InputError
from ingenium.core.quantity import Variable
from ingenium.core.reading.tables import DataTable

ZONED = r"(?:Z|[+-][0-9]{2}:?[0-9]{2})$"
DAY_MIN = 24 * 60


@runtime_checkable
class StepClock(Protocol):
    """The first column of a table of steps, and the numbers of the design that it encodes."""

    @property
    def head(self) -> str:
        """Heading of the column."""
        ...

    @property
    def variables(self) -> tuple[Variable, ...]:
        """Variables without dimensions that its cells follow from."""
        ...

    def cells(self, *numbers: float) -> Sequence[Any]:
        """Return the cell of each step."""
        ...

    def read(self, table: DataTable) -> tuple[float, ...]:
        """Return the numbers of the design.

        Raises:
            InputError: for cells of any other kind.
        """
        ...


@dataclass(frozen=True, eq=False)
class Hours:
    """Steps of one trajectory, labelled by the hour at which each starts."""

    hours: Float64[np.ndarray, " t"]
    head: str = "hour"
    variables: tuple[Variable, ...] = ()

    def cells(self, *numbers: float) -> Sequence[Any]:
        return list(self.hours.tolist())

    def read(self, table: DataTable) -> tuple[float, ...]:
        table.numbers(self.head)
        table.same(self.head, self.hours.tolist())
        return ()


@dataclass(frozen=True, eq=False)
class DayStamps:
    """Steps of a day in a fixed offset from UTC: the start of each, with the offset behind it."""

    day: Variable  # number of the day after the first
    first: np.datetime64
    step_min: int = 15
    offset: str = "+01:00"
    head: str = "time"

    @property
    def variables(self) -> tuple[Variable, ...]:
        return (self.day,)

    def cells(self, *numbers: float) -> Sequence[Any]:
        start = self.first + np.timedelta64(round(numbers[0]), "D")
        return [f"{stamp}{self.offset}" for stamp in self._stamps(start)]

    def read(self, table: DataTable) -> tuple[float, ...]:
        text = table.frame[table.at(self.head)].astype(str)
        bare = ~text.str.contains(ZONED)
        if bare.any():
            row = int(bare.to_numpy().argmax())
            raise InputError(
                f"stamps with their offset from UTC, such as {self.offset}",
                f"{text.iloc[row]!r} in {table.place(row, self.head)}",
                f"Write {text.iloc[row]}{self.offset}.",
            )
        zone = datetime.fromisoformat(f"2000-01-01T00:00{self.offset}").tzinfo
        stamps = table.times(self.head, onto=zone or UTC).to_numpy()
        start = stamps[0].astype("datetime64[D]")
        if not np.array_equal(stamps, self._stamps(start)):
            raise InputError(
                f"all steps of {self.step_min} min of one day of UTC{self.offset}, from 00:00 on",
                f"stamps from {stamps[0]} to {stamps[-1]} in {table.path}",
                "Write a file for each day.",
            )
        return (float((start - self.first).astype(np.int64)),)

    def _stamps(self, start: np.datetime64) -> Shaped[np.ndarray, " t"]:
        return np.asarray(start.astype("datetime64[m]") + np.arange(0, DAY_MIN, self.step_min))
