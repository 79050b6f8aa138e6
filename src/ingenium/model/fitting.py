"""Constants of a model from its readings: the joint density, its maximum, and model comparison.

Numbers of a model are logarithms: of its constants, of the first states, and of the spread of the
readings of each column, whose errors are of a ratio.

Shapes: d numbers of a model, t times, s states.
"""

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float64
from scipy import optimize

from ingenium.core.errors import InputError
from ingenium.model.system import ProcessModel

WIDE, NEAR, HIDDEN = 1.5, 0.5, 1.5  # spreads of the prior: of constants, first states, hidden ones
NOISE, NOISE_WIDE = math.log(0.2), 0.8  # of the spread of the readings
DRAWN, BEST = 400, 6  # starts that are tried, and that are refined
REFUSED = 1e12  # of a model without a trajectory
Numbers = Float64[np.ndarray, " d"]


@dataclass(frozen=True, eq=False)
class ReadingDensity:
    """Density of the fitted readings under the numbers of a model, with its prior."""

    model: ProcessModel

    @cached_property
    def readings(self) -> Float64[np.ndarray, "t s"]:
        """Logarithms of readings, in the order of the observed states."""
        own = self.model.series
        return np.asarray(np.log(own.values[own.learned][:, list(self.model.order)]))

    @cached_property
    def time(self) -> Float64[np.ndarray, " t"]:
        """Times used for the fit."""
        own = self.model.series
        return own.time[own.learned]

    @property
    def seen(self) -> int:
        """Number of states that have a column."""
        return len(self.model.order)

    @cached_property
    def middle(self) -> Numbers:
        """Centre of the prior."""
        hidden = np.log(self.model.scale[self.seen :])
        noise = np.full(self.seen, NOISE)
        guesses = np.log(self.model.guesses())
        return np.concatenate([guesses, self.readings[0], hidden, noise])

    @cached_property
    def spread(self) -> Numbers:
        """Spread of the prior."""
        hidden = len(self.model.scale) - self.seen
        parts = [(WIDE, len(self.model.constants)), (NEAR, self.seen), (HIDDEN, hidden)]
        parts.append((NOISE_WIDE, self.seen))
        return np.concatenate([np.full(count, wide) for wide, count in parts])

    @property
    def free(self) -> int:
        """Number of free parameters."""
        return len(self.middle)

    def parts(self, numbers: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Split numbers into constants, first states and spreads; for one set or many."""
        p, s = len(self.model.constants), len(self.model.scale)
        with np.errstate(over="ignore"):
            plain = np.exp(numbers)
        return plain[..., :p], plain[..., p : p + s], plain[..., p + s :]

    def potential(self, numbers: Numbers) -> tuple[float, Numbers]:
        """Negative log density, and its gradient."""
        off = (numbers - self.middle) / self.spread
        value, slope = 0.5 * float(off @ off), off / self.spread
        constants, first, noise = self.parts(numbers)
        trajectory = self.model.sensitive(constants, first, self.time)
        if trajectory is None:
            return REFUSED + value, slope
        states, moved = trajectory
        p = len(constants)
        own, moved = states[:, : self.seen], moved[:, : self.seen]
        rest = (np.log(own) - self.readings) / noise
        value += 0.5 * float(np.square(rest).sum()) + float(len(rest) * np.log(noise).sum())
        held = np.concatenate([constants, first])
        by = moved / own[:, :, None] * held / noise[:, None]
        slope[: p + len(first)] += np.einsum("ts,tsm->m", rest, by)
        slope[p + len(first) :] += len(rest) - np.square(rest).sum(0)
        return value, slope

    def likelihood(self, numbers: Numbers) -> float:
        """Log density of the readings alone."""
        off = (numbers - self.middle) / self.spread
        value = self.potential(numbers)[0] - 0.5 * float(off @ off)
        return -value - 0.5 * self.readings.size * math.log(2 * math.pi)


@dataclass(frozen=True, eq=False)
class FittedModel:
    """A model at the maximum of its density."""

    density: ReadingDensity
    numbers: Numbers
    likelihood: float

    @property
    def model(self) -> ProcessModel:
        """The fitted model."""
        return self.density.model

    @property
    def aicc(self) -> float:
        """Akaike's criterion for few readings, with a penalty for the choice among formulas.

        Source: Hurvich and Tsai, Biometrika 76, 1989; Chen and Chen, Biometrika 95, 2008 (twice the
        logarithm of how many formulas there were to choose from, for each rate).
        """
        family = self.model.family
        choice = 2 * len(family.rates) * math.log(family.among)
        k, n = self.density.free, self.density.readings.size
        more = 2 * k * (k + 1) / (n - k - 1) if n > k + 1 else math.inf
        return 2 * k - 2 * self.likelihood + more + choice


def fit(model: ProcessModel, seed: int, start: Numbers | None = None) -> FittedModel | None:
    """Maximise the density from the best of many starts; None where no trajectory exists.

    Raises:
        InputError: for more numbers than readings.
    """
    density = ReadingDensity(model)
    if density.readings.size <= density.free + 1:
        raise InputError(
            f"more readings than unknown numbers of {model.family.title}",
            f"{density.readings.size} readings for {density.free} numbers",
            "Read more often, or ask for a process with fewer constants.",
        )
    starts = [start] if start is not None else _starts(density, seed)
    best: tuple[float, Numbers] | None = None
    for one in starts:
        done = optimize.minimize(
            density.potential, one, jac=True, method="L-BFGS-B", options={"maxiter": 120}
        )
        if done.fun < REFUSED / 2 and (best is None or done.fun < best[0]):
            best = (float(done.fun), np.asarray(done.x))
    if best is None:
        return None
    return FittedModel(density, best[1], density.likelihood(best[1]))


def _starts(density: ReadingDensity, seed: int) -> list[Numbers]:
    """Samples of the prior whose trajectories are closest to the readings."""
    rng = np.random.default_rng([seed, density.free])
    sampled = density.middle + density.spread * rng.standard_normal((DRAWN, density.free))
    constants, first, _ = density.parts(sampled)
    trajectory = density.model.many(constants, first, density.time)[:, :, : density.seen]
    with np.errstate(all="ignore"):
        rest = np.log(trajectory) - density.readings
        off = np.square(rest).sum((1, 2))
    order = np.argsort(np.where(np.isfinite(off), off, np.inf))
    return [sampled[i] for i in order[:BEST] if np.isfinite(off[i])]
