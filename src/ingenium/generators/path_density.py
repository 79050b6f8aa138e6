"""Log densities of families that propose along a smooth path from noise to design."""

import math
from abc import abstractmethod

import torch
from jaxtyping import Float
from torch import Tensor, nn

from ingenium.generators.rows import check_rows
from ingenium.sampling.density import Estimate, log_density, tangents

STEPS = 32
PROBES = 16
WORK_AT_ONCE = 4096  # rows times tangents through the network at a time


class PathDensity:
    """The density from which a family proposes when its differential equation is solved exactly.

    Proposals of few steps, or of solvers that add noise, follow it approximately.

    With `u = x / sqrt(1 + sigma^2)` and the angle `a = atan(sigma)` the equation reads `du/da =
    -network(u)`: families build in the exact solution for white designs and leave the difference to
    their network. So white designs do not move, and nothing is divided by a small noise level.

    Designs of more than 32 numbers get an unbiased estimate, with the same random signs in every
    call.

    Source: Song et al., 2021, arXiv:2011.13456, sec. 4.3 and app. D.2 (probability flow); Lu and
        Song, 2024, arXiv:2410.11081, sec. 3 (angles).
    """

    shape: tuple[int, ...]
    c: int
    network: nn.Module

    @abstractmethod
    def level(self, sigma: Float[Tensor, " n"]) -> Float[Tensor, " n"]:
        """Return a noise level as the network reads it."""

    @abstractmethod
    def angles(self, steps: int) -> tuple[float, ...]:
        """Angles at which the equation is solved, from the design to the noise."""

    @torch.no_grad()
    def density(
        self,
        x: Float[Tensor, "n *shape"],
        cond: Float[Tensor, "n {self.c}"],
        *,
        probes: int = PROBES,
        steps: int = STEPS,
    ) -> Estimate:
        """Log density of each row (nats), and its standard error where it is an estimate.

        Raises:
            ValueError: if rows do not fit the family.
        """
        check_rows(x, cond, self.shape, self.c)
        angles = self.angles(steps)
        along = tangents(x, probes, torch.Generator().manual_seed(0))
        scale = math.cos(angles[0])
        found = []
        rows = max(1, WORK_AT_ONCE // len(along))
        parts = (x.split(rows), cond.split(rows), along.split(rows, 1))
        for at, requested, signs in zip(*parts, strict=True):

            def velocity(u: Tensor, angle: float, requested: Tensor = requested) -> Tensor:
                sigma = torch.full_like(requested[:, :1].new_empty(len(u)), math.tan(angle))
                moved: Tensor = -self.network(u, requested, self.level(sigma))
                return moved

            found.append(log_density(velocity, at * scale, angles, signs, math.sin(angles[-1])))
        shift = math.prod(self.shape) * math.log(scale)
        return Estimate(
            torch.cat([part.value for part in found]) + shift,
            torch.cat([part.error for part in found]),
        )

    def log_density(
        self, x: Float[Tensor, "n *shape"], cond: Float[Tensor, "n {self.c}"]
    ) -> Float[Tensor, " n"]:
        """Return the value of `density` (nats).

        Raises:
            ValueError: if rows do not fit the family.
        """
        return self.density(x, cond).value
