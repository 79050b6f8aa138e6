"""Disturbances of a run: faults, a person who takes over, and a person who stops it."""

from collections.abc import Collection, Sequence
from typing import Annotated

import numpy as np
from jaxtyping import Float64
from pydantic import Field
from pydantic.dataclasses import dataclass as checked

from ingenium.core.errors import InputError, choose
from ingenium.core.spec import _STRICT, Number

Seconds = Annotated[Number, Field(ge=0, le=1e7)]


@checked(frozen=True, config=_STRICT)
class PlantFault:
    """A fault of a plant, for a time."""

    kind: str
    at_s: Seconds
    for_s: Seconds
    size: Number = 1.0
    where: Annotated[int, Field(ge=0, le=10_000)] = 0  # name of the reading or action

    def on(self, time_s: float) -> bool:
        """True while the fault is present."""
        return self.at_s <= time_s < self.at_s + self.for_s


@checked(frozen=True, config=_STRICT)
class PersonActs:
    """A person who takes over: `hold` freezes the actions, `stop` requests the fallback.

    `action` holds the person's own actions, one for each of the plant's.
    """

    at_s: Seconds
    for_s: Seconds
    how: str = "hold"
    action: tuple[Number, ...] = ()
    who: Annotated[str, Field(min_length=1, max_length=80)] = "person"

    def __post_init__(self) -> None:
        choose(self.how, WAYS, "way to take over")
        if (self.how == "act") != bool(self.action):
            raise ValueError('action goes with how = "act", and only with it')

    def on(self, time_s: float) -> bool:
        """True while the person has taken over."""
        return self.at_s <= time_s < self.at_s + self.for_s


WAYS = ("hold", "act", "stop")


@checked(frozen=True, config=_STRICT)
class Drill:
    """All disturbances of a run."""

    faults: tuple[PlantFault, ...] = ()
    persons: tuple[PersonActs, ...] = ()

    def check(self, kinds: Collection[str], readings: int, actions: int) -> None:
        """Refuse faults or actions that a plant does not have.

        Raises:
            InputError: naming the unknown one.
        """
        for fault in self.faults:
            choose(fault.kind, kinds, "fault of this plant")
            if fault.where >= max(readings, actions):
                raise InputError(
                    f"a place from 0 to {max(readings, actions) - 1}", f"where = {fault.where}"
                )
        for person in self.persons:
            if person.action and len(person.action) != actions:
                raise InputError(f"{actions} actions of a person", f"{len(person.action)}")


def misread(
    found: Float64[np.ndarray, "n p"], faults: Sequence[PlantFault]
) -> Float64[np.ndarray, "n p"]:
    """Readings, changed in place, as faults of sensors have them."""
    for fault in faults:
        if fault.kind == "reading stuck":
            found[:, fault.where] = fault.size
        elif fault.kind == "reading off":
            found[:, fault.where] += fault.size
    return found
