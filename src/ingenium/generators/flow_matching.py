"""Flow matching along straight paths."""

from dataclasses import dataclass, field

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from ingenium.generators.denoising import Denoising
from ingenium.generators.networks import kept, trunk
from ingenium.sampling.noise import gaussian, uniform
from ingenium.sampling.solvers import Solver
from ingenium.sampling.straight import Midpoint, straight


@dataclass(frozen=True)
class FlowMatchingSettings:
    """Network and solver; Euler's method is the solver `Ddim`."""

    width: int = 96
    depth: int = 3
    drop: float = 0.1  # share of rows trained without conditions, for classifier-free guidance
    steps: int = 10
    solver: Solver = field(default_factory=Midpoint)


class FlowMatching(Denoising):
    """Conditional flow matching: the velocity on the line from noise to design.

    Shapes: n designs, `*shape` axes of one design, c spec features.
    Source: Lipman et al., 2023, arXiv:2210.02747, eq. 23 with sigma_min = 0.
    """

    def __init__(
        self,
        shape: tuple[int, ...],
        c: int,
        settings: FlowMatchingSettings = FlowMatchingSettings(),
    ) -> None:
        super().__init__(shape, c)
        self.settings = settings
        self.solver = settings.solver
        self.levels = straight(settings.steps)
        self.drop = settings.drop
        self.network = trunk(shape, c, width=settings.width, depth=settings.depth)

    def velocity(
        self,
        x: Float[Tensor, "n *shape"],
        t: Float[Tensor, " n"],
        cond: Float[Tensor, "n {self.c}"],
        keep: Bool[Tensor, " n"] | None = None,
    ) -> Float[Tensor, "n *shape"]:
        """Expected design less noise, given t * design + (1 - t) * noise.

        The velocity that is right for white designs is built in, so that the network learns what
        differs from it, and its input and target have unit spread at every t.
        """
        s = t.view(-1, *[1] * len(self.shape))
        variance = s.square() + (1 - s).square()
        out = self.network(x * variance.rsqrt(), cond, t, keep)
        flow: Tensor = (2 * s - 1) / variance * x + variance.rsqrt() * out
        return flow

    def denoise(
        self,
        x: Float[Tensor, "n *shape"],
        sigma: Float[Tensor, " n"],
        cond: Float[Tensor, "n {self.c}"],
        keep: Bool[Tensor, " n"] | None = None,
    ) -> Float[Tensor, "n *shape"]:
        """Expected clean design: the end of the line from here along the velocity."""
        t = 1 / (1 + sigma)
        s = t.view(-1, *[1] * len(self.shape))
        return s * x + (1 - s) * self.velocity(s * x, t, cond, keep)

    def loss(
        self, x: Float[Tensor, "n *shape"], cond: Float[Tensor, "n {self.c}"], rng: torch.Generator
    ) -> Float[Tensor, " n"]:
        """Squared error of the velocity."""
        return self._error(x, cond, rng, kept(len(x), self.settings.drop, rng).to(x.device))

    def held_out_loss(
        self, x: Float[Tensor, "n *shape"], cond: Float[Tensor, "n {self.c}"], rng: torch.Generator
    ) -> Float[Tensor, " n"]:
        """The same error with all conditions known."""
        return self._error(x, cond, rng, None)

    def _error(
        self, x: Tensor, cond: Tensor, rng: torch.Generator, keep: Tensor | None
    ) -> Float[Tensor, " n"]:
        t = uniform(x.flatten(1)[:, 0], rng)
        noise = gaussian(x, rng)
        at = torch.lerp(noise, x, t.view(-1, *[1] * len(self.shape)))
        error = self.velocity(at, t, cond, keep) - (x - noise)
        return error.square().flatten(1).mean(-1)
