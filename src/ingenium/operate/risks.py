"""A register of risks: how often each fault comes, what it costs, and where the plant ends.

Shapes: t periods, n scenarios.
"""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Annotated, Any

import numpy as np
from jaxtyping import Bool, Float64, Int64
from pydantic import Field
from pydantic.dataclasses import dataclass as checked

from ingenium.core.errors import InputError, choose
from ingenium.core.problem import Watch as Progress
from ingenium.core.spec import _STRICT, Number
from ingenium.evaluate.measured import Interval
from ingenium.operate.drill import Drill, PlantFault, Seconds
from ingenium.operate.plant import Plant, Policy
from ingenium.operate.scenarios import RISKING
from ingenium.operate.shell import Shell
from ingenium.operate.worth import ServedRuns, about, served

NONE = "no fault"
SETTLED = 0.05  # share of a scenario for which a plant is inside again
FILE = "risks.csv"
COLUMNS = {
    "fault": "{fault}",
    "a year": "{per_year:g}",
    "loss an event": "{loss:.4g}",
    "from": "{low:.4g}",
    "to": "{high:.4g}",
    "risk a year": "{risk:.4g}",
    "unit": "{unit}",
    "ends inside": "{inside:.0%}",
    "shut down": "{shut:.0%}",
    "ends in neither": "{unsafe:.0%}",
    "of the time outside": "{outside:.1%}",
}


@checked(frozen=True, config=_STRICT)
class RiskSpec:
    """Faults of a register, their frequency, and the scenarios in which each of them is run."""

    faults: tuple[str, ...] = ()  # kinds of the plant; none: all of them
    scenarios: Annotated[int, Field(ge=2, le=1000)] = 50
    seconds: Annotated[Number, Field(gt=0, le=1e7)] = 86_400.0  # of a scenario
    at_s: Seconds = 3600.0  # from when to the end of the scenario the fault is present
    size: Number = 1.0
    loss: str = ""  # rate of the plant that a fault raises; none: its first one
    per_year: Mapping[str, Annotated[Number, Field(ge=0)]] = field(default_factory=dict)

    def check(self, plant: Plant) -> None:
        """Refuse faults and rates that a plant does not have.

        Raises:
            InputError: naming the unknown one.
        """
        if not plant.rates:
            raise InputError("a plant that counts costs, for a register", plant.name)
        for kind in (*self.faults, *self.per_year):
            choose(kind, plant.faults, "fault of this plant")
        choose(self.loss or plant.rates[0].name, [r.name for r in plant.rates], "rate of worth")
        if self.at_s >= self.seconds:
            raise InputError(
                f"a fault that begins within {self.seconds:g} s", f"at_s = {self.at_s:g}"
            )


@dataclass(frozen=True)
class Risk:
    """One fault: probability, magnitude, their product, and the ends of its scenarios."""

    fault: str
    per_year: float
    loss: float  # more than in the same scenarios without the fault
    low: float
    high: float
    risk: float
    unit: str
    inside: float  # share of scenarios that end inside the limits
    shut: float  # share that are shut down
    unsafe: float  # share that end in neither
    outside: float  # share of the time, until a shutdown


def register(policy: Policy, shell: Shell, spec: RiskSpec, watch: Progress) -> list[Risk]:
    """Run every fault in the same scenarios; return the largest product first, then no fault."""
    plant, at = shell.plant, RISKING.some(spec.scenarios)
    periods = round(spec.seconds / plant.period_s)
    names = [r.name for r in plant.rates]
    which = names.index(spec.loss) if spec.loss else 0
    kinds = spec.faults or tuple(plant.faults)
    calm = _followed(policy, shell, None, at, periods)
    base, found = _lost(calm, which, periods), []
    for i, kind in enumerate(kinds):
        watch("risks", i, len(kinds))
        fault = PlantFault(kind, spec.at_s, 1e7, spec.size)  # to the end
        runs = _followed(policy, shell, fault, at, periods)
        loss = about((_lost(runs, which, periods) - base) * plant.period_s / 3600)
        yearly = float(spec.per_year.get(kind, 1.0))
        found.append(_risk(kind, yearly, loss, runs, plant.rates[which].total, periods))
    none = about(np.zeros(len(at)))
    return [
        *sorted(found, key=lambda own: (-own.risk, own.fault)),
        _risk(NONE, 0.0, none, calm, plant.rates[which].total, periods),
    ]


def _followed(
    policy: Policy,
    shell: Shell,
    fault: PlantFault | None,
    at: Int64[np.ndarray, " n"],
    periods: int,
) -> ServedRuns:
    """Run a fault's scenarios, longer if a copy is outside and not yet shut down at their end."""
    drill = Drill() if fault is None else Drill((fault,))
    runs = served(policy, shell, drill, at, periods)
    if (returned(runs.outside, periods) | runs.halted[-1]).all() or shell.patience is None:
        return runs
    more = shell.patience + round(SETTLED * periods) + 1
    return served(policy, shell, drill, at, periods + more)


def _lost(runs: ServedRuns, which: int, periods: int) -> Float64[np.ndarray, " n"]:
    found: np.ndarray = runs.rates[:periods, :, which].sum(0)
    return found


def _risk(
    kind: str, per_year: float, loss: Interval, runs: ServedRuns, unit: str, periods: int
) -> Risk:
    shut, inside = runs.halted[-1], returned(runs.outside, periods)
    before = (runs.outside & ~runs.halted)[:periods].mean()
    return Risk(
        kind, per_year, loss.value, loss.low, loss.high, per_year * loss.value, unit,
        float((inside & ~shut).mean()), float(shut.mean()), float((~inside & ~shut).mean()),
        float(before),
    )  # fmt: skip


def returned(outside: Bool[np.ndarray, "t n"], periods: int) -> Bool[np.ndarray, " n"]:
    """Copies that are inside for a while, from the end of their scenario on."""
    wide = max(1, round(SETTLED * periods))
    since = np.concatenate(
        [np.zeros((1, outside.shape[1])), (~outside[periods - wide :]).cumsum(0)]
    )
    found: np.ndarray = (since[wide:] - since[:-wide] == wide).any(0)
    return found


def unsafe(risks: Sequence[Risk]) -> float:
    """Largest share of a fault's scenarios that end neither inside nor shut down."""
    return max(own.unsafe for own in risks)


def to_csv(risks: Sequence[Risk]) -> str:
    """Return the register as CSV, numbers in full."""
    text = io.StringIO()
    rows: list[dict[str, Any]] = [asdict(own) for own in risks]
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()
