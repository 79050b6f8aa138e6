"""Heads of an autoregressive model: features of other sites, and the density of a value.

A site is encoded relative to an anchor, the site before it: spins and fields by their sign, angles
by their difference. So the symmetry that rotates all sites together is exact, with any weights.

Shapes: n configurations, v sites, k seen, f features, o numbers that a network gives.
"""

import math
from typing import Protocol, runtime_checkable

import torch
from jaxtyping import Float64
from torch import Tensor

from ingenium.generators.torus import log_mixture, mixture, wrapped

PARTS = 4  # of a mixture


@runtime_checkable
class SiteHead(Protocol):
    """Density of one value; `first` marks the site that has no anchor."""

    condition: int  # features of one seen site
    given: int  # numbers of a network
    pulls: int  # features of the neighbours' field
    nothing: float  # the value that has no effect as an anchor

    def relative(self, seen: Tensor, known: Tensor, anchor: Tensor) -> Float64[Tensor, "n v f"]:
        """Features of seen sites; 0 for those not yet known."""
        ...

    def pull(self, near: Tensor, strength: Tensor, anchor: Tensor) -> Float64[Tensor, "n v f"]:
        """Features of the field of known neighbours, relative to the anchor."""
        ...

    def log_density(
        self, x: Tensor, anchor: Tensor, out: Tensor, pull: Tensor, first: Tensor
    ) -> Tensor:
        """Log density of values."""
        ...

    def sample(
        self, anchor: Tensor, out: Tensor, pull: Tensor, first: Tensor, rng: torch.Generator
    ) -> Tensor:
        """Sample one value for each row."""
        ...


class SpinHead:
    """Bernoulli head: probability that the site agrees with its anchor."""

    condition, given, pulls, nothing = 1, 1, 1, 1.0

    def relative(self, seen: Tensor, known: Tensor, anchor: Tensor) -> Tensor:
        """Agreement with the anchor."""
        return seen * known * anchor[..., None]

    def pull(self, near: Tensor, strength: Tensor, anchor: Tensor) -> Tensor:
        """Local field of known neighbours."""
        return ((near * strength).sum(-1) * anchor)[..., None]

    def _logit(self, out: Tensor, pull: Tensor, first: Tensor) -> Tensor:
        return torch.where(first, 0.0, out[..., 0] + 2 * pull[..., 0])

    def log_density(
        self, x: Tensor, anchor: Tensor, out: Tensor, pull: Tensor, first: Tensor
    ) -> Tensor:
        """Log density of spins; the first site is up as often as down."""
        return torch.nn.functional.logsigmoid(x * anchor * self._logit(out, pull, first))

    def sample(
        self, anchor: Tensor, out: Tensor, pull: Tensor, first: Tensor, rng: torch.Generator
    ) -> Tensor:
        """Sample spins."""
        lot = torch.rand(anchor.shape, generator=rng, dtype=anchor.dtype)
        same = lot < torch.sigmoid(self._logit(out, pull, first))
        return torch.where(same, anchor, -anchor)


class AngleHead:
    """Head of a mixture of von Mises laws around the field of known neighbours."""

    condition, given, pulls, nothing = 2, 3 * PARTS, 2, 0.0

    def relative(self, seen: Tensor, known: Tensor, anchor: Tensor) -> Tensor:
        """Cosines and sines of differences."""
        off = seen - anchor[..., None]
        return torch.cat([torch.cos(off) * known, torch.sin(off) * known], -1)

    def pull(self, near: Tensor, strength: Tensor, anchor: Tensor) -> Tensor:
        """Local field of known neighbours."""
        off = near - anchor[..., None]
        return torch.stack([(f(off) * strength).sum(-1) for f in (torch.cos, torch.sin)], -1)

    def _mixture(self, out: Tensor, pull: Tensor, first: Tensor) -> tuple[Tensor, ...]:
        weight, move, wide = out.chunk(3, -1)
        middle = torch.atan2(pull[..., 1], pull[..., 0] + 1e-12)[..., None]
        kappa = (pull.norm(dim=-1)[..., None] + 0.2) * torch.exp(wide)
        kappa = torch.where(first[..., None], 0.0, kappa)
        return weight, middle + math.pi * torch.tanh(move), kappa

    def log_density(
        self, x: Tensor, anchor: Tensor, out: Tensor, pull: Tensor, first: Tensor
    ) -> Tensor:
        """Log density of angles; the first site is uniform."""
        return log_mixture(x - anchor, *self._mixture(out, pull, first))

    def sample(
        self, anchor: Tensor, out: Tensor, pull: Tensor, first: Tensor, rng: torch.Generator
    ) -> Tensor:
        """Sample angles."""
        weight, mean, kappa = self._mixture(out, pull, first)
        turn = math.pi * (2 * torch.rand(anchor.shape, generator=rng, dtype=anchor.dtype) - 1)
        found = mixture(weight, mean, kappa, rng)
        return wrapped(torch.where(first, turn, found) + anchor)


class RealHead:
    """Head of a Gaussian mixture, for the value times the anchor's sign."""

    condition, given, pulls, nothing = 1, 3 * PARTS, 1, 1.0

    def relative(self, seen: Tensor, known: Tensor, anchor: Tensor) -> Tensor:
        """Values times the anchor's sign."""
        return seen * known * self._sign(anchor)[..., None]

    def pull(self, near: Tensor, strength: Tensor, anchor: Tensor) -> Tensor:
        """Local field of known neighbours."""
        return ((near * strength).sum(-1) * self._sign(anchor))[..., None]

    def _sign(self, anchor: Tensor) -> Tensor:
        return torch.where(anchor < 0, -1.0, 1.0).to(anchor.dtype)

    def _mixture(self, out: Tensor, pull: Tensor) -> tuple[Tensor, ...]:
        weight, mean, wide = out.chunk(3, -1)
        spread = torch.linspace(-0.9, 0.9, PARTS, dtype=out.dtype)
        return weight, mean + spread + 0.5 * pull, torch.exp(wide - 0.7)

    def log_density(
        self, x: Tensor, anchor: Tensor, out: Tensor, pull: Tensor, first: Tensor
    ) -> Tensor:
        """Log density of values; the first site is symmetric."""
        weight, mean, sigma = self._mixture(out, pull)

        def of(y: Tensor) -> Tensor:
            off = (y[..., None] - mean) / sigma
            part = -0.5 * off.square() - sigma.log() - 0.5 * math.log(2 * math.pi)
            return torch.logsumexp(part + torch.log_softmax(weight, -1), -1)

        y = x * self._sign(anchor)
        both = torch.logaddexp(of(y), of(-y)) - math.log(2)
        return torch.where(first, both, of(y))

    def sample(
        self, anchor: Tensor, out: Tensor, pull: Tensor, first: Tensor, rng: torch.Generator
    ) -> Tensor:
        """Sample values."""
        weight, mean, sigma = self._mixture(out, pull)
        lot, coin = torch.rand((2, *anchor.shape), generator=rng, dtype=anchor.dtype)
        below = torch.softmax(weight, -1).cumsum(-1) < lot[..., None]
        part = below.sum(-1, keepdim=True).clamp_max(PARTS - 1)
        noise = torch.randn(anchor.shape, generator=rng, dtype=anchor.dtype)
        y = mean.gather(-1, part)[..., 0] + sigma.gather(-1, part)[..., 0] * noise
        y = torch.where(first & (coin < 0.5), -y, y)
        return y * self._sign(anchor)


HEADS: dict[str, SiteHead] = {"spin": SpinHead(), "angle": AngleHead(), "real": RealHead()}
