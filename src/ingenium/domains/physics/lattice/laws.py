"""Protocols of a model of lattice fields, and of its samplers."""

from collections.abc import Mapping
from typing import ClassVar, Protocol, runtime_checkable

import numpy as np
import torch
from jaxtyping import Float64
from torch import Tensor

from ingenium.core.problem import Codec
from ingenium.core.quantity import Quantity, Variable


@runtime_checkable
class Law(Protocol):
    """Field on a lattice with its action, whose weight is exp(-action) over Z."""

    name: ClassVar[str]
    coupling: ClassVar[str]  # what it is, in words
    quantities: ClassVar[tuple[Quantity, ...]]  # of a configuration, the columns of `measure`
    curve: ClassVar[tuple[str, ...]]  # means in the ensemble, the columns of `observed`

    slow: ClassVar[str]  # the quantity that chains are slowest to change
    colours: ClassVar[str]  # map of matplotlib for pictures of it
    drawn_as: ClassVar[str]  # quantity shown in pictures
    chains: ClassVar[tuple[str, ...]]  # Markov chains of the field, the best known first

    @property
    def variables(self) -> tuple[Variable, ...]:
        """Arrays of a configuration; its field is the first."""
        ...

    @property
    def sizes(self) -> Mapping[str, int]:
        """Sizes of their dimensions."""
        ...

    @property
    def codec(self) -> Codec:
        """Codec of standardised fields."""
        ...

    def settled(self, arrays: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        """Return the valid configuration nearest to a proposal."""
        ...

    def action(self, field: Tensor, coupling: Float64[Tensor, " n"]) -> Float64[Tensor, " n"]:
        """Action of each configuration."""
        ...

    def measure(self, field: Tensor) -> Float64[Tensor, "n k"]:
        """Measure the quantities."""
        ...

    def observed(self, measured: np.ndarray) -> np.ndarray:
        """Return the observables of `curve`, a row for each configuration."""
        ...

    def exact(self, coupling: float) -> np.ndarray:
        """Means of the observables in the whole ensemble; NaN where unknown."""
        ...

    def log_z(self, coupling: float) -> float | None:
        """Logarithm of the sum over configurations under the measure of densities, if known."""
        ...

    def start(self, n: int, rng: torch.Generator) -> Tensor:
        """Return fields with which chains begin."""
        ...

    def step(self, chain: str, field: Tensor, coupling: Tensor, rng: torch.Generator) -> Tensor:
        """Advance each of n chains by a step."""
        ...

    def answers(self) -> tuple[tuple[tuple[Tensor, ...], dict[str, float]], ...]:
        """Return arrays of configurations with their coupling, and known quantities."""
        ...

    def pictured(self, field: Tensor) -> np.ndarray:
        """Map each configuration to values from -1 to 1."""
        ...


@runtime_checkable
class Sampler(Protocol):
    """Sampler of independent configurations with a known density."""

    couplings: tuple[float, float]  # range of couplings

    def log_z(self, coupling: float) -> float:
        """Logarithm of the law's normalisation, estimated by weights where the law has none."""
        ...

    def sample(self, coupling: Float64[Tensor, " n"], rng: torch.Generator) -> tuple[Tensor, ...]:
        """Sample arrays of a configuration for each coupling."""
        ...

    def log_density(self, field: Tensor, coupling: Float64[Tensor, " n"]) -> Float64[Tensor, " n"]:
        """Log density of configurations under the measure of the law."""
        ...
