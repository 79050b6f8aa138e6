"""What is asked of a hidden state: how likely readings are, and what is to be told of it.

Shapes: n designs, m readings, b sets of readings, q quantities that are told, d numbers.
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
    """How the readings of a design come about; differentiable where its engine is."""

    @property
    def labels(self) -> tuple[str, ...]:
        """What each of the m readings is."""
        ...

    def simulate(self, arrays: Arrays, rng: torch.Generator) -> Float64[Tensor, "n m"]:
        """Readings of each design, with their errors."""
        ...

    def log_density(
        self, readings: Float64[Tensor, "b m"], arrays: Arrays
    ) -> Float64[Tensor, "b n"]:
        """Logarithm of the density of each set of readings under each design (nats)."""
        ...


@dataclass(frozen=True, eq=False)
class NormalReadings:
    """Readings of a function of the design, with independent normal errors."""

    labels: tuple[str, ...]
    mean: Callable[[Arrays], Float64[Tensor, "n m"]]  # what would be read without errors
    spread: Float64[Tensor, " m"]  # standard deviations of the errors

    def simulate(self, arrays: Arrays, rng: torch.Generator) -> Float64[Tensor, "n m"]:
        """The function and its errors."""
        exact = self.mean(arrays)
        noise = torch.randn(exact.shape, generator=rng, dtype=torch.float64)
        return exact + self.spread * noise

    def log_density(
        self, readings: Float64[Tensor, "b m"], arrays: Arrays
    ) -> Float64[Tensor, "b n"]:
        """Of the normal errors; a design without an answer has none."""
        return self.log_density_at(readings[:, None], self.mean(arrays)[None])

    def log_density_at(
        self, readings: Float64[Tensor, "*#b m"], exact: Float64[Tensor, "*#b m"]
    ) -> Float64[Tensor, "..."]:
        """The same, where the function was evaluated before."""
        out = (readings - exact) / self.spread
        level = self.spread.log().sum() + 0.5 * len(self.spread) * np.log(2 * np.pi)
        found = -0.5 * out.square().sum(-1) - level
        return torch.where(torch.isfinite(found), found, -torch.inf)


@runtime_checkable
class Summarised(Protocol):
    """A likelihood whose readings a network is told by fewer numbers that hold what counts."""

    def summary(self, readings: Float64[Tensor, "n m"]) -> Float64[Tensor, "n s"]:
        """Numbers of each set of readings."""
        ...


Jump = Callable[
    [Any, Tensor, Arrays, Tensor, float, torch.Generator],
    tuple[Float64[Tensor, "n d"], Float64[Tensor, " n"]],
]  # of likelihood, readings, designs, their numbers, and the share of the likelihood that counts


@dataclass(frozen=True, eq=False)
class Nearby:
    """Designs around a design: what a problem knows of those that no generator has drawn.

    Standard normal numbers move a design; 0 leaves it, so that a set of designs becomes a
    density over all those around them. A jump looks for other numbers where the readings point
    to; it gives them with the logarithm of the density of the way back over that of the way
    there, each over that of the normal numbers, so that samplers stay exact.
    """

    d: int
    move: Callable[[Arrays, Float64[Tensor, "n d"]], Arrays]
    jump: Jump | None = None
    admits: Callable[[Arrays], Bool[Tensor, " n"]] | None = None  # designs that can be; else all,
    # and their likelihood is 0


@dataclass(frozen=True, eq=False)
class InferenceQuestion:
    """One set of readings, what is known of how they came about, and what is to be told."""

    readings: Float64[Tensor, " m"]
    likelihood: Likelihood
    quantities: tuple[Quantity, ...]
    measure: Callable[[Arrays], Float64[Tensor, "n q"]]  # the quantities of designs
    method: str  # by which it is answered unless a spec names another
    pairs: tuple[tuple[str, str], ...] = ()  # quantities whose region is an ellipse
    nearby: Nearby | None = None
    bound: Callable[[Tensor, Arrays], Tensor] | None = None  # b m and b to b p 2 2: least that
    # the covariance of each pair can be, of each set of readings under its own design
    sections: Callable[[xr.Dataset, Float[np.ndarray, " n"]], Sequence[Section]] | None = None


@runtime_checkable
class Inferable(Protocol):
    """A problem whose designs are hidden, and of which something can be read."""

    observed: ClassVar[str]  # the input that holds the readings

    def question(self) -> InferenceQuestion:
        """What its readings ask.

        Raises:
            InputError: where nothing was read.
        """
        ...
