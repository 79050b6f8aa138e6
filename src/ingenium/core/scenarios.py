"""Engines that draw: means over seeded scenarios, drawn until limits are decided or a budget ends.

All designs meet the same scenarios (common random numbers), each of which is drawn from its own
number alone: what is measured of a design does not hang on the batch that it comes in.
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
from ingenium.core.quantity import Quantity
from ingenium.core.spec import Limit
from ingenium.core.verdict import BEYOND, Verdict, errors_of, judge, margins, slack
from ingenium.core.verify import Verifier

FEWEST = 16  # scenarios, below which a standard error says little
COUNT = "scenarios"


@runtime_checkable
class Draws(Protocol):
    """What an engine says of designs in scenarios that it draws."""

    @property
    def quantities(self) -> tuple[Quantity, ...]:
        """Whose means over scenarios are measured."""
        ...

    @property
    def shares(self) -> Collection[str]:
        """Names of those that are 0 or 1 in a scenario."""
        ...

    @property
    def outcomes(self) -> Callable[..., Tensor]:
        """Of the variables' arrays (n, ...) and the numbers of scenarios: (n, scenarios, k)."""
        ...


def scenario_rng(seed: int, scenario: int) -> np.random.Generator:
    """The randomness of one scenario, whatever others are drawn."""
    return np.random.default_rng([seed, scenario])


@runtime_checkable
class Undecided(Verifier, Protocol):
    """A verifier that takes the more pains the nearer a design is to a limit."""

    @property
    def until(self) -> Callable[[Sequence[Limit]], Verifier]:
        """Of limits, in the units of their quantities: the verifier that decides these."""
        ...


@dataclass(frozen=True)
class Sampled:
    """An engine and what it draws: means with a standard error each, and how many were drawn.

    The first scenarios are for all designs. Those on which a limit is neither held nor broken by
    the whole interval of its quantity get twice as many, again and again, up to `most`; what is
    undecided then has no verdict but FAILED. No more are drawn of what another limit rejects.

    Shapes: n designs, s scenarios, k drawn quantities.
    """

    engine: Verifier  # of what no scenario changes
    draws: Draws
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
        """Of the engine."""
        return self.engine.name

    @property
    def version(self) -> str:
        """Of the engine."""
        return self.engine.version

    @property
    def tier(self) -> Literal["cheap", "exact"]:
        """Of the engine."""
        return self.engine.tier

    @cached_property
    def quantities(self) -> tuple[Quantity, ...]:
        """Those of the engine, then each mean with its error, then the count."""
        drawn = []
        for q in self.draws.quantities:
            error = f"{q.name}_error"
            drawn += [
                replace(q, error=error),
                Quantity(error, q.unit, f"standard error of the {q.long_name}"),
            ]
        return (*self.engine.quantities, *drawn, Quantity(COUNT, "1", "sampled scenarios"))

    def until(self, limits: Sequence[Limit]) -> "Sampled":
        """The same, which decides these limits."""
        return replace(self, limits=tuple(limits))

    def measure(self, *arrays: Tensor) -> Float[Tensor, "n k"]:
        """All quantities; NaN where the engine has no answer, alone or in a scenario."""
        certain = self.engine.measure(*arrays)
        width = len(self.quantities)
        measured = torch.full((len(certain), width), float("nan"), dtype=torch.float64)
        measured[:, : certain.shape[1]] = certain
        rows = certain.isfinite().all(1).nonzero()[:, 0]
        seen = torch.empty(len(rows), 0, len(self.draws.quantities), dtype=torch.float64)
        wanted = self.first
        while len(rows):
            numbers = range(seen.shape[1], wanted)
            more = self.draws.outcomes(*(a[rows] for a in arrays), scenarios=numbers)
            seen = torch.cat([seen, more], 1)
            measured[rows, certain.shape[1] :] = self._means(seen)
            open_ = torch.from_numpy(self._open(measured[rows].numpy()))
            if wanted >= self.most or not self.limits:
                break
            rows, seen, wanted = rows[open_], seen[open_], min(2 * wanted, self.most)
        return measured

    def _means(self, seen: Float[Tensor, "n s k"]) -> Float[Tensor, "n c"]:
        """Means and standard errors by turns, and the count."""
        n, s, _ = seen.shape
        mean, error = seen.mean(1), seen.std(1) / s**0.5
        for i, q in enumerate(self.draws.quantities):
            if q.name in self.draws.shares:
                error[:, i] = score_error(mean[:, i], s)
        both = torch.stack([mean, error], 2).flatten(1)
        return torch.cat([both, torch.full((n, 1), float(s), dtype=torch.float64)], 1)

    def _open(self, measured: Float[np.ndarray, "n k"]) -> Bool[np.ndarray, " n"]:
        """What has values and no verdict under the limits."""
        names, errors = [q.name for q in self.quantities], errors_of(self.quantities)
        least = margins(measured, names, self.limits, errors)
        found = judge(measured, least, slack=slack(measured, names, self.limits, errors))
        known: np.ndarray = (found == Verdict.FAILED) & np.isfinite(measured).all(1)
        return known


def score_error(share: Float[Tensor, " n"], s: int) -> Float[Tensor, " n"]:
    """Standard error of a share of `s`, which is not 0 where none or all of them are.

    So many of it, on either side, as an interval is wide reach to the farther end of Wilson's.
    """
    z2 = BEYOND**2
    centre = (share + z2 / (2 * s)) / (1 + z2 / s)
    half = BEYOND * (share * (1 - share) / s + z2 / (4 * s**2)).sqrt() / (1 + z2 / s)
    return ((centre - share).abs() + half) / BEYOND
