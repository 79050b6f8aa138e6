"""The spec of an operation: its length, its limits, and the checks before it."""

import math
from collections.abc import Mapping
from dataclasses import field, replace
from typing import Annotated, Any

from pydantic import Field
from pydantic.dataclasses import dataclass as checked

from ingenium.core.errors import InputError
from ingenium.core.judgement import in_units
from ingenium.core.spec import _STRICT, LAST_SEED, Limit, Number
from ingenium.core.verdict import BEYOND
from ingenium.operate.drill import Drill, Seconds
from ingenium.operate.preferences import PreferenceSpec
from ingenium.operate.risks import RiskSpec
from ingenium.operate.shared import SharedControl

LEAST_PERIODS = 48  # of an episode before release
FEWEST = 8  # scenarios from which limits on worth are judged
QUANTITIES = {  # of a run, with its unit
    "outside": "periods",
    "error": "1",
    "barred": "1",
    "bypassed": "1",
    "by_person": "1",
    "override_respected": "1",
    "bypass_delay": "periods",
    "missed": "periods",
    "covered": "1",
    "unsafe": "1",
    "fidelity": "1",
    "tried_outside": "1",
    "rank_correlation": "1",
}
LIMITS = (
    Limit("outside", at_most=0),
    Limit("override_respected", at_least=1),
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
    family: str = ""  # of the policy, where the command names none
    scenarios: Annotated[int, Field(ge=1, le=1000)] = 1  # of the run, for the interval of its worth
    alongside: tuple[str, ...] = ()  # families to compare with, in the same scenarios
    drill: Drill | None = field(default=None)  # None: the default of the plant's problem
    shared: SharedControl | None = field(default=None)  # none: the policy acts alone
    preferences: PreferenceSpec | None = field(default=None)  # none: no questions
    shut_down_after_s: Seconds | None = None  # of readings outside their ranges; none: never
    risks: RiskSpec | None = field(default=None)  # of a register; none: no register

    def __post_init__(self) -> None:
        own = [x for x in self.limits if x.quantity in QUANTITIES]
        known = iter(in_units(own, QUANTITIES, "quantity of an operation"))
        judged = tuple(next(known) if x.quantity in QUANTITIES else x for x in self.limits)
        object.__setattr__(self, "limits", judged)
        fewest = math.ceil(BEYOND**2 * (1 / self.outside_at_most - 1))  # by Wilson's upper end
        if self.release_scenarios < fewest:
            raise InputError(
                f"at least {fewest} scenarios, in which a share of {self.outside_at_most:g} can be "
                "shown to hold",
                f"release_scenarios = {self.release_scenarios}",
                f"Write release_scenarios = {fewest}, or a larger outside_at_most.",
            )

        for part, quantity in (
            ("risks", "unsafe"),
            ("preferences", "tried_outside"),
            ("preferences", "rank_correlation"),
        ):
            if getattr(self, part) is None and any(x.quantity == quantity for x in self.limits):
                raise InputError(f"[{part}], for a limit on {quantity}", "none", f"Write [{part}].")

    def release_periods(self, period_s: float) -> int:
        """Return the periods of an episode before release; slow plants have a least number."""
        return max(round(self.release_s / period_s), LEAST_PERIODS)

    def patience(self, period_s: float) -> int | None:
        """Return the periods outside after which the shell shuts the plant down."""
        after = self.shut_down_after_s
        return None if after is None else max(1, round(after / period_s))

    def on(self, worth: Mapping[str, str]) -> "OperateSpec":
        """Return the spec with limits in the units of measured quantities and of `worth`.

        A limit on worth is satisfied if the whole interval satisfies it.

        Raises:
            InputError: for a limit on an unmeasured quantity, or on worth in too few scenarios.
        """
        found = in_units(self.limits, {**QUANTITIES, **worth}, "quantity of an operation")
        valued = [x.quantity for x in found if x.quantity in worth]
        if valued and self.scenarios < FEWEST:
            raise InputError(
                f"at least {FEWEST} scenarios for a limit on {valued[0]}, which chance decides",
                f"scenarios = {self.scenarios}",
                f"Write scenarios = {FEWEST}.",
            )
        whole = (
            replace(x, beyond_uncertainty=True)
            if x.quantity in worth and x.beyond_uncertainty is None
            else x
            for x in found
        )
        return replace(self, limits=tuple(whole))
