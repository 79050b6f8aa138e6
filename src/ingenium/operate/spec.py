"""The spec of an operation: its length, its limits, and the checks before it."""

import math
from collections.abc import Mapping
from dataclasses import field
from typing import Annotated, Any

from pydantic import Field
from pydantic.dataclasses import dataclass as checked

from ingenium.core.errors import InputError
from ingenium.core.judgement import in_units
from ingenium.core.spec import _STRICT, LAST_SEED, Limit, Number
from ingenium.core.verdict import BEYOND
from ingenium.operate.drill import Drill

QUANTITIES = {  # of a run, with its unit
    "outside": "periods",
    "error": "1",
    "barred": "1",
    "bypassed": "1",
    "by_person": "1",
    "override_kept": "1",
    "bypass_delay": "periods",
    "missed": "periods",
}
LIMITS = (
    Limit("outside", at_most=0),
    Limit("override_kept", at_least=1),
    Limit("bypass_delay", at_most=1),
)


@checked(frozen=True, config=_STRICT)
class OperateSpec:
    """A run of a policy on a plant, and its limits."""

    title: Annotated[str, Field(max_length=200)] = ""
    setup: Mapping[str, Any] = field(default_factory=dict)  # of the plant's problem
    seconds: Annotated[Number, Field(gt=0, le=1e7)] = 60.0
    seed: Annotated[int, Field(ge=0, le=LAST_SEED)] = 0  # of the scenario
    release_scenarios: Annotated[int, Field(ge=32, le=10_000)] = 64
    release_s: Annotated[Number, Field(gt=0, le=1e5)] = 12.0
    watch_episodes: Annotated[int, Field(ge=30, le=10_000)] = 60
    coverage: Annotated[Number, Field(gt=0.5, lt=1)] = 0.95  # of normal episodes without an alarm
    outside_at_most: Annotated[Number, Field(gt=0, le=1)] = 0.15  # share, for a release
    limits: tuple[Limit, ...] = LIMITS
    drill: Drill | None = field(default=None)  # None: the default of the plant's problem

    def __post_init__(self) -> None:
        judged = in_units(self.limits, QUANTITIES, "quantity of an operation")
        object.__setattr__(self, "limits", judged)
        fewest = math.ceil(BEYOND**2 * (1 / self.outside_at_most - 1))  # by Wilson's upper end
        if self.release_scenarios < fewest:
            raise InputError(
                f"at least {fewest} scenarios, in which a share of {self.outside_at_most:g} can be "
                "shown to hold",
                f"release_scenarios = {self.release_scenarios}",
                f"Write release_scenarios = {fewest}, or a larger outside_at_most.",
            )
