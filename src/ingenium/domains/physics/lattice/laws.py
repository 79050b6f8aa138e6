"""What a model of lattice fields must say of itself, and what must be able to draw from it."""

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
    """A field on a lattice with its action, whose weight is exp(-action) over Z."""

    name: ClassVar[str]
    coupling: ClassVar[str]  # what it is, in words
    quantities: ClassVar[tuple[Quantity, ...]]  # of a configuration, the columns of `measure`
    curve: ClassVar[tuple[str, ...]]  # means in the ensemble, the columns of `observed`

    slow: ClassVar[str]  # the quantity that chains are slowest to change
    colours: ClassVar[str]  # map of matplotlib for pictures of it
    drawn_as: ClassVar[str]  # what they show
    chains: ClassVar[tuple[str, ...]]  # Markov chains of the field, the one that users know first

    @property
    def variables(self) -> tuple[Variable, ...]:
        """Arrays of a configuration; its field is the first."""
        ...

    @property
    def sizes(self) -> Mapping[str, int]:
        """Of their dimensions."""
        ...

    @property
    def codec(self) -> Codec:
        """To standardised fields and back."""
        ...

    def settled(self, arrays: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        """The configuration that a proposal means."""
        ...

    def action(self, field: Tensor, coupling: Float64[Tensor, " n"]) -> Float64[Tensor, " n"]:
        """Of each configuration."""
        ...

    def measure(self, field: Tensor) -> Float64[Tensor, "n k"]:
        """Its quantities."""
        ...

    def observed(self, measured: np.ndarray) -> np.ndarray:
        """What the means of `curve` are taken of, a row a configuration."""
        ...

    def exact(self, coupling: float) -> np.ndarray:
        """Those means in the whole ensemble; NaN where nobody knows them."""
        ...

    def log_z(self, coupling: float) -> float | None:
        """Logarithm of the sum over configurations under the measure of densities, if known."""
        ...

    def start(self, n: int, rng: torch.Generator) -> Tensor:
        """Fields with which chains begin."""
        ...

    def step(self, chain: str, field: Tensor, coupling: Tensor, rng: torch.Generator) -> Tensor:
        """Each of n chains one step on."""
        ...

    def answers(self) -> tuple[tuple[tuple[Tensor, ...], dict[str, float]], ...]:
        """Arrays of configurations with their coupling, and what is known of them."""
        ...

    def pictured(self, field: Tensor) -> np.ndarray:
        """Each configuration as a map with values from -1 to 1."""
        ...


@runtime_checkable
class Sampler(Protocol):
    """What draws configurations one by one and knows its density."""

    couplings: tuple[float, float]  # between which it can

    def log_z(self, coupling: float) -> float:
        """Of the law as weights of the sampler have it, for laws that do not know theirs."""
        ...

    def draw(self, coupling: Float64[Tensor, " n"], rng: torch.Generator) -> tuple[Tensor, ...]:
        """Arrays of a configuration for each coupling."""
        ...

    def log_density(self, field: Tensor, coupling: Float64[Tensor, " n"]) -> Float64[Tensor, " n"]:
        """Of configurations under the measure of the law."""
        ...
