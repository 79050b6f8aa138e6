"""Stochastic engines: means over seeded scenarios, sampled until limits are decided.

All designs meet the same scenarios (common random numbers), each of which is sampled from its own
number alone: the measurement of a design does not depend on its batch.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal, Protocol, runtime_checkable

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor

from ingenium.core.errors import InputError
from ingenium.core.quantity import SCENARIOS, Quantity
from ingenium.core.spec import Limit
from ingenium.core.verdict import BEYOND, Verdict, errors_of, judge, margins, slack
from ingenium.core.verify import Verifier

FEWEST = 16  # scenarios, below which a standard error is unreliable


@runtime_checkable
class Samples(Protocol):
    """Outcomes of designs in scenarios that an engine samples."""

    @property
    def quantities(self) -> tuple[Quantity, ...]:
        """Quantities whose means over scenarios are measured."""
        ...

    @property
    def shares(self) -> Collection[str]:
        """Names of quantities that are 0 or 1 in a scenario."""
        ...

    @property
    def outcomes(self) -> Callable[..., Tensor]:
        """Map the variables' arrays (n, ...) and the numbers of scenarios to (n, scenarios, k)."""
        ...


def scenario_rng(seed: int, scenario: int) -> np.random.Generator:
    """Return the random generator of one scenario, which depends on no other scenario."""
    return np.random.default_rng([seed, scenario])


@runtime_checkable
class Undecided(Verifier, Protocol):
    """A verifier that spends more scenarios on designs that are nearer to a limit."""

    @property
    def until(self) -> Callable[[Sequence[Limit]], Verifier]:
        """Map limits, in the units of their quantities, to the verifier that decides them."""
        ...


@dataclass(frozen=True)
class Sampled:
    """An engine with sampled scenarios: means with a standard error each, and the sample size.

    All designs get the first scenarios. Where the whole interval of a quantity neither satisfies
    nor violates its limit, their number doubles, again and again, up to `most`; designs that are
    still undecided are FAILED. Sampling stops for designs that another limit rejects.

    Shapes: n designs, s scenarios, k sampled quantities.
    """

    engine: Verifier  # of the quantities that do not depend on a scenario
    samples: Samples
    first: int = 32
    most: int = 1024
    limits: tuple[Limit, ...] = ()

    def __post_init__(self) -> None:
        if not FEWEST <= self.first <= self.most:
            raise InputError(
                f"from {FEWEST} scenarios on, and at most as many at first as in all",
                f"{self.first} and {self.most}",
                f"Write scenarios = {max(self.first, FEWEST)} or more.",
            )

    @property
    def name(self) -> str:
        """Name of the engine."""
        return self.engine.name

    @property
    def version(self) -> str:
        """Version of the engine."""
        return self.engine.version

    @property
    def tier(self) -> Literal["cheap", "exact"]:
        """Tier of the engine."""
        return self.engine.tier

    @cached_property
    def quantities(self) -> tuple[Quantity, ...]:
        """Quantities of the engine, then each mean with its error, then the count of scenarios."""
        drawn = []
        for q in self.samples.quantities:
            error = f"{q.name}_error"
            drawn += [
                replace(q, error=error),
                Quantity(error, q.unit, f"standard error of the {q.long_name}"),
            ]
        return (*self.engine.quantities, *drawn, Quantity(SCENARIOS, "1", "sampled scenarios"))

    def until(self, limits: Sequence[Limit]) -> "Sampled":
        """Return a copy that decides these limits."""
        return replace(self, limits=tuple(limits))

    def measure(self, *arrays: Tensor) -> Float[Tensor, "n k"]:
        """Measure all quantities; NaN where the engine has no answer, alone or in a scenario."""
        certain = self.engine.measure(*arrays)
        width = len(self.quantities)
        measured = torch.full((len(certain), width), float("nan"), dtype=torch.float64)
        measured[:, : certain.shape[1]] = certain
        rows = certain.isfinite().all(1).nonzero()[:, 0]
        seen = torch.empty(len(rows), 0, len(self.samples.quantities), dtype=torch.float64)
        wanted = self.first
        while len(rows):
            numbers = range(seen.shape[1], wanted)
            more = self.samples.outcomes(*(a[rows] for a in arrays), scenarios=numbers)
            seen = torch.cat([seen, more], 1)
            measured[rows, certain.shape[1] :] = self._means(seen)
            open_ = torch.from_numpy(self._open(measured[rows].numpy()))
            if wanted >= self.most or not self.limits:
                break
            rows, seen, wanted = rows[open_], seen[open_], min(2 * wanted, self.most)
        return measured

    def _means(self, seen: Float[Tensor, "n s k"]) -> Float[Tensor, "n c"]:
        """Alternate means and standard errors, then the count."""
        n, s, _ = seen.shape
        mean, error = seen.mean(1), seen.std(1) / s**0.5
        for i, q in enumerate(self.samples.quantities):
            if q.name in self.samples.shares:
                error[:, i] = score_error(mean[:, i], s)
        both = torch.stack([mean, error], 2).flatten(1)
        return torch.cat([both, torch.full((n, 1), float(s), dtype=torch.float64)], 1)

    def _open(self, measured: Float[np.ndarray, "n k"]) -> Bool[np.ndarray, " n"]:
        """Mark designs that have values but no verdict under the limits."""
        names, errors = [q.name for q in self.quantities], errors_of(self.quantities)
        least = margins(measured, names, self.limits, errors)
        found = judge(measured, least, slack=slack(measured, names, self.limits, errors))
        known: np.ndarray = (found == Verdict.FAILED) & np.isfinite(measured).all(1)
        return known


def score_error(share: Float[Tensor, " n"], s: int) -> Float[Tensor, " n"]:
    """Standard error of a share of `s` outcomes, nonzero also where the share is 0 or 1.

    The usual multiple of it, on either side, reaches the farther end of Wilson's interval.
    """
    z2 = BEYOND**2
    centre = (share + z2 / (2 * s)) / (1 + z2 / s)
    half = BEYOND * (share * (1 - share) / s + z2 / (4 * s**2)).sqrt() / (1 + z2 / s)
    return ((centre - share).abs() + half) / BEYOND
