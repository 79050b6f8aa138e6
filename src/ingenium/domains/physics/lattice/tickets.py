"""Spins with a ticket: lots of discrete fields need a number beside them.

There are few spin configurations of low energy, so each comes again and again; drawn by its spins
alone the lot would always keep it or always refuse it. The ticket is drawn with the spins, uniform
and independent of them.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from ingenium.core.quantity import Variable

TICKET = Variable("ticket", (), "1", "number with which the lot is drawn", 0.0, 1.0)
DIGITS = 2.0**20  # of a ticket, which single precision holds beside the sign


@dataclass(frozen=True)
class SpinCodec:
    """Spins as signs; the ticket is the size of the first number, from 0.5 to 1."""

    size: int
    tolerance: float = 1e-9

    @property
    def shape(self) -> tuple[int, ...]:
        """A field of one channel."""
        return (1, self.size, self.size)

    def encode(self, arrays: tuple[Tensor, ...]) -> Float[Tensor, "n *shape"]:
        """Signs, with the ticket."""
        spin, ticket = arrays
        x = 0.75 * spin
        x[:, 0, 0] = spin[:, 0, 0] * (0.5 + ticket / 2)
        return x[:, None]

    def decode(self, x: Float[Tensor, "n *shape"]) -> tuple[Tensor, ...]:
        """Spins and ticket; the slope of a spin is taken for 1."""
        field = x[:, 0].to(torch.float64)
        spin, ticket = ticketed((field, 2 * field[:, 0, 0].abs() - 1))
        return field + (spin - field).detach(), ticket


def ticketed(arrays: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    """Spins, and a ticket of its digits."""
    spin, ticket = arrays
    sign = torch.where(spin < 0, -1.0, 1.0).to(spin.dtype)
    whole = (ticket.clamp(0, 1) * DIGITS).round().clamp_max(DIGITS - 1)
    return sign, whole / DIGITS


def tickets(n: int, rng: torch.Generator) -> Tensor:
    """One for each of n configurations."""
    return torch.randint(0, int(DIGITS), (n,), generator=rng).to(torch.float64) / DIGITS
