"""A question about a hidden state: the likelihood of readings, and the inferred quantities.

Shapes: n designs, m readings, b sets of readings, q inferred quantities, d numbers.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol, runtime_checkable

import numpy as np
import torch
import xarray as xr
from jaxtyping import Bool, Float, Float64
from torch import Tensor

from ingenium.core.problem import Section
from ingenium.core.quantity import Quantity

Arrays = tuple[Tensor, ...]


@runtime_checkable
class Likelihood(Protocol):
    """Distribution of the readings of a design; differentiable where its engine is."""

    @property
    def labels(self) -> tuple[str, ...]:
        """Labels of the m readings."""
        ...

    def simulate(self, arrays: Arrays, rng: torch.Generator) -> Float64[Tensor, "n m"]:
        """Simulate readings of each design, with their errors."""
        ...

    def log_density(
        self, readings: Float64[Tensor, "b m"], arrays: Arrays
    ) -> Float64[Tensor, "b n"]:
        """Log density of each set of readings under each design (nats)."""
        ...


@dataclass(frozen=True, eq=False)
class NormalReadings:
    """Readings of a function of the design, with independent normal errors."""

    labels: tuple[str, ...]
    mean: Callable[[Arrays], Float64[Tensor, "n m"]]  # readings without errors
    spread: Float64[Tensor, " m"]  # standard deviations of the errors

    def simulate(self, arrays: Arrays, rng: torch.Generator) -> Float64[Tensor, "n m"]:
        """Evaluate the function and add errors."""
        exact = self.mean(arrays)
        noise = torch.randn(exact.shape, generator=rng, dtype=torch.float64)
        return exact + self.spread * noise

    def log_density(
        self, readings: Float64[Tensor, "b m"], arrays: Arrays
    ) -> Float64[Tensor, "b n"]:
        """Log density of the normal errors; none for a design that failed."""
        return self.log_density_at(readings[:, None], self.mean(arrays)[None])

    def log_density_at(
        self, readings: Float64[Tensor, "*#b m"], exact: Float64[Tensor, "*#b m"]
    ) -> Float64[Tensor, "..."]:
        """Log density where the function has been evaluated already."""
        out = (readings - exact) / self.spread
        level = self.spread.log().sum() + 0.5 * len(self.spread) * np.log(2 * np.pi)
        found = -0.5 * out.square().sum(-1) - level
        return torch.where(torch.isfinite(found), found, -torch.inf)


@runtime_checkable
class Summarised(Protocol):
    """A likelihood whose readings a network receives as fewer, sufficient numbers."""

    def summary(self, readings: Float64[Tensor, "n m"]) -> Float64[Tensor, "n s"]:
        """Summarise each set of readings."""
        ...


Jump = Callable[
    [Any, Tensor, Arrays, Tensor, float, torch.Generator],
    tuple[Float64[Tensor, "n d"], Float64[Tensor, " n"]],
]  # of likelihood, readings, designs, their numbers, and the share of the likelihood that counts


@dataclass(frozen=True, eq=False)
class Nearby:
    """A density of designs around a design, beyond those that the generator proposed.

    Standard normal numbers move a design; 0 leaves it, so that a set of designs becomes a density
    over all those around them. A jump proposes numbers that the readings suggest; it returns them
    with the logarithm of the ratio of the reverse to the forward proposal density, each relative to
    the normal density, so that samplers stay exact.
    """

    d: int
    move: Callable[[Arrays, Float64[Tensor, "n d"]], Arrays]
    jump: Jump | None = None
    admits: Callable[[Arrays], Bool[Tensor, " n"]] | None = None  # feasible designs; all if None,
    # and their likelihood is 0


@dataclass(frozen=True, eq=False)
class InferenceQuestion:
    """One set of readings, their likelihood, and the quantities to infer."""

    readings: Float64[Tensor, " m"]
    likelihood: Likelihood
    quantities: tuple[Quantity, ...]
    measure: Callable[[Arrays], Float64[Tensor, "n q"]]  # the quantities of designs
    method: str  # default method, unless a spec names another
    pairs: tuple[tuple[str, str], ...] = ()  # quantities whose region is an ellipse
    nearby: Nearby | None = None
    bound: Callable[[Tensor, Arrays], Tensor] | None = None  # b m and b to b p 2 2: smallest
    # possible covariance of each pair, of each set of readings under its own design
    sections: Callable[[xr.Dataset, Float[np.ndarray, " n"]], Sequence[Section]] | None = None


@runtime_checkable
class Inferable(Protocol):
    """A problem with hidden designs, and with readings of them."""

    observed: ClassVar[str]  # the input with the readings

    def question(self) -> InferenceQuestion:
        """Return the question that its readings pose.

        Raises:
            InputError: without readings.
        """
        ...
