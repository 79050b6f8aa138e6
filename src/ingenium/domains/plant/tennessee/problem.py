"""`plant.tennessee`: labelled runs of the Tennessee Eastman plant, and the plant to operate."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
import torch
import xarray as xr
from torch import Tensor

from ingenium.core.codecs import Channels
from ingenium.core.designs import DESIGN, to_arrays, to_dataset
from ingenium.core.digest import digest
from ingenium.core.errors import InputError
from ingenium.core.field_comparison import FieldComparison
from ingenium.core.problem import Problem, Projection, Second, Section
from ingenium.core.quantity import Condition, Variable
from ingenium.core.spec import Fixed, Limit
from ingenium.domains.plant.tennessee import report, runs
from ingenium.domains.plant.tennessee.core import eastman
from ingenium.domains.plant.tennessee.files import BEGINS, EastmanRuns, labels
from ingenium.domains.plant.tennessee.machine import HELD_OUT, SERVICE, EastmanPlant
from ingenium.domains.plant.tennessee.policies import families
from ingenium.domains.plant.tennessee.tags import ACTIONS, BASE
from ingenium.monitor.stream import Event, PlantMap, Stream
from ingenium.operate.drill import Drill, PersonActs, PlantFault
from ingenium.operate.plant import Plant, Policy

SHARE, MOST = 0.02, 1  # share and number of runs that the package repeats
SPREAD_OF_SETPOINTS = np.array(
    [6.0, 0.6, 0.12]
)  # deviations of hourly set-points from the base case
DIGITS = 6  # decimals of numbers in files
LAST_NOISE = 999_999
PAUSE_DAYS = 8  # days between the starts of two runs
MODES = ("mode1",)


@dataclass(frozen=True)
class TennesseeSettings:
    """Settings of the plant and of the known runs."""

    mode: str = "mode1"  # mode of production: 50/50 at the base rate
    period_h: float = 0.1  # time between two actions of a policy
    hours: int = 24  # length of a proposed run
    known: int = 28  # runs of the dataset, with each fault and without
    seed: int = 0  # seed of scenarios and of known runs


class Tennessee(Problem):
    """Runs whose readings follow from their set-points and their fault."""

    name: ClassVar[str] = "plant.tennessee"
    summary: ClassVar[str] = (
        "labelled fault runs of the Tennessee Eastman plant, and the plant to operate"
    )
    Settings: ClassVar[type] = TennesseeSettings
    default_family: ClassVar[str] = "residual_bootstrap"
    judged: ClassVar[str] = (
        "The folder of a run: the plant runs again from its set-points, its fault and its noise "
        "seed, and its tags must be reproduced."
    )
    unchecked: ClassVar[tuple[str, ...]] = (
        "Whether a real plant responds in this way: this one is the benchmark's simulator.",
        "Faults beyond the twenty disturbances of the benchmark.",
    )
    batch_size = 8
    licence = "tep-studio: BSD-3-Clause, (c) 2026 Khalid; model by Downs, Vogel, Bathelt and Ricker"

    def __init__(self, settings: TennesseeSettings) -> None:
        """Open the plant.

        Raises:
            InputError: for settings that no run has.
            MissingExtra: without tep-studio.
            MissingProgram: without a C compiler.
        """
        if settings.mode not in MODES:
            raise InputError(
                f"a mode of production that Ricker's loops are tuned for here: {', '.join(MODES)}",
                settings.mode,
                'Write mode = "mode1".',
            )
        if not 2 <= settings.hours <= 72:
            raise InputError("a run of 2 to 72 h", f"hours = {settings.hours}", "Write hours = 24.")
        if settings.known < 10:
            raise InputError("at least 10 known runs", f"known = {settings.known}", "")
        self.settings, self.hours = settings, settings.hours
        self.system = digest([settings, eastman().version])
        self.notes = (
            "Cost, readings and disturbances are those of the benchmark; the controllers are "
            "Ricker's, as tep-studio has them.",
        )
        self.variables, self.conditions = _variables(), _conditions(self.hours)
        self.sizes = {
            "setpoint": runs.MOVED,
            "hour": self.hours,
            "tag": len(runs.TAGS),
            "time": self.hours * runs.ROWS,
        }
        self.tiers = (runs.EastmanVerifier(),)
        self.second = Second(runs.PackageLoop(), SHARE, MOST)
        self.limits = (Limit("reading_error", at_most=1.5),)
        self.formats = {"te-csv": EastmanRuns(self.variables, self.hours)}
        self.codec = Channels.of((torch.from_numpy(self._setpoints),), along=1)

    @cached_property
    def _setpoints(self) -> np.ndarray:
        """Sample hourly set-points of known runs around the base case."""
        rng, n = np.random.default_rng(self.settings.seed), self.settings.known
        steps = rng.standard_normal((self.hours + 24, n, runs.MOVED))
        found = np.zeros_like(steps)
        for h in range(1, len(steps)):  # each hour follows from the one before it
            found[h] = 0.9 * found[h - 1] + 0.44 * steps[h]
        off = SPREAD_OF_SETPOINTS * found[24:]
        return np.round(BASE[: runs.MOVED] + off, runs.DECIMALS).transpose(1, 2, 0).copy()

    def comparison(self) -> FieldComparison:
        """Comparison in which a repair runs the plant once."""
        return FieldComparison(repair_calls=1.0)

    def data(self) -> xr.Dataset:
        """Return known runs, each with one fault or none."""
        return self._known

    @cached_property
    def _known(self) -> xr.Dataset:
        n, rng = self.settings.known, np.random.default_rng([self.settings.seed, 1])
        under: dict[str, np.ndarray] = {
            "fault": np.array(runs.KINDS)[np.arange(n) % len(runs.KINDS)],
            "onset": np.round(rng.uniform(0.5, self.hours / 2, n), DIGITS),
            "size": np.round(rng.uniform(0.5, 1, n), DIGITS),
            "noise": rng.integers(LAST_NOISE, size=n).astype(np.float64),
        }
        conditions = xr.Dataset({k: (DESIGN, v) for k, v in under.items()})
        encoded = self.codec.encode((torch.from_numpy(self._setpoints),))
        arrays = self.repair(self.decode(encoded, conditions), conditions)
        coords: dict[str, Any] = {k: (DESIGN, v) for k, v in under.items()}
        coords["held_out"] = (DESIGN, np.arange(n) % 5 == 4)
        whole = to_dataset(arrays, self.variables, coords | self.labels())
        answered = np.isfinite(arrays[1].numpy()).all((1, 2))
        return whole.isel({DESIGN: np.flatnonzero(answered)})

    def labels(self) -> dict[str, Any]:
        """Names of set-points and tags, and times."""
        return labels(self.hours)

    def proposed(self, arrays: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        """Return set-points alone: readings follow from them, and the fault is specified."""
        return arrays[:1]

    def decode(self, x: Tensor, conditions: xr.Dataset) -> tuple[Tensor, ...]:
        """Return set-points, readings that are still unknown, and the numbers of the fault."""
        (targets,) = self.codec.decode(x)
        rows = self.hours * runs.ROWS
        readings = torch.zeros(len(targets), len(runs.TAGS), rows, dtype=torch.float64)
        codes = []
        for c in self.conditions:
            values = conditions[c.name].to_numpy()
            if c.choices is not None:
                values = np.array([c.choices.index(str(v)) for v in values])
            codes.append(torch.as_tensor(values.astype(np.float64)))
        return self._rounded((targets, readings, *codes))

    def project(self, fixed: Mapping[str, Fixed], conditions: xr.Dataset) -> Projection:
        """Project set-points onto their ranges and onto the digits of files."""
        return self._rounded

    def _rounded(self, arrays: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        targets, readings, *numbers = (a.to(torch.float64) for a in arrays)
        own = ACTIONS[: runs.MOVED]
        low, high = (torch.tensor([getattr(a, e) for a in own]) for e in ("low", "high"))
        inside = targets.clamp(low[:, None], high[:, None]).round(decimals=runs.DECIMALS)
        rounded = [a.round(decimals=DIGITS) for a in numbers[:-1]]
        return (inside, readings, *rounded, numbers[-1].round())

    def repair(self, arrays: tuple[Tensor, ...], conditions: xr.Dataset) -> tuple[Tensor, ...]:
        """Compute readings by the plant; missing for a run in which the plant gave no number."""
        targets, readings, *numbers = arrays
        found = [
            runs.run(targets[i].numpy(), fault)
            for i, fault in enumerate(runs.faults_of(tuple(numbers)))
        ]
        none = np.full(readings.shape[1:], np.nan)
        read = np.stack([none if own is None else own.readings for own in found])
        return targets, torch.from_numpy(read), *numbers

    def streams(self, designs: xr.Dataset) -> tuple[Stream, ...]:
        """Runs as streams for a monitor: their tags, and when a fault was present."""
        arrays = to_arrays(designs, self.variables)
        begins, found = np.datetime64(BEGINS, "s"), []
        step = np.timedelta64(3600 // runs.ROWS, "s")
        for i, fault in enumerate(runs.faults_of(arrays[2:])):
            values, index = arrays[1][i].numpy().T, int(designs[DESIGN].to_numpy()[i])
            on = [k for k in range(len(values)) if fault.at((k + 1) / runs.ROWS).any()]
            events = (Event(fault.kind, on[0], on[-1], "", len(values)),) if on else ()
            stamps = (
                begins + np.timedelta64(PAUSE_DAYS * index, "D") + np.arange(len(values)) * step
            )
            found.append(Stream(f"run {index}", stamps, runs.TAGS, values, events))
        return tuple(found)

    def layout(self) -> PlantMap | None:
        """Return None: the benchmark's tags have no places."""
        return None

    def sections(self, designs: xr.Dataset, verdicts: xr.Dataset) -> tuple[Section, ...]:
        """Sections on some runs under a fault, and on the effects of faults."""
        return report.sections(designs, verdicts, self.variables)

    @cached_property
    def plant(self) -> Plant:
        """The plant in service, each scenario a little off the nominal one."""
        own = self.settings
        name = "Tennessee Eastman plant under Ricker's loops"
        return EastmanPlant(SERVICE, name, period_h=own.period_h, seed=own.seed)

    @cached_property
    def held_out(self) -> Plant:
        """Plants from a wider box on which nothing was tuned."""
        own = self.settings
        name = "perturbed Tennessee Eastman plants"
        return EastmanPlant(HELD_OUT, name, period_h=own.period_h, seed=own.seed + 1)

    @property
    def drill(self) -> Callable[[float], Drill]:
        """Default drill: a fault, a person who acts, and a person who bypasses the agent."""
        return drilled

    @property
    def families(self) -> Mapping[str, Callable[[int], Policy]]:
        """The agent, and policies that it is compared with."""
        plant = self.plant
        assert isinstance(plant, EastmanPlant)
        return families(plant)

    def known_answers(self) -> tuple[tuple[xr.Dataset, Mapping[str, float], float], ...]:
        """A short run without a fault at the base case, with its computed readings."""
        targets = np.repeat(BASE[: runs.MOVED, None], self.hours, 1)[None]
        empty = torch.zeros(1, len(runs.TAGS), self.hours * runs.ROWS, dtype=torch.float64)
        columns = [torch.tensor([x], dtype=torch.float64) for x in (0.0, 1.0, 0.0, 1.0)]
        arrays = self.repair((torch.from_numpy(targets), empty, *columns), xr.Dataset())
        design = to_dataset(arrays, self.variables, self.labels())
        return ((design, {"reading_error": 0.0, "tripped": 0.0, "fault_kind": 0.0}, 1e-9),)


def drilled(seconds: float) -> Drill:
    """A drill, for 200 h: IDV 4 at 80 h, a person's set-points at 120 h, a bypass at 150 h."""
    at = seconds / 200
    return Drill(
        (PlantFault("IDV 4", 80 * at, 20 * at, 1.0),),
        (
            PersonActs(
                120 * at, 6 * at, "act", (*BASE[:1].tolist(), *_careful()), "shift engineer"
            ),
            PersonActs(150 * at, 6 * at, "stop", who="shift engineer"),
        ),
    )


def _careful() -> tuple[float, ...]:
    """Set-points of a person: the base pressure, and the reactor's level half-way down."""
    return (68.0, *BASE[2:].tolist())


def _variables() -> tuple[Variable, ...]:
    return (
        Variable("targets", ("setpoint", "hour"), "1", "hourly set-points: kPa, %, degC"),
        Variable("readings", ("tag", "time"), "1", "tags in the units of the benchmark"),
        Variable("fault_code", (), "1", "place of the fault", given="fault"),
        Variable("first_h", (), "h", "hour from which it is on", given="onset"),
        Variable("share", (), "1", "of its full size", given="size"),
        Variable("noise_number", (), "1", "number of the noise", given="noise"),
    )


def _conditions(hours: int) -> tuple[Condition, ...]:
    return (
        Condition("fault", "disturbance", choices=runs.KINDS, measured="fault_kind", exact=True),
        Condition("onset", "hour of the run", lower=0.5, upper=float(hours), unit="h"),
        Condition("size", "share of its full size", lower=0.0, upper=1.0),
        Condition("noise", "number of the noise", lower=0.0, upper=float(LAST_NOISE)),
    )
