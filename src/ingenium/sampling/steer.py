"""Steering of a proposal during sampling."""

from collections.abc import Callable
from dataclasses import dataclass

from jaxtyping import Float
from torch import Tensor


@dataclass(frozen=True)
class Steer:
    """Guidance and hard constraints of one proposal, in standardised units.

    A family uses what it supports and raises `ValueError` for the rest. Rows never influence each
    other: `energy` returns a value a row and `project` maps row by row.
    """

    weight: float = 1.0  # classifier-free guidance; 1 is the plain conditional model
    energy: Callable[[Float[Tensor, "n *shape"]], Float[Tensor, " n"]] | None = None
    strength: float = 1.0  # aims at density x exp(-strength * energy)
    through: bool = True  # differentiate through the network: slower, preserves correlations
    project: Callable[[Float[Tensor, "n *shape"]], Float[Tensor, "n *shape"]] | None = None


FREE = Steer()
