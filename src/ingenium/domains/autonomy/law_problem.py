"""Base class of problems of control laws: variables, known laws, files, limits and figures."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
import torch
import xarray as xr
from torch import Tensor

from ingenium.core.codecs import Channels
from ingenium.core.designs import DESIGN, to_arrays, to_dataset
from ingenium.core.errors import InputError
from ingenium.core.problem import Problem, Projection, SearchDefaults, Second, Section
from ingenium.core.quantity import Condition, Variable
from ingenium.core.spec import Fixed, Limit
from ingenium.domains.autonomy import report
from ingenium.domains.autonomy.axis_policy import AxisByAxis
from ingenium.domains.autonomy.compiled import CompiledLaws
from ingenium.domains.autonomy.engine import (
    JudgedLoop,
    LoadScenarios,
    LoopEngine,
    laws,
    loop_margins,
    nominal,
    step_answers,
)
from ingenium.domains.autonomy.families import Maker
from ingenium.domains.autonomy.formats import CSources, Units
from ingenium.domains.autonomy.machines import ControlledMachine
from ingenium.domains.autonomy.second import PythonControl
from ingenium.domains.autonomy.source import LawNumbers
from ingenium.operate.drill import Drill
from ingenium.operate.plant import Plant, Policy

SHARE, MOST = 0.05, 5  # of the laws, that the cross-check measures again
QUICKEST, SLOWEST = 0.01, 3.9  # s, of the rise of known laws
LEAST_STEP, MOST_STEP = 0.02, 100.0  # of their proved regions
FIRST = 64  # scenarios of each law; of a share that is 0 the interval ends at 0.13
TIMES = ((0.002, 0.2), (0.01, 20.0))  # s, of the filter and of tracking

CONDITIONS = (
    Condition(
        "quick",
        "rise time that is wanted",
        lower=QUICKEST,
        upper=SLOWEST,
        unit="s",
        middle=0.5,
        log=True,
        measured="rise",
        acts=False,
    ),
    Condition(
        "certified",
        "region of attraction that is wanted, in steps",
        lower=LEAST_STEP,
        upper=MOST_STEP,
        middle=1.5,
        log=True,
        measured="region",
        acts=False,
    ),
)


class LawProblem(Problem):
    """Control laws of one machine, as C code that is compiled, run and judged."""

    default_family: ClassVar[str] = "gaussian_copula"
    searches: ClassVar[SearchDefaults] = SearchDefaults("cma_es")
    judged: ClassVar[str] = (
        "The C code, or the FMI unit, which is compiled here: its response on the nominal "
        "machine; and for the law with the numbers in the code: margins, the box of parameters, "
        "seeded loads and noise, and a proof of its region of attraction."
    )
    unchecked: ClassVar[tuple[str, ...]] = (
        "Whether a real machine is inside the box of parameters.",
        "The execution time of the code on the processor of a machine.",
        "The region of attraction of other machines than the nominal, linear one.",
        "Identifiers of a law other than its numbers, such as its index in the name of its file.",
    )
    licence = "CC0-1.0"
    machine: ControlledMachine
    noise: float = 1e-3  # of a reading, known to opponents
    families: Mapping[str, Maker]

    def _pose(self, known: Sequence[np.ndarray], scenarios: int) -> None:
        """Set up everything that depends on the machine and its known good laws."""
        machine = self.machine
        m, q = machine.wiring.senses.shape
        self.sizes: Mapping[str, int] = {"output": q, "action": m}
        self.variables, self.conditions = _variables(), CONDITIONS
        self.tiers = (
            JudgedLoop(
                LoopEngine(machine),
                LoadScenarios(machine),
                first=min(FIRST, scenarios),
                most=scenarios,
            ),
        )
        self.second = Second(PythonControl(machine), SHARE, MOST)
        files = (machine, self.variables, self.labels())
        self.formats = {"c-source": CSources(*files), "fmu": Units(*files)}
        self._known = self._answering(known)
        self.codec = Channels.of(to_arrays(self._known, self.variables), logs=(0, 1, 2, 3, 5))
        self.notes = (f"Machine: {machine.bench.name}.",)

    def _answering(self, known: Sequence[np.ndarray]) -> xr.Dataset:
        """Select known laws that are stable and quick, with their responses."""
        arrays = [torch.from_numpy(np.ascontiguousarray(a, dtype=np.float64)) for a in known]
        law = laws(arrays, self.machine.wiring)
        rise, over, _ = step_answers(self.machine, nominal(self.machine, law)[:, 0])
        step = loop_margins(self.machine, law)[-1]
        quick = (rise > QUICKEST) & (rise < SLOWEST) & (over < 1)
        good = np.flatnonzero(quick & (step > LEAST_STEP) & (step < MOST_STEP))
        if len(good) < 10:
            raise InputError(
                "a machine that at least 10 of its known control laws bring to the wanted value",
                f"{len(good)} of {len(rise)} that do",
                "Give it a shorter period, a stronger actuator, or less friction.",
            )
        coords: dict[str, Any] = {
            "quick": (DESIGN, rise[good]),
            "certified": (DESIGN, step[good]),
            "held_out": (DESIGN, np.arange(len(good)) % 5 == 4),
        }
        own = [a[torch.from_numpy(good)] for a in arrays]
        return to_dataset(own, self.variables, coords | self.labels())

    def data(self) -> xr.Dataset:
        """Return laws by pole placement or linear-quadratic regulators, with their responses."""
        return self._known

    def labels(self) -> dict[str, Any]:
        """Return the names of the outputs and actions."""
        bench, (m, q) = self.machine.bench, self.machine.wiring.senses.shape
        return {
            "output": ("output", np.array([r.name for r in bench.readings[:q]])),
            "action": ("action", np.array([a.name for a in bench.actions[:m]])),
        }

    def project(self, fixed: Mapping[str, Fixed], conditions: xr.Dataset) -> Projection:
        """Return the projection onto the ranges of gains and times."""
        gains, held = self.machine.bounds[:2], self.machine.bounds[2]
        ranges = (*gains, held, TIMES[0], (0.0, 1.0), TIMES[1])

        def onto(arrays: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
            both = zip(arrays, ranges, strict=True)
            return tuple(a.to(torch.float64).clamp(low, high) for a, (low, high) in both)

        return onto

    @property
    def plant(self) -> Plant:
        """Machine in service."""
        return self.machine.service

    @property
    def held_out(self) -> Plant:
        """Another simulator of the machine."""
        return self.machine.held_out

    @property
    def drill(self) -> Callable[[float], Drill]:
        """Return faults and overrides of a run that names none."""
        return self.machine.drilled

    def policy(self, design: xr.Dataset, plant: Plant) -> Policy:
        """Return the compiled code of a single law, once for each action of a plant with several.

        Raises:
            InputError: for a plant with another period, or with other actions.
        """
        wiring = self.machine.wiring
        m, q = wiring.senses.shape
        if abs(plant.period_s - wiring.period_s) > 1e-9:
            raise InputError(
                f"a policy with the period of {plant.name}, {plant.period_s:g} s",
                f"one of {wiring.period_s:g} s",
                f"Propose it with period_s = {plant.period_s:g}.",
            )
        law = laws(to_arrays(design, self.variables), wiring)
        source = LawNumbers.of(law, 0).text("controller", wiring)
        code = CompiledLaws.of({"controller": source}, q, m)
        count = len(plant.actions)
        if count == m:
            return code
        if (m, q) != (1, 1):
            raise InputError(
                f"a policy of {count} actions, or one for a single axis",
                f"one of {m} actions and {q} outputs",
                f"Operate {self.name} with it.",
            )
        return AxisByAxis(code, count)

    def allow(self, limits: Sequence[Limit]) -> None:
        """Refuse a peak of sensitivity below 1, and a worst case better than the nominal one.

        Raises:
            InputError: naming the nearest feasible limit.
        """
        low = {x.quantity: x.at_least for x in limits if x.at_least is not None}
        high = {x.quantity: x.at_most for x in limits if x.at_most is not None}
        if high.get("sensitivity", 1.0) < 1:
            raise InputError(
                "a peak of sensitivity of at least 1, below which no loop stays (Bode)",
                f"sensitivity at most {high['sensitivity']:g}",
                "The nearest that can be met is above 1; write at_most = 1.6.",
            )
        for name in ("rise", "overshoot"):
            most, least = high.get(f"worst_{name}"), low.get(name)
            if most is not None and least is not None and most < least:
                raise InputError(
                    f"limits that do not exclude each other: the worst {name} of a box is at "
                    "least that of its middle",
                    f"worst_{name} at most {most:g} with {name} at least {least:g}",
                    f"The nearest that can be met is worst_{name} at most {least:g}.",
                )

    def known_answers(self) -> tuple[tuple[xr.Dataset, Mapping[str, float], float], ...]:
        """Return the first known law, with margins by python-control."""
        one = self._known.isel({DESIGN: [0]})
        second = PythonControl(self.machine)
        found = second.measure(*to_arrays(one, self.variables))[0].tolist()
        names = [q.name for q in second.quantities]
        truth = {k: v for k, v in zip(names, found, strict=True) if k.endswith("margin")}
        coords = {c.name: one[c.name] for c in self.conditions} | self.labels()
        arrays = to_arrays(one, self.variables)
        return ((to_dataset(arrays, self.variables, coords), truth, 1e-4),)

    def sections(self, designs: xr.Dataset, verdicts: xr.Dataset) -> tuple[Section, ...]:
        """Show step responses alongside baselines, the region of attraction, and the front."""
        return report.sections(self.machine, self.noise, self.variables, designs, verdicts)


def _variables() -> tuple[Variable, ...]:
    return (
        Variable("proportional", ("output",), "1", "gain of each output's error", lower=0.0),
        Variable("derivative", ("output",), "s", "gain of each output's rate", lower=0.0),
        Variable("integral", ("action",), "1/s", "gain of the integral of each action", lower=0.0),
        Variable("filter_s", (), "s", "time of the derivative's filter", *TIMES[0]),
        Variable("weight", (), "1", "of the wanted value in the proportional part", 0.0, 1.0),
        Variable("tracking_s", (), "s", "time in which integrals follow the action", *TIMES[1]),
    )
