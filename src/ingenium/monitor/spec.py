"""The spec of a monitor, with limits, as TOML."""

from dataclasses import field
from typing import Annotated, Literal

from pydantic import Field
from pydantic.dataclasses import dataclass as checked

from ingenium.core.errors import choose
from ingenium.core.judgement import in_units
from ingenium.core.spec import _STRICT, LAST_SEED, Limit, Number
from ingenium.monitor.augment import ARMS
from ingenium.monitor.families.table import FAMILIES

QUANTITIES = {  # what is judged, with its unit
    "missed": "1",
    "false_alarms": "1/week",
    "delay": "h",
    "auc": "1",
    "vus_pr": "1",
    "affiliation_f1": "1",
}
Share = Annotated[Number, Field(gt=0, lt=1)]
Hours = Annotated[Number, Field(ge=0, le=10_000)]


@checked(frozen=True, config=_STRICT)
class MonitorSpec:
    """A family of detectors, how it learns, and its limits on unseen events."""

    title: Annotated[str, Field(max_length=200)] = ""  # heading of the report
    family: str = "default"  # what scores windows; dpca, or transformer where it is augmented
    augment: str = "none"  # augmentation of rare windows
    window: Annotated[int, Field(ge=1, le=1000)] | None = None  # rows; None for the family's own
    steps: Annotated[int, Field(ge=1, le=10**7)] | None = None  # of training
    seed: Annotated[int, Field(ge=0, le=LAST_SEED)] = 0
    false_alarms_per_week: Annotated[Number, Field(gt=0)] = 1.0  # on streams that set the threshold
    hold_h: Hours = 3.0  # after the last row above the threshold, until an alarm ends
    recovery_h: Hours = 24.0  # after an event, in which rows count neither as normal nor as event
    calibration: Share = 0.2  # of streams, that set the threshold
    held_out: Share = 0.3  # of streams, that judge
    unseen: tuple[str, ...] | None = None  # held-out event types; None: one of three or more
    learn_from: Literal["all", "synthetic"] = "all"  # train on augmented windows alone
    adversarial: bool = False  # train on windows moved within what sensors allow
    evasion: bool = False  # also judge against an attacker who knows the monitor
    limits: tuple[Limit, ...] = field(default=())  # on what is judged

    def __post_init__(self) -> None:
        if self.family != "default":
            choose(self.family, FAMILIES, "family of monitors")
        choose(self.augment, ARMS, "augmentation")
        if self.learn_from == "synthetic" and self.augment == "none":
            raise ValueError('learn_from = "synthetic" needs an augmentation that makes windows')
        judged = in_units(self.limits, QUANTITIES, "quantity of monitors")
        object.__setattr__(self, "limits", judged)

    def hold_rows(self, step_s: float) -> int:
        """Rows that an alarm lasts after the last one above the threshold."""
        return round(self.hold_h * 3600 / step_s)

    def recovery_rows(self, step_s: float) -> int:
        """Rows after an event that count neither as normal nor as event."""
        return round(self.recovery_h * 3600 / step_s)

    @property
    def chosen(self) -> str:
        """The family; a classifier of events where they are augmented."""
        if self.family != "default":
            return self.family
        return "dpca" if self.augment == "none" else "transformer"
