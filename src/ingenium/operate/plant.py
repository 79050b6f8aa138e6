"""Contracts of operation: a plant that steps in batches, a policy that acts on it, and problems.

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
    """One reading or action of a plant, and its allowed range."""

    name: str
    unit: str
    low: float
    high: float


@dataclass(frozen=True)
class WorthRate:
    """A gain, cost or wear of a run per hour, such as `cost` in `$/h` or `energy` in `kW`."""

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
    """States of copies of a plant; with the plant's settings they fix the future."""

    period: int  # next period to begin
    x: Float64[np.ndarray, "n s"]
    scenario: Int64[np.ndarray, " n"]  # scenario of each copy: loads, noise, parameters

    def moved(self, x: Float64[np.ndarray, "n s"]) -> "PlantState":
        """Return the state a period later."""
        return replace(self, period=self.period + 1, x=x)


@dataclass(frozen=True, eq=False)
class Barrier:
    """A condition on the next action under which a plant never leaves its limits.

    `rows` times action is at most `bounds`. Where the plant is `lost` there is no such guarantee,
    and its fallback acts.

    Shapes: n copies, c rows, m actions.
    """

    rows: Float64[np.ndarray, "n c m"]
    bounds: Float64[np.ndarray, "n c"]
    lost: Bool[np.ndarray, " n"]


@runtime_checkable
class Plant(Protocol):
    """A simulator of an operated plant, for a batch of copies.

    All randomness of a scenario depends on its number alone, so that policies meet the
    same scenarios (common random numbers), alone or together.
    """

    @property
    def name(self) -> str:
        """Name of the simulator."""
        ...

    @property
    def version(self) -> str:
        """Version of the simulator."""
        ...

    @property
    def period_s(self) -> float:
        """Time between two actions."""
        ...

    @property
    def readings(self) -> tuple[Signal, ...]:
        """Readings of its sensors; the first ones have wanted values."""
        ...

    @property
    def actions(self) -> tuple[Signal, ...]:
        """Actions of its actuators."""
        ...

    @property
    def faults(self) -> Mapping[str, str]:
        """Kinds of faults, each with its effect."""
        ...

    def begin(self, scenario: Int64[np.ndarray, " n"]) -> PlantState:
        """Start copies at rest, each in its scenario."""
        ...

    def step(self, state: PlantState, action: Rows, faults: Sequence[PlantFault]) -> PlantState:
        """Advance by one period."""
        ...

    def seen(self, state: PlantState, faults: Sequence[PlantFault]) -> Float64[np.ndarray, "n p"]:
        """Return the readings of the sensors."""
        ...

    def truth(self, state: PlantState) -> Float64[np.ndarray, "n p"]:
        """Return true values of the readings, without noise and sensor faults."""
        ...

    def wanted(self, state: PlantState) -> Float64[np.ndarray, "n q"]:
        """Return wanted values of the first readings."""
        ...

    @property
    def rates(self) -> tuple[WorthRate, ...]:
        """Names and units of gains and costs; empty where none are counted."""
        ...

    def worth(self, state: PlantState, action: Rows) -> Float64[np.ndarray, "n k"]:
        """Mean rates of the period that ended in `state`, in which `action` was applied."""
        ...

    def expected(
        self, seen: Float64[np.ndarray, "n p"], action: Rows
    ) -> Float64[np.ndarray, "n p"]:
        """Predict the readings of the next period."""
        ...

    def barrier(self, seen: Float64[np.ndarray, "n p"]) -> Barrier:
        """Return the condition on the next action, from the present readings."""
        ...

    def fallback(self, seen: Float64[np.ndarray, "n p"]) -> Rows:
        """The action that brings the plant to rest, or leaves it there."""
        ...


def beyond(plant: Plant, values: Float64[np.ndarray, "n p"]) -> Bool[np.ndarray, " n"]:
    """Copies with a reading that is out of its range, or missing."""
    low, high = (np.array([getattr(r, e) for r in plant.readings]) for e in ("low", "high"))
    found: np.ndarray = np.any(~((values >= low) & (values <= high)), 1)
    return found


@runtime_checkable
class Stoppable(Protocol):
    """A plant that can be shut down for good, by its own interlock or by the shell."""

    def shut(self, state: PlantState, copies: Bool[np.ndarray, " n"]) -> PlantState:
        """Return the state with some copies shut down; those that were shut stay so."""
        ...

    def halted(self, state: PlantState) -> Bool[np.ndarray, " n"]:
        """Copies that are shut down, whoever did it."""
        ...


@runtime_checkable
class Policy(Protocol):
    """A controller that acts once a period, from readings and wanted values.

    Its memory is an array, so that it can be saved and restored; it receives the applied action,
    which may differ from its proposal.
    """

    @property
    def name(self) -> str:
        """The family, and a tag that distinguishes it from others."""
        ...

    def begin(self, n: int) -> Float64[np.ndarray, "n k"]:
        """Return the memory of `n` copies before the first period."""
        ...

    def act(
        self,
        memory: Float64[np.ndarray, "n k"],
        seen: Float64[np.ndarray, "n p"],
        wanted: Float64[np.ndarray, "n q"],
    ) -> Rows:
        """Propose an action."""
        ...

    def learn(
        self,
        memory: Float64[np.ndarray, "n k"],
        seen: Float64[np.ndarray, "n p"],
        wanted: Float64[np.ndarray, "n q"],
        applied: Rows,
    ) -> Float64[np.ndarray, "n k"]:
        """Return the memory of the next period, from the applied action."""
        ...


@runtime_checkable
class Explained(Protocol):
    """A policy that gives a reason for each new proposal."""

    def why(
        self,
        memory: Float64[np.ndarray, "1 k"],
        seen: Float64[np.ndarray, "1 p"],
        wanted: Float64[np.ndarray, "1 q"],
    ) -> str:
        """Return a sentence on the present proposal; empty where it has not changed."""
        ...


@dataclass(frozen=True)
class Weighing:
    """A decision as its policy came to it: its kind, and the criteria by name."""

    kind: str
    criteria: Mapping[str, float]


@runtime_checkable
class Weighed(Protocol):
    """A policy whose decisions follow from a few named numbers."""

    def weigh(
        self,
        memory: Float64[np.ndarray, "1 k"],
        seen: Float64[np.ndarray, "1 p"],
        wanted: Float64[np.ndarray, "1 q"],
    ) -> Weighing | None:
        """Return the decision of this period; None where there is none to take."""
        ...


@runtime_checkable
class Foreseeing(Protocol):
    """A policy with a twin that predicts a band for one of the readings."""

    @property
    def foreseen(self) -> int:
        """Index of the predicted reading."""
        ...

    def foresee(self, memory: Float64[np.ndarray, "n k"]) -> Float64[np.ndarray, "n 2"]:
        """Return the ends of the band in the next period; NaN where there is no prediction yet."""
        ...


@runtime_checkable
class Operated(Protocol):
    """A problem with a plant that policies can operate."""

    @property
    def plant(self) -> Plant:
        """The plant that limits are judged on."""
        ...

    @property
    def held_out(self) -> Plant:
        """Another simulator of the same machine, which nothing was tuned on."""
        ...

    @property
    def drill(self) -> Callable[[float], Drill]:
        """Default faults and overrides of a run, as a function of its seconds."""
        ...

    @property
    def families(self) -> Mapping[str, Callable[[int], Policy]]:
        """Policies that need no run: functions of a seed, by name.

        They raise for a policy that leaves the plant's limits where it was built.
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
        """Return one design as a policy for a plant, by its exported code if it has some.

        Raises:
            InputError: for a plant that it does not fit.
        """
        ...
