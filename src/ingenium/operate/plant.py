"""What is operated: a plant that steps in batch, the policy that acts on it, and who gives both.

Shapes: n copies of a plant, s numbers of its state, p readings, m actions, q wanted values,
    k rates of worth, c rows of a barrier.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol, runtime_checkable

import numpy as np
import xarray as xr
from jaxtyping import Bool, Float64, Int64

from ingenium.core.problem import Problem
from ingenium.operate.drill import Drill, PlantFault

Rows = Float64[np.ndarray, "n m"]


@dataclass(frozen=True)
class Signal:
    """One reading or action of a plant, and the range that it must not leave."""

    name: str
    unit: str
    low: float
    high: float


@dataclass(frozen=True)
class WorthRate:
    """What a run earns, spends or wears by the hour, such as `cost` in `$/h`, `energy` in `kW`."""

    name: str
    unit: str

    @property
    def total(self) -> str:
        """The unit of its integral over time in hours."""
        if self.unit.endswith("/h"):
            return self.unit.removesuffix("/h")
        return "h" if self.unit == "1" else f"{self.unit} h"


@dataclass(frozen=True, eq=False)
class PlantState:
    """Where copies of a plant are; with the plant's settings it fixes all that follows."""

    period: int  # that begins
    x: Float64[np.ndarray, "n s"]
    scenario: Int64[np.ndarray, " n"]  # that each copy is in: loads, noise, parameters

    def moved(self, x: Float64[np.ndarray, "n s"]) -> "PlantState":
        """A period later."""
        return replace(self, period=self.period + 1, x=x)


@dataclass(frozen=True, eq=False)
class Barrier:
    """What keeps a plant inside its limits for ever: rows that the next action must hold.

    `rows` times action is at most `bounds`. Where the plant is `lost` no such promise is known and
    its fallback acts.

    Shapes: n copies, c rows, m actions.
    """

    rows: Float64[np.ndarray, "n c m"]
    bounds: Float64[np.ndarray, "n c"]
    lost: Bool[np.ndarray, " n"]


@runtime_checkable
class Plant(Protocol):
    """A simulator of something that is operated, many copies at once.

    All that chance decides in a scenario is drawn from its number alone, so that policies meet the
    same scenarios (common random numbers), alone or together.
    """

    @property
    def name(self) -> str:
        """Of the simulator."""
        ...

    @property
    def version(self) -> str:
        """Of the simulator."""
        ...

    @property
    def period_s(self) -> float:
        """Between two actions."""
        ...

    @property
    def readings(self) -> tuple[Signal, ...]:
        """What its sensors say; the first of them are those that are wanted to be somewhere."""
        ...

    @property
    def actions(self) -> tuple[Signal, ...]:
        """What is acted with."""
        ...

    @property
    def faults(self) -> Mapping[str, str]:
        """Kinds of faults that it knows, and what each does."""
        ...

    def begin(self, scenario: Int64[np.ndarray, " n"]) -> PlantState:
        """Copies at rest, each in its scenario."""
        ...

    def step(self, state: PlantState, action: Rows, faults: Sequence[PlantFault]) -> PlantState:
        """A period later."""
        ...

    def seen(self, state: PlantState, faults: Sequence[PlantFault]) -> Float64[np.ndarray, "n p"]:
        """What the sensors say."""
        ...

    def truth(self, state: PlantState) -> Float64[np.ndarray, "n p"]:
        """What the readings would be without noise and faults of sensors."""
        ...

    def wanted(self, state: PlantState) -> Float64[np.ndarray, "n q"]:
        """Where the first readings are wanted."""
        ...

    @property
    def rates(self) -> tuple[WorthRate, ...]:
        """Names and units of what a run is worth or costs; none where nothing is counted."""
        ...

    def worth(self, state: PlantState, action: Rows) -> Float64[np.ndarray, "n k"]:
        """Mean rates of the period that ended in `state`, in which `action` was applied."""
        ...

    def expected(
        self, seen: Float64[np.ndarray, "n p"], action: Rows
    ) -> Float64[np.ndarray, "n p"]:
        """What is likely to be seen a period later."""
        ...

    def barrier(self, seen: Float64[np.ndarray, "n p"]) -> Barrier:
        """What the next action must hold, by what is seen now."""
        ...

    def fallback(self, seen: Float64[np.ndarray, "n p"]) -> Rows:
        """The action that brings the plant to rest, or holds it there."""
        ...


@runtime_checkable
class Policy(Protocol):
    """Something that acts, once a period, on what is seen and wanted.

    Its memory is an array, so that it can be kept and taken up again; it is told the action that
    was applied, which may be another than the one that it proposed.
    """

    @property
    def name(self) -> str:
        """Of its family, and what tells it from others."""
        ...

    def begin(self, n: int) -> Float64[np.ndarray, "n k"]:
        """Memory of `n` copies before the first period."""
        ...

    def act(
        self,
        memory: Float64[np.ndarray, "n k"],
        seen: Float64[np.ndarray, "n p"],
        wanted: Float64[np.ndarray, "n q"],
    ) -> Rows:
        """What it would do."""
        ...

    def learn(
        self,
        memory: Float64[np.ndarray, "n k"],
        seen: Float64[np.ndarray, "n p"],
        wanted: Float64[np.ndarray, "n q"],
        applied: Rows,
    ) -> Float64[np.ndarray, "n k"]:
        """Its memory a period later, once the action that was applied is known."""
        ...


@runtime_checkable
class Explained(Protocol):
    """A policy that gives the reason of what it proposes, wherever it proposes something new."""

    def why(
        self,
        memory: Float64[np.ndarray, "1 k"],
        seen: Float64[np.ndarray, "1 p"],
        wanted: Float64[np.ndarray, "1 q"],
    ) -> str:
        """A sentence on what it proposes now; empty where that is what it proposed before."""
        ...


@runtime_checkable
class Foreseeing(Protocol):
    """A policy with a twin, which says in what band it expects one of the readings."""

    @property
    def foreseen(self) -> int:
        """Which reading."""
        ...

    def foresee(self, memory: Float64[np.ndarray, "n k"]) -> Float64[np.ndarray, "n 2"]:
        """Ends of the band of the period that begins; NaN where it expects nothing yet."""
        ...


@runtime_checkable
class Operated(Protocol):
    """A problem that has a plant, which policies can operate."""

    @property
    def plant(self) -> Plant:
        """That limits are judged on."""
        ...

    @property
    def held_out(self) -> Plant:
        """Another simulator of the same machine, on which nothing was tuned."""
        ...

    @property
    def drill(self) -> Callable[[float], Drill]:
        """Of seconds: the faults and overrides of a run that names none."""
        ...

    @property
    def families(self) -> Mapping[str, Callable[[int], Policy]]:
        """Policies that are made without a run, by name, each of a seed.

        Their makers refuse one that leaves the plant's limits where it was made.
        """
        ...


@runtime_checkable
class Twinned(Protocol):
    """An operated problem whose plant has a twin, which `infer` fits to the plant's readings."""

    @property
    def twin(self) -> Problem:
        """A problem of the same domain with slow parameters of the plant as its variables."""
        ...


@runtime_checkable
class Acting(Protocol):
    """A problem whose designs are policies."""

    def policy(self, design: xr.Dataset, plant: Plant) -> Policy:
        """A single design as something that acts on a plant, by its exported code if it has some.

        Raises:
            InputError: for a plant that it does not fit.
        """
        ...
