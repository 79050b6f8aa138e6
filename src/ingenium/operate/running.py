"""A run: a policy in its shell on one plant, period by period, with stop, resume and record.

Shapes: t periods, p readings, q wanted values, m actions, k rates.
"""

import json
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from jaxtyping import Bool

from ingenium.core.folders import replacing
from ingenium.core.problem import Watch as Progress
from ingenium.core.problem import silent
from ingenium.operate.drill import Drill
from ingenium.operate.plant import (
    Explained,
    Foreseeing,
    Plant,
    PlantState,
    Policy,
    Weighed,
    Weighing,
)
from ingenium.operate.shell import BYPASS, STOPPED, Shell, ShellMemory
from ingenium.operate.worth import advanced

EVERY = 1000  # periods, after which progress is saved
SETTLING_S = 10.0  # in which a plant is brought to rest by its fallback when a run is stopped
PROGRESS = "progress.npz"
PER_PERIOD = (
    "seen",
    "truth",
    "wanted",
    "proposed",
    "action",
    "worth",
    "foreseen",
    "who",
    "why",
    "score",
    "seconds",
    "late",
)


@dataclass(frozen=True)
class Reason:
    """A new proposal of a policy: when, why, and by which criteria."""

    at_s: float
    why: str
    weighed: Weighing | None = None

    @classmethod
    def of(cls, at_s: float, why: str, weighed: Mapping[str, Any] | None) -> "Reason":
        """Restore a stored reason."""
        return cls(at_s, why, None if weighed is None else Weighing(**weighed))


@dataclass(eq=False)
class Operation:
    """A run in progress."""

    plant: Plant
    policy: Policy
    shell: Shell
    drill: Drill
    periods: int
    scenario: int
    late: Bool[np.ndarray, " t"] | None = None  # of a replay; None: in real time, as measured
    pace: Callable[[int], None] | None = None  # waits for the period that begins

    def __post_init__(self) -> None:
        p, m, t = len(self.plant.readings), len(self.plant.actions), self.periods
        self.state = self.plant.begin(np.array([self.scenario], dtype=np.int64))
        q = self.plant.wanted(self.state).shape[1]
        self.memory, self.known = self.policy.begin(1), self.shell.begin(1)
        shapes = ((p,), (p,), (q,), (m,), (m,), (len(self.plant.rates),), (2,), *[()] * 5)
        self.trajectory = {
            name: np.full((t, *wide), np.nan) for name, wide in zip(PER_PERIOD, shapes, strict=True)
        }
        self.stops: list[float] = []  # s, at which the run was stopped from outside
        self.reasons: list[Reason] = []

    @property
    def done(self) -> int:
        """Number of finished periods."""
        return self.state.period

    def run(self, folder: Path | None = None, progress: Progress = silent) -> None:
        """Run all remaining periods.

        Raises:
            KeyboardInterrupt: when stopped: the plant is then at its fallback, progress is saved in
                `folder`, and the same run resumes from there.
        """
        try:
            while self.done < self.periods:
                if self.done % EVERY == 0:
                    progress("operate", self.done, self.periods)
                    if folder is not None:
                        self.store(folder)
                self.step()
        except KeyboardInterrupt:
            try:
                self.settle()
            finally:  # also if it is stopped twice
                if folder is not None:
                    self.store(folder)
            raise
        progress("operate", self.periods, self.periods)

    def settle(self) -> None:
        """Bring the plant to rest by its fallback, as part of the run."""
        self.stops.append(self.done * self.plant.period_s)
        most = min(self.periods, self.done + round(SETTLING_S / self.plant.period_s))
        while self.done < most:
            self.step(stopping=True)

    def step(self, *, stopping: bool = False) -> None:
        """Run one period."""
        k, h = self.done, self.plant.period_s
        now = k * h
        if self.pace is not None and not stopping:
            self.pace(k)
        faults = tuple(f for f in self.drill.faults if f.on(now))
        person = next((p for p in self.drill.persons if p.on(now)), None)
        seen, wanted = self.plant.seen(self.state, faults), self.plant.wanted(self.state)
        began = time.perf_counter()
        proposed = self.policy.act(self.memory, seen, wanted)
        took = time.perf_counter() - began
        late = self.pace is not None and took > h if self.late is None else bool(self.late[k])
        decided = self.shell.decide(self.known, seen, proposed, late=late, person=person)
        action, who, why = decided.action, int(decided.who[0]), int(decided.why[0])
        if stopping:
            action, who, why = self.plant.fallback(seen), BYPASS, STOPPED
        new, weighed = "", None
        if isinstance(self.policy, Explained) and not stopping:
            new = self.policy.why(self.memory, seen, wanted)
        if isinstance(self.policy, Weighed) and not stopping:
            weighed = self.policy.weigh(self.memory, seen, wanted)
        memory = self.policy.learn(self.memory, seen, wanted, action)
        state = advanced(self.plant, self.state, replace(decided, action=action), faults)
        worth = self.plant.worth(state, action)[0]
        band = np.full(2, np.nan)
        if isinstance(self.policy, Foreseeing):
            band = self.policy.foresee(self.memory)[0]
        read = (seen[0], self.plant.truth(self.state)[0], wanted[0])
        row = (*read, proposed[0], action[0], worth, band)
        numbers = (who, why, float(decided.score[0]), took, late)
        for name, value in zip(PER_PERIOD, (*row, *numbers), strict=True):
            self.trajectory[name][k] = value
        # In one step, so that a stop within a period does it again as a whole.
        self.memory, self.known, self.state = memory, decided.memory, state
        self.reasons += [Reason(now, new, weighed)] if new else []

    def store(self, folder: Path) -> None:
        """Save all that the run needs to resume."""
        own = {f"shell_{k}": v for k, v in vars(self.known).items()}
        with replacing(folder / PROGRESS) as part, part.open("wb") as file:
            np.savez(
                file,
                x=self.state.x,
                period=self.state.period,
                memory=self.memory,
                stops=np.array(self.stops),
                reasons=np.array(json.dumps([asdict(own) for own in self.reasons])),
                **(own | self.trajectory),
            )

    def resume(self, folder: Path) -> bool:
        """Restore saved progress, if there is any."""
        path = folder / PROGRESS
        if not path.is_file():
            return False
        with np.load(path) as stored:
            self.state = PlantState(int(stored["period"]), stored["x"], self.state.scenario)
            self.memory = stored["memory"]
            names = ShellMemory.__dataclass_fields__
            self.known = ShellMemory(**{k: stored[f"shell_{k}"] for k in names})
            self.trajectory = {k: stored[k] for k in PER_PERIOD}
            self.stops = [float(s) for s in stored["stops"]]
            self.reasons = [Reason.of(**own) for own in json.loads(str(stored["reasons"]))]
        return True

    def table(self) -> xr.Dataset:
        """Return the trajectory, with names and units."""
        readings, actions, q = (
            self.plant.readings,
            self.plant.actions,
            self.trajectory["wanted"].shape[1],
        )
        dims = {
            "seen": ("time", "reading"),
            "truth": ("time", "reading"),
            "wanted": ("time", "wanted_reading"),
            "proposed": ("time", "acting"),
            "action": ("time", "acting"),
            "worth": ("time", "rate"),
            "foreseen": ("time", "end"),
        }
        whole = {"who", "why", "late"}
        data: dict[str, Any] = {}
        for name, values in self.trajectory.items():
            own = np.nan_to_num(values).astype(np.int8) if name in whole else values
            data[name] = (dims.get(name, ("time",)), own)
        coords = {
            "time": ("time", np.arange(self.periods) * self.plant.period_s, {"units": "s"}),
            "reading": ("reading", [r.name for r in readings]),
            "wanted_reading": ("wanted_reading", [r.name for r in readings[:q]]),
            "acting": ("acting", [a.name for a in actions]),
            "rate": ("rate", np.array([r.name for r in self.plant.rates], dtype=str)),
            "rate_unit": ("rate", np.array([r.unit for r in self.plant.rates], dtype=str)),
        }
        attrs: dict[str, Any] = {"period_s": self.plant.period_s}
        if isinstance(self.policy, Foreseeing):
            attrs["foreseen"] = readings[self.policy.foreseen].name
        return xr.Dataset(data, coords=coords, attrs=attrs)


def paced(period_s: float) -> Callable[[int], None]:
    """Return a function that waits until each period begins in real time."""
    began = time.monotonic()

    def wait(period: int) -> None:
        left = began + period * period_s - time.monotonic()
        if left > 0:
            time.sleep(left)

    return wait


def unlike(a: xr.Dataset, b: xr.Dataset, names: Collection[str]) -> list[str]:
    """Names whose values differ between two trajectories."""
    return [
        n for n in names if not np.array_equal(a[n].to_numpy(), b[n].to_numpy(), equal_nan=True)
    ]
