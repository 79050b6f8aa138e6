"""Spins with a ticket: a uniform number that makes discrete configurations distinct.

There are few spin configurations of low energy, so each recurs; hashed by its spins alone it would
always be accepted or always rejected. The ticket is sampled with the spins, uniform and independent
of them.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from ingenium.core.quantity import Variable

TICKET = Variable("ticket", (), "1", "number with which the lot is drawn", 0.0, 1.0)
DIGITS = 2.0**20  # of a ticket, which single precision holds in addition to the sign


@dataclass(frozen=True)
class SpinCodec:
    """Codec of spins as signs; the ticket is the size of the first number, from 0.5 to 1."""

    size: int
    tolerance: float = 1e-9

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of a field of one channel."""
        return (1, self.size, self.size)

    def encode(self, arrays: tuple[Tensor, ...]) -> Float[Tensor, "n *shape"]:
        """Encode signs, with the ticket."""
        spin, ticket = arrays
        x = 0.75 * spin
        x[:, 0, 0] = spin[:, 0, 0] * (0.5 + ticket / 2)
        return x[:, None]

    def decode(self, x: Float[Tensor, "n *shape"]) -> tuple[Tensor, ...]:
        """Decode spins and ticket; the gradient of a spin is taken as 1."""
        field = x[:, 0].to(torch.float64)
        spin, ticket = ticketed((field, 2 * field[:, 0, 0].abs() - 1))
        return field + (spin - field).detach(), ticket


def ticketed(arrays: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    """Round to spins, and a ticket of its digits."""
    spin, ticket = arrays
    sign = torch.where(spin < 0, -1.0, 1.0).to(spin.dtype)
    whole = (ticket.clamp(0, 1) * DIGITS).round().clamp_max(DIGITS - 1)
    return sign, whole / DIGITS


def tickets(n: int, rng: torch.Generator) -> Tensor:
    """Sample one ticket for each of n configurations."""
    return torch.randint(0, int(DIGITS), (n,), generator=rng).to(torch.float64) / DIGITS
