"""One model of many people: individual constants lie around common ones; both are inferred.

Numbers of a person are logarithms: of the constants, and of the first states (of a hidden one for
each unit of the dose). They are normal around those of the population, each with its own spread;
errors of readings are of one size, or of one ratio.

Shapes: d numbers, t times of a person, p people.
Source: Lindstrom and Bates, Biometrics 46 (1990) 673 (the algorithm, as in nlme of R).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from jaxtyping import Float64
from scipy import optimize

from ingenium.core.errors import InputError
from ingenium.core.reading.heads import unit_heads
from ingenium.core.reading.tables import read_table
from ingenium.model.families import FAMILIES, ProcessFamily
from ingenium.model.series import MeasuredSeries
from ingenium.model.system import ProcessModel

ROUNDS, STEPS, CLOSE = 60, 8, 1e-5  # rounds, steps of a person in one, and when both have ended
LEAST, WIDEST = 1e-4, 3.0  # spread of a number between people: below the least it counts as none
DOSED = tuple(f.name for f in FAMILIES if f.process == "absorption" and len(f.seen) == 1)
FAINT = 1e-6  # of the scale, present before a dose, as an integrator of logarithms needs some
NEARLY_NONE, UNTOLD = 1e-8, 2.0  # least information on a number; error without information
FAR = 7.0  # largest distance of a number from its start
BEGUN = 0.3  # initial spread between people, and share of the readings
Numbers = Float64[np.ndarray, " d"]
Linear = Sequence[tuple[np.ndarray, np.ndarray]]  # of each person, residuals and gradients


@dataclass(frozen=True, eq=False)
class DosedPerson:
    """Readings of one person after a dose, to which the first state is proportional."""

    name: str
    time: Float64[np.ndarray, " t"]
    readings: Float64[np.ndarray, " t"]
    dose: float = 1.0


def read_people(path: Path) -> tuple[tuple[DosedPerson, ...], tuple[str, str]]:
    """Read people from a CSV file; also return the units of time and readings.

    Its columns are a name, a time, a reading and, where doses differ, a dose, with units in the
    heads of all but the first: `person,time [h],blood [mg/L],dose [mg/kg]`.

    Raises:
        InputError: for other columns, gaps, times that repeat or doses not above 0.
    """
    table = read_table(path, "people over time as CSV", delimiter=",")
    if len(table.heads) not in (3, 4):
        raise InputError(
            "columns of a person, a time, a reading and perhaps a dose",
            f"{len(table.heads)} columns in {path}",
            "Write a table such as person,time [h],blood [mg/L],dose [mg].",
        )
    heads = unit_heads(table.heads[1:], (), "time [h]", "blood [mg/L]", "dose [mg]")
    rows = np.stack([table.numbers(head) for head in table.heads[1:]])
    found = []
    people = table.frame[0]
    for who in people.dropna().unique():
        time, readings, *dose = rows[:, (people == who).to_numpy()]
        if (np.diff(time) <= 0).any() or time[0] < 0:
            raise InputError(
                f"times of {who} from 0 that rise", "others", "Keep one row for each time, sorted."
            )
        if dose and (np.ptp(dose[0]) > 0 or dose[0][0] <= 0):
            raise InputError(f"one dose of {who}, above 0", f"{dose[0].min():g}")
        found.append(DosedPerson(str(who), time, readings, float(dose[0][0]) if dose else 1.0))
    return tuple(found), (heads[0][1], heads[1][1])


@dataclass(frozen=True, eq=False)
class PopulationModel:
    """A family of processes with a dose, of which one state is read.

    The dose enters the observed state immediately, or a hidden state without inflow.
    """

    family: ProcessFamily
    people: tuple[DosedPerson, ...]
    ratio: bool = False  # errors of readings of a ratio, and not of one size

    def __post_init__(self) -> None:
        if len(self.people) < 3:
            raise InputError("at least 3 people", len(self.people), "Model each alone.")
        if self.family.name not in DOSED:
            raise InputError(
                "a family of a dose, of which one state is read",
                self.family.title,
                f"Write {' or '.join(DOSED)}.",
            )
        free = 2 * len(self.names) + 1
        if sum(len(p.time) for p in self.people) <= len(self.people) + free:
            raise InputError(
                f"more readings than people and the {free} numbers of the population",
                f"{sum(len(p.time) for p in self.people)} of {len(self.people)} people",
                "Read more often.",
            )
        least = min(float(p.readings.min()) for p in self.people)
        if self.ratio and least <= 0:
            raise InputError(
                "readings above 0, where errors are of a ratio",
                f"{least:g}",
                "Leave such times out, or take errors of one size.",
            )

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the numbers."""
        return (*self.family.units, f"{self.family.states[self.dosed]} of a dose of 1")

    @cached_property
    def dosed(self) -> int:
        """Index of the state that takes the dose."""
        seen = self.model.symbols[self.family.seen[0]]
        later = [i for i in range(1, len(self.family.states))
                 if seen not in self.model.rates[i].free_symbols]  # fmt: skip
        return later[0] if later else 0

    @cached_property
    def model(self) -> ProcessModel:
        """Model of the person with the most readings, for scales alone."""
        most = max(self.people, key=lambda p: len(p.time))
        values = np.maximum(most.readings, 1e-3 * most.readings.max())[:, None]
        series = MeasuredSeries("time", "T", most.time, ("x",), ("1",), values, 0)
        return ProcessModel(self.family, (0,), series)

    @cached_property
    def start(self) -> Numbers:
        """Initial numbers: sizes by units, and the largest reading as the first state."""
        share = np.median([p.readings.max() / p.dose for p in self.people])
        return np.log([*self.model.guesses(), share])

    def trajectory(
        self, person: DosedPerson, numbers: Numbers
    ) -> tuple[np.ndarray, np.ndarray] | None:
        """Predict readings without errors, or their logarithms; also return the gradients."""
        if not (np.abs(numbers - self.start) < FAR).all():
            return None
        plain = np.exp(numbers)
        first = np.full(len(self.family.states), FAINT * float(self.model.scale[0]))
        first[self.dosed] = plain[-1] * person.dose
        begun = person.time[0] > 0
        time = np.concatenate([[0.0], person.time]) if begun else person.time
        found = self.model.sensitive(plain[:-1], first, time)
        if found is None:
            return None
        states, moved = (part[int(begun) :, 0] for part in found)
        held = len(plain) - 1
        slopes = np.c_[moved[:, :held], moved[:, held + self.dosed] * person.dose] * plain
        return (np.log(states), slopes / states[:, None]) if self.ratio else (states, slopes)

    def read(self, person: DosedPerson) -> np.ndarray:
        """Transform readings to the scale of their errors."""
        return np.log(person.readings) if self.ratio else person.readings


@dataclass(frozen=True, eq=False)
class PopulationFit:
    """Numbers of the population and of each person, with their uncertainty."""

    model: PopulationModel
    middle: Numbers
    error: Numbers  # standard errors of the middle
    spread: Numbers  # between people; 0 where they do not differ
    noise: float  # of readings
    each: Float64[np.ndarray, "p d"]
    likelihood: float  # logarithm, of the model linearised at each person

    def row(self, i: int) -> tuple[float, float, float, float]:
        """Return a population number with its 95 % interval, and the spread of logarithms."""
        low, middle, high = np.exp(self.middle[i] + 1.96 * self.error[i] * np.array([-1, 0, 1]))
        return float(low), float(middle), float(high), float(self.spread[i])


def population(model: PopulationModel) -> PopulationFit:
    """Fit people together, alternating between each person's numbers and the common ones.

    Raises:
        InputError: where some person has no trajectory.
    """
    d = len(model.names)
    middle = _begun(model)
    sizes = [float(np.std(model.read(p))) for p in model.people]
    own = np.log(BEGUN * np.array([*[1.0] * d, float(np.mean(sizes))]))
    each = np.tile(middle, (len(model.people), 1))
    for _ in range(ROUNDS):
        before = np.r_[middle, np.exp(own)]
        linear = []
        for i, person in enumerate(model.people):
            each[i], wanted, slopes = _person(model, person, each[i], middle, own)
            linear.append((wanted, slopes))
        own = _spreads(own, linear)
        lost, middle, known = _unlikely(own, linear)
        if np.abs(np.r_[middle, np.exp(own)] - before).max() < CLOSE:
            break
    spread = np.where(np.exp(own[:d]) > 2 * LEAST, np.exp(own[:d]), 0.0)
    error = np.sqrt(np.linalg.inv(known).diagonal())
    untold = [n for n, e in zip(model.names, error, strict=True) if not e < UNTOLD]
    if untold:
        raise InputError(
            f"readings that identify all parameters of {model.family.title}",
            f"hardly anything of {', '.join(untold)}",
            f"Try {' or '.join(f for f in DOSED if f != model.family.name)}.",
        )
    return PopulationFit(model, middle, error, spread, math.exp(own[-1]), each, -lost / 2)


def _begun(model: PopulationModel) -> Numbers:
    """Fit one set of numbers to all readings, as if people did not differ."""

    def rest(numbers: Numbers) -> np.ndarray:
        parts = [model.trajectory(p, numbers) for p in model.people]
        if any(p is None for p in parts):
            return np.full(sum(len(p.time) for p in model.people), 1e3)
        both = zip(model.people, parts, strict=True)
        return np.concatenate([model.read(p) - c[0] for p, c in both if c is not None])

    tried = []
    for shift in (0.0, 1.0, -1.0):  # uptake faster than elimination first
        start = model.start + np.array([shift, -shift, *[0.0] * (len(model.start) - 2)])
        done = optimize.least_squares(rest, start, max_nfev=40)
        tried.append((float(done.cost), tuple(done.x)))
    return np.array(min(tried)[1])


def _person(
    model: PopulationModel, person: DosedPerson, numbers: Numbers, middle: Numbers, own: np.ndarray
) -> tuple[Numbers, np.ndarray, np.ndarray]:
    """Fit a person by Gauss-Newton steps; also return the model linearised there.

    Raises:
        InputError: where there is no trajectory.
    """
    weight = np.exp(-2 * own[:-1])
    readings, noise = model.read(person), math.exp(own[-1])

    def lost(at: Numbers, trajectory: tuple[np.ndarray, np.ndarray] | None) -> float:
        if trajectory is None:
            return math.inf
        off = (readings - trajectory[0]) / noise
        return float(off @ off + weight @ np.square(at - middle))

    trajectory = model.trajectory(person, numbers)
    if trajectory is None:
        numbers, trajectory = middle, model.trajectory(person, middle)
    if trajectory is None:
        raise InputError("a trajectory of each person", f"none of {person.name}")
    for _ in range(STEPS):
        value, slopes = trajectory
        pull = slopes.T @ (readings - value) / noise**2 - weight * (numbers - middle)
        step = np.linalg.solve(slopes.T @ slopes / noise**2 + np.diag(weight), pull)
        now, length = lost(numbers, trajectory), 1.0
        while length > 1e-3:
            there = model.trajectory(person, numbers + length * step)
            if lost(numbers + length * step, there) < now:
                break
            length /= 2
        if there is None or length <= 1e-3:
            break
        numbers, trajectory = numbers + length * step, there
        if np.abs(step).max() < CLOSE:
            break
    value, slopes = trajectory
    return numbers, readings - value + slopes @ numbers, slopes


def _spreads(own: np.ndarray, linear: Linear) -> np.ndarray:
    """Most likely spreads between people, and of readings, as logarithms."""
    bounds = [(math.log(LEAST), math.log(WIDEST))] * (len(own) - 1)
    bounds.append((own[-1] - 9, own[-1] + 9))

    def lost(at: np.ndarray) -> float:
        return _unlikely(at, linear)[0]

    done = optimize.minimize(lost, own.flatten(), method="L-BFGS-B", bounds=bounds)
    return np.asarray(done.x)


def _unlikely(own: np.ndarray, linear: Linear) -> tuple[float, Numbers, np.ndarray]:
    """Twice the negative log likelihood of linear models, and their best centre."""
    spread, noise = np.exp(2 * own[:-1]), math.exp(2 * own[-1])
    parts = []
    for wanted, slopes in linear:
        whole = (slopes * spread) @ slopes.T + noise * np.eye(len(wanted))
        root = np.linalg.cholesky(whole)
        parts.append((np.linalg.solve(root, wanted), np.linalg.solve(root, slopes), root))
    known = sum(z.T @ z for _, z, _ in parts) + NEARLY_NONE * np.eye(len(spread))
    middle = np.linalg.solve(known, sum(z.T @ w for w, z, _ in parts))
    lost = 0.0
    for w, z, root in parts:
        off = w - z @ middle
        lost += float(off @ off) + 2 * float(np.log(root.diagonal()).sum())
        lost += len(w) * math.log(2 * math.pi)
    return lost, middle, np.asarray(known)
