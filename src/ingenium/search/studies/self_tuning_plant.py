"""Row 26.1: a plant that decides, learns and optimises itself around a twin.

The Williams-Otto reactor, whose published best profit is reproduced; the twin knows two reactions
instead of three. 2 plants a seed, each rate off by a factor that nobody knows (deviation 0.2 of
its logarithm), fractions measured with 0.2 % noise, 60 periods, which all count. Ours fits the
twin to all measurements in each period, learns what it misses by a Gaussian process, and takes
the leader or the setting that may be better (`search/regimes.py`), at most a tenth of the
envelope from the best so far. It begins at the expert's settings: the published best of the plant
with rates as in the books. Sensitivity tunes by measured steps the one setting to which the full
model is most sensitive. Beside: the twin's own best for good, the twin fitted anew in each period
without what it misses, and the process without a twin. Profits are true ones, in parts of the
most that the plant can give. Reach, scale of the misfit and step of tuning were chosen on plants
of seeds 100 and 101. Budget: 5 seeds, 2 plants of 60 periods; quick: 20.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float64
from scipy.optimize import least_squares

from ingenium.core.digest import digest
from ingenium.core.problem import Watch
from ingenium.evaluate.intervals import Interval, t_interval
from ingenium.evaluate.measured import Budget, Measured, from_intervals
from ingenium.search.regimes import choose
from ingenium.search.studies.reactor_plant import (
    BEST,
    FEED_B,
    TEMPERATURE,
    Reactor,
    Settings,
    Twin,
    envelope,
    profit,
)

PERIODS, QUICK_PERIODS, PLANTS = 60, 20, 2  # of a plant; plants a seed
NOISE = 0.002  # of each mass fraction, relative
UNKNOWN = 0.2  # deviation of the logarithm of each rate's factor
EXPERT = np.array([[BEST[0], BEST[1]]])  # where the plant is best whose rates are in the books
LOW, SPAN = np.array([FEED_B[0], TEMPERATURE[0]]), np.ptp([FEED_B, TEMPERATURE], axis=1)
GRID = envelope(61)
REACH = 0.1  # of the envelope: the largest move from the best settings so far
MISFIT, LENGTH, SCATTER = 10.0, 0.3, 1.7  # of the twin's profit ($/s), of the envelope, $/s
STEP = 0.05  # of the envelope: first step of tuning by sensitivity

Heard = Callable[[Settings], Float64[np.ndarray, "n 2"]]


@dataclass
class Running:
    """A plant whose fractions are measured with noise, and what it was set to and gave."""

    plant: Reactor
    rng: np.random.Generator
    at: list[np.ndarray] = field(default_factory=list)
    heard: list[np.ndarray] = field(default_factory=list)

    def run(self, settings: Settings) -> float:
        """One period; gives the profit as measured."""
        true = self.plant.fractions(settings)
        self.at.append(settings[0])
        self.heard.append((true * (1 + NOISE * self.rng.standard_normal(true.shape)))[0])
        return float(profit(settings, self.heard[-1][None])[0])

    @property
    def measured(self) -> Float64[np.ndarray, " t"]:
        """Profit of all periods, as measured."""
        return profit(np.array(self.at), np.array(self.heard))

    @property
    def true(self) -> Float64[np.ndarray, " t"]:
        """Profit of all periods, without noise."""
        return self.plant.profit(np.array(self.at))


def fixed(run: Running, periods: int) -> None:
    """The expert's settings, for good."""
    for _ in range(periods):
        run.run(EXPERT)


def by_twin(run: Running, periods: int) -> None:
    """The best settings of the twin as it comes, for good."""
    profits = Twin().profit(GRID)
    for _ in range(periods):
        run.run(GRID[[profits.argmax()]])


def by_sensitivity(run: Running, periods: int) -> None:
    """Tunes the one setting to which the model of the books is most sensitive, uphill.

    A step is kept if more profit was measured; else the way turns and the step halves.
    """
    ends = EXPERT + STEP * SPAN * np.array([[-1, 0], [1, 0], [0, -1], [0, 1]])
    lost = Reactor().profit(EXPERT) - Reactor().profit(ends)
    axis = int(lost[:2].sum() < lost[2:].sum())
    at, step = EXPERT.copy(), STEP * SPAN[axis]
    last = run.run(at)
    for _ in range(periods - 1):
        tried = at.copy()
        tried[0, axis] = np.clip(at[0, axis] + step, LOW[axis], LOW[axis] + SPAN[axis])
        found = run.run(tried)
        if found > last:
            at, last = tried, found
        else:
            step = -step / 2 if abs(step) > 0.01 * SPAN[axis] else -step


def two_steps(run: Running, periods: int) -> None:
    """Fits the twin anew in each period, and goes to where it is best within reach."""
    run.run(EXPERT)
    for _ in range(periods - 1):
        options = within_reach(run)
        run.run(options[[fitted(run).profit(options).argmax()]])


def ours(run: Running, periods: int) -> list[bool]:
    """Decides between acting and learning by twin and misfit; gives which periods sought."""
    run.run(EXPERT)
    sought = [False]
    for _ in range(periods - 1):
        twin, options = fitted(run), within_reach(run)
        mean, spread = misfit(
            np.array(run.at), run.measured - twin.profit(np.array(run.at)), options
        )
        one, seeks = choose(twin.profit(options) + mean, spread, len(run.at))
        run.run(options[[one]])
        sought.append(seeks)
    return sought


def unaided(run: Running, periods: int) -> None:
    """The same without a twin: what is learned is profit itself."""
    run.run(EXPERT)
    for _ in range(periods - 1):
        options, middle = within_reach(run), float(run.measured.mean())
        mean, spread = misfit(np.array(run.at), run.measured - middle, options)
        run.run(options[[choose(mean, spread, len(run.at))[0]]])


def fitted(run: Running) -> Twin:
    """The twin whose two rates fit all that was measured."""
    at, heard = np.array(run.at), np.array(run.heard)

    def apart(logs: np.ndarray) -> np.ndarray:
        factors = np.exp(logs)
        gap: np.ndarray = Twin((factors[0], factors[1])).fractions(at) / heard - 1
        return gap.ravel()

    logs = least_squares(apart, np.zeros(2), bounds=(-3, 3)).x
    return Twin((float(np.exp(logs[0])), float(np.exp(logs[1]))))


def within_reach(run: Running) -> Settings:
    """Settings near those whose neighbours gave most, by a smooth of what was measured."""
    at = np.array(run.at)
    mean, _ = misfit(at, run.measured - run.measured.mean(), at)
    best = at[int(mean.argmax())]
    near: np.ndarray = GRID[(np.abs(GRID - best) <= REACH * SPAN + 1e-9).all(1)]
    return near


def misfit(
    at: Float64[np.ndarray, "t 2"], gap: Float64[np.ndarray, " t"], options: Settings
) -> tuple[Float64[np.ndarray, " n"], Float64[np.ndarray, " n"]]:
    """Mean and deviation of a Gaussian process of what the twin misses.

    Source: del Rio Chanona et al., Comput. Chem. Eng. 147:107249, 2021 (modifiers by processes).
    """

    def alike(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        apart = ((a[:, None] - b[None]) / SPAN / LENGTH) ** 2
        kernel: np.ndarray = MISFIT**2 * np.exp(-0.5 * apart.sum(2))
        return kernel

    middle = float(gap.mean())
    whole = alike(at, at) + SCATTER**2 * np.eye(len(at))
    cross = alike(options, at)
    weights = np.linalg.solve(whole, np.concatenate([(gap - middle)[:, None], cross.T], 1))
    left = MISFIT**2 - (cross * weights[:, 1:].T).sum(1)
    return middle + cross @ weights[:, 0], np.sqrt(np.clip(left, 0.0, None))


WAYS: Mapping[str, Callable[[Running, int], object]] = {
    "fixed": fixed,
    "by_twin": by_twin,
    "by_sensitivity": by_sensitivity,
    "two_steps": two_steps,
    "unaided": unaided,
    "ours": ours,
}


def measure(budget: Budget, watch: Watch) -> Measured:
    """Every way on the same plants, whose rates nobody knows."""
    periods = QUICK_PERIODS if budget.quick else PERIODS
    table: dict[str, list[float]] = {}
    for i, seed in enumerate(budget.seeds):
        watch("plants", i, len(budget.seeds))
        for name, value in _one_seed(periods, seed).items():
            table.setdefault(name, []).append(value)
    every = {name: t_interval(values) for name, values in table.items()}
    known = abs(float(Reactor().profit(EXPERT)[0]) - BEST[2])
    every["published"] = Interval(known, known, known)
    return from_intervals(every, {}, digest([PERIODS, PLANTS, UNKNOWN, NOISE]))


def _one_seed(periods: int, seed: int) -> Mapping[str, float]:
    rng = np.random.default_rng(seed)
    rows: dict[str, list[float]] = {}
    for number in range(PLANTS):
        factors = np.exp(UNKNOWN * rng.standard_normal(3))
        plant = Reactor((factors[0], factors[1], factors[2]))
        most, third = float(plant.profit(GRID).max()), periods // 3
        for name, way in WAYS.items():
            run = Running(plant, np.random.default_rng([seed, number]))
            told = way(run, periods)
            found = run.true / most * 100
            rows.setdefault(f"{name}.profit", []).append(float(found.mean()))
            rows.setdefault(f"{name}.end", []).append(float(found[-third:].mean()))
            if name == "ours" and isinstance(told, list):
                rows.setdefault("rise", []).append(
                    float(found[-third:].mean() - found[:third].mean())
                )
                rows.setdefault("sought_first", []).append(100 * float(np.mean(told[1:third])))
                rows.setdefault("sought_last", []).append(100 * float(np.mean(told[-third:])))
    mean = {name: float(np.mean(values)) for name, values in rows.items()}
    gains = {
        f"over_{name}": mean["ours.profit"] - mean[f"{name}.profit"]
        for name in WAYS
        if name != "ours"
    }
    return mean | gains
